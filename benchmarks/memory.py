"""How much memory a call needs beside its arguments, at its highest."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["of_jax_program", "of_process", "of_torch"]


def of_torch(call: Callable[[], Any], device: str) -> int:
    """Bytes that torch's allocators gave out during a call, at their highest; exact."""
    import torch

    call()
    gc.collect()
    if device != "cpu":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True, acc_events=True) as trace:
        out = call()
    del out
    now = highest = 0
    for event in trace.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            highest = max(highest, now)
    return highest


def of_jax_program(jitted: Any, args: tuple[Any, ...]) -> int:
    """Bytes of results and temporaries, as XLA laid them out for a function under `jax.jit`."""
    found = jitted.lower(*args).compile().memory_analysis()
    return found.output_size_in_bytes + found.temp_size_in_bytes - found.alias_size_in_bytes


def of_process(call: Callable[[], Any]) -> int | None:
    """Bytes by which a call raised the process's high-water mark; coarse, for megabytes; `None` off Linux.

    Freed memory is given back to the system first, so that the call cannot take it unseen.
    """
    call()
    gc.collect()
    forget = Path("/proc/self/clear_refs")
    if not forget.exists():
        return None
    ctypes.CDLL(None).malloc_trim(0)
    forget.write_text("5")
    before = _status("VmRSS")
    call()
    return max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024
