"""Functions whose first derivative, where plain autograd alone takes it, has kernels of its own.

A composition that has derivatives of every order is many operations, each of which autograd records and runs back.
Most gradients are never differentiated, and for one of those a few kernels do; one that is runs back through the
composition.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import has_no_tangent, is_at_hand, is_plain

__all__ = ["once"]

# Of the cotangent, the argument, the value and the constants; `None` where it does not know.
Slope = Callable[..., Tensor | None]


def once(
    whole: Callable[..., Tensor], value: Callable[..., Tensor], slope: Slope, fits: Callable[[Tensor], bool]
) -> Callable[..., Tensor]:
    """`whole`, of one tensor and constants, by quicker kernels where its gradient can be had of `slope`.

    Args:
        whole: The function, whose derivatives of every order are those of its operations.
        value: What computes the same of a tensor that nothing differentiates.
        slope: The gradient of a cotangent, right to the last places wherever it is not `None`.
        fits: Whether it will be had of a tensor, as a rule.
    """

    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, *constants: Any) -> Tensor:
            out = value(x, *constants)
            ctx.save_for_backward(x, out)
            ctx.constants = constants
            return out

        @staticmethod
        def backward(ctx: Any, *cts: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
            x, out = ctx.saved_tensors
            rest = (None,) * len(ctx.constants)
            if not torch.is_grad_enabled():
                known = slope(cts[0], x, out, *ctx.constants) if is_plain() and is_at_hand(cts[0]) else None
                if known is not None:
                    return known, *rest
                x = x.detach().requires_grad_()
            with torch.enable_grad():
                out = whole(x, *ctx.constants)
            return *torch.autograd.grad(out, x, cts[0], create_graph=torch.is_grad_enabled()), *rest

    def op(x: Tensor, *constants: Any) -> Tensor:
        if is_at_hand(x) and x.requires_grad and torch.is_grad_enabled() and has_no_tangent((x,)) and fits(x.detach()):
            return Once.apply(x, *constants)  # pyright: ignore[reportReturnType]  # of one tensor
        return whole(x, *constants)

    return op
