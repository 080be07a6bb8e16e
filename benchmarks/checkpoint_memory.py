"""What `dg.checkpoint` saves: peak memory of the gradient of a chain of 16 blocks, each of 8 elementwise steps on 4 MB.

Without it every step's value is kept, 16 x 8 x 4 MB and more; with it the input of each block is, and one block at a
time is computed again. Each figure is the high-water mark of a second call, in a process of its own; the kernel keeps
it in /proc (Linux only). The first call compiles.
"""

from __future__ import annotations

import os
import subprocess
import sys

from timing import console, table

PROGRAM = """
import re, sys
import dualgrad as dg
backend, way, kind = sys.argv[1:]
dg.set_backend(backend)

def block(x):
    for _ in range(8):
        x = dg.sin(x) * dg.cos(x) + x
    return x

run = dg.checkpoint(block) if kind == "checkpoint" else block

def loss(x):
    for _ in range(16):
        x = run(x)
    return dg.sum(x)

slope = dg.grad(loss)
slope = dg.jit(slope) if way == "jitted" else slope
x = dg.ones(1_000_000)
dg.to_numpy(slope(x))

def status(name):
    return int(re.search(name + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

open("/proc/self/clear_refs", "w").write("5")  # forgets the mark
before = status("VmRSS")
dg.to_numpy(slope(x))
print(status("VmHWM") - before)
"""


def peak(backend: str, way: str, kind: str) -> float:
    """Peak memory above the start, in MB."""
    # Freed arrays go back to the system at once: a heap that keeps them would hide what the second call needs.
    env = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "262144", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, backend, way, kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print the table."""
    rows = table("Peak memory of a gradient, MB", ["backend", "way", "plain", "checkpoint"])
    for backend in ("jax", "torch"):
        for way in ("eager", "jitted"):
            rows.add_row(backend, way, *[f"{peak(backend, way, kind):.0f}" for kind in ("plain", "checkpoint")])
    console.print(rows)


if __name__ == "__main__":
    main()
