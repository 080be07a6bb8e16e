"""A graph as one operation: `Whole`, and `Call`, which runs compiled, as its derivatives and mapped forms do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from dualgrad._rules.control import reverse_while
from dualgrad.backends.torch._arrays import dense
from dualgrad.backends.torch._private import is_tracing, lacks_derivative, lifted, live
from dualgrad.backends.torch.programs.graph import Graph, Joint
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, moved_to_front

__all__ = ["Call", "Compile", "Whole"]

Compile = Callable[[Graph], Callable[[list[Tensor]], Sequence[Tensor]]]


class Whole(Program):
    """A graph; mapped or pushed forward it is a program of the same kind.

    Attributes:
        fun: Operands to outputs.
    """

    def __init__(self, fun: Graph) -> None:
        super().__init__(fun.outputs)
        self.fun = fun
        self.has_effect = fun.has_effect()

    def of(self, fun: Graph) -> Callable[..., Tensors]:
        """The program of this kind for a graph that is made of this one."""
        raise NotImplementedError

    def run(self, *operands: Tensor) -> Tensors:
        return self.fun(*operands)

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        return self.fun.depends(active, smoothly)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        fun, out_dims = self.fun.mapped(size, dims, [False] * len(self.outputs))
        return self.of(fun)(*operands), out_dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        n = len(self.outputs)
        fun, moved = self.fun.pushed([t is not None for t in tangents], [False] * n)
        outs = self.of(fun)(*primals, *[t for t in tangents if t is not None])
        along = iter(outs[n:])
        return outs[:n], [next(along) if m else None for m in moved]

    def joint(self, active: Sequence[bool]) -> Joint:
        """The graph of outputs and gradients."""
        return self.fun.joint(active, [False] * len(self.outputs))


class Call(Whole):
    """A graph below a transform, compiled when it is first run at the bottom.

    A transform of it is a call of the transformed graph, made once. In a trace it is its operations.

    Attributes:
        compile: Graph to its compiled form, a function of a list of dense tensors, which it empties.
    """

    kind = "jit"

    def __init__(self, fun: Graph, compile: Compile) -> None:
        super().__init__(fun)
        self.compile = compile
        self._compiled: Callable[[list[Tensor]], Sequence[Tensor]] | None = None
        self._calls: dict[Graph, Call] = {}
        # To look through the graph at each call takes longer than the call.
        self._joints: dict[Any, Joint | RuntimeError | ValueError] = {}
        self._depends: dict[Any, list[bool]] = {}
        self._parts: dict[tuple[int, ...], Call] = {}

    def __call__(self, *operands: Tensor) -> list[Tensor]:
        if is_tracing():
            return self.fun(*[lifted(live(x)) for x in operands])
        return super().__call__(*operands)

    def of(self, fun: Graph) -> Call:
        if fun not in self._calls:
            self._calls[fun] = Call(fun, self.compile)
        return self._calls[fun]

    def run(self, *operands: Tensor) -> Tensors:
        if self._compiled is None:
            self._compiled = self.compile(self.fun)
        return self._compiled([dense(x) for x in operands])

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        key = *active, smoothly
        if key not in self._depends:
            self._depends[key] = super().depends(active, smoothly)
        return self._depends[key]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        if active not in self._joints:
            try:
                self._joints[active] = self.joint(active)
            except (RuntimeError, ValueError) as error:
                if not (lacks_derivative(error) or str(error) == str(reverse_while())):
                    raise
                self._joints[active] = error
        joint = self._joints[active]
        if isinstance(joint, Joint):
            return joint.linearized(operands, self.outputs, self.of)
        refusal = type(joint), str(joint)

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            # A gradient's own kernel that has no derivative, such as fused attention's, or a loop of unknown length is
            # refused where a derivative is asked for, as in a call that is not compiled: parameters of a module are
            # always recorded. The value beside it is computed again and differentiated.
            chosen = tuple([i for i, ct in enumerate(cts) if ct is not None])
            if len(chosen) == len(cts):
                kind, words = refusal
                raise kind(words)
            _, pullback = self._part(chosen).linearized(active, operands)
            return pullback([cts[i] for i in chosen])

        return self(*operands), pull

    def _part(self, chosen: tuple[int, ...]) -> Call:
        """Some of the outputs alone."""
        if chosen not in self._parts:
            fun = self.fun
            self._parts[chosen] = self.of(Graph.of(lambda *xs: [fun(*xs)[i] for i in chosen], fun.inputs))
        return self._parts[chosen]
