"""What must happen as a whole, or the process is broken: imports that register things with PyTorch.

Ctrl-C in the middle of `import torch._inductor`, which takes a second or two at the first compilation, leaves modules
half made: what was registered cannot be registered again, and every later compilation of the process fails. Signals are
raised in the main thread alone; so such work is done in another, and the main one waits.
"""

from __future__ import annotations

import importlib
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

__all__ = ["imported", "in_one_piece"]

_imported: Final[set[str]] = set()


def in_one_piece(fun: Callable[[], None]) -> None:
    """Call `fun` where no signal interrupts it; an interrupt ends the wait for it, and `fun` goes on to its end."""
    if threading.current_thread() is not threading.main_thread():
        fun()
        return
    done: Future[None] = Future()

    def work() -> None:
        try:
            done.set_result(fun())
        except BaseException as error:  # handed to whoever waits
            done.set_exception(error)

    threading.Thread(target=work, name="dualgrad").start()
    done.result()


def imported(*names: str) -> None:
    """Import modules as a whole."""
    if _imported.issuperset(names):
        return

    def bring() -> None:
        with warnings.catch_warnings():  # torch's own deprecations, which would end it where warnings are errors
            warnings.simplefilter("ignore")
            for name in names:
                importlib.import_module(name)

    in_one_piece(bring)
    _imported.update(names)
