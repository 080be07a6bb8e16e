"""A long formula of tensors of every shape: C++ on a CPU, else compiled for blocks of numbers."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import torch
from torch import Tensor

from dualgrad.backends.torch._blocks import is_fixed
from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch._vectors.library import Library
from dualgrad.backends.torch.programs.execute import Run, compiled_form
from dualgrad.backends.torch.programs.program import Tensors

__all__ = ["Blocks", "Quick"]

# Numbers that a call of a compiled formula takes on a CPU. A call costs 2 us, a number of `dawsn` 0.35 us in a block
# of 8, 0.07 in one of 256 and 0.06 in one of 1024; of `betaincinv` 8.9, 6.1 in one of 64, and 6.4 in one of 1024. The
# smaller large block leaves less over, and a third size would be compiled for half a minute.
_SIZES: Final = (256, 8)

_MANY: Final = 4096  # eager numbers that take as long as a tenth of the compiler, or more, each time

Quick = Callable[[Sequence[Tensor]], Tensor | None]


class Blocks:
    """An elementwise function of float64, compiled for blocks of numbers, of which tensors of every shape are made.

    Args:
        fun: The function.
        rounded: The same for operands that are not float64, to which its result is rounded.
        quick: Gives, if there is one, a quicker function of float32 operands, whose result may be `None`.
    """

    def __init__(
        self, fun: Callable[..., Tensor], rounded: Callable[..., Tensor], quick: Callable[[], Quick | None]
    ) -> None:
        self._fun = fun
        self._rounded = rounded
        self._quick = quick
        self._runs: dict[tuple[Spec, int, bool], Run] = {}
        self._libraries: dict[tuple[int, bool], Library] = {}

    def fun(self, dtype: torch.dtype) -> Callable[..., Tensor]:
        """The function for operands of a dtype, which it is given as float64."""
        return self._fun if dtype is torch.float64 else self._rounded

    def prepare(self, like: Spec, count: int) -> None:
        """Compile what `count` operands like this one need: C++, or blocks where nothing quicker serves most."""
        library = self._library(like, count)
        if library is not None:
            library.start()
        elif like.dtype is not torch.float32 or like.device.type != "cpu" or self._quick() is None:
            for size in {size for _, size in _blocks(math.prod(like.shape), like.device)}:
                self._compiled(size, like, count)

    def run(self, operands: Tensors) -> Tensor:
        """The function of tensors of one shape and dtype, by its compiled forms."""
        like, library = operands[0], self._library(Spec.of(operands[0]), len(operands))
        served = None if library is None else library.run(operands)
        if served is None and (quick := self._quick()) is not None:
            served = quick(operands)
        if served is not None:
            return served
        vectors = [x.reshape(-1).double() for x in operands]
        parts: list[Tensor] = []
        for start, size in _blocks(like.numel(), like.device):
            block = [x[start : start + size] for x in vectors]
            n = len(block[0])
            if n < size:
                block = [torch.cat([x, x.new_ones(size - n)]) for x in block]
            (out,) = self._compiled(size, Spec.of(like), len(block))(block)
            parts.append(out[:n])
        return torch.cat(parts).to(like.dtype).reshape(like.shape) if parts else torch.empty_like(like)

    def address(self, like: Spec, count: int) -> int | None:
        """Where the function in C++ of arrays like this one is, if there is one."""
        library = self._library(like, count)
        return None if library is None else library.address(like.dtype)

    def of_many(self, operands: Sequence[Tensor]) -> Tensor | None:
        """The function in C++ of so many numbers at hand that its compiler is worth the wait; else `None`."""
        like = operands[0]
        if like.numel() < _MANY or not like.is_cpu or not all(map(is_fixed, operands)):
            return None
        library = self._library(Spec.of(like), len(operands))
        made = None if library is None else library.run([x.contiguous().view(-1) for x in operands])
        return None if made is None else made.view(like.shape)

    def _library(self, like: Spec, count: int) -> Library | None:
        """The formula in C++, of what lies on a CPU; `None` for a function that is no formula of a namespace."""
        fun = self.fun(like.dtype)
        if like.device.type != "cpu" or not isinstance(fun, functools.partial):
            return None
        key = count, fun is self._fun
        if key not in self._libraries:
            (namespace,) = fun.args
            self._libraries[key] = Library(fun.func, count, namespace.single)
        return self._libraries[key]

    def _compiled(self, size: int, like: Spec, count: int) -> Run:
        spec, fun = Spec((size,), torch.float64, like.device), self.fun(like.dtype)
        key = spec, count, fun is self._fun
        if key not in self._runs:
            self._runs[key] = compiled_form(lambda *xs: [fun(*xs)], (spec,) * count)
        return self._runs[key]


def _blocks(n: int, device: torch.device) -> Iterator[tuple[int, int]]:
    """Where each of the blocks starts that cover `n` numbers, and its size; one suits a device other than a CPU.

    A large one is filled up if half of it is needed, in place of many small ones.
    """
    start = 0
    sizes = _SIZES if device.type == "cpu" else (n,)
    for size in sizes:
        least = 1 if size == sizes[-1] else size // 2
        while n - start >= least:
            yield start, size
            start += size
