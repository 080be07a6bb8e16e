"""Kinds of dtypes under NumPy's names, and which dtype belongs to which."""

from __future__ import annotations

import builtins
from typing import Final

from dualgrad._active import active
from dualgrad._naming import named
from dualgrad.typing import DTypeLike

__all__ = [
    "complexfloating",
    "floating",
    "generic",
    "inexact",
    "integer",
    "issubdtype",
    "number",
    "signedinteger",
    "unsignedinteger",
]


class _Kind:
    """A set of dtypes."""

    __slots__ = ("kinds", "name")

    def __init__(self, name: str, *kinds: str) -> None:
        self.name = name
        self.kinds = frozenset(kinds)

    def __repr__(self) -> str:
        return f"dualgrad.{self.name}"


_SIGNED, _UNSIGNED, _REAL, _COMPLEX = "signed integer", "unsigned integer", "real floating", "complex floating"

signedinteger: Final = _Kind("signedinteger", _SIGNED)
"""The kind of `int8` to `int64`."""
unsignedinteger: Final = _Kind("unsignedinteger", _UNSIGNED)
"""The kind of `uint8` to `uint64`."""
integer: Final = _Kind("integer", _SIGNED, _UNSIGNED)
"""The kind of all integers."""
floating: Final = _Kind("floating", _REAL)
"""The kind of `float16`, `bfloat16`, `float32`, `float64`."""
complexfloating: Final = _Kind("complexfloating", _COMPLEX)
"""The kind of `complex64` and `complex128`."""
inexact: Final = _Kind("inexact", _REAL, _COMPLEX)
"""The kind of all floating-point and complex dtypes."""
number: Final = _Kind("number", _SIGNED, _UNSIGNED, _REAL, _COMPLEX)
"""The kind of all dtypes but `bool`."""
generic: Final = _Kind("generic", "bool", _SIGNED, _UNSIGNED, _REAL, _COMPLEX)
"""The kind of all dtypes."""
_KINDS: Final = {
    kind.name: kind
    for kind in (signedinteger, unsignedinteger, integer, floating, complexfloating, inexact, number, generic)
}


@named()
def issubdtype(arg1: DTypeLike | _Kind, arg2: DTypeLike | _Kind) -> builtins.bool:
    """Whether a dtype, or all dtypes of a kind, are of a kind, or a dtype is another.

    Args:
        arg1: Any spelling of a dtype, or a kind of this page, or NumPy's class of that name.
        arg2: The same.

    Returns:
        A Python bool.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.issubdtype(dg.float32, dg.floating), dg.issubdtype(dg.int8, dg.inexact)
        (True, False)

    Source: NumPy, `issubdtype`.
    """
    first, second = _kind(arg1), _kind(arg2)
    if second is None:
        return first is None and active.backend.isdtype(arg1, arg2)
    return active.backend.isdtype(arg1, tuple(second.kinds)) if first is None else first.kinds <= second.kinds


def _kind(x: object) -> _Kind | None:
    """The kind that an argument is, by dualgrad's name or NumPy's, which `jax.numpy` has taken over."""
    if isinstance(x, _Kind):
        return x
    return _KINDS.get(x.__name__) if isinstance(x, type) and x.__module__ == "numpy" else None
