"""Bits and normal numbers by torch's own generator, seeded anew by each key: operators of keys with four words.

The first two words seed it; keys are split as the others are. As operators they work where a generator, which has a
state, could not be traced or mapped.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["is_native", "native_bits", "native_normal"]

_library = torch.library.Library("dualgrad", "FRAGMENT")


def is_native(words: Tensor) -> bool:
    """Whether the words are those of a key of torch's own generator."""
    return words.shape[-1] == 4


def native_bits(words: Tensor, n: int, wide: bool) -> Tensor:
    """`n` numbers of 64 random bits where `wide`, else of 32."""
    return torch.ops.dualgrad.native_bits(words, n, wide)


def native_normal(words: Tensor, n: int, wide: bool) -> Tensor:
    """`n` standard normal numbers, float64 where `wide`, else float32."""
    return torch.ops.dualgrad.native_normal(words, n, wide)


def _generator(words: Tensor) -> torch.Generator:
    high, low = (int(x) & 0xFFFFFFFF for x in words[:2])
    return torch.Generator(words.device).manual_seed(high << 32 | low)


def _bits(words: Tensor, n: int, wide: bool) -> Tensor:
    bits = torch.empty(n, dtype=torch.int64 if wide else torch.int32, device=words.device)
    if wide:
        return bits.random_(-(2**63), None, generator=_generator(words))
    return bits.random_(-(2**31), 2**31, generator=_generator(words))


def _normal(words: Tensor, n: int, wide: bool) -> Tensor:
    dtype = torch.float64 if wide else torch.float32
    return torch.randn(n, dtype=dtype, device=words.device, generator=_generator(words))


def _define(name: str, kernel: Any, narrow: torch.dtype, broad: torch.dtype) -> None:
    _library.define(f"{name}(Tensor words, int n, bool wide) -> Tensor")

    def shape_only(words: Tensor, n: int, wide: bool) -> Tensor:
        return words.new_empty(n, dtype=broad if wide else narrow)

    def mapped(info: Any, in_dims: Any, words: Tensor, n: int, wide: bool) -> tuple[Tensor, int]:
        rows = words.movedim(in_dims[0], 0).unbind(0)
        return torch.stack([getattr(torch.ops.dualgrad, name)(row, n, wide) for row in rows]), 0

    _library.impl(name, kernel, "CompositeExplicitAutograd")
    torch.library.register_fake(f"dualgrad::{name}", shape_only, lib=_library)
    torch.library.register_vmap(f"dualgrad::{name}", mapped, lib=_library)


_define("native_bits", _bits, torch.int32, torch.int64)
_define("native_normal", _normal, torch.float32, torch.float64)
