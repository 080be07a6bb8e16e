"""Rules about single arguments: what counts as an array here, and which axes an array has."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Final

from dualgrad.errors import ForeignArrayError

__all__ = [
    "axis_error",
    "foreign",
    "framework_of",
    "missing",
    "normalize_axes",
    "normalize_axis",
    "outside_the_standard",
    "require_number",
    "wrong_dtype",
]

_FRAMEWORKS: Final = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "tensorflow": "tensorflow", "mlx": "mlx"}


def framework_of(x: object) -> str | None:
    """The array framework that the type of `x` belongs to, if it is one that dualgrad has heard of."""
    return _FRAMEWORKS.get(type(x).__module__.partition(".")[0])


def foreign(op: str, x: object, active: str) -> TypeError:
    """The error for an argument of op that is no array of the backend in use, NumPy array or Python scalar."""
    owner = framework_of(x)
    if owner is not None and owner != active:
        kind = {"torch": "torch.Tensor", "jax": "jax.Array"}.get(owner, f"{owner} array")
        return ForeignArrayError(
            f"dualgrad.{op}: got a {kind} while the active backend is {active!r}. Convert it with dg.asarray(x), or "
            f"choose its backend with dg.use_backend({owner!r})."
        )
    return TypeError(
        f"dualgrad.{op}: an argument must be an array of backend {active!r}, a NumPy array or a Python scalar, "
        f"got {type(x).__module__}.{type(x).__qualname__}: {x!r:.60}. Convert it with dg.asarray(x)."
    )


def outside_the_standard(op: str, x: object) -> TypeError:
    """The error for a NumPy array of objects, strings or another dtype that no backend has."""
    dtype = getattr(x, "dtype", None)
    return TypeError(f"dualgrad.{op}: a NumPy array must have a dtype of the array API, got {dtype}.")


def missing(op: str, args: Sequence[object], error: Exception, active: str) -> Exception:
    """The error to raise for `error` of a composition: it may come of `None` in the place of an array."""
    none = ("'NoneType' object" in str(error) or "got None" in str(error)) and any(x is None for x in args)
    return foreign(op, None, active) if none else error


def require_number(op: str, name: str, value: object) -> None:
    """Check an option that is a real Python or NumPy number.

    Raises:
        TypeError: It is none.
    """
    if type(value) is not float and not isinstance(value, Real):
        raise TypeError(f"dualgrad.{op}: {name} must be a real number, got {value!r:.60}.")


def wrong_dtype(op: str, dtypes: Sequence[str]) -> TypeError:
    """The error for arguments of a dtype that the op is not defined for."""
    return TypeError(
        f"dualgrad.{op}: the op is not defined for these dtypes, got {' and '.join(dtypes)}. Convert with dg.astype."
    )


def axis_error(op: str, axis: object, ndim: int) -> IndexError:
    """The error for an axis that an array of `ndim` axes does not have; an `IndexError`, as NumPy's `AxisError` is."""
    return IndexError(
        f"dualgrad.{op}: axis must lie in [-{ndim}, {ndim}) for an array of {ndim} "
        f"ax{'is' if ndim == 1 else 'es'}, got axis={axis}."
    )


def normalize_axis(op: str, axis: int, ndim: int) -> int:
    """`axis` counted from the front.

    Raises:
        IndexError: `axis` is out of range.
        TypeError: `axis` is no integer.
    """
    if type(axis) is int and -ndim <= axis < ndim:  # nearly always, and twice as quick as what follows
        return axis % ndim
    try:
        index = axis.__index__()
    except (AttributeError, TypeError):  # the second, where an array is no single integer
        shown: object = axis
        if isinstance(axis, list):  # of which JAX's tracing makes a tuple
            shown = tuple(axis)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        raise TypeError(f"dualgrad.{op}: axis must be an integer, got axis={shown!r:.60}.") from None
    if not -ndim <= index < ndim:
        raise axis_error(op, axis, ndim)
    return index % ndim


def normalize_axes(op: str, axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """`axis` as a tuple of axes counted from the front; `None` gives all of them.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis is named twice.
        TypeError: `axis` is of another type.
    """
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    try:
        given = (axis,) if isinstance(axis, int) else tuple(axis)
    except TypeError:
        raise TypeError(
            f"dualgrad.{op}: axis must be an integer, a tuple of integers or None, got axis={axis!r:.60}."
        ) from None
    axes = tuple([normalize_axis(op, a, ndim) for a in given])
    if len(set(axes)) != len(axes):
        raise ValueError(f"dualgrad.{op}: axis must not repeat, got axis={axis}.")
    return axes
