"""What the kernel of a convolution sees, and convolutions whose kernel is another at each place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed.products import product_options
from dualgrad._lax._arranged import inverse, prepared
from dualgrad._lax._arrays import arrayed
from dualgrad._lax.reductions import strided_windows
from dualgrad._lax.shapes import pad
from dualgrad._naming import named
from dualgrad._rules.dimension_numbers import ConvDimensionNumbers, Layouts, conv_layouts
from dualgrad._rules.products import Precision
from dualgrad._rules.shapes import as_dims
from dualgrad.typing import Array, DTypeLike

__all__ = ["conv_general_dilated_local", "conv_general_dilated_patches"]


@named("lax")
def conv_general_dilated_patches(
    lhs: Array,
    filter_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Layouts = None,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """What a kernel of a convolution sees at each place, along the axis of channels: `im2col`.

    Args:
        lhs: The arrays; one to three spatial axes.
        filter_shape: Sizes of the kernel's spatial axes, in the order that its layout has.
        window_strides: Step from place to place along each spatial axis.
        padding: As in `conv_general_dilated`.
        lhs_dilation: Step from element to element of `lhs` in what the kernel sees; 1 by default.
        rhs_dilation: Step from element to element of the kernel; 1 by default.
        dimension_numbers: The layouts, as in `conv_general_dilated`.
        precision: Without meaning here: nothing is multiplied.
        preferred_element_type: Dtype of the result; that of `lhs` by default.

    Returns:
        The layout named last; channels vary slowest, then the kernel's spatial axes in its layout.

    Raises:
        ValueError: A shape, a layout or an option does not fit.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> patches = dg.lax.conv_general_dilated_patches(dg.asarray([[[1.0, 2.0, 3.0]]]), (2,), (1,), "VALID")
        >>> dg.to_numpy(patches).tolist()
        [[[1.0, 2.0], [2.0, 3.0]]]

    Source: `jax.lax.conv_general_dilated_patches`.
    """
    op, xp = "lax.conv_general_dilated_patches", active.backend
    lhs = arrayed(op, lhs)
    product_options(op, precision, preferred_element_type, lhs)
    x, layouts = _patches(op, lhs, filter_shape, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers)
    x = xp.permute_dims(x, inverse(layouts.out_spec))
    return x if preferred_element_type is None else xp.astype(x, preferred_element_type)


@named("lax")
def conv_general_dilated_local(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    filter_shape: Sequence[int],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Layouts = None,
    precision: Precision = None,
) -> Array:
    """Convolution whose kernel is another at each place: a locally connected layer.

    Args:
        lhs: The arrays; one to three spatial axes.
        rhs: Kernels: the spatial axes are those of the result, and the channels in are the patches that
            `conv_general_dilated_patches` gives. Dtypes are promoted.
        window_strides: Step from output to output along each spatial axis.
        padding: As in `conv_general_dilated`.
        filter_shape: Sizes of the kernels' spatial axes, in the order that their layout has.
        lhs_dilation: Step from element to element of `lhs` in what a kernel sees; 1 by default.
        rhs_dilation: Step from element to element of a kernel; 1 by default.
        dimension_numbers: The layouts, as in `conv_general_dilated`.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.

    Returns:
        The layout named last.

    Raises:
        ValueError: A shape, a layout or an option does not fit.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> x, kernels = dg.asarray([[[1.0, 2.0, 3.0]]]), dg.asarray([[[1.0, 0.0], [0.0, 10.0]]])
        >>> dg.to_numpy(dg.lax.conv_general_dilated_local(x, kernels, (1,), "VALID", (2,))).tolist()
        [[[1.0, 30.0]]]

    Source: `jax.lax.conv_general_dilated_local`.
    """
    op, xp = "lax.conv_general_dilated_local", active.backend
    lhs, rhs = arrayed(op, lhs), arrayed(op, rhs)
    x, layouts = _patches(op, lhs, filter_shape, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers)
    kernel: Any = xp.permute_dims(rhs, layouts.rhs_spec)
    if tuple(kernel.shape[1:]) != tuple(x.shape[1:]):
        raise ValueError(
            f"dualgrad.{op}: the kernels must have shape (O, {', '.join(map(str, x.shape[1:]))}) before they are laid "
            f"out, got ({', '.join(map(str, kernel.shape))})."
        )
    places = "xyz"[: x.ndim - 2]
    out = xp.einsum(f"nc{places},oc{places}->no{places}", x, kernel, **product_options(op, precision, None))
    return xp.permute_dims(out, inverse(layouts.out_spec))


def _patches(
    op: str,
    lhs: Any,
    filter_shape: Sequence[int],
    window_strides: Any,
    padding: Any,
    lhs_dilation: Any,
    rhs_dilation: Any,
    dimension_numbers: Layouts,
) -> tuple[Any, ConvDimensionNumbers]:
    """Patches, channels second, and the layouts."""
    xp, window = active.backend, as_dims(op, "filter_shape", filter_shape)
    n = lhs.ndim - 2
    if len(window) != n or any(w < 1 for w in window):
        raise ValueError(
            f"dualgrad.{op}: filter_shape must have a positive number for each of {n} spatial axes, got {window}."
        )
    places = conv_layouts(op, tuple(lhs.shape), tuple(lhs.shape), dimension_numbers).rhs_spec
    kernel = [1] * lhs.ndim
    for axis, size in zip(places[2:], window, strict=True):
        kernel[axis] = size
    layouts = conv_layouts(op, tuple(lhs.shape), tuple(kernel), dimension_numbers)
    x, ends, dilation, strides = prepared(op, lhs, layouts, kernel, window_strides, padding, lhs_dilation, rhs_dilation)
    x = pad(x, 0, [(0, 0, 0)] * 2 + [(a, b, 0) for a, b in ends])
    for at, axis in enumerate(layouts.rhs_spec[2:]):  # each axis becomes two: what a window sees, and the places
        parts = strided_windows(x, 2 + at, kernel[axis], dilation[at], strides[at])
        x = xp.stack(parts, axis=-1)
    x = xp.permute_dims(x, (0, 1, *range(2 + n, 2 + 2 * n), *range(2, 2 + n)))
    channels = x.shape[1] * math.prod(window)
    return xp.reshape(x, (x.shape[0], channels, *x.shape[2 + n :])), layouts
