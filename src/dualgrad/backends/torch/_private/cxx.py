# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""The C++ compiler below Inductor: a second try where it crashes, and nothing half done left behind."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from dualgrad.backends.torch._private.linking import linked_by_name
from dualgrad.backends.torch._private.locks import alone

__all__ = ["second_tries", "steady_compiler"]

# What GCC and Clang say where they themselves fail, or somebody ends them: nothing is wrong with the program.
_CRASHED: Final = re.compile(
    r"internal compiler error|submit a (full )?bug report|(Killed|Aborted|Segmentation fault).*(program|command)",
    re.IGNORECASE,
)
# What linkers say that are told, by a wrapper of the compiler, to leave no name to the loader.
_UNKNOWN: Final = re.compile(r"undefined (reference|symbol)")
_LESS: Final = "-O1"  # the last one counts; GCC 12 dies in a pass that it has from -O2 on (`cunrolli`)
_tries: Final = itertools.count()


class _Count:
    second = 0
    lock = threading.Lock()


def second_tries() -> int:
    """How often this process has compiled C++ again because the compiler crashed, and it worked."""
    return _Count.second


@contextmanager
def steady_compiler() -> Generator[None, None, None]:
    """A block in which the C++ that Inductor writes is compiled so that a failure of the compiler is no loss.

    A compiler that crashes is asked again to optimise less. A library takes its name when it is whole: Inductor
    loads whatever has the name, in every later process. And where an exception ends the block, an interrupt or the
    compiler's, Inductor forgets the programs that it began in it: else it would raise the same again at the next call.
    """
    from torch._inductor import cpp_builder
    from torch._inductor.codecache import CppPythonBindingsCodeCache

    known = CppPythonBindingsCodeCache.cache
    with alone:
        before = set(known)
        plain: Callable[..., None] = cpp_builder.run_compile_cmd

        def compiled(cmd_line: str, cwd: str) -> None:
            _compile(plain, cmd_line, cwd)

        try:
            with patch.object(cpp_builder, "run_compile_cmd", compiled):
                yield
        except BaseException:
            for key in set(known) - before:
                del known[key]
            raise


def _compile(plain: Callable[..., None], line: str, folder: str) -> None:
    from torch._inductor.exc import CppCompileError

    words = shlex.split(line)
    if os.name == "nt" or "-o" not in words:
        plain(line, folder)
        return
    place = words.index("-o") + 1
    target = words[place]
    words[place] = part = f"{target}.{os.getpid()}.{next(_tries)}.part"
    try:
        try:
            _link(plain, words, folder)
        except CppCompileError as error:
            if not _CRASHED.search(_output(error)):
                raise
            _link(plain, [*words, _LESS], folder)
            with _Count.lock:
                _Count.second += 1
        os.replace(Path(folder, part), Path(folder, target))
    finally:
        Path(folder, part).unlink(missing_ok=True)


def _link(plain: Callable[..., None], words: list[str], folder: str) -> None:
    from torch._inductor.exc import CppCompileError
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    quick = linked_by_name(words, lambda: Path(cache_dir(), "dualgrad"))
    try:
        plain(shlex.join(quick or words), folder)
    except CppCompileError as error:
        if quick is None or not _UNKNOWN.search(_output(error)):
            raise
        plain(shlex.join(words), folder)


def _output(error: Any) -> str:
    return getattr(error, "output", None) or str(error)
