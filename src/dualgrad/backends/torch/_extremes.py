# torch annotates the rules of a Function as taking `*args`.
# pyright: reportIncompatibleMethodOverride=false
"""The largest or smallest of elements along axes, or of what meets them by index, with ties that share equally."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._arrays import FLOATING, HALVES
from dualgrad.backends.torch._private import Function, along_tangents, is_at_hand, is_transformed

__all__ = ["along", "scattered"]


def along(x: Tensor, axes: tuple[int, ...], op: str) -> Tensor:
    """The `op`, "min" or "max", of elements along negative axes, which stay."""
    return _Along.apply(x, axes, op)  # pyright: ignore[reportReturnType]


class _Along(Function):
    """torch's, whose own derivative is nan for all elements of a row with a nan: here the nan is the extremum."""

    @staticmethod
    def forward(x: Tensor, axes: tuple[int, ...], op: str) -> Tensor:
        native = torch.amax if op == "max" else torch.amin
        return native(x, axes, keepdim=True)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, tuple[int, ...], str], output: Tensor) -> None:
        x, ctx.axes, _ = inputs
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x, output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        chosen, count = _ties(ctx.saved_tensors, ctx.axes)
        return torch.where(chosen, (g / count).to(g.dtype), 0), None, None

    @staticmethod
    def jvp(ctx: Any, tx: Tensor, *_: None) -> Tensor:
        axes = ctx.axes

        def rule(saved: list[Tensor], tx: Tensor) -> Tensor:
            chosen, count = _ties(saved, axes)
            return (torch.where(chosen, tx, 0).sum(axes, keepdim=True) / count).to(tx.dtype)

        return along_tangents(ctx, rule, tx)


def _ties(saved: list[Tensor], axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Which elements are the extremum of their row, and how many share it."""
    x, out = [t.detach() for t in saved]
    chosen = _chosen(x, out)
    return chosen, chosen.sum(axes, keepdim=True, dtype=torch.float32 if x.dtype in HALVES else x.dtype)


def scattered(x: Tensor, axis: int, p: Tensor, values: Tensor, op: str) -> Tensor:
    """The `op`, "min" or "max", of each element of `x` and of the values that go there.

    Args:
        x: The elements.
        axis: Along which axis the values are placed.
        p: Places along it, none out of bounds, in the shape of the values; of one row each they may be expanded.
        values: As large as `x` along the other axes.
        op: Which of the two.
    """
    if x.dtype not in FLOATING or not (x.requires_grad or values.requires_grad or is_transformed()):
        return x.scatter_reduce(axis, p, values, f"a{op}")
    return _Extreme.apply(x, values, p, axis - x.ndim, op)  # pyright: ignore[reportReturnType]


class _Extreme(Function):
    """torch's, whose own derivative is nan at nan: of several nan each gets its share here, as of other ties.

    The axis is negative, so that a batch may stand before the others.
    """

    @staticmethod
    def forward(x: Tensor, values: Tensor, p: Tensor, axis: int, op: str) -> Tensor:
        return x.scatter_reduce(axis, p, values, f"a{op}")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor, int, str], output: Tensor) -> None:
        x, values, p, ctx.axis, _ = inputs
        ctx.save_for_backward(x, values, p, output)
        ctx.save_for_forward(x, values, p, output)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        of_x, of_values, p, count = _shares(ctx.saved_tensors, ctx.axis)
        share = (g / count).to(g.dtype)
        first, second = ctx.needs_input_grad[:2]
        return (
            torch.where(of_x, share, 0) if first else None,
            torch.where(of_values, share.gather(ctx.axis, p), 0) if second else None,
            None,
            None,
            None,
        )

    @staticmethod
    def jvp(ctx: Any, tx: Tensor, tv: Tensor, *_: None) -> Tensor:
        axis = ctx.axis

        def rule(saved: list[Tensor], tx: Tensor | None, tv: Tensor | None) -> Tensor:
            of_x, of_values, p, count = _shares(saved, axis)
            total = torch.zeros_like(count) if tx is None else torch.where(of_x, tx, 0).to(count.dtype)
            if tv is not None:
                total = total.scatter_add(axis, p, torch.where(of_values, tv, 0).to(count.dtype))
            return (total / count).to(saved[0].dtype)

        return along_tangents(ctx, rule, tx, tv)


def _shares(saved: list[Tensor], axis: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Which elements and which values are the extreme, where the values go, and how many share each place."""
    x, values, p, out = [t.detach() for t in saved]
    chosen = torch.eq if is_at_hand(out) and not _has_nan(out) else _chosen
    of_x, of_values = chosen(x, out), chosen(values, out.gather(axis, p))
    dtype = torch.float32 if x.dtype in HALVES else x.dtype  # a bfloat16 counts to 256
    count = of_x.to(dtype).scatter_add(axis, p, of_values.to(dtype))
    return of_x, of_values, p, count.clamp(min=1.0)


def _has_nan(x: Tensor) -> bool:
    """Whether some element of `x`, which is at hand, is nan."""
    return bool(x.numel()) and math.isnan(torch.amax(x).item())


def _chosen(y: Tensor, best: Tensor) -> Tensor:
    return (y == best) | ((y != y) & (best != best))
