# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""The levels of `torch.func`: which transform runs innermost, and how an operation of ours passes through it.

`torch.func` keeps a stack of interpreters, one for each `grad`, `jvp` and `vmap` that is running. An aten operation
meets them from the innermost outwards; each takes its own wrapper off the tensors, does its part and hands the rest
down. The functions here do that for an operation that aten does not know, given its rule for the level.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch._C._functorch import (
    TransformType,
    _add_batch_dim,
    _remove_batch_dim,
    _unwrap_batched,
    _unwrap_for_grad,
    _unwrap_functional_tensor,
    _vmap_decrement_nesting,
    _vmap_increment_nesting,
    _wrap_functional_tensor,
)
from torch._functorch.predispatch import lazy_load_decompositions
from torch._functorch.pyfunctorch import coerce_cinterpreter, temporarily_clear_interpreter_stack
from torch.autograd import forward_ad

__all__ = [
    "beneath_maps",
    "current_level",
    "innermost",
    "is_active",
    "is_batched",
    "is_mapped_at",
    "is_perturbed",
    "is_pushed",
    "is_seen",
    "live",
    "mapped_over",
    "no_levels",
    "of_its_own",
    "open_kinds",
    "several_beneath_maps",
    "through_functionalize",
    "through_jvp",
    "through_vmap",
]

Level = Any  # one of torch's interpreters
Tensors = Sequence[Tensor]

no_levels = temporarily_clear_interpreter_stack
live: Callable[[Tensor], Tensor] = torch._C._functorch.unwrap_if_dead
_peek: Callable[[], Any] = torch._C._functorch.peek_interpreter_stack
_stack: Callable[[], Any] = torch._C._functorch.get_interpreter_stack


def current_level() -> tuple[str, Level] | None:
    """Kind of the innermost transform (`"grad"`, `"jvp"`, `"vmap"`, `"functionalize"`) and its interpreter."""
    top = _peek()
    return None if top is None else (_KINDS[top.key()], coerce_cinterpreter(top))


def open_kinds() -> set[str]:
    """The kinds of all the transforms that are running."""
    return {_KINDS[level.key()] for level in _stack() or ()}


_KINDS = {
    TransformType.Grad: "grad",
    TransformType.Jvp: "jvp",
    TransformType.Vmap: "vmap",
    TransformType.Functionalize: "functionalize",
}


def innermost(x: Tensor) -> Tensor:
    """The tensor under all of the wrappers of `x`."""
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        x = torch._C._functorch.get_unwrapped(x)
    return x


def is_active(x: Tensor) -> bool:
    """Whether reverse mode follows `x` at some level that is open."""
    while not x.requires_grad:
        if not torch._C._functorch.is_functorch_wrapped_tensor(x):
            return False
        x = torch._C._functorch.get_unwrapped(x)
    return True


def is_mapped_at(x: Tensor, number: int) -> bool:
    """Whether the outermost wrapper of `x` is that of the `vmap` of this level."""
    return torch._C._functorch.is_batchedtensor(x) and torch._C._functorch.maybe_get_level(x) == number


def is_batched(x: Tensor) -> bool:
    """Whether `x` varies along the axis of some `vmap`."""
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        if torch._C._functorch.is_batchedtensor(x):
            return True
        x = torch._C._functorch.get_unwrapped(x)
    return False


def is_perturbed(x: Tensor) -> bool:
    """Whether `x` may have a derivative that somebody asks for, as far as is known outside of a trace."""
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        if torch._C._functorch.is_gradtrackingtensor(x):
            return True
        x = torch._C._functorch.get_unwrapped(x)
    return x.requires_grad


def is_pushed(x: Tensor) -> bool:
    """Whether forward mode follows `x` at some level that is open."""
    levels = {level.level() for level in _stack() or () if level.key() == TransformType.Jvp}
    while torch._C._functorch.is_functorch_wrapped_tensor(x):
        if torch._C._functorch.maybe_get_level(x) in levels:
            return True
        x = torch._C._functorch.get_unwrapped(x)
    return False


def is_seen(x: Tensor) -> bool:
    """Whether some transform that is open differentiates or maps `x`: reverse mode wraps constants of its level too."""
    return is_active(x) or is_batched(x) or is_pushed(x)


class Batched(Protocol):
    """The rule of an operation for `vmap`: of size and mapped axes, outputs and their mapped axes."""

    def __call__(
        self, size: int, dims: Sequence[int | None], operands: Tensors, /
    ) -> tuple[Tensors, Sequence[int | None]]: ...


def through_vmap(level: Level, operands: Tensors, plain: Callable[..., Tensors], rule: Batched) -> list[Tensor]:
    """An operation below a `vmap`; `plain` serves where nothing is mapped at this level."""
    number = level.level()
    inner: list[Tensor] = []
    dims: list[int | None] = []
    for x in operands:
        value, dim = _unwrap_batched(x, number) if is_mapped_at(x, number) else (x, None)
        inner.append(value)
        dims.append(dim)
    with level.lower():
        if all(d is None for d in dims):
            return list(plain(*inner))
        outs, out_dims = rule(level.batch_size(), dims, inner)
    return [o if d is None else _add_batch_dim(o, d, number) for o, d in zip(outs, out_dims, strict=True)]


def mapped_over(fun: Callable[..., Tensors], size: int, dims: Sequence[int], tensors: Tensors) -> list[Tensor]:
    """`torch.func.vmap` of a function of tensors alone, all of them mapped; outputs along their first axis.

    torch takes apart and puts together the trees of arguments, axes and outputs eight times, which costs 40 us.
    """
    if torch.compiler.is_compiling():  # Dynamo and export know torch's own by name
        outs: Any = torch.func.vmap(lambda *xs: tuple(fun(*xs)), tuple(dims), 0, randomness="different")(*tensors)
        return list(outs)
    lazy_load_decompositions()
    number = _vmap_increment_nesting(size, "different")
    try:
        outs = fun(*[_add_batch_dim(x, d, number) for x, d in zip(tensors, dims, strict=True)])
        return [_remove_batch_dim(o, number, size, 0) for o in outs]
    finally:
        _vmap_decrement_nesting()


def beneath_maps(fun: Callable[..., Tensor], *operands: Tensor) -> Tensor:
    """`fun`, for which leading axes are those of a batch, of operands of one rank, where all levels are of `vmap`."""
    return fun(*operands) if current_level() is None else several_beneath_maps(lambda *xs: [fun(*xs)], *operands)[0]


def several_beneath_maps(fun: Callable[..., Tensors], *operands: Tensor) -> Tensors:
    """As `beneath_maps`, of a function with several results."""
    top = current_level()
    if top is None:
        return fun(*operands)

    def plain(*xs: Tensor) -> Tensors:
        return several_beneath_maps(fun, *xs)

    def batched(size: int, dims: Sequence[int | None], xs: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        fronted = [x[None] if d is None else x.movedim(d, 0) if d else x for x, d in zip(xs, dims, strict=True)]
        outs = plain(*fronted)
        return outs, [0] * len(outs)

    return through_vmap(top[1], [live(x) for x in operands], plain, batched)  # a backward pass has some of levels gone


Pushed = Callable[[Tensors, Sequence[Tensor | None]], tuple[Tensors, Sequence[Tensor | None]]]


def through_jvp(level: Level, operands: Tensors, plain: Callable[..., Tensors], rule: Pushed) -> list[Tensor]:
    """An operation below a `jvp`; `plain` serves where no operand has a tangent at this level."""
    number = level.level()
    primals: list[Tensor] = []
    tangents: list[Tensor | None] = []
    for x in operands:
        primal, tangent = forward_ad.unpack_dual(x, level=0) if x.is_floating_point() or x.is_complex() else (x, None)
        primals.append(_unwrap_for_grad(primal, number))
        tangents.append(None if tangent is None else _unwrap_for_grad(tangent, number))
    with forward_ad._set_fwd_grad_enabled(True), level.lower():
        if all(t is None for t in tangents):
            return list(plain(*primals))
        outs, out_tangents = rule(primals, tangents)
    return [
        o if t is None else forward_ad.make_dual(of_its_own(o), t, level=0)
        for o, t in zip(outs, out_tangents, strict=True)
    ]


def of_its_own(x: Tensor) -> Tensor:
    """`x` with memory for each element: torch lays a tangent out like its primal, and cannot write an expanded one."""
    return x.contiguous() if any([s == 0 and n > 1 for s, n in zip(x.stride(), x.shape, strict=True)]) else x


def through_functionalize(level: Level, operands: Tensors, plain: Callable[..., Tensors]) -> list[Tensor]:
    """An operation below `functionalize`: it changes nothing in place, so it is done on the plain tensors."""
    inner = [_up_to_date(x) if torch._is_functional_tensor(x) else x for x in operands]
    with level.lower():
        outs = plain(*inner)
    number = level.level()
    return [_wrap_functional_tensor(o, number) for o in outs]


def _up_to_date(x: Tensor) -> Tensor:
    """The plain tensor, with all that was written into its base.

    Unwrapping alone misses a write that another view of the base has brought there already (torch 2.13).
    """
    torch._sync(x)
    return _unwrap_functional_tensor(x, True)
