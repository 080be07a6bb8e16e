"""Numbers that depend on a parameter through their distribution function, and parameters whose values are at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray, Tracer
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from dualgrad._rules import random as rules
from dualgrad._rules.arguments import is_outside
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
    # A primitive: partial evaluation, as `scan` does it to hoist what is constant, replaces a `custom_jvp` by its
    # function (JAX 0.10), and the second derivative of a loop is wrong without a word.
    operation = Primitive(f"dualgrad_{slope.__name__}")

    def depending(value: Any, a: Any) -> Any:
        return operation.bind(value, a)

    def push(primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        y = depending(*primals)
        if type(tangents[1]) is ad.Zero:
            return y, tangents[1]
        return y, slope(y, primals[1]) * tangents[1]

    def batch(args: Sequence[Any], axes: Sequence[int | None]) -> tuple[Any, int]:
        size = next(x.shape[d] for x, d in zip(args, axes, strict=True) if d is not None)
        moved = [
            jnp.broadcast_to(x, (size, *x.shape)) if d is None else jnp.moveaxis(x, d, 0)
            for x, d in zip(args, axes, strict=True)
        ]
        return depending(*moved), 0

    operation.def_impl(lambda value, a: value)
    operation.def_abstract_eval(lambda value, a: ShapedArray(value.shape, value.dtype))
    ad.primitive_jvps[operation] = push
    batching.primitive_batchers[operation] = batch
    mlir.register_lowering(operation, mlir.lower_fun(lambda value, a: value, multiple_results=False))
    return lambda value, a: depending(jax.lax.stop_gradient(value), a)


def at_hand(x: Any) -> np.ndarray | None:
    """The values of a parameter, if looking at them waits for nothing and breaks no trace."""
    if isinstance(x, jax.Array):
        if isinstance(x, Tracer) or next(iter(x.devices())).platform != "cpu":
            return None
        return np.asarray(x)
    if isinstance(x, int | float):
        return np.asarray(rules.known_number(x))
    return np.asarray(x) if isinstance(x, np.ndarray | np.generic) and not is_outside(x.dtype) else None


def checked(op: str, name: str, domain: str, x: Any) -> Any:
    """`x`, its values checked where they are at hand."""
    values = at_hand(x)
    if values is not None and values.dtype == jnp.bfloat16:  # no number to NumPy
        values = values.astype(np.float32)
    if values is not None and values.size and values.dtype.kind in "fiub":
        rules.require_domain(op, name, domain, float(values.min()), float(values.max()))
    return x


def check_total(op: str, p: Any) -> None:
    """Check that probabilities are no less than 0 and sum to 1 along the last axis, where their values are at hand."""
    checked(op, "p", "probability", p)
    values = at_hand(p)
    if values is not None:
        rules.require_total(op, values, x64())
