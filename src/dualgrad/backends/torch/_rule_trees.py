"""What goes into a custom rule and what comes out of it: trees of the user's, tensors of a program."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import optree
import torch
from torch import Tensor

from dualgrad._dtypes import DTYPES
from dualgrad._rules.custom import (
    for_each,
    rule_output,
)
from dualgrad._rules.outlines import kind_text, outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import INEXACT, NAMES, NATIVE
from dualgrad.backends.torch._private import (
    Spec,
    undisturbed,
)
from dualgrad.backends.torch.lax._trees import Arrays, described, is_leaf, where_in
from dualgrad.backends.torch.programs.graph import Graph
from dualgrad.typing import SymbolicZero

__all__ = [
    "as_pair",
    "check_output",
    "cotangents",
    "filled",
    "merged",
    "places",
    "rebuilt",
    "symbols",
    "widened",
    "wrapping",
]

Fun = Callable[..., Any]


def as_pair(kind: str, name: str, what: str, expected: str, given: Any) -> Any:
    """What a rule returned, which has to be a pair."""
    if not (isinstance(given, tuple | list) and len(given) == 2):
        raise rule_output(kind, name, what, expected, kind_text(given))
    return given


def wrapping(fun: Fun, wrapper: Fun) -> Fun:
    return functools.wraps(fun)(undisturbed(wrapper))


def merged(args: Sequence[Any], static: set[int], rest: Sequence[Any]) -> list[Any]:
    """All arguments again: the static ones where they were, the others from `rest`."""
    dynamic = iter(rest)
    return [a if i in static else next(dynamic) for i, a in enumerate(args)]


def rebuilt(given: Sequence[Arrays], tensors: Sequence[Tensor]) -> list[Any]:
    """Arguments with other tensors in them."""
    rest = iter(tensors)
    return [a.rebuild([next(rest) for _ in a.tensors]) for a in given]


def symbols(full: Any, known: Sequence[bool]) -> Any:
    """A tree of tangents or cotangents, with a `SymbolicZero` where there is none."""
    rest = iter(known)
    return tree.map(lambda x: x if next(rest) else SymbolicZero(tuple(x.shape), DTYPES[NAMES[x.dtype]]), full)


def filled(t: Any) -> Any:
    """A tangent that a rule returned, as an array."""
    return torch.zeros(t.shape, dtype=NATIVE[t.dtype.name]) if isinstance(t, SymbolicZero) else t


def check_output(kind: str, name: str, what: str, expected: Arrays, got: Arrays) -> None:
    if expected.treedef != got.treedef:
        raise rule_output(kind, name, what, outline(tree, expected.treedef), outline(tree, got.treedef))
    for place, (x, y) in enumerate(zip(expected.tensors, got.tensors, strict=True)):
        if y.dtype is not x.dtype and got.weak[place]:
            got.tensors[place] = y = y.to(x.dtype)
        if x.shape != y.shape or x.dtype is not y.dtype:
            raise rule_output(kind, name, what, described(x), described(y))


def cotangents(name: str, given: Sequence[Arrays], cts: Any) -> list[Tensor]:
    """What a backward rule returned, as one tensor for each leaf of the arguments."""
    if not isinstance(cts, tuple | list) or len(cts) != len(given):
        raise rule_output("custom_vjp", name, "the result of bwd", for_each(len(given)), kind_text(cts))
    found: list[Tensor] = []
    for number, (a, ct) in enumerate(zip(given, cts, strict=True)):
        what = f"the cotangent of argument {number}"
        leaves = _spread(a, ct)
        if leaves is None:
            raise rule_output("custom_vjp", name, what, outline(tree, a.treedef), outline(tree, tree.structure(ct)))
        for place, (x, leaf) in enumerate(zip(a.tensors, leaves, strict=True)):
            if leaf is None or x.dtype not in INEXACT:
                found.append(Spec.of(x).zeros())  # `x` itself is none of bwd's inputs
                continue
            if not is_leaf(leaf := filled(leaf)):
                raise rule_output("custom_vjp", name, where_in(what, a.treedef, place), described(x), kind_text(leaf))
            value = Arrays.of("custom_vjp", leaf)
            t = value.tensors[0]
            if t.dtype is not x.dtype and value.weak[0]:
                t = t.to(x.dtype)
            if t.shape != x.shape or t.dtype is not x.dtype:
                raise rule_output("custom_vjp", name, where_in(what, a.treedef, place), described(x), described(t))
            found.append(Spec.of(x).zeros() if isinstance(leaf, SymbolicZero) else t)  # on the device of `x`
    return found


def _spread(a: Arrays, ct: Any) -> list[Any] | None:
    """One cotangent or `None` for each leaf of an argument, or `None` where the trees do not fit.

    A `None` in the tree of cotangents stands for zeros in the place of a leaf or of a whole subtree.
    """
    full = a.restored(a.tensors)
    options: Any = {"none_is_leaf": True, "namespace": tree.NAMESPACE}
    try:
        each = optree.broadcast_prefix(ct, full, **options)
    except ValueError:
        return None
    given = [leaf for leaf in optree.tree_leaves(ct, **options) if leaf is not None]
    found = [c for c, x in zip(each, optree.tree_leaves(full, **options), strict=True) if x is not None]
    return found if sum(c is not None for c in found) == len(given) else None


def places(*outers: Sequence[Tensor]) -> tuple[dict[int, int], list[Tensor]]:
    """The tensors that several graphs close over, each once, and the place of each."""
    outer = list({id(x): x for xs in outers for x in xs}.values())
    return {id(x): i for i, x in enumerate(outer)}, outer


def widened(
    graph: Graph, n: int, after: int, outer: Sequence[Tensor], place: dict[int, int], inputs: Sequence[Spec]
) -> Graph:
    """A graph of `n` inputs, `after` more and what it closes over, as one of `n`, all outer tensors, and the more."""
    order = [*range(n), *[-1] * len(place), *range(n, n + after)]
    for i, x in enumerate(outer):
        order[n + place[id(x)]] = n + after + i
    return graph.reordered(order, inputs)
