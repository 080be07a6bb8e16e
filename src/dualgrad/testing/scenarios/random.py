"""Random numbers have no rows: their references are golden vectors and laws, in `tests/ops/test_random*.py`."""

from __future__ import annotations

from typing import Final

from dualgrad.testing.scenario import Gap, Scenario

__all__ = ["GAPS", "ROWS", "UNTABLED"]

ROWS: tuple[Scenario, ...] = ()
GAPS: tuple[Gap, ...] = ()

_KEYS = ("clone", "fold_in", "key", "key_data", "key_impl", "split", "wrap_key_data")
_SAMPLERS = (
    "ball",
    "bernoulli",
    "beta",
    "binomial",
    "bits",
    "categorical",
    "cauchy",
    "chisquare",
    "choice",
    "dirichlet",
    "double_sided_maxwell",
    "exponential",
    "f",
    "gamma",
    "generalized_normal",
    "geometric",
    "gumbel",
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
    "t",
    "triangular",
    "truncated_normal",
    "uniform",
    "wald",
    "weibull_min",
)
UNTABLED: Final = {
    f"random.{name}": "handles keys, which are no numbers; compared bit by bit instead" for name in _KEYS
} | {f"random.{name}": "takes a key; compared with golden vectors and between backends instead" for name in _SAMPLERS}
