"""`grad` and `value_and_grad`: `torch.func` inside other transforms, plain autograd where there is none.

`torch.autograd.grad` needs a third of the time of `torch.func.grad`. It serves whenever no functorch level, no trace
and no other gradient is active. A gradient within another has a level of its own: in one graph for both, the outer one
would find the rule of a `custom_vjp` where it is to find what `fwd` does. The differentiated tensors enter as aliases,
so that they are told from those of the caller; and the graph is kept for a further derivative if it reaches a leaf that
is not ours, a parameter that the caller closed over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.transforms import copied, normalize_argnums
from dualgrad.backends.torch._flat import (
    Box,
    Flat,
    differentiable,
    join_aux,
    picked,
    placed,
    scalar_output,
    split_aux,
)
from dualgrad.backends.torch._private import (
    AccumulateGrad,
    gradients,
    intact,
    is_tracing,
    is_transformed,
    looked_up,
    pulled_back,
    with_places,
)

__all__ = ["argnums_of", "grad", "value_and_grad"]

Fun = Callable[..., Any]


def value_and_grad(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """Function that gives `(value, gradient)`, or `((value, aux), gradient)`."""
    run = _runner("value_and_grad", fun, argnums, has_aux, holomorphic)

    def value_and_grad_fun(*args: Any, **kwargs: Any) -> Any:
        value, aux, grads = run(args, kwargs)
        return ((value, aux), grads) if has_aux else (value, grads)

    return value_and_grad_fun


def grad(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """Function that gives the gradient, or `(gradient, aux)`."""
    run = _runner("grad", fun, argnums, has_aux, holomorphic)

    def grad_fun(*args: Any, **kwargs: Any) -> Any:
        _, aux, grads = run(args, kwargs)
        return (grads, aux) if has_aux else grads

    if not has_aux and not holomorphic:
        grad_fun.__dict__[_ARGNUMS] = argnums
    return grad_fun


_ARGNUMS: Final = "_dualgrad_argnums"


def argnums_of(fun: Fun) -> int | Sequence[int] | None:
    """By which arguments `fun` is a gradient that `grad` made, of a real function which returns nothing more."""
    return getattr(fun, _ARGNUMS, None)


def _runner(
    name: str, fun: Fun, argnums: int | Sequence[int], has_aux: bool, holomorphic: bool
) -> Callable[[tuple[Any, ...], dict[str, Any]], tuple[Tensor, Any, Any]]:
    convert = differentiable(name, holomorphic)
    places: dict[int, tuple[tuple[int, ...], bool]] = {}  # by number of arguments
    valued = name == "value_and_grad"
    looks_up = looked_up(fun)

    def run(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, Any, Any]:
        found = places.get(len(args))
        if found is None:
            found = places[len(args)] = normalize_argnums(name, argnums, len(args))
        positions, single = found
        flat = Flat.of(picked(args, positions, single), convert)
        box = Box() if has_aux else None

        def of_tensors(*tensors: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
            out = fun(*placed(args, positions, single, flat.rebuild(tensors)), **kwargs)
            aux: tuple[Tensor, ...] = ()
            if box is not None:
                out, aux = split_aux(name, out, True, box)
            return scalar_output(name, out, holomorphic), aux

        if not flat.tensors:
            value, aux = of_tensors()
            grads: Sequence[Tensor] = ()
        elif is_transformed() or is_tracing() or _state.running:
            with intact():
                value, aux, grads = with_places(lambda: gradients(of_tensors, flat.tensors), looks_up)
        else:
            value, aux, grads = _by_autograd(of_tensors, flat.tensors, valued)
        return value, None if box is None else join_aux(aux, box), flat.gradient(grads)

    return run


def _by_autograd(
    fun: Callable[..., tuple[Tensor, tuple[Tensor, ...]]], tensors: Sequence[Tensor], valued: bool
) -> tuple[Tensor, tuple[Tensor, ...], Sequence[Tensor]]:
    """Value, auxiliary output and gradients; the value is only freed of its graph if it is `valued`."""
    if torch.is_inference_mode_enabled():  # it records nothing: every gradient would be zero
        with torch.inference_mode(False):
            return _by_autograd(fun, [t.clone() if t.is_inference() else t for t in tensors], valued)
    if not torch.is_grad_enabled():  # entering the block costs as much as a small op
        with torch.enable_grad():
            return _by_autograd(fun, tensors, valued)
    inputs = [t.view_as(t) if t.requires_grad else t.detach().requires_grad_() for t in tensors]
    for t in inputs:
        t._dualgrad_id = id(t)  # pyright: ignore[reportAttributeAccessIssue]  # a copy takes it along
    _state.running = True
    try:
        value, aux = fun(*inputs)
        if not value.requires_grad:
            return value, _released(aux, inputs), [torch.zeros_like(t) for t in tensors]
        keep = _reaches_other_leaves(value, inputs)
        again = keep or (bool(aux) and any([a.requires_grad for a in aux]))
        grads = pulled_back(value, torch.ones_like(value), inputs, keep, again)
    finally:
        _state.running = False
        for t in inputs:
            t._dualgrad_over = True  # pyright: ignore[reportAttributeAccessIssue]  # read by _is_others
    return value.detach() if valued and not keep else value, _released(aux, inputs) if aux else aux, grads


class _State(threading.local):
    running = False  # whether a gradient is being computed


_state = _State()


def _released(aux: tuple[Tensor, ...], inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Auxiliary outputs without the graph that only leads to our own inputs."""
    return tuple([a.detach() if a.requires_grad and not _reaches_other_leaves(a, inputs) else a for a in aux])


def _reaches_other_leaves(out: Tensor, inputs: Sequence[Tensor]) -> bool:
    """Whether the graph of `out` ends in a leaf that somebody else may still differentiate; 0.15 us a node.

    That is a leaf which is none of `inputs` and none of a `grad` that is over.
    """
    ours = {id(t) for t in inputs}
    node: Any = out.grad_fn
    if node is None:
        return _is_others(out, ours)
    nexts = node.next_functions
    while len(nexts) == 1:  # a chain needs no list of what was seen
        node = nexts[0][0]
        if node is None:
            return False
        if type(node) is AccumulateGrad:
            return _is_others(node.variable, ours)
        nexts = node.next_functions
    seen = {node}
    stack: list[Any] = [node]
    while stack:
        for node, _ in stack.pop().next_functions:
            if node is None or node in seen:
                continue
            seen.add(node)
            if type(node) is not AccumulateGrad:
                stack.append(node)
            elif _is_others(node.variable, ours):
                return True
    return False


def _is_others(leaf: Tensor, ours: set[int]) -> bool:
    if id(leaf) in ours:
        return False
    if getattr(leaf, "_dualgrad_id", id(leaf)) != id(leaf):
        raise copied()
    # one without the mark is the user's, or that of a gradient which is not over
    return not hasattr(leaf, "_dualgrad_over")
