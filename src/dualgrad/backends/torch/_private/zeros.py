# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""The zeros that forward mode makes for itself, in a trace.

Outside of one they are tensors without memory, which sums and products know: a product with one is another. A trace
cannot hold them. The kernel that views one is no Python function's business, so a fake tensor comes out of it as what
it is beneath, a tensor on the device `meta`, which autograd refuses as a gradient and forward mode as a value (torch
2.13). So a trace gets ordinary zeros, marked in its graph, and what sums and products know is done there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, fx
from torch._subclasses.fake_tensor import FakeTensor
from torch.fx.experimental.proxy_tensor import get_proxy_mode
from torch.utils._python_dispatch import TorchDispatchMode

from dualgrad.backends.torch._private.nodes import aten_name

__all__ = ["DenseZeros", "fold_zeros", "without_memory"]

aten: Final = torch.ops.aten
_UNMADE: Final = aten._efficientzerotensor.default


def without_memory(x: Tensor) -> bool:
    """Whether `x` is zeros of forward mode's, or what is beneath them; to look at their numbers ends the process."""
    return x._is_zerotensor() or x.is_meta


class DenseZeros(TorchDispatchMode):
    """Gives the zeros that forward mode makes for itself memory, and the device of the trace.

    Autograd asks the C++ half of a fake tensor for its device, and that is `meta`: below two levels of `vmap`,
    forward-over-reverse makes its zero tangents there, outside the fake mode (torch 2.13).
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        if kwargs and getattr(kwargs.get("device"), "type", None) == "meta":
            kwargs = {**kwargs, "device": self.device}
        # A fake tensor is not asked where it lies: that is an operation of its own, a tenth of the time of a trace.
        if any([isinstance(x, Tensor) and not isinstance(x, FakeTensor) and x.is_meta for x in args]):
            args = [self._with_device(x) for x in args]
        if func is _UNMADE:
            return _marked(aten.zeros.default(*args, **(kwargs or {})))
        if func is aten._new_zeros_with_same_feature_meta.default and 0 in args[1].stride():
            # Forward mode gives a tangent the strides of its primal and writes into it. Those of an expanded primal are
            # 0, and the write is refused (torch 2.13).
            mapped = (kwargs or {}).get("self_num_batch_dims", 0)
            return aten.new_zeros.default(args[0], [*args[0].shape[:mapped], *args[1].shape])
        return func(*args, **(kwargs or {}))

    def _with_device(self, x: Any) -> Any:
        if isinstance(x, Tensor) and x._is_zerotensor():
            return torch.zeros(x.shape, dtype=x.dtype, device=self.device)
        return x


def _marked(zeros: Tensor) -> Tensor:
    """Zeros, with a node of the graph that says that they stand for no tangent at all."""
    mode: Any = get_proxy_mode()
    if mode is not None:
        mode.tracer.unwrap_proxy(zeros).node.target = _UNMADE
    return zeros


_KEEPING_NAMES = (
    "view _unsafe_view reshape expand permute t transpose unsqueeze squeeze alias slice select diagonal "
    "detach neg clone _to_copy sum _conj conj_physical _conj_physical"
)
_KEEPING: Final = frozenset(_KEEPING_NAMES.split())  # operations that make zeros of zeros


def fold_zeros(graph: fx.Graph) -> None:
    """Do what is known of the marked zeros of a graph: a product with them is zero, a sum is its other summand."""
    zero: set[fx.Node] = set()
    written = _written(graph)
    for node in list(graph.nodes):
        name = aten_name(node.target)
        marked = node.target is _UNMADE
        if marked:
            node.target = aten.zeros.default
        if node in written or not (marked or zero.intersection(node.all_input_nodes)):
            continue
        if marked or name in _KEEPING:
            zero.add(node)
        elif name == "mul" or (name == "div" and node.args[0] in zero):
            zero.add(_replaced(graph, node))
        elif name in ("add", "sub"):
            _fold_sum(graph, node, zero, written)


def _fold_sum(graph: fx.Graph, node: fx.Node, zero: set[fx.Node], written: set[fx.Node]) -> None:
    x, y = node.args
    if x in zero and y in zero:
        zero.add(_replaced(graph, node))
        return
    rest = x if y in zero else y
    if rest is y and (aten_name(node.target) == "sub" or node.kwargs.get("alpha", 1) != 1):
        return
    if isinstance(rest, fx.Node) and rest not in written and _layout(rest) == _layout(node):
        node.replace_all_uses_with(rest)


def _layout(node: fx.Node) -> tuple[Any, ...]:
    """All that a later operation can see of a tensor; `as_strided` sees the strides."""
    value = node.meta["val"]
    return value.shape, value.stride(), value.dtype


def _replaced(graph: fx.Graph, node: fx.Node) -> fx.Node:
    """Zeros in place of a node."""
    value = node.meta["val"]
    with graph.inserting_before(node):
        made = graph.call_function(
            aten.zeros.default, (list(value.shape),), {"dtype": value.dtype, "device": value.device}
        )
    made.meta = dict(node.meta)
    node.replace_all_uses_with(made)
    return made


def _written(graph: fx.Graph) -> set[fx.Node]:
    """The nodes whose memory an update in place changes, or that share memory with such a one."""
    owner: dict[fx.Node, fx.Node] = {}
    written: set[fx.Node] = set()
    for node in graph.nodes:
        owner[node] = node
        if not isinstance(node.target, torch._ops.OpOverload):
            continue
        schema = node.target._schema
        first = node.args[0] if node.args else None
        if isinstance(first, fx.Node) and any([r.alias_info is not None for r in schema.returns]):
            owner[node] = owner[first]
        written |= {
            owner[x]
            for x, a in zip(node.args, schema.arguments, strict=False)
            if isinstance(x, fx.Node) and a.alias_info is not None and a.alias_info.is_write
        }
    return {n for n in graph.nodes if owner[n] in written}
