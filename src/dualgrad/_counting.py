"""Bounds of `fori_loop` that are floating-point: they are counted by an integer, the same on every backend.

JAX counts from the whole parts of floats that it knows, and from themselves where they are traced: a program would
mean something else once it is jitted. Here `i` is `lower + k` while that is below `upper`, known or not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from dualgrad._dtypes import DTYPES
from dualgrad._rules.control import bounds_mismatch
from dualgrad.protocol import Backend

__all__ = ["counted"]

Body = Callable[[Any, Any], Any]


def counted(backend: Backend, lower: Any, upper: Any, body: Body) -> tuple[Any, Any, Body]:
    """Bounds that are integers, and the body for them, where both bounds are floating-point scalars."""
    floating = [_is_floating(x) for x in (lower, upper)]
    if not all(floating):
        return lower, upper, body
    if isinstance(lower, float) and isinstance(upper, float):
        low: Any = backend.asarray(lower)
        steps: Any = math.ceil(upper - lower) if upper > lower else 0  # part of the program, as integers are
    else:
        strong = upper if isinstance(lower, float) else lower
        low, high = [backend.asarray(x, dtype=strong.dtype) if isinstance(x, float) else x for x in (lower, upper)]
        if low.dtype != high.dtype:
            names = [str(x.dtype).removeprefix("torch.") for x in (low, high)]
            raise bounds_mismatch("fori_loop", *names)
        above = backend.greater(high, low)  # a bound that is nan ends the loop before its first step
        steps = backend.astype(backend.where(above, backend.ceil(backend.subtract(high, low)), 0.0), DTYPES["int32"])
    return 0, steps, lambda k, carry: body(backend.add(low, backend.astype(backend.asarray(k), low.dtype)), carry)


def _is_floating(x: Any) -> bool:
    if isinstance(x, float):
        return True
    return "float" in str(getattr(x, "dtype", "")) and not getattr(x, "ndim", 1)
