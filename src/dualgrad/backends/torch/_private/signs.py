# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Unsigned integers held as the signed ones of their bits, because Inductor knows too little of them (torch 2.13).

A random key is of uint32, and its words are used as int32. Inductor writes a loop that so much as loads an unsigned
number of 16 bits or more as a scalar one: 1e6 normal numbers took six times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor

__all__ = ["SIGNED", "hold_signed", "viewed"]

# The signed dtype of the same size, in whose kernels the bits of an unsigned one can be moved.
SIGNED: Final = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def hold_signed(graph: torch.fx.GraphModule, inputs: list[Tensor], mode: Any) -> dict[int, torch.dtype]:
    """Make unsigned constants and inputs signed, and look at the bits as signed before elements are picked or moved.

    Args:
        graph: Changed in place; inputs are made signed where they are used as signed ones alone.
        inputs: Fake twins of the inputs, changed with them.
        mode: The mode of these twins.

    Returns:
        Positions of the inputs that are signed now, and their dtypes.
    """
    _constants(graph, mode)
    _bits_first(graph.graph, mode)
    return _inputs(graph.graph, inputs, mode)


def viewed(
    run: Callable[[list[Tensor]], Sequence[Tensor]], dtypes: dict[int, torch.dtype]
) -> Callable[[list[Tensor]], Sequence[Tensor]]:
    """`run`, given the tensors at some positions in other dtypes of the same bits."""

    def call(tensors: list[Tensor]) -> Sequence[Tensor]:
        for i, dtype in dtypes.items():
            tensors[i] = tensors[i].view(dtype)
        return run(tensors)

    return call


def _constants(graph: torch.fx.GraphModule, mode: Any) -> None:
    """Inductor writes small constants as chains of `where`, which it does not promote for these dtypes."""
    for node in list(graph.graph.nodes):
        value = getattr(graph, node.target, None) if node.op == "get_attr" else None
        if isinstance(value, Tensor) and value.dtype in SIGNED:
            signed = value.view(SIGNED[value.dtype])
            setattr(graph, node.target, signed)
            with graph.graph.inserting_after(node):
                back = graph.graph.call_function(torch.ops.aten.view.dtype, (node, value.dtype))
            node.replace_all_uses_with(back, delete_user_cb=lambda user, back=back: user is not back)
            with mode:
                node.meta["val"] = mode.from_tensor(signed, static_shapes=True)
                back.meta["val"] = node.meta["val"].view(value.dtype)


def _inputs(graph: torch.fx.Graph, inputs: list[Tensor], mode: Any) -> dict[int, torch.dtype]:
    changed: dict[int, torch.dtype] = {}
    for i, node in enumerate(n for n in list(graph.nodes) if n.op == "placeholder"):
        signed = SIGNED.get(inputs[i].dtype)
        if signed is None or not node.users or not all(_views_as(user, signed) for user in node.users):
            continue
        for user in list(node.users):
            user.replace_all_uses_with(node)
            graph.erase_node(user)
        with mode:
            inputs[i] = node.meta["val"] = inputs[i].view(signed)
        changed[i] = signed
    return changed


def _bits_first(graph: torch.fx.Graph, mode: Any) -> None:
    """Write views of bits before the operations that pick or move elements, and leave out those there and back."""
    aten = torch.ops.aten
    moves = {
        aten.select.int,
        aten.slice.Tensor,
        aten.expand.default,
        aten.unsqueeze.default,
        aten.squeeze.dim,
        aten.squeeze.dims,
        aten.permute.default,
        aten.view.default,
        aten._unsafe_view.default,
        aten.reshape.default,
        aten.alias.default,
        aten.clone.default,
    }
    pending = [node for node in graph.nodes if node.op == "call_function" and node.target is aten.view.dtype]
    while pending:
        node = pending.pop()
        source, dtype = node.args
        if dtype not in SIGNED.values() or source.op != "call_function":
            continue
        if source.target is aten.view.dtype and source.args[0].meta["val"].dtype == dtype:
            node.replace_all_uses_with(source.args[0])
            graph.erase_node(node)
        elif source.target in moves and SIGNED.get(source.meta["val"].dtype) == dtype:
            origin, *rest = source.args
            with graph.inserting_before(source):
                first = graph.call_function(aten.view.dtype, (origin, dtype))
                moved = graph.call_function(source.target, (first, *rest), source.kwargs)
            with mode:
                first.meta["val"] = origin.meta["val"].view(dtype)
                moved.meta["val"] = source.target(first.meta["val"], *rest, **source.kwargs)
            node.replace_all_uses_with(moved)
            graph.erase_node(node)
            pending.append(first)
    graph.eliminate_dead_code()


def _views_as(user: torch.fx.Node, dtype: torch.dtype) -> bool:
    return user.target is torch.ops.aten.view.dtype and user.args[1] == dtype
