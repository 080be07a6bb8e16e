"""A function with a rule of its own for `vmap`, as a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.batching import Calculus, Fun, Rule, pulled, pushed
from dualgrad.backends.torch._forward import pushed_forward
from dualgrad.backends.torch._private import (
    Spec,
    mapped_over,
    on_this_thread,
    with_storage,
)
from dualgrad.backends.torch.programs.graph import Graph
from dualgrad.backends.torch.programs.program import (
    Program,
    Pull,
    Tensors,
    is_smooth,
    moved_to_front,
    zeros_if_none,
)

__all__ = ["Mapped"]


class Mapped(Program):
    """A function and its rule; a derivative is another one, whose rule is the derivative of the rule.

    Attributes:
        fun: Operands to outputs.
        rule: As `dualgrad._rules.batching` has it.
    """

    kind = "custom_vmap"

    def __init__(self, fun: Graph, rule: Rule) -> None:
        super().__init__(fun.outputs)
        self.fun = fun
        self.rule = rule
        self.has_effect = fun.has_effect()

    def content(self) -> Sequence[object]:
        return [self.fun]

    def run(self, *operands: Tensor) -> Tensors:
        return self.fun(*operands)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        outs, marks = self.rule(size, [d is not None for d in dims], *operands)
        return list(outs), [0 if m else None for m in marks]

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        chosen = [i for i, t in enumerate(tangents) if t is not None]
        given = [t for t in tangents if t is not None]
        along = self._derived(pushed, chosen, [Spec.of(t) for t in given])
        found = iter(along(*primals, *given))
        return self(*primals), [next(found) if is_smooth(o) else None for o in self.outputs]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        smooth = [s for s in self.outputs if is_smooth(s)]
        back = self._derived(pulled, [i for i, a in enumerate(active) if a], smooth)

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            given = [zeros_if_none(ct, s) for ct, s in zip(cts, self.outputs, strict=True) if is_smooth(s)]
            return back(*operands, *given)

        return self(*operands), pull

    def _derived(self, derivative: Any, chosen: Sequence[int], more: Sequence[Spec]) -> Mapped:
        fun, rule = derivative(self.fun, self.rule, len(self.fun.inputs), chosen, _CALCULUS)
        return Mapped(Graph.of(fun, [*self.fun.inputs, *more]), rule)


def _jvp(fun: Fun, primals: Sequence[Tensor], tangents: Sequence[Tensor]) -> Sequence[Tensor]:
    outs, found, _ = pushed_forward(lambda *xs: (tuple(fun(*xs)), ()), tuple(primals), tuple(tangents))
    return [with_storage(t).to(o.dtype) for t, o in zip(found, outs, strict=True)]


def _vjp(fun: Fun, primals: Sequence[Tensor], cts: Sequence[Tensor]) -> Sequence[Tensor]:
    if not cts:
        return [torch.zeros_like(x) for x in primals]
    pulled_back: Any = torch.func.vjp(lambda *xs: tuple(fun(*xs)), *primals)
    return list(on_this_thread(pulled_back[1], cts[0])(tuple(cts)))


def _vmap(fun: Fun, size: int, mapped: Sequence[bool], xs: Sequence[Tensor]) -> Sequence[Tensor]:
    def of_mapped(*moving: Tensor) -> tuple[Tensor, ...]:
        rest = iter(moving)
        return tuple(fun(*[next(rest) if m else x for x, m in zip(xs, mapped, strict=True)]))

    given = [x for x, m in zip(xs, mapped, strict=True) if m]
    return mapped_over(of_mapped, size, (0,) * len(given), tuple(given))


def _spread(x: Tensor, size: int) -> Tensor:
    return x.expand(size, *x.shape)


_CALCULUS: Final = Calculus(jvp=_jvp, vjp=_vjp, vmap=_vmap, spread=_spread, is_smooth=is_smooth)
