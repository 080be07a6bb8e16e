"""How loops and branches run: step by step, or below a compiler as one opaque operation over compiled bodies.

Inductor would put a loop's steps into Python one by one. Here the body is compiled on its own, as one loop if it can
be, else several steps to a call, and the compiled program around it sees one operation of the dispatcher,
`torch.ops.dualgrad.program`, that names what it runs by a digest of its content: so a program compiled in another
process finds the same loop.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from weakref import WeakValueDictionary

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._arrays import plain
from dualgrad.backends.torch._private import (
    Elementwise,
    Fold,
    Nested,
    Programs,
    Spec,
    Steps,
    compile_graph,
    compile_steps,
    inlined,
    trace,
    unrecorded,
)
from dualgrad.backends.torch.programs.graph import Graph
from dualgrad.backends.torch.programs.needed import needed
from dualgrad.backends.torch.programs.program import Program, Tensors

__all__ = ["compiled_form", "compiled_graph", "compiled_steps", "digest", "keeping", "opaque", "opaque_program"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("program(Tensor[] operands, str key) -> Tensor[]")
# The same for a program that does something beside computing: it returns a further output, which the compiled program
# around it is made to return, so that it is neither left out nor moved before an earlier one.
_library.define("effect(Tensor[] operands, str key, Tensor? after) -> Tensor[]")
_REGISTERED: Final[WeakValueDictionary[str, Program]] = WeakValueDictionary()
Run = Callable[[list[Tensor]], Sequence[Tensor]]


class _State(threading.local):
    kept: list[Program] | None = None


_state = _State()


@contextmanager
def keeping() -> Generator[list[Program]]:
    """A block that collects the programs to which opaque calls are made; what runs the calls must keep them."""
    before, _state.kept = _state.kept, []
    try:
        yield _state.kept
    finally:
        _state.kept = before


def opaque(program: Program, operands: Tensors) -> list[Tensor]:
    """One operation that runs the program, by its compiled form."""
    operands = [plain(x) for x in operands]  # here, while it is traced, and not at each call
    found = _REGISTERED.setdefault(digest(program), program)
    if _state.kept is not None:
        _state.kept.append(found)
    if program.has_effect:
        return torch.ops.dualgrad.effect(operands, digest(program), None)[:-1]
    return torch.ops.dualgrad.program(operands, digest(program))


def opaque_program(node: fx.Node) -> Program | None:
    """The program that a node of a lowered graph runs, while it is kept."""
    if node.target in (torch.ops.dualgrad.program.default, torch.ops.dualgrad.effect.default):
        return _REGISTERED[str(node.args[1])]
    return None


def _short(key: str) -> Callable[..., Sequence[Tensor]] | None:
    program = _REGISTERED[key]
    return program.run if program.kind in ("cond", "formula") and not program.has_effect else None


Programs.short = staticmethod(_short)


def _run_effect(operands: list[Tensor], key: str, after: Tensor | None) -> list[Tensor]:
    return [*_run(operands, key), torch.zeros(())]


def _fake_effect(operands: list[Tensor], key: str, after: Tensor | None) -> list[Tensor]:
    return [*_fake(operands, key), torch.empty(())]


def _run(operands: list[Tensor], key: str) -> list[Tensor]:
    program: Any = _REGISTERED[key]
    operands = [x.contiguous() for x in operands]
    outs = program.run_compiled(operands)
    # What comes out is dense, as the compiled program around it was told, and nothing else lies there: that program may
    # write over it. A body may return an expanded view, an operand or a part of it, or one array twice.
    if program.gives_own():
        return [o.clone() if any([o is x for x in operands]) else o for o in outs]
    taken = {x.untyped_storage().data_ptr() for x in operands}
    found: list[Tensor] = []
    for out in outs:
        own = out.contiguous()
        own = own.clone() if own.untyped_storage().data_ptr() in taken else own
        taken.add(own.untyped_storage().data_ptr())
        found.append(own)
    return found


def _fake(operands: list[Tensor], key: str) -> list[Tensor]:
    return [s.empty() for s in _REGISTERED[key].outputs]


_library.impl("program", _run, "CompositeExplicitAutograd")
_library.impl("effect", _run_effect, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::program", _fake, lib=_library)
torch.library.register_fake("dualgrad::effect", _fake_effect, lib=_library)


def compiled_form(fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Spec]) -> Run:
    """`fun`, compiled for such inputs, as a function of a list of dense tensors, which it empties."""
    return compiled_graph(*trace(fun, inputs))


def compiled_graph(graph: fx.GraphModule, fakes: Sequence[Tensor]) -> Run:
    """A traced graph, compiled, and with it all loops and branches in it."""
    graph = needed(graph)
    with inlined(), keeping() as kept:
        run = compile_graph(graph, fakes, torch.ops.dualgrad.effect.default)
    for program in kept:
        program.prepare()
    return _Kept(run, kept) if kept else run


def compiled_steps(
    step: Callable[..., Sequence[Tensor]],
    inputs: Sequence[Spec],
    counts: tuple[int, int, int],
    reverse: bool = False,
    conditional: bool = False,
    folds: Sequence[Fold] = (),
    block: int = 1,
) -> Steps | None:
    """A loop over `step` as one C++ function, where all in the step is kernels and such loops or branches."""
    graph, fakes = trace(lambda *xs: [o.contiguous() for o in step(*xs)], inputs)
    graph = needed(graph)
    ready: dict[str, Nested | Elementwise | None] = {}

    def compiled() -> tuple[Steps | None, list[Program]]:
        with inlined(), keeping() as kept:
            return compile_steps(graph, fakes, counts, reverse, conditional, folds, block, ready.get), kept

    steps, kept = compiled()
    if steps is not None or not kept or not fakes[0].is_cpu:
        return steps
    for program in kept:
        ready[digest(program)] = program.nested()
    return compiled()[0] if all(ready.values()) else None


class _Kept:
    """A compiled form together with the programs that it calls."""

    def __init__(self, run: Run, programs: list[Program]) -> None:
        self.run = run
        self.programs = programs

    def __call__(self, tensors: list[Tensor]) -> Sequence[Tensor]:
        return self.run(tensors)


def digest(what: Program | Graph) -> str:
    """A name for the content of a program or graph, the same in every process."""
    known = what.__dict__.get("_digest")
    if known is None:
        sha = hashlib.sha256()
        for part in _parts(what):
            sha.update(part if isinstance(part, bytes) else repr(part).encode())
            sha.update(b"\0")
        known = what.__dict__["_digest"] = sha.hexdigest()
    return known


def _parts(what: Program | Graph) -> Iterator[object]:
    if isinstance(what, Program):
        yield type(what).__qualname__
        for value in what.content():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Program | Graph):
                    yield digest(part)
                else:
                    # A function has no content that holds elsewhere, so nothing elsewhere will find it.
                    yield id(part) if callable(part) else part
        return
    yield what.inputs, what.outputs
    places: dict[fx.Node, int] = {}
    for place, node in enumerate(what.module.graph.nodes):
        places[node] = place
        yield node.op
        if node.op == "get_attr":
            value = getattr(what.module, node.target)
            with unrecorded():  # a trace may be running, into which this must not go
                held = value.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes()
            yield held
        elif node.op == "call_function":
            yield digest(node.target) if isinstance(node.target, Program) else str(node.target)
        yield fx.map_arg((node.args, node.kwargs), lambda n: f"%{places[n]}")
