"""Convolution on JAX: x is (N, C, *spatial)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._rules.convolution import Padding, convolution, transposed_convolution
from dualgrad.backends.jax._products import product
from dualgrad.backends.jax._traced import floating_together, traced

__all__ = ["conv", "conv_transpose"]


_OPTIONS: Final = ("strides", "padding", "dilation", "groups", "precision", "preferred_element_type")


@traced("nn.conv", *_OPTIONS)
def conv(
    x: Any,
    kernel: Any,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    x, kernel = floating_together("nn.conv", x, kernel)
    steps, gaps, pads = convolution("nn.conv", x.shape, kernel.shape, strides, padding, dilation, groups)
    return product(
        "nn.conv",
        lax.conv_general_dilated,
        x,
        kernel,
        window_strides=steps,
        padding=pads,
        rhs_dilation=gaps,
        feature_group_count=groups,
        precision=precision,
        preferred=preferred_element_type,
    )


@traced("nn.conv_transpose", *_OPTIONS, "output_padding")
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
    precision: Any = None,
    preferred_element_type: Any = None,
) -> Array:
    name = "nn.conv_transpose"
    x, kernel = floating_together(name, x, kernel)
    steps, gaps, cut = transposed_convolution(
        name, x.shape, kernel.shape, strides, padding, dilation, groups, output_padding
    )
    # (C, O // groups, ...) -> (O, C // groups, ...), turned round
    c, o = kernel.shape[:2]
    turned = jnp.flip(kernel, range(2, x.ndim)).reshape(groups, c // groups, o, *kernel.shape[2:])
    return product(
        name,
        lax.conv_general_dilated,
        x,
        turned.swapaxes(1, 2).reshape(groups * o, c // groups, *kernel.shape[2:]),
        window_strides=(1,) * (x.ndim - 2),
        padding=[((k - 1) * d - p, (k - 1) * d - q) for k, d, (p, q) in zip(kernel.shape[2:], gaps, cut, strict=True)],
        lhs_dilation=steps,
        rhs_dilation=gaps,
        feature_group_count=groups,
        precision=precision,
        preferred=preferred_element_type,
    )
