"""A long formula as a program: a compiler sees one operation, whose body is compiled once, whatever the shape.

A quadrature and a series are a thousand operations, and Newton's steps over them ten thousand. Written out at each of
their uses, of which a second derivative has dozens, they kept Inductor busy for half an hour; compiled once for each
shape, they took some ten seconds each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Elementwise, Spec, is_ours
from dualgrad.backends.torch.programs.blocks import Blocks
from dualgrad.backends.torch.programs.execute import opaque
from dualgrad.backends.torch.programs.graph import close
from dualgrad.backends.torch.programs.loops import Scan
from dualgrad.backends.torch.programs.program import Program, Tensors

__all__ = ["Formula", "named", "repeated"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("formula(Tensor[] operands, str name) -> Tensor")
_NAMED: Final[dict[str, Callable[..., Tensor]]] = {}


class Formula(Program):
    """A function of tensors of one kind that gives one more; who calls it has met the transforms already.

    Attributes:
        name: Which formula it is; the same in every process, and no other's.
        inputs: What its operands are like, each as its output.
    """

    kind = "formula"

    def __init__(self, name: str, blocks: Blocks, like: Tensor, count: int) -> None:
        super().__init__([Spec.of(like)])
        self.name = name
        self.inputs = (Spec.of(like),) * count
        self._blocks = blocks

    def run(self, *operands: Tensor) -> Tensors:
        like = self.outputs[0].dtype
        return [self._blocks.fun(like)(*[x.double() for x in operands]).to(like)]

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def prepare(self) -> None:
        """Compile the formula."""
        self._blocks.prepare(self.inputs[0], len(self.inputs))

    def nested(self) -> Elementwise | None:
        address = self._blocks.address(self.inputs[0], len(self.inputs))
        return None if address is None else Elementwise(address, self.outputs[0].shape, self.outputs[0].dtype)

    def gives_own(self) -> bool:
        return True

    def run_compiled(self, operands: Tensors) -> Tensors:
        """The formula by its compiled forms."""
        return [self._blocks.run(operands)]


def named(name: str, fun: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The formula as an operation of the dispatcher, for a compiler that is not ours; it runs as it does eagerly.

    Dynamo would write out the steps of a series, and Inductor put them into one another: after eight minutes it had
    not finished a graph of `gammainc`.
    """
    _NAMED[name] = fun
    return lambda *xs: torch.ops.dualgrad.formula(list(xs), name)


def _run(operands: list[Tensor], name: str) -> Tensor:
    return _NAMED[name](*operands).contiguous()


def _fake(operands: list[Tensor], name: str) -> Tensor:
    return operands[0].new_empty(operands[0].shape)


_library.impl("formula", _run, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::formula", _fake, lib=_library)


def repeated(n: int, step: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """`step` of `step` of ... `start`, `n` times: one loop for a compiler."""
    if not torch.compiler.is_compiling() and is_ours(start):
        body, outer = close(lambda x: [step(x)], [Spec.of(start)])
        k = len(outer)
        return Scan(body.reordered([*range(1, k + 1), 0]), (k, 1, 0), n, reverse=False)(*outer, start)[0]
    for _ in range(n):
        start = step(start)
    return start
