"""Printing, callbacks and the hunt for nans: JAX's own."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import jax
import numpy as np
from jax import tree_util as jtu

from dualgrad.backends.jax._errors import raised

__all__ = ["callback", "nan_checks", "nan_origin", "print", "stepwise"]

print = jax.debug.print

# Names of JAX's primitives where dualgrad's op is called otherwise: what an operator of an array runs.
OPS: Final = {
    "div": "divide",
    "mul": "multiply",
    "sub": "subtract",
    "add_any": "add",
    "integer_pow": "pow",
    "square": "pow",
    "dot_general": "matmul",
    "neg": "negative",
    "rem": "remainder",
    "reduce_sum": "sum",
    "stage": "asarray",  # a Python number beside an array
}


def callback(callback: Callable[..., Any], *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """`jax.debug.callback` on NumPy arrays."""

    def on_host(*args: Any, **kwargs: Any) -> None:
        try:
            args, kwargs = jtu.tree_map(lambda x: np.asarray(x) if isinstance(x, jax.Array) else x, (args, kwargs))
            callback(*args, **kwargs)
        except Exception as error:
            raised.append(error)
            raise

    jax.debug.callback(on_host, *args, ordered=ordered, **kwargs)


@contextmanager
def nan_checks() -> Generator[None]:
    """`jax.debug_nans`, op by op: a compiled program would name none."""
    with jax.debug_nans(True), jax.disable_jit():
        yield


def stepwise(on: bool = True, /) -> AbstractContextManager[Any]:
    """`jax.disable_jit`."""
    return jax.disable_jit(on)


def nan_origin(error: FloatingPointError, /) -> tuple[str, str, Sequence[traceback.FrameSummary]]:
    """The op, the direction and the frames that called it."""
    frames = list(traceback.extract_tb(error.__traceback__))
    primitive = str(error).removeprefix("invalid value (nan) encountered in ").partition(" ")[0].partition(".")[0]
    before = error.__cause__  # where the op was called, if it was recorded and its derivative runs only now
    if before is not None and before.__traceback__ is not None:
        frames = list(traceback.extract_tb(before.__traceback__))
    return OPS.get(primitive, primitive), "forward" if before is None else "backward", frames
