"""Which integers the dtypes hold, and what becomes of a Python integer beside an array whose dtype does not hold it.

A number beside an array takes the array's dtype; one that does not fit is an error, as in NumPy, and never wraps. A
comparison with it has an answer all the same, and an op whose results are floats takes it as a float.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

from dualgrad._dtypes import DTYPES, dtype_name, narrowed, promote_names
from dualgrad._rules.arguments import shown
from dualgrad._rules.dtypes import iinfo_of
from dualgrad._rules.nested import leaves_of, too_large

__all__ = [
    "HOLDING",
    "RANGES",
    "floated",
    "floated_beyond",
    "holding",
    "infinite",
    "is_held",
    "power_of_ten",
    "require_constants",
    "require_default",
    "require_held",
    "require_range",
    "spacing",
    "without_bound",
]

F = TypeVar("F", bound=Callable[..., Any])


class _Marks(NamedTuple):
    """Which arguments of a composition must hold the integers among them: see `holding`."""

    positions: tuple[int, ...]
    onto: tuple[int, ...]
    summed: bool


RANGES: Final[dict[str, range]] = {
    name: range(iinfo_of(name).min, iinfo_of(name).max + 1) for name, dtype in DTYPES.items() if "integer" in dtype.kind
}

_NO_SIZE: Final = 2**60  # elements, whose bytes can be counted in 64 bits

HOLDING: Final[dict[Any, _Marks]] = {}  # compositions that are marked by `holding`


def is_held(n: Any, name: str) -> bool:
    """Whether `n` is no integer that an integer dtype called `name` does not hold."""
    return type(n) is not int or name not in RANGES or n in RANGES[name]


def require_range(op: str, n: Any, name: str) -> None:
    """Check that an integer fits the dtype called `name`.

    Raises:
        OverflowError: It does not.
    """
    if not is_held(n, name):
        raise too_large(op, n, name)


def power_of_ten(n: int) -> float:
    """10 to the power `n`, infinity where no float holds it."""
    return float(f"1e{n}")


def without_bound(op: str, n: Any, name: str, *, upper: bool) -> Any:
    """A bound to clip at; `None` for one so far off that no element of the dtype called `name` reaches it.

    Raises:
        OverflowError: No element is on the right side of it.
    """
    if is_held(n, name):
        return n
    if (n > 0) is upper:
        return None
    raise too_large(op, n, name)


def floated(n: float) -> float:
    """A number, such as an integer of any size, as a float: an infinity where no float is so large."""
    try:
        return float(n)
    except OverflowError:
        return infinite(n)


def floated_beyond(n: Any, name: str) -> Any:
    """`n`, as a float where it is an integer that the dtype called `name` does not hold."""
    return n if is_held(n, name) else floated(n)


def infinite(n: float) -> float:
    """What an integer that a dtype does not hold is to all numbers that it holds."""
    return math.inf if n > 0 else -math.inf  # `copysign` takes none that no float is as large as


def holding(*positions: int, onto: tuple[int, ...] = (), summed: bool = False) -> Callable[[F], F]:
    """Marks a composition whose arguments are brought to one dtype, which must hold the integers among them.

    Args:
        *positions: Of the arguments that promotion brings to one dtype; none for all arguments.
        onto: Of arguments that are cast to the dtype of those.
        summed: Whether that dtype is the one of sums, or the option `dtype`.
    """

    def decorate(fun: F) -> F:
        HOLDING[fun] = _Marks(positions, onto, summed)
        return fun

    return decorate


def require_held(fun: Any, arrays: tuple[Any, ...], options: dict[str, Any], x64: bool) -> None:
    """Check the integers among the arguments of a composition in `HOLDING`.

    Raises:
        OverflowError: One does not fit the dtype that the arrays among them have.
    """
    positions, onto, summed = HOLDING[fun]
    given = _among(arrays, positions) if positions else list(leaves_of(arrays))
    cast = _among(arrays, onto)
    found = [x for x in (*given, *cast) if type(x) is int and not 0 <= x < 128]
    if not found or any(isinstance(x, float | complex) for x in given):
        return
    dtype = _dtype_of(given, x64)
    if summed:
        asked = options.get("dtype")
        dtype = _SUMS.get(dtype, (dtype, dtype))[x64] if asked is None else dtype_name(asked) or dtype
    for n in found if dtype else ():
        require_range(fun.__name__, n, dtype)


_SUMS: Final = {  # of the small dtypes, in 32-bit and in 64-bit mode
    **dict.fromkeys(("bool", "int8", "int16", "int32"), ("int32", "int64")),
    **dict.fromkeys(("uint8", "uint16", "uint32"), ("uint32", "uint64")),
}


def _among(arrays: tuple[Any, ...], positions: tuple[int, ...]) -> list[Any]:
    return [x for p in positions if p < len(arrays) for x in leaves_of(arrays[p])]


def require_default(op: str, xs: Any, x64: bool) -> None:
    """Check that the default integer dtype holds the integers among `xs`.

    Raises:
        OverflowError: It does not.
    """
    for x in leaves_of(xs):
        require_range(op, x, "int64" if x64 else "int32")


def require_constants(dtype: str, mode: str, values: Any) -> None:
    """Check what `pad` is to put at the ends.

    Raises:
        ValueError: The mode puts something else there.
        OverflowError: An integer does not fit the dtype of the array.
    """
    if mode != "constant":
        if type(values) is not int or values:
            raise ValueError(f"dualgrad.pad: constant_values need mode='constant', got mode={shown(mode)}.")
        return
    for n in leaves_of(list(values.values()) if isinstance(values, dict) else values):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]
        require_range("pad", n, dtype)


def spacing(start: Any, stop: Any, step: Any, dtype: str) -> tuple[int, Any, Any]:
    """Size, first element and difference of the numbers of a range, from Python numbers.

    Args:
        start: The first of them.
        stop: Before which they end.
        step: Their difference.
        dtype: The dtype of the range, which holds them all if it is one of integers and `start` and `step` are.

    Raises:
        ValueError: `step` is zero, or the range has no length that an array can have.
        OverflowError: An integer does not fit the dtype.
    """
    if step == 0:
        raise ValueError("dualgrad.arange: step must not be zero, got step=0.")
    try:
        whole = all([isinstance(n, int) for n in (start, stop, step)])
        size = max(0, -((start - stop) // step) if whole else math.ceil((stop - start) / step))
    except (OverflowError, ValueError):  # of infinities, nan, and integers that no float holds
        size = _NO_SIZE
    if size >= _NO_SIZE:
        raise ValueError(
            f"dualgrad.arange: a range must have a length below 2**60, got start={shown(start)}, stop={shown(stop)}, "
            f"step={shown(step)}."
        )
    if dtype not in RANGES or not (isinstance(start, int) and isinstance(step, int)):
        return size, start if size else 0, step if size > 1 else 1
    first, each = int(start) if size else 0, int(step) if size > 1 else 1
    require_range("arange", first, dtype)
    require_range("arange", first + (size - 1) * each if size else 0, dtype)
    return size, first, each


def _dtype_of(xs: Iterable[Any], x64: bool) -> str:
    """The dtype that promotion gives the arrays among `xs`; empty where there is none."""
    names = [dtype_name(x.dtype) for x in xs if hasattr(x, "dtype")]
    known = [narrowed(name, x64) for name in names if name is not None]
    return promote_names(*known) if known else ""
