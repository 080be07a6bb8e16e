"""Golden vectors: numbers of JAX 0.10.2, which must come out of every release of every framework."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

r = dg.random
P = np.array([0.2, 0.3, 0.5], np.float32)
COV = np.array([[2.0, 0.5], [0.5, 1.0]], np.float32)

# Bit by bit.
EXACT: dict[str, tuple[Callable[[Any], Any], list[Any]]] = {
    "uniform": (lambda k: r.uniform(k, (4,), "float32"), [0.488709569, 0.679797173, 0.616271496, 0.561016083]),
    "uniform_bf16": (lambda k: r.uniform(k, (4,), "bfloat16"), [0.6328125, 0.84375, 0.96875, 0.8359375]),
    "uniform_f16": (lambda k: r.uniform(k, (4,), "float16"), [0.076171875, 0.190429688, 0.975585938, 0.756835938]),
    "randint_uint8": (lambda k: r.randint(k, (4,), 3, 200, "uint8"), [107, 88, 158, 60]),
    "bernoulli": (lambda k: r.bernoulli(k, 0.6, (4,)), [True, False, False, True]),
    "rademacher": (lambda k: r.rademacher(k, (4,), "int32"), [1, -1, -1, -1]),
    "choice": (lambda k: r.choice(k, 10, (4,), False), [7, 4, 2, 5]),
    "choice_p": (lambda k: r.choice(k, 3, (4,), p=P), [2, 1, 1, 1]),
    "categorical": (lambda k: r.categorical(k, np.log(P), shape=(4,)), [2, 2, 2, 2]),
    "poisson_small": (lambda k: r.poisson(k, 4.0, (8,)), [6, 3, 2, 2, 5, 3, 3, 3]),
    "poisson_large": (lambda k: r.poisson(k, 40.0, (8,)), [44, 46, 33, 35, 31, 34, 36, 31]),
    "geometric": (lambda k: r.geometric(k, 0.1, (8,)), [7, 4, 5, 6, 8, 6, 25, 3]),
    "binomial_small": (lambda k: r.binomial(k, 10, 0.3, (8,)), [2.0, 5.0, 2.0, 2.0, 4.0, 3.0, 2.0, 3.0]),
    "binomial_large": (lambda k: r.binomial(k, 100, 0.6, (8,)), [61.0, 68.0, 60.0, 64.0, 67.0, 63.0, 56.0, 67.0]),
    "multinomial": (lambda k: r.multinomial(k, 20, P), [4.0, 4.0, 12.0]),
}

# To a few ulp: logarithms and powers round differently.
CLOSE: dict[str, tuple[Callable[[Any], Any], list[float]]] = {
    "normal": (lambda k: r.normal(k, (4,), "float32"), [-0.028304616, 0.467131853, 0.295702964, 0.153545916]),
    "truncated_normal": (
        lambda k: r.truncated_normal(k, -1.0, 2.0, (4,)),
        [0.147700056, 0.568444908, 0.421025515, 0.299970001],
    ),
    "exponential": (lambda k: r.exponential(k, (4,)), [0.670817494, 1.13880062, 0.957819998, 0.823292494]),
    "gumbel": (lambda k: r.gumbel(k, (4,)), [0.334093392, 0.952019453, 0.725530565, 0.54817152]),
    "gumbel_high": (lambda k: r.gumbel(k, (4,), mode="high"), [0.399257988, -0.129975617, 0.0430954136, 0.194443733]),
    "laplace": (lambda k: r.laplace(k, (4,)), [0.0228396524, -0.445653558, -0.264672905, -0.130145386]),
    "logistic": (lambda k: r.logistic(k, (4,)), [-0.0451694131, 0.752839804, 0.47375232, 0.245286763]),
    "cauchy": (lambda k: r.cauchy(k, (4,)), [-0.0354846306, 0.63372612, 0.382440567, 0.194070697]),
    "lognormal": (lambda k: r.lognormal(k, 0.5, (4,)), [0.985947371, 1.26309609, 1.15934074, 1.07979691]),
    "maxwell": (lambda k: r.maxwell(k, (4,)), [0.553582489, 0.293285072, 1.70860302, 1.50845778]),
    "rayleigh": (lambda k: r.rayleigh(k, 2.0, (4,)), [2.3933022, 1.75718141, 1.96787739, 2.15035939]),
    "pareto": (lambda k: r.pareto(k, 3.0, (4,)), [1.25057793, 1.4617002, 1.37612748, 1.31578159]),
    "triangular": (lambda k: r.triangular(k, 0.0, 1.0, 4.0, (4,)), [1.52300882, 2.03978729, 1.85413384, 1.70482969]),
    "weibull_min": (lambda k: r.weibull_min(k, 2.0, 1.5, (4,)), [1.53261447, 2.18103075, 1.94335699, 1.75684226]),
    "double_sided_maxwell": (
        lambda k: r.double_sided_maxwell(k, 1.0, 2.0, (4,)),
        [-1.76204348, -0.351377964, 5.44404268, 2.35109997],
    ),
    "generalized_normal": (
        lambda k: r.generalized_normal(k, 1.5, (4,)),
        [-0.878237545, -0.206162453, 1.16047096, 0.102029689],
    ),
    "t": (lambda k: r.t(k, 3.0, (4,)), [0.0898747817, -1.73574674, 2.35201907, 1.16351914]),
    "wald": (lambda k: r.wald(k, 1.0, (4,)), [1.07886255, 1.61878002, 0.296910763, 0.598136067]),
    "gamma": (lambda k: r.gamma(k, 2.5, (4,)), [4.37807512, 1.50078642, 4.19411135, 1.56431353]),
    "loggamma": (lambda k: r.loggamma(k, 0.1, (4,)), [-4.54987574, -2.52330112, -1.83627677, -15.5584707]),
    "beta": (lambda k: r.beta(k, 2.0, 0.5, (4,)), [0.948936284, 0.999641061, 0.918062508, 0.99301213]),
    "dirichlet": (lambda k: r.dirichlet(k, P), [0.0782075003, 0.149822354, 0.771970153]),
    "chisquare": (lambda k: r.chisquare(k, 3.0, (4,)), [5.87071419, 1.39785099, 5.55942345, 1.48298955]),
    "f": (lambda k: r.f(k, 3.0, 5.0, (4,)), [0.728363514, 0.356925488, 0.235607371, 0.155631766]),
    "multivariate_normal": (lambda k: r.multivariate_normal(k, np.zeros(2), COV), [-0.04002877, 0.42695466]),
    "orthogonal": (lambda k: r.orthogonal(k, 2)[0], [-0.0952842, 0.9954501]),
    "ball": (lambda k: r.ball(k, 3), [0.323402286, 0.0613387488, 0.0182433873]),
}


@pytest.fixture(params=["jax", "torch"], autouse=True)
def _on_each_backend(request: pytest.FixtureRequest) -> Any:
    with dg.use_backend(request.param):
        yield


def values(x: Any) -> list[Any]:
    """The numbers of an array; the half precisions as float32, which has them all."""
    return dg.to_numpy(dg.astype(x, dg.float32) if "float" in str(x.dtype) else x).tolist()


@pytest.mark.parametrize("name", EXACT)
def test_numbers_are_the_golden_ones_bit_by_bit(name: str) -> None:
    draw, expected = EXACT[name]
    np.testing.assert_array_equal(np.float32(values(draw(r.key(42)))), np.float32(expected))


@pytest.mark.parametrize("name", CLOSE)
def test_numbers_are_the_golden_ones_to_a_few_ulp(name: str) -> None:
    draw, expected = CLOSE[name]
    np.testing.assert_allclose(values(draw(r.key(42))), expected, rtol=2e-6, atol=5e-7)
