"""The dtypes of the array API and their promotion table, in terms of no framework.

A `DType` compares equal to the native dtype of every backend (`x.dtype == dg.float32`), so one spelling serves all.
What a framework calls that dtype stands in its backend folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from dualgrad.errors import PrecisionError

if TYPE_CHECKING:  # NumPy takes 60 ms to import, more than the whole of dualgrad may
    import numpy as np

__all__ = [
    "DTYPES",
    "WEAK",
    "DType",
    "convert_by",
    "dtype_name",
    "narrowed",
    "promote_names",
    "require_allowed",
    "weak_result",
]

Kind = Literal["bool", "signed integer", "unsigned integer", "real floating", "complex floating"]


class DType:
    """A dtype by name, the same object on every backend; equal to the native dtype of the same name.

    A call gives an array of it, as that of `jax.numpy.float32` does: `dg.float32(x)` is
    `dg.asarray(x, dtype=dg.float32)`.

    Attributes:
        name: `"float32"` and the like.
        kind: `"bool"`, `"signed integer"`, `"unsigned integer"`, `"real floating"` or `"complex floating"`.
        itemsize: Bytes of an element.

    Example:
        >>> dg.zeros(3).dtype == dg.float32
        True
        >>> dg.int32(3.0).dtype == dg.int32
        True

    Source: dualgrad's own; the dtypes are those of the array API, and bfloat16 and float16.
    """

    __slots__ = ("itemsize", "kind", "name")

    name: str
    kind: Kind
    itemsize: int

    def __init__(self, name: str, kind: Kind, itemsize: int) -> None:
        self.name = name
        self.kind = kind
        self.itemsize = itemsize

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of that name, through which NumPy and JAX accept a `DType` as it is.

        Raises:
            AttributeError: NumPy has no bfloat16 of its own and no package that registers one is installed.
        """
        import numpy as np

        if self.name != "bfloat16":
            return np.dtype(self.name)
        try:
            from ml_dtypes import bfloat16
        except ImportError:
            raise AttributeError("NumPy has no bfloat16 without the package ml_dtypes") from None
        return np.dtype(bfloat16)

    def __call__(self, obj: Any, /) -> Any:
        """`obj` as an array of this dtype, with the errors and the derivative of `dg.asarray`."""
        return _conversions[0](obj, dtype=self)

    def __eq__(self, other: object) -> bool:
        return other is self or dtype_name(other) == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"dualgrad.{'bool' if self.name == 'bool' else self.name}"

    def __str__(self) -> str:
        return self.name


_conversions: Final[list[Callable[..., Any]]] = []


def convert_by(asarray: Callable[..., Any]) -> None:
    """Let calls of dtypes be made by this function, which stands on a floor above."""
    _conversions[:] = [asarray]


_KINDS: Final[tuple[tuple[Kind, tuple[tuple[str, int], ...]], ...]] = (
    ("bool", (("bool", 1),)),
    ("signed integer", (("int8", 1), ("int16", 2), ("int32", 4), ("int64", 8))),
    ("unsigned integer", (("uint8", 1), ("uint16", 2), ("uint32", 4), ("uint64", 8))),
    ("real floating", (("bfloat16", 2), ("float16", 2), ("float32", 4), ("float64", 8))),
    ("complex floating", (("complex64", 8), ("complex128", 16))),
)
DTYPES: Final = {name: DType(name, kind, size) for kind, members in _KINDS for name, size in members}

# bool < int (weak) < the integers < float (weak) < the floats < complex (weak) < complex64 < complex128: JAX's lattice
# (docs.jax.dev/en/latest/type_promotion.html), which contains the array API's table.
_PARENTS: Final[dict[str, tuple[str, ...]]] = {
    "bool": ("int*",),
    "int*": ("uint8", "int8"),
    "uint8": ("uint16", "int16"),
    "uint16": ("uint32", "int32"),
    "uint32": ("uint64", "int64"),
    "uint64": ("float*",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float*",),
    "float*": ("bfloat16", "float16", "complex*"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex*": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}
WEAK: Final[dict[type, str]] = {bool: "bool", int: "int*", float: "float*", complex: "complex*"}
_WIDE_TO_NARROW: Final = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def _ancestors(name: str) -> set[str]:
    above = {name}
    for parent in _PARENTS[name]:
        above |= _ancestors(parent)
    return above


_ABOVE: Final = {name: _ancestors(name) for name in _PARENTS}


def _join(a: str, b: str) -> str:
    common = _ABOVE[a] & _ABOVE[b]
    return next(c for c in common if common <= _ABOVE[c])


_JOIN: Final = {(a, b): _join(a, b) for a in _PARENTS for b in _PARENTS}


def promote_names(*names: str) -> str:
    """Least upper bound of dtype names in the lattice; `int*`, `float*`, `complex*` stand for Python scalars."""
    result = names[0]
    for name in names[1:]:
        result = _JOIN[result, name]
    return result


def weak_result(name: str, x64: bool) -> str:
    """The dtype that a weak result takes: the default of its kind."""
    wide = {"int*": "int64", "float*": "float64", "complex*": "complex128"}.get(name)
    if wide is None:
        return name
    return wide if x64 else _WIDE_TO_NARROW[wide]


def promoted_name(names: Sequence[str], x64: bool) -> str:
    """The dtype that dtypes promote to; of two 32-bit ones 32-bit, where 64-bit mode is off."""
    name = weak_result(promote_names(*names), x64)
    return name if any(n in _WIDE_TO_NARROW for n in names) else narrowed(name, x64)


def narrowed(name: str, x64: bool) -> str:
    """`name`, or its 32-bit relative where 64-bit mode is off: what JAX does to NumPy input."""
    return name if x64 else _WIDE_TO_NARROW.get(name, name)


def require_allowed(op: str, name: str, x64: bool) -> str:
    """`name`, if it may be asked for in the mode in force.

    Raises:
        PrecisionError: A 64-bit dtype in 32-bit mode.
    """
    if not x64 and name in _WIDE_TO_NARROW:
        raise PrecisionError(
            f"dualgrad.{op}: 64-bit dtypes are off, got dtype={name}. Ask for {_WIDE_TO_NARROW[name]}, or turn them on "
            "with DUALGRAD_X64=1, dg.enable_x64() or `with dg.enable_x64(True):`."
        )
    return name


_PYTHON_NAMES: Final[dict[object, str]] = {bool: "bool", int: "int*", float: "float*", complex: "complex*"}


def dtype_name(dtype: object) -> str | None:
    """The name of a `DType`, string, Python type, NumPy, JAX or torch dtype; `None` if it is none of them.

    `int`, `float` and `complex` give the weak names `int*`, `float*`, `complex*`.
    """
    if isinstance(dtype, DType):
        return dtype.name
    if isinstance(dtype, type) and dtype in _PYTHON_NAMES:
        return _PYTHON_NAMES[dtype]
    if isinstance(dtype, str):
        return dtype if dtype in DTYPES else None
    if isinstance(dtype, type) and dtype.__name__ in DTYPES:  # numpy.float32, ml_dtypes.bfloat16
        return dtype.__name__
    name = getattr(dtype, "name", None)  # numpy.dtype
    if isinstance(name, str) and name in DTYPES:
        return name
    inner = getattr(getattr(dtype, "dtype", None), "name", None)  # jax.numpy.float32
    if isinstance(inner, str) and inner in DTYPES and not hasattr(dtype, "tolist"):  # no array
        return inner
    text = str(dtype).removeprefix("torch.")
    return text if text in DTYPES else None
