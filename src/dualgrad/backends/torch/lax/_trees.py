"""Trees of arrays that go into a loop or a branch and come out of it, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree
import torch
from torch import Tensor

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import framework_of
from dualgrad._rules.control import branch_mismatch, branch_structure, carry_mismatch, carry_structure, not_an_array
from dualgrad._rules.outlines import kind_text, outline, path_text
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import NAMES, as_tensor, is_weak, mark_weak

__all__ = [
    "Arrays",
    "check_branch",
    "described",
    "fitted_carry",
    "is_leaf",
    "promoted_carry",
    "where_in",
]


@dataclass
class Arrays:
    """The leaves of a tree as tensors, its structure, and which leaves stand for Python numbers."""

    tensors: list[Tensor]
    treedef: Any
    weak: list[bool]

    @classmethod
    def of(cls, name: str, value: Any) -> Arrays:
        """The leaves as tensors; `name` is that of the op, for messages."""
        leaves, treedef = tree.flatten(value)
        tensors = [_leaf(name, x) for x in leaves]
        pairs = zip(leaves, tensors, strict=True)
        # A bool takes no other dtype on, Python's own included.
        weak = [(type(x) in WEAK or is_weak(t)) and t.dtype is not torch.bool for x, t in pairs]
        return cls(tensors, treedef, weak)

    def rebuild(self, tensors: Sequence[Tensor]) -> Any:
        """The tree with other tensors in it."""
        marked = [mark_weak(t) if w else t for t, w in zip(tensors, self.weak, strict=True)]
        return tree.unflatten(self.treedef, marked)

    def weakened(self, tensors: Sequence[Tensor], weak: Sequence[bool]) -> Any:
        """As `rebuild`, of what a body returned: an array is none of a Python number, though it was given one."""
        pairs = zip(tensors, self.weak, weak, strict=True)
        strong = [t.view(t.shape) if given and not w and is_weak(t) else t for t, given, w in pairs]
        return Arrays(strong, self.treedef, [g and w for g, w in zip(self.weak, weak, strict=True)]).rebuild(strong)

    def is_bare(self) -> bool:
        """Whether the tree is a single tensor and no Python number."""
        return self.weak == [False] and self.treedef.num_nodes == 1

    def is_row(self) -> bool:
        """Whether the tree is a tuple of tensors and no Python numbers."""
        return self.treedef.type is tuple and self.treedef.num_nodes == len(self.weak) + 1 and True not in self.weak

    def passing(self) -> Callable[[Any], bool] | None:
        """Whether another tree is plainly like this one, a tensor or a tuple of them; `None` if this is neither."""
        if self.is_bare():
            shape, dtype = self.tensors[0].shape, self.tensors[0].dtype
            return lambda x: type(x) is Tensor and x.dtype is dtype and x.shape == shape
        if not self.is_row():
            return None
        shapes, dtypes = [x.shape for x in self.tensors], [x.dtype for x in self.tensors]

        def passes(row: Any) -> bool:
            if type(row) is not tuple or len(row) != len(shapes):
                return False
            for x, shape, dtype in zip(row, shapes, dtypes, strict=True):
                if type(x) is not Tensor or x.dtype is not dtype or x.shape != shape:
                    return False
            return True

        return passes

    def like(self, other: Arrays) -> Arrays:
        """These tensors in the dtypes of others, and as weak as they are."""
        tensors = [x.to(o.dtype) for x, o in zip(self.tensors, other.tensors, strict=True)]
        return Arrays(tensors, self.treedef, other.weak)

    def restored(self, tensors: Sequence[Tensor]) -> Any:
        """The tree with these tensors in it, as they are."""
        return tree.unflatten(self.treedef, tensors)


def is_leaf(x: Any) -> bool:
    """Whether `x` is an array, of another framework even, or a Python number."""
    return type(x) in WEAK or isinstance(x, Tensor | np.ndarray | np.generic) or framework_of(x) is not None


def _leaf(name: str, x: Any) -> Tensor:
    if isinstance(x, Tensor):
        return x
    if is_leaf(x):
        return as_tensor(name, x)
    raise not_an_array(name, kind_text(x))


def described(x: Tensor) -> str:
    """Dtype and shape, as in `float32(3,)`."""
    return f"{NAMES[x.dtype]}{tuple(x.shape)}"


def where_in(what: str, treedef: Any, place: int) -> str:
    """The leaf at that place as Python would name it, `carry['h'][0]`."""
    return path_text(what, optree.treespec_paths(treedef)[place])


def fitted_carry(name: str, given: Arrays, out: Arrays) -> list[Tensor]:
    """The carry that a body returned, checked against the one that it was given."""
    if out.treedef != given.treedef:
        raise carry_structure(name, outline(tree, given.treedef), outline(tree, out.treedef))
    fitted: list[Tensor] = []
    for place, (x, y) in enumerate(zip(given.tensors, out.tensors, strict=True)):
        if y.dtype is not x.dtype and out.weak[place] and not y.ndim and _holds(x.dtype, y.dtype):
            y = y.to(x.dtype)
        if y.shape != x.shape or y.dtype is not x.dtype:
            where = where_in("carry", given.treedef, place)
            if name == "fori_loop":  # its counter travels beside what the user knows as the carry
                where = "carry" + where[where.index("]") + 1 :]
            raise carry_mismatch(name, where, described(x), described(y))
        if given.weak[place] and not out.weak[place]:
            y = y.view(y.shape)  # marked as weak for the next step, which an array of the user's must not be
        fitted.append(y)
    return fitted


def _holds(dtype: torch.dtype, weak: torch.dtype) -> bool:
    """Whether a Python number of dtype `weak` takes on `dtype`."""
    return torch.result_type(torch.empty(1, dtype=dtype), torch.empty((), dtype=weak)) is dtype


def promoted_carry(given: Arrays, out: Arrays) -> Arrays | None:
    """The carry in the dtypes that a body gives to its Python numbers, or `None` where it changes none."""
    if out.treedef != given.treedef:
        return None
    tensors, weak, changed = list(given.tensors), list(given.weak), False
    for place, (x, y) in enumerate(zip(given.tensors, out.tensors, strict=True)):
        if weak[place] and y.dtype is not x.dtype and x.shape == y.shape:
            dtype = torch.promote_types(x.dtype, y.dtype) if out.weak[place] else y.dtype
            if not out.weak[place] and not _holds(y.dtype, x.dtype):
                continue
            tensors[place], weak[place], changed = x.to(dtype), out.weak[place], True
    return Arrays(tensors, given.treedef, weak) if changed else None


def check_branch(name: str, number: int, first: tuple[Any, Sequence[Any]], other: tuple[Any, Sequence[Any]]) -> None:
    """Check that a branch returns what the first one returns; each is given as structure and leaves."""
    if first[0] != other[0]:
        raise branch_structure(name, number, outline(tree, first[0]), outline(tree, other[0]))
    for place, (x, y) in enumerate(zip(first[1], other[1], strict=True)):
        if tuple(x.shape) != tuple(y.shape) or x.dtype is not y.dtype:
            where = f"{where_in('output', first[0], place)} of branch {number}"
            raise branch_mismatch(name, where, described(x), described(y))
