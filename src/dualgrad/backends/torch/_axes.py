"""Which named axes of `vmap` are open in this thread."""

from __future__ import annotations

import threading
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor

__all__ = ["Axis", "named", "opened", "sizes"]


@dataclass(frozen=True)
class Axis:
    """A named axis: its size, and the position along it as the `vmap` maps it."""

    index: Tensor
    size: int


class _State(threading.local):
    def __init__(self) -> None:
        self.axes: dict[Hashable, Axis] = {}


_state = _State()


def named(name: Hashable) -> Axis | None:
    """The innermost open axis of that name."""
    return _state.axes.get(name)


def sizes() -> tuple[tuple[Hashable, int], ...]:
    """Names and sizes of the open axes."""
    return tuple([(name, axis.size) for name, axis in _state.axes.items()])


@contextmanager
def opened(name: Hashable, axis: Axis) -> Generator[None]:
    """A block in which an axis has that name."""
    before = _state.axes
    _state.axes = {**before, name: axis}
    try:
        yield
    finally:
        _state.axes = before
