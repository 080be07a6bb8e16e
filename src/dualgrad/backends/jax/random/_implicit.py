"""Numbers that depend on a parameter through their distribution function, and parameters whose values are at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from dualgrad._rules import random as rules
from dualgrad.backends.jax._arrays import x64

__all__ = ["at_hand", "check_total", "checked", "implicit"]

Slope = Callable[[Any, Any], Any]


def implicit(slope: Slope) -> Slope:
    """The operation by which a number `y` with `F(y; a) = u` depends on `a` at a fixed `u`.

    Args:
        slope: dy/da as a differentiable function of `y` and `a`; the derivative of `y` in it is this one again.

    Returns:
        A function of a value that was drawn and of the parameter that it was drawn for, both of one shape.
    """

    @jax.custom_jvp
    def depending(value: Any, a: Any) -> Any:
        return value

    @depending.defjvp
    def _(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:  # pyright: ignore[reportUnusedFunction]
        y = depending(*primals)
        return y, slope(y, primals[1]) * tangents[1]

    return lambda value, a: depending(jax.lax.stop_gradient(value), a)


def at_hand(x: Any) -> np.ndarray | None:
    """The values of a parameter, if looking at them waits for nothing and breaks no trace."""
    if isinstance(x, jax.Array):
        if isinstance(x, Tracer) or next(iter(x.devices())).platform != "cpu":
            return None
        return np.asarray(x)
    return np.asarray(x) if isinstance(x, int | float | np.ndarray | np.generic) else None


def checked(op: str, name: str, domain: str, x: Any) -> Any:
    """`x`, its values checked where they are at hand."""
    values = at_hand(x)
    if values is not None and values.size and values.dtype.kind in "fiu":
        rules.require_domain(op, name, domain, float(values.min()), float(values.max()))
    return x


def check_total(op: str, p: Any) -> None:
    """Check that probabilities are no less than 0 and sum to 1 along the last axis, where their values are at hand."""
    checked(op, "p", "probability", p)
    values = at_hand(p)
    if values is not None and values.size and values.ndim and values.dtype.kind in "fiu":
        sums = values.sum(-1, dtype=float)
        dtype = values.dtype if values.dtype.kind == "f" and x64() else np.promote_types(values.dtype, np.float16)
        eps = max(float(np.finfo(dtype).eps), 0.0 if x64() else float(np.finfo(np.float32).eps))
        rules.require_total(op, float(sums.min()), float(sums.max()), eps)
