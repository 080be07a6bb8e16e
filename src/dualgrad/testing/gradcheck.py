"""Derivatives against values: finite differences with a bound of their error, and complex steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import dualgrad as dg
from dualgrad.testing._compare import dtype_of, host, mismatch
from dualgrad.testing._flat import Flat, cotangent, direction, flatten
from dualgrad.testing._numeric import STEP, Slope, kinked, measured

if TYPE_CHECKING:
    import numpy as np

__all__ = ["check_grads"]

Mode = Literal["fwd", "rev"]


def check_grads(
    fun: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    order: int = 2,
    modes: Sequence[Mode] = ("fwd", "rev"),
    rtol: float | None = None,
    atol: float | None = None,
    eps: float | None = None,
) -> None:
    """Check the derivatives of a function against its values, on the active backend in 64-bit mode.

    Each inexact leaf of the arguments is moved in a random direction, complex ones in a complex direction, and the
    derivative is measured: by central differences of several widths, which tell their own error, and by complex steps
    where those are not good enough and the function is real-analytic. For the second order the checked first
    derivatives are themselves differentiated, in every combination of `modes`. At a kink every subgradient passes.

    Args:
        fun: Takes and returns trees of arrays; its inexact outputs must come out in 64 bits.
        args: The point: trees of arrays or Python scalars. Integers and bools are held constant.
        kwargs: Keyword arguments, checked like the others.
        order: Highest order of derivative.
        modes: `"fwd"` for `jvp`, `"rev"` for `vjp`.
        rtol: Relative tolerance beside the error of the measurement; 1e-8 unless given.
        atol: Absolute tolerance beside it; 0 unless given.
        eps: The first step; 1e-3 unless given. Others are tried where it does not do.

    Raises:
        AssertionError: A derivative is wrong; names the argument, the direction, both numbers, the order and the mode,
            and the component that is most wrong.
        ValueError: No argument or no output is inexact, an output is not in 64 bits, or a mode is unknown.

    Derivative:
        None: it is what is checked, and nothing is returned.

    Example:
        >>> from dualgrad.testing import check_grads
        >>> check_grads(lambda x: dg.sum(dg.sin(x) ** 2), (dg.asarray([0.3, 0.7]),))

    Source: `jax.test_util.check_grads`, `torch.autograd.gradcheck`; Richardson, 1911.
    """
    unknown = [mode for mode in modes if mode not in ("fwd", "rev")]
    if unknown or not modes or order < 1:
        raise ValueError(f"dualgrad.testing: order is at least 1, modes are 'fwd' and 'rev', got {order}, {modes!r}.")
    with dg.enable_x64(True):
        flat = flatten(fun, args, kwargs)
        check_flat(flat, order=order, modes=modes, rtol=rtol or 1e-8, atol=atol or 0.0, eps=eps or STEP)


@dataclass(frozen=True)
class _Setting:
    """How derivatives are compared, and what a message calls them."""

    modes: Sequence[Mode]
    rtol: float
    atol: float
    eps: float
    level: int = 1
    history: str = ""


def check_flat(
    flat: Flat,
    *,
    order: int = 1,
    modes: Sequence[Mode] = ("fwd", "rev"),
    rtol: float = 1e-6,
    atol: float = 0.0,
    eps: float = STEP,
) -> None:
    """`check_grads` of a flat function.

    Raises:
        AssertionError: A derivative is wrong.
        ValueError: No output is inexact, or one is not in 64 bits.
    """
    _check_order(flat, order, _Setting(modes, rtol, atol, eps), seed=0)


def _check_order(flat: Flat, order: int, how: _Setting, seed: int) -> None:
    import numpy as np

    rng = np.random.default_rng(seed)
    outputs = flat(*flat.point)
    _require_wide(outputs)
    cts = [cotangent(y, rng) for y in outputs]
    tangents = [direction(x, rng) for x in flat.point]
    for i, (x, t) in enumerate(zip(flat.point, tangents, strict=True)):
        if x.size:
            _check_argument(flat, i, t, cts, how, rng)
    if order > 1:
        for mode in how.modes:
            name = "jvp" if mode == "fwd" else "vjp"
            deeper = replace(how, level=how.level + 1, history=f"{how.history}{name} of ")
            _check_order(_derivative(flat, mode, tangents, cts), order - 1, deeper, seed + 1)


def differences(
    flat: Flat, tangents: Sequence[Any], fun: Callable[..., list[Any]] | None = None
) -> list[np.ndarray[Any, Any]]:
    """Derivative of every output in one direction, from values; `fun` is another host function of the same point."""
    return measured(fun or flat, flat.point, tangents).values


def _check_argument(
    flat: Flat, i: int, t: np.ndarray[Any, Any], cts: list[Any], how: _Setting, rng: np.random.Generator
) -> None:
    import numpy as np

    tangents = [t if j == i else np.zeros_like(x) for j, x in enumerate(flat.point)]
    numeric = _measure(flat, tangents, how.eps, how.rtol)
    where = f"with respect to {flat.names[i]}, direction {_show(t)}"
    if not numeric.finite:
        raise AssertionError(
            f"dualgrad.testing: finite differences need finite values around the point, got {_show(numeric.values)} "
            f"for {how.history}fun {where}. Move the point or pass a smaller eps."
        )
    if "fwd" in how.modes:
        analytic = flat.jvp(flat.point, tangents)
        for k, a in enumerate(analytic):

            def differ(n: Slope, k: int = k, a: Any = a) -> str:
                noise = 1e-14 * float(np.abs(n.values[k]).max(initial=0.0))  # of elements that cancel to zero
                return mismatch(a, n.values[k], how.rtol, how.atol + 10 * n.errors[k] + noise)

            found = differ(numeric)
            if found and not _excused(flat, tangents, how, differ, [(k, a)]):
                raise AssertionError(
                    f"dualgrad.testing: forward mode is wrong at order {how.level}: jvp of {how.history}fun {where}, "
                    f"output {flat.output(k)}: jvp gives {_show(a)}, {numeric.how} {_show(numeric.values[k])}, good to "
                    f"{float(numeric.errors[k].max(initial=0.0)):.1g}; {found}.{_worst(flat, i, 'fwd', cts, how)}"
                )
    if "rev" in how.modes:
        # Several weights, because one sum over all outputs could hide an error that cancels in it.
        for weights in (cts, [cotangent(ct, rng) for ct in cts]):
            pulled = flat.vjp(flat.point, weights)[i]
            a = _pair([pulled], [t])
            slack = 1e-14 * float(np.abs(pulled * t).sum())

            def differs(n: Slope, weights: list[Any] = weights, a: float = a, slack: float = slack) -> str:
                bound = sum(float(np.sum(np.abs(w) * e)) for w, e in zip(weights, n.errors, strict=True))
                return mismatch(a, _pair(weights, n.values), how.rtol, how.atol + 10 * bound + slack)

            if differs(numeric) and not _excused(flat, tangents, how, differs, None, weights, a):
                raise AssertionError(
                    f"dualgrad.testing: reverse mode is wrong at order {how.level}: vjp of {how.history}fun {where}: "
                    f"vjp gives {a!s} along it, {numeric.how} {_pair(weights, numeric.values)!s}."
                    f"{_worst(flat, i, 'rev', weights, how)}"
                )


def _measure(flat: Flat, tangents: list[Any], eps: float, rtol: float) -> Slope:
    return measured(flat, flat.point, tangents, eps=eps, target=0.1 * rtol, holomorphic=flat)


def _excused(
    flat: Flat,
    tangents: list[Any],
    how: _Setting,
    differ: Callable[[Slope], str],
    outputs: list[tuple[int, Any]] | None,
    weights: list[Any] | None = None,
    paired: float = 0.0,
) -> bool:
    """Whether a second measurement with other steps does not confirm a difference, or the point is a kink."""
    import numpy as np

    if not differ(_measure(flat, tangents, 1.7 * how.eps, how.rtol)):
        return True
    sides = kinked(flat, flat.point, tangents)
    if sides is None:
        return False
    left, right = sides
    if outputs is None:
        assert weights is not None
        ends = (
            [_pair([w], [s]) for w, s in zip(weights, left, strict=True)],
            [_pair([w], [s]) for w, s in zip(weights, right, strict=True)],
        )
        low, high = (sum(f(a, b) for a, b in zip(*ends, strict=True)) for f in (min, max))
        return low - 1e-5 * abs(low) <= paired <= high + 1e-5 * abs(high)
    slack = 1e-5 * max([float(np.abs(x).max(initial=0.0)) for x in (*left, *right)])
    return all(
        (np.minimum(left[k].real, right[k].real) - slack <= a.real).all()
        and (a.real <= np.maximum(left[k].real, right[k].real) + slack).all()
        for k, a in outputs
    )


def _worst(flat: Flat, i: int, mode: Mode, weights: list[Any], how: _Setting) -> str:
    """The component of an argument whose derivative is most wrong, for a message."""
    import numpy as np

    x = flat.point[i]
    if x.ndim == 0 or x.size > 64:
        return ""
    name = "jvp" if mode == "fwd" else "vjp"
    found: list[tuple[float, str]] = []
    for at in np.ndindex(x.shape):
        for unit in (1.0, 1.0j) if x.dtype.kind == "c" else (1.0,):
            tangents = [np.zeros_like(y) for y in flat.point]
            tangents[i][at] = unit
            n = _pair(weights, _measure(flat, tangents, how.eps, how.rtol).values)
            if mode == "fwd":
                a = _pair(weights, flat.jvp(flat.point, tangents))
            else:
                a = float((flat.vjp(flat.point, weights)[i][at] * unit).real)
            part = ", imaginary part" if unit == 1.0j else ""
            text = f" Most wrong in component {at}{part}: {name} gives {a!s}, finite differences {n!s}."
            found.append((abs(a - n) / (abs(n) + 1e-8), text))
    return max(found, key=lambda each: each[0])[1]


def _derivative(flat: Flat, mode: Mode, tangents: list[Any], cts: list[Any]) -> Flat:
    if mode == "fwd":

        def derivative(*xs: Any) -> tuple[Any, ...]:
            return tuple(dg.jvp(flat.fun, xs, tuple(dg.asarray(t) for t in tangents))[1])

        return Flat(derivative, flat.point, flat.names, out_names=flat.out_names)

    def pulled(*xs: Any) -> tuple[Any, ...]:
        _, pullback = dg.vjp(flat.fun, *xs)
        return tuple(pullback(tuple(dg.asarray(ct) for ct in cts)))

    return Flat(pulled, flat.point, flat.names, out_names=[f"for {name}" for name in flat.names])


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
    return np.array2string(host(x), precision=9, threshold=12, separator=", ").replace("\n", "")
