"""Whether 64-bit dtypes are on: the one switch that the user and the backends without a switch of their own read.

It lies on the ground floor because backends read it; only `_active.enable_x64` writes it.
"""

from __future__ import annotations

import os
import threading

__all__ = ["precision"]


class _Precision(threading.local):
    """The class attribute is the process's setting; an instance attribute is one thread's override."""

    x64: bool = os.environ.get("DUALGRAD_X64", "0").strip().lower() in ("1", "true", "yes", "on")


precision = _Precision()
