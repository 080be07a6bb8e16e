"""What the machine arithmetic of each dtype can represent, and which kinds a dtype belongs to; of no framework."""

from __future__ import annotations

from typing import Any, Final

from dualgrad._dtypes import DTYPES, DType, dtype_name, weak_result
from dualgrad._records import record
from dualgrad._rules.arguments import shown

__all__ = ["FInfo", "IInfo", "dtype_of", "finfo_of", "iinfo_of", "is_kind", "require_floating", "require_numeric"]


@record
class FInfo:
    """Limits of a floating-point dtype; of its real part for a complex one."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType

    @property
    def tiny(self) -> float:
        """NumPy's name of `smallest_normal`."""
        return self.smallest_normal


@record
class IInfo:
    """Limits of an integer dtype."""

    bits: int
    max: int
    min: int
    dtype: DType


# Bits, bits of the stored fraction, largest exponent.
_FORMATS: Final = {
    "bfloat16": (16, 7, 127),
    "float16": (16, 10, 15),
    "float32": (32, 23, 127),
    "float64": (64, 52, 1023),
}
_REAL: Final = {"complex64": "float32", "complex128": "float64"}
_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "bool": ("bool",),
    "signed integer": ("signed integer",),
    "unsigned integer": ("unsigned integer",),
    "integral": ("signed integer", "unsigned integer"),
    "real floating": ("real floating",),
    "complex floating": ("complex floating",),
    "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
}


def dtype_of(op: str, x: Any, x64: bool) -> str:
    """The dtype name of an array or of any spelling of a dtype; Python types give their default.

    Raises:
        TypeError: `x` is neither.
    """
    name = dtype_name(x)
    if name is None:
        name = dtype_name(getattr(x, "dtype", None))
    if name is None:
        raise TypeError(f"dualgrad.{op}: the argument must be a dtype or an array, got {shown(x)}.")
    return weak_result(name, x64)


def finfo_of(name: str) -> FInfo:
    """Limits of the floating-point or complex dtype called `name`.

    Raises:
        TypeError: It is of another kind.
    """
    if name not in _FORMATS and name not in _REAL:
        raise TypeError(f"dualgrad.finfo: the dtype must be floating-point or complex, got {name}. Use dg.iinfo.")
    real = _REAL.get(name, name)
    bits, fraction, exponent = _FORMATS[real]
    largest = (2.0 - 2.0**-fraction) * 2.0**exponent
    return FInfo(bits, 2.0**-fraction, largest, -largest, 2.0 ** (1 - exponent), DTYPES[real])


def iinfo_of(name: str) -> IInfo:
    """Limits of the integer dtype called `name`.

    Raises:
        TypeError: It is of another kind.
    """
    dtype = DTYPES[name]
    if "integer" not in dtype.kind:
        raise TypeError(f"dualgrad.iinfo: the dtype must be an integer dtype, got {name}. Use dg.finfo.")
    bits = 8 * dtype.itemsize
    if dtype.kind == "unsigned integer":
        return IInfo(bits, 2**bits - 1, 0, dtype)
    return IInfo(bits, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), dtype)


def is_kind(name: str, kind: Any) -> bool:
    """Whether the dtype called `name` is of `kind`: a dtype, the name of a kind, or a tuple of these.

    Raises:
        ValueError: A string that names no kind.
        TypeError: No dtype.
    """
    if isinstance(kind, tuple):
        return any(is_kind(name, k) for k in kind)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(kind, str):
        if kind not in _KINDS:
            raise ValueError(f"dualgrad.isdtype: kind must be a dtype or one of {', '.join(_KINDS)}, got {kind!r}.")
        return DTYPES[name].kind in _KINDS[kind]
    other = dtype_name(kind)
    if other is None:
        raise TypeError(
            f"dualgrad.isdtype: kind must be a dtype, the name of a kind or a tuple of them, got {shown(kind)}."
        )
    return other == name


def require_numeric(op: str, name: str) -> None:
    """Check that a dtype that was asked for is one of numbers.

    Raises:
        TypeError: It is bool.
    """
    if name == "bool":
        raise TypeError(f"dualgrad.{op}: the dtype must be one of numbers, got dtype=bool. Compare numbers instead.")


def require_floating(op: str, name: str) -> None:
    """Check that a dtype asked for is real floating-point.

    Raises:
        TypeError: It is of another kind.
    """
    if name not in _FORMATS:
        raise TypeError(f"dualgrad.{op}: dtype must be a real floating-point dtype, got {name}.")
