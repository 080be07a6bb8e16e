"""Functions made of other public functions: what they raise names the one that the user called.

An op names itself. A function that is written in others would name those, of which its user knows nothing; it is
`named`, and where one of them raises, the error is said again under its own name. Ops that cost few microseconds are
not: theirs is the name already, and the frame would be felt.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Final, ParamSpec, TypeVar

from dualgrad._active import active
from dualgrad._rules.arguments import explained, renamed

__all__ = ["named", "naming"]

P = ParamSpec("P")
R = TypeVar("R")

_CALLER: Final = (AttributeError, IndexError, OverflowError, RuntimeError, TypeError, ValueError)
_OURS: Final = frozenset({"dualgrad", "jax", "jaxlib", "ml_dtypes", "numpy", "optree", "torch"})


def named(space: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Gives the errors of a function its name in a namespace; a call that succeeds costs 0.1 to 0.4 us more.

    What a function of the user's raises, which was called on the way, keeps the name it has.
    """

    def decorate(fun: Callable[P, R]) -> Callable[P, R]:
        op = f"{space}.{fun.__name__}" if space else fun.__name__

        @functools.wraps(fun)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return fun(*args, **kwargs)
            except _CALLER as error:
                if str(error).startswith(f"dualgrad.{op}: ") or _is_of_user(error.__traceback__):
                    raise
                better = explained(op, args, kwargs, error, active.backend.name)
                if better is error:
                    raise
                raise better from None

        return call

    return decorate


@contextmanager
def naming(op: str) -> Generator[None]:
    """A block whose errors of dualgrad's are those of `op`: for a rare option, where `named` would cost each call."""
    try:
        yield
    except _CALLER as error:
        renamed(op, error)
        raise


def _is_of_user(trace: TracebackType | None) -> bool:
    """Whether the error passed a frame of code that is neither dualgrad's nor of what it stands on."""
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if module not in _OURS and module not in sys.stdlib_module_names:
            return True
        trace = trace.tb_next
    return False
