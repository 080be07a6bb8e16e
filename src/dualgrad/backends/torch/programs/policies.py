"""What a checkpoint keeps beside its operands, and the names by which it is chosen."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor, fx

from dualgrad._dtypes import DTYPES
from dualgrad._rules.policies import Policy, decided
from dualgrad.backends.torch._arrays import NAMES
from dualgrad.backends.torch._private import Spec, aten_name
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["Named", "named", "saveable"]

_MATRICES: Final = frozenset(["mm", "addmm", "mv", "addmv", "dot", "vdot", "ger"])
_STACKS: Final = frozenset(["bmm", "baddbmm"])


class Named(Program):
    """The identity of one tensor that has a name; its tangents have none."""

    kind = "checkpoint_name"

    def __init__(self, outputs: Sequence[Spec], name: str) -> None:
        super().__init__(outputs)
        self.name = name

    def run(self, *operands: Tensor) -> Tensors:
        return operands

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        return [named(x, self.name) for x in operands], dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        return self(*primals), tangents

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        return self(*operands), lambda cts: cts


def named(x: Tensor, name: str) -> Tensor:
    """`x` under a name."""
    return Named([Spec.of(x)], name)(x)[0]


def saveable(policy: Policy) -> Callable[[fx.Node], bool]:
    """Whether a node of a graph may be kept."""
    names = frozenset(policy.names)
    parts = [saveable(part) for part in policy.parts]
    asks = policy.asks

    def is_matrix_product(node: fx.Node) -> bool:
        name = aten_name(node.target)
        return name in _MATRICES or (name in _STACKS and node.meta["val"].shape[0] == 1)

    def is_product(node: fx.Node) -> bool:
        return aten_name(node.target) in _MATRICES | _STACKS | {"convolution"}

    return {
        "everything_saveable": lambda _: True,
        "nothing_saveable": lambda _: False,
        "dots_saveable": is_product,
        "dots_with_no_batch_dims_saveable": is_matrix_product,
        "save_only_these_names": lambda node: _name_of(node) in names,
        "save_any_names_but_these": lambda node: _name_of(node) not in names | {None},
        "save_anything_except_these_names": lambda node: _name_of(node) not in names,
        "save_from_both_policies": lambda node: any([part(node) for part in parts]),
        "asks": lambda node: asks is not None and _asked(asks, node),
    }[policy.kind]


def _source(node: fx.Node) -> Any:
    """The node that computes what a node gives: one of several outputs is picked by a node of its own."""
    return node.args[0] if node.target is operator.getitem else node


def _name_of(node: fx.Node) -> str | None:
    source = _source(node)
    return source.target.name if isinstance(source, fx.Node) and isinstance(source.target, Named) else None


@dataclass(frozen=True)
class _Operation:
    """What a function that is a policy is asked about.

    Attributes:
        name: JAX's name for it, else that of torch's own operation.
    """

    name: str

    def __str__(self) -> str:
        return self.name


# torch's operations to JAX's, where the names differ. The structural ones are not here: no policy is about them.
_JAX_NAMES: Final = {
    **dict.fromkeys([*_MATRICES, *_STACKS], "dot_general"),
    "convolution": "conv_general_dilated",
    "sigmoid": "logistic",
    "sum": "reduce_sum",
    "prod": "reduce_prod",
    "amax": "reduce_max",
    "amin": "reduce_min",
    "maximum": "max",
    "minimum": "min",
    "where": "select_n",
    "cat": "concatenate",
    "_to_copy": "convert_element_type",
    "while_loop": "while",
    "custom_vjp": "custom_vjp_call",
    "custom_jvp": "custom_jvp_call",
    "checkpoint": "remat2",
    "checkpoint_name": "name",
}


def _asked(asks: Callable[..., Any], node: fx.Node) -> bool:
    source = _source(node)
    target: Any = source.target
    own = aten_name(target) or getattr(target, "kind", "") or getattr(target, "__name__", str(target))
    operands = [x.meta["val"] for x in source.all_input_nodes if isinstance(x.meta.get("val"), Tensor)]
    structs = [ShapeDtypeStruct(tuple(x.shape), DTYPES[NAMES[x.dtype]]) for x in operands]
    params = {"name": target.name} if isinstance(target, Named) else {}
    return decided(asks, _Operation(_JAX_NAMES.get(own, own)), *structs, **params)
