# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""From a traced graph to a compiled program, by the inner entry of Inductor."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch.fx.experimental.proxy_tensor import make_fx

from dualgrad.backends.torch._private.tracing import fake_mode, restored_dispatch_keys

__all__ = ["compile_graph", "lower_pointwise"]


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
    with torch.no_grad(), restored_dispatch_keys(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own deprecations, which its user cannot mend
        with mode:
            functional = torch.func.functionalize(graph, remove="mutations_and_views")
            lowered = make_fx(functional, select_decomp_table(), "real", _allow_non_fake_inputs=True)(*fakes)
        lowered.graph.eliminate_dead_code()
        _keep_constants_signed(lowered, mode)
        lowered.recompile()
        with tracing(TracingContext(mode)), V.set_fake_mode(mode):
            return compile_fx_inner(lowered, fakes)


_SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def _keep_constants_signed(graph: torch.fx.GraphModule, mode: Any) -> None:
    """Hold unsigned constants, such as a key made inside the function, as the signed integers of their bits.

    Inductor writes small constants as chains of `where`, which it does not promote for these dtypes (torch 2.13).
    """
    for node in list(graph.graph.nodes):
        value = getattr(graph, node.target, None) if node.op == "get_attr" else None
        if isinstance(value, Tensor) and value.dtype in _SIGNED:
            signed = value.view(_SIGNED[value.dtype])
            setattr(graph, node.target, signed)
            with graph.graph.inserting_after(node):
                back = graph.graph.call_function(torch.ops.aten.view.dtype, (node, value.dtype))
            node.replace_all_uses_with(back, delete_user_cb=lambda user, back=back: user is not back)
            with mode:
                node.meta["val"] = mode.from_tensor(signed, static_shapes=True)
                back.meta["val"] = node.meta["val"].view(value.dtype)


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
