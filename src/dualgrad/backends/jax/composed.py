"""Compositions of ops on JAX: each is one program, traced once, at the price of one native call."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import check_flags, explained, foreign, listed, stand_in
from dualgrad._rules.nested import leaves_of
from dualgrad._rules.ranges import HOLDING, require_default, require_held
from dualgrad.backends.jax._arrays import arrays_of, in_floats, jit_is_off, require_standard, strong, x64
from dualgrad.backends.jax._promotion import freely

__all__ = ["composed"]

_ARRAYS = (np.ndarray, np.generic, jax.Array)

_MISTAKES = (AttributeError, TypeError, ValueError, IndexError)


def composed(fun: Callable[..., Any], /, *arrays: Any, **options: Any) -> Any:
    """Implements `dualgrad.protocol.Backend.composed`."""
    if fun in HOLDING:
        require_held(fun, arrays, options, x64())
    native = [_native(fun.__name__, x) for x in arrays]
    try:
        return _program(fun)(*native, **{k: listed(v, _ARRAYS) for k, v in options.items()})
    except OverflowError as error:
        if not str(error).startswith("dualgrad."):
            floats = in_floats((*native, *options.values()), beside=native)
            if floats is not None:
                return composed(fun, *floats[: len(native)], **dict(zip(options, floats[len(native) :], strict=True)))
            require_default(fun.__name__, arrays, x64())
        raise explained(fun.__name__, native, options, error, "jax") from None
    except _MISTAKES as error:
        if str(error).startswith("Non-hashable static"):  # the composition says what is wrong with the option
            return _untraced(fun, native, options)
        require_standard(fun.__name__, *leaves_of(native))
        if (found := stand_in(fun.__name__, arrays, error)) is not None:
            raise foreign(fun.__name__, found, "jax") from None
        raise explained(fun.__name__, native, options, error, "jax") from None


def _untraced(fun: Callable[..., Any], native: list[Any], options: dict[str, Any]) -> Any:
    try:
        check_flags(fun.__name__, options)
        return fun(*native, **options)
    except _MISTAKES as error:
        raise explained(fun.__name__, native, options, error, "jax") from None


@functools.cache
def _program(fun: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fun)
    @freely
    def traced(*arrays: Any, **options: Any) -> Any:
        check_flags(fun.__name__, options)
        given = arrays_of(arrays) if jit_is_off() else arrays
        return jax.tree.map(strong, fun(*given, **options))

    names = [p.name for p in inspect.signature(fun).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return jax.jit(traced, static_argnames=names, inline=True, keep_unused=True)  # whose integers must fit, too


def _native(op: str, x: Any) -> Any:
    if isinstance(x, jax.Array | np.ndarray | np.generic | None) or type(x) in WEAK:
        return x
    if isinstance(x, tuple):
        return tuple(_native(op, y) for y in x)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    raise foreign(op, x, "jax")
