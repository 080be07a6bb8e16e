"""A script: the largest distances of the backends' random numbers, and from `jax.random`, in units of the number.

The names of draws that it is given are not drawn by `jax.random`; after `--narrow` nothing is drawn in float64.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import numpy as np

import dualgrad as dg

SHAPE = (3000,)
SEED = 7
_Q = np.linalg.qr(np.cos(np.arange(144.0) ** 2).reshape(12, 12))[0]
COV = _Q * np.logspace(0, -5, 12) @ _Q.T  # ill-conditioned: LAPACK's factors differ in the sixth digit of float32
_R = np.linalg.qr(np.cos(np.arange(40_000.0) ** 2).reshape(200, 200))[0]
_ROW = np.linspace(0.5, 3.0, 8)
LARGE = _R * np.logspace(0, -4, 200) @ _R.T  # factored by blocks
# Drawn in float64 too; `t`, `beta` and `f` are made of normal and gamma numbers, and take 5 seconds each to compile.
WIDE = (
    "normal",
    "gumbel",
    "logistic",
    "gamma",
    "loggamma",
    "orthogonal",
    "unitary",
    "cholesky",
    "large",
    "root",
    "triangular",
    "shifted_maxwell",
)

# Of a constant XLA computes functions while it compiles, by others than those that it runs.
OF_CONSTANTS = ("truncated_normal", "triangular", "chisquare")

DRAWS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "normal": lambda r, k, t: r.normal(k, SHAPE, t),
    "truncated_normal": lambda r, k, t: r.truncated_normal(k, -0.37, 1.37, SHAPE, t),
    "exponential": lambda r, k, t: r.exponential(k, SHAPE, t),
    "gumbel": lambda r, k, t: r.gumbel(k, SHAPE, t),
    "laplace": lambda r, k, t: r.laplace(k, SHAPE, t),
    "logistic": lambda r, k, t: r.logistic(k, SHAPE, t),
    "cauchy": lambda r, k, t: r.cauchy(k, SHAPE, t),
    "lognormal": lambda r, k, t: r.lognormal(k, 1.7, SHAPE, t),
    "maxwell": lambda r, k, t: r.maxwell(k, SHAPE, t),
    "rayleigh": lambda r, k, t: r.rayleigh(k, 2.0, SHAPE, t),
    "pareto": lambda r, k, t: r.pareto(k, 2.3, SHAPE, t),
    "triangular": lambda r, k, t: r.triangular(k, -1.0, 0.3, 2.0, SHAPE, t),  # across 0
    "weibull_min": lambda r, k, t: r.weibull_min(k, 1.0, 2.0, SHAPE, t),
    "double_sided_maxwell": lambda r, k, t: r.double_sided_maxwell(k, 0.0, 1.0, SHAPE, t),
    "shifted_maxwell": lambda r, k, t: r.double_sided_maxwell(k, _ROW.astype(t), 1.3, (SHAPE[0] // 8,), t),
    "generalized_normal": lambda r, k, t: r.generalized_normal(k, 1.5, SHAPE, t),
    "t": lambda r, k, t: r.t(k, 3.0, SHAPE, t),
    "wald": lambda r, k, t: r.wald(k, 1.0, SHAPE, t),
    "gamma": lambda r, k, t: r.gamma(k, 2.5, SHAPE, t),
    "gamma_below_1": lambda r, k, t: r.gamma(k, 0.3, SHAPE, t),
    "loggamma": lambda r, k, t: r.loggamma(k, 0.3, SHAPE, t),
    "beta": lambda r, k, t: r.beta(k, 2.0, 0.5, SHAPE, t),
    "chisquare": lambda r, k, t: r.chisquare(k, 0.37, SHAPE, t),
    "orthogonal": lambda r, k, t: r.orthogonal(k, 5, (200,), t),
    "unitary": lambda r, k, t: r.orthogonal(k, 5, (200,), {"float32": "complex64", "float64": "complex128"}[t]),
    "f": lambda r, k, t: r.f(k, 3.0, 5.0, SHAPE, t),
    "cholesky": lambda r, k, t: r.multivariate_normal(k, np.ones(12), COV, (300,), t),
    "large": lambda r, k, t: r.multivariate_normal(k, np.ones(200), LARGE, (5,), t),
    "root": lambda r, k, t: r.multivariate_normal(k, np.ones(12), COV, (300,), t, "eigh"),
}


def units(a: np.ndarray, b: np.ndarray) -> float:
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    if np.iscomplexobj(a):
        return max(units(a.real, b.real), units(a.imag, b.imag))
    unit = np.spacing(np.maximum(np.abs(a), np.abs(b))).astype(float)
    return float(np.max(np.where(a == b, 0.0, np.abs(a.astype(float) - b.astype(float)) / unit)))


def distances(name: str, dtype: str) -> list[float]:
    """Between the backends, and between PyTorch and `jax.random`."""
    draw, found = DRAWS[name], []
    for backend in ("jax", "torch"):
        with dg.use_backend(backend):
            found.append(dg.to_numpy(draw(dg.random, dg.random.key(SEED), dtype)))
    if name not in sys.argv[1:]:
        found.append(np.asarray(draw(jax.random, jax.random.key(SEED), dtype)))
    return [units(a, b) for a, b in pairwise(found)]


def of_constants(name: str) -> float:
    """Between a draw on JAX, whose parameters are given at run time, and a jitted one, where they are constants."""
    with dg.use_backend("jax"):
        key, draw = dg.random.key(SEED), lambda k: DRAWS[name](dg.random, k, "float32")
        return units(dg.to_numpy(draw(key)), dg.to_numpy(dg.jit(draw)(key)))


if __name__ == "__main__":
    result = {name: distances(name, "float32") for name in DRAWS}
    result |= {f"{name} jitted": [of_constants(name)] for name in OF_CONSTANTS}
    with dg.enable_x64(True):
        wide = () if "--narrow" in sys.argv else WIDE
        result |= {f"{name} float64": distances(name, "float64") for name in wide}
    print(json.dumps(result))
