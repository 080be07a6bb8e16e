"""Operators of rows: draws of large results as one node of a trace, whose kernel goes over them block by block.

A row is one draw: its key is one of `words`, int32 of shape (rows, 2), and so are its other tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["by_rows"]

_library = torch.library.Library("dualgrad", "FRAGMENT")


def by_rows(
    name: str, tensors: Sequence[str], flags: str, kernel: Callable[..., Tensor], result: Callable[..., Tensor]
) -> Callable[..., Tensor]:
    """The operator `dualgrad::<name>` of tensors, a row of each at a time, and of flags.

    What it gives has no derivative by itself.

    Args:
        name: Of the operator.
        tensors: Names of its tensors, the first of which are the words.
        flags: Its other parameters, as a schema has them.
        kernel: What is given of one row of each tensor.
        result: What has the shape and dtype of the result, and no values: of all that the operator is called with.
    """
    _library.define(f"{name}({', '.join(f'Tensor {x}' for x in tensors)}, {flags}) -> Tensor")
    op, count = getattr(torch.ops.dualgrad, name), len(tensors)

    def rows(*args: Any) -> Tensor:
        each, rest = args[:count], args[count:]
        if len(each[0]) == 1:
            return kernel(*[x[0] for x in each], *rest)[None]
        out = result(*args)
        for row, *own in zip(out, *each, strict=True):
            row.copy_(kernel(*own, *rest))
        return out

    def mapped(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> tuple[Tensor, int]:
        arrays = [
            x.movedim(d, 0) if d is not None else x.expand(info.batch_size, *x.shape)
            for x, d in zip(args[:count], in_dims[:count], strict=True)
        ]
        out = op(*[x.flatten(0, 1) for x in arrays], *args[count:])
        return out.unflatten(0, (info.batch_size, -1)), 0

    _library.impl(name, rows, "CompositeExplicitAutograd")
    _library.impl(name, torch.library.fallthrough_kernel, "Autograd")
    torch.library.register_fake(f"dualgrad::{name}", result, lib=_library)
    torch.library.register_vmap(f"dualgrad::{name}", mapped, lib=_library)
    return op
