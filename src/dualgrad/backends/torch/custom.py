"""`custom_vjp`, `custom_jvp`: trees here, programs below."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import optree
import torch
from torch import Tensor

from dualgrad._dtypes import DTYPES
from dualgrad._rules.custom import (
    closed_over,
    endless_rule,
    for_each,
    forward_custom_vjp,
    nondiff_traced,
    positions,
    rule_output,
)
from dualgrad._rules.outlines import kind_text, outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import INEXACT, NAMES, NATIVE
from dualgrad.backends.torch._flat import conjugated
from dualgrad.backends.torch._private import (
    DATA_DEPENDENT,
    Spec,
    current_level,
    is_active,
    is_fake,
    is_followed,
    is_lifting,
    is_plain,
    is_traced,
    is_tracing,
    is_transformed,
    on_this_thread,
    undisturbed,
)
from dualgrad.backends.torch.lax._trees import Arrays, described, is_leaf, where_in
from dualgrad.backends.torch.programs.direct import Captured, Direct, watched
from dualgrad.backends.torch.programs.graph import Graph, close
from dualgrad.backends.torch.programs.program import Program, Pull, is_smooth, zeros_if_none
from dualgrad.backends.torch.programs.rules import CustomJVP, CustomVJP, Special
from dualgrad.backends.torch.programs.stand_in import tell_apart, tell_rule
from dualgrad.typing import CustomVJPPrimal, SymbolicZero

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
            return _plain("custom_vjp", name, fun, args)
        if _is_apart(tensors) and not _is_any_seen(found := fun(*args)):
            return found
        tell_rule()
        specs = [Spec.of(t) for t in tensors]
        outs: list[Arrays] = []
        ress: list[Arrays] = []

        def flat_fun(*xs: Tensor) -> list[Tensor]:
            outs[:] = [Arrays.of("custom_vjp", fun(*merged(args, static, _rebuilt(given, xs))))]
            return outs[0].tensors

        def run_fwd(xs: Sequence[Tensor], active: Sequence[bool]) -> tuple[Arrays, Any]:
            rest = _rebuilt(given, xs)
            if symbolic_zeros:
                flags = iter(active)
                rest = tree.map(lambda x: CustomVJPPrimal(x, next(flags)), rest)
            found = fwd(*merged(args, static, rest))
            pair = _pair("custom_vjp", name, "the result of fwd", "a pair (output, residuals)", found)
            return Arrays.of("custom_vjp", pair[0]), pair[1]

        def flat_fwd(*xs: Tensor, active: Sequence[bool] | None = None) -> list[Tensor]:
            out, residuals = run_fwd(xs, active or [is_smooth(x) for x in xs])
            _check_output("custom_vjp", name, "the output of fwd", outs[0], out)
            ress[:] = [Arrays.of("custom_vjp", residuals)]
            return [*out.tensors, *ress[0].tensors]

        def flat_bwd(*xs: Tensor, kept: Arrays, known: Sequence[bool]) -> list[Tensor]:
            k = len(kept.tensors)
            full = outs[0].restored(xs[k:])
            cts = bwd(*fixed, kept.rebuild(xs[:k]), _symbols(full, known) if symbolic_zeros else full)
            return _cotangents(name, given, cts)

        def linearize(active: tuple[bool, ...], xs: Sequence[Tensor]) -> tuple[list[Tensor], Pull]:
            tell_apart()
            out, residuals = watched(lambda: run_fwd(xs, active), xs, lambda found: found[0].tensors)
            outs[:] = [out]
            like = [Spec.of(o) for o in out.tensors]

            def pull(cts: Sequence[Tensor | None]) -> list[Tensor]:
                full = out.restored(conjugated([zeros_if_none(ct, s) for ct, s in zip(cts, like, strict=True)]))
                if symbolic_zeros:
                    full = _symbols(full, [ct is not None for ct in cts])
                grads = conjugated(_cotangents(name, given, bwd(*fixed, residuals, full)))
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
        key = with_rule, tuple(specs), _known_by(fixed)
        if key in _state.programs:
            return _called_again(*_state.programs[key], tensors)
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
            with _opened(key, program, outs[0]):
                fwd, fwd_outer = _tried("custom_vjp", name, functools.partial(flat_fwd, active=active), specs)
                if not isinstance(fwd, Graph):
                    return fwd, fwd, fwd_outer, [], None
                back, bwd_outer = traced_back(fwd, ress[0], [True] * len(fun_graph.outputs))
            return fwd, back, fwd_outer, bwd_outer, ress[0]

        def traced_back(fwd: Graph, kept: Arrays, known: Sequence[bool]) -> tuple[Graph | Exception, list[Tensor]]:
            rule = functools.partial(flat_bwd, kept=kept, known=known)
            return _tried("custom_vjp", name, rule, _residuals_and_outputs(fwd, fun_graph))

        def fitted(fwd: Any, fwd_outer: list[Tensor]) -> Any:
            """The forward rule, given all operands."""
            if not isinstance(fwd, Graph):
                return fwd
            return _widened(fwd, n, 0, fwd_outer, place, full).completed(program, n, end)

        def fitted_back(fwd: Any, back: Any, bwd_outer: list[Tensor]) -> Any:
            """The backward rule, given all operands."""
            if not isinstance(back, Graph):
                return back
            bwd_specs = _residuals_and_outputs(fwd, fun_graph)
            m, order = len(bwd_specs), [-1] * end
            for i, x in enumerate(bwd_outer):
                order[n + place[id(x)]] = m + i
            return back.reordered([*order, *range(m)], [*full, *bwd_specs]).completed(program, n, end)

        def special(active: tuple[bool, ...]) -> Special | None:
            fwd, back, fwd_outer, bwd_outer, kept = general if list(active) == guess else traced(active)
            if kept is None or not all([id(x) in place for x in (*fwd_outer, *bwd_outer)]):
                return None

            def of_known(known: Sequence[bool]) -> Graph | Exception | None:
                with _opened(key, program, outs[0]):
                    found, outer = traced_back(fwd, kept, known)
                return fitted_back(fwd, found, outer) if all([id(x) in place for x in outer]) else None

            return Special(fitted(fwd, fwd_outer), fitted_back(fwd, back, bwd_outer), of_known)

        # The rules are traced for what is differentiated as far as that is known here; in the body of a loop it is not.
        guess = [is_active(x) for x in tensors] if symbolic_zeros else None
        general = traced(guess if guess and any(guess) else None)
        if isinstance(general[1], DATA_DEPENDENT) and not is_tracing():
            return directly(general[1])
        place, outer = _places(fun_outer, general[2], general[3])
        end = n + len(outer)
        full = [*specs, *[Spec.of(x) for x in outer]]
        program.fun = _widened(fun_graph, n, 0, fun_outer, place, full)
        program.fwd = fitted(general[0], general[2])
        program.bwd = fitted_back(general[0], general[1], general[3])
        with _specialised(program, special if symbolic_zeros else None, lasting=not outer):
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
            return _plain("custom_jvp", name, fun, args)
        if _is_apart(tensors) and not _is_any_seen(found := fun(*args)):
            return found
        tell_rule()
        fixed = [args[i] for i in sorted(static)]
        specs = [Spec.of(t) for t in tensors]
        n = len(specs)
        outs: list[Arrays] = []

        def flat_fun(*xs: Tensor) -> list[Tensor]:
            outs[:] = [Arrays.of("custom_jvp", fun(*merged(args, static, _rebuilt(given, xs))))]
            return outs[0].tensors

        def flat_rule(*xs: Tensor, active: Sequence[bool] | None = None) -> list[Tensor]:
            directions = tuple(_rebuilt(given, xs[n:]))
            if symbolic_zeros:
                directions = _symbols(directions, active or [is_smooth(x) for x in xs[:n]])
            found = jvp(*fixed, tuple(_rebuilt(given, xs[:n])), directions)
            pair = _pair("custom_jvp", name, "the result of the rule", "a pair (output, tangent)", found)
            out, tangents = Arrays.of("custom_jvp", pair[0]), tree.map(_filled, pair[1])
            for place, t in enumerate(tree.leaves(tangents)):
                if not is_leaf(t) and place < len(out.tensors):
                    where, like = where_in("the tangent", out.treedef, place), described(out.tensors[place])
                    raise rule_output("custom_jvp", name, where, like, kind_text(t))
            along = Arrays.of("custom_jvp", tangents)
            if outs:
                _check_output("custom_jvp", name, "the output of the rule", outs[0], out)
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
        key = with_rule, tuple(specs), _known_by(fixed)
        if key in _state.programs:
            return _called_again(*_state.programs[key], tensors)
        try:
            fun_graph, fun_outer = close(flat_fun, specs)
        except DATA_DEPENDENT as error:
            if is_tracing():
                raise
            return directly(error)
        program = CustomJVP(fun_graph, fun_graph, n, name)

        def traced(active: Sequence[bool] | None) -> tuple[Any, list[Tensor]]:
            with _opened(key, program, outs[0]):
                return _tried("custom_jvp", name, functools.partial(flat_rule, active=active), [*specs, *specs])

        def fitted(rule: Any, rule_outer: list[Tensor]) -> Any:
            if not isinstance(rule, Graph):
                return rule
            return _widened(rule, n, n, rule_outer, place, [*full, *specs]).completed(program, n, n + len(outer))

        def special(active: tuple[bool, ...]) -> Graph | None:
            rule, rule_outer = traced(active)
            known = isinstance(rule, Graph) and all([id(x) in place for x in rule_outer])
            return fitted(rule, rule_outer) if known else None

        rule, rule_outer = traced(None)
        if isinstance(rule, DATA_DEPENDENT) and not is_tracing():
            return directly(rule)
        place, outer = _places(fun_outer, rule_outer)
        full = [*specs, *[Spec.of(x) for x in outer]]
        program.fun = _widened(fun_graph, n, 0, fun_outer, place, full)
        program.rule = fitted(rule, rule_outer)
        with _specialised(program, special if symbolic_zeros else None, lasting=not outer):
            return outs[0].rebuild(program(*tensors, *outer))

    return wrapping(fun, with_rule)


# Programs whose rules are being traced in this thread. A rule that calls its own function, as `fwd` mostly does, is
# given the program that is being made; what that closes over it is given afterwards, by `Graph.completed`.
class _Open(threading.local):
    def __init__(self) -> None:
        self.programs: dict[Any, tuple[Program, Arrays]] = {}


_state = _Open()
_DEEPEST: Final = 10  # rules within rules; 20 take seconds, and all that Python allows


@contextmanager
def _opened(key: Any, program: Program, out: Arrays) -> Generator[None]:
    before = _state.programs
    _state.programs = {**before, key: (program, out)}
    try:
        yield
    finally:
        _state.programs = before


@contextmanager
def _specialised(
    program: CustomVJP | CustomJVP, special: Callable[[tuple[bool, ...]], Any] | None, *, lasting: bool
) -> Generator[None]:
    """A block in which the program can have rules made for what is differentiated: what they close over is alive.

    Where they close over nothing it still can after the call, in the body of a loop or in a jitted function.
    """
    program.special = special
    try:
        yield
    finally:
        if not lasting:
            program.special = None


def _residuals_and_outputs(fwd: Graph, fun: Graph) -> list[Spec]:
    """The operands of a backward rule."""
    return [*fwd.outputs[len(fun.outputs) :], *fun.outputs]


def _known_by(x: Any) -> Any:
    """What stands for static arguments in a key: numbers and text by what they are, in lists of any kind too."""
    if isinstance(x, bool | int | float | complex | str | bytes | torch.dtype):
        return type(x), repr(x)
    if type(x) in (tuple, list):
        return type(x), tuple(map(_known_by, x))
    return id(x)


def _tried(kind: str, name: str, fun: Fun, specs: Sequence[Spec]) -> tuple[Graph | Exception, list[Tensor]]:
    """The closed graph, or the error of tracing it: it is one only where somebody asks for the derivative.

    A rule may call its function with another static argument each time, or a new function with a rule like its own, as
    that of the `n`-th derivative does: tracing would not end.
    """
    if len(_state.programs) > _DEEPEST:
        return endless_rule(kind, name, _DEEPEST), []
    try:
        return close(fun, specs)
    except Exception as error:
        return error, []


def _called_again(program: Program, out: Arrays, tensors: Sequence[Tensor]) -> Any:
    if current_level() is not None:  # the rule differentiates or maps its own function: that has no rule yet
        return out.rebuild(program.run(*tensors))
    return out.rebuild(program(*tensors))


def is_watched(tensors: Sequence[Tensor]) -> bool:
    """Whether some transform sees the arguments of a call: if not, it is the plain function."""
    if is_transformed() or is_tracing():
        return True
    return torch.is_grad_enabled() and any([x.requires_grad for x in tensors])


def _is_apart(tensors: Sequence[Tensor]) -> bool:
    """Whether a call is beside what is differentiated or mapped: a rule mostly calls its own function so.

    What the function closes over may still be; that shows in its result.
    """
    return not (is_tracing() or is_lifting() or any([is_fake(x) or is_followed(x) for x in tensors]))


def _is_any_seen(out: Any) -> bool:
    return any([isinstance(x, Tensor) and (is_fake(x) or is_followed(x)) for x in tree.leaves(out)])


def _plain(kind: str, name: str, fun: Fun, args: Sequence[Any]) -> Any:
    """The function itself, where no argument is differentiated; then nothing that it closes over may be."""
    out = fun(*args)
    if any([isinstance(x, Tensor) and x.requires_grad for x in tree.leaves(out)]) and torch.is_grad_enabled():
        raise closed_over(kind, name)
    return out


def _pair(kind: str, name: str, what: str, expected: str, given: Any) -> Any:
    """What a rule returned, which has to be a pair."""
    if not (isinstance(given, tuple | list) and len(given) == 2):
        raise rule_output(kind, name, what, expected, kind_text(given))
    return given


def wrapping(fun: Fun, wrapper: Fun) -> Fun:
    return functools.wraps(fun)(undisturbed(wrapper))


def merged(args: Sequence[Any], static: set[int], rest: Sequence[Any]) -> list[Any]:
    """All arguments again: the static ones where they were, the others from `rest`."""
    dynamic = iter(rest)
    return [a if i in static else next(dynamic) for i, a in enumerate(args)]


def _rebuilt(given: Sequence[Arrays], tensors: Sequence[Tensor]) -> list[Any]:
    """Arguments with other tensors in them."""
    rest = iter(tensors)
    return [a.rebuild([next(rest) for _ in a.tensors]) for a in given]


def _symbols(full: Any, known: Sequence[bool]) -> Any:
    """A tree of tangents or cotangents, with a `SymbolicZero` where there is none."""
    rest = iter(known)
    return tree.map(lambda x: x if next(rest) else SymbolicZero(tuple(x.shape), DTYPES[NAMES[x.dtype]]), full)


def _filled(t: Any) -> Any:
    """A tangent that a rule returned, as an array."""
    return torch.zeros(t.shape, dtype=NATIVE[t.dtype.name]) if isinstance(t, SymbolicZero) else t


def _check_output(kind: str, name: str, what: str, expected: Arrays, got: Arrays) -> None:
    if expected.treedef != got.treedef:
        raise rule_output(kind, name, what, outline(tree, expected.treedef), outline(tree, got.treedef))
    for place, (x, y) in enumerate(zip(expected.tensors, got.tensors, strict=True)):
        if y.dtype is not x.dtype and got.weak[place]:
            got.tensors[place] = y = y.to(x.dtype)
        if x.shape != y.shape or x.dtype is not y.dtype:
            raise rule_output(kind, name, what, described(x), described(y))


def _cotangents(name: str, given: Sequence[Arrays], cts: Any) -> list[Tensor]:
    """What a backward rule returned, as one tensor for each leaf of the arguments."""
    if not isinstance(cts, tuple | list) or len(cts) != len(given):
        raise rule_output("custom_vjp", name, "the result of bwd", for_each(len(given)), kind_text(cts))
    found: list[Tensor] = []
    for number, (a, ct) in enumerate(zip(given, cts, strict=True)):
        what = f"the cotangent of argument {number}"
        leaves = _spread(a, ct)
        if leaves is None:
            raise rule_output("custom_vjp", name, what, outline(tree, a.treedef), outline(tree, tree.structure(ct)))
        for place, (x, leaf) in enumerate(zip(a.tensors, leaves, strict=True)):
            if leaf is None or x.dtype not in INEXACT:
                found.append(Spec.of(x).zeros())  # `x` itself is none of bwd's inputs
                continue
            if not is_leaf(leaf := _filled(leaf)):
                raise rule_output("custom_vjp", name, where_in(what, a.treedef, place), described(x), kind_text(leaf))
            value = Arrays.of("custom_vjp", leaf)
            t = value.tensors[0]
            if t.dtype is not x.dtype and value.weak[0]:
                t = t.to(x.dtype)
            if t.shape != x.shape or t.dtype is not x.dtype:
                raise rule_output("custom_vjp", name, where_in(what, a.treedef, place), described(x), described(t))
            found.append(Spec.of(x).zeros() if isinstance(leaf, SymbolicZero) else t)  # on the device of `x`
    return found


def _spread(a: Arrays, ct: Any) -> list[Any] | None:
    """One cotangent or `None` for each leaf of an argument, or `None` where the trees do not fit.

    A `None` in the tree of cotangents stands for zeros in the place of a leaf or of a whole subtree.
    """
    full = a.restored(a.tensors)
    options: Any = {"none_is_leaf": True, "namespace": tree.NAMESPACE}
    try:
        each = optree.broadcast_prefix(ct, full, **options)
    except ValueError:
        return None
    given = [leaf for leaf in optree.tree_leaves(ct, **options) if leaf is not None]
    found = [c for c, x in zip(each, optree.tree_leaves(full, **options), strict=True) if x is not None]
    return found if sum(c is not None for c in found) == len(given) else None


def _places(*outers: Sequence[Tensor]) -> tuple[dict[int, int], list[Tensor]]:
    """The tensors that several graphs close over, each once, and the place of each."""
    outer = list({id(x): x for xs in outers for x in xs}.values())
    return {id(x): i for i, x in enumerate(outer)}, outer


def _widened(
    graph: Graph, n: int, after: int, outer: Sequence[Tensor], place: dict[int, int], inputs: Sequence[Spec]
) -> Graph:
    """A graph of `n` inputs, `after` more and what it closes over, as one of `n`, all outer tensors, and the more."""
    order = [*range(n), *[-1] * len(place), *range(n, n + after)]
    for i, x in enumerate(outer):
        order[n + place[id(x)]] = n + after + i
    return graph.reordered(order, inputs)
