"""Convolution with channels second."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._rules.convolution import Padding
from dualgrad._rules.products import Precision
from dualgrad.typing import Array, DTypeLike

__all__ = [
    "conv",
    "conv_transpose",
]


def conv(
    x: Array,
    kernel: Array,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Convolution as in neural networks: the kernel is not flipped.

    Args:
        x: Shape `(N, C, *spatial)` with one to three spatial axes.
        kernel: Shape `(O, C // groups, *spatial)`; dtypes are promoted.
        strides: Step from output to output, one number or one per spatial axis.
        padding: `"VALID"`: none; `"SAME"`: so that there are `ceil(size / stride)` outputs, the odd one at the end; an
            integer; or one integer or pair `(before, after)` per spatial axis.
        dilation: Step from element to element of the kernel.
        groups: Number of groups of channels that do not mix.
        precision: How exactly float32 is multiplied, as in `dg.matmul`. PyTorch's flag for convolutions on a GPU allows
            less unless it is turned off: `torch.backends.cudnn.allow_tf32 = False`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.

    Returns:
        Shape `(N, O, *spatial)`.

    Raises:
        ValueError: A shape or an option does not fit.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.nn.conv(dg.asarray([[[1.0, 2.0, 3.0]]]), dg.asarray([[[1.0, -1.0]]]))).tolist()
        [[[-1.0, -1.0]]]

    Source: JAX, `lax.conv_general_dilated`, in one layout.
    """
    return active.backend.nn.conv(
        x,
        kernel,
        strides=strides,
        padding=padding,
        dilation=dilation,
        groups=groups,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_transpose(
    x: Array,
    kernel: Array,
    /,
    *,
    strides: int | Sequence[int] = 1,
    padding: Padding = "VALID",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    output_padding: int | Sequence[int] = 0,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Transpose of the linear map that `conv` is of its input: what its gradient applies.

    Along an axis the full result has `(size - 1) * stride + span` elements, where a kernel of `k` elements spans
    `(k - 1) * dilation + 1`. The kernel is that of the `conv` which is transposed, so that
    `jax.lax.conv_transpose(..., transpose_kernel=True)` and `torch.nn.functional.conv_transpose2d` agree with this.

    Args:
        x: Shape `(N, C, *spatial)` with one to three spatial axes.
        kernel: Shape `(C, O // groups, *spatial)`; dtypes are promoted.
        strides: Step from element to element of `x` in the result, one number or one per spatial axis.
        padding: What is left of the full result. `"SAME"`: `size * stride` elements; `"VALID"`: all, and at least
            `size * stride`; an integer, or one integer or pair `(before, after)` per spatial axis: all but so many at
            the ends, as the transposed `conv` had been padded.
        dilation: Step from element to element of the kernel.
        groups: Number of groups of channels that do not mix.
        output_padding: So many elements more at the end of each spatial axis: those that the padding cut off, then
            zeros. It chooses among the sizes that a `conv` with strides takes to one.
        precision: How exactly float32 is multiplied, as in `conv`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `dg.matmul`.

    Returns:
        Shape `(N, O, *spatial)`.

    Raises:
        ValueError: A shape or an option does not fit.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> x, kernel = dg.asarray([[[1.0, 2.0]]]), dg.asarray([[[1.0, 10.0]]])
        >>> dg.to_numpy(dg.nn.conv_transpose(x, kernel, strides=2)).tolist()
        [[[1.0, 10.0, 2.0, 20.0]]]

    Source: JAX, `lax.conv_transpose`, in one layout; PyTorch for `padding` in numbers and `output_padding`.
    """
    return active.backend.nn.conv_transpose(
        x,
        kernel,
        strides=strides,
        padding=padding,
        dilation=dilation,
        groups=groups,
        output_padding=output_padding,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )
