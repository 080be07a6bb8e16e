"""Random numbers: the algorithms of `jax.random` over the cipher in `_threefry`, bit for bit.

A key is a uint32 tensor of shape (2,). The bits of a draw depend on the key, the number of elements and the width of
the dtype alone, and lie on the key's device.
"""

from __future__ import annotations

from dualgrad.backends.torch.random._choice import categorical, choice, permutation
from dualgrad.backends.torch.random._continuous import (
    cauchy,
    exponential,
    gumbel,
    laplace,
    logistic,
    normal,
    truncated_normal,
)
from dualgrad.backends.torch.random._integers import randint
from dualgrad.backends.torch.random._keys import bits, clone, fold_in, key, key_data, split, wrap_key_data
from dualgrad.backends.torch.random._uniform import bernoulli, rademacher, uniform

__all__ = [
    "bernoulli",
    "bits",
    "categorical",
    "cauchy",
    "choice",
    "clone",
    "exponential",
    "fold_in",
    "gumbel",
    "key",
    "key_data",
    "laplace",
    "logistic",
    "normal",
    "permutation",
    "rademacher",
    "randint",
    "split",
    "truncated_normal",
    "uniform",
    "wrap_key_data",
]
