"""What bodies share: dtypes of their arguments, and checks that name the op."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from dualgrad._active import active
from dualgrad._dtypes import DTYPES
from dualgrad._rules.arguments import is_number
from dualgrad._rules.linear import real_only
from dualgrad._rules.ranges import floated, require_range
from dualgrad.typing import DType

__all__ = [
    "along",
    "cast",
    "cast_held",
    "complex_of",
    "composed_by",
    "default_float",
    "default_int",
    "device_of",
    "dtype_of",
    "floats",
    "is_complex",
    "is_inexact",
    "kind_of",
    "named",
    "numbers",
    "real_floats",
    "real_wide",
    "require_0d",
    "require_1d",
    "require_condition",
    "require_real",
    "wide",
    "with_number",
    "with_option",
]

P = ParamSpec("P")
R = TypeVar("R")
_WIDER = {"float16": "float32", "bfloat16": "float32"}


def named(space: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Gives a body its op's name in a namespace, which errors show."""

    def decorate(fun: Callable[P, R]) -> Callable[P, R]:
        fun.__name__ = f"{space}.{fun.__name__}"
        return fun

    return decorate


def composed_by(fun: Callable[..., Any], option: str, value: Any, *arrays: Any, **options: Any) -> Any:
    """A composition of arrays with an option that is a number, or an array to differentiate by.

    Raises:
        TypeError: The option is something else.
    """
    if is_number(fun.__name__, option, value):
        return active.backend.composed(fun, *arrays, **{option: value}, **options)
    return active.backend.composed(_by_array(fun, option), *arrays, value, **options)


@functools.cache
def _by_array(fun: Callable[..., Any], option: str) -> Callable[..., Any]:
    """A composition that takes an option as the last of its arrays, which may be traced and differentiated."""
    import inspect

    def body(*arrays: Any, **options: Any) -> Any:
        return fun(*arrays[:-1], **{option: arrays[-1]}, **options)

    signature = inspect.signature(fun)
    rest = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY and p.name != option]
    arrays = inspect.Parameter("arrays", inspect.Parameter.VAR_POSITIONAL)
    body.__signature__ = signature.replace(parameters=[arrays, *rest])  # pyright: ignore[reportFunctionMemberAccess]  # for jit
    body.__name__ = fun.__name__
    return body


def device_of(x: Any) -> Any:
    """Where constants beside `x` belong; JAX's tracers have no device and need none, nor do divided arrays."""
    place = getattr(x, "device", None)
    return None if hasattr(place, "device_set") else place  # a sharding, which divides one shape


def dtype_of(x: Any) -> DType:
    """The dtype of an array, by dualgrad's name for it."""
    return DTYPES[str(x.dtype).removeprefix("torch.")]


def kind_of(x: Any) -> str:
    """The kind of an array's dtype."""
    return dtype_of(x).kind


def require_condition(op: str, where: Any) -> None:
    """Raises TypeError: `where` is no array of bools."""
    if kind_of(where) != "bool":
        raise TypeError(
            f"dualgrad.{op}: where must be boolean, got dtype {dtype_of(where).name}. Write the condition, as in "
            "where=x > 0."
        )


def is_complex(x: Any) -> bool:
    """Whether an array is complex."""
    return kind_of(x) == "complex floating"


def is_inexact(x: Any) -> bool:
    """Whether an array is floating-point or complex."""
    return kind_of(x).endswith("floating")


def cast(x: Any, dtype: Any) -> Any:
    """`x` in a dtype, without a copy where it has it."""
    return active.backend.astype(x, dtype, copy=False)


def cast_held(op: str, x: Any, like: Any) -> Any:
    """`x` in the dtype of `like`, which must hold it if it is an integer."""
    require_range(op, x, dtype_of(like).name)
    return cast(x, like.dtype)


def default_float() -> DType:
    """The default floating-point dtype."""
    return active.backend.result_type(float)


def default_int() -> DType:
    """The default integer dtype."""
    return active.backend.result_type(int)


def numbers(*xs: Any) -> list[Any]:
    """Arrays in the one dtype that promotion gives."""
    if all([x.dtype == xs[0].dtype for x in xs]):
        return list(xs)
    dtype = active.backend.result_type(*xs)
    return [cast(x, dtype) for x in xs]


def floats(*xs: Any) -> list[Any]:
    """Arrays in the one floating-point or complex dtype that promotion gives; integers take the default float."""
    dtype = active.backend.result_type(*xs)
    if not dtype.kind.endswith("floating"):
        dtype = default_float()
    return [cast(x, dtype) for x in xs]


def require_real(op: str, *xs: Any) -> None:
    """Check that arrays are real.

    Raises:
        TypeError: One is complex.
    """
    for x in xs:
        if is_complex(x):
            raise real_only(op, dtype_of(x).name)


def real_floats(op: str, *xs: Any) -> list[Any]:
    """As `floats`, of real arrays alone.

    Raises:
        TypeError: One is complex.
    """
    require_real(op, *xs)
    return floats(*xs)


def wide(x: Any) -> Any:
    """`x` in the precision that sums of it are taken in: half precisions in float32."""
    name = dtype_of(x).name
    return cast(x, DTYPES[_WIDER[name]]) if name in _WIDER else x


def complex_of(x: Any, y: Any) -> Any:
    """Complex numbers of parts of one floating-point dtype; `x + 1j * y` is nan where `y` is infinite."""
    xp = active.backend
    return xp.lax.complex(*xp.broadcast_arrays(wide(x), wide(y)))


def real_wide(op: str, *xs: Any) -> tuple[DType, list[Any]]:
    """The dtype that `real_floats` gives, and its arrays in the precision that sums are taken in.

    Raises:
        TypeError: One is complex.
    """
    arrays = real_floats(op, *xs)
    return dtype_of(arrays[0]), [wide(x) for x in arrays]


def require_0d(op: str, name: str, value: Any) -> None:
    """Check an option that is an array.

    Raises:
        ValueError: It has axes.
    """
    if value.ndim:
        raise ValueError(f"dualgrad.{op}: {name} must be a number or a 0-d array, got shape {tuple(value.shape)}.")


def with_number(op: str, name: str, value: Any, *xs: Any) -> tuple[DType, list[Any], Any]:
    """What `real_wide` gives, and beside it an option: a number as a float, or an array without axes, which promotes.

    Raises:
        TypeError: An array is complex.
        ValueError: The option has axes.
    """
    if hasattr(value, "ndim"):
        require_0d(op, name, value)
    return with_option(op, value, *xs)


def with_option(op: str, value: Any, *xs: Any) -> tuple[DType, list[Any], Any]:
    """`with_number` of an option that may have axes."""
    if not hasattr(value, "ndim"):
        return *real_wide(op, *xs), floated(value)
    dtype, (*arrays, value) = real_wide(op, *xs, value)
    return dtype, arrays, value


def along(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    """`shape` with another size along an axis."""
    return tuple(size if a == axis else n for a, n in enumerate(shape))


def require_1d(op: str, *xs: Any) -> None:
    """Check that arrays have one axis.

    Raises:
        ValueError: One has not.
    """
    for x in xs:
        if x.ndim != 1:
            raise ValueError(f"dualgrad.{op}: the arrays must have one axis, got shape {tuple(x.shape)}.")
