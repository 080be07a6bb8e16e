# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""The rest of a division of float32 numbers in a lowered graph: exact, without a division of float64 for each."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, fx

__all__ = ["lower_rests", "single_rests"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("fmod32(Tensor x1, Tensor x2) -> Tensor")
_OP: Final = torch.ops.dualgrad.fmod32.default
_WIDENED: Final = (torch.ops.prims.convert_element_type.default, torch.ops.aten._to_copy.default)


def _fmod32(x1: Tensor, x2: Tensor) -> Tensor:
    return torch.fmod(x1.double(), x2.double()).float()


_library.impl("fmod32", _fmod32, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::fmod32", torch.fmod, lib=_library)


def single_rests(graph: fx.Graph) -> None:
    """Compute `fmod` of widened float32 numbers, which has no more bits than they have, in float32 on a CPU.

    PyTorch's vectors are nan there where the quotient overflows and right elsewhere, in half of the time.
    """
    for node in list(graph.nodes):
        if node.target is not torch.ops.aten.fmod.Tensor or node.meta["val"].dtype is not torch.float64:
            continue
        operands = [_narrow(x) for x in node.args]
        if None in operands or not node.meta["val"].is_cpu:
            continue
        with graph.inserting_before(node):
            rest = graph.call_function(_OP, tuple(operands))
            rest.meta["val"] = _OP(*[x.meta["val"] for x in operands])
            wide = graph.call_function(_WIDENED[0], (rest, torch.float64))
            wide.meta["val"] = node.meta["val"]
        node.replace_all_uses_with(wide)
        graph.erase_node(node)


def _narrow(x: Any) -> Any:
    """What was widened to float64, if it is float32."""
    if not isinstance(x, fx.Node) or x.target not in _WIDENED:
        return None
    (source,) = x.all_input_nodes
    return source if source.meta["val"].dtype is torch.float32 else None


def lower_rests() -> None:
    """Tell Inductor of it: a loop of float32, and of float64 where a vector holds a nan."""
    from torch._inductor.ir import Pointwise
    from torch._inductor.lowering import register_lowering
    from torch._inductor.virtualized import ops

    @register_lowering(_OP, broadcast=True, type_promotion_kind=None)
    def _(x1: Any, x2: Any) -> Any:
        loaders = x1.make_loader(), x2.make_loader()

        def element(index: Any) -> Any:
            def exact() -> Any:  # a graph of its own, that reads anew what it takes
                wide = [ops.to_dtype(load(index), torch.float64, src_dtype=torch.float32) for load in loaders]
                return ops.to_dtype(ops.fmod(*wide), torch.float32, src_dtype=torch.float64)

            rest = ops.fmod(*[load(index) for load in loaders])
            lost = ops.ne(rest, rest)
            return ops.where(lost, ops.masked(lost, exact, 0.0), rest)

        return Pointwise.create(device=x1.get_device(), dtype=torch.float32, inner_fn=element, ranges=x1.get_size())
