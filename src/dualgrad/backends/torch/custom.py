"""`custom_vjp`, `custom_jvp`: trees here, programs below."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.custom import (
    forward_custom_vjp,
    nondiff_traced,
    positions,
    rule_output,
)
from dualgrad._rules.outlines import kind_text, outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._flat import conjugated
from dualgrad.backends.torch._private import (
    DATA_DEPENDENT,
    Spec,
    is_active,
    is_plain,
    is_traced,
    is_tracing,
    on_this_thread,
)
from dualgrad.backends.torch._rule_calls import (
    called_again,
    is_any_seen,
    is_apart,
    is_watched,
    known_by,
    opened,
    plain,
    residuals_and_outputs,
    rules_open,
    specialised,
    tried,
)
from dualgrad.backends.torch._rule_trees import (
    as_pair,
    check_output,
    cotangents,
    filled,
    merged,
    places,
    rebuilt,
    symbols,
    widened,
    wrapping,
)
from dualgrad.backends.torch.lax._trees import Arrays, described, is_leaf, where_in
from dualgrad.backends.torch.programs.direct import Captured, Direct, watched
from dualgrad.backends.torch.programs.graph import Graph, close
from dualgrad.backends.torch.programs.program import Pull, is_smooth, zeros_if_none
from dualgrad.backends.torch.programs.rules import CustomJVP, CustomVJP, Special
from dualgrad.backends.torch.programs.stand_in import tell_apart, tell_rule
from dualgrad.typing import CustomVJPPrimal

__all__ = ["custom_jvp", "custom_vjp"]

Fun = Callable[..., Any]


def custom_vjp(
    fun: Fun, fwd: Fun, bwd: Fun, *, nondiff_argnums: tuple[int, ...] = (), symbolic_zeros: bool = False
) -> Fun:
    """`fun` with a rule for reverse mode."""
    name = getattr(fun, "__name__", "the function")
    static = set(nondiff_argnums)
    place_of = positions("custom_vjp", fun)

    def with_rule(*args: Any, **kwargs: Any) -> Any:
        args = place_of(args, kwargs)
        given = [Arrays.of("custom_vjp", a) for i, a in enumerate(args) if i not in static]
        tensors = [t for a in given for t in a.tensors]
        fixed = [args[i] for i in sorted(static)]
        if any([isinstance(x, Tensor) and is_traced(x) for x in tree.leaves(fixed)]):
            raise nondiff_traced("custom_vjp", name)
        if not is_watched(tensors):
            return plain("custom_vjp", name, fun, args)
        if is_apart(tensors) and not is_any_seen(found := fun(*args)):
            return found
        tell_rule()
        specs = [Spec.of(t) for t in tensors]
        outs: list[Arrays] = []
        ress: list[Arrays] = []

        def flat_fun(*xs: Tensor) -> list[Tensor]:
            outs[:] = [Arrays.of("custom_vjp", fun(*merged(args, static, rebuilt(given, xs))))]
            return outs[0].tensors

        def run_fwd(xs: Sequence[Tensor], active: Sequence[bool]) -> tuple[Arrays, Any]:
            rest = rebuilt(given, xs)
            if symbolic_zeros:
                flags = iter(active)
                rest = tree.map(lambda x: CustomVJPPrimal(x, next(flags)), rest)
            found = fwd(*merged(args, static, rest))
            pair = as_pair("custom_vjp", name, "the result of fwd", "a pair (output, residuals)", found)
            return Arrays.of("custom_vjp", pair[0]), pair[1]

        def flat_fwd(*xs: Tensor, active: Sequence[bool] | None = None) -> list[Tensor]:
            out, residuals = run_fwd(xs, active or [is_smooth(x) for x in xs])
            check_output("custom_vjp", name, "the output of fwd", outs[0], out)
            ress[:] = [Arrays.of("custom_vjp", residuals)]
            return [*out.tensors, *ress[0].tensors]

        def flat_bwd(*xs: Tensor, kept: Arrays, known: Sequence[bool]) -> list[Tensor]:
            k = len(kept.tensors)
            full = outs[0].restored(xs[k:])
            cts = bwd(*fixed, kept.rebuild(xs[:k]), symbols(full, known) if symbolic_zeros else full)
            return cotangents(name, given, cts)

        def linearize(active: tuple[bool, ...], xs: Sequence[Tensor]) -> tuple[list[Tensor], Pull]:
            tell_apart()
            out, residuals = watched(lambda: run_fwd(xs, active), xs, lambda found: found[0].tensors)
            outs[:] = [out]
            like = [Spec.of(o) for o in out.tensors]

            def pull(cts: Sequence[Tensor | None]) -> list[Tensor]:
                full = out.restored(conjugated([zeros_if_none(ct, s) for ct, s in zip(cts, like, strict=True)]))
                if symbolic_zeros:
                    full = symbols(full, [ct is not None for ct in cts])
                grads = conjugated(cotangents(name, given, bwd(*fixed, residuals, full)))
                return [g for g, a in zip(grads, active, strict=True) if a]

            return out.tensors, pull

        def push(primals: Any, tangents: Any) -> Any:
            raise forward_custom_vjp(name)

        def directly(error: Exception | None) -> Any:
            found = Direct(flat_fun, linearize, push, error)(*tensors)
            return outs[0].rebuild(found)

        if is_plain():
            with suppress(Captured):
                return directly(None)
            outs.clear()
        key = with_rule, tuple(specs), known_by(fixed)
        if key in rules_open.programs:
            return called_again(*rules_open.programs[key], tensors)
        try:
            fun_graph, fun_outer = close(flat_fun, specs)
        except DATA_DEPENDENT as error:
            if is_tracing():
                raise
            return directly(error)
        n = len(specs)
        program = CustomVJP(fun_graph, fun_graph, fun_graph, n, name)

        def traced(active: Sequence[bool] | None) -> tuple[Any, Any, list[Tensor], list[Tensor], Arrays | None]:
            """Both rules, what each closes over, and the residuals."""
            with opened(key, program, outs[0]):
                fwd, fwd_outer = tried("custom_vjp", name, functools.partial(flat_fwd, active=active), specs)
                if not isinstance(fwd, Graph):
                    return fwd, fwd, fwd_outer, [], None
                back, bwd_outer = traced_back(fwd, ress[0], [True] * len(fun_graph.outputs))
            return fwd, back, fwd_outer, bwd_outer, ress[0]

        def traced_back(fwd: Graph, kept: Arrays, known: Sequence[bool]) -> tuple[Graph | Exception, list[Tensor]]:
            rule = functools.partial(flat_bwd, kept=kept, known=known)
            return tried("custom_vjp", name, rule, residuals_and_outputs(fwd, fun_graph))

        def fitted(fwd: Any, fwd_outer: list[Tensor]) -> Any:
            """The forward rule, given all operands."""
            if not isinstance(fwd, Graph):
                return fwd
            return widened(fwd, n, 0, fwd_outer, place, full).completed(program, n, end)

        def fitted_back(fwd: Any, back: Any, bwd_outer: list[Tensor]) -> Any:
            """The backward rule, given all operands."""
            if not isinstance(back, Graph):
                return back
            bwd_specs = residuals_and_outputs(fwd, fun_graph)
            m, order = len(bwd_specs), [-1] * end
            for i, x in enumerate(bwd_outer):
                order[n + place[id(x)]] = m + i
            return back.reordered([*order, *range(m)], [*full, *bwd_specs]).completed(program, n, end)

        def special(active: tuple[bool, ...]) -> Special | None:
            fwd, back, fwd_outer, bwd_outer, kept = general if list(active) == guess else traced(active)
            if kept is None or not all([id(x) in place for x in (*fwd_outer, *bwd_outer)]):
                return None

            def of_known(known: Sequence[bool]) -> Graph | Exception | None:
                with opened(key, program, outs[0]):
                    found, outer = traced_back(fwd, kept, known)
                return fitted_back(fwd, found, outer) if all([id(x) in place for x in outer]) else None

            return Special(fitted(fwd, fwd_outer), fitted_back(fwd, back, bwd_outer), of_known)

        # The rules are traced for what is differentiated as far as that is known here; in the body of a loop it is not.
        guess = [is_active(x) for x in tensors] if symbolic_zeros else None
        general = traced(guess if guess and any(guess) else None)
        if isinstance(general[1], DATA_DEPENDENT) and not is_tracing():
            return directly(general[1])
        place, outer = places(fun_outer, general[2], general[3])
        end = n + len(outer)
        full = [*specs, *[Spec.of(x) for x in outer]]
        program.fun = widened(fun_graph, n, 0, fun_outer, place, full)
        program.fwd = fitted(general[0], general[2])
        program.bwd = fitted_back(general[0], general[1], general[3])
        with specialised(program, special if symbolic_zeros else None, lasting=not outer):
            return outs[0].rebuild(program(*tensors, *outer))

    return wrapping(fun, with_rule)


def custom_jvp(fun: Fun, jvp: Fun, *, nondiff_argnums: tuple[int, ...] = (), symbolic_zeros: bool = False) -> Fun:
    """`fun` with a rule for its tangents."""
    name = getattr(fun, "__name__", "the function")
    static = set(nondiff_argnums)
    place_of = positions("custom_jvp", fun)

    def with_rule(*args: Any, **kwargs: Any) -> Any:
        args = place_of(args, kwargs)
        given = [Arrays.of("custom_jvp", a) for i, a in enumerate(args) if i not in static]
        tensors = [t for a in given for t in a.tensors]
        if not is_watched(tensors):
            return plain("custom_jvp", name, fun, args)
        if is_apart(tensors) and not is_any_seen(found := fun(*args)):
            return found
        tell_rule()
        fixed = [args[i] for i in sorted(static)]
        specs = [Spec.of(t) for t in tensors]
        n = len(specs)
        outs: list[Arrays] = []

        def flat_fun(*xs: Tensor) -> list[Tensor]:
            outs[:] = [Arrays.of("custom_jvp", fun(*merged(args, static, rebuilt(given, xs))))]
            return outs[0].tensors

        def flat_rule(*xs: Tensor, active: Sequence[bool] | None = None) -> list[Tensor]:
            directions = tuple(rebuilt(given, xs[n:]))
            if symbolic_zeros:
                directions = symbols(directions, active or [is_smooth(x) for x in xs[:n]])
            found = jvp(*fixed, tuple(rebuilt(given, xs[:n])), directions)
            pair = as_pair("custom_jvp", name, "the result of the rule", "a pair (output, tangent)", found)
            out, tangents = Arrays.of("custom_jvp", pair[0]), tree.map(filled, pair[1])
            for place, t in enumerate(tree.leaves(tangents)):
                if not is_leaf(t) and place < len(out.tensors):
                    where, like = where_in("the tangent", out.treedef, place), described(out.tensors[place])
                    raise rule_output("custom_jvp", name, where, like, kind_text(t))
            along = Arrays.of("custom_jvp", tangents)
            if outs:
                check_output("custom_jvp", name, "the output of the rule", outs[0], out)
            else:
                outs[:] = [out]
            if along.treedef != out.treedef:
                raise rule_output(
                    "custom_jvp", name, "the tangent", outline(tree, out.treedef), outline(tree, along.treedef)
                )
            fitted: list[Tensor] = []
            for place, (o, t, w) in enumerate(zip(outs[0].tensors, along.tensors, along.weak, strict=True)):
                if not is_smooth(o):
                    continue
                if t.dtype is not o.dtype and w:
                    t = t.to(o.dtype)
                if t.shape != o.shape or t.dtype is not o.dtype:
                    raise rule_output(
                        "custom_jvp", name, where_in("the tangent", out.treedef, place), described(o), described(t)
                    )
                fitted.append(t)
            return [*out.tensors, *fitted]

        def push(primals: Sequence[Tensor], tangents: Sequence[Tensor | None]) -> Any:
            outs.clear()
            along = [zeros_if_none(t, s) for t, s in zip(tangents, specs, strict=True)]
            values = flat_rule(*primals, *along, active=[t is not None for t in tangents])
            rest = iter(values[len(outs[0].tensors) :])
            found = outs[0].tensors
            return found, [next(rest) if is_smooth(o) else None for o in found]

        def linearize(active: tuple[bool, ...], xs: Sequence[Tensor]) -> tuple[list[Tensor], Pull]:
            outs.clear()
            chosen = [i for i, a in enumerate(active) if a]
            zeros = [s.zeros() for s in specs]

            def along(*ts: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
                full = list(zeros)
                for i, t in zip(chosen, ts, strict=True):
                    full[i] = t
                values = flat_rule(*xs, *full, active=active)
                count = len(outs[0].tensors)
                return tuple(values[count:]) or (nothing,), tuple(values[:count])

            nothing = torch.zeros(())  # torch.func.vjp refuses to have no output
            found: Any = watched(
                lambda: torch.func.vjp(along, *[zeros[i] for i in chosen], has_aux=True), xs, lambda f: (*f[0], *f[2])
            )
            like = [Spec.of(o) for o in found[0]]
            smooth = [is_smooth(o) for o in found[2]]

            def pull(cts: Sequence[Tensor | None]) -> Sequence[Tensor]:
                given = [ct for ct, s in zip(cts, smooth, strict=True) if s]
                pullback = on_this_thread(found[1], found[2][0])
                return pullback(tuple([zeros_if_none(ct, s) for ct, s in zip(given or [None], like, strict=True)]))

            return list(found[2]), pull

        def directly(error: Exception | None) -> Any:
            values = Direct(flat_fun, linearize, push, error)(*tensors)
            return outs[0].rebuild(values)

        if is_plain():
            with suppress(Captured):
                return directly(None)
            outs.clear()
        key = with_rule, tuple(specs), known_by(fixed)
        if key in rules_open.programs:
            return called_again(*rules_open.programs[key], tensors)
        try:
            fun_graph, fun_outer = close(flat_fun, specs)
        except DATA_DEPENDENT as error:
            if is_tracing():
                raise
            return directly(error)
        program = CustomJVP(fun_graph, fun_graph, n, name)

        def traced(active: Sequence[bool] | None) -> tuple[Any, list[Tensor]]:
            with opened(key, program, outs[0]):
                return tried("custom_jvp", name, functools.partial(flat_rule, active=active), [*specs, *specs])

        def fitted(rule: Any, rule_outer: list[Tensor]) -> Any:
            if not isinstance(rule, Graph):
                return rule
            return widened(rule, n, n, rule_outer, place, [*full, *specs]).completed(program, n, n + len(outer))

        def special(active: tuple[bool, ...]) -> Graph | None:
            rule, rule_outer = traced(active)
            known = isinstance(rule, Graph) and all([id(x) in place for x in rule_outer])
            return fitted(rule, rule_outer) if known else None

        rule, rule_outer = traced(None)
        if isinstance(rule, DATA_DEPENDENT) and not is_tracing():
            return directly(rule)
        place, outer = places(fun_outer, rule_outer)
        full = [*specs, *[Spec.of(x) for x in outer]]
        program.fun = widened(fun_graph, n, 0, fun_outer, place, full)
        program.rule = fitted(rule, rule_outer)
        with specialised(program, special if symbolic_zeros else None, lasting=not outer):
            return outs[0].rebuild(program(*tensors, *outer))

    return wrapping(fun, with_rule)
