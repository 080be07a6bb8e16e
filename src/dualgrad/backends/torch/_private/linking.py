# This is the folder for private names.
"""How the libraries that Inductor writes are linked: beside empty libraries of torch's names, and not torch's own.

Of every library on the line the linker reads all names, 100,000 of torch's: a third of the time of a small program, for
a list that it looks up again when it loads the program. An empty library under the same name says that torch's is
needed, and at that time torch's is loaded already.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

__all__ = ["linked_by_name"]

# `libtorch` has no names of its own; torch_cpu, which it stands for, is on the line beside it.
_KNOWN: Final = {"-ltorch": None, "-ltorch_cpu": "torch_cpu", "-ltorch_python": "torch_python"}


def linked_by_name(words: Sequence[str], folder: Callable[[], Path]) -> list[str] | None:
    """A line that links with torch's libraries, changed so that it reads none of their names.

    Args:
        words: The line, in words; the first is the compiler.
        folder: Gives a folder that lasts, in which the empty libraries are looked for, and made the first time.

    Returns:
        The words, or `None` where nothing is to be gained or the linker is not one of ELF.
    """
    if sys.platform != "linux" or "-shared" not in words or "-ltorch_cpu" not in words:
        return None
    needed = [name for word in words if (name := _KNOWN.get(word))]
    place = folder() / f"names-{platform.machine()}"
    try:
        for name in needed:
            _make_empty(words[0], place / f"lib{name}.so")
    except (OSError, subprocess.SubprocessError):
        return None
    rest = [word for word in words[1:] if word not in _KNOWN]
    own = ["-Wl,--push-state,--no-as-needed", *(f"-l{name}" for name in needed), "-Wl,--pop-state"]
    # before torch's own folder, which is on the line: the first that has the name counts
    return [words[0], f"-L{place}", *rest, *own]


def _make_empty(compiler: str, library: Path) -> None:
    """A library without names, whole at once, because other processes look for it too."""
    if library.exists():
        return
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
        part = Path(scratch, library.name)
        line = [compiler, "-shared", "-nostdlib", f"-Wl,-soname,{library.name}", "-x", "c", os.devnull, "-o", str(part)]
        subprocess.run(line, check=True, capture_output=True)
        os.replace(part, library)
