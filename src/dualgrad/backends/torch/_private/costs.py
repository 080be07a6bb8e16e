# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""What a lowered graph will do, counted before it is compiled."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils.flop_counter import flop_registry

from dualgrad.backends.torch._private.compiling import prepare_inductor
from dualgrad.backends.torch._private.fakes import mode_of, restored_dispatch_keys

__all__ = ["fused_bytes", "operations"]

aten = torch.ops.aten
_COPIES = {aten.clone.default, aten.copy.default, torch.ops.prims.convert_element_type.default}
_CUMULATIVE = {aten.cumsum, aten.cumprod, aten.cummax, aten.cummin, aten.logcumsumexp, aten.scatter_add}


def operations(node: torch.fx.Node) -> int:
    """How many arithmetic operations a node does.

    Products and convolutions by torch's own formulas; one for each element that an elementwise operation writes or a
    reduction reads; none for copies, views and what a library does.
    """
    op = node.target
    if not isinstance(op, OpOverload) or op in _COPIES:
        return 0
    packet = op.overloadpacket
    if packet in flop_registry:
        args, kwargs = torch.fx.map_arg((node.args, node.kwargs), lambda n: n.meta["val"])
        return int(flop_registry[packet](*args, **kwargs, out_val=node.meta["val"]))
    if torch.Tag.pointwise in op.tags:
        out = node.meta["val"]
        return out.numel() if isinstance(out, Tensor) else 0
    if torch.Tag.reduction in op.tags or packet in _CUMULATIVE:
        read = [n.meta["val"] for n in node.all_input_nodes]
        return max([x.numel() for x in read if isinstance(x, Tensor)], default=0)
    return 0


def fused_bytes(graph: torch.fx.GraphModule, inputs: Sequence[Tensor]) -> int:
    """Bytes that the kernels of a lowered graph read and write, after Inductor fused them; nothing is compiled."""
    from torch._guards import TracingContext, tracing
    from torch._inductor.compile_fx import _recursive_post_grad_passes
    from torch._inductor.debug import DebugContext
    from torch._inductor.decomposition import select_decomp_table
    from torch._inductor.graph import GraphLowering
    from torch._inductor.virtualized import V

    prepare_inductor()
    hold: Any = torch.ops.dualgrad.hold_.default  # which touches nothing
    mode = mode_of(inputs)
    takes = inspect.signature(GraphLowering).parameters
    decompositions: dict[str, Any] = {"get_decomp_fn": select_decomp_table} if "get_decomp_fn" in takes else {}
    graph = copy.deepcopy(graph)  # the passes change it
    with torch.no_grad(), restored_dispatch_keys(), warnings.catch_warnings(), tracing(TracingContext(mode)):
        warnings.simplefilter("ignore")
        with V.set_fake_mode(mode), DebugContext():
            _recursive_post_grad_passes(graph, is_inference=True)
            lowering = GraphLowering(
                graph,
                example_inputs=inputs,
                shape_env=mode.shape_env,
                is_inference=True,
                **decompositions,
            )
            with V.set_graph_handler(lowering), V.set_extern_kernel_nodes([]):
                lowering.run(*inputs)
                lowering._update_scheduler()
                total, parts, _ = lowering.count_bytes()
                held = [n for n, _ in parts if getattr(n.node, "op_overload", None) is hold]
                return total - sum([n.get_read_write_buffers_sizes() for n in held])
