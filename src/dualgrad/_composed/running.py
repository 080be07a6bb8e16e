"""Running reductions by an associative function of two elements."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, named

__all__ = ["cumlogsumexp", "cummax", "cummin"]


@named("lax")
def cumlogsumexp(x: Any, *, axis: int, reverse: bool) -> Any:
    xp = active.backend
    dtype = dtype_of(x)
    half = dtype.name in ("float16", "bfloat16")  # added up in float32, and rounded once
    out = xp.lax.associative_scan(xp.logaddexp, cast(x, "float32") if half else x, reverse, axis)
    return cast(out, dtype) if half else out


@named("lax")
def cummax(x: Any, *, axis: int, reverse: bool) -> Any:
    return active.backend.lax.associative_scan(active.backend.maximum, x, reverse, axis)


@named("lax")
def cummin(x: Any, *, axis: int, reverse: bool) -> Any:
    return active.backend.lax.associative_scan(active.backend.minimum, x, reverse, axis)
