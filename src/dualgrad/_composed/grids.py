"""Grids, triangles, windows: arrays that follow from sizes."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_float, default_int, dtype_of, floats, is_complex, is_inexact
from dualgrad._rules.arguments import normalize_axis, shown
from dualgrad._rules.indices import require_integer
from dualgrad._rules.shapes import as_int, as_shape

__all__ = [
    "bartlett",
    "blackman",
    "diag_indices",
    "geomspace",
    "hamming",
    "hanning",
    "indices",
    "ix_",
    "kaiser",
    "mask_indices",
    "ravel_multi_index",
    "step_of",
    "tri",
    "tril_indices_from",
    "triu_indices_from",
    "unravel_index",
    "vander",
]


def tri(*, rows: Any, cols: Any, k: int, dtype: Any) -> Any:
    xp = active.backend
    k = as_int("tri", "k", k)
    n, m = as_shape("tri", (rows, rows if cols is None else cols))
    below = xp.arange(n)[:, None] >= xp.arange(m)[None, :] - k
    return xp.astype(below, default_float() if dtype is None else dtype)


def mask_indices(*, rows: int, cols: int, k: int, lower: bool) -> Any:
    """Rows and columns of the elements of a triangle, in row-major order."""
    xp = active.backend
    cuts = [min(max(i + k + (1 if lower else 0), 0), cols) for i in range(rows)]
    i, j = xp.arange(rows)[:, None], xp.arange(cols)[None, :]
    return xp.nonzero(i >= j - k if lower else i <= j - k, size=sum(cuts) if lower else rows * cols - sum(cuts))


def _from(op: str, x: Any, k: int, lower: bool) -> Any:
    if x.ndim != 2:
        raise ValueError(f"dualgrad.{op}: the array must have two axes, got shape {tuple(x.shape)}.")
    return mask_indices(rows=x.shape[0], cols=x.shape[1], k=k, lower=lower)


def tril_indices_from(x: Any, *, k: int) -> Any:
    return _from("tril_indices_from", x, k, True)


def triu_indices_from(x: Any, *, k: int) -> Any:
    return _from("triu_indices_from", x, k, False)


def diag_indices(*, n: int, ndim: int) -> Any:
    return tuple(active.backend.arange(n) for _ in range(ndim))


def indices(*, dimensions: tuple[int, ...], dtype: Any, sparse: bool) -> Any:
    xp = active.backend
    axes = [
        xp.reshape(xp.arange(n, dtype=dtype), tuple(n if a == b else 1 for b in range(len(dimensions))))
        for a, n in enumerate(dimensions)
    ]
    if sparse:
        return tuple(axes)
    if not axes:
        return xp.zeros((0,), dtype=default_int() if dtype is None else dtype)
    return xp.stack([xp.broadcast_to(x, dimensions) for x in axes])


def ix_(*arrays: Any) -> Any:
    xp = active.backend
    out: list[Any] = []
    for a, x in enumerate(arrays):
        if x.ndim != 1:
            raise ValueError(f"dualgrad.ix_: the arrays must have one axis, got shape {tuple(x.shape)}.")
        out.append(xp.reshape(x, tuple(-1 if a == b else 1 for b in range(len(arrays)))))
    return tuple(out)


def unravel_index(x: Any, *, shape: Any) -> Any:
    xp = active.backend
    sizes = as_shape("unravel_index", shape)
    require_integer("unravel_index", dtype_of(x).name)
    total = math.prod(sizes)
    # as in JAX: counted from the end, and out of bounds the nearest end
    x = xp.clip(xp.where(x < 0, x + total, x), 0, max(total - 1, 0))
    out: list[Any] = []
    for n in reversed(sizes):
        out.append(xp.remainder(x, max(n, 1)))
        x = xp.floor_divide(x, max(n, 1))
    return tuple(reversed(out))


def ravel_multi_index(*places: Any, shape: Any, mode: str) -> Any:
    xp = active.backend
    sizes = as_shape("ravel_multi_index", shape)
    if len(places) != len(sizes):
        raise ValueError(
            f"dualgrad.ravel_multi_index: there must be one array of indices for each axis, got {len(places)} for "
            f"{len(sizes)} axes."
        )
    if mode not in ("clip", "wrap"):
        raise ValueError(f"dualgrad.ravel_multi_index: mode must be 'clip' or 'wrap', got mode={shown(mode)}.")
    total: Any = 0
    for i, n in zip(places, sizes, strict=True):
        i = xp.clip(i, 0, n - 1) if mode == "clip" else xp.remainder(i, n)
        total = xp.add(xp.multiply(total, n), i)
    return cast(total, default_int())


def vander(x: Any, *, N: int | None, increasing: bool) -> Any:
    xp = active.backend
    if x.ndim != 1:
        raise ValueError(f"dualgrad.vander: the array must have one axis, got shape {tuple(x.shape)}.")
    if not is_inexact(x) and dtype_of(x).itemsize < default_int().itemsize:  # powers soon leave a small integer
        x = cast(x, default_int())
    size = x.shape[0] if N is None else as_int("vander", "N", N)
    if size < 0:
        raise ValueError(f"dualgrad.vander: N must not be negative, got N={N}.")
    if size == 0:
        return xp.zeros((x.shape[0], 0), dtype=dtype_of(x))
    first = xp.ones_like(x[:, None])
    # by products and not by powers, whose derivatives at zero are delicate
    factors = xp.concat([first, xp.broadcast_to(x[:, None], (x.shape[0], size - 1))], 1)
    powers = xp.cumprod(factors, 1, dtype=dtype_of(x))
    return powers if increasing else xp.flip(powers, 1)


def step_of(start: Any, stop: Any, *, num: int, endpoint: bool) -> Any:
    start, stop = floats(start, stop)
    steps = num - 1 if endpoint else num
    return (stop - start) / (steps if steps > 0 else math.nan)


step_of.__name__ = "linspace"  # which errors show


def geomspace(start: Any, stop: Any, *, num: int, endpoint: bool, dtype: Any, axis: int) -> Any:
    xp = active.backend
    start, stop = floats(start, stop)
    kind = dtype_of(start)
    target = kind if dtype is None else dtype
    num = as_int("geomspace", "num", num)
    if num < 0:
        raise ValueError(f"dualgrad.geomspace: num must not be negative, got num={num}.")
    start, stop = xp.broadcast_arrays(start, stop)
    if is_complex(start):
        unit = start / xp.abs(start)
        exponents = xp.log(stop / start)
    else:
        unit = xp.where((start < 0) & (stop < 0), -1.0, 1.0)
        exponents = xp.log(unit * stop) - xp.log(unit * start)
    steps = (num - 1 if endpoint else num) or 1
    rows: tuple[int, ...] = (-1,) + (1,) * start.ndim
    share = xp.reshape(cast(xp.arange(num), dtype_of(xp.real(start))) / steps, rows)
    inner = start * xp.exp(exponents * share)
    if num:  # the ends are exact
        last = [stop[None]] if endpoint and num > 1 else []
        inner = xp.concat([start[None], inner[1 : num - len(last)], *last], 0)
    return xp.astype(xp.moveaxis(inner, 0, normalize_axis("geomspace", axis, inner.ndim)), target)


def _window(op: str, size: Any, formula: Any) -> Any:
    xp = active.backend
    n = as_int(op, "size", size)
    if n < 1:
        return xp.zeros((0,), dtype=default_float())
    if n == 1:
        return xp.ones((1,), dtype=default_float())
    return formula(xp.arange(1 - n, n, 2, dtype=default_float()), n - 1)


def bartlett(*, size: int) -> Any:
    return _window("bartlett", size, lambda x, n: active.backend.where(x <= 0, 1 + x / n, 1 - x / n))


def blackman(*, size: int) -> Any:
    cos = active.backend.cos
    return _window("blackman", size, lambda x, n: 0.42 + 0.5 * cos(math.pi * x / n) + 0.08 * cos(2 * math.pi * x / n))


def hamming(*, size: int) -> Any:
    return _window("hamming", size, lambda x, n: 0.54 + 0.46 * active.backend.cos(math.pi * x / n))


def hanning(*, size: int) -> Any:
    return _window("hanning", size, lambda x, n: 0.5 + 0.5 * active.backend.cos(math.pi * x / n))


def kaiser(beta: Any, *, size: int) -> Any:
    xp = active.backend
    (beta,) = floats(beta)

    def formula(x: Any, n: int) -> Any:
        u = cast(x / n, dtype_of(beta))
        # i0 of the square root as a function of the square: smooth also at the ends, where the root has no derivative
        square = 1 - u * u
        root = xp.sqrt(xp.where(square == 0, 1.0, square))
        return xp.where(square == 0, 1.0, xp.i0(beta * root)) / xp.i0(beta)

    return cast(_window("kaiser", size, formula), dtype_of(beta))
