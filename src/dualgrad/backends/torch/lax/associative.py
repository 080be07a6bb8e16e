"""`associative_scan`: all partial results by halving, in slices and calls of the function alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.control import elements_mismatch, scan_length, scan_scalar_xs
from dualgrad._rules.outlines import outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._private import lifted, undisturbed
from dualgrad.backends.torch.lax._trees import Arrays, described

__all__ = ["associative_scan"]


@undisturbed
def associative_scan(fn: Callable[..., Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """The results of `fn` over all prefixes along an axis; `fn` is associative and works on many elements at once."""
    given = Arrays.of("lax.associative_scan", elems)
    if not given.tensors:
        return elems
    for x in given.tensors:
        if not x.ndim:
            raise scan_scalar_xs("associative_scan", described(x))
    at = normalize_axis("lax.associative_scan", axis, given.tensors[0].ndim)
    sizes = list(dict.fromkeys([x.shape[at] for x in given.tensors]))
    if len(sizes) > 1:
        raise scan_length("associative_scan", f"sizes {', '.join([str(s) for s in sizes])}")

    def combine(a: Sequence[Tensor], b: Sequence[Tensor]) -> list[Tensor]:
        out = Arrays.of("lax.associative_scan", fn(given.restored(a), given.restored(b)))
        if out.treedef != given.treedef:
            raise elements_mismatch("associative_scan", outline(tree, given.treedef), outline(tree, out.treedef))
        for x, y in zip(a, out.tensors, strict=True):
            if x.shape != y.shape or x.dtype is not y.dtype:
                raise elements_mismatch("associative_scan", described(x), described(y))
        return out.tensors

    tensors = [lifted(x) for x in given.tensors]
    if reverse:
        tensors = [x.flip(at) for x in tensors]
    found = _prefixes(combine, tensors, at)
    return given.restored([x.flip(at) for x in found] if reverse else found)


def _prefixes(combine: Callable[..., list[Tensor]], xs: list[Tensor], axis: int) -> list[Tensor]:
    """Pairs of neighbours are combined, their prefixes found, and those of the elements between them put in."""
    n = xs[0].shape[axis]
    if n < 2:
        return xs

    def part(x: Tensor, start: int, stop: int, step: int = 1) -> Tensor:
        return x[(slice(None),) * axis + (slice(start, stop, step),)]

    pairs = combine([part(x, 0, n - 1, 2) for x in xs], [part(x, 1, n, 2) for x in xs])
    odd = _prefixes(combine, pairs, axis)
    before = [part(o, 0, o.shape[axis] - 1) if n % 2 == 0 else o for o in odd]
    even = combine(before, [part(x, 2, n, 2) for x in xs]) if n > 2 else [part(x, 0, 0) for x in xs]
    even = [torch.cat([part(x, 0, 1), e], axis) for x, e in zip(xs, even, strict=True)]
    return [_interleaved(e, o, axis) for e, o in zip(even, odd, strict=True)]


def _interleaved(even: Tensor, odd: Tensor, axis: int) -> Tensor:
    n = even.shape[axis] + odd.shape[axis]
    if even.shape[axis] > odd.shape[axis]:
        odd = torch.cat([odd, even.narrow(axis, 0, 1)], axis)  # a filler, cut off below
    both = torch.stack([even, odd], axis + 1)
    shape = list(even.shape)
    shape[axis] *= 2
    return both.reshape(shape).narrow(axis, 0, n)
