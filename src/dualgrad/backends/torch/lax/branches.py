"""`cond` and `switch`: the chosen branch alone when eager, a program of all in a trace or where it varies."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence, Set
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from dualgrad._attempts import Attempt
from dualgrad._dtypes import WEAK
from dualgrad._rules.control import index_not_integer, no_branches, pred_not_boolean, pred_not_scalar
from dualgrad._rules.outlines import kind_text
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import COMPLEX, INTEGER, NAMES, as_tensor, is_weak, mark_weak
from dualgrad.backends.torch._private import (
    Spec,
    innermost,
    is_batched,
    is_fake,
    is_interpreted,
    is_tracing,
    open_kinds,
    undisturbed,
)
from dualgrad.backends.torch.lax._trees import Arrays, check_branch, described
from dualgrad.backends.torch.programs.branches import Branches
from dualgrad.backends.torch.programs.graph import Graph, close, refused
from dualgrad.backends.torch.programs.stand_in import tell_apart

__all__ = ["cond", "switch"]

Fun = Callable[..., Any]


@undisturbed
def cond(pred: Any, true_fun: Fun, false_fun: Fun, *operands: Any) -> Any:
    """`true_fun(*operands)` if `pred` else `false_fun(*operands)`."""
    if not isinstance(pred, bool | int | float | complex | Tensor | np.ndarray | np.generic):
        raise pred_not_scalar("cond", kind_text(pred))
    held = as_tensor("lax.cond", bool(pred) if type(pred) is int else pred)
    if held.ndim:
        raise pred_not_scalar("cond", f"shape {tuple(held.shape)}")
    if held.dtype in COMPLEX:
        raise pred_not_boolean("cond", NAMES[held.dtype])
    # The first branch is the true one, in messages as in the rule for outputs.
    return _chosen("cond", (held == 0).to(torch.int32), [true_fun, false_fun], operands)


@undisturbed
def switch(index: Any, branches: Sequence[Fun], *operands: Any) -> Any:
    """`branches[index](*operands)`, the index clamped into range."""
    if not branches:
        raise no_branches("switch")
    if type(index) not in WEAK and not isinstance(index, Tensor | np.ndarray | np.generic):
        raise index_not_integer("switch", "the index", kind_text(index))
    at = as_tensor("lax.switch", min(max(index, 0), len(branches) - 1) if type(index) is int else index)
    if at.ndim or at.dtype not in INTEGER:
        raise index_not_integer("switch", "the index", described(at))
    if len(branches) == 1:
        return branches[0](*operands)
    last = len(branches) - 1
    if at.dtype in (torch.uint16, torch.uint32, torch.uint64):  # torch clamps none of these
        wide = at.to(torch.int64)
        at = torch.where(wide < 0, last, wide) if at.dtype is torch.uint64 else wide
    return _chosen("switch", at.clamp(0, last).to(torch.int32), branches, operands)


def _chosen(name: str, index: Tensor, branches: Sequence[Fun], operands: tuple[Any, ...]) -> Any:
    given = Arrays.of(f"lax.{name}", operands)
    known = not (is_batched(index) or is_fake(index))
    if known and not is_tracing():
        taken = int(innermost(index))
        key = _key(branches, given)
        if key not in _CHECKED and not is_interpreted():  # then the branch that is not taken must not be seen to run
            with Attempt() as rehearsal:
                graphs, _, _, weak = _closed(name, branches, given)
                rehearsal.discard()
            if len(_CHECKED) >= 4096:
                _CHECKED.clear()
            _CHECKED[key] = weak, refused(graphs)
        weak, refusing = _CHECKED.get(key, _UNCHECKED)
        if not (refusing and _is_refused(refusing, given.tensors)):
            out = branches[taken](*given.rebuild(given.tensors))
            leaves, treedef = tree.flatten(out)
            if all([isinstance(x, Tensor) and not is_weak(x) for x in leaves]):
                return out
            return tree.unflatten(treedef, _as_weak(name, leaves, weak))
    graphs, outer, treedef, weak = _closed(name, branches, given)
    every = [*given.tensors, *outer]
    outs = Branches(graphs)(index, *every)
    for i, places in enumerate(zip(*[g.forwarded() for g in graphs], strict=True)):
        if len(set(places)) == 1 and places[0] is not None:  # every branch returns this operand
            outs[i] = every[places[0]]
    return tree.unflatten(treedef, [mark_weak(o) if w else o for o, w in zip(outs, weak, strict=True)])


def _as_weak(name: str, leaves: Sequence[Any], weak: Sequence[bool] | None) -> list[Tensor]:
    """Outputs of a branch as tensors, those marked that are Python numbers in every branch."""
    tensors = [as_tensor(name, x) for x in leaves]
    if weak is None or len(weak) != len(leaves):
        return tensors
    tensors = [t.view(t.shape) if is_weak(t) else t for t in tensors]
    return [mark_weak(t) if w else t for t, w in zip(tensors, weak, strict=True)]


def _is_refused(refusing: Set[str], tensors: Sequence[Tensor]) -> bool:
    """Whether a transform runs that some branch refuses: then it is asked of all of them, not only of the one taken."""
    if "jvp" in refusing:
        tell_apart()
    watched = torch.is_grad_enabled() and any([x.requires_grad for x in tensors])
    return not refusing.isdisjoint(open_kinds()) or (watched and "grad" in refusing)


# Branches whose outputs were found to be alike: which outputs are Python numbers in all of them, and what transforms
# some branch may refuse. A function is known by its code: a check that is left out for another function of the same
# code and arguments can only miss what that one closes over.
_CHECKED: Final[dict[Any, tuple[list[bool], Set[str]]]] = {}
_UNCHECKED: Final[tuple[None, Set[str]]] = (None, frozenset())


def _key(branches: Sequence[Fun], given: Arrays) -> Any:
    plain = [inspect.unwrap(b) for b in branches]  # all that one decorator makes have one code
    codes = tuple([getattr(b, "__code__", b) for b in plain])
    return codes, given.treedef, tuple([Spec.of(x) for x in given.tensors]), tuple(given.weak)


def _closed(name: str, branches: Sequence[Fun], given: Arrays) -> tuple[list[Graph], list[Tensor], Any, list[bool]]:
    """The branches as graphs of the operands and of all that any of them closes over; and how the output is built."""
    specs = [Spec.of(x) for x in given.tensors]
    found: list[tuple[Graph, list[Tensor], Arrays]] = []
    for branch in branches:
        box: list[Arrays] = []

        def body(*args: Tensor, branch: Fun = branch, box: list[Arrays] = box) -> list[Tensor]:
            box[:] = [Arrays.of(f"lax.{name}", branch(*given.rebuild(args)))]
            return box[0].tensors

        graph, outer = close(body, specs)
        found.append((graph, outer, box[0]))
    first = found[0][2]
    graphs = [graph for graph, _, _ in found]
    for number, (graph, (_, _, out)) in enumerate(zip(graphs, found, strict=True)):
        check_branch(name, number, (first.treedef, graphs[0].outputs), (out.treedef, graph.outputs))
    outer = list({id(x): x for _, xs, _ in found for x in xs}.values())
    place = {id(x): i for i, x in enumerate(outer)}
    k = len(specs)
    inputs = [*specs, *[Spec.of(x) for x in outer]]
    widened: list[Graph] = []
    for graph, (_, xs, _) in zip(graphs, found, strict=True):
        order = [*range(k), *[-1] * len(outer)]
        for i, x in enumerate(xs):
            order[k + place[id(x)]] = k + i
        widened.append(graph.reordered(order, inputs))
    weak = [all(flags) for flags in zip(*[out.weak for _, _, out in found], strict=False)]
    return widened, outer, first.treedef, weak
