"""Which op is to blame: every op of a program is run by itself on both backends, from the same inputs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import dualgrad as dg
from dualgrad._portable.places import place_of
from dualgrad.protocol import Backend
from dualgrad.testing._compare import activate, is_inexact
from dualgrad.testing._recording import Event, raising, recorded
from dualgrad.testing._referee import compared, verdict
from dualgrad.testing._references import by_dtype, by_reference, by_signature
from dualgrad.testing._row import map_arrays
from dualgrad.testing._runs import RUNNERS, ArgumentChangedError, Case, Transform, difference
from dualgrad.testing._subgradient import promised

__all__ = ["Finding", "bisected", "raised_in"]

_LOCAL: Final[dict[Transform, tuple[Transform, ...]]] = {
    "value": ("value",),
    "grad": ("value", "vjp", "jvp"),
    "vjp": ("value", "vjp", "jvp"),
    "jvp": ("value", "jvp", "vjp"),
    "hessian": ("value", "vjp", "jvp", "hessian"),
    "vmap": ("value", "vmap"),
    "jit": ("value", "jit"),
}
_DERIVATIVES: Final = frozenset({"grad", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "value_and_grad", "vjp"})
_SECOND: Final = frozenset({"hessian"})
_BY_KINK: Final = "what is promised at a kink"
_WORDS: Final[dict[str, str]] = {
    "value": "value",
    "vjp": "vjp (reverse mode)",
    "jvp": "jvp (forward mode)",
    "hessian": "second derivative",
    "vmap": "vmap",
    "jit": "jit",
}


@dataclass(frozen=True)
class Finding:
    """What the bisection says.

    Attributes:
        text: The line of a message that names the first op that differs by itself, or says why none can be named.
        blames: Whether an op is named that differs from the same inputs.
        at_kink: Whether it was judged by the rule of kinks, where finite differences of the program say nothing.
    """

    text: str
    blames: bool = False
    at_kink: bool = False


def bisected(transform: Transform, case: Case, a: str | Backend, b: str | Backend) -> Finding:
    """Which op of a program is to blame for a difference between two backends."""
    try:
        traces = _traces("value", case, (a, b))
        # The ops of backward rules run only where the derivative is taken.
        deeper = _traces(transform, case, (a, b)) if transform in ("grad", "vjp", "jvp", "hessian") else traces
        plain = [event for event in traces[0] if not event.holds_functions]
        rules = [event for event in deeper[0] if not event.holds_functions] if deeper is not traces else []
        kinds = _kinds(transform, traces[0])
        found = (
            _first_changing(traces, (a, b))
            or _first_wrong(kinds, plain, case, a, b)
            or _first_wrong(("value",), rules, case, a, b)
            or _first_wrong(kinds, [event for event in traces[0] if event.holds_functions], case, a, b)
        )
        if found:
            return Finding(f"Bisection: {found}", True, _BY_KINK in found)
        found = _first_restructured(plain, case, a, b) or _first_apart(traces, case, a, b)
        found = found or _first_apart(deeper, case, a, b)
    except Exception as error:
        return Finding(f"Bisection: the ops could not be recorded: {type(error).__name__}: {error!s:.200}")
    return Finding(
        "Bisection: " + (found or "every op agrees by itself; something beside dg's ops makes the difference.")
    )


def raised_in(transform: Transform, case: Case, backend: str | Backend, error: BaseException) -> str:
    """The op that raises on a backend, with the user's line, or that line alone; empty where neither is known."""
    try:
        with activate(backend, case.x64):
            event = raising(backend, lambda fun: RUNNERS[transform](fun, case.args), case.fun)
    except Exception:
        event = None
    return str(event or place_of(error) or "")


def _kinds(transform: Transform, events: Sequence[Event]) -> tuple[Transform, ...]:
    """What each op is compared in: also derivatives where the program takes some itself."""
    kinds = _LOCAL[transform]
    paths = {event.path for event in events}
    if paths & _DERIVATIVES and "vjp" not in kinds:
        kinds = (*kinds, "vjp", "jvp")
    if paths & _SECOND and "hessian" not in kinds:
        kinds = (*kinds, "hessian")
    return (*kinds, "vmap") if "vmap" in paths and "vmap" not in kinds else kinds


def _traces(transform: Transform, case: Case, backends: Sequence[str | Backend]) -> list[list[Event]]:
    """The events on each backend: operators included, if no function of a framework's own is in the way."""
    try:
        return [_trace(backend, transform, case, True) for backend in backends]
    except Exception:
        return [_trace(backend, transform, case, False) for backend in backends]


def _trace(backend: str | Backend, transform: Transform, case: Case, stand_ins: bool) -> list[Event]:
    with activate(backend, case.x64):

        def run(fun: Any) -> None:
            with contextlib.suppress(ArgumentChangedError):  # which op does it is what is asked
                RUNNERS[transform](fun, case.args)

        return recorded(backend, run, case.fun, stand_ins)


def _first_wrong(
    kinds: Sequence[Transform], events: Sequence[Event], case: Case, a: str | Backend, b: str | Backend
) -> str | None:
    """The first op that gives different results for the same inputs."""
    names = [x if isinstance(x, str) else x.name for x in (a, b)]
    raised: str | None = None
    for event in events:
        if event.path.startswith("native"):
            continue
        for inputs, _ in event.seen:
            for kind, local in _local_cases(kinds, event, inputs, case):
                results = local.run(a, kind), local.run(b, kind)
                failed = [isinstance(r, Exception) for r in results]
                if all(failed) or (any(failed) and event.holds_functions):
                    break  # it needs what only its own run had
                if any(failed):
                    error = results[failed.index(True)]
                    raised = raised or (
                        f"{event}: from the same inputs its {_WORDS[kind]} runs on {names[failed.index(False)]!r} and "
                        f"raises on {names[failed.index(True)]!r}: {type(error).__name__}: {error!s:.200}"
                    )
                    continue
                found = local.differ(kind, a, b, results, jumps=not _rounds(event))
                if found:
                    why = _judged(kind, found, event, inputs, local, (a, results[0]), (b, results[1]), names)
                    return f"{event}: its {_WORDS[kind]} differs from the same inputs: {found}\n{why}"
    return raised


def _first_changing(traces: Sequence[Sequence[Event]], backends: Sequence[str | Backend]) -> str | None:
    """The first op that changes one of its arguments."""
    for trace, backend in zip(traces, backends, strict=True):
        name = backend if isinstance(backend, str) else backend.name
        for event in trace:
            if event.changes and not event.holds_functions:
                return f"{event}: it changes its argument in place on {name!r}.\nReferee: {name!r} is wrong."
    return None


def _first_restructured(events: Sequence[Event], case: Case, a: str | Backend, b: str | Backend) -> str | None:
    """The first op whose result is another kind of tree."""
    names = [x if isinstance(x, str) else x.name for x in (a, b)]
    for event in events:
        results: list[Any] = []
        for backend in (a, b):
            with activate(backend, case.x64):
                results.append(event.result(*map_arrays(dg.asarray, event.seen[0][0])))
        kinds = [dg.tree.structure(result) for result in results]
        if kinds[0] != kinds[1]:
            why = by_signature(event, (results[0], results[1]), names) or "No referee for this structure."
            return f"{event}: its result has the structure {kinds[0]} against {kinds[1]}\n{why}"
    return None


def _rounds(event: Event) -> bool:
    """Whether rounding inside an op may decide on which side of a kink or step its result is."""
    space, _, name = event.path.rpartition(".")
    return event.composed or space in ("image", "random") or (space == "linalg" and not name.endswith("norm"))


def _judged(
    kind: Transform,
    found: str,
    event: Event,
    inputs: list[Any],
    local: Case,
    a: tuple[str | Backend, Any],
    b: tuple[str | Backend, Any],
    names: list[str],
) -> str:
    """The referee's lines for one op."""
    results = a[1], b[1]
    if "dtype" in found:
        return by_dtype(event, inputs, results, names, local.x64) or "No referee for this dtype."
    truth = promised(event.path, kind, local, (a[0], b[0]))
    if truth is not None:
        return compared(names, results, [truth] * 2, [_BY_KINK] * 2)
    why = verdict(kind, local, a, b)
    if kind == "value" and ("is wrong" not in why or "eagerly" in why):
        return by_reference(event, inputs, results, names) or why
    return why


def _local_cases(
    kinds: Sequence[Transform], event: Event, inputs: list[Any], case: Case
) -> Iterator[tuple[Transform, Case]]:
    """The comparisons that tell whether an op is to blame for what a transform does."""
    everything = replace(case, fun=event.apply, args=tuple(inputs))
    smooth = [i for i, x in enumerate(inputs) if is_inexact(x)]
    for kind in kinds:
        if kind in ("value", "vmap", "jit"):
            yield kind, everything
        elif smooth:

            def fun(*arrays: Any) -> Any:
                full = [dg.asarray(x) for x in inputs]
                for i, x in zip(smooth, arrays, strict=True):
                    full[i] = x
                return event.apply(*full)

            yield kind, replace(case, fun=fun, args=tuple(inputs[i] for i in smooth))


def _first_apart(traces: Sequence[Sequence[Event]], case: Case, a: str | Backend, b: str | Backend) -> str | None:
    """Where two runs of the program part: another op, or the first result that differs although its inputs do not."""
    names = [x if isinstance(x, str) else x.name for x in (a, b)]
    before: Event | None = None
    for one, other in zip(*traces, strict=False):
        if (one.path, _line(one)) != (other.path, _line(other)):
            return f"the program does not run the same ops: {one} on {names[0]!r}, {other} on {names[1]!r}."
        inputs = difference(one.seen[0][0], other.seen[0][0], 1e3 * case.rtol)
        if inputs:
            return f"the inputs of {one} differ already ({inputs}); something beside dg's ops makes them" + (
                f", after {before}." if before else "."
            )
        outputs = difference(one.seen[0][1], other.seen[0][1], 1e3 * case.rtol)
        if outputs:
            inputs = one.seen[0][0]
            local = replace(case, fun=one.apply, args=tuple(inputs))
            sides = (a, one.seen[0][1]), (b, other.seen[0][1])
            why = _judged("value", outputs, one, inputs, local, *sides, names)
            return f"{one}: its result differs from the same inputs where it ran: {outputs}\n{why}"
        before = one
    longer = max(traces, key=len)
    shorter = min(traces, key=len)
    if len(longer) > len(shorter):
        name = names[0] if longer is traces[0] else names[1]
        return f"the program does not run the same ops: only {name!r} runs {longer[len(shorter)]}."
    return None


def _line(event: Event) -> tuple[str, int]:
    return (event.place.filename, event.place.lineno) if event.place else ("", 0)
