"""Looking into a program while it runs, also where it is compiled, mapped or differentiated."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from dualgrad._active import get_backend
from dualgrad._key_reuse import check_key_reuse
from dualgrad._rules.arguments import flag
from dualgrad._rules.callbacks import check_format
from dualgrad._rules.control import nan_found
from dualgrad._transformed import P, R, check_callable, explained, user_call

__all__ = ["callback", "check_key_reuse", "check_nans", "print"]
__dir__ = __all__.copy  # what completion offers


def print(fmt: str, *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """Print values when the program runs, where `print` would print while it is traced.

    Under `dg.vmap` it prints once for each element; derivatives do not print again.

    Args:
        fmt: A format string, as for `str.format`: `"x = {}"`, `"x = {x}"`. No f-string: values come later.
        *args: Arrays, formatted as NumPy arrays, or any other values.
        ordered: Whether such lines of one program come in the order written; otherwise a compiler may reorder them.
        **kwargs: Values for named fields.

    Raises:
        TypeError: `fmt` is no string.
        ValueError: It is no format string, or has not a field for each value and a value for each field.

    Derivative:
        None: the values are looked at, and nothing is returned.

    Example:
        >>> dg.debug.print("x = {}", dg.asarray([1.0, 2.0]))
        x = [1. 2.]

    Source: `jax.debug.print`.
    """
    check_format(fmt, args, kwargs)
    backend = get_backend()
    try:
        backend.debug.print(fmt, *args, ordered=flag("debug.print", "ordered", ordered), **kwargs)
    except Exception as error:
        raise explained("debug.print", error, args, kwargs) from error.__cause__


def callback(callback: Callable[..., Any], *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """Call a Python function with values when the program runs; what it returns is dropped.

    Args:
        callback: Takes NumPy arrays in place of the arrays in `args` and `kwargs`.
        *args: Trees of arrays.
        ordered: Whether such calls of one program come in the order written.
        **kwargs: Trees of arrays.

    Raises:
        TypeError: `callback` is no function.

    Derivative:
        None: the values are looked at, and nothing is returned.

    Example:
        >>> seen = []
        >>> dg.debug.callback(lambda x: seen.append(float(x)), dg.asarray(2.0))
        >>> seen
        [2.0]

    Source: `jax.debug.callback`.
    """
    check_callable("debug.callback", callback)
    backend = get_backend()
    try:
        backend.debug.callback(callback, *args, ordered=flag("debug.callback", "ordered", ordered), **kwargs)
    except Exception as error:
        raise explained("debug.callback", error, args, kwargs) from error.__cause__


class check_nans:
    """Raise where a nan appears, in values or in derivatives: for a `with` block, or for a decorated function.

    Everything inside runs op by op, also what is jitted: it is slow and for looking only. A nan that an op makes on
    purpose is found as well.

    Raises:
        FloatingPointError: A nan appeared; names the op and the line of the program that called it.

    Derivative:
        As outside of the block; a nan in one is found.

    Example:
        >>> with dg.debug.check_nans():
        ...     float(dg.sqrt(4.0))
        2.0
        >>> try:
        ...     with dg.debug.check_nans():
        ...         dg.log(-1.0)
        ... except FloatingPointError as error:
        ...     "dualgrad.log" in str(error)
        True

    Source: `jax.debug_nans`; `torch.autograd.detect_anomaly`.
    """

    def __init__(self) -> None:
        self._blocks: list[AbstractContextManager[Any]] = []

    def __enter__(self) -> None:
        block = get_backend().debug.nan_checks()
        block.__enter__()
        self._blocks.append(block)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocks.pop().__exit__(kind, error, trace)
        if isinstance(error, FloatingPointError) and not str(error).startswith("dualgrad"):
            op, direction, stack = get_backend().debug.nan_origin(error)
            raise nan_found(user_call(stack, op), direction).with_traceback(trace) from None

    def __call__(self, fun: Callable[P, R], /) -> Callable[P, R]:
        """`fun`, checked at every call."""

        @functools.wraps(fun)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            with check_nans():
                return fun(*args, **kwargs)

        return checked
