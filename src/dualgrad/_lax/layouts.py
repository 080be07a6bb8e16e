"""How the arrays of a convolution lie, and what is put around them."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._lax.reductions import window_padding
from dualgrad._naming import named
from dualgrad._rules.dimension_numbers import ConvDimensionNumbers, Layouts, conv_layouts
from dualgrad._rules.shapes import as_dims

__all__ = ["conv_dimension_numbers", "padtype_to_pads"]


@named("lax")
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


@named("lax")
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
