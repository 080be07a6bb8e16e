"""Grids of numbers in a range on JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import core

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import is_name, is_outside, shown
from dualgrad._rules.dtypes import require_numeric
from dualgrad._rules.ranges import spacing
from dualgrad._rules.shapes import as_int
from dualgrad._rules.transforms import concretization
from dualgrad.backends.jax._arrays import array_of, default_float, require_array, resolve_dtype
from dualgrad.backends.jax._traced import quick
from dualgrad.backends.jax.dtypes import convert, result_type
from dualgrad.backends.jax.host import resolve_device

__all__ = [
    "arange",
    "linspace",
    "logspace",
    "meshgrid",
]


def _number(op: str, name: str, value: Any) -> Any:
    """A Python number that fixes a shape: concrete, real."""
    if isinstance(value, core.Tracer) and value.size == 1:
        raise concretization("", op, name)
    if isinstance(value, jax.Array | np.ndarray | np.generic) and value.size == 1:
        value = value.item()
    if not isinstance(value, int | float):
        raise TypeError(f"dualgrad.{op}: {name} must be a real number, got {shown(value)}.")
    return value


def arange(start: Any, /, stop: Any = None, step: Any = 1, dtype: Any = None, *, device: Any = None) -> jax.Array:
    """Implements `dualgrad.arange`."""
    for name, value in (("start", start), ("stop", 0 if stop is None else stop), ("step", step)):
        if not isinstance(value, int | float | complex) and (not hasattr(value, "shape") or is_outside(value.dtype)):
            raise TypeError(f"dualgrad.arange: {name} must be a real number, got {shown(value)}.")
    if dtype is not None:
        target = resolve_dtype("arange", dtype)
        require_numeric("arange", target.name)
    else:
        scalars = [int(v) if isinstance(v, bool) else v for v in (start, stop, step) if v is not None]
        target = result_type(*scalars).dtype
    if stop is None:
        start, stop = 0, start
    start, stop, step = (_number("arange", n, v) for n, v in (("start", start), ("stop", stop), ("step", step)))
    size, start, step = spacing(start, stop, step, target.name)
    place = resolve_device("arange", device)
    if target.kind in "iu" and all(isinstance(v, int) for v in (start, step)):
        if start == 0 and step == 1:
            return jnp.arange(size, dtype=target, device=place)
        # In NumPy, modulo 2**64: 2**32 - 1 as a start does not fit the int32 that jnp would compute in.
        bits = np.arange(size, dtype=np.uint64) * np.uint64(step % 2**64) + np.uint64(start % 2**64)
        return jnp.asarray(bits.astype(target), device=place)
    if start == 0 and step == 1 and target.kind == "f":
        return jnp.arange(size, dtype=target, device=place)
    work = target if target.kind == "f" and target.itemsize >= 4 else default_float()
    return convert(jnp.arange(size, dtype=work, device=place) * float(step) + float(start), target)


def linspace(
    start: Any,
    stop: Any,
    /,
    num: int = 50,
    *,
    dtype: Any = None,
    device: Any = None,
    endpoint: bool = True,
) -> jax.Array:
    """Implements `dualgrad.linspace`."""
    num = _count("linspace", num)
    target = None if dtype is None else resolve_dtype("linspace", dtype)
    out = _spaced(start, stop, num, target, endpoint)
    place = resolve_device("linspace", device)
    return out if place is None else jax.device_put(out, place)


@quick("num", "target", "endpoint")
def _spaced(start: Any, stop: Any, num: int, target: Any, endpoint: bool) -> jax.Array:
    require_array("linspace", start, stop)
    if target is not None and target.kind in "iu" and result_type(start, stop).dtype.kind != "c":
        with jax.enable_x64(True):  # where integers of 32 bits are exact
            first, last = jnp.broadcast_arrays(*[convert(x, jnp.dtype(jnp.float64)) for x in (start, stop)])
            return convert(floors(_line(first, last, num, endpoint), first, last), target)
    work = jnp.promote_types(result_type(start, stop).dtype, default_float()) if _integral(start, stop) else None
    work = result_type(start, stop).dtype if work is None else work
    first, last = jnp.broadcast_arrays(convert(start, work), convert(stop, work))
    kept = first.dtype
    if kept.itemsize == 2:  # rounded once, at the end
        first, last = first.astype(jnp.float32), last.astype(jnp.float32)
    out = _line(first, last, num, endpoint).astype(kept)
    return out if target is None else convert(out, target)


def _line(first: jax.Array, last: jax.Array, num: int, endpoint: bool) -> jax.Array:
    div = max(num - 1 if endpoint else num, 1)
    index = jnp.arange(num, dtype=first.real.dtype).reshape((num,) + (1,) * first.ndim)
    out = first + index * ((last - first) / div)
    if endpoint and num > 1:
        out = jnp.concatenate([out[:-1], last[None]])  # the last point is exact, as NumPy's
    return out


def floors(line: jax.Array, first: jax.Array, last: jax.Array) -> jax.Array:
    """The integers below points of a line in float64, and what a point that is one to rounding is.

    XLA rounds a product and its sum once where NumPy rounds twice: -6 + 3 * (10 / 6) is just below -1.
    """
    size = jnp.maximum(jnp.abs(first), jnp.abs(last))
    nearest = jnp.round(line)
    near = (jnp.abs(line - nearest) <= 6 * jnp.finfo(jnp.float64).eps * size) & (line != first)
    return jnp.where(near, nearest, jnp.floor(line))


def _integral(*values: Any) -> bool:
    return result_type(*values).kind in ("bool", "signed integer", "unsigned integer")


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
) -> jax.Array:
    """Implements `dualgrad.logspace`."""
    require_array("logspace", start, stop, base)
    exponents = linspace(start, stop, num, device=device, endpoint=endpoint)
    if type(base) in WEAK and not isinstance(base, complex):
        base = jnp.asarray(base, dtype=exponents.dtype)
    out = jnp.power(base, exponents)
    return out if dtype is None else convert(out, resolve_dtype("logspace", dtype))


def _count(op: str, num: Any) -> int:
    num = as_int(op, "num", num)
    if num < 0:
        raise ValueError(f"dualgrad.{op}: num must not be negative, got num={num}.")
    return num


def meshgrid(*arrays: Any, indexing: str = "xy", sparse: bool = False) -> tuple[jax.Array, ...]:
    """Implements `dualgrad.meshgrid`."""
    if not is_name(indexing, ("xy", "ij")):
        raise ValueError(f"dualgrad.meshgrid: indexing must be 'xy' or 'ij', got {shown(indexing)}.")
    require_array("meshgrid", *arrays)
    if any(np.ndim(x) > 1 for x in arrays):
        raise ValueError(
            f"dualgrad.meshgrid: the arrays must have one axis, got {' and '.join(str(np.shape(x)) for x in arrays)}."
        )
    lines = [jnp.reshape(array_of("meshgrid", x), -1) for x in arrays]
    return tuple(jnp.meshgrid(*lines, indexing=indexing, sparse=sparse))
