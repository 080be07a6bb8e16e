"""The quick way into a compiled program, for a call like an earlier one.

The general way flattens the arguments and makes a key of every leaf, 30 us for two dicts of 6 arrays. But most calls
have the structure of an earlier one: dicts, lists and tuples whose leaves can be picked by the known keys, and asked
all at once whether they are what the program was compiled for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from torch import Tensor

from dualgrad._dtypes import WEAK
from dualgrad._precision import precision
from dualgrad.backends.torch._arrays import as_tensor, dense, is_weak, mark_weak
from dualgrad.backends.torch._private import guard_like

__all__ = ["UNKNOWN", "Quick"]

Pick = Callable[[Any, list[Any]], bool]
Entry = Callable[[list[Tensor]], Any]
UNKNOWN: Final = object()
_MOST: Final = 8  # structures, and kinds of leaves of each, that are looked through


class Quick:
    """Programs of a jitted function, by the calls that led to them."""

    def __init__(self) -> None:
        self._kinds: dict[Any, list[_Kind]] = {}  # by structure
        self._forms: list[tuple[Callable[[tuple[Any, ...], dict[str, Any]], list[Any] | None], list[_Kind]]] = []

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the program for such a call gives, or `UNKNOWN`."""
        x64 = precision.x64
        for pick, kinds in self._forms:
            leaves = pick(args, kwargs)
            if leaves is not None:
                for kind in kinds:
                    if kind.x64 is x64 and (kind.guard(*leaves) if kind.is_plain else kind.accepts(leaves)):
                        return kind.entry(leaves)
        return UNKNOWN

    def call_flat(self, leaves: list[Any], treedef: Any) -> Any:
        """The same for arguments that had to be flattened."""
        x64 = precision.x64
        for kind in self._kinds.get(treedef, ()):
            if kind.x64 is x64 and kind.accepts(leaves):
                return kind.entry(leaves)
        return UNKNOWN

    def learn(self, leaves: Sequence[Any], treedef: Any, entry: Entry) -> None:
        """Remember what serves calls with these arguments.

        Args:
            leaves: Leaves of `(args, kwargs)`, as the user gave them.
            treedef: The structure.
            entry: The program.
        """
        kinds = self._kinds.get(treedef)
        if kinds is None:
            kinds = self._kinds[treedef] = []
            pick = _picker_of_call(treedef) if len(self._forms) < _MOST else None
            if pick is not None:
                self._forms.append((pick, kinds))
        kind = _Kind.of(leaves, entry) if len(kinds) < _MOST else None
        if kind is not None:
            kinds.append(kind)


class _Kind:
    """What the leaves of one structure are like, and the program for such."""

    numbers: tuple[tuple[int, type], ...]  # which leaves are Python numbers
    scalars: tuple[int, ...]  # which are 0-d tensors: only those may stand for a number
    is_plain: bool  # whether there are neither
    x64: bool
    guard: Callable[..., bool]
    entry: Entry

    @classmethod
    def of(cls, leaves: Sequence[Any], entry: Entry) -> _Kind | None:
        """The kind of these, if it is one that can be asked for quickly."""
        kind = cls()
        kind.numbers = tuple([(i, type(x)) for i, x in enumerate(leaves) if type(x) in WEAK])
        numbers = dict(kind.numbers)
        if not all([i in numbers or (type(x) is Tensor and not is_weak(x)) for i, x in enumerate(leaves)]):
            return None
        tensors = [as_tensor("jit", x) for x in leaves]
        if not all([dense(x) is x and not x.requires_grad for x in tensors]):
            return None
        kind.scalars = tuple([i for i, x in enumerate(tensors) if not x.ndim and i not in numbers])
        kind.is_plain = not kind.numbers and not kind.scalars
        kind.x64 = precision.x64
        kind.guard = guard_like(tensors)
        kind.entry = entry
        return kind

    def accepts(self, leaves: list[Any]) -> bool:
        """Whether the program takes these; Python numbers among them become tensors if it does."""
        tensors = leaves
        if self.numbers:
            if not all([type(leaves[i]) is cls for i, cls in self.numbers]):
                return False
            tensors = list(leaves)
            for i, _ in self.numbers:
                tensors[i] = mark_weak(as_tensor("jit", leaves[i]))
        if not self.guard(*tensors) or any([hasattr(tensors[i], "_dualgrad_weak") for i in self.scalars]):
            return False
        leaves[:] = tensors
        return True


def _picker_of_call(treedef: Any) -> Callable[[tuple[Any, ...], dict[str, Any]], list[Any] | None] | None:
    """What gives the leaves of a call of this structure, and `None` for a call of another."""
    of_args, of_kwargs = treedef.children()
    count = of_args.num_children
    row = of_args.num_leaves == count and of_args.num_nodes == count + 1 and not of_kwargs.num_leaves
    pick_args, pick_kwargs = _picker(of_args), _picker(of_kwargs)
    if pick_args is None or pick_kwargs is None:
        return None

    def tensors_in_a_row(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any] | None:
        return None if kwargs or len(args) != count else list(args)

    def trees(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any] | None:
        leaves: list[Any] = []
        try:
            return leaves if pick_args(args, leaves) and pick_kwargs(kwargs, leaves) else None
        except KeyError:
            return None

    return tensors_in_a_row if row and not of_kwargs.num_children else trees


def _picker(treedef: Any) -> Pick | None:
    """What adds the leaves of a tree to a list if the tree has this structure; `None` where that is not so easy.

    It says no, or raises `KeyError`, for a tree of another structure.
    """
    if treedef.is_leaf(strict=True):
        return _leaf
    if treedef.type is type(None):
        return _none
    if treedef.type not in (dict, list, tuple):
        return None
    children = [_picker(child) for child in treedef.children()]
    if None in children:
        return None
    parts: Any = children
    return _dict_picker(treedef.entries(), parts) if treedef.type is dict else _row_picker(treedef.type, parts)


def _leaf(x: Any, out: list[Any]) -> bool:
    out.append(x)
    return True


def _none(x: Any, out: list[Any]) -> bool:
    return x is None


def _row_picker(cls: type, children: list[Pick]) -> Pick:
    count = len(children)

    def leaves(x: Any, out: list[Any]) -> bool:
        if type(x) is not cls or len(x) != count:
            return False
        out += x
        return True

    def mixed(x: Any, out: list[Any]) -> bool:
        if type(x) is not cls or len(x) != count:
            return False
        return all([child(part, out) for child, part in zip(children, x, strict=True)])

    return leaves if all([child is _leaf for child in children]) else mixed


def _dict_picker(keys: list[Any], children: list[Pick]) -> Pick:
    count = len(keys)
    values = operator.itemgetter(*keys) if count > 1 else _one_by_one(keys)

    def leaves(x: Any, out: list[Any]) -> bool:
        if type(x) is not dict or len(x) != count:
            return False
        out += values(x)
        return True

    def mixed(x: Any, out: list[Any]) -> bool:
        if type(x) is not dict or len(x) != count:
            return False
        return all([child(part, out) for child, part in zip(children, values(x), strict=True)])

    return leaves if all([child is _leaf for child in children]) else mixed


def _one_by_one(keys: list[Any]) -> Callable[[Any], list[Any]]:
    return lambda x: [x[key] for key in keys]  # for a single key `itemgetter` gives the value itself
