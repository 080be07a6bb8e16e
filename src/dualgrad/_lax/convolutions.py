"""Convolutions in any layout, by the names and arguments of `jax.lax`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed.products import product_options
from dualgrad._lax._arrays import arrayed
from dualgrad._lax.reductions import strided_windows, window_padding
from dualgrad._lax.shapes import pad
from dualgrad._rules.arguments import flag
from dualgrad._rules.convolution import divided, transpose_ends
from dualgrad._rules.dimension_numbers import ConvDimensionNumbers, Layouts, conv_layouts
from dualgrad._rules.products import Precision
from dualgrad._rules.shapes import as_dims
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "conv",
    "conv_dimension_numbers",
    "conv_general_dilated",
    "conv_general_dilated_local",
    "conv_general_dilated_patches",
    "conv_transpose",
    "conv_with_general_padding",
    "padtype_to_pads",
]


def conv(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Any:
    """Convolution as in neural networks, where channels come second.

    Args:
        lhs: Shape `(N, C, *spatial)`; one to three spatial axes.
        rhs: The kernel, shape `(O, C, *spatial)`; dtypes are promoted.
        window_strides: Step from output to output along each spatial axis.
        padding: `"VALID"` or `"SAME"`.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.

    Returns:
        Shape `(N, O, *spatial)`.

    Raises:
        ValueError: A shape or an option does not fit.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.lax.conv(dg.ones((1, 2, 4, 4)), dg.ones((5, 2, 3, 3)), (1, 1), "SAME").shape == (1, 5, 4, 4)
        True

    Source: `jax.lax.conv`.
    """
    return conv_general_dilated(
        lhs, rhs, window_strides, padding, precision=precision, preferred_element_type=preferred_element_type
    )


def conv_with_general_padding(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None,
    rhs_dilation: Sequence[int] | None,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Any:
    """`conv` with padding in numbers and dilations: `conv_general_dilated` where channels come second.

    Args:
        lhs: Shape `(N, C, *spatial)`; one to three spatial axes.
        rhs: The kernel, shape `(O, C, *spatial)`; dtypes are promoted.
        window_strides: Step from output to output along each spatial axis.
        padding: As in `conv_general_dilated`.
        lhs_dilation: Step from element to element of `lhs` in what the kernel sees; `None` for 1.
        rhs_dilation: Step from element to element of the kernel; `None` for 1.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.

    Returns:
        Shape `(N, O, *spatial)`.

    Raises:
        ValueError: A shape or an option does not fit.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> x, kernel = dg.ones((1, 2, 4)), dg.ones((5, 2, 3))
        >>> dg.lax.conv_with_general_padding(x, kernel, (1,), [(2, 0)], None, (1,)).shape == (1, 5, 4)
        True

    Source: `jax.lax.conv_with_general_padding`.
    """
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_general_dilated(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Layouts = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Any:
    """Convolution as in neural networks, in any layout; `dg.nn.conv` is easier to read where channels come second.

    Args:
        lhs: The arrays; one to three spatial axes.
        rhs: The kernel; dtypes are promoted.
        window_strides: Step from output to output along each spatial axis.
        padding: `"VALID"`, `"SAME"`, or a pair of what is put before and behind along each spatial axis, which may be
            negative.
        lhs_dilation: Step from element to element of `lhs` in what the kernel sees; 1 by default.
        rhs_dilation: Step from element to element of the kernel; 1 by default.
        dimension_numbers: The layouts of `lhs`, `rhs` and the result, such as `("NHWC", "HWIO", "NHWC")`: N counts
            arrays, C channels, O and I channels out and in of the kernel, and the other letters are spatial axes. By
            default channels come second. Or what `lax.conv_dimension_numbers` gives.
        feature_group_count: Number of groups of channels that do not mix.
        batch_group_count: Number of groups of arrays, each of which has kernels of its own: those of the first outputs
            are for the first arrays.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.

    Returns:
        The layout named last.

    Raises:
        ValueError: A shape, a layout or an option does not fit.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> x, kernel = dg.ones((1, 4, 4, 2)), dg.ones((3, 3, 2, 5))
        >>> layouts = ("NHWC", "HWIO", "NHWC")
        >>> dg.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=layouts).shape == (1, 4, 4, 5)
        True

    Source: `jax.lax.conv_general_dilated`.
    """
    op, xp = "lax.conv_general_dilated", active.backend
    lhs, rhs = arrayed(op, lhs), arrayed(op, rhs)
    layouts = conv_layouts(op, tuple(lhs.shape), tuple(rhs.shape), dimension_numbers)
    options = product_options(op, precision, preferred_element_type, lhs, rhs)
    x, ends, dilation, strides = _prepared(
        op, lhs, layouts, rhs.shape, window_strides, padding, lhs_dilation, rhs_dilation
    )
    kernel: Any = xp.permute_dims(rhs, layouts.rhs_spec)
    groups = divided(op, batch_group_count, feature_group_count, x.shape[0], kernel.shape[0])
    if groups > 1:  # groups of arrays are groups of channels of one array
        each = (x.shape[0] // groups, groups * x.shape[1])
        x = xp.reshape(x, (groups, each[0], *x.shape[1:]))
        x = xp.reshape(xp.moveaxis(x, 0, 1), (*each, *x.shape[3:]))
    out = xp.nn.conv(
        x,
        kernel,
        strides=strides,
        padding=ends,
        dilation=dilation,
        groups=groups if groups > 1 else feature_group_count,
        **options,
    )
    return xp.permute_dims(out, _inverse(layouts.out_spec))


def conv_general_dilated_patches(
    lhs: SupportsArray,
    filter_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Layouts = None,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Any:
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
    x = xp.permute_dims(x, _inverse(layouts.out_spec))
    return x if preferred_element_type is None else xp.astype(x, preferred_element_type)


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
) -> Any:
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
    return xp.permute_dims(out, _inverse(layouts.out_spec))


def conv_transpose(
    lhs: Array,
    rhs: Array,
    strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: Layouts = None,
    transpose_kernel: bool = False,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
    use_consistent_padding: bool = False,
) -> Any:
    """Convolution with a step of less than one, as decoders have it; `dg.nn.conv_transpose` is easier to read.

    Args:
        lhs: The arrays; one to three spatial axes.
        rhs: The kernel, which is not flipped; dtypes are promoted.
        strides: Step from element to element of `lhs` in what the kernel sees, along each spatial axis.
        padding: `"VALID"` or `"SAME"`: that of the convolution of which this is the transpose; or a pair of what is put
            before and behind along each spatial axis.
        rhs_dilation: Step from element to element of the kernel; 1 by default.
        dimension_numbers: The layouts, as in `conv_general_dilated`; by default channels come last, also in the
            kernel: `("NHWC", "HWIO", "NHWC")`.
        transpose_kernel: Flip the kernel's spatial axes and exchange its channels, for the transpose of the convolution
            with it.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.
        use_consistent_padding: Whether pairs are those of the convolution of which this is the transpose, too.

    Returns:
        The layout named last.

    Raises:
        ValueError: A shape, a layout or an option does not fit.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> x, kernel = dg.ones((1, 4, 4, 2)), dg.ones((3, 3, 2, 5))
        >>> dg.lax.conv_transpose(x, kernel, (2, 2), "SAME").shape == (1, 8, 8, 5)
        True

    Source: `jax.lax.conv_transpose`.
    """
    op, xp = "lax.conv_transpose", active.backend
    lhs, rhs = arrayed(op, lhs), arrayed(op, rhs)
    n = lhs.ndim - 2
    flipped = flag(op, "transpose_kernel", transpose_kernel)
    consistent = flag(op, "use_consistent_padding", use_consistent_padding)
    if dimension_numbers is None:
        places = "HWD"[: max(n, 0)]
        dimension_numbers = (f"N{places}C", f"{places}IO", f"N{places}C")
    layouts = conv_layouts(op, tuple(lhs.shape), tuple(rhs.shape), dimension_numbers)
    steps = as_dims(op, "strides", strides)
    dilation = (1,) * n if rhs_dilation is None else as_dims(op, "rhs_dilation", rhs_dilation)
    ends: Any = padding
    if consistent or padding in ("SAME", "VALID"):
        spans = [(rhs.shape[a] - 1) * d + 1 for a, d in zip(layouts.rhs_spec[2:], dilation, strict=False)]
        ends = transpose_ends(op, spans, steps, padding)
    kernel: Any = rhs
    if flipped:
        out, into, *spatial = layouts.rhs_spec
        kernel = xp.swapaxes(xp.flip(kernel, axis=tuple(spatial)), out, into)
    return conv_general_dilated(
        lhs,
        kernel,
        (1,) * n,
        ends,
        steps,
        dilation,
        layouts,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_dimension_numbers(
    lhs_shape: Sequence[int], rhs_shape: Sequence[int], dimension_numbers: Layouts
) -> ConvDimensionNumbers:
    """The layouts of a convolution, from strings to places of axes.

    Args:
        lhs_shape: Shape of the arrays.
        rhs_shape: Shape of the kernel.
        dimension_numbers: As in `conv_general_dilated`.

    Returns:
        What `conv_general_dilated` takes, too.

    Raises:
        ValueError: The layouts do not name each axis once.

    Derivative:
        Not differentiable: no arrays.

    Example:
        >>> dg.lax.conv_dimension_numbers((1, 4, 4, 2), (3, 3, 2, 5), ("NHWC", "HWIO", "NHWC")).rhs_spec
        (3, 2, 0, 1)

    Source: `jax.lax.conv_dimension_numbers`.
    """
    return conv_layouts("lax.conv_dimension_numbers", tuple(lhs_shape), tuple(rhs_shape), dimension_numbers)


def padtype_to_pads(
    in_shape: Sequence[int],
    window_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
) -> list[tuple[int, int]]:
    """What a named padding puts before and behind along each axis.

    Args:
        in_shape: Sizes of the array.
        window_shape: Sizes of the window or kernel.
        window_strides: Steps of the window.
        padding: `"VALID"`, `"SAME"`, `"SAME_LOWER"`, or pairs, which are returned.

    Returns:
        A pair for each axis.

    Raises:
        ValueError: `padding` is unknown, or there is not one number for each axis.

    Derivative:
        Not differentiable: no arrays.

    Example:
        >>> dg.lax.padtype_to_pads((4, 5), (3, 2), (1, 1), "SAME")
        [(1, 1), (0, 1)]

    Source: `jax.lax.padtype_to_pads`.
    """
    op = "lax.padtype_to_pads"
    given = {"in_shape": in_shape, "window_shape": window_shape, "window_strides": window_strides}
    sizes, spans, strides = [as_dims(op, name, value) for name, value in given.items()]
    if not len(sizes) == len(spans) == len(strides):
        raise ValueError(
            f"dualgrad.{op}: there must be as many sizes of the array and the window as steps, got {sizes}, {spans} "
            f"and {strides}."
        )
    return window_padding(op, padding, sizes, spans, strides)


def _prepared(
    op: str,
    lhs: Any,
    layouts: ConvDimensionNumbers,
    kernel: Sequence[int],
    window_strides: Any,
    padding: Any,
    lhs_dilation: Any,
    rhs_dilation: Any,
) -> tuple[Any, list[tuple[int, int]], tuple[int, ...], tuple[int, ...]]:
    """The arrays with channels second, spread out and cut, then what is still to be padded, and the kernel's steps."""
    n = lhs.ndim - 2
    dilation, base = (
        (1,) * n if d is None else as_dims(op, name, d)
        for name, d in (("rhs_dilation", rhs_dilation), ("lhs_dilation", lhs_dilation))
    )
    strides = as_dims(op, "window_strides", window_strides)
    if not len(dilation) == len(base) == len(strides) == n:
        raise ValueError(
            f"dualgrad.{op}: strides and dilations must have one number for each of {n} spatial axes, got {strides}, "
            f"{base} and {dilation}."
        )
    x: Any = active.backend.permute_dims(lhs, layouts.lhs_spec)
    sizes = [max((k - 1) * b + 1, 0) for k, b in zip(x.shape[2:], base, strict=True)]
    spans = [(kernel[a] - 1) * d + 1 for a, d in zip(layouts.rhs_spec[2:], dilation, strict=True)]
    ends = window_padding(op, padding, sizes, spans, strides)
    if any(b > 1 for b in base) or any(e < 0 for pair in ends for e in pair):
        within = [(0, 0, 0)] * 2 + [(min(a, 0), min(c, 0), b - 1) for (a, c), b in zip(ends, base, strict=True)]
        x = pad(x, 0, within)
        ends = [(max(a, 0), max(c, 0)) for a, c in ends]
    return x, ends, dilation, strides


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
    x, ends, dilation, strides = _prepared(
        op, lhs, layouts, kernel, window_strides, padding, lhs_dilation, rhs_dilation
    )
    x = pad(x, 0, [(0, 0, 0)] * 2 + [(a, b, 0) for a, b in ends])
    for at, axis in enumerate(layouts.rhs_spec[2:]):  # each axis becomes two: what a window sees, and the places
        parts = strided_windows(x, 2 + at, kernel[axis], dilation[at], strides[at])
        x = xp.stack(parts, axis=-1)
    x = xp.permute_dims(x, (0, 1, *range(2 + n, 2 + 2 * n), *range(2, 2 + n)))
    channels = x.shape[1] * math.prod(window)
    return xp.reshape(x, (x.shape[0], channels, *x.shape[2 + n :])), layouts


def _inverse(places: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(places)), key=places.__getitem__))
