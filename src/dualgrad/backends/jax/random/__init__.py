"""Random numbers: `jax.random` on raw keys, with the bits of the partitionable threefry whatever JAX's settings.

A key is a uint32 array of shape (2,), as on every backend; JAX's typed keys are taken as well. The settings
`jax_default_prng_impl` and `jax_threefry_partitionable` would change what a raw key draws, the second as late as a
program is lowered. So raw keys are given an implementation of their own: JAX's threefry with the setting fixed.
"""

from __future__ import annotations

from dualgrad.backends.jax.random._choice import categorical, choice, permutation
from dualgrad.backends.jax.random._continuous import (
    cauchy,
    exponential,
    gumbel,
    laplace,
    logistic,
    normal,
    truncated_normal,
)
from dualgrad.backends.jax.random._counts import binomial, geometric, multinomial, poisson
from dualgrad.backends.jax.random._gamma import (
    ball,
    beta,
    chisquare,
    dirichlet,
    f,
    gamma,
    generalized_normal,
    loggamma,
    t,
)
from dualgrad.backends.jax.random._integers import randint
from dualgrad.backends.jax.random._keys import bits, clone, fold_in, key, key_data, key_impl, split, wrap_key_data
from dualgrad.backends.jax.random._multivariate import multivariate_normal, orthogonal
from dualgrad.backends.jax.random._scaled import (
    double_sided_maxwell,
    lognormal,
    maxwell,
    pareto,
    rayleigh,
    triangular,
    wald,
    weibull_min,
)
from dualgrad.backends.jax.random._uniform import bernoulli, rademacher, uniform

__all__ = [
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
