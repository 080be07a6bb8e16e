"""Inductor's rules of dtypes, made once; a fifth of the time in which it writes a long program went into them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

__all__ = ["rules_made_once"]

_known: Final[dict[str, int]] = {}


@contextmanager
def rules_made_once() -> Generator[None, None, None]:
    """A block in which the rules are made when there are new ones.

    One object has them all, but its `__init__`, which makes them, runs at each operation that asks for it (torch 2.13).
    """
    from torch._inductor import utils
    from torch._inductor.codegen import common
    from torch._inductor.dtype_propagation import DtypePropagationOpsHandler as Rules

    make = Rules.__init__

    def init(self: Any) -> None:
        count = len(utils.op_dtype_propagation_rules) + len(common.pointwise_overrides_data)
        if _known.get("rules") != count:
            make(self)
            _known["rules"] = count

    with patch.object(Rules, "__init__", init):
        yield
