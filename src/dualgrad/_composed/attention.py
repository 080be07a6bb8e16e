"""Attention: layouts, groups of heads and masks; the products are the backend's."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, device_of, dtype_of, kind_of, named, real_floats
from dualgrad._rules.attention import attention_sizes, window_sizes
from dualgrad._rules.indices import require_integer

__all__ = ["dot_product_attention"]

OP = "nn.dot_product_attention"


@named("nn")
def scaled(query: Any, scale: Any) -> Any:
    """Queries times a factor that is an array."""
    if scale.shape:
        raise TypeError(f"dualgrad.{OP}: scale must be a real number, got an array of shape {tuple(scale.shape)}.")
    (query,) = real_floats(OP, query)
    return query * cast(scale, query.dtype)


scaled.__name__ = OP  # which errors show


@named("nn")
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any,
    mask: Any,
    query_seq_lengths: Any,
    key_value_seq_lengths: Any,
    *,
    scale: float | None,
    is_causal: bool,
    local_window_size: int | tuple[int, int] | None,
) -> Any:
    xp = active.backend
    query, key, value = real_floats(OP, query, key, value)
    if mask is not None and kind_of(mask) != "bool":
        raise TypeError(f"dualgrad.{OP}: mask must be of bools, got dtype {dtype_of(mask).name}.")
    lengths = {"query_seq_lengths": query_seq_lengths, "key_value_seq_lengths": key_value_seq_lengths}
    for name, given in lengths.items():
        if given is not None:
            require_integer(OP, dtype_of(given).name, name)
    shapes = {
        name: None if given is None else tuple(given.shape)
        for name, given in {"bias": bias, "mask": mask, **lengths}.items()
    }
    attention_sizes(OP, tuple(query.shape), tuple(key.shape), tuple(value.shape), shapes)
    single = query.ndim == 3
    q, k, v = (xp.swapaxes(x[None] if single else x, 1, 2) for x in (query, key, value))
    groups = k.shape[1], q.shape[1] // k.shape[1]
    rows = xp.arange(q.shape[2], device=device_of(query))[:, None]
    columns = xp.arange(k.shape[2], device=device_of(query))[None, :]
    masks = [] if mask is None else [_grouped(mask, groups)]
    if local_window_size is not None:
        left, right = window_sizes(OP, local_window_size)
        masks += [rows <= columns + left, rows >= columns - right]
    for given, places in ((query_seq_lengths, rows), (key_value_seq_lengths, columns)):
        if given is not None:
            masks.append(places < xp.reshape(given, (-1, 1, 1, 1, 1)))
    if masks and is_causal:
        masks.append(columns <= rows)
    allowed = None
    for m in masks:
        allowed = m if allowed is None else allowed & m
    out = xp.attend(
        xp.reshape(q, (q.shape[0], *groups, *q.shape[2:])),
        k,
        v,
        None if bias is None else _grouped(real_floats(OP, bias)[0], groups),
        allowed,
        q.shape[-1] ** -0.5 if scale is None else scale,
        is_causal and not masks,
    )
    if query_seq_lengths is not None:  # rows beyond the end are 0
        out = xp.where(rows < xp.reshape(query_seq_lengths, (-1, 1, 1, 1, 1)), out, 0.0)
    out = xp.swapaxes(xp.reshape(out, tuple(q.shape)), 1, 2)
    return out[0] if single else out


def _grouped(x: Any, groups: tuple[int, int]) -> Any:
    """An array that broadcasts to `(B, N, T, S)` with its heads in groups."""
    shape = (1,) * (4 - x.ndim) + tuple(x.shape)
    return active.backend.reshape(x, (shape[0], *((1, 1) if shape[1] == 1 else groups), *shape[2:]))
