"""The cipher and logarithms as machine code: what eager draws of many numbers run, where there is a C compiler.

NumPy passes over memory 110 times for a block of the cipher; a loop in C passes once, and takes a twelfth of the time.
It is compiled when a process has drawn half a million numbers, in 0.5 s, into a folder that is gone when it is loaded:
nothing is kept, so nothing can be stale, or somebody else's. The bits are the same with it and without it; no compiler,
or one that fails, means NumPy and torch.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from dualgrad.backends.torch._rounded.source import SOURCE

__all__ = ["Kernels", "kernels"]

_ENOUGH: Final = 2**19  # numbers drawn until the compiler is called: 4 ms of NumPy's time; JAX compiles at the first
_SECONDS: Final = 20.0  # what a compiler may take

_CIPHER: Final = """
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
_VECTORS: Final = {"AVX2": ("-mavx2", "-mfma"), "AVX512": ("-mavx512f", "-mprefer-vector-width=512", "-mfma")}
_ROUNDING: Final = ("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")  # nothing that changes a result


class Kernels:
    """The functions of a loaded library, each over contiguous NumPy arrays."""

    def __init__(self, library: Any) -> None:
        self._library, word = library, ctypes.c_uint32
        for name in ("narrow", "wide"):
            self._declare(name, ctypes.c_void_p, word, word, word, ctypes.c_void_p, ctypes.c_int64)
        for name in ("log32", "log64", "log1p32", "log1p64", "erf32", "erf64", "erfinv32", "erfinv64", "normal32"):
            self._declare(name, ctypes.c_void_p, ctypes.c_int64)

    def _declare(self, name: str, *types: Any) -> None:
        function = getattr(self._library, name)
        function.argtypes, function.restype = types, None

    def cipher(self, out: Any, k0: int, k1: int, c0: int, c1: Any) -> None:
        """The cipher of a key, a high word and low words `c1`, into `out`."""
        function = self._library.narrow if out.itemsize == 4 else self._library.wide
        function(out.ctypes.data, k0, k1, c0, c1.ctypes.data, out.size)

    def map(self, name: str, x: Any) -> None:
        """Replace each number of `x` by a function of it."""
        getattr(self._library, name)(x.ctypes.data, x.size)


def kernels(n: int, spent: float | None = None) -> Kernels | None:
    """The functions in C, once the process has computed enough without them; nothing where there are none.

    Args:
        n: How many numbers are wanted.
        spent: What they take without C, in numbers of the cipher, of which NumPy makes one in 8 ns.
    """
    if _State.pending:
        _State.drawn += n if spent is None else spent
        if _State.drawn < _ENOUGH:
            return None
        with _State.lock:
            if _State.pending:
                _State.kernels = _compiled()
                _State.pending = False
    return _State.kernels


class _State:
    """What this process has drawn by NumPy, and the kernels, once there are some."""

    drawn = 0.0
    pending = True
    kernels: Kernels | None = None
    lock = threading.Lock()


def _compiled() -> Kernels | None:
    compiler = next(filter(None, map(shutil.which, filter(None, (os.environ.get("CC"), "cc", "gcc", "clang")))), None)
    if compiler is None or platform.system() == "Windows":
        return None
    vectors = _VECTORS.get(torch.backends.cpu.get_cpu_capability(), ())
    flags = [*vectors, *_ROUNDING, "-O3", "-shared", "-fPIC", "-x", "c"]
    try:
        with tempfile.TemporaryDirectory(prefix="dualgrad-") as folder:
            source, library = Path(folder, "draws.c"), Path(folder, "draws.so")
            source.write_text(_CIPHER + SOURCE)
            command = [compiler, *flags, str(source), "-o", str(library), "-lm"]
            subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS)
            made = Kernels(ctypes.CDLL(str(library)))
    except (OSError, subprocess.SubprocessError):
        return None
    return made if _is_right(made) else None


def _is_right(made: Kernels) -> bool:
    """Whether it gives the first known answer of Random123 (Salmon et al., 2011), in every lane of a vector."""
    out = np.empty(37, np.int64)
    made.cipher(out, 0, 0, 0, np.zeros(37, np.uint32))
    return bool((out.view(np.uint64) == 0x6B20015999BA4EFE).all())
