"""Softmax and its relatives over some of the elements; half precisions are computed in float32."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import (
    cast,
    device_of,
    dtype_of,
    floats,
    is_complex,
    named,
    real_floats,
    real_wide,
    require_condition,
    wide,
)
from dualgrad._rules.arguments import normalize_axes

__all__ = ["log_softmax", "logmeanexp", "logsumexp", "signed_logsumexp", "softmax"]


@named("nn")
def softmax(x: Any, where: Any, *, axis: int | tuple[int, ...] | None) -> Any:
    xp = active.backend
    (x,) = real_floats("nn.softmax", x)
    require_condition("nn.softmax", where)
    shown, _ = _shown(x, where, normalize_axes("nn.softmax", axis, x.ndim))
    return xp.where(where, xp.nn.softmax(shown, axis), 0.0)


@named("nn")
def log_softmax(x: Any, where: Any, *, axis: int | tuple[int, ...] | None) -> Any:
    xp = active.backend
    (x,) = real_floats("nn.log_softmax", x)
    require_condition("nn.log_softmax", where)
    shown, _ = _shown(x, where, normalize_axes("nn.log_softmax", axis, x.ndim))
    return xp.where(where, xp.nn.log_softmax(shown, axis), -math.inf)


def _shown(x: Any, where: Any, axes: tuple[int, ...]) -> tuple[Any, Any]:
    """`x` with -inf where an element does not count, and where along the axes one does.

    Where none does, all are left: a row of -inf would end in nan, and its derivatives too. What is put in place of the
    result there hides them.
    """
    xp = active.backend
    where = xp.broadcast_to(where, x.shape)
    some = xp.any(where, axes, keepdims=True)
    return xp.where(where | xp.logical_not(some), x, -math.inf), some


@named("nn")
def logsumexp(
    x: Any, b: Any, where: Any, *, axis: int | tuple[int, ...] | None, keepdims: bool, return_sign: bool
) -> Any:
    return _logsumexp("nn.logsumexp", x, b, where, axis, keepdims, return_sign)


def signed_logsumexp(
    x: Any, b: Any, where: Any, *, axis: int | tuple[int, ...] | None, keepdims: bool, return_sign: bool
) -> Any:
    return _logsumexp("special.logsumexp", x, b, where, axis, keepdims, return_sign)


signed_logsumexp.__name__ = "special.logsumexp"


def _logsumexp(
    op: str, x: Any, b: Any, where: Any, axis: int | tuple[int, ...] | None, keepdims: bool, return_sign: bool
) -> Any:
    xp = active.backend
    x, *factors = floats(x) if b is None else floats(x, b)
    if where is not None:
        require_condition(op, where)
    dtype, x, *factors = dtype_of(x), wide(x), *map(wide, factors)
    axes = normalize_axes(op, axis, x.ndim)
    if not factors and not return_sign:
        shown, some = _shown(x, where, axes)
        out = xp.where(some, xp.nn.logsumexp(shown, axes, keepdims=True), -math.inf)
        return cast(out if keepdims else xp.squeeze(out, axes), dtype)
    counted = _counted(x, factors, where)
    shape = tuple(counted.shape)
    x = xp.where(counted, x, -math.inf)
    if math.prod([shape[a - len(shape)] for a in axes]) == 0:
        largest: Any = 0.0
    else:
        largest = xp.max(xp.real(xp.stop_gradient(x)), axes, keepdims=True)
        largest = xp.where(xp.isfinite(largest), largest, 0.0)
    terms = xp.where(counted, xp.exp(xp.where(counted, x - largest, 0.0)), 0.0)
    total = xp.sum(terms * factors[0] if factors else terms, axes, keepdims=True)
    none = total == 0
    shown = xp.where(none, 1.0, total)
    whole = is_complex(x) and not return_sign
    out = xp.where(none, -math.inf, xp.log(shown if whole else xp.abs(shown)) + largest)
    sign = xp.sign(total if is_complex(x) else xp.stop_gradient(total))
    if not return_sign and not whole:
        out = xp.where(sign < 0, math.nan, out)
    out, sign = (y if keepdims else xp.squeeze(y, axes) for y in (out, sign))
    out = out if is_complex(x) else cast(out, dtype)  # the size of a complex sum is real
    return (out, cast(sign, dtype)) if return_sign else out


def _counted(x: Any, factors: list[Any], where: Any) -> Any:
    """Which elements count: not those whose factor is 0, also where their exponential is infinite."""
    xp = active.backend
    counted = xp.ones(tuple(x.shape), dtype=bool, device=device_of(x)) if where is None else where
    for b in factors:
        counted = counted & (b != 0)
    return xp.broadcast_to(counted, xp.broadcast_shapes(counted.shape, x.shape))


@named("nn")
def logmeanexp(x: Any, where: Any, *, axis: int | tuple[int, ...] | None, keepdims: bool) -> Any:
    xp = active.backend
    dtype, (x,) = real_wide("nn.logmeanexp", x)
    axes = normalize_axes("nn.logmeanexp", axis, x.ndim)
    if where is None:
        total = xp.nn.logsumexp(x, axes, keepdims=keepdims)
        n = math.prod([x.shape[a] for a in axes])
        return cast(total - (math.log(n) if n else -math.inf), dtype)
    require_condition("nn.logmeanexp", where)
    where = xp.broadcast_to(where, x.shape)
    total = logsumexp(x, None, where, axis=axes, keepdims=keepdims, return_sign=False)
    return cast(total - xp.log(cast(xp.sum(where, axes, keepdims=keepdims), dtype_of(x))), dtype)
