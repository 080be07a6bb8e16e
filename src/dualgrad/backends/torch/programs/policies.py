"""What a checkpoint keeps beside its operands, and the names by which it is chosen."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from torch import Tensor, fx

from dualgrad._rules.policies import Policy
from dualgrad.backends.torch._private import Spec, aten_name
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors

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

    def name_of(node: fx.Node) -> str | None:
        source: Any = node.args[0] if node.target is operator.getitem else None
        return source.target.name if isinstance(source, fx.Node) and isinstance(source.target, Named) else None

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
        "save_only_these_names": lambda node: name_of(node) in names,
        "save_any_names_but_these": lambda node: name_of(node) not in names | {None},
        "save_anything_except_these_names": lambda node: name_of(node) not in names,
    }[policy.kind]
