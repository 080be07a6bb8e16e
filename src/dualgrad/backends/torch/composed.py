"""Compositions of ops on torch: called as they are, on tensors; `jit` compiles them with what stands around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

from dualgrad._dtypes import WEAK
from dualgrad._precision import precision
from dualgrad._rules.arguments import check_flags, explained, foreign, listed, stand_in
from dualgrad._rules.nested import leaves_of
from dualgrad._rules.ranges import HOLDING, floated_beyond, require_held
from dualgrad.backends.torch._arrays import INEXACT, beside, escaped, is_weak, mark_weak, place_of
from dualgrad.backends.torch._eager import quick

__all__ = ["composed"]

_HOLDS = frozenset({int, list, tuple})  # what integers may be, or stand, in
_ARRAYS = (np.ndarray, np.generic, Tensor)


def composed(fun: Callable[..., Any], /, *arrays: Any, **options: Any) -> Any:
    """Implements `dualgrad.protocol.Backend.composed`."""
    op = fun.__name__
    check_flags(op, options)
    if fun in HOLDING and not _HOLDS.isdisjoint(map(type, arrays)):
        require_held(fun, arrays, options, precision.x64)
    native = [x if type(x) is Tensor else _native(op, x, arrays) for x in arrays]
    try:
        out = quick(op, fun, native, options)
        return _strong(fun(*native, **options)) if out is NotImplemented else out
    except (AttributeError, TypeError, ValueError, IndexError, OverflowError, RuntimeError) as error:
        frozen = {k: listed(v, _ARRAYS) for k, v in options.items()}
        if any(frozen[k] is not v for k, v in options.items()):  # a list or an array as an option, as on JAX
            return composed(fun, *arrays, **frozen)
        if (found := stand_in(op, arrays, error)) is not None:
            raise foreign(op, found, "torch") from None
        raise explained(op, native, options, escaped(error), "torch") from None


def _native(op: str, x: Any, arrays: tuple[Any, ...]) -> Any:
    """`x` as a tensor, on the accelerator on which others of the arrays lie."""
    if x is None:
        return None
    if isinstance(x, tuple):
        return tuple(_native(op, y, arrays) for y in x)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if type(x) is int and not -(2**31) <= x < 2**31 and any(map(_is_inexact, leaves_of(arrays))):
        x = floated_beyond(x, "int64" if precision.x64 else "int32")
    place = None if isinstance(x, Tensor) else place_of(leaves_of(arrays))
    tensor = beside(op, x, place)
    return mark_weak(tensor) if type(x) in WEAK else tensor


def _is_inexact(x: Any) -> bool:
    return isinstance(x, float | complex) or getattr(x, "dtype", None) in INEXACT


def _strong(out: Any) -> Any:
    """What an op returns promotes in full, also where it is the argument itself and that stood for a number."""
    if isinstance(out, Tensor):
        return out.clone() if is_weak(out) else out
    return tuple(map(_strong, out)) if type(out) is tuple else out  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
