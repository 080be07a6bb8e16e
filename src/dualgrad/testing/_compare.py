"""How the checkers look at results: on the host, leaf by leaf, with one rule of closeness.

NumPy is imported inside the functions, here and in the modules beside, because pytest loads this package through the
plugin's entry point in every run on the machine.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

import dualgrad as dg
from dualgrad._dtypes import DTYPES, dtype_name
from dualgrad.protocol import Backend

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "INEXACT",
    "activate",
    "assert_close",
    "dtype_of",
    "host",
    "is_inexact",
    "leaves_of",
    "mismatch",
    "rtol_of",
    "same_leaves",
]

INEXACT = frozenset(name for name, dtype in DTYPES.items() if "floating" in dtype.kind)
_EPS = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23, "complex64": 2.0**-23}


def activate(backend: str | Backend, x64: bool = True) -> AbstractContextManager[Any]:
    """A block in which `backend` answers, in 64-bit mode unless `x64` is false."""
    stack = ExitStack()
    stack.enter_context(dg.use_backend(backend))
    stack.enter_context(dg.enable_x64(x64))
    return stack


def dtype_of(x: Any) -> str:
    """Name of the dtype of an array of any framework; Python scalars have the name of their type."""
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return type(x).__name__
    return dtype_name(dtype) or str(dtype)


def is_inexact(x: Any) -> bool:
    """Whether `x` is a floating-point or complex array or Python scalar, or one of many digits."""
    return isinstance(x, float | complex) or dtype_of(x) in INEXACT or dtype_of(x) == "object"


def rtol_of(dtype: str, rtol: float = 1e-12) -> float:
    """`rtol`, which is meant for float64, as the tolerance that a narrower `dtype` allows."""
    eps = _EPS.get(dtype)
    if eps is None:
        return rtol
    slack = 8 if dtype in ("float16", "bfloat16") else 32
    return min(slack * eps * max(1.0, rtol / 1e-12), 0.3)


def host(x: Any, *, exact_dtype: bool = False) -> Any:
    """An array or scalar of the active backend on the host; bfloat16 as float32, which holds it, or as NumPy's own."""
    import numpy as np

    if isinstance(x, np.ndarray | np.generic | bool | int | float | complex):
        return np.asarray(x)
    if dtype_of(x) == "bfloat16":
        wide = np.asarray(dg.to_numpy(dg.astype(x, dg.float32)))
        return wide.astype(dg.bfloat16.dtype) if exact_dtype else wide
    return np.asarray(dg.to_numpy(x))


def mismatch(actual: Any, expected: Any, rtol: float, atol: Any = None, *, exact: bool = False) -> str:
    """Where two host arrays differ by more than `rtol`, in one line; empty where they agree.

    `nan` equals `nan`, infinities equal those of the same sign. Elements are compared each relative to itself, with an
    allowance of `rtol / 100` of the largest element, so that an element that cancelled to nearly zero is no failure;
    `atol`, a number or one for each element, stands in its place.
    """
    import numpy as np

    actual, expected = np.asarray(actual), np.asarray(expected)
    if actual.shape != expected.shape:
        return f"shape {actual.shape} against {expected.shape}"
    if actual.size == 0:
        return ""
    if actual.dtype.kind not in "fcV" and expected.dtype.kind not in "fcV":
        wrong = actual != expected
        return _worst(actual, expected, wrong, wrong.astype(float)) if wrong.any() else ""
    a, b = _wide(actual), _wide(expected)
    with np.errstate(all="ignore"):
        same = (a == b) | (_isnan(a) & _isnan(b))
        if a.dtype.kind == "c":  # inf + nan j and its kin: part by part
            same |= _same_part(a.real, b.real) & _same_part(a.imag, b.imag)
        if exact:
            return _worst(actual, expected, ~same, np.abs(a - b)) if not same.all() else ""
        finite = np.abs(b[np.isfinite(b)])
        scale = float(finite.max()) if finite.size else 0.0
        floor = rtol / 100 * (scale or 1.0) if atol is None else atol
        error = np.abs(a - b)
        good = same | (np.isfinite(a) & np.isfinite(b) & (error <= rtol * np.abs(b) + floor))
        if a.dtype.kind == "c":
            near = rtol * np.abs(b) + floor
            good |= _near_part(a.real, b.real, near) & _near_part(a.imag, b.imag, near)
    return "" if good.all() else _worst(actual, expected, ~good, error)


def assert_close(actual: Any, expected: Any, rtol: float, what: str, *, exact: bool = False) -> None:
    """Compare two host arrays.

    Raises:
        AssertionError: They differ; `what` opens the message.
    """
    found = mismatch(actual, expected, rtol, exact=exact)
    if found:
        raise AssertionError(f"{what}: {found} (rtol {0 if exact else rtol:g})")


def same_leaves(actual: Any, want: Any, rtol: float, what: str, *, exact: bool = False, dtypes: bool = False) -> None:
    a, b = leaves_of(actual), leaves_of(want)
    if len(a) != len(b):
        raise AssertionError(f"{what}: {len(a)} results against {len(b)}")
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        label = what if len(a) == 1 else f"{what}, result {i}"
        if dtypes and dtype_of(x) != dtype_of(y):
            raise AssertionError(f"{label}: dtype must be {dtype_of(y)}, got {dtype_of(x)}")
        assert_close(x, y, rtol, label, exact=exact)


def leaves_of(tree: Any) -> list[Any]:
    """NumPy leaves of a value or of nested sequences of them, as references and points are written."""
    import numpy as np

    if isinstance(tree, tuple | list):
        return [leaf for item in tree for leaf in leaves_of(item)]
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves_of(tree[key])]
    return [] if tree is None else [np.asarray(tree)]


def _wide(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def _isnan(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.isnan(x.real) & np.isnan(x.imag) if x.dtype.kind == "c" else np.isnan(x)


def _same_part(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> Any:
    import numpy as np

    return (a == b) | (np.isnan(a) & np.isnan(b))


def _near_part(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], near: Any) -> Any:
    import numpy as np

    return _same_part(a, b) | (np.isfinite(a) & np.isfinite(b) & (np.abs(a - b) <= near))


def _worst(actual: Any, expected: Any, wrong: Any, error: Any) -> str:
    import numpy as np

    error = np.where(wrong, np.where(np.isnan(error), np.inf, error), -1.0)
    at = np.unravel_index(int(np.argmax(error)), error.shape)
    place = f" at {tuple(int(i) for i in at)}" if at else ""
    return (
        f"{actual[at]!s} against {expected[at]!s}{place}, "
        f"{int(wrong.sum())} of {wrong.size} element{'s' * (wrong.size != 1)} differ"
    )
