"""What initializers are made of: numbers in a dtype, inputs and outputs of a unit, orthogonal matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._rules.arguments import normalize_axis, require_real_value, shown
from dualgrad.typing import SupportsArray

__all__ = ["DENOMINATORS", "Axes", "fans", "number", "on_disk", "orthogonal_matrix", "rounded"]

Axes = int | Sequence[int]


def number(value: float, dtype: Any) -> Any:
    """A number in a dtype, in which the rest is computed, as JAX does."""
    require_real_value("nn.initializers", "a scale", value)
    return active.backend.asarray(value, dtype=dtype)


def rounded(value: float, eps: float) -> float:
    """A number as a dtype of this precision has it."""
    mantissa, exponent = math.frexp(value)
    return math.ldexp(round(mantissa * 2 / eps), exponent) * eps / 2


def orthogonal_matrix(key: SupportsArray, shape: tuple[int, ...], column_axis: int, dtype: Any, scale: float) -> Any:
    xp = active.backend
    if 0 in shape:
        return xp.zeros(shape, dtype=dtype)
    at = normalize_axis("nn.initializers.orthogonal", column_axis, len(shape))
    columns = shape[at]
    q = xp.random.orthogonal(key, math.prod(shape) // columns, (), dtype, columns)
    q = xp.reshape(q, (*shape[:at], *shape[at + 1 :], columns))
    return number(scale, dtype) * xp.moveaxis(q, -1, at)


DENOMINATORS: dict[str, Any] = {
    "fan_in": lambda inputs, outputs: inputs,
    "fan_out": lambda inputs, outputs: outputs,
    "fan_avg": lambda inputs, outputs: (inputs + outputs) / 2,
    "fan_geo_avg": lambda inputs, outputs: (inputs * outputs) ** 0.5,
}


def fans(shape: tuple[int, ...], in_axis: Axes, out_axis: Axes, batch_axis: Axes) -> tuple[float, float]:
    """Numbers of inputs and of outputs of a unit."""
    try:
        inputs, outputs, batch = (
            math.prod(shape[a] for a in ((axes,) if isinstance(axes, int) else axes))
            for axes in (in_axis, out_axis, batch_axis)
        )
    except (IndexError, TypeError):
        raise ValueError(
            f"dualgrad.nn.initializers: the shape must have axes in_axis={shown(in_axis)}, out_axis={shown(out_axis)} "
            f"and batch_axis={shown(batch_axis)}, got {shape}."
        ) from None
    field = math.prod(shape) / inputs / outputs / batch
    return inputs * field, outputs * field


def on_disk(key: SupportsArray, shape: tuple[int, ...], dtype: Any, cut: float | None) -> Any:
    """Complex numbers with every angle: uniform on a disk, or normal and cut at a radius; of variance 1."""
    xp = active.backend
    keys = xp.random.split(key)
    part = xp.finfo(dtype).dtype
    radius, turn = (xp.random.uniform(keys[i], shape, part) for i in (0, 1))
    if cut is None:
        radius = xp.sqrt(2 * radius)
    else:
        radius = xp.sqrt(-xp.log(1 - (1 - xp.exp(number(-(cut**2), part))) * radius))
    return radius * xp.exp(xp.astype(2 * math.pi * turn, dtype) * 1j)
