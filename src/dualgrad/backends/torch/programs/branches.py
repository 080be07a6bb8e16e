"""`cond` and `switch` as a program: one of several graphs, by an index."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.callbacks import io_masked
from dualgrad.backends.torch._private import Nested, Spec, Steps
from dualgrad.backends.torch.programs.callbacks import IOCall
from dualgrad.backends.torch.programs.execute import Run, compiled_form, compiled_steps, opaque
from dualgrad.backends.torch.programs.graph import Graph, Joint, holds
from dualgrad.backends.torch.programs.needed import of_outputs
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, is_smooth, moved_to_front, zeros_if_none
from dualgrad.backends.torch.programs.rules import Custom
from dualgrad.backends.torch.programs.stop import stopped

__all__ = ["Branches", "chosen"]


def chosen(index: Tensor, choices: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """For each output the one of the branch that `index` names, element by element of its leading axis."""
    outs: list[Tensor] = []
    for values in zip(*choices, strict=True):
        picked = values[0]
        at = index.reshape(*index.shape, *(1,) * (picked.ndim - index.ndim))
        for i, value in enumerate(values[1:], 1):
            picked = torch.where(at >= i, value, picked)
        outs.append(picked)
    return outs


def taken(index: Tensor, i: int, operands: Tensors, dims: Sequence[int | None]) -> list[Tensor]:
    """Operands of branch `i`, held constant for the elements that take another one.

    The gradient of a branch that is not taken is multiplied by zero, which an infinite slope would turn into nan.
    """
    found: list[Tensor] = []
    for x, d in zip(operands, dims, strict=True):
        if not is_smooth(x):
            found.append(x)
            continue
        # What is not mapped is one array for all elements: it is held where none of them takes the branch.
        at = (index == i).any() if d is None else (index == i).reshape(-1, *(1,) * (x.ndim - 1))
        found.append(torch.where(at, x, stopped(x)))
    return found


class Branches(Program):
    """One of several graphs of the same operands, by an int32 scalar, the first operand, in range.

    Attributes:
        branches: The graphs; their outputs are alike.
    """

    kind = "cond"

    def __init__(self, branches: Sequence[Graph]) -> None:
        super().__init__(branches[0].outputs)
        self.branches = tuple(branches)
        self.has_effect = any([b.has_effect() for b in branches])
        self._runs: list[Run] | None = None
        self._steps: list[Steps] | None = None

    def run(self, *operands: Tensor) -> Tensors:
        return self.branches[int(operands[0])](*operands[1:])

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def prepare(self) -> None:
        """Compile each branch."""
        if self._runs is None:
            self._runs = [compiled_form(b, b.inputs) for b in self.branches]

    def run_compiled(self, operands: Tensors) -> Tensors:
        """The chosen branch, compiled."""
        self.prepare()
        assert self._runs is not None
        return self._runs[int(operands[0])](list(operands[1:]))

    def nested(self) -> Nested | None:
        counts = len(self.branches[0].inputs), 0, 0
        if self._steps is None:
            self._steps = []
            for branch in [] if self.has_effect else self.branches:
                found = compiled_steps(branch, branch.inputs, counts)
                if found is None:
                    break
                self._steps.append(found)
        every = len(self._steps) == len(self.branches)
        return Nested(self._steps, counts, 1, by_index=True) if every else None

    def needed(self, read: Sequence[bool]) -> tuple[Program, Sequence[int], Sequence[int]]:
        outputs = [i for i, is_read in enumerate(read) if is_read]
        branches = [of_outputs(b, outputs) for b in self.branches]
        used = sorted({i for b in branches for i in b.used()})
        return Branches([b.of_inputs(used) for b in branches]), [0, *[i + 1 for i in used]], outputs

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        apart = active[0] and not smoothly
        return [apart or any(f) for f in zip(*[b.depends(active[1:], smoothly) for b in self.branches], strict=True)]

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        flags = [d is not None for d in dims[1:]]
        apart = dims[0] is not None
        any_mapped = [
            apart or any(f) for f in zip(*[b.depends(flags, smoothly=False) for b in self.branches], strict=True)
        ]
        mapped = [b.mapped(size, dims[1:], any_mapped)[0] for b in self.branches]
        if apart and self.has_effect and holds(self.branches, IOCall):
            raise io_masked()
        out_dims = [0 if m else None for m in any_mapped]
        if not apart:
            return Branches(mapped)(*operands), out_dims
        index = operands[0]
        return chosen(index, [b(*taken(index, i, operands[1:], dims[1:])) for i, b in enumerate(mapped)]), out_dims

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        active = [t is not None for t in tangents[1:]]
        moved = [any(m) for m in zip(*[b.depends(active) for b in self.branches], strict=True)]
        graphs = [b.pushed(active, moved)[0] for b in self.branches]
        outs = Branches(graphs)(*primals, *[t for t in tangents[1:] if t is not None])
        n = len(self.outputs)
        along = iter(outs[n:])
        return outs[:n], [next(along) if m and is_smooth(o) else None for m, o in zip(moved, self.outputs, strict=True)]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        flags = active[1:]
        moved = [any(m) for m in zip(*[b.depends(flags) for b in self.branches], strict=True)]
        if self.has_effect and holds(self.branches, IOCall):
            return self._linearized_once([b.joint(flags, moved) for b in self.branches], operands)

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            joints = [b.joint(flags, moved) for b in self.branches]
            given = [zeros_if_none(ct, s) for ct, s, m in zip(cts, self.outputs, joints[0].moved, strict=True) if m]
            # Each branch is done again here: residuals of all of them would have to be kept, of which one is used.
            # The first operand is an integer and never active.
            every = [*operands[1:], *given]
            graphs = [j.again() for j in joints]
            used = sorted({i for g in graphs for i in g.used()})
            return Branches([g.of_inputs(used) for g in graphs])(operands[0], *[every[i] for i in used])

        # A derivative of this must find what the rules compute, not the functions that they are of.
        ruled = holds(self.branches, Custom)
        values = Branches([b.joint(flags, moved).forward([]) for b in self.branches]) if ruled else self
        return values(*operands), pull

    def _linearized_once(self, joints: Sequence[Joint], operands: Tensors) -> tuple[Tensors, Pull]:
        """As `linearized`, of branches not to be done again: residuals of all are kept, of one more than zeros."""
        n, moved = len(self.outputs), joints[0].moved
        forward = [j.forward(j.residuals) for j in joints]
        kept = [f.outputs[n:] for f in forward]

        def run(i: int, xs: Sequence[Tensor]) -> list[Tensor]:
            outs = forward[i](*xs)
            own = [outs[n:] if j == i else [s.zeros() for s in specs] for j, specs in enumerate(kept)]
            return [*outs[:n], *[x for xs in own for x in xs]]

        first = [Graph.of(lambda *xs, i=i: run(i, xs), b.inputs) for i, b in enumerate(self.branches)]
        outs = Branches(first)(*operands)
        residuals = outs[n:]

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            given = [zeros_if_none(ct, s) for ct, s, m in zip(cts, self.outputs, moved, strict=True) if m]
            every = [*residuals, *given]
            specs = [Spec.of(x) for x in every]
            ends = list(itertools.accumulate([len(k) for k in kept]))

            def back(i: int, xs: Sequence[Tensor]) -> list[Tensor]:
                return joints[i].backward()(*xs[ends[i] - len(kept[i]) : ends[i]], *xs[ends[-1] :])

            graphs = [Graph.of(lambda *xs, i=i: back(i, xs), specs) for i in range(len(joints))]
            return Branches(graphs)(operands[0], *every)

        return outs[:n], pull
