"""A function with rules that are run as they stand, on tensors with values: outside every trace.

Nothing is traced, so that the rules may branch in Python on values, and cost what they cost by themselves. What the
rules close over cannot be differentiated this way; `Captured` is then raised, and the function is traced instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import innermost
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors

__all__ = ["Captured", "Direct", "watched"]


class Captured(Exception):
    """A rule closes over what is being differentiated."""


def watched(rule: Callable[[], Any], xs: Tensors, tensors: Callable[[Any], Tensors]) -> Any:
    """What a rule gives from tensors `xs` that wait for no gradient; `tensors` finds the outcome's own in it.

    Raises:
        Captured: The outcome waits for one all the same.
    """
    if torch.is_grad_enabled() or any([x.requires_grad for x in xs]):
        return rule()
    with torch.enable_grad():
        found = rule()
    if any([innermost(x).requires_grad for x in tensors(found)]):
        raise Captured
    return found


class Direct(Program):
    """The function of some call.

    Attributes:
        linearize: The rule for reverse mode, as `Program.linearized`.
        push: The rule for forward mode, as `Program.pushed`.
        fun: The function.
        error: What to raise where it is mapped, which only a traced function can be.
    """

    kind = "custom"

    def __init__(
        self,
        fun: Callable[..., Tensors],
        linearize: Callable[[tuple[bool, ...], Tensors], tuple[Tensors, Pull]],
        push: Callable[[Tensors, Sequence[Tensor | None]], tuple[Tensors, Sequence[Tensor | None]]],
        error: Exception | None,
    ) -> None:
        super().__init__(())
        self.fun = fun
        self.linearize = linearize
        self.push = push
        self.error = error

    def run(self, *operands: Tensor) -> Tensors:
        return self.fun(*operands)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        raise self.error or NotImplementedError

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        return self.push(primals, tangents)

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        return self.linearize(active, operands)
