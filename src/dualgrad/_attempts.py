"""What a program does outside itself in a step that may be run anew, or whose result may be dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

__all__ = ["Attempt", "Irrevocable", "at_once", "perform", "uncounted", "why_uncounted"]

R = TypeVar("R")
Call = Callable[[], Any]


class Irrevocable(BaseException):  # what a user's `except Exception` must not keep
    """A call whose result is needed at once, in an attempt: what tries has to know better before it runs the step."""


class _Thread(threading.local):
    waiting: list[Call] | None = None
    uncounted = ""


_thread = _Thread()


class Attempt:
    """A block whose prints, callbacks and notes of used keys are done at its end, without those of discarded tries."""

    def __enter__(self) -> Attempt:
        self._outer, self._calls = _thread.waiting, list[Call]()
        _thread.waiting = self._calls
        return self

    def discard(self) -> None:
        """Forget what waits: the step is run anew."""
        self._calls.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _thread.waiting = self._outer
        for call in () if kind is Irrevocable else self._calls:  # then the step is run anew
            perform(call)


def perform(call: Call) -> None:
    """Do `call` now, or at the end of the attempt that this thread is in."""
    if _thread.waiting is None:
        call()
    else:
        _thread.waiting.append(call)


def at_once(call: Callable[[], R]) -> R:
    """Do `call`, which cannot wait.

    Raises:
        Irrevocable: This thread is in an attempt.
    """
    if _thread.waiting is not None:
        raise Irrevocable
    return call()


@contextmanager
def uncounted(why: str) -> Generator[None]:
    """A block of what does not run as often as the program says: steps of elements that have ended, or a first try.

    Args:
        why: `"masked"` or `"checkpoint"`.
    """
    before, _thread.uncounted = _thread.uncounted, why
    try:
        yield
    finally:
        _thread.uncounted = before


def why_uncounted() -> str:
    """Why this thread is in such a block; empty if it is not."""
    return _thread.uncounted
