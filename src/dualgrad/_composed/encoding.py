"""Rows of a table, and masks drawn from a key."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import dtype_of, floats, named, real_floats
from dualgrad._rules.indices import require_integer
from dualgrad._rules.shapes import broadcast_shapes

__all__ = ["dropout", "embedding"]


@named("nn")
def embedding(indices: Any, table: Any) -> Any:
    op = "nn.embedding"
    require_integer(op, dtype_of(indices).name)
    if table.ndim < 1:
        raise ValueError(f"dualgrad.{op}: the table must have an axis of rows, got shape {tuple(table.shape)}.")
    return active.backend.take(table, indices, 0)


@named("nn")
def dropout(key: Any, rate: Any, x: Any) -> Any:
    xp = active.backend
    (x,), (rate,) = floats(x), real_floats("nn.dropout", rate)
    sizes, own = tuple(x.shape), tuple(rate.shape)
    if broadcast_shapes(own, sizes, op="nn.dropout") != sizes:
        raise ValueError(
            f"dualgrad.nn.dropout: rate must broadcast to x, got a rate of shape {own} and x of shape {sizes}. "
            "The order of the arguments is key, rate, x."
        )
    keep = 1 - rate
    mask = xp.random.bernoulli(key, keep, sizes)
    # Where all is dropped nothing may be divided by 0: the derivative of what a mask hides is 0 * inf.
    return xp.where(mask, x / xp.astype(xp.where(keep > 0, keep, 1.0), x.dtype), 0.0)
