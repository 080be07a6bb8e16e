"""Keys of each framework's own generator: the same functions, other numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest
import torch
from scipy import stats

import dualgrad as dg

r = dg.random


@pytest.fixture(params=["jax", "torch"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    with dg.use_backend(request.param):
        yield request.param


def values(x: Any) -> np.ndarray:
    """The elements of an array of either backend."""
    return x.numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


DRAWS: dict[str, Callable[[Any], Any]] = {
    "uniform": lambda k: r.uniform(k, (3, 4)),
    "normal": lambda k: r.normal(k, (5,)),
    "bits": lambda k: r.bits(k, (5,), "uint8"),
    "randint": lambda k: r.randint(k, (5,), 0, 100),
    "permutation": lambda k: r.permutation(k, 6),
    "gamma": lambda k: r.gamma(k, 2.0, (3,)),
    "poisson": lambda k: r.poisson(k, 20.0, (3,)),
    "split": lambda k: r.split(k, 3),
    "fold_in": lambda k: r.fold_in(k, 7),
}


@pytest.mark.parametrize("name", DRAWS)
def test_every_function_takes_native_keys_and_repeats_its_numbers(backend: str, name: str) -> None:
    key, other = r.key(3, impl="native"), r.key(4, impl="native")
    x = values(DRAWS[name](key))
    np.testing.assert_array_equal(values(DRAWS[name](key)), x)
    assert np.any(values(DRAWS[name](other)) != x)


def test_one_compiled_program_of_all_functions_repeats_their_numbers(backend: str) -> None:
    key = r.key(3, impl="native")
    compiled = dg.jit(lambda key: {name: draw(key) for name, draw in DRAWS.items()})(key)
    for name, draw in DRAWS.items():
        np.testing.assert_allclose(values(compiled[name]), values(draw(key)), rtol=2e-6, err_msg=name)


def test_native_keys_are_arrays_that_are_known_by_their_shape(backend: str) -> None:
    key = r.key(3, impl="native")
    assert values(key).shape == (4,)
    assert values(r.split(key, (2, 3))).shape == (2, 3, 4)
    assert r.key_impl(key) == r.key_impl(r.split(key)) == "native"
    assert r.key_impl(r.key(3)) == r.key_impl(r.key(3, impl="threefry2x32")) == "threefry2x32"
    saved = r.wrap_key_data(values(r.key_data(key)).copy())
    np.testing.assert_array_equal(values(r.normal(saved, (3,))), values(r.normal(key, (3,))))


def test_native_numbers_follow_their_laws(backend: str) -> None:
    first, second = r.split(r.key(5, impl="native"))
    x, y = values(r.normal(first, (10_000,))), values(r.normal(second, (10_000,)))
    assert stats.kstest(x, stats.norm.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.04
    assert stats.kstest(values(r.uniform(first, (10_000,))), stats.uniform.cdf).pvalue > 1e-3
    with dg.enable_x64(True):
        assert stats.kstest(values(r.normal(first, (10_000,))), stats.norm.cdf).pvalue > 1e-3
        assert stats.kstest(values(r.uniform(first, (10_000,))), stats.uniform.cdf).pvalue > 1e-3


def test_vmap_over_native_keys_gives_each_its_own_numbers(backend: str) -> None:
    keys = r.split(r.key(5, impl="native"), 3)
    x = values(dg.vmap(lambda k: r.normal(k, (4,)))(keys))
    assert len(np.unique(x)) == 12
    if backend == "torch":  # JAX draws those of a batch from its first key
        np.testing.assert_array_equal(x, np.stack([values(r.normal(keys[i], (4,))) for i in range(3)]))


def test_native_is_rbg_on_jax_and_numbers_are_those_of_jax_random() -> None:
    with dg.use_backend("jax"):
        expected = np.asarray(jax.random.normal(jax.random.key(8, impl="rbg"), (5,)))
        for impl in ("native", "rbg"):
            np.testing.assert_array_equal(np.asarray(r.normal(r.key(8, impl=impl), (5,))), expected)
        assert r.key_impl(jax.random.key(8, impl="rbg")) == "rbg"


def test_unknown_generators_are_refused_and_rbg_outside_jax(backend: str) -> None:
    for impl in ("philox", 3, *(["rbg"] if backend == "torch" else [])):
        with pytest.raises(ValueError, match=r"impl must be 'threefry2x32' or 'native', or 'rbg' on JAX, got"):
            r.key(0, impl=impl)
