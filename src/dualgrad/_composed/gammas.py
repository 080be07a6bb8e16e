"""The derivative of the incomplete gamma function in its parameter, as a function of its own."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import named, real_floats
from dualgrad._rules.shapes import broadcast_shapes

__all__ = ["igamma_grad_a"]


@named("lax")
def igamma_grad_a(a: Any, x: Any) -> Any:
    xp, op = active.backend, "lax.igamma_grad_a"
    a, x = real_floats(op, a, x)
    shape = broadcast_shapes(tuple(a.shape), tuple(x.shape), op=op)
    a, x = xp.broadcast_to(a, shape), xp.broadcast_to(x, shape)
    return xp.jvp(xp.special.gammainc, (a, x), (xp.ones_like(a), xp.zeros_like(x)))[1]
