"""Forward mode, with torch's faults in arithmetic between a 0-d tensor and a Python number repaired.

The tangent of `x + 0.5` or `x * 0.5` with a 0-d float32 `x` is float64 (torch 2.13): the zero tangent of the scalar
counts in full where the scalar itself is weak. Every later `matmul`, `solve` or `scatter` with float32 then refuses it.
In a `vmap` the tangent of `2 * x` or `x / 2` is nan where `x` is not finite, of which the scalar's is a multiple.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from dualgrad.backends.torch._arrays import INEXACT
from dualgrad.backends.torch._private import SharedLevel, imported, intact, is_batched, of_its_own, without_scalars

__all__ = ["STEPS", "pushed_forward"]

_ARITHMETIC: Final = frozenset(
    function
    for owner, names in (
        (torch, "add sub subtract mul multiply div divide true_divide"),
        (
            Tensor,
            "add sub subtract mul multiply div divide true_divide "
            "__add__ __radd__ __sub__ __mul__ __rmul__ __truediv__ __rtruediv__ __rdiv__",
        ),
    )
    for name in names.split()
    for function in [getattr(owner, name)]
)


class _ScalarsAsTensors(TorchFunctionMode):
    """Gives a Python number that meets a 0-d tensor in a sum, product or quotient the dtype of the result."""

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        if func in _ARITHMETIC and len(args) == 2:
            x, y = args
            if _meets(x, y):
                args = (x, torch.full((), y, dtype=torch.result_type(x, y), device=x.device))
            elif _meets(y, x):
                args = (torch.full((), x, dtype=torch.result_type(y, x), device=y.device), y)
        elif func in STEPS:  # forward mode refuses a quotient rounded down, whose derivative is zero (torch 2.13)
            args = [x.detach() if isinstance(x, Tensor) else x for x in args]
        elif func is Tensor.__getitem__:
            args = without_scalars(args)
        return func(*args, **(kwargs or {}))


def _meets(x: Any, y: Any) -> bool:
    """Whether `y` is a number whose tangent beside `x` would be wrong; whole numbers have one in a `vmap` alone."""
    if not isinstance(x, Tensor) or x.ndim:
        return False
    return isinstance(y, float | complex) or (type(y) is int and x.dtype in INEXACT and is_batched(x))


STEPS: Final = frozenset(
    getattr(owner, name)
    for owner, name in (
        (torch, "floor_divide"),
        (Tensor, "floor_divide"),
        (Tensor, "__floordiv__"),
        (Tensor, "__rfloordiv__"),
    )
)


def pushed_forward(
    fun: Callable[..., Any], primals: tuple[Tensor, ...], tangents: tuple[Tensor, ...]
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], Any]:
    """`torch.func.jvp` of a function that returns its outputs and something beside them."""
    imported("torch._decomp.decompositions_for_jvp")  # as forward mode does, at its first use
    primals = tuple([of_its_own(x) for x in primals])
    with intact(), SharedLevel(), _ScalarsAsTensors():
        return cast("Any", torch.func.jvp(fun, primals, tangents, has_aux=True))
