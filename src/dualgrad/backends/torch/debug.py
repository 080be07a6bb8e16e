"""What looks into running programs: prints, callbacks, and the hunt for nans."""

from __future__ import annotations

import re
import traceback
import warnings
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from dualgrad.backends.torch._private import current_node, interpreted, without_memory
from dualgrad.backends.torch.callbacks import callback, print

__all__ = ["callback", "nan_checks", "nan_origin", "print", "stepwise"]

# Names of aten's operations where dualgrad's op is called otherwise: what an operator of an array runs.
OPS: Final = {
    "div": "divide",
    "mul": "multiply",
    "sub": "subtract",
    "mm": "matmul",
    "mv": "matmul",
    "dot": "matmul",
    "bmm": "matmul",
    "neg": "negative",
}


class NanError(FloatingPointError):
    """A nan, with what is known of where it came from."""

    def __init__(self, op: str, direction: str, frames: Sequence[traceback.FrameSummary]) -> None:
        super().__init__(f"invalid value (nan) encountered in {op}")
        self.op = op
        self.direction = direction
        self.frames = frames


class _Checking(TorchDispatchMode):
    """Looks at the outputs of every operation."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for x in out if isinstance(out, tuple | list) else (out,):
            if (
                isinstance(x, Tensor)
                and not without_memory(x)
                and (x.is_floating_point() or x.is_complex())
                and func._opname not in _UNSET
                and bool(torch.isnan(x).any())
            ):
                raise _error(func._opname)
        return out


_UNSET: Final = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided"}


def _error(opname: str) -> NanError:
    node = current_node()
    if node is None:
        return NanError(OPS.get(opname, opname), "forward", traceback.extract_stack()[:-2])
    name = re.sub(r"Backward\d*$", "", node.name())
    recorded = node.metadata.get("traceback_", [])
    return NanError(OPS.get(name.lower(), name.lower()), "backward", _frames(recorded))


def _frames(lines: Sequence[str]) -> list[traceback.FrameSummary]:
    """What anomaly mode writes down as text, as frames."""
    found: list[traceback.FrameSummary] = []
    for text in lines:
        head = re.match(r'\s*File "(.*)", line (\d+), in (.*)\n?(.*)', text)
        if head:
            found.append(traceback.FrameSummary(head[1], int(head[2]), head[3], line=head[4].strip()))
    return found


@contextmanager
def nan_checks() -> Generator[None]:
    """A block in which every operation is looked at, also those of jitted functions and of derivatives."""
    with (
        warnings.catch_warnings(),
        interpreted(),
        torch.autograd.set_detect_anomaly(True, check_nan=False),
        _Checking(),
    ):
        warnings.filterwarnings("ignore", "Error detected in ")  # anomaly mode's own account of what is raised here
        yield


def stepwise(on: bool = True, /) -> AbstractContextManager[Any]:
    """Jitted functions run as they stand; loops and branches outside of traces do so anyway."""
    return interpreted(on)


def nan_origin(error: FloatingPointError, /) -> tuple[str, str, Sequence[traceback.FrameSummary]]:
    """The op, the direction and the frames that called it."""
    if isinstance(error, NanError):
        return error.op, error.direction, error.frames
    return "an op", "forward", traceback.extract_tb(error.__traceback__)
