"""A long formula as a program: a compiler sees one operation, whose body is compiled once for each kind of operand.

A quadrature and a series are a thousand operations, and Newton's steps over them ten thousand. Written out at each of
their uses, of which a second derivative has dozens, they kept Inductor busy for half an hour.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from dualgrad.backends.torch._private import Spec, is_inlining
from dualgrad.backends.torch.programs.execute import Run, compiled_form, opaque
from dualgrad.backends.torch.programs.graph import close
from dualgrad.backends.torch.programs.loops import Scan
from dualgrad.backends.torch.programs.program import Program, Tensors

__all__ = ["Formula", "repeated"]


class Formula(Program):
    """A function of tensors of one kind that gives one more; who calls it has met the transforms already.

    Attributes:
        name: Which formula it is; the same in every process, and no other's.
        inputs: What its operands are like, each as its output.
    """

    kind = "formula"

    def __init__(self, name: str, fun: Callable[..., Tensor], like: Tensor, count: int) -> None:
        super().__init__([Spec.of(like)])
        self.name = name
        self.inputs = (Spec.of(like),) * count
        self._fun = fun
        self._run: Run | None = None

    def run(self, *operands: Tensor) -> Tensors:
        return [self._fun(*operands)]

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def prepare(self) -> None:
        """Compile the formula."""
        if self._run is None:
            self._run = compiled_form(self.run, self.inputs)

    def run_compiled(self, operands: Tensors) -> Tensors:
        """The formula by its compiled form."""
        self.prepare()
        assert self._run is not None
        return self._run(list(operands))


def repeated(n: int, step: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """`step` of `step` of ... `start`, `n` times: one loop for a compiler."""
    if is_inlining():
        body, outer = close(lambda x: [step(x)], [Spec.of(start)])
        k = len(outer)
        return Scan(body.reordered([*range(1, k + 1), 0]), (k, 1, 0), n, reverse=False)(*outer, start)[0]
    for _ in range(n):
        start = step(start)
    return start
