"""Activations that are short formulas; half precisions are computed in float32."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, named, real_wide
from dualgrad._rules.arguments import normalize_axis

__all__ = ["celu", "elu", "glu", "identity", "leaky_relu", "log1mexp", "sparse_plus", "sparse_sigmoid", "squareplus"]


@named("nn")
def celu(x: Any, alpha: Any) -> Any:
    xp = active.backend
    dtype, (x, alpha) = real_wide("nn.celu", x, alpha)
    left, far = ~(x >= 0), x == -math.inf  # nan is on the left
    size = xp.where(left, alpha, 1.0)  # none of the other branches meets an alpha of 0 or infinity
    inner = xp.expm1(xp.where(left & ~far, x, 0.0) / size)
    return cast(xp.where(left, size * xp.where(far & (size > 0), -1.0, inner), x), dtype)


@named("nn")
def elu(x: Any, alpha: Any) -> Any:
    xp = active.backend
    dtype, (x, alpha) = real_wide("nn.elu", x, alpha)
    left = ~(x >= 0)  # and nan
    curved = xp.where(left, alpha, 1.0) * xp.expm1(xp.where(left, x, 0.0))
    return cast(xp.where(left, curved, xp.where(x == 0, _least_slope(alpha), 1.0) * x), dtype)


@named("nn")
def leaky_relu(x: Any, negative_slope: Any) -> Any:
    xp = active.backend
    dtype, (x, slope) = real_wide("nn.leaky_relu", x, negative_slope)
    right = x > 0
    slope = xp.where(x == 0, _least_slope(slope), xp.where(right, 1.0, slope))
    return cast(xp.where(right, x, slope * xp.where(right, 0.0, x)), dtype)


def _least_slope(left: Any) -> Any:
    """What `least_slope` gives beside 1."""
    return active.backend.stop_gradient(active.backend.clip(left, 0.0, 1.0))


@named("nn")
def glu(x: Any, *, axis: int) -> Any:
    dtype, (x,) = real_wide("nn.glu", x)
    axis = normalize_axis("nn.glu", axis, x.ndim)
    n = x.shape[axis]
    if n % 2:
        raise ValueError(f"dualgrad.nn.glu: the axis must have an even size, got shape {tuple(x.shape)}, axis={axis}.")
    halves = [x[(*(slice(None),) * axis, part)] for part in (slice(0, n // 2), slice(n // 2, n))]
    return cast(halves[0] * active.backend.nn.sigmoid(halves[1]), dtype)


@named("nn")
def identity(x: Any) -> Any:
    return active.backend.asarray(x)


@named("nn")
def log1mexp(x: Any) -> Any:
    xp = active.backend
    dtype, (x,) = real_wide("nn.log1mexp", x)
    # Each form where it keeps its digits; the other one then sees a harmless argument.
    near = x < math.log(2.0)
    small, large = xp.where(near, x, 1.0), xp.where(near, 1.0, x)
    return cast(xp.where(near, xp.log(-xp.expm1(-small)), xp.log1p(-xp.exp(-large))), dtype)


@named("nn")
def sparse_plus(x: Any) -> Any:
    xp = active.backend
    dtype, (x,) = real_wide("nn.sparse_plus", x)
    inside = (x > -1) & (x < 1)
    curved = xp.where(inside, x, 0.0) + 1
    return cast(xp.where(inside, curved * curved / 4, xp.nn.relu(x)), dtype)


@named("nn")
def sparse_sigmoid(x: Any) -> Any:
    dtype, (x,) = real_wide("nn.sparse_sigmoid", x)
    return cast(0.5 * (active.backend.nn.hard_tanh(x) + 1), dtype)


@named("nn")
def squareplus(x: Any, b: Any) -> Any:
    xp = active.backend
    dtype, (x, b) = real_wide("nn.squareplus", x, b)
    # (size - |x|) / 2 is added to what is positive. No number is multiplied with: beside infinity an operator with one
    # is nan in forward mode that is mapped on PyTorch (2.13).
    left = x < 0
    reach = xp.hypot(x, xp.sqrt(b)) + xp.where(left, -x, x)
    none = reach == 0  # half of |x|, and of x
    above = xp.where(left, 0.0, xp.where(none, 0.5 * x, x))
    return cast(above + b / xp.where(none | (b == math.inf), 1.0, reach + reach), dtype)
