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
from dualgrad.testing._programs import BINARY, UNARY, smallest

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BODIES", "WAYS", "Nested", "check_nested", "made_small", "nested_from", "random_nested"]

Step = tuple[str, int, int, tuple[Any, ...]]  # an op or a construct, which values it is of, and the steps of its body
Body = Callable[[Any, Any], Any]
_LOOPS: Final = 3


def _ramp(x: Any) -> Any:
    return (dg.arange(x.shape[0], dtype=x.dtype) + 1.0) / x.shape[0]


def _places(x: Any) -> Any:
    """As many places as `x` has elements, some of them twice."""
    return (dg.arange(x.shape[0]) * 3 // 2) % x.shape[0]


def _halves(x: Any, y: Any) -> Any:
    both = dg.sin(dg.concat([x, y]))
    return both[: x.shape[0]] - 0.5 * both[x.shape[0] :]


def _parts(x: Any, y: Any) -> Any:
    rows = dg.stack([dg.tanh(x), y, x * dg.cos(y)])
    return dg.sum(rows * rows[0], axis=0) * 0.3 + 0.2 * y


def _shifted(x: Any, y: Any) -> Any:
    return dg.at(x)[1:].add(0.3 * dg.sin(y[:-1]))


def _strided(x: Any, y: Any) -> Any:
    return dg.at(dg.at(x)[::2].set(y[::2]))[0].multiply(0.5)


def _scattered(x: Any, y: Any) -> Any:
    return dg.at(dg.sin(x))[_places(x)].add(0.3 * y)


def _taken(x: Any, y: Any) -> Any:
    return dg.take(x, _places(x)) * dg.cos(y)


def _mixed(x: Any, y: Any) -> Any:
    return dg.matmul(dg.sin(dg.outer(x, y)), x) / x.shape[0]


def _turned(x: Any, y: Any) -> Any:
    z = dg.exp(1j * x) * (y + 0.5j * x)
    return dg.real(z) + 0.3 * dg.imag(z * z)


def _waves(x: Any, y: Any) -> Any:
    n = x.shape[0]
    return dg.sin(dg.fft.irfft(dg.fft.rfft(x) * (1.0 + dg.fft.rfft(y) / n), n=n))


def _triangular(x: Any, y: Any) -> Any:
    n = x.shape[0]
    a = dg.tril(dg.outer(dg.sin(x), dg.cos(y))) * (0.3 / n) + 2.0 * dg.eye(n, dtype=x.dtype)
    return dg.linalg.solve_triangular(a, y, lower=True)


def _kinds(x: Any, y: Any) -> Any:
    """Calls that differ in an option alone."""
    return dg.nn.gelu(x) * dg.var(y) - 0.5 * dg.nn.gelu(x, approximate=False) * dg.var(y, correction=1.0)


def _windows(x: Any, y: Any) -> Any:
    padded = dg.pad(x, 1)
    return 0.4 * (padded[:-2] + padded[2:] - dg.sin(y))


# Of two vectors of any length, beside those of `_programs`.
PAIRS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "halves": _halves,
    "parts": _parts,
    "shifted": _shifted,
    "strided": _strided,
    "scattered": _scattered,
    "taken": _taken,
    "mixed": _mixed,
    "turned": _turned,
    "waves": _waves,
    "triangular": _triangular,
    "windows": _windows,
    "kinds": _kinds,
    "scaled": lambda x, y: dg.sin(x) * dg.mean(y),
    "constant": lambda x, y: x * dg.sin(_ramp(x)) + dg.cumulative_sum(_ramp(y)) * y * 0.2,
    "held": lambda x, y: x + dg.stop_gradient(dg.cos(y)) * 0.5,
    "chosen": lambda x, y: dg.where(x > y, x, dg.sin(y)),
    "ordered": lambda x, y: dg.sort(x) * dg.cos(y),
}
_SMALL: Final = {"mixed", "triangular", "outer"}  # squares of what is given
_FIXED: Final = {"where", "matmul", "scatter", "solve"}  # for three numbers
_FULL: Final = {"turned", "waves", "fft", "triangular"}  # not for half precisions
_LONG: Final = {"waves", "kinds"}  # not for one number
OPS: Final = {name: op for name, op in (UNARY | BINARY).items() if name not in _FIXED} | PAIRS


def _rows(x: Any, y: Any) -> Any:
    return dg.outer(dg.asarray([0.3, 0.8, -0.6], dtype=x.dtype), y) + 0.1 * x


def _scan(f: Body, x: Any, y: Any, **options: Any) -> Any:
    def step(c: Any, s: Any) -> tuple[Any, Any]:
        c = f(c, s)
        return c, dg.sin(c) * y

    last, outs = dg.lax.scan(step, x, _rows(x, y), **options)
    return last + 0.3 * dg.sum(outs * outs[0], axis=0)


def _noted(f: Body, x: Any, y: Any) -> Any:
    """A loop that keeps a table, and reads it."""

    def step(i: Any, carry: Any) -> Any:
        c, table = carry
        c = f(c, y)
        return c + 0.1 * dg.sum(table, axis=0), dg.at(table)[i].set(c)

    last, table = dg.lax.fori_loop(0, _LOOPS, step, (x, dg.zeros((_LOOPS, *x.shape), dtype=x.dtype)))
    return last + 0.2 * dg.sum(dg.sin(table), axis=0)


def _exchanged(f: Body, x: Any, y: Any) -> Any:
    (a, b), outs = dg.lax.scan(lambda c, s: ((c[1], f(c[0], s)), c[0]), (x, x), _rows(x, y))
    return a - 0.5 * b + 0.2 * outs[1]


def _while(f: Body, x: Any, y: Any) -> Any:
    def going(carry: Any) -> Any:
        return (carry[0] < _LOOPS) & (dg.sum(carry[1] ** 2) > 0.1)

    return dg.lax.while_loop(going, lambda c: (c[0] + 1, f(c[1], y)), (0, x), max_steps=_LOOPS + 1)[1]


def _cond(f: Body, x: Any, y: Any) -> Any:
    return dg.lax.cond(dg.sum(x) > 0.1, f, lambda a, b: dg.sin(a) * b, x, y)


def _switch(f: Body, x: Any, y: Any) -> Any:
    place = dg.astype(x[0] > 0.1, dg.int32) + dg.astype(y[-1] > 0.1, dg.int32)
    return dg.lax.switch(place, [f, lambda a, _: a, lambda a, b: f(b, a)], x, y)


def _rule_vjp(f: Body, x: Any, y: Any) -> Any:
    rule = dg.custom_vjp(f)
    rule.defvjp(lambda a, b: (f(a, b), (a, b)), lambda kept, ct: dg.vjp(f, *kept)[1](ct))
    return rule(x, y)


def _rule_jvp(f: Body, x: Any, y: Any) -> Any:
    rule = dg.custom_jvp(f)
    rule.defjvp(lambda primals, tangents: dg.jvp(f, primals, tangents))
    return rule(x, y)


def _mapped(f: Body, x: Any, y: Any) -> Any:
    return dg.sum(dg.vmap(f, in_axes=(0, None))(_rows(x, y), y), axis=0)


def _named(f: Body, x: Any, y: Any) -> Any:
    policy = dg.checkpoint_policies.save_only_these_names("kept")
    return dg.checkpoint(lambda a, b: dg.sin(dg.checkpoint_name(f(a, b), "kept")) * a, policy=policy)(x, y)


# A construct of a function of two vectors, and of two vectors.
BODIES: Final[dict[str, Callable[[Body, Any, Any], Any]]] = {
    "checkpoint": lambda f, x, y: dg.checkpoint(f)(x, y),
    "checkpoint, closed over": lambda f, x, y: dg.checkpoint(lambda a: f(a, y))(x),
    "checkpoint, names": _named,
    "scan": _scan,
    "scan, reverse": lambda f, x, y: _scan(f, x, y, reverse=True),
    "scan, unrolled": lambda f, x, y: _scan(f, x, y, unroll=2),
    "scan of checkpoint": lambda f, x, y: _scan(dg.checkpoint(f), x, y),
    "checkpoint of scan": lambda f, x, y: dg.checkpoint(lambda a, b: _scan(f, a, b))(x, y),
    "scan, exchanged": _exchanged,
    "fori_loop, table": _noted,
    "while_loop": _while,
    "map": lambda f, x, y: dg.sum(dg.lax.map(lambda s: f(s, y), _rows(x, y)) ** 2, axis=0) * 0.3,
    "cond": _cond,
    "switch": _switch,
    "custom_vjp": _rule_vjp,
    "custom_jvp": _rule_jvp,
    "jit": lambda f, x, y: dg.jit(f)(x, y),
    "vmap": _mapped,
    "grad": lambda f, x, y: dg.grad(lambda a: dg.sum(f(a, y) * y))(x),
}


def _views(x: Any, *more: Any) -> tuple[Any, ...]:
    return dg.flip(x), x[1:], dg.reshape(x, (1, -1)), dg.broadcast_to(x, (2, *x.shape)), dg.stack([x, *more])


WAYS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "value": lambda f, x: f(x),
    "views": lambda f, x: (x, [_views(y, x, y) for y in f(x)], [y[None] for y in f(x)], f(x)),
    "vmap": lambda f, x: dg.vmap(f)(dg.stack([x, -0.5 * x])),
    "vjp": lambda f, x: (lambda out, pull: (out, pull([dg.sin(y) for y in out])))(*dg.vjp(lambda z: list(f(z)), x)),
    "grad": lambda f, x: dg.grad(_total(f))(x),
    "grad, and a step": lambda f, x: x - 0.1 * dg.grad(_total(f))(x),
    "vmap(grad)": lambda f, x: dg.vmap(dg.grad(_total(f)))(dg.stack([x, -0.5 * x])),
    "grad(grad)": lambda f, x: dg.grad(_slope(f))(x),
    "vmap(grad(grad))": lambda f, x: dg.vmap(dg.grad(_slope(f)))(dg.stack([x, -0.5 * x])),
    "jvp": lambda f, x: dg.jvp(f, (x,), (dg.cos(x),)),
    "jvp(grad)": lambda f, x: dg.jvp(dg.grad(_total(f)), (x,), (dg.cos(x),)),
    "grad(jvp)": lambda f, x: dg.grad(lambda z: dg.jvp(_total(f), (z,), (_ramp(z),))[1])(x),
    "linearize": lambda f, x: dg.linearize(f, x)[1](_ramp(x)),
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
        for point in points:
            x = dg.asarray(point, dtype=case.dtype)
            native = whole(x)
            eager = _leaves(native)
            exact = eager if case.dtype == "float64" else _leaves(whole(dg.asarray(host(x), dtype="float64")))
            out = run(x)
            found = _leaves(out)
            kept.append((out, found))
            _check_apart((x, out), (x, native))
            for k, (got, near, true) in enumerate(zip(found, eager, exact, strict=True)):
                room = _room(near, true, case.dtype)
                problem = mismatch(got, true, 0.0, room)
                assert not problem, f"result {k} of {case.ways}, compiled against eager: {problem}"
            assert np.array_equal(host(x), host(dg.asarray(point, dtype=case.dtype))), "an argument was written over"
        assert run.stats()["fallbacks"] == 0, "the program is replayed"
        for out, found in kept:
            same = [np.array_equal(a, b, equal_nan=True) for a, b in zip(_leaves(out), found, strict=True)]
            assert all(same), "a result was written over by the next call"


def _check_apart(out: Any, eager: Any) -> None:
    """Results share memory where the eager ones do alone: who gets one may write into it."""
    places, theirs = ([x.untyped_storage().data_ptr() for x in dg.tree.leaves(tree)] for tree in (out, eager))
    for k, (place, other) in enumerate(zip(places, theirs, strict=True)):
        for n in range(k):
            assert place != places[n] or other == theirs[n], f"results {n} and {k} share memory"


def _leaves(tree: Any) -> list[Any]:
    return [host(x) for x in dg.tree.leaves(tree)]


def _room(near: Any, true: Any, dtype: str) -> float:
    """How far a result may lie from the true one: a few times as far as the eager one does, or so many units."""
    import numpy as np

    units = 2.0 ** (16 if dtype == "float64" else 8)
    unit = {"float64": 2.0**-52, "float32": 2.0**-23, "bfloat16": 2.0**-7, "float16": 2.0**-10}[dtype]
    size = max(1.0, float(np.max(np.abs(true), initial=0.0)))
    return 8.0 * float(np.max(np.abs(near - true), initial=0.0)) + units * unit * size


def random_nested(rng: np.random.Generator) -> Nested:
    """A program of up to 4 steps, half of them constructs, of which some hold another, and one or two ways."""
    size = int(rng.choice([1, 2, 3, 7, 16, 33, 65, 5000], p=[0.05, 0.1, 0.2, 0.2, 0.15, 0.1, 0.1, 0.1]))
    dtype = str(rng.choice(["float64", "float32", "bfloat16", "float16"], p=[0.8, 0.1, 0.05, 0.05]))
    banned = (_SMALL if size > 100 else set()) | (_FULL if dtype in ("bfloat16", "float16") else set())
    names = [name for name in OPS if name not in banned and not (size == 1 and name in _LONG)]
    steps = _random_steps(rng, names, 1, int(rng.integers(1, 5)), 2)
    count = len(steps) + 1
    outs = (count - 1, *rng.integers(0, count, int(rng.integers(0, 3))).tolist())
    used = _used(steps)
    ways = [way for way in WAYS if not ("custom_vjp" in used and way in _FORWARD)]
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
