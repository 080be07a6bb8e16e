"""Row by row, JAX and torch give the same values, dtypes, shapes and derivatives, in every dtype and for scalars."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing import Scenario
from dualgrad.testing._compare import activate, dtype_of, host, mismatch, rtol_of
from dualgrad.testing._flat import cotangent, direction, native
from dualgrad.testing._row import arrays_in, flat_row, lookup, map_arrays, program, split_row
from dualgrad.testing.conformance import gap_of
from dualgrad.testing.scenario import Point
from dualgrad.testing.scenarios import all_gaps, all_rows, quick_rows

BACKENDS = ("jax", "torch")
Result = list[tuple[str, Any]] | Exception


def params(check: str = "agreement") -> Iterator[Any]:
    """Every row; one whose agreement is a known gap must fail."""
    for row in all_rows():
        gap = gap_of(all_gaps(), check, row)
        marks = [pytest.mark.xfail(reason=gap.reason, strict=True)] if gap else []
        yield pytest.param(row, id=row.id, marks=marks)


ROWS = list(params())
_SMOOTH = [row for row in all_rows() if row.wrt and row.order]
# `make test-full` takes all of them.
_FULL = os.environ.get("DUALGRAD_CONFORMANCE") == "eager"
CONVERTED = {row.id for row in (all_rows() if _FULL else quick_rows(all_rows(), all_gaps())) if _FULL or not row.heavy}
DIFFERENTIATED = {row.id for row in (_SMOOTH if _FULL else quick_rows(_SMOOTH, all_gaps()))}


def results(row: Scenario, cases: list[tuple[Any, ...]], x64: bool) -> list[dict[str, Result]]:
    """What the op gives on each backend for each case of arguments: dtypes and host values of the leaves, or the error.

    On JAX several cases are one program, because compiling is what the suite's time goes into. One alone is called as
    the other tests of the row call it, which needs no program of its own, and traced for its dtypes and shapes.
    """
    found: list[dict[str, Result]] = [{} for _ in cases]

    def every(inputs: list[tuple[Any, ...]]) -> list[Any]:
        outs: list[Any] = []
        for case, arrays, into in zip(cases, inputs, found, strict=True):
            rest = iter(arrays)
            args = map_arrays(lambda _, rest=rest: next(rest), case)
            try:
                outs.append(dg.tree.leaves(lookup(row.op)(*args, **map_arrays(native, dict(row.kwargs)))))
            except Exception as error:
                into[dg.get_backend().name] = error
                outs.append([])
        return outs

    for name in BACKENDS:
        with activate(name, x64):
            inputs = [tuple(native(x) for x in arrays_in(case)) for case in cases]
            outs = (program(every) if row.jit and len(cases) > 1 else every)(inputs)
            if row.jit and len(cases) == 1 and not isinstance(found[0].get(name), Exception):
                traced = dg.eval_shape(every, inputs)
                assert [(dtype_of(x), x.shape) for x in outs[0]] == [(dtype_of(x), x.shape) for x in traced[0]]
            for out, into in zip(outs, found, strict=True):
                into.setdefault(name, [(dtype_of(x), host(x)) for x in out])
    return found


def difference(found: dict[str, Result], rtol: float, exact: bool) -> str:
    """How the results of the two backends differ, in one line; empty where they agree or both refuse."""
    a, b = (found[name] for name in BACKENDS)
    if isinstance(a, Exception) and isinstance(b, Exception):
        return ""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return "; ".join(
            f"{name} {f'raises {type(r).__name__}: {r!s:.200}' if isinstance(r, Exception) else f'gives {r!s:.80}'}"
            for name, r in found.items()
        )
    if len(a) != len(b):
        return f"{len(a)} results against {len(b)}"
    for i, ((da, x), (db, y)) in enumerate(zip(a, b, strict=True)):
        where = f"result {i}: " if len(a) > 1 else ""
        if da != db:
            return f"{where}dtype {da} against {db}"
        problem = mismatch(x, y, rtol_of(da, rtol), exact=exact)
        if problem:
            return where + problem
    return ""


def to_dtype(dtype: str) -> Any:
    """From a row's float64 array to one of `dtype`; values rounded and made positive where it needs that."""

    def convert(x: Any) -> Any:
        if x.dtype.kind != "f":
            return x
        target = getattr(dg, dtype).dtype
        if dtype in ("float16", "bfloat16", "float32"):
            return np.asarray(x).astype(target)
        whole = np.rint(np.nan_to_num(x, posinf=100.0, neginf=-100.0))  # what an integer of 8 bits can hold
        return (np.abs(whole) if dtype.startswith("uint") else whole).astype(target)

    return convert


def variants(row: Scenario) -> Iterator[tuple[str, tuple[Any, ...], bool]]:
    """The row's arguments in other guises, with the precision mode each is tried in."""
    yield "as given, 32-bit mode", row.args, False
    arrays = arrays_in(row.args)
    if any(x.dtype.kind == "f" for x in arrays):
        for dtype in ("float32", "float16", "bfloat16", "int32", "int8", "uint8", "bool"):
            yield dtype, map_arrays(to_dtype(dtype), row.args), False
        for dtype in ("int64", "uint32", "bool"):
            yield f"{dtype}, 64-bit mode", map_arrays(to_dtype(dtype), row.args), True
    if arrays:
        yield "0-d", map_arrays(lambda x: x.reshape(-1)[:1].sum(), row.args), True
    if arrays and all(x.size for x in arrays):
        scalars = map_arrays(lambda x: x.reshape(-1)[0].item(), row.args)
        yield "Python scalars", scalars, False
        yield "Python scalars, 64-bit mode", scalars, True
    if len(arrays) > 1 and all(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in row.args[:2]):
        first, second, *rest = row.args
        for da, db in (("float32", "int32"), ("float16", "bfloat16"), ("uint8", "int8"), ("bool", "float32")):
            yield f"{da} and {db}", (to_dtype(da)(first), to_dtype(db)(second), *rest), True
        zero = second.reshape(-1)[0]
        yield "float32 and 0-d float64", (first.astype("float32"), np.asarray(zero), *rest), True
        yield "float32 and Python float", (first.astype("float32"), float(zero), *rest), True
        yield "int8 and Python int", (to_dtype("int8")(first), 2, *rest), True
        yield "int8 and Python float", (to_dtype("int8")(first), 2.5, *rest), False


@pytest.mark.parametrize("row", ROWS)
def test_backends_agree_on_the_value(row: Scenario) -> None:
    (found,) = results(row, [row.args], True)
    problem = difference(found, row.rtol, row.exact)
    assert not problem, f"{row.op}: jax against torch: {problem}"


@pytest.mark.parametrize("row", [p for p in ROWS if p.id in CONVERTED])
def test_backends_agree_in_every_dtype_and_on_scalars(row: Scenario) -> None:
    problems = []
    for mode in (False, True):
        cases = [(label, args) for label, args, x64 in variants(row) if x64 is mode]
        for (label, _), found in zip(cases, results(row, [args for _, args in cases], mode), strict=True):
            problem = difference(found, row.rtol, False)
            if problem:
                problems.append(f"  {label}: {problem}")
    assert not problems, f"{row.op}: jax against torch:\n" + "\n".join(problems)


@pytest.mark.parametrize("row", [p for p in ROWS if p.id in DIFFERENTIATED])
def test_backends_agree_on_derivatives(row: Scenario) -> None:
    found: dict[str, list[Any]] = {}
    cts: list[Any] = []
    for name in reversed(BACKENDS):
        with activate(name):
            flat = flat_row(row)
            rng = np.random.default_rng(0)
            tangents = [direction(x, rng) for x in flat.point]
            cts = cts or [cotangent(y, rng) for y in flat(*flat.point)]
            found[name] = [*flat.jvp(flat.point, tangents), *flat.vjp(flat.point, cts)]
    require_equal(found, row, "")


def unpromised(row: Scenario) -> list[Point]:
    """Special points of a row whose derivatives the other tests do not hold, in both modes, to exact numbers."""
    promised = not any(x.dtype.kind == "c" for x in arrays_in(row.args)) and not _FULL
    return [point for point in row.points if point.grads is None or not promised]


@pytest.mark.parametrize("row", [p for p in ROWS if p.id in DIFFERENTIATED & CONVERTED and unpromised(p.values[0])])
def test_backends_agree_on_derivatives_at_special_points(row: Scenario) -> None:
    for point in unpromised(row):
        require_equal({name: both_modes(name, row, point.args) for name in BACKENDS}, row, f" at {point.args}")


def require_equal(found: dict[str, list[Any]], row: Scenario, where: str) -> None:
    for x, y in zip(found["jax"], found["torch"], strict=True):
        problem = mismatch(x, y, 100 * row.rtol)
        assert not problem, f"{row.op}{where}: derivative, jax against torch: {problem}"


def both_modes(backend: str, row: Scenario, args: tuple[Any, ...]) -> list[Any]:
    """`jvp` and `vjp` at a special point, in one program that serves all points of the same shapes."""
    rng = np.random.default_rng(0)
    with activate(backend):
        split = split_row(row, args)

        def both(x: Any, rest: Any, tangents: Any, cts: Any) -> tuple[Any, ...]:
            def fun(*xs: Any) -> tuple[Any, ...]:
                return split.fun(xs, rest)

            return (*dg.jvp(fun, x, tangents)[1], *dg.vjp(fun, *x)[1](cts))

        diff, rest = (tuple(dg.asarray(x) for x in xs) for xs in (split.diff, split.rest))
        outs = dg.eval_shape(split.fun, diff, rest)
        tangents = tuple(dg.asarray(direction(x, rng)) for x in split.diff)
        cts = tuple(dg.asarray(cotangent(np.zeros(y.shape, dtype_of(y)), rng)) for y in outs)
        run = split.program("both modes", both) if row.jit else both
        return [host(y) for y in run(diff, rest, tangents, cts)]
