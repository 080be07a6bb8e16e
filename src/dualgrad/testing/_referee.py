"""Who is wrong: each result against 50 digits where the ops allow it, else against the same backend's own values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import dualgrad as dg
from dualgrad.protocol import Backend
from dualgrad.testing._compare import activate
from dualgrad.testing._flat import Flat
from dualgrad.testing._high import DIGITS, Held, high_precision, rounded
from dualgrad.testing._numeric import measured
from dualgrad.testing._row import map_arrays, to_host
from dualgrad.testing._runs import Case, Transform, scalar, setting, stacked

__all__ = ["compared", "distance", "verdict"]

_H: Final = 1e-12  # a central difference in 50 digits is then good to 24


def verdict(transform: Transform, case: Case, a: tuple[str | Backend, Any], b: tuple[str | Backend, Any]) -> str:
    """The referee's lines: how far each backend is from what it can be held to, and which of them is wrong."""
    sides = [(name if isinstance(name, str) else name.name, name, result) for name, result in (a, b)]
    try:
        known = [_truth(transform, case, backend) for _, backend, _ in sides]
    except Exception as error:
        return f"No referee for {transform}: {type(error).__name__}: {str(error).splitlines()[0]:.150}"
    names, results = [name for name, _, _ in sides], [result for _, _, result in sides]
    return compared(names, results, [truth for _, truth in known], [what for what, _ in known])


def compared(names: Sequence[str], results: Sequence[Any], truths: Sequence[Any], what: Sequence[str]) -> str:
    """Lines that say how far each result is from its truth, and which backend is wrong."""
    far = {name: distance(r, truth) for name, r, truth in zip(names, results, truths, strict=True)}
    lines = [f"  {name}: relative distance {far[name]:.2g} from {w}" for name, w in zip(names, what, strict=True)]
    wrong, right = max(far, key=lambda name: far[name]), min(far, key=lambda name: far[name])
    if far[wrong] > 10 * far[right]:
        return "\n".join([*lines, f"Referee: {wrong!r} is wrong."])
    return "\n".join([*lines, "Referee: undecided; both are equally far."])


def _truth(transform: Transform, case: Case, backend: str | Backend) -> tuple[str, Any]:
    """What a result is to be, and how a message calls that."""
    name = backend if isinstance(backend, str) else backend.name
    own = f"what {name} gives"
    if transform in _HIGH:
        try:
            return f"the same in {DIGITS} digits", _high(transform, case, backend)
        except Exception as error:  # an op that is missing, or mpmath itself
            reason = error
        if transform == "value":
            raise reason
    with activate(backend, case.x64):
        if transform == "vmap":
            return f"a loop over {own}", _loop(case.fun, case.args)
        if transform == "jit":
            return f"{own} eagerly", to_host(case.fun(*map_arrays(dg.asarray, case.args)))
    with activate(backend):
        return f"finite differences of {own}", _DIFFERENCES[transform](case.fun, case.args)


def _high(transform: Transform, case: Case, backend: str | Backend) -> Any:
    """A value or derivative computed in 50 digits, rounded to float64."""
    import mpmath

    with activate(backend, case.x64):
        flat, tangents, _ = setting(case.fun, case.args) if transform != "value" else (None, [], [])
        space = high_precision(dg.get_backend(backend) if isinstance(backend, str) else backend)
        weighted = scalar(case.fun, case.args)[1] if transform in ("grad", "vjp", "hessian") else None
    with mpmath.workdps(DIGITS), dg.use_backend(space):
        numbers = map_arrays(space.asarray, case.args)
        if transform == "value":
            return rounded(case.fun(*numbers))
        assert flat is not None
        point = [space.asarray(x) for x in flat.point]
        flat.fun(*point)
        if transform == "jvp":
            along = [space.asarray(t) for t in tangents]
            return rounded(_directional(_restarted(space.held, flat.fun), point, along))
        assert weighted is not None
        total = _restarted(space.held, weighted)
        if any(x.dtype.kind == "c" for x in flat.point):
            raise AttributeError("complex arguments")
        if transform in ("grad", "vjp"):
            return rounded(_coordinates(lambda *xs: (total(*xs),), point))
        n = len(point)
        flat_hessian = [
            _coordinates(lambda *xs, i=i, at=at: (_coordinates(lambda *ys: (total(*ys),), list(xs))[i][at],), point)
            for i in range(n)
            for at in _indices(point[i])
        ]
        return _assembled(flat_hessian, point)


def _restarted(held: Held, fun: Callable[..., Any]) -> Callable[..., Any]:
    def restarted(*args: Any) -> Any:
        held.restart()
        return fun(*args)

    return restarted


def _directional(fun: Callable[..., Any], point: list[Any], along: list[Any]) -> tuple[Any, ...]:
    import mpmath

    h = mpmath.mpf(_H)
    ahead, behind = (fun(*[x + s * h * t for x, t in zip(point, along, strict=True)]) for s in (1, -1))
    return tuple((p - m) / (2 * h) for p, m in zip(ahead, behind, strict=True))


def _coordinates(fun: Callable[..., Any], point: list[Any]) -> tuple[Any, ...]:
    """Gradient of a scalar function by differences along every coordinate."""
    import numpy as np

    grads: list[Any] = []
    for k, x in enumerate(point):
        grad = np.empty(x.shape, dtype=object)
        for at in np.ndindex(x.shape):
            along = [np.zeros(y.shape, dtype=object) for y in point]
            along[k][at] = 1
            grad[at] = np.asarray(_directional(fun, point, along)[0]).item()
        grads.append(grad)
    return tuple(grads)


def _indices(x: Any) -> list[tuple[int, ...]]:
    import numpy as np

    return list(np.ndindex(x.shape))


def _assembled(rows: list[tuple[Any, ...]], point: list[Any]) -> Any:
    """Rows of second derivatives as `dg.hessian` nests them."""
    import numpy as np

    rest = iter(rows)
    out: list[tuple[Any, ...]] = []
    for x in point:
        mine = [next(rest) for _ in _indices(x)]
        out.append(
            tuple(np.array([rounded(row[j]) for row in mine]).reshape(x.shape + y.shape) for j, y in enumerate(point))
        )
    return tuple(out)


def _loop(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    import numpy as np

    stack, _ = stacked(args)
    each = [to_host(fun(*map_arrays(lambda x, k=k: dg.asarray(x[k]), stack))) for k in range(3)]
    return dg.tree.map(lambda *xs: np.stack(xs), *each)


def _fd_jvp(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, tangents, _ = setting(fun, args, widen=True)
    return tuple(measured(flat, flat.point, tangents).values)


def _fd_vjp(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, _, cts = setting(fun, args, widen=True)

    def weighted(*point: Any) -> list[Any]:
        import numpy as np

        return [np.asarray(sum(float(np.real(np.sum(ct * y))) for ct, y in zip(cts, flat(*point), strict=True)))]

    return _fd_gradient(weighted, flat)


def _fd_grad(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    flat, total = scalar(fun, args, widen=True)
    return _fd_gradient(Flat(lambda *xs: (total(*xs),), flat.point, flat.names), flat)


def _fd_gradient(values: Callable[..., list[Any]], flat: Flat) -> Any:
    """Gradient by differences along every coordinate, real and imaginary: `df/dx - i df/dy`."""
    import numpy as np

    grads = [np.zeros_like(x) for x in flat.point]
    for k, x in enumerate(flat.point):
        for at in np.ndindex(x.shape):
            for unit in (1.0, 1.0j) if x.dtype.kind == "c" else (1.0,):
                tangents = [np.zeros_like(y) for y in flat.point]
                tangents[k][at] = unit
                slope = measured(values, flat.point, tangents).values[0]
                grads[k][at] += slope if unit == 1.0 else -1j * slope
    return tuple(grads)


def _fd_hessian(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Second derivatives by differences of differences, of values alone."""
    import numpy as np

    flat, total = scalar(fun, args, widen=True)
    values = Flat(lambda *xs: (total(*xs),), flat.point, flat.names)
    if sum(x.size for x in flat.point) > 16 or any(x.dtype.kind == "c" for x in flat.point):
        raise ValueError("too many elements for second differences")
    rows: list[tuple[Any, ...]] = []
    for k, x in enumerate(flat.point):
        for at in np.ndindex(x.shape):
            along = [np.zeros_like(y) for y in flat.point]
            along[k][at] = 1.0

            def slope(*point: Any, along: list[Any] = along) -> list[Any]:
                return measured(values, point, along, eps=1e-2).values

            rows.append(_fd_gradient_with(slope, flat))
    return _assembled(rows, list(flat.point))


def _fd_gradient_with(slope: Callable[..., list[Any]], flat: Flat) -> tuple[Any, ...]:
    import numpy as np

    grads = [np.zeros_like(x) for x in flat.point]
    for k, x in enumerate(flat.point):
        for at in np.ndindex(x.shape):
            along = [np.zeros_like(y) for y in flat.point]
            along[k][at] = 1.0
            grads[k][at] = measured(slope, flat.point, along, eps=1e-2, target=1e-6).values[0]
    return tuple(grads)


def distance(result: Any, truth: Any) -> float:
    """Greatest relative distance between the leaves of two trees."""
    import numpy as np

    worst = 0.0
    leaves, others = dg.tree.leaves(result), dg.tree.leaves(truth)
    if len(leaves) != len(others):
        return float("inf")
    for x, y in zip(leaves, others, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        if x.shape != y.shape:
            return float("inf")
        if x.dtype.kind in "biu" and y.dtype.kind in "biu":
            worst = max(worst, float((x != y).any()))  # 64 bits are more than a float holds
        elif x.size:
            x, y = (z.astype(complex if z.dtype.kind == "c" else float) for z in (x, y))
            with np.errstate(all="ignore"):
                error = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(x - y))
                size = max(1e-12, float(np.nan_to_num(np.abs(y)).max()))
            worst = max(worst, float(np.nan_to_num(error, nan=np.inf).max()) / size)
    return worst


_HIGH: Final = ("value", "grad", "jvp", "vjp", "hessian")
_DIFFERENCES: Final[dict[str, Callable[[Callable[..., Any], Sequence[Any]], Any]]] = {
    "grad": _fd_grad,
    "vjp": _fd_vjp,
    "jvp": _fd_jvp,
    "hessian": _fd_hessian,
}
