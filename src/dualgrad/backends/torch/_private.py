"""Every private torch name that dualgrad touches, and what stands behind it; checked on torch 2.13.

A torch release that moves one of them fails here, at import, with the name of what is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
)
from torch.fx.experimental.proxy_tensor import get_proxy_mode, make_fx
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode, ShapeEnv

__all__ = [
    "DATA_DEPENDENT",
    "FakeTensor",
    "compile_graph",
    "fake_mode",
    "fake_of",
    "is_functorch_wrapped",
    "is_mapped",
    "is_tracing",
    "is_transformed",
    "trace_graph",
]

DATA_DEPENDENT = (DataDependentOutputException, DynamicOutputShapeException, GuardOnDataDependentSymNode)

peek_interpreter_stack: Callable[[], Any] = torch._C._functorch.peek_interpreter_stack
is_functorch_wrapped: Callable[[Tensor], bool] = torch._C._functorch.is_functorch_wrapped_tensor


def is_mapped(x: Tensor) -> bool:
    """Whether `x` varies along the axis of the innermost `vmap`."""
    level = torch._C._functorch.maybe_current_level()
    return torch._C._functorch.is_batchedtensor(x) and torch._C._functorch.maybe_get_level(x) == level


def is_transformed() -> bool:
    """Whether a `torch.func` transform is running in this thread."""
    return peek_interpreter_stack() is not None


def is_tracing() -> bool:
    """Whether operations are being recorded into a graph in this thread."""
    return get_proxy_mode() is not None


def fake_mode() -> FakeTensorMode:
    """A mode in which tensors have shapes and dtypes and no data.

    It owns a `ShapeEnv`: without one Inductor cannot compile control-flow operators.
    """
    env = ShapeEnv(allow_scalar_outputs=False, allow_dynamic_output_shape_ops=False)
    return FakeTensorMode(shape_env=env, allow_non_fake_inputs=True)


def fake_of(mode: FakeTensorMode, x: Tensor) -> Tensor:
    """The fake twin of `x`, all of whose sizes are constants."""
    return mode.from_tensor(x.detach(), static_shapes=True)


@contextmanager
def _restored_dispatch_keys() -> Iterator[None]:
    """Put the thread's dispatch keys back at the end.

    A trace that fails inside a functorch level leaves them changed, and every later `torch.func.grad` of the thread
    then fails on a tensor without storage.
    """
    include = torch._C._dispatch_tls_local_include_set()
    exclude = torch._C._dispatch_tls_local_exclude_set()
    with torch._C._ForceDispatchKeyGuard(include, exclude):
        yield


def trace_graph(fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor]) -> tuple[torch.fx.GraphModule, list[Tensor]]:
    """The graph of aten operations that `fun` performs on tensors like `inputs`, and the fake inputs it was traced on.

    Every transform inside `fun` is resolved: the graph knows no functorch.
    """
    mode = fake_mode()
    fakes = [fake_of(mode, x) for x in inputs]
    with torch.no_grad(), _restored_dispatch_keys(), mode:
        # The mode is entered here, so "real" means: trace on the tensors as given. tracing_mode="fake" fails on vmap
        # of forward-over-reverse.
        graph = make_fx(fun, tracing_mode="real", _allow_non_fake_inputs=True)(*fakes)
    _on_real_devices(graph, fakes[0].device if fakes else torch.get_default_device())
    graph.graph.eliminate_dead_code()
    graph.recompile()
    return graph, fakes


def _on_real_devices(graph: torch.fx.GraphModule, device: torch.device) -> None:
    """Name the real device wherever the graph names `meta`, the device of a fake tensor's C++ half.

    Autograd moves a gradient to the device of its input; two levels of `vmap` below forward-over-reverse hide from it
    that the input is fake, and it asks for `meta` (torch 2.13).
    """
    for node in graph.graph.nodes:
        if getattr(node.kwargs.get("device"), "type", None) == "meta":
            node.update_kwarg("device", device)
    for name, value in (*graph.named_buffers(), *vars(graph).items()):
        if isinstance(value, FakeTensor):
            raise RuntimeError(
                f"dualgrad.jit: the trace kept a tensor without data as the constant {name!r}. A tensor that an earlier "
                "trace left behind was used in this one; compute it inside the function."
            )


def compile_graph(
    graph: torch.fx.GraphModule, inputs: Sequence[Tensor], options: dict[str, Any] | None = None
) -> Callable[..., Sequence[Tensor]]:
    """The graph compiled by Inductor."""
    from torch._inductor import config
    from torch._inductor.compile_fx import compile_fx

    with torch.no_grad(), config.patch(options or {}):
        return compile_fx(graph, list(inputs))
