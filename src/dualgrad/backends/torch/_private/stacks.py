"""What Inductor must not write over: a part of a stack that is still read under another name."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

__all__ = ["whole_stacks"]


@contextmanager
def whole_stacks() -> Generator[None]:
    """A block in which nothing is written over a part of a stack that is still read. Not thread-safe.

    The parts lie in the stack's room, and the scheduler knows the readers of either as those of both. Once the stack is
    updated in place, or held as if it were, its readers are those of another name (torch 2.13): the last reader of a
    part wrote over it, and the program gave wrong numbers without a word. So it did where a part was updated or held,
    and read under its new name: the room of the stack was given to the next one. And where a loop has other
    operations that read the stack, or another part, at other places, they found what it had written over the part.
    """
    from torch._inductor.codegen.wrapper import PythonWrapperCodegen
    from torch._inductor.scheduler import BaseSchedulerNode, SchedulerNode
    from torch._inductor.virtualized import V

    decided: Any = SchedulerNode.decide_inplace_update
    reusable: Any = PythonWrapperCodegen.can_reuse
    known: WeakKeyDictionary[Any, tuple[set[str], dict[str, str]]] = WeakKeyDictionary()

    def decide_inplace_update(self: Any) -> None:
        scheduler = self.scheduler
        if scheduler not in known:
            known[scheduler] = _shared(scheduler)
        updated, rooms = known[scheduler]

        def can_reuse(wrapper: Any, buffer: Any, *args: Any) -> bool:
            name = buffer.get_name()
            room = rooms.get(name)
            if room is not None and (room in updated or _touched(scheduler.get_fused_node(self), rooms, room) - {name}):
                return False
            return reusable(wrapper, buffer, *args)

        with patch.object(PythonWrapperCodegen, "can_reuse", can_reuse) if rooms else nullcontext():
            decided(self)

    used: Any = BaseSchedulerNode.used_or_aliased_buffer_names

    def used_or_aliased_buffer_names(self: Any) -> Any:
        """Those that a node uses, and whose room: also of what it knows under the name of an update."""
        names = used(self)
        pending = list(names)
        while pending:
            name = pending.pop()
            buffer = V.graph.name_to_buffer.get(name)
            others = set(buffer.get_inputs_that_alias_output() if buffer else ())
            others |= {self.scheduler.mutation_real_name.get(name, name)}
            pending += others - names
            names |= others
        return names

    told = patch.object(BaseSchedulerNode, "used_or_aliased_buffer_names", used_or_aliased_buffer_names)
    with patch.object(SchedulerNode, "decide_inplace_update", decide_inplace_update), told:
        yield


def _shared(scheduler: Any) -> tuple[set[str], dict[str, str]]:
    """The rooms of stacks of which some part is updated in place; and the room of each stack and each part."""
    buffers = scheduler.name_to_buf
    rooms = {name: _room(scheduler, b) for name, b in buffers.items()}
    stacks = {room for name, room in rooms.items() if room != name}
    updated = {rooms[n] for n in scheduler.mutation_real_name.values() if n in rooms}
    return updated & stacks, {name: room for name, room in rooms.items() if room in stacks}


def _touched(loop: Any, rooms: dict[str, str], room: str) -> set[str]:
    """Under which names the operations of a loop read or write a room."""
    deps = [dep for node in loop.get_nodes() for dep in node.read_writes.reads_and_writes()]
    return {dep.name for dep in deps if rooms.get(dep.name) == room}


def _room(scheduler: Any, buffer: Any) -> str:
    """The name of the buffer in whose room one lies, mostly its own."""
    from torch._inductor.ir import NonOwningLayout

    name = buffer.get_name()
    layout = getattr(buffer.node, "layout", None)
    while isinstance(layout, NonOwningLayout):
        name = layout.view.get_name()
        layout = getattr(getattr(scheduler.name_to_buf.get(name), "node", None), "layout", None)
    return name
