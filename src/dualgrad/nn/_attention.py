"""Attention."""

from __future__ import annotations

import math

from dualgrad._active import active
from dualgrad._composed import attention as _attention
from dualgrad._rules.arguments import flag, require_real_value, way
from dualgrad.typing import Array, Scalar

__all__ = ["dot_product_attention"]


def dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None = None,
    mask: Array | None = None,
    *,
    scale: Array | Scalar | None = None,
    is_causal: bool = False,
    query_seq_lengths: Array | None = None,
    key_value_seq_lengths: Array | None = None,
    local_window_size: int | tuple[int, int] | None = None,
    implementation: str | None = None,
) -> Array:
    """`softmax(scale * query @ key^T + bias) @ value` for each head.

    `B` is the batch, `T` and `S` the lengths of queries and keys, `N` and `K` the numbers of their heads, `H` the size
    of a head. With fewer key heads than query heads each serves `N // K` of those in a row.

    The logits and the softmax are taken in float32 for half precisions, else in the dtype of the arguments. On PyTorch
    fused kernels compute it, and its gradient on a CPU where there is no bias; the weights are kept elsewhere.

    Args:
        query: Shape `(B, T, N, H)` or `(T, N, H)`; real. The dtypes are promoted.
        key: Shape `(B, S, K, H)` or `(S, K, H)` with `N` a multiple of `K`.
        value: As `key`.
        bias: Added to the logits; broadcast to `(B, N, T, S)`.
        mask: Bools, broadcast to `(B, N, T, S)`; where `False` a key is not seen.
        scale: Factor of the products; `1 / sqrt(H)` by default. An array without axes may be traced.
        is_causal: Whether a query sees no key behind its own position.
        query_seq_lengths: Integers, shape `(B,)`: rows from there on are 0.
        key_value_seq_lengths: Integers, shape `(B,)`: keys from there on are not seen.
        local_window_size: How many keys a query sees to its left and to its right; two numbers, or one for both.
        implementation: Accepted for JAX's sake, `"xla"` or `None`: the backend chooses its kernel. `"cudnn"`, which is
            of one kind of processors, is refused.

    Returns:
        Shape of `query`. A query that sees no key gets the mean of all values.

    Raises:
        ValueError: A shape or a size does not fit.
        TypeError: An array is complex, the mask is not of bools, or lengths are no integers.

    Derivative:
        Smooth in `query`, `key`, `value` and `bias`; both modes, any order.

    Example:
        >>> q, k, v = dg.zeros((2, 1, 4)), dg.ones((2, 1, 4)), dg.asarray([[[1.0] * 4], [[3.0] * 4]])
        >>> dg.to_numpy(dg.nn.dot_product_attention(q, k, v, is_causal=True))[:, 0, 0].tolist()
        [1.0, 2.0]

    Source: jax.nn, `dot_product_attention`, with the softmax of float64 in float64.
    """
    if scale is not None:
        require_real_value("nn.dot_product_attention", "scale", scale)
    is_causal = flag("nn.dot_product_attention", "is_causal", is_causal)
    if implementation is not None:
        way("nn.dot_product_attention", "implementation", implementation, ("xla",))
    # An array may be traced or differentiated, which no kernel takes. Those of PyTorch (2.13) multiply what hides a key
    # as well, so that it is nan for 0 and below; and XLA (JAX 0.10) does not compute with a literal nan.
    if hasattr(scale, "shape") or not (scale is None or (isinstance(scale, int | float) and 0 < scale < math.inf)):
        query, scale = active.backend.composed(_attention.scaled, query, scale), 1.0
    return active.backend.composed(
        _attention.dot_product_attention,
        query,
        key,
        value,
        bias,
        mask,
        query_seq_lengths,
        key_value_seq_lengths,
        scale=scale,
        is_causal=is_causal,
        local_window_size=local_window_size,
    )
