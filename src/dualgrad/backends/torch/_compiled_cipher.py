"""The cipher as machine code: what eager draws of many numbers run, where this machine has a C compiler.

NumPy passes over memory 110 times for a block of the cipher; a loop in C passes once, and takes a twelfth of the time.
It is compiled when a process has drawn half a million numbers, in 0.2 s, into a folder that is gone when it is loaded:
nothing is kept, so nothing can be stale, or somebody else's. The bits are the same with it and without it; no compiler,
or one that fails, means NumPy.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

__all__ = ["compiled_cipher"]

Kernel = Callable[[Any, int, int, int, Any], None]

_FEW: Final = 1024  # numbers that NumPy draws in the time of a call by ctypes
_ENOUGH: Final = 2**19  # numbers drawn until the compiler is called: 4 ms of NumPy's time; JAX compiles at the first
_SECONDS: Final = 20.0  # what a compiler may take

_SOURCE: Final = """
#include <stdint.h>
#define STEP(r) x0 += x1; x1 = (x1 << r | x1 >> (32 - r)) ^ x0;
#define ODD STEP(13) STEP(15) STEP(26) STEP(6)
#define EVEN STEP(17) STEP(29) STEP(16) STEP(24)
#define CIPHER(type, word) \\
(type *out, uint32_t k0, uint32_t k1, uint32_t c0, const uint32_t *c1, int64_t n) { \\
    const uint32_t k2 = k0 ^ k1 ^ 0x1BD11BDA; \\
    for (int64_t i = 0; i < n; i++) { \\
        uint32_t x0 = c0 + k0, x1 = c1[i] + k1; \\
        ODD x0 += k1; x1 += k2 + 1; EVEN x0 += k2; x1 += k0 + 2; \\
        ODD x0 += k0; x1 += k1 + 3; EVEN x0 += k1; x1 += k2 + 4; \\
        ODD x0 += k2; x1 += k0 + 5; \\
        out[i] = word; \\
    } \\
}
void narrow CIPHER(uint32_t, x0 ^ x1)
void wide CIPHER(uint64_t, (uint64_t)x0 << 32 | x1)
"""

# By what torch finds in this processor, which it looks at when it starts; `-march=native` is not known everywhere.
_VECTORS: Final = {"AVX2": ("-mavx2",), "AVX512": ("-mavx512f", "-mprefer-vector-width=512")}


def compiled_cipher(n: int) -> Kernel | None:
    """The cipher of a key, a high word and `n` low words; nothing where NumPy is to do it."""
    if n < _FEW:
        return None
    if _State.pending:
        _State.drawn += n
        if _State.drawn < _ENOUGH:
            return None
        with _State.lock:
            if _State.pending:
                _State.kernel = _compiled()
                _State.pending = False
    return _State.kernel


class _State:
    """What this process has drawn by NumPy, and the kernel, once there is one."""

    drawn = 0
    pending = True
    kernel: Kernel | None = None
    lock = threading.Lock()


def _compiled() -> Kernel | None:
    compiler = next(filter(None, map(shutil.which, filter(None, (os.environ.get("CC"), "cc", "gcc", "clang")))), None)
    if compiler is None or platform.system() == "Windows":
        return None
    flags = [*_VECTORS.get(torch.backends.cpu.get_cpu_capability(), ()), "-O3", "-shared", "-fPIC", "-x", "c"]
    try:
        with tempfile.TemporaryDirectory(prefix="dualgrad-") as folder:
            source, library = Path(folder, "cipher.c"), Path(folder, "cipher.so")
            source.write_text(_SOURCE)
            command = [compiler, *flags, str(source), "-o", str(library)]
            subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS)
            kernel = _bound(ctypes.CDLL(str(library)))
    except (OSError, subprocess.SubprocessError):
        return None
    return kernel if _is_right(kernel) else None


def _bound(library: Any) -> Kernel:
    functions = {}
    for name, size in (("narrow", 4), ("wide", 8)):
        function = functions[size] = getattr(library, name)
        word = ctypes.c_uint32
        function.argtypes = [ctypes.c_void_p, word, word, word, ctypes.c_void_p, ctypes.c_int64]
        function.restype = None

    def kernel(out: Any, k0: int, k1: int, c0: int, c1: Any) -> None:
        functions[out.itemsize](out.ctypes.data, k0, k1, c0, c1.ctypes.data, out.size)

    return kernel


def _is_right(kernel: Kernel) -> bool:
    """Whether it gives the first known answer of Random123 (Salmon et al., 2011), in every lane of a vector."""
    out = np.empty(37, np.int64)
    kernel(out, 0, 0, 0, np.zeros(37, np.uint32))
    return bool((out.view(np.uint64) == 0x6B20015999BA4EFE).all())
