"""What a derivative is to be at a kink: the subgradient of least norm, from the derivatives around the point.

It says of one op what the convention says, where finite differences say nothing: half a kink's two slopes, whatever the
rule. Where derivatives grow without end towards the point, the limit is what is promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import dualgrad as dg
from dualgrad.protocol import Backend
from dualgrad.testing._compare import activate, host
from dualgrad.testing._flat import Flat
from dualgrad.testing._runs import Case, Transform, setting

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BY_ORDER", "least", "promised"]

# Which element a result is, is decided by the first of equals, not by least norm.
BY_ORDER: Final = frozenset({"argsort", "sort", "top_k"})
# A tie with a constant is shared as well.
_SHARING: Final = frozenset({"fmax", "fmin", "maximum", "minimum"})
_SAMPLES: Final = 24
_NEAR: Final = (1e-6, 1e-8)
_ELEMENTS: Final = 64


def promised(path: str, transform: Transform, case: Case, backends: Sequence[str | Backend]) -> Any:
    """The derivative of an op at a kink, as a tree on the host; `None` where the point is none or nothing is known."""
    if transform not in ("vjp", "jvp") or path in BY_ORDER:
        return None
    near = [_around(case, backend) for backend in backends]
    if any(found is None for found in near):
        return None
    (flat, tangents, cts, rows), others = near[0], [found[3] for found in near[1:]]  # type: ignore[misc]
    if any(not _alike(rows, other) for other in others):
        return None  # an op that is wrong beside the point is no matter of kinks
    slopes = _slopes(rows, path)
    return None if slopes is None else _applied(transform, flat, tangents, cts, slopes)


def least(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The point of least norm in the convex hull of the rows (P. Wolfe, Mathematical Programming 11, 1976)."""
    import numpy as np

    chosen = [int(np.argmin(np.sum(points * points, axis=1)))]
    weights = np.ones(1)
    for _ in range(200):
        x = weights @ points[chosen]
        next_ = int(np.argmin(points @ x))
        if next_ in chosen or x @ points[next_] > x @ x - 1e-12 * max(1.0, float(np.max(points * points))):
            break
        chosen.append(next_)
        weights = np.append(weights, 0.0)
        while True:
            corners = points[chosen]
            n = len(chosen)
            system = np.block([[np.zeros((1, 1)), np.ones((1, n))], [np.ones((n, 1)), corners @ corners.T]])
            target = np.linalg.lstsq(system, np.eye(n + 1)[0], rcond=None)[0][1:]
            if (target > 1e-12).all():
                weights = target
                break
            falling = target <= 1e-12
            step = float(np.min(weights[falling] / np.maximum(weights[falling] - target[falling], 1e-300)))
            weights = (1 - step) * weights + step * target
            kept = weights > 1e-12
            chosen, weights = [c for c, k in zip(chosen, kept, strict=True) if k], weights[kept]
    return weights @ points[chosen]


def _around(case: Case, backend: str | Backend) -> tuple[Flat, list[Any], list[Any], np.ndarray[Any, Any]] | None:
    """Jacobians beside the point, of all outputs with respect to all inputs: distance, sample, output, input."""
    import numpy as np

    rng = np.random.default_rng(0)
    with activate(backend, case.x64), np.errstate(all="ignore"):
        flat, tangents, cts = setting(case.fun, case.args)
        n, m = sum(x.size for x in flat.point), sum(ct.size for ct in cts)
        if not 0 < n <= _ELEMENTS or not 0 < m <= _ELEMENTS or any(x.dtype != np.float64 for x in (*flat.point, *cts)):
            return None
        directions = [[rng.uniform(0.5, 1, x.shape) * rng.choice([-1, 1], x.shape) for x in flat.point]]
        directions += [[-t for t in directions[0]]]
        directions += [[rng.choice([-1.0, 1.0], x.shape) * rng.random(x.shape) for x in flat.point]
                       for _ in range(_SAMPLES - 2)]  # fmt: skip
        found = [[_jacobian(flat, [x + h * np.maximum(abs(x), 1.0) * t for x, t in zip(flat.point, ts, strict=True)])
                  for ts in directions] for h in _NEAR]  # fmt: skip
    return flat, tangents, cts, np.asarray(found)


def _jacobian(flat: Flat, point: Sequence[Any]) -> Any:
    import numpy as np

    blocks = dg.jacrev(flat.fun, argnums=tuple(range(len(point))))(*[dg.asarray(x) for x in point])
    lines = [
        np.concatenate([host(b).reshape(-1, x.size) for b, x in zip(line, point, strict=True)], axis=1)
        for line in blocks
    ]
    return np.concatenate(lines, axis=0)


def _alike(a: Any, b: Any) -> bool:
    import numpy as np

    return bool(np.allclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=True))


def _slopes(rows: np.ndarray[Any, Any], path: str) -> np.ndarray[Any, Any] | None:
    """The Jacobian at the point itself; `None` where the point is no kink."""
    import numpy as np

    with np.errstate(all="ignore"):
        far, close = rows
        defined = np.isfinite(close).all(axis=(1, 2))
        if not defined.any():
            return None
        far, close = far[defined], close[defined]
        grows = (abs(close) > 5 * abs(far)) & (abs(close) > 100.0)
        wide = np.ptp(close, axis=0) > 1e-3 * np.max(abs(close), axis=0)
        endless = grows.any(axis=0)
        if not (wide.any() or endless.any()):
            return None
        out = np.asarray(
            [
                line.mean(axis=0) if not w.any() else least(line)
                for line, w in zip(close.swapaxes(0, 1), wide, strict=True)
            ]
        )
        if path in _SHARING:
            out = np.where(wide, (close.min(axis=0) + close.max(axis=0)) / 2, out)
        elif path == "clip":  # the one exception: a value on its bound keeps the derivative, and the bound has none
            out = np.where(wide, 0.0, out)
            first = out.shape[0]
            block = close[:, :, :first]
            out[:, :first] = np.where(wide[:, :first], block.max(axis=0), out[:, :first])
        signs = np.sign(close)
        one_sign = (signs == signs[0]).all(axis=0)
        out[endless] = np.where(one_sign, signs[0] * np.inf, np.nan)[endless]
    return out


def _applied(transform: Transform, flat: Flat, tangents: Sequence[Any], cts: Sequence[Any], slopes: Any) -> Any:
    """A Jacobian times the direction, or the weights times it, split as the transform's result is."""
    import numpy as np

    def times(a: Any, b: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.sum(np.where(b == 0, 0.0, a * b), axis=0)

    if transform == "jvp":
        t = np.concatenate([np.ravel(t) for t in tangents])
        joined, like = times(t[:, None], slopes.T), cts
    else:
        ct = np.concatenate([np.ravel(ct) for ct in cts])
        joined, like = times(ct[:, None], slopes), flat.point
    ends = np.cumsum([x.size for x in like])[:-1]
    return tuple(part.reshape(x.shape) for part, x in zip(np.split(joined, ends), like, strict=True))
