"""Every construct under every way to transform it, eager, jitted and of a jitted function, on both backends.

Each cell is compared with the construct's plain program in the same way on the same backend, and with the other
backend; where a construct refuses a way, both say so in the same words. The rows and columns are in
`dualgrad.testing`. `DUALGRAD_MATRIX=full`, as `make test-full` sets it, runs every cell in every form and compiles the
jitted ones. Without it, torch runs every cell eagerly, and two thirds of them in one of the other two forms too, which
take turns with ways and constructs (of a way of higher order, which takes ten times as long traced, two fifths); traced
graphs are replayed, and a chosen part compiled; one jitted function serves all ways of a construct. JAX, which has no
replay and compiles even what is eager, runs each cell in the one form that has `jit` both inside and outside, the cells
of a construct in one program, which takes two thirds of the time; and the plain programs are run on torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing.constructs import CONSTRUCTS, Construct, Refusal
from dualgrad.testing.ways import POINT, WAYS

BACKENDS = ("jax", "torch")
FULL = os.environ.get("DUALGRAD_MATRIX") == "full"
BOTH = "jit of a jitted function"
COMPILER = "inductor" if FULL else "replay"
FORMS = {
    "torch": ("eager", "jit", "of a jitted function"),
    "jax": ("eager", "jit", "of a jitted function") if FULL else (BOTH,),
}
HIGHER = {"hessian", "hvp", "vmap(hessian)", "vmap(grad(vmap))", "grad(grad)", "grad(grad(grad))"}
CHOSEN = (
    ("scan, closed-over weights, dict carry with a counter", "grad"),
    ("scan, closed-over weights, dict carry with a counter", "vmap(hessian)"),
    ("while_loop, max_steps", "vmap(grad)"),
    ("custom_vjp in scan", "grad(grad)"),
    ("checkpoint of scan", "hessian"),
    ("scan of checkpoint", "grad(grad)"),
    ("cond in scan", "hessian"),
    ("ppermute", "vmap(grad)"),
)

Result = list[Any] | Exception


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


def form(name: str, compiler: str | None, way: Callable[..., Any], fun: Any, jitted: Any) -> Callable[[Any], Any]:
    """A way to transform a function, in one of the three forms of each; `jitted` is that function jitted."""
    inner = jitted if name.endswith("of a jitted function") else fun
    outer = partial(dg.jit, compiler=compiler) if name.startswith("jit") else lambda whole: whole
    return outer(lambda x: way(inner, x))


def forms(backend: str, construct: str, way: str) -> tuple[str, ...]:
    """The forms in which a cell is run."""
    if FULL or backend == "jax":
        return FORMS[backend]
    eager, *traced = FORMS[backend]
    turns = [(form,) for form in traced] + [()] * (3 if way in HIGHER else 1)
    return (eager, *turns[(list(CONSTRUCTS).index(construct) + list(WAYS).index(way)) % len(turns)])


def at_once(construct: Construct) -> dict[str, Result]:
    """What the ways that a construct does not refuse give in one program; nothing where one of them fails."""
    inner = dg.jit(construct.program, compiler=COMPILER)
    ways = {name: way for name, way in WAYS.items() if name not in construct.refusals}
    whole = dg.jit(lambda x: {name: way(inner, x) for name, way in ways.items()}, compiler=COMPILER)
    try:
        return {name: numbers(found) for name, found in whole(dg.asarray(POINT)).items()}
    except Exception:  # which one it is, each by itself tells
        return {}


def numbers(tree: Any) -> list[Any]:
    return [np.asarray(dg.to_numpy(dg.asarray(leaf))) for leaf in dg.tree.leaves(tree)]


def outcome(call: Callable[[Any], Any]) -> Result:
    try:
        return numbers(call(dg.asarray(POINT)))
    except Exception as error:  # whatever it is, the cell says so beside its name
        return error


def difference(got: Result, expected: Result) -> str | None:
    """What tells two results apart, if anything does."""
    if isinstance(got, Exception) or isinstance(expected, Exception):
        same = (type(got), str(got)) == (type(expected), str(expected))
        return None if same else f"{got!r} instead of {expected!r}"
    if [(g.shape, g.dtype) for g in got] != [(e.shape, e.dtype) for e in expected]:
        return f"{got} instead of {expected}"
    try:
        for g, e in zip(got, expected, strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-12)
    except AssertionError as error:
        return str(error)
    return None


def fault(got: Result, plain: Result, refusal: Refusal | None) -> str | None:
    """What is wrong with a cell on one backend."""
    if refusal is None:
        return difference(got, plain)
    if isinstance(got, refusal.error) and str(got).startswith(refusal.words):
        return None
    return f"{got!r} instead of {refusal.error.__name__}: {refusal.words}"


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_construct_equals_its_plain_program_in_every_way_on_both_backends(name: str) -> None:
    construct: Construct = CONSTRUCTS[name]
    plain: dict[str, dict[str, Result]] = {}
    got: dict[tuple[str, str, str], Result] = {}
    for backend in BACKENDS:
        with dg.use_backend(backend):
            if FULL or backend == "torch":
                ways = [way for way in WAYS if way not in construct.refusals]
                plain[backend] = {way: outcome(partial(WAYS[way], construct.plain)) for way in ways}
            found = at_once(construct) if FORMS[backend] == (BOTH,) else {}
            got |= {(backend, way, BOTH): result for way, result in found.items()}
            jitted = dg.jit(construct.program, compiler=COMPILER)
            for way in [way for way in WAYS if way not in found]:
                if backend == "jax":  # a program that JAX knows already is refused without the name of its function
                    jitted = dg.jit(construct.program, compiler=COMPILER)
                for of in forms(backend, name, way):
                    got[backend, way, of] = outcome(form(of, COMPILER, WAYS[way], construct.program, jitted))

    faults: dict[tuple[str, str, str], str] = {}
    for (backend, way, of), result in got.items():
        reference = plain.get(backend, plain["torch"]).get(way, [])
        wrong = fault(result, reference, construct.refusals.get(way)) or difference(result, got["torch", way, "eager"])
        if wrong:
            faults[backend, way, of] = wrong
    assert faults == {}


@pytest.mark.parametrize(("name", "way"), CHOSEN)
def test_compiled_cell_equals_the_plain_program(name: str, way: str) -> None:
    with dg.use_backend("torch"):
        got = outcome(form("jit", "inductor", WAYS[way], CONSTRUCTS[name].program, None))
        plain = outcome(partial(WAYS[way], CONSTRUCTS[name].plain))

    assert difference(got, plain) is None
