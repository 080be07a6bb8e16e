"""Distributions with parameters: agreement of the backends, laws, derivatives, transforms and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
import torch
from scipy import stats

import dualgrad as dg
from dualgrad.backends.jax.random import _multivariate
from dualgrad.testing._row import program

SEED = 1234
r = dg.random


@pytest.fixture(params=["jax", "torch"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    with dg.use_backend(request.param):
        yield request.param


def values(x: Any) -> np.ndarray:
    """The elements of an array of either backend; bfloat16 as ml_dtypes has it."""
    if isinstance(x, torch.Tensor):
        return x.view(torch.uint16).numpy().view(ml_dtypes.bfloat16) if x.dtype is torch.bfloat16 else x.numpy()
    return np.asarray(x)


def both(draw: Callable[[], Any]) -> tuple[np.ndarray, np.ndarray]:
    """What `draw` gives on each backend, with dtypes and shapes checked."""
    with dg.use_backend("jax"):
        a = values(draw())
    with dg.use_backend("torch"):
        b = values(draw())
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    return a, b


def ulps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances in ulp of the number, or of 1 where it is smaller; inf and nan must be equal."""
    eps = float(ml_dtypes.finfo(a.dtype).eps)
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.isfinite(a)
    np.testing.assert_array_equal(a[~finite], b[~finite])
    a, b = a[finite], b[finite]
    return np.abs(a - b) / (eps * np.maximum(1.0, 2.0 ** np.floor(np.log2(np.abs(a) + 1e-300))))


COV = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 0.7]], np.float32)
ALPHA = np.array([0.5, 1.0, 3.0], np.float32)
MEAN = np.array([1.0, -2.0, 0.5], np.float32)

# A product or a power of a number that is within 4 ulp may be a few more away.
CONTINUOUS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "lognormal": lambda k, s, d: r.lognormal(k, 0.7, s, d),
    "pareto": lambda k, s, d: r.pareto(k, 2.5, s, d),
    "rayleigh": lambda k, s, d: r.rayleigh(k, 2.0, s, d),
    "weibull_min": lambda k, s, d: r.weibull_min(k, 2.0, 1.5, s, d),
    "triangular": lambda k, s, d: r.triangular(k, -1.0, 0.5, 4.0, s, d),
    "wald": lambda k, s, d: r.wald(k, 3.0, s, d),
    "maxwell": lambda k, s, d: r.maxwell(k, s, d),
    "double_sided_maxwell": lambda k, s, d: r.double_sided_maxwell(k, 1.0, 2.0, s, d),
    "gamma": lambda k, s, d: r.gamma(k, 2.5, s, d),
    "gamma_small": lambda k, s, d: r.gamma(k, 0.05, s, d),
    "loggamma": lambda k, s, d: r.loggamma(k, 0.05, s, d),
    "beta": lambda k, s, d: r.beta(k, 2.5, 0.6, s, d),
    "dirichlet": lambda k, s, d: r.dirichlet(k, ALPHA, s, d),
    "chisquare": lambda k, s, d: r.chisquare(k, 3.0, s, d),
    "f": lambda k, s, d: r.f(k, 3.0, 5.0, s, d),
    "t": lambda k, s, d: r.t(k, 3.0, s, d),
    "generalized_normal": lambda k, s, d: r.generalized_normal(k, 1.5, s, d),
    "ball": lambda k, s, d: r.ball(k, 3, 1.5, s, d),
    "logistic": lambda k, s, d: r.logistic(k, s, d),
    "cauchy": lambda k, s, d: r.cauchy(k, s, d),
    "gumbel_high": lambda k, s, d: r.gumbel(k, s, d, "high"),
    "gumbel_highest": lambda k, s, d: r.gumbel(k, s, d, "highest"),
    "orthogonal": lambda k, s, d: r.orthogonal(k, 5, s, d, m=3),
    "orthogonal_wide": lambda k, s, d: r.orthogonal(k, 2, s, d, m=4),
    "normal_cholesky": lambda k, s, d: r.multivariate_normal(k, MEAN, COV, s, d),
    "normal_eigh": lambda k, s, d: r.multivariate_normal(k, MEAN, COV, s, d, "eigh"),
    "normal_svd": lambda k, s, d: r.multivariate_normal(k, MEAN, COV, s, d, "svd"),
}

# LAPACK's factors are of matrices that may be near singular; F and t numbers are quotients.
LOOSE = {"orthogonal": 64, "orthogonal_wide": 64, "f": 32, "t": 64}


# Those that test_random_distances.py has not, and four through which each of the others goes, in half precision.
ROWS = ("dirichlet", "ball", "gumbel_high", "gumbel_highest", *[n for n in CONTINUOUS if n[:6] in ("orthog", "normal")])
HALF = [(n, d) for n in ("gamma", "ball", "generalized_normal", "wald", "dirichlet") for d in ("float16", "bfloat16")]


@pytest.mark.parametrize(("name", "dtype"), [*[(n, d) for n in ROWS for d in ("float32", "float64")], *HALF])
def test_backends_agree_to_a_few_ulp(name: str, dtype: str) -> None:
    with dg.enable_x64(True):
        a, b = both(lambda: CONTINUOUS[name](r.key(SEED), (4000,), dtype))
    assert ulps(a, b).max() <= LOOSE.get(name, 8)


@pytest.mark.parametrize("shape", [(), (2, 0, 3)], ids=str)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_every_shape_is_drawn(name: str, shape: tuple[int, ...]) -> None:
    a, b = both(lambda: CONTINUOUS[name](r.key(SEED), shape, None))
    assert a.dtype == np.float32
    assert a.shape[: len(shape)] == shape
    assert np.all(ulps(a, b) <= LOOSE.get(name, 8))


JAX: dict[str, Callable[[Any], Any]] = {
    "lognormal": lambda k: jax.random.lognormal(k, 0.7, (4000,)),
    "pareto": lambda k: jax.random.pareto(k, 2.5, (4000,)),
    "rayleigh": lambda k: jax.random.rayleigh(k, 2.0, (4000,)),
    "weibull_min": lambda k: jax.random.weibull_min(k, 2.0, 1.5, (4000,)),
    "triangular": lambda k: jax.random.triangular(k, -1.0, 0.5, 4.0, (4000,)),
    "maxwell": lambda k: jax.random.maxwell(k, (4000,)),
    "double_sided_maxwell": lambda k: jax.random.double_sided_maxwell(k, 1.0, 2.0, (4000,)),
    "gamma": lambda k: jax.random.gamma(k, 2.5, (4000,)),
    "gamma_small": lambda k: jax.random.gamma(k, 0.05, (4000,)),
    "loggamma": lambda k: jax.random.loggamma(k, 0.05, (4000,)),
    "beta": lambda k: jax.random.beta(k, 2.5, 0.6, (4000,)),
    "dirichlet": lambda k: jax.random.dirichlet(k, ALPHA, (4000,)),
    "chisquare": lambda k: jax.random.chisquare(k, 3.0, (4000,)),
    "f": lambda k: jax.random.f(k, 3.0, 5.0, (4000,)),
    "t": lambda k: jax.random.t(k, 3.0, (4000,)),
    "generalized_normal": lambda k: jax.random.generalized_normal(k, 1.5, (4000,)),
    "ball": lambda k: jax.random.ball(k, 3, 1.5, (4000,)),
    "gumbel_highest": lambda k: jax.random.gumbel(k, (4000,), mode="highest"),
    "orthogonal": lambda k: jax.random.orthogonal(k, 5, (4000,), m=3),
    "normal_cholesky": lambda k: jax.random.multivariate_normal(k, MEAN, COV, (4000,)),
}


@pytest.mark.parametrize("name", JAX)
def test_numbers_are_those_of_jax_random(backend: str, name: str) -> None:
    expected = np.asarray(JAX[name](jax.random.key(SEED)))
    assert ulps(expected, values(CONTINUOUS[name](r.key(SEED), (4000,), None))).max() <= LOOSE.get(name, 8)


# Each number `x` of a law with parameter `a` moves with `a` so that its distribution function stays: dx/da is that of
# the quantile function. The law as SciPy has it, of one parameter.
LAWS: dict[str, tuple[Callable[[Any, Any, Any], Any], Callable[[float], Any], float]] = {
    "lognormal": (lambda k, a, s: r.lognormal(k, a, s), lambda a: stats.lognorm(a), 0.7),
    "pareto": (lambda k, a, s: r.pareto(k, a, s), lambda a: stats.pareto(a), 2.5),
    "rayleigh": (lambda k, a, s: r.rayleigh(k, a, s), lambda a: stats.rayleigh(scale=a), 2.0),
    "weibull_scale": (lambda k, a, s: r.weibull_min(k, a, 1.5, s), lambda a: stats.weibull_min(1.5, scale=a), 2.0),
    "weibull_shape": (lambda k, a, s: r.weibull_min(k, 2.0, a, s), lambda a: stats.weibull_min(a, scale=2.0), 1.5),
    "triangular_left": (lambda k, a, s: r.triangular(k, a, 0.5, 4.0, s), lambda a: _triangle(a, 0.5, 4.0), -1.0),
    "triangular_mode": (lambda k, a, s: r.triangular(k, -1.0, a, 4.0, s), lambda a: _triangle(-1.0, a, 4.0), 0.5),
    "triangular_right": (lambda k, a, s: r.triangular(k, -1.0, 0.5, a, s), lambda a: _triangle(-1.0, 0.5, a), 4.0),
    "wald": (lambda k, a, s: r.wald(k, a, s), lambda a: stats.invgauss(a), 1.5),
    "gamma": (lambda k, a, s: r.gamma(k, a, s), lambda a: stats.gamma(a), 3.5),
    "gamma_below_1": (lambda k, a, s: r.gamma(k, a, s), lambda a: stats.gamma(a), 0.4),
    "gamma_large": (lambda k, a, s: r.gamma(k, a, s), lambda a: stats.gamma(a), 400.0),
    "loggamma": (lambda k, a, s: r.loggamma(k, a, s), lambda a: _LogGamma(a), 0.3),
    "chisquare": (lambda k, a, s: r.chisquare(k, a, s), lambda a: stats.chi2(a), 3.0),
}


def _triangle(left: float, mode: float, right: float) -> Any:
    return stats.triang((mode - left) / (right - left), loc=left, scale=right - left)


# (a, z, dlog(z)/da) at a fixed value of the distribution function, from 60 digits of the incomplete gamma function
# (mpmath).
SLOPES = [
    (0.0001, 1e-9, 201462.14674576076),
    (0.0001, 0.5, 9230.1806526642398),
    (0.01, 0.0001, 865.0409375322653),
    (0.01, 0.3, 123.44920015920253),
    (0.5, 0.2, 3.9702528316542164),
    (0.5, 3.0, 0.97098080548012143),
    (2.5, 1.0, 0.65079385968628221),
    (2.5, 9.0, 0.2101902000100942),
    (100.0, 90.0, 0.010553621664457127),
    (100.0, 130.0, 0.0087600341987479063),
    (10000.0, 10100.0, 9.9504966931348453e-5),
    (10000.0, 9900.0, 0.0001005050336020154),
    (100000.0, 100300.0, 9.9850465743898394e-6),
    (100000.0, 99500.0, 1.0025100355563982e-5),
]


class _LogGamma:
    """The law of the logarithm of a gamma number; SciPy's own loses digits in its tails."""

    def __init__(self, a: float) -> None:
        self.law = stats.gamma(a)

    def cdf(self, y: Any) -> Any:
        return self.law.cdf(np.exp(y))

    def sf(self, y: Any) -> Any:
        return self.law.sf(np.exp(y))

    def ppf(self, u: Any) -> Any:
        return np.log(self.law.ppf(u))

    def isf(self, u: Any) -> Any:
        return np.log(self.law.isf(u))


def _moved(law: Callable[[float], Any], a: float, x: np.ndarray, steps: list[int], weights: list[int]) -> np.ndarray:
    """The sum of weighted quantiles at the level of `x`, for parameters in steps from `a`, over the step's power."""
    order = 1 if sum(w * n for w, n in zip(weights, steps, strict=True)) else 2
    h = (1e-5 if order == 1 else 2e-3) * abs(a)
    upper = law(a).cdf(x) > 0.5  # from the end that is nearer: the other loses digits
    level = np.where(upper, law(a).sf(x), law(a).cdf(x))
    quantiles = [np.where(upper, law(a + n * h).isf(level), law(a + n * h).ppf(level)) for n in steps]
    return sum(w * q for w, q in zip(weights, quantiles, strict=True)) / h**order


@pytest.mark.parametrize("name", LAWS)
def test_samples_follow_their_law(backend: str, name: str) -> None:
    draw, law, a = LAWS[name]
    sample = values(draw(r.key(SEED), a, (10_000,)))
    assert stats.kstest(sample, law(a).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", LAWS)
def test_derivative_is_that_of_the_quantile_function(backend: str, name: str) -> None:
    draw, law, a = LAWS[name]
    with dg.enable_x64(True):
        key, t = r.key(SEED), dg.asarray(1.0)

        def slopes(a: Any) -> Any:
            along = dg.jvp(lambda a: draw(key, a, (20,)), (a,), (t,))
            return *along, dg.grad(lambda a: dg.sum(draw(key, a, (20,))))(a)

        x, slope, total = program(slopes)(dg.asarray(a))
    x, slope = values(x), values(slope)
    expected = _moved(law, a, x, [-2, -1, 1, 2], [1, -8, 8, -1]) / 12
    np.testing.assert_allclose(slope, expected, rtol=2e-6, atol=1e-8)
    np.testing.assert_allclose(float(total), np.sum(slope), rtol=1e-10)


@pytest.mark.parametrize("name", LAWS)
def test_second_derivative_is_that_of_the_quantile_function_in_all_orders_of_the_modes(backend: str, name: str) -> None:
    draw, law, a = LAWS[name]
    with dg.enable_x64(True):
        key, x = r.key(SEED), dg.asarray(a)

        def total(a: Any) -> Any:
            return dg.sum(draw(key, a, (5,)))

        def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda a: dg.jvp(f, (a,), (dg.ones(()),))[1]

        sample = values(draw(key, a, (5,)))
        found = [dg.grad(dg.grad(total)), forward(dg.grad(total)), dg.grad(forward(total)), forward(forward(total))]
        second = [float(y) for y in program(lambda x: [f(x) for f in found])(x)]
    expected = np.sum(_moved(law, a, sample, [-2, -1, 0, 1, 2], [-1, 16, -30, 16, -1]) / 12)
    assert second[0] == pytest.approx(expected, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(second, second[0], rtol=1e-10, atol=1e-12)


def _value_and_slope(draw: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda k, a: dg.jvp(lambda a: draw(k, a, (4,)), (a,), (dg.ones(()),))


@pytest.mark.parametrize("name", LAWS)
def test_draws_can_be_mapped_over_keys_and_parameters(backend: str, name: str) -> None:
    draw, _, a = LAWS[name]
    keys, params, fun = r.split(r.key(SEED), 3), dg.asarray([0.9 * a, a, 1.1 * a]), _value_and_slope(draw)
    loop = [fun(keys[i], params[i]) for i in range(3)]
    for found, expected in zip(dg.vmap(fun)(keys, params), zip(*loop, strict=True), strict=True):
        np.testing.assert_allclose(values(found), np.stack([values(x) for x in expected]), rtol=1e-4, atol=1e-5)
    assert values(dg.vmap(lambda a: draw(keys[0], a, None))(params)).shape == (3,)


@pytest.mark.parametrize("name", ["lognormal", "triangular_mode", "wald", "gamma", "loggamma"])
def test_draws_and_their_derivatives_can_be_jitted_below_vmap_and_above(backend: str, name: str) -> None:
    draw, _, a = LAWS[name]
    keys, params, fun = r.split(r.key(SEED), 3), dg.asarray([0.9 * a, a, 1.1 * a]), _value_and_slope(draw)
    eager = dg.vmap(fun)(keys, params)
    for found in (dg.jit(dg.vmap(fun))(keys, params), dg.vmap(dg.jit(fun))(keys, params)):
        for x, expected in zip(found, eager, strict=True):
            np.testing.assert_allclose(values(x), values(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["gamma", "loggamma", "wald"])
def test_derivatives_through_a_loop_over_keys_are_those_of_the_loop_unrolled(backend: str, name: str) -> None:
    draw, _, a = LAWS[name]
    keys = r.split(r.key(SEED), 3)

    def unrolled(a: Any) -> Any:
        return sum(a * draw(keys[i], a, None) for i in range(3))

    def loop(a: Any) -> Any:
        return dg.lax.scan(lambda c, k: (c + a * draw(k, a, None), None), dg.asarray(0.0), keys)[0]

    for order in (dg.grad, lambda f: dg.grad(dg.grad(f))):
        assert float(order(loop)(a)) == pytest.approx(float(order(unrolled)(a)), rel=1e-4)


def test_beta_dirichlet_and_t_move_with_the_gamma_numbers_that_they_are_made_of(backend: str) -> None:
    h, shape = 1e-5, (30,)

    def quantile(x: Any, a: float, b: float) -> Any:
        return stats.gamma(b).ppf(stats.gamma(a).cdf(values(x)))

    with dg.enable_x64(True):
        key = r.key(SEED)
        first, second = r.split(key)
        x, y = (values(dg.exp(r.loggamma(k, a, shape))) for k, a in ((first, 2.5), (second, 0.6)))
        moved = [quantile(x, 2.5, 2.5 + s) / (quantile(x, 2.5, 2.5 + s) + y) for s in (-h, h)]
        slope = values(dg.jvp(lambda a: r.beta(key, a, 0.6, shape), (dg.asarray(2.5),), (dg.ones(()),))[1])
        np.testing.assert_allclose(slope, (moved[1] - moved[0]) / (2 * h), rtol=1e-5, atol=1e-9)

        alpha = ALPHA.astype(np.float64)
        x = values(dg.exp(r.loggamma(key, alpha, (30, 3))))
        moved = [x[:, 1:].sum(1) + quantile(x[:, 0], 0.5, 0.5 + s) for s in (-h, h)]
        jacobian = values(dg.jacrev(lambda a: r.dirichlet(key, a, shape))(dg.asarray(alpha)))
        np.testing.assert_allclose(
            jacobian[:, 2, 0], x[:, 2] * (1 / moved[1] - 1 / moved[0]) / (2 * h), rtol=1e-5, atol=1e-9
        )
        np.testing.assert_allclose(jacobian.sum(1), np.zeros((30, 3)), atol=1e-12)

        n, g = values(r.normal(first, shape)), values(r.gamma(second, 1.5, shape))
        moved = [n * np.sqrt((1.5 + s) / quantile(g, 1.5, 1.5 + s)) for s in (-h, h)]
        slope = values(dg.jvp(lambda a: r.t(key, a, shape), (dg.asarray(3.0),), (dg.ones(()),))[1])
        np.testing.assert_allclose(slope, (moved[1] - moved[0]) / (4 * h), rtol=1e-5, atol=1e-9)


def _signed_square(x: Any) -> Any:
    return x * dg.abs(x)


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (lambda k: r.beta(k, 2.0, 0.5, (5000,)), stats.beta(2.0, 0.5)),
        (lambda k: r.f(k, 3.0, 5.0, (5000,)), stats.f(3.0, 5.0)),
        (lambda k: r.t(k, 3.0, (5000,)), stats.t(3.0)),
        (lambda k: r.generalized_normal(k, 1.5, (5000,)), stats.gennorm(1.5)),
        (lambda k: r.dirichlet(k, ALPHA, (5000,))[:, 0], stats.beta(0.5, 4.0)),
        (lambda k: dg.sqrt(dg.sum(r.ball(k, 3, 2.0, (5000,)) ** 2, axis=1)), stats.powerlaw(3.0)),
        (lambda k: r.maxwell(k, (5000,)), stats.maxwell),
        (lambda k: _signed_square(r.double_sided_maxwell(k, 0.0, 2.0, (5000,))), stats.dgamma(1.5, scale=8.0)),
        (lambda k: r.truncated_normal(k, -1.0, 2.0, (5000,)), stats.truncnorm(-1.0, 2.0)),
    ],
    ids=["beta", "f", "t", "generalized_normal", "dirichlet", "ball", "maxwell", "double_sided", "truncated_normal"],
)
def test_what_is_made_of_others_follows_its_law(backend: str, draw: Callable[[Any], Any], law: Any) -> None:
    assert stats.kstest(values(draw(r.key(SEED))), law.cdf).pvalue > 1e-3


def test_derivative_of_a_gamma_number_is_right_to_13_digits() -> None:
    from dualgrad.backends.jax.random import _gamma_slope as in_jax
    from dualgrad.backends.torch.random import _gamma_slope as in_torch

    with dg.enable_x64(True):
        a, z = np.array([c[0] for c in SLOPES]), np.array([c[1] for c in SLOPES])
        exact = np.array([c[2] for c in SLOPES])
        for found in (
            in_torch.log_slope(torch.tensor(np.log(z)), torch.tensor(a)).numpy(),
            np.asarray(in_jax.log_slope(jax.numpy.asarray(np.log(z)), jax.numpy.asarray(a))),
        ):
            np.testing.assert_allclose(found, exact, rtol=2e-13)


def test_gamma_numbers_that_are_drawn_in_blocks_are_those_of_jax_random(backend: str) -> None:
    key = r.key(SEED)
    rows = dg.vmap(lambda k: r.gamma(k, 2.5, (40_000,)))(r.split(key, 3))
    single = jax.random.key(SEED)
    expected = jax.vmap(lambda k: jax.random.gamma(k, 2.5, (40_000,)))(jax.random.split(single, 3))

    np.testing.assert_allclose(
        values(r.gamma(key, 0.7, (70_000,))), jax.random.gamma(single, 0.7, (70_000,)), rtol=2e-5
    )
    np.testing.assert_allclose(values(rows), expected, rtol=2e-5)


def test_double_sided_maxwell_puts_its_shape_before_that_of_the_parameters(backend: str) -> None:
    assert r.double_sided_maxwell(r.key(0), dg.zeros(3), 1.0).shape == (3,)
    assert r.double_sided_maxwell(r.key(0), dg.zeros(3), 1.0, (2,)).shape == (2, 3)
    x = values(r.double_sided_maxwell(r.key(0), 0.0, 1.0, (4000,)))
    assert stats.kstest(np.abs(x), stats.maxwell.cdf).pvalue > 1e-3
    assert abs(np.mean(x > 0) - 0.5) < 0.03


@pytest.mark.parametrize("method", ["cholesky", "eigh", "svd"])
def test_multivariate_normal_has_its_moments_and_a_derivative(backend: str, method: str) -> None:
    x = values(r.multivariate_normal(r.key(SEED), MEAN, COV, (20_000,), None, method)).astype(np.float64)
    np.testing.assert_allclose(x.mean(0), MEAN, atol=0.05)
    np.testing.assert_allclose(np.cov(x.T), COV, atol=0.06)
    with dg.enable_x64(True):
        weights = dg.reshape(dg.arange(12.0), (4, 3))

        def total(cov: Any) -> Any:
            return dg.sum(weights * r.multivariate_normal(r.key(SEED), np.zeros(3), cov, (4,), None, method))

        cov, step = COV.astype(np.float64), np.diag([1e-5, 2e-5, -1e-5])
        expected = (float(total(dg.asarray(cov + step))) - float(total(dg.asarray(cov - step)))) / 2
        assert np.sum(values(dg.grad(total)(dg.asarray(cov))) * step) == pytest.approx(expected, rel=1e-6)


def test_many_vectors_and_matrices_are_those_of_a_smaller_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.use_backend("jax"):
        draws = [
            lambda n: r.multivariate_normal(r.key(SEED), MEAN, COV, (n,)),
            lambda n: r.orthogonal(r.key(SEED), 3, (n,)),
            lambda n: dg.grad(lambda m: dg.sum(r.multivariate_normal(r.key(SEED), m, COV, (n,))))(dg.asarray(MEAN)) / n,
        ]
        for draw in draws:
            expected = values(draw(38))
            monkeypatch.setattr(_multivariate, "_FEW", 17)
            monkeypatch.setattr(_multivariate, "_BLOCK", 35)
            found = values(draw(37))
            monkeypatch.undo()
            np.testing.assert_allclose(found, expected[:37], rtol=1e-6)


@pytest.mark.parametrize("method", ["eigh", "svd"])
def test_root_of_a_covariance_is_smooth_where_eigenvalues_are_repeated(backend: str, method: str) -> None:
    # The root of I + E is I + E / 2 - E @ E / 8 + ..., so that a draw z moves by E @ z / 2 and then by -E @ E @ z / 4.
    with dg.enable_x64(True):
        key, e = r.key(SEED), np.array([[0.3, -1.0], [-1.0, 0.5]])

        def draw(s: Any) -> Any:
            return r.multivariate_normal(key, np.zeros(2), dg.eye(2) + s * dg.asarray(e), (3,), None, method)

        z = values(r.normal(key, (3, 2)))
        first, second = dg.jacfwd(draw), dg.jacrev(dg.jacrev(draw))
        np.testing.assert_allclose(values(draw(0.0)), z, rtol=1e-14)
        np.testing.assert_allclose(values(first(0.0)), z @ e / 2, rtol=1e-12)
        np.testing.assert_allclose(values(second(0.0)), -z @ e @ e / 4, rtol=1e-12)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (2, 4)])
def test_orthogonal_matrices_of_complex_numbers_are_unitary_and_those_of_jax(backend: str, n: int, m: int) -> None:
    q = values(r.orthogonal(r.key(SEED), n, (5,), "complex64", m))
    expected = np.asarray(jax.random.orthogonal(jax.random.key(SEED), n, (5,), "complex64", m))
    np.testing.assert_allclose(q @ np.conj(q.swapaxes(1, 2)), np.broadcast_to(np.eye(n), (5, n, n)), atol=2e-6)
    np.testing.assert_allclose(q, expected, atol=2e-6)


def test_mapped_compiled_factors_keep_float64_in_32_bit_mode(backend: str) -> None:
    # JAX made float32 of a product that was mapped after it was traced.
    covs = dg.stack([dg.asarray(COV), 2 * dg.asarray(COV)])
    for method in ("cholesky", "eigh"):
        draw = dg.jit(lambda cov, method=method: r.multivariate_normal(r.key(SEED), MEAN, cov, (4,), None, method))
        expected = np.stack([values(draw(cov)) for cov in covs])
        np.testing.assert_array_max_ulp(values(dg.vmap(draw)(covs)), expected, 1)


def test_multivariate_normal_takes_singular_covariances_and_gives_nan_for_bad_ones(backend: str) -> None:
    ones = np.ones((2, 2), np.float32)
    for method in ("eigh", "svd"):
        x = values(r.multivariate_normal(r.key(0), np.zeros(2, np.float32), ones, (5,), None, method))
        np.testing.assert_allclose(x[:, 0], x[:, 1], atol=2e-3)  # the root of a rounding error
    assert np.isnan(values(r.multivariate_normal(r.key(0), np.zeros(2, np.float32), -ones))).all()


def test_orthogonal_matrices_are_orthogonal_and_uniform(backend: str) -> None:
    q = values(r.orthogonal(r.key(SEED), 3, (2000,)))
    np.testing.assert_allclose(q @ np.swapaxes(q, -1, -2), np.broadcast_to(np.eye(3), q.shape), atol=1e-5)
    assert stats.kstest(q[:, 0, 0], stats.uniform(-1, 2).cdf).pvalue > 1e-3  # Archimedes: uniform on the sphere


ERRORS: list[tuple[Callable[[], Any], str]] = [
    (lambda: r.lognormal(r.key(0), -1.0), r"dualgrad.random.lognormal: sigma must not be negative, got -1\."),
    (lambda: r.rayleigh(r.key(0), -2), "scale must not be negative, got -2"),
    (lambda: r.rayleigh(r.key(0), dg.asarray([1.0, -2.0])), "scale must not be negative, got -2"),
    (lambda: r.pareto(r.key(0), 0.0), "b must be positive, got 0"),
    (lambda: r.weibull_min(r.key(0), 1.0, -1.0), "concentration must be positive"),
    (lambda: r.weibull_min(r.key(0), np.array([-1.0]), 1.0), "scale must not be negative"),
    (lambda: r.wald(r.key(0), -1.0), "mean must be positive"),
    (lambda: r.double_sided_maxwell(r.key(0), 0.0, -1.0), "scale must not be negative"),
    (lambda: r.triangular(r.key(0), 0.0, 2.0, 1.0), "must satisfy left <= mode <= right"),
    (lambda: r.pareto(r.key(0), np.ones(2), (3,)), "dualgrad.random.pareto"),
    (lambda: r.gamma(r.key(0), -1.0), "dualgrad.random.gamma: a must be positive, got -1"),
    (lambda: r.beta(r.key(0), 1.0, np.array([1.0, 0.0])), "dualgrad.random.beta: b must be positive, got 0"),
    (lambda: r.t(r.key(0), -3.0), "df must be positive"),
    (lambda: r.f(r.key(0), 1.0, -3.0), "dfden must be positive"),
    (lambda: r.dirichlet(r.key(0), dg.asarray([1.0, -1.0])), "alpha must be positive, got -1"),
    (lambda: r.dirichlet(r.key(0), 1.0), r"alpha must have shape \(\.\.\., n\), got \(\)"),
    (lambda: r.ball(r.key(0), 3, dg.ones(2)), r"p must have shape \(\), got \(2,\)"),
    (lambda: r.orthogonal(r.key(0), -1), "n must not be negative, got -1"),
    (
        lambda: r.multivariate_normal(r.key(0), MEAN, COV, None, None, "qr"),
        "method must be 'cholesky', 'eigh' or 'svd'",
    ),
    (lambda: r.multivariate_normal(r.key(0), MEAN, COV[:2]), r"cov must have shape \(\.\.\., 3, 3\), got \(2, 3\)"),
    (lambda: r.multivariate_normal(r.key(0), 1.0, COV), r"mean must have shape \(\.\.\., n\), got \(\)"),
]


@pytest.mark.on_cpu
@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_mistakes_give_one_error_on_both_backends(case: int) -> None:
    call, text = ERRORS[case]
    messages = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(ValueError, match=text) as caught:
            call()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_lists_are_refused_in_place_of_arrays(backend: str) -> None:
    for draw in (lambda: r.gamma(r.key(0), [1.0, 2.0]), lambda: r.categorical(r.key(0), [0.0, 1.0])):  # pyright: ignore
        with pytest.raises(TypeError, match=r"dualgrad\.random\.\w+: an argument must be an array of backend"):
            draw()


def test_values_that_are_not_at_hand_are_not_looked_at(backend: str) -> None:
    x = dg.jit(lambda a: r.rayleigh(r.key(0), a, (3,)))(-1.0)
    assert np.all(values(x) <= 0)
    assert values(dg.vmap(lambda a: r.rayleigh(r.key(0), a))(-dg.ones(2))).shape == (2,)
