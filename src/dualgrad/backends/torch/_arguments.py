"""What a jitted function is given and gives, as tensors: of each kind of arguments there is one program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._dtypes import WEAK
from dualgrad._precision import precision
from dualgrad._rules.arguments import framework_of
from dualgrad._rules.transforms import not_jittable
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import NATIVE, as_tensor, is_weak, mark_weak
from dualgrad.backends.torch._axes import sizes
from dualgrad.backends.torch._private import is_tracing
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["as_leaf", "as_sample", "dissolved", "flattened", "kind_of", "unknown"]


def dissolved(fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the function itself gives, given tensors as its trace would be."""
    leaves, treedef = tree.flatten((args, kwargs))
    if not all([isinstance(x, Tensor) for x in leaves]):
        args, kwargs = tree.unflatten(treedef, [unknown(x) for x in leaves])
    out = fun(*args, **kwargs)
    return tree.map(as_leaf, out) if is_tracing() else out


def unknown(x: Any) -> Tensor:
    """As `as_leaf`; the value of a Python number a trace does not know. It follows what `torch.tensor` makes."""
    if type(x) not in WEAK:
        return as_leaf(x)
    like = as_tensor("jit", x)
    return mark_weak(torch.full((), x, dtype=like.dtype, device=like.device))


def kind_of(leaves: Sequence[Any], tensors: Sequence[Tensor], treedef: Any, static: tuple[Any, ...]) -> Any:
    """What kind of arguments these are: of each kind there is one program."""
    key: list[Any] = [treedef, static, precision.x64, sizes()]
    for leaf, x in zip(leaves, tensors, strict=True):
        if type(leaf) in WEAK:
            key.append(type(leaf))
        elif is_weak(x):
            key.append("weak")
        key += (x.shape, x.dtype, x.device)
    return tuple(key)


def flattened(
    fun: Callable[..., Any], tensors: Sequence[Tensor], treedef: Any
) -> tuple[Callable[..., list[Tensor]], list[Any]]:
    """The function of the leaves of such arguments, to its leaves; and where it says what structure these have."""
    weak = [is_weak(t) for t in tensors]
    treedefs: list[Any] = []

    def flat(*inputs: Tensor) -> list[Tensor]:
        marked = [mark_weak(t) if w else t for t, w in zip(inputs, weak, strict=True)]
        args, kwargs = tree.unflatten(treedef, marked)
        out, out_treedef = tree.flatten(fun(*args, **kwargs))
        treedefs.append(out_treedef)
        return [as_leaf(o) for o in out]

    return flat, treedefs


def as_sample(x: Any) -> Tensor:
    """An argument of which only shape and dtype count."""
    if isinstance(x, ShapeDtypeStruct):
        return torch.empty(x.shape, dtype=NATIVE[x.dtype.name])
    return as_leaf(x)


def as_leaf(x: Any) -> Tensor:
    """An argument or output of a traced function as a tensor; Python numbers become weak 0-d ones."""
    if isinstance(x, Tensor):
        return x
    if type(x) in WEAK:
        return mark_weak(as_tensor("jit", x))
    if isinstance(x, np.ndarray | np.generic) or framework_of(x) is not None:
        return as_tensor("jit", x)
    raise not_jittable("jit", x)
