"""Reading and updating by index on JAX: its own `take` and `.at`, but for products, which it cannot differentiate."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax import core

from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.indices import (
    ALONG_MODES,
    AT_MODES,
    SUMMED,
    TAKE_MODES,
    expanded,
    named_shape,
    require_elements,
    require_ends,
    require_fill,
    require_integer,
    require_mask,
    require_mode,
    require_numbers,
)
from dualgrad._rules.ranges import require_range
from dualgrad._rules.shapes import as_int, broadcast_shapes
from dualgrad.backends.jax._arrays import HALVES, INEXACT, require_array
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import quick
from dualgrad.backends.jax.dtypes import convert

__all__ = ["at_update", "take", "take_along_axis"]


def _arguments(op: str, x: Any, indices: Any, mode: str) -> tuple[jax.Array, jax.Array]:
    require_array(op, x, indices)
    x = jnp.asarray(x)
    i = jnp.asarray(indices if mode == "wrap" else _short(indices, x))
    require_integer(op, i.dtype.name)
    return x, i


_ENDS: Final = np.iinfo(np.int32)
_LONG: Final = frozenset({"int64", "uint32", "uint64"})


def _short(index: Any, x: jax.Array) -> Any:
    """An index in 32 bits, at an end of them where it is beyond: JAX (0.10) cuts its upper bits off, and 2**32 is 0."""
    if max(x.shape, default=0) > _ENDS.max:
        return index
    if type(index) is int:
        return min(max(index, _ENDS.min), _ENDS.max)
    name = getattr(getattr(index, "dtype", None), "name", "")
    if name not in _LONG:
        return index
    signed = name == "int64"
    if isinstance(index, np.ndarray | np.generic):
        return np.clip(index, _ENDS.min if signed else None, _ENDS.max).astype(np.int32)
    return jnp.clip(index, _ENDS.min if signed else None, _ENDS.max).astype(jnp.int32)


def _nonempty(op: str, x: jax.Array, axis: int, indices: jax.Array, mode: str) -> jax.Array:
    """`x`, with one element along an empty axis so that there is something to read; it is then filled."""
    if x.shape[axis] or not indices.size:
        return x
    if mode != "fill":
        raise IndexError(f"dualgrad.{op}: an empty axis has no element to take, got mode={mode!r}.")
    return jnp.zeros([1 if a == axis else n for a, n in enumerate(x.shape)], x.dtype)


def take(x: Any, indices: Any, /, axis: int | None = None, *, mode: str = "fill", fill_value: Any = None) -> jax.Array:
    """Implements `dualgrad.take`."""
    taken = _quick_take if fill_value is None else _take  # a nan is another static value each time
    return taken(x, indices, axis, mode, fill_value)


def _take(x: Any, indices: Any, axis: int | None, mode: str, fill_value: Any) -> jax.Array:
    require_mode("take", mode, TAKE_MODES)
    x, i = _arguments("take", x, indices, mode)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("take", axis, x.ndim)
    if not x.shape[at]:
        i = jnp.where(i >= 0, i + 1, i - 1)  # out of bounds of the one element, too
    x = _nonempty("take", x, at, i, mode)
    fill = _fill("take", x, fill_value)
    return _read(x, [i], lambda y, i, fill: jnp.take(y, i, at, mode=mode, fill_value=fill), fill)


def _read(x: jax.Array, indices: list[Any], read: Callable[..., jax.Array], fill: Any) -> jax.Array:
    """`read(x, *indices, fill)`, of a half precision with tangents that pass through float32.

    So the cotangents of an element that is read often are summed there: in bfloat16 a sum of many stays at 256 of them.
    """
    if isinstance(fill, core.Tracer):  # which JAX's own functions do not take
        inside = read(jnp.ones_like(x, bool), *indices, False)
        return jnp.where(inside, _read(x, indices, read, 0), fill)
    if x.dtype.name not in HALVES:
        return read(x, *indices, fill)

    @jax.custom_jvp
    def reading(x: jax.Array, *indices: Any) -> jax.Array:
        return read(x, *indices, fill)

    @reading.defjvp
    @freely
    def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[jax.Array, jax.Array]:
        x, *indices = primals
        tangent = read(tangents[0].astype(jnp.float32), *indices, 0)
        return reading(x, *indices), tangent.astype(x.dtype)

    return reading(x, *indices)


def _fill(op: str, x: jax.Array, fill_value: Any) -> Any:
    if fill_value is None:
        return None
    require_fill(op, fill_value, x.dtype.name)
    if isinstance(fill_value, core.Tracer):
        return convert(fill_value, x.dtype).reshape(())
    value = np.asarray(fill_value)
    if x.dtype.kind in "iu" and value.dtype.kind == "f":  # saturated, as `astype` converts
        limits = np.iinfo(x.dtype)
        value = np.clip(np.nan_to_num(value, posinf=limits.max, neginf=limits.min), limits.min, limits.max)
    return value.astype(x.dtype).item()


def take_along_axis(
    x: Any, indices: Any, /, axis: int | None = -1, mode: str = "fill", fill_value: Any = None
) -> jax.Array:
    """Implements `dualgrad.take_along_axis`."""
    taken = _quick_take_along_axis if fill_value is None else _take_along_axis
    return taken(x, indices, axis, mode, fill_value)


def _take_along_axis(x: Any, indices: Any, axis: int | None, mode: str, fill_value: Any) -> jax.Array:
    require_mode("take_along_axis", mode, ALONG_MODES)
    mode = "clip" if mode == "promise_in_bounds" else mode  # a promise that is not kept reads no other memory
    x, i = _arguments("take_along_axis", x, indices, mode)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = normalize_axis("take_along_axis", axis, x.ndim)
    if x.ndim != i.ndim:
        raise ValueError(
            f"dualgrad.take_along_axis: array and indices must have as many axes, got shapes {x.shape} and {i.shape}."
        )
    broadcast_shapes(*[[1 if a == at else m for a, m in enumerate(t.shape)] for t in (x, i)], op="take_along_axis")
    if not x.shape[at]:
        i = jnp.where(i >= 0, i + 1, i - 1)
    x = _nonempty("take_along_axis", x, at, i, mode)
    if mode == "wrap":
        i, mode = i % x.shape[at], "clip"
    fill = _fill("take_along_axis", x, fill_value)
    return _read(x, [i], lambda y, i, fill: jnp.take_along_axis(y, i, at, mode=mode, fill_value=fill), fill)


_STATIC = "axis", "mode", "fill_value"
_quick_take = quick(*_STATIC)(_take)
_quick_take_along_axis = quick(*_STATIC)(_take_along_axis)


def at_update(
    x: Any, index: Any, op: str, values: Any, mode: str | None, unique: bool = False, ordered: bool = False
) -> jax.Array:
    """Implements `dualgrad.at`: `op` is the name of the method, `values` its argument or the fill value of `get`."""
    require_array("at", x)
    x = jnp.asarray(x)
    mode = mode or ("clip" if op == "get" else "drop")
    require_mode("at", mode, AT_MODES)
    index = tuple([_short(i, x) for i in index]) if isinstance(index, tuple) else _short(index, x)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    items = expanded(index, x.ndim)
    if 0 in x.shape:
        require_elements(items, x.shape, op == "get" or mode == "clip")
    for k, item in enumerate(items):
        if isinstance(item, slice):
            require_ends(item)
        elif not isinstance(item, int | None):
            if not hasattr(item, "dtype"):
                as_int("at", "an index", item)  # raises
            require_array("at", item)
            if item.dtype != np.bool_:
                require_integer("at", item.dtype.name)
            else:
                before = [i for i in items[:k] if i is not None and not isinstance(i, bool)]
                axis = sum(i.ndim if _is_mask(i) else 1 for i in before)
                require_mask(item.shape, x.shape[axis : axis + item.ndim])
    if op == "get":
        fill, mode = _fill("at", x, values), "fill" if mode == "drop" else mode
        if not isinstance(fill, core.Tracer) and (unique or x.dtype.name not in HALVES or not _static(items)):
            return x.at[index].get(mode=mode, fill_value=fill, unique_indices=unique, indices_are_sorted=ordered)

        def read(y: jax.Array, *arrays: Any) -> jax.Array:
            rest, fill = iter(arrays[:-1]), arrays[-1]
            full = tuple([next(rest) if hasattr(item, "dtype") else item for item in items])
            return y.at[full].get(mode=mode, fill_value=fill, indices_are_sorted=ordered)

        return _read(x, [item for item in items if hasattr(item, "dtype")], read, fill)
    require_numbers("at", op, x.dtype.name)
    require_array("at", values)
    require_range("at", values, x.dtype.name)
    if op == "divide" and x.dtype.name not in INEXACT:
        raise TypeError(f"dualgrad.at: divide needs a floating-point or complex array, got dtype {x.dtype.name}.")
    values = convert(values, x.dtype, "at")
    masked = _masked(x, index, op, values)
    if masked is not None:
        return masked
    if values.ndim:
        shape = _named(x, index, items)
        if broadcast_shapes(shape, values.shape, op="at") != shape:
            raise ValueError(
                f"dualgrad.at: values must broadcast to the elements that the index names, got shape "
                f"{values.shape} for {shape}."
            )
    if not x.size:
        return x  # of which XLA cannot gather
    if not unique and x.dtype.name in HALVES and op in SUMMED and not all([isinstance(i, int | slice) for i in items]):
        wide = at_update(x.astype(jnp.float32), index, op, values.astype(jnp.float32), mode, unique, ordered)
        return wide.astype(x.dtype)
    if op in ("multiply", "divide"):
        return _scaled(x, index, op, values, mode)
    if op in ("max", "min") and jnp.issubdtype(x.dtype, jnp.floating):
        rows = _rows(x, index, mode)
        if rows is not None:
            return _extreme(x, jnp.broadcast_to(values, (*rows.shape, *x.shape[1:])), rows, op)
        p = _positions(x, index, mode)
        flat = _extreme(x.reshape(-1), jnp.broadcast_to(values, p.shape).reshape(-1), p.reshape(-1), op)
        return flat.reshape(x.shape)
    update = getattr(x.at[index], op)
    return update(values, mode="drop" if mode == "fill" else mode, unique_indices=unique, indices_are_sorted=ordered)


def _named(x: jax.Array, index: Any, items: list[Any]) -> tuple[int, ...]:
    """Shape of the elements that an index names."""
    if not x.size:
        x = jnp.zeros(named_shape(items, x.shape))
    return jax.eval_shape(lambda: x.at[index].get()).shape if _static(items) else x.at[index].get().shape


def _static(items: list[Any]) -> bool:
    return not any(_is_mask(item) for item in items)


def _is_mask(item: Any) -> bool:
    return getattr(item, "dtype", None) == np.bool_


def _scaled(x: jax.Array, index: Any, op: str, values: jax.Array, mode: str) -> jax.Array:
    p = _positions(x, index, mode)
    factor = _products(p.reshape(-1), jnp.broadcast_to(values, p.shape).reshape(-1), x.size)[:-1].reshape(x.shape)
    return x * factor if op == "multiply" else x / factor


def _positions(x: jax.Array, index: Any, mode: str) -> jax.Array:
    """Where in the flat array each element is that an index names; one past its end what is out of bounds."""
    mode = "fill" if mode == "drop" else mode
    return jnp.arange(x.size).reshape(x.shape).at[index].get(mode=mode, fill_value=x.size)


def _rows(x: jax.Array, index: Any, mode: str) -> jax.Array | None:
    """The rows that one array of integers names, those out of bounds past the end if they are dropped; else `None`."""
    i: Any = index[0] if isinstance(index, tuple) and len(index) == 1 else index  # pyright: ignore[reportUnknownVariableType]
    if not hasattr(i, "dtype") or i.dtype == np.bool_ or not x.shape[0]:
        return None
    n = x.shape[0]
    return jnp.arange(n).at[i].get(mode=mode, fill_value=n)


@functools.partial(jax.custom_jvp, nondiff_argnums=(3,))
def _extreme(x: jax.Array, values: jax.Array, p: jax.Array, op: str) -> jax.Array:
    """The largest or smallest of each element and the values that meet it; of several nan each gets its share."""
    return getattr(x.at[p], op)(values, mode="drop")


@_extreme.defjvp
@freely
def _extreme_rule(op: str, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[jax.Array, jax.Array]:
    (x, values, p), (tx, tv, _) = primals, tangents
    out = _extreme(x, values, p, op)

    def chosen(y: jax.Array, best: jax.Array) -> jax.Array:  # JAX's own rule gives nan nothing
        return (y == best) | (jnp.isnan(y) & jnp.isnan(best))

    of_x, of_values = chosen(x, out), chosen(values, out.at[p].get(mode="fill", fill_value=0))
    dtype = jnp.float32 if x.dtype.name in HALVES else x.dtype  # a bfloat16 counts to 256
    count = of_x.astype(dtype).at[p].add(of_values.astype(dtype), mode="drop")
    total = jnp.where(of_x, tx, 0).astype(dtype).at[p].add(jnp.where(of_values, tv, 0).astype(dtype), mode="drop")
    return out, (total / jnp.maximum(count, 1)).astype(x.dtype)


def _products(p: jax.Array, values: jax.Array, size: int) -> jax.Array:
    """For each position, the product of the values that go there.

    By a segmented scan over the sorted positions, made of multiplications alone: exact derivatives of any order, also
    where values are zero. JAX's own `multiply` has no derivative where an index may come twice.
    """
    order = jnp.argsort(p, stable=True)
    p, values = p[order], values[order]
    n, step = p.shape[0], 1
    while step < n:
        before = jnp.concatenate([jnp.ones(step, values.dtype), values[:-step]])
        same = jnp.concatenate([jnp.zeros(step, bool), p[step:] == p[:-step]])
        values = values * jnp.where(same, before, jnp.ones_like(before))
        step *= 2
    last = jnp.concatenate([p[1:] != p[:-1], jnp.ones_like(p[:1], bool)])
    return jnp.ones(size + 1, values.dtype).at[jnp.where(last, p, size)].set(values)


def _masked(x: jax.Array, index: Any, op: str, values: jax.Array) -> jax.Array | None:
    """The update under one mask of the leading axes, which needs no positions and can be traced; else `None`."""
    mask: Any = index[0] if isinstance(index, tuple) and len(index) == 1 else index  # pyright: ignore[reportUnknownVariableType]
    if getattr(mask, "dtype", None) != np.bool_ or mask.ndim > x.ndim:
        return None
    kept = x.ndim - mask.ndim
    if tuple(mask.shape) != x.shape[: mask.ndim] or values.ndim > kept:
        return None
    native = {"set": lambda a, b: b, "min": jnp.minimum, "max": jnp.maximum}.get(op) or getattr(jnp, op)
    return jnp.where(jnp.reshape(mask, mask.shape + (1,) * kept), native(x, values), x)
