"""Whether 64-bit dtypes are on: the one switch that the user and the backends without a switch of their own read.

It lies on the ground floor because backends read it; only `_active.enable_x64` writes it.
"""

from __future__ import annotations

import os
import threading

__all__ = ["precision"]


def _wanted() -> bool:
    said = os.environ.get("DUALGRAD_X64", "").strip().lower()
    if said not in ("", "0", "false", "no", "off", "1", "true", "yes", "on"):
        raise ValueError(f"dualgrad: DUALGRAD_X64 must be 1 or 0, got {said!r}. Set it to one of them, or unset it.")
    return said in ("1", "true", "yes", "on")


class _Precision(threading.local):
    """The class attribute is the process's setting; an instance attribute is one thread's override."""

    x64: bool = _wanted()


precision = _Precision()
