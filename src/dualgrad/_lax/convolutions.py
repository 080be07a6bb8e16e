"""Convolutions in any layout, by the names and arguments of `jax.lax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed.products import product_options
from dualgrad._lax._arranged import inverse, prepared
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.arguments import flag
from dualgrad._rules.convolution import divided, transpose_ends
from dualgrad._rules.dimension_numbers import Layouts, conv_layouts
from dualgrad._rules.products import Precision
from dualgrad._rules.shapes import as_dims
from dualgrad.typing import Array, DTypeLike

__all__ = ["conv", "conv_general_dilated", "conv_transpose", "conv_with_general_padding"]


@named("lax")
def conv(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
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


@named("lax")
def conv_with_general_padding(
    lhs: Array,
    rhs: Array,
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None,
    rhs_dilation: Sequence[int] | None,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
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


@named("lax")
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
) -> Array:
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
    x, ends, dilation, strides = prepared(
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
    return xp.permute_dims(out, inverse(layouts.out_spec))


@named("lax")
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
) -> Array:
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
