"""A long formula as a program: a compiler sees one operation, whose body is compiled once, whatever the shape.

A quadrature and a series are a thousand operations, and Newton's steps over them ten thousand. Written out at each of
their uses, of which a second derivative has dozens, they kept Inductor busy for half an hour; compiled once for each
shape, they took some ten seconds each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Spec, is_ours
from dualgrad.backends.torch.programs.execute import Run, compiled_form, opaque
from dualgrad.backends.torch.programs.graph import close
from dualgrad.backends.torch.programs.loops import Scan
from dualgrad.backends.torch.programs.program import Program, Tensors

__all__ = ["Blocks", "Formula", "Quick", "named", "repeated"]

_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("formula(Tensor[] operands, str name) -> Tensor")
_NAMED: Final[dict[str, Callable[..., Tensor]]] = {}

# Numbers that a call of a compiled formula takes on a CPU. A call costs 2 us, a number of `dawsn` 0.35 us in a block
# of 8, 0.07 in one of 256 and 0.06 in one of 1024; of `betaincinv` 8.9, 6.1 in one of 64, and 6.4 in one of 1024. The
# smaller large block leaves less over, and a third size would be compiled for half a minute.
_SIZES: Final = (256, 8)


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

    def fun(self, dtype: torch.dtype) -> Callable[..., Tensor]:
        """The function for operands of a dtype, which it is given as float64."""
        return self._fun if dtype is torch.float64 else self._rounded

    def prepare(self, like: Spec, count: int) -> None:
        """Compile what `count` operands like this one need; not if most are served by what is quicker."""
        if like.dtype is torch.float32 and like.device.type == "cpu" and self._quick() is not None:
            return
        for size in {size for _, size in _blocks(math.prod(like.shape), like.device)}:
            self._compiled(size, like, count)

    def run(self, operands: Tensors) -> Tensor:
        """The function of tensors of one shape and dtype, by its compiled forms."""
        like, quick = operands[0], self._quick()
        served = None if quick is None else quick(operands)
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


class Formula(Program):
    """A function of tensors of one kind that gives one more; who calls it has met the transforms already.

    Attributes:
        name: Which formula it is; the same in every process, and no other's.
        inputs: What its operands are like, each as its output.
    """

    kind = "formula"

    def __init__(self, name: str, blocks: Blocks, like: Tensor, count: int) -> None:
        super().__init__([Spec.of(like)])
        self.name = name
        self.inputs = (Spec.of(like),) * count
        self._blocks = blocks

    def run(self, *operands: Tensor) -> Tensors:
        like = self.outputs[0].dtype
        return [self._blocks.fun(like)(*[x.double() for x in operands]).to(like)]

    def inline(self, *operands: Tensor) -> Tensors:
        return opaque(self, operands)

    def prepare(self) -> None:
        """Compile the formula."""
        self._blocks.prepare(self.inputs[0], len(self.inputs))

    def run_compiled(self, operands: Tensors) -> Tensors:
        """The formula by its compiled forms."""
        return [self._blocks.run(operands)]


def named(name: str, fun: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The formula as an operation of the dispatcher, for a compiler that is not ours; it runs as it does eagerly.

    Dynamo would write out the steps of a series, and Inductor put them into one another: after eight minutes it had
    not finished a graph of `gammainc`.
    """
    _NAMED[name] = fun
    return lambda *xs: torch.ops.dualgrad.formula(list(xs), name)


def _run(operands: list[Tensor], name: str) -> Tensor:
    return _NAMED[name](*operands).contiguous()


def _fake(operands: list[Tensor], name: str) -> Tensor:
    return operands[0].new_empty(operands[0].shape)


_library.impl("formula", _run, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::formula", _fake, lib=_library)


def repeated(n: int, step: Callable[[Tensor], Tensor], start: Tensor) -> Tensor:
    """`step` of `step` of ... `start`, `n` times: one loop for a compiler."""
    if not torch.compiler.is_compiling() and is_ours(start):
        body, outer = close(lambda x: [step(x)], [Spec.of(start)])
        k = len(outer)
        return Scan(body.reordered([*range(1, k + 1), 0]), (k, 1, 0), n, reverse=False)(*outer, start)[0]
    for _ in range(n):
        start = step(start)
    return start
