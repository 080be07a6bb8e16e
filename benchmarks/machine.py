"""The machine: where arrays go, what it is called, and how quickly it copies and multiplies."""

from __future__ import annotations

import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

__all__ = ["ENVIRONMENT", "describe", "measure_rates", "pin", "placed"]

# With glibc's defaults a program of megabyte arrays runs at one of two speeds, by process: freed memory goes back to
# the system or not, and page faults decide. One thread, so that every side has the same.
ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_MMAP_THRESHOLD_": "33554432",  # the most that glibc accepts
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


def pin(core: int) -> None:
    """Keep this process and its children on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def placed(tree: Any, device: str) -> Any:
    """The arrays of a tree on the device that is measured, as arrays of the active backend."""
    import dualgrad as dg

    return dg.device_put(tree, dg.devices("cpu" if device == "cpu" else "gpu")[0])


def describe() -> dict[str, str]:
    """Processor, cores, memory, system and the versions of what is compared."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"processor": _processor(), "cores": str(len(os.sched_getaffinity(0)))}
    found["system"] = f"{platform.system()} {platform.machine()}"
    memory = Path("/proc/meminfo")
    if memory.exists():
        found["memory"] = f"{int(memory.read_text().split()[1]) / 2**20:.0f} GiB"
    found["python"] = platform.python_version()
    for package in ("jax", "torch", "numpy", "dualgrad"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def measure_rates(backend: str, device: str) -> dict[str, float]:
    """Bytes a second of an elementwise pass over 24 MB, and operations a second of a float32 product of 1024 x 1024.

    Bytes are counted when read and when written. By the backend's own operations: they are the floor under what it
    compiles.
    """
    import numpy as np

    import dualgrad as dg

    with dg.use_backend(backend):
        x = placed(np.ones(6_000_000, "float32"), device)
        a = placed(np.random.default_rng(0).normal(size=(1024, 1024)).astype("float32"), device)
        add, multiply = dg.jit(lambda x: x + 1.0), dg.jit(lambda a: a @ a)
        return {
            "bytes": 2 * 4 * x.shape[0] / _seconds(lambda: dg.block_until_ready(add(x))),
            "operations": 2 * 1024**3 / _seconds(lambda: dg.block_until_ready(multiply(a))),
        }


def _seconds(call: Any) -> float:
    call()
    samples = []
    for _ in range(9):
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
