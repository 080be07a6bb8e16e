"""Torch's default dtype, which its operators give to integers and bools that meet a Python float or a true division.

In 64-bit mode that is float64: `i * 0.1` with the index of a loop would be float32 else, without a word.
Torch has one default for all threads; while several have blocks of their own, the block that was opened last decides.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

import torch

__all__ = ["set_default", "wide_default"]

_lock = threading.Lock()
_settings: list[list[bool]] = [[False]]  # the process's, then those of open blocks
_before: list[torch.dtype] = []  # what the default was before it was float64 by us


def set_default(on: bool) -> None:
    """Make float64 the default of the process, or give back the one it had."""
    with _lock:
        _settings[0] = [on]
        _follow()


@contextmanager
def wide_default(on: bool) -> Generator[None]:
    """A block in which float64 is the default, or in which it is not."""
    mine = [on]
    with _lock:
        _settings.append(mine)
        _follow()
    try:
        yield
    finally:
        with _lock:
            del _settings[next(i for i, s in enumerate(_settings) if s is mine)]
            _follow()


def _follow() -> None:
    wide = _settings[-1][0]
    if wide and not _before:
        _before.append(torch.get_default_dtype())
        torch.set_default_dtype(torch.float64)
    elif not wide and _before:
        torch.set_default_dtype(_before.pop())
