"""Random numbers: the algorithms of `jax.random` over the cipher in `_threefry`, bit for bit.

A key is a uint32 tensor of shape (2,). The bits of a draw depend on the key, the number of elements and the width of
the dtype alone, and lie on the key's device.
"""

from __future__ import annotations

from dualgrad.backends.torch.random._choice import categorical, choice, permutation
from dualgrad.backends.torch.random._continuous import (
    cauchy,
    exponential,
    laplace,
    logistic,
    normal,
    truncated_normal,
)
from dualgrad.backends.torch.random._counts import binomial, geometric, multinomial, poisson
from dualgrad.backends.torch.random._gamma import (
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
from dualgrad.backends.torch.random._gumbel import gumbel
from dualgrad.backends.torch.random._integers import randint
from dualgrad.backends.torch.random._keys import bits, clone, fold_in, key, key_data, key_impl, split, wrap_key_data
from dualgrad.backends.torch.random._multivariate import multivariate_normal, orthogonal
from dualgrad.backends.torch.random._scaled import (
    double_sided_maxwell,
    lognormal,
    maxwell,
    pareto,
    rayleigh,
    triangular,
    wald,
    weibull_min,
)
from dualgrad.backends.torch.random._uniform import bernoulli, rademacher, uniform

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
