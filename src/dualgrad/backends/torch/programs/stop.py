"""`stop_gradient` as a program, so that a graph that holds it still stops when it is differentiated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from dualgrad.backends.torch._forward import STEPS
from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch.programs.program import Program, Tensors, is_smooth

__all__ = ["STOPPING", "Stop", "Stops", "stopped"]


class Stop(Program):
    """The identity, whose derivative is zero."""

    kind = "stop_gradient"
    is_constant = True

    def run(self, *operands: Tensor) -> Tensors:
        return [x.detach() for x in operands]

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        return [stopped(x) for x in operands], dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        return [stopped(x) for x in primals], [None] * len(primals)


def stopped(x: Tensor) -> Tensor:
    """`x`, held constant by differentiation."""
    return Stop([Spec.of(x)])(x)[0]


def _of_stopped(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A native function whose derivative is zero, which torch refuses to take."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return fun(*[stopped(x) if isinstance(x, Tensor) and is_smooth(x) else x for x in args], **kwargs)

    return call


# How native code says the same thing.
STOPPING: Final[dict[Any, Any]] = {
    torch.Tensor.detach: stopped,
    torch.detach: stopped,
    torch.Tensor.data.__get__: stopped,  # pyright: ignore[reportAttributeAccessIssue]
    **{fun: _of_stopped(fun) for fun in STEPS},
}


class Stops(TorchFunctionMode):
    """Notes whether native code says that; the graph of a plain trace holds nothing of it."""

    found = False

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        self.found = self.found or func in STOPPING
        return func(*args, **(kwargs or {}))
