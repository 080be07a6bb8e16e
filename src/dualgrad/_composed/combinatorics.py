"""Numbers and functions that count: Bernoulli's, and gamma of several dimensions."""

from __future__ import annotations

import math
import sys
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import named, real_floats
from dualgrad._rules.shapes import as_int

__all__ = ["bernoulli", "multigammaln"]


def bernoulli(n: int) -> list[float]:
    """The numbers `B_0` to `B_n`, by their recurrence among fractions."""
    from fractions import Fraction  # with decimal, a twentieth of the time of importing dualgrad

    found = [Fraction(1)]
    for m in range(1, n + 1):
        if m > 1 and m % 2:
            found.append(Fraction(0))
        else:
            found.append(-sum((math.comb(m + 1, k) * found[k] for k in range(m)), Fraction(0)) / (m + 1))
    return [float(b) if abs(b) <= sys.float_info.max else math.copysign(math.inf, b) for b in found]


@named("special")
def multigammaln(a: Any, *, d: int) -> Any:
    xp = active.backend
    d = as_int("special.multigammaln", "d", d)
    if d < 1:
        raise ValueError(f"dualgrad.special.multigammaln: d must be positive, got d={d}.")
    (a,) = real_floats("special.multigammaln", a)
    total = xp.special.gammaln(a)
    for k in range(1, d):
        total = total + xp.special.gammaln(a - 0.5 * k)
    total = total + 0.25 * d * (d - 1) * math.log(math.pi)
    return xp.where(a > 0.5 * (d - 1), total, math.nan)
