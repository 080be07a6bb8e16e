"""The derivative of the incomplete gamma function in its parameter, by the name of `jax.lax`."""

from __future__ import annotations

from dualgrad._active import active
from dualgrad._composed import gammas as _gammas
from dualgrad._naming import named
from dualgrad.typing import Array, Scalar

__all__ = ["igamma_grad_a"]


@named("lax")
def igamma_grad_a(a: Array | Scalar, x: Array | Scalar) -> Array:
    """Derivative of `igamma(a, x)` in `a`.

    Args:
        a: Any shape; real floating-point. Integers are promoted to the default float.
        x: A shape that broadcasts with `a`'s.

    Returns:
        The broadcast shape.

    Raises:
        TypeError: An argument is complex.

    Derivative:
        In both arguments; both modes, any order. JAX's own has none.

    Example:
        >>> round(float(dg.lax.igamma_grad_a(1.0, 1.0)), 4)
        -0.4317

    Source: `jax.lax.igamma_grad_a`.
    """
    return active.backend.composed(_gammas.igamma_grad_a, a, x)
