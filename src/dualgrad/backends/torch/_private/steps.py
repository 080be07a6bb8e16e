# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Kernels of Inductor's that are compiled on demand, and loops over them that are ready to run."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

import torch
from torch import Tensor

from dualgrad.backends.torch._private.cxx import steady_compiler
from dualgrad.backends.torch._private.products import Fold, Place

__all__ = ["Elementwise", "Kernel", "Nested", "Steps", "bound", "kernels_on_demand"]


class Kernel:
    """A C++ kernel that is compiled only where somebody calls it alone."""

    def __init__(self, argtypes: Sequence[str], source: str) -> None:
        self.argtypes = list(argtypes)
        self.source = source
        self._run: Any = None

    def __call__(self, *args: Any) -> Any:
        if self._run is None:
            self._run = bound(self.argtypes, self.source)
        return self._run(*args)


def kernels_on_demand() -> Any:
    """A block in which Inductor's C++ kernels are not compiled until they are called."""
    from torch._inductor.async_compile import AsyncCompile

    return patch.object(AsyncCompile, "cpp_pybinding", lambda _, argtypes, source: Kernel(argtypes, source))


def bound(argtypes: list[str], source: str) -> Callable[..., None]:
    """The compiled function `kernel` of a C++ source."""
    from torch._inductor.codecache import CppPythonBindingsCodeCache

    with steady_compiler():
        return CppPythonBindingsCodeCache.load_pybinding(argtypes, source)


@dataclass
class Steps:
    """A compiled loop.

    Attributes:
        run: The C++ function.
        carry: What each carry is like.
        ys: What each output of a step is like.
        scratch: Bytes for what lives within a step.
        constants: Tensors that the kernels use beside the operands.
        still: Which carries every step passes on as they are.
        entries: Addresses of the functions of torch's that it calls.
        folds: Sums over the steps that it makes block by block.
        folded: Which outputs of a step are only factors of those.
        block: How many steps a block has.
        work: Multiplications of its matrix products, a step.
    """

    run: Callable[..., None]
    carry: Sequence[Place]
    ys: Sequence[Place]
    scratch: int
    constants: Sequence[Tensor]
    still: Sequence[bool]
    entries: Sequence[int]
    folds: Sequence[Fold]
    folded: AbstractSet[int]
    block: int
    work: int

    def __call__(
        self, fixed: Sequence[Tensor], carry: Sequence[Tensor], xs: Sequence[Tensor], length: int
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Carries, and stacked outputs and sums, after so many steps; operands are contiguous, and stay as they are."""
        if self.folds:
            return self._by_blocks(fixed, carry, xs, length)
        ys = [torch.empty((length, *p.shape), dtype=p.dtype) for p in self.ys]
        return self._run(fixed, carry, xs, ys, length), ys

    @property
    def address(self) -> int:
        """Where the function is."""
        library = ctypes.CDLL(self.run.__self__.__file__)  # type: ignore[attr-defined]
        found = ctypes.cast(library.kernel, ctypes.c_void_p).value
        assert found is not None
        return found

    def rows(self, length: int) -> list[int]:
        """For how many steps there is room for each output, of so many."""
        return [min(self.block, length) if i in self.folded else length for i in range(len(self.ys))]

    def _by_blocks(
        self, fixed: Sequence[Tensor], carry: Sequence[Tensor], xs: Sequence[Tensor], length: int
    ) -> tuple[list[Tensor], list[Tensor]]:
        ys = [torch.empty((n, *p.shape), dtype=p.dtype) for n, p in zip(self.rows(length), self.ys, strict=True)]
        sums = [torch.zeros(f.shape(), dtype=f.dtype) for f in self.folds]
        last = self._run(fixed, carry, xs, [*ys, *sums], length)
        return last, [*[y for i, y in enumerate(ys) if i not in self.folded], *sums]

    def _run(
        self, fixed: Sequence[Tensor], carry: Sequence[Tensor], xs: Sequence[Tensor], ys: Sequence[Tensor], length: int
    ) -> list[Tensor]:
        """The last carries; what is stacked, and the sums, are written to `ys`."""
        pairs = [[torch.empty(p.shape, dtype=p.dtype) for p in self.carry] for _ in range(min(length, 2))]
        if not length:
            return list(carry)
        one, two = pairs[0], pairs[-1]
        scratch = torch.empty(self.scratch, dtype=torch.uint8)
        with self._below():
            self.run(*fixed, *carry, *one, *two, *xs, *ys, *self.constants, scratch, *self.entries, length)
        return self._settled(carry, one if length % 2 else two)

    def _below(self) -> Any:
        """A block in which what is called in the loop does not look for autograd first."""
        return torch._C._AutoDispatchBelowAutograd() if self.entries else nullcontext()

    def _settled(self, init: Sequence[Tensor], last: Sequence[Tensor]) -> list[Tensor]:
        return [a if same else b for a, b, same in zip(init, last, self.still, strict=True)]

    def while_true(self, fixed: Sequence[Tensor], carry: Sequence[Tensor]) -> list[Tensor]:
        """Carries after the first step that says there is no other; `Ctrl-C` is heard every so many steps."""
        one, two = ([torch.empty(p.shape, dtype=p.dtype) for p in self.carry] for _ in range(2))
        scratch = torch.empty(self.scratch, dtype=torch.uint8)
        left, count = torch.ones((), dtype=torch.bool), torch.zeros((), dtype=torch.int64)
        init, most = carry, _A_WHILE >> 6 if self.entries else _A_WHILE
        while bool(left):
            with self._below():
                self.run(*fixed, *carry, *one, *two, *self.constants, left, count, scratch, *self.entries, most)
            if int(count) % 2:
                one, two, carry = two, one, self._settled(init, one)
            else:
                carry = self._settled(init, two)
        return list(carry)


_A_WHILE: Final = 1 << 14


@dataclass(frozen=True)
class Elementwise:
    """A function in C of so many numbers, `(n, operands, result)`, within the step of a loop.

    Attributes:
        address: Where it is.
        shape: What its result is like, and each operand.
        dtype: Its dtype.
        work: Multiplications of matrix products in it.
    """

    address: int
    shape: Sequence[int]
    dtype: torch.dtype
    work = 0


@dataclass(frozen=True)
class Nested:
    """A loop, or one of several branches, within the step of a loop.

    Attributes:
        choices: The loop; or the branches, each a loop of one step, one of which the first operand names.
        counts: How many operands beside that are fixed, carries, and stacked inputs.
        length: How many steps there are.
        by_index: Whether they are branches, whose outputs are not stacked.
    """

    choices: Sequence[Steps]
    counts: tuple[int, int, int]
    length: int
    by_index: bool = False

    @property
    def work(self) -> int:
        """Multiplications of its matrix products."""
        return self.length * max([s.work for s in self.choices])
