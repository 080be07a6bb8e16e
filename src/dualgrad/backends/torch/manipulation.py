"""Moving elements on torch: no arithmetic, so every dtype moves, and gradients go to where values came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes, normalize_axis, shown
from dualgrad._rules.indices import require_integer
from dualgrad._rules.ranges import require_constants
from dualgrad._rules.shapes import (
    any_int,
    as_int,
    as_numbers,
    as_shape,
    as_shift,
    pad_widths,
    permutation,
    require_pad,
)
from dualgrad.backends.torch._arrays import NAMES, as_tensor, strong
from dualgrad.backends.torch._elementwise import on_bits, unsigned
from dualgrad.backends.torch._kept import kept
from dualgrad.backends.torch._private import SIGNED, is_at_hand, is_batched, is_traced, is_tracing
from dualgrad.backends.torch.indexing import selected
from dualgrad.backends.torch.padding import (
    odd_reflection,
    padded_at_once,
    padded_by_ramp,
    padded_by_statistic,
    padded_by_value,
    padded_natively,
)

__all__ = [
    "flip",
    "moveaxis",
    "pad",
    "permute_dims",
    "repeat",
    "roll",
    "swapaxes",
    "tile",
    "transpose",
]


def flip(x: Any, /, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Implements `dualgrad.flip`."""
    x = as_tensor("flip", x)
    axes = normalize_axes("flip", axis, x.ndim)
    return on_bits(x, lambda y: torch.flip(y, axes))


def moveaxis(x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> Tensor:
    """Implements `dualgrad.moveaxis`."""
    x = as_tensor("moveaxis", x)
    if type(source) is int and type(destination) is int:
        return torch.movedim(
            x, normalize_axis("moveaxis", source, x.ndim), normalize_axis("moveaxis", destination, x.ndim)
        )
    start = normalize_axes("moveaxis", source, x.ndim)
    end = normalize_axes("moveaxis", destination, x.ndim)
    if len(start) != len(end):
        raise ValueError(
            f"dualgrad.moveaxis: source and destination must name as many axes, got {shown(source)} and "
            f"{shown(destination)}."
        )
    return torch.movedim(x, start, end)


def permute_dims(x: Any, /, axes: Any) -> Tensor:
    """Implements `dualgrad.permute_dims`."""
    if type(axes) is tuple and isinstance(x, Tensor):
        try:
            return torch.permute(x, axes)
        except (IndexError, RuntimeError, TypeError, ValueError):  # said below in dualgrad's words
            pass
    x = as_tensor("permute_dims", x)
    return torch.permute(x, permutation("permute_dims", axes, x.ndim))


def transpose(x: Any, /, axes: Any = None) -> Tensor:
    """Implements `dualgrad.transpose`."""
    x = as_tensor("transpose", x)
    order = tuple(range(x.ndim)[::-1]) if axes is None else permutation("transpose", axes, x.ndim)
    return torch.permute(x, order)


def swapaxes(x: Any, axis1: int, axis2: int, /) -> Tensor:
    """Implements `dualgrad.swapaxes`."""
    x = as_tensor("swapaxes", x)
    return x.transpose(normalize_axis("swapaxes", axis1, x.ndim), normalize_axis("swapaxes", axis2, x.ndim))


def repeat(x: Any, repeats: Any, /, axis: int | None = None) -> Tensor:
    """Implements `dualgrad.repeat`."""
    x = as_tensor("repeat", x)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("repeat", axis, x.ndim)
    if isinstance(repeats, int | float) or getattr(repeats, "ndim", 1) == 0:
        n = as_int("repeat", "repeats", repeats)
        if n < 0:
            raise _negative_repeats(n)
        sizes = [*x.shape[: at + 1], n, *x.shape[at + 1 :]]
        return x.unsqueeze(at + 1).expand(sizes).flatten(at, at + 1)
    if isinstance(repeats, Tensor) and is_tracing() and not is_traced(repeats):  # closed over: it has values
        repeats = np.asarray(repeats.tolist(), dtype=NAMES[repeats.dtype]).reshape(repeats.shape)
    known = isinstance(repeats, list | tuple | np.ndarray)  # also in a trace
    if known:
        repeats = as_numbers("repeat", "the numbers of repeats", repeats)
        require_integer("repeat", repeats.dtype.name, "the numbers of repeats")
    counts = torch.from_numpy(repeats) if known else as_tensor("repeat", repeats)
    require_integer("repeat", NAMES[counts.dtype], "the numbers of repeats")
    if known and np.min(repeats, initial=0) < 0:
        raise _negative_repeats(np.min(repeats))
    counts = counts.to(torch.int64).reshape(-1)
    if counts.shape[0] == 1:
        counts = counts.expand(x.shape[at])
    if counts.shape[0] != x.shape[at]:
        raise ValueError(
            f"dualgrad.repeat: there must be one number of repeats, or one for each element along the axis, got "
            f"{counts.shape[0]} for {x.shape[at]} elements."
        )
    if known:
        places = np.repeat(np.arange(x.shape[at]), np.asarray(repeats).reshape(-1))
        source = torch.from_numpy(places).to(x.device)
    else:
        if is_batched(counts):
            counts.tolist()  # raises what names the user's line; torch would take mapped numbers whose sums agree
        try:
            source = torch.repeat_interleave(torch.arange(x.shape[at], device=x.device), counts)
        except RuntimeError as error:
            if "can not be negative" not in str(error):
                raise
            raise _negative_repeats(counts.min().item()) from None
    return on_bits(x, lambda y: selected(y, at, source))


def _negative_repeats(least: Any) -> ValueError:
    return ValueError(f"dualgrad.repeat: repeats must not be negative, got {least}.")


def tile(x: Any, repetitions: Any, /) -> Tensor:
    """Implements `dualgrad.tile`."""
    return as_tensor("tile", x).tile(as_shape("tile", repetitions))


def roll(x: Any, /, shift: Any, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Implements `dualgrad.roll`."""
    if type(shift) is int and (axis is None or type(axis) is int) and type(x) is Tensor and x.dtype not in SIGNED:
        try:
            return x.roll(shift) if axis is None else x.roll(shift, axis)
        except (IndexError, OverflowError, RuntimeError, TypeError, ValueError):  # said below in dualgrad's words
            pass
    x = as_tensor("roll", x)
    many = isinstance(shift, tuple | list)
    shifts = [any_int("roll", "shift", s) for s in (shift if many else (shift,))]
    if axis is None:
        total_shift = as_shift("roll", sum(shifts), x.numel())
        return on_bits(x, lambda y: torch.roll(y, total_shift))  # over the flattened array
    axes = [normalize_axis("roll", a, x.ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,))]
    if len(shifts) == 1:
        shifts = shifts * len(axes)
    if len(axes) == 1:
        axes = axes * len(shifts)
    if len(axes) != len(shifts):
        raise ValueError(f"dualgrad.roll: shift and axis must be as long, got shift={shift} and axis={axis}.")
    total = {a: as_shift("roll", sum(s for s, b in zip(shifts, axes, strict=True) if b == a), x.shape[a]) for a in axes}
    return on_bits(x, lambda y: torch.roll(y, list(total.values()), list(total)))


def pad(
    x: Any,
    pad_width: Any,
    /,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    end_values: Any = 0,
    stat_length: Any = None,
    reflect_type: str = "even",
) -> Tensor:
    """Implements `dualgrad.pad`."""
    x = as_tensor("pad", x)
    widths = pad_widths("pad", pad_width, x.ndim)
    require_pad(x.shape, NAMES[x.dtype], widths, mode, reflect_type)
    require_constants(NAMES[x.dtype], mode, constant_values)
    if not widths:
        return strong(x)
    if mode == "empty":
        mode, constant_values = "constant", 0
    if mode == "constant":
        return padded_by_value(x, widths, constant_values)
    if mode in _SOURCES and not (reflect_type == "odd" and mode in ("reflect", "symmetric")):
        out = padded_natively(x, widths, mode)
        out = padded_at_once(x, widths, mode) if out is None else out
        if out is not None:
            return out
    if mode == "linear_ramp":
        return padded_by_ramp(x, widths, end_values)
    if mode not in _SOURCES:
        return padded_by_statistic(x, widths, mode, stat_length)
    for at, width in enumerate(widths):
        if not any(width):
            continue
        if reflect_type == "odd" and mode in ("reflect", "symmetric"):
            x = unsigned(lambda y, at=at, width=width: odd_reflection(y, at, width, mode == "symmetric"), x)
            continue
        source = (_kept_source if is_at_hand(x) else _source)(mode, *width, x.shape[at], x.device)
        x = on_bits(x, lambda y, at=at, source=source: selected(y, at, source))
    return x


def _source(mode: str, before: int, after: int, size: int, device: torch.device) -> Tensor:
    """Of each place of a padded axis the index of the element that it copies."""
    return _SOURCES[mode](torch.arange(-before, size + after, device=device), size)


_kept_source = kept(_source)


def _reflect(i: Tensor, size: int) -> Tensor:
    period = max(2 * (size - 1), 1)
    i = torch.remainder(i, period)
    return torch.minimum(i, period - i) if size > 1 else torch.zeros_like(i)


def _symmetric(i: Tensor, size: int) -> Tensor:
    i = torch.remainder(i, 2 * size)
    return torch.minimum(i, 2 * size - 1 - i)


_SOURCES: dict[str, Callable[[Tensor, int], Tensor]] = {
    "edge": lambda i, size: i.clamp(0, size - 1),
    "reflect": _reflect,
    "symmetric": _symmetric,
    "wrap": torch.remainder,
}
