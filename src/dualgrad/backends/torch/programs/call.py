"""`Call`: a traced function as one operation, which runs compiled, and whose derivatives and mapped forms do too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from dualgrad.backends.torch._private import is_tracing, lifted, live
from dualgrad.backends.torch.programs.graph import Graph, Joint
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, moved_to_front, zeros_if_none

__all__ = ["Call", "Compile"]

Compile = Callable[[Graph], Callable[[list[Tensor]], Sequence[Tensor]]]


class Call(Program):
    """A graph below a transform, compiled when it is first run at the bottom.

    A transform of it is a call of the transformed graph, made once. In a trace it dissolves into its operations.

    Attributes:
        fun: Operands to outputs.
        compile: Graph to its compiled form, a function of a list of contiguous tensors, which it empties.
    """

    kind = "jit"

    def __init__(self, fun: Graph, compile: Compile) -> None:
        super().__init__(fun.outputs)
        self.fun = fun
        self.compile = compile
        self.has_effect = fun.has_effect()
        self._compiled: Callable[[list[Tensor]], Sequence[Tensor]] | None = None
        self._calls: dict[Graph, Call] = {}
        self._joints: dict[tuple[bool, ...], Joint] = {}
        self._depends: dict[tuple[bool, ...], list[bool]] = {}  # to look through the graph at each call takes longer

    def __call__(self, *operands: Tensor) -> list[Tensor]:
        if is_tracing():
            return self.fun(*[lifted(live(x)) for x in operands])
        return super().__call__(*operands)

    def run(self, *operands: Tensor) -> Tensors:
        if self._compiled is None:
            self._compiled = self.compile(self.fun)
        return self._compiled([x.contiguous() for x in operands])

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        key = *active, smoothly
        if key not in self._depends:
            self._depends[key] = self.fun.depends(active, smoothly)
        return self._depends[key]

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        fun, out_dims = self.fun.mapped(size, dims, [False] * len(self.outputs))
        return self._of(fun)(*operands), out_dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        n = len(self.outputs)
        fun, moved = self.fun.pushed([t is not None for t in tangents], [False] * n)
        outs = self._of(fun)(*primals, *[t for t in tangents if t is not None])
        along = iter(outs[n:])
        return outs[:n], [next(along) if m else None for m in moved]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        n = len(self.outputs)
        if active not in self._joints:
            self._joints[active] = self.fun.joint(active, [False] * n)
        joint = self._joints[active]
        outs = self._of(joint.forward(joint.residuals))(*operands)

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Tensor]:
            given = [zeros_if_none(ct, s) for ct, s, m in zip(cts, self.outputs, joint.moved, strict=True) if m]
            return self._of(joint.backward())(*outs[n:], *given)

        return outs[:n], pull

    def _of(self, fun: Graph) -> Call:
        """The call of a graph that is made of this one."""
        if fun not in self._calls:
            self._calls[fun] = Call(fun, self.compile)
        return self._calls[fun]
