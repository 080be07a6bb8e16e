"""Python scalars and nested sequences of them as NumPy arrays, in the dtypes that dualgrad gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from dualgrad._dtypes import DTYPES, WEAK, dtype_name, narrowed, promote_names, weak_result
from dualgrad._rules.arguments import outside_the_standard
from dualgrad._rules.dtypes import iinfo_of

__all__ = ["from_nested", "leaves_of", "to_integer", "too_large"]


def leaves_of(obj: Any) -> Iterator[Any]:
    """What nested lists and tuples hold."""
    if isinstance(obj, list | tuple):
        for item in obj:  # pyright: ignore[reportUnknownVariableType]
            yield from leaves_of(item)
    else:
        yield obj


def from_nested(op: str, obj: Any, dtype: str | None, x64: bool) -> Any:
    """A NumPy array of nested sequences of Python scalars and NumPy arrays.

    Args:
        op: Public name, for messages.
        obj: The scalars.
        dtype: Name of the dtype asked for; `None` for the default of the scalars' kind.
        x64: Whether 64-bit mode is on.

    Raises:
        OverflowError: An integer does not fit the dtype.
        ValueError: The sequences are ragged.
        TypeError: They hold anything but numbers.
    """
    import numpy as np

    try:
        array = np.asarray(obj)
    except ValueError:
        raise ValueError(f"dualgrad.{op}: nested sequences must form a rectangle, got {obj!r:.80}.") from None
    if array.dtype.kind in "fc" and array.dtype.name not in DTYPES:
        raise outside_the_standard(op, array)
    if array.dtype.kind not in "biufcV" and dtype not in ("uint64",):  # V: ml_dtypes' bfloat16
        overflow = array.dtype.kind == "O" and all(isinstance(leaf, int) for leaf in leaves_of(obj))
        if overflow:
            raise too_large(op, obj, dtype or ("int64" if x64 else "int32"))
        raise TypeError(f"dualgrad.{op}: expected an array, a number or nested sequences of numbers, got {obj!r:.80}.")
    own = "bfloat16" if array.dtype.kind == "V" else array.dtype.name
    if dtype is None:
        leaves = list(leaves_of(obj))
        if any(isinstance(leaf, np.ndarray | np.generic) for leaf in leaves):
            dtype = _promoted(leaves, x64) or narrowed(own, x64)
            if "integer" in DTYPES[dtype].kind:
                for leaf in leaves:  # of NumPy's numbers what 32-bit mode leaves of them
                    if type(leaf) is int and not iinfo_of(dtype).min <= leaf <= iinfo_of(dtype).max:
                        raise too_large(op, leaf, dtype)
            return array.astype(DTYPES[dtype].dtype)
        dtype = narrowed("int64" if own == "uint64" else own, x64)
    target = DTYPES[dtype]
    if array.dtype.kind == "c" and "complex" not in target.kind and dtype != "bool":
        raise TypeError(
            f"dualgrad.{op}: complex numbers convert to complex dtypes and bool only, got {obj!r:.80} for {dtype}. "
            "Take the real parts first."
        )
    if "integer" not in target.kind:
        return array.astype(target.dtype)
    if array.dtype.kind in "iuO":
        info = iinfo_of(dtype)
        if array.size and (int(array.min()) < info.min or int(array.max()) > info.max):
            raise too_large(op, obj, dtype)
        return array.astype(target.dtype)
    return to_integer(array, dtype)


def _promoted(leaves: list[Any], x64: bool) -> str | None:
    """The dtype to which NumPy's numbers and arrays promote beside Python's, which are weak; `None` of others."""
    names = [WEAK.get(cast("Any", type(leaf))) or dtype_name(getattr(leaf, "dtype", None)) for leaf in leaves]
    known = [name for name in names if name is not None]
    return narrowed(weak_result(promote_names(*known), x64), x64) if len(known) == len(names) else None


def to_integer(array: Any, dtype: str) -> Any:
    """A NumPy array of floats or bools as integers: towards zero, out of range to the nearest, nan to 0."""
    import numpy as np

    target: Any = DTYPES[dtype].dtype
    if array.dtype.kind not in "fV":
        return array.astype(target)
    info = iinfo_of(dtype)
    wide = array.astype(np.float64)
    low, high = wide <= float(info.min), wide >= float(info.max)
    inside = np.where(low | high | np.isnan(wide), 0.0, wide).astype(target)
    top, bottom = np.asarray(info.max, target), np.asarray(info.min, target)
    return np.where(high, top, np.where(low, bottom, inside))


def too_large(op: str, obj: Any, dtype: str) -> OverflowError:
    """The error for an integer that a dtype does not hold."""
    return OverflowError(f"dualgrad.{op}: an integer must fit the dtype {dtype}, got {obj!r:.80}. Pass a wider dtype.")
