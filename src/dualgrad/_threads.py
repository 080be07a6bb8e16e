"""What a thread has of its own and hands on with its work: its backend and its precision.

torch runs the backward pass of what lies on an accelerator on a thread of the device, and a user may run one on any
thread; a rule of the user's in it must find what it would have found where it was recorded. `_active` fills this in,
since backends may not know it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

__all__ = ["Settings", "threads"]

Settings = Callable[[], AbstractContextManager[None]]


class _Threads:
    """`here` gives a block, to be opened on another thread, in which that has the settings of this one."""

    here: Callable[[], Settings] = staticmethod(lambda: nullcontext)


threads = _Threads()
