"""Python functions on the host, as programs: with results, and for their effect alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.callbacks import callback_derivative, io_unordered, wrong_vmap_method
from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch.programs.execute import opaque
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, moved_to_front

__all__ = ["Effect", "HostCall", "IOCall"]

OnHost = Callable[[Sequence[Tensor]], Sequence[Tensor]]


def _element(operands: Tensors, dims: Sequence[int | None], i: int) -> list[Tensor]:
    return [x if d is None else x[i] for x, d in zip(operands, dims, strict=True)]


class HostCall(Program):
    """A pure function that runs on the host.

    Attributes:
        fun: Operands to outputs.
        method: How it is mapped; see `pure_callback`.
    """

    kind = "pure_callback"

    def __init__(self, fun: OnHost, outputs: Sequence[Spec], method: str | None) -> None:
        super().__init__(outputs)
        self.fun = fun
        self.method = method

    def run(self, *operands: Tensor) -> Tensors:
        return self.fun(operands)

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        if self.method is None:
            raise wrong_vmap_method(self.kind, None)
        operands, dims = moved_to_front(operands, dims)
        outputs = [s.stacked(size) for s in self.outputs]
        fun = self.fun
        if self.method == "sequential":

            def fun(xs: Sequence[Tensor], /) -> Sequence[Tensor]:
                each = [self.fun(_element(xs, dims, i)) for i in range(size)]
                if not each:
                    return [s.empty() for s in outputs]
                return [torch.stack(list(ys)) for ys in zip(*each, strict=True)]

        else:
            wide = size if self.method == "broadcast_all" else 1
            operands = [x.expand(wide, *x.shape) if d is None else x for x, d in zip(operands, dims, strict=True)]
        return type(self)(fun, outputs, self.method)(*operands), [0] * len(outputs)

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        raise callback_derivative(self.kind)

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        raise callback_derivative(self.kind)


class IOCall(HostCall):
    """A function that runs on the host as often as the program says, no more and no less.

    Attributes:
        ordered: Whether the order of its calls counts; a program keeps it in any case, and mapping has none.
    """

    kind = "io_callback"
    has_effect = True
    ordered = False

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        if self.ordered:
            raise io_unordered()
        return super().batched(size, dims, operands)


class Effect(Program):
    """A function that runs on the host and returns nothing; derivatives pass it by.

    Attributes:
        fun: What is done with the operands.
    """

    kind = "debug_callback"
    has_effect = True

    def __init__(self, fun: Callable[[Sequence[Tensor]], Any]) -> None:
        super().__init__(())
        self.fun = fun

    def run(self, *operands: Tensor) -> Tensors:
        self.fun(operands)
        return ()

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)

        def each(xs: Sequence[Tensor]) -> None:
            for i in range(size):
                self.fun(_element(xs, dims, i))

        return Effect(each)(*operands), ()

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        return self(*primals), ()

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        return self(*operands), lambda cts: [None] * sum(active)
