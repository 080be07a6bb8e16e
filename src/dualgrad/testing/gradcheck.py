"""Derivatives against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import dualgrad as dg
from dualgrad.testing._compare import dtype_of, host, mismatch
from dualgrad.testing._flat import Flat, cotangent, direction, flatten

if TYPE_CHECKING:
    import numpy as np

__all__ = ["check_grads"]

Mode = Literal["fwd", "rev"]
# Five points: the error of the formula is h**4/30 f''''', that of rounding 1e-16/h; both are near 1e-13 at 1e-3.
STEP = 1e-3


def check_grads(
    fun: Callable[..., Any],
    args: Sequence[Any],
    *,
    order: int = 2,
    modes: Sequence[Mode] = ("fwd", "rev"),
    rtol: float | None = None,
    atol: float | None = None,
    eps: float | None = None,
) -> None:
    """Check the derivatives of a function against central differences, on the active backend in 64-bit mode.

    Each inexact leaf of `args` is moved in a random direction. For the second order the checked first derivatives are
    themselves differentiated, in every combination of `modes`.

    Args:
        fun: Takes and returns trees of arrays; its inexact outputs must come out in 64 bits.
        args: The point: trees of arrays or Python scalars. Integers and bools are held constant.
        order: Highest order of derivative.
        modes: `"fwd"` for `jvp`, `"rev"` for `vjp`.
        rtol: Relative tolerance; 1e-6 unless given.
        atol: Absolute tolerance; `rtol` times the largest component unless given.
        eps: Size of the step; 1e-3 unless given. Smaller near a kink or a pole.

    Raises:
        AssertionError: A derivative is wrong; names the argument, the direction and both numbers.
        ValueError: No argument or no output is inexact, an output is not in 64 bits, or a mode is unknown.

    Example:
        >>> from dualgrad.testing import check_grads
        >>> check_grads(lambda x: dg.sum(dg.sin(x) ** 2), (dg.asarray([0.3, 0.7]),))
    """
    unknown = [mode for mode in modes if mode not in ("fwd", "rev")]
    if unknown or not modes or order < 1:
        raise ValueError(f"dualgrad.testing: order is at least 1, modes are 'fwd' and 'rev', got {order}, {modes!r}.")
    with dg.enable_x64(True):
        flat = flatten(fun, args)
        check_flat(flat, order=order, modes=modes, rtol=rtol or 1e-6, atol=atol, eps=eps or STEP)


def check_flat(
    flat: Flat,
    *,
    order: int = 1,
    modes: Sequence[Mode] = ("fwd", "rev"),
    rtol: float = 1e-6,
    atol: float | None = None,
    eps: float = STEP,
    first: int = 1,
    history: str = "",
    seed: int = 0,
) -> None:
    """`check_grads` of a flat function; orders below `first` are taken as checked.

    Raises:
        AssertionError: A derivative is wrong.
        ValueError: No output is inexact, or one is not in 64 bits.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    outputs = flat(*flat.point)
    _require_wide(outputs)
    cts = [cotangent(y, rng) for y in outputs]
    tangents = [direction(x, rng) for x in flat.point]
    if first <= 1:
        for i, (x, t) in enumerate(zip(flat.point, tangents, strict=True)):
            if x.size:
                _check_argument(flat, i, t, cts, modes, rtol, atol, eps, history, rng)
    if order > 1:
        for mode in modes:
            check_flat(
                _derivative(flat, mode, tangents, cts),
                order=order - 1,
                modes=modes,
                rtol=rtol,
                atol=atol,
                eps=eps,
                first=first - 1,
                history=f"{history}{'jvp' if mode == 'fwd' else 'vjp'} of ",
                seed=seed + 1,
            )


def differences(
    flat: Flat, tangents: Sequence[Any], eps: float = STEP, fun: Callable[..., list[Any]] | None = None
) -> list[np.ndarray[Any, Any]]:
    """Derivative of every output in one direction, by the five-point central difference.

    `fun` is another host function of the same point than the flat one.
    """
    fun = fun or flat

    def at(steps: int) -> list[Any]:
        return fun(*[x + steps * eps * t for x, t in zip(flat.point, tangents, strict=True)])

    near = [a - b for a, b in zip(at(1), at(-1), strict=True)]
    far = [a - b for a, b in zip(at(2), at(-2), strict=True)]
    return [(8 * n - f) / (12 * eps) for n, f in zip(near, far, strict=True)]


def _check_argument(
    flat: Flat,
    i: int,
    t: np.ndarray[Any, Any],
    cts: list[Any],
    modes: Sequence[Mode],
    rtol: float,
    atol: float | None,
    eps: float,
    history: str,
    rng: np.random.Generator,
) -> None:
    import numpy as np

    tangents = [t if j == i else np.zeros_like(x) for j, x in enumerate(flat.point)]
    numeric = differences(flat, tangents, eps)
    where = f"{flat.names[i]}, direction {_show(t)}"
    if not all(np.isfinite(d).all() for d in numeric):
        raise AssertionError(
            f"dualgrad.testing: finite differences need finite values around the point, got {_show(numeric)} for "
            f"{history}fun at {where}. Move the point or pass a smaller eps."
        )
    size = max([float(np.abs(d).max()) for d in numeric if d.size], default=0.0)
    floor = rtol * max(size, 1e-2) if atol is None else atol
    if "fwd" in modes:
        analytic = flat.jvp(flat.point, tangents)
        for k, (a, n) in enumerate(zip(analytic, numeric, strict=True)):
            found = mismatch(a, n, rtol, floor)
            if found:
                raise AssertionError(
                    f"dualgrad.testing: forward mode is wrong: jvp of {history}fun with respect to {where}, "
                    f"output {k}: "
                    f"jvp gives {_show(a)}, finite differences {_show(n)}; {found}."
                )
    if "rev" in modes:
        # Several weights, because one sum over all outputs could hide an error that cancels in it.
        for weights in (cts, [cotangent(ct, rng) for ct in cts]):
            a = _pair(flat.vjp(flat.point, weights)[i : i + 1], [t])
            n = _pair(weights, numeric)
            found = mismatch(a, n, rtol, floor)
            if found:
                raise AssertionError(
                    f"dualgrad.testing: reverse mode is wrong: vjp of {history}fun with respect to {where}: "
                    f"vjp gives {a!s} along it, finite differences {n!s}."
                )


def _derivative(flat: Flat, mode: Mode, tangents: list[Any], cts: list[Any]) -> Flat:
    if mode == "fwd":

        def derivative(*xs: Any) -> tuple[Any, ...]:
            return tuple(dg.jvp(flat.fun, xs, tuple(dg.asarray(t) for t in tangents))[1])
    else:

        def derivative(*xs: Any) -> tuple[Any, ...]:
            _, pullback = dg.vjp(flat.fun, *xs)
            return tuple(pullback(tuple(dg.asarray(ct) for ct in cts)))

    return Flat(derivative, flat.point, flat.names)


def _pair(cts: Sequence[Any], tangents: Sequence[Any]) -> float:
    """The pairing under which JAX's vjp is the transpose of its jvp: real part, no conjugate."""
    import numpy as np

    return float(sum(np.real(np.sum(c * t)) for c, t in zip(cts, tangents, strict=True)))


def _require_wide(outputs: list[Any]) -> None:
    if not outputs:
        raise ValueError("dualgrad.testing: the function must return a floating-point or complex array, got none.")
    narrow = sorted({dtype_of(y) for y in outputs} - {"float64", "complex128"})
    if narrow:
        raise ValueError(
            f"dualgrad.testing: derivatives are checked in 64 bits, got an output of dtype {', '.join(narrow)}. "
            "Let the function take its dtypes from its arguments."
        )


def _show(x: Any) -> str:
    import numpy as np

    if isinstance(x, list):
        return "[" + ", ".join(_show(y) for y in x) + "]"
    return np.array2string(host(x), precision=6, threshold=12, separator=", ").replace("\n", "")
