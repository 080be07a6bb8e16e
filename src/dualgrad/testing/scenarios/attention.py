"""Rows of attention, with a reference that goes head by head."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

ORDER = np.arange(2 * 3 * 4 * 2, dtype=float)
QUERY = np.sin(1.7 * ORDER).reshape(2, 3, 4, 2)
KEY = np.cos(2.3 * ORDER[:32]).reshape(2, 4, 2, 2)
VALUE = np.sin(0.9 * ORDER[:32] + 1).reshape(2, 4, 2, 2)
BIAS = np.cos(0.8 * ORDER).reshape(1, 4, 3, 4)
MASK = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 0, 1, 1]], dtype=bool)


def _attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    query_seq_lengths: Any = None,
    key_value_seq_lengths: Any = None,
    local_window_size: Any = None,
) -> Any:
    batch, rows, heads, depth = query.shape
    columns, pairs = key.shape[1:3]
    out = np.zeros_like(query)
    for b in range(batch):
        for n in range(heads):
            k, v = (x[b, :, n // (heads // pairs)] for x in (key, value))
            for t in range(rows if query_seq_lengths is None else query_seq_lengths[b]):
                logits = k @ query[b, t, n] * (depth**-0.5 if scale is None else scale)
                if bias is not None:
                    logits = logits + np.broadcast_to(bias, (batch, heads, rows, columns))[b, n, t]
                seen = np.ones(columns, dtype=bool)
                if mask is not None:
                    seen &= np.broadcast_to(mask, (batch, heads, rows, columns))[b, n, t]
                s = np.arange(columns)
                if is_causal:
                    seen &= s <= t
                if key_value_seq_lengths is not None:
                    seen &= s < key_value_seq_lengths[b]
                if local_window_size is not None:
                    seen &= (t - local_window_size[0] <= s) & (s <= t + local_window_size[1])
                logits = np.where(seen, logits, -np.inf) if seen.any() else np.zeros(columns)
                weights = np.exp(logits - logits.max())
                out[b, t, n] = weights @ v / weights.sum()
    return out


ROWS: tuple[Scenario, ...] = (
    Scenario(
        "nn.dot_product_attention",
        (QUERY, KEY, VALUE, BIAS, MASK),
        reference=_attention,
        wrt=(0, 1, 2, 3),
        dtypes=("float32", "bfloat16"),
        points=(
            Point(
                (QUERY[:1, :1, :1], KEY[:1, :, :1], VALUE[:1, :, :1], BIAS[:, :1, :1], np.zeros((1, 4), dtype=bool)),
                (np.zeros((1, 1, 1, 2)), np.zeros((1, 4, 1, 2)), np.full((1, 4, 1, 2), 0.25), np.zeros((1, 1, 1, 4))),
                VALUE[:1, :, :1].mean(1, keepdims=True),
                "a query that sees no key: the mean of the values",
            ),
        ),
        label="grouped heads, bias, mask",
    ),
    Scenario(
        "nn.dot_product_attention",
        (QUERY, KEY, VALUE),
        {"scale": 0.3, "is_causal": True},
        _attention,
        wrt=(0, 1, 2),
        label="causal",
    ),
    Scenario(
        "nn.dot_product_attention",
        (QUERY, KEY, VALUE),
        {"scale": -0.3, "is_causal": True},
        _attention,
        wrt=(0, 1, 2),
        label="causal, against the products",
    ),
    Scenario(
        "nn.dot_product_attention",
        (QUERY, KEY, VALUE),
        {"scale": 0.0, "is_causal": True},
        _attention,
        wrt=(0, 1, 2),
        label="causal means",
    ),
    Scenario(
        "nn.dot_product_attention",
        (QUERY, KEY, VALUE),
        {
            "query_seq_lengths": np.array([3, 2], dtype=np.int32),
            "key_value_seq_lengths": np.array([4, 2], dtype=np.int32),
            "local_window_size": (1, 2),
        },
        _attention,
        wrt=(0, 1, 2),
        label="lengths and window",
    ),
)
