"""The namespace that the shared formulas of the special functions see on torch, and their derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._blocks import BLOCK, in_blocks
from dualgrad.backends.torch._private import (
    Function,
    Spec,
    forward_rule,
    is_at_hand,
    is_ours,
    is_plain,
    is_transformed,
    live,
)
from dualgrad.backends.torch.programs.blocks import Blocks, Quick
from dualgrad.backends.torch.programs.branches import Branches
from dualgrad.backends.torch.programs.formulas import Formula, named, repeated
from dualgrad.backends.torch.programs.graph import Graph

__all__ = ["Formulas", "hasten", "with_partials"]

Partial = Callable[..., Tensor] | None
_quick: dict[Callable[..., Tensor], Quick] = {}


def hasten(fun: Callable[..., Tensor], quick: Quick) -> None:
    """Let `fun`, made by `with_partials`, be `quick` of what plain autograd alone differentiates, if that is a tensor.

    So are then the partial derivatives that call it, as `gammaln`'s calls `digamma`.
    """
    _quick[fun] = quick


class Formulas:
    """torch's elementwise functions, as `dualgrad._formulas` asks for them."""

    single = False
    abs = staticmethod(torch.abs)
    cos = staticmethod(torch.cos)
    erf = staticmethod(torch.erf)
    erfc = staticmethod(torch.erfc)
    erfinv = staticmethod(torch.erfinv)
    exp = staticmethod(torch.exp)
    expm1 = staticmethod(torch.expm1)
    floor = staticmethod(torch.floor)
    isinf = staticmethod(torch.isinf)
    isnan = staticmethod(torch.isnan)
    log = staticmethod(torch.log)
    log1p = staticmethod(torch.log1p)
    maximum = staticmethod(torch.maximum)
    minimum = staticmethod(torch.minimum)
    ndtri = staticmethod(torch.special.ndtri)
    pow = staticmethod(torch.pow)
    repeat = staticmethod(repeated)
    round = staticmethod(torch.round)
    sin = staticmethod(torch.sin)
    sqrt = staticmethod(torch.sqrt)
    where = staticmethod(torch.where)

    @property
    def rounded(self) -> Formulas:
        """The namespace for what is rounded to float32."""
        return _Rounded()

    @staticmethod
    def rarely(count: int, some: Tensor, fun: Callable[..., list[Tensor]], /, *xs: Tensor) -> list[Tensor]:
        """`fun` of tensors where `some` is true; of those whose values cannot be looked at, always.

        In a trace for a CPU it is a branch, in 10 us more; an accelerator would wait for the look.
        """
        if is_at_hand(some):
            return fun(*xs) if bool(some.any()) else [torch.zeros_like(xs[0])] * count
        if torch.compiler.is_compiling() or not is_ours(some) or not some.is_cpu:
            return fun(*xs)
        specs = [Spec.of(x) for x in xs]
        branches = [Graph.of(lambda x, *_: [torch.zeros_like(x)] * count, specs), Graph.of(fun, specs)]
        return Branches(branches)(some.any().to(torch.int32), *xs)

    @staticmethod
    def constant(values: list[float], like: Tensor, /) -> Tensor:
        """A list of numbers as a tensor like another; an accelerator, which copies it from the host, keeps it."""
        if like.is_cpu or type(like) is not Tensor or not is_plain():
            return torch.tensor(values, dtype=like.dtype, device=like.device)
        return _kept(tuple(values), like.dtype, like.device)

    def part(self, formula: Callable[..., Tensor], /, *args: Any) -> Tensor:
        """The formula itself."""
        return formula(self, *args)

    @staticmethod
    def total(x: Tensor, /) -> Tensor:
        """Sum over the last axis."""
        return torch.sum(x, -1)

    @staticmethod
    def waves(x: Tensor, /) -> tuple[Tensor, Tensor]:
        """Sine and cosine."""
        return torch.sin(x), torch.cos(x)

    @staticmethod
    def with_partials(
        fun: Callable[..., Tensor],
        /,
        *partials: Partial,
        single: Callable[..., Tensor] | None = None,
        rounded: Callable[..., Tensor] | None = None,
        long: str | None = None,
        of_value: bool = False,
    ) -> Callable[..., Tensor]:
        """See `with_partials`."""
        return with_partials(fun, *partials, single=single, rounded=rounded, long=long, of_value=of_value)


class _Rounded(Formulas):
    single = True


def _pulled(slope: Tensor, ct: Tensor) -> Tensor:
    return (slope.conj() if slope.is_complex() else slope) * ct


@functools.cache
def _kept(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device)


def with_partials(
    fun: Callable[..., Tensor],
    /,
    *partials: Partial,
    single: Callable[..., Tensor] | None = None,
    rounded: Callable[..., Tensor] | None = None,
    long: str | None = None,
    of_value: bool = False,
) -> Callable[..., Tensor]:
    """`fun` of tensors of one shape and dtype, computed in float64, and its partial derivatives.

    Recorded as one node: autograd would keep every term of a series. One that is `long` has a name, and is one
    operation for a compiler too, in the precisions in which it is not `single`. Partial derivatives
    `of_value` are given the value behind the arguments; it is computed again, once for all of them.
    """
    less = rounded or fun
    blocks = Blocks(fun, less, lambda: _quick.get(op))
    most = BLOCK if long is None else BLOCK >> 3  # a quadrature has 64 nodes for each number

    def narrow(dtype: torch.dtype) -> Callable[..., Tensor] | None:
        return None if dtype is torch.float64 else single

    def computed(*xs: Tensor) -> Tensor:
        dtype = xs[0].dtype
        own = narrow(dtype)
        if own is not None:
            return in_blocks(own, *xs)
        made = None if long is None else blocks.of_many(xs)
        if made is not None:
            return made
        if dtype is torch.float64:
            return in_blocks(fun, *xs, most=most)
        return in_blocks(lambda *ys: less(*[y.double() for y in ys]).to(dtype), *xs, most=most)

    whole = None if long is None else named(long, computed)

    def called(*xs: Tensor) -> Tensor:
        if narrow(xs[0].dtype) is not None:
            return computed(*xs)
        if whole is not None and torch.compiler.is_compiling():
            return whole(*xs)
        if not is_ours(xs[0]):
            return computed(*xs)
        return Formula(long or "", blocks, xs[0], len(xs))(*xs)[0]

    wide = computed if long is None else called

    def value(*xs: Tensor) -> Tensor:
        quick = _quick.get(op)
        out = quick(xs) if quick is not None and is_at_hand(xs[0]) else None
        return wide(*xs) if out is None else out

    def given(xs: Sequence[Tensor]) -> Sequence[Tensor]:
        return (*xs, op(*xs)) if of_value else xs

    def push(xs: list[Tensor], *tangents: Tensor | None) -> Tensor:
        wanted = [(p, t) for p, t in zip(partials, tangents, strict=True) if p is not None and t is not None]
        ys = given(xs) if wanted else xs
        terms = [p(*ys) * t for p, t in wanted]
        return sum(terms[1:], terms[0]) if terms else torch.zeros_like(xs[0])

    class Op(Function):
        @staticmethod
        def forward(*xs: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]  # with setup_context
            return value(*[x.detach() for x in xs]) if op in _quick or long is not None else wide(*xs)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)
            ctx.set_materialize_grads(False)

        @staticmethod
        def backward(ctx: Any, ct: Tensor | None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
            if ct is None:
                return (None,) * len(partials)
            # No tensor of a level that is gone says that it requires grad: a partial would be recorded term by term
            xs = [live(x) for x in ctx.saved_tensors]
            if not torch.is_grad_enabled() and is_plain():  # or each partial would be a node that nobody asks
                xs = [x.detach() for x in xs]
            ys = given(xs)
            wanted = zip(partials, ctx.needs_input_grad, strict=True)
            return tuple([_pulled(p(*ys), ct) if needed and p is not None else None for p, needed in wanted])

        @staticmethod
        def jvp(ctx: Any, *tangents: Tensor | None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
            def rule(xs: list[Tensor], *pushed: Tensor) -> Tensor:
                rest = iter(pushed)
                return push(xs, *[None if t is None else next(rest) for t in tangents])

            return forward_rule(rule).__func__(ctx, *[t for t in tangents if t is not None])

        @staticmethod
        def vmap(info: Any, in_dims: tuple[int | None, ...], *xs: Tensor) -> Any:
            batched = [x if d is None else x.movedim(d, 0) for x, d in zip(xs, in_dims, strict=True)]
            return Op.apply(*torch.broadcast_tensors(*batched)), 0

    def op(*xs: Tensor) -> Tensor:
        if is_transformed() or any(x.requires_grad for x in xs):
            return Op.apply(*xs)  # pyright: ignore[reportReturnType]  # of one tensor
        return value(*xs)

    return op
