"""Cosine and sine transforms and convolution, as compositions of Fourier transforms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, complex_of, device_of, dtype_of, floats, is_complex, named, wide
from dualgrad._rules.arguments import NO_SEQUENCES, is_name, normalize_axes, shown
from dualgrad._rules.shapes import broadcast_shapes
from dualgrad._rules.spectral import along, scaling

__all__ = [
    "dct",
    "dctn",
    "dst",
    "dstn",
    "fft2",
    "fftconvolve",
    "idct",
    "idctn",
    "idst",
    "idstn",
    "ifft2",
    "irfft2",
    "rfft2",
]

_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}
_OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


@named("fft")
def dct(
    x: Any,
    /,
    *,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    orthogonalize: bool | None = None,
) -> Any:
    """Implements `dualgrad.fft.dct`."""
    return _cosine("fft.dct", x, type, n, axis, scaling("fft.dct", norm), orthogonalize)


@named("fft")
def idct(
    x: Any,
    /,
    *,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    orthogonalize: bool | None = None,
) -> Any:
    """Implements `dualgrad.fft.idct`."""
    opposite = _OPPOSITE[scaling("fft.idct", norm)]
    return _cosine("fft.idct", x, _INVERSE[_kind("fft.idct", type)], n, axis, opposite, orthogonalize)


def _kind(op: str, kind: Any) -> int:
    if not isinstance(kind, Integral) or kind not in _INVERSE:
        raise ValueError(f"dualgrad.{op}: type must be 1, 2, 3 or 4, got {shown(kind)}.")
    return int(kind)


def _of_lines(op: str, lines: Callable[[Any, int], Any], x: Any, kind: int, n: int | None, axis: int) -> Any:
    """A transform of the lines along an axis, cut or padded to `n`; real and imaginary parts apart."""
    be = active.backend
    kind = _kind(op, kind)
    (x,) = floats(x)
    if is_complex(x):
        parts = [_of_lines(op, lines, part, kind, n, axis) for part in (be.real(x), be.imag(x))]
        return complex_of(*parts)
    n, at = along(op, x.shape, n, axis)
    dtype = dtype_of(x)
    x = be.moveaxis(wide(x), at, -1)
    x = be.pad(x[..., :n], [(0, 0)] * (x.ndim - 1) + [(0, max(n - x.shape[-1], 0))])
    return cast(be.moveaxis(lines(x, n), -1, at), dtype)


def _cosine(op: str, x: Any, kind: int, n: int | None, axis: int, norm: str, orthogonalize: bool | None) -> Any:
    return _of_lines(op, lambda x, n: _cosines(op, x, n, kind, norm, orthogonalize), x, kind, n, axis)


def _cosines(op: str, x: Any, n: int, kind: int, norm: str, orthogonalize: bool | None) -> Any:
    if kind == 1 and n < 2:
        raise ValueError(f"dualgrad.{op}: type 1 needs at least two elements, got n={n}.")
    if orthogonalize is None:
        orthogonalize = norm == "ortho"
    ends = {1: (0, n - 1), 2: (0,), 3: (0,), 4: ()}[kind] if orthogonalize else ()
    if kind in (1, 3):
        x = x * _weights(x, n, ends, math.sqrt(2.0))
    y = _TYPES[kind](x, n) * _factor(norm, 2 * (n - 1) if kind == 1 else 2 * n)
    if kind in (1, 2):
        y = y * _weights(x, n, ends, math.sqrt(0.5))
    return y


def _factor(norm: str, span: int) -> float:
    return {"backward": 1.0, "ortho": 1.0 / math.sqrt(span), "forward": 1.0 / span}[norm]


@named("fft")
def dst(
    x: Any,
    /,
    *,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    orthogonalize: bool | None = None,
) -> Any:
    """Implements `dualgrad.fft.dst`."""
    return _sine("fft.dst", x, type, n, axis, scaling("fft.dst", norm), orthogonalize)


@named("fft")
def idst(
    x: Any,
    /,
    *,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = "backward",
    orthogonalize: bool | None = None,
) -> Any:
    """Implements `dualgrad.fft.idst`."""
    opposite = _OPPOSITE[scaling("fft.idst", norm)]
    return _sine("fft.idst", x, _INVERSE[_kind("fft.idst", type)], n, axis, opposite, orthogonalize)


def _sine(op: str, x: Any, kind: int, n: int | None, axis: int, norm: str, orthogonalize: bool | None) -> Any:
    return _of_lines(op, lambda x, n: _sines(op, x, n, kind, norm, orthogonalize), x, kind, n, axis)


def _sines(op: str, x: Any, n: int, kind: int, norm: str, orthogonalize: bool | None) -> Any:
    """Cosine transforms of what is mirrored before and weighed with alternating signs behind, or the other way."""
    be = active.backend
    if kind == 1:
        zero = be.zeros_like(x[..., :1])
        odd = be.concat([zero, x, zero, -be.flip(x, axis=-1)], axis=-1)
        return be.imag(be.fft.rfft(odd))[..., 1 : n + 1] * -_factor(norm, 2 * (n + 1))
    signs = cast(1 - 2 * (be.arange(n, device=device_of(x)) % 2), dtype_of(x))
    if kind == 2:
        return be.flip(_cosines(op, x * signs, n, 2, norm, orthogonalize), axis=-1)
    return _cosines(op, be.flip(x, axis=-1), n, kind, norm, orthogonalize) * signs


def _along_all(op: str, fun: Callable[..., Any], x: Any, s: Any, axes: Any) -> Any:
    """A transform along several axes, one after the other."""
    if s is not None and not isinstance(s, list | tuple):
        raise TypeError(f"dualgrad.{op}: s must be a tuple of lengths, got {shown(s)}.")
    if axes is None:
        axes = range(x.ndim) if s is None else range(-len(s), 0)
    given: Any = axes if isinstance(axes, NO_SEQUENCES) else tuple(axes)  # the first of which is refused
    places = normalize_axes(op, given, x.ndim)
    if s is not None and len(s) != len(places):
        raise ValueError(f"dualgrad.{op}: s and axes must be of one length, got s={shown(s)} for {len(places)} axes.")
    if places:
        (x,) = floats(x)
    kept, x = dtype_of(x), wide(x)
    for k, place in enumerate(places):
        x = fun(x, n=None if s is None else s[k], axis=place)
    return cast(x, kept)


@named("fft")
def dctn(x: Any, /, *, type: int, s: Any, axes: Any, norm: str | None, orthogonalize: bool | None) -> Any:
    """Implements `dualgrad.fft.dctn`."""
    one = partial(dct, type=type, norm=norm, orthogonalize=orthogonalize)
    return _along_all("fft.dctn", one, x, s, axes)


@named("fft")
def idctn(x: Any, /, *, type: int, s: Any, axes: Any, norm: str | None, orthogonalize: bool | None) -> Any:
    """Implements `dualgrad.fft.idctn`."""
    one = partial(idct, type=type, norm=norm, orthogonalize=orthogonalize)
    return _along_all("fft.idctn", one, x, s, axes)


@named("fft")
def dstn(x: Any, /, *, type: int, s: Any, axes: Any, norm: str | None, orthogonalize: bool | None) -> Any:
    """Implements `dualgrad.fft.dstn`."""
    one = partial(dst, type=type, norm=norm, orthogonalize=orthogonalize)
    return _along_all("fft.dstn", one, x, s, axes)


@named("fft")
def idstn(x: Any, /, *, type: int, s: Any, axes: Any, norm: str | None, orthogonalize: bool | None) -> Any:
    """Implements `dualgrad.fft.idstn`."""
    one = partial(idst, type=type, norm=norm, orthogonalize=orthogonalize)
    return _along_all("fft.idstn", one, x, s, axes)


def _weights(x: Any, n: int, places: tuple[int, ...], weight: float) -> Any:
    """Ones, with `weight` at some places."""
    if not places:
        return 1.0
    be = active.backend
    k = be.arange(n, device=device_of(x))
    chosen = k == places[0]
    for place in places[1:]:
        chosen = chosen | (k == place)
    return cast(be.where(chosen, weight, 1.0), dtype_of(x))


def _turn(x: Any, n: int, step: float) -> Any:
    """`exp(i step k)` for `k` below `n`."""
    be = active.backend
    angle = be.arange(n, dtype=dtype_of(x), device=device_of(x)) * step
    return be.cos(angle) + 1j * be.sin(angle)


def _first(x: Any, n: int) -> Any:
    be = active.backend
    return be.real(be.fft.rfft(be.concat([x, be.flip(x[..., 1:-1], axis=-1)], axis=-1)))


def _second(x: Any, n: int) -> Any:
    # Makhoul 1980: one transform of the same length, of the even elements followed by the odd ones in reverse
    be = active.backend
    folded = be.concat([x[..., ::2], be.flip(x[..., 1::2], axis=-1)], axis=-1)
    return 2.0 * be.real(be.fft.fft(folded) * _turn(x, n, -math.pi / (2 * n)))


def _third(x: Any, n: int) -> Any:
    be = active.backend
    mirrored = be.concat([be.zeros_like(x[..., :1]), be.flip(x[..., 1:], axis=-1)], axis=-1)
    folded = n * be.real(be.fft.ifft((x - 1j * mirrored) * _turn(x, n, math.pi / (2 * n))))
    half = (n + 1) // 2
    even, odd = folded[..., :half], be.flip(folded[..., half:], axis=-1)
    if n % 2:
        odd = be.concat([odd, be.zeros_like(even[..., :1])], axis=-1)
    return be.reshape(be.stack([even, odd], axis=-1), (*x.shape[:-1], 2 * half))[..., :n]


def _fourth(x: Any, n: int) -> Any:
    be = active.backend
    turned = be.fft.fft(x * _turn(x, n, -math.pi / (2 * n)), 2 * n)[..., :n]
    quarter = math.pi / (4 * n)
    return 2.0 * be.real(turned * _turn(x, n, -2 * quarter) * complex(math.cos(quarter), -math.sin(quarter)))


_TYPES = {1: _first, 2: _second, 3: _third, 4: _fourth}


@named("fft")
def fft2(x: Any, /, *, s: Sequence[int] | None, axes: Sequence[int], norm: str | None) -> Any:
    """Implements `dualgrad.fft.fft2`."""
    return active.backend.fft.fftn(x, s, _pair("fft.fft2", axes), norm=norm)


@named("fft")
def ifft2(x: Any, /, *, s: Sequence[int] | None, axes: Sequence[int], norm: str | None) -> Any:
    """Implements `dualgrad.fft.ifft2`."""
    return active.backend.fft.ifftn(x, s, _pair("fft.ifft2", axes), norm=norm)


@named("fft")
def rfft2(x: Any, /, *, s: Sequence[int] | None, axes: Sequence[int], norm: str | None) -> Any:
    """Implements `dualgrad.fft.rfft2`."""
    return active.backend.fft.rfftn(x, s, _pair("fft.rfft2", axes), norm=norm)


@named("fft")
def irfft2(x: Any, /, *, s: Sequence[int] | None, axes: Sequence[int], norm: str | None) -> Any:
    """Implements `dualgrad.fft.irfft2`."""
    return active.backend.fft.irfftn(x, s, _pair("fft.irfft2", axes), norm=norm)


def _pair(op: str, axes: Sequence[int]) -> Sequence[int]:
    if not isinstance(axes, list | tuple) or len(axes) != 2:
        raise ValueError(f"dualgrad.{op}: axes must be two, got axes={shown(axes)}.")
    return axes


@named("fft")
def fftconvolve(x1: Any, x2: Any, /, *, mode: str = "full", axes: Any = None) -> Any:
    """Implements `dualgrad.fft.fftconvolve`."""
    op = "fft.fftconvolve"
    if not is_name(mode, ("full", "same", "valid")):
        raise ValueError(f'dualgrad.{op}: mode must be "full", "same" or "valid", got {shown(mode)}.')
    be = active.backend
    x1, x2 = floats(x1, x2)
    if x1.ndim != x2.ndim:
        raise ValueError(
            f"dualgrad.{op}: the arrays must have as many axes, got {tuple(x1.shape)} and {tuple(x2.shape)}."
        )
    places = normalize_axes(op, axes, x1.ndim)
    a, b = tuple(x1.shape), tuple(x2.shape)
    broadcast_shapes(*[tuple(1 if k in places else m for k, m in enumerate(s)) for s in (a, b)], op=op)
    if not places:
        return x1 * x2
    if mode == "valid" and not (all(a[k] >= b[k] for k in places) or all(b[k] >= a[k] for k in places)):
        raise ValueError(
            f'dualgrad.{op}: for "valid" one array must be the larger one along each axis, got {a} and {b}.'
        )
    dtype = dtype_of(x1)
    x1, x2 = wide(x1), wide(x2)
    if any(0 in (a[k], b[k]) for k in places):
        raise ValueError(f"dualgrad.{op}: the convolved axes must not be empty, got {a} and {b}.")
    full = [a[k] + b[k] - 1 for k in places]
    lengths = [_smooth(m) for m in full]
    if is_complex(x1):
        out = be.fft.ifftn(be.fft.fftn(x1, lengths, places) * be.fft.fftn(x2, lengths, places), lengths, places)
    else:
        out = be.fft.irfftn(be.fft.rfftn(x1, lengths, places) * be.fft.rfftn(x2, lengths, places), lengths, places)
    cut = [slice(None)] * out.ndim
    for k, m in zip(places, full, strict=True):
        size = {"full": m, "same": a[k], "valid": abs(a[k] - b[k]) + 1}[mode]
        cut[k] = slice((m - size) // 2, (m - size) // 2 + size)
    return cast(out[tuple(cut)], dtype)


def _smooth(n: int) -> int:
    """The smallest number from `n` on with no prime factor above 5: its transforms are quick."""
    best = 1 << max(n - 1, 0).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            rest = -(-n // three)
            best = min(best, three << max(rest - 1, 0).bit_length())
            three *= 3
        five *= 5
    return best
