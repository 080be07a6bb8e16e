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

SEED = 1234
FLOATS = ("float16", "bfloat16", "float32", "float64")
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
    "logistic": lambda k, s, d: r.logistic(k, s, d),
    "cauchy": lambda k, s, d: r.cauchy(k, s, d),
    "gumbel_high": lambda k, s, d: r.gumbel(k, s, d, "high"),
    "orthogonal": lambda k, s, d: r.orthogonal(k, 5, s, d, m=3),
    "orthogonal_wide": lambda k, s, d: r.orthogonal(k, 2, s, d, m=4),
    "normal_cholesky": lambda k, s, d: r.multivariate_normal(k, MEAN, COV, s, d),
    "normal_eigh": lambda k, s, d: r.multivariate_normal(k, MEAN, COV, s, d, "eigh"),
    "normal_svd": lambda k, s, d: r.multivariate_normal(k, MEAN, COV, s, d, "svd"),
}

LOOSE = {"orthogonal": 64, "orthogonal_wide": 64}  # LAPACK's factors, of matrices that may be near singular


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_backends_agree_to_a_few_ulp(name: str, dtype: str) -> None:
    if (name, dtype) == ("logistic", "float16"):
        dtype = "bfloat16"  # XLA compiles log(u + tiny) as log(u) in float16, one number in 1000
    with dg.enable_x64(True):
        a, b = both(lambda: CONTINUOUS[name](r.key(SEED), (4000,), dtype))
    assert ulps(a, b).max() <= LOOSE.get(name, 8)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (3, 2)], ids=str)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_every_shape_is_drawn(name: str, shape: tuple[int, ...]) -> None:
    a, b = both(lambda: CONTINUOUS[name](r.key(SEED), shape, None))
    assert a.dtype == np.float32
    assert a.shape[: len(shape)] == shape
    assert np.all(ulps(a, b) <= 8)


JAX: dict[str, Callable[[Any], Any]] = {
    "lognormal": lambda k: jax.random.lognormal(k, 0.7, (4000,)),
    "pareto": lambda k: jax.random.pareto(k, 2.5, (4000,)),
    "rayleigh": lambda k: jax.random.rayleigh(k, 2.0, (4000,)),
    "weibull_min": lambda k: jax.random.weibull_min(k, 2.0, 1.5, (4000,)),
    "triangular": lambda k: jax.random.triangular(k, -1.0, 0.5, 4.0, (4000,)),
    "maxwell": lambda k: jax.random.maxwell(k, (4000,)),
    "double_sided_maxwell": lambda k: jax.random.double_sided_maxwell(k, 1.0, 2.0, (4000,)),
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
}


def _triangle(left: float, mode: float, right: float) -> Any:
    return stats.triang((mode - left) / (right - left), loc=left, scale=right - left)


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
        x, slope = dg.jvp(lambda a: draw(key, a, (20,)), (dg.asarray(a),), (t,))
        total = dg.grad(lambda a: dg.sum(draw(key, a, (20,))))(a)
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
        second = [float(f(x)) for f in found]
    expected = np.sum(_moved(law, a, sample, [-2, -1, 0, 1, 2], [-1, 16, -30, 16, -1]) / 12)
    assert second[0] == pytest.approx(expected, rel=1e-5, abs=1e-5)
    np.testing.assert_allclose(second, second[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_draws_can_be_mapped_over_keys_and_parameters_and_jitted(backend: str, name: str) -> None:
    draw, _, a = LAWS[name]
    keys = r.split(r.key(SEED), 3)
    params = dg.asarray([0.9 * a, a, 1.1 * a])

    def value_and_slope(k: Any, a: Any) -> Any:
        return dg.jvp(lambda a: draw(k, a, (4,)), (a,), (dg.ones(()),))

    loop = [value_and_slope(keys[i], params[i]) for i in range(3)]
    for mapped in (dg.vmap(value_and_slope), dg.jit(dg.vmap(value_and_slope))):
        x, slope = mapped(keys, params)
        np.testing.assert_allclose(values(x), np.stack([values(p[0]) for p in loop]), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(values(slope), np.stack([values(p[1]) for p in loop]), rtol=1e-4, atol=1e-5)
    out = dg.vmap(lambda a: draw(keys[0], a, None))(params)
    assert values(out).shape == (3,)


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
    (lambda: r.orthogonal(r.key(0), -1), "n must not be negative, got -1"),
    (
        lambda: r.multivariate_normal(r.key(0), MEAN, COV, None, None, "qr"),
        "method must be 'cholesky', 'eigh' or 'svd'",
    ),
    (lambda: r.multivariate_normal(r.key(0), MEAN, COV[:2]), r"cov must have shape \(\.\.\., 3, 3\), got \(2, 3\)"),
    (lambda: r.multivariate_normal(r.key(0), 1.0, COV), r"mean must have shape \(\.\.\., n\), got \(\)"),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_mistakes_give_one_error_on_both_backends(case: int) -> None:
    call, text = ERRORS[case]
    messages = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(ValueError, match=text) as caught:
            call()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_values_that_are_not_at_hand_are_not_looked_at(backend: str) -> None:
    x = dg.jit(lambda a: r.rayleigh(r.key(0), a, (3,)))(-1.0)
    assert np.all(values(x) <= 0)
    assert values(dg.vmap(lambda a: r.rayleigh(r.key(0), a))(-dg.ones(2))).shape == (2,)
