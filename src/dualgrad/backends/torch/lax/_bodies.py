"""The body of a loop: the dtypes of its carry, and its graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from torch import Tensor

from dualgrad._attempts import Attempt, Irrevocable
from dualgrad.backends.torch._private import (
    Spec,
    is_fake,
    is_tracing,
)
from dualgrad.backends.torch.lax._trees import Arrays, fitted_carry, promoted_carry
from dualgrad.backends.torch.programs.graph import Graph, close

__all__ = ["closed_body", "first_step", "is_abstract", "outer_first", "with_passed_on"]

Fun = Callable[..., Any]
R = TypeVar("R")


def first_step(
    carry: Arrays, step: Callable[[Arrays], tuple[Arrays, R]], promoted: Callable[[Arrays], Arrays]
) -> tuple[Arrays, tuple[Arrays, R]]:
    """The carry in the dtypes that the step gives to its Python numbers, and what the step returns for that.

    `promoted` finds that carry without running the step, which takes longer.
    """
    if not any(carry.weak):
        return carry, step(carry)
    tried = carry
    try:
        with Attempt() as attempt:
            out = step(tried)
            while (better := promoted_carry(tried, out[0])) is not None:
                attempt.discard()
                tried = better
                out = step(tried)
            return tried, out
    except Irrevocable:
        tried = promoted(carry)
        return tried, step(tried)


def closed_body(
    name: str, one: Callable[[Arrays, Sequence[Tensor]], tuple[Arrays, list[Tensor]]], carry: Arrays, xs: Sequence[Spec]
) -> tuple[Graph, list[Tensor], Arrays, list[bool]]:
    """The graph of one step, what it closes over, and the carry in the dtypes that the step gives to Python numbers.

    Last, which of the carries that the step returns are Python numbers still. The graph takes what it closes over
    first, then the carry, then the inputs of the step.
    """
    k = len(carry.tensors)
    promoted: list[Arrays | None] = []
    weak: list[bool] = []

    def body(*args: Tensor) -> list[Tensor]:
        given = Arrays(list(args[:k]), carry.treedef, carry.weak)
        out, more = one(given, args[k:])
        promoted[:], weak[:] = [promoted_carry(given, out)], out.weak
        return [*fitted_carry(name, given, out), *more] if promoted[0] is None else []

    while True:
        graph, outer = close(body, [*[Spec.of(x) for x in carry.tensors], *xs])
        if promoted[0] is None:
            return outer_first(graph, len(outer)), outer, carry, weak
        carry = carry.like(promoted[0])


def outer_first(graph: Graph, count: int) -> Graph:
    n = len(graph.inputs) - count
    return graph.reordered([*range(n, n + count), *range(n)])


def is_abstract(tensors: Sequence[Tensor]) -> bool:
    """Whether the loop is to become a program: in a trace, and where nothing but shapes is asked for."""
    return is_tracing() or any([is_fake(x) for x in tensors])


def with_passed_on(
    outs: Sequence[Tensor], forwarded: Sequence[int | None], start: int, init: Sequence[Tensor]
) -> list[Tensor]:
    """Outputs of a loop; a carry that every step passes on as it is, is the initial one."""
    same = [place == start + i for i, place in enumerate(forwarded)]
    return [*[x if s else o for x, o, s in zip(init, outs, same, strict=False)], *outs[len(same) :]]
