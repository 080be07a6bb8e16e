# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""How arrays lie where a graph has convolutions."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import torch

from dualgrad.backends.torch._private.nodes import is_program, is_view

__all__ = ["has_convolutions", "has_narrow_convolutions", "keep_strides", "laid_out_once"]

_CONVOLUTION: Final = torch.ops.aten.convolution.default
_GRADIENT: Final = torch.ops.aten.convolution_backward.default
_JOINED: Final = torch.ops.aten.cat.default
_NARROW: Final = 16  # channels, of which a vector of a library's blocked layout has as many


def has_convolutions(graph: torch.fx.Graph) -> bool:
    """Whether there is a convolution."""
    return _CONVOLUTION in [n.target for n in graph.nodes]


def has_narrow_convolutions(graph: torch.fx.Graph) -> bool:
    """Whether convolutions on a CPU are differentiated, all of few channels and one of a single one.

    Inductor moves channels last for all of them, which pays in a forward pass (1.4x to 2.5x) and from 16 channels on,
    or 3 that come in: with a single one a step takes up to 1.5x the time, and copies of activations. It also orders by
    a count of memory that knows nothing of what a convolution takes meanwhile.
    """
    targets = [n.target for n in graph.nodes]
    if _GRADIENT not in targets:
        return False
    found = [(n.args[1].meta["val"], n.args[8]) for n in graph.nodes if n.target is _CONVOLUTION]
    few = all([w.is_cpu and min(w.shape[0], w.shape[1] * groups) < _NARROW for w, groups in found])
    return few and any([w.shape[1] * groups == 1 for w, groups in found])


def keep_strides(graph: torch.fx.Graph) -> None:
    """Ask for outputs that lie as they were traced, also where channels are moved last; `torch.compile` does so."""
    output = graph.find_nodes(op="output")[0]
    outs = output.args[0]
    strides = [x.meta["val"].stride() if isinstance(x, torch.fx.Node) else None for x in outs]
    output.meta["user_visible_output_idxs"] = [i for i, known in enumerate(strides) if known is not None]
    output.meta["original_output_strides"] = strides


@contextmanager
def laid_out_once() -> Generator[None]:
    """A block in which what a convolution and its gradient take is laid out for both at once. Not thread-safe.

    Where channels are moved last, Inductor lays the argument of a gradient out as it was traced, and then copies it
    for the convolution, and for the gradient again (torch 2.13): three arrays, of which two lived through the step.
    What is joined along an axis it lays out as the parts that lie already, or as they were traced; but what a loop
    takes, which is to lie as it was traced, lies so at once, or it would be copied.
    """
    from torch._inductor.graph import GraphLowering
    from torch._inductor.ir import ConcatKernel, ExternKernel, Layout, TensorBox
    from torch._inductor.virtualized import V

    preferring: Any = GraphLowering.find_nodes_prefer_channels_last
    strided: Any = ExternKernel.require_strides.__func__  # type: ignore[attr-defined]
    joined: Any = ConcatKernel.create.__func__  # type: ignore[attr-defined]
    copies: dict[Any, Any] = {}

    def find_nodes_prefer_channels_last(self: Any) -> Any:
        found = preferring(self)
        for node in found:
            value = node.meta.get("val")
            if (
                isinstance(value, torch.Tensor)
                and value.ndim == 4
                and any([_is_laid_out(u, found) for u in node.users])
            ):
                node.meta["val"] = value.contiguous(memory_format=torch.channels_last)
        return found

    def require_strides(cls: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        node: Any = V.graph.current_node
        if not isinstance(x, TensorBox) or node is None or node.target not in (_CONVOLUTION, _GRADIENT):
            return strided(cls, x, *args, **kwargs)
        # Neither writes over its arguments, and nobody else is given these copies.
        key = id(V.graph), id(x), str(args), str(kwargs)
        if key in copies:
            return copies[key][1]
        out = strided(cls, x, *args, **kwargs)
        copies[key] = x, out  # which keeps the one for whose identity the key stands
        return out

    def create(cls: Any, inputs: Any, dim: int) -> Any:
        node: Any = V.graph.current_node
        if node.target is _JOINED and _is_for_loops(node):
            with patch.object(Layout, "is_channels_last_contiguous", staticmethod(lambda *_: False)):
                return joined(cls, inputs, dim)
        if node.target is _JOINED and node in V.graph.nodes_prefer_channels_last and len(inputs[0].get_size()) == 4:
            for x in inputs:
                _lie_with_channels_last(x)
        return joined(cls, inputs, dim)

    with (
        patch.object(GraphLowering, "find_nodes_prefer_channels_last", find_nodes_prefer_channels_last),
        patch.object(ExternKernel, "require_strides", classmethod(require_strides)),
        patch.object(ConcatKernel, "create", classmethod(create)),
    ):
        yield


def _is_laid_out(user: torch.fx.Node, preferring: Any) -> bool:
    return user.target is _GRADIENT or (user.target is _JOINED and user in preferring)


def _is_for_loops(node: torch.fx.Node) -> bool:
    """Whether a value is nothing but what loops and branches take."""
    return bool(node.users) and all([is_program(u) or (is_view(u) and _is_for_loops(u)) for u in node.users])


def _lie_with_channels_last(x: Any) -> None:
    """Let a value that has room of its own lie so, where nobody has said yet how it lies."""
    from torch._inductor.ir import NHWC_STRIDE_ORDER, FlexibleLayout, as_storage_and_layout, is_storage_and_layout

    if is_storage_and_layout(x) and isinstance(x.get_layout(), FlexibleLayout):
        as_storage_and_layout(x, want_contiguous=False, stride_order=NHWC_STRIDE_ORDER)
