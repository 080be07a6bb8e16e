"""Fourier transforms by the name and arguments of `jax.lax`."""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._lax._arrays import arrayed
from dualgrad._naming import named
from dualgrad._rules.lax_options import FftType, as_fft_type
from dualgrad._rules.shapes import as_dims
from dualgrad.typing import Array

__all__ = ["fft"]


@named("lax")
def fft(x: Array, fft_type: FftType | str, fft_lengths: Sequence[int]) -> Array:
    """Fourier transform over the last axes; `dg.fft` is easier to read.

    Args:
        x: Any shape with the axes; complex, or real for `RFFT`.
        fft_type: Which transform: a member of `lax.FftType`, or its name.
        fft_lengths: Sizes of the last axes, as many as are to be transformed: those of the array, for `IRFFT` those of
            the result.

    Returns:
        Shape of `x`; of a real transform the last axis is the half that says all, or becomes whole.

    Raises:
        ValueError: A size is not that of the array, or `fft_type` is unknown.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.fft(dg.asarray([1.0, 2.0]), "RFFT", (2,))).tolist()
        [(3+0j), (-1+0j)]

    Source: `jax.lax.fft`.
    """
    xp, kind = active.backend.fft, as_fft_type(fft_type)
    lengths = as_dims("lax.fft", "fft_lengths", fft_lengths)
    n, x = len(lengths), arrayed("lax.fft", x)
    wanted = lengths if kind is not FftType.IRFFT or not n else (*lengths[:-1], lengths[-1] // 2 + 1)
    if n > x.ndim or tuple(x.shape[x.ndim - n :]) != wanted:
        raise ValueError(
            f"dualgrad.lax.fft: fft_lengths must be the last sizes of the array, got fft_lengths={lengths} for "
            f"{kind.name} of shape {tuple(x.shape)}."
        )
    if not n:
        return x
    axes = tuple(range(-n, 0))
    if kind is FftType.IRFFT:
        return xp.irfftn(x, s=lengths, axes=axes)
    return {FftType.FFT: xp.fftn, FftType.IFFT: xp.ifftn, FftType.RFFT: xp.rfftn}[kind](x, axes=axes)
