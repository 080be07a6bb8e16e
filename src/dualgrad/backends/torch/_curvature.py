"""`jvp` of `grad`, a Hessian times a vector, by reverse mode twice where it runs eagerly.

Forward mode over reverse mode computes a kernel for each term of each rule, so that it takes twice the time. The two
are one matrix and its transpose, and second derivatives are symmetric, unless somebody's rule is not the derivative of
its function: where one is found, forward mode it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import FLOATING
from dualgrad.backends.torch._flat import Flat
from dualgrad.backends.torch._gradient import argnums_of, grad
from dualgrad.backends.torch._private import functions_of, is_plain
from dualgrad.backends.torch.programs.stand_in import tell_rule, unless_told_apart

__all__ = ["along_gradient"]


def along_gradient(
    gradient: Any, flat: Flat, directions: Sequence[Tensor], proper: Callable[[], tuple[Any, Any]]
) -> tuple[Any, Any]:
    """A gradient and its derivative along a direction, by two passes of reverse mode or as `proper` does it.

    Args:
        gradient: What is pushed forward, any function.
        flat: Its arguments.
        directions: A direction for each tensor of `flat`.
        proper: The same by forward mode.
    """
    argnums = argnums_of(gradient)
    if argnums is None or not flat.tensors or not is_plain() or torch.compiler.is_compiling():
        return proper()
    count = len(flat.restore(flat.tensors))
    if (argnums != 0 or count != 1) and argnums != tuple(range(count)):
        return proper()  # the gradient by some arguments, pushed along others too
    if not all([x.dtype in FLOATING for x in flat.tensors]):
        return proper()
    return unless_told_apart(lambda: _twice(gradient, flat, directions), proper, symmetric=True)


def _twice(gradient: Any, flat: Flat, directions: Sequence[Tensor]) -> tuple[Any, Any]:
    def along(*tensors: Tensor) -> tuple[Tensor, Any]:
        slopes = gradient(*flat.rebuild(tensors))
        leaves = tree.leaves(slopes)
        parts = [torch.dot(s.flatten(), v.flatten()) for s, v in zip(leaves, directions, strict=True)]
        total = sum(parts[1:], parts[0].to(max([p.dtype for p in parts], key=lambda d: d.itemsize)))
        if any([not cls.__module__.startswith("dualgrad.") for cls in functions_of(total)]):
            tell_rule()
        return total, slopes

    curves, slopes = grad(along, tuple(range(len(flat.tensors))), has_aux=True)(*flat.tensors)
    leaves, treedef = tree.flatten(slopes)
    return tree.unflatten(treedef, leaves), tree.unflatten(treedef, list(curves))
