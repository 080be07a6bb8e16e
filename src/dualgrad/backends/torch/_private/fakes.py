# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Tensors without data, which a trace runs on, and whether one is running."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
)
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode, ShapeEnv
from torch.utils._python_dispatch import _disable_current_modes

from dualgrad._rules.control import leaked
from dualgrad.backends.torch._private.levels import innermost, live, no_levels

__all__ = [
    "DATA_DEPENDENT",
    "Spec",
    "alive",
    "fake_mode",
    "fake_of",
    "is_fake",
    "is_ours",
    "is_over",
    "is_tracing",
    "mode_of",
    "restored_dispatch_keys",
    "unrecorded",
]

DATA_DEPENDENT = (DataDependentOutputException, DynamicOutputShapeException, GuardOnDataDependentSymNode)


@dataclass(frozen=True)
class Spec:
    """What a trace knows of a tensor."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, x: Tensor) -> Spec:
        return cls(tuple(x.shape), x.dtype, x.device)

    def empty(self) -> Tensor:
        """A tensor like this, in the mode that is active; dense, as every tensor that a graph is traced for."""
        return torch.empty(self.shape, dtype=self.dtype, device=self.device)

    def zeros(self) -> Tensor:
        """Zeros like this, in the mode that is active."""
        return torch.zeros(self.shape, dtype=self.dtype, device=self.device)

    def stacked(self, n: int) -> Spec:
        """What `n` of these are like, stacked along a new leading axis."""
        return Spec((n, *self.shape), self.dtype, self.device)

    def element(self) -> Spec:
        """What one of those is like of which this is a stack."""
        return Spec(self.shape[1:], self.dtype, self.device)


@contextmanager
def unrecorded() -> Generator[None, None, None]:
    """A block below no transform and in no mode, in which an operation is done and nothing else."""
    with no_levels(), _disable_current_modes():
        yield


@torch.compiler.assume_constant_result  # Dynamo cannot look at modes; its own trace is none of ours
def is_tracing() -> bool:
    """Whether operations are being recorded into a graph in this thread."""
    # What get_proxy_mode() looks at, in a quarter of its time; the second place is torch.export's.
    return _mode_of(_PROXY) is not None or _before_dispatch.get(0) is not None


_mode_of: Final = torch._C._get_dispatch_mode
_PROXY: Final = torch._C._TorchDispatchModeKey.PROXY
_before_dispatch: Final = torch._ops.mode_stack_state_for_pre_dispatch()


def is_fake(x: Tensor) -> bool:
    """Whether `x` has no data."""
    return isinstance(innermost(x), FakeTensor)


def is_ours(x: Tensor) -> bool:
    """Whether `x` has no data and belongs to a trace of ours, not to one of torch's own exporter or compiler."""
    return isinstance(innermost(x), FakeTensor) and isinstance(innermost(x).fake_mode, _TraceMode)


class _TraceMode(FakeTensorMode):
    """A mode in which tensors have shapes and dtypes and no data; of no use once its trace is over."""

    over = False

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.over:
            raise leaked()
        return super().dispatch(func, types, args, kwargs)


def alive(x: Tensor) -> Tensor:
    """`x`, which must not have been kept beyond the trace that it belongs to: it has no data, and nothing would say so.

    Raises:
        LeakedArrayError: That trace is over.
    """
    if _is_left_over(x):
        raise leaked()
    return x


def is_over(x: Tensor) -> bool:
    """Whether the trace or the transform that `x` belongs to has ended."""
    return live(x) is not x or _is_left_over(x)


def _is_left_over(x: Tensor) -> bool:
    inner = innermost(x)
    return isinstance(inner, FakeTensor) and getattr(inner.fake_mode, "over", False)


def fake_mode() -> FakeTensorMode:
    """A mode in which tensors have shapes and dtypes and no data."""
    env = ShapeEnv(allow_scalar_outputs=False, allow_dynamic_output_shape_ops=False)
    return _TraceMode(shape_env=env, allow_non_fake_inputs=True)


def mode_of(inputs: Sequence[Tensor]) -> Any:
    """The mode of the first fake tensor, or a new one."""
    return next((x.fake_mode for x in inputs if isinstance(x, FakeTensor)), None) or fake_mode()


def fake_of(mode: FakeTensorMode, x: Tensor) -> Tensor:
    """The fake twin of `x`, all of whose sizes are constants."""
    if type(x) is Tensor and x.is_contiguous() and not (x.is_conj() or x.is_neg() or x.is_inference()):
        with mode:  # a tenth of the time of `from_tensor`, which also keeps views, layouts and gradients
            return Spec.of(x).empty()
    return mode.from_tensor(x.detach(), static_shapes=True)


@contextmanager
def restored_dispatch_keys() -> Generator[None, None, None]:
    """Put the thread's dispatch keys back at the end.

    A trace that fails inside a functorch level leaves them changed, and every later `torch.func.grad` of the thread
    then fails on a tensor without storage.
    """
    include = torch._C._dispatch_tls_local_include_set()
    exclude = torch._C._dispatch_tls_local_exclude_set()
    with torch._C._ForceDispatchKeyGuard(include, exclude):
        yield
