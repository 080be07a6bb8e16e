# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""The gradient of a function below other transforms, without what `torch.func.vjp` does for trees."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import (
    _grad_decrement_nesting,
    _grad_increment_nesting,
    _unwrap_for_grad,
    _wrap_for_grad,
    get_inplace_requires_grad_allowed,
    set_inplace_requires_grad_allowed,
)

from dualgrad.backends.torch._private.autograd import _run_backward, on_this_thread
from dualgrad.backends.torch._private.fakes import is_tracing
from dualgrad.backends.torch._private.lifting import is_lifting

__all__ = ["gradients", "lacks_derivative"]

_MESSAGE = "torch.func.{grad, vjp, jacrev, hessian} don't yet support saved tensor hooks. "


def gradients(
    fun: Callable[..., tuple[Tensor, tuple[Tensor, ...]]], tensors: Sequence[Tensor]
) -> tuple[Tensor, tuple[Tensor, ...], Sequence[Tensor]]:
    """Value of a scalar function, what it returns beside it, and its gradients, on a level of their own.

    `torch.func.vjp` takes apart and puts together the trees of arguments, outputs and cotangents seven times, which
    costs 60 us; and it keeps the graph, which nobody asks again.
    """
    if is_tracing() or is_lifting() or torch.is_inference_mode_enabled() or _compiles_graphs():
        pulled: Any = torch.func.vjp(fun, *tensors, has_aux=True)
        value, pullback, aux = pulled
        return value, aux, on_this_thread(pullback, value)(torch.ones_like(value))
    with torch.autograd.graph.disable_saved_tensors_hooks(_MESSAGE):
        number = _grad_increment_nesting()
        try:
            with torch.enable_grad():
                inputs = [_wrap_for_grad(x, number) for x in tensors]
                _mark(inputs)
                out, aux = fun(*inputs)
                aux = tuple([_unwrap_for_grad(a, number) for a in aux])
                value = _unwrap_for_grad(out, number)
        finally:
            _grad_decrement_nesting()
    if not out.requires_grad:
        return value, aux, [torch.zeros_like(x) for x in tensors]
    run = _run_backward if value.is_cpu else on_this_thread(_run_backward, value)
    seed, keep = torch.ones_like(value), torch.is_grad_enabled()
    found = run((out,), (seed,), False, keep, tuple(inputs), allow_unreachable=True, accumulate_grad=False)
    return value, aux, [torch.zeros_like(x) if g is None else g for g, x in zip(found, tensors, strict=True)]


def lacks_derivative(error: Exception) -> bool:
    """Whether torch says by `error` that it has no derivative of one of its operations."""
    words = str(error)
    return words.startswith("derivative for ") and words.endswith("is not implemented")


def _mark(inputs: Sequence[Tensor]) -> None:
    """Let the inputs of a level require grad, which a function below a transform may not do to a tensor."""
    before = get_inplace_requires_grad_allowed()
    set_inplace_requires_grad_allowed(True)
    try:
        for x in inputs:
            x.requires_grad_()
    finally:
        set_inplace_requires_grad_allowed(before)


def _compiles_graphs() -> bool:
    """Whether somebody looks on who knows the functions of `torch.func` by name: Dynamo, or compiled autograd."""
    if torch.compiler.is_compiling():
        return True
    module = sys.modules.get("torch._dynamo.compiled_autograd")
    return bool(getattr(module, "compiled_autograd_enabled", False))
