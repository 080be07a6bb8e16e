"""`scan` as a program: its rules make loops again, of transformed bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Fold, Nested, Spec, Steps
from dualgrad.backends.torch.programs.call import Whole
from dualgrad.backends.torch.programs.carries import expanded, settled
from dualgrad.backends.torch.programs.deferred import Deferred
from dualgrad.backends.torch.programs.execute import Run, compiled_form, compiled_steps, opaque
from dualgrad.backends.torch.programs.graph import Graph, Joint
from dualgrad.backends.torch.programs.needed import of_outputs, read_in_turn
from dualgrad.backends.torch.programs.program import (
    Program,
    Pull,
    Tensors,
    moved_to_front,
    zeros_if_none,
)
from dualgrad.backends.torch.programs.residuals import Saved, Values

__all__ = ["Folded", "Scan"]

_INLINE: Final = 64  # operations; a loop of fewer is laid out flat
_MOST_STEPS: Final = 32
_MOST_NODES: Final = 400
_MOST_STACKED: Final = 1 << 18  # bytes of a block of stacked outputs, beside the writing of which a call costs nothing


class Scan(Program):
    """A loop of known length: constants, first carry and stacked inputs to last carry and stacked outputs.

    Attributes:
        body: Constants, carry and inputs of one step to carry and outputs of it.
        counts: How many constants, carries and stacked inputs there are.
        length: Number of steps.
        reverse: Whether the steps run from the last input to the first.
    """

    kind = "scan"

    def __init__(self, body: Graph, counts: tuple[int, int, int], length: int, reverse: bool) -> None:
        _, n_carry, _ = counts
        ys = [s.stacked(length) for s in body.outputs[n_carry:]]
        super().__init__([*body.outputs[:n_carry], *ys])
        self.body = body
        self.counts = counts
        self.length = length
        self.reverse = reverse
        self.has_effect = body.has_effect()
        self._loop: Steps | None = None
        self._run: Run | None = None  # several steps to a call, where they cannot be one loop
        self._rest: Run | None = None

    def parts(self, xs: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """Constants, carries and stacked inputs of a list of operands."""
        a, b, _ = self.counts
        return list(xs[:a]), list(xs[a : a + b]), list(xs[a + b :])

    def run(self, *operands: Tensor) -> Tensors:
        return self.steps(operands, self.length)

    def steps(self, operands: Tensors, length: int) -> list[Tensor]:
        """Steps of the loop, one after the other, for inputs of that length."""
        consts, carry, xs = self.parts(operands)
        ys: list[list[Tensor]] = []
        for i in reversed(range(length)) if self.reverse else range(length):
            outs = self.body(*consts, *carry, *[x[i] for x in xs])
            carry = outs[: len(carry)]
            ys.append(outs[len(carry) :])
        if not ys:
            return [*carry, *[s.empty() for s in self.outputs[len(carry) :]]]
        if self.reverse:
            ys.reverse()
        return [*carry, *[torch.stack(y) for y in zip(*ys, strict=True)]]

    def inline(self, *operands: Tensor) -> Tensors:
        if self.length * self.body.size() <= _INLINE:
            return self.steps(operands, self.length)
        return opaque(self, operands)

    def prepare(self) -> None:
        """Compile the steps."""
        if self._loop is None and self._run is None:
            if not self.has_effect:
                self._loop = compiled_steps(self.body, self.body.inputs, self.counts, self.reverse)
            if self._loop is None:
                self._run = self._compiled(self._block())

    def _block(self) -> int:
        """How many steps one call takes: enough that the call costs little, and few enough to compile quickly."""
        stacked = sum([math.prod(y.shape) * y.dtype.itemsize for y in self.body.outputs[self.counts[1] :]])
        few = _MOST_STACKED // stacked if stacked else _MOST_STEPS  # in a block lie the parts of a stack and the stack
        most = max(1, min(_MOST_STEPS, few, _MOST_NODES // max(1, self.body.size()), self.length))
        return next((k for k in range(most, most // 2, -1) if self.length % k == 0), most)

    def _compiled(self, count: int) -> Run:
        consts, carry, xs = self.parts(self.body.inputs)
        specs = [*consts, *carry, *[s.stacked(count) for s in xs]]
        return compiled_form(lambda *xs: self.steps(xs, count), specs)

    def run_compiled(self, operands: Tensors) -> list[Tensor]:
        """The loop by its compiled steps."""
        self.prepare()
        consts, carry, xs = self.parts(operands)
        if self._loop is not None:
            carry, ys = self._loop(consts, carry, xs, self.length)
            return [*carry, *ys]
        assert self._run is not None
        count, n = self._block(), len(carry)
        stacks: list[Tensor] = []
        starts = range(0, self.length - self.length % count, count)
        rest = self.length % count
        pieces = [(start, count, self._run) for start in starts]
        if rest:
            if self._rest is None:
                self._rest = self._compiled(rest)
            pieces.append((self.length - rest, rest, self._rest))
        for start, width, run in reversed(pieces) if self.reverse else pieces:
            outs = run([*consts, *carry, *[x.narrow(0, start, width) for x in xs]])
            carry = [x.contiguous() for x in outs[:n]]
            if len(pieces) == 1 and _are_apart([*carry, *outs[n:]], operands):
                return [*carry, *[y.contiguous() for y in outs[n:]]]
            stacks = stacks or [y.new_empty((self.length, *y.shape[1:])) for y in outs[n:]]
            for stack, y in zip(stacks, outs[n:], strict=True):
                stack.narrow(0, start, width).copy_(y)
            del outs  # before the next block, or it lies beside that
        return [*carry, *(stacks if pieces else [s.empty() for s in self.outputs[n:]])]

    def gives_own(self) -> bool:
        return self._loop is not None

    def nested(self) -> Nested | None:
        self.prepare()
        return Nested([self._loop], self.counts, self.length) if self._loop is not None and self.length else None

    def needed(self, read: Sequence[bool]) -> tuple[Program, Sequence[int], Sequence[int]]:
        n_consts, n, _ = self.counts
        ys = [i for i in range(n, len(read)) if read[i]]

        def reads(carry: list[int]) -> list[int]:
            return [i - n_consts for i in of_outputs(self.body, [*carry, *ys]).used() if 0 <= i - n_consts < n]

        carry = read_in_turn(read[:n], reads)
        body = of_outputs(self.body, [*carry, *ys])
        used = set(body.used()) | {n_consts + i for i in carry}
        consts, given, xs = self.parts([i if i in used else -1 for i in range(len(body.inputs))])
        places = [[i for i in part if i >= 0] for part in (consts, given, xs)]
        operands = [i for part in places for i in part]
        counts = len(places[0]), len(places[1]), len(places[2])
        return Scan(body.of_inputs(operands), counts, self.length, self.reverse), operands, [*carry, *ys]

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        (consts, init, xs), (c_dims, i_dims, x_dims) = self.parts(operands), self.parts(dims)
        n = len(init)
        c_flags, x_flags = [d is not None for d in c_dims], [d is not None for d in x_dims]
        # a carry that meets a mapped value is mapped in all later steps
        mapped = settled(
            [d is not None for d in i_dims],
            lambda flags: self.body.depends([*c_flags, *flags, *x_flags], smoothly=False)[:n],
        )
        i_new = [0 if m else None for m in mapped]
        body, out_dims = self.body.mapped(
            size, [*c_dims, *i_new, *x_dims], [*mapped, *[False] * (len(self.outputs) - n)]
        )
        init = expanded(init, i_dims, mapped, size)
        xs = [x if d is None else x.movedim(0, 1) for x, d in zip(xs, x_dims, strict=True)]
        outs = Scan(body, self.counts, self.length, self.reverse)(*consts, *init, *xs)
        return outs, [*out_dims[:n], *[None if d is None else 1 for d in out_dims[n:]]]

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        consts, init, xs = self.parts(active)
        carry = settled(init, lambda flags: self.body.depends([*consts, *flags, *xs], smoothly)[: len(init)])
        return [*carry, *self.body.depends([*consts, *carry, *xs], smoothly)[len(init) :]]

    def _active_carry(self, active: Sequence[bool], init: Sequence[bool]) -> list[bool]:
        """Which carries vary with an active operand, in some step."""
        c_active, _, x_active = self.parts(active)
        return settled(init, lambda carry: self.body.depends([*c_active, *carry, *x_active])[: len(carry)])

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        active = [t is not None for t in tangents]
        (consts, init, xs), (tc, ti, tx) = self.parts(primals), self.parts(tangents)
        n, ny = len(init), len(self.outputs) - len(init)
        carry = self._active_carry(active, [t is not None for t in ti])
        flags = [*[t is not None for t in tc], *carry, *[t is not None for t in tx]]
        body, moved = self.body.pushed(flags, [*carry, *[False] * ny])
        t_init = [zeros_if_none(t, Spec.of(x)) for t, x, a in zip(ti, init, carry, strict=True) if a]
        t_consts = [t for t in tc if t is not None]
        t_xs = [t for t in tx if t is not None]
        nc, nx, mc, mi = len(consts), len(xs), len(t_consts), len(t_init)

        def step(*args: Tensor) -> list[Tensor]:
            a, b = args[: nc + mc], args[nc + mc : nc + mc + n + mi]
            x = args[nc + mc + n + mi :]
            outs = body(*a[:nc], *b[:n], *x[:nx], *a[nc:], *b[n:], *x[nx:])
            k = n + ny
            return [*outs[:n], *outs[k : k + mi], *outs[n:k], *outs[k + mi :]]

        order = [*body.inputs[:nc], *body.inputs[nc + n + nx : nc + n + nx + mc]]
        order += [*body.inputs[nc : nc + n], *body.inputs[nc + n + nx + mc : nc + n + nx + mc + mi]]
        order += [*body.inputs[nc + n : nc + n + nx], *body.inputs[nc + n + nx + mc + mi :]]
        counts = nc + mc, n + mi, nx + len(t_xs)
        loop = Scan(Graph.of(step, order), counts, self.length, self.reverse)
        outs = loop(*consts, *t_consts, *init, *t_init, *xs, *t_xs)
        values = [*outs[:n], *outs[n + mi : n + mi + ny]]
        along = iter([*outs[n : n + mi], *outs[n + mi + ny :]])
        return values, [next(along) if m else None for m in moved]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        consts, init, xs = self.parts(operands)
        c_act, i_act, x_act = self.parts(active)
        n, ny = len(init), len(self.outputs) - len(init)
        carry = self._active_carry(active, i_act)
        joint = self.body.joint([*c_act, *carry, *x_act], [*carry, *[False] * ny])
        saved = Saved(joint, self.counts, self.length)
        emit = Scan(joint.forward(saved.stacked), self.counts, self.length, self.reverse)
        outs = emit(*consts, *init, *xs)
        values = Values(saved.hoisted_values(consts), saved.stacked_values(outs), saved.passed_values(outs))

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            return self._pulled(joint, saved, operands, (c_act, carry, x_act), i_act, values, cts)

        return outs[: n + ny], pull

    def _pulled(
        self,
        joint: Joint,
        saved: Saved,
        operands: Tensors,
        flags: tuple[list[bool], list[bool], list[bool]],
        i_act: Sequence[bool],
        values: Values,
        cts: Sequence[Tensor | None],
    ) -> Sequence[Tensor | None]:
        consts, init, xs = self.parts(operands)
        c_act, carry, _ = flags
        n = len(init)
        moved_ys = joint.moved[n:]
        back = joint.backward()
        ct_carry = [zeros_if_none(ct, s) for ct, s, a in zip(cts[:n], self.outputs[:n], carry, strict=True) if a]
        ct_ys = [zeros_if_none(ct, s) for ct, s, m in zip(cts[n:], self.outputs[n:], moved_ys, strict=True) if m]
        fixed = [*saved.from_operands("const", consts), *values.hoisted]
        per_step = [*saved.from_operands("x", xs), *values.stacked]
        kinds = saved.kinds()
        later = Deferred(
            back,
            sum(c_act),
            [*[k in ("const", "hoisted") for k in kinds], *[False] * (len(ct_carry) + len(ct_ys))],
            [*[k in _PER_STEP for k in kinds], *[False] * len(ct_carry), *[True] * len(ct_ys)],
            [*[k == "passed" for k in kinds], *[False] * (len(ct_carry) + len(ct_ys))],
        )
        total = [s.zeros() for s in later.summed]
        k_fixed, k_ct, k_total, k_res = len(fixed), len(ct_carry), len(total), len(per_step)
        k_passed = len(values.passed)

        def step(*args: Tensor) -> list[Tensor]:
            rest = list(args)
            a, rest = rest[:k_fixed], rest[k_fixed:]
            ct, rest = rest[:k_ct], rest[k_ct:]
            sums, rest = rest[:k_total], rest[k_total:]
            passed, rest = rest[:k_passed], rest[k_passed:]
            r, ys = rest[:k_res], rest[k_res:]
            residuals = saved.in_order(a, r, passed)
            grads = later.body(*residuals, *ct, *ys)
            added = [s + g for s, g in zip(sums, grads[:k_total], strict=True)]
            before = [residuals[i] for _, i in saved.passed]
            return [*grads[k_total : k_total + k_ct], *added, *before, *grads[k_total + k_ct :]]

        inputs = [Spec.of(x) for x in (*fixed, *ct_carry, *total, *values.passed)]
        inputs += [Spec.of(x).element() for x in (*per_step, *ct_ys)]
        counts = k_fixed, k_ct + k_total + k_passed, k_res + len(ct_ys)
        loop: Program = Scan(Graph.of(step, inputs), counts, self.length, not self.reverse)
        places = saved.in_order([-1] * k_fixed, range(k_res), [-1] * k_passed)
        known = [*[i for i in places if i >= 0], *range(k_res, k_res + len(ct_ys))]
        n_emitted = len(later.emitted)
        folds, block = later.folds(self.length, known, len(loop.outputs) - counts[1] - n_emitted)
        if folds:
            loop = Folded(loop, later, known, folds, block)
        n_last = len(folds) or n_emitted
        given = [*fixed, *ct_carry, *total, *values.passed, *per_step, *ct_ys]
        outs = loop(*given)
        of_carry = iter(outs[:k_ct])
        in_init = [next(of_carry) if a else None for a in carry]
        of_xs, last = outs[counts[1] : len(outs) - n_last], outs[len(outs) - n_last :]
        columns = [given[k_fixed + counts[1] + i] for i in known]
        emitted, folded = ([], last) if folds else (last, [])
        totals = later.totals(self.length, outs[k_ct : k_ct + k_total], columns, emitted, folded)
        return [
            *totals,
            *[ct for ct, a in zip(in_init, i_act, strict=True) if a],
            *of_xs,
        ]


_PER_STEP: Final = ("x", "stacked")


class Folded(Whole):
    """A loop, and products of what leaves it: compiled they are made block by block of steps, and it leaves nothing.

    Attributes:
        loop: The loop, whose last outputs are the factors.
        folds: The products.
        block: How many steps a block has.
    """

    kind = "scan"

    def __init__(self, loop: Scan, later: Deferred, known: Sequence[int], folds: Sequence[Fold], block: int) -> None:
        n = len(loop.outputs) - len(later.emitted)

        def at_once(*operands: Tensor) -> list[Tensor]:
            outs, xs = loop(*operands), loop.parts(operands)[2]
            return [*outs[:n], *later.products(loop.length, [xs[i] for i in known], outs[n:])]

        consts, carry, xs = loop.parts(loop.body.inputs)
        super().__init__(Graph.of(at_once, [*consts, *carry, *[s.stacked(loop.length) for s in xs]]))
        self.loop = loop
        self.folds = tuple(folds)
        self.block = block
        self._steps: Steps | None = None
        self._run: Run | None = None

    def content(self) -> Sequence[object]:
        return [self.loop, self.folds, self.block]

    def of(self, fun: Graph) -> Graph:
        return fun

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        return self.joint(active).linearized(operands, self.outputs)

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def prepare(self) -> None:
        if self._steps is None and self._run is None:
            body, counts, reverse = self.loop.body, self.loop.counts, self.loop.reverse
            self._steps = compiled_steps(body, body.inputs, counts, reverse, folds=self.folds, block=self.block)
            if self._steps is None:
                self._run = compiled_form(self.fun, self.fun.inputs)

    def gives_own(self) -> bool:
        return self._steps is not None

    def nested(self) -> Nested | None:
        self.prepare()
        return None if self._steps is None else Nested([self._steps], self.loop.counts, self.loop.length)

    def run_compiled(self, operands: Tensors) -> Tensors:
        self.prepare()
        if self._steps is None:
            assert self._run is not None
            return self._run(list(operands))
        carry, ys = self._steps(*self.loop.parts(operands), self.loop.length)
        return [*carry, *ys]


def _are_apart(outs: Sequence[Tensor], operands: Sequence[Tensor]) -> bool:
    """Whether no output shares memory with another or with an operand."""
    places = [x.untyped_storage().data_ptr() for x in outs]
    return len({*places} - {x.untyped_storage().data_ptr() for x in operands}) == len(places)
