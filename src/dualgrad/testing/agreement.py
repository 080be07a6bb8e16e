"""One function on every backend, from the same NumPy inputs: do values, dtypes and derivatives agree?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import dualgrad as dg
from dualgrad.protocol import Backend
from dualgrad.testing._bisection import bisected, raised_in
from dualgrad.testing._compare import is_inexact
from dualgrad.testing._referee import verdict
from dualgrad.testing._runs import RUNNERS, ArgumentChangedError, Case, Transform

__all__ = ["assert_backends_agree"]

Named = tuple[str | Backend, Any]
ALL: Final[tuple[Transform, ...]] = ("value", "grad", "jvp", "vjp", "hessian", "vmap", "jit")


def assert_backends_agree(
    fun: Callable[..., Any],
    *args: Any,
    backends: Sequence[str | Backend] | None = None,
    transforms: Sequence[Transform] = ALL,
    rtol: float | None = None,
    x64: bool = True,
) -> None:
    """Check that a function of arrays gives the same on every backend, and so do its transforms.

    Values, dtypes, shapes and tree structure are compared, within what the dtype holds and what moving the arguments by
    one unit in the last place changes. Where two backends differ, a referee says which of them is wrong, and a
    bisection names the op that differs by itself.

    Args:
        fun: Written with `dg` alone; takes and returns trees of arrays.
        *args: Trees of NumPy arrays or Python scalars.
        backends: Names or backends; all that are installed unless given.
        transforms: What to compare. Derivatives are with respect to all floating-point and complex leaves of `args`,
            the gradient and Hessian those of a fixed weighted sum of the outputs. Beyond 64 elements, and for complex
            ones, the Hessian is compared along one vector. Without the argument derivatives are left out where no
            argument or no output has any.
        rtol: Relative tolerance of values in float64; 1e-12 unless given. Derivatives get 100 times as much, float32
            what it can hold.
        x64: Whether to run in 64-bit mode.

    Raises:
        AssertionError: Two backends differ; says how, which is wrong by the referee (50 digits of mpmath where the ops
            allow it, else finite differences, a loop for `vmap`, the eager call for `jit`; at a kink the subgradient of
            least norm), and the first op that differs from the same inputs, with file and line. A program that
            changes an argument in place is such a difference too.
        ValueError: Fewer than two backends, or a transform is unknown.

    Derivative:
        None: it is what is compared, and nothing is returned.

    Example:
        >>> import numpy as np
        >>> from dualgrad.testing import assert_backends_agree
        >>> assert_backends_agree(lambda x: dg.sum(dg.sin(x) * x), np.arange(3.0), backends=["jax", "torch"])

    Source: dualgrad's own.
    """
    chosen = list(backends) if backends is not None else dg.available_backends()
    if len(chosen) < 2:
        raise ValueError(f"dualgrad.testing: agreement needs two backends, got {chosen}.")
    unknown = [t for t in transforms if t not in RUNNERS]
    if unknown:
        raise ValueError(f"dualgrad.testing: transforms are {', '.join(RUNNERS)}, got {unknown}.")
    case = Case(fun, args, 1e-12 if rtol is None else rtol, x64)
    if transforms is ALL and not _is_smooth(case, chosen[0]):
        transforms = ("value", "vmap", "jit")
    for transform in transforms:
        results = [(backend, case.run(backend, transform)) for backend in chosen]
        for other in results[1:]:
            _compare(transform, case, results[0], other)


def _is_smooth(case: Case, backend: str | Backend) -> bool:
    """Whether there is something to differentiate, and something to differentiate it by."""
    out = case.run(backend, "value")
    return isinstance(out, Exception) or all(any(map(is_inexact, dg.tree.leaves(x))) for x in (case.args, out))


def _compare(transform: Transform, case: Case, a: Named, b: Named) -> None:
    names = tuple(x if isinstance(x, str) else x.name for x, _ in (a, b))
    raised = [(name, r) for name, (_, r) in zip(names, (a, b), strict=True) if isinstance(r, Exception)]
    if len(raised) == 1:
        name, error = raised[0]
        other = names[0] if name == names[1] else names[1]
        backend = a[0] if name == names[0] else b[0]
        if isinstance(error, ArgumentChangedError):
            lines = [f"{error} on {name!r}", bisected(transform, case, a[0], b[0]).text]
        else:
            place = raised_in(transform, case, backend, error)
            lines = [f"{transform} runs on {other!r} and raises on {name!r}: {type(error).__name__}: {error}"]
            lines += [f"Bisection: it raises in {place}"] if place else []
        raise AssertionError("\n".join([f"dualgrad.testing: {lines[0]}", *lines[1:]])) from error
    if raised:
        if type(a[1]) is type(b[1]) or (_caller(a[1]) and _caller(b[1])):
            raise a[1]
        raise AssertionError(
            f"dualgrad.testing: {transform} raises differently: {names[0]!r} {a[1]!r}, {names[1]!r} {b[1]!r}"
        ) from a[1]
    found = case.differ(transform, a[0], b[0], (a[1], b[1]))
    # Where an ulp makes results jump, rounding before it may have put the backends on two sides of it.
    doubtful = "" if found else case.differ(transform, a[0], b[0], (a[1], b[1]), jumps=True)
    if found or doubtful:
        finding = bisected(transform, case, a[0], b[0])
        if doubtful and not finding.blames:
            return
        kinds = any(word in (found or doubtful) for word in ("dtype", "structure", "shape"))  # no matter of digits
        lines = [] if kinds or finding.at_kink else [verdict(transform, case, a, b)]
        raise AssertionError(
            "\n".join(
                [
                    f"dualgrad.testing: {transform} differs between {names[0]!r} and {names[1]!r}: {found or doubtful}",
                    *lines,
                    finding.text,
                ]
            )
        )


def _caller(error: Any) -> bool:
    return isinstance(error, TypeError | ValueError | IndexError)
