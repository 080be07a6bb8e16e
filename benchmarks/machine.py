"""The machine: where arrays go, what it is called, and how quickly it copies and multiplies."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
import timeit
from pathlib import Path
from typing import Any

__all__ = ["ENVIRONMENT", "describe", "elsewhere", "environment", "measure_rates", "pin", "placed", "use"]

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
# Float32 products have 10 bits on a graphics processor by JAX's default and all 24 by torch's: here all have 24. The
# two frameworks share its memory. Inductor waits for Triton's compiler: as many at once as there are cores.
ON_GPU = {
    "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "TORCHINDUCTOR_COMPILE_THREADS": str(min(8, os.cpu_count() or 1)),
}
SIZES = {"cpu": (6_000_000, 1024), "cuda": (250_000_000, 8192)}  # beyond the caches, and enough for all multipliers

_device: list[str] = ["cpu"]


def environment(device: str) -> dict[str, str]:
    """What every measured process has in its environment."""
    return ENVIRONMENT | ({"JAX_PLATFORMS": "cpu"} if device == "cpu" else ON_GPU)


def use(device: str) -> None:
    """Say once which device this process measures."""
    _device[:] = [device]


def elsewhere(backend: str) -> str | None:
    """For `device=` of a new array: the measured device, where the framework makes arrays on another."""
    return _device[0] if backend == "torch" and _device[0] != "cpu" else None


def pin(core: int) -> None:
    """Keep this process and its children on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def placed(tree: Any, device: str) -> Any:
    """The arrays of a tree on the device that is measured, as arrays of the active backend."""
    import dualgrad as dg

    return dg.device_put(tree, dg.devices("cpu" if device == "cpu" else "gpu")[0])


def describe(device: str) -> dict[str, str]:
    """Processor, cores, memory, system and the versions of what is compared."""
    from importlib.metadata import PackageNotFoundError, version

    import dualgrad

    found = {"processor": _processor(), "cores": str(len(os.sched_getaffinity(0)))}
    if device != "cpu":
        found = {"device": _graphics()} | found
    found["system"] = f"{platform.system()} {platform.machine()}"
    memory = Path("/proc/meminfo")
    if memory.exists():
        found["memory"] = f"{int(memory.read_text().split()[1]) / 2**20:.0f} GiB"
    found["python"] = f"{platform.python_version()} ({_frame():.0f} ns for a frame)"
    for package in ("jax", "torch", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found | {"dualgrad": dualgrad.__version__}


def measure_rates(backend: str, device: str) -> dict[str, float]:
    """Bytes a second of an elementwise pass, and operations a second of a float32 product of square matrices.

    24 MB and 1024 x 1024 on the processor, 1 GB and 8192 x 8192 on a graphics processor. Bytes are counted when read
    and when written. By the backend's own operations: they are the floor under what it compiles.
    """
    import numpy as np

    import dualgrad as dg

    length, width = SIZES[device]
    with dg.use_backend(backend):
        x = placed(np.ones(length, "float32"), device)
        a = placed(np.random.default_rng(0).normal(size=(width, width)).astype("float32"), device)
        add, multiply = dg.jit(lambda x: x + 1.0), dg.jit(lambda a: a @ a)
        return {
            "bytes": 2 * 4 * x.shape[0] / _seconds(lambda: dg.block_until_ready(add(x))),
            "operations": 2 * width**3 / _seconds(lambda: dg.block_until_ready(multiply(a))),
        }


def _seconds(call: Any) -> float:
    call()
    samples = []
    for _ in range(9):
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def _frame() -> float:
    """Nanoseconds that a Python function takes which hands its arguments on: the unit of what an eager op costs."""

    def outer(*args: object) -> int:
        return len(*args)

    code = min(timeit.repeat("outer(x)", globals={"outer": outer, "x": ()}, repeat=20, number=10_000))
    bare = min(timeit.repeat("len(x)", globals={"x": ()}, repeat=20, number=10_000))
    return (code - bare) * 1e9 / 10_000


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _graphics() -> str:
    asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "a graphics processor"
