"""The check that a backend's compiler changes nothing: what a row asks for, as one program, against eager calls.

The other checks replay a traced graph where a compiler takes seconds, and so see nothing of what it does to the graph:
how it fuses, vectorises, and puts updates in place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import dualgrad as dg
from dualgrad.testing._compare import dtype_of, same_leaves
from dualgrad.testing._flat import direction
from dualgrad.testing._row import (
    Split,
    array_function,
    arrays_in,
    batched,
    flat_row,
    split_row,
    to_host,
    weights_of,
)
from dualgrad.testing.scenario import Point, Scenario

__all__ = ["check_compiled"]

_WIDE = 16  # elements that a compiled loop over copies of a point has: more than one vector register holds


@dataclass(frozen=True)
class _Part:
    """A function that the program holds, what it is given, and how near the two results must be."""

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    rtol: float


def check_compiled(row: Scenario) -> None:
    """One compiled program gives what eager calls give: the value, its gradient, both mapped, the special points."""
    parts = {**_generic(row), **_special(row)}

    def whole(args: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
        return {name: part.fun(*args[name]) for name, part in parts.items()}

    args = {name: part.args for name, part in parts.items()}
    eager, compiled = to_host(whole(args)), to_host(dg.jit(whole)(args))
    for name, part in parts.items():
        same_leaves(compiled[name], eager[name], part.rtol, f"compiled {name} of {row.op}", dtypes=True)


def _generic(row: Scenario) -> dict[str, _Part]:
    """At the row's own arguments."""
    import numpy as np

    arrays = arrays_in(row.args)
    fun = array_function(row)
    parts = {"value": _Part(fun, _native(arrays), row.rtol)}
    if row.vmap:
        parts["mapped value"] = _Part(dg.vmap(fun), _native(map(batched, arrays)), row.rtol)
    if not row.wrt or row.order < 1:
        return parts
    flat = flat_row(row)
    point, stack, cts = _native(flat.point), _native(map(batched, flat.point)), _native(weights_of(flat))

    def gradient(*xs: Any) -> tuple[Any, ...]:
        return flat.pull(*xs, *cts)

    parts["gradient"] = _Part(gradient, point, 100 * row.rtol)
    if row.vmap:
        parts["mapped gradient"] = _Part(dg.vmap(gradient), stack, 100 * row.rtol)
    if row.vmap and row.order >= 2:
        rng = np.random.default_rng(2)
        tangents = _native(direction(x, rng) for x in flat.point)
        second = dg.vmap(lambda *xs: dg.jvp(gradient, xs, tangents)[1])
        parts["mapped second derivative"] = _Part(second, stack, 1e4 * row.rtol)
    return parts


def _special(row: Scenario) -> dict[str, _Part]:
    """At its special points, of which those that differ in nothing but numbers are the elements of one map."""
    import numpy as np

    groups: dict[Any, list[Any]] = {}
    for point in row.points:
        split = split_row(_differentiated(row, point), point.args)
        groups.setdefault(split.key, []).append(split)
    parts: dict[str, _Part] = {}
    for splits in groups.values():
        one = _value_and_gradient(splits[0])
        if not row.vmap:
            for s in splits:
                parts[f"special point {len(parts)}"] = _Part(one, (_native(s.diff), _native(s.rest)), 1e-12)
            continue
        chosen = splits * -(-_WIDE // len(splits))
        stacks = [map(np.stack, zip(*xs, strict=True)) for xs in ([s.diff for s in chosen], [s.rest for s in chosen])]
        parts[f"special points {len(parts)}"] = _Part(dg.vmap(one), tuple(map(_native, stacks)), 1e-12)
    return parts


def _value_and_gradient(split: Split) -> Callable[[tuple[Any, ...], tuple[Any, ...]], Any]:
    def both(diff: tuple[Any, ...], rest: tuple[Any, ...]) -> Any:
        def total(*xs: Any) -> Any:
            return sum(dg.sum(dg.real(y) if "complex" in dtype_of(y) else y) for y in split.fun(xs, rest))

        return split.fun(diff, rest), dg.grad(total, argnums=tuple(range(len(diff))))(*diff) if diff else ()

    return both


def _differentiated(row: Scenario, point: Point) -> Scenario:
    """The row with what is differentiated at a point: of one that is flat everywhere, what it has gradients for."""
    return replace(row, wrt=row.wrt or tuple(range(len(point.grads or ()))))


def _native(arrays: Any) -> tuple[Any, ...]:
    return tuple(dg.asarray(x) for x in arrays)
