"""Rules about single arguments: what counts as an array here, and which axes an array has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dualgrad.errors import ForeignArrayError

__all__ = ["axis_error", "foreign", "framework_of", "normalize_axes", "normalize_axis", "wrong_dtype"]

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
    try:
        index = axis.__index__()
    except AttributeError:
        raise TypeError(f"dualgrad.{op}: axis must be an integer, got axis={axis!r}.") from None
    if not -ndim <= index < ndim:
        raise axis_error(op, axis, ndim)
    return index % ndim


def normalize_axes(op: str, axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """`axis` as a tuple of axes counted from the front; `None` gives all of them.

    Raises:
        IndexError: An axis is out of range.
        ValueError: An axis is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(normalize_axis(op, a, ndim) for a in ((axis,) if isinstance(axis, int) else axis))
    if len(set(axes)) != len(axes):
        raise ValueError(f"dualgrad.{op}: axis must not repeat, got axis={axis}.")
    return axes
