# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Operations of ours as nodes of a graph: that of one level of `torch.func`, or that of plain autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from threading import get_ident
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import (
    _unwrap_for_grad,
    _wrap_for_grad,
)
from torch._functorch.autograd_function import enable_single_level_autograd_function
from torch.autograd import forward_ad

from dualgrad._threads import threads
from dualgrad.backends.torch._private.levels import Level, Tensors

__all__ = ["again_by_autograd", "through_autograd", "through_grad"]

Pull = Callable[[Sequence[Tensor | None]], Sequence[Any]]
Linearized = Callable[[tuple[bool, ...], Tensors], tuple[Tensors, Pull]]


def through_grad(
    level: Level,
    operands: Tensors,
    plain: Callable[..., Tensors],
    rule: Linearized | None,
    depends: Callable[[tuple[bool, ...], bool], Sequence[bool]],
) -> list[Tensor]:
    """An operation below a `grad` or `vjp`; `plain` serves where no operand is differentiated at this level.

    Without a rule the outputs are constants at this level; with one those are that do not depend on what is
    differentiated.
    """
    lifted = [level._cptr.lift(x) for x in operands]
    active = tuple([x.requires_grad for x in lifted])
    if rule is None or not any(active):
        number = level.level()
        with level.lower():
            return list(plain(*[_unwrap_for_grad(x, number) for x in lifted]))
    with enable_single_level_autograd_function():
        return list(_Recorded.apply(_Call(level, active, rule, depends(active, True)), *lifted))


class _Call:
    """What the two halves of a recorded operation share."""

    def __init__(self, level: Level, active: tuple[bool, ...], rule: Linearized, varying: Sequence[bool]) -> None:
        self.level = level
        self.active = active
        self.rule = rule
        self.varying = varying
        self.pull: Pull | None = None
        self.here = _Here()


class _Here:
    """The thread on which something was recorded. Whatever thread its pullback runs on, it has the settings of this."""

    def __init__(self) -> None:
        self.thread = get_ident()
        self.settings = threads.here()

    def run(self, pull: Pull, cts: Sequence[Tensor | None]) -> Sequence[Any]:
        if self.thread == get_ident():
            return pull(cts)
        with self.settings():
            return pull(cts)


class _Recorded(torch.autograd.function._SingleLevelFunction):
    """One node in the graph of one level. What the pullback needs, it holds on the levels below."""

    @staticmethod
    def forward(call: _Call, *operands: Tensor) -> Any:
        number = call.level.level()
        inner = [_unwrap_for_grad(x, number) for x in operands]
        with torch.enable_grad(), forward_ad._set_fwd_grad_enabled(True), call.level.lower():
            outs, call.pull = call.rule(call.active, inner)
            # an output that is an operand must not become an alias of it on this level
            outs = [o.view_as(o) if any(o is x for x in inner) else o for o in outs]
        return tuple([_wrap_for_grad(o, number) for o in outs])

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.call = inputs[0]
        ctx.set_materialize_grads(False)
        varying = inputs[0].varying
        ctx.mark_non_differentiable(
            *[o for o, v in zip(output, varying, strict=True) if not (v and (o.is_floating_point() or o.is_complex()))]
        )

    @staticmethod
    def backward(ctx: Any, *cts: Tensor | None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        call = ctx.call
        found = call.here.run(call.pull, cts) if any(ct is not None for ct in cts) else ()
        return None, *_spread(ctx, call.active, found)


def _spread(ctx: Any, active: Sequence[bool], found: Sequence[Any]) -> list[Tensor | None]:
    """One cotangent for each operand. An error among them is raised if somebody asks for that cotangent."""
    rest = iter(found)
    spread = [next(rest, None) if a else None for a in active]
    for place, value in enumerate(spread):
        if isinstance(value, Exception):
            if ctx.needs_input_grad[place + 1]:
                raise value
            spread[place] = None
    return spread


def through_autograd(operands: Tensors, rule: Linearized, errors: Sequence[Exception | None] = ()) -> list[Tensor]:
    """An operation that plain autograd records, where no transform of `torch.func` runs.

    Args:
        operands: Its operands.
        rule: Its rule.
        errors: For an operand whose cotangent nobody may ask for, the error to raise if somebody does. Autograd does
            not tell an operation which of its cotangents are used; but it runs a node before it only if one is.
    """
    guarded = [
        x if error is None or not x.requires_grad else _Guard.apply(x, error)
        for x, error in zip_longest(operands, errors)
    ]
    return list(_Plain.apply(rule, operands, *guarded))


class _Guard(torch.autograd.Function):
    """The identity, behind which no gradient goes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, error: Exception) -> Tensor:
        ctx.error = error
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise ctx.error


class _Plain(torch.autograd.Function):
    """A node of plain autograd.

    Its pullback differentiates once. Where a graph of the gradient is asked for (`create_graph`), the operation is done
    again on its operands, now recorded.
    """

    @staticmethod
    def forward(ctx: Any, rule: Linearized, unguarded: Tensors, *operands: Tensor) -> Any:
        ctx.rule, ctx.here = rule, _Here()
        ctx.active = tuple([x.requires_grad for x in operands])
        ctx.save_for_backward(*unguarded)
        ctx.set_materialize_grads(False)
        inner = [x.detach() for x in operands]
        outs, ctx.pull = rule(ctx.active, inner)
        return _given_out(ctx, outs, inner)

    @staticmethod
    def backward(ctx: Any, *cts: Tensor | None) -> Any:
        if all(ct is None for ct in cts):
            return (None,) * (len(ctx.active) + 2)
        rest = iter(ctx.here.run(_recorded_pull(ctx) if torch.is_grad_enabled() else ctx.pull, cts))
        found = [next(rest, None) if a else None for a in ctx.active]
        return None, None, *[None if isinstance(x, Exception) else x for x in found]


def _given_out(ctx: Any, outs: Tensors, inner: Tensors) -> tuple[Tensor, ...]:
    """The outputs of a node: tensors of their own, none of them an operand; integers have no derivative."""
    outs = [o.clone() if any(o is x for x in inner) else _apart(o) for o in outs]
    ctx.mark_non_differentiable(*[o for o in outs if not (o.is_floating_point() or o.is_complex())])
    return tuple(outs)


def _apart(out: Tensor) -> Tensor:
    """The same elements in a tensor of its own: autograd hangs the node on an output, which may be what a rule found.

    A view stays one, so that updating it in place is refused.
    """
    return out.detach() if out._is_view() else out.data


def _recorded_pull(ctx: Any) -> Pull:
    return lambda cts: ctx.rule(ctx.active, ctx.saved_tensors)[1](cts)


Again = Callable[[tuple[bool, ...], Tensors, Sequence[Tensor | None]], Sequence[Any]]


def again_by_autograd(operands: Tensors, run: Callable[..., Tensors], again: Again) -> list[Tensor]:
    """An operation that plain autograd records, which keeps its operands alone, and these as long as autograd does.

    Args:
        operands: Its operands.
        run: The operation.
        again: Active operands, all operands and cotangents to the cotangents of the active ones.
    """
    return list(_Again.apply(run, again, *operands))


class _Again(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, run: Callable[..., Tensors], again: Again, *operands: Tensor) -> Any:
        ctx.again, ctx.here = again, _Here()
        ctx.active = tuple([x.requires_grad for x in operands])
        ctx.save_for_backward(*operands)
        ctx.set_materialize_grads(False)
        inner = [x.detach() for x in operands]
        return _given_out(ctx, run(*inner), inner)

    @staticmethod
    def backward(ctx: Any, *cts: Tensor | None) -> Any:
        if all(ct is None for ct in cts):
            return (None,) * (len(ctx.active) + 2)
        found = iter(ctx.here.run(lambda cts: ctx.again(ctx.active, ctx.saved_tensors, cts), cts))
        return None, None, *[next(found) if a else None for a in ctx.active]
