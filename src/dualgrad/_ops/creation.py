"""Making arrays."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed import triangles as _triangles
from dualgrad._dtypes import convert_by
from dualgrad._naming import named
from dualgrad._rules.arguments import flag
from dualgrad._rules.shapes import as_int
from dualgrad.typing import Array, ArrayLike, Device, DTypeLike, Scalar, Shape, ShapeDtypeStruct, SupportsArray

__all__ = [
    "array",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "identity",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def asarray(obj: ArrayLike, /, dtype: DTypeLike = None, *, device: Device = None, copy: bool | None = None) -> Any:
    """`obj` as an array of the active backend: the one door for lists, NumPy and arrays of other frameworks.

    An array of the backend comes back as it is. Anything else is copied, so that no memory is shared. In 32-bit mode
    64-bit NumPy input is narrowed. From another framework come the values only, no derivatives.

    Args:
        obj: An array of any framework that supports DLPack or NumPy's protocol, a Python number, or nested lists and
            tuples of numbers or of equally shaped arrays of the backend.
        dtype: Default: that of `obj`; for Python numbers the default of their kind.
        device: Default: that of `obj`, or the default device.
        copy: `True` for a copy always; `False` for an error where a copy would be needed.

    Returns:
        An array with the shape of `obj`; its dtype is that of `obj`, narrowed in 32-bit mode, where none is given.

    Raises:
        OverflowError: A Python integer does not fit the dtype.
        ValueError: Ragged lists, or `copy=False` where a copy is needed.
        ConcretizationError: An array that another framework is tracing.

    Derivative:
        The identity for arrays of the backend, both modes, any order.

    Example:
        >>> dg.asarray([[1.0, 2.0]]).shape == (1, 2)
        True

    Source: Array API 2025.12, `asarray`.
    """
    if copy is not None:
        flag("asarray", "copy", copy)
    return active.backend.asarray(obj, dtype=dtype, device=device, copy=copy)


convert_by(asarray)


@named()
def array(
    obj: ArrayLike, /, dtype: DTypeLike = None, *, device: Device = None, copy: bool | None = None, ndmin: int = 0
) -> Any:
    """As `asarray`, with at least so many axes.

    Args:
        obj: As for `asarray`.
        dtype: Default: that of `obj`; for Python numbers the default of their kind.
        device: Default: that of `obj`, or the default device.
        copy: `True` for a copy always; `False` for an error where a copy would be needed. Arrays are never written to,
            so that the default makes none of an array of the backend.
        ndmin: Axes of size 1 are put in front of fewer axes than these.

    Returns:
        An array with the shape of `obj`, or more axes; its dtype as that of `asarray`.

    Raises:
        TypeError: `ndmin` is no integer, or as `asarray`.
        OverflowError, ValueError, ConcretizationError: As `asarray`.

    Derivative:
        The identity for arrays of the backend, both modes, any order.

    Example:
        >>> dg.array([1.0, 2.0], ndmin=2).shape == (1, 2)
        True

    Source: NumPy, `array`.
    """
    axes = as_int("array", "ndmin", ndmin)
    made = asarray(obj, dtype, device=device, copy=copy)
    missing = axes - made.ndim
    return active.backend.reshape(made, (*(1,) * missing, *made.shape)) if missing > 0 else made


def empty(shape: Shape, dtype: DTypeLike = None, *, device: Device = None) -> Any:
    """An array whose values the caller will not read; zeros on the built-in backends.

    Args:
        shape: An integer or a tuple of them.
        dtype: Default: the default float.
        device: Default: the default device.

    Returns:
        The shape asked for; the default float where no dtype is given.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.empty((2, 3)).shape == (2, 3)
        True

    Source: Array API 2025.12, `empty`.
    """
    return active.backend.empty(shape, dtype=dtype, device=device)


def empty_like(
    x: Array | Scalar | ShapeDtypeStruct,
    /,
    dtype: DTypeLike = None,
    *,
    device: Device = None,
    shape: Shape | None = None,
) -> Array:
    """An array of the shape and dtype of `x`, whose values the caller will not read.

    Args:
        x: Any shape; an array, or a `ShapeDtypeStruct` of one.
        dtype: Default: that of `x`.
        device: Default: that of `x`.
        shape: Default: that of `x`.

    Returns:
        The shape and dtype of `x` where no others are given.

    Derivative:
        Zero everywhere.

    Example:
        >>> dg.empty_like(dg.ones(3)).shape == (3,)
        True

    Source: Array API 2025.12, `empty_like`; `shape` from NumPy.
    """
    return active.backend.empty_like(x, dtype=dtype, device=device, shape=shape)


def eye(
    N: int, M: int | None = None, k: int | SupportsArray = 0, dtype: DTypeLike = None, *, device: Device = None
) -> Any:
    """A matrix with ones on one diagonal and zeros elsewhere.

    Args:
        N: Number of rows.
        M: Number of columns; default `N`.
        k: Which diagonal: 0 is the main one, positive ones lie above it. An array of no axes may be traced.
        dtype: Default: the default float.
        device: Default: the default device.

    Returns:
        Shape `(N, M)`; the default float where no dtype is given.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.eye(2)).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Source: Array API 2025.12, `eye`.
    """
    if hasattr(k, "dtype"):
        found = active.backend.composed(_triangles.eye_at, k, rows=N, cols=M, dtype=dtype)
        return found if device is None else active.backend.device_put(found, device)
    return active.backend.eye(N, M, k=k, dtype=dtype, device=device)


def from_dlpack(x: ArrayLike, /, *, device: Device = None, copy: bool | None = None) -> Any:
    """An array of the active backend on the memory of `x` where that is possible.

    A write through one of the two then shows in the other, also where that one is a JAX array and thought immutable;
    `dg.asarray` copies and is safe.

    Args:
        x: An object with `__dlpack__`: an array of another framework.
        device: Default: that of `x`.
        copy: `True` for a copy always, `False` for an error where a copy would be needed.

    Returns:
        An array of the shape and dtype of `x`.

    Derivative:
        Not differentiable.

    Example:
        >>> import numpy as np
        >>> dg.to_numpy(dg.from_dlpack(np.ones(2, dtype=np.float32))).tolist()
        [1.0, 1.0]

    Source: Array API 2025.12, `from_dlpack`.
    """
    if copy is not None:
        flag("from_dlpack", "copy", copy)
    return active.backend.from_dlpack(x, device=device, copy=copy)


def full(shape: Shape, fill_value: SupportsArray | Scalar, dtype: DTypeLike = None, *, device: Device = None) -> Any:
    """An array of one value.

    Args:
        shape: An integer or a tuple of them.
        fill_value: A number, or an array that broadcasts to `shape`.
        dtype: Default: that of `fill_value`; for a Python number the default of its kind.
        device: Default: the default device.

    Returns:
        The shape asked for; the dtype of `fill_value`, narrowed in 32-bit mode, where none is given.

    Derivative:
        Linear in `fill_value` if that is an array; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.full(2, 7)).tolist()
        [7, 7]

    Source: Array API 2025.12, `full`.
    """
    return active.backend.full(shape, fill_value, dtype=dtype, device=device)


def full_like(
    x: Array | Scalar | ShapeDtypeStruct,
    /,
    fill_value: Array | Scalar,
    dtype: DTypeLike = None,
    *,
    device: Device = None,
    shape: Shape | None = None,
) -> Array:
    """An array of one value with the shape and dtype of `x`.

    Args:
        x: Any shape; an array, or a `ShapeDtypeStruct` of one.
        fill_value: A number, or an array that broadcasts to the shape.
        dtype: Default: that of `x`.
        device: Default: that of `x`.
        shape: Default: that of `x`.

    Returns:
        The shape and dtype of `x` where no others are given.

    Derivative:
        Zero in `x`; linear in `fill_value` if that is an array.

    Example:
        >>> dg.to_numpy(dg.full_like(dg.zeros(2), 3)).tolist()
        [3.0, 3.0]

    Source: Array API 2025.12, `full_like`; `shape` from NumPy.
    """
    return active.backend.full_like(x, fill_value, dtype=dtype, device=device, shape=shape)


@named()
def identity(n: int, dtype: DTypeLike = None, *, device: Device = None) -> Any:
    """The identity matrix.

    Args:
        n: Number of rows and columns.
        dtype: Default: the default float.
        device: Default: the default device.

    Returns:
        Shape `(n, n)`; the default float where no dtype is given.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.identity(2)).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Source: NumPy, `identity`.
    """
    return active.backend.identity(n, dtype=dtype, device=device)


def ones(shape: Shape, dtype: DTypeLike = None, *, device: Device = None) -> Any:
    """An array of ones.

    Args:
        shape: An integer or a tuple of them.
        dtype: Default: the default float.
        device: Default: the default device.

    Returns:
        The shape asked for; the default float where no dtype is given.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.ones(2)).tolist()
        [1.0, 1.0]

    Source: Array API 2025.12, `ones`.
    """
    return active.backend.ones(shape, dtype=dtype, device=device)


def ones_like(
    x: Array | Scalar | ShapeDtypeStruct,
    /,
    dtype: DTypeLike = None,
    *,
    device: Device = None,
    shape: Shape | None = None,
) -> Array:
    """An array of ones with the shape and dtype of `x`.

    Args:
        x: Any shape; an array, or a `ShapeDtypeStruct` of one.
        dtype: Default: that of `x`.
        device: Default: that of `x`.
        shape: Default: that of `x`.

    Returns:
        The shape and dtype of `x` where no others are given.

    Derivative:
        Zero everywhere.

    Example:
        >>> dg.to_numpy(dg.ones_like(dg.arange(2))).tolist()
        [1, 1]

    Source: Array API 2025.12, `ones_like`; `shape` from NumPy.
    """
    return active.backend.ones_like(x, dtype=dtype, device=device, shape=shape)


def zeros(shape: Shape, dtype: DTypeLike = None, *, device: Device = None) -> Any:
    """An array of zeros.

    Args:
        shape: An integer or a tuple of them.
        dtype: Default: the default float.
        device: Default: the default device.

    Returns:
        The shape asked for; the default float where no dtype is given.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.zeros(2)).tolist()
        [0.0, 0.0]

    Source: Array API 2025.12, `zeros`.
    """
    return active.backend.zeros(shape, dtype=dtype, device=device)


def zeros_like(
    x: Array | Scalar | ShapeDtypeStruct,
    /,
    dtype: DTypeLike = None,
    *,
    device: Device = None,
    shape: Shape | None = None,
) -> Array:
    """An array of zeros with the shape and dtype of `x`.

    Args:
        x: Any shape; an array, or a `ShapeDtypeStruct` of one.
        dtype: Default: that of `x`.
        device: Default: that of `x`.
        shape: Default: that of `x`.

    Returns:
        The shape and dtype of `x` where no others are given.

    Derivative:
        Zero everywhere.

    Example:
        >>> dg.to_numpy(dg.zeros_like(dg.arange(2))).tolist()
        [0, 0]

    Source: Array API 2025.12, `zeros_like`; `shape` from NumPy.
    """
    return active.backend.zeros_like(x, dtype=dtype, device=device, shape=shape)
