"""What Inductor's scheduler must not forget, how it counts memory, what it keeps and gives back, and truth values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, Final
from unittest.mock import patch

import torch

from dualgrad.backends.torch._private.picks import are_rows
from dualgrad.backends.torch._private.remaking import is_remade

__all__ = [
    "compared_truths",
    "given_as_made",
    "giving_back",
    "keeping_what_is_reused",
    "lasting_order",
    "sparing_memory",
]


@contextmanager
def lasting_order() -> Generator[None]:
    """A block in which a loop that reads what another updates in place stays behind it.

    The scheduler writes such an order down as another name of the buffer. On the CPU it analyses a loop anew to fuse it
    with one of other ranges, and torch 2.13 then takes the old name from the analysis: the loop could end up before the
    update, and the program gave wrong numbers without a word. Not thread-safe; its caller holds a lock.
    """
    from torch._inductor.scheduler import SchedulerNode

    plain: Any = SchedulerNode.recompute_size_and_body

    def recompute_size_and_body(self: Any, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        self.set_read_writes(self.read_writes.rename(self.mutation_renames))

    with patch.object(SchedulerNode, "recompute_size_and_body", recompute_size_and_body):
        yield


@contextmanager
def compared_truths() -> Generator[None]:
    """A block in which Inductor can ask whether truth values that it knows are equal. Not thread-safe.

    It asks whether the ranges of both are disjoint, and SymPy has no order of true and false (torch 2.13): a graph that
    compares the signs of constants, as a remainder does, was refused with a `TypeError` without a word.
    """
    from torch.utils._sympy.value_ranges import SymPyValueRangeAnalysis, ValueRanges

    plain: Any = SymPyValueRangeAnalysis.eq

    def eq(a: Any, b: Any) -> Any:
        ranges: Any = ValueRanges.wrap(a), ValueRanges.wrap(b)
        if not all([r.is_bool for r in ranges]):
            return plain(*ranges)
        known = all([r.is_singleton() for r in ranges])
        return ValueRanges.wrap(ranges[0].lower == ranges[1].lower) if known else ValueRanges.unknown_bool()

    with patch.object(SymPyValueRangeAnalysis, "eq", staticmethod(eq)):
        yield


@contextmanager
def sparing_memory() -> Generator[None]:
    """A block in which the order of a program is chosen by what it really holds at its peak. Not thread-safe.

    Inductor tries four orders and takes the one of the lowest peak, but counts room for the result of a loop that
    writes over its argument (torch 2.13): the updates of all weights at the end of a step looked as cheap as each
    behind its gradient. And it counts what only the loop reads that makes it, which stays in registers: with six such
    arrays in a loop the peak was looked for there, and no order held less.
    """
    from torch._inductor import memory

    def estimate_peak_memory(nodes: Any, inputs: Any, outputs: Any) -> tuple[int, list[int]]:
        buffers, _, _ = memory.compute_memory_timeline(nodes, inputs, outputs)
        buffers = [b for b in buffers if not _is_within_a_loop(b, nodes)]
        saved = _written_over(nodes, buffers)
        held = [size - saved[step] for step, size in enumerate(_living(buffers, len(nodes)))]
        return max(held), held

    with patch.object(memory, "estimate_peak_memory", estimate_peak_memory):
        yield


_PICK: Final = torch.ops.aten.index.Tensor


@contextmanager
def keeping_what_is_reused(most: int) -> Generator[None]:
    """A block in which Inductor computes a value of more than so many operations once, if it is used again.

    At shifted places, as the neighbours in a grid have (`roll`), it would be computed for each of them. Inductor's own
    threshold (torch 2.13) is also that of values that are used once, which it then writes out for nothing. Not
    thread-safe.
    """
    from torch._inductor.ir import Pointwise, Reduction, StorageBox
    from torch._inductor.virtualized import V

    plain: Any = StorageBox.should_realize_on_reuse

    def should_realize_on_reuse(self: Any, users: int, *args: Any, **kwargs: Any) -> bool:
        node = V.graph.current_node
        if isinstance(self.data, Pointwise) and (is_remade(node) or are_rows(node)) and not self.has_large_inner_fn():
            return False
        if users > 1 and isinstance(self.data, (Pointwise, Reduction)):
            picks = sum([user.target is _PICK for user in node.users]) if node and len(node.users) == users else 0
            if self.data.inner_fn_opcount().num_ops * (picks if picks > 3 else 1) > most:
                return True
        return plain(self, users, *args, **kwargs)

    with patch.object(StorageBox, "should_realize_on_reuse", should_realize_on_reuse):
        yield


@contextmanager
def given_as_made() -> Generator[None]:
    """A block in which a value is computed once for all the calls of libraries, loops and branches that take it.

    Inductor asks for the strides of an argument before it has room of its own, and then copies it, which computes it
    for that call alone and for the next one again (torch 2.13); what is given in another shape, too: of a `relu` whose
    rows a product takes lay two arrays until the way back. Not thread-safe.
    """
    from torch._inductor.ir import ExternKernel, StorageBox, TensorBox, View

    plain: Any = ExternKernel.require_strides.__func__  # type: ignore[attr-defined]

    def require_strides(cls: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        value = x.data if isinstance(x, TensorBox) else None
        if isinstance(value.data if type(value) is View else value, StorageBox):
            x.realize()
        return plain(cls, x, *args, **kwargs)

    with patch.object(ExternKernel, "require_strides", classmethod(require_strides)):
        yield


@contextmanager
def giving_back(least: int) -> Generator[None]:
    """A block in which a program on the CPU gives room back between loops. Not thread-safe.

    Inductor puts all loops between two calls of a library into one function, before which it allocates what any of them
    writes, and after which it frees what none needs (torch 2.13). A function ends here where as much is done with as
    pays for the call of another one, and later loops need as much.

    Args:
        least: How many bytes that is.
    """
    from torch._inductor.codegen.cpp import CppScheduling
    from torch._inductor.virtualized import V

    plain: Any = CppScheduling.ready_to_flush
    known: dict[int, dict[Any, int]] = {}

    def ready_to_flush(self: Any) -> bool:
        if plain(self):
            return True
        scheduler = self.scheduler
        if id(scheduler) not in known:
            known[id(scheduler)] = _needed_after(scheduler.nodes)
        if known[id(scheduler)].get(scheduler.current_node, 0) < least:
            return False
        gone = V.graph.removed_buffers | V.graph.wrapper_code.freed
        names = [n for n in scheduler.buffer_names_to_free if n in scheduler.name_to_buf and n not in gone]
        return sum([_room(scheduler.name_to_buf[n]) for n in names]) >= least

    with patch.object(CppScheduling, "ready_to_flush", ready_to_flush):
        yield


def _needed_after(nodes: list[Any]) -> dict[Any, int]:
    """How many bytes the nodes behind each allocate."""
    found: dict[Any, int] = {}
    total = 0
    for node in reversed(nodes):
        found[node] = total
        within = {id(n) for n in node.get_nodes()}
        # what only the loop itself reads stays in registers
        total += sum([_room(b) for b in node.get_outputs() if any([id(u.node) not in within for u in b.users])])
    return found


def _room(buffer: Any) -> int:
    """The bytes that a buffer takes of its own."""
    if not buffer.node.should_allocate() or buffer.node.get_mutation_names():
        return 0
    return buffer.node.get_layout().storage_size() * buffer.node.get_dtype().itemsize


def _is_within_a_loop(each: Any, nodes: list[Any]) -> bool:
    """Whether only the loop itself reads a value that it makes."""
    made = hasattr(each.buffer, "users")  # and no input
    return made and each.end_step == each.start_step and not nodes[each.start_step].is_extern()


def _living(buffers: list[Any], steps: int) -> list[int]:
    """How many bytes are taken at each step; a result of the program, which ends at step -1, is never given back."""
    change: Counter[int] = Counter()
    for each in buffers:
        change[each.start_step] += each.size_alloc
        if each.end_step != -1:
            change[each.end_step + 1] -= each.size_free
    return list(accumulate(change[step] for step in range(steps + 1)))


def _written_over(nodes: list[Any], buffers: list[Any]) -> Counter[int]:
    """How many bytes of results need no room, by steps: a loop puts them where it read what nobody reads after it."""
    born: dict[int, list[Any]] = {}
    for each in buffers:
        born.setdefault(each.start_step, []).append(each)
    saved: Counter[int] = Counter()
    for each in buffers:
        if each.end_step <= each.start_step:
            continue
        loops = {id(n) for n in nodes[each.end_step].get_nodes() if not n.is_extern()}
        users = getattr(each.buffer, "users", ())
        if any([u.can_inplace and id(u.node) in loops for u in users]):
            heirs = born.get(each.end_step, [])
            heir = next((h for h in heirs if h.size_alloc == each.size_free), None)
            if heir is not None:
                heirs.remove(heir)
                saved[each.end_step] += each.size_free
    return saved
