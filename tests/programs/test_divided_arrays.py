"""Arrays that JAX divides between devices; a process of its own, since it says at the start how many there are."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import jax
import numpy as np
import dualgrad as dg
from jax.sharding import Mesh, NamedSharding, PartitionSpec

by_half = NamedSharding(Mesh(np.array(jax.devices()[:2]), ("half",)), PartitionSpec("half"))
x = jax.device_put(np.arange(4.0, dtype="float32"), by_half)
other = jax.device_put(x, jax.devices()[1])

for like in (dg.zeros_like, dg.ones_like, dg.empty_like, lambda x: dg.full_like(x, 2.5)):
    assert like(x).sharding == by_half
    assert like(other).devices() == {jax.devices()[1]}
assert dg.full_like(other, dg.asarray(2.5), shape=(2, 3)).devices() == {jax.devices()[1]}
# constants beside it have another shape, which need not be divisible
assert dg.delete(x, 1).tolist() == [0.0, 2.0, 3.0]
assert dg.insert(x, 1, 9.0).tolist() == [0.0, 9.0, 1.0, 2.0, 3.0]
assert dg.polydiv(x, x[1:])[0].tolist() == [0.0, 1.0]
assert dg.grad(lambda x: dg.sum(dg.delete(x, 1) ** 2))(x).tolist() == [0.0, 0.0, 4.0, 6.0]
"""


def test_constants_beside_a_divided_array_are_not_divided() -> None:
    env = {**os.environ, "DUALGRAD_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
