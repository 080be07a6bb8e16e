"""Random numbers agree to 4 units in the last place of the number itself, also where it is near 0, in what users run.

The rest of the suite compiles JAX's programs without most optimizations, which rounds `log1p` otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

SAME = {
    "normal",
    "truncated_normal",
    "exponential",
    "gumbel",
    "laplace",
    "logistic",
    "maxwell",
    "rayleigh",
    "triangular",
    "double_sided_maxwell",
    "shifted_maxwell",
    "gamma",
    "loggamma",
    "orthogonal",
    "unitary",
}
# jax.random makes gamma numbers by XLA's approximate inverse root, wald by a difference, factors as LAPACK's are;
# it adds a shift with one rounding or two, as its loops are fused.
APART = {
    "shifted_maxwell",
    "gamma",
    "t",
    "beta",
    "chisquare",
    "f",
    "wald",
    "orthogonal",
    "unitary",
    "cholesky",
    "large",
    "root",
}


@pytest.fixture(scope="module")
def distances(full: bool) -> dict[str, list[float]]:
    env = {**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "0", "XLA_FLAGS": "--xla_cpu_parallel_codegen_split_count=1"}
    script = Path(__file__).with_name("random_distances.py")
    narrow = [] if full else ["--narrow"]  # float64 takes half of the time
    done = subprocess.run(
        [sys.executable, str(script), *APART, *narrow], env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_jitted_draws_of_constants_have_the_bits_of_eager_ones_on_jax(distances: dict[str, list[float]]) -> None:
    assert [found for name, found in distances.items() if name.endswith("jitted")] == [[0], [0], [0]]


def test_backends_agree_to_4_units_of_the_number(distances: dict[str, list[float]], full: bool) -> None:
    between = {name: found[0] for name, found in distances.items() if not name.endswith("jitted")}
    assert len(between) == (41 if full else 29)
    assert {name for name, most in between.items() if most > 4} == set()
    assert {name for name in between if name.split()[0] in SAME and between[name] > 0} == set()


def test_numbers_are_those_of_jax_random_to_4_units(distances: dict[str, list[float]], full: bool) -> None:
    of_jax = {name: found[1] for name, found in distances.items() if len(found) == 2 and name.split()[0] not in APART}
    assert len(of_jax) == (22 if full else 17)
    assert {name for name, most in of_jax.items() if most > 4} == set()


def test_compiled_draws_have_the_bits_of_eager_ones() -> None:
    # Inductor computed the width of an interval in float64, kept float32 between operations of the half precisions, and
    # refused the keys of the two parts of complex numbers.
    r, cov = dg.random, np.array([[1.0, 0.6], [0.6, 0.5]], np.float32)

    def draws(key: Any) -> list[Any]:
        return [
            r.uniform(key, (500,), minval=0.1, maxval=0.7),
            r.uniform(key, (500,), minval=3.3, maxval=8.1),
            r.uniform(key, (500,), "float16", 0.1, 0.7),
            r.gumbel(key, (500,), "float16"),
            r.cauchy(key, (500,), "bfloat16"),
            r.beta(key, 2.5, 0.6, (500,), "bfloat16"),
            r.multivariate_normal(key, np.zeros(2), cov, (500,), "float16"),
            dg.real(r.normal(key, (500,), "complex64")),
        ]

    with dg.use_backend("torch"):
        key, compiled = r.key(3), dg.jit(draws)
        for got, expected in zip(compiled(key), draws(key), strict=True):
            np.testing.assert_array_equal(
                dg.to_numpy(dg.astype(got, "float32")), dg.to_numpy(dg.astype(expected, "float32"))
            )
        assert compiled.stats()["fallbacks"] == 0
