"""Where in the user's program something happened: file, line, and the very expression."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Final

__all__ = ["Place", "here", "place_of"]

_DUALGRAD: Final = os.path.dirname(os.path.dirname(__file__)) + os.sep
_TOOLS: Final = frozenset({"_pytest", "hypothesis", "jax", "jaxlib", "numpy", "optree", "pluggy", "pytest", "torch"})
_LIBRARIES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}", os.path.dirname(os.__file__))


@dataclass(frozen=True)
class Place:
    """A line of the user's program.

    Attributes:
        filename: Path of the file.
        lineno: The line.
        expression: The source of the expression that ran there, as far as it is known, else the line's.
        function: What the expression calls, if it is a call of something that its frame knows.
        inside: File of the innermost frame below; empty where the user's own frame is the innermost.
    """

    filename: str
    lineno: int
    expression: str
    function: Any = None
    inside: str = ""

    @property
    def library(self) -> str:
        """The framework that the expression calls, or whose frame is the innermost; empty if none."""
        module = str(getattr(self.function, "__module__", "") or type(self.function).__module__)
        root = module.partition(".")[0].replace("jaxlib", "jax")
        if root in ("jax", "torch"):
            return root
        parts = self.inside.replace(os.sep, "/").split("/")
        return next((name for name in ("jax", "torch") if name in parts), "")

    @property
    def line(self) -> str:
        """The source of the line."""
        return linecache.getline(self.filename, self.lineno).strip()

    def __str__(self) -> str:
        return f"{os.path.basename(self.filename)}:{self.lineno}: `{self.line or self.expression}`"


def here() -> Place | None:
    """The user's innermost line now."""
    frames: list[tuple[FrameType, int]] = []
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        frames.append((frame, frame.f_lasti))
        frame = frame.f_back
    while frames and frames[0][0].f_code.co_filename.startswith(_DUALGRAD):  # what looks here
        del frames[0]
    return _innermost(frames[::-1])


def place_of(error: BaseException) -> Place | None:
    """The user's innermost line in the traceback of an error."""
    frames: list[tuple[FrameType, int]] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame, trace.tb_lasti))
        trace = trace.tb_next
    return _innermost(frames)


def _innermost(frames: list[tuple[FrameType, int]]) -> Place | None:
    """The last of some frames, outermost first, that is the user's; an installed package's, if there is no other."""
    for belongs in (_is_user, _is_package):
        for n in range(len(frames) - 1, -1, -1):
            if belongs(frames[n][0].f_code.co_filename):
                inside = frames[-1][0].f_code.co_filename if n + 1 < len(frames) else ""
                return _place(*frames[n], inside)
    return None


def _is_user(filename: str) -> bool:
    if filename.startswith("<"):
        return not filename.startswith(("<frozen", "<eval_with_key", "<__array_function__"))
    return not filename.startswith(_DUALGRAD) and not any(part in filename for part in _LIBRARIES)


def _is_package(filename: str) -> bool:
    if filename.startswith((_DUALGRAD, "<")):
        return False
    parts = filename.split(os.sep)
    return "site-packages" in parts and not _TOOLS & set(parts)


def _place(frame: FrameType, lasti: int, inside: str) -> Place:
    code = frame.f_code
    start, end, left, right = list(code.co_positions())[lasti // 2]
    line = start if start is not None else code.co_firstlineno
    text = _segment(code.co_filename, line, end, left, right)
    return Place(code.co_filename, line, text, _called(text, frame), inside)


def _segment(filename: str, line: int, end: int | None, left: int | None, right: int | None) -> str:
    if end is None or left is None or right is None:
        return linecache.getline(filename, line).strip()
    lines = [linecache.getline(filename, n).encode() for n in range(line, end + 1)]
    if not lines or not lines[0]:
        return ""
    lines[-1] = lines[-1][:right]
    lines[0] = lines[0][left:]
    return " ".join(part.decode(errors="replace").strip() for part in lines)


def _called(text: str, frame: FrameType) -> Any:
    """What a call in source calls, looked up without running anything but attribute look-ups on modules."""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    while isinstance(node, ast.Call):
        node = node.func
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    found: Any = frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    for name in reversed(names):
        if type(found).__name__ not in ("module", "type"):
            return None
        found = getattr(found, name, None)
    return found
