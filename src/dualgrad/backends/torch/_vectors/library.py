"""A formula as a library: written, compiled in the background, kept on disk, and called with tensors."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private import (
    addresses_of,
    compiler_of_vectors,
    folder_of_libraries,
    width_of_vectors,
)
from dualgrad.backends.torch._vectors.head import FUNCTIONS, head, main
from dualgrad.backends.torch._vectors.namespace import Functions
from dualgrad.backends.torch._vectors.text import function_text
from dualgrad.backends.torch._vectors.values import Builder

__all__ = ["Library", "source"]

_SECONDS: Final = 120.0  # what a compiler may take
_SHARE: Final = 1 << 13  # numbers that are worth a thread, which takes 10 to 20 us to start
# Nothing that changes a result. GCC notes that functions of wide vectors are called in another way without AVX512.
_FLAGS: Final = ("-std=c++17", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi")


def source(formula: Callable[..., Any], count: int, single: bool) -> str:
    """The C++ of a formula of `count` arrays; of one whose results are rounded to float32, if `single`."""
    functions, builder = Functions(single), Builder()
    outer = functions.of(formula, [builder.make("argument", of=k) for k in range(count)])
    return "\n".join([head(), *[function_text(f, single) for f in functions.all], main(outer.name, count)])


class Library:
    """A formula of arrays on a CPU as machine code.

    Args:
        formula: A function of a namespace and arrays.
        count: How many arrays.
        single: Whether its results are rounded to float32.
    """

    def __init__(self, formula: Callable[..., Any], count: int, single: bool) -> None:
        self._formula, self._count, self._single = formula, count, single
        self._made: Future[Any] | None = None
        self._process = 0
        self._lock = threading.Lock()

    def start(self) -> Future[Any]:
        """Let it be compiled, while Python goes on; again in a process that was forked before it was."""
        with self._lock:
            if self._made is None or (self._process != os.getpid() and not self._made.done()):
                text = source(self._formula, self._count, self._single)
                self._made, self._process = Future(), os.getpid()
                threading.Thread(target=_load_into, args=(self._made, text), name="dualgrad compiler").start()
            return self._made

    def address(self, dtype: torch.dtype) -> int | None:
        """Where the function of float32 or float64 is that takes a count, operands and room for the result."""
        library = self.start().result()
        if library is None:
            return None
        return ctypes.cast(library.run64 if dtype is torch.float64 else library.run32, ctypes.c_void_p).value

    def run(self, operands: Sequence[Tensor]) -> Tensor | None:
        """The formula of dense tensors of one shape, float32 or float64; `None` where nothing could be compiled."""
        library = self.start().result()
        if library is None:
            return None
        out, n = torch.empty_like(operands[0]), operands[0].numel()
        threads = 1 if n < 2 * _SHARE else min(torch.get_num_threads(), n // _SHARE)
        pointers = (ctypes.c_void_p * self._count)(*[x.data_ptr() for x in operands])
        share = library.share64 if out.dtype is torch.float64 else library.share32
        share(n, pointers, out.data_ptr(), threads)
        return out


def _load_into(future: Future[Any], text: str) -> None:
    try:
        future.set_result(_load(text))
    except BaseException as error:
        future.set_exception(error)


def _load(text: str) -> Any:
    compiler = compiler_of_vectors()
    if compiler is None:
        return None
    width, flags = width_of_vectors()
    line = [*shlex.split(compiler), *_FLAGS, *flags, f"-DWIDTH={width}", "-shared", "-fPIC", "-x", "c++"]
    name = hashlib.sha256("\0".join([*line, text]).encode()).hexdigest()
    path = folder_of_libraries() / f"{name}.so"
    try:
        if not path.exists():
            _compile(line, text, path)
        library: Any = ctypes.CDLL(str(path))
    except (OSError, subprocess.SubprocessError):
        return None
    for share in (library.share32, library.share64):
        share.argtypes, share.restype = (ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int), None
    library.load(addresses_of(tuple(FUNCTIONS)))
    return library


def _compile(line: Sequence[str], text: str, path: Path) -> None:
    """A library that takes its name when it is whole; what ends this process by Ctrl-C does not end the compiler."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        code, part = Path(scratch, "formula.cpp"), Path(scratch, "formula.so")
        code.write_text(text)
        subprocess.run(
            [*line, str(code), "-o", str(part), "-lm", "-pthread"],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            start_new_session=True,
        )
        os.replace(part, path)
