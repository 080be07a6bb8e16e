"""Matrices made of a few numbers or of other matrices."""

from __future__ import annotations

import builtins
import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_float, default_int, device_of, dtype_of, floats, named, numbers
from dualgrad._rules.arguments import is_name, one_of, shown
from dualgrad._rules.ranges import holding
from dualgrad._rules.shapes import as_size, broadcast_shapes

__all__ = [
    "block_diag",
    "circulant",
    "companion",
    "convolution_matrix",
    "dft",
    "fiedler",
    "fiedler_companion",
    "hadamard",
    "hankel",
    "helmert",
    "hilbert",
    "invhilbert",
    "invpascal",
    "khatri_rao",
    "leslie",
    "pascal",
    "toeplitz",
]


@holding()
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


@holding(0, 1)
@named("linalg")
def hankel(c: Any, r: Any) -> Any:
    xp = active.backend
    c, r = numbers(c, xp.zeros_like(c) if r is None else r)
    c, r = xp.atleast_1d(c), xp.atleast_1d(r)
    m, n = _lengths("linalg.hankel", c, r)
    return _laid_out(_joined("linalg.hankel", c, r[..., 1:]), _rows(c, m) + _columns(c, n))


@holding(0, 1)
@named("linalg")
def toeplitz(c: Any, r: Any) -> Any:
    xp = active.backend
    c, r = numbers(c, xp.conj(c) if r is None else r)
    c, r = xp.atleast_1d(c), xp.atleast_1d(r)
    m, n = _lengths("linalg.toeplitz", c, r)
    values = _joined("linalg.toeplitz", xp.flip(r[..., 1:], -1), c)
    return _laid_out(values, _rows(c, m) - _columns(c, n) + max(n - 1, 0))


@named("linalg")
def companion(a: Any) -> Any:
    xp = active.backend
    (a,) = floats(a)
    (n,) = _lengths("linalg.companion", a)
    if n < 2:
        raise ValueError(f"dualgrad.linalg.companion: a polynomial must have at least two coefficients, got {n}.")
    first = -a[..., 1:] / a[..., :1]
    below = xp.eye(n - 2, n - 1, dtype=dtype_of(a), device=device_of(a))
    return xp.concat([first[..., None, :], xp.broadcast_to(below, (*a.shape[:-1], n - 2, n - 1))], -2)


@named("linalg")
def convolution_matrix(a: Any, *, n: int, mode: str) -> Any:
    xp = active.backend
    (m,) = _lengths("linalg.convolution_matrix", a)
    n = as_size("linalg.convolution_matrix", n, "n")
    if not m or not n:
        raise ValueError(f"dualgrad.linalg.convolution_matrix: a must have an element and n be positive, got n={n}.")
    if not is_name(mode, ("full", "same", "valid")):
        raise ValueError(
            f'dualgrad.linalg.convolution_matrix: mode must be "full", "same" or "valid", got {shown(mode)}.'
        )
    full = m + n - 1
    size = {"full": full, "same": max(m, n), "valid": abs(m - n) + 1}[mode]
    start = (full - size) // 2
    values = xp.pad(a, [(0, 0)] * (a.ndim - 1) + [(n - 1, n - 1)])
    return _laid_out(values, (_rows(a, full) - _columns(a, n) + n - 1)[start : start + size])


@named("linalg")
def fiedler(a: Any) -> Any:
    _lengths("linalg.fiedler", a)
    xp = active.backend
    return xp.abs(xp.subtract(a[..., :, None], a[..., None, :]))


@named("linalg")
def khatri_rao(a: Any, b: Any) -> Any:
    xp = active.backend
    a, b = numbers(a, b)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(
            "dualgrad.linalg.khatri_rao: the arguments must be matrices with as many columns, got shapes "
            f"{tuple(a.shape)} and {tuple(b.shape)}."
        )
    product = xp.multiply(a[..., :, None, :], b[..., None, :, :])
    return xp.reshape(product, (*product.shape[:-3], product.shape[-3] * product.shape[-2], product.shape[-1]))


@named("linalg")
def leslie(f: Any, s: Any) -> Any:
    xp = active.backend
    f, s = numbers(f, s)
    n, m = _lengths("linalg.leslie", f, s)
    if n != m + 1 or not m:
        raise ValueError(f"dualgrad.linalg.leslie: s must have one element less than f, and one, got {m} and {n}.")
    batch = broadcast_shapes(tuple(f.shape[:-1]), tuple(s.shape[:-1]), op="linalg.leslie")
    first = xp.broadcast_to(f, (*batch, n))[..., None, :]
    rest = xp.multiply(s[..., :, None], xp.eye(m, n, dtype=dtype_of(s), device=device_of(s)))
    return xp.concat([first, xp.broadcast_to(rest, (*batch, m, n))], -2)


@named("linalg")
def dft(*, n: int, scale: str | None) -> Any:
    xp = active.backend
    if scale not in (None, "sqrtn", "n"):
        raise ValueError(f'dualgrad.linalg.dft: scale must be None, "sqrtn" or "n", got {shown(scale)}.')
    n = as_size("linalg.dft", n, "n")
    i = xp.arange(n)
    angle = cast((i[:, None] * i[None, :]) % max(n, 1), default_float()) * (-2.0 * math.pi / max(n, 1))
    return (xp.cos(angle) + 1j * xp.sin(angle)) / {None: 1.0, "sqrtn": math.sqrt(n), "n": n}[scale]


@named("linalg")
def hadamard(*, n: int, dtype: Any) -> Any:
    xp = active.backend
    n = as_size("linalg.hadamard", n, "n")
    if n < 1 or n & (n - 1):
        raise ValueError(f"dualgrad.linalg.hadamard: n must be a power of two, got n={n}.")
    found = xp.ones((1, 1), dtype=default_int() if dtype is None else dtype)
    while found.shape[0] < n:
        found = xp.concat([xp.concat([found, found], 1), xp.concat([found, -found], 1)], 0)
    return found


@named("linalg")
def pascal(*, n: int, kind: str) -> Any:
    xp = active.backend
    n = as_size("linalg.pascal", n, "n")
    if not is_name(kind, ("symmetric", "lower", "upper")):
        raise ValueError(f'dualgrad.linalg.pascal: kind must be "symmetric", "lower" or "upper", got {shown(kind)}.')
    k = range(n)
    rows = [[math.comb(i + j, i) if kind == "symmetric" else math.comb(i, j) for j in k] for i in k]
    found = xp.reshape(xp.asarray(rows, dtype=default_float()), (n, n))
    return xp.matrix_transpose(found) if kind == "upper" else found


@named("linalg")
def invpascal(*, n: int, kind: str) -> Any:
    xp, op = active.backend, "linalg.invpascal"
    n = as_size(op, n, "n")
    one_of(op, "kind", kind, ("symmetric", "lower", "upper"))
    k = range(n)
    lower = [[math.comb(i, j) for j in k] for i in k]
    rows = lower
    if kind == "symmetric":
        rows = [[builtins.sum(lower[r][i] * lower[r][j] for r in range(max(i, j), n)) for j in k] for i in k]
    limit = float(xp.finfo(default_float()).max)
    signed = [[_within(limit, -c if (i + j) % 2 else c) for j, c in enumerate(row)] for i, row in enumerate(rows)]
    found = xp.reshape(xp.asarray(signed, dtype=default_float()), (n, n))
    return xp.matrix_transpose(found) if kind == "upper" else found


@named("linalg")
def invhilbert(*, n: int) -> Any:
    xp = active.backend
    n = as_size("linalg.invhilbert", n, "n")
    k = range(n)

    def element(i: int, j: int) -> int:
        s = i + j
        size = (s + 1) * math.comb(n + i, n - j - 1) * math.comb(n + j, n - i - 1) * math.comb(s, i) ** 2
        return -size if s % 2 else size

    limit = float(xp.finfo(default_float()).max)
    rows = [[_within(limit, element(i, j)) for j in k] for i in k]
    return xp.reshape(xp.asarray(rows, dtype=default_float()), (n, n))


def _within(limit: float, n: int) -> float:
    """The nearest float, infinite beyond the largest."""
    return float(n) if -limit <= n <= limit else (math.inf if n > 0 else -math.inf)


@named("linalg")
def helmert(*, n: int, full: bool) -> Any:
    xp = active.backend
    n = as_size("linalg.helmert", n, "n")
    if not n:
        raise ValueError("dualgrad.linalg.helmert: n must be positive, got n=0.")
    i, j = xp.arange(n)[:, None], xp.arange(n)
    step = cast(xp.arange(n), default_float())[:, None]
    size = xp.sqrt(step * (step + 1.0))
    rows = xp.where(j < i, 1.0, xp.where(j == i, -step, 0.0))
    first = xp.full((1, n), 1.0 / math.sqrt(n), dtype=default_float())
    rest = rows[1:] / size[1:]
    return xp.concat([first, rest], 0) if full else rest


@named("linalg")
def fiedler_companion(a: Any) -> Any:
    xp = active.backend
    (a,) = floats(a)
    (n,) = _lengths("linalg.fiedler_companion", a)
    if not n:
        raise ValueError("dualgrad.linalg.fiedler_companion: a polynomial must have a coefficient, got none.")
    # Elements 0 and 1 of the values are those numbers, element k + 1 is -a[k] / a[0].
    places: dict[tuple[int, int], int] = {(0, 0): 2, (1, 0): 1}
    for row in range(n - 1):
        if row % 2:
            places[row, row - 2] = 1
        else:
            places |= {(row, row - 1): row + 2, (row, row + 1): row + 3, (row, row + 2): 1}
    rows = [[places.get((i, j), 0) for j in range(n - 1)] for i in range(n - 1)]
    ends = xp.broadcast_to(xp.asarray([0.0, 1.0], dtype=dtype_of(a), device=device_of(a)), (*a.shape[:-1], 2))
    values = xp.concat([ends, -a[..., 1:] / a[..., :1]], -1)
    return _laid_out(values, xp.reshape(xp.asarray(rows, dtype=default_int(), device=device_of(a)), (n - 1, n - 1)))


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
        raise TypeError(f"dualgrad.linalg.hilbert: dtype must be a floating-point one, got {shown(dtype)}.")
    i = xp.arange(as_size("linalg.hilbert", n))
    return cast(1.0 / cast(i[:, None] + i[None, :] + 1, default_float()), dtype)
