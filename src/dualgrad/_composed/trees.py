"""All leaves of a tree as one vector, and back."""

from __future__ import annotations

import itertools
import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, default_float, dtype_of, is_complex, named
from dualgrad._records import record
from dualgrad.typing import DType, PyTree

__all__ = ["Unravel", "raveled"]


@record
class Unravel:
    """The way back from a vector to its tree; equal to any other of the same structure, shapes and dtypes."""

    treedef: Any
    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[DType, ...]
    dtype: DType

    def __call__(self, flat: Any, /) -> PyTree:
        """The tree whose leaves are the parts of `flat`."""
        leaves = active.backend.composed(unravel, flat, shapes=self.shapes, dtypes=self.dtypes, dtype=self.dtype)
        return active.backend.tree.unflatten(self.treedef, leaves)


def raveled(tree: PyTree) -> tuple[Any, Unravel]:
    xp = active.backend
    leaves, treedef = xp.tree.flatten(tree)
    if not leaves:
        return xp.zeros((0,)), Unravel(treedef, (), (), default_float())
    flat, *arrays = xp.composed(ravel, *leaves)
    shapes, dtypes = tuple([tuple(x.shape) for x in arrays]), tuple([dtype_of(x) for x in arrays])
    return flat, Unravel(treedef, shapes, dtypes, dtype_of(flat))


@named("tree")
def ravel(*leaves: Any) -> tuple[Any, ...]:
    """The leaves in one vector, and each as an array."""
    xp = active.backend
    dtype = xp.result_type(*[x.dtype for x in leaves])
    return xp.concat([cast(xp.reshape(x, (-1,)), dtype) for x in leaves]), *leaves


@named("tree")
def unravel(flat: Any, *, shapes: tuple[tuple[int, ...], ...], dtypes: tuple[DType, ...], dtype: DType) -> Any:
    """The parts of the vector, in their shapes and dtypes."""
    sizes = [math.prod(shape) for shape in shapes]
    if tuple(flat.shape) != (sum(sizes),):
        raise ValueError(
            f"dualgrad.tree.unravel: the vector must have all {sum(sizes)} elements, got shape {tuple(flat.shape)}."
        )
    mixed = any([d != dtype for d in dtypes])
    if mixed and flat.dtype != dtype:
        raise TypeError(
            f"dualgrad.tree.unravel: leaves of several dtypes come of a vector of the dtype of `ravel`'s, {dtype}, "
            f"got {dtype_of(flat)}. Convert it with dg.astype."
        )
    ends = itertools.accumulate(sizes)
    found = [
        active.backend.reshape(flat[end - size : end], shape)
        for end, size, shape in zip(ends, sizes, shapes, strict=True)
    ]
    return tuple([_back(x, d) for x, d in zip(found, dtypes, strict=True)] if mixed else found)


def _back(x: Any, dtype: DType) -> Any:
    if is_complex(x) and not dtype.kind.startswith("complex"):
        x = active.backend.real(x)
    return cast(x, dtype)
