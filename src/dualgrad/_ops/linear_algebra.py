"""Products, transposes and diagonals; factorisations and solvers stand in `dualgrad.linalg`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import products as _products
from dualgrad._composed import stacking as _stacking
from dualgrad._rules.arguments import foreign, in_python
from dualgrad._rules.einsum import frozen_path, path_of, spelled_out
from dualgrad._rules.products import Precision, options_of_products
from dualgrad.typing import Array, DTypeLike, Scalar, SupportsArray

__all__ = [
    "cross",
    "diag",
    "diagflat",
    "diagonal",
    "dot",
    "einsum",
    "einsum_path",
    "inner",
    "kron",
    "matmul",
    "matrix_transpose",
    "matvec",
    "outer",
    "tensordot",
    "trace",
    "vdot",
    "vecdot",
    "vecmat",
]


def cross(x1: Array, x2: Array, /, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """Cross product of vectors of length 3.

    Args:
        x1: Vectors along `axis`, which has size 3.
        x2: As `x1`; the other axes broadcast.
        axisa: Axis of the vectors in `x1`.
        axisb: Axis of the vectors in `x2`.
        axisc: Axis of the vectors in the result.
        axis: Axis of the vectors in both and in the result, in the place of the three.

    Returns:
        The broadcast shape with the vectors along `axis` or `axisc`; dtypes promoted.

    Raises:
        ValueError: The axis has another size, or the shapes do not broadcast.
        IndexError: `axis` is out of range.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.cross(dg.asarray([1.0, 0.0, 0.0]), dg.asarray([0.0, 1.0, 0.0]))).tolist()
        [0.0, 0.0, 1.0]

    Source: NumPy, `cross`.
    """
    a, b, c = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    return active.backend.composed(_products.cross, x1, x2, axisa=a, axisb=b, axisc=c)


def diag(x: Array, /, k: int = 0) -> Array:
    """The matrix with a given diagonal, or the diagonal of a given matrix.

    Args:
        x: One axis for the first, two for the second.
        k: Which diagonal: above the main one if positive.

    Returns:
        A square matrix, or one axis.

    Raises:
        ValueError: `x` has neither one axis nor two.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.diag(dg.asarray([1.0, 2.0]))).tolist()
        [[1.0, 0.0], [0.0, 2.0]]

    Source: NumPy, `diag`.
    """
    return active.backend.diag(x, k=k)


def diagflat(x: Array | Scalar, /, k: int = 0) -> Array:
    """A square matrix with the flattened array on a diagonal.

    Args:
        x: Any shape.
        k: Which diagonal; positive above the main one.

    Returns:
        Shape `(n, n)`, where `n` is the number of elements and `abs(k)`; same dtype.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.diagflat(dg.asarray([[1.0, 2.0]]))).tolist()
        [[1.0, 0.0], [0.0, 2.0]]

    Source: NumPy, `diagflat`.
    """
    return active.backend.composed(_stacking.diagflat, x, k=k)


def diagonal(x: Array, /, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Array:
    """The diagonal of each matrix: by default of the last two axes, not of the first two as in NumPy.

    Args:
        x: Shape `(..., m, n)`.
        offset: Which diagonal: above the main one if positive.
        axis1: Axis of the rows.
        axis2: Axis of the columns.

    Returns:
        Shape `(..., k)`: the axes of `x` without the two, then that of the diagonal.

    Raises:
        ValueError: `x` has fewer than two axes, or `axis1` and `axis2` are the same.
        IndexError: An axis is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.diagonal(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [1.0, 4.0]

    Source: Array API 2025.12, `linalg.diagonal`.
    """
    return active.backend.diagonal(x, offset, axis1, axis2)


def dot(
    x1: Array | Scalar,
    x2: Array | Scalar,
    /,
    *,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Product over the last axis of `x1` and the second to last of `x2`, as in NumPy.

    Args:
        x1: Any shape; a scalar multiplies.
        x2: As `x1`; dtypes are promoted.
        precision: How exactly float32 is multiplied, as in `matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        Shapes without the axis multiplied over, `x1`'s first.

    Raises:
        ValueError: The axes differ in size, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> float(dg.dot(dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0])))
        11.0

    Source: NumPy, `dot`.
    """
    if precision is None and preferred_element_type is None:  # as in `matmul`
        return active.backend.dot(x1, x2)
    return active.backend.dot(x1, x2, **options_of_products("dot", precision, preferred_element_type))


def einsum(
    subscripts: str | Array,
    /,
    *operands: Any,
    optimize: bool | str | Sequence[Any] = True,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Sum of products named by subscripts, such as `"bij,bjk->bik"`.

    Args:
        subscripts: Letters for the axes of each operand, `...` for the rest, after `->` those of the result.
        *operands: One array per group of letters; dtypes are promoted. In the place of letters numbers may be given, in
            a list after each array, and at the end in one for the result: `einsum(x, [0, 1], y, [1, 2], [0, 2])`.
        optimize: The order of the products: `True` or `"auto"` for a good one, `"optimal"`, `"greedy"`, `False` for
            from left to right, or a path from `einsum_path`.
        precision: How exactly float32 is multiplied, as in `matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        The axes named after `->`; without it those that occur once, in alphabetical order.

    Raises:
        ValueError: The subscripts do not fit the operands, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Multilinear; both modes, any order.

    Example:
        >>> float(dg.einsum("ii->", dg.asarray([[1.0, 2.0], [3.0, 4.0]])))
        5.0

    Source: NumPy, `einsum`.
    """
    if not isinstance(subscripts, str):
        subscripts, operands = spelled_out("einsum", subscripts, operands)
    if precision is None and preferred_element_type is None:  # as in `matmul`
        return active.backend.einsum(subscripts, *operands, optimize=optimize)
    return active.backend.einsum(
        subscripts, *operands, optimize=optimize, precision=precision, preferred_element_type=preferred_element_type
    )


def einsum_path(
    subscripts: str | SupportsArray, /, *operands: Any, optimize: bool | str | Sequence[Any] = "optimal"
) -> tuple[list[Any], str]:
    """The order in which `einsum` takes its products, and a report on what it costs.

    Args:
        subscripts: As for `einsum`.
        *operands: Arrays, of which the shapes count, or shapes as `dg.ShapeDtypeStruct`.
        optimize: `"optimal"`, `"greedy"`, `True` for one of them by the number of operands, `False` for all at once.

    Returns:
        A path that `einsum` takes as `optimize`, and the report.

    Raises:
        ValueError: The subscripts do not fit the operands.

    Derivative:
        Not differentiable.

    Example:
        >>> a, b, c = dg.ones((2, 9)), dg.ones((9, 9)), dg.ones((9, 1))
        >>> dg.einsum_path("ij,jk,kl->il", a, b, c)[0]
        ['einsum_path', (1, 2), (0, 1)]

    Source: NumPy, `einsum_path`.
    """
    text, arrays = spelled_out("einsum_path", subscripts, operands)
    order, shapes = frozen_path("einsum_path", optimize, len(arrays)), tuple([_shape_of(x) for x in arrays])
    try:
        return path_of(text, shapes, order)
    except ValueError:
        raise ValueError(
            f"dualgrad.einsum_path: the subscripts must fit the operands, got {text!r} and shapes "
            f"{', '.join(map(str, shapes))}."
        ) from None


def inner(
    x1: Array | Scalar,
    x2: Array | Scalar,
    /,
    *,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Product over the last axes of both; nothing is conjugated.

    Args:
        x1: Any shape; a scalar multiplies.
        x2: As `x1`; dtypes are promoted.
        precision: How exactly float32 is multiplied, as in `matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        Shapes without the last axes, `x1`'s first.

    Raises:
        ValueError: The last axes differ in size, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> float(dg.inner(dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0])))
        11.0

    Source: NumPy, `inner`.
    """
    if precision is None and preferred_element_type is None:  # as in `matmul`
        return active.backend.inner(x1, x2)
    return active.backend.inner(x1, x2, **options_of_products("inner", precision, preferred_element_type))


def kron(x1: Array | Scalar, x2: Array | Scalar, /) -> Array:
    """Kronecker product: a copy of `x2` for each element of `x1`, multiplied by it.

    Args:
        x1: Any shape.
        x2: As `x1`; dtypes are promoted.

    Returns:
        Each axis has the product of both sizes.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.kron(dg.asarray([1.0, 2.0]), dg.asarray([1.0, 3.0]))).tolist()
        [1.0, 3.0, 2.0, 6.0]

    Source: NumPy, `kron`.
    """
    return active.backend.kron(x1, x2)


def matmul(
    x1: Array,
    x2: Array,
    /,
    *,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Matrix product, `x1 @ x2`.

    Args:
        x1: Shape `(..., m, k)`, or `(k,)`.
        x2: Shape `(..., k, n)`, or `(k,)`; dtypes are promoted, batch axes broadcast.
        precision: How exactly float32 is multiplied where a machine has quicker ways: `"default"`, `"high"`,
            `"highest"`, or a pair of them, one for each operand. JAX chooses by it; PyTorch multiplies in full unless
            its own flags allow less (`torch.set_float32_matmul_precision`).
        preferred_element_type: Dtype in which products are summed, and of the result; by default the promoted one. To
            a narrower one the result is rounded.

    Returns:
        Shape `(..., m, n)`; an axis that an argument lacks is absent.

    Raises:
        ValueError: The sizes do not match, or an argument has no axis, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> float(dg.matmul(dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0])))
        11.0

    Source: Array API 2025.12, `matmul`.
    """
    if precision is None and preferred_element_type is None:  # 0.4 us less than with keywords, on JAX
        return active.backend.matmul(x1, x2)
    return active.backend.matmul(x1, x2, **options_of_products("matmul", precision, preferred_element_type))


def matrix_transpose(x: Array, /) -> Array:
    """The last two axes exchanged.

    Args:
        x: Shape `(..., m, n)`.

    Returns:
        Shape `(..., n, m)`.

    Raises:
        ValueError: `x` has fewer than two axes.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.matrix_transpose(dg.ones((2, 3))).shape == (3, 2)
        True

    Source: Array API 2025.12, `matrix_transpose`.
    """
    return active.backend.matrix_transpose(x)


def matvec(x1: Array, x2: Array, /) -> Array:
    """Product of each matrix with each vector.

    Args:
        x1: Matrices, shape `(..., m, n)`.
        x2: Vectors, shape `(..., n)`; dtypes are promoted, batch axes broadcast.

    Returns:
        Shape `(..., m)`.

    Raises:
        ValueError: The sizes do not match, or an argument has too few axes.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.matvec(dg.asarray([[1.0, 2.0], [3.0, 4.0]]), dg.asarray([[1.0, 0.0], [0.0, 1.0]]))).tolist()
        [[1.0, 3.0], [2.0, 4.0]]

    Source: NumPy, `matvec`.
    """
    return active.backend.composed(_products.matvec, x1, x2)


def outer(x1: Array, x2: Array, /) -> Array:
    """Every element of `x1` times every element of `x2`.

    Args:
        x1: Any shape; it is flattened.
        x2: As `x1`; dtypes are promoted.

    Returns:
        Shape `(x1.size, x2.size)`.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.outer(dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0]))).tolist()
        [[3.0, 4.0], [6.0, 8.0]]

    Source: Array API 2025.12, `linalg.outer`; of more axes NumPy, `outer`.
    """
    return active.backend.outer(x1, x2)


def tensordot(
    x1: Array,
    x2: Array,
    /,
    axes: int | tuple[Sequence[int], Sequence[int]] = 2,
    *,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Product over several axes at once.

    Args:
        x1: Any shape.
        x2: As `x1`; dtypes are promoted.
        axes: How many: the last of `x1` with the first of `x2`; or which: axes of `x1` and axes of `x2`, in pairs.
        precision: How exactly float32 is multiplied, as in `matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        The remaining axes, `x1`'s first.

    Raises:
        ValueError: An axis does not exist, or a pair differs in size, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> float(dg.tensordot(dg.ones((2, 3)), dg.ones((2, 3))))
        6.0

    Source: Array API 2025.12, `tensordot`.
    """
    axes = in_python(axes)
    if precision is None and preferred_element_type is None:  # as in `matmul`
        return active.backend.tensordot(x1, x2, axes=axes)
    return active.backend.tensordot(
        x1, x2, axes=axes, precision=precision, preferred_element_type=preferred_element_type
    )


def trace(x: Array, /, offset: int = 0, axis1: int = -2, axis2: int = -1, dtype: DTypeLike | None = None) -> Array:
    """Sum of the diagonal of each matrix: by default of the last two axes, not of the first two as in NumPy.

    Args:
        x: Shape `(..., m, n)`; numeric.
        offset: Which diagonal: above the main one if positive.
        axis1: Axis of the rows.
        axis2: Axis of the columns.
        dtype: Dtype of the result, as in `sum`.

    Returns:
        Shape `(...)`: the axes of `x` without the two.

    Raises:
        ValueError: `x` has fewer than two axes, or `axis1` and `axis2` are the same.
        IndexError: An axis is out of range.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> float(dg.trace(dg.asarray([[1.0, 2.0], [3.0, 4.0]])))
        5.0

    Source: Array API 2025.12, `linalg.trace`.
    """
    return active.backend.trace(x, offset, axis1, axis2, dtype=dtype)


def vecdot(
    x1: Array,
    x2: Array,
    /,
    *,
    axis: int = -1,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Dot product of vectors along an axis; `x1` is conjugated.

    Args:
        x1: Any shape; the other axes broadcast.
        x2: As `x1`; dtypes are promoted.
        axis: Axis of the vectors.
        precision: How exactly float32 is multiplied, as in `matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        The broadcast shape without the axis.

    Raises:
        IndexError: `axis` is out of range.
        ValueError: The sizes along the axis differ, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Bilinear (in the conjugate of `x1`); both modes, any order.

    Example:
        >>> dg.to_numpy(dg.vecdot(dg.ones((2, 3)), dg.ones((2, 3)))).tolist()
        [3.0, 3.0]

    Source: Array API 2025.12, `vecdot`.
    """
    if precision is None and preferred_element_type is None:  # as in `matmul`
        return active.backend.vecdot(x1, x2, axis=axis)
    return active.backend.vecdot(x1, x2, axis=axis, precision=precision, preferred_element_type=preferred_element_type)


def vdot(
    x1: Array | Scalar,
    x2: Array | Scalar,
    /,
    *,
    precision: Precision = None,
    preferred_element_type: DTypeLike | None = None,
) -> Array:
    """Product of two flattened arrays, the first one conjugated.

    Args:
        x1: Any shape.
        x2: As many elements.
        precision: How exactly float32 is multiplied, as in `matmul`.
        preferred_element_type: Dtype in which products are summed, and of the result, as in `matmul`.

    Returns:
        0-d.

    Raises:
        ValueError: The numbers of elements differ, or `precision` names none.
        TypeError: `preferred_element_type` holds no such products: float32 for complex ones.

    Derivative:
        Linear in `x2` and in the conjugate of `x1`; both modes, any order.

    Example:
        >>> complex(dg.vdot(dg.asarray([1j, 2.0]), dg.asarray([1j, 1.0])))
        (3+0j)

    Source: NumPy, `vdot`.
    """
    if precision is None and preferred_element_type is None:  # as in `matmul`
        return active.backend.composed(_products.vdot, x1, x2)
    return active.backend.composed(
        _products.vdot, x1, x2, precision=precision, preferred_element_type=preferred_element_type
    )


def vecmat(x1: Array, x2: Array, /) -> Array:
    """Product of each vector, conjugated, with each matrix.

    Args:
        x1: Vectors, shape `(..., m)`; conjugated.
        x2: Matrices, shape `(..., m, n)`; dtypes are promoted, batch axes broadcast.

    Returns:
        Shape `(..., n)`.

    Raises:
        ValueError: The sizes do not match, or an argument has too few axes.

    Derivative:
        Bilinear (in the conjugate of `x1`); both modes, any order.

    Example:
        >>> dg.to_numpy(dg.vecmat(dg.asarray([1.0, 0.0]), dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [1.0, 2.0]

    Source: NumPy, `vecmat`.
    """
    return active.backend.composed(_products.vecmat, x1, x2)


def _shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an operand of `einsum_path`, which may be the outline of an array."""
    if isinstance(x, bool | int | float | complex):
        return ()
    if not hasattr(x, "shape"):
        raise foreign("einsum_path", x, active.backend.name)
    return tuple(x.shape)
