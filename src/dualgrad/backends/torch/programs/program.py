"""`Program`: an operation of tensors that carries its own rules for `vmap`, forward mode and reverse mode.

What `lax.scan` or `custom_vjp` make is no sequence of aten operations, and none of torch's own ways to add an operation
composes: an `autograd.Function` loses the tensors that its rules close over, a higher-order operator has no forward
mode, a custom operator has zero tangents without a word. A program is called like a function of tensors and is pure:
whatever it depends on is an operand. The call meets the transforms that are running one by one, from the inside out,
and each applies the program's rule for it, below itself. At the bottom the program runs, or becomes one node of the
graph that is being traced; a graph with such nodes can be transformed again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence, Set
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import (
    Elementwise,
    Nested,
    Spec,
    alive,
    current_level,
    is_fake,
    is_inlining,
    is_tracing,
    lifted,
    live,
    record_call,
    through_autograd,
    through_functionalize,
    through_grad,
    through_jvp,
    through_vmap,
)

__all__ = ["Program", "Pull", "is_smooth", "moved_to_front", "zeros_if_none"]

Tensors = Sequence[Tensor]
Pull = Callable[[Sequence[Tensor | None]], Sequence[Any]]  # an error stands for a cotangent that there is none of
_count = itertools.count()


class Program:
    """An operation with rules; a subclass says what it computes and how it is transformed.

    Attributes:
        outputs: What its outputs are like.
        has_effect: Whether it does something beside computing, so that it must stay though nobody uses its outputs.
        is_constant: Whether reverse mode takes its outputs for constants.
    """

    kind = "program"
    has_effect = False
    is_constant = False

    def __init__(self, outputs: Sequence[Spec]) -> None:
        self.outputs = tuple(outputs)
        # A graph prints its nodes by the names of what they call, and two must not share one.
        self.__name__ = f"{self.kind}_{next(_count)}"
        self.__qualname__ = self.__name__

    def __call__(self, *operands: Tensor) -> list[Tensor]:
        operands = tuple([lifted(live(x)) for x in operands])
        top = current_level()
        if top is None:
            if not self.is_constant and torch.is_grad_enabled() and any([x.requires_grad for x in operands]):
                return through_autograd(operands, self.linearized, self.errors(len(operands)))
            return self._at_the_bottom(operands)
        kind, level = top
        if kind == "vmap":
            return through_vmap(level, operands, self, self.batched)
        if kind == "jvp":
            return through_jvp(level, operands, self, self.pushed)
        if kind == "grad":
            return through_grad(level, operands, self, None if self.is_constant else self.linearized, self.depends)
        return through_functionalize(level, operands, self)

    def _at_the_bottom(self, operands: Tensors) -> list[Tensor]:
        if is_tracing():
            if is_inlining():
                return list(self.inline(*operands))
            return record_call(self, operands, self.outputs)
        if any([is_fake(alive(x)) for x in operands]):  # somebody wants to know the shapes
            return [s.empty() for s in self.outputs]
        return list(self.run(*operands))

    def run(self, *operands: Tensor) -> Tensors:
        """The outputs, of plain tensors below no transform."""
        raise NotImplementedError

    def inline(self, *operands: Tensor) -> Tensors:
        """The outputs as a compiler is to see them: aten operations, or an opaque call."""
        return self.run(*operands)

    def errors(self, count: int) -> Sequence[Exception | None]:
        """For each of so many operands the error of asking for its cotangent, or `None`; may end early."""
        return ()

    def content(self) -> Sequence[object]:
        """What tells the program from others when it runs."""
        return [value for name, value in sorted(vars(self).items()) if not name.startswith("_")]

    def refuses(self) -> Set[str]:
        """The transforms that it refuses, or may, as `current_level` names them."""
        return frozenset()

    def prepare(self) -> None:
        """Compile what an opaque call will run."""

    def run_compiled(self, operands: Tensors) -> Tensors:
        """The outputs, by what `prepare` compiled."""
        return self.run(*operands)

    def gives_own(self) -> bool:
        """Whether each output of `run_compiled` is dense, and an operand or an array of its own, no part of another."""
        return False

    def nested(self) -> Nested | Elementwise | None:
        """How a loop in C++ runs it, compiled, if it can."""
        return None

    def needed(self, read: Sequence[bool]) -> tuple[Program, Sequence[int], Sequence[int]] | None:
        """A program that gives those outputs, the places of its operands and of its outputs among those of this one.

        `None` where it would do no less. It may give outputs that are not read.
        """
        return None

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        """Which outputs may vary with the active operands; `smoothly` counts only what a derivative can follow."""
        return [any(active)] * len(self.outputs)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        """Outputs and their mapped axes, for operands with a further axis each where `dims` names one."""
        raise NotImplementedError

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        """Outputs and their tangents; `None` is a tangent of zero."""
        raise NotImplementedError

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        """Outputs, and the function that pulls their cotangents back to those operands that are active."""
        raise NotImplementedError


def is_smooth(x: Spec | Tensor) -> bool:
    """Whether `x` has a dtype that can have a derivative."""
    return x.dtype.is_floating_point or x.dtype.is_complex


def zeros_if_none(ct: Tensor | None, spec: Spec) -> Tensor:
    """A cotangent or tangent, zeros where there is none."""
    return spec.zeros() if ct is None else ct


def moved_to_front(operands: Tensors, dims: Sequence[int | None]) -> tuple[list[Tensor], list[int | None]]:
    """Operands with their mapped axis first."""
    moved = [x if d is None else x.movedim(d, 0) for x, d in zip(operands, dims, strict=True)]
    return moved, [None if d is None else 0 for d in dims]
