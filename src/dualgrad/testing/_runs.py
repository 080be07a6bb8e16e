"""What is compared between backends: each transform of a function, as a tree on the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import dualgrad as dg
from dualgrad.protocol import Backend
from dualgrad.testing._compare import activate, dtype_of, host, mismatch, rtol_of
from dualgrad.testing._flat import Flat, cotangent, direction, flatten, native
from dualgrad.testing._row import batched, map_arrays

__all__ = [
    "RUNNERS",
    "ArgumentChangedError",
    "Case",
    "Transform",
    "difference",
    "perturbed",
    "scalar",
    "setting",
    "stacked",
]

Transform = Literal["value", "grad", "jvp", "vjp", "hessian", "vmap", "jit"]
_FAR: Final = 64  # ulps
HESSIAN_LIMIT: Final = 64  # elements; beyond it a product with one vector tells enough


class ArgumentChangedError(AssertionError):
    """A program left other values in its arguments than it was given."""


@dataclass(frozen=True)
class Case:
    """A function and its NumPy arguments, in a precision.

    Attributes:
        fun: Written with `dg`.
        args: Trees of NumPy arrays or Python scalars.
        rtol: Relative tolerance of values in float64.
        x64: Whether to run in 64-bit mode.
    """

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    rtol: float
    x64: bool

    def run(self, backend: str | Backend, transform: Transform) -> Any:
        """What a transform gives on a backend: a tree on the host, or the exception that it raised."""
        with activate(backend, self.x64):
            try:
                return RUNNERS[transform](self.fun, self.args)
            except Exception as error:
                return error

    def differ(
        self, transform: Transform, a: str | Backend, b: str | Backend, results: tuple[Any, Any], *, jumps: bool = False
    ) -> str:
        """How two backends' results differ beyond rounding; empty if they do not.

        Where the plain tolerance does not do, the arguments are moved by an ulp: what that changes is conditioning.

        Args:
            transform: What was run.
            a: One backend.
            b: The other.
            results: What each gave.
            jumps: Whether it counts what an ulp changes by a jump, as it does at a kink: conditioning is then only what
                grows with the distance.
        """
        rtol = self.rtol if transform in ("value", "vmap", "jit") else 100 * self.rtol
        found = difference(*results, rtol)
        for ulps in (1, _FAR) if jumps else (1,):
            if not found or not _comparable(*results):
                return found
            moved = [replace(self, args=perturbed(self.args, seed, ulps)) for seed in (0, 1)]
            runs = [(r, case.run(name, transform)) for name, r in zip((a, b), results, strict=True) for case in moved]
            if any(isinstance(other, Exception) or not _comparable(result, other) for result, other in runs):
                return found
            spread = [[s / ulps for s in _spread(result, other)] for result, other in runs]
            excused = not difference(*results, rtol, spread=spread)
            if not excused:
                return found
            found = found if ulps == 1 and jumps else ""
        return found


def difference(a: Any, b: Any, rtol: float, spread: Sequence[list[Any]] = ()) -> str:
    """How two host trees differ in structure, dtypes, shapes or values; empty if they do not.

    Args:
        a: One tree.
        b: The other.
        rtol: Relative tolerance in float64.
        spread: For each leaf by how much rounding of the arguments may change it, several times.
    """
    import numpy as np

    la, ta = dg.tree.flatten(a)
    lb, tb = dg.tree.flatten(b)
    if ta != tb:
        return f"structure {ta} against {tb}"
    paths = [dg.tree.keystr(path) for path, _ in dg.tree.leaves_with_path(a)]
    for i, (x, y) in enumerate(zip(la, lb, strict=True)):
        leaf = f"leaf {paths[i]}: " if len(la) > 1 else ""
        if dtype_of(x) != dtype_of(y):
            return f"{leaf}dtype {dtype_of(x)} against {dtype_of(y)}"
        tol = rtol_of(dtype_of(x), rtol)
        atol: Any = None
        if spread and np.shape(x) == np.shape(y) and np.size(x):
            finite = np.abs(np.asarray(y, complex))
            atol = tol / 100 * float(np.nan_to_num(finite, posinf=0.0).max(initial=0.0) or 1.0)
            atol = atol + 4 * np.max([s[i] for s in spread], axis=0)
        found = mismatch(x, y, tol, atol)
        if found:
            return leaf + found
    return ""


def perturbed(args: Sequence[Any], seed: int, ulps: int = 1) -> tuple[Any, ...]:
    """Arguments with every floating-point element moved by units in its last place, up or down."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def real(x: Any) -> Any:
        to = np.where(rng.integers(0, 2, np.shape(x)) == 1, np.inf, -np.inf)
        for _ in range(ulps if x.dtype.kind == "f" else 0):
            x = np.nextafter(x, to.astype(x.dtype))
        return x

    def move(x: Any) -> Any:
        x = np.asarray(x)
        if x.dtype.kind == "c":
            return (real(x.real) + 1j * real(x.imag)).astype(x.dtype)
        return real(x)

    def leaf(x: Any) -> Any:
        if isinstance(x, float | complex) and not isinstance(x, np.generic):
            return type(x)(move(x))
        return move(x) if hasattr(x, "dtype") else x

    return tuple(dg.tree.map(leaf, arg) for arg in args)


def setting(fun: Callable[..., Any], args: Sequence[Any], *, widen: bool = False) -> tuple[Flat, list[Any], list[Any]]:
    """The flat function with a direction and weights that are the same on every backend."""
    import numpy as np

    rng = np.random.default_rng(0)
    flat = flatten(fun, args, widen=widen)
    tangents = [direction(x, rng).astype(x.dtype) for x in flat.point]
    return flat, tangents, [cotangent(y, rng) for y in flat(*flat.point)]


def scalar(fun: Callable[..., Any], args: Sequence[Any], *, widen: bool = False) -> tuple[Flat, Callable[..., Any]]:
    """The flat function and the weighted sum of its outputs that is differentiated."""
    flat, _, cts = setting(fun, args, widen=widen)
    if not cts:
        raise ValueError("dualgrad.testing: the function must return a floating-point or complex array, got none.")

    def total(*xs: Any) -> Any:
        parts = [dg.sum(y * dg.asarray(ct)) for y, ct in zip(flat.fun(*xs), cts, strict=True)]
        parts = [dg.real(p) if "complex" in dtype_of(p) else p for p in parts]
        return sum(parts[1:], parts[0])

    return flat, total


def stacked(args: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Three copies of each array, slightly different, and the axes to map."""
    import numpy as np

    stack = map_arrays(lambda x: batched(np.asarray(x)), tuple(args))
    axes = tuple(dg.tree.map(lambda x: 0 if isinstance(x, np.ndarray) else None, arg) for arg in stack)
    return stack, axes


def _value(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    given = map_arrays(native, tuple(args))
    before = [host(x).copy() for x in dg.tree.leaves(given) if hasattr(x, "dtype")]
    out = _typed(fun(*given))
    after = [host(x) for x in dg.tree.leaves(given) if hasattr(x, "dtype")]
    if any(x.tobytes() != y.tobytes() for x, y in zip(before, after, strict=True)):
        raise ArgumentChangedError("the program changes its argument in place")
    return out


def _jit(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    return _typed(dg.jit(fun)(*map_arrays(native, tuple(args))))


def _vmap(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    stack, axes = stacked(args)
    if not any(axis == 0 for axis in dg.tree.leaves(axes)):
        return ()
    return _typed(dg.vmap(fun, in_axes=axes)(*map_arrays(native, stack)))


def _jvp(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, tangents, _ = setting(fun, args)
    return _typed(flat.push(*[dg.asarray(x) for x in (*flat.point, *tangents)]))


def _vjp(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, _, cts = setting(fun, args)
    return _typed(flat.pull(*[dg.asarray(x) for x in (*flat.point, *cts)]))


def _grad(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, total = scalar(fun, args)
    return _typed(dg.grad(total, argnums=tuple(range(len(flat.point))))(*[dg.asarray(x) for x in flat.point]))


def _hessian(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, total = scalar(fun, args)
    every = tuple(range(len(flat.point)))
    point = [dg.asarray(x) for x in flat.point]
    if sum(x.size for x in flat.point) <= HESSIAN_LIMIT and all(x.dtype.kind != "c" for x in flat.point):
        return _typed(dg.hessian(total, argnums=every)(*point))
    _, tangents, _ = setting(fun, args)
    along = tuple(dg.asarray(t) for t in tangents)
    return _typed(dg.jvp(dg.grad(total, argnums=every), tuple(point), along)[1])


def _typed(tree: Any) -> Any:
    """On the host, with the dtypes that the arrays have."""
    return dg.tree.map(lambda x: host(x, exact_dtype=True), tree)


def _comparable(a: Any, b: Any) -> bool:
    import numpy as np

    if isinstance(a, Exception) or isinstance(b, Exception):
        return False
    la, lb = dg.tree.leaves(a), dg.tree.leaves(b)
    return len(la) == len(lb) and all(np.shape(x) == np.shape(y) for x, y in zip(la, lb, strict=True))


def _spread(a: Any, b: Any) -> list[Any]:
    import numpy as np

    def wide(x: Any) -> Any:
        return np.asarray(x).astype(complex if np.asarray(x).dtype.kind == "c" else float)

    with np.errstate(all="ignore"):
        return [
            np.nan_to_num(np.abs(wide(x) - wide(y)), nan=0.0, posinf=0.0)
            for x, y in zip(dg.tree.leaves(a), dg.tree.leaves(b), strict=True)
        ]


RUNNERS: Final[dict[str, Callable[[Callable[..., Any], Sequence[Any]], Any]]] = {
    "value": _value,
    "grad": _grad,
    "jvp": _jvp,
    "vjp": _vjp,
    "hessian": _hessian,
    "vmap": _vmap,
    "jit": _jit,
}
