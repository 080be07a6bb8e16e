"""Draws of many numbers on PyTorch go over blocks: with the bits of the whole, and with room for a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.profiler import ProfilerActivity, profile

import dualgrad as dg
from dualgrad.backends.torch.random import _blocks, _gamma, _orders, _races, _rounds, _vectors

pytestmark = pytest.mark.on_cpu

r = dg.random
S = (3, 41)
ROW, COLUMN = np.linspace(0.3, 3.0, 41, dtype=np.float32), np.array([[0.5], [1.5], [2.5]], np.float32)
FULL = ROW * COLUMN
CHANCE = FULL / FULL.max() * np.float32(0.999)
LAM = np.where(FULL > 3, FULL * 20, FULL * 2)
LOGITS = np.cos(np.arange(35, dtype=np.float32)).reshape(5, 7)
COV = np.array([[2.0, 0.5], [0.5, 1.0]], np.float32)

DRAWS: dict[str, Callable[[Any], Any]] = {
    "bits8": lambda k: r.bits(k, S, "uint8"),
    "bits16": lambda k: r.bits(k, S, "uint16"),
    "split": lambda k: r.split(k, S),
    "uniform": lambda k: r.uniform(k, S),
    "uniform_between": lambda k: r.uniform(k, S, minval=-ROW, maxval=COLUMN),
    "randint": lambda k: r.randint(k, S, 0, np.arange(1, 42)),
    "bernoulli": lambda k: r.bernoulli(k, 0.3, S),
    "bernoulli_high": lambda k: r.bernoulli(k, CHANCE, mode="high"),
    "rademacher": lambda k: r.rademacher(k, S),
    "normal": lambda k: r.normal(k, S),
    "complex": lambda k: r.normal(k, S, "complex64"),
    "truncated_normal": lambda k: r.truncated_normal(k, -ROW, COLUMN, S),
    "exponential": lambda k: r.exponential(k, S),
    "gumbel": lambda k: r.gumbel(k, S, "float16"),
    "gumbel_high": lambda k: r.gumbel(k, S, mode="high"),
    "gumbel_highest": lambda k: r.gumbel(k, S, mode="highest"),
    "laplace": lambda k: r.laplace(k, S),
    "logistic": lambda k: r.logistic(k, S),
    "cauchy": lambda k: r.cauchy(k, S),
    "lognormal": lambda k: r.lognormal(k, COLUMN, S),
    "maxwell": lambda k: r.maxwell(k, S),
    "double_sided_maxwell": lambda k: r.double_sided_maxwell(k, ROW, COLUMN, (2,)),
    "rayleigh": lambda k: r.rayleigh(k, ROW, S),
    "pareto": lambda k: r.pareto(k, COLUMN, S),
    "triangular": lambda k: r.triangular(k, -ROW, 0.0, COLUMN, S),
    "weibull_min": lambda k: r.weibull_min(k, ROW, COLUMN, S),
    "wald": lambda k: r.wald(k, FULL),
    "gamma": lambda k: r.gamma(k, FULL),
    "loggamma": lambda k: r.loggamma(k, COLUMN, S),
    "beta": lambda k: r.beta(k, ROW, COLUMN, S),
    "dirichlet": lambda k: r.dirichlet(k, ROW[:3], (41,)),
    "chisquare": lambda k: r.chisquare(k, ROW, S),
    "f": lambda k: r.f(k, ROW, COLUMN, S),
    "t": lambda k: r.t(k, ROW, S),
    "generalized_normal": lambda k: r.generalized_normal(k, FULL),
    "ball": lambda k: r.ball(k, 3, 1.5, (41,)),
    "poisson": lambda k: r.poisson(k, LAM),
    "geometric": lambda k: r.geometric(k, CHANCE),
    "binomial": lambda k: r.binomial(k, np.floor(LAM * 9), CHANCE),
    "multinomial": lambda k: r.multinomial(k, 9.0, np.array([0.2, 0.5, 0.3], np.float32), shape=(41, 3)),
    "multivariate_normal": lambda k: r.multivariate_normal(k, np.ones(2, np.float32), COV, (41,)),
    "permutation": lambda k: r.permutation(k, 123),
    "permutation_of_lanes": lambda k: r.permutation(k, FULL, independent=True),
    "permutation_of_rows": lambda k: r.permutation(k, FULL.astype(np.float16), 1, True),
    "choice": lambda k: r.choice(k, ROW, S),
    "choice_by_chance": lambda k: r.choice(k, 41, S, p=ROW / ROW.sum()),
    "choice_without_replacement": lambda k: r.choice(k, 123, S, False),
    "categorical": lambda k: r.categorical(k, LOGITS, shape=(13, 5)),
    "categorical_of_columns": lambda k: r.categorical(k, LOGITS, 0, (13, 7), mode="high"),
    "order_of_columns": lambda k: r.categorical(k, LOGITS, 0, (4, 7), False),
    "order_by_chance": lambda k: r.choice(k, 41, (40,), False, ROW / ROW.sum()),
    "order_of_equal": lambda k: r.categorical(
        k, np.where(FULL.ravel() > 1, np.float32(np.nan), -np.inf), 0, (123,), False
    ),
    "orthogonal": lambda k: r.orthogonal(k, 3, (5, 2)),
}

# torch's power rounds the last numbers of an array, which fill no vector, otherwise than the others.
POWERS = {"weibull_min", "gamma", "generalized_normal", "ball"}


@pytest.fixture(autouse=True)
def torch_backend() -> Iterator[None]:
    with dg.use_backend("torch"):
        yield


@pytest.mark.parametrize("name", DRAWS)
def test_blocks_have_the_bits_of_the_whole(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    key = r.key(2**35 + 3)
    whole = dg.to_numpy(DRAWS[name](key))
    for module in (_blocks, _gamma, _orders, _races, _rounds):
        monkeypatch.setattr(module, "_BLOCK", 17)
    monkeypatch.setattr(_orders, "_MANY", 17)
    monkeypatch.setattr(_races, "_PART", 17)
    if name in POWERS:
        np.testing.assert_array_max_ulp(dg.to_numpy(DRAWS[name](key)), whole, 4)
    else:
        np.testing.assert_array_equal(dg.to_numpy(DRAWS[name](key)), whole)


MAPPED = ("poisson", "binomial", "permutation", "loggamma", "categorical_of_columns", "order_of_columns")


@pytest.mark.parametrize("name", MAPPED)
def test_rows_of_several_keys_share_blocks_and_end_each_by_itself(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    keys = r.split(r.key(5), 6)
    expected = np.stack([dg.to_numpy(DRAWS[name](k)) for k in keys])
    for block in (1 << 16, 300, 17):  # all rows, two rows, a part of one
        for module in (_gamma, _orders, _races, _rounds):
            monkeypatch.setattr(module, "_BLOCK", block)
        np.testing.assert_array_equal(dg.to_numpy(dg.vmap(DRAWS[name])(keys)), expected)


def test_what_depends_on_a_parameter_is_drawn_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_blocks, "_BLOCK", 17)
    key, scale = r.key(1), torch.tensor(COLUMN, requires_grad=True)
    r.lognormal(key, scale, S).sum().backward()
    expected = dg.grad(lambda s: dg.sum(r.lognormal(key, s, S)))(torch.tensor(COLUMN))
    assert scale.grad is not None
    np.testing.assert_allclose(scale.grad.numpy(), expected.numpy(), rtol=1e-6)


@pytest.mark.parametrize(("shape", "dtype"), [((41,), "float32"), ((41, 2), "float64")], ids=str)
def test_normal_vectors_in_blocks_have_the_derivatives_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], dtype: str
) -> None:
    with dg.enable_x64(True):
        mean, cov = dg.asarray([1.0, -2.0]), dg.asarray(COV.astype(np.float64))
        cov = cov if len(shape) == 1 else dg.stack([cov, 3 * cov])
        weights = dg.asarray(np.cos(np.arange(82.0 * len(shape))).reshape(*shape, 2))

        def total(key: Any, mean: Any, cov: Any) -> Any:
            return dg.sum(weights * dg.astype(r.multivariate_normal(key, mean, cov, shape, dtype), "float64") ** 2)

        def derivatives(keys: Any) -> list[Any]:
            first = dg.grad(total, argnums=(1, 2))
            along = dg.jvp(lambda m, c: dg.grad(total, argnums=2)(keys[0], m, c), (mean, cov), (mean, cov))[1]
            mapped = dg.vmap(dg.grad(total, argnums=2), in_axes=(0, None, None))(keys, mean, cov)
            return [*first(keys[0], mean, cov), along, mapped]

        keys = r.split(r.key(9), 3)
        whole = derivatives(keys)
        for module in (_blocks, _vectors):
            monkeypatch.setattr(module, "_BLOCK", 17)
        for found, expected in zip(derivatives(keys), whole, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == "float32" else 1e-13, atol=1e-12)


N = 400_000
CHANCES = np.full(N, 1 / N, np.float32)
LARGE: dict[str, Callable[[Any], Any]] = {
    "bernoulli": lambda k: r.bernoulli(k, 0.3, (N,)),
    "cauchy": lambda k: r.cauchy(k, (N,)),
    "maxwell": lambda k: r.maxwell(k, (N,)),
    "randint": lambda k: r.randint(k, (N,), 0, 10),
    "permutation": lambda k: r.permutation(k, N),
    "wald": lambda k: r.wald(k, 1.0, (N,)),
    "orthogonal": lambda k: r.orthogonal(k, 4, (N // 16,)),
    "choice without replacement by chance": lambda k: r.choice(k, N, (N,), False, CHANCES),
}


def _memory(draw: Callable[[Any], Any], key: Any) -> tuple[int, int]:
    """Bytes of a result, and those that were held at once for it at most."""
    draw(key)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True, acc_events=True) as trace:
        size = draw(key).nbytes
    now = highest = 0
    for event in trace.profiler.kineto_results.events():  # pyright: ignore[reportOptionalMemberAccess]
        if event.name() == "[memory]":
            now += event.nbytes()  # pyright: ignore[reportAttributeAccessIssue]  # the stub has not all
            highest = max(highest, now)
    return size, highest


@pytest.mark.parametrize("name", LARGE)
def test_memory_of_a_draw_is_at_most_three_times_the_result(name: str) -> None:
    size, highest = _memory(LARGE[name], r.key(3))
    block = 4 * _blocks._BLOCK  # pyright: ignore[reportPrivateUsage]
    assert size <= highest <= max(3 * size + block, size + 10 * block)


RACE = np.array([[0.3, 1.0, -2.0], [0.0, np.nan, 1.0], [-np.inf] * 3, [np.inf, np.inf, 0.0]], np.float32)
COMPILED: dict[str, tuple[Callable[[Any], Any], int]] = {
    "maxwell": (lambda k: r.maxwell(k, (N,)), 1),
    "categorical": (lambda k: r.categorical(k, RACE, shape=(N // 4, 4)), 1),
    "categorical of columns": (lambda k: r.categorical(k, RACE.T, 0, (N // 4, 4), mode="high"), 2),
    "bernoulli": (lambda k: r.bernoulli(k, 0.3, (N,), "high"), 1),
    "f": (lambda k: r.f(k, 3.0, 5.0, (N,)), 3),
    "normal vectors": (lambda k: r.multivariate_normal(k, np.ones(2, np.float32), COV, (N // 2,)), 1),
    "orthogonal": (lambda k: r.orthogonal(k, 4, (N // 16,)), 1),
    "laplace of float16": (lambda k: r.laplace(k, (N,), "float16"), 1),
    "beta of float16": (lambda k: r.beta(k, 2.5, 0.6, (N,), "float16"), 3),
    "ball of float16": (lambda k: r.ball(k, 4, 2.0, (N // 4,), "float16"), 1),
    "dirichlet of float16": (lambda k: r.dirichlet(k, np.ones(4, np.float32), (N // 4,), "float16"), 1),
    "multinomial of float16": (
        lambda k: r.multinomial(k, 20.0, np.full(8, 0.125, np.float32), shape=(N // 8, 8), dtype="float16"),
        2,
    ),
}


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_draw_is_the_eager_one_and_has_room_for_its_result(name: str) -> None:
    draw, most = COMPILED[name]
    key, compiled = r.key(3), dg.jit(draw)
    np.testing.assert_allclose(dg.to_numpy(compiled(key)), dg.to_numpy(draw(key)), rtol=1e-6)
    size, highest = _memory(compiled, key)
    assert size <= highest <= most * size + 10 * 4 * _blocks._BLOCK  # pyright: ignore[reportPrivateUsage]
