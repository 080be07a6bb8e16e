"""Integers bit by bit, and rounding, by the names of `jax.lax`."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, named, numbers
from dualgrad._composed.packing import bitwise_count
from dualgrad._dtypes import DType
from dualgrad._rules.arguments import wrong_dtype
from dualgrad._rules.lax_options import RoundingMethod, as_rounding

__all__ = ["clz", "mulhi", "population_count", "round", "shift_right_logical"]


@named("lax")
def clz(x: Any) -> Any:
    xp, dtype = active.backend, _integer("lax.clz", x)
    step, bits = 1, 8 * dtype.itemsize
    smeared = x
    while step < bits:  # every bit below the first one
        smeared = xp.bitwise_or(smeared, xp.bitwise_right_shift(smeared, _same(step, x)))
        step *= 2
    return xp.where(xp.less(x, 0), _same(0, x), xp.subtract(_same(bits, x), population_count(smeared)))


@named("lax")
def population_count(x: Any) -> Any:
    xp, dtype = active.backend, _integer("lax.population_count", x)
    if dtype.kind == "unsigned integer":
        return cast(bitwise_count(x), dtype)
    negative = xp.less(x, 0)  # whose bits are the others of their complement
    count = cast(bitwise_count(xp.where(negative, xp.bitwise_invert(x), x)), dtype)
    return xp.where(negative, xp.subtract(_same(8 * dtype.itemsize, x), count), count)


@named("lax")
def shift_right_logical(x: Any, y: Any) -> Any:
    xp = active.backend
    x, y = numbers(x, y)
    bits = 8 * _integer("lax.shift_right_logical", x, y).itemsize
    out = _shifted(x, xp.clip(y, 0, bits - 1))
    return xp.where(xp.logical_and(xp.greater_equal(y, 0), xp.less(y, bits)), out, _same(0, x))


def _shifted(x: Any, y: Any) -> Any:
    """`x` shifted by 0 to all but one of its bits, zeros from the left."""
    xp, dtype = active.backend, dtype_of(x)
    if dtype.kind == "unsigned integer":
        return xp.bitwise_right_shift(x, y)
    rest = xp.bitwise_right_shift(_same(2 ** (8 * dtype.itemsize - 1) - 1, x), xp.maximum(xp.subtract(y, 1), 0))
    return xp.where(xp.equal(y, 0), x, xp.bitwise_and(xp.bitwise_right_shift(x, y), rest))


@named("lax")
def mulhi(x: Any, y: Any) -> Any:
    xp = active.backend
    x, y = numbers(x, y)
    dtype = _integer("lax.mulhi", x, y)
    # Products of halves, none of which leaves the dtype: Hacker's Delight (2nd edition), section 8-2.
    half = _same(4 * dtype.itemsize, x)
    mask = _same(2 ** (4 * dtype.itemsize) - 1, x)
    (x0, x1), (y0, y1) = [(xp.bitwise_and(v, mask), xp.bitwise_right_shift(v, half)) for v in (x, y)]
    middle = xp.add(xp.multiply(x1, y0), _shifted(xp.multiply(x0, y0), half))
    low = xp.add(xp.multiply(x0, y1), xp.bitwise_and(middle, mask))
    high = xp.add(xp.multiply(x1, y1), xp.bitwise_right_shift(middle, half))
    return xp.add(high, xp.bitwise_right_shift(low, half))


@named("lax")
def round(x: Any, *, rounding_method: Any) -> Any:
    xp = active.backend
    if dtype_of(x).kind != "real floating":
        raise wrong_dtype("lax.round", [dtype_of(x).name])
    if as_rounding(rounding_method) is RoundingMethod.TO_NEAREST_EVEN:
        return xp.round(x)
    whole = xp.trunc(x)  # the rest is exact, which a sum with 0.5 is not
    return xp.where(xp.greater_equal(xp.abs(xp.subtract(x, whole)), 0.5), xp.add(whole, xp.sign(x)), whole)


def _integer(op: str, *xs: Any) -> DType:
    """The dtype of integers.

    Raises:
        TypeError: It is another.
    """
    dtypes = [dtype_of(x) for x in xs]
    if any(d.kind not in ("signed integer", "unsigned integer") for d in dtypes):
        raise wrong_dtype(op, [d.name for d in dtypes])
    return dtypes[0]


def _same(n: int, x: Any) -> Any:
    return active.backend.full_like(x, n)
