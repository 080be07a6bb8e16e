# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Errors of a jitted function named without a frame of ours in its calls; checked on JAX 0.10.

JAX's C++ walks the stack in each call, for the traceback of the program: a Python frame above it costs 0.1 us there,
beside what it costs itself. A call that C++ knows goes no further; any other, a wrong one too, comes to a function in
Python, which is where errors can be caught.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["mending"]


def mending(native: Any, mended: Callable[..., Any], fit: Callable[..., Any] | None = None) -> Any:
    """`native`, a function that `jax.jit` made, whose errors go through `mended`.

    Args:
        native: The jitted function.
        mended: Gives the result after all or raises, from the error, the positional and the keyword arguments.
        fit: Gives the positional arguments to take instead, or `None`. Calls for which it does never go the quick way.

    Returns:
        A jitted function, or a Python function that does the same where this JAX makes jitted functions otherwise.
    """

    def caught(
        fun: Callable[..., Any], wrap: Callable[[Any], Any], unwrapped: Callable[[Any], Any]
    ) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            fitted = None if fit is None else fit(*args)
            try:
                if fitted is not None:
                    return wrap(unwrapped(fun(*fitted, **kwargs)))
                return fun(*args, **kwargs)
            except (TypeError, ValueError, IndexError, OverflowError) as error:
                return wrap(mended(error, args, kwargs))

        return call

    try:
        state: dict[str, Any] = native.__getstate__()
        missed = state["cache_miss"]
    except (AttributeError, KeyError, TypeError):
        return caught(native, lambda out: out, lambda out: out)
    kind: Any = type(native)
    made = kind.__new__(kind)
    # after the result: no quick way for such a call, and no second compilation
    made.__setstate__(state | {"cache_miss": caught(missed, lambda out: (out, None, False), lambda out: out[0])})
    made._fun, made._jit_info = native._fun, native._jit_info  # for `lower`, `trace` and `eval_shape`
    return made
