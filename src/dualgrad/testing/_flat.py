"""A function of trees, seen as a function of a few arrays to a few arrays: what every checker differentiates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import dualgrad as dg
from dualgrad.testing._compare import host, is_inexact

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Flat", "cotangent", "direction", "flatten", "native"]


@dataclass(frozen=True)
class Flat:
    """`fun(*args)` as a function of its inexact leaves alone.

    Attributes:
        fun: Takes the inexact leaves as arrays of the active backend, returns the tuple of inexact output leaves.
        point: The inexact leaves on the host, in float64 or complex128.
        names: How a message calls each of them.
        wrap: What each program goes through before it is called, such as `dg.jit`.
        out_names: How a message calls each output; known after a first call.
    """

    fun: Callable[..., tuple[Any, ...]]
    point: tuple[Any, ...]
    names: tuple[str, ...]
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda fun: fun
    out_names: list[str] = field(default_factory=list[str])

    def output(self, k: int) -> str:
        """How a message calls output `k`."""
        return self.out_names[k] if k < len(self.out_names) and self.out_names[k] else str(k)

    def __call__(self, *point: Any) -> list[Any]:
        """The outputs at a point given on the host, on the host."""
        return self._call(self._value, *point)

    def jvp(self, point: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """Tangents of the outputs, on the host."""
        return self._call(self._jvp, *point, *tangents)

    def vjp(self, point: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Cotangents of the inputs, on the host."""
        return self._call(self._vjp, *point, *cts)

    def push(self, *arrays: Any) -> tuple[Any, ...]:
        """`jvp` of native arrays: the point, then the tangents."""
        n = len(self.point)
        return tuple(dg.jvp(self.fun, arrays[:n], arrays[n:])[1])

    def pull(self, *arrays: Any) -> tuple[Any, ...]:
        """`vjp` of native arrays: the point, then the cotangents."""
        n = len(self.point)
        return tuple(dg.vjp(self.fun, *arrays[:n])[1](arrays[n:]))

    def _call(self, program: Callable[..., Any], *arrays: Any) -> list[Any]:
        return [host(y) for y in program(*[dg.asarray(x) for x in arrays])]

    # Each is wrapped once, so that what `wrap` compiles is compiled once.

    @cached_property
    def _value(self) -> Callable[..., Any]:
        return self.wrap(self.fun)

    @cached_property
    def _jvp(self) -> Callable[..., Any]:
        return self.wrap(self.push)

    @cached_property
    def _vjp(self) -> Callable[..., Any]:
        return self.wrap(self.pull)


def flatten(
    fun: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    arguments: Sequence[int] | None = None,
    wrap: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda fun: fun,
    widen: bool = True,
) -> Flat:
    """See `fun(*args, **kwargs)` as a function of the inexact leaves of its arguments; the others stay constant.

    Args:
        fun: Takes and returns trees of arrays of the active backend.
        args: Trees of NumPy arrays, native arrays or Python scalars.
        kwargs: Keyword arguments, likewise.
        arguments: What a message calls each of `args`; their positions if not given.
        wrap: What each program of the result goes through before it is called.
        widen: Whether the point is taken in 64 bits; else each leaf keeps its dtype.

    Raises:
        ValueError: No leaf is inexact.
    """
    import numpy as np

    named = dict(kwargs or {})
    numbers = range(len(args)) if arguments is None else arguments
    titles = [*(f"argument {n}" for n in numbers), *(f"keyword {key!r}" for key in named)]
    split = [dg.tree.flatten(arg) for arg in (*args, *named.values())]
    leaves = [leaf for part, _ in split for leaf in part]
    names = [
        title + dg.tree.keystr(path)
        for title, arg in zip(titles, (*args, *named.values()), strict=True)
        for path, _ in dg.tree.leaves_with_path(arg)
    ]
    chosen = [i for i, leaf in enumerate(leaves) if is_inexact(leaf)]
    if not chosen:
        raise ValueError("dualgrad.testing: at least one argument must be floating-point or complex, got none.")
    constants = [native(leaf) for leaf in leaves]
    out_names: list[str] = []

    def flat(*diff: Any) -> tuple[Any, ...]:
        full = list(constants)
        for i, x in zip(chosen, diff, strict=True):
            full[i] = x
        rest = iter(full)
        given = [dg.tree.unflatten(tree, [next(rest) for _ in part]) for part, tree in split]
        out = fun(*given[: len(args)], **dict(zip(named, given[len(args) :], strict=True)))
        found = [(path, y) for path, y in dg.tree.leaves_with_path(out) if is_inexact(y)]
        out_names[:] = [dg.tree.keystr(path) for path, _ in found]
        return tuple(y for _, y in found)

    point = [host(leaves[i], exact_dtype=not widen) for i in chosen]
    if widen:
        point = [x.astype(np.complex128 if x.dtype.kind == "c" else np.float64) for x in point]
    return Flat(flat, tuple(point), tuple(names[i] for i in chosen), wrap, out_names)


def native(x: Any) -> Any:
    """A NumPy leaf as an array of the active backend; anything else as it is."""
    import numpy as np

    return dg.asarray(x) if isinstance(x, np.ndarray | np.generic) else x


def direction(x: np.ndarray[Any, Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """A random direction in which a small step stays small beside `x`, no component of it near zero."""
    import numpy as np

    def real(size: np.ndarray[Any, Any]) -> Any:
        return rng.uniform(0.5, 1.0, x.shape) * rng.choice([-1.0, 1.0], x.shape) * np.clip(size, 0.1, 1.0)

    size = np.nan_to_num(np.abs(x), nan=1.0)
    return np.asarray(real(size) + 1j * real(size) if x.dtype.kind == "c" else real(size))


def cotangent(y: np.ndarray[Any, Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Random weights of an output, in its dtype."""
    import numpy as np

    weights = rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)
    if y.dtype.kind == "c":
        weights = weights + 1j * rng.uniform(0.5, 1.5, y.shape)
    return np.asarray(weights).astype(y.dtype)
