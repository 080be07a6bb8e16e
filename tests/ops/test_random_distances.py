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

SAME = {"normal", "truncated_normal", "exponential", "gumbel", "laplace", "logistic", "gamma", "loggamma", "orthogonal"}
# jax.random makes gamma numbers by XLA's approximate inverse root, wald by a difference, factors as LAPACK's are.
APART = {"gamma", "t", "beta", "chisquare", "f", "wald", "orthogonal", "cholesky", "root"}


@pytest.fixture(scope="module")
def distances() -> dict[str, list[float]]:
    env = {**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "0", "XLA_FLAGS": ""}
    script = Path(__file__).with_name("random_distances.py")
    done = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_backends_agree_to_4_units_of_the_number(distances: dict[str, list[float]]) -> None:
    between = {name: found[0] for name, found in distances.items()}
    assert len(between) == 37
    assert {name for name, most in between.items() if most > 4} == set()
    assert {name for name in between if name.split()[0] in SAME and between[name] > 0} == set()


def test_numbers_are_those_of_jax_random_to_4_units(distances: dict[str, list[float]]) -> None:
    assert {name.split()[0] for name, (_, most) in distances.items() if most > 4} <= APART


@pytest.mark.parametrize("bounds", [(0.1, 0.7), (3.3, 8.1)])
def test_compiled_draws_with_constant_bounds_have_the_bits_of_eager_ones(bounds: tuple[float, float]) -> None:
    # Inductor computed the width of the interval in float64.
    def draw(key: Any) -> Any:
        return dg.random.uniform(key, (1000,), minval=bounds[0], maxval=bounds[1])

    with dg.use_backend("torch"):
        key = dg.random.key(3)
        np.testing.assert_array_equal(dg.to_numpy(dg.jit(draw)(key)), dg.to_numpy(draw(key)))
