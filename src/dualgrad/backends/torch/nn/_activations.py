"""Activations on PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from dualgrad._rules.kinks import least_slope
from dualgrad._rules.ranges import floated
from dualgrad.backends.torch._arrays import FLOATING, HALVES, real
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._formulas import with_partials
from dualgrad.backends.torch._private import (
    Function,
    along_tangents,
    forward_rule,
    has_levels,
    is_at_hand,
    is_plain,
    is_tracing,
    is_transformed,
    lifting_now,
)
from dualgrad.backends.torch._saturating import half_sigmoid
from dualgrad.backends.torch.arithmetic import abs as absolute

__all__ = [
    "celu",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_sign",
    "softplus",
]


def activation(
    name: str,
    native: Callable[[Tensor], Tensor],
    differentiated: Callable[[Tensor], Tensor] | None = None,
    of_half: Callable[[Tensor], Tensor] | None = None,
) -> Callable[[Any], Tensor]:
    """An elementwise op of one real argument; integers take the default float.

    Args:
        name: Name of the op.
        native: What computes it.
        differentiated: What computes it where a derivative is taken, if `native` has another than promised.
        of_half: What computes it for half precisions, where that is something else.
    """
    straight = FLOATING - HALVES if of_half else FLOATING

    def op(x: Any, /) -> Tensor:
        if type(x) is Tensor and x.dtype in straight:
            return native(x)
        x = real(f"nn.{name}", x)
        return of_half(x) if of_half and x.dtype in HALVES else native(x)

    def repaired(x: Any, /) -> Tensor:
        if type(x) is Tensor and x.dtype in FLOATING and not (x.requires_grad or has_levels() or lifting_now):
            return native(x)
        x = real(f"nn.{name}", x)
        return differentiated(x) if differentiated and (x.requires_grad or is_transformed()) else native(x)

    if differentiated:
        op = repaired
    op.__name__ = op.__qualname__ = name
    return op


def _rounded_once(fun: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A formula of several operations whose half precisions are computed in float32, as torch's own kernels do."""
    return lambda x: fun(x.float()).to(x.dtype) if x.dtype in HALVES else fun(x)


_LARGE: Final = 1 << 13  # elements, from which on kernels and not calls decide


class _Relu(Function):
    """`torch.relu`, whose own gradient is passed on where x is nan."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]  # with setup_context
        return torch.relu(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        y = torch.nan_to_num(ctx.saved_tensors[0].detach(), 0.0, math.inf)
        return torch.ops.aten.threshold_backward(ct, y, 0)

    jvp = forward_rule(lambda saved, t: torch.where(saved[0] > 0, t, 0.0))


class _Limited(Function):
    """`x` between two numbers, in a trace: its gradient asks the result, which the next operation keeps anyway."""

    is_elementwise = True

    @staticmethod
    def forward(x: Tensor, low: float, high: float) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return torch.relu(x) if (low, high) == (0.0, math.inf) else torch.clamp(x, low, high)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float, float], output: Tensor) -> None:
        ctx.limits = inputs[1:]
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return torch.where(_within(ctx.saved_tensors[0], *ctx.limits), ct, 0.0), None, None

    @staticmethod
    def jvp(ctx: Any, t: Tensor, *_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return along_tangents(ctx, lambda saved, t: torch.where(_within(saved[0], *ctx.limits), t, 0.0), t)


class _Leaky(Function):
    """torch's, of a slope that is not negative, in a trace: its gradient asks the result too, of the same sign."""

    is_elementwise = True

    @staticmethod
    def forward(x: Tensor, slope: float) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return F.leaky_relu(x, negative_slope=slope)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        ctx.slope = inputs[1]
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return torch.where(ctx.saved_tensors[0] > 0, ct, ctx.slope * ct), None

    @staticmethod
    def jvp(ctx: Any, t: Tensor, _: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return along_tangents(ctx, lambda saved, t: torch.where(saved[0] > 0, t, ctx.slope * t), t)


def _within(y: Tensor, low: float, high: float) -> Tensor:
    return y > low if high == math.inf else (y > low) & (y < high)


def _relu(x: Tensor) -> Tensor:
    if is_tracing():
        return _Limited.apply(x, 0.0, math.inf)
    if is_at_hand(x):
        y = torch.relu(x)
        if is_finite(y.detach()):
            return y
    # torch.where takes 2 ns an element, and there would be three of it, beside a mask to keep
    if x.numel() >= _LARGE and is_plain() and not torch.compiler.is_compiling():
        return _Relu.apply(x)
    return torch.where(x > 0, x, torch.relu(x.detach()))  # torch.relu passes the gradient where x is nan


def _clipped(low: float, high: float) -> Callable[[Tensor], Tensor]:
    def native(x: Tensor) -> Tensor:  # F.hardtanh's gradient at nan depends on the element's place in the array
        if not (x.requires_grad or is_transformed()):
            return torch.clamp(x, low, high)
        if is_tracing():
            return _Limited.apply(x, low, high)
        if is_at_hand(x):
            y = F.hardtanh(x, low, high)
            if is_finite(y.detach()):
                return y
        return torch.where((x > low) & (x < high), x, torch.clamp(x.detach(), low, high))

    return native


_relu6 = _clipped(0.0, 6.0)


def _softplus(x: Tensor) -> Tensor:
    # F.softplus is x itself above its threshold, 20 by default, where the second derivative is still 2e-9. It serves
    # only to keep exp(x) finite.
    return F.softplus(x, threshold=700.0 if x.dtype == torch.float64 else 85.0)


def _soft_sign_value(x: Tensor) -> Tensor:
    return torch.where(torch.isinf(x), torch.sign(x), x / (1 + torch.abs(x)))


# The quotient rule subtracts two numbers that are nearly equal where x is large, and gives nan at infinity.
_soft_sign = with_partials(_soft_sign_value, lambda x: torch.square(1 / (1 + absolute(x))), single=_soft_sign_value)


def _hard_silu(x: Tensor) -> Tensor:
    if x.requires_grad and is_at_hand(x):
        y = F.hardswish(x)
        if is_finite(y.detach()):
            return y + 0.0  # not -0 on the left
    inside = torch.where(torch.abs(x) >= 3, 0.0, x)  # and nan; no infinity meets a derivative of 0
    return torch.where(x >= 3, x, torch.where(x <= -3, 0.0, inside * (inside + 3) / 6))


def _silu(x: Tensor) -> Tensor:
    # torch's derivative has no forward mode where nothing records a graph, as in a trace.
    return _written_silu(x) if is_transformed() else F.silu(x)


_written_silu = _rounded_once(lambda x: x * torch.sigmoid(x))


def _hard_sigmoid(x: Tensor) -> Tensor:
    return _relu6(x + 3) / 6  # F.hardsigmoid has no second derivative and rounds 1/6 to float32


def _nan_at_nan(y: Tensor, x: Tensor) -> Tensor:
    """`y`, whose derivatives are nan where `x` is: those of F.elu are, or 1, by the element's place in the array."""
    if not (x.requires_grad or is_transformed()) or (is_at_hand(x) and is_finite(y.detach())):
        return y
    seen = x == x
    hole = torch.where(seen, 0.0, x)
    square = hole * hole
    return torch.where(seen, y, square * square)  # of which the third derivative is nan too, that of the square is 0


def _kinked(y: Tensor, x: Tensor, left: float, right: float) -> Tensor:
    """`y`, 0 at 0, where torch takes the slope of the left side: with the lesser slope there, if that is another."""
    slope = least_slope(left, right)
    return y if slope == left else torch.where(x == 0, slope * x, y)


_SELU_SCALE: Final = 1.0507009873554804934193349852946
_SELU_SLOPE: Final = 1.6732632423543772848170429916717 * _SELU_SCALE

relu = activation("relu", Tensor.relu, _relu)
relu6 = activation("relu6", _relu6)
hard_tanh = activation("hard_tanh", _clipped(-1.0, 1.0))
hard_sigmoid = activation("hard_sigmoid", _rounded_once(_hard_sigmoid))
hard_silu = activation("hard_silu", _rounded_once(_hard_silu))
sigmoid = activation("sigmoid", Tensor.sigmoid, of_half=half_sigmoid)
silu = activation("silu", _silu)
selu = activation("selu", lambda x: _kinked(_nan_at_nan(F.selu(x), x), x, _SELU_SLOPE, _SELU_SCALE))
mish = activation("mish", _rounded_once(lambda x: x * torch.tanh(_softplus(x))))
softplus = activation("softplus", _softplus)
log_sigmoid = activation("log_sigmoid", lambda x: -_softplus(-x))
soft_sign = activation("soft_sign", _rounded_once(_soft_sign))


def gelu(x: Any, /, approximate: bool = True) -> Tensor:
    return F.gelu(real("nn.gelu", x), approximate="tanh" if approximate else "none")


def elu(x: Any, /, alpha: float = 1.0) -> Tensor:
    x = real("nn.elu", x)
    return _kinked(_nan_at_nan(F.elu(x, alpha=floated(alpha)), x), x, alpha, 1.0)


def celu(x: Any, /, alpha: float = 1.0) -> Tensor:
    if alpha == 0:
        raise ValueError("dualgrad.nn.celu: alpha must not be 0, got alpha=0.")
    x = real("nn.celu", x)
    alpha = floated(alpha)
    # the kernel of F.celu, whose own derivative (2.13) rounds 1 / alpha to float32
    return _nan_at_nan(torch.ops.aten.elu(x, alpha, 1.0, 1.0 / alpha), x)


def leaky_relu(x: Any, /, negative_slope: float = 0.01) -> Tensor:
    x = real("nn.leaky_relu", x)
    slope = floated(negative_slope)
    y = _Leaky.apply(x, slope) if is_tracing() and slope >= 0 else F.leaky_relu(x, negative_slope=slope)
    return _kinked(y, x, negative_slope, 1.0)
