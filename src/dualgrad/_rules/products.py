"""The options of products: how exactly they are taken, and in which dtype they are summed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, cast

from dualgrad._dtypes import DTYPES, dtype_name
from dualgrad._rules.arguments import shown

__all__ = ["Precision", "as_precision", "options_of_products", "require_preferred"]

Precision = str | Enum | Sequence[str | Enum] | None

_WAYS: Final = {
    "default": "default",
    "fastest": "default",
    "bfloat16": "default",
    "high": "high",
    "bfloat16_3x": "high",
    "tensorfloat32": "high",
    "highest": "highest",
    "float32": "highest",
}
_KINDS: Final = ("bool", "integer", "floating", "complex")


def as_precision(op: str, precision: object) -> str | tuple[str, str] | None:
    """`precision` by JAX's shortest names: one, or one for each operand.

    Raises:
        ValueError: It names no precision.
    """
    if precision is None or (type(precision) is str and precision in _WAYS):
        return None if precision is None else _WAYS[precision]
    pair = isinstance(precision, tuple | list)
    given = tuple(cast("Sequence[object]", precision)) if pair else (precision,)
    names = [x.name.lower() if isinstance(x, Enum) else x for x in given]  # `jax.lax.Precision` is an enumeration
    ways = [_WAYS.get(x) if isinstance(x, str) else None for x in names]
    if None in ways or len(ways) != (2 if pair else 1):
        raise ValueError(
            f"dualgrad.{op}: precision must be None, 'default', 'high', 'highest' or a pair of these, "
            f"got precision={shown(precision)}."
        )
    found = cast("list[str]", ways)
    return found[0] if len(found) == 1 else (found[0], found[1])


def options_of_products(op: str, precision: object, preferred: object) -> dict[str, Any]:
    """Both options as a backend takes them, which has nothing before its compiled program to refuse others with.

    Raises:
        ValueError: `precision` names none.
        TypeError: `preferred` names no dtype.
    """
    if preferred is not None and dtype_name(preferred) is None:
        raise TypeError(f"dualgrad.{op}: dtype must name a dtype of the array API or bfloat16, got {shown(preferred)}.")
    return {"precision": as_precision(op, precision), "preferred_element_type": preferred}


def require_preferred(op: str, preferred: str, products: str) -> None:
    """Checks that sums of products of dtype `products` can be had as `preferred`.

    Raises:
        TypeError: That dtype is of a kind which holds fewer numbers.
    """
    if _rank(preferred) < _rank(products):
        raise TypeError(
            f"dualgrad.{op}: preferred_element_type must be of a kind that holds products of {products}, "
            f"got preferred_element_type={preferred}. Convert the result with dg.astype."
        )


def _rank(name: str) -> int:
    return next(i for i, kind in enumerate(_KINDS) if kind in DTYPES[name].kind)
