"""Random programs of loops, branches, rules, parts and updates in place, of which a compiler must change nothing.

Those of `_programs` are replayed on PyTorch; these are compiled, several derivatives of each as one program, so that
what one computes is in the way of another. A program is data here too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import dualgrad as dg
from dualgrad.testing._compare import activate, host, mismatch
from dualgrad.testing._nested_bodies import BODIES, FORWARD, REVERSE, Body
from dualgrad.testing._nested_ops import FULL, LONG, OPS, SMALL, ramp
from dualgrad.testing._programs import UNARY, smallest

if TYPE_CHECKING:
    import numpy as np

__all__ = ["WAYS", "Nested", "check_nested", "made_small", "nested_from", "random_nested"]

Step = tuple[str, int, int, tuple[Any, ...]]  # an op or a construct, which values it is of, and the steps of its body


def _views(x: Any, *more: Any) -> tuple[Any, ...]:
    return dg.flip(x), x[1:], dg.reshape(x, (1, -1)), dg.broadcast_to(x, (2, *x.shape)), dg.stack([x, *more])


def _pulled(out: list[Any], pull: Callable[[Any], Any]) -> Any:
    return out, pull([dg.sin(y) for y in out])


WAYS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "value": lambda f, x: f(x),
    "views": lambda f, x: (x, [_views(y, x, y) for y in f(x)], [y[None] for y in f(x)], f(x)),
    "vmap": lambda f, x: dg.vmap(f)(dg.stack([x, -0.5 * x])),
    "vjp": lambda f, x: _pulled(*dg.vjp(lambda z: list(f(z)), x)),
    "grad": lambda f, x: dg.grad(_total(f))(x),
    "grad, and a step": lambda f, x: x - 0.1 * dg.grad(_total(f))(x),
    "vmap(grad)": lambda f, x: dg.vmap(dg.grad(_total(f)))(dg.stack([x, -0.5 * x])),
    "grad(grad)": lambda f, x: dg.grad(_slope(f))(x),
    "vmap(grad(grad))": lambda f, x: dg.vmap(dg.grad(_slope(f)))(dg.stack([x, -0.5 * x])),
    "jvp": lambda f, x: dg.jvp(f, (x,), (dg.cos(x),)),
    "jvp(grad)": lambda f, x: dg.jvp(dg.grad(_total(f)), (x,), (dg.cos(x),)),
    "grad(jvp)": lambda f, x: dg.grad(lambda z: dg.jvp(_total(f), (z,), (ramp(z),))[1])(x),
    "linearize": lambda f, x: dg.linearize(f, x)[1](ramp(x)),
}
_FORWARD: Final = {"jvp", "jvp(grad)", "grad(jvp)", "linearize"}


def _total(f: Any) -> Any:
    return lambda x: sum([dg.sum(dg.sin(y) * (k + 0.5)) for k, y in enumerate(f(x))])


def _slope(f: Any) -> Any:
    return lambda x: dg.sum(dg.grad(_total(f))(x) * dg.cos(x))


@dataclass(frozen=True)
class Nested:
    """A function of a vector, and what is asked of it in one program.

    Attributes:
        steps: Each names an op or a construct, which of the values before it are its operands, and a construct's body.
        outs: Which values it gives.
        ways: What is asked.
        size: The length of the vector.
        dtype: Its dtype.
        seed: From which its numbers are drawn.
    """

    steps: tuple[Step, ...]
    outs: tuple[int, ...]
    ways: tuple[str, ...]
    size: int
    dtype: str
    seed: int

    def __call__(self, x: Any) -> tuple[Any, ...]:
        """The values that it gives."""
        values = _run(self.steps, [x])
        return tuple([values[i] for i in self.outs])


def _run(steps: Any, values: list[Any]) -> list[Any]:
    for name, i, j, body in steps:
        x, y = values[i], values[j]
        if name in BODIES:
            values.append(BODIES[name](_function(body), x, y))
        else:
            op: Callable[..., Any] = OPS[name]
            values.append(op(x) if name in UNARY else op(x, y))
    return values


def _function(steps: tuple[Step, ...]) -> Body:
    return lambda x, y: _run(steps, [x, y])[-1]


def check_nested(case: Nested) -> None:
    """A compiled program gives what eager calls give on PyTorch, twice, and keeps its arguments and what it gave.

    JAX gives the same.

    Raises:
        AssertionError: It does not.
    """
    import numpy as np

    rng = np.random.default_rng(case.seed)
    points = [rng.uniform(-1.5, 1.5, case.size) for _ in range(2)]

    def whole(x: Any) -> dict[str, Any]:
        return {way: WAYS[way](case, x) for way in case.ways}

    with activate("torch"):
        run = dg.jit(whole)
        kept: list[Any] = []
        true: list[Any] = []
        for point in points:
            x = dg.asarray(point, dtype=case.dtype)
            native = whole(x)
            eager = _leaves(native)
            wide: Any = dg.asarray(host(x), dtype="float64")
            exact = eager if case.dtype == "float64" else _leaves(whole(wide))
            moved = _leaves(whole(wide * dg.asarray(1.0 + 2.0**-48 * rng.uniform(-1, 1, case.size))))
            rooms = [_room(n, t, m, case.dtype) for n, t, m in zip(eager, exact, moved, strict=True)]
            true.append((host(wide), exact, rooms))
            out = run(x)
            found = _leaves(out)
            kept.append((out, found))
            _check_apart((x, out), (x, native))
            _check_near(found, exact, rooms, f"{case.ways}, compiled against eager")
            assert np.array_equal(host(x), host(dg.asarray(point, dtype=case.dtype))), "an argument was written over"
        assert run.stats()["fallbacks"] == 0, "the program is replayed"
        for out, found in kept:
            same = [np.array_equal(a, b, equal_nan=True) for a, b in zip(_leaves(out), found, strict=True)]
            assert all(same), "a result was written over by the next call"
    with activate("jax"):
        jitted = dg.jit(whole)
        for x, exact, rooms in true:
            _check_near(_leaves(jitted(dg.asarray(x))), exact, rooms, f"{case.ways}, JAX against PyTorch")


def _check_near(found: list[Any], exact: list[Any], rooms: list[float], what: str) -> None:
    for k, (got, true, room) in enumerate(zip(found, exact, rooms, strict=True)):
        problem = mismatch(got, true, 0.0, room)
        assert not problem, f"result {k} of {what}: {problem}"


def _check_apart(out: Any, eager: Any) -> None:
    """Results share memory where the eager ones do alone: who gets one may write into it."""
    places, theirs = ([x.untyped_storage().data_ptr() for x in dg.tree.leaves(tree)] for tree in (out, eager))
    for k, (place, other) in enumerate(zip(places, theirs, strict=True)):
        for n in range(k):
            assert place != places[n] or other == theirs[n], f"results {n} and {k} share memory"


def _leaves(tree: Any) -> list[Any]:
    return [host(x) for x in dg.tree.leaves(tree)]


def _room(near: Any, true: Any, moved: Any, dtype: str) -> float:
    """How far a result may lie from the true one: as far as other roundings take it, and so many units.

    These are the eager result's own, and in double precision a change of the argument by a few units, by which
    programs that magnify it, such as sines of large numbers, are known.
    """
    import numpy as np

    units = 2.0 ** (16 if dtype == "float64" else 8)
    unit = {"float64": 2.0**-52, "float32": 2.0**-23, "bfloat16": 2.0**-7, "float16": 2.0**-10}[dtype]

    def largest(x: Any) -> float:
        return float(np.max(np.abs(x), initial=0.0, where=np.isfinite(x)))

    size = max(1.0, largest(true))
    with np.errstate(invalid="ignore"):
        rounded, swayed = largest(near - true), largest(moved - true)
    return 8.0 * rounded + 64.0 * swayed + units * unit * size


def random_nested(rng: np.random.Generator) -> Nested:
    """A program of up to 4 steps, half of them constructs, of which some hold another, and one or two ways."""
    size = int(rng.choice([1, 2, 3, 7, 16, 33, 65, 5000], p=[0.05, 0.1, 0.2, 0.2, 0.15, 0.1, 0.1, 0.1]))
    dtype = str(rng.choice(["float64", "float32", "bfloat16", "float16"], p=[0.8, 0.1, 0.05, 0.05]))
    banned = (SMALL if size > 100 else set()) | (FULL if dtype in ("bfloat16", "float16") else set())
    names = [name for name in OPS if name not in banned and not (size == 1 and name in LONG)]
    steps = _random_steps(rng, names, 1, int(rng.integers(1, 5)), 2)
    count = len(steps) + 1
    outs = (count - 1, *rng.integers(0, count, int(rng.integers(0, 3))).tolist())
    used = _used(steps)
    if used & REVERSE and used & FORWARD:
        return random_nested(rng)
    ways = [way for way in WAYS if not (used & REVERSE and way in _FORWARD)]
    chosen = rng.choice(ways, int(rng.integers(1, 3)), replace=False)
    return Nested(steps, outs, tuple(sorted(map(str, chosen))), size, dtype, int(rng.integers(2**31)))


def _random_steps(rng: np.random.Generator, names: list[str], given: int, count: int, depth: int) -> tuple[Step, ...]:
    steps: list[Step] = []
    for k in range(count):
        last = given + k
        i, j = int(rng.integers(max(0, last - 3), last)), int(rng.integers(0, last))
        if steps and rng.random() < 0.15:
            steps.append(steps[int(rng.integers(len(steps)))])  # the same again
        elif rng.random() < (0.0, 0.25, 0.5)[depth]:
            body = _random_steps(rng, names, 2, int(rng.integers(1, 3)), depth - 1)
            steps.append((str(rng.choice(list(BODIES))), i, j, body))
        else:
            steps.append((str(rng.choice(names)), i, j, ()))
    return tuple(steps)


def _used(steps: tuple[Step, ...]) -> set[str]:
    return {name for name, _, _, _ in steps}.union(*[_used(body) for _, _, _, body in steps])


def nested_from(row: dict[str, Any]) -> Nested:
    """A program that was kept in a file, with tuples for its lists."""
    return Nested(_steps_of(row["steps"]), **{name: _tuple(row[name]) for name in row if name != "steps"})


def _steps_of(rows: Any) -> tuple[Step, ...]:
    return tuple([(name, i, j, _steps_of(body)) for name, i, j, body in rows])


def _tuple(x: Any) -> Any:
    return tuple(x) if isinstance(x, list) else x


def made_small(case: Nested, fails: Callable[[Nested], bool]) -> Nested:
    """The smallest program that still fails, by leaving out one way, output, step or construct at a time."""
    return smallest(case, fails, _smaller)


def _smaller(case: Nested) -> list[Nested]:
    found = [replace(case, ways=_without(case.ways, k)) for k in range(len(case.ways)) if len(case.ways) > 1]
    found += [replace(case, outs=_without(case.outs, k)) for k in range(len(case.outs)) if len(case.outs) > 1]
    for k, steps in _shorter(case.steps, 1):
        gone = k + 1 if k is not None else len(case.steps) + 1
        outs = tuple([max(0, i - (i >= gone)) for i in case.outs])
        found.append(replace(case, steps=steps, outs=outs))
    return found


def _without(items: tuple[Any, ...], k: int) -> tuple[Any, ...]:
    return (*items[:k], *items[k + 1 :])


def _shorter(steps: tuple[Step, ...], given: int) -> list[tuple[int | None, tuple[Step, ...]]]:
    """The steps without one of them, whose place is told, or with a shorter body."""
    found: list[tuple[int | None, tuple[Step, ...]]] = []
    for k in range(len(steps) if len(steps) > 1 else 0):
        gone = given + k
        rest = [(name, i - (i >= gone), j - (j >= gone), body) for name, i, j, body in _without(steps, k)]
        found.append((k, tuple([(name, max(i, 0), max(j, 0), body) for name, i, j, body in rest])))
    for k, (name, i, j, body) in enumerate(steps):
        for _, shorter in _shorter(body, 2):
            found.append((None, (*steps[:k], (name, i, j, shorter), *steps[k + 1 :])))
        if body:
            found.append((None, (*steps[:k], ("multiply", i, j, ()), *steps[k + 1 :])))
    return found
