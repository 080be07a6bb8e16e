"""The functions over an arithmetic: torch's tensors, Inductor's values or lines of C.

Sources: S. Moshier, Cephes, `logf.c` and `log.c` (Julien Pommier's order of the float32 one); M. Giles, "Approximating
the erfinv function", GPU Computing Gems Jade Edition, 2011; Eigen (`MathFunctionsImpl.h`, the error function). XLA has
them so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from dualgrad.backends.torch._rounded import tables

__all__ = ["Arithmetic", "erf", "erfinv", "log", "log1p", "sqrt"]


class Arithmetic(Protocol):
    """Elementwise operations on values of one dtype; numbers are Python's and are rounded to it."""

    wide: bool
    """Whether the dtype is float64, else float32."""

    def add(self, a: Any, b: Any, /) -> Any: ...
    def mul(self, a: Any, b: Any, /) -> Any: ...
    def div(self, a: Any, b: Any, /) -> Any: ...
    def neg(self, a: Any, /) -> Any: ...
    def abs(self, a: Any, /) -> Any: ...
    def sqrt(self, a: Any, /) -> Any: ...
    def less(self, a: Any, b: Any, /) -> Any: ...
    def equal(self, a: Any, b: Any, /) -> Any: ...
    def where(self, condition: Any, a: Any, b: Any, /) -> Any: ...

    def fma(self, a: Any, b: Any, c: Any, /) -> Any:
        """`a * b + c`, rounded once where the processor can."""
        ...

    def split(self, a: Any, /) -> tuple[Any, Any]:
        """Of positive float32 numbers `m * 2**(e + 1)` with `m` in [0.5, 1): `m`, and `e` as a float."""
        ...

    def log(self, a: Any, /) -> Any:
        """The logarithm of float64 numbers as the C library rounds it, which is what XLA calls."""
        ...

    def erf(self, a: Any, /) -> Any:
        """The error function of float64 numbers, of the C library too."""
        ...


def log(ar: Arithmetic, x: Any) -> Any:
    """The natural logarithm."""
    if ar.wide:
        return ar.log(x)
    m, e = ar.split(ar.where(ar.less(tables.TINY, x), x, tables.TINY))
    low = ar.less(m, tables.ROOT_HALF)
    r = ar.add(ar.add(m, -1.0), ar.where(low, m, 0.0))
    e = ar.add(ar.add(e, 1.0), ar.where(low, -1.0, 0.0))
    square = ar.mul(r, r)
    cube = ar.mul(square, r)
    p0, p1, p2 = [_horner(ar, c, r) for c in tables.LOG32]
    p = ar.fma(ar.fma(p0, cube, p1), cube, p2)
    tail = ar.fma(p, cube, ar.mul(e, tables.LN2_LOW))
    y = ar.fma(e, tables.LN2_HIGH, ar.add(ar.fma(square, -0.5, r), tail))
    end = ar.where(ar.equal(x, 0.0), -tables.INF, tables.NAN)
    return ar.where(ar.equal(x, tables.INF), tables.INF, ar.where(ar.less(0.0, x), y, end))


def log1p(ar: Arithmetic, x: Any) -> Any:
    """`log(1 + x)`; XLA's rational function is meant for `x` above -0.29 and is taken down to -0.41: 90 units there."""
    square = ar.mul(x, x)
    ratio = ar.div(_horner(ar, tables.LOG1P_P, x), _horner(ar, tables.LOG1P_Q, x))
    near = ar.add(x, ar.fma(square, -0.5, ar.mul(ar.mul(x, square), ratio)))
    return ar.where(ar.less(ar.abs(x), tables.NEAR_0), near, log(ar, ar.add(x, 1.0)))


def erf(ar: Arithmetic, x: Any) -> Any:
    """The error function."""
    if ar.wide:
        return ar.erf(x)
    low, high = ar.less(x, -tables.ONE_FROM), ar.less(tables.ONE_FROM, x)
    y = ar.where(low, -tables.ONE_FROM, ar.where(high, tables.ONE_FROM, x))
    square = ar.mul(y, y)
    return ar.div(ar.mul(y, _horner(ar, tables.ERF32_P, square)), _horner(ar, tables.ERF32_Q, square))


def erfinv(ar: Arithmetic, x: Any, logarithm: Callable[[Arithmetic, Any], Any] = log1p) -> Any:
    """The inverse of the error function, by `log1p` or another such."""
    w = ar.neg(logarithm(ar, ar.neg(ar.mul(x, x))))
    root = ar.sqrt(w)
    if ar.wide:
        near, middle = ar.less(w, 6.25), ar.less(w, 16.0)
        far = ar.where(
            middle,
            _horner(ar, tables.ERFINV64_MIDDLE, ar.add(root, -3.25)),
            _horner(ar, tables.ERFINV64_TAIL, ar.add(root, -5.0)),
        )
        p = ar.where(near, _horner(ar, tables.ERFINV64, ar.add(w, -3.125)), far)
    else:
        near = ar.less(w, 5.0)
        z = ar.where(near, ar.add(w, -2.5), ar.add(root, -3.0))
        first, *rest = zip(tables.ERFINV32, tables.ERFINV32_TAIL, strict=True)
        p = ar.where(near, *first)
        for pair in rest:
            p = ar.fma(p, z, ar.where(near, *pair))
    return ar.where(ar.equal(ar.abs(x), 1.0), ar.mul(x, tables.INF), ar.mul(p, x))


def sqrt(ar: Arithmetic, x: Any) -> Any:
    """The square root, which every arithmetic but torch's own vectors rounds to the nearest."""
    return ar.sqrt(x)


def _horner(ar: Arithmetic, coefficients: Sequence[float], x: Any) -> Any:
    p = ar.fma(x, coefficients[0], coefficients[1])
    for c in coefficients[2:]:
        p = ar.fma(p, x, c)
    return p
