# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""What plain autograd and forward mode hide: the engine's inner entry, tangents that are zero, forward over forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

__all__ = ["current_node", "forward_rule", "is_mapped", "is_transformed", "pulled_back", "with_storage"]

peek_interpreter_stack: Callable[[], Any] = torch._C._functorch.peek_interpreter_stack
_run_backward: Callable[..., tuple[Tensor | None, ...]] = torch.autograd.Variable._execution_engine.run_backward


def is_mapped(x: Tensor) -> bool:
    """Whether `x` varies along the axis of the innermost `vmap`."""
    level = torch._C._functorch.maybe_current_level()
    return torch._C._functorch.is_batchedtensor(x) and torch._C._functorch.maybe_get_level(x) == level


def pulled_back(out: Tensor, seed: Tensor, inputs: Sequence[Tensor], keep: bool, again: bool) -> list[Tensor]:
    """The gradient of `out` at `inputs`, zeros where it does not depend on one.

    The checks that `torch.autograd.grad` makes before it calls the engine cost 10 us, as much as three small ops; all
    of them hold here.

    Args:
        out: A tensor that requires grad.
        seed: Its cotangent.
        inputs: Tensors that require grad.
        keep: Whether the gradient can be differentiated itself.
        again: Whether the graph must survive.
    """
    grads = _run_backward((out,), (seed,), again, keep, tuple(inputs), allow_unreachable=True, accumulate_grad=False)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(grads, inputs, strict=True)]


def with_storage(x: Tensor) -> Tensor:
    """`x`, or zeros in place of the tensor without memory by which forward mode says that a tangent is zero."""
    return torch.zeros_like(x) if x._is_zerotensor() else x


def is_transformed() -> bool:
    """Whether a `torch.func` transform is running in this thread."""
    return peek_interpreter_stack() is not None


def current_node() -> Any:
    """The node of the graph whose gradient is being computed in this thread, or `None`."""
    return torch._C._current_autograd_node()


def forward_rule(rule: Callable[..., Any]) -> Any:
    """A `jvp` for an `autograd.Function`, from a rule of its saved tensors and its tangents.

    torch turns forward mode off while it runs a `jvp` (checked on 2.13), for outer levels as well: forward-over-forward
    derivatives through a custom function are silently 0. With the tangents of its own level taken off, forward mode can
    stay on and the outer levels see what the rule does.
    """

    def jvp(ctx: Any, *tangents: Tensor) -> Any:
        saved = [_without_tangent(x) for x in ctx.saved_tensors]
        own = [_without_tangent(t) for t in tangents]
        with forward_ad._set_fwd_grad_enabled(True):
            return rule(saved, *own)

    return staticmethod(jvp)


def _without_tangent(x: Tensor) -> Tensor:
    """`x` without the tangent of the innermost forward level; a mapped `x` is unwrapped for it and mapped again."""
    functorch = torch._C._functorch
    if functorch.is_batchedtensor(x):
        level = functorch.maybe_get_level(x)
        inner, dim = functorch._unwrap_batched(x, level)
        return functorch._add_batch_dim(_without_tangent(inner), dim, level)
    return forward_ad.unpack_dual(x, level=0).primal
