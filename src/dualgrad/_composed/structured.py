"""Matrices made of a few numbers or of other matrices."""

from __future__ import annotations

import builtins
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_float, device_of, dtype_of, named, numbers
from dualgrad._rules.shapes import as_size, broadcast_shapes

__all__ = ["block_diag", "circulant", "hankel", "hilbert", "toeplitz"]


@named("linalg")
def block_diag(*arrays: Any) -> Any:
    xp = active.backend
    if not arrays:
        return xp.zeros((1, 0))
    blocks = [x if x.ndim > 1 else xp.reshape(x, (1, -1)) for x in numbers(*arrays)]
    batch = broadcast_shapes(*[tuple(x.shape[:-2]) for x in blocks], op="linalg.block_diag")
    width = builtins.sum(x.shape[-1] for x in blocks)
    tallest = max(x.shape[-2] for x in blocks)
    blank = xp.zeros((*batch, tallest, width), dtype=dtype_of(blocks[0]), device=device_of(blocks[0]))
    rows: list[Any] = []
    before = 0
    for x in blocks:
        m, n = x.shape[-2:]
        x = x if tuple(x.shape[:-2]) == batch else xp.broadcast_to(x, (*batch, m, n))
        rows.append(xp.concat([blank[..., :m, :before], x, blank[..., :m, before + n :]], -1))
        before += n
    return xp.concat(rows, -2)


@named("linalg")
def circulant(c: Any) -> Any:
    xp = active.backend
    (n,) = _lengths("linalg.circulant", c)
    return _laid_out(c, xp.remainder(_rows(c, n) - _columns(c, n), max(n, 1)))


@named("linalg")
def hankel(c: Any, r: Any) -> Any:
    xp = active.backend
    if r is None:
        r = xp.zeros_like(c)
    m, n = _lengths("linalg.hankel", c, r)
    return _laid_out(_joined("linalg.hankel", c, r[..., 1:]), _rows(c, m) + _columns(c, n))


@named("linalg")
def toeplitz(c: Any, r: Any) -> Any:
    xp = active.backend
    if r is None:
        r = xp.conj(c)
    m, n = _lengths("linalg.toeplitz", c, r)
    values = _joined("linalg.toeplitz", xp.flip(r[..., 1:], -1), c)
    return _laid_out(values, _rows(c, m) - _columns(c, n) + max(n - 1, 0))


def _lengths(op: str, *xs: Any) -> list[int]:
    for x in xs:
        if not x.ndim:
            raise ValueError(f"dualgrad.{op}: the arguments must have at least one axis, got shape ().")
    return [x.shape[-1] for x in xs]


def _rows(x: Any, n: int) -> Any:
    return active.backend.arange(n, device=device_of(x))[:, None]


def _columns(x: Any, n: int) -> Any:
    return active.backend.arange(n, device=device_of(x))[None, :]


def _joined(op: str, x: Any, y: Any) -> Any:
    xp = active.backend
    x, y = numbers(x, y)
    batch = broadcast_shapes(tuple(x.shape[:-1]), tuple(y.shape[:-1]), op=op)
    return xp.concat([xp.broadcast_to(v, (*batch, v.shape[-1])) for v in (x, y)], -1)


def _laid_out(values: Any, places: Any) -> Any:
    """The elements of the last axis of `values` at `places`, a matrix."""
    xp = active.backend
    found = xp.take(values, xp.reshape(places, (-1,)), -1, mode="clip")
    return xp.reshape(found, (*values.shape[:-1], *places.shape))


@named("linalg")
def hilbert(*, n: int, dtype: Any) -> Any:
    xp = active.backend
    dtype = default_float() if dtype is None else dtype
    if not xp.isdtype(dtype, "real floating"):
        raise TypeError(f"dualgrad.linalg.hilbert: dtype must be a floating-point one, got {dtype}.")
    i = xp.arange(as_size("linalg.hilbert", n))
    return cast(1.0 / cast(i[:, None] + i[None, :] + 1, default_float()), dtype)
