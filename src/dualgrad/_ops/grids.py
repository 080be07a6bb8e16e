"""Grids of indices, triangles, series and windows: arrays that follow from sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import grids as _grids
from dualgrad._rules.arguments import require_real_value
from dualgrad._rules.shapes import as_int, as_shape, sequence
from dualgrad.typing import Array, DTypeLike, Scalar, Shape

__all__ = [
    "bartlett",
    "blackman",
    "diag_indices",
    "fromfunction",
    "geomspace",
    "hamming",
    "hanning",
    "indices",
    "ix_",
    "kaiser",
    "ravel_multi_index",
    "tri",
    "tril_indices",
    "tril_indices_from",
    "triu_indices",
    "triu_indices_from",
    "unravel_index",
    "vander",
]


def bartlett(size: int, /) -> Any:
    """Bartlett window: a triangle that is zero at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [abs(float(w)) for w in dg.to_numpy(dg.bartlett(3)).round(6)]
        [0.0, 1.0, 0.0]

    Source: NumPy, `bartlett`.
    """
    return active.backend.composed(_grids.bartlett, size=size)


def blackman(size: int, /) -> Any:
    """Blackman window: three terms of cosines, nearly zero at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [abs(float(w)) for w in dg.to_numpy(dg.blackman(3)).round(6)]
        [0.0, 1.0, 0.0]

    Source: NumPy, `blackman`.
    """
    return active.backend.composed(_grids.blackman, size=size)


def diag_indices(n: int, ndim: int = 2) -> tuple[Any, ...]:
    """Indices of the main diagonal of an array of equal axes, one array for each axis.

    Args:
        n: Size of each axis.
        ndim: Number of axes.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.diag_indices(2))]
        [[0, 1], [0, 1]]

    Source: NumPy, `diag_indices`.
    """
    return active.backend.composed(
        _grids.diag_indices, n=as_int("diag_indices", "n", n), ndim=as_int("diag_indices", "ndim", ndim)
    )


def fromfunction(fun: Callable[..., Any], /, shape: Shape, *, dtype: DTypeLike = float) -> Any:
    """What a function gives for the indices of all elements of an array at once.

    Args:
        fun: Takes one array of indices for each axis.
        shape: The shape.
        dtype: Of the indices; default: the default float.

    Raises:
        ValueError: A size is negative.

    Derivative:
        That of `fun`.

    Example:
        >>> dg.to_numpy(dg.fromfunction(lambda i, j: 10 * i + j, (2, 2))).tolist()
        [[0.0, 1.0], [10.0, 11.0]]

    Source: NumPy, `fromfunction`.
    """
    return fun(*indices(shape, dtype, sparse=False))


def geomspace(
    start: Array | Scalar,
    stop: Array | Scalar,
    /,
    num: int = 50,
    *,
    endpoint: bool = True,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Any:
    """Numbers at equal ratios from `start` to `stop`; both ends are exact.

    Args:
        start: The first; of the sign of `stop`, or complex.
        stop: The last.
        num: How many.
        endpoint: Whether `stop` is among them.
        dtype: Default: that of `start` and `stop`, integers as the default float.
        axis: Where the new axis goes.

    Raises:
        ValueError: `num` is negative, or an end is the number 0; arrays with a 0 give nan.

    Derivative:
        Smooth in `start` and `stop`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.geomspace(1.0, 8.0, 4)).round(4).tolist()
        [1.0, 2.0, 4.0, 8.0]

    Source: NumPy, `geomspace`.
    """
    for name, end in (("start", start), ("stop", stop)):
        if isinstance(end, int | float | complex) and end == 0:
            raise ValueError(f"dualgrad.geomspace: {name} must not be 0, got {name}={end}.")
    return active.backend.composed(_grids.geomspace, start, stop, num=num, endpoint=endpoint, dtype=dtype, axis=axis)


def hamming(size: int, /) -> Any:
    """Hamming window: a raised cosine of height 0.08 at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [round(float(w), 6) for w in dg.to_numpy(dg.hamming(3))]
        [0.08, 1.0, 0.08]

    Source: NumPy, `hamming`.
    """
    return active.backend.composed(_grids.hamming, size=size)


def hanning(size: int, /) -> Any:
    """Hann window: a raised cosine that is zero at its ends.

    Args:
        size: Number of points; none or less give an empty array.

    Returns:
        Shape `(size,)`, the default float.

    Derivative:
        A constant.

    Example:
        >>> [abs(float(w)) for w in dg.to_numpy(dg.hanning(3)).round(6)]
        [0.0, 1.0, 0.0]

    Source: NumPy, `hanning`.
    """
    return active.backend.composed(_grids.hanning, size=size)


def indices(dimensions: Shape, dtype: DTypeLike = None, sparse: bool = False) -> Any:
    """The indices of the elements of an array of a shape, one array for each axis.

    Args:
        dimensions: The shape.
        dtype: Default: the default integer dtype.
        sparse: Leave each array its own axis alone, to be broadcast.

    Returns:
        Shape `(len(dimensions), *dimensions)`; a tuple of arrays if `sparse`.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.indices((2, 2))).tolist()
        [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]

    Source: NumPy, `indices`.
    """
    return active.backend.composed(
        _grids.indices, dimensions=as_shape("indices", dimensions), dtype=dtype, sparse=sparse
    )


def ix_(*arrays: Array | Scalar) -> tuple[Array, ...]:
    """Arrays that index the rows and columns, and so on, which they name, as an open grid.

    Args:
        arrays: Each of one axis.

    Returns:
        Each with its values along an axis of its own.

    Raises:
        ValueError: An array has not one axis.

    Derivative:
        Linear: copies elements; both modes, any order.

    Example:
        >>> [i.shape == s for i, s in zip(dg.ix_(dg.asarray([0, 2]), dg.asarray([1])), [(2, 1), (1, 1)])]
        [True, True]

    Source: NumPy, `ix_`.
    """
    return active.backend.composed(_grids.ix_, *arrays)


def kaiser(size: int, /, beta: Array | Scalar) -> Array:
    """Kaiser window: the Bessel function `i0` along a half circle.

    Args:
        size: Number of points; none or less give an empty array.
        beta: Shape of the window: 0 a rectangle, 14 nearly zero at its ends.

    Returns:
        Shape `(size,)`.

    Derivative:
        Smooth in `beta`; both modes, any order.

    Example:
        >>> [round(float(w), 4) for w in dg.to_numpy(dg.kaiser(3, 2.0))]
        [0.4387, 1.0, 0.4387]

    Source: NumPy, `kaiser`.
    """
    require_real_value("kaiser", "beta", beta)
    return active.backend.composed(_grids.kaiser, beta, size=size)


def ravel_multi_index(multi_index: Sequence[Any], shape: Shape, /, mode: str = "clip") -> Any:
    """Numbers in row-major order of the elements with these indices along each axis.

    Args:
        multi_index: One array of integers for each axis.
        shape: Shape of the array that is indexed.
        mode: Of an index out of bounds: `"clip"` gives the nearest end, `"wrap"` counts on from the other end.

    Raises:
        ValueError: There is not one array for each axis, or `mode` is another.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.ravel_multi_index((1, 2), (2, 3)))
        5

    Source: NumPy, `ravel_multi_index`.
    """
    return active.backend.composed(
        _grids.ravel_multi_index, *sequence("ravel_multi_index", multi_index), shape=shape, mode=mode
    )


def tri(n_rows: int, n_cols: int | None = None, /, k: int = 0, dtype: DTypeLike = None) -> Any:
    """A matrix of ones at and below a diagonal, and zeros above.

    Args:
        n_rows: Number of rows.
        n_cols: Number of columns; that of the rows by default.
        k: Which diagonal; positive above the main one.
        dtype: Default: the default float.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.tri(2, 3)).tolist()
        [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]

    Source: NumPy, `tri`.
    """
    return active.backend.composed(_grids.tri, rows=n_rows, cols=n_cols, k=k, dtype=dtype)


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, Any]:
    """Rows and columns of the elements at and below a diagonal, in row-major order.

    Args:
        n: Number of rows of the matrix.
        k: Which diagonal; positive above the main one.
        m: Number of columns; that of the rows by default.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.tril_indices(2))]
        [[0, 1, 1], [0, 0, 1]]

    Source: NumPy, `tril_indices`.
    """
    rows, cols = as_shape("tril_indices", (n, n if m is None else m))
    return active.backend.composed(
        _grids.mask_indices, rows=rows, cols=cols, k=as_int("tril_indices", "k", k), lower=True
    )


def tril_indices_from(x: Array, /, k: int = 0) -> tuple[Array, Array]:
    """Rows and columns of the elements of a matrix at and below a diagonal, in row-major order.

    Args:
        x: Two axes.
        k: Which diagonal; positive above the main one.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: `x` has not two axes.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.tril_indices_from(dg.ones((2, 2))))]
        [[0, 1, 1], [0, 0, 1]]

    Source: NumPy, `tril_indices_from`.
    """
    return active.backend.composed(_grids.tril_indices_from, x, k=as_int("tril_indices_from", "k", k))


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Any, Any]:
    """Rows and columns of the elements at and above a diagonal, in row-major order.

    Args:
        n: Number of rows of the matrix.
        k: Which diagonal; positive above the main one.
        m: Number of columns; that of the rows by default.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: A size is negative.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.triu_indices(2))]
        [[0, 0, 1], [0, 1, 1]]

    Source: NumPy, `triu_indices`.
    """
    rows, cols = as_shape("triu_indices", (n, n if m is None else m))
    return active.backend.composed(
        _grids.mask_indices, rows=rows, cols=cols, k=as_int("triu_indices", "k", k), lower=False
    )


def triu_indices_from(x: Array, /, k: int = 0) -> tuple[Array, Array]:
    """Rows and columns of the elements of a matrix at and above a diagonal, in row-major order.

    Args:
        x: Two axes.
        k: Which diagonal; positive above the main one.

    Returns:
        Two arrays of the default integer dtype.

    Raises:
        ValueError: `x` has not two axes.

    Derivative:
        Not differentiable.

    Example:
        >>> [i.tolist() for i in map(dg.to_numpy, dg.triu_indices_from(dg.ones((2, 2))))]
        [[0, 0, 1], [0, 1, 1]]

    Source: NumPy, `triu_indices_from`.
    """
    return active.backend.composed(_grids.triu_indices_from, x, k=as_int("triu_indices_from", "k", k))


def unravel_index(indices: Any, shape: Shape) -> tuple[Any, ...]:
    """Indices along each axis of the elements with these numbers in row-major order.

    Args:
        indices: Integers; negative ones count from the end, those out of bounds give the nearest end.
        shape: Shape of the array that is indexed.

    Returns:
        One array for each axis.

    Derivative:
        Not differentiable.

    Example:
        >>> [int(i) for i in dg.unravel_index(5, (2, 3))]
        [1, 2]

    Source: NumPy, `unravel_index`.
    """
    return active.backend.composed(_grids.unravel_index, indices, shape=shape)


def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """Vandermonde matrix: the powers of each element along a row.

    Args:
        x: One axis.
        N: Number of columns; that of the elements by default.
        increasing: Whether the power 0 comes first.

    Returns:
        Shape `(len(x), N)`; small integers become the default one.

    Raises:
        ValueError: `x` has not one axis.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.vander(dg.asarray([2.0, 3.0]), 3)).tolist()
        [[4.0, 2.0, 1.0], [9.0, 3.0, 1.0]]

    Source: NumPy, `vander`.
    """
    return active.backend.composed(_grids.vander, x, N=N, increasing=increasing)
