"""How the axes of an array, of indices and of windows belong together in `lax.gather` and `lax.scatter`; no arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

from dualgrad._rules.arguments import shown
from dualgrad._rules.dimension_numbers import GatherDimensionNumbers, ScatterDimensionNumbers
from dualgrad._rules.shapes import as_dims

__all__ = ["Numbers", "mode_of", "require_fit"]


_MODES = {"clip": "clip", "fill": "drop", "drop": "drop", "fill_or_drop": "drop"}
_MODES["promise_in_bounds"] = "promise_in_bounds"


def mode_of(op: str, mode: Any, default: str = "drop") -> str:
    """The mode of `dg.at` for one of `lax.gather` and `lax.scatter`.

    Raises:
        ValueError: It names none.
    """
    name = mode if isinstance(mode, str) else getattr(mode, "name", default if mode is None else "")
    if not isinstance(name, str) or name.lower() not in _MODES:  # a tensor has a name, which is None
        raise ValueError(
            f"dualgrad.{op}: mode must be one of 'fill', 'drop', 'clip', 'promise_in_bounds', got mode={shown(mode)}."
        )
    return _MODES[name.lower()]


class Numbers(NamedTuple):
    """What the two kinds of numbers say, under one name for each.

    Attributes:
        offsets: Axes of the result or of the updates along which the windows lie.
        collapsed: Axes of the array that a window has not.
        mapped: For each number of an index its axis of the array.
        batching: Axes of the array that belong to axes of the indices.
        along: Those axes of the indices.
    """

    offsets: tuple[int, ...]
    collapsed: tuple[int, ...]
    mapped: tuple[int, ...]
    batching: tuple[int, ...]
    along: tuple[int, ...]

    @classmethod
    def of(cls, op: str, given: Any) -> Numbers:
        """Of dimension numbers: dualgrad's or JAX's own.

        Raises:
            TypeError: It has not their attributes.
        """
        names = ScatterDimensionNumbers._fields if "scatter" in op else GatherDimensionNumbers._fields
        if not all(hasattr(given, n) for n in names):
            kind = "ScatterDimensionNumbers" if "scatter" in op else "GatherDimensionNumbers"
            raise TypeError(f"dualgrad.{op}: dimension_numbers must be dg.lax.{kind}, got {shown(given)}.")
        return cls(*[as_dims(op, n, getattr(given, n)) for n in names])

    def window(self, ndim: int) -> list[int]:
        """The axes of the array that a window has."""
        return [a for a in range(ndim) if a not in self.collapsed and a not in self.batching]

    def sizes_of(self, op: str, shape: tuple[int, ...], updates: tuple[int, ...]) -> tuple[int, ...]:
        """The sizes of the windows along the axes of the array, of updates of a shape.

        Raises:
            ValueError: The updates have not the axes.
        """
        axes = self.window(len(shape))
        if len(axes) != len(self.offsets) or any(not 0 <= k < len(updates) for k in self.offsets):
            raise _misfit(op, shape, updates, self)
        given = dict(zip(axes, [updates[k] for k in self.offsets], strict=True))
        return tuple([given.get(a, 1) for a in range(len(shape))])


def require_fit(
    op: str,
    shape: tuple[int, ...],
    indices: tuple[int, ...],
    numbers: Numbers,
    sizes: tuple[int, ...],
    updates: tuple[int, ...] | None = None,
) -> None:
    """Check that the shapes of an array, of indices and of updates fit the numbers.

    Raises:
        ValueError: They do not.
    """
    ndim, batch = len(shape), indices[:-1]
    axes = (*numbers.collapsed, *numbers.batching)
    rank = len(batch) + len(numbers.offsets)
    fit = (
        bool(indices)
        and len(sizes) == ndim
        and all(0 <= s <= n for s, n in zip(sizes, shape, strict=True))
        and all(sizes[a] <= 1 for a in axes if 0 <= a < ndim)
        and all(0 <= a < ndim for a in (*axes, *numbers.mapped))
        and len({*axes}) == len(axes)
        and len({*numbers.mapped, *numbers.batching}) == len(numbers.mapped) + len(numbers.batching)
        and len(numbers.mapped) == indices[-1]
        and len(numbers.window(ndim)) == len(numbers.offsets)
        and list(numbers.offsets) == sorted({k for k in numbers.offsets if 0 <= k < rank})
        and len(numbers.batching) == len(numbers.along)
        and all(0 <= k < len(batch) for k in numbers.along)
        and all(batch[k] == shape[a] for a, k in zip(numbers.batching, numbers.along, strict=True))
    )
    if fit and updates is not None:
        fit = len(updates) == rank and [n for k, n in enumerate(updates) if k not in numbers.offsets] == list(batch)
    if not fit:
        raise _misfit(op, shape, indices, numbers, updates or sizes)


def _misfit(op: str, shape: tuple[int, ...], other: tuple[int, ...], numbers: Numbers, *more: Any) -> ValueError:
    what = ", ".join(map(str, (shape, other, *more)))
    kind = ScatterDimensionNumbers if "scatter" in op else GatherDimensionNumbers
    return ValueError(f"dualgrad.{op}: the shapes do not fit the dimension numbers, got {what} for {kind(*numbers)}.")
