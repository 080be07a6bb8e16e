# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""What a trace takes from around it: the tensors that its function closes over, and how it records operations."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import optree
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode

from dualgrad.backends.torch._private.fakes import Spec, unrecorded
from dualgrad.backends.torch._private.indexing import without_masks
from dualgrad.backends.torch._private.levels import innermost

__all__ = [
    "Lifting",
    "inlined",
    "interpreted",
    "is_inlining",
    "is_interpreted",
    "is_lifting",
    "is_traced",
    "lifted",
    "lifting_now",
    "trace_state",
]


class Lifting(TorchFunctionMode):
    """Replaces each tensor that a traced function closes over by an input of its graph.

    Tensors of the trace are those of its own fake mode; every other is from outside. A function mode sees them as the
    function names them, with all their wrappers on.
    """

    def __init__(self, mode: FakeTensorMode, swapped: dict[Any, Any]) -> None:
        super().__init__()
        self.mode = mode
        self.swapped = swapped
        self.twins: dict[int, tuple[Tensor, Tensor]] = {}  # the outer tensor is kept, so that its id stays its own

    def twin(self, x: Any) -> Any:
        if not isinstance(x, Tensor):
            return x
        inner = innermost(x)
        if isinstance(inner, FakeTensor) and inner.fake_mode is self.mode:
            return x
        found = self.twins.get(id(x))
        if found is None:
            with unrecorded(), self.mode:
                found = self.twins[id(x)] = x, Spec.of(x).empty()
            if getattr(x, "_dualgrad_weak", False):
                found[1]._dualgrad_weak = True
        return found[1]

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        if trace_state.lifting is not self:  # a trace within this one is running
            return func(*args, **(kwargs or {}))
        if func in _NEED_VALUES and not is_traced(args[0]):
            return func(*args, **(kwargs or {}))
        if func is Tensor.__getitem__:  # the twin of a mask has no values
            args = without_masks(args)
        func = self.swapped.get(func, func)
        full: Any = tuple(args), kwargs or {}
        twins: Any = optree.tree_map(self.twin, full)
        return func(*twins[0], **twins[1])


def is_traced(x: Any) -> bool:
    """Whether `x` is below a transform, in a trace, or waits for its gradient."""
    return isinstance(x, FakeTensor) or x.requires_grad or torch._C._functorch.is_functorch_wrapped_tensor(x)


# What asks a constant for its value; of a tensor from outside the trace that is known.
_NEED_VALUES: Final = frozenset(
    getattr(Tensor, name)
    for name in [
        "item",
        "tolist",
        "numpy",
        "__bool__",
        "__int__",
        "__float__",
        "__complex__",
        "__index__",
        "__array__",
        "__repr__",
        "__format__",
    ]
)


class _State(threading.local):
    lifting: Lifting | None = None
    interpreted: bool = False
    inlining: bool = False


trace_state = _State()
lifting_now: set[Lifting] = set()  # of all threads: as long as it is empty nobody need look into `trace_state`


def lifted(x: Tensor) -> Tensor:
    """`x`, or the input that stands for it where a function that closes over it is being traced.

    What takes tensors past torch's Python functions, as an `autograd.Function` or an entry to `torch.func` does, says
    so with this.
    """
    return x if trace_state.lifting is None else trace_state.lifting.twin(x)


@contextmanager
def interpreted(on: bool = True) -> Generator[None, None, None]:
    """A block in which jitted functions run operation by operation."""
    before, trace_state.interpreted = trace_state.interpreted, on
    try:
        yield
    finally:
        trace_state.interpreted = before


def is_interpreted() -> bool:
    """Whether jitted functions are to run operation by operation."""
    return trace_state.interpreted


@contextmanager
def inlined() -> Generator[None, None, None]:
    """A block in which a trace holds what our own operations do in place of these operations."""
    before, trace_state.inlining = trace_state.inlining, True
    try:
        yield
    finally:
        trace_state.inlining = before


def is_inlining() -> bool:
    """Whether the trace that is running is for a compiler, which our own operations must not survive."""
    return trace_state.inlining


def is_lifting() -> bool:
    """Whether what is being traced is to be transformed again."""
    return bool(lifting_now) and trace_state.lifting is not None
