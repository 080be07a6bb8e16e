"""Fourier transforms on torch: native, in the precision of the argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.arguments import normalize_axes
from dualgrad._rules.dtypes import require_floating
from dualgrad._rules.linear import real_only
from dualgrad._rules.spectral import along, along_several, samples, scaling
from dualgrad.backends.torch._arrays import COMPLEX, NAMES, as_tensor, default_float, inexact, resolve_dtype
from dualgrad.backends.torch._elementwise import on_bits
from dualgrad.backends.torch.host import resolve_device

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

_HALF = frozenset({torch.float16, torch.bfloat16})


def signal(op: str, x: Any, real: bool = False) -> Tensor:
    x = inexact(op, x)
    if real and x.dtype in COMPLEX:
        raise real_only(op, NAMES[x.dtype])
    return x.to(torch.float32) if x.dtype in _HALF else x  # transforms of half precision exist on CUDA alone


def fft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Tensor:
    x = signal("fft.fft", x)
    n, axis = along("fft.fft", x.shape, n, axis)
    return _transformed(torch.fft.fft, x, n, axis, scaling("fft.fft", norm))


def ifft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Tensor:
    x = signal("fft.ifft", x)
    n, axis = along("fft.ifft", x.shape, n, axis)
    out = _transformed(torch.fft.ifft, x, n, axis, scaling("fft.ifft", norm))
    return out.resolve_conj()  # of real numbers it is lazy


def rfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Tensor:
    x = signal("fft.rfft", x, real=True)
    n, axis = along("fft.rfft", x.shape, n, axis)
    return _transformed(torch.fft.rfft, x, n, axis, scaling("fft.rfft", norm))


def irfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Tensor:
    x = signal("fft.irfft", x)
    n, axis = along("fft.irfft", x.shape, n, axis, half=True)
    return _transformed(torch.fft.irfft, x, n, axis, scaling("fft.irfft", norm))


def hfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Tensor:
    x = signal("fft.hfft", x)
    n, axis = along("fft.hfft", x.shape, n, axis, half=True)
    return _transformed(torch.fft.hfft, x, n, axis, scaling("fft.hfft", norm))


def ihfft(x: Any, /, n: int | None = None, axis: int = -1, norm: str | None = "backward") -> Tensor:
    x = signal("fft.ihfft", x, real=True)
    n, axis = along("fft.ihfft", x.shape, n, axis)
    return _transformed(torch.fft.ihfft, x, n, axis, scaling("fft.ihfft", norm)).resolve_conj()


def fftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Tensor:
    x = signal("fft.fftn", x)
    lengths, places = along_several("fft.fftn", x.shape, s, axes)
    return _transformed(torch.fft.fftn, x, lengths, places, scaling("fft.fftn", norm))


def ifftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Tensor:
    x = signal("fft.ifftn", x)
    lengths, places = along_several("fft.ifftn", x.shape, s, axes)
    return _transformed(torch.fft.ifftn, x, lengths, places, scaling("fft.ifftn", norm))


def rfftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Tensor:
    x = signal("fft.rfftn", x, real=True)
    lengths, places = along_several("fft.rfftn", x.shape, s, axes)
    return _transformed(torch.fft.rfftn, x, lengths, places, scaling("fft.rfftn", norm))


def irfftn(
    x: Any, /, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = "backward"
) -> Tensor:
    x = signal("fft.irfftn", x)
    lengths, places = along_several("fft.irfftn", x.shape, s, axes, half=True)
    return _transformed(torch.fft.irfftn, x, lengths, places, scaling("fft.irfftn", norm))


def _transformed(kernel: Callable[..., Tensor], x: Tensor, lengths: Any, places: Any, norm: str) -> Tensor:
    if x.numel():
        return kernel(x, lengths, places, norm)
    # MKL refuses a batch of nothing: the shape, dtype and derivative of a batch of one, of which nothing is kept.
    # Along an axis that is transformed, nothing becomes zeros.
    nothing = [axis for axis, size in enumerate(x.shape) if not size]
    one = kernel(x.sum(nothing, keepdim=True), lengths, places, norm)
    batch = set(nothing) - {places, *(places if isinstance(places, tuple) else ())}
    return one.expand([0 if axis in batch else size for axis, size in enumerate(one.shape)])


def fftfreq(n: int, /, d: float = 1.0, *, dtype: Any = None, device: Any = None) -> Tensor:
    n = samples("fft.fftfreq", n)
    place = resolve_device("fft.fftfreq", device)
    k = torch.roll(torch.arange(n, device=place) - n // 2, -(n // 2))
    return _frequencies("fft.fftfreq", k, n * d, dtype)


def rfftfreq(n: int, /, d: float = 1.0, *, dtype: Any = None, device: Any = None) -> Tensor:
    n = samples("fft.rfftfreq", n)
    k = torch.arange(n // 2 + 1, device=resolve_device("fft.rfftfreq", device))
    return _frequencies("fft.rfftfreq", k, n * d, dtype)


def _frequencies(op: str, k: Tensor, span: Any, dtype: Any) -> Tensor:
    target = default_float() if dtype is None else resolve_dtype(op, dtype)
    require_floating(op, NAMES[target])
    return k.to(target) / as_tensor(op, span).to(device=k.device, dtype=target)


def fftshift(x: Any, /, axes: int | Sequence[int] | None = None) -> Tensor:
    x = as_tensor("fft.fftshift", x)
    places = normalize_axes("fft.fftshift", axes, x.ndim)
    return on_bits(x, lambda y: torch.fft.fftshift(y, places)) if places else x


def ifftshift(x: Any, /, axes: int | Sequence[int] | None = None) -> Tensor:
    x = as_tensor("fft.ifftshift", x)
    places = normalize_axes("fft.ifftshift", axes, x.ndim)
    return on_bits(x, lambda y: torch.fft.ifftshift(y, places)) if places else x
