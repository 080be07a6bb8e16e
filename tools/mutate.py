"""Plant wrong derivatives in randomly chosen rules of each backend, and see whether the tables notice.

A mutant is an op of a backend whose values are right and whose derivative is wrong in one way: scaled, of the wrong
sign, without one argument, with another curvature, wrong at zeros only, or wrong in one mode while the other is right;
or one whose values are wrong under `vmap` only or in a trace only. It stands in the backend's place of the op while the
checks run that `make test` makes of that op: special points, the divergence table, forward mode, reverse mode, second
order, `vmap`, `jit`. One that passes all of them is a hole in the tables.

Usage: `python tools/mutate.py [--count 40] [--seed 0] [--backend NAME] [--write]`; `--write` puts the report into
`docs/mutations.md`. Exits 1 where a mutant was not caught.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# As in tests/conftest.py: nearly all of the time is compiling.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import numpy as np

import dualgrad as dg
from dualgrad.testing import Scenario, _row
from dualgrad.testing._checks import CHECKS, Check, applies
from dualgrad.testing._compare import activate, is_inexact
from dualgrad.testing._special_points import wrong_points
from dualgrad.testing.conformance import gap_of
from dualgrad.testing.divergences import all_divergences
from dualgrad.testing.scenarios import all_gaps, all_rows, quick_rows

REPORT = Path(__file__).resolve().parents[1] / "docs" / "mutations.md"
ORDER: tuple[Check, ...] = ("fwd", "rev", "points", "vmap", "jit", "order2")
Op = Callable[..., Any]


def scaled(by: float) -> Callable[[Op, Scenario], Op]:
    """A derivative that is `by` times the right one."""

    def plant(op: Op, row: Scenario) -> Op:
        def add(y: Any) -> Any:
            moved = (
                dg.where(dg.isfinite(y), y - dg.stop_gradient(y), 0.0)
                if "float" in str(y.dtype)
                else y - dg.stop_gradient(y)
            )
            return dg.astype(y + (by - 1.0) * moved, y.dtype)

        return lambda *args, **kwargs: mapped(add, op(*args, **kwargs))

    return plant


def without_argument(op: Op, row: Scenario) -> Op:
    """A derivative that leaves out the last differentiated argument."""
    return lambda *args, **kwargs: op(
        *[dg.stop_gradient(x) if i == row.wrt[-1] else x for i, x in enumerate(args)], **kwargs
    )


def bent(op: Op, row: Scenario) -> Op:
    """A wrong second derivative; value and derivative are right."""

    def add(y: Any) -> Any:
        moved = y - dg.stop_gradient(y)
        return y + 0.1 * moved * moved

    return lambda *args, **kwargs: mapped(add, op(*args, **kwargs))


def one_sided(forward: float, reverse: float) -> Callable[[Op, Scenario], Op]:
    """A derivative that is `forward` times the right one in forward mode, `reverse` times in reverse mode."""

    def plant(op: Op, row: Scenario) -> Op:
        def add(y: Any) -> Any:
            moved = dg.where(dg.isfinite(y), y - dg.stop_gradient(y), 0.0)
            return dg.astype(dg.stop_gradient(y) + skewed(moved, forward, reverse), y.dtype)

        return lambda *args, **kwargs: mapped(add, op(*args, **kwargs))

    return plant


def twice_reversed(op: Op, row: Scenario) -> Op:
    """A second derivative that is wrong by reverse mode twice, and right by the three ways that forward mode is in."""

    def add(y: Any) -> Any:
        moved = skewed(dg.where(dg.isfinite(y), y - dg.stop_gradient(y), 0.0), 0.0, 1.0)
        return dg.astype(y + 0.1 * moved * moved, y.dtype)

    return lambda *args, **kwargs: mapped(add, op(*args, **kwargs))


def at_zero(op: Op, row: Scenario) -> Op:
    """A derivative that is one too large where the argument is 0, and right everywhere else: another convention."""

    def mutant(*args: Any, **kwargs: Any) -> Any:
        x = args[row.wrt[0]]
        moved = dg.where(dg.equal(x, 0.0), x - dg.stop_gradient(x), 0.0)
        return mapped(lambda y: y + (moved if y.shape == x.shape else dg.sum(moved)), op(*args, **kwargs))

    return mutant


def only_where(holds: Callable[[Any], bool]) -> Callable[[Op, Scenario], Op]:
    """Values that are a thousandth too large where something holds of an argument, derivatives with them."""

    def plant(op: Op, row: Scenario) -> Op:
        def mutant(*args: Any, **kwargs: Any) -> Any:
            y = op(*args, **kwargs)
            wrong = any(holds(x) for x in dg.tree.leaves((args, kwargs)))
            return mapped(lambda z: dg.astype(1.001 * z, z.dtype), y) if wrong else y

        return mutant

    return plant


def is_mapped(x: Any) -> bool:
    """Whether an array is one element of a mapped one."""
    if dg.get_backend().name == "jax":
        return "Batch" in type(getattr(x, "_trace", None)).__name__
    import torch
    from torch._C import _functorch  # pyright: ignore[reportAttributeAccessIssue]  # made in C++

    return isinstance(x, torch.Tensor) and _functorch.is_batchedtensor(x)


def is_traced(x: Any) -> bool:
    """Whether an array stands for one of a program that is being traced."""
    if dg.get_backend().name == "jax":
        return "Jaxpr" in type(getattr(x, "_trace", None)).__name__
    from dualgrad.backends.torch._private import is_tracing

    return is_tracing()


KINDS: dict[str, Callable[[Op, Scenario], Op]] = {
    "scaled by 1.001": scaled(1.001),
    "of the wrong sign": scaled(-1.0),
    "without the last argument": without_argument,
    "wrong second derivative": bent,
    "wrong at zeros only": at_zero,
    "scaled by 1.001 in forward mode only": one_sided(1.001, 1.0),
    "scaled by 1.001 in reverse mode only": one_sided(1.0, 1.001),
    "0 in forward mode only": one_sided(0.0, 1.0),
    "wrong by reverse mode twice only": twice_reversed,
    "right, and its values wrong under vmap only": only_where(is_mapped),
    "right, and its values wrong in a trace only": only_where(is_traced),
}
WAYS: dict[str, Check] = {
    "right, and its values wrong under vmap only": "vmap",
    "right, and its values wrong in a trace only": "jit",
}
SECOND = ("wrong second derivative", "wrong by reverse mode twice only")


def skewed(x: Any, forward: float, reverse: float) -> Any:
    """`x`, with tangents times `forward` and cotangents times `reverse`, which no rule of dualgrad's can say."""
    plant = _skewed_jax if dg.get_backend().name == "jax" else _skewed_torch
    return plant(x, forward, reverse)


def _skewed_jax(x: Any, forward: float, reverse: float) -> Any:
    import jax

    @jax.custom_jvp
    def skew(x: Any) -> Any:
        return x

    @skew.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        scale = _scaling_jax()
        return primals[0], scale.bind(tangents[0], forward=forward, reverse=reverse)

    return skew(x)


@cache
def _scaling_jax() -> Any:
    """A linear function, times `forward`, and its transpose, times `reverse`."""
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir

    scale = Primitive("planted_scale")
    scale.def_impl(lambda x, *, forward, reverse: x * forward)
    scale.def_abstract_eval(lambda x, **_: x)
    mlir.register_lowering(scale, mlir.lower_fun(lambda x, *, forward, reverse: x * forward, multiple_results=False))
    ad.deflinear2(scale, lambda ct, _, *, forward, reverse: [scale.bind(ct, forward=reverse, reverse=forward)])
    batching.defvectorized(scale)
    return scale


def _skewed_torch(x: Any, forward: float, reverse: float) -> Any:
    from dualgrad.backends.torch._private import Function, forward_rule

    class Skew(Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x.clone()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def backward(ctx: Any, *grad_outputs: Any) -> Any:
            return grad_outputs[0] * reverse

        @forward_rule
        def jvp(saved: Any, t: Any) -> Any:
            return t * forward

    return Skew.apply(x)


def mapped(fun: Callable[[Any], Any], tree: Any) -> Any:
    """`fun` of the floating-point and complex arrays of a result."""
    return dg.tree.map(lambda y: fun(y) if is_inexact(y) else y, tree)


@dataclass(frozen=True)
class Mutant:
    """An op of a backend and how its derivative is wrong."""

    row: Scenario
    kind: str


def candidates() -> list[Mutant]:
    """Every mutant that is one: its derivative differs from the right one somewhere that the op's users may see."""
    found: list[Mutant] = []
    divergent = {row.op for row in all_divergences()}
    for row in quick_rows(all_rows()):
        if not row.wrt or row.order < 1 or row.heavy or row.op in FLAT or row.op.startswith("random."):
            continue
        for kind in KINDS:
            if kind in SECOND and row.order < 2:
                continue
            if kind in WAYS and not applies(WAYS[kind], row):
                continue
            if kind == "wrong at zeros only" and not (row.op in divergent and has_zero(row)):
                continue
            found.append(Mutant(row, kind))
    return found


# Their derivative is 0 everywhere, so that a multiple of it is right.
FLAT = frozenset({"floor_divide", "nextafter", "heaviside", "special.gammasgn"})


def has_zero(row: Scenario) -> bool:
    """Whether a table has a derivative of the op where its first differentiated argument is 0."""
    points = [(p.args, p.grads) for r in all_divergences() if r.op == row.op and r.fun is None for p in r.points]
    first = row.wrt[0]
    return any(
        g is not None
        and first < len(args)
        and np.asarray(args[first]).dtype.kind == "f"
        and np.any(np.asarray(args[first]) == 0)
        and np.isfinite(np.asarray(g[0], float)).all()  # one more than an infinity is the same
        for args, g in points
    )


@contextmanager
def planted(backend: str, mutant: Mutant) -> Generator[list[bool]]:
    """The backend with the mutant in the place of its op; yields whether it has been called."""
    space, _, name = mutant.row.op.rpartition(".")
    owner = dg.get_backend(backend)
    owner = getattr(owner, space, None) if space else owner  # a namespace may be made of compositions alone
    original = getattr(owner, name, None)
    if original is None:  # a composition of other ops
        yield [False]
        return
    _row._flat.clear()  # pyright: ignore[reportPrivateUsage]
    mutated, called = KINDS[mutant.kind](original, mutant.row), [False]

    inside: list[bool] = []  # a mutant of an op that mutants are made of is not made of itself

    def op(*args: Any, **kwargs: Any) -> Any:
        if inside:
            return original(*args, **kwargs)
        called[0] = True
        inside.append(True)
        try:
            return mutated(*args, **kwargs)
        finally:
            inside.clear()

    setattr(owner, name, op)
    try:
        yield called
    finally:
        setattr(owner, name, original)
        _row._flat.clear()  # pyright: ignore[reportPrivateUsage]


def caught_by(mutant: Mutant) -> str:
    """The first check that fails, or nothing."""
    row = mutant.row
    # What is wrong in a way of running is to be found there: derivatives on JAX are taken in a trace.
    for check in (WAYS[mutant.kind],) if mutant.kind in WAYS else ORDER:
        if applies(check, row) and gap_of(all_gaps(), check, row) is None:
            try:
                CHECKS[check](row)
            except AssertionError:
                return check
    return "divergences" if wrong_points([r for r in all_divergences() if r.op == row.op]) else ""


def main() -> int:
    """Plant, check, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="mutants of each backend")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", choices=("jax", "torch"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    results = {
        name: sample(name, options.count, options.seed) for name in ("jax", "torch") if options.backend in (None, name)
    }
    for name, found in results.items():
        caught = sum(bool(check) for _, check in found)
        print(f"{name}: {caught} of {len(found)} caught")
    if options.write:
        REPORT.write_text(report(results, options.seed))
    return 0 if all(check for found in results.values() for _, check in found) else 1


def sample(backend: str, count: int, seed: int) -> list[tuple[Mutant, str]]:
    """Random mutants and which check caught each."""
    pool = candidates()
    order = np.random.default_rng(seed).permutation(len(pool))
    found: list[tuple[Mutant, str]] = []
    with activate(backend):
        for mutant in (pool[i] for i in order):
            if len(found) == count:
                break
            start = time.monotonic()
            with planted(backend, mutant) as called:
                check = caught_by(mutant)
            if not called[0]:
                continue
            found.append((mutant, check))
            seconds = time.monotonic() - start
            print(f"{backend} {mutant.row.op}, {mutant.kind}: {check or 'NOT CAUGHT'} ({seconds:.1f} s)", flush=True)
    return found


def report(results: dict[str, list[tuple[Mutant, str]]], seed: int) -> str:
    """The page of mutants."""
    lines = [
        "<!-- Written by tools/mutate.py; do not edit. -->",
        "",
        "# Planted faults",
        "",
        "Ops chosen at random, each with right values and a wrong derivative, or with values that are wrong under "
        "`vmap` or in a trace only, and the first check of `make test` that fails for it: `make mutation` "
        f"(seed {seed}).",
    ]
    for name, found in results.items():
        caught = sum(bool(check) for _, check in found)
        lines += [
            "",
            f"## {name}: {caught} of {len(found)} caught",
            "",
            "| op | its derivative is | caught by |",
            "|---|---|---|",
        ]
        lines += [f"| `{m.row.op}` | {m.kind} | {check or '**nothing**'} |" for m, check in found]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
