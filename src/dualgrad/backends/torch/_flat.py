"""From functions of trees to functions of lists of tensors, the only kind that `torch.func` handles correctly.

torch's transforms refuse Python scalars, treat `None` as a leaf, keep dicts in insertion order and map no keyword
argument; so trees are taken apart here, and `torch.func` sees tensors alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._dtypes import WEAK
from dualgrad._rules.transforms import (
    aux_not_a_pair,
    input_not_real,
    not_differentiable,
    output_not_real,
    output_not_scalar,
)
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import COMPLEX, FLOATING, INEXACT, NAMES, as_tensor, is_weak, mark_weak, plain
from dualgrad.backends.torch._private import is_lifting, lifted

__all__ = [
    "Box",
    "Flat",
    "conjugated",
    "differentiable",
    "join_aux",
    "output_tensors",
    "pair_of",
    "picked",
    "placed",
    "scalar_output",
    "split_aux",
]


@dataclass
class Flat:
    """Some arguments of a call as tensors, and the way back; no `treedef` stands for a single tensor.

    They enter `torch.func` past the functions by which a trace sees what it closes over, so they are lifted here.
    """

    tensors: list[Tensor]
    treedef: Any
    weak: list[bool]

    @classmethod
    def of(cls, args: Any, convert: Callable[[Any], Tensor]) -> Flat:
        if type(args) is Tensor:  # the common case, 4 us cheaper
            x = convert(args)
            if x.is_conj() or x.is_neg():
                x = plain(x)
            return cls([lifted(x)], None, [is_weak(args)])
        leaves, treedef = tree.flatten(args)
        tensors = [plain(convert(leaf)) for leaf in leaves]
        if is_lifting():
            tensors = [lifted(t) for t in tensors]
        # what stands for a number has no axes, which costs a fifth of a look for the mark
        weak = [not t.ndim and (type(x) in WEAK or is_weak(t)) for x, t in zip(leaves, tensors, strict=True)]
        return cls(tensors, treedef, weak)

    def rebuild(self, tensors: Sequence[Tensor]) -> Any:
        """The tree again, with other tensors in it; the stand-ins of Python scalars stay weak."""
        if True in self.weak:
            tensors = [mark_weak(t) if w else t for t, w in zip(tensors, self.weak, strict=True)]
        return self.restore(tensors)

    def gradient(self, tensors: Sequence[Tensor]) -> Any:
        """The tree of gradients; that of a Python number promotes as the number would, as on JAX."""
        if self.treedef is None and not self.weak[0] and tensors[0].dtype not in COMPLEX:
            return tensors[0]  # the common case, 0.5 us cheaper
        return self.rebuild(conjugated(tensors))

    def restore(self, tensors: Sequence[Tensor]) -> Any:
        """The tree with these tensors in it, as they are."""
        return tensors[0] if self.treedef is None else self.treedef.unflatten(tensors)

    def without_tensors(self) -> Flat:
        """The way back alone, for what outlives the call."""
        return Flat([], self.treedef, self.weak)


@dataclass
class Box:
    """What a flat function says beside its tensors."""

    treedef: Any = None
    aux_treedef: Any = None
    aux: list[Any] = field(default_factory=list[Any])


def differentiable(name: str, holomorphic: bool = False, real: bool = False) -> Callable[[Any], Tensor]:
    """Converter of a differentiated leaf; refuses dtypes that have no derivative.

    Args:
        name: The transform, for the message.
        holomorphic: Whether the leaf must be complex.
        real: Whether the leaf must be real.
    """

    def convert(leaf: Any) -> Tensor:
        if type(leaf) is Tensor:
            x = leaf
        elif isinstance(leaf, bool | int):
            raise not_differentiable(name, type(leaf).__name__)
        else:
            x = as_tensor(name, leaf)
        dtype = x.dtype
        if dtype not in INEXACT:
            raise not_differentiable(name, _named(leaf))
        if holomorphic and dtype not in COMPLEX:
            raise output_not_real(name, _named(leaf), holomorphic=True)
        if real and not holomorphic and dtype in COMPLEX:
            raise input_not_real(name, _named(leaf))
        return x

    return convert


def _named(leaf: Any) -> str:
    if isinstance(leaf, Tensor):
        return NAMES[leaf.dtype]
    return leaf.dtype.name if isinstance(leaf, np.ndarray | np.generic) else type(leaf).__name__


def picked(args: tuple[Any, ...], positions: Sequence[int], single: bool) -> Any:
    """The differentiated arguments: the one itself for a single position, else a tuple."""
    return args[positions[0]] if single else tuple([args[p] for p in positions])


def placed(args: tuple[Any, ...], positions: Sequence[int], single: bool, inputs: Any) -> list[Any]:
    """All arguments, with what `picked` took replaced by `inputs`."""
    full = list(args)
    if single:
        full[positions[0]] = inputs
    else:
        for position, value in zip(positions, inputs, strict=True):
            full[position] = value
    return full


def scalar_output(name: str, out: Any, holomorphic: bool) -> Tensor:
    """The output of a function under `grad`, checked."""
    if not isinstance(out, Tensor):
        if not isinstance(out, bool | int | float | complex | np.ndarray | np.generic):
            raise output_not_scalar(name, f"a {type(out).__name__}")
        out = as_tensor(name, out)
    if out.ndim:
        raise output_not_scalar(name, f"shape {tuple(out.shape)}")
    if out.dtype not in (COMPLEX if holomorphic else FLOATING):
        raise output_not_real(name, NAMES[out.dtype], holomorphic)
    return out


def output_tensors(name: str, out: Any, box: Box) -> list[Tensor]:
    """Leaves of an output as tensors; its structure goes into the box."""
    leaves, box.treedef = tree.flatten(out)
    return [leaf if isinstance(leaf, Tensor) else as_tensor(name, leaf) for leaf in leaves]


def pair_of(name: str, out: Any) -> tuple[Any, Any]:
    """Output and auxiliary output of a function under `has_aux`."""
    if not (isinstance(out, tuple) and len(out) == 2):
        raise aux_not_a_pair(name, out)
    return out


def split_aux(name: str, out: Any, has_aux: bool, box: Box) -> tuple[Any, tuple[Tensor, ...]]:
    """Output and the tensors of the auxiliary output; its other leaves go into the box."""
    if not has_aux:
        return out, ()
    out, aux = pair_of(name, out)
    leaves, box.aux_treedef = tree.flatten(aux)
    box.aux = [None if isinstance(leaf, Tensor) else leaf for leaf in leaves]
    return out, tuple([leaf for leaf in leaves if isinstance(leaf, Tensor)])


def join_aux(tensors: Sequence[Tensor], box: Box) -> Any:
    """The auxiliary output again."""
    rest = iter(tensors)
    leaves = [next(rest) if leaf is None else leaf for leaf in box.aux]
    return tree.unflatten(box.aux_treedef, leaves)


def conjugated(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Cotangents of torch's convention as JAX's, or the other way round: the complex ones conjugated.

    torch gives the gradient of a real function as `df/dx + i df/dy`, JAX as `df/dx - i df/dy`.
    """
    return [_conjugate(t) if t.dtype in COMPLEX else t for t in tensors]


def _conjugate(t: Tensor) -> Tensor:
    # conj_physical has no batching rule (torch 2.13), and conj sets a bit that NumPy and DLPack refuse; where the bit
    # is set it takes it away, and the imaginary part has no batching rule.
    return t.conj() if t.is_conj() else torch.complex(t.real, -t.imag)
