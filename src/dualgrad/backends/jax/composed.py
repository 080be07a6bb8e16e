"""Compositions of ops on JAX: each is one program, traced once, at the price of one native call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import foreign, missing
from dualgrad.backends.jax._arrays import require_standard, strong

__all__ = ["composed"]


def composed(fun: Callable[..., Any], /, *arrays: Any, **options: Any) -> Any:
    """Implements `dualgrad.protocol.Backend.composed`."""
    native = [_native(fun.__name__, x) for x in arrays]
    try:
        return _program(fun)(*native, **{k: _hashable(v) for k, v in options.items()})
    except AttributeError as error:
        raise missing(fun.__name__, native, error, "jax") from None
    except TypeError as error:
        require_standard(fun.__name__, *native)
        raise missing(fun.__name__, native, error, "jax") from None


@functools.cache
def _program(fun: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fun)
    def traced(*arrays: Any, **options: Any) -> Any:
        return jax.tree.map(strong, fun(*arrays, **options))

    names = [p.name for p in inspect.signature(fun).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return jax.jit(traced, static_argnames=names, inline=True)


def _native(op: str, x: Any) -> Any:
    if isinstance(x, jax.Array | np.ndarray | np.generic | None) or type(x) in WEAK:
        return x
    if isinstance(x, tuple):
        return tuple(_native(op, y) for y in x)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    raise foreign(op, x, "jax")


def _hashable(x: Any) -> Any:
    if isinstance(x, np.ndarray | np.generic | jax.Array):
        x = x.tolist()
    return tuple(map(_hashable, x)) if isinstance(x, list | tuple) else x  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
