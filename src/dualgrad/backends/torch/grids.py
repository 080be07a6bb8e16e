"""Grids of numbers in a range on torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import is_name, is_outside, shown
from dualgrad._rules.dtypes import require_numeric
from dualgrad._rules.ranges import spacing
from dualgrad._rules.shapes import as_int
from dualgrad._rules.transforms import concretization
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    FLOATING,
    HALVES,
    HOST,
    INTEGER,
    NAMES,
    as_tensor,
    default_float,
    default_int,
    promote_inexact,
    resolve_dtype,
)
from dualgrad.backends.torch.creation import dtype_of_kind
from dualgrad.backends.torch.dtypes import convert
from dualgrad.backends.torch.host import resolve_device

__all__ = [
    "arange",
    "linspace",
    "logspace",
    "meshgrid",
]


def _number(op: str, name: str, value: Any) -> Any:
    """A Python number that fixes a shape: concrete, real."""
    if isinstance(value, Tensor) and value.numel() == 1:
        try:
            value = value.item()
        except RuntimeError as error:
            raise concretization("", op, name) from error
    if isinstance(value, HOST) and value.size == 1:
        value = value.item()
    if not isinstance(value, int | float):
        raise TypeError(f"dualgrad.{op}: {name} must be a real number, got {shown(value)}.")
    return value


def arange(start: Any, /, stop: Any = None, step: Any = 1, dtype: Any = None, *, device: Any = None) -> Tensor:
    """Implements `dualgrad.arange`."""
    if type(start) is int and stop is None and step == 1 and dtype is None and device is None and start < 2**31:
        return torch.arange(max(start, 0), dtype=default_int())
    for name, value in (("start", start), ("stop", 0 if stop is None else stop), ("step", step)):
        if not isinstance(value, int | float | complex) and (not hasattr(value, "shape") or is_outside(value.dtype)):
            raise TypeError(f"dualgrad.arange: {name} must be a real number, got {shown(value)}.")
    if dtype is not None:
        target = resolve_dtype("arange", dtype)
        require_numeric("arange", NAMES[target])
    else:
        target = dtype_of_kind(*(v for v in (start, stop, step) if v is not None))
    if stop is None:
        start, stop = 0, start
    start, stop, step = (_number("arange", n, v) for n, v in (("start", start), ("stop", stop), ("step", step)))
    size, start, step = spacing(start, stop, step, NAMES[target])
    place = resolve_device("arange", device)
    if target in INTEGER and all(isinstance(v, int) for v in (start, step)):
        stop = start + size * step
        if max(start, stop, abs(step)) < 2**63:
            return torch.arange(start, stop, step, dtype=torch.int64, device=place).to(target)
        first, each = [(n + 2**63) % 2**64 - 2**63 for n in (start, step)]  # an uint64 has the bits of these
        return (torch.arange(size, dtype=torch.int64, device=place) * each + first).to(target)
    work = target if target in (torch.float32, torch.float64) else default_float()
    index = torch.arange(size, dtype=work, device=place)
    # start + i*step as JAX computes it; torch's own float arange rounds otherwise.
    out = index if step == 1 and start == 0 else index * float(step) + float(start)
    return convert(out, target)


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int = 50,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Tensor:
    """Implements `dualgrad.linspace`."""
    num = _count("linspace", num)
    first, last = promote_inexact("linspace", start, stop)
    target = None if dtype is None else resolve_dtype("linspace", dtype)
    whole = target in INTEGER and first.dtype in FLOATING
    if whole:
        first, last = _exact(start, first), _exact(stop, last)
    place = resolve_device("linspace", device)
    if place is not None:
        first, last = first.to(place), last.to(place)
    first, last = torch.broadcast_tensors(first, last)
    kept = first.dtype
    if kept in HALVES:  # rounded once, at the end
        first, last = first.float(), last.float()
    div = max(num - 1 if endpoint else num, 1)
    index = torch.arange(num, device=first.device).to(first.real.dtype if first.dtype in COMPLEX else first.dtype)
    index = index.reshape((num,) + (1,) * first.ndim)
    out = first + index * ((last - first) / div)
    if endpoint and num > 1:
        out = torch.cat([out[:-1], last[None]])  # the last point is exact, as NumPy's
    out = out.to(kept)
    if target is None:
        return out
    return convert(floors(out, first, last) if whole else out, target)


def _exact(x: Any, like: Tensor) -> Tensor:
    """An argument in float64, before it was rounded to the dtype of `like`."""
    if not hasattr(x, "dtype"):
        return torch.full_like(like, x, dtype=torch.float64)
    return torch.as_tensor(x, device=like.device).double()


def floors(line: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """The integers below points of a line in float64, and what a point that is one to rounding is."""
    size = torch.maximum(torch.abs(first), torch.abs(last))
    nearest = torch.round(line)
    near = (torch.abs(line - nearest) <= 6 * torch.finfo(torch.float64).eps * size) & (line != first)
    return torch.where(near, nearest, torch.floor(line))


def logspace(
    start: Any,
    stop: Any,
    /,
    num: int = 50,
    *,
    base: Any = 10.0,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> Tensor:
    """Implements `dualgrad.logspace`."""
    start, stop = promote_inexact("logspace", start, stop)
    exponents = linspace(start, stop, num, device=device, endpoint=endpoint)
    out = torch.pow(*promote_inexact("logspace", base, exponents))
    return out if dtype is None else convert(out, resolve_dtype("logspace", dtype))


def _count(op: str, num: Any) -> int:
    num = as_int(op, "num", num)
    if num < 0:
        raise ValueError(f"dualgrad.{op}: num must not be negative, got num={num}.")
    return num


def meshgrid(*arrays: Any, indexing: str = "xy", sparse: bool = False) -> tuple[Tensor, ...]:
    """Implements `dualgrad.meshgrid`."""
    if not is_name(indexing, ("xy", "ij")):
        raise ValueError(f"dualgrad.meshgrid: indexing must be 'xy' or 'ij', got {shown(indexing)}.")
    axes = [as_tensor("meshgrid", x) for x in arrays]
    if any(x.ndim > 1 for x in axes):
        raise ValueError(
            f"dualgrad.meshgrid: the arrays must have one axis, got {' and '.join(str(tuple(x.shape)) for x in axes)}."
        )
    # Without torch.meshgrid, which wants equal dtypes and warns when indexing is left out.
    n = len(axes)
    sizes = [x.numel() for x in axes]
    place = list(range(n))
    if indexing == "xy" and n > 1:
        place[:2] = [1, 0]
    shape = [sizes[place.index(axis)] for axis in range(n)]
    open_ones = [x.reshape([-1 if axis == at else 1 for axis in range(n)]) for x, at in zip(axes, place, strict=True)]
    return tuple(open_ones if sparse else [x.expand(shape) for x in open_ones])
