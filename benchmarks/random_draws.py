"""What random draws cost: `dg.random` on torch against `jax.random`, as ratios; compile time and memory.

Budgets: a jitted `normal` of 1e6 at most 1x of `jax.random.normal`, an eager one 2x; compiling a jitted draw under 3 s
of CPU time, and a second shape no second long compile; 1000 keys split in one call; memory at most 3x the output.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time

from timing import console, medians, microseconds, table

import dualgrad as dg

N = 1_000_000


def draws() -> None:
    """Time draws on both backends side by side."""
    import jax

    calls = {}
    native_key = jax.random.key(0)
    native = {
        "normal": jax.jit(lambda k: jax.random.normal(k, (N,))),
        "uniform": jax.jit(lambda k: jax.random.uniform(k, (N,))),
        "gamma(3), 1e5": jax.jit(lambda k: jax.random.gamma(k, 3.0, (N // 10,))),
        "poisson(5), 1e5": jax.jit(lambda k: jax.random.poisson(k, 5.0, (N // 10,))),
        "split 1000": jax.jit(lambda k: jax.random.split(k, 1000)),
    }
    ours = {
        "normal": lambda k: dg.random.normal(k, (N,)),
        "uniform": lambda k: dg.random.uniform(k, (N,)),
        "gamma(3), 1e5": lambda k: dg.random.gamma(k, 3.0, (N // 10,)),
        "poisson(5), 1e5": lambda k: dg.random.poisson(k, 5.0, (N // 10,)),
        "split 1000": lambda k: dg.random.split(k, 1000),
    }
    rows = table(
        "Random draws, us and ratio to jax.random", ["draw", "jax.random", "dg jitted", "ratio", "dg eager", "ratio"]
    )
    for name, fun in ours.items():
        with dg.use_backend("torch"):
            key = dg.random.key(0)
            jitted = dg.jit(fun)
            calls = {
                "jax": lambda name=name: native[name](native_key).block_until_ready(),
                "jitted": lambda jitted=jitted, key=key: jitted(key),
                "eager": lambda fun=fun, key=key: fun(key),
            }
            times = medians(calls, rounds=11, seconds=0.05)
        cells = [microseconds(times["jax"])]
        for kind in ("jitted", "eager"):
            cells += [microseconds(times[kind]), f"{times[kind] / times['jax']:.2f}"]
        rows.add_row(name, *cells)
    console.print(rows)


def compile_costs() -> None:
    """CPU seconds of the first jitted draw and of another shape, in a fresh process with a cold cache."""
    import torch

    def spent() -> float:
        mine, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_utime + mine.ru_stime + others.ru_utime + others.ru_stime

    with dg.use_backend("torch"):
        key = dg.random.key(0)
        dg.jit(lambda x: x + 1)(torch.ones(3))  # Inductor's import, which any program pays
        for name, shape in (("first shape", (N,)), ("second shape", (N // 2, 3))):
            start = spent()
            dg.jit(lambda k, shape=shape: dg.random.normal(k, shape))(key)
            console.print(f"compile normal, {name}: {spent() - start:.2f} s of CPU time")


def memory() -> None:
    """Peak memory of an eager and of a jitted draw of 1e7 numbers, over the size of the output."""
    n = 10 * N
    with dg.use_backend("torch"):
        key = dg.random.key(0)
        for name, draw in (
            ("eager", lambda k: dg.random.normal(k, (n,))),
            ("jitted", dg.jit(lambda k: dg.random.normal(k, (n,)))),
        ):
            draw(key)
            time.sleep(0.1)
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")  # forget the peak so far
            before = _status("VmRSS")
            draw(key)
            console.print(f"peak memory of normal, {name}: {(_status('VmHWM') - before) / (4 * n):.2f} of the output")


def _status(name: str) -> int:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


def main() -> None:
    """Print the figures; the compiler's in processes of their own."""
    draws()
    for part in ("compile_costs", "memory"):
        with tempfile.TemporaryDirectory() as cache:
            env = os.environ | {"TORCHINDUCTOR_CACHE_DIR": cache, "TORCHINDUCTOR_COMPILE_THREADS": "1"}
            subprocess.run([sys.executable, __file__, part], env=env, check=True)


if __name__ == "__main__":
    globals()[sys.argv[1] if len(sys.argv) > 1 else "main"]()
