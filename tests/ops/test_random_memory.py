"""Room that a draw of many numbers takes on JAX: at most three times its result, as XLA lays the program out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.on_cpu

r = dg.random
N = 400_000
S, ROWS = (N,), N // 4
COLUMNS = np.cos(np.arange(6 * N // 4, dtype=np.float32)).reshape(2, 3, -1)
ONES, FOURTHS = np.ones(4, np.float32), np.full(4, 0.25, np.float32)

# And whether the numbers are those of jax.random to the last bit.
DRAWS: dict[str, tuple[Callable[[Any, Any], Any], bool]] = {
    "bits of 8": (lambda r, k: r.bits(k, S, "uint8"), True),
    "uniform": (lambda r, k: r.uniform(k, S), True),
    "randint of 8 bits": (lambda r, k: r.randint(k, S, -3, 10, "int8"), True),
    "bernoulli": (lambda r, k: r.bernoulli(k, 0.3, S, "high"), True),
    "permutation": (lambda r, k: r.permutation(k, N), True),
    "choice without replacement": (lambda r, k: r.choice(k, N, S, False), True),
    "choice by chance": (lambda r, k: r.choice(k, 4, S, p=FOURTHS), True),
    "categorical": (lambda r, k: r.categorical(k, ONES, shape=(ROWS,)), True),
    "categorical of columns": (lambda r, k: r.categorical(k, COLUMNS, 1, (2, ROWS), mode="high"), True),
    "normal": (lambda r, k: r.normal(k, S), True),
    "maxwell": (lambda r, k: r.maxwell(k, S), False),
    "wald": (lambda r, k: r.wald(k, 1.0, S), False),
    "beta": (lambda r, k: r.beta(k, 2.0, 0.5, S), False),
    "t": (lambda r, k: r.t(k, 3.0, S), False),
    "ball": (lambda r, k: r.ball(k, 4, 2.0, (ROWS,)), False),
    "poisson": (lambda r, k: r.poisson(k, np.arange(4, 16, dtype=np.float32)[:, None], (12, N // 12)), True),
    "binomial": (lambda r, k: r.binomial(k, 30.0, np.array([[0.3], [0.7]], np.float32), (2, N // 2)), True),
    "multivariate_normal": (lambda r, k: r.multivariate_normal(k, ONES, np.diag(ONES), (ROWS,)), False),
}


@pytest.fixture(autouse=True)
def jax_backend() -> Iterator[None]:
    with dg.use_backend("jax"):
        yield


@pytest.mark.parametrize("name", DRAWS)
def test_draw_on_one_cpu_takes_three_results_and_has_the_bits_of_jax(name: str) -> None:
    draw, same = DRAWS[name]
    key = r.key(2**35 + 3)
    program = jax.jit(lambda key: draw(r, key)).lower(key).compile()
    sizes = program.memory_analysis()
    assert sizes is not None
    # With what is on the way to its numbers, which in the suite XLA does not join in one loop.
    block = 32 << 16
    assert sizes.temp_size_in_bytes <= 2 * sizes.output_size_in_bytes + block
    if same:
        assert np.array_equal(program(key), draw(jax.random, jax.random.wrap_key_data(key)))


def test_blocks_of_several_keys_are_those_of_each() -> None:
    keys = r.split(r.key(7), 2)
    together = dg.jit(dg.vmap(lambda key: r.maxwell(key, S)))(keys)
    np.testing.assert_array_max_ulp(together, np.stack([r.maxwell(key, S) for key in keys]), 2)


def test_draw_in_blocks_depends_on_its_parameter() -> None:
    slope = dg.grad(lambda df: dg.mean(r.t(r.key(3), df, S) ** 2))(9.0)
    np.testing.assert_allclose(slope, -2 / 49, rtol=0.3)  # of the variance, df / (df - 2)
