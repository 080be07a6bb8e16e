"""Discrete Fourier transforms, the array API's `fft` extension, with cosine and sine transforms, and convolution.

Each transform comes in the precision of its argument; half precisions are computed in single. `norm` says where the
factor stands that makes a transform and its inverse undo each other: at the inverse (`"backward"`), as its square root
at both (`"ortho"`), or at the transform (`"forward"`).
"""

from __future__ import annotations

from dualgrad.fft._complex import fft, fft2, fftn, ifft, ifft2, ifftn
from dualgrad.fft._frequencies import fftfreq, fftshift, ifftshift, rfftfreq
from dualgrad.fft._real import dct, fftconvolve, hfft, idct, ihfft, irfft, irfft2, irfftn, rfft, rfft2, rfftn
from dualgrad.fft._trigonometric import dctn, dst, dstn, idctn, idst, idstn

__all__ = [
    "dct",
    "dctn",
    "dst",
    "dstn",
    "fft",
    "fft2",
    "fftconvolve",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "idct",
    "idctn",
    "idst",
    "idstn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]
__dir__ = __all__.copy  # what completion offers
