"""Solutions of equations as programs: their rules are those of the equation, whoever solves it.

Each graph takes all that any of them closes over, then the unknown or the right-hand side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from dualgrad._rules.control import no_transpose
from dualgrad.backends.torch._flat import conjugated
from dualgrad.backends.torch.programs.graph import Graph
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, moved_to_front, zeros_if_none

__all__ = ["LinearSolve", "Root"]


class _Solution(Program):
    """The unknown `x` of an equation.

    Attributes:
        residual: What is closed over and `x` to what vanishes at the solution, up to a constant.
        solve: What is closed over, and a guess or a right-hand side, to `x` and more.
        count: How many tensors `x` has.
        others: Further graphs.
    """

    def __init__(self, residual: Graph, solve: Graph, count: int, others: tuple[Graph | None, ...]) -> None:
        super().__init__(solve.outputs)
        self.residual = residual
        self.solve = solve
        self.count = count
        self.others = others
        self.has_effect = solve.has_effect()

    def run(self, *operands: Tensor) -> Tensors:
        return self.solve(*operands)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        k = len(operands) - self.count
        last = zip(operands[k:], dims[k:], strict=True)
        full = [*operands[:k], *[x if d == 0 else x.expand(size, *x.shape) for x, d in last]]

        def mapped(graph: Graph) -> Graph:
            axes = [*dims[:k], *[0] * (len(graph.inputs) - k)]
            return graph.mapped(size, axes, [True] * len(graph.outputs))[0]

        others = tuple([None if g is None else mapped(g) for g in self.others])
        program = type(self)(mapped(self.residual), mapped(self.solve), self.count, others)
        return program(*full), [0] * len(self.outputs)

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        k = len(primals) - self.count
        outs = self(*primals)
        x = outs[: self.count]
        along = [t is not None for t in tangents[:k]]
        rhs = self._of_right_hand_side(tangents[k:])
        if any(along):
            graph, moved = self.residual.pushed([*along, *[False] * self.count], [False] * self.count)
            found = iter(graph(*primals[:k], *x, *[t for t in tangents[:k] if t is not None])[self.count :])
            slopes = [next(found) if m else None for m in moved]
            rhs = [r if s is None else -s if r is None else r - s for r, s in zip(rhs, slopes, strict=True)]
        if all([r is None for r in rhs]):
            return outs, [None] * len(outs)
        full = [zeros_if_none(r, s) for r, s in zip(rhs, self.outputs, strict=False)]
        return outs, [*self._tangent(primals[:k], x, full), *[None] * (len(outs) - self.count)]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        k = len(operands) - self.count
        outs = self(*operands)
        x = outs[: self.count]

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            full = [zeros_if_none(ct, s) for ct, s in zip(cts[: self.count], self.outputs, strict=False)]
            ct = self._pulled(operands[:k], x, full)
            found: list[Any] = []
            if any(active[:k]):
                joint = self.residual.joint([*active[:k], *[False] * self.count], [True] * self.count)
                found += joint.again()(*operands[:k], *x, *[-c for c in ct])
            return [*found, *self._to_right_hand_side(ct, active[k:])]

        return outs, pull

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        known = any(active if not smoothly else self._followed(active))
        return [known and (i < self.count or not smoothly) for i in range(len(self.outputs))]

    def _followed(self, active: Sequence[bool]) -> Sequence[bool]:
        """The operands that a derivative can follow."""
        return active

    def _of_right_hand_side(self, tangents: Sequence[Tensor | None]) -> list[Tensor | None]:
        """The tangents of what `residual` is to equal, by those of the last operands."""
        raise NotImplementedError

    def _to_right_hand_side(self, cts: Tensors, active: Sequence[bool]) -> Sequence[Any]:
        """The cotangents of the last operands, by those of what `residual` is to equal."""
        raise NotImplementedError

    def _tangent(self, outer: Tensors, x: Tensors, rhs: Tensors) -> Tensors:
        """The solution of the linearized equation."""
        raise NotImplementedError

    def _pulled(self, outer: Tensors, x: Tensors, cts: Tensors) -> Tensors:
        """The solution of the transposed linearized equation, in torch's convention."""
        raise NotImplementedError


class Root(_Solution):
    """A root; `others` is one graph: what is closed over, `x` and a right-hand side to a tangent of `x`."""

    kind = "custom_root"

    def _of_right_hand_side(self, tangents: Sequence[Tensor | None]) -> list[Tensor | None]:
        return [None] * self.count

    def _to_right_hand_side(self, cts: Tensors, active: Sequence[bool]) -> Sequence[Any]:
        return [None for a in active if a]

    def _followed(self, active: Sequence[bool]) -> Sequence[bool]:
        return active[: len(active) - self.count]

    def _tangent(self, outer: Tensors, x: Tensors, rhs: Tensors) -> Tensors:
        linear = self._linear()
        return linear(*outer, *x, *rhs)

    def _pulled(self, outer: Tensors, x: Tensors, cts: Tensors) -> Tensors:
        n = len(outer) + self.count
        joint = self._linear().joint([*[False] * n, *[True] * self.count], [True] * self.count)
        return joint.again()(*outer, *x, *cts, *cts)  # it is linear: where it is transposed does not matter

    def _linear(self) -> Graph:
        linear = self.others[0]
        assert linear is not None
        return linear


class LinearSolve(_Solution):
    """The solution of a linear equation.

    `others` are two graphs, or `None`: what applies the transpose, and what solves with it.
    """

    kind = "custom_linear_solve"

    def _of_right_hand_side(self, tangents: Sequence[Tensor | None]) -> list[Tensor | None]:
        return list(tangents)

    def _to_right_hand_side(self, cts: Tensors, active: Sequence[bool]) -> Sequence[Any]:
        return [ct for ct, a in zip(cts, active, strict=True) if a]

    def _tangent(self, outer: Tensors, x: Tensors, rhs: Tensors) -> Tensors:
        return self(*outer, *rhs)[: self.count]

    def _pulled(self, outer: Tensors, x: Tensors, cts: Tensors) -> Tensors:
        transpose, solve = self.others
        if transpose is None or solve is None:
            raise no_transpose()
        back = LinearSolve(transpose, solve, self.count, (self.residual, self.solve))
        return conjugated(back(*outer, *conjugated(cts))[: self.count])
