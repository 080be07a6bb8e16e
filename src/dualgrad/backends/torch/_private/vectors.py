# This is the folder for private names.
"""What code in C++ over the processor's vectors needs of torch: a compiler, a place that lasts, Sleef's functions."""

from __future__ import annotations

import ctypes
import functools
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch

__all__ = ["addresses_of", "compiler_of_vectors", "folder_of_libraries", "width_of_vectors"]

# By what torch finds in this processor and chooses its kernels for: numbers of float64 in a vector, and flags.
_WIDE: Final = ("-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mfma")
_VECTORS: Final = {"AVX2": (4, ("-mavx2", "-mfma")), "AVX512": (8, _WIDE)}
_LESS_EXACT: Final = "erfc"  # to 1.5 units in the last place, the others to 1.0


def width_of_vectors() -> tuple[int, Sequence[str]]:
    """How many numbers of float64 a vector has here, and what a compiler must be told."""
    return _VECTORS.get(torch.backends.cpu.get_cpu_capability(), (2, ()))


@functools.cache
def compiler_of_vectors() -> str | None:
    """The C++ compiler that Inductor calls; `None` where there is none, or one that has no such vectors."""
    from torch._inductor import exc
    from torch._inductor.cpp_builder import get_cpp_compiler

    if sys.platform == "win32":
        return None
    try:
        return get_cpp_compiler()
    except (exc.InvalidCxxCompiler, OSError):
        return None


def folder_of_libraries() -> Path:
    """Where Inductor keeps what it has compiled, and we beside it."""
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    return Path(cache_dir(), "dualgrad", f"vectors-{platform.machine()}")


def addresses_of(functions: Sequence[str]) -> Any:
    """Where Sleef's functions of vectors lie in torch's library, as an array of pointers; null where they do not."""
    width, _ = width_of_vectors()
    try:
        library: Any = ctypes.CDLL(str(Path(torch.__path__[0], "lib", _library_name())))
    except OSError:
        library = None
    names = [f"Sleef_{name}d{width}_u1{5 if name == _LESS_EXACT else 0}" for name in functions]
    found = [getattr(library, name, None) for name in names]
    return (ctypes.c_void_p * len(names))(*[ctypes.cast(x, ctypes.c_void_p).value if x else None for x in found])


def _library_name() -> str:
    return "libtorch_cpu.dylib" if sys.platform == "darwin" else "libtorch_cpu.so"
