"""Making tensors, with the default dtypes of the precision mode where torch has its own."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from dualgrad._dtypes import WEAK
from dualgrad._precision import precision
from dualgrad._rules.arguments import foreign
from dualgrad._rules.nested import from_nested, leaves_of, to_integer
from dualgrad._rules.shapes import as_offset, as_shape, complex_fill, require_fills
from dualgrad._rules.transforms import concretization
from dualgrad.backends.torch._arrays import (
    COMPLEX,
    HOST,
    INTEGER,
    NAMES,
    as_tensor,
    default_complex,
    default_float,
    default_int,
    from_numpy,
    is_weak,
    promote,
    resolve_dtype,
)
from dualgrad.backends.torch.dtypes import convert
from dualgrad.backends.torch.host import resolve_device
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


def asarray(obj: Any, /, dtype: Any = None, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Implements `dualgrad.asarray`."""
    target = None if dtype is None else resolve_dtype("asarray", dtype)
    place = resolve_device("asarray", device)
    if isinstance(obj, Tensor):
        out = obj if target is None else convert(obj, target)
        if place is not None:
            out = out.to(place)
        if out is not obj and copy is False:
            raise _must_copy()
        # A Python scalar that is being traced becomes an array in full, as it does outside.
        return out.clone() if out is obj and (copy or is_weak(obj)) else out
    if copy is False:
        raise _must_copy()
    out = _imported(obj, target)
    if place is None:
        place = torch.get_default_device()
    return out if out.device == place else out.to(place)


def _imported(obj: Any, target: torch.dtype | None) -> Tensor:
    if isinstance(obj, HOST):
        return _from_numpy(obj, target)
    if type(obj) is float and target is None:
        return as_tensor("asarray", obj)
    if type(obj) in WEAK or isinstance(obj, list | tuple):
        if any(isinstance(leaf, Tensor) for leaf in leaves_of(obj)):
            out = _stacked(obj)
            return out if target is None else convert(out, target)
        name = None if target is None else NAMES[target]
        array = from_nested("asarray", obj, name, precision.x64)
        out = from_numpy("asarray", array)
        return out if target is None else out.to(target)
    if hasattr(obj, "__dlpack__"):
        out = _from_foreign(obj)
        return out if target is None else convert(out, target)
    if hasattr(obj, "__array__"):
        return _from_numpy(np.asarray(obj), target)
    raise foreign("asarray", obj, "torch")


def _from_numpy(array: Any, target: torch.dtype | None) -> Tensor:
    if target in INTEGER and array.dtype.kind == "f":
        return from_numpy("asarray", to_integer(array, NAMES[target]))
    out = from_numpy("asarray", array)
    return out if target is None else convert(out, target)


def _stacked(obj: Any) -> Tensor:
    parts = [_stacked(item) if isinstance(item, list | tuple) else item for item in obj]
    shapes = {tuple(np.shape(part)) for part in parts}
    if len(shapes) != 1:
        raise ValueError(f"dualgrad.asarray: nested sequences must form a rectangle, got shapes {sorted(shapes)}.")
    return torch.stack(promote("asarray", *parts))


def _from_foreign(obj: Any) -> Tensor:
    if type(obj).__name__.endswith("Tracer"):
        raise concretization("", "asarray", "the values")
    return torch.from_dlpack(obj).clone()  # a view would let torch write into what its owner calls immutable


def _must_copy() -> ValueError:
    return ValueError(
        "dualgrad.asarray: only an array of the active backend, of that dtype and on that device, can be taken "
        "without a copy, got copy=False. Leave copy out, or share memory with dg.from_dlpack."
    )


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Implements `dualgrad.from_dlpack`."""
    if not hasattr(x, "__dlpack__"):
        raise TypeError(f"dualgrad.from_dlpack: the object must support DLPack, got {type(x).__name__}.")
    if type(x).__name__.endswith("Tracer"):
        raise concretization("", "from_dlpack", "the values")
    out = x if isinstance(x, Tensor) else torch.from_dlpack(x)
    place = resolve_device("from_dlpack", device)
    if place is not None and place != out.device:
        if copy is False:
            raise ValueError(f"dualgrad.from_dlpack: another device needs a copy, got copy=False and device={device}.")
        return out.to(place)
    return out.clone() if copy else out


def dtype_of_kind(*values: Any) -> torch.dtype:
    """The default dtype of the highest kind among Python scalars and 0-d arrays; the arrays' own dtype if all are."""
    tensors = [v for v in values if not isinstance(v, bool | int | float | complex)]
    if tensors:
        return promote("full", *values)[0].dtype
    if any(isinstance(v, complex) for v in values):
        return default_complex()
    if any(isinstance(v, float) for v in values):
        return default_float()
    return torch.bool if all(isinstance(v, bool) for v in values) else default_int()


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: Any = None) -> Tensor:
    """Implements `dualgrad.full`."""
    sizes = as_shape("full", shape)
    if type(fill_value) is float and dtype is None and device is None:
        return _filled("full", sizes, fill_value, default_float(), None)
    target = dtype_of_kind(fill_value) if dtype is None else resolve_dtype("full", dtype)
    return _filled("full", sizes, fill_value, target, resolve_device("full", device))


_WIDEST: Final = (torch.float64, torch.complex128)


def _filled(op: str, sizes: tuple[int, ...], value: Any, dtype: torch.dtype, device: Any) -> Tensor:
    if type(value) is complex and dtype not in COMPLEX:
        raise complex_fill(op, value, NAMES[dtype])
    # An array fills by broadcasting, which differentiates; so does a number where torch.full would wrap.
    if type(value) in WEAK and dtype not in INTEGER:
        try:
            return torch.full(sizes, value, dtype=dtype, device=device)
        except (OverflowError, RuntimeError):  # it takes no integer beyond int64, and no number beyond the dtype's
            value = float(value) if type(value) is int else value
            return torch.full(sizes, value, dtype=_WIDEST[dtype in COMPLEX], device=device).to(dtype)
    if type(value) in WEAK:
        fitting = from_nested(op, value, NAMES[dtype], precision.x64)
        return torch.full(sizes, fitting.item(), dtype=dtype, device=device)
    value = convert(as_tensor(op, value), dtype, op)
    if device is not None:
        value = value.to(device)
    require_fills(op, value.shape, sizes)
    return value.broadcast_to(sizes).clone()


def zeros(shape: Any, dtype: Any = None, *, device: Any = None) -> Tensor:
    """Implements `dualgrad.zeros`."""
    target = default_float() if dtype is None else resolve_dtype("zeros", dtype)
    return torch.zeros(as_shape("zeros", shape), dtype=target, device=resolve_device("zeros", device))


def ones(shape: Any, dtype: Any = None, *, device: Any = None) -> Tensor:
    """Implements `dualgrad.ones`."""
    target = default_float() if dtype is None else resolve_dtype("ones", dtype)
    return torch.ones(as_shape("ones", shape), dtype=target, device=resolve_device("ones", device))


def empty(shape: Any, dtype: Any = None, *, device: Any = None) -> Tensor:
    """Implements `dualgrad.empty`; zeros, because torch's left-over memory would make the backends differ."""
    target = default_float() if dtype is None else resolve_dtype("empty", dtype)
    return torch.zeros(as_shape("empty", shape), dtype=target, device=resolve_device("empty", device))


def _like(op: str, x: Any, dtype: Any, device: Any, shape: Any) -> tuple[Tensor, torch.dtype, torch.device]:
    if isinstance(x, ShapeDtypeStruct):
        x = torch.empty(as_shape(op, x.shape), dtype=resolve_dtype(op, x.dtype), device=torch.get_default_device())
    x = as_tensor(op, x)
    if shape is not None:
        x = x.detach().new_empty(as_shape(op, shape))
    target = x.dtype if dtype is None else resolve_dtype(op, dtype)
    return x, target, x.device if device is None else resolve_device(op, device) or x.device


def zeros_like(x: Any, /, dtype: Any = None, *, device: Any = None, shape: Any = None) -> Tensor:
    """Implements `dualgrad.zeros_like`."""
    x, target, place = _like("zeros_like", x, dtype, device, shape)
    return torch.zeros_like(x, dtype=target, device=place)


def ones_like(x: Any, /, dtype: Any = None, *, device: Any = None, shape: Any = None) -> Tensor:
    """Implements `dualgrad.ones_like`."""
    x, target, place = _like("ones_like", x, dtype, device, shape)
    return torch.ones_like(x, dtype=target, device=place)


def empty_like(x: Any, /, dtype: Any = None, *, device: Any = None, shape: Any = None) -> Tensor:
    """Implements `dualgrad.empty_like`."""
    x, target, place = _like("empty_like", x, dtype, device, shape)
    return torch.zeros_like(x, dtype=target, device=place)


def full_like(x: Any, /, fill_value: Any, dtype: Any = None, *, device: Any = None, shape: Any = None) -> Tensor:
    """Implements `dualgrad.full_like`."""
    x, target, place = _like("full_like", x, dtype, device, shape)
    return _filled("full_like", tuple(x.shape), fill_value, target, place)


def eye(N: int, /, M: int | None = None, k: int = 0, dtype: Any = None, *, device: Any = None) -> Tensor:
    """Implements `dualgrad.eye`."""
    target = default_float() if dtype is None else resolve_dtype("eye", dtype)
    rows, cols = as_shape("eye", (N, N if M is None else M))
    place = resolve_device("eye", device)
    k = as_offset("eye", "k", k, rows, cols)
    if k == 0 and target not in (torch.uint16, torch.uint32, torch.uint64):  # no kernels
        return torch.eye(rows, cols, dtype=target, device=place)
    return (torch.arange(cols, device=place) - torch.arange(rows, device=place)[:, None] == k).to(target)


def identity(n: int, /, dtype: Any = None, *, device: Any = None) -> Tensor:
    """Implements `dualgrad.identity`."""
    return eye(n, dtype=dtype, device=device)
