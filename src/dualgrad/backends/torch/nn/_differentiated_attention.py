# pyright: reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# torch annotates the rules of a Function as taking `*args`.
"""Attention whose gradient keeps no weights: torch's fused kernels, with derivatives of their own.

The kernels know one derivative, the gradient (torch 2.13). Here the gradient is an operation too; what is left, both
derivatives forward and those of second order, are the formulas, of the weights P = softmax(L), L = scale q k'.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Function, along_tangents
from dualgrad.backends.torch.nn import _attention_kernels as kernels

__all__ = ["HIDDEN", "attention", "attention_by_autograd"]

HIDDEN: Final = -0.7 * torch.finfo(torch.float32).max  # finite, so that a row without a key weighs all alike


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float, is_causal: bool) -> Tensor:
    """The products of attention, of `(B, N, T, H)` and `(B, N, S, H)`, in float32 or float64, where the kernels serve.

    Args:
        q: Queries.
        k: Keys.
        v: Values, with the size of keys.
        mask: Which keys are seen; broadcasts to `(B, N, T, S)`.
        scale: Factor of the products.
        is_causal: Whether a query sees no key behind its place; not beside a mask.
    """
    return _Attention.apply(q, k, v, mask, scale, is_causal)[0]


def _weights(q: Tensor, k: Tensor, mask: Tensor | None, scale: float, is_causal: bool) -> Tensor:
    """How much each query weighs each key."""
    logits = (q * scale) @ k.mT
    mask = _seen(q, k, mask, is_causal)
    return torch.softmax(logits if mask is None else torch.where(mask, logits, HIDDEN), -1)


def _seen(q: Tensor, k: Tensor, mask: Tensor | None, is_causal: bool) -> Tensor | None:
    if not is_causal:
        return mask
    return torch.ones((q.shape[-2], k.shape[-2]), dtype=torch.bool, device=q.device).tril()


class _Attention(Function):
    """The outputs, and the logarithm of what the exponentials of each row add up to."""

    @staticmethod
    def forward(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scale: float, is_causal: bool) -> Any:
        bias = _bias(q, mask)
        out, total = kernels.forward(_flat(q), _flat(k), _flat(v), is_causal, bias, scale)
        return out.reshape(q.shape), total.reshape(q.shape[:-1])

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        *arrays, ctx.scale, ctx.is_causal = inputs
        arrays = [x for x in arrays if x is not None]
        ctx.save_for_backward(*output, *arrays)
        ctx.save_for_forward(*output, *arrays)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, g: Tensor | None, of_total: Tensor | None) -> tuple[Any, ...]:
        out, total, q, k, v, *rest = ctx.saved_tensors
        mask = rest[0] if rest else None
        if of_total is not None:
            g = torch.zeros_like(out) if g is None else g
            grads = _pulled(g, q, k, v, mask, ctx.scale, ctx.is_causal, of_total)
        elif g is not None:
            grads = _Pullback.apply(g, q, k, v, out, total, mask, ctx.scale, ctx.is_causal)
        else:
            grads = (None, None, None)
        return (*grads, None, None, None)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        scale, is_causal = ctx.scale, ctx.is_causal

        def rule(saved: list[Tensor], *given: Tensor) -> Any:
            _, _, q, k, v, *rest = saved
            tq, tk, tv = _completed((q, k, v), tangents, given)
            p, change = _changed(q, k, tq, tk, rest[0] if rest else None, scale, is_causal)
            mean = torch.sum(p * change, -1, keepdim=True)
            return (p * (change - mean)) @ v + p @ tv, mean[..., 0]

        return along_tangents(ctx, rule, *[t for t in tangents if t is not None])


def attention_by_autograd(q: Tensor, k: Tensor, v: Tensor, scale: float, is_causal: bool) -> Tensor:
    """As `attention`, where nothing but plain autograd looks on: without the calls by which transforms see it."""
    return _Recorded.apply(q, k, v, scale, is_causal)  # pyright: ignore[reportReturnType]


class _Recorded(torch.autograd.Function):
    """The outputs, kept for torch's own backward; a gradient that is differentiated itself is one of ours."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, scale: float, is_causal: bool) -> Tensor:
        out, total = kernels.forward(q, k, v, is_causal, None, scale)
        ctx.save_for_backward(q, k, v, out, total)
        ctx.scale, ctx.is_causal = scale, is_causal
        return out

    @staticmethod
    def backward(ctx: Any, *cts: Tensor) -> tuple[Any, ...]:
        q, k, v, out, total = ctx.saved_tensors
        if torch.is_grad_enabled():
            grads = _Pullback.apply(cts[0], q, k, v, out, total, None, ctx.scale, ctx.is_causal)
        else:
            grads = kernels.backward(cts[0], q, k, v, out, total, ctx.is_causal, None, ctx.scale)
        return (*grads, None, None)


class _Pullback(Function):
    """The gradients for a cotangent `g`.

    It is the transposed derivative, so that the derivative of its product with (a, b, c) in g is the derivative of
    attention along (a, b, c), and in q, k and v, as second derivatives are symmetric, its own along them.
    """

    @staticmethod
    def forward(
        g: Tensor,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        out: Tensor,
        total: Tensor,
        mask: Tensor | None,
        scale: float,
        is_causal: bool,
    ) -> Any:
        # of a row without a key the kernel knows no total: its weights are alike, and constant
        blind = None if mask is None else ~torch.any(mask, -1, keepdim=True)
        seen = g if blind is None else torch.where(blind, 0.0, g)
        flat = _flat(seen), _flat(q), _flat(k), _flat(v), _flat(out), total.reshape(-1, *total.shape[-2:])
        grads = kernels.backward(*flat, is_causal, _bias(q, mask), scale)
        dq, dk, dv = [d.reshape(x.shape) for d, x in zip(grads, (q, k, v), strict=True)]
        if blind is not None:
            dv = dv + torch.sum(g - seen, -2, keepdim=True) / k.shape[-2]
        return dq, dk, dv

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        g, q, k, v, _, _, mask, ctx.scale, ctx.is_causal = inputs
        arrays = [x for x in (g, q, k, v, mask) if x is not None]
        ctx.save_for_backward(*arrays)
        ctx.save_for_forward(*arrays)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx: Any, *cts: Tensor | None) -> tuple[Any, ...]:
        g, q, k, v, *rest = ctx.saved_tensors
        mask = rest[0] if rest else None
        a, b, c = [torch.zeros_like(x) if ct is None else ct for x, ct in zip((q, k, v), cts, strict=True)]
        p, change = _changed(q, k, a, b, mask, ctx.scale, ctx.is_causal)
        along = (p * (change - torch.sum(p * change, -1, keepdim=True))) @ v + p @ c
        slopes = _pulled_change(g, q, k, v, mask, ctx.scale, ctx.is_causal, torch.zeros_like(g), a, b, c)
        return (along, *slopes, None, None, None, None, None)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        scale, is_causal = ctx.scale, ctx.is_causal

        def rule(saved: list[Tensor], *given: Tensor) -> Any:
            g, q, k, v, *rest = saved
            own = _completed((g, q, k, v), tangents, given)
            return _pulled_change(g, q, k, v, rest[0] if rest else None, scale, is_causal, *own)

        return along_tangents(ctx, rule, *[t for t in tangents if t is not None])


def _completed(primals: tuple[Tensor, ...], tangents: tuple[Any, ...], given: tuple[Tensor, ...]) -> list[Tensor]:
    """The tangents of `primals`, the first arguments; zeros where there is none."""
    rest = iter(given)
    return [torch.zeros_like(x) if t is None else next(rest) for x, t in zip(primals, tangents, strict=False)]


def _changed(q: Tensor, k: Tensor, tq: Tensor, tk: Tensor, mask: Any, scale: float, is_causal: bool) -> Any:
    """The weights, and the change of their logits along (tq, tk)."""
    change = (tq * scale) @ k.mT + (q * scale) @ tk.mT
    seen = _seen(q, k, mask, is_causal)
    change = change if seen is None else torch.where(seen, change, 0.0)
    return _weights(q, k, mask, scale, is_causal), change


def _pulled(
    g: Tensor, q: Tensor, k: Tensor, v: Tensor, mask: Any, scale: float, is_causal: bool, of_total: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients for cotangents of both outputs."""
    p = _weights(q, k, mask, scale, is_causal)
    slope = g @ v.mT
    s = p * (slope - torch.sum(p * slope, -1, keepdim=True) + of_total[..., None])
    seen = _seen(q, k, mask, is_causal)
    s = scale * (s if seen is None else torch.where(seen, s, 0.0))
    return s @ k, s.mT @ q, p.mT @ g


def _pulled_change(
    g: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Any,
    scale: float,
    is_causal: bool,
    tg: Tensor,
    tq: Tensor,
    tk: Tensor,
    tv: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """The change of the gradients for `g` along (tg, tq, tk, tv)."""
    p, change = _changed(q, k, tq, tk, mask, scale, is_causal)
    tp = p * (change - torch.sum(p * change, -1, keepdim=True))
    slope = g @ v.mT
    tslope = tg @ v.mT + g @ tv.mT
    off = slope - torch.sum(p * slope, -1, keepdim=True)
    s = p * off
    ts = tp * off + p * (tslope - torch.sum(tp * slope + p * tslope, -1, keepdim=True))
    seen = _seen(q, k, mask, is_causal)
    if seen is not None:
        s, ts = torch.where(seen, s, 0.0), torch.where(seen, ts, 0.0)
    s, ts = scale * s, scale * ts
    return ts @ k + s @ tk, ts.mT @ q + s.mT @ tq, tp.mT @ g + p.mT @ tg


def _flat(x: Tensor) -> Tensor:
    """`x` with one axis before the last three."""
    return x.reshape(-1, *x.shape[-3:])


def _bias(q: Tensor, mask: Tensor | None) -> Tensor | None:
    """What the kernels add to logits to hide keys."""
    if mask is None:
        return None
    bias = torch.where(mask, torch.zeros((), dtype=q.dtype, device=q.device), HIDDEN)
    return _flat(bias if q.ndim == bias.ndim == 4 else bias.expand(*q.shape[:-3], *bias.shape[-3:]))
