"""What Inductor's scheduler must not forget."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

__all__ = ["lasting_order"]


@contextmanager
def lasting_order() -> Generator[None]:
    """A block in which a loop that reads what another updates in place stays behind it.

    The scheduler writes such an order down as another name of the buffer. On the CPU it analyses a loop anew to fuse it
    with one of other ranges, and torch 2.13 then takes the old name from the analysis: the loop could end up before the
    update, and the program gave wrong numbers without a word. Not thread-safe; its caller holds a lock.
    """
    from torch._inductor.scheduler import SchedulerNode

    plain: Any = SchedulerNode.recompute_size_and_body

    def recompute_size_and_body(self: Any, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        self.set_read_writes(self.read_writes.rename(self.mutation_renames))

    with patch.object(SchedulerNode, "recompute_size_and_body", recompute_size_and_body):
        yield
