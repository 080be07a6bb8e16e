"""`dg.lax.scan` on PyTorch against `lax.scan`: 1000 and 10,000 small steps, jitted, forward and gradient, in ms.

An RNN of 64 units (a matrix product and `tanh` a step) and an elementwise recurrence of 64 elements. Compile time is
printed too: it must not grow with the number of steps. Aim: 5x of JAX's time.
"""

from __future__ import annotations

import time

import numpy as np
from timing import console, medians, table

import dualgrad as dg


def rnn(w, h, xs):
    """Last state of an RNN, summed."""
    return dg.sum(dg.lax.scan(lambda c, x: (dg.tanh(c @ w + x), None), h, xs)[0])


def recurrence(a, h, xs):
    """Last state of an elementwise recurrence, summed."""
    return dg.sum(dg.lax.scan(lambda c, x: (dg.sin(c * a + x) * 0.5, None), h, xs)[0])


def ready(x):
    """Wait for a result."""
    return x.block_until_ready() if hasattr(x, "block_until_ready") else x


def main() -> None:
    """Print the table."""
    rows = table("Loops, jitted, ms (first call, s)", ["program", "steps", "JAX", "PyTorch", "ratio"])
    rng = np.random.default_rng(0)
    w, h, a = rng.normal(size=(64, 64)).astype("float32") * 0.1, np.zeros(64, "float32"), np.float32(0.7)
    for steps in (1000, 10_000):
        xs = rng.normal(size=(steps, 64)).astype("float32")
        for name, fun, first in (("RNN", rnn, w), ("recurrence", recurrence, a)):
            for mode in ("forward", "gradient"):
                calls, compile_times = {}, {}
                for backend in ("jax", "torch"):
                    with dg.use_backend(backend):
                        args = [dg.asarray(x) for x in (first, h, xs)]
                        run = dg.jit(fun if mode == "forward" else dg.grad(fun)).native()
                        start = time.perf_counter()
                        ready(run(*args))
                        compile_times[backend] = time.perf_counter() - start
                        calls[backend] = lambda run=run, args=args: ready(run(*args))
                found = medians(calls)
                cells = [f"{found[b] * 1e3:.2f} ({compile_times[b]:.1f})" for b in ("jax", "torch")]
                rows.add_row(f"{name}, {mode}", str(steps), *cells, f"{found['torch'] / found['jax']:.1f}x")
    console.print(rows)


if __name__ == "__main__":
    main()
