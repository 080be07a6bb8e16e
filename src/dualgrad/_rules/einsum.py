"""In which order the products of an `einsum` are taken, and the equation of each step; nothing touches an array."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, cast

from dualgrad._rules.arguments import is_name, shown

__all__ = ["contraction_steps", "frozen_path", "path_of", "spelled_out"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBERED = _LETTERS[26:] + _LETTERS[:26]  # capitals come first in the alphabetical order of a result without `->`
_MANY = 6  # above it the search for the best path takes longer than it gains


def frozen_path(op: str, optimize: Any, count: int) -> Any:
    """What `optimize` asks for, as something that can be hashed: a bool, a name, or a tuple of steps.

    Args:
        op: Name of the op.
        optimize: What the user gave.
        count: Number of the operands.

    Raises:
        ValueError: It asks for nothing that is known, or is a path that does not end in one array.
    """
    if isinstance(optimize, bool) or is_name(optimize, ("auto", "optimal", "greedy")):
        return optimize
    if isinstance(optimize, list | tuple) and optimize and optimize[0] == "einsum_path":
        optimize = cast("Sequence[Any]", optimize)[1:]
    if isinstance(optimize, list | tuple):
        try:
            path = tuple([tuple(map(int, step)) for step in cast("Sequence[Sequence[int]]", optimize)])
            if _contracts_all(path, count):
                return path
        except (TypeError, ValueError):  # no path
            pass
    raise ValueError(
        f"dualgrad.{op}: optimize must be a bool, 'auto', 'optimal', 'greedy' or a path, got "
        f"optimize={shown(cast(object, optimize))}."
    )


def _contracts_all(path: tuple[tuple[int, ...], ...], count: int) -> bool:
    """Whether each step takes operands that are there, once each, and the last leaves one."""
    for step in path:
        if not step or len(set(step)) < len(step) or not all(0 <= i < count for i in step):
            return False
        count += 1 - len(step)
    return len(path) > 0 and count == 1


def spelled_out(op: str, subscripts: Any, operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Equation and operands of NumPy's other form: each operand before the numbers of its axes, at last the result's.

    Raises:
        ValueError: Axes are no list of whole numbers below 52 and of `...`, or an operand has none.
    """
    if isinstance(subscripts, str):
        return subscripts, operands
    parts = (subscripts, *operands)
    lists = [*parts[1::2], *([parts[-1]] if len(parts) % 2 else [])]
    words = [_word(axes) for axes in lists]
    if len(parts) < 2 or None in words:
        wrong = lists[words.index(None)] if lists else "nothing"
        raise ValueError(
            f"dualgrad.{op}: subscripts must be a string, or a list of axis numbers from 0 to {len(_LETTERS) - 1} "
            f"after each operand, got {shown(wrong)} after one."
        )
    pairs = len(parts) // 2
    texts = cast("list[str]", words)
    arrow = "->" + texts[-1] if len(parts) % 2 else ""
    return ",".join(texts[:pairs]) + arrow, parts[: 2 * pairs : 2]


def _word(axes: Any) -> str | None:
    """The letters of a list of axis numbers."""
    if not isinstance(axes, list | tuple):
        return None
    numbers = cast("Sequence[Any]", axes)
    if not all(n is Ellipsis or (isinstance(n, int) and 0 <= n < len(_LETTERS)) for n in numbers):
        return None
    return "".join("..." if n is Ellipsis else _NUMBERED[n] for n in numbers)


@functools.lru_cache(maxsize=1024)
def path_of(subscripts: str, shapes: tuple[tuple[int, ...], ...], optimize: Any) -> tuple[list[Any], str]:
    """NumPy's path and its report."""
    import numpy as np

    if optimize is True or optimize == "auto":
        optimize = "optimal" if len(shapes) <= _MANY else "greedy"
    chosen: Any = ["einsum_path", *cast("tuple[Any, ...]", optimize)] if isinstance(optimize, tuple) else optimize
    nothing = [np.broadcast_to(np.float64(0), shape) for shape in shapes]
    return np.einsum_path(subscripts, *nothing, optimize=chosen)


@functools.lru_cache(maxsize=1024)
def contraction_steps(
    subscripts: str, shapes: tuple[tuple[int, ...], ...], optimize: Any
) -> list[tuple[tuple[int, ...], str]]:
    """Which operands each step takes off the list, highest position first, and its equation; results go to the end.

    The equation has them lowest first, as the user does, so that results and gradients are laid out as they are.
    """
    names, out = _spelled(subscripts, shapes)
    if optimize is False:  # from left to right
        path: list[tuple[int, ...]] = [(0, 1)] + [(0, len(shapes) - k) for k in range(2, len(shapes))]
    else:
        path = [tuple(step) for step in path_of(subscripts, shapes, optimize)[0][1:]]
    steps: list[tuple[tuple[int, ...], str]] = []
    for k, places in enumerate(path):
        taken = sorted(places, reverse=True)
        parts = [names.pop(i) for i in taken][::-1]
        needed = set("".join(names) + out)
        left = "".join(dict.fromkeys("".join(parts)))
        result = out if k == len(path) - 1 else "".join(c for c in left if c in needed)
        steps.append((tuple(taken), f"{','.join(parts)}->{result}"))
        names.append(result)
    return steps


def _spelled(subscripts: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[list[str], str]:
    """The names of the axes of each operand and of the result, with letters in the place of `...`."""
    text = subscripts.replace(" ", "")
    left, arrow, out = text.partition("->")
    free = [c for c in _LETTERS if c not in text]
    names = left.split(",")
    most = max((len(s) - len(n) + 3 for n, s in zip(names, shapes, strict=True) if "..." in n), default=0)
    rest = "".join(free[:most])
    spelled = [n.replace("...", rest[most - (len(s) - len(n) + 3) :]) for n, s in zip(names, shapes, strict=True)]
    if not arrow:
        letters = left.replace(",", "").replace("...", "")
        once = sorted(c for c in set(letters) if letters.count(c) == 1)
        return spelled, rest + "".join(once)
    return spelled, out.replace("...", rest)
