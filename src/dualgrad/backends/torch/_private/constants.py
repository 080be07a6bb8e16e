# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Values of a lowered graph that depend on no input, computed before a compiler sees them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private.fakes import unrecorded
from dualgrad.backends.torch._private.nodes import has_effect, is_program, shown

__all__ = ["Programs", "fold_constants"]

_MOST: Final = 4096  # elements of one value
# Operations that a value is made of, each counted as often as it is read. Inductor (torch 2.13) counts how often an
# array is read before it lets a value stand on its own; a constant reads none, so that all that it is made of is put
# into each of its uses, and those into theirs: `betaln(2, 3)` was not written after minutes.
_LEAST: Final = 30
_ROOTS: Final = (torch.ops.aten.full.default, torch.ops.aten.scalar_tensor.default)


def fold_constants(module: fx.GraphModule) -> None:
    """Put the value in the place of what is made of constants alone, by many operations.

    What the program returns, or a view of it, is made of a copy: whoever gets it may write into it.
    """
    sizes: dict[fx.Node, int] = {}
    for node in module.graph.nodes:
        if _is_constant(node, sizes):
            own = 1 if _program(node) is None else _LEAST
            sizes[node] = own + sum([sizes[n] for n in node.all_input_nodes])
    ends = {
        node: users
        for node, size in sizes.items()
        if size > _LEAST and (users := [u for u in node.users if u not in sizes])
    }
    if not ends:
        return
    with unrecorded(), torch.no_grad():
        values: dict[fx.Node, Any] = {}
        for node in sizes:
            target: Any = node.target
            args: Any
            kwargs: Any
            args, kwargs = fx.map_arg((node.args, node.kwargs), values.__getitem__)
            if node.op == "get_attr":
                values[node] = getattr(module, target)
            elif program := _program(node):
                values[node] = program(*args[0])
            else:
                values[node] = target(*args, **kwargs)
    returned = shown(module.graph)
    for place, (node, users) in enumerate(ends.items()):
        name = f"_folded_{place}"
        module.register_buffer(name, values[node])
        with module.graph.inserting_before(node):
            value = module.graph.get_attr(name)
            copy = module.graph.call_function(torch.ops.aten.clone.default, (value,))
        value.meta, copy.meta = dict(node.meta), dict(node.meta)
        for user in users:
            user.replace_input_with(node, copy if user.op == "output" or user in returned else value)
    module.graph.eliminate_dead_code(is_impure_node=has_effect)


class Programs:
    """What `programs/execute.py` knows of the programs that a graph calls."""

    short: Callable[[str], Callable[..., Sequence[Tensor]] | None] = staticmethod(lambda key: None)
    """The branches or the formula of that name, as a function to run as it stands; `None` for another program."""


def _program(node: fx.Node) -> Callable[..., Sequence[Tensor]] | None:
    return Programs.short(str(node.args[1])) if is_program(node) else None


def _is_small(value: Any) -> bool:
    if not isinstance(value, Tensor) or value.device.type != "cpu" or value.numel() > _MOST:
        return False
    return value.is_contiguous()  # not a view, whose strides others may count on


def _is_constant(node: fx.Node, known: dict[fx.Node, int]) -> bool:
    value = node.meta.get("val")
    if not all([_is_small(x) for x in (value if isinstance(value, list | tuple) else (value,))]):
        return False
    if node.op == "get_attr":
        return True
    op = node.target
    if op is operator.getitem:
        return node.args[0] in known
    if _program(node) is not None:
        return all([n in known for n in node.all_input_nodes])
    if node.op != "call_function" or not isinstance(op, torch._ops.OpOverload) or op.namespace not in ("aten", "prims"):
        return False
    if op in _ROOTS:
        return not node.all_input_nodes
    random = torch.Tag.nondeterministic_seeded in op.tags
    return (
        not random
        and not op._schema.is_mutable
        and bool(node.all_input_nodes)
        and all([n in known for n in node.all_input_nodes])
    )
