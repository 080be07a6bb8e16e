"""What a jitted function costs, as XLA counts it, and loops by their length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, jaxpr_as_fun

from dualgrad._results import Cost
from dualgrad.backends.jax.jit import jit_trace

__all__ = ["jit_cost"]

Counts = tuple[float, float]


def jit_cost(fun: Any, /, *args: Any, **kwargs: Any) -> Cost:
    """Operations, bytes and memory of a jitted function, which is compiled for it and not run."""
    traced = jit_trace(fun, *args, **kwargs)[1]
    compiled = traced.lower().compile()
    memory = compiled.memory_analysis()
    ops, moved = _plus(_counts(compiled), _further_steps(traced.jaxpr.jaxpr))
    peak = memory.output_size_in_bytes + memory.temp_size_in_bytes - memory.alias_size_in_bytes
    return Cost(operations=ops, bytes_accessed=moved, peak_memory=peak)


def _counts(compiled: Any) -> Counts:
    found = compiled.cost_analysis()
    return found.get("flops", 0.0) + found.get("transcendentals", 0.0), found.get("bytes accessed", 0.0)


def _further_steps(jaxpr: Jaxpr) -> Counts:
    """What the loops of known length do after their first step: XLA counts the body of a loop once."""
    total = 0.0, 0.0
    for eqn in jaxpr.eqns:
        inner = [_further_steps(j) for j in _within(eqn.params)]
        if eqn.primitive.name == "cond":
            total = _plus(total, max(inner, default=(0.0, 0.0)))
        elif eqn.primitive.name == "scan" and eqn.params["length"] > 0:
            body, length = eqn.params["jaxpr"], eqn.params["length"]
            ops, moved = _plus(_counts(jax.jit(jaxpr_as_fun(body)).lower(*body.in_avals).compile()), inner[0])
            first = inner[0]
            total = _plus(total, ((length - 1) * ops + first[0], (length - 1) * moved + first[1]))
        else:
            for counts in inner:
                total = _plus(total, counts)
    return total


def _within(params: dict[str, Any]) -> Iterator[Jaxpr]:
    """The programs that an equation holds."""
    for value in params.values():
        for part in value if isinstance(value, tuple | list) else (value,):
            if isinstance(part, ClosedJaxpr):
                yield part.jaxpr
            elif isinstance(part, Jaxpr):
                yield part


def _plus(a: Counts, b: Counts) -> Counts:
    return a[0] + b[0], a[1] + b[1]
