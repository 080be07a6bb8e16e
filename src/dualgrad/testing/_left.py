"""The differences between JAX and PyTorch that are left, each with what both say and why it stays.

A test asks both backends for what is written here, so that a difference which closes, or opens further, is noticed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dualgrad as dg

__all__ = ["LEFT", "Left"]

INF, NAN = math.inf, math.nan
RULE = (
    "JAX squares the divisor; its rule serves the operator `/` too, which no function of dualgrad can reach, and to "
    "exchange it would change JAX for everyone"
)
ROOT = "PyTorch's kernel takes a root for a literal half, and is what a power of a number costs least by"
LIMIT = "an infinite slope times 0 is nan, and which of the slopes meets a 0 depends on the order of the operations"
OPERATOR = "the framework's own operator"


@dataclass(frozen=True)
class Left:
    """A difference that is left.

    Attributes:
        what: The program as the agreement page shows it.
        fun: What asks for it, in 64-bit mode.
        says: What each backend says.
        why: Why it stays.
    """

    what: str
    fun: Callable[[], Any]
    says: Mapping[str, Any]
    why: str


def _a(x: Any) -> Any:
    import numpy as np

    return dg.asarray(np.asarray(x))


def _half_glu(x: Any) -> Any:
    return dg.sum(dg.nn.glu(x))


LEFT = (
    Left(
        "slope of divide(1e200, y) at y = 1e200",
        lambda: dg.grad(dg.divide, argnums=1)(_a(1e200), _a(1e200)),
        {"jax": -0.0, "torch": -1e-200},
        RULE,
    ),
    Left(
        "slope of divide(1e-200, y) at y = 1e-200",
        lambda: dg.grad(dg.divide, argnums=1)(_a(1e-200), _a(1e-200)),
        {"jax": -INF, "torch": -1e200},
        RULE,
    ),
    Left(
        "slope of the operator x ** 0.0 at 0",
        lambda: dg.grad(lambda x: x**0.0)(_a(0.0)),
        {"jax": NAN, "torch": 0.0},
        f"{OPERATOR}; that of dg.pow is 0 on both",
    ),
    Left("pow(x, 0.5) at -inf", lambda: dg.pow(_a(-INF), 0.5), {"jax": INF, "torch": NAN}, ROOT),
    Left("pow(x, -0.5) at -inf", lambda: dg.pow(_a(-INF), -0.5), {"jax": 0.0, "torch": NAN}, ROOT),
    Left(
        "slope of pow(x, 1.5) at -inf",
        lambda: dg.grad(lambda x: dg.pow(x, 1.5))(_a(-INF)),
        {"jax": INF, "torch": NAN},
        ROOT,
    ),
    Left(
        "multiply(1e-310, 2.0)",
        lambda: dg.multiply(_a(1e-310), 2.0),
        {"jax": 0.0, "torch": 2e-310},
        "XLA takes subnormal numbers for 0 on a CPU",
    ),
    Left(
        "the operator mask * x, [True, False] times [2, nan]",
        lambda: _a([True, False]) * _a([2.0, NAN]),
        {"jax": [2.0, 0.0], "torch": [2.0, NAN]},
        f"{OPERATOR}: XLA takes the product for a choice; dg.multiply gives nan on both",
    ),
    Left(
        "Hessian of prod at [2, inf, 3]",
        lambda: dg.hessian(dg.prod)(_a([2.0, INF, 3.0])),
        {
            "jax": [[NAN, NAN, NAN], [3.0, 0.0, 2.0], [NAN, NAN, NAN]],
            "torch": [[NAN, 3.0, INF], [NAN, 0.0, NAN], [INF, 2.0, NAN]],
        },
        LIMIT,
    ),
    Left(
        "Hessian of the sum of cumulative_prod at [2, inf, 3]",
        lambda: dg.hessian(lambda x: dg.sum(dg.cumulative_prod(x)))(_a([2.0, INF, 3.0])),
        {
            "jax": [[NAN, NAN, INF], [4.0, 0.0, 2.0], [INF, NAN, NAN]],
            "torch": [[NAN, 4.0, INF], [NAN, 0.0, NAN], [NAN, 2.0, NAN]],
        },
        LIMIT,
    ),
    Left(
        "Hessian of the sum of glu at [inf, 1]",
        lambda: dg.hessian(_half_glu)(_a([INF, 1.0])),
        {
            "jax": [[0.0, 0.19661193324148185], [NAN, -INF]],
            "torch": [[0.0, NAN], [0.19661193324148185, -INF]],
        },
        LIMIT,
    ),
    Left(
        "Hessian of pow at (0, 0.5)",
        lambda: dg.hessian(dg.pow, argnums=(0, 1))(_a(0.0), _a(0.5)),
        {"jax": ((-INF, NAN), (0.0, 0.0)), "torch": ((-INF, 0.0), (NAN, 0.0))},
        LIMIT,
    ),
    Left(
        "Hessian of the sum of cov at [[1, inf, 2], [1, 2, 4]], its first entry, forward over reverse mode",
        lambda: dg.jacfwd(dg.jacrev(lambda x: dg.sum(dg.cov(x))))(_a([[1.0, INF, 2.0], [1.0, 2.0, 4.0]]))[0, 0, 0, 0],
        {"jax": 2 / 3, "torch": NAN},
        "value and gradient are nan on both, and JAX drops the nan of what is multiplied by a constant",
    ),
)
