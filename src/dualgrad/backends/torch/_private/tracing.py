# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Tracing: the graph of aten operations that a function of tensors performs.

A trace runs on tensors without data, below no transform, and with nothing else recording: what `fun` finds around it is
taken away for as long as it runs. A tensor that `fun` closes over becomes a further input of the graph where the caller
asks for that (`closed`), so that the transforms outside can differentiate and map it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx._lazy_graph_module import _use_lazy_graph_module
from torch.fx.experimental.proxy_tensor import (
    disable_proxy_modes_tracing,
    get_proxy_mode,
    make_fx,
    track_tensor_tree,
)

from dualgrad._rules.control import leaked
from dualgrad.backends.torch._private.fakes import Spec, alive, fake_mode, fake_of, restored_dispatch_keys, unrecorded
from dualgrad.backends.torch._private.indexing import TracedIndices
from dualgrad.backends.torch._private.intact import intact
from dualgrad.backends.torch._private.lifting import Lifting, lifting_now, trace_state
from dualgrad.backends.torch._private.locks import alone
from dualgrad.backends.torch._private.modules import modules_as_they_are
from dualgrad.backends.torch._private.nodes import has_effect, stamp
from dualgrad.backends.torch._private.tidying import lift_constants, tidy
from dualgrad.backends.torch._private.whole import imported
from dualgrad.backends.torch._private.zeros import DenseZeros

__all__ = ["closed", "purified", "record_call", "record_function", "trace"]

GraphModule = torch.fx.GraphModule
aten: Final = torch.ops.aten


def trace(
    fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Spec | Tensor], decompositions: dict[Any, Any] | None = None
) -> tuple[GraphModule, list[Tensor]]:
    """The graph of the operations that `fun` performs, and fake twins of its inputs.

    Every transform inside `fun` is resolved: the graph knows no functorch. A tensor that `fun` closes over is a
    constant of the graph.
    """
    imported("torch._dynamo")
    mode = fake_mode()
    with intact(), unrecorded(), _nothing_lifted():
        graph = _recorded(fun, _fakes(mode, inputs), mode, decompositions)
        fakes = _fakes(fake_mode(), inputs)
    if any([isinstance(value, FakeTensor) for value in vars(graph).values()]):
        raise leaked()
    return graph, fakes


def purified(graph: GraphModule, inputs: Sequence[Spec]) -> GraphModule:
    """The graph without updates in place, which splitting it would reorder."""
    if not any([isinstance(n.target, torch._ops.OpOverload) and has_effect(n) for n in graph.graph.nodes]):
        return graph
    return trace(torch.func.functionalize(graph, remove="mutations"), inputs, _WITHOUT_RULE)[0]


def _copy(x: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:
    return source.to(x.dtype).expand(x.shape).clone()


def _by_parts(scatter: Callable[..., Tensor]) -> Callable[..., Any]:
    """A scatter into places along an axis, of complex numbers as of pairs."""

    def scattered(x: Tensor, source: Tensor, dim: int = 0, *places: Any, **named: Any) -> Any:
        if not x.is_complex():
            return NotImplemented
        parts = torch.view_as_real(x), torch.view_as_real(source.to(x.dtype))
        return torch.view_as_complex(scatter(*parts, dim % x.ndim, *places, **named))

    return scattered


# What updates in place become, and `vmap` has no rule for, or autograd for complex numbers (torch 2.13).
_WITHOUT_RULE: Final[dict[Any, Any]] = {
    aten.copy.default: _copy,
    aten.fill.Scalar: torch.full_like,
    aten.fill.Tensor: lambda x, value: value.to(x.dtype).expand(x.shape).clone(),
    aten.slice_scatter.default: _by_parts(aten.slice_scatter.default),
    aten.select_scatter.default: _by_parts(aten.select_scatter.default),
}


def closed(
    fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Spec], swapped: dict[Any, Any]
) -> tuple[GraphModule, list[Tensor]]:
    """The graph of `fun` with a further input, at the end, for each tensor that it closes over; and those tensors.

    Args:
        fun: A function of tensors.
        inputs: What its arguments are like.
        swapped: Functions of torch that are to be replaced while `fun` runs.
    """
    imported("torch._dynamo")
    mode = fake_mode()
    lifting = Lifting(mode, swapped)

    def all_lifted(*tensors: Tensor) -> list[Tensor]:
        with lifting:
            return [lifting.twin(o) for o in fun(*tensors)]

    with intact(), unrecorded():
        fakes = _fakes(mode, inputs)
        outside = trace_state.lifting
        try:
            lifting_now.add(lifting)
            trace_state.lifting = lifting
            graph = _recorded(all_lifted, fakes, mode)
        finally:
            trace_state.lifting = outside
            lifting_now.discard(lifting)
    return graph, lift_constants(graph, list(lifting.twins.values()))


@contextmanager
def _nothing_lifted() -> Generator[None, None, None]:
    outside, trace_state.lifting = trace_state.lifting, None
    try:
        yield
    finally:
        trace_state.lifting = outside


def _fakes(mode: FakeTensorMode, inputs: Sequence[Spec | Tensor]) -> list[Tensor]:
    with mode:
        return [x.empty() if isinstance(x, Spec) else fake_of(mode, x) for x in inputs]


def _recorded(
    fun: Callable[..., Sequence[Tensor]], fakes: Sequence[Tensor], mode: Any, decompositions: Any = None
) -> GraphModule:
    zeros = DenseZeros(fakes[0].device if fakes else torch.device("cpu"))

    def with_zeros(*tensors: Tensor) -> list[Tensor]:
        with zeros, TracedIndices():
            return [alive(o) for o in fun(*tensors)]

    # "real" means: on the tensors as given. tracing_mode="fake" makes its own and fails on vmap of
    # forward-over-reverse.
    try:
        # A graph's Python code is written at its first call, and not whenever the graph changes: a trace takes a tenth
        # less time, and one that is compiled never has the code.
        with (
            alone,
            torch.no_grad(),
            restored_dispatch_keys(),
            mode,
            modules_as_they_are(),
            _use_lazy_graph_module(True),
        ):
            graph = make_fx(with_zeros, decompositions, "real", _allow_non_fake_inputs=True)(*fakes)
    finally:
        mode.over = True
    tidy(graph)
    return graph


def record_call(call: Callable[..., Any], operands: Sequence[Tensor], specs: Sequence[Spec]) -> list[Tensor]:
    """Record a call of something that is no aten operation as one node of the graph being traced.

    Args:
        call: What the node does; it has a `__name__` of its own.
        operands: Tensors of the trace.
        specs: What its outputs are like.
    """
    operands = [alive(x) for x in operands]
    with disable_proxy_modes_tracing():
        outs = tuple([s.empty() for s in specs])
    return list(_recorded_node(call, operands, outs))


def record_function(call: Callable[..., Any], forward: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Record a call as `record_call` does, of something whose outputs are like those of `forward`."""
    with disable_proxy_modes_tracing():
        outs = forward(*args)
    return _recorded_node(call, args, outs)


def _recorded_node(call: Callable[..., Any], args: Sequence[Any], outs: Any) -> Any:
    mode = get_proxy_mode()
    assert mode is not None
    tracer: Any = mode.tracer
    proxies = tuple([tracer.unwrap_proxy(x) if isinstance(x, Tensor) else x for x in args])
    node = tracer.create_proxy("call_function", call, proxies, {}, name=call.__name__)
    stamp(node.node)
    track_tensor_tree(outs, node, constant=None, tracer=tracer)
    return outs
