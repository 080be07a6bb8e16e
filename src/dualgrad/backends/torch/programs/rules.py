"""Functions with derivative rules of their own, and `checkpoint`, as programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.callbacks import io_checkpointed
from dualgrad._rules.custom import closed_over, forward_custom_vjp
from dualgrad._rules.policies import Policy
from dualgrad.backends.torch._flat import conjugated
from dualgrad.backends.torch._private import (
    Spec,
    on_this_thread,
)
from dualgrad.backends.torch.programs.barrier import barrier
from dualgrad.backends.torch.programs.call import Whole
from dualgrad.backends.torch.programs.callbacks import IOCall
from dualgrad.backends.torch.programs.graph import Graph, Joint, holds
from dualgrad.backends.torch.programs.policies import saveable
from dualgrad.backends.torch.programs.program import (
    Program,
    Pull,
    Tensors,
    is_smooth,
    moved_to_front,
    zeros_if_none,
)
from dualgrad.backends.torch.programs.stand_in import tell_apart, tell_rule

__all__ = ["Checkpoint", "Custom", "CustomJVP", "CustomVJP", "Special"]


class Custom(Program):
    """A function with rules.

    Its operands are the arguments and then what the function and its rules close over; each graph takes all of them. A
    rule may call the function: its graph then holds this very program.

    Attributes:
        fun: Operands to outputs.
        count: How many operands are arguments.
        name: Name of the function, for messages.
        special: The rules for the case that just these arguments are differentiated, where they may differ: known while
            the call runs that the program is made for, or `None`.
    """

    special: Callable[[tuple[bool, ...]], Any] | None = None

    def __init__(self, fun: Graph, count: int, name: str) -> None:
        super().__init__(fun.outputs)
        self.fun = fun
        self.count = count
        self.name = name
        self.has_effect = fun.has_effect()
        self._mapped: dict[Any, Any] = {}

    def content(self) -> Sequence[object]:
        return [self.fun]

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        operands, dims = moved_to_front(operands, dims)
        key = size, tuple(dims)
        if key not in self._mapped:  # a rule that calls its function comes here again, and finds what is being made
            self._map(key, size, dims)
        program, out_dims = self._mapped[key]
        return program(*operands), out_dims

    def _map(self, key: Any, size: int, dims: Sequence[int | None]) -> None:
        """Put the mapped program, and which of its outputs are mapped, under `key` before its rules are mapped."""
        raise NotImplementedError

    def run(self, *operands: Tensor) -> Tensors:
        return self.fun(*operands)

    def errors(self, count: int) -> Sequence[Exception | None]:
        return [None if i < self.count else closed_over(self.kind, self.name) for i in range(count)]

    def _errors(self, active: Sequence[bool]) -> list[Exception]:
        """In place of the cotangents of what is closed over."""
        return [closed_over(self.kind, self.name) for a in active[self.count :] if a]


@dataclass
class Special:
    """The rules of a `CustomVJP` for what is differentiated in one call.

    Attributes:
        fwd: As there.
        bwd: As there.
        of_known: The backward rule where only such outputs have a cotangent; `None` if it cannot be had.
    """

    fwd: Graph
    bwd: Graph | Exception
    of_known: Callable[[Sequence[bool]], Graph | Exception | None]


class CustomVJP(Custom):
    """A function with a rule for reverse mode.

    Attributes:
        fwd: Operands to outputs and residuals.
        bwd: Operands, residuals and cotangents to the cotangents of the arguments.

    In the place of either there may be the error of tracing it, which is one only for a derivative.
    """

    kind = "custom_vjp"

    def refuses(self) -> Set[str]:
        is_whole = isinstance(self.fwd, Graph) and isinstance(self.bwd, Graph) and self.count == len(self.fun.inputs)
        return {"jvp"} if is_whole else {"grad", "jvp"}

    def __init__(self, fun: Graph, fwd: Graph | Exception, bwd: Graph | Exception, count: int, name: str) -> None:
        super().__init__(fun, count, name)
        self.fwd = fwd
        self.bwd = bwd

    def _map(self, key: Any, size: int, dims: Sequence[int | None]) -> None:
        n = len(self.outputs)
        outs = [True] * n  # of an output that all elements share bwd would have the sum of their cotangents, for each
        fun, out_dims = self.fun.mapped(size, dims, outs)
        made = CustomVJP(fun, fun, fun, self.count, self.name)
        self._mapped[key] = made, out_dims

        def special(active: tuple[bool, ...]) -> Special | None:
            found: Special | None = None if self.special is None else self.special(active)
            if found is None:
                return None

            def of_known(known: Sequence[bool]) -> Graph | Exception | None:
                rule = found.of_known(known)
                return self._of_batches(found.fwd, rule, size, dims, out_dims)[1] if isinstance(rule, Graph) else rule

            return Special(*self._of_batches(found.fwd, found.bwd, size, dims, out_dims), of_known)

        if self.special is not None:
            made.special = special
        if isinstance(self.fwd, Exception):
            made.fwd = made.bwd = self.fwd
            return
        made.fwd, made.bwd = self._of_batches(self.fwd, self.bwd, size, dims, out_dims)

    def _of_batches(
        self,
        fwd: Graph,
        bwd: Graph | Exception,
        size: int,
        dims: Sequence[int | None],
        out_dims: Sequence[int | None],
    ) -> tuple[Graph, Any]:
        """The two rules of the mapped program."""
        n = len(self.outputs)
        made, fwd_dims = fwd.mapped(size, dims, [*[True] * n, *[False] * (len(fwd.outputs) - n)])
        if isinstance(bwd, Exception):
            return made, bwd
        mapped, _ = bwd.mapped(size, [*dims, *fwd_dims[n:], *out_dims], [True] * self.count)
        summed = [d is None for d in dims[: self.count]]

        def with_sums(*xs: Tensor) -> list[Tensor]:
            # What is not mapped has the sum of all elements' cotangents.
            return [ct.sum(0) if s else ct for ct, s in zip(mapped(*xs), summed, strict=True)]

        return made, Graph.of(with_sums, mapped.inputs)

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        raise forward_custom_vjp(self.name)

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        tell_apart()
        tell_rule()
        special: Special | None = self.special(active[: self.count]) if self.special else None
        fwd, bwd = (special.fwd, special.bwd) if special else (self.fwd, self.bwd)
        if isinstance(fwd, Exception):
            raise fwd
        found = fwd(*operands)
        n = len(self.outputs)

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            known = [ct is not None for ct in cts]
            rule = (None if special is None or all(known) else special.of_known(known)) or bwd
            if isinstance(rule, Exception):
                raise rule
            given = conjugated([zeros_if_none(ct, s) for ct, s in zip(cts, self.outputs, strict=True)])
            grads = conjugated(rule(*operands, *found[n:], *given))
            return [g for g, a in zip(grads, active, strict=False) if a] + self._errors(active)

        return found[:n], pull


class CustomJVP(Custom):
    """A function with a rule for its tangents, which serves both modes.

    Attributes:
        rule: Operands and tangents of the arguments to outputs and tangents of the smooth ones; or the error of tracing
            it, which is one only for a derivative.
    """

    kind = "custom_jvp"

    def refuses(self) -> Set[str]:
        is_whole = isinstance(self.rule, Graph) and self.count == len(self.fun.inputs)
        return frozenset() if is_whole else {"grad", "jvp"}

    def __init__(self, fun: Graph, rule: Graph | Exception, count: int, name: str) -> None:
        super().__init__(fun, count, name)
        self.rule = rule
        self._joints: dict[tuple[bool, ...] | None, Joint] = {}
        self._transposing = False

    def _map(self, key: Any, size: int, dims: Sequence[int | None]) -> None:
        flags = [d is not None for d in dims]
        n, k = len(self.outputs), len(dims)
        t_flags = [*flags, *flags[: self.count]]
        outs = [True] * n if self.special else _either(self.fun, self.rule, flags, t_flags)
        fun, out_dims = self.fun.mapped(size, dims, outs)
        made = CustomJVP(fun, fun, self.count, self.name)
        self._mapped[key] = made, out_dims
        # The tangent of a mapped argument is mapped, that of another may be: all of them are.
        along = [m for m, s in zip(outs, self.outputs, strict=True) if is_smooth(s)]
        whole = [d is None for d in dims[: self.count]]

        def of_batches(rule: Graph) -> Graph:
            mapped, _ = rule.mapped(size, [*dims, *[0] * self.count], [*outs, *[True] * len(along)])

            def fitted(*xs: Tensor) -> list[Tensor]:
                tangents = [t.expand(size, *t.shape) if w else t for t, w in zip(xs[k:], whole, strict=True)]
                values = mapped(*xs[:k], *tangents)
                return [*values[:n], *[t if m else t[0] for t, m in zip(values[n:], along, strict=True)]]

            return Graph.of(fitted, [*fun.inputs, *fun.inputs[: self.count]])

        def special(active: tuple[bool, ...]) -> Graph | None:
            rule = None if self.special is None else self.special(active)
            return None if rule is None else of_batches(rule)

        if self.special is not None:
            made.special = special
        made.rule = self.rule if isinstance(self.rule, Exception) else of_batches(self.rule)

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        if any([t is not None for t in tangents[self.count :]]):
            raise closed_over("custom_jvp", self.name)
        full = [zeros_if_none(t, Spec.of(x)) for t, x in zip(tangents[: self.count], primals, strict=False)]
        n = len(self.outputs)
        outs = self._rule(tuple([t is not None for t in tangents[: self.count]]))(*primals, *full)
        along = iter(outs[n:])
        return outs[:n], [next(along) if is_smooth(o) else None for o in self.outputs]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        if self._transposing:  # the rule calls its function on tangents: it is linear, and its own transpose serves
            return self.fun.joint(active, [False] * len(self.outputs)).linearized(operands, self.outputs)
        tell_rule()
        joint = self._transposed(active[: self.count])
        outs = joint.forward(joint.residuals)(*operands)
        n = len(self.outputs)
        chosen = [i for i, x in enumerate(self.fun.inputs[: self.count]) if is_smooth(x)]

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            given = [zeros_if_none(ct, s) for ct, s in zip(cts, self.outputs, strict=True) if is_smooth(s)]
            grads = dict(zip(chosen, joint.backward()(*outs[n:], *given), strict=True))
            return [grads[i] for i, a in enumerate(active[: self.count]) if a] + self._errors(active)

        return outs[:n], pull

    def _rule(self, active: tuple[bool, ...]) -> Graph:
        rule = (self.special and self.special(active)) or self.rule
        if isinstance(rule, Exception):
            raise rule
        return rule

    def _transposed(self, active: tuple[bool, ...]) -> Joint:
        """Operands and cotangents to outputs and gradients: the rule is linear in the tangents, and is transposed."""
        key = active if self.special else None
        if key not in self._joints:
            rule = self._rule(active)
            n, k = len(self.outputs), len(self.fun.inputs)
            smooth = [is_smooth(s) for s in self.outputs]
            chosen = [i for i, x in enumerate(self.fun.inputs[: self.count]) if is_smooth(x)]

            def with_gradients(*xs: Tensor) -> list[Tensor]:
                tangents = [torch.zeros_like(x) for x in xs[: self.count]]

                def along(*ts: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
                    full = list(tangents)
                    for i, t in zip(chosen, ts, strict=True):
                        full[i] = t
                    outs = rule(*xs[:k], *full)
                    return tuple(outs[n:]), tuple(outs[:n])

                if not chosen or not any(smooth):
                    return [*rule(*xs[:k], *tangents)[:n], *[tangents[i] for i in chosen]]
                pulled: Any = torch.func.vjp(along, *[tangents[i] for i in chosen], has_aux=True)
                return [*pulled[2], *on_this_thread(pulled[1], xs[0])(tuple(xs[k:]))]

            cts = [s for s, m in zip(self.outputs, smooth, strict=True) if m]
            self._transposing = True
            try:
                self._joints[key] = Joint(Graph.of(with_gradients, [*self.fun.inputs, *cts]), k, n, smooth)
            finally:
                self._transposing = False
        return self._joints[key]


def _either(fun: Graph, rule: Graph | Exception, flags: Sequence[bool], rule_flags: Sequence[bool]) -> list[bool]:
    """Which outputs are mapped by the function or its rule."""
    of_fun = fun.depends(flags, smoothly=False)
    if isinstance(rule, Exception):
        return of_fun
    return [a or b for a, b in zip(of_fun, rule.depends(rule_flags, smoothly=False), strict=False)]


class Checkpoint(Whole):
    """A function whose derivative keeps its operands alone and computes the rest again.

    Attributes:
        guarded: Whether a compiler is kept from merging the two computations.
        policy: What else is kept.
    """

    kind = "checkpoint"

    def __init__(self, fun: Graph, guarded: bool, policy: Policy | None = None) -> None:
        super().__init__(fun)
        self.guarded = guarded
        self.policy = policy

    def of(self, fun: Graph) -> Checkpoint:
        return Checkpoint(fun, self.guarded, self.policy)

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        if self.has_effect and holds(self.fun, IOCall):
            raise io_checkpointed()
        if self.policy is None:
            # A derivative of this must find what the rules compute, not the functions that they are of.
            fun = self.joint(active).forward([]) if holds(self.fun, Custom) else self.fun
            return self.of(fun)(*operands), self._pull(active, operands, [], [])
        kept = self.joint(active).chosen(saveable(self.policy))
        outs = self.of(self.joint(active).forward(kept))(*operands)
        n = len(self.outputs)
        return outs[:n], self._pull(active, operands, kept, outs[n:])

    def _pull(self, active: Sequence[bool], operands: Tensors, kept: Sequence[Any], values: Tensors) -> Pull:
        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            joint = self.joint(active)
            given = [zeros_if_none(ct, s) for ct, s, m in zip(cts, self.outputs, joint.moved, strict=True) if m]
            effects = self.policy is None or self.policy.kind != "everything_saveable"
            again = joint.again(effects, kept)
            every, used = [*operands, *values, *given], again.used()
            held = [every[i] for i in used]
            if self.guarded:  # what is computed again waits for the cotangents
                known = len([i for i in used if i < len(operands) + len(values)])
                held = [*barrier(held[:known], held[known:]), *held[known:]]
            return self.of(again.of_inputs(used))(*held)

        return pull
