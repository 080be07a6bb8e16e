"""`stop_gradient` as a program, so that a graph that holds it still stops when it is differentiated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors

__all__ = ["STOPPING", "Stop", "stopped"]


class Stop(Program):
    """The identity, whose derivative is zero."""

    kind = "stop_gradient"

    def run(self, *operands: Tensor) -> Tensors:
        return [x.detach() for x in operands]

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        return [stopped(x) for x in operands], dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        return [stopped(x) for x in primals], [None] * len(primals)

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        return [stopped(x) for x in operands], lambda cts: [None] * len(operands)


def stopped(x: Tensor) -> Tensor:
    """`x`, held constant by differentiation."""
    return Stop([Spec.of(x)])(x)[0]


# How native code says the same thing.
STOPPING: Final[dict[Any, Any]] = {
    torch.Tensor.detach: stopped,
    torch.detach: stopped,
    torch.Tensor.data.__get__: stopped,  # pyright: ignore[reportAttributeAccessIssue]
}
