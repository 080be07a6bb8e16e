# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`, and `forward_rule` has no self.
"""Numbers that depend on a parameter through their distribution function, and parameters whose values are at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._precision import precision
from dualgrad._rules import random as rules
from dualgrad._rules.arguments import is_outside
from dualgrad.backends.torch._normal import is_plain
from dualgrad.backends.torch._private import Function, forward_rule, is_inlining
from dualgrad.backends.torch.random._blocks import is_fixed
from dualgrad.backends.torch.random._uniform import param

__all__ = ["at_hand", "check", "check_total", "depending", "implicit", "parameter"]

Slope = Callable[[Tensor, Tensor], Tensor]


def implicit(slope: Slope) -> Slope:
    """The operation by which a number `y` with `F(y; a) = u` depends on `a` at a fixed `u`.

    Args:
        slope: dy/da as a differentiable function of `y` and `a`; the derivative of `y` in it is this one again. Of the
            half precisions it is computed in float32.

    Returns:
        A function of a value that was drawn and of the parameter that it was drawn for, both of one shape.
    """

    class Implicit(Function):
        @staticmethod
        def forward(value: Tensor, a: Tensor) -> Tensor:
            return value if is_inlining() else value.clone()  # a compiled program would hold both

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> tuple[None, Tensor]:
            value, a = ctx.saved_tensors
            return None, g * single(depending(value, a), a)

        @forward_rule
        def jvp(saved: list[Tensor], unused: Tensor, t: Tensor) -> Tensor:
            value, a = saved
            return t * single(depending(value, a), a)

    def single(y: Tensor, a: Tensor) -> Tensor:
        return slope(y, a) if y.dtype.itemsize > 2 else slope(y.float(), a.float()).to(y.dtype)

    def depending(value: Tensor, a: Tensor) -> Tensor:
        return Implicit.apply(value.detach(), a)  # pyright: ignore[reportReturnType]  # one tensor

    return depending


def depending(rule: Slope, drawn: Tensor, a: Tensor) -> Tensor:
    """What was drawn for `a`, depending on it by a rule; itself where nobody asks."""
    if is_fixed(a):
        return drawn
    return rule(drawn, a.expand(drawn.shape))


def at_hand(x: Any) -> np.ndarray | None:
    """The values of a parameter, if looking at them waits for nothing and breaks no trace."""
    if isinstance(x, Tensor):
        if not is_plain(x) or x.dtype is torch.bfloat16 or x.is_complex():
            return None
        return x.detach().numpy()
    if torch.compiler.is_compiling():  # Dynamo has no dtype of a NumPy array
        return None
    if isinstance(x, int | float):
        return np.asarray(rules.known_number(x))
    return np.asarray(x) if isinstance(x, np.ndarray | np.generic) and not is_outside(x.dtype) else None


def parameter(op: str, name: str, domain: str, x: Any, dtype: torch.dtype) -> Tensor:
    """A parameter in the dtype of the draw, its values checked where they are at hand."""
    check(op, name, domain, x)
    return param(op, x, dtype)


def check(op: str, name: str, domain: str, x: Any) -> None:
    """Check the values of a parameter where they are at hand."""
    if isinstance(x, Tensor) and x.dtype is torch.bfloat16 and is_plain(x):  # NumPy has no such numbers
        x = x.detach().float()
    values = at_hand(x)
    if values is not None and values.size and values.dtype.kind in "fiub":
        rules.require_domain(op, name, domain, float(values.min()), float(values.max()))


def check_total(op: str, given: Any, p: Tensor) -> None:
    """Check that probabilities are no less than 0 and sum to 1 along the last axis, where their values are at hand.

    Args:
        op: The function.
        given: What the caller gave, which in a trace may still have values.
        p: The tensor made of it.
    """
    values = at_hand(given)  # in the dtype that it was rounded to
    values = at_hand(p) if values is None else values
    check(op, "p", "probability", p if values is None else values)
    if values is not None:
        rules.require_total(op, values, precision.x64)
