# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Casts of float32 numbers to a half precision and back, and values of half precision that are compared.

Inductor computes the half precisions in float32 and leaves such a pair of casts out (torch 2.13). Who writes one wants
the rounding: weights as a device would store them, a gradient as it would be sent. XLA keeps it. Casts that operations
are made of are another matter: between those Inductor may go on in float32.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import get_proxy_mode

from dualgrad.backends.torch._private.ahead import make_room
from dualgrad.backends.torch._private.kept import is_call, is_elementwise
from dualgrad.backends.torch._private.nodes import is_view

__all__ = ["keep_round_trips", "keep_what_is_compared", "lower_rounded", "marked_cast"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("rounded(Tensor x, ScalarType dtype) -> Tensor")
_ROUNDED: Final = torch.ops.dualgrad.rounded.default
_CONVERT: Final = torch.ops.prims.convert_element_type.default
_EQUALITIES: Final = frozenset({torch.ops.aten.eq.Tensor, torch.ops.aten.ne.Tensor})
_MARK: Final = "dualgrad_cast"
_HALF: Final = (torch.float16, torch.bfloat16)


def _rounded(x: Tensor, dtype: torch.dtype) -> Tensor:
    return x.to(dtype)


_library.impl("rounded", _rounded, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::rounded", _rounded, lib=_library)


def marked_cast(x: Tensor, *, dtype: torch.dtype | None = None, device: Any = None, **options: Any) -> Any:
    """A decomposition of a cast between floats that marks it, unless it is a part of another decomposition."""
    mode: Any = get_proxy_mode()
    here = device is None or torch.device(device) == x.device
    floats = dtype is not None and dtype.is_floating_point and x.dtype.is_floating_point
    if not floats or not here or options.get("memory_format") or mode is None or mode.decomp_layers != 1:
        return NotImplemented
    out = _CONVERT(x, dtype)
    last = next(iter(reversed(mode.tracer.graph.nodes)))
    if last.target is _CONVERT:  # and `x` is no constant
        last.meta[_MARK] = True
    return out


def keep_round_trips(graph: fx.Graph) -> None:
    """Let each marked cast that another one takes back round, in room of its own.

    In a loop with its readers it would be left out.
    """
    for node in list(graph.nodes):
        if _is_narrowed(node) and _is_taken_back(node):
            _round(node, *node.args)
            graph.erase_node(node)


def keep_what_is_compared(graph: fx.Graph) -> None:
    """Let values of half precision round that are asked where they equal another, in room of their own.

    The largest of a row, and what the row is where it is read again, had digits of float32 or had not: no element
    equalled the largest, which had no gradient (torch 2.13).
    """
    asked = {_narrow(x) for node in graph.nodes if node.target in _EQUALITIES for x in node.args}
    for node in [n for n in graph.nodes if n in asked]:
        _round(node, node, _dtype(node))


def _round(node: fx.Node, *args: Any) -> None:
    """Put a cast in room of its own in the place of a node."""
    with node.graph.inserting_after(node):
        rounded = node.graph.call_function(_ROUNDED, args)
    rounded.meta = dict(node.meta)
    make_room(rounded)
    node.replace_all_uses_with(rounded, delete_user_cb=lambda user: user is not rounded)


def _narrow(node: Any) -> Any:
    """What loops make in half precision that a value is, or is computed of alone in float32; else `None`."""
    while isinstance(node, fx.Node) and (is_view(node) or (_dtype(node) not in _HALF and _is_of_one(node))):
        node = node.all_input_nodes[0]
    made = (
        isinstance(node, fx.Node) and node.op == "call_function" and node.target is not _ROUNDED and not is_call(node)
    )
    return node if made and _dtype(node) in _HALF else None


def _is_of_one(node: fx.Node) -> bool:
    return len(node.all_input_nodes) == 1 and (node.target is _CONVERT or is_elementwise(node))


def _is_narrowed(node: fx.Node) -> bool:
    if _MARK not in node.meta or node.target is not _CONVERT or _dtype(node) not in _HALF:
        return False
    source: Any = node.args[0]
    return _dtype(source) is torch.float32


def _is_taken_back(node: fx.Node) -> bool:
    """Whether a marked cast gives more digits again to what a node gives, or to a view of that."""
    return any([_dtype(n) not in _HALF if _MARK in n.meta else is_view(n) and _is_taken_back(n) for n in node.users])


def _dtype(node: fx.Node) -> Any:
    value = node.meta.get("val")
    return value.dtype if isinstance(value, Tensor) else None


def lower_rounded() -> None:
    """Tell Inductor of a cast in room of its own."""
    from torch._inductor.lowering import register_lowering, to_dtype

    @register_lowering(_ROUNDED, type_promotion_kind=None)
    def _(x: Any, dtype: torch.dtype) -> Any:
        result = to_dtype(x, dtype, copy=True)
        result.realize()
        return result
