# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""The level of forward mode, which all threads of a process share.

torch has one, counts in a variable of the process how many `jvp` run, and lets the first open and close it (torch
2.13). Of two threads the one that began closes it below the other, whose tangents are gone then. Here the last one
closes it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import torch
from torch._functorch import eager_transforms
from torch.autograd import forward_ad

__all__ = ["SharedLevel"]

_close_level: Final[Any] = torch._C._exit_dual_level


class SharedLevel:
    """A block in which forward mode has its level.

    An interrupt may fall anywhere. So what is open is known by its users, not by a count, and what an interrupt left is
    put right by `leave`.
    """

    numbers: Final[Iterator[int]] = itertools.count()  # of blocks, in the order in which they were entered
    _users: Final[set[SharedLevel]] = set()
    _changing: Final = threading.RLock()
    _ours = False  # whether the level is ours to close; it may be the user's
    _nesting: int | None = None  # what torch had counted before we came

    def __enter__(self) -> None:
        self.number, self.thread = next(self.numbers), threading.get_ident()
        with self._changing:
            if not self._users:
                self._open()
            self._users.add(self)

    def __exit__(self, *exc: object) -> None:
        with self._changing:
            self._users.discard(self)
            if not self._users:
                self._close()

    @classmethod
    def leave(cls, number: int) -> None:
        """End the blocks of this thread that were entered after a number was drawn, if they are open still."""
        with cls._changing:
            mine = [u for u in cls._users if u.thread == threading.get_ident() and u.number > number]
            cls._users.difference_update(mine)
            if not cls._users:
                cls._close()

    @classmethod
    def _open(cls) -> None:
        cls._nesting = eager_transforms.JVP_NESTING
        if forward_ad._current_level < 0:
            cls._ours = True
            forward_ad._current_level = torch._C._enter_dual_level()
        eager_transforms.JVP_NESTING = cls._nesting + 1  # so that no `jvp` opens one

    @classmethod
    def _close(cls) -> None:
        if cls._nesting is not None:
            eager_transforms.JVP_NESTING = cls._nesting
            cls._nesting = None
        if cls._ours:
            forward_ad._current_level = -1
            with suppress(RuntimeError):  # it is closed, and an interrupt fell between that and the next line
                _close_level(level=0)
            cls._ours = False
