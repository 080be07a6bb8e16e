"""Python functions on the host, as programs: with results, and for their effect alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import NamedTuple

import torch
from torch import Tensor

from dualgrad._rules.callbacks import callback_derivative, io_unordered, wrong_vmap_method
from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch.programs.execute import opaque
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, moved_to_front

__all__ = ["Effect", "HostCall", "IOCall"]

OnHost = Callable[[Sequence[Tensor]], Sequence[Tensor]]


class _Axis(NamedTuple):
    """An axis over which calls are made one by one.

    Attributes:
        size: Its length.
        mapped: Which operands have it.
    """

    size: int
    mapped: Sequence[bool]


def _one_by_one(fun: OnHost, axes: Sequence[_Axis], operands: Tensors, outputs: Sequence[Spec]) -> Sequence[Tensor]:
    """What `fun` gives for each element of some axes, stacked; the innermost is gone through first, as on JAX.

    Args:
        fun: Of elements to outputs.
        axes: The innermost map's first; its axis is the last of those in front of an operand's own.
        operands: The operands.
        outputs: What the stacked outputs are like.
    """
    if not axes:
        return fun(operands)
    (size, mapped), *rest = axes
    inner = [Spec((*s.shape[: len(rest)], *s.shape[len(axes) :]), s.dtype, s.device) for s in outputs]
    places = [sum(r.mapped[k] for r in rest) for k in range(len(mapped))]
    each = [
        _one_by_one(
            fun, rest, [x.select(p, i) if m else x for x, m, p in zip(operands, mapped, places, strict=True)], inner
        )
        for i in range(size)
    ]
    if not each:
        return [s.empty() for s in outputs]
    return [torch.stack(list(ys), dim=len(rest)) for ys in zip(*each, strict=True)]


class HostCall(Program):
    """A pure function that runs on the host.

    Attributes:
        fun: Operands to outputs.
        method: How it is mapped; see `pure_callback`.
        axes: What it is mapped over one by one.
    """

    kind = "pure_callback"

    def __init__(self, fun: OnHost, outputs: Sequence[Spec], method: str | None, axes: tuple[_Axis, ...] = ()) -> None:
        super().__init__(outputs)
        self.fun = fun
        self.method = method
        self.axes = axes

    def refuses(self) -> Set[str]:
        return {"grad", "jvp", "vmap"}

    def run(self, *operands: Tensor) -> Tensors:
        return _one_by_one(self.fun, self.axes, operands, self.outputs)

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        if self.method is None:
            raise wrong_vmap_method(self.kind, None)
        operands, dims = moved_to_front(operands, dims)
        outputs = [s.stacked(size) for s in self.outputs]
        axes = self.axes
        if self.method == "sequential":
            axes = (*axes, _Axis(size, tuple([d is not None for d in dims])))
        else:
            wide = size if self.method == "broadcast_all" else 1
            operands = [x.expand(wide, *x.shape) if d is None else x for x, d in zip(operands, dims, strict=True)]
        return type(self)(self.fun, outputs, self.method, axes)(*operands), [0] * len(outputs)

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
        axes: What it is mapped over, one by one.
    """

    kind = "debug_callback"
    has_effect = True

    def __init__(self, fun: OnHost, axes: tuple[_Axis, ...] = ()) -> None:
        super().__init__(())
        self.fun = fun
        self.axes = axes

    def run(self, *operands: Tensor) -> Tensors:
        return _one_by_one(self.fun, self.axes, operands, ())

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        axis = _Axis(size, tuple([d is not None for d in dims]))
        return Effect(self.fun, (*self.axes, axis))(*operands), ()

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        return self(*primals), ()

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        return self(*operands), lambda cts: [None] * sum(active)
