# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""`x[i]` where `i` is a scalar that has no value: torch asks it for one.

It has none in a trace; nor in a mapped function that is differentiated, once anything is computed with it: torch knows
a scalar that is mapped, but not below the wrapper that a derivative puts around each result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import _disable_current_modes

from dualgrad._rules.indices import require_mask
from dualgrad.backends.torch._private.levels import innermost, is_batched, no_levels

__all__ = [
    "TracedIndices",
    "is_known_mask",
    "looked_up",
    "places_of",
    "with_places",
    "without_masks",
    "without_scalars",
]

R = TypeVar("R")
_lookups: WeakKeyDictionary[Any, list[bool]] = WeakKeyDictionary()


class TracedIndices(TorchFunctionMode):
    """Takes elements at traced scalars by `index_select`; as on JAX, one out of bounds gives the nearest end.

    Copies of Python's `copy` are the arrays themselves: torch would copy numbers, which there are none of.
    """

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        if func is Tensor.__getitem__:
            args = without_scalars(without_masks(args))
        elif func is Tensor.__deepcopy__:
            return args[0]
        elif func is Tensor.__reduce_ex__:
            return torch.ops.aten.alias.default, (args[0],)
        return func(*args, **(kwargs or {}))


def with_places(run: Callable[[], R], known: list[bool]) -> R:
    """`run()`, of an eager derivative; with `TracedIndices` from where a scalar was asked for its value.

    The mode makes small operations a quarter slower, so that it is there only where it is needed: the first time it is,
    the function runs twice, and `known` remembers.
    """
    if not known[0]:
        try:
            return run()
        except RuntimeError as error:
            if not str(error).startswith("vmap: It looks like you're either (1) calling .item()"):
                raise
    with TracedIndices():
        out = run()
    known[0] = True
    return out


def looked_up(fun: Any) -> list[bool]:
    """What `with_places` is to know of `fun` from earlier calls; one that is made anew is known by its code."""
    ours = str(getattr(fun, "__module__", None)).startswith("dualgrad.")  # all functions under `grad` share their code
    try:
        return _lookups.setdefault(fun if ours else getattr(fun, "__code__", fun), [False])
    except TypeError:  # a callable without a hash
        return [False]


def without_masks(args: Sequence[Any]) -> Sequence[Any]:
    """The arguments of `__getitem__` with the places that known masks name: torch would look for them at run time.

    Known are NumPy's, and tensors that a traced function closes over.
    """
    x, key = args[0], args[1] if isinstance(args[1], tuple) else (args[1],)
    if not any([is_known_mask(k) for k in key]):
        return args
    spans = [k.ndim if is_known_mask(k) else _axes_of(k) for k in key]
    rest = x.ndim - sum([s for s in spans if s is not None])
    axis = 0
    found: list[Any] = []
    for k, span in zip(key, spans, strict=True):
        if is_known_mask(k):
            require_mask(tuple(k.shape), tuple(x.shape[axis : axis + k.ndim]))
        found.extend(places_of(k) if is_known_mask(k) else [k])
        axis += rest if span is None else span
    return x, tuple(found)


def is_known_mask(k: Any) -> bool:
    """Whether `k` is a mask whose values are there, also in a trace."""
    if isinstance(k, Tensor):
        known = not isinstance(k, FakeTensor) and not torch._C._functorch.is_functorch_wrapped_tensor(k)
        return k.dtype is torch.bool and k.ndim > 0 and known
    return isinstance(k, np.ndarray) and k.dtype == np.bool_ and k.ndim > 0


def places_of(k: Any) -> Sequence[np.ndarray]:
    """The places, one array for each axis, that a known mask names."""
    if isinstance(k, Tensor):
        with no_levels(), _disable_current_modes():  # in the trace it would be an operation on a tensor without values
            k = np.asarray(k.tolist(), np.bool_)
    return np.nonzero(k)


def without_scalars(args: Sequence[Any]) -> Sequence[Any]:
    """The arguments of `__getitem__`, with no scalar left among the indices that has no value."""
    if isinstance(args[0], Tensor):
        key = args[1] if isinstance(args[1], tuple) else (args[1],)
        if any([_is_place(k) for k in key]):
            return _without_places(args[0], key)
    return args


def _is_place(k: Any) -> bool:
    if not isinstance(k, Tensor) or k.ndim or k.dtype is torch.bool or k.is_floating_point() or k.is_complex():
        return False
    return is_batched(k) or isinstance(innermost(k), FakeTensor)


def _without_places(x: Tensor, key: tuple[Any, ...]) -> tuple[Tensor, tuple[Any, ...]]:
    """The array cut to size 1 where an index is a traced scalar, and the indices with 0 in its place."""
    spans = [_axes_of(k) for k in key]
    rest = x.ndim - sum([s for s in spans if s is not None])
    axis = 0
    found: list[Any] = []
    for k, span in zip(key, spans, strict=True):
        if _is_place(k) and axis < x.ndim:
            n = x.shape[axis]
            place = torch.where(k < 0, k + n, k).clamp(0, max(n - 1, 0))
            x, k = x.index_select(axis, place.reshape(1)), 0
        found.append(k)
        axis += rest if span is None else span
    return x, tuple(found)


def _axes_of(k: Any) -> int | None:
    """How many axes an index takes; `None` for an ellipsis, which takes the rest."""
    if k is Ellipsis:
        return None
    if k is None:
        return 0
    return k.ndim if isinstance(k, Tensor) and k.dtype is torch.bool else 1
