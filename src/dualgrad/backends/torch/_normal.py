"""Normal numbers of an eager draw on the CPU, block by block in the cache.

The 40 operations of a draw, each over the whole of a million numbers, spend their time on memory. The operations are
those of the general way, in its order, so that the numbers are the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from dualgrad.backends.torch._compiled_cipher import compiled_cipher
from dualgrad.backends.torch._erfinv import CENTRE32, TAIL32
from dualgrad.backends.torch._private import is_tracing, is_transformed
from dualgrad.backends.torch._threefry import BLOCK, cipher_block

__all__ = ["is_plain", "normal32"]

_ROOT2: Final = np.float32(1.4142135)
_LOW: Final = np.float32(-0.99999994)
# For -w in the place of w: each step of Horner's rule then gives the same number with or without its sign.
_CENTRE: Final = tuple(c if i % 2 == 0 else -c for i, c in enumerate(CENTRE32))


def is_plain(x: Tensor) -> bool:
    """Whether `x` holds numbers in this machine's memory, which nothing traces, maps or differentiates."""
    return (
        type(x) is Tensor
        and x.device.type == "cpu"
        and not (is_transformed() or is_tracing() or torch.compiler.is_compiling())
    )


def normal32(words: Tensor, n: int) -> Tensor:
    """`n` standard normal float32 numbers of a key's int32 words."""
    out = torch.empty(n, dtype=torch.float32)
    logs = torch.empty_like(out)
    k0, k1 = words.numpy().view(np.uint32)
    x, w = out.numpy(), logs.numpy()
    blocks = [slice(start, min(n, start + BLOCK)) for start in range(0, n, BLOCK)]
    kernel, numbers = compiled_cipher(n), np.arange(min(n, BLOCK), dtype=np.uint32)
    for block in blocks:
        high, first = np.uint32(block.start >> 32), np.uint32(block.start & 0xFFFFFFFF)
        count = numbers[: block.stop - block.start] + first
        if kernel is None:
            cipher_block(x[block].view(np.int32), k0, k1, high, count)
        else:
            kernel(x[block], int(k0), int(k1), int(high), count)
        _uniform(x[block])
        np.multiply(x[block], x[block], out=w[block])
        np.negative(w[block], out=w[block])
    # torch's log1p is vectorised, NumPy's is not; in one call, for it starts its threads at every call.
    torch.log1p_(logs)
    for block in blocks:
        _erfinv(x[block], w[block])
        np.multiply(x[block], _ROOT2, out=x[block])
    return out


def _uniform(x: np.ndarray) -> None:
    """Numbers between -1 and 1, in the place of random bits."""
    bits = x.view(np.uint32)
    np.right_shift(bits, np.uint32(9), out=bits)
    np.bitwise_or(bits, np.uint32(0x40000000), out=bits)  # between 2 and 4
    np.subtract(x, np.float32(2), out=x)
    np.add(x, _LOW, out=x)


def _erfinv(x: np.ndarray, log: np.ndarray) -> None:
    """The inverse error function of `x` in its place, given `log(1 - x * x)`."""
    tail = np.flatnonzero(log <= np.float32(-5.0))
    far = torch.from_numpy(-log[tail]).sqrt().numpy() - np.float32(3.0)  # torch's root is not always NumPy's
    np.add(log, np.float32(2.5), out=log)
    p = _horner(_CENTRE, log)
    p[tail] = _horner(TAIL32, far)  # one number in 300
    np.multiply(x, p, out=x)


def _horner(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    p = np.multiply(x, np.float32(coefficients[0]))
    np.add(p, np.float32(coefficients[1]), out=p)
    for c in coefficients[2:]:
        np.multiply(p, x, out=p)
        np.add(p, np.float32(c), out=p)
    return p
