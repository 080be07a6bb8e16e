"""The checks that the conformance suite is made of: each takes a row and runs it on the active backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

import dualgrad as dg
from dualgrad._dtypes import narrowed
from dualgrad.errors import PrecisionError
from dualgrad.testing._compare import (
    assert_close,
    dtype_of,
    host,
    is_inexact,
    leaves_of,
    mismatch,
    rtol_of,
    same_leaves,
)
from dualgrad.testing._compiled import check_compiled
from dualgrad.testing._flat import Flat, cotangent, direction, native
from dualgrad.testing._row import (
    array_function,
    arrays_in,
    batched,
    cast,
    expected,
    flat_row,
    map_arrays,
    program,
    run_row,
    split_row,
    to_host,
    weights_of,
)
from dualgrad.testing.gradcheck import check_flat, differences
from dualgrad.testing.scenario import Point, Scenario

__all__ = ["CHECKS", "Check", "applies", "jit"]

Check = Literal["value", "dtypes", "fwd", "rev", "order2", "points", "vmap", "jit", "compiled"]


def applies(check: Check, row: Scenario) -> bool:
    """Whether a check has anything to say about a row."""
    if check in ("fwd", "rev"):
        return bool(row.wrt) and row.order >= 1
    if check == "order2":
        return bool(row.wrt) and row.order >= 2
    if check == "vmap":
        return row.vmap and bool(arrays_in(row.args[:1]))
    if check in ("jit", "compiled"):
        return row.jit and bool(arrays_in(row.args))
    if check == "points":
        return bool(row.points)
    return True


def _check_value(row: Scenario) -> None:
    """Value, shape and dtype in float64 equal the reference's; NumPy arguments give what native ones give.

    No argument is another afterwards.
    """
    given = map_arrays(native, tuple(row.args))
    out = to_host(run_row(row, given, convert=False))
    for x, y in zip(arrays_in(row.args), _native_leaves(given), strict=True):
        assert_close(y, x, 0.0, f"argument of {row.op} after the call", exact=True)
    if row.reference is not None:
        same_leaves(out, expected(row, row.args), row.rtol, row.op, exact=row.exact, dtypes=True)
    if arrays_in(row.args):
        direct = to_host(run_row(row, row.args, convert=False))
        same_leaves(direct, out, 1e-14, f"{row.op} of NumPy arguments", dtypes=True)


def _check_dtypes(row: Scenario) -> None:
    """In the row's other dtypes the result follows the input; in 32-bit mode no result has 64 bits."""
    wide = dg.tree.leaves(run_row(row, row.args))
    for dtype in row.dtypes:
        args = cast(row.args, dtype)
        if dtype == "float64" or not any(x.dtype != y.dtype for x, y in _pairs(args, row.args)):
            continue
        exact_args = map_arrays(_widened, args)
        reference = expected(row, exact_args) if row.reference is not None else to_host(run_row(row, exact_args))
        with dg.enable_x64(False):
            leaves = dg.tree.leaves(run_row(row, args))
            got = [(dtype_of(x), host(x)) for x in leaves]
        for (name, x), w, ref in zip(got, wide, leaves_of(reference), strict=True):
            want = _relative(dtype_of(w), dtype) if _follows(row, args) else narrowed(dtype_of(w), False)
            if name != want:
                raise AssertionError(f"{row.op} of {dtype}: dtype must be {want}, got {name}")
            assert_close(x, ref, rtol_of(name, row.rtol), f"{row.op} of {dtype}")
    _check_narrow_mode(row, wide)


def _check_narrow_mode(row: Scenario, wide: list[Any]) -> None:
    with dg.enable_x64(False):
        try:
            leaves = dg.tree.leaves(run_row(row, row.args))
        except PrecisionError:  # the row asks for a 64-bit dtype
            assert "64" in f"{row.args} {row.kwargs}" or "128" in f"{row.args} {row.kwargs}"
            return
        for x, w in zip(leaves, wide, strict=True):
            if dtype_of(x) != narrowed(dtype_of(w), False):
                raise AssertionError(
                    f"{row.op} in 32-bit mode: dtype must be {narrowed(dtype_of(w), False)}, got {dtype_of(x)}"
                )


def _check_fwd(row: Scenario) -> None:
    """Forward mode equals finite differences."""
    check_flat(flat_row(row), modes=("fwd",), rtol=_rtol_fd(row))


def _check_rev(row: Scenario) -> None:
    """Reverse mode equals finite differences, and forward mode to the row's precision."""
    import numpy as np

    flat = flat_row(row)
    check_flat(flat, modes=("rev",), rtol=_rtol_fd(row))
    rng = np.random.default_rng(1)
    tangents = [direction(x, rng) for x in flat.point]
    forward = flat.jvp(flat.point, tangents)
    cts = [cotangent(y, rng) for y in forward]
    reverse = flat.vjp(flat.point, cts)
    _pairings_agree(forward, cts, reverse, tangents, 100 * row.rtol, row.op)


def _check_order2(row: Scenario) -> None:
    """Every combination of modes gives the second derivative."""
    import numpy as np

    flat = flat_row(row)
    rng = np.random.default_rng(2)
    t, u = ([direction(x, rng) for x in flat.point] for _ in range(2))
    cts = [cotangent(y, rng) for y in flat(*flat.point)]
    weights = [cotangent(x, rng) for x in flat.point]
    n, m = len(t), len(cts)

    def second(*arrays: Any) -> tuple[Any, ...]:
        x, t, u, weights = (arrays[k * n : (k + 1) * n] for k in range(4))
        cts = arrays[4 * n :]
        slope = Flat(lambda *x: flat.push(*x, *t), flat.point, flat.names)
        gradient = Flat(lambda *x: flat.pull(*x, *cts), flat.point, flat.names)
        return (*slope.push(*x, *u), *slope.pull(*x, *cts), *gradient.push(*x, *u), *gradient.pull(*x, *weights))

    arrays = [dg.asarray(x) for x in (*flat.point, *t, *u, *weights, *cts)]
    found = [host(y) for y in flat.wrap(second)(*arrays)]
    fwd_fwd, rev_fwd, fwd_rev, rev_rev = found[:m], found[m : m + n], found[m + n : m + 2 * n], found[m + 2 * n :]
    slopes = differences(flat, u, fun=lambda *x: flat.jvp(x, t))
    gradients = differences(flat, u, fun=lambda *x: flat.vjp(x, cts))
    for what, got, want in (("jvp of jvp", fwd_fwd, slopes), ("jvp of vjp", fwd_rev, gradients)):
        for k, (a, b) in enumerate(zip(got, want, strict=True)):
            _near_differences(a, b, _rtol_fd(row), f"{what} of {row.op}, output {k}")
    # The other two are the transposes of these, so that the pairings are equal, to the precision of the op.
    rtol = 1e3 * row.rtol
    _pairings_agree(fwd_fwd, cts, rev_fwd, u, rtol, f"vjp of jvp of {row.op} is wrong, or jvp of jvp")
    _pairings_agree(fwd_rev, weights, rev_rev, u, rtol, f"vjp of vjp of {row.op} is wrong, or jvp of vjp")
    _pairings_agree(fwd_fwd, cts, fwd_rev, t, rtol, f"jvp of vjp of {row.op} is wrong, or jvp of jvp")


def _near_differences(actual: Any, numeric: Any, rtol: float, what: str) -> None:
    import numpy as np

    found = mismatch(actual, numeric, rtol, rtol * max(float(np.abs(numeric).max(initial=0.0)), 1e-2))
    if found:
        raise AssertionError(f"{what} is wrong: against finite differences {found}")


def _check_points(row: Scenario) -> None:
    """At its special points the op has the promised values and gradients, in both modes, also under vmap."""
    for point in row.points:
        where = f"{row.op} at {point.args}" + (f" ({point.why})" if point.why else "")
        if point.value is not None:
            out = to_host(run_row(row, point.args))
            same_leaves(out, point.value, 1e-12, where)
        if point.grads is not None:
            _check_point_grads(row, point, where)


def _check_point_grads(row: Scenario, point: Point, where: str) -> None:
    import numpy as np

    wrt = row.wrt or tuple(range(len(point.grads or ())))  # zero gradients of a row that is flat everywhere
    split = split_row(replace(row, wrt=wrt), point.args)
    every = tuple(range(len(split.diff)))
    real = all(x.dtype.kind == "f" for x in split.diff)
    finite = all(np.isfinite(x).all() for x in split.diff)

    def gradients(diff: tuple[Any, ...], rest: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
        def total(*xs: Any) -> Any:
            parts = [dg.sum(dg.real(y) if "complex" in dtype_of(y) else y) for y in split.fun(xs, rest)]
            return _sum(parts)

        reverse = dg.grad(total, argnums=every)
        found = {"reverse": tuple(reverse(*diff))}
        if real:
            found["forward"] = tuple(dg.jacfwd(total, argnums=every)(*diff))
        if row.vmap:
            twice = [dg.stack([x, x]) for x in diff]
            found["vmapped reverse"] = tuple(g[1] for g in dg.vmap(reverse)(*twice))
            if real and not finite:  # of which another rule may make nan, as torch's for a number beside it
                forward = dg.vmap(dg.jacfwd(total, argnums=every))
                found["vmapped forward"] = tuple(g[1] for g in forward(*twice))
        return found

    run = split.program("gradients", gradients) if row.jit else gradients
    results = run(*(tuple(dg.asarray(x) for x in xs) for xs in (split.diff, split.rest)))
    want = [np.broadcast_to(np.asarray(g), x.shape) for g, x in zip(leaves_of(point.grads), split.diff, strict=True)]
    for mode, gradient in results.items():
        for i, g, w in zip(wrt, [host(g) for g in gradient], want, strict=True):
            assert_close(g, w, 1e-12, f"{where}: {mode}-mode gradient of argument {i}")


def _check_vmap(row: Scenario) -> None:
    """A batch gives what a loop gives: the first argument alone, then all arrays; the value and its gradient."""
    arrays = arrays_in(row.args)
    fun = array_function(row)
    differentiable = bool(row.wrt) and row.order >= 1
    flat = flat_row(row) if differentiable else Flat(fun, (), ())
    cts = weights_of(flat) if differentiable else []

    def gradient(*xs: Any) -> tuple[Any, ...]:
        return flat.pull(*xs, *[dg.asarray(ct) for ct in cts])

    counts = sorted({len(arrays_in(row.args[:1])), len(arrays)})
    cases = [(fun, fun, arrays, count, row.rtol, row.op) for count in counts]
    if differentiable:

        def one(*xs: Any) -> Any:
            return flat.vjp([host(x) for x in xs], cts)

        point = list(flat.point)
        cases.append((gradient, one, point, len(point), 100 * row.rtol, f"gradient of {row.op}"))
    stacks = [[batched(x) if i < n else x for i, x in enumerate(case[2])] for case in cases for n in [case[3]]]

    def batches(inputs: list[list[Any]]) -> list[Any]:
        results: list[Any] = []
        for (function, _, xs, n, *_), stacked in zip(cases, inputs, strict=True):
            results.append(dg.vmap(function, in_axes=tuple(0 if i < n else None for i in range(len(xs))))(*stacked))
        return results

    outs = (program(batches) if row.jit else batches)([[dg.asarray(x) for x in stack] for stack in stacks])
    for (_, single, xs, n, rtol, what), stacked, out in zip(cases, stacks, outs, strict=True):
        leaves = [host(x) for x in dg.tree.leaves(out)]
        for k in range(3):
            loop = single(*[dg.asarray(x[k] if i < n else x) for i, x in enumerate(stacked)])
            for leaf, want in zip(leaves, dg.tree.leaves(loop), strict=True):
                label = f"vmap of {what} over {n} of {len(xs)} arrays, element {k}"
                assert_close(leaf[k], host(want), rtol, label)


def _check_jit(row: Scenario) -> None:
    """A compiled call gives what the eager one gives: value, gradient inside jit, jit inside the gradient."""
    arrays = [dg.asarray(x) for x in arrays_in(row.args)]
    fun = array_function(row)
    same_leaves(to_host(jit(fun)(*arrays)), to_host(fun(*arrays)), row.rtol, f"jit of {row.op}", dtypes=True)
    if row.wrt and row.order >= 1:
        flat = flat_row(row)
        cts = weights_of(flat)
        eager = flat.vjp(flat.point, cts)
        both = [dg.asarray(x) for x in (*flat.point, *cts)]
        inner = Flat(jit(flat.fun), flat.point, flat.names, flat.wrap)
        if flat.wrap(flat.fun) is flat.fun:
            same_leaves(inner.vjp(flat.point, cts), eager, 100 * row.rtol, f"gradient of jit of {row.op}")
            inside = to_host(jit(flat.pull)(*both))
            same_leaves(inside, eager, 100 * row.rtol, f"jit of the gradient of {row.op}")
        else:  # `eager` is the gradient inside jit; the other way round is traced, not compiled
            got = [(dtype_of(x), x.shape) for x in dg.eval_shape(inner.pull, *both)]
            want = [(dtype_of(x), x.shape) for x in eager]
            if got != want:
                raise AssertionError(f"gradient of jit of {row.op}: dtypes and shapes must be {want}, got {got}")


def jit(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`dg.jit`; on torch the traced graph is replayed without the compiler, whose seconds per op the suite has not."""
    return dg.jit(fun, compiler="replay") if dg.get_backend().name == "torch" else dg.jit(fun)


CHECKS: Final[dict[Check, Callable[[Scenario], None]]] = {
    "value": _check_value,
    "dtypes": _check_dtypes,
    "fwd": _check_fwd,
    "rev": _check_rev,
    "order2": _check_order2,
    "points": _check_points,
    "vmap": _check_vmap,
    "jit": _check_jit,
    "compiled": check_compiled,
}


def _rtol_fd(row: Scenario) -> float:
    """Finite differences are good to 1e-6, or as far as the row's conditioning lets them."""
    return max(1e-6, 1e3 * row.rtol)


def _pairings_agree(
    outs: list[Any], cts: list[Any], grads: list[Any], tangents: list[Any], rtol: float, op: str
) -> None:
    import numpy as np

    terms = [(c * t).real for c, t in [*zip(cts, outs, strict=True)]]
    others = [(g * t).real for g, t in zip(grads, tangents, strict=True)]
    scale = sum(float(np.abs(x).sum()) for x in terms) + sum(float(np.abs(x).sum()) for x in others)
    forward, reverse = (float(sum(x.sum() for x in xs)) for xs in (terms, others))
    found = mismatch(forward, reverse, 0.0, rtol * scale)
    if found:
        raise AssertionError(f"{op}: forward and reverse mode differ: {found} (rtol {rtol:g} of {scale:g})")


def _native_leaves(args: Sequence[Any]) -> list[Any]:
    """The native arrays among arguments, on the host, in the order of `arrays_in`."""
    found: list[Any] = []
    for x in args:
        if isinstance(x, tuple | list):
            found += _native_leaves(x)
        elif isinstance(x, dict):
            found += _native_leaves(list(x.values()))
        elif dg.get_backend().is_array(x):
            found.append(host(x, exact_dtype=True))
    return found


def _pairs(a: Any, b: Any) -> list[tuple[Any, Any]]:
    return list(zip(arrays_in(a), arrays_in(b), strict=True))


def _widened(x: Any) -> Any:
    import numpy as np

    return x if x.dtype.kind in "iub" else np.asarray(x).astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def _follows(row: Scenario, args: Sequence[Any]) -> bool:
    """Whether every inexact array takes part in the cast, so that the result's dtype follows it."""
    return "dtype" not in row.kwargs and all(not is_inexact(x) or x.dtype != y.dtype for x, y in _pairs(args, row.args))


def _relative(wide: str, dtype: str) -> str:
    """Dtype of a result in `dtype`, from the dtype that it has in float64."""
    return dtype if wide == "float64" and dtype != "complex64" else narrowed(wide, False)


def _sum(parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
