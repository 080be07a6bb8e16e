"""The identity, across which a compiler moves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Spec, is_tracing, lower_to_order
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors

__all__ = ["barrier"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("barrier(Tensor[] xs, Tensor[] after) -> Tensor[]")
_library.define("hold_(Tensor(a!)[] xs, Tensor[] after) -> ()")


def _copies(xs: list[Tensor], after: list[Tensor]) -> list[Tensor]:
    return [x.clone() for x in xs]  # an operation must not return what it was given


def _fakes(xs: list[Tensor], after: list[Tensor]) -> list[Tensor]:
    return [torch.empty_like(x) for x in xs]


def _held(xs: list[Tensor], after: list[Tensor]) -> None:
    """Nothing: a compiler keeps what it believes to be an update in its place."""


_library.impl("barrier", _copies, "CompositeExplicitAutograd")
_library.impl("hold_", _held, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::barrier", _fakes, lib=_library)
torch.library.register_fake("dualgrad::hold_", _held, lib=_library)
lower_to_order(torch.ops.dualgrad.barrier.default, torch.ops.dualgrad.hold_.default)


class _Barrier(Program):
    """The first operands, which are there when all of the operands are."""

    kind = "optimization_barrier"

    def run(self, *operands: Tensor) -> Tensors:
        return operands[: len(self.outputs)]

    def inline(self, *operands: Tensor) -> Tensors:
        n = len(self.outputs)
        return torch.ops.dualgrad.barrier(list(operands[:n]), list(operands[n:]))

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        return list(active[: len(self.outputs)])

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        n = len(self.outputs)
        return barrier(operands[:n], operands[n:]), dims[:n]

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        n = len(self.outputs)
        given = [t for t in tangents[:n] if t is not None]
        outs = barrier([*primals[:n], *given], primals[n:])
        along = iter(outs[n:])
        return outs[:n], [None if t is None else next(along) for t in tangents[:n]]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        n = len(self.outputs)

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            given = iter(barrier([ct for ct in cts if ct is not None]))
            found = [None if ct is None else next(given) for ct in cts]
            return [*[ct for ct, a in zip(found, active, strict=False) if a], *[None for a in active[n:] if a]]

        return barrier(operands[:n], operands[n:]), pull


def barrier(tensors: Tensors, after: Tensors = ()) -> list[Tensor]:
    """The tensors, as a compiler may not look through: they are there when all of them are, and those of `after`."""
    if not tensors or not is_tracing():
        return list(tensors)
    return _Barrier([Spec.of(x) for x in tensors])(*tensors, *after)
