"""A function of trees, seen as a function of a few arrays to a few arrays: what every checker differentiates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """

    fun: Callable[..., tuple[Any, ...]]
    point: tuple[Any, ...]
    names: tuple[str, ...]

    def __call__(self, *point: Any) -> list[Any]:
        """The outputs at a point given on the host, on the host."""
        return [host(y) for y in self.fun(*[dg.asarray(x) for x in point])]

    def jvp(self, point: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
        """Tangents of the outputs, on the host."""
        primals = tuple(dg.asarray(x) for x in point)
        return [host(t) for t in dg.jvp(self.fun, primals, tuple(dg.asarray(t) for t in tangents))[1]]

    def vjp(self, point: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Cotangents of the inputs, on the host."""
        _, pullback = dg.vjp(self.fun, *[dg.asarray(x) for x in point])
        return [host(ct) for ct in pullback(tuple(dg.asarray(ct) for ct in cts))]


def flatten(fun: Callable[..., Any], args: Sequence[Any], *, arguments: Sequence[int] | None = None) -> Flat:
    """See `fun(*args)` as a function of the inexact leaves of `args`, widened to 64 bits; the others stay constant.

    Args:
        fun: Takes and returns trees of arrays of the active backend.
        args: Trees of NumPy arrays, native arrays or Python scalars.
        arguments: What a message calls each of `args`; their positions if not given.

    Raises:
        ValueError: No leaf is inexact.
    """
    import numpy as np

    numbers = range(len(args)) if arguments is None else arguments
    split = [dg.tree.flatten(arg) for arg in args]
    leaves = [leaf for part, _ in split for leaf in part]
    names = [
        f"argument {n}" + (f", leaf {i}" if len(part) > 1 else "")
        for n, (part, _) in zip(numbers, split, strict=True)
        for i in range(len(part))
    ]
    chosen = [i for i, leaf in enumerate(leaves) if is_inexact(leaf)]
    if not chosen:
        raise ValueError("dualgrad.testing: at least one argument must be floating-point or complex, got none.")
    constants = [native(leaf) for leaf in leaves]

    def flat(*diff: Any) -> tuple[Any, ...]:
        full = list(constants)
        for i, x in zip(chosen, diff, strict=True):
            full[i] = x
        rest = iter(full)
        out = fun(*[dg.tree.unflatten(tree, [next(rest) for _ in part]) for part, tree in split])
        return tuple(y for y in dg.tree.leaves(out) if is_inexact(y))

    wide = [host(leaves[i]) for i in chosen]
    point = tuple(x.astype(np.complex128 if x.dtype.kind == "c" else np.float64) for x in wide)
    return Flat(flat, point, tuple(names[i] for i in chosen))


def native(x: Any) -> Any:
    """A NumPy leaf as an array of the active backend; anything else as it is."""
    import numpy as np

    return dg.asarray(x) if isinstance(x, np.ndarray | np.generic) else x


def direction(x: np.ndarray[Any, Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """A random direction in which a small step stays small beside `x`, no component of it near zero."""
    import numpy as np

    def real(size: np.ndarray[Any, Any]) -> Any:
        return rng.uniform(0.5, 1.0, x.shape) * rng.choice([-1.0, 1.0], x.shape) * np.clip(size, 0.1, 1.0)

    size = np.abs(x)
    return np.asarray(real(size) + 1j * real(size) if x.dtype.kind == "c" else real(size))


def cotangent(y: np.ndarray[Any, Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Random weights of an output, in its dtype."""
    import numpy as np

    weights = rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)
    if y.dtype.kind == "c":
        weights = weights + 1j * rng.uniform(0.5, 1.5, y.shape)
    return np.asarray(weights).astype(y.dtype)
