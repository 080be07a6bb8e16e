"""What the incomplete integrals share.

An incomplete integral is taken from its end point outwards, in the logarithm of the variable (of its odds for beta),
where the integrand is smooth and falls at least exponentially: Gauss's rule with a fixed number of nodes is exact to
rounding for every size of the parameters. What falls slowly, a parameter below 20, is raised by 20 first, at the price
of 20 terms of the power series. Derivatives in the parameters are those of the integrand.
"""

from __future__ import annotations

import math
from typing import Any, Final

from dualgrad._formulas._digamma import psi_positive
from dualgrad._formulas._jets import Jet
from dualgrad._formulas._namespace import Namespace

__all__ = ["SHIFT", "log_gamma_jet", "lowered"]

SHIFT: Final = 20


def log_gamma_jet(ns: Namespace, x: Jet, value: Any) -> Jet:
    """`gammaln(x)` less its value, plus `value`."""
    at = x.part(0, 0)

    def taylor(k: int) -> Any:
        if k == 0:
            return value
        return psi_positive(ns, k - 1, at) / math.factorial(k)

    return x.compose(taylor)


def lowered(value: Jet, step: Jet, change: Any, a: Jet) -> Jet:
    """`value * (step + (k - 1) * change) / (a + k) + 1`, for `k` from 19 down to 1.

    By one quotient at the end; its derivatives would cancel.
    """
    if not sum(value.top):
        over, under = value.part(0, 0), 1.0
        for k in range(SHIFT - 1, 0, -1):
            under = under * (a.part(0, 0) + float(k))
            over = over * (step.part(0, 0) + (k - 1) * change) + under
        return Jet({(0, 0): over / under}, value.top)
    for k in range(SHIFT - 1, 0, -1):
        value = value * step.plus((k - 1) * change) * (a + float(k)).reciprocal() + 1.0
    return value
