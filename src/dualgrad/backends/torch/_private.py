# This is the file for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""Every private torch name that dualgrad touches, and what stands behind it; checked on torch 2.13.

A torch release that moves one of them fails here, at import, with the name of what is gone.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Generator, Sequence
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
from torch.autograd import forward_ad
from torch.fx.experimental.proxy_tensor import get_proxy_mode, make_fx
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode, ShapeEnv

__all__ = [
    "DATA_DEPENDENT",
    "FakeTensor",
    "compile_graph",
    "fake_mode",
    "fake_of",
    "forward_rule",
    "is_mapped",
    "is_tracing",
    "is_transformed",
    "lower_pointwise",
    "pulled_back",
    "trace_graph",
    "with_storage",
]

DATA_DEPENDENT = (DataDependentOutputException, DynamicOutputShapeException, GuardOnDataDependentSymNode)

peek_interpreter_stack: Callable[[], Any] = torch._C._functorch.peek_interpreter_stack
_run_backward: Callable[..., tuple[Tensor | None, ...]] = torch.autograd.Variable._execution_engine.run_backward


def is_mapped(x: Tensor) -> bool:
    """Whether `x` varies along the axis of the innermost `vmap`."""
    level = torch._C._functorch.maybe_current_level()
    return torch._C._functorch.is_batchedtensor(x) and torch._C._functorch.maybe_get_level(x) == level


def pulled_back(out: Tensor, seed: Tensor, inputs: Sequence[Tensor], keep: bool, again: bool) -> list[Tensor]:
    """The gradient of `out` at `inputs`, zeros where it does not depend on one.

    The checks that `torch.autograd.grad` makes before it calls the engine cost 10 us, as much as three small ops; all
    of them hold here.

    Args:
        out: A tensor that requires grad.
        seed: Its cotangent.
        inputs: Tensors that require grad.
        keep: Whether the gradient can be differentiated itself.
        again: Whether the graph must survive.
    """
    grads = _run_backward((out,), (seed,), again, keep, tuple(inputs), allow_unreachable=True, accumulate_grad=False)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(grads, inputs, strict=True)]


def with_storage(x: Tensor) -> Tensor:
    """`x`, or zeros in place of the tensor without memory by which forward mode says that a tangent is zero."""
    return torch.zeros_like(x) if x._is_zerotensor() else x


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
def _restored_dispatch_keys() -> Generator[None, None, None]:
    """Put the thread's dispatch keys back at the end.

    A trace that fails inside a functorch level leaves them changed, and every later `torch.func.grad` of the thread
    then fails on a tensor without storage.
    """
    include = torch._C._dispatch_tls_local_include_set()
    exclude = torch._C._dispatch_tls_local_exclude_set()
    with torch._C._ForceDispatchKeyGuard(include, exclude):
        yield


def trace_graph(
    fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor]
) -> tuple[torch.fx.GraphModule, list[Tensor]]:
    """The graph of aten operations that `fun` performs on tensors like `inputs`, and fake twins of `inputs`.

    Every transform inside `fun` is resolved: the graph knows no functorch. The trace runs on tensors without data.
    Where that fails by a known fault it runs on copies of the inputs: below two levels of `vmap`, forward-over-reverse
    makes autograd ask for zeros on `meta`, the device of a fake tensor's C++ half (torch 2.13).
    """
    mode = fake_mode()
    fakes = [fake_of(mode, x) for x in inputs]
    try:
        with mode:
            graph = _record(fun, fakes)
    except DATA_DEPENDENT:
        raise
    except RuntimeError as error:
        if "meta" not in str(error):
            raise
        graph = None
    if graph is None or _mentions_meta(graph):
        graph = _record(fun, [x.detach().clone() for x in inputs])
    for name, value in vars(graph).items():
        if isinstance(value, FakeTensor):
            raise TypeError(
                f"dualgrad.jit: a traced function must not use an array of an earlier trace, got one of shape "
                f"{tuple(value.shape)} as the constant {name!r}. Return it from the function that made it."
            )
    graph.graph.eliminate_dead_code()
    graph.recompile()
    return graph, fakes


def _record(fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor]) -> torch.fx.GraphModule:
    # "real" means: on the tensors as given. tracing_mode="fake" makes its own and fails on vmap of
    # forward-over-reverse.
    with torch.no_grad(), _restored_dispatch_keys():
        return make_fx(fun, tracing_mode="real", _allow_non_fake_inputs=True)(*inputs)


def _mentions_meta(graph: torch.fx.GraphModule) -> bool:
    return any(getattr(node.kwargs.get("device"), "type", None) == "meta" for node in graph.graph.nodes) or any(
        isinstance(value, Tensor) and value.is_meta for value in vars(graph).values()
    )


def compile_graph(graph: torch.fx.GraphModule, inputs: Sequence[Tensor]) -> Callable[[list[Tensor]], Sequence[Tensor]]:
    """The graph compiled by Inductor, as a function of a list of tensors, which it empties.

    `compile_fx`, the entry behind `torch.compile`, wraps the program for autograd and costs 4.7 us a call where the
    program itself costs 2.2. A traced graph needs none of that once its mutations are functionalised; so Inductor's
    inner entry is called.
    """
    from torch._guards import TracingContext, tracing
    from torch._inductor.compile_fx import compile_fx_inner
    from torch._inductor.decomposition import select_decomp_table
    from torch._inductor.virtualized import V

    while _LOWERINGS:
        _LOWERINGS.pop()()
    fakes = list(inputs)
    mode = next((x.fake_mode for x in fakes if isinstance(x, FakeTensor)), None) or fake_mode()
    with torch.no_grad(), _restored_dispatch_keys(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own deprecations, which its user cannot mend
        with mode:
            functional = torch.func.functionalize(graph, remove="mutations_and_views")
            lowered = make_fx(functional, select_decomp_table(), "real", _allow_non_fake_inputs=True)(*fakes)
        lowered.graph.eliminate_dead_code()
        lowered.recompile()
        with tracing(TracingContext(mode)), V.set_fake_mode(mode):
            return compile_fx_inner(lowered, fakes)


_LOWERINGS: list[Callable[[], None]] = []  # registered at the first compilation: Inductor takes a second to import


def lower_pointwise(op: Any, body: Callable[..., Any]) -> None:
    """Tell Inductor that `op` is an elementwise loop, to be fused with those around it.

    Args:
        op: An overload of the dispatcher whose last argument is a `bool` and whose others are int32 tensors.
        body: Given Inductor's `ops`, the `bool` and a value of each tensor, the result: int64 if the `bool`, else
        int32.
    """

    def register() -> None:
        from torch._inductor.lowering import make_pointwise, register_lowering
        from torch._inductor.virtualized import ops

        @register_lowering(op, broadcast=True, type_promotion_kind=None)
        def _(*args: Any) -> Any:
            *tensors, wide = args
            inner = functools.partial(body, ops, wide)
            return make_pointwise(inner, override_return_dtype=torch.int64 if wide else torch.int32)(*tensors)

    _LOWERINGS.append(register)


def forward_rule(rule: Callable[..., Any]) -> Any:
    """A `jvp` for an `autograd.Function`, from a rule of its saved tensors and its tangents.

    torch turns forward mode off while it runs a `jvp` (checked on 2.13), for outer levels as well: forward-over-forward
    derivatives through a custom function are silently 0. With the tangents of its own level taken off, forward mode can
    stay on and the outer levels see what the rule does.
    """

    def jvp(ctx: Any, *tangents: Tensor) -> Any:
        saved = [_without_tangent(x) for x in ctx.saved_tensors]
        own = [_without_tangent(t) for t in tangents]
        with forward_ad._set_fwd_grad_enabled(True):
            return rule(saved, *own)

    return staticmethod(jvp)


def _without_tangent(x: Tensor) -> Tensor:
    """`x` without the tangent of the innermost forward level; a mapped `x` is unwrapped for it and mapped again."""
    functorch = torch._C._functorch
    if functorch.is_batchedtensor(x):
        level = functorch.maybe_get_level(x)
        inner, dim = functorch._unwrap_batched(x, level)
        return functorch._add_batch_dim(_without_tangent(inner), dim, level)
    return forward_ad.unpack_dual(x, level=0).primal
