"""Dtypes on JAX."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._dtypes import DTYPES, WEAK, DType, dtype_name, narrowed, promote_names, promoted_name, weak_result
from dualgrad._rules.arguments import flag
from dualgrad._rules.dtypes import FInfo, IInfo, dtype_of, finfo_of, iinfo_of, is_kind
from dualgrad._rules.ranges import floated, require_range
from dualgrad.backends.jax._arrays import INEXACT, require_array, resolve_dtype, x64
from dualgrad.backends.jax._elementwise import numbers
from dualgrad.backends.jax.host import resolve_device

__all__ = ["astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> jax.Array:
    """Implements `dualgrad.astype`."""
    if copy is not True and copy is not False:
        copy = flag("astype", "copy", copy)
    target = resolve_dtype("astype", dtype)
    require_array("astype", x)
    strong = isinstance(x, jax.Array) and not x.weak_type
    out = x if strong and x.dtype == target else convert(x, target)
    if device is not None:
        out = jax.device_put(out, resolve_device("astype", device))
    return _copied(out) if copy and out is x else out


_copied = jax.jit(jnp.copy, inline=True)


def convert(x: Any, dtype: Any, op: str = "astype") -> jax.Array:
    """`x` as `dtype`; XLA saturates and sends nan to 0."""
    if type(x) is int and not -(2**31) <= x < 2**31:
        require_range(op, x, dtype.name)
        x = np.asarray(floated(x) if dtype.name in INEXACT else x, dtype)  # JAX: by its default
    x = jnp.asarray(x)
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        raise TypeError(
            f"dualgrad.{op}: a complex array converts to complex dtypes and bool only, got {x.dtype.name} to "
            f"{dtype.name}. Take dg.real, dg.imag or dg.abs first."
        )
    if x.dtype.kind == "c" and dtype.kind == "b":
        return x != 0  # a conversion would look at the real part alone, and warn
    return _convert(x, dtype)


@functools.partial(jax.jit, static_argnums=1, inline=True)
def _convert(x: Any, dtype: Any) -> jax.Array:
    if x.dtype == bool and jnp.issubdtype(dtype, jnp.inexact):
        return numbers(x, dtype)
    return jax.lax.convert_element_type(x, dtype)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Implements `dualgrad.can_cast`."""
    target = dtype_of("can_cast", to, x64())
    return promote_names(dtype_of("can_cast", from_, x64()), target) == target


def finfo(type: Any, /) -> FInfo:
    """Implements `dualgrad.finfo`."""
    return finfo_of(dtype_of("finfo", type, x64()))


def iinfo(type: Any, /) -> IInfo:
    """Implements `dualgrad.iinfo`."""
    return iinfo_of(dtype_of("iinfo", type, x64()))


def isdtype(dtype: Any, kind: Any) -> bool:
    """Implements `dualgrad.isdtype`."""
    return is_kind(dtype_of("isdtype", dtype, x64()), kind)


def result_type(*arrays_and_dtypes: Any) -> DType:
    """Implements `dualgrad.result_type`."""
    if not arrays_and_dtypes:
        raise ValueError("dualgrad.result_type: at least one array or dtype is needed, got none.")
    return DTYPES[promoted_name([_promoting(x) for x in arrays_and_dtypes], x64())]


def _promoting(x: Any) -> str:
    if type(x) in WEAK:
        return WEAK[type(x)]
    if isinstance(x, jax.Array):
        name = x.dtype.name
        if not x.weak_type or name == "bool":
            return name
        return "complex*" if "complex" in name else "float*" if "float" in name else "int*"
    own = None if isinstance(x, np.ndarray | np.generic) else dtype_name(x)
    if own is not None:
        return weak_result(own, x64())
    return narrowed(dtype_of("result_type", x, x64()), x64())
