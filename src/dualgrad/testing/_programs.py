"""Random programs of a few ops under random nests of transforms, and what must hold of each.

A program is data, so that one which fails can be kept in a file and run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import dualgrad as dg
from dualgrad.testing._compare import activate, host, mismatch
from dualgrad.testing._flat import flatten
from dualgrad.testing.gradcheck import check_flat

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BINARY", "KINKED", "NESTS", "UNARY", "Program", "check_program", "random_program", "shrunk", "smallest"]

_MATRIX = [[0.5, -0.2, 0.1], [0.3, 0.4, 0.0], [0.0, 0.6, -0.7]]
_WEIGHTS = [0.7, -1.1, 0.4]
Step = tuple[str, int, int]
_Case = TypeVar("_Case")


def _constant(values: Any) -> Any:
    import numpy as np

    return dg.asarray(np.asarray(values))


def _scattered(x: Any) -> Any:
    return dg.at(dg.sin(x))[..., _constant([0, 2, 0])].add(0.3 * x)


def _solved(x: Any) -> Any:
    a = dg.multiply(x[..., :, None], x[..., None, :]) * 0.1 + 2.0 * dg.eye(3)
    return dg.linalg.solve(a, x[..., None])[..., 0]


# Each step keeps shape (..., 3) and values of moderate size, so that any sequence of them is a program.
UNARY: Final[dict[str, Callable[[Any], Any]]] = {
    "sin": lambda x: dg.sin(x),
    "cos": lambda x: dg.cos(x),
    "tanh": lambda x: dg.tanh(x),
    "exp": lambda x: dg.exp(dg.tanh(x)),
    "log": lambda x: dg.log(1.5 + dg.sin(x)),
    "sqrt": lambda x: dg.sqrt(1.0 + x * x),
    "square": lambda x: dg.square(dg.sin(x)),
    "softplus": lambda x: dg.log1p(dg.exp(-dg.sqrt(1.0 + x * x))),
    "center": lambda x: x - dg.mean(x, axis=-1, keepdims=True),
    "flip": lambda x: dg.flip(x, axis=-1),
    "roll": lambda x: dg.roll(x, 1, axis=-1),
    "cumsum": lambda x: dg.sin(dg.cumulative_sum(x, axis=-1)),
    "cumprod": lambda x: dg.cumulative_prod(dg.sin(x), axis=-1),
    "slice": lambda x: dg.concat([x[..., 1:], 0.5 * x[..., :1]], axis=-1),
    "where": lambda x: dg.where(_constant([True, False, True]), x, dg.sin(x)),
    "matmul": lambda x: dg.matmul(x, _constant(_MATRIX)),
    "outer": lambda x: dg.sum(dg.sin(x[..., :, None] * x[..., None, :]), axis=-1),
    "norm": lambda x: x / dg.sqrt(1.0 + dg.sum(x * x, axis=-1, keepdims=True)),
    "stack": lambda x: dg.mean(dg.stack([x, dg.cos(x)], axis=0), axis=0),
    "logsumexp": lambda x: x - dg.nn.logsumexp(x, axis=-1, keepdims=True),
    "softmax": lambda x: dg.nn.softmax(x, axis=-1),
    "gelu": lambda x: dg.nn.gelu(x),
    "erf": lambda x: dg.special.erf(x),
    "scatter": _scattered,
    "solve": _solved,
    "fft": lambda x: dg.sin(dg.real(dg.fft.fft(x)) + dg.imag(dg.fft.fft(x))),
    "variance": lambda x: dg.sin(x) * dg.var(x, axis=-1, keepdims=True) / (1.0 + dg.sum(x * x, axis=-1, keepdims=True)),
}
# With kinks, where finite differences say nothing.
KINKED: Final[dict[str, Callable[[Any], Any]]] = {
    "abs": lambda x: dg.abs(x),
    "relu": lambda x: dg.nn.relu(x),
    "sort": lambda x: dg.sort(x, axis=-1),
    "max": lambda x: x - dg.max(x, axis=-1, keepdims=True),
    "clip": lambda x: dg.clip(x, -0.5, 0.75),
    "median": lambda x: dg.sin(x) + dg.median(x, axis=-1, keepdims=True),
    "length": lambda x: dg.linalg.vector_norm(x, axis=-1, keepdims=True) + 0.5 * x,
    "product": lambda x: dg.sin(x) + dg.prod(dg.sin(x), axis=-1, keepdims=True),
}
BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "add": lambda x, y: 0.5 * (x + y),
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: dg.sin(x) * y,
    "divide": lambda x, y: x / (2.0 + dg.sin(y)),
    "atan2": lambda x, y: dg.atan2(x, 2.0 + dg.cos(y)),
    "logaddexp": lambda x, y: dg.logaddexp(dg.sin(x), dg.sin(y)),
    "hypot": lambda x, y: dg.hypot(1.0 + dg.square(x), y),
    "pow": lambda x, y: dg.pow(1.5 + dg.sin(x), dg.cos(y)),
}
_KINKED_BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "maximum": lambda x, y: dg.maximum(x, y),
    "minimum": lambda x, y: dg.minimum(x, y),
}
NESTS: Final[dict[str, Callable[[Callable[[Any], Any]], Callable[[Any], Any]]]] = {
    "grad": lambda f: dg.grad(lambda x: dg.sum(f(x) * _constant(_WEIGHTS))),
    "jvp": lambda f: lambda x: dg.jvp(f, (x,), (dg.ones_like(x) * _constant(_WEIGHTS),))[1],
    "vmap": lambda f: lambda x: dg.mean(dg.vmap(f)(dg.stack([x, 0.9 * x])), axis=0),
    "jit": lambda f: _jit(f),
    "jacfwd": lambda f: lambda x: dg.matmul(dg.jacfwd(f)(x), _constant(_WEIGHTS)),
}


@dataclass(frozen=True)
class Program:
    """A function of a vector of three, a nest of transforms around it, and the point.

    Attributes:
        steps: Each names an op and which of the values before it are its operands.
        nest: Transforms, innermost first.
        x: The point.
    """

    steps: tuple[Step, ...]
    nest: tuple[str, ...]
    x: tuple[float, ...]

    def __call__(self, x: Any) -> Any:
        """The steps; half the sum of the last two values."""
        values = [x]
        for name, i, j in self.steps:
            if name in UNARY or name in KINKED:
                values.append((UNARY | KINKED)[name](values[i]))
            else:
                values.append((BINARY | _KINKED_BINARY)[name](values[i], values[j]))
        return 0.5 * (values[-1] + values[-2])

    @property
    def is_smooth(self) -> bool:
        """Whether finite differences say anything about it."""
        return not any(name in KINKED or name in _KINKED_BINARY for name, _, _ in self.steps)


def check_program(program: Program, *, thorough: bool = True) -> None:
    """The backends agree; forward agrees with reverse mode, `jit` with eager, `vmap` with a loop, all with differences.

    Args:
        program: The program.
        thorough: Whether JAX runs it eagerly too, where it compiles each op, and finite differences are taken on both.

    Raises:
        AssertionError: One of these does not hold.
    """
    import numpy as np

    found: dict[str, Any] = {}
    for backend in ("jax", "torch"):
        with activate(backend):
            found[backend] = _check_alone(program, backend, eager=thorough or backend == "torch")
    problem = mismatch(found["torch"], found["jax"], 1e-9, 1e-11 * max(1.0, float(np.max(np.abs(found["jax"])))))
    assert not problem, f"torch against jax: {problem}"


def _check_alone(program: Program, backend: str, eager: bool) -> Any:
    """The program's value, after all that must hold of it on one backend alone."""
    import numpy as np

    fun: Callable[[Any], Any] = program
    for name in program.nest:
        fun = NESTS[name](fun)
    w = _constant(_WEIGHTS)

    def ways(x: Any) -> tuple[Any, ...]:
        gradient = dg.grad(lambda x: dg.sum(fun(x) * w))(x)
        return fun(x), fun(0.9 * x), dg.vmap(fun)(dg.stack([x, 0.9 * x])), gradient, dg.jvp(fun, (x,), (w,))[1]

    x = _constant(program.x)
    results = [[host(y) for y in (ways if eager else _jit(ways))(x)]]
    if eager:
        results.append([host(y) for y in _jit(ways)(x)])
    value, near, batch, gradient, slope = results[0]
    size = max(1.0, float(np.max(np.abs(value))))
    slopes = max(size, float(np.max(np.abs(gradient))), float(np.max(np.abs(slope))))

    def hold(what: str, got: Any, want: Any, scale: float = size) -> None:
        problem = mismatch(got, want, 1e-9, 1e-10 * scale)
        assert not problem, f"{what} on {backend}: {problem}"

    hold("vmap against a loop", batch, np.stack([value, near]))
    hold("forward against reverse mode", np.sum(slope * _WEIGHTS), np.sum(gradient * _WEIGHTS), slopes)
    for a, b in zip(results[0], results[-1], strict=True):
        hold("jit against eager", a, b, slopes)
    if eager and program.is_smooth and len(program.nest) < 3:
        check_flat(flatten(fun, (np.asarray(program.x),)))
    return value


def random_program(rng: np.random.Generator, max_steps: int = 12, max_nest: int = 3) -> Program:
    """A program of 2 to `max_steps` ops and up to `max_nest` transforms; half of them are smooth."""
    names = [*UNARY, *BINARY]
    if rng.random() < 0.5:
        names += [*KINKED, *_KINKED_BINARY]
    size = int(rng.integers(2, max_steps + 1))
    steps = [
        (str(rng.choice(names)), int(rng.integers(0, i + 1)), int(rng.integers(max(0, i - 2), i + 1)))
        for i in range(size)
    ]
    nest = [str(rng.choice(list(NESTS))) for _ in range(int(rng.integers(0, max_nest + 1)))]
    return Program(tuple(steps), tuple(nest), tuple(rng.uniform(-1.5, 1.5, 3).round(3).tolist()))


def smallest(case: _Case, fails: Callable[[_Case], bool], smaller: Callable[[_Case], Iterable[_Case]]) -> _Case:
    """The smallest case that still fails; `smaller` gives those a little smaller than one."""
    while True:
        for other in smaller(case):
            if fails(other):
                case = other
                break
        else:
            return case


def shrunk(program: Program, fails: Callable[[Program], bool]) -> Program:
    """The smallest program that still fails, by leaving out one step or transform at a time."""
    return smallest(program, fails, _smaller)


def _smaller(program: Program) -> list[Program]:
    found = [
        Program(program.steps, (*program.nest[:i], *program.nest[i + 1 :]), program.x) for i in range(len(program.nest))
    ]
    if len(program.steps) > 1:
        for k in range(len(program.steps)):
            # operands move up by one past the step that is left out
            steps = [
                (name, min(i - (i > k), n - (n > k)), min(j - (j > k), n - (n > k)))
                for n, (name, i, j) in enumerate(program.steps)
                if n != k
            ]
            found.append(Program(tuple(steps), program.nest, program.x))
    return found


def _jit(fun: Callable[..., Any]) -> Callable[..., Any]:
    from dualgrad.testing._checks import jit

    return jit(fun)
