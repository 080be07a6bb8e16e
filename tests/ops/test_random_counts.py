"""Poisson, geometric, binomial and multinomial numbers: equality, laws, transforms and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest
import torch
from scipy import stats

import dualgrad as dg

SEED = 1234
N = (4000,)
r = dg.random
RNG = np.random.default_rng(0)
MEANS = np.exp(RNG.uniform(-2, 4, N)).astype(np.float32)
TRIALS = RNG.integers(0, 200, N).astype(np.float32)
CHANCES = RNG.random(N).astype(np.float32)
P = np.array([0.2, 0.3, 0.5], np.float32)


@pytest.fixture(params=["jax", "torch"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    with dg.use_backend(request.param):
        yield request.param


def values(x: Any) -> np.ndarray:
    """The elements of an array of either backend."""
    return x.numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


DRAWS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "poisson_0": (lambda k: r.poisson(k, 0.0, N), lambda k: jax.random.poisson(k, 0.0, N)),
    "poisson_small": (lambda k: r.poisson(k, 4.0, N), lambda k: jax.random.poisson(k, 4.0, N)),
    "poisson_large": (lambda k: r.poisson(k, 30.0, N), lambda k: jax.random.poisson(k, 30.0, N)),
    "poisson_mixed": (lambda k: r.poisson(k, MEANS), lambda k: jax.random.poisson(k, MEANS)),
    "poisson_int8": (lambda k: r.poisson(k, 90.0, N, "int8"), lambda k: jax.random.poisson(k, 90.0, N, "int8")),
    "poisson_uint16": (lambda k: r.poisson(k, 3.0, N, "uint16"), lambda k: jax.random.poisson(k, 3.0, N, "uint16")),
    "geometric": (lambda k: r.geometric(k, 0.03, N), lambda k: jax.random.geometric(k, 0.03, N)),
    "binomial_small": (lambda k: r.binomial(k, 10, 0.3, N), lambda k: jax.random.binomial(k, 10, 0.3, N)),
    "binomial_large": (lambda k: r.binomial(k, 100, 0.8, N), lambda k: jax.random.binomial(k, 100, 0.8, N)),
    "binomial_mixed": (lambda k: r.binomial(k, TRIALS, CHANCES), lambda k: jax.random.binomial(k, TRIALS, CHANCES)),
    "multinomial": (
        lambda k: r.multinomial(k, 50, P, shape=(500, 3)),
        lambda k: jax.random.multinomial(k, 50.0, P, shape=(500, 3)),
    ),
}


@pytest.mark.parametrize("name", DRAWS)
def test_numbers_are_those_of_jax_random(backend: str, name: str) -> None:
    ours, native = DRAWS[name]
    expected, found = np.asarray(native(jax.random.key(SEED))), values(ours(r.key(SEED)))
    assert found.dtype == expected.dtype
    # The last bit of a logarithm decides one acceptance in some 10,000; the numbers drawn are the same.
    assert np.mean(found != expected) <= 5e-4


@pytest.mark.parametrize("name", DRAWS)
def test_numbers_are_those_of_jax_random_in_64_bit_mode(backend: str, name: str) -> None:
    ours, native = DRAWS[name]
    with dg.enable_x64(True):
        expected, found = np.asarray(native(jax.random.key(SEED))), values(ours(r.key(SEED)))
    assert found.dtype == expected.dtype
    assert np.mean(found != expected) <= 5e-4


@pytest.mark.parametrize(
    ("draw", "law"),
    [
        (lambda k: r.poisson(k, 2.5, N), stats.poisson(2.5)),
        (lambda k: r.poisson(k, 12.0, N), stats.poisson(12.0)),
        (lambda k: r.geometric(k, 0.3, N), stats.geom(0.3)),
        (lambda k: r.binomial(k, 12, 0.3, N), stats.binom(12, 0.3)),
        (lambda k: r.binomial(k, 60, 0.6, N), stats.binom(60, 0.6)),
        (lambda k: r.multinomial(k, 20, P, shape=(4000, 3))[:, 1], stats.binom(20, 0.3)),
    ],
    ids=["poisson_small", "poisson_large", "geometric", "binomial_small", "binomial_large", "multinomial"],
)
def test_samples_follow_their_law(backend: str, draw: Callable[[Any], Any], law: Any) -> None:
    sample = values(draw(r.key(SEED))).astype(np.int64)
    inner = np.arange(int(law.ppf(0.01)), int(law.ppf(0.99)) + 1)
    edges = np.concatenate([[-1], inner, [10**6]])
    counts = np.histogram(sample, edges + 0.5)[0]
    expected = np.diff(law.cdf(edges)) * len(sample)
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-3


TRANSFORMED: dict[str, Callable[[Any], Any]] = {
    "poisson_small": lambda k: r.poisson(k, 3.0, (40,)),
    "poisson_large": lambda k: r.poisson(k, 30.0, (40,)),
    "binomial": lambda k: r.binomial(k, 100, 0.5, (40,)),
    "multinomial": lambda k: r.multinomial(k, 30, P),
    "geometric": lambda k: r.geometric(k, 0.1, (4,)),
    "empty": lambda k: r.poisson(k, 30.0, (0, 2)),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_draws_can_be_mapped_over_keys(backend: str, name: str) -> None:
    keys, draw = r.split(r.key(SEED), 4), TRANSFORMED[name]
    loop = np.stack([values(draw(keys[i])) for i in range(4)])
    np.testing.assert_array_equal(values(dg.vmap(draw)(keys)), loop)


def test_mapped_draws_can_be_compiled_in_one_program(backend: str) -> None:
    keys = r.split(r.key(SEED), 4)

    def program(keys: Any) -> dict[str, Any]:
        return {name: dg.vmap(draw)(keys) for name, draw in TRANSFORMED.items()}

    compiled = dg.jit(program)(keys)
    for name, eager in program(keys).items():
        np.testing.assert_array_equal(values(compiled[name]), values(eager), err_msg=name)


def test_parameters_may_be_mapped_and_have_the_derivative_zero(backend: str) -> None:
    key, lam = r.key(SEED), dg.asarray([1.0, 20.0, 300.0])
    loop = [int(r.poisson(key, lam[i])) for i in range(3)]
    assert values(dg.vmap(lambda a: r.poisson(key, a))(lam)).tolist() == loop
    assert float(dg.grad(lambda p: dg.sum(r.binomial(key, 40, p, (5,))))(0.4)) == 0.0
    assert float(dg.jvp(lambda p: r.multinomial(key, 5, p)[0], (dg.asarray(P),), (dg.ones(3),))[1]) == 0.0


def test_multinomial_counts_sum_to_the_trials_and_broadcast(backend: str) -> None:
    x = values(r.multinomial(r.key(SEED), dg.asarray([3.0, 70.0]), P, shape=(5, 2, 3)))
    np.testing.assert_array_equal(x.sum(-1), np.broadcast_to([3.0, 70.0], (5, 2)))
    assert x.min() >= 0
    assert values(r.multinomial(r.key(SEED), 4, np.zeros((2, 0), np.float32))).shape == (2, 0)


def test_parameters_that_are_no_numbers_give_what_jax_random_gives(backend: str) -> None:
    bad = np.array([np.nan, np.inf, 5.0], np.float32)
    np.testing.assert_array_equal(
        values(r.binomial(r.key(3), bad, 0.5)), np.asarray(jax.random.binomial(jax.random.key(3), bad, 0.5))
    )
    nan = np.array([np.nan, 2.0], np.float32)
    np.testing.assert_array_equal(
        values(r.poisson(r.key(3), nan)), np.asarray(jax.random.poisson(jax.random.key(3), nan))
    )


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: r.poisson(r.key(0), -1.0), ValueError, "dualgrad.random.poisson: lam must not be negative, got -1"),
    (lambda: r.poisson(r.key(0), 1.0, (), dg.float32), TypeError, "dtype must be an integer dtype"),
    (lambda: r.poisson(r.key(0), np.ones(2), (3,)), ValueError, "dualgrad.random.poisson"),
    (lambda: r.geometric(r.key(0), 0.0), ValueError, r"p must lie in \(0, 1\], got 0"),
    (lambda: r.geometric(r.key(0), 1.5), ValueError, r"p must lie in \(0, 1\], got 1.5"),
    (lambda: r.binomial(r.key(0), -1, 0.5), ValueError, "n must not be negative"),
    (lambda: r.binomial(r.key(0), 3, dg.asarray([0.5, 1.5])), ValueError, r"p must lie in \[0, 1\], got 1.5"),
    (lambda: r.multinomial(r.key(0), 3, P * 2), ValueError, r"p must lie in \[0, 1\]|p must sum to 1"),
    (
        lambda: dg.jit(lambda k: r.multinomial(k, 3, np.array([0.5, 0.4])))(r.key(0)),
        ValueError,
        "p must sum to 1, got a sum of 0.9",
    ),
    (lambda: r.multinomial(r.key(0), 3, dg.asarray([0.5, 0.4])), ValueError, "p must sum to 1, got a sum of 0.9"),
    (lambda: r.multinomial(r.key(0), 3, 0.5), ValueError, r"p must have shape \(\.\.\., k\), got \(\)"),
]


@pytest.mark.on_cpu
@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_mistakes_give_one_error_on_both_backends(case: int) -> None:
    call, kind, text = ERRORS[case]
    messages = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(kind, match=text) as caught:
            call()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_python_number_of_trials_does_not_widen_the_chances(backend: str) -> None:
    p = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    with dg.enable_x64(True), dg.use_backend(backend):
        got = dg.to_numpy(dg.random.multinomial(dg.random.key(3), 30.0, p, shape=(100, 4)))
        expected = jax.random.multinomial(jax.random.key(3), 30.0, p, shape=(100, 4))
    np.testing.assert_array_equal(got, expected)


def test_chances_are_as_close_to_1_as_the_dtype_they_came_in_can_say(backend: Any) -> None:
    found = np.random.default_rng(0).random((20, 7)).astype(np.float32)
    found /= found.sum(-1, keepdims=True)
    with dg.enable_x64(True):
        for p in (found, dg.asarray(found)):
            counts = dg.random.multinomial(dg.random.key(0), dg.full((20,), 30.0, dg.float64), p)
            np.testing.assert_array_equal(dg.to_numpy(dg.sum(counts, axis=-1)), 30)
        with pytest.raises(ValueError, match="p must sum to 1"):
            dg.random.multinomial(dg.random.key(0), 30.0, found.astype(np.float64) * (1 + 1e-7))
