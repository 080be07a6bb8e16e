"""What a program does outside itself in a step that may be run anew: it waits until the step counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

__all__ = ["Attempt", "perform"]

Call = Callable[[], Any]


class _Thread(threading.local):
    waiting: list[Call] | None = None


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
        for call in self._calls:
            perform(call)


def perform(call: Call) -> None:
    """Do `call` now, or at the end of the attempt that this thread is in."""
    if _thread.waiting is None:
        call()
    else:
        _thread.waiting.append(call)
