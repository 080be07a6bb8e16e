"""Draws as operators of the dispatcher: one node of a trace, whose kernel may loop in Python, block by block.

What is traced, mapped or differentiated around one does not look into it: a trace holds one node, `vmap` has one rule,
and a compiled program calls the kernel. A row is one draw: its key is one of `words`, int32 of shape (rows, 2) or
(rows, 4), and the first axis of every other tensor has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import is_tracing, is_transformed
from dualgrad.backends.torch.random._native import is_native

__all__ = ["define", "define_by_row", "is_program", "shaped"]

_library = torch.library.Library("dualgrad", "FRAGMENT")


def define(
    name: str, tensors: Sequence[str], flags: str, kernel: Callable[..., Tensor], result: Callable[..., Tensor]
) -> Callable[..., Tensor]:
    """The operator `dualgrad::<name>` of tensors and flags, both given by position.

    What it gives has no derivative by itself.

    Args:
        name: Of the operator.
        tensors: Names of its tensors, the first of which are the words.
        flags: Its other parameters, as a schema has them.
        kernel: What is given of all rows.
        result: What has the shape and dtype of the result, and no values: of all that the operator is called with.
    """
    _library.define(f"{name}({', '.join(f'Tensor {x}' for x in tensors)}, {flags}) -> Tensor")
    op, count = getattr(torch.ops.dualgrad, name), len(tensors)

    def mapped(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> tuple[Tensor, int]:
        arrays = [
            x.movedim(d, 0) if d is not None else x.expand(info.batch_size, *x.shape)
            for x, d in zip(args[:count], in_dims[:count], strict=True)
        ]
        out = op(*[x.flatten(0, 1) for x in arrays], *args[count:])
        return out.unflatten(0, arrays[0].shape[:2]), 0

    _library.impl(name, kernel, "CompositeExplicitAutograd")
    _library.impl(name, torch.library.fallthrough_kernel, "Autograd")
    torch.library.register_fake(f"dualgrad::{name}", result, lib=_library)
    torch.library.register_vmap(f"dualgrad::{name}", mapped, lib=_library)
    return op


def define_by_row(
    name: str, tensors: Sequence[str], flags: str, kernel: Callable[..., Tensor], result: Callable[..., Tensor]
) -> Callable[..., Tensor]:
    """As `define`, by a kernel that takes a single row of each tensor."""
    count = len(tensors)

    def rows(*args: Any) -> Tensor:
        each, rest = args[:count], args[count:]
        if len(each[0]) == 1:
            return kernel(*[x[0] for x in each], *rest)[None]
        out = result(*args)
        for row, *own in zip(out, *each, strict=True):
            row.copy_(kernel(*own, *rest))
        return out

    return define(name, tensors, flags, rows, result)


def shaped(words: Tensor, *args: Any) -> Tensor:
    """The result of an operator whose last flags are the shape of a row and the dtype."""
    return words.new_empty((len(words), *args[-2]), dtype=args[-1])


def is_program(words: Tensor, *params: Tensor) -> bool:
    """Whether a draw is traced to be compiled, neither mapped nor differentiated: there an operator takes less room."""
    return is_tracing() and not is_transformed() and not is_native(words) and not any(x.requires_grad for x in params)
