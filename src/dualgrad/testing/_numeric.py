"""Derivatives from values alone, each with a bound of its own error: what analytic derivatives are held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np

__all__ = ["STEP", "Slope", "complex_step", "kinked", "measured"]

HostFun = Callable[..., list[Any]]
# Five points: the error of the formula is h**4/30 f''''', that of rounding 1e-16/h; both are near 1e-13 at 1e-3.
STEP: Final = 1e-3
# Steps relative to `eps`, tried in this order until the error is small: the later ones for kinks and poles nearby.
_FACTORS: Final = (1.0, 10.0, 0.1, 1e-2, 1e-3, 1e-5, 1e-7, 1e-9)
_ENOUGH: Final = 3
_EPS: Final = 2.3e-16


@dataclass(frozen=True)
class Slope:
    """A numeric derivative of every output in one direction.

    Attributes:
        values: The derivatives.
        errors: What each element may be off by.
        how: The method, for messages.
    """

    values: list[np.ndarray[Any, Any]]
    errors: list[np.ndarray[Any, Any]]
    how: str = "finite differences"

    @property
    def finite(self) -> bool:
        """Whether every element is known."""
        import numpy as np

        return all(np.isfinite(e).all() and np.isfinite(v).all() for v, e in zip(self.values, self.errors, strict=True))


def measured(
    fun: HostFun,
    point: Sequence[Any],
    tangents: Sequence[Any],
    *,
    eps: float = STEP,
    target: float = 1e-9,
    holomorphic: HostFun | None = None,
) -> Slope:
    """The derivative of `fun` along `tangents`, to `target` relative where values in float64 tell so much.

    Central differences of two widths are combined as Richardson did, at one step size after another; what the two
    differ by bounds the error of the formula, the size of the values that of rounding. Each element keeps its best.

    Args:
        fun: From host arrays to a list of host arrays.
        point: Where.
        tangents: The direction.
        eps: The first step.
        target: The relative error at which to stop.
        holomorphic: `fun` for complex arguments, if it can take them; tried where differences are not good enough.
    """
    import numpy as np

    best: Slope | None = None
    with np.errstate(all="ignore"):
        for tried, factor in enumerate(_FACTORS):
            found = _richardson(fun, point, tangents, eps * factor)
            best = found if best is None else _better(best, found)
            if _good(best, target) or (tried + 1 >= _ENOUGH and _good(best, 1e-4)):
                break
        assert best is not None
        if holomorphic is not None and not _good(best, target):
            return complex_step(holomorphic, fun, point, tangents, best) or best
    return best


def complex_step(
    holomorphic: HostFun, fun: HostFun, point: Sequence[Any], tangents: Sequence[Any], known: Slope
) -> Slope | None:
    """`Im f(x + iht) / h`, exact to rounding where `fun` is real-analytic; `None` where it is seen not to be.

    Two tiny steps must agree, the real part must be the value, and differences, which must tell three digits, must
    not contradict.
    """
    import numpy as np

    if any(x.dtype.kind == "c" for x in point) or not _good(known, 1e-3):
        return None
    slopes: list[list[Any]] = []
    try:
        values = fun(*point)
        for h in (1e-20, 1e-25):
            out = holomorphic(*[x + 1j * h * t for x, t in zip(point, tangents, strict=True)])
            if any(y.dtype.kind != "c" for y in out):
                return None
            if not all(np.allclose(y.real, v, rtol=1e-12, atol=0) for y, v in zip(out, values, strict=True)):
                return None
            slopes.append([y.imag / h for y in out])
    except Exception:  # whatever an op says to complex numbers that it is not for
        return None
    errors = [np.abs(a - b) + 1e-13 * np.abs(a) for a, b in zip(*slopes, strict=True)]
    found = Slope(slopes[0], errors, "complex steps")
    near = all(
        (np.abs(v - k) <= 10 * e + 1e-6 * np.abs(v)).all()
        for v, k, e in zip(found.values, known.values, known.errors, strict=True)
    )
    return _better(known, found) if near and found.finite else None


def kinked(fun: HostFun, point: Sequence[Any], tangents: Sequence[Any]) -> tuple[list[Any], list[Any]] | None:
    """The slopes from the left and from the right where they differ however small the step; `None` where it is smooth.

    At a kink every value between the two is a subgradient.
    """
    import numpy as np

    def sides(h: float) -> tuple[list[Any], list[Any]]:
        low, middle, high = (fun(*[x + k * h * t for x, t in zip(point, tangents, strict=True)]) for k in (-1, 0, 1))
        return (
            [(m - a) / h for a, m in zip(low, middle, strict=True)],
            [(b - m) / h for m, b in zip(middle, high, strict=True)],
        )

    with np.errstate(all="ignore"):
        (left, right), (closer, also) = sides(1e-6), sides(1e-7)
        wide = max([float(np.abs(a - b).max(initial=0.0)) for a, b in zip(left, right, strict=True)], default=0.0)
        narrow = max([float(np.abs(a - b).max(initial=0.0)) for a, b in zip(closer, also, strict=True)], default=0.0)
        size = max([float(np.abs(a).max(initial=0.0)) for a in (*left, *right)], default=0.0)
    if not np.isfinite(wide) or wide <= 1e-3 * size or narrow < 0.5 * wide or narrow > 2.0 * wide:
        return None
    return left, right


def _richardson(fun: HostFun, point: Sequence[Any], tangents: Sequence[Any], h: float) -> Slope:
    import numpy as np

    def at(steps: int) -> list[Any]:
        return fun(*[x + steps * h * t for x, t in zip(point, tangents, strict=True)])

    ends = [list(zip(at(k), at(-k), strict=True)) for k in (1, 2, 4)]
    values: list[Any] = []
    errors: list[Any] = []
    for (a, z), (b, y), (c, x) in zip(*ends, strict=True):
        narrow = (8 * (a - z) - (b - y)) / (12 * h)
        wide = (8 * (b - y) - (c - x)) / (24 * h)
        value = np.asarray(narrow + (narrow - wide) / 15)
        size = np.asarray(np.abs(a) + np.abs(value) * h)
        gap = np.asarray(np.abs(narrow - wide) / 4)
        # Noise that happens to cancel in one element shows in the others; those of no size say nothing.
        large = size > 1e-3 * size.max(initial=0.0)
        noise = float(np.median(gap[large] / size[large])) if large.any() else 0.0
        values.append(np.asarray(value))
        errors.append(np.asarray(np.maximum(gap, noise * size) + 2 * _EPS * size / h))
    return Slope(values, errors)


def _better(a: Slope, b: Slope) -> Slope:
    import numpy as np

    def finite(e: Any, v: Any) -> Any:
        return np.where(np.isfinite(e) & np.isfinite(v), e, np.inf)

    values: list[Any] = []
    errors: list[Any] = []
    for va, ea, vb, eb in zip(a.values, a.errors, b.values, b.errors, strict=True):
        ea, eb = finite(ea, va), finite(eb, vb)
        with np.errstate(all="ignore"):
            ra, rb = (np.nan_to_num(e / (abs(v) + e), nan=1.0) for e, v in ((ea, va), (eb, vb)))
        # Beyond a pole both the slope and its error are small; what tells more digits of itself is right.
        first = np.where((ra < 0.1 * rb) | (rb < 0.1 * ra), ra < rb, ea <= eb)
        values.append(np.where(first, va, vb))
        errors.append(np.where(first, ea, eb))
    return Slope(values, errors, a.how if a.how == b.how else f"{a.how} and {b.how}")


def _good(slope: Slope, target: float) -> bool:
    return slope.finite and all(
        (e <= target * (abs(v) + 1e-3 * abs(v).max(initial=0.0)) + 1e-13).all()
        for v, e in zip(slope.values, slope.errors, strict=True)
    )
