"""Inductor's strides of indices that are sums of multiples, read off; SymPy's `simplify` was a fifth of its time."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

__all__ = ["strides_read_off"]


@contextmanager
def strides_read_off() -> Generator[None, None, None]:
    """A block in which Inductor asks SymPy only for the strides of indices with divisions and remainders."""
    from sympy import Integer
    from torch._inductor import sizevars
    from torch._inductor.codegen import cpp

    asked: Any = sizevars.stride_at_vec_range

    def stride_at_vec_range(index: Any, var: Any, vec_length: int | None = None) -> Any:
        found = _coefficient(index, var)
        return asked(index, var, vec_length) if found is None else Integer(found)

    with (
        patch.object(sizevars, "stride_at_vec_range", stride_at_vec_range),
        patch.object(cpp, "stride_at_vec_range", stride_at_vec_range),
    ):
        yield


def _coefficient(index: Any, var: Any) -> Any:
    """The factor of `var` in a sum of numbers, symbols and multiples of symbols; `None` for any other index."""
    total = 0
    for term in index.args if index.is_Add else (index,):
        if term.is_Integer:
            continue
        factor, symbol = term.args if term.is_Mul and len(term.args) == 2 else (1, term)
        if not symbol.is_Symbol or not (factor == 1 or factor.is_Integer):
            return None
        if symbol == var:
            total += factor
    return total
