"""What a row of the divergence table is: an op at points where JAX or PyTorch alone say something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dualgrad.testing.scenario import Point

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Divergence", "answer", "at", "case", "curve", "promise", "shortly", "surface"]


@dataclass(frozen=True)
class Divergence:
    """An op, or a small program of ops, and what dualgrad promises of it at special points.

    Attributes:
        op: Public dotted name below `dualgrad`; for a program what the agreement page calls it.
        points: The points, with the answers that hold on every backend.
        kwargs: Keyword arguments of the op.
        fun: The program, a function of the points' arguments; `None` where the op itself is meant.
        wrt: Positions of the arguments that are differentiated; all floating-point and complex ones if `None`.
        jit: Whether it can be traced.
        modes: In which modes the first derivatives hold.
        rtol: Relative tolerance of values and first derivatives; second derivatives get ten times as much.
    """

    op: str
    points: tuple[Point, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fun: Callable[..., Any] | None = None
    wrt: tuple[int, ...] | None = None
    jit: bool = True
    modes: tuple[str, ...] = ("forward", "reverse")
    rtol: float = 1e-12

    @property
    def id(self) -> str:
        """Name of the row in test reports."""
        return "".join([self.op, *(f"[{k}={v}]" for k, v in self.kwargs.items())])

    def differentiated(self, point: Point) -> tuple[int, ...]:
        """Positions of the arguments that are differentiated at a point."""
        import numpy as np

        if self.wrt is not None:
            return self.wrt
        return tuple(i for i, x in enumerate(point.args) if np.asarray(x).dtype.kind in "fc")


def at(
    *args: Any, value: Any = None, grads: tuple[Any, ...] | None = None, second: Any = None, dtype: str = "", why: str
) -> Point:
    """A point whose lists and floating-point numbers are arrays."""
    return Point(tuple(_array(x) for x in args), grads, value, why, second, dtype)


def case(
    name: str,
    fun: Callable[..., Any],
    *args: Any,
    value: Any = None,
    grads: tuple[Any, ...] | None = None,
    second: Any = None,
    **options: Any,
) -> Divergence:
    """A program at one point, with what it gives there."""
    return Divergence(name, (at(*args, value=value, grads=grads, second=second, why=name),), fun=fun, **options)


def curve(op: str, *points: tuple[float | complex, Any, Any, Any, str], **options: Any) -> Divergence:
    """A function of one number: for each point its argument, value, derivative, second derivative, and why."""
    found = [
        Point((_array(x),), None if slope is None else (slope,), value, why, second)
        for x, value, slope, second, why in points
    ]
    return Divergence(op, tuple(found), **options)


def surface(
    op: str, *points: tuple[Any, Any, Any, tuple[Any, Any] | None, tuple[Any, Any, Any] | None, str], **options: Any
) -> Divergence:
    """A function of two numbers: arguments, value, both derivatives, second ones in order 11, 12, 22, and why."""
    found = [
        Point((_array(x1), _array(x2)), slopes, value, why, None if s is None else ((s[0], s[1]), (s[1], s[2])))
        for x1, x2, value, slopes, s, why in points
    ]
    return Divergence(op, tuple(found), **options)


def promise(row: Divergence, point: Point) -> str:
    """One line that says all that is promised at a point; what a framework says alone is recorded under it."""
    return f"{row.id} at {', '.join(shortly(x) for x in point.args)}: {'; '.join(answer(point))}"


def answer(point: Point) -> list[str]:
    """What is promised at a point, one phrase for each quantity."""
    found: list[str] = []
    if point.value is not None:
        found.append(shortly(point.value))
    if point.dtype:
        found.append(f"dtype {point.dtype}")
    if point.grads is not None and any(g is not None for g in point.grads):
        found.append(f"gradient {', '.join('any' if g is None else shortly(g) for g in point.grads)}")
    if point.second is not None:
        lines = point.second if isinstance(point.second, tuple) else ((point.second,),)
        cells = [[("any" if x is None else shortly(x)) for x in line] for line in lines]
        flat = "; ".join(", ".join(line) for line in cells)
        found.append(f"second {flat}")
    return found


def shortly(value: Any) -> str:
    """A value in few characters, the same on every machine."""
    import numpy as np

    if isinstance(value, tuple):
        return f"({', '.join(shortly(v) for v in value)})"
    if isinstance(value, list):
        return f"[{', '.join(shortly(v) for v in value)}]"
    if isinstance(value, bool | np.bool_ | str) or value is None:
        return str(value)
    if callable(value):
        return value.__name__
    array = np.asarray(value)
    if array.dtype.kind not in "biufcV":
        return str(value)
    if array.ndim:
        if array.size > 16:
            return f"{np.count_nonzero(array)} of {array.size} elements not 0"
        return f"[{', '.join(shortly(v) for v in array)}]"
    if array.dtype.kind == "c":
        z = complex(array)
        return f"{z.real:.4g}{z.imag:+.4g}j"
    return f"{float(array):.6g}" if array.dtype.kind not in "iub" else str(array)


def _array(x: Any) -> np.ndarray[Any, Any] | Any:
    import numpy as np

    return np.asarray(x) if isinstance(x, float | complex | list) else x
