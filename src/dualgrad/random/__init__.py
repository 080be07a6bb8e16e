"""Random numbers from explicit keys, the same on every backend.

Names, arguments and meaning are those of `jax.random`. A key is a uint32 array of shape (2,): it can be indexed,
stacked, saved, mapped and passed to a jitted function like any array. A function of a key has no state: the same key
gives the same numbers, so every key is used once and more are made with `split` or `fold_in`.

Integers, booleans and uniform numbers are bit-identical on every backend and to `jax.random`; what goes through a
logarithm or `erf` may differ in the last bits.
"""

from __future__ import annotations

from dualgrad.random._choice import categorical, choice, permutation
from dualgrad.random._continuous import cauchy, exponential, gumbel, laplace, logistic, normal, truncated_normal
from dualgrad.random._counts import binomial, geometric, multinomial, poisson
from dualgrad.random._gamma import beta, chisquare, dirichlet, f, gamma, generalized_normal, loggamma, t
from dualgrad.random._keys import PRNGKey, bits, clone, fold_in, key, key_data, key_impl, split, wrap_key_data
from dualgrad.random._multivariate import ball, multivariate_normal, orthogonal
from dualgrad.random._scaled import (
    double_sided_maxwell,
    lognormal,
    maxwell,
    pareto,
    rayleigh,
    triangular,
    wald,
    weibull_min,
)
from dualgrad.random._uniform import bernoulli, rademacher, randint, uniform

__all__ = [
    "PRNGKey",
    "ball",
    "bernoulli",
    "beta",
    "binomial",
    "bits",
    "categorical",
    "cauchy",
    "chisquare",
    "choice",
    "clone",
    "dirichlet",
    "double_sided_maxwell",
    "exponential",
    "f",
    "fold_in",
    "gamma",
    "generalized_normal",
    "geometric",
    "gumbel",
    "key",
    "key_data",
    "key_impl",
    "laplace",
    "loggamma",
    "logistic",
    "lognormal",
    "maxwell",
    "multinomial",
    "multivariate_normal",
    "normal",
    "orthogonal",
    "pareto",
    "permutation",
    "poisson",
    "rademacher",
    "randint",
    "rayleigh",
    "split",
    "t",
    "triangular",
    "truncated_normal",
    "uniform",
    "wald",
    "weibull_min",
    "wrap_key_data",
]
__dir__ = __all__.copy  # what completion offers
