"""Many special points at once: elementwise ops take theirs as one array, so that few programs are compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import dualgrad as dg
from dualgrad._dtypes import narrowed
from dualgrad.testing._compare import dtype_of, host, is_inexact, mismatch
from dualgrad.testing._flat import native
from dualgrad.testing._row import lookup, map_arrays, program
from dualgrad.testing.divergence import Divergence
from dualgrad.testing.scenario import Point

if TYPE_CHECKING:
    pass

__all__ = ["Answers", "answers", "narrowed_row", "wrong_points"]

# Every group of scalar points is filled up to this length, so that all ops share the compiled kernels of their steps.
_LENGTH = 16


@dataclass
class Answers:
    """What a function says at one point: each a list with one entry per result or differentiated argument.

    `None` where the question was not asked. A forward entry is a list: the tangent along 1 and, of a complex argument,
    along 1j.
    """

    value: list[Any] | None = None
    dtype: str = ""
    reverse: list[Any] | None = None
    forward: list[list[Any]] | None = None
    reverse_twice: list[list[Any]] | None = None
    forward_of_reverse: list[list[Any]] | None = None


def wrong_points(rows: Iterable[Divergence], wrap: Callable[..., Any] = program) -> list[str]:
    """One line for each answer of the active backend that is not the promised one; 64-bit mode must be on.

    `wrap` is applied to the function that asks everything, `dg.jit` for one.
    """
    found: list[str] = []
    for row in rows:
        fun = _function(row)
        for point, answer in zip(row.points, answers(row, fun, wrap), strict=True):
            found += [f"{row.id} at {_shown(point)} ({point.why}): {line}" for line in _wrong(row, point, answer)]
        found += _wrong_narrow(row, fun)
    return found


def narrowed_row(row: Divergence) -> Divergence:
    """A row in single precision: values and first derivatives, to 5e-5."""
    import numpy as np

    narrow = {"f": np.float32, "c": np.complex64}

    def one(point: Point) -> Point:
        args = map_arrays(lambda x: x.astype(narrow.get(x.dtype.kind, x.dtype)), point.args)
        return Point(args, point.grads, point.value, point.why)

    return replace(row, points=tuple(one(p) for p in row.points), rtol=5e-5)


def answers(row: Divergence, fun: Callable[..., Any], wrap: Callable[..., Any] = program) -> list[Answers]:
    """What `fun`, which takes native arrays, says at the points of a row."""
    found: dict[int, Answers] = {}
    for chosen in _groups(row):
        points = [row.points[i] for i in chosen]
        together = len(points) > 1
        args = _stacked(points) if together else points[0].args
        wrt = row.differentiated(points[0]) if any(p.grads is not None or p.second is not None for p in points) else ()
        second = any(p.second is not None for p in points)
        asked = _ask(fun, args, wrt, second=second, elementwise=_is_scalar(points[0]), wrap=wrap if row.jit else None)
        for k, i in enumerate(chosen):
            found[i] = _pick(asked, k) if together else asked
    return [found[i] for i in range(len(row.points))]


def _function(row: Divergence) -> Callable[..., Any]:
    op = row.fun or lookup(row.op)

    def fun(*args: Any) -> Any:
        return op(*args, **map_arrays(native, dict(row.kwargs)))

    return fun


def _groups(row: Divergence) -> list[list[int]]:
    """Which points are asked together: scalar ones of the same dtypes that ask alike, up to a length."""
    import numpy as np

    groups: dict[Any, list[int]] = {}
    for i, point in enumerate(row.points):
        kinds = tuple(x.dtype.str if isinstance(x, np.ndarray) else repr(x) for x in point.args)
        groups.setdefault((kinds, point.grads is None) if _is_scalar(point) else i, []).append(i)
    return [g[k : k + _LENGTH] for g in groups.values() for k in range(0, len(g), _LENGTH)]


def _is_scalar(point: Point) -> bool:
    """Whether all arrays among the arguments, of which there is one at least, are 0-d, and so is the value."""
    import numpy as np

    arrays = [x for x in point.args if isinstance(x, np.ndarray)]
    plain = len(arrays) == len([x for x in point.args if not isinstance(x, bool | int | float)])
    return bool(arrays) and plain and all(x.ndim == 0 for x in arrays) and np.ndim(point.value) == 0


def _stacked(points: Sequence[Point]) -> tuple[Any, ...]:
    import numpy as np

    filled = [*points, *[points[-1]] * (_LENGTH - len(points))]
    columns = zip(*[p.args for p in filled], strict=True)
    return tuple(np.stack(column) if isinstance(column[0], np.ndarray) else column[0] for column in columns)


def _ask(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    wrt: tuple[int, ...],
    *,
    second: bool,
    elementwise: bool,
    wrap: Callable[..., Any] | None,
) -> Answers:
    arrays = [map_arrays(native, x) for x in args]
    if not wrt:  # as it is: the shape of a result may depend on the data
        leaves = dg.tree.leaves(fun(*arrays))
        return Answers(value=[host(x) for x in leaves], dtype=dtype_of(leaves[0]))
    every = tuple(range(len(wrt)))

    def call(*xs: Any) -> Any:
        parts = [y for y in dg.tree.leaves(fun(*_filled(arrays, wrt, xs))) if is_inexact(y)]
        reals = [dg.real(y) if "complex" in dtype_of(y) else y for y in parts]
        if not elementwise:
            reals = [dg.sum(y) for y in reals]
        return sum(reals[1:], reals[0])

    gradient = dg.grad(lambda *xs: dg.sum(call(*xs)), argnums=every)

    def everything(*xs: Any) -> dict[str, Any]:
        found = {
            "value": dg.tree.leaves(fun(*_filled(arrays, wrt, xs))),
            "reverse": list(gradient(*xs)),
            "forward": [_forward(call, xs, k, elementwise) for k in every],
        }
        if second:
            found |= _second(gradient, xs, elementwise)
        return found

    found = (wrap(everything) if wrap else everything)(*[arrays[i] for i in wrt])
    dtype = dtype_of(found["value"][0])
    return Answers(**dg.tree.map(host, found), dtype=dtype)


def _filled(arrays: Sequence[Any], wrt: tuple[int, ...], xs: Sequence[Any]) -> list[Any]:
    full = list(arrays)
    for i, x in zip(wrt, xs, strict=True):
        full[i] = x
    return full


def _second(gradient: Callable[..., Any], xs: tuple[Any, ...], elementwise: bool) -> dict[str, Any]:
    every = tuple(range(len(xs)))
    if not elementwise:
        modes = {"reverse_twice": dg.jacrev, "forward_of_reverse": dg.jacfwd}
        return {name: [list(line) for line in jac(gradient, argnums=every)(*xs)] for name, jac in modes.items()}
    pushed = [_push(gradient, xs, k) for k in every]
    return {
        "reverse_twice": [
            list(dg.grad(lambda *xs, k=k: dg.sum(dg.real(gradient(*xs)[k])), argnums=every)(*xs)) for k in every
        ],
        "forward_of_reverse": [[pushed[j][k] for j in every] for k in every],
    }


def _push(fun: Callable[..., Any], xs: tuple[Any, ...], k: int, unit: complex = 1.0) -> Any:
    """The tangent of `fun(*xs)` along `xs[k]`, all others held constant."""
    import numpy as np

    one = dg.asarray(np.ones(xs[k].shape, dtype_of(xs[k])))
    return dg.jvp(lambda x: fun(*xs[:k], x, *xs[k + 1 :]), (xs[k],), (one if unit == 1.0 else one * unit,))[1]


def _forward(call: Callable[..., Any], xs: tuple[Any, ...], k: int, elementwise: bool) -> list[Any]:
    """The tangents along 1, and of a complex argument along 1j; of complex arrays none."""
    complex_ = "complex" in dtype_of(xs[k])
    if not elementwise:
        return [] if complex_ else [dg.jacfwd(call, argnums=k)(*xs)]
    return [_push(call, xs, k), *([_push(call, xs, k, 1j)] if complex_ else [])]


def _pick(asked: Answers, k: int) -> Answers:
    def one(xs: Any) -> Any:
        if xs is None:
            return None
        return [one(x) for x in xs] if isinstance(xs, list | tuple) else xs[k]

    return Answers(
        one(asked.value),
        asked.dtype,
        one(asked.reverse),
        one(asked.forward),
        one(asked.reverse_twice),
        one(asked.forward_of_reverse),
    )


def _wrong(row: Divergence, point: Point, answer: Answers) -> list[str]:
    import numpy as np

    found: list[str] = []

    def compare(what: str, got: Any, want: Any, rtol: float) -> None:
        want = np.asarray(want)
        want = np.broadcast_to(want, got.shape) if want.ndim == 0 and got.ndim else want
        line = mismatch(got, want, rtol, 1e-3 * rtol)
        if not line and np.ndim(want) == 0 and what == "value" and not _same_zero(got, want):
            line = f"{got} against {want}"
        if line:
            found.append(f"{what} {line}")

    if point.value is not None:
        want = point.value if isinstance(point.value, tuple) else (point.value,)
        for got, w in zip(answer.value or [], want, strict=True):
            compare("value", got, w, row.rtol)
    if point.dtype and answer.dtype != point.dtype:
        found.append(f"dtype {answer.dtype} against {point.dtype}")
    for k, want in enumerate(point.grads or ()):
        if want is None:
            continue
        which = f" of argument {k}" if len(point.grads or ()) > 1 else ""
        compare(f"gradient, reverse mode{which},", (answer.reverse or [])[k], want, row.rtol)
        tangents = (answer.forward or [])[k] if "forward" in row.modes else []
        for along, tangent, part in zip(("", " along i"), tangents, (np.real(want), -np.imag(want)), strict=False):
            compare(f"gradient, forward mode{along}{which},", tangent, part, row.rtol)
    if point.second is not None:
        wanted = point.second if isinstance(point.second, tuple) else ((point.second,),)
        for i, line in enumerate(wanted):
            for j, want in enumerate(line):
                if want is None:
                    continue
                for mode, got in (
                    ("twice reverse", answer.reverse_twice),
                    ("forward of reverse", answer.forward_of_reverse),
                ):
                    compare(f"second derivative {i + 1}{j + 1}, {mode},", (got or [])[i][j], want, 10 * row.rtol)
    return found


def _same_zero(got: Any, want: Any) -> bool:
    """Zeros that are written with a sign must have it."""
    import numpy as np

    if got.dtype.kind != "f" or got != 0 or not np.signbit(want):
        return True
    return bool(np.signbit(got))


def _wrong_narrow(row: Divergence, fun: Callable[..., Any]) -> list[str]:
    """Points that name a dtype hold it in 32-bit mode as well, narrowed."""
    found: list[str] = []
    for point in row.points:
        if point.dtype and "64" not in str([getattr(x, "dtype", "") for x in point.args]):
            with dg.enable_x64(False):
                got = dtype_of(dg.tree.leaves(fun(*[native(x) for x in point.args]))[0])
            if got != narrowed(point.dtype, False):
                found.append(f"{row.id} at {_shown(point)}: dtype {got} in 32-bit mode")
    return found


def _shown(point: Point) -> str:
    return ", ".join(str(x.tolist() if hasattr(x, "tolist") else x) for x in point.args)
