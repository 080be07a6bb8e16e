"""Elementwise kernels of CUDA, from a line of C++ that torch compiles at their first call; beta in torch (2.13)."""

from __future__ import annotations

import functools
from collections.abc import Callable

from torch import Tensor

__all__ = ["elementwise_on_cuda"]


@functools.cache
def elementwise_on_cuda(source: str) -> Callable[..., Tensor]:
    """A function of up to 8 tensors of one dtype on CUDA, which broadcast, with a result of that dtype.

    Args:
        source: A template of C++, `template <typename T> T name(T x, ...) { ... }`, with a name of its own.
    """
    from torch.cuda import jiterator  # torch asks the driver here whether there is a device

    return jiterator._create_jit_fn(source)  # pyright: ignore[reportPrivateUsage]
