"""`scan` and `map`: a plain Python loop when eager, one program in a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.control import (
    body_output,
    check_unroll,
    index_not_integer,
    negative_length,
    scan_length,
    scan_scalar_xs,
)
from dualgrad._rules.outlines import kind_text
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import as_tensor
from dualgrad.backends.torch._private import (
    Spec,
    undisturbed,
)
from dualgrad.backends.torch.lax._bodies import closed_body, first_step, is_abstract, with_passed_on
from dualgrad.backends.torch.lax._trees import Arrays, described, fitted_carry
from dualgrad.backends.torch.programs.graph import Graph
from dualgrad.backends.torch.programs.loops import Scan
from dualgrad.backends.torch.vmap import vmap

__all__ = ["map", "scan", "scanned"]

Fun = Callable[..., Any]


@undisturbed
def scan(
    f: Fun, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int | bool = 1
) -> tuple[Any, Any]:
    """The last carry and the stacked outputs of `f(carry, x)` along the leading axis of `xs`."""
    check_unroll(unroll)  # and no more: a compiled loop takes several steps to a call by itself
    return scanned("scan", f, init, xs, length, reverse)


@undisturbed
def map(f: Fun, xs: Any, *, batch_size: int | None = None) -> Any:
    """`f` of each element of the leading axis of `xs`, stacked; `batch_size` elements at a time by `vmap`."""
    if batch_size is None:
        return scanned("map", lambda _, x: ((), f(x)), (), xs, None, False)[1]
    leaves, treedef = tree.flatten(xs)
    n = _length("map", Arrays.of("lax.map", xs), None)
    tensors = [as_tensor("map", x) for x in leaves]
    batch_size = batch_size or max(n, 1)  # 0 is all at once
    whole = n - n % batch_size
    parts: list[Any] = []
    if whole:
        blocks = [x[:whole].reshape(-1, batch_size, *x.shape[1:]) for x in tensors]
        out = scanned("map", lambda _, x: ((), vmap(f)(x)), (), tree.unflatten(treedef, blocks), None, False)[1]
        parts.append(tree.map(lambda y: y.reshape(whole, *y.shape[2:]), out))
    if n % batch_size or not n:
        parts.append(vmap(f)(tree.unflatten(treedef, [x[whole:] for x in tensors])))
    return parts[0] if len(parts) == 1 else tree.map(lambda a, b: torch.cat([a, b]), *parts)


def scanned(name: str, f: Fun, init: Any, xs: Any, length: int | None, reverse: bool) -> tuple[Any, Any]:
    steps = Arrays.of(f"lax.{name}", xs)
    n = _length(name, steps, length)
    carry = Arrays.of(f"lax.{name}", init)
    if n and not is_abstract([*carry.tensors, *steps.tensors]):
        return _eager_scan(name, f, carry, steps, n, reverse)
    return _traced_scan(name, f, carry, steps, n, reverse)


def _length(name: str, steps: Arrays, length: int | None) -> int:
    for x in steps.tensors:
        if not x.ndim:
            raise scan_scalar_xs(name, described(x))
    sizes = list(dict.fromkeys([x.shape[0] for x in steps.tensors]))
    if len(sizes) > 1:
        raise scan_length(name, f"sizes {', '.join([str(s) for s in sizes])}")
    if length is None:
        if not sizes:
            raise scan_length(name, "")
        return sizes[0]
    try:
        length = length.__index__()
    except (AttributeError, TypeError):
        raise index_not_integer(name, "length", kind_text(length)) from None
    if sizes and sizes[0] != length:
        raise scan_length(name, f"length {length} for size {sizes[0]}")
    if length < 0:
        raise negative_length(name, length)
    return length


def _step(name: str, f: Fun, carry: Any, x: Any) -> tuple[Arrays, Arrays]:
    """What one step returns: carry and output."""
    return _pair(name, f(carry, x))


def _pair(name: str, out: Any) -> tuple[Arrays, Arrays]:
    if not (isinstance(out, tuple | list) and len(out) == 2):
        raise body_output(name, kind_text(out))
    return Arrays.of(f"lax.{name}", out[0]), Arrays.of(f"lax.{name}", out[1])


def _eager_scan(name: str, f: Fun, carry: Arrays, steps: Arrays, n: int, reverse: bool) -> tuple[Any, Any]:
    columns = [x.unbind(0) for x in steps.tensors]
    rows = columns[0] if steps.is_bare() else list(zip(*columns, strict=True)) if columns and steps.is_row() else None
    first, *later = range(n - 1, -1, -1) if reverse else range(n)
    x = steps.rebuild([c[first] for c in columns])
    carry, (out, y) = first_step(
        carry,
        lambda given: _step(name, f, given.rebuild(given.tensors), x),
        lambda given: _closed_step(name, f, given, steps, [])[2],
    )
    out_tree, ys = y.treedef, [y.tensors]
    carry = Arrays(fitted_carry(name, carry, out), carry.treedef, carry.weak)
    given = carry.rebuild(carry.tensors)
    passes = carry.passing()
    for i in later:
        x = steps.rebuild([c[i] for c in columns]) if rows is None else rows[i]
        result = f(given, x)
        if passes is not None and type(result) is tuple and len(result) == 2:  # the common case: 5 us of 7 beside f
            new, y = result
            if passes(new):
                given = new
                ys.append([] if y is None else [y] if type(y) is Tensor else Arrays.of(f"lax.{name}", y).tensors)
                continue
        out, y = _pair(name, result)
        given = carry.rebuild(fitted_carry(name, carry, out))
        ys.append(y.tensors)
    if reverse:
        ys.reverse()
    stacked = [torch.stack(c) for c in zip(*ys, strict=True)]
    given = carry.weakened(tree.leaves(given), out.weak) if any(carry.weak) else given
    return given, tree.unflatten(out_tree, stacked)


def _traced_scan(name: str, f: Fun, carry: Arrays, steps: Arrays, n: int, reverse: bool) -> tuple[Any, Any]:
    treedefs: list[Any] = []
    graph, outer, carry, weak = _closed_step(name, f, carry, steps, treedefs)
    k, nx = len(carry.tensors), len(steps.tensors)
    outs = Scan(graph, (len(outer), k, nx), n, reverse)(*outer, *carry.tensors, *steps.tensors)
    outs = with_passed_on(outs, graph.forwarded()[:k], len(outer), carry.tensors)
    return carry.weakened(outs[:k], weak), tree.unflatten(treedefs[0], outs[k:])


def _closed_step(
    name: str, f: Fun, carry: Arrays, steps: Arrays, treedefs: list[Any]
) -> tuple[Graph, list[Tensor], Arrays, list[bool]]:
    """As `closed_body`, of a step of a scan; `treedefs` is given the structure of its output."""

    def one(given: Arrays, x: Sequence[Tensor]) -> tuple[Arrays, list[Tensor]]:
        out, y = _step(name, f, given.rebuild(given.tensors), steps.rebuild(x))
        treedefs[:] = [y.treedef]
        return out, y.tensors

    return closed_body(name, one, carry, [Spec.of(x).element() for x in steps.tensors])
