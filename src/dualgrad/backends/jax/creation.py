"""Making arrays on JAX: `jax.numpy`'s functions, with dualgrad's spellings of dtypes and devices, strongly typed."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import core

from dualgrad._dtypes import DTYPES, WEAK, dtype_name, narrowed
from dualgrad._rules.arguments import foreign, masked
from dualgrad._rules.nested import from_nested, leaves_of, to_integer
from dualgrad._rules.shapes import as_offset, as_shape, complex_fill, require_fills
from dualgrad._rules.transforms import concretization
from dualgrad.backends.jax._arrays import array_of, default_float, require_array, resolve_dtype, x64
from dualgrad.backends.jax._elementwise import numbers
from dualgrad.backends.jax.dtypes import convert, result_type
from dualgrad.backends.jax.host import resolve_device
from dualgrad.typing import ShapeDtypeStruct

__all__ = [
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "identity",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def asarray(obj: Any, /, dtype: Any = None, *, device: Any = None, copy: bool | None = None) -> jax.Array:
    """Implements `dualgrad.asarray`."""
    target = None if dtype is None else resolve_dtype("asarray", dtype)
    place = resolve_device("asarray", device)
    if isinstance(obj, jax.Array):
        same = not obj.weak_type and (target is None or obj.dtype == target)
        out = obj if same else convert(obj, obj.dtype if target is None else target)
        if place is not None:
            moved = isinstance(obj, core.Tracer) or place != obj.device
            out = jax.device_put(out, place) if moved else out
        if out is not obj and copy is False:
            raise _must_copy()
        return jnp.copy(out) if copy and out is obj else out
    if copy is False:
        raise _must_copy()
    out = _imported(obj, target)
    return out if place is None else jax.device_put(out, place)


def _imported(obj: Any, target: Any) -> jax.Array:
    if isinstance(obj, np.ndarray | np.generic):
        return _from_numpy(obj, target)
    if type(obj) in WEAK or isinstance(obj, list | tuple):
        if any(isinstance(leaf, jax.Array) for leaf in leaves_of(obj)):
            out = _stacked(obj)
            return out if target is None else convert(out, target)
        return jnp.asarray(from_nested("asarray", obj, None if target is None else target.name, x64()))
    if hasattr(obj, "__dlpack__"):
        out = _from_foreign(obj)
        return out if target is None else convert(out, target)
    if hasattr(obj, "__array__"):
        return _from_numpy(np.asarray(obj), target)
    raise foreign("asarray", obj, "jax")


def _from_numpy(array: Any, target: Any) -> jax.Array:
    name = dtype_name(array.dtype)
    if name is None:
        raise TypeError(f"dualgrad.asarray: a NumPy array must have a dtype of the array API, got {array.dtype}.")
    if isinstance(array, np.ma.MaskedArray):
        raise masked("asarray")
    if target is not None and target.kind in "iu" and array.dtype.kind == "f":
        return jnp.asarray(to_integer(array, target.name))
    # A copy, because JAX looks into the memory of an aligned NumPy array, which its owner may write to. `jnp.array`
    # compiles a program that copies for each shape and dtype, in 10 ms, and takes longer for a million numbers.
    out = jax.device_put(np.array(array, dtype=DTYPES[narrowed(name, x64())].dtype, order="C"))
    return out if target is None else convert(out, target)


def _stacked(obj: Any) -> jax.Array:
    parts = [_stacked(item) if isinstance(item, list | tuple) else item for item in obj]
    shapes = {tuple(np.shape(part)) for part in parts}
    if len(shapes) != 1:
        raise ValueError(f"dualgrad.asarray: nested sequences must form a rectangle, got shapes {sorted(shapes)}.")
    require_array("asarray", *parts)
    return jnp.stack([convert(part, result_type(*parts).dtype) for part in parts])


def _from_foreign(obj: Any) -> jax.Array:
    if type(obj).__name__ == "FakeTensor":  # hands out memory that holds nothing
        raise concretization("", "asarray", "the values")
    if getattr(obj, "requires_grad", False):  # only values pass between frameworks
        obj = obj.detach()
    try:
        # By way of NumPy, which takes any strides and alignment and leaves 64-bit elements for jnp to narrow.
        return _from_numpy(np.from_dlpack(obj), None)
    except (BufferError, RuntimeError, TypeError, ValueError):
        pass  # bfloat16, or not in the host's memory
    try:
        obj = obj.contiguous() if hasattr(obj, "contiguous") else obj
        # Not copy=True, which an accelerator lacks (JAX 0.11); waited for, because its owner may write to it.
        return jax.block_until_ready(jnp.copy(jnp.from_dlpack(obj)))
    except Exception as error:
        if "storage" in str(error) or "fake" in str(error).lower():
            raise concretization("", "asarray", "the values") from error
        raise


def _must_copy() -> ValueError:
    return ValueError(
        "dualgrad.asarray: only an array of the active backend, of that dtype and on that device, can be taken "
        "without a copy, got copy=False. Leave copy out, or share memory with dg.from_dlpack."
    )


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> jax.Array:
    """Implements `dualgrad.from_dlpack`."""
    if not hasattr(x, "__dlpack__"):
        raise TypeError(f"dualgrad.from_dlpack: the object must support DLPack, got {type(x).__name__}.")
    place = resolve_device("from_dlpack", device)
    if isinstance(x, jax.Array):
        out = x if place is None else jax.device_put(x, place)
        return jnp.copy(out) if copy and out is x else out
    return jnp.from_dlpack(x, device=place, copy=copy)


def _dtype(op: str, dtype: Any) -> Any:
    return default_float() if dtype is None else resolve_dtype(op, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: Any = None) -> jax.Array:
    """Implements `dualgrad.full`."""
    require_array("full", fill_value)
    target = result_type(fill_value).dtype if dtype is None else resolve_dtype("full", dtype)
    sizes = as_shape("full", shape)
    value = _filling("full", sizes, fill_value, target)
    return jnp.full(sizes, value, target, device=resolve_device("full", device))


def _filling(op: str, sizes: tuple[int, ...], value: Any, dtype: Any) -> Any:
    """A number or an array that `jax.numpy` fills an array of that dtype with as a user would expect."""
    if type(value) is complex and dtype.kind != "c":
        raise complex_fill(op, value, dtype.name)
    if type(value) not in WEAK:
        value = convert(value, dtype, op)
        require_fills(op, value.shape, sizes)
    elif dtype.kind in "iu":
        value = from_nested(op, value, dtype.name, x64())  # NumPy, which jnp.full asks, would wrap
    elif type(value) is int and value.bit_length() > 63 and dtype.kind != "b":
        value = float(value)  # NumPy makes an object of it, which bfloat16 is not made of
    return value


def zeros(shape: Any, dtype: Any = None, *, device: Any = None) -> jax.Array:
    """Implements `dualgrad.zeros`."""
    return jnp.zeros(as_shape("zeros", shape), _dtype("zeros", dtype), device=resolve_device("zeros", device))


def ones(shape: Any, dtype: Any = None, *, device: Any = None) -> jax.Array:
    """Implements `dualgrad.ones`."""
    return jnp.ones(as_shape("ones", shape), _dtype("ones", dtype), device=resolve_device("ones", device))


def empty(shape: Any, dtype: Any = None, *, device: Any = None) -> jax.Array:
    """Implements `dualgrad.empty`."""
    return jnp.zeros(as_shape("empty", shape), _dtype("empty", dtype), device=resolve_device("empty", device))


def _like(op: str, x: Any, dtype: Any, shape: Any) -> tuple[Any, Any, Any]:
    if isinstance(x, ShapeDtypeStruct | jax.ShapeDtypeStruct):
        x = jax.ShapeDtypeStruct(as_shape(op, x.shape), resolve_dtype(op, x.dtype))
    else:
        require_array(op, x)
        x = array_of(op, x)
    sizes = None if shape is None else as_shape(op, shape)
    return x, x.dtype if dtype is None else resolve_dtype(op, dtype), sizes


def zeros_like(x: Any, /, dtype: Any = None, *, device: Any = None, shape: Any = None) -> jax.Array:
    """Implements `dualgrad.zeros_like`."""
    x, target, sizes = _like("zeros_like", x, dtype, shape)
    return jnp.zeros_like(x, dtype=target, shape=sizes, device=resolve_device("zeros_like", device))


def ones_like(x: Any, /, dtype: Any = None, *, device: Any = None, shape: Any = None) -> jax.Array:
    """Implements `dualgrad.ones_like`."""
    x, target, sizes = _like("ones_like", x, dtype, shape)
    return jnp.ones_like(x, dtype=target, shape=sizes, device=resolve_device("ones_like", device))


def empty_like(x: Any, /, dtype: Any = None, *, device: Any = None, shape: Any = None) -> jax.Array:
    """Implements `dualgrad.empty_like`."""
    x, target, sizes = _like("empty_like", x, dtype, shape)
    return jnp.zeros_like(x, dtype=target, shape=sizes, device=resolve_device("empty_like", device))


def full_like(x: Any, /, fill_value: Any, dtype: Any = None, *, device: Any = None, shape: Any = None) -> jax.Array:
    """Implements `dualgrad.full_like`."""
    x, target, sizes = _like("full_like", x, dtype, shape)
    require_array("full_like", fill_value)
    value = _filling("full_like", x.shape if sizes is None else sizes, fill_value, target)
    return jnp.full_like(x, value, target, shape=sizes, device=resolve_device("full_like", device))


def eye(N: int, /, M: int | None = None, k: int = 0, dtype: Any = None, *, device: Any = None) -> jax.Array:
    """Implements `dualgrad.eye`."""
    rows, cols = as_shape("eye", (N, N if M is None else M))
    out = _eye(rows, cols, as_offset("eye", "k", k, rows, cols), _dtype("eye", dtype))
    return out if device is None else jax.device_put(out, resolve_device("eye", device))


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3), inline=True)
def _eye(rows: int, cols: int, k: int, dtype: Any) -> jax.Array:
    return numbers(jnp.eye(rows, cols, k, bool), dtype)


def identity(n: int, /, dtype: Any = None, *, device: Any = None) -> jax.Array:
    """Implements `dualgrad.identity`."""
    return eye(n, dtype=dtype, device=device)
