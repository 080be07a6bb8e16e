"""Whether a program that Inductor wrote reads what it has written over, as its own lines tell.

A stack's parts lie in the stack's room, and a loop may put its result where it read. What is read under an older name
after that is another number, without a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["written_over"]

_NAME: Final = r"(?:buf\d+|arg\d+_\d+)"
_NEW: Final = re.compile(rf"({_NAME}) = empty_strided_\w+\((\([^)]*\)), (\([^)]*\))")
_VIEW: Final = re.compile(rf"({_NAME}) = reinterpret_tensor\(({_NAME}), (\([^)]*\)), (\([^)]*\)), (\d+)\)(.*)")
_AGAIN: Final = re.compile(rf"({_NAME}) = ({_NAME});.*# reuse$")
_CALL: Final = re.compile(r"(cpp_fused\w*)\((.*)\)$")
_ALIAS: Final = re.compile(r"auto \w+ = in_out_ptr\d+;")
_KERNEL: Final = re.compile(r"(\w+) = async_compile\.cpp_pybinding\(\[(.*?)\], r?'''(.*?)'''", re.DOTALL)


@dataclass(frozen=True)
class _Place:
    """Where what has a name lies, and since when it is there."""

    room: str
    first: int
    last: int
    since: int


class _Kernel:
    """Loops in C++, one after another.

    Attributes:
        targets: Which arguments it may write to.
    """

    def __init__(self, kinds: str, text: str) -> None:
        self.targets = ["const" not in kind for kind in kinds.split(",")]
        taken = text.partition("kernel(")[2].partition(")")[0]
        self._names = [part.split()[-1].lstrip("*") for part in taken.split(",") if part.strip()]
        self._body = _ALIAS.sub("", text.partition("kernel(")[2].partition(")")[2])
        self._loops = text.split("\n    {\n")[1:]

    def reads_first(self, read: int, written: int) -> bool:
        """Whether the loops that see one argument are done before the first that sees another, if any does.

        What has a part of a stack for its room may stay in registers: under its name nothing is written.
        """
        if max(read, written) >= len(self._names):
            return False
        if not re.search(rf"\b{self._names[written]}\b", self._body):
            return True
        before, after = (self._loops_of(self._names[n]) for n in (read, written))
        return bool(before and after) and max(before) < min(after)

    def _loops_of(self, name: str) -> list[int]:
        return [i for i, loop in enumerate(self._loops) if re.search(rf"\b{name}\b", loop)]


def written_over(code: str) -> list[str]:
    """The lines of a program that read what was written over, or write to an argument."""
    kernels = {name: _Kernel(kinds, text) for name, kinds, text in _KERNEL.findall(code)}
    places: dict[str, _Place] = {}
    later: list[_Place] = []  # rooms that were given to another
    found: list[str] = []
    called = -1  # when something was called the last time
    body = code[code.index("def call(") :]
    for time, line in enumerate(map(str.strip, body[: body.index("return (") + 1000].splitlines())):
        if new := _NEW.match(line):
            places[new[1]] = _Place(new[1], 0, _extent(new[2], new[3]), time)
        elif again := _AGAIN.match(line):
            old = places.get(again[2]) or _Place(again[2], 0, 1 << 62, 0)
            found += [line] if again[2].startswith("arg") else []
            places[again[1]] = _Place(old.room, old.first, old.last, time)
            later.append(places[again[1]])
        elif view := _VIEW.match(line):
            old = places.get(view[2]) or _Place(view[2], 0, 1 << 62, 0)
            first = old.first + int(view[5])
            reused = view[6].endswith("# reuse")
            places[view[1]] = _Place(old.room, first, first + _extent(view[3], view[4]), time if reused else old.since)
            later += [places[view[1]]] if reused else []
        elif not line.startswith(("del ", "#")):
            names = re.findall(rf"\b{_NAME}\b", line)
            stale = {n for n in names if n in places and any([_is_stale(places[n], x) for x in later])}
            call = _CALL.match(line)
            kernel, given = (kernels.get(call[1]), call[2].split(", ")) if call else (None, [])
            if kernel:
                stale -= {n for n in stale if n in given and _is_read_first(n, given, kernel, places, later, called)}
                for name, written in zip(given, kernel.targets, strict=False):
                    found += [f"{name}: {line}"] if written and _room(places, name).startswith("arg") else []
            found += [f"{sorted(stale)}: {line}"] if stale else []
            called = time
            for name in re.findall(rf"^({_NAME}) = ", line):  # what a library returns
                places.pop(name, None)
        if line.startswith("return ("):
            break
    return found


def _room(places: dict[str, _Place], name: str) -> str:
    return places[name].room if name in places else name


def _is_read_first(
    name: str, given: list[str], kernel: _Kernel, places: dict[str, _Place], later: list[_Place], called: int
) -> bool:
    """Whether what is written over is so only by loops of this kernel that come after those that read it."""
    over = [x for x in later if _is_stale(places[name], x)]
    names = [i for i, n in enumerate(given) if n in places and _is_stale(places[name], places[n])]
    here = bool(names) and all([x.since > called for x in over])
    return here and all([kernel.reads_first(given.index(name), i) for i in names])


def _is_stale(place: _Place, given: _Place) -> bool:
    overlap = place.first < given.last and given.first < place.last
    return place.room == given.room and overlap and given.since > place.since


def _extent(shape: str, strides: str) -> int:
    sizes, steps = ([int(n) for n in text.strip("()").split(",") if n.strip()] for text in (shape, strides))
    return 0 if 0 in sizes else 1 + sum([(n - 1) * s for n, s in zip(sizes, steps, strict=True)])
