"""The identity, across which a compiler moves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Spec, is_tracing
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors

__all__ = ["barrier"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("barrier(Tensor[] xs) -> Tensor[]")


def _copies(xs: list[Tensor]) -> list[Tensor]:
    return [x.clone() for x in xs]  # an operation must not return what it was given


def _fakes(xs: list[Tensor]) -> list[Tensor]:
    return [torch.empty_like(x) for x in xs]


_library.impl("barrier", _copies, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::barrier", _fakes, lib=_library)


class _Barrier(Program):
    """All operands at once: none is there before all of them are."""

    kind = "optimization_barrier"

    def run(self, *operands: Tensor) -> Tensors:
        return operands

    def inline(self, *operands: Tensor) -> Tensors:
        return torch.ops.dualgrad.barrier(list(operands))

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        return list(active)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        return barrier(operands), dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        given = [t for t in tangents if t is not None]
        outs = barrier([*primals, *given])
        along = iter(outs[len(primals) :])
        return outs[: len(primals)], [None if t is None else next(along) for t in tangents]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            given = iter(barrier([ct for ct in cts if ct is not None]))
            found = [None if ct is None else next(given) for ct in cts]
            return [ct for ct, a in zip(found, active, strict=True) if a]

        return barrier(operands), pull


def barrier(tensors: Tensors) -> list[Tensor]:
    """The tensors, as a compiler may not look through."""
    if not tensors or not is_tracing():
        return list(tensors)
    return _Barrier([Spec.of(x) for x in tensors])(*tensors)
