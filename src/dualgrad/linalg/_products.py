"""Products and functions of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import matrices as _matrices
from dualgrad._rules.arguments import flag, way
from dualgrad._rules.products import Precision
from dualgrad._rules.shapes import as_int, as_size, sequence
from dualgrad.typing import Array

__all__ = ["cross", "expm", "expm_frechet", "matrix_power", "multi_dot", "sqrtm"]


def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Cross product of vectors of length 3.

    Args:
        x1: Any shape with size 3 along the axis; the others broadcast.
        x2: As `x1`; dtypes are promoted.
        axis: Axis of the vectors.

    Returns:
        The broadcast shape.

    Raises:
        ValueError: A size along the axis is not 3.
        IndexError: `axis` is out of range.

    Derivative:
        Bilinear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.cross(dg.asarray([1.0, 0.0, 0.0]), dg.asarray([0.0, 1.0, 0.0]))).tolist()
        [0.0, 0.0, 1.0]

    Source: Array API 2025.12, `linalg.cross`.
    """
    return active.backend.linalg.cross(x1, x2, axis=axis)


def expm(a: Array, /, *, upper_triangular: bool = False, max_squarings: int = 16) -> Array:
    """Exponential of each matrix, the sum of `a^k / k!`.

    Args:
        a: Shape `(..., n, n)`; floating-point or complex, of any norm. Integers are promoted to the default float.
        upper_triangular: Accepted for JAX's sake: a promise that the matrices are upper triangular.
        max_squarings: Accepted for JAX's sake, likewise; as many squarings are taken as the norm needs.

    Returns:
        Same shape; nan where `a` holds nan or inf.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.expm(dg.asarray([[0.0, 1.0], [0.0, 0.0]]))).tolist()
        [[1.0, 1.0], [0.0, 1.0]]

    Source: SciPy, `linalg.expm`.
    """
    if upper_triangular is not False or type(max_squarings) is not int or max_squarings != 16:
        flag("linalg.expm", "upper_triangular", upper_triangular)
        as_size("linalg.expm", max_squarings, "max_squarings")
    return active.backend.linalg.expm(a)


def expm_frechet(a: Array, e: Array, /, *, method: str | None = None, compute_expm: bool = True) -> Any:
    """Derivative of the matrix exponential at `a` in the direction `e`, and the exponential itself.

    Args:
        a: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.
        e: The direction, of the shape of `a`; dtypes are promoted.
        method: Accepted for SciPy's sake, `"SPS"` or `"blockEnlarge"`: the derivative is that of `expm` in any case.
        compute_expm: `False` for the derivative alone.

    Returns:
        `(exponential, derivative)`, both of the shape of `a`.

    Raises:
        ValueError: The last two axes of `a` differ, or the shapes of `a` and `e`.

    Derivative:
        Smooth in `a`, linear in `e`; both modes, any order.

    Example:
        >>> zero, e = dg.zeros((2, 2)), dg.asarray([[1.0, 2.0], [3.0, 4.0]])
        >>> dg.to_numpy(dg.linalg.expm_frechet(zero, e)[1]).round(3).tolist()
        [[1.0, 2.0], [3.0, 4.0]]

    Source: SciPy, `linalg.expm_frechet`.
    """
    way("linalg.expm_frechet", "method", method, ("SPS", "blockEnlarge"))
    compute_expm = flag("linalg.expm_frechet", "compute_expm", compute_expm)
    return active.backend.composed(_matrices.expm_frechet, a, e, compute_expm=compute_expm)


def matrix_power(x: Array, /, n: int) -> Array:
    """`n`-th power of each matrix; a negative one of the inverse.

    Args:
        x: Shape `(..., n, n)`; numeric. Integers stay integers and wrap around; for negative `n` they become the
            default float.
        n: Any integer.

    Returns:
        Same shape.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.
        TypeError: `n` is no integer.

    Derivative:
        Smooth; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.linalg.matrix_power(dg.asarray([[2.0, 0.0], [0.0, 4.0]]), 2)).tolist()
        [[4.0, 0.0], [0.0, 16.0]]

    Source: Array API 2025.12, `linalg.matrix_power`.
    """
    return active.backend.linalg.matrix_power(x, as_int("linalg.matrix_power", "n", n))


def multi_dot(arrays: Sequence[Array], *, precision: Precision = None) -> Array:
    """Product of several matrices, in the order that takes the fewest multiplications.

    Args:
        arrays: Two or more matrices that fit, shape `(..., m, n)`; the first may be one row and the last one column,
            of one axis. Dtypes are promoted, batch axes broadcast.
        precision: How exactly float32 is multiplied, as in `dg.matmul`.

    Returns:
        The product, without the axes that the first or the last lacks.

    Raises:
        ValueError: There are fewer than two, or they do not fit, or `precision` names none.
        TypeError: They come in no sequence.

    Derivative:
        Linear in each; both modes, any order.

    Example:
        >>> dg.linalg.multi_dot([dg.ones((2, 30)), dg.ones((30, 4)), dg.ones(4)]).shape == (2,)
        True

    Source: NumPy, `linalg.multi_dot`.
    """
    return active.backend.composed(_matrices.multi_dot, sequence("linalg.multi_dot", arrays), precision=precision)


def sqrtm(a: Array, /) -> Array:
    """Principal square root of each matrix, `x @ x = a` with no eigenvalue of `x` left of the imaginary axis.

    Args:
        a: Shape `(..., n, n)`; floating-point or complex. Integers are promoted to the default float.

    Returns:
        Same shape and dtype, real for a real `a`: nan where that has a negative eigenvalue, as `sqrt` has it, and the
        root of `dg.astype(a, dg.complex64)` is what is asked for. Nan too where the square of what was found is not
        `a` to half the digits: of a matrix with too few eigenvectors for an eigenvalue 0, which may have no root, or
        for one on the negative axis.

    Raises:
        ValueError: The last two axes differ, or there are fewer than two.

    Derivative:
        Smooth where no eigenvalue is 0 or negative; both modes, any order. At a singular matrix inf or nan.

    Example:
        >>> a = dg.asarray([[4.0, 1.0], [0.0, 4.0]])
        >>> bool(dg.allclose(dg.linalg.sqrtm(a), dg.asarray([[2.0, 0.25], [0.0, 2.0]])))
        True

    Source: SciPy, `linalg.sqrtm`; the dtype is decided here, since it must not depend on the data.
    """
    return active.backend.linalg.sqrtm(a)
