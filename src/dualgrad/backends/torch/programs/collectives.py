"""Collectives over a named axis of `vmap`.

Each takes, beside its operand, the position along the axis: an array that varies along that axis and along no other. So
the `vmap` whose axis it is knows itself by it, however many others there are, and whatever graph the call went through.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch.programs.program import Program, Pull, Tensors, moved_to_front

__all__ = ["all_gather", "pmax", "ppermute", "psum"]


class _Collective(Program):
    """A collective of one operand and its position; `size` is that of the axis."""

    def __init__(self, output: Spec, size: int) -> None:
        super().__init__([output])
        self.size = size

    def like(self, x: Tensor) -> _Collective:
        """The same collective for another operand."""
        raise NotImplementedError

    def across(self, x: Tensor) -> tuple[Tensor, int | None]:
        """The outcome for an operand whose first axis is the one meant, and which axis of it is mapped."""
        raise NotImplementedError

    def along(self, t: Tensor, x: Tensor, index: Tensor) -> Tensor:
        """The tangent."""
        return self.like(t)(t, index)[0]

    def back(self, ct: Tensor, x: Tensor, index: Tensor) -> Tensor:
        """The cotangent of the operand."""
        raise NotImplementedError

    def run(self, *operands: Tensor) -> Tensors:
        # The axis is gone: its vmap has ended, or it had one element and nothing to map.
        x, _ = self.across(operands[0].expand(self.size, *operands[0].shape))
        return [x]

    def batched(self, size: int, dims: Sequence[int | None], operands: Tensors) -> tuple[Tensors, Sequence[int | None]]:
        (x, index), (x_dim, index_dim) = moved_to_front(operands, dims)
        if index_dim is not None:
            out, dim = self.across(x if x_dim is not None else x.expand(size, *x.shape))
            return [out], [dim]
        return self.like_mapped(x)(x, index), [0]

    def like_mapped(self, x: Tensor) -> _Collective:
        """The same collective for an operand with a further axis in front, of another `vmap`."""
        return self.like(x)

    def pushed(self, primals: Tensors, tangents: Sequence[Tensor | None]) -> tuple[Tensors, Sequence[Tensor | None]]:
        x, index = primals
        t = tangents[0]
        return self(x, index), [None if t is None else self.along(t, x, index)]

    def linearized(self, active: tuple[bool, ...], operands: Tensors) -> tuple[Tensors, Pull]:
        x, index = operands

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Any]:
            return [None if cts[0] is None else self.back(cts[0], x, index)]

        return self(x, index), pull


class _Sum(_Collective):
    kind = "psum"

    def like(self, x: Tensor) -> _Collective:
        return _Sum(Spec.of(x), self.size)

    def across(self, x: Tensor) -> tuple[Tensor, int | None]:
        return x.sum(0, dtype=x.dtype), None

    def back(self, ct: Tensor, x: Tensor, index: Tensor) -> Tensor:
        return self.like(ct)(ct, index)[0]


class _Max(_Collective):
    """The largest; where several are, they share the derivative."""

    kind = "pmax"

    def like(self, x: Tensor) -> _Collective:
        return _Max(Spec.of(x), self.size)

    def across(self, x: Tensor) -> tuple[Tensor, int | None]:
        return x.amax(0), None

    def _share(self, x: Tensor, index: Tensor) -> Tensor:
        most = (x == self(x, index)[0]).to(x.dtype)
        return most / psum(most, index, self.size)

    def along(self, t: Tensor, x: Tensor, index: Tensor) -> Tensor:
        return psum(self._share(x, index) * t, index, self.size)

    def back(self, ct: Tensor, x: Tensor, index: Tensor) -> Tensor:
        return self._share(x, index) * psum(ct, index, self.size)


class _Gather(_Collective):
    """All elements, stacked along a new axis in front."""

    kind = "all_gather"

    def __init__(self, x: Spec, size: int, axis: int) -> None:
        super().__init__(Spec((*x.shape[:axis], size, *x.shape[axis:]), x.dtype, x.device), size)
        self.axis = axis

    def like(self, x: Tensor) -> _Collective:
        return _Gather(Spec.of(x), self.size, self.axis)

    def like_mapped(self, x: Tensor) -> _Collective:
        return _Gather(Spec.of(x), self.size, self.axis + 1)

    def across(self, x: Tensor) -> tuple[Tensor, int | None]:
        return x.movedim(0, self.axis), None

    def back(self, ct: Tensor, x: Tensor, index: Tensor) -> Tensor:
        return psum(ct, index, self.size).movedim(self.axis, 0).index_select(0, index.reshape(1)).squeeze(0)


class _Permute(_Collective):
    """Elements moved along the axis; zeros where none arrives."""

    kind = "ppermute"

    def __init__(self, x: Spec, size: int, perm: tuple[tuple[int, int], ...]) -> None:
        super().__init__(x, size)
        self.perm = perm

    def like(self, x: Tensor) -> _Collective:
        return _Permute(Spec.of(x), self.size, self.perm)

    def across(self, x: Tensor) -> tuple[Tensor, int | None]:
        source = dict((to, at) for at, to in self.perm)
        take = torch.tensor([source.get(i, self.size) for i in range(self.size)], device=x.device)
        return torch.cat([x, torch.zeros_like(x[:1])]).index_select(0, take), 0

    def back(self, ct: Tensor, x: Tensor, index: Tensor) -> Tensor:
        return _Permute(Spec.of(ct), self.size, tuple((to, at) for at, to in self.perm))(ct, index)[0]


def psum(x: Tensor, index: Tensor, size: int) -> Tensor:
    """Sum over the axis."""
    return _Sum(Spec.of(x), size)(x, index)[0]


def pmax(x: Tensor, index: Tensor, size: int) -> Tensor:
    """Maximum over the axis."""
    return _Max(Spec.of(x), size)(x, index)[0]


def all_gather(x: Tensor, index: Tensor, size: int, axis: int) -> Tensor:
    """All elements, along a new axis."""
    return _Gather(Spec.of(x), size, axis)(x, index)[0]


def ppermute(x: Tensor, index: Tensor, size: int, perm: Sequence[tuple[int, int]]) -> Tensor:
    """The element that a pair `(source, here)` names."""
    return _Permute(Spec.of(x), size, tuple(perm))(x, index)[0]
