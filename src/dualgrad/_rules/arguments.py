"""Rules about single arguments: what counts as an array here, and which axes an array has."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any, Final, cast

from dualgrad._dtypes import dtype_name
from dualgrad.errors import ForeignArrayError

__all__ = [
    "NO_SEQUENCES",
    "Listed",
    "axis_error",
    "beyond",
    "check_flags",
    "explained",
    "flag",
    "foreign",
    "framework_of",
    "freedom",
    "how_many",
    "in_python",
    "is_name",
    "is_number",
    "is_outside",
    "kind_of",
    "listed",
    "masked",
    "normalize_axes",
    "normalize_axis",
    "one_of",
    "outside_the_standard",
    "renamed",
    "require_level",
    "require_number",
    "require_real_value",
    "said",
    "shown",
    "stand_in",
    "switched",
    "way",
    "wrong_dtype",
]

_CLASHES: Final = (
    "must match the size of tensor",  # torch
    "Attempting to broadcast a dimension of length",  # torch, traced
    "shape mismatch",
    "Incompatible shapes for broadcasting",  # JAX
    "got incompatible shapes for broadcasting",
)
_BEYOND: Final = (
    *(
        "verflow when unpacking",
        "without overflow",
        "overflow was encountered",
        "convert negative int to",
    ),  # torch, JAX
    *("int too big", "int too large", "Python int", "incompatible function arguments", "integer type", "integer value"),
)
_NO_KERNEL: Final = (
    *("not implemented for", "or does not accept dtype"),
    *("The truth value of an array", "Boolean value of Tensor with"),
)
_INNER_SHAPES: Final = re.compile(r"dualgrad\.[\w.]+: shapes must agree where neither is 1")  # of what is in between
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
        f"got {type(x).__module__}.{type(x).__qualname__}: {_plain(x, list)!r:.60}. Convert it with dg.asarray(x)."
    )


def stand_in(op: str, args: Sequence[object], error: Exception) -> object:
    """The first argument that is a tuple of numbers and no array, if `error` may come of it, else `None`."""
    if str(error).startswith(f"dualgrad.{op}: "):
        return None
    for x in args:
        if isinstance(x, tuple) and all(isinstance(y, int | float | complex) for y in cast("tuple[object]", x)):
            return cast("object", x)
    return None


def masked(op: str) -> ValueError:
    """The error for a masked array of NumPy, whose mask would be lost."""
    return ValueError(
        f"dualgrad.{op}: a NumPy array must not be masked, got a MaskedArray. Fill it with x.filled(value)."
    )


def is_outside(dtype: object) -> bool:
    """Whether a NumPy array of this dtype is none of ours: of objects, strings, or in another order of bytes."""
    return dtype_name(dtype) is None or not getattr(dtype, "isnative", True)


def outside_the_standard(op: str, x: object) -> TypeError:
    """The error for a NumPy array of a dtype that no backend takes."""
    dtype = getattr(x, "dtype", None)
    if dtype_name(dtype) is not None:
        return TypeError(
            f"dualgrad.{op}: a NumPy array must be in this machine's order of bytes, got dtype {dtype}. "
            "Convert it with dg.asarray(x)."
        )
    return TypeError(f"dualgrad.{op}: a NumPy array must have a dtype of the array API, got {dtype}.")


def explained(
    op: str, args: Sequence[object], options: Mapping[str, object], error: Exception, active: str
) -> Exception:
    """The error to raise for `error` of a composition's inside, which knows neither the op's name nor its arguments."""
    text = str(error)
    if text.startswith(f"dualgrad.{op}: ") and "must be an array of backend" not in text:
        return error
    if ("'NoneType' object" in text or "got None" in text) and any(x is None for x in args):
        return foreign(op, None, active)
    if _INNER_SHAPES.match(text) and not text.startswith(f"dualgrad.{op}: "):
        return _apart(op, args)
    if renamed(op, error):
        return error
    better = beyond(op, [*args, *options.values()], said(op, args, error))
    if better is not error:
        return better
    if type(error) in (TypeError, AttributeError) or any(kernel in text for kernel in _NO_KERNEL):
        given = [*map(_described, args), *[f"{k}={shown(v)}" for k, v in options.items()]]
        return TypeError(
            f"dualgrad.{op}: the arguments must be of the types that the op takes, got {', '.join(given)}."
        )
    return error


def renamed(op: str, error: Exception) -> bool:
    """Whether `error` names a function of dualgrad; it then names `op`, which is the one that was called."""
    text = str(error)
    inner = re.match(r"dualgrad\.[\w.]+: ", text)
    if inner is None:
        return False
    error.args = (f"dualgrad.{op}: {text[inner.end() :]}", *error.args[1:])
    return True


def said(op: str, args: Sequence[object], error: Exception) -> Exception:
    """The error to raise for `error`: that shapes do not broadcast is a `ValueError` on every backend."""
    text = str(error)
    if text.startswith("dualgrad.") or not any(clash in text for clash in _CLASHES):
        return error
    return _apart(op, args)


def _apart(op: str, args: Sequence[object]) -> ValueError:
    return ValueError(
        f"dualgrad.{op}: the shapes of the arguments must broadcast, got {', '.join(map(_described, args))}. Insert "
        "axes of size 1 with dg.expand_dims or dg.reshape."
    )


def beyond(op: str, args: Iterable[object], error: Exception) -> Exception:
    """The error to raise for `error`: that a Python integer is too large is an `OverflowError` on every backend."""
    text = str(error)
    if text.startswith("dualgrad.") or not any(words in text for words in _BEYOND):
        return error
    n = next(_too_large(args), None)
    return error if n is None else OverflowError(f"dualgrad.{op}: an integer must fit 64 bits, got {n!r:.60}.")


def _too_large(args: Iterable[object]) -> Iterator[int]:
    for x in args:
        if isinstance(x, list | tuple):
            yield from _too_large(cast("Sequence[object]", x))
        elif type(x) is int and not -(2**63) <= x < 2**63:
            yield x


def _described(x: object) -> str:
    shape = getattr(x, "shape", None)
    return f"an array of shape {tuple(shape)}" if shape else shown(x)


def shown(x: object, sequence: type = tuple) -> str:
    """An argument as an error shows it, the same on every backend: arrays by their values, lists as `sequence`."""
    return f"{_plain(x, sequence)!r:.60}"


def kind_of(x: object) -> str:
    """What an argument is, in a word that is the same on every backend."""
    shape = getattr(x, "shape", None)
    return type(x).__name__ if shape is None else f"an array of shape {tuple(shape)}"


def _plain(x: object, sequence: type = tuple) -> object:
    if hasattr(x, "tolist") and not isinstance(x, type):
        try:
            return _plain(x.tolist(), sequence)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
        except Exception:  # a traced array, for which each framework has its own exception
            return _Traced()
    if isinstance(x, list | tuple):
        kind = tuple if isinstance(x, tuple) else sequence
        return kind([_plain(y, sequence) for y in x])  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return x


class _Traced:
    def __repr__(self) -> str:
        return "a traced array"


def flag(op: str, name: str, value: object) -> bool:
    """An option that is on or off; 0 and 1 stand for it as well.

    Raises:
        TypeError: It is something else.
    """
    if value is True or value is False:
        return value
    try:
        if getattr(value, "ndim", 0) == 0 and value in (0, 1):
            return bool(value)
    except Exception:  # a traced array, for which each framework has its own exception
        pass
    raise TypeError(f"dualgrad.{op}: {name} must be True or False, got {shown(value)}.")


# What can be gone through, but holds no axes, lengths or arrays in an order.
NO_SEQUENCES: Final = (bool, bytes, dict, set, str)

# The options of transforms that are on or off.
_SWITCHES: Final = frozenset({"allow_int", "has_aux", "holomorphic", "inline", "keep_unused", "prevent_cse"})


def switched(op: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a transform; those that are on or off are `True` or `False`.

    Raises:
        TypeError: One is something else.
    """
    return {k: flag(op, k, v) if k in _SWITCHES else v for k, v in options.items()}


# The options of compositions that are on or off; both backends check them before anything else.
FLAGS: Final = frozenset(
    {"antialias", "bias", "density", "endpoint", "equal_nan", "increasing", "is_causal", "keepdims", "lower"}
    | {"return_counts", "return_index", "return_inverse", "return_sign", "right", "rowvar", "sparse"}
)


def check_flags(op: str, options: Mapping[str, object]) -> None:
    """Check those of the options of a composition that are on or off.

    Raises:
        TypeError: One is something else.
    """
    for name in FLAGS.intersection(options):
        flag(op, name, options[name])


def is_name(value: object, names: Container[str]) -> bool:
    """Whether an option is one of these words; of an array that is compared with one, nobody can say whether it is."""
    return isinstance(value, str) and value in names


def way(op: str, name: str, value: object, ways: Sequence[str]) -> None:
    """Check the name of a way to compute what is the same in every one: a hint, of which a backend makes no use.

    Raises:
        ValueError: It is none of `ways`, nor `None`.
    """
    if value is not None:
        one_of(op, name, value, ways)


def one_of(op: str, name: str, value: object, names: Sequence[str]) -> None:
    """Check an option that is one of several names.

    Raises:
        ValueError: It is none of them.
    """
    if not is_name(value, names):
        raise ValueError(f"dualgrad.{op}: {name} must be one of {', '.join(map(repr, names))}, got {shown(value)}.")


def require_number(op: str, name: str, value: object) -> None:
    """Check an option that is a real Python or NumPy number.

    Raises:
        TypeError: It is none.
    """
    if type(value) is not float and not isinstance(value, Real):
        raise TypeError(f"dualgrad.{op}: {name} must be a real number, got {shown(value)}.")


def is_number(op: str, name: str, value: object) -> bool:
    """Whether an option, which may also be an array, is a real Python or NumPy number.

    Raises:
        TypeError: It is neither.
    """
    if type(value) is float or isinstance(value, Real):
        return True
    require_real_value(op, name, value)
    return False


def require_real_value(op: str, name: str, value: object) -> None:
    """Check an option that is a real number or an array.

    Raises:
        TypeError: It is neither.
    """
    if type(value) is float or isinstance(value, Real):
        return
    dtype = getattr(value, "dtype", None) if hasattr(value, "shape") else None  # a dtype of NumPy's has the first, too
    kind = None if dtype is None else dtype_name(dtype)
    if kind is not None and "complex" not in kind:
        return
    raise TypeError(f"dualgrad.{op}: {name} must be a real number or an array of them, got {shown(value)}.")


def require_level(op: str, q: object, whole: int) -> None:
    """Check the level of a quantile, as far as it is a Python or NumPy number; an array's values are not looked at.

    Raises:
        ValueError: It is not in [0, whole], or nan.
    """
    if isinstance(q, Real) and not 0 <= float(q) <= whole:
        raise ValueError(f"dualgrad.{op}: q must be in the range [0, {whole}], got {shown(q)}.")


def freedom(op: str, correction: float, ddof: float) -> float:
    """The correction of a variance, from NumPy's name for it.

    Raises:
        TypeError: It is no real number.
        ValueError: It is given under both names.
    """
    require_number(op, "ddof", ddof)
    if correction != 0.0:
        raise ValueError(
            f"dualgrad.{op}: correction and ddof are two names for one number, got correction={shown(correction)} and "
            f"ddof={shown(ddof)}. Give one of them."
        )
    return ddof


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


class Listed(tuple[object, ...]):
    """A list as an option of a compiled program, which must be hashable; another one equals it if its types do too.

    A program is found again by the options of a call: 1.0 or `True` in the place of 1 would find it, and pass for it.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Listed)
            and super().__eq__(other)
            and all([type(a) is type(b) for a, b in zip(self, other, strict=True)])
        )

    __hash__ = tuple[object, ...].__hash__


_ALIKE: Final = frozenset({int, str, type(None), tuple})
"""Types of which one equals no object of another: a tuple of them is as good as a list."""


def listed(x: Any, arrays: tuple[type, ...] = ()) -> Any:
    """`x` with each list in it, and each array of the types given, made hashable; `x` itself where there is none.

    A tuple that holds floats or bools, or anything else that may equal an integer, is treated as a list. A traced array
    stays, for the op to say that it is none of what the option may be.
    """
    if isinstance(x, arrays):
        try:
            x = x.tolist()
        except Exception:  # each framework has its own
            return x
    if isinstance(x, list):
        return Listed([listed(y, arrays) for y in cast("list[Any]", x)])
    if type(x) is tuple:
        old = cast("tuple[Any, ...]", x)
        if _ALIKE.issuperset(map(type, old)) and tuple not in map(type, old):
            return old
        new = tuple([listed(y, arrays) for y in old])
        if not _ALIKE.issuperset(map(type, new)):
            return Listed(new)
        return new if any(a is not b for a, b in zip(new, old, strict=True)) else old
    return x


def in_python(x: Any) -> Any:
    """An option that an array or a scalar of NumPy's gives, as the number or the list of it; anything else as it is.

    A traced array stays, for the op to say that it is none of what the option may be.
    """
    if type(x) in _ALIKE or not hasattr(x, "tolist"):
        return x
    try:
        return x.tolist()
    except Exception:  # each framework has its own
        return x


def normalize_axis(op: str, axis: int, ndim: int) -> int:
    """`axis` counted from the front.

    Raises:
        IndexError: `axis` is out of range.
        TypeError: `axis` is no integer.
    """
    if type(axis) is int and -ndim <= axis < ndim:  # nearly always, and twice as quick as what follows
        return axis % ndim
    try:
        if isinstance(axis, bool) or str(getattr(axis, "dtype", "")).endswith("bool"):
            raise TypeError
        index = axis.__index__()
    except Exception:  # no integer, an array of several, or one that is traced: each framework has its own exception
        raise TypeError(f"dualgrad.{op}: axis must be an integer, got axis={shown(axis)}.") from None
    if not -ndim <= index < ndim:
        raise axis_error(op, axis, ndim)
    return index % ndim


def how_many(axis: Any) -> int:
    """The number of axes that are given, 1 where `axis` is no sequence."""
    return len(axis) if _is_several(axis) else 1


def _is_several(axis: Any) -> bool:
    """Whether it is a sequence; an iterator, empty after its first use, is none."""
    return hasattr(axis, "__len__") and getattr(axis, "ndim", 1) != 0


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
        if isinstance(axis, NO_SEQUENCES):
            raise TypeError
        one_or_several: Any = axis
        if _is_several(one_or_several):
            given: tuple[Any, ...] = tuple(one_or_several)
        else:
            one_or_several.__index__()  # a scalar of NumPy's has one too
            given = (one_or_several,)
    except Exception:  # that of a traced array: each framework has its own
        raise TypeError(
            f"dualgrad.{op}: axis must be an integer, a tuple of integers or None, got axis={shown(axis):.60}."
        ) from None
    axes = tuple([normalize_axis(op, a, ndim) for a in given])
    if len(set(axes)) != len(axes):
        raise ValueError(f"dualgrad.{op}: axis must not repeat, got axis={shown(axis)}.")
    return axes
