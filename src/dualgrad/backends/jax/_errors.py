"""JAX's errors in dualgrad's words: those that a transform raises far from the op that is meant."""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import jax

from dualgrad._rules.callbacks import callback_derivative, io_checkpointed, io_masked, io_unordered, wrong_vmap_method
from dualgrad._rules.control import leaked, no_transpose, reverse_while
from dualgrad._rules.custom import closed_over, forward_custom_vjp
from dualgrad._rules.nested import too_large
from dualgrad.backends.jax._arrays import integer_name
from dualgrad.backends.jax.tree import incomparable

__all__ = ["raised", "said", "translated"]

# Plain exceptions, some of them.
_IO_UNORDERED: Final = ("Cannot `vmap` ordered IO callback.", "Ordered IO effects not supported in vmap.")
_IO_MASKED: Final = (
    "Unordered IO effects not supported in while_loop with batched predicate",
    "IO effect not supported in vmap-of-cond.",
)

_TOO_LARGE: Final = re.compile(r"(?:^Python int|Got <class 'int'> with value) (-?\d+)")

raised: Final[deque[Exception]] = deque(maxlen=16)
"""What callbacks raised lately: XLA gives back only the text."""


def translated(error: Exception, transform: str, where: str, /) -> Exception | None:
    """The error of dualgrad for one of JAX's; `None` where JAX's says it as well."""
    del where  # the traceback leads there
    text = str(error)
    if (keys := incomparable(error)) is not None:
        return keys
    if isinstance(error, jax.errors.UnexpectedTracerError):
        return leaked()
    if isinstance(error, OverflowError) and (number := _TOO_LARGE.search(text)):
        return too_large(transform, int(number[1]), integer_name())
    if isinstance(error, TypeError) and text.startswith("can't apply forward-mode"):
        return forward_custom_vjp("a function")  # one that JAX was given, without a name
    if isinstance(error, NotImplementedError) and text.startswith("Differentiation rule for 'custom_lin'"):
        return forward_custom_vjp("a function")  # how forward mode over forward mode meets one
    if text.startswith("Detected differentiation of a custom_vjp function with respect to a closed-over value"):
        return closed_over(
            "custom_vjp", "the function"
        )  # found where a branch or body is differentiated, without names
    if isinstance(error, TypeError) and text.startswith("transpose_solve required"):
        return no_transpose()
    if isinstance(error, ValueError) and text.startswith("Reverse-mode differentiation does not work for lax.while"):
        return reverse_while()
    if isinstance(error, ValueError) and text.startswith(("Pure callbacks do not support", "IO callbacks do not")):
        return callback_derivative("io_callback" if text.startswith("IO") else "pure_callback")
    if text in _IO_UNORDERED:
        return io_unordered()
    if text in _IO_MASKED:
        return io_masked()
    if isinstance(error, NotImplementedError) and text.startswith("Effects not supported in partial-eval of `check"):
        return io_checkpointed()
    if isinstance(error, NotImplementedError) and "pure_callback primitive when vmap_method" in text:
        got = re.search(r"Got vmap_method=(.*)\.", text)
        return wrong_vmap_method("pure_callback", None if got is None or got[1] == "None" else got[1])
    # a compiled program that has run before raises it from C++, where it is a plain ValueError
    if isinstance(error, jax.errors.JaxRuntimeError | ValueError) and "callback" in text:
        for mine in reversed(raised):
            if f"{type(mine).__name__}: {mine}".strip() in text:
                return mine
    return None


def said(transform: str, fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun`, whose errors of JAX are said in dualgrad's words: for the functions that `vjp` and `linearize` return."""

    @functools.wraps(fun)
    def call(*args: Any) -> Any:
        try:
            return fun(*args)
        except Exception as error:
            better = translated(error, transform, "")
            if better is None:
                raise
            raise better from None

    return call
