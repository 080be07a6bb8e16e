# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Whether tensors are of the kind that a program was compiled for, asked in C++: 50 ns a tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch._C._dynamo.guards import TensorGuards

__all__ = ["guard_like"]


def guard_like(tensors: Sequence[Tensor]) -> Callable[..., bool]:
    """A function that takes as many objects and says whether they are tensors like these.

    Like means: plain tensors of equal shapes, strides, dtypes and devices, each requiring grad or not as these do, none
    of them a lazy conjugate, met in the same dispatcher state; and no two of them one object, unless two of these are.
    """
    if len({id(x) for x in tensors}) == len(tensors):
        return _guards(tensors)
    each = [_guards([x]) for x in tensors]
    return lambda *others: all([guard(x) for guard, x in zip(each, others, strict=True)])


def _guards(tensors: Sequence[Tensor]) -> Callable[..., bool]:
    if not tensors:
        return lambda: True
    sizes: Any = [list(x.shape) for x in tensors]
    strides: Any = [list(x.stride()) for x in tensors]
    return TensorGuards(*tensors, dynamic_dims_sizes=sizes, dynamic_dims_strides=strides).check
