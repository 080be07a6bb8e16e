"""What a jitted function costs, counted on the graph that Inductor is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._results import Cost
from dualgrad.backends.torch._private import Spec, fused_bytes, inlined, lowered_graph, operations, trace
from dualgrad.backends.torch.jit import Jitted
from dualgrad.backends.torch.programs.branches import Branches
from dualgrad.backends.torch.programs.execute import keeping, opaque_program
from dualgrad.backends.torch.programs.formulas import Formula
from dualgrad.backends.torch.programs.graph import Graph
from dualgrad.backends.torch.programs.loops import Folded, Scan
from dualgrad.backends.torch.programs.program import Program
from dualgrad.backends.torch.programs.whiles import While

__all__ = ["jit_cost"]

Counts = tuple[float, float]


def jit_cost(fun: Jitted, /, *args: Any, **kwargs: Any) -> Cost:
    """Operations and bytes of a jitted function; the memory it takes is known when it runs."""
    counted = _counts(*fun.trace(*args, **kwargs))
    return Cost(operations=counted[0], bytes_accessed=counted[1], peak_memory=None)


def _counts(graph: torch.fx.GraphModule, fakes: Sequence[Tensor]) -> Counts:
    """Operations and bytes of a traced graph, with all loops and branches in it."""
    with inlined(), keeping():  # what is kept can be found by its name
        lowered = lowered_graph(graph, fakes)
        found = float(sum([operations(n) for n in lowered.graph.nodes])), float(fused_bytes(lowered, fakes))
        inner = [_of_program(p) for p in [opaque_program(n) for n in lowered.graph.nodes] if p is not None]
    return sum([o for o, _ in inner], found[0]), sum([b for _, b in inner], found[1])


def _of_program(program: Program) -> Counts:
    """A loop of known length costs each of its steps, one of unknown length a single one, a branch the dearest."""
    if isinstance(program, Scan):
        ops, moved = _of_graph(program.body)
        return program.length * ops, program.length * moved
    if isinstance(program, Folded):
        return _of_graph(program.fun)
    if isinstance(program, While):
        parts = [_of_graph(program.cond), _of_graph(program.body)]
        return sum([p[0] for p in parts]), sum([p[1] for p in parts])
    if isinstance(program, Branches):
        parts = [_of_graph(b) for b in program.branches]
        return max([p[0] for p in parts]), max([p[1] for p in parts])
    if isinstance(program, Formula):
        return _of_function(program.run, program.inputs)
    return 0.0, 0.0  # Python functions of the user's


def _of_graph(graph: Graph) -> Counts:
    return _of_function(graph, graph.inputs)


def _of_function(fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Spec]) -> Counts:
    with inlined():
        return _counts(*trace(fun, inputs))
