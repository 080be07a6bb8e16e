"""Rules of linear algebra, correlations and reductions that every backend enforces with the same words.

Shapes and dtypes arrive as tuples and names; see `_rules` for the general ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from dualgrad._rules.arguments import in_python, is_name, normalize_axis, shown
from dualgrad._rules.shapes import broadcast_shapes

__all__ = [
    "convolution_span",
    "matmul_error",
    "matrix_axes",
    "norm_axes",
    "norm_error",
    "order_of_norm",
    "real_only",
    "require_1d",
    "require_matrix",
    "require_nonempty",
    "require_one_axis",
    "require_square",
    "solve_takes_vector",
    "vecdot_axes",
]


def convolution_span(op: str, shapes: tuple[tuple[int, ...], tuple[int, ...]], mode: str) -> tuple[int, int]:
    """Where the result of a convolution begins in the full one, and how long it is.

    Raises:
        ValueError: An array has not one axis or no element, or the mode is unknown.
    """
    if any(len(shape) != 1 or not shape[0] for shape in shapes):
        raise ValueError(
            f"dualgrad.{op}: the arrays must have one axis and at least one element, got shapes {shapes[0]} and "
            f"{shapes[1]}."
        )
    if not is_name(mode, ("full", "same", "valid")):
        raise ValueError(f"dualgrad.{op}: mode must be 'full', 'same' or 'valid', got mode={shown(mode)}.")
    short, long = sorted((shapes[0][0], shapes[1][0]))
    return {"full": (0, short + long - 1), "same": ((short - 1) // 2, long), "valid": (short - 1, long - short + 1)}[
        mode
    ]


def require_matrix(op: str, shape: Sequence[int]) -> None:
    """Raises ValueError: fewer than two axes."""
    if len(shape) < 2:
        raise ValueError(f"dualgrad.{op}: the argument must have shape (..., m, n), got shape {tuple(shape)}.")


def matrix_axes(op: str, shape: Sequence[int], axis1: int, axis2: int) -> tuple[int, int]:
    """The axes of rows and columns, counted from the front.

    Raises:
        ValueError: There are fewer than two axes, or the two are one.
        IndexError: One is out of range.
    """
    require_matrix(op, shape)
    rows, cols = normalize_axis(op, axis1, len(shape)), normalize_axis(op, axis2, len(shape))
    if rows == cols:
        raise ValueError(f"dualgrad.{op}: axis1 and axis2 must differ, got axis1={axis1} and axis2={axis2}.")
    return rows, cols


def require_square(op: str, shape: Sequence[int]) -> None:
    """Raises ValueError: the last two axes differ, or there are fewer than two."""
    require_matrix(op, shape)
    if shape[-1] != shape[-2]:
        raise ValueError(f"dualgrad.{op}: matrices must be square, shape (..., n, n), got shape {tuple(shape)}.")


def require_1d(op: str, *shapes: Sequence[int]) -> None:
    """Raises ValueError: an argument has not exactly one axis."""
    for shape in shapes:
        if len(shape) != 1:
            raise ValueError(
                f"dualgrad.{op}: the arguments must be one-dimensional, got shape {tuple(shape)}. "
                "Flatten with dg.reshape(x, (-1,))."
            )


def matmul_error(op: str, shape1: Sequence[int], shape2: Sequence[int]) -> ValueError | None:
    """The error for two shapes that cannot be multiplied, else `None`."""
    if not shape1 or not shape2:
        return ValueError(
            f"dualgrad.{op}: arguments must have at least one axis, got shapes {tuple(shape1)} and {tuple(shape2)}. "
            "Multiply by a scalar with dg.multiply."
        )
    inner = shape2[-2] if len(shape2) > 1 else shape2[0]
    if shape1[-1] != inner:
        return ValueError(
            f"dualgrad.{op}: the last axis of x1 must match the {'second to last' if len(shape2) > 1 else 'only'} axis "
            f"of x2, got shapes {tuple(shape1)} and {tuple(shape2)}."
        )
    for a, b in zip(reversed(shape1[:-2]), reversed(shape2[:-2]), strict=False):
        if a != b and a != 1 and b != 1:
            return ValueError(
                f"dualgrad.{op}: batch axes must broadcast, got shapes {tuple(shape1)} and {tuple(shape2)}."
            )
    return None


def vecdot_axes(op: str, shape1: Sequence[int], shape2: Sequence[int], axis: int) -> tuple[int, int]:
    """`axis` of each argument counted from the back, checked to exist and to have the same size in both.

    Raises:
        IndexError: An argument lacks the axis.
        ValueError: The sizes along it differ.
    """
    from dualgrad._rules.arguments import normalize_axis

    first, second = (normalize_axis(op, axis, len(shape)) - len(shape) for shape in (shape1, shape2))
    if shape1[first] != shape2[second]:
        raise ValueError(
            f"dualgrad.{op}: both arguments must have the same size along the axis, "
            f"got shapes {tuple(shape1)} and {tuple(shape2)} with axis={axis}."
        )
    return first, second


def solve_takes_vector(op: str, shape_a: Sequence[int], shape_b: Sequence[int]) -> bool:
    """Whether the right-hand side is one vector; it is one exactly if it has one axis.

    Raises:
        ValueError: `a` is not square, `b` does not fit, or the batch axes do not broadcast.
    """
    require_square(op, shape_a)
    vector = len(shape_b) == 1
    if not shape_b or (shape_b[0] if vector else shape_b[-2]) != shape_a[-1]:
        raise ValueError(
            f"dualgrad.{op}: b must have shape (n,) or (..., n, k) for a of shape (..., n, n), "
            f"got shapes {tuple(shape_a)} and {tuple(shape_b)}. A stack of vectors takes a last axis: b[..., None]."
        )
    if not vector and shape_a[:-2] != shape_b[:-2]:
        broadcast_shapes(tuple(shape_a[:-2]), tuple(shape_b[:-2]), op=op)
    return vector


def real_only(op: str, dtype: str) -> TypeError:
    """The error for a complex argument of an op that needs an order or a real line."""
    return TypeError(
        f"dualgrad.{op}: the argument must be real, got dtype {dtype}. Take dg.real(x), dg.imag(x) or dg.abs(x) of it."
    )


def require_nonempty(op: str, shape: Sequence[int], axes: Sequence[int]) -> None:
    """Raises ValueError: a reduction without identity over no elements."""
    if any(shape[a] == 0 for a in axes):
        raise ValueError(
            f"dualgrad.{op}: an empty array has no such value, got shape {tuple(shape)} reduced over "
            f"axis={tuple(axes)}. Test the shape first."
        )


def require_one_axis(op: str, axis: int | None, ndim: int) -> int:
    """The axis of a cumulative op, which may be left out for a one-dimensional array only.

    Raises:
        ValueError: `axis` is `None` and the array has not exactly one axis, or the array has none.
        IndexError: `axis` is out of range.
    """
    from dualgrad._rules.arguments import normalize_axis

    if axis is None:
        if ndim != 1:
            raise ValueError(
                f"dualgrad.{op}: axis is needed unless the array has one axis, got an array of {ndim} axes. Pass axis=."
            )
        return 0
    return normalize_axis(op, axis, ndim)


def norm_axes(op: str, ord: object, axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The axis or the two that a norm of this order is taken over.

    Raises:
        IndexError: One is out of range.
        ValueError: There are others than one or two.
    """
    from dualgrad._rules.arguments import normalize_axes

    axes = normalize_axes(op, axis, ndim)
    if len(axes) not in (1, 2):
        raise ValueError(
            f"dualgrad.{op}: a norm of order {shown(ord)} needs one axis or two, got {len(axes)} axes. Pass axis=."
        )
    return axes


def order_of_norm(op: str, ord: Any) -> Any:
    """The order of a norm, as a number of Python's where it is a scalar of NumPy's.

    Raises:
        ValueError: It is an array of several.
    """
    if getattr(ord, "ndim", 0):
        raise norm_error(op, ord)
    return in_python(ord) if isinstance(ord, Real) else ord


def norm_error(op: str, ord: object, name: str = "ord", of: str = "") -> ValueError:
    """The error for an order that no norm has; `of` is the function of the namespace that `op` is for such arrays."""
    known = "a number" if (of or op).endswith("vector_norm") else '"fro", "nuc", 1, -1, 2, -2, inf or -inf'
    return ValueError(f"dualgrad.{op}: {name} must be {known}, got {name}={shown(ord)}.")
