# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""`torch.nn.Module` as it is, while FX traces."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch.fx import _symbolic_trace

__all__ = ["modules_as_they_are"]


class _Patcher(_symbolic_trace._Patcher):
    def patch_method(self, cls: type, name: str, new_fn: Callable[..., Any], deduplicate: bool = True) -> None:
        if cls is not torch.nn.Module:
            super().patch_method(cls, name, new_fn, deduplicate)


@contextmanager
def modules_as_they_are() -> Generator[None, None, None]:
    """A block in which FX does not exchange methods of `torch.nn.Module` for each trace: half a millisecond of two.

    Python then forgets the methods of all its subclasses. What `make_fx` would put there does what they do: a module's
    call runs its `forward`, and its attributes are themselves.
    """
    plain = _symbolic_trace._Patcher
    _symbolic_trace._Patcher = _Patcher
    try:
        yield
    finally:
        _symbolic_trace._Patcher = plain
