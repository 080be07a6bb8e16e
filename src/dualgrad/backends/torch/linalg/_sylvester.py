# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""The equation `p @ x + x @ p = c`, whose derivatives are solutions of it, however one is found."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from dualgrad.backends.torch._private import Function

__all__ = ["Sylvester", "pulled", "pushed"]


class Sylvester(Function):
    """The `x` of `p @ x + x @ p = c`; a class of it says in `forward` how it is found, from `p` and `c`."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(inputs[0], output)
        ctx.save_for_forward(inputs[0], output)


def pulled(kind: type[Sylvester], ctx: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients in `p` and `c`."""
    p, x = ctx.saved_tensors
    gc: Any = kind.apply(p.mH, g)
    return -(gc @ x.mH + x.mH @ gc), gc


def pushed(kind: type[Sylvester], saved: list[Tensor], tp: Tensor, tc: Tensor) -> Tensor:
    """The tangent of `x`."""
    p, x = saved
    return kind.apply(p, tc - tp @ x - x @ tp)  # pyright: ignore[reportReturnType]
