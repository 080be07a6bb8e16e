"""`while_loop` as a program: its rules make loops again, of transformed conditions and bodies."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.callbacks import io_masked
from dualgrad._rules.control import reverse_while
from dualgrad.backends.torch._private import Spec, Steps
from dualgrad.backends.torch.programs.callbacks import IOCall
from dualgrad.backends.torch.programs.carries import expanded, settled
from dualgrad.backends.torch.programs.execute import Run, compiled_form, compiled_steps, opaque
from dualgrad.backends.torch.programs.graph import Graph, holds
from dualgrad.backends.torch.programs.needed import of_outputs, read_in_turn
from dualgrad.backends.torch.programs.program import (
    Program,
    Pull,
    Tensors,
    is_smooth,
    moved_to_front,
    zeros_if_none,
)

__all__ = ["While"]


class While(Program):
    """A loop that runs as long as a condition holds.

    Attributes:
        cond: Its constants and the carry to a scalar.
        body: Its constants and the carry to the carry.
        counts: How many constants `cond` has, and `body`.
    """

    kind = "while_loop"

    def __init__(self, cond: Graph, body: Graph, counts: tuple[int, int], name: str = "while_loop") -> None:
        super().__init__(body.outputs)
        self.cond = cond
        self.body = body
        self.counts = counts
        self.name = name
        self.has_effect = cond.has_effect() or body.has_effect()
        self._first: Run | None = None
        self._loop: Steps | None = None
        self._step: Run | None = None  # where the steps cannot be one loop

    def refuses(self) -> Set[str]:
        return {"grad"}

    def parts(self, xs: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        """Constants of the condition, constants of the body, and carries of a list of operands."""
        a, b = self.counts
        return list(xs[:a]), list(xs[a : a + b]), list(xs[a + b :])

    def run(self, *operands: Tensor) -> Tensors:
        cc, bc, carry = self.parts(operands)
        while bool(self.cond(*cc, *carry)[0]):
            carry = self.body(*bc, *carry)
        return carry

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def prepare(self) -> None:
        """Compile the condition, and one step together with the condition after it."""
        if self._first is not None:
            return
        n_cc, n_bc = self.counts

        def step(*args: Tensor) -> list[Tensor]:
            cc, bc, carry = args[:n_cc], args[n_cc : n_cc + n_bc], args[n_cc + n_bc :]
            carry = self.body(*bc, *carry)
            return [*carry, *self.cond(*cc, *carry)]

        both = [*self.cond.inputs[:n_cc], *self.body.inputs]
        if not self.has_effect:
            counts = n_cc + n_bc, len(self.outputs), 0
            self._loop = compiled_steps(step, both, counts, conditional=True)
        if self._loop is None:
            self._step = compiled_form(step, both)
        self._first = compiled_form(self.cond, self.cond.inputs)

    def run_compiled(self, operands: Tensors) -> list[Tensor]:
        """The loop by its compiled parts."""
        self.prepare()
        assert self._first is not None
        cc, bc, carry = self.parts(operands)
        left = self._first([*cc, *carry])[0]
        if self._loop is not None:
            return self._loop.while_true([*cc, *bc], carry) if bool(left) else carry
        assert self._step is not None
        while bool(left):
            *carry, left = self._step([*cc, *bc, *carry])
            carry = [x.contiguous() for x in carry]
        return carry

    def gives_own(self) -> bool:
        return self._loop is not None

    def needed(self, read: Sequence[bool]) -> tuple[Program, Sequence[int], Sequence[int]]:
        n_cc, n_bc = self.counts
        in_cond = self.cond.used()

        def reads(carry: list[int]) -> list[int]:
            return [i - n_bc for i in of_outputs(self.body, carry).used() if i >= n_bc]

        asked = [is_read or n_cc + i in in_cond for i, is_read in enumerate(read)]
        carry = read_in_turn(asked, reads)
        body = of_outputs(self.body, carry)
        cc, bc = [i for i in in_cond if i < n_cc], [i for i in body.used() if i < n_bc]
        cond = self.cond.of_inputs([*cc, *[n_cc + i for i in carry]])
        body = body.of_inputs([*bc, *[n_bc + i for i in carry]])
        loop = While(cond, body, (len(cc), len(bc)), self.name)
        return loop, [*cc, *[n_cc + i for i in bc], *[n_cc + n_bc + i for i in carry]], carry

    def depends(self, active: Sequence[bool], smoothly: bool) -> list[bool]:
        of_cond, of_body, init = self.parts(active)

        def in_next(flags: Sequence[bool]) -> list[bool]:
            apart = not smoothly and self.cond.depends([*of_cond, *flags], smoothly)[0]
            return [apart or f for f in self.body.depends([*of_body, *flags], smoothly)]

        return settled(init, in_next)

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        (cc, bc, init), (cc_dims, bc_dims, i_dims) = self.parts(operands), self.parts(dims)
        c_flags, b_flags = [d is not None for d in cc_dims], [d is not None for d in bc_dims]

        def ends_apart(flags: Sequence[bool]) -> bool:
            return self.cond.depends([*c_flags, *flags], smoothly=False)[0]

        def also_mapped(flags: Sequence[bool]) -> list[bool]:
            apart = ends_apart(flags)
            return [apart or f for f in self.body.depends([*b_flags, *flags], smoothly=False)]

        mapped = settled([d is not None for d in i_dims], also_mapped)
        stops_apart = ends_apart(mapped)
        i_new = [0 if m else None for m in mapped]
        init = expanded(init, i_dims, mapped, size)
        body, _ = self.body.mapped(size, [*bc_dims, *i_new], mapped)
        cond, _ = self.cond.mapped(size, [*cc_dims, *i_new], [stops_apart])
        if stops_apart and self.has_effect and holds([cond, body], IOCall):
            raise io_masked()
        if not stops_apart:
            return While(cond, body, self.counts, self.name)(*cc, *bc, *init), i_new
        n_cc, n_bc = self.counts

        def any_left(*args: Tensor) -> list[Tensor]:
            return [torch.any(cond(*args)[0])]

        def where_left(*args: Tensor) -> list[Tensor]:
            c, b, carry = args[:n_cc], args[n_cc : n_cc + n_bc], args[n_cc + n_bc :]
            left = cond(*c, *carry)[0]
            new = body(*b, *carry)
            return [
                torch.where(left.reshape(-1, *(1,) * (x.ndim - 1)), x, old) for x, old in zip(new, carry, strict=True)
            ]

        both = Graph.of(where_left, [*cond.inputs[:n_cc], *body.inputs])
        loop = While(Graph.of(any_left, cond.inputs), both, (n_cc, n_cc + n_bc), self.name)
        return loop(*cc, *cc, *bc, *init), i_new

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        (cc, bc, init), (_, tb, ti) = self.parts(primals), self.parts(tangents)
        n = len(init)
        b_flags = [t is not None for t in tb]
        carry = settled([t is not None for t in ti], lambda flags: self.body.depends([*b_flags, *flags]))
        body, _ = self.body.pushed([*b_flags, *carry], carry)
        t_init = [zeros_if_none(t, Spec.of(x)) for t, x, a in zip(ti, init, carry, strict=True) if a]
        t_consts = [t for t in tb if t is not None]
        n_cc, n_bc, m_bc = len(cc), len(bc), len(t_consts)

        def step(*args: Tensor) -> list[Tensor]:
            b, tb, c, tc = (
                args[:n_bc],
                args[n_bc : n_bc + m_bc],
                args[n_bc + m_bc : n_bc + m_bc + n],
                args[n_bc + m_bc + n :],
            )
            return body(*b, *c, *tb, *tc)

        def cond(*args: Tensor) -> list[Tensor]:
            return self.cond(*args[: n_cc + n])

        order = [*body.inputs[:n_bc], *body.inputs[n_bc + n : n_bc + n + m_bc]]
        order += [*body.inputs[n_bc : n_bc + n], *body.inputs[n_bc + n + m_bc :]]
        c_order = [*self.cond.inputs, *[Spec.of(t) for t in t_init]]
        loop = While(Graph.of(cond, c_order), Graph.of(step, order), (n_cc, n_bc + m_bc), self.name)
        outs = loop(*cc, *bc, *t_consts, *init, *t_init)
        along = iter(outs[n:])
        return outs[:n], [next(along) if a and is_smooth(o) else None for a, o in zip(carry, outs[:n], strict=True)]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            raise reverse_while(self.name)

        return self(*operands), pull
