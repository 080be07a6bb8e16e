"""One function on every backend, from the same NumPy inputs: do values, dtypes and derivatives agree?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import dualgrad as dg
from dualgrad.testing._checks import jit
from dualgrad.testing._compare import activate, dtype_of, host, mismatch, rtol_of
from dualgrad.testing._flat import Flat, cotangent, direction, flatten, native
from dualgrad.testing._row import batched, map_arrays, to_host

__all__ = ["assert_backends_agree"]

Transform = Literal["value", "grad", "jvp", "vjp", "hessian", "vmap", "jit"]
HESSIAN_LIMIT: Final = 64  # elements; beyond it the full matrix costs more than it tells


def assert_backends_agree(
    fun: Callable[..., Any],
    *args: Any,
    backends: Sequence[str] | None = None,
    transforms: Sequence[Transform] = ("value", "grad", "jvp", "vjp", "hessian", "vmap", "jit"),
    rtol: float | None = None,
    x64: bool = True,
) -> None:
    """Check that a function of arrays gives the same on every backend, and so do its transforms.

    Values, dtypes, shapes and tree structure are compared. Where two backends differ, a referee says which of them is
    wrong: finite differences for derivatives, a loop for `vmap`, the eager call for `jit`.

    Args:
        fun: Written with `dg` alone; takes and returns trees of arrays.
        *args: Trees of NumPy arrays or Python scalars.
        backends: Names; all that are installed unless given.
        transforms: What to compare. Derivatives are with respect to all floating-point and complex leaves of `args`,
            the gradient and Hessian those of a fixed weighted sum of the outputs. A Hessian is left out beyond 64
            elements.
        rtol: Relative tolerance of values in float64; 1e-12 unless given. Derivatives get 100 times as much, float32
            what it can hold.
        x64: Whether to run in 64-bit mode.

    Raises:
        AssertionError: Two backends differ.
        ValueError: Fewer than two backends, or a transform is unknown.

    Example:
        >>> import numpy as np
        >>> from dualgrad.testing import assert_backends_agree
        >>> assert_backends_agree(lambda x: dg.sum(dg.sin(x) * x), np.arange(3.0), backends=["jax", "torch"])
    """
    names = list(backends) if backends is not None else dg.available_backends()
    if len(names) < 2:
        raise ValueError(f"dualgrad.testing: agreement needs two backends, got {names}.")
    unknown = [t for t in transforms if t not in RUNNERS]
    if unknown:
        raise ValueError(f"dualgrad.testing: transforms are {', '.join(RUNNERS)}, got {unknown}.")
    rtol = 1e-12 if rtol is None else rtol
    for transform in transforms:
        results = {name: _run(name, transform, fun, args, x64) for name in names}
        first = names[0]
        for other in names[1:]:
            _compare(transform, fun, args, (first, results[first]), (other, results[other]), rtol, x64)


def _run(backend: str, transform: Transform, fun: Callable[..., Any], args: Sequence[Any], x64: bool) -> Any:
    """What a transform of `fun` gives on one backend: a tree on the host, or the exception that it raised."""
    with activate(backend, x64):
        try:
            return RUNNERS[transform](fun, args)
        except Exception as error:
            return error


def _compare(
    transform: Transform,
    fun: Callable[..., Any],
    args: Sequence[Any],
    a: tuple[str, Any],
    b: tuple[str, Any],
    rtol: float,
    x64: bool,
) -> None:
    raised = [(name, r) for name, r in (a, b) if isinstance(r, Exception)]
    if len(raised) == 1:
        name, error = raised[0]
        other = b[0] if name == a[0] else a[0]
        raise AssertionError(
            f"dualgrad.testing: {transform} runs on {other!r} and raises on {name!r}: {type(error).__name__}: {error}"
        ) from error
    if raised:
        if type(a[1]) is type(b[1]) or (_caller(a[1]) and _caller(b[1])):
            raise a[1]
        raise AssertionError(
            f"dualgrad.testing: {transform} raises differently: {a[0]!r} {a[1]!r}, {b[0]!r} {b[1]!r}"
        ) from a[1]
    found = difference(a[1], b[1], rtol if transform in ("value", "vmap", "jit") else 100 * rtol)
    if found:
        raise AssertionError(
            f"dualgrad.testing: {transform} differs between {a[0]!r} and {b[0]!r}: {found}\n"
            + _verdict(transform, fun, args, a, b, x64)
        )


def difference(a: Any, b: Any, rtol: float) -> str:
    """How two host trees differ in structure, dtypes, shapes or values; empty if they do not."""
    la, ta = dg.tree.flatten(a)
    lb, tb = dg.tree.flatten(b)
    if ta != tb:
        return f"structure {ta} against {tb}"
    for i, (x, y) in enumerate(zip(la, lb, strict=True)):
        leaf = f"leaf {i}: " if len(la) > 1 else ""
        if dtype_of(x) != dtype_of(y):
            return f"{leaf}dtype {dtype_of(x)} against {dtype_of(y)}"
        found = mismatch(x, y, rtol_of(dtype_of(x), rtol))
        if found:
            return leaf + found
    return ""


def _caller(error: Any) -> bool:
    return isinstance(error, TypeError | ValueError | IndexError)


def _verdict(
    transform: Transform,
    fun: Callable[..., Any],
    args: Sequence[Any],
    a: tuple[str, Any],
    b: tuple[str, Any],
    x64: bool,
) -> str:
    """The referee's sentence: how far each backend is from what it can be held to."""
    referee = REFEREES.get(transform)
    if referee is None:
        return f"No referee for {transform}; compare with a reference."
    what, judge = referee
    lines: list[str] = []
    far: dict[str, float] = {}
    for name, result in (a, b):
        with activate(name, x64):
            truth = judge(fun, args)
            far[name] = _distance(result, truth)
            lines.append(f"  {name}: relative distance {far[name]:.2g} from {what} on {name}")
    wrong = max(far, key=lambda name: far[name])
    right = min(far, key=lambda name: far[name])
    if far[wrong] > 10 * far[right]:
        lines.append(f"Referee: {wrong!r} is wrong.")
    else:
        lines.append("Referee: undecided; both are equally far.")
    return "\n".join(lines)


def _distance(result: Any, truth: Any) -> float:
    import numpy as np

    worst = 0.0
    for x, y in zip(dg.tree.leaves(result), dg.tree.leaves(truth), strict=True):
        x, y = np.asarray(x), np.asarray(y)
        if x.shape != y.shape:
            return float("inf")
        if x.size:
            error = np.abs(x - y)
            error = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, error)
            worst = max(
                worst, float(np.nan_to_num(error, nan=np.inf).max() / max(1e-12, np.nan_to_num(np.abs(y)).max()))
            )
    return worst


def _value(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    return _typed(fun(*map_arrays(native, tuple(args))))


def _jit(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    return _typed(jit(fun)(*map_arrays(native, tuple(args))))


def _vmap(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    stacked, axes = _stack(args)
    return _typed(dg.vmap(fun, in_axes=axes)(*map_arrays(native, stacked)))


def _loop(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    import numpy as np

    stacked, _ = _stack(args)
    each = [to_host(fun(*map_arrays(lambda x, k=k: native(x[k]), stacked))) for k in range(3)]
    return dg.tree.map(lambda *xs: np.stack(xs), *each)


def _stack(args: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    import numpy as np

    stacked = map_arrays(lambda x: batched(np.asarray(x)), tuple(args))
    axes = tuple(dg.tree.map(lambda x: 0 if isinstance(x, np.ndarray) else None, arg) for arg in stacked)
    return stacked, axes


def _jvp(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, tangents, _ = _setting(fun, args)
    return flat.jvp(flat.point, tangents)


def _vjp(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, _, cts = _setting(fun, args)
    return flat.vjp(flat.point, cts)


def _grad(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, total = _scalar(fun, args)
    return to_host(dg.grad(total, argnums=tuple(range(len(flat.point))))(*[dg.asarray(x) for x in flat.point]))


def _hessian(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, total = _scalar(fun, args)
    if sum(x.size for x in flat.point) > HESSIAN_LIMIT or any(x.dtype.kind == "c" for x in flat.point):
        return ()
    return to_host(dg.hessian(total, argnums=tuple(range(len(flat.point))))(*[dg.asarray(x) for x in flat.point]))


def _setting(fun: Callable[..., Any], args: Sequence[Any]) -> tuple[Flat, list[Any], list[Any]]:
    """The flat function with a direction and weights that are the same on every backend."""
    import numpy as np

    rng = np.random.default_rng(0)
    flat = flatten(fun, args)
    tangents = [direction(x, rng) for x in flat.point]
    return flat, tangents, [cotangent(y, rng) for y in flat(*flat.point)]


def _scalar(fun: Callable[..., Any], args: Sequence[Any]) -> tuple[Flat, Callable[..., Any]]:
    """The flat function and the weighted sum of its outputs that is differentiated."""
    flat, _, cts = _setting(fun, args)

    def total(*xs: Any) -> Any:
        parts = [dg.sum(y * dg.asarray(ct)) for y, ct in zip(flat.fun(*xs), cts, strict=True)]
        parts = [dg.real(p) if "complex" in dtype_of(p) else p for p in parts]
        result = parts[0]
        for part in parts[1:]:
            result = result + part
        return result

    return flat, total


def _fd_jvp(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    from dualgrad.testing.gradcheck import differences

    flat, tangents, _ = _setting(fun, args)
    return differences(flat, tangents)


def _fd_grad(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Gradient by differences along every coordinate, real and imaginary: `df/dx - i df/dy`."""
    import numpy as np

    from dualgrad.testing.gradcheck import differences

    flat, total = _scalar(fun, args)
    summed = Flat(lambda *xs: (total(*xs),), flat.point, flat.names)
    grads = [np.zeros_like(x) for x in flat.point]
    for k, x in enumerate(flat.point):
        for i in np.ndindex(x.shape):
            for unit in (1.0, 1.0j) if x.dtype.kind == "c" else (1.0,):
                tangents = [np.zeros_like(y) for y in flat.point]
                tangents[k][i] = unit
                slope = differences(summed, tangents)[0]
                grads[k][i] += slope if unit == 1.0 else -1j * slope
    return tuple(grads)


RUNNERS: Final[dict[str, Callable[[Callable[..., Any], Sequence[Any]], Any]]] = {
    "value": _value,
    "grad": _grad,
    "jvp": _jvp,
    "vjp": _vjp,
    "hessian": _hessian,
    "vmap": _vmap,
    "jit": _jit,
}
REFEREES: Final[dict[str, tuple[str, Callable[[Callable[..., Any], Sequence[Any]], Any]]]] = {
    "grad": ("finite differences", _fd_grad),
    "vjp": ("finite differences", _fd_grad),
    "jvp": ("finite differences", _fd_jvp),
    "vmap": ("a loop", _loop),
    "jit": ("the eager call", _value),
}


def _typed(tree: Any) -> Any:
    """On the host, bfloat16 kept apart from float32 by its NumPy relative."""

    def leaf(x: Any) -> Any:
        value = host(x)
        return value.astype(dg.bfloat16.dtype) if dtype_of(x) == "bfloat16" else value

    return dg.tree.map(leaf, tree)
