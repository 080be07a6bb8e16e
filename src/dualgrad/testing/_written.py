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
_KERNEL: Final = re.compile(r"(\w+) = async_compile\.cpp_pybinding\(\[(.*?)\]")


@dataclass(frozen=True)
class _Place:
    """Where what has a name lies, and since when it is there."""

    room: str
    first: int
    last: int
    since: int


def written_over(code: str) -> list[str]:
    """The lines of a program that read what was written over, or write to an argument."""
    targets = {name: ["const" not in t for t in kinds.split(",")] for name, kinds in _KERNEL.findall(code)}
    places: dict[str, _Place] = {}
    later: list[_Place] = []  # rooms that were given to another
    found: list[str] = []
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
            found += [f"{sorted(stale)}: {line}"] if stale else []
            if (call := _CALL.match(line)) and call[1] in targets:
                for name, written in zip(call[2].split(", "), targets[call[1]], strict=False):
                    found += [f"{name}: {line}"] if written and _room(places, name).startswith("arg") else []
            for name in re.findall(rf"^({_NAME}) = ", line):  # what a library returns
                places.pop(name, None)
        if line.startswith("return ("):
            break
    return found


def _room(places: dict[str, _Place], name: str) -> str:
    return places[name].room if name in places else name


def _is_stale(place: _Place, given: _Place) -> bool:
    overlap = place.first < given.last and given.first < place.last
    return place.room == given.room and overlap and given.since > place.since


def _extent(shape: str, strides: str) -> int:
    sizes, steps = ([int(n) for n in text.strip("()").split(",") if n.strip()] for text in (shape, strides))
    return 0 if 0 in sizes else 1 + sum([(n - 1) * s for n, s in zip(sizes, steps, strict=True)])
