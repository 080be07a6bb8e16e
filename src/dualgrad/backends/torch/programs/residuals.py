"""What a loop keeps for its way back, and where it finds it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from dualgrad.backends.torch._private import has_effect
from dualgrad.backends.torch.programs.graph import Joint, extracted
from dualgrad.backends.torch.programs.nodes import made_for, reached
from dualgrad.backends.torch.programs.program import (
    Tensors,
)
from dualgrad.backends.torch.programs.spared import spared

__all__ = ["Saved", "Values"]


@dataclass
class Values:
    """What a loop keeps for its way back.

    Attributes:
        hoisted: What is made of constants, once.
        stacked: What there is of each step.
        passed: Last carries, which the way back passes on from step to step.
    """

    hoisted: Tensors
    stacked: Tensors
    passed: Tensors


class Saved:
    """Where the residuals of a body come from when the loop runs back.

    One that is a constant, or made of constants alone, is there once for all steps; an input of the step is there
    already, and so is what the loop returns stacked; the next carry of a step is the carry of the step after it, which
    the way back has just come from. The others leave the loop stacked, but for what is made again of less (`spared`).

    Attributes:
        stacked: The nodes that leave the loop for the way back alone.
        passed: The carries that the way back passes on, each with the residual that it is in the step before.
    """

    def __init__(self, joint: Joint, counts: tuple[int, int, int], length: int) -> None:
        n_consts, n_carry, _ = counts
        self.joint = joint
        place = {node: i for i, node in enumerate(joint.inputs)}
        self.consts = joint.inputs[:n_consts]
        nodes = joint.graph.module.graph.nodes
        effects = [n for n in nodes if n.op == "call_function" and has_effect(n)]  # what they give is not made twice
        varying = reached(joint.graph.module, [*joint.inputs[n_consts:], *effects])
        self.source: list[tuple[str, int]] = []
        self.stacked: list[Any] = []
        self.hoisted: list[Any] = []
        self.passed: list[tuple[int, int]] = []
        self._places: list[int] = []  # of what is stacked for the way back, among all that is stacked
        xs = set(joint.inputs[n_consts + n_carry :])
        joint.residuals = spared(joint.chosen(), length, varying, xs, made_for(joint.outs))
        carries, returned = joint.outs[:n_carry], joint.outs[n_carry:]
        given = joint.inputs[n_consts : n_consts + n_carry]
        for node in joint.residuals:
            at = place.get(node, -1)
            came_in = [(i, given[i]) for i, c in enumerate(carries) if c is node and given[i] in joint.residuals]
            if 0 <= at < n_consts:
                self.source.append(("const", at))
            elif at >= n_consts + n_carry:
                self.source.append(("x", at - n_consts - n_carry))
            elif node not in varying:
                self.source.append(("hoisted", len(self.hoisted)))
                self.hoisted.append(node)
            elif came_in:
                i, before = came_in[0]
                self.source.append(("passed", len(self.passed)))
                self.passed.append((i, joint.residuals.index(before)))
            else:
                self.source.append(("stacked", len(self._places)))
                if node in returned:
                    self._places.append(n_carry + returned.index(node))
                else:
                    self._places.append(len(joint.outs) + len(self.stacked))
                    self.stacked.append(node)

    def hoisted_values(self, consts: Tensors) -> list[Tensor]:
        """Residuals that are made of constants."""
        if not self.hoisted:
            return []
        return extracted(self.joint.graph.module, self.consts, self.hoisted)(*consts)

    def stacked_values(self, outs: Tensors) -> list[Tensor]:
        """Residuals of all steps, out of what the loop gives."""
        return [outs[i] for i in self._places]

    def passed_values(self, outs: Tensors) -> list[Tensor]:
        """The last carries that the way back begins with."""
        return [outs[i] for i, _ in self.passed]

    def from_operands(self, kind: str, operands: Tensors) -> list[Tensor]:
        """Residuals that are operands themselves."""
        return [operands[i] for k, i in self.source if k == kind]

    def kinds(self) -> list[str]:
        """Of each residual whether it is a constant, made of constants, an input of the step, stacked, or passed on."""
        return [kind for kind, _ in self.source]

    def in_order(self, fixed: Sequence[Any], per_step: Sequence[Any], passed: Sequence[Any]) -> list[Any]:
        """The residuals of one step as the backward part takes them."""
        n_const, n_x = (self.kinds().count(kind) for kind in ("const", "x"))
        left = {
            "const": iter(fixed[:n_const]),
            "hoisted": iter(fixed[n_const:]),
            "x": iter(per_step[:n_x]),
            "stacked": iter(per_step[n_x:]),
            "passed": iter(passed),
        }
        return [next(left[kind]) for kind in self.kinds()]
