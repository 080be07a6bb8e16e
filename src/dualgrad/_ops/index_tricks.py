"""Objects that are indexed instead of called: grids and concatenations written as slices, and indices as values."""

from __future__ import annotations

from typing import Any, Final, cast

from dualgrad._active import active
from dualgrad._composed import index_tricks as _index_tricks

__all__ = ["c_", "index_exp", "mgrid", "ogrid", "r_", "s_"]


class _Grid:
    """A dense or an open grid of the numbers of slices."""

    def __init__(self, name: str, sparse: bool) -> None:
        self._name = name
        self._sparse = sparse

    def __getitem__(self, key: slice | tuple[slice, ...]) -> Any:
        return _index_tricks.grid(self._name, key, sparse=self._sparse)

    def __repr__(self) -> str:
        return f"dualgrad.{self._name}"


class _Joined:
    """What stands between the brackets, one after the other."""

    def __init__(self, name: str, axis: int, ndmin: int, trans1d: int) -> None:
        self._name = name
        self._where = (axis, ndmin, trans1d)

    def __getitem__(self, key: Any) -> Any:
        items = cast("tuple[Any, ...]", key if isinstance(key, tuple) else (key,))
        where = self._where
        if items and isinstance(items[0], str):
            where = _index_tricks.directive(self._name, items[0], where)
            items = items[1:]
        pieces = [_index_tricks.piece(self._name, item) for item in items]
        return active.backend.composed(_index_tricks.joined(self._name), *pieces, where=where)

    def __repr__(self) -> str:
        return f"dualgrad.{self._name}"


class _Index:
    """An index as it is written between brackets."""

    def __init__(self, name: str, always_tuple: bool) -> None:
        self._name = name
        self._always_tuple = always_tuple

    def __getitem__(self, key: Any) -> Any:
        return cast("Any", (key,) if self._always_tuple and not isinstance(key, tuple) else key)

    def __repr__(self) -> str:
        return f"dualgrad.{self._name}"


mgrid: Final = _Grid("mgrid", sparse=False)
"""A dense grid, indexed with slices.

`dg.mgrid[0:3, 0:1:5j]` stacks one array for each slice, of the shape that they have together. A step `n * 1j` asks for
`n` numbers, both ends among them; other steps are those of `dg.arange`. One slice gives its numbers.

Derivative:
    Not differentiable: the slices hold Python numbers.

Source: NumPy, `mgrid`.
"""

ogrid: Final = _Grid("ogrid", sparse=True)
"""An open grid, indexed with slices as `dg.mgrid` is.

`dg.ogrid[0:3, 0:5]` is a tuple of arrays that broadcast against each other, here of shapes `(3, 1)` and `(1, 5)`.

Derivative:
    Not differentiable: the slices hold Python numbers.

Source: NumPy, `ogrid`.
"""

r_: Final = _Joined("r_", 0, 1, -1)
"""Slices, arrays and numbers, joined along the first axis.

`dg.r_[1:4, 0, x]`; a slice stands for its numbers as in `dg.mgrid`. A string in front says along which axis, how many
axes each has at least, and where its own stand among them: `dg.r_["1,2,0", x, y]`. NumPy's `"r"` and `"c"`, which make
matrix objects, are refused.

Derivative:
    Linear in the arrays; both modes, any order.

Source: NumPy, `r_`.
"""

c_: Final = _Joined("c_", -1, 2, 0)
"""Slices, arrays and numbers as columns: `dg.r_` with `"-1,2,0"` in front.

Derivative:
    Linear in the arrays; both modes, any order.

Source: NumPy, `c_`.
"""

s_: Final = _Index("s_", always_tuple=False)
"""The index that is written between the brackets, as a value: `dg.s_[1:3, ..., 0]`.

Derivative:
    Not differentiable: it makes no array.

Source: NumPy, `s_`.
"""

index_exp: Final = _Index("index_exp", always_tuple=True)
"""As `dg.s_`, always a tuple.

Derivative:
    Not differentiable: it makes no array.

Source: NumPy, `index_exp`.
"""
