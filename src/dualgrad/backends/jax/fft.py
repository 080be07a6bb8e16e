"""Fourier transforms on JAX: native, in the precision of the argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from dualgrad._rules.arguments import normalize_axes
from dualgrad._rules.dtypes import require_floating
from dualgrad._rules.linear import real_only
from dualgrad._rules.spectral import along, along_several, samples, scaling
from dualgrad.backends.jax._arrays import default_float, resolve_dtype
from dualgrad.backends.jax._traced import array, floating, traced
from dualgrad.backends.jax.host import resolve_device

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]


def signal(op: str, x: Any, real: bool = False) -> Array:
    x = floating(op, x)
    if real and jnp.iscomplexobj(x):
        raise real_only(op, x.dtype.name)
    return x.astype(jnp.float32) if x.dtype.itemsize == 2 else x  # XLA has no transforms of half precision


@traced("fft.fft", "n", "axis", "norm")
def fft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    x = signal("fft.fft", x)
    n, axis = along("fft.fft", x.shape, n, axis)
    return jnp.fft.fft(x, n, axis, scaling("fft.fft", norm))


@traced("fft.ifft", "n", "axis", "norm")
def ifft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    x = signal("fft.ifft", x)
    n, axis = along("fft.ifft", x.shape, n, axis)
    return jnp.fft.ifft(x, n, axis, scaling("fft.ifft", norm))


@traced("fft.rfft", "n", "axis", "norm")
def rfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    x = signal("fft.rfft", x, real=True)
    n, axis = along("fft.rfft", x.shape, n, axis)
    return jnp.fft.rfft(x, n, axis, scaling("fft.rfft", norm))


@traced("fft.irfft", "n", "axis", "norm")
def irfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    x = signal("fft.irfft", x)
    n, axis = along("fft.irfft", x.shape, n, axis, half=True)
    return jnp.fft.irfft(x, n, axis, scaling("fft.irfft", norm))


@traced("fft.hfft", "n", "axis", "norm")
def hfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    x = signal("fft.hfft", x)
    n, axis = along("fft.hfft", x.shape, n, axis, half=True)
    return jnp.fft.hfft(x, n, axis, scaling("fft.hfft", norm))


@traced("fft.ihfft", "n", "axis", "norm")
def ihfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Array:
    x = signal("fft.ihfft", x, real=True)
    n, axis = along("fft.ihfft", x.shape, n, axis)
    return jnp.fft.ihfft(x, n, axis, scaling("fft.ihfft", norm))


@traced("fft.fftn", "s", "axes", "norm")
def fftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    x = signal("fft.fftn", x)
    lengths, places = along_several("fft.fftn", x.shape, s, axes)
    return jnp.fft.fftn(x, lengths, places, scaling("fft.fftn", norm))


@traced("fft.ifftn", "s", "axes", "norm")
def ifftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    x = signal("fft.ifftn", x)
    lengths, places = along_several("fft.ifftn", x.shape, s, axes)
    return jnp.fft.ifftn(x, lengths, places, scaling("fft.ifftn", norm))


@traced("fft.rfftn", "s", "axes", "norm")
def rfftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    x = signal("fft.rfftn", x, real=True)
    lengths, places = along_several("fft.rfftn", x.shape, s, axes)
    return jnp.fft.rfftn(x, lengths, places, scaling("fft.rfftn", norm))


@traced("fft.irfftn", "s", "axes", "norm")
def irfftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Array:
    x = signal("fft.irfftn", x)
    lengths, places = along_several("fft.irfftn", x.shape, s, axes, half=True)
    return jnp.fft.irfftn(x, lengths, places, scaling("fft.irfftn", norm))


def fftfreq(n: int, /, d: float = 1.0, *, dtype: Any = None, device: Any = None) -> Array:
    n = samples("fft.fftfreq", n)
    return _frequencies("fft.fftfreq", jnp.roll(jnp.arange(n) - n // 2, -(n // 2)), n * d, dtype, device)


def rfftfreq(n: int, /, d: float = 1.0, *, dtype: Any = None, device: Any = None) -> Array:
    n = samples("fft.rfftfreq", n)
    return _frequencies("fft.rfftfreq", jnp.arange(n // 2 + 1), n * d, dtype, device)


def _frequencies(op: str, k: Array, span: Any, dtype: Any, device: Any) -> Array:
    target = jnp.dtype(default_float() if dtype is None else resolve_dtype(op, dtype))
    require_floating(op, target.name)
    out = k.astype(target) / jnp.asarray(span).astype(target)
    return out if device is None else jax.device_put(out, resolve_device(op, device))


@traced("fft.fftshift", "axes")
def fftshift(x: Any, /, axes: int | Sequence[int] | None = None) -> Array:
    x = array("fft.fftshift", x)
    return jnp.fft.fftshift(x, normalize_axes("fft.fftshift", axes, x.ndim))


@traced("fft.ifftshift", "axes")
def ifftshift(x: Any, /, axes: int | Sequence[int] | None = None) -> Array:
    x = array("fft.ifftshift", x)
    return jnp.fft.ifftshift(x, normalize_axes("fft.ifftshift", axes, x.ndim))
