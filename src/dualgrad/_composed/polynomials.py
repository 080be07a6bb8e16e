"""Polynomials given by their coefficients, the highest power first."""

from __future__ import annotations

from typing import Any, Final

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    default_int,
    device_of,
    dtype_of,
    floats,
    is_complex,
    is_inexact,
    kind_of,
    numbers,
    require_0d,
    wide,
)
from dualgrad._rules.arguments import flag, shown
from dualgrad._rules.ranges import holding
from dualgrad._rules.shapes import any_int, as_int, as_size

__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "roots",
    "vander",
    "zeros_of_ends",
]

_MOST_INTEGRALS: Final = 1000  # as many as the recursion of NumPy gives; each is an op of its own


def _coefficients(op: str, *ps: Any) -> list[Any]:
    xp = active.backend
    for p in ps:
        if p.ndim > 1:
            raise ValueError(f"dualgrad.{op}: coefficients must have one axis, got shape {tuple(p.shape)}.")
    return [p if p.ndim == 1 else xp.reshape(p, (-1,)) for p in numbers(*ps)]


def poly(zeros: Any) -> Any:
    xp = active.backend
    if zeros.ndim == 2:
        return _characteristic(zeros)
    (zeros,) = _coefficients("poly", zeros)
    (zeros,) = floats(zeros)
    out = xp.ones((1,), dtype=dtype_of(zeros), device=device_of(zeros))
    nothing = xp.zeros((1,), dtype=dtype_of(zeros), device=device_of(zeros))
    for i in range(zeros.shape[0]):
        out = xp.concat([out, nothing]) - zeros[i] * xp.concat([nothing, out])
    return out


def _characteristic(a: Any) -> Any:
    """Coefficients of `det(t I - a)`, by Faddeev and Le Verrier: products and traces, with derivatives everywhere."""
    xp = active.backend
    n = a.shape[0]
    if a.shape[1] != n:
        raise ValueError(f"dualgrad.poly: a matrix must be square, got shape {tuple(a.shape)}.")
    (a,) = floats(a)
    kind = dtype_of(a)
    a = wide(a)
    unit = xp.eye(n, dtype=dtype_of(a))
    product, found = xp.zeros_like(a), [xp.ones((), dtype=dtype_of(a))]
    for k in range(1, n + 1):
        product = xp.matmul(a, product + found[-1] * unit, precision="highest")
        found.append(xp.trace(product) / -k)
    return cast(xp.stack(found), kind)


@holding(0, 1)
def polyval(p: Any, x: Any) -> Any:
    xp = active.backend
    if p.ndim != 1:
        raise ValueError(f"dualgrad.polyval: coefficients must have one axis, got shape {tuple(p.shape)}.")
    p, x = numbers(p, x)
    if kind_of(p) == "bool":
        p, x = cast(p, default_int()), cast(x, default_int())
    kept, p, x = dtype_of(x), wide(p), wide(x)
    out = xp.zeros_like(x)
    for i in range(p.shape[0]):  # Horner's rule; as many steps as coefficients
        out = xp.add(xp.multiply(out, x), p[i])
    return cast(out, kept)


@holding(0, 1)
def polyadd(p1: Any, p2: Any) -> Any:
    return active.backend.add(*_aligned("polyadd", p1, p2))


@holding(0, 1)
def polysub(p1: Any, p2: Any) -> Any:
    return active.backend.subtract(*_aligned("polysub", p1, p2))


def _aligned(op: str, p1: Any, p2: Any) -> list[Any]:
    xp = active.backend
    p1, p2 = _coefficients(op, p1, p2)
    n = max(p1.shape[0], p2.shape[0])
    return [xp.concat([xp.zeros((n - p.shape[0],), dtype=dtype_of(p), device=device_of(p)), p]) for p in (p1, p2)]


@holding(0, 1)
def polymul(p1: Any, p2: Any) -> Any:
    return active.backend.convolve(*_coefficients("polymul", p1, p2))


@holding(0, 1)
def polydiv(p1: Any, p2: Any) -> Any:
    xp = active.backend
    p1, p2 = floats(*_coefficients("polydiv", p1, p2))
    n, m = p1.shape[0], p2.shape[0]
    if not m:
        raise ValueError("dualgrad.polydiv: the divisor must have a coefficient, got shape (0,).")
    if m > n:
        return xp.zeros((1,), dtype=dtype_of(p1), device=device_of(p1)), p1
    factors: list[Any] = []
    rest = p1
    for _ in range(n - m + 1):
        factor = rest[:1] / p2[:1]
        factors.append(factor)
        rest = xp.concat([rest[1:m] - factor * p2[1:], rest[m:]])
    remainder = rest if m > 1 else xp.zeros((1,), dtype=dtype_of(p1), device=device_of(p1))
    return xp.concat(factors), remainder


def _order(op: str, m: Any) -> int:
    order = any_int(op, "m", m)
    if order < 0:
        raise ValueError(f"dualgrad.{op}: m must not be negative, got m={shown(m)}.")
    return order


def polyder(p: Any, *, m: int) -> Any:
    xp = active.backend
    (p,) = _coefficients("polyder", p)
    p = cast(p, default_int()) if kind_of(p) == "bool" else p
    for _ in range(min(_order("polyder", m), p.shape[0])):  # there is nothing left after so many
        n = p.shape[0]
        p = xp.multiply(p[: max(n - 1, 0)], cast(xp.arange(max(n - 1, 0), 0, -1, device=device_of(p)), dtype_of(p)))
    return p


def polyint(p: Any, k: Any, *, m: int) -> Any:
    xp = active.backend
    (p,) = floats(*_coefficients("polyint", p))
    order = as_size("polyint", _order("polyint", m), "m")
    if order > _MOST_INTEGRALS:
        raise ValueError(f"dualgrad.polyint: m must be at most {_MOST_INTEGRALS}, got m={m}.")
    constants = None
    if k is not None:
        p, k = floats(p, k)
        constants = xp.broadcast_to(xp.reshape(k, (-1,)), (order,)) if k.ndim == 0 or k.shape[0] == 1 else k
        if tuple(constants.shape) != (order,):
            raise ValueError(
                f"dualgrad.polyint: k must be one constant or {order} of them, got shape {tuple(k.shape)}."
            )
    for i in range(order):
        last = xp.zeros((1,), dtype=dtype_of(p), device=device_of(p)) if constants is None else constants[i : i + 1]
        p = xp.concat([p / cast(xp.arange(p.shape[0], 0, -1, device=device_of(p)), dtype_of(xp.real(p))), last])
    return p


def polyfit(x: Any, y: Any, w: Any, *, deg: int, rcond: Any, full: bool, cov: bool | str) -> Any:
    full = flag("polyfit", "full", full)
    if cov != "unscaled":
        cov = flag("polyfit", "cov", cov)
    order = as_int("polyfit", "deg", deg) + 1
    if order < 1:
        raise ValueError(f"dualgrad.polyfit: deg must not be negative, got deg={deg}.")
    if x.ndim != 1 or not x.shape[0] or y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise ValueError(
            f"dualgrad.polyfit: there must be one value for each point, got shapes {tuple(x.shape)} and "
            f"{tuple(y.shape)}."
        )
    if hasattr(rcond, "ndim"):
        require_0d("polyfit", "rcond", rcond)
    if w is not None and tuple(w.shape) != tuple(x.shape):
        raise ValueError(f"dualgrad.polyfit: w must have the shape of x, got {tuple(w.shape)}.")
    x, y = floats(x, y)
    kept, x, y = dtype_of(x), wide(x), wide(y)
    found = _fit(x, y, w, order, rcond, full, cov)
    if kept != dtype_of(x):
        found = tuple(cast(v, kept) if dtype_of(v) == dtype_of(x) else v for v in found)
    return found if full or cov else found[0]


def _fit(x: Any, y: Any, w: Any, order: int, rcond: Any, full: bool, cov: bool | str) -> tuple[Any, ...]:
    xp = active.backend
    lhs, rhs = vander(x, N=order, increasing=False), y
    if w is not None:
        w = cast(w, dtype_of(xp.real(x)))
        lhs, rhs = lhs * w[:, None], rhs * (w if y.ndim == 1 else w[:, None])
    squares = xp.real(lhs * xp.conj(lhs)) if is_complex(lhs) else lhs * lhs
    scale = xp.sqrt(xp.sum(squares, 0))
    # the pseudo-inverse's own tolerance is the number of points times eps
    inverse = xp.linalg.pinv(lhs / scale) if rcond is None else xp.linalg.pinv(lhs / scale, rtol=rcond)
    found = xp.matmul(inverse, rhs, precision="highest")
    fitted = found / (scale if y.ndim == 1 else scale[:, None])
    if not (full or cov):
        return (fitted,)
    n = x.shape[0]
    rest = rhs - xp.matmul(lhs / scale, found, precision="highest")
    squares = xp.sum(xp.real(rest * xp.conj(rest)) if is_complex(rest) else rest * rest, 0)
    if full:
        s = xp.linalg.svdvals(lhs / scale)
        cut = n * xp.finfo(dtype_of(s)).eps if rcond is None else rcond
        sums = xp.reshape(squares, (-1,))[: None if n > order else 0]
        return (
            fitted,
            sums,
            xp.sum(s > cut * s[0], dtype=default_int()),
            s,
            xp.full((), cut, dtype=dtype_of(s), device=device_of(s)),
        )
    inverse = inverse / scale[:, None]
    base = xp.matmul(inverse, xp.conj(inverse.mT), precision="highest")
    base = base if y.ndim == 1 else base[:, :, None]
    if cov == "unscaled":
        return fitted, base
    if n <= order:
        raise ValueError(f"dualgrad.polyfit: cov=True needs more points than coefficients, got {n} for {order}.")
    return fitted, base * (squares / (n - order))


def zeros_of_ends(p: Any) -> Any:
    """How many coefficients vanish before the first that does not, and behind the last."""
    xp = active.backend
    if p.ndim != 1:
        raise ValueError(f"dualgrad.roots: coefficients must have one axis, got shape {tuple(p.shape)}.")
    if not p.shape[0]:
        return xp.zeros((2,), dtype=default_int(), device=device_of(p))
    live = xp.not_equal(p, 0)
    n = p.shape[0]
    some = xp.any(live)
    ends = [xp.argmax(live), xp.argmax(xp.flip(live))]
    return xp.stack([xp.where(some, end, n) for end in ends])


zeros_of_ends.__name__ = "roots"


def roots(p: Any) -> Any:
    xp = active.backend
    if p.ndim != 1:
        raise ValueError(f"dualgrad.roots: coefficients must have one axis, got shape {tuple(p.shape)}.")
    p = wide(floats(p)[0])
    n = p.shape[0] - 1
    first = -p[1:] / p[:1]
    if n < 1:
        return first[:0] + 0j
    below = xp.eye(n - 1, n, dtype=dtype_of(p), device=device_of(p))
    return xp.linalg.eigvals(xp.concat([first[None], below], 0))


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
