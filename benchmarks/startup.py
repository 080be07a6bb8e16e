"""What starting costs: the import, and the first call of a compiled function with cold and with warm caches on disk.

Each figure is taken in processes of its own, dualgrad's and the native ones by turns.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import conduct

__all__ = ["measure"]

# What only the first compilation of any process costs (Inductor's import, the probe of the processor, what SymPy loads
# at the first index of two dimensions) is paid by a program of the other kind before, so that the figure is the
# program's own.
PRELUDE = """
import time, sys
import numpy as np
x = np.linspace(0.1, 1.0, 512, dtype="float32").reshape(16, 32)
w = np.linspace(-1.0, 1.0, 512, dtype="float32").reshape(32, 16)
def timed(f, *args):
    start = time.perf_counter()
    float(f(*args).sum())
    print(time.perf_counter() - start)
"""
FIRST_CALLS = {
    ("jax", "native"): """
import jax, jax.numpy as jnp
jax.jit(lambda x: x * 3.0 + x.T)(jnp.ones((17, 17)))
timed(jax.jit(jax.grad(lambda w, x: jnp.mean(jnp.tanh(x @ w) ** 2))), jnp.asarray(w), jnp.asarray(x))
""",
    ("jax", "dualgrad"): """
import dualgrad as dg
dg.set_backend("jax")
dg.jit(lambda x: x * 3.0 + x.T)(dg.ones((17, 17)))
timed(dg.jit(dg.grad(lambda w, x: dg.mean(dg.tanh(x @ w) ** 2))), dg.asarray(w), dg.asarray(x))
""",
    ("torch", "native"): """
import torch
torch.compile(lambda x: x * 3.0 + x.T)(torch.ones(17, 17))
compiled = torch.compile(torch.func.grad(lambda w, x: torch.mean(torch.tanh(x @ w) ** 2)))
timed(compiled, torch.from_numpy(w), torch.from_numpy(x))
""",
    ("torch", "dualgrad"): """
import dualgrad as dg
dg.set_backend("torch")
dg.jit(lambda x: x * 3.0 + x.T)(dg.ones((17, 17)))
timed(dg.jit(dg.grad(lambda w, x: dg.mean(dg.tanh(x @ w) ** 2))), dg.asarray(w), dg.asarray(x))
""",
}
IMPORTS = {"dualgrad": "import dualgrad", "jax": "import jax", "torch": "import torch"}


def measure(backends: Sequence[str], rounds: int, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Seconds of imports, and of first calls with cold and warm caches: medians of `rounds` processes each."""
    imports: dict[str, list[float]] = {name: [] for name in IMPORTS if name == "dualgrad" or name in backends}
    cold: dict[str, list[float]] = {}
    warm: dict[str, list[float]] = {}
    pairs = [pair for pair in FIRST_CALLS if pair[0] in backends]
    total = rounds * (len(imports) + len(pairs))
    done = 0
    for text in [IMPORTS[name] for name in imports]:  # the first import compiles the modules
        with tempfile.TemporaryDirectory() as caches:
            _printed(f"{text}; print(0)", caches)
    for _ in range(rounds):
        for name in imports:
            progress(f"import {name}", done, total)
            text = f"import time; s = time.perf_counter(); {IMPORTS[name]}; print(time.perf_counter() - s)"
            with tempfile.TemporaryDirectory() as caches:
                imports[name].append(_printed(text, caches))
            done += 1
        for backend, side in pairs:
            progress(f"first call, {side} on {backend}", done, total)
            with tempfile.TemporaryDirectory() as caches:
                text = PRELUDE + FIRST_CALLS[backend, side]
                cold.setdefault(f"{side} on {backend}", []).append(_printed(text, caches))
                warm.setdefault(f"{side} on {backend}", []).append(_printed(text, caches))
            done += 1
    return {
        name: {key: statistics.median(values) for key, values in found.items()}
        for name, found in (("import", imports), ("first call, cold", cold), ("first call, warm disk cache", warm))
    }


def _printed(text: str, caches: str) -> float:
    env = conduct.environment(caches) | {
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "PYTHONDONTWRITEBYTECODE": "",  # off, whatever the user's shell says: else each import compiles every module
    }
    command = [sys.executable, "-W", "ignore", "-c", f"from benchmarks import machine; machine.pin(0)\n{text}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=conduct.ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(done.stdout.split()[-1])
