"""The result of a loop of unknown length: as it is, but reverse mode stops here with an error."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.control import reverse_while
from dualgrad.backends.torch._private import Spec, current_level
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, is_smooth

__all__ = ["refused"]


class _Refuse(Program):
    """The identity, whose reverse mode is refused."""

    kind = "no_reverse"

    def __init__(self, outputs: Sequence[Spec], name: str) -> None:
        super().__init__(outputs)
        self.name = name

    def run(self, *operands: Tensor) -> Tensors:
        return operands

    def refuses(self) -> Set[str]:
        return {"grad"}

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        return refused(self.name, operands), dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        found = iter(refused(self.name, [*primals, *[t for t in tangents if t is not None]]))
        outs = [next(found) for _ in primals]
        return outs, [None if t is None else next(found) for t in tangents]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            raise reverse_while(self.name)

        return operands, pull


def refused(name: str, tensors: Tensors) -> list[Tensor]:
    """The tensors, through which no gradient may be pulled back."""
    if current_level() is None and not (torch.is_grad_enabled() and any([x.requires_grad for x in tensors])):
        return list(tensors)
    out = list(tensors)
    smooth = [i for i, x in enumerate(tensors) if is_smooth(x)]
    if smooth:
        found = _Refuse([Spec.of(tensors[i]) for i in smooth], name)(*[tensors[i] for i in smooth])
        for i, x in zip(smooth, found, strict=True):
            out[i] = x
    return out
