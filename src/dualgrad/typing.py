"""The names that annotate dualgrad code: arrays, dtypes, devices, trees.

`Array` is a type variable, so that a checker sees a `torch.Tensor` come out where one went in, and a `jax.Array`
likewise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from dualgrad._dtypes import DTYPES, DType, dtype_name
from dualgrad._records import record

__all__ = [
    "Array",
    "ArrayLike",
    "Axis",
    "CustomVJPPrimal",
    "DType",
    "DTypeLike",
    "Device",
    "PyTree",
    "Scalar",
    "Shape",
    "ShapeDtypeStruct",
    "SupportsArray",
    "SymbolicZero",
]
__dir__ = __all__.copy  # what completion offers


class SupportsArray(Protocol):
    """What `jax.Array`, `torch.Tensor` and `numpy.ndarray` have in common, as type checkers know it.

    Without `~x`, which floating arrays of NumPy have not, and `x == y`, which every object has. Operators give `Any`:
    those of a `torch.nn.Parameter` give tensors.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def ndim(self) -> int: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def device(self) -> Any: ...
    @property
    def T(self) -> Any: ...
    @property
    def mT(self) -> Any: ...
    def __abs__(self) -> Any: ...
    def __bool__(self) -> bool: ...
    def __complex__(self) -> complex: ...
    def __float__(self) -> float: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def __int__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def __neg__(self) -> Any: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __and__(self, other: Any, /) -> Any: ...
    def __floordiv__(self, other: Any, /) -> Any: ...
    def __lshift__(self, other: Any, /) -> Any: ...
    def __matmul__(self, other: Any, /) -> Any: ...
    def __mod__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __or__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __rand__(self, other: Any, /) -> Any: ...
    def __rfloordiv__(self, other: Any, /) -> Any: ...
    def __rmatmul__(self, other: Any, /) -> Any: ...
    def __rmod__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __ror__(self, other: Any, /) -> Any: ...
    def __rpow__(self, other: Any, /) -> Any: ...
    def __rshift__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __rtruediv__(self, other: Any, /) -> Any: ...
    def __rxor__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __xor__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __le__(self, other: Any, /) -> Any: ...
    def __lt__(self, other: Any, /) -> Any: ...


if TYPE_CHECKING:  # with Python 3.13's default, so that `dg.sin(1.0)` is not of unknown type to a strict checker
    from typing_extensions import TypeVar as _TypeVar

    Array = _TypeVar("Array", bound=SupportsArray, default=Any)
else:
    Array = TypeVar("Array", bound=SupportsArray)
Scalar: TypeAlias = bool | int | float | complex
ArrayLike: TypeAlias = Any
"""An array of the active backend, a NumPy array, a Python scalar, or nested sequences of scalars."""
Axis: TypeAlias = int | tuple[int, ...] | None
Shape: TypeAlias = int | tuple[int, ...]
DTypeLike: TypeAlias = Any
"""A `DType` such as `dg.float32`, its name, a native dtype of the active backend, a NumPy dtype, or a Python type."""
Device: TypeAlias = Any
"""A native device of the active backend, or a string such as `"cpu"`, `"gpu"`, `"cuda:1"`."""
PyTree: TypeAlias = Any


@record
class ShapeDtypeStruct:
    """Shape and dtype of an array that was not computed: what `dg.eval_shape` takes and returns.

    The dtype may be given as anything that names one: a string, or a dtype of NumPy's or of a framework's.

    Attributes:
        shape: A tuple of integers.
        dtype: A `DType`.

    Raises:
        TypeError: `shape` is no tuple, or `dtype` names no dtype.
        ValueError: `dtype` is `None`.

    Example:
        >>> dg.eval_shape(lambda x: dg.sum(x, axis=0), dg.ShapeDtypeStruct((3, 2), dg.float32))
        ShapeDtypeStruct(shape=(2,), dtype=dualgrad.float32)

    Source: `jax.ShapeDtypeStruct`.
    """

    shape: tuple[int, ...]
    dtype: DType

    def __post_init__(self) -> None:
        if not isinstance(self.shape, tuple | list):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
            raise TypeError(f"dualgrad.ShapeDtypeStruct: shape must be a tuple of integers, got {self.shape!r}.")
        if self.dtype is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise ValueError("dualgrad.ShapeDtypeStruct: dtype must name a dtype, got None.")
        dtype = DTYPES.get(dtype_name(self.dtype) or "")
        if dtype is None:
            raise TypeError(
                "dualgrad.ShapeDtypeStruct: dtype must name a dtype of the array API or bfloat16, "
                f"got {self.dtype!r:.60}."
            )
        object.__setattr__(self, "dtype", dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for n in self.shape:
            size *= n
        return size

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")  # NumPy's words
        return self.shape[0]

    def __bool__(self) -> bool:
        return True


@record
class SymbolicZero:
    """A tangent or cotangent that is known to be zero: what a custom rule with `symbolic_zeros=True` is given for one.

    Attributes:
        shape: The shape of what it is a tangent or cotangent of.
        dtype: Its dtype, a `DType`.

    Example:
        >>> @dg.custom_jvp
        ... def product(x, y):
        ...     return x * y
        >>> @product.defjvp
        ... def rule(primals, tangents):
        ...     (x, y), (x_dot, y_dot) = primals, tangents
        ...     parts = [p * t for p, t in ((y, x_dot), (x, y_dot)) if not isinstance(t, dg.SymbolicZero)]
        ...     return x * y, sum(parts)
        >>> rule = product.defjvp(rule, symbolic_zeros=True)
        >>> float(dg.grad(product)(2.0, 3.0))
        3.0

    Source: `jax.custom_derivatives.SymbolicZero`.
    """

    shape: tuple[int, ...]
    dtype: DType

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)


@record
class CustomVJPPrimal:
    """An argument as the forward rule of a `custom_vjp` with `symbolic_zeros=True` is given it.

    Attributes:
        value: The array.
        perturbed: Whether it may be differentiated.

    Example:
        >>> @dg.custom_vjp
        ... def product(x, y):
        ...     return x * y
        >>> def fwd(x, y):
        ...     return product(x.value, y.value), (y.value if x.perturbed else None, x.value if y.perturbed else None)
        >>> def bwd(kept, ct):
        ...     return tuple([None if k is None else ct * k for k in kept])
        >>> product.defvjp(fwd, bwd, symbolic_zeros=True)
        >>> float(dg.grad(product)(2.0, 3.0))
        3.0

    Source: `jax.custom_derivatives.CustomVJPPrimal`.
    """

    value: Any
    perturbed: bool
