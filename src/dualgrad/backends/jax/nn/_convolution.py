"""Convolution on JAX: x is (N, C, *spatial)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.convolution import (
    Padding,
    conv_padding,
    conv_shape_error,
    spatial,
    transposed_cut,
    transposed_shape_error,
)
from dualgrad.backends.jax._traced import floating_together, traced

__all__ = ["conv", "conv_transpose"]


@traced("nn.conv", "strides", "padding", "dilation", "groups")
def conv(
    x: Any,
    kernel: Any,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Array:
    x, kernel = floating_together("nn.conv", x, kernel)
    error = conv_shape_error("nn.conv", x.shape, kernel.shape, groups)
    if error is not None:
        raise error
    n = x.ndim - 2
    steps, gaps = spatial("nn.conv", "strides", strides, n), spatial("nn.conv", "dilation", dilation, n)
    return lax.conv_general_dilated(
        x,
        kernel,
        window_strides=steps,
        padding=conv_padding("nn.conv", padding, x.shape[2:], kernel.shape[2:], steps, gaps),
        rhs_dilation=gaps,
        feature_group_count=groups,
    )


@traced("nn.conv_transpose", "strides", "padding", "dilation", "groups", "output_padding")
def conv_transpose(
    x: Any,
    kernel: Any,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    output_padding: int | Sequence[int] = 0,
) -> Array:
    name = "nn.conv_transpose"
    x, kernel = floating_together(name, x, kernel)
    error = transposed_shape_error(name, x.shape, kernel.shape, groups)
    if error is not None:
        raise error
    n = x.ndim - 2
    steps, gaps = spatial(name, "strides", strides, n), spatial(name, "dilation", dilation, n)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel.shape[2:], gaps, strict=True)]
    cut = transposed_cut(name, padding, output_padding, x.shape[2:], spans, steps)
    # (C, O // groups, ...) -> (O, C // groups, ...), turned round
    c, o = kernel.shape[:2]
    turned = jnp.flip(kernel, range(2, x.ndim)).reshape(groups, c // groups, o, *kernel.shape[2:])
    return lax.conv_general_dilated(
        x,
        turned.swapaxes(1, 2).reshape(groups * o, c // groups, *kernel.shape[2:]),
        window_strides=(1,) * n,
        padding=[(span - 1 - p, span - 1 - q) for span, (p, q) in zip(spans, cut, strict=True)],
        lhs_dilation=steps,
        rhs_dilation=gaps,
        feature_group_count=groups,
    )
