"""Rules that every backend enforces with the same words: argument checks and their errors.

Nothing here touches an array; shapes and dtypes arrive as tuples and names. Errors are returned, not raised, so that
the caller's traceback ends where the mistake was noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dualgrad.errors import ConcretizationError, ForeignArrayError

__all__ = [
    "axis_error",
    "concretization",
    "foreign",
    "framework_of",
    "normalize_argnums",
    "normalize_axes",
    "normalize_axis",
    "not_differentiable",
    "output_not_real",
    "output_not_scalar",
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


def normalize_argnums(name: str, argnums: int | Sequence[int], count: int) -> tuple[tuple[int, ...], bool]:
    """Positions in `range(count)`, and whether a single integer was given.

    Raises:
        TypeError: `argnums` is neither an integer nor a sequence of integers.
        ValueError: A position is out of range or named twice.
    """
    single = isinstance(argnums, int)
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if not all(isinstance(i, int) and not isinstance(i, bool) for i in wanted) or isinstance(argnums, bool | str):
        raise TypeError(f"dualgrad.{name}: argnums must be an integer or a sequence of them, got {argnums!r}.")
    if any(not -count <= i < count for i in wanted):
        raise ValueError(
            f"dualgrad.{name}: argnums must name positional arguments of the call, got argnums={argnums} for "
            f"{count} positional argument{'s' * (count != 1)}. Differentiated arguments are passed by position."
        )
    positions = tuple(i % count for i in wanted)
    if len(set(positions)) != len(positions):
        raise ValueError(f"dualgrad.{name}: argnums must not repeat a position, got argnums={argnums}.")
    return positions, single


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
    axes = tuple(normalize_axis(op, a, ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,)))
    if len(set(axes)) != len(axes):
        raise ValueError(f"dualgrad.{op}: axis must not repeat, got axis={axis}.")
    return axes


def not_differentiable(name: str, dtype: str) -> TypeError:
    """The error for a differentiated argument that is no floating-point or complex array."""
    return TypeError(
        f"dualgrad.{name}: differentiated arguments must be floating-point or complex, got dtype {dtype}. Pass a float "
        "(3.0, not 3), convert with dg.astype(x, dg.float32), or leave the argument out of argnums."
    )


def output_not_scalar(name: str, what: str) -> TypeError:
    """The error for a function to differentiate whose output is no scalar; `what` describes the output."""
    return TypeError(
        f"dualgrad.{name}: the function must return a scalar, got {what}. Reduce it with dg.sum or dg.mean, return "
        "extra outputs with has_aux=True, or use dg.jacrev."
    )


def output_not_real(name: str, dtype: str, holomorphic: bool = False) -> TypeError:
    """The error for a function to differentiate whose output has the wrong kind of dtype."""
    if holomorphic:
        return TypeError(
            f"dualgrad.{name}: with holomorphic=True inputs and output must be complex, got dtype {dtype}. "
            "Drop holomorphic=True for a real function."
        )
    return TypeError(
        f"dualgrad.{name}: the function must return a real floating-point scalar, got dtype {dtype}. Take dg.real or "
        "dg.abs of a complex output, pass holomorphic=True for a holomorphic function, convert an integer one."
    )


def concretization(where: str) -> ConcretizationError:
    """The error for Python code that needs the value of a traced array; `where` is the user's `file:line` or empty."""
    return ConcretizationError(
        "dualgrad: Python needed the value of an array that is being traced (an `if`, a `while`, float(x), int(x), "
        f"or an index that depends on data), got a value known only at run time{where}. Use dg.where or dg.lax.cond, "
        "mark the argument with static_argnums, or call the function without dg.jit and dg.vmap."
    )


def describe(shape: Sequence[int] | None, value: Any = None) -> str:
    """What an output is, for an error message."""
    return f"shape {tuple(shape)}" if shape is not None else f"{type(value).__name__}"
