"""The cipher threefry2x32 on torch: one elementwise operator of keys and counters, with the bits of JAX's.

It is an operator of the dispatcher (`torch.ops.dualgrad.threefry2x32`), not 130 shifts and adds, because then a trace
holds one node for a draw, `vmap` has one rule to apply, and each device its own kernel: on the CPU, where torch has no
unsigned arithmetic and a pass over memory for every shift, blocked NumPy or a loop in C (`_compiled.py`); one on CUDA
(`_rounded/cuda.py`); torch's int32 arithmetic elsewhere; and under Inductor one loop (`_private.lower_pointwise`),
which compiles in 2 s of CPU time where 130 nodes take 19.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from dualgrad.backends.torch._cipher import PARITY, ROTATIONS, rounds
from dualgrad.backends.torch._compiled import kernels
from dualgrad.backends.torch._private import lower_pointwise
from dualgrad.backends.torch._rounded.cuda import cipher_on_cuda

__all__ = ["BLOCK", "cipher_block", "counters", "hash64", "threefry2x32"]

BLOCK: Final = 32768  # elements whose temporaries of 128 KB stay in the second-level cache
_CALL: Final = 8192  # elements in the time of 110 calls of NumPy
_FEW: Final = 8  # elements for which Python's integers are quicker than 110 calls of NumPy

_library = torch.library.Library("dualgrad", "FRAGMENT")
# `wide` chooses the output: the two words joined to an int64, or their exclusive or as an int32.
_library.define("threefry2x32(Tensor k0, Tensor k1, Tensor c0, Tensor c1, bool wide) -> Tensor")


def threefry2x32(k0: Tensor, k1: Tensor, c0: Tensor, c1: Tensor, wide: bool) -> Tensor:
    """The cipher of int32 keys and int32 counters that broadcast together.

    Returns:
        int64 with the first word high where `wide`, else the exclusive or of both words in int32.
    """
    return torch.ops.dualgrad.threefry2x32(k0, k1, c0, c1, wide)


def counters(n: int, device: torch.device, start: int | Tensor = 0, step: int = 1) -> tuple[Tensor, Tensor]:
    """High and low words of `n` numbers from `start` on, each `step` behind the last, or those in `start`, rising."""
    if isinstance(start, Tensor):
        count = start.reshape(-1)
        few = bool(count[-1] < 2**32)  # the largest
        high = torch.zeros((), dtype=torch.int32, device=count.device) if few else (count >> 32).to(torch.int32)
        return high, count.to(torch.int32)
    stop = start + n * step
    if stop <= 2**31:
        low = torch.arange(start, stop, step, dtype=torch.int32, device=device)
        return torch.zeros((), dtype=torch.int32, device=device), low
    count = torch.arange(start, stop, step, dtype=torch.int64, device=device)
    return (count >> 32).to(torch.int32), count.to(torch.int32)


def _rotate(x: Tensor, r: int) -> Tensor:
    return (x << r) | ((x >> (32 - r)) & ((1 << r) - 1))  # int32's >> copies the sign: mask it


def _with_torch(k0: Tensor, k1: Tensor, c0: Tensor, c1: Tensor, wide: bool) -> Tensor:
    x0, x1 = rounds(k0, k1, c0, c1, _rotate, PARITY, torch.add, torch.bitwise_xor, lambda i: i)
    return (x0.to(torch.int64) << 32) | (x1.to(torch.int64) & 0xFFFFFFFF) if wide else x0 ^ x1


def _with_numpy(k0: Tensor, k1: Tensor, c0: Tensor, c1: Tensor, wide: bool) -> Tensor:
    sources = [x.detach().numpy().view(np.uint32) for x in (k0, k1, c0, c1)]
    shape = np.broadcast(*sources).shape  # 30 us quicker than torch.broadcast_shapes
    out = torch.empty(shape, dtype=torch.int64 if wide else torch.int32)
    flat = out.view(-1).numpy()
    sources = [w if w.ndim == 0 else np.broadcast_to(w, shape).reshape(-1) for w in sources]
    n = flat.size
    if n <= _FEW:
        for i in range(n):
            _one(flat[i : i + 1], *[int(w if w.ndim == 0 else w[i]) for w in sources])
        return out
    if all(w.ndim == 0 for w in sources[:3]) and (made := kernels(n, n + _CALL)) is not None:
        low = sources[3] if sources[3].ndim else np.full(n, sources[3])
        made.cipher(flat, int(sources[0]), int(sources[1]), int(sources[2]), np.ascontiguousarray(low))
        return out
    for start in range(0, n, BLOCK):
        stop = min(n, start + BLOCK)
        cipher_block(flat[start:stop], *[w if w.ndim == 0 else w[start:stop] for w in sources])
    return out


def _one(out: Any, k0: int, k1: int, c0: int, c1: int) -> None:
    """One element of the cipher, into `out`; written out, for the functions of `rounds` would take most of the time."""
    m = 0xFFFFFFFF
    ks = (k0, k1, k0 ^ k1 ^ PARITY)
    x0, x1 = (c0 + k0) & m, (c1 + k1) & m
    for i in range(5):
        for r in ROTATIONS[i % 2]:
            x0 = (x0 + x1) & m
            x1 = ((x1 << r | x1 >> (32 - r)) & m) ^ x0
        x0 = (x0 + ks[(i + 1) % 3]) & m
        x1 = (x1 + ks[(i + 2) % 3] + i + 1) & m
    if out.dtype == np.int64:
        out.view(np.uint64)[0] = x0 << 32 | x1
    else:
        out.view(np.uint32)[0] = x0 ^ x1


def cipher_block(out: Any, k0: Any, k1: Any, c0: Any, c1: Any) -> None:
    """One block of the cipher, into `out`, without an allocation per operation."""
    n = out.size
    x0, x1, t = np.empty(n, np.uint32), np.empty(n, np.uint32), np.empty(n, np.uint32)
    with np.errstate(over="ignore"):  # of scalars, which NumPy reports; that of arrays it does not
        ks = (k0, k1, k0 ^ k1 ^ np.uint32(PARITY))
        np.add(c0, k0, out=x0)
        np.add(c1, k1, out=x1)
        for i in range(5):
            for r in ROTATIONS[i % 2]:
                np.add(x0, x1, out=x0)
                np.right_shift(x1, np.uint32(32 - r), out=t)
                np.left_shift(x1, np.uint32(r), out=x1)
                np.bitwise_or(x1, t, out=x1)
                np.bitwise_xor(x1, x0, out=x1)
            np.add(x0, ks[(i + 1) % 3], out=x0)
            np.add(x1, ks[(i + 2) % 3] + np.uint32(i + 1), out=x1)
    if out.dtype == np.int64:
        words = out.view(np.uint32).reshape(n, 2)
        words[:, _HIGH] = x0
        words[:, 1 - _HIGH] = x1
    else:
        np.bitwise_xor(x0, x1, out=out.view(np.uint32))


_HIGH: Final = int(np.array([1], np.int64).view(np.uint32)[0])  # where the high word of an int64 lies: 1, little-endian


def _shape_only(k0: Tensor, k1: Tensor, c0: Tensor, c1: Tensor, wide: bool) -> Tensor:
    shape = torch.broadcast_shapes(k0.shape, k1.shape, c0.shape, c1.shape)
    return c1.new_empty(shape, dtype=torch.int64 if wide else torch.int32)


_library.impl("threefry2x32", _with_torch, "CompositeExplicitAutograd")
_library.impl("threefry2x32", _with_numpy, "CPU")
_library.impl("threefry2x32", cipher_on_cuda, "CUDA")
torch.library.register_fake("dualgrad::threefry2x32", _shape_only, lib=_library)


def _with_inductor(ops: Any, wide: bool, k0: Any, k1: Any, c0: Any, c1: Any) -> Any:
    i32, i64 = torch.int32, torch.int64

    def const(value: int) -> Any:
        return ops.constant(value, i32)

    def rotate(x: Any, r: int) -> Any:
        low = ops.bitwise_and(ops.bitwise_right_shift(x, const(32 - r)), const((1 << r) - 1))
        return ops.bitwise_or(ops.bitwise_left_shift(x, const(r)), low)

    x0, x1 = rounds(k0, k1, c0, c1, rotate, const(PARITY), ops.add, ops.bitwise_xor, const)
    if not wide:
        return ops.bitwise_xor(x0, x1)
    high = ops.bitwise_left_shift(ops.to_dtype(x0, i64, src_dtype=i32), ops.constant(32, i64))
    return ops.bitwise_or(high, ops.bitwise_and(ops.to_dtype(x1, i64, src_dtype=i32), ops.constant(0xFFFFFFFF, i64)))


lower_pointwise(torch.ops.dualgrad.threefry2x32.default, _with_inductor)


def _mapped(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> tuple[Tensor, int]:
    """The batching rule of an elementwise operator: mapped axes first, missing axes of size 1 after them."""
    arrays, wide = args[:4], args[4]
    ndim = max(x.ndim - (d is not None) for x, d in zip(arrays, in_dims[:4], strict=True))
    out = []
    for x, d in zip(arrays, in_dims[:4], strict=True):
        if d is not None:
            x = x.movedim(d, 0)
            x = x.reshape(x.shape[0], *(1,) * (ndim + 1 - x.ndim), *x.shape[1:])
        out.append(x)
    return threefry2x32(out[0], out[1], out[2], out[3], wide), 0


torch.library.register_vmap("dualgrad::threefry2x32", _mapped, lib=_library)


def hash64(words: Tensor, c0: Tensor, c1: Tensor) -> Tensor:
    """Keys for counters: int32 words with a last axis of 2 in, uint32 words with a last axis of 2 out."""
    joined = threefry2x32(words[0], words[1], c0, c1, wide=True)
    return torch.stack([(joined >> 32).to(torch.int32), joined.to(torch.int32)], dim=-1).view(torch.uint32)
