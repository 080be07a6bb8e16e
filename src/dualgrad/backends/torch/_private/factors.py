"""Systems, factors, determinants and eigenvalues of real matrices in a loop of C++.

A call of LAPACK through torch's Python takes 10 to 40 us, and would keep a loop of small steps, such as a Kalman
filter, in Python. Up to 32 rows the arithmetic is written out (`elimination`): elimination with partial pivoting,
Cholesky's row by row, and substitution. Beyond, and for eigenvalues, the loop calls torch's own LAPACK. Complex
matrices and other routines stay in Python, with their steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

import torch

from dualgrad.backends.torch._private.products import Place, Refused

__all__ = ["Factors"]

_MOST: Final = 32  # rows; beyond, LAPACK's blocks are faster, and its call costs little beside
_TYPES: Final = {torch.float32: "float", torch.float64: "double"}


class Factors:
    """`torch.ops.aten` in the Python part of a step, as far as it is written out here: notes calls in C++."""

    def __init__(
        self,
        empty: Callable[[tuple[int, ...], tuple[int, ...], torch.dtype], Place],
        placed: Callable[[Any], Place],
        note: Callable[[str], None],
    ) -> None:
        self._empty = empty
        self._placed = placed
        self._note = note
        self.used = False
        self.entries: list[str] = []  # routines of LAPACK's that are called
        own = (
            self._linalg_det,
            self._linalg_eigh,
            self._linalg_slogdet,
            self._linalg_solve_ex,
            self.linalg_cholesky_ex,
            self.linalg_inv_ex,
            self.linalg_lu_factor_ex,
            self.linalg_lu_solve,
            self.linalg_solve_triangular,
            self.lu_unpack,
        )
        self._known = {f.__name__: SimpleNamespace(default=f) for f in own}

    def operation(self, name: str) -> Any:
        """The operation of that name, as `torch.ops.aten` has it."""
        if name not in self._known:
            raise Refused
        return self._known[name]

    def linalg_cholesky_ex(self, a: Any, **options: Any) -> tuple[Place, Place]:
        """Lower factors, and for which row each matrix is no longer positive."""
        a = self._matrix(a)
        if any(options.values()):
            raise Refused
        out, info = self._like(a, a.shape), self._integers(a, a.shape[:-2])
        self._called("cholesky", "potrf", a, [_count(a), a.shape[-1]], [_stack(a), _stack(out), _integers(info)])
        return out, info

    def linalg_inv_ex(self, a: Any, **options: Any) -> tuple[Place, Place]:
        """Inverses, and which pivot of each is zero."""
        a = self._matrix(a)
        return self._solved(a, None, a.shape)

    def _linalg_solve_ex(self, a: Any, b: Any, **options: Any) -> tuple[Place, None, None, Place]:
        """Solutions, and which pivot of each system is zero; the factors are not to be had."""
        a, b = self._matrix(a), self._placed(b)
        if options.get("left", True) is not True or b.dtype is not a.dtype or b.shape[:-1] != a.shape[:-1]:
            raise Refused
        out, info = self._solved(a, b, b.shape)
        return out, None, None, info

    def linalg_solve_triangular(
        self, a: Any, b: Any, *, upper: bool, left: bool = True, unitriangular: bool = False
    ) -> Place:
        """Solutions of triangular systems."""
        a, b = self._matrix(a), self._placed(b)
        rows = b.shape[:-1] if left else (*b.shape[:-2], b.shape[-1])
        if b.dtype is not a.dtype or rows != a.shape[:-1]:
            raise Refused
        out = self._like(a, b.shape)
        columns, stacks = b.shape[-1], [_stack(x) for x in (a, b, out)]
        if not left:  # the transpose of `x a = b`
            columns, upper, stacks = b.shape[-2], not upper, [_stack(x, turned=True) for x in (a, b, out)]
        ways = [str(bool(x)).lower() for x in (upper, unitriangular)]
        self._called("triangular", "trsm", a, [_count(a), a.shape[-1], columns], [*stacks, *ways])
        return out

    def linalg_lu_factor_ex(self, a: Any, *, pivot: bool = True, **options: Any) -> tuple[Place, Place, Place]:
        """Factors, where rows were exchanged, and which pivot of each matrix is zero."""
        if not pivot or any(options.values()):
            raise Refused
        return self._factored(self._matrix(a))

    def lu_unpack(
        self, lu: Any, pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True
    ) -> tuple[Place, None, None]:
        """How rows were exchanged, as matrices; the factors apart are not to be had."""
        lu, pivots = self._matrix(lu), self._placed(pivots)
        if unpack_data or not unpack_pivots or not pivots.dense():
            raise Refused
        out = self._empty(lu.shape, _rows_of(lu.shape), lu.dtype)
        self._called("permutation", "", lu, [_count(lu), lu.shape[-1]], [_integers(pivots), _stack(out)])
        return out, None, None

    def linalg_lu_solve(self, lu: Any, pivots: Any, b: Any, *, left: bool = True, adjoint: bool = False) -> Place:
        """Solutions by factors."""
        lu, pivots, b = self._matrix(lu), self._placed(pivots), self._placed(b)
        if not left or adjoint or b.dtype is not lu.dtype or b.shape[:-1] != lu.shape[:-1] or not pivots.dense():
            raise Refused
        out = self._like(lu, b.shape)
        self._substituted(lu, pivots, b, out)
        return out

    def _linalg_det(self, a: Any) -> tuple[Place, None, None]:
        """Determinants; the factors are not to be had."""
        a = self._matrix(a)
        det = self._empty(a.shape[:-2], _rows_of(a.shape[:-2]), a.dtype)
        self._determinant(a, [_pointer(det), "nullptr", "nullptr"])
        return det, None, None

    def _linalg_slogdet(self, a: Any) -> tuple[Place, Place, None, None]:
        """Signs and logarithms of determinants; the factors are not to be had."""
        a = self._matrix(a)
        sign, log = (self._empty(a.shape[:-2], _rows_of(a.shape[:-2]), a.dtype) for _ in range(2))
        self._determinant(a, ["nullptr", _pointer(sign), _pointer(log)])
        return sign, log, None, None

    def _linalg_eigh(self, a: Any, UPLO: str = "L", compute_v: bool = True) -> tuple[Place, Place | None]:
        """Eigenvalues and eigenvectors of symmetric matrices, by LAPACK whatever their size; nan where it fails."""
        a = self._matrix(a)
        values = self._empty(a.shape[:-1], _rows_of(a.shape[:-1]), a.dtype)
        out = self._like(a, a.shape) if compute_v else None
        stack = _nothing(a) if out is None else _stack(out)
        ways = [str(out is not None).lower(), str(UPLO.upper() == "U").lower()]
        self._called("eigen", "syevd", a, [_count(a), a.shape[-1]], [_stack(a), _pointer(values), stack, *ways], 0)
        return values, out

    def _solved(self, a: Place, b: Place | None, shape: tuple[int, ...]) -> tuple[Place, Place]:
        lu, pivots, info = self._factored(a)
        out = self._like(a, shape)
        self._substituted(lu, pivots, b, out)
        return out, info

    def _factored(self, a: Place) -> tuple[Place, Place, Place]:
        lu, pivots, info = self._like(a, a.shape), self._integers(a, a.shape[:-1]), self._integers(a, a.shape[:-2])
        stacks = [_stack(a), _stack(lu), _integers(pivots), _integers(info)]
        self._called("factored", "getrf", a, [_count(a), a.shape[-1]], stacks)
        return lu, pivots, info

    def _substituted(self, lu: Place, pivots: Place, b: Place | None, out: Place) -> None:
        rhs = _nothing(lu) if b is None else _stack(b)
        stacks = [_stack(lu), _integers(pivots), rhs, _stack(out)]
        self._called("substituted", "trsm", lu, [_count(lu), *out.shape[-2:]], stacks)

    def _determinant(self, a: Place, outs: list[str]) -> None:
        lu, pivots, _ = self._factored(a)
        self._called("determinant", "", a, [_count(a), a.shape[-1]], [_stack(lu), _integers(pivots), *outs])

    def _matrix(self, a: Any) -> Place:
        a = self._placed(a)
        if a.dtype not in _TYPES or a.shape[-1] != a.shape[-2] or not a.shape[-1]:
            raise Refused
        return a

    def _like(self, a: Place, shape: tuple[int, ...]) -> Place:
        """Room for results as torch lays them out: columns stand one after the other."""
        *batch, n, m = shape
        stride = [math.prod(batch[i + 1 :]) * n * m for i in range(len(batch))]
        return self._empty(tuple(shape), (*stride, 1, n), a.dtype)

    def _integers(self, a: Place, shape: tuple[int, ...]) -> Place:
        return self._empty(shape, _rows_of(shape), torch.int32)

    def _called(self, name: str, routine: str, a: Place, sizes: list[int], rest: list[str], most: int = _MOST) -> None:
        """Note a call; of a routine of LAPACK's, if it has one, for matrices of more rows than `most`."""
        self.used = True
        given = [*map(str, sizes), *rest]
        if routine:
            entry = f"{'sd'[a.dtype is torch.float64]}{routine}_"
            if a.shape[-1] > most and entry not in self.entries:
                self.entries.append(entry)
            given.insert(0, entry if a.shape[-1] > most else "0")
        self._note(f"{name}<{_TYPES[a.dtype]}>({', '.join(given)});")


def _rows_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple([math.prod(shape[i + 1 :]) for i in range(len(shape))])


def _count(a: Place) -> int:
    return math.prod(a.shape[:-2])


def _pointer(x: Place) -> str:
    return f"reinterpret_cast<{_TYPES[x.dtype]}*>({x.pointer()})"


def _integers(x: Place) -> str:
    return f"reinterpret_cast<int32_t*>({x.pointer()})"


def _nothing(a: Place) -> str:
    return f"Stack<{_TYPES[a.dtype]}>{{nullptr, 0, 0, 0}}"


def _stack(x: Place, turned: bool = False) -> str:
    """Matrices, or their transposes, by the distances of rows, columns and of one matrix from the next."""
    *batch, row, col = x.stride
    if turned:
        row, col = col, row
    next_one = batch[-1] if batch else 0
    for i in range(len(batch) - 1):
        if x.shape[i] != 1 and batch[i] != next_one * math.prod(x.shape[i + 1 : -2]):
            raise Refused
    kind = _TYPES[x.dtype]
    return f"Stack<{kind}>{{reinterpret_cast<{kind}*>({x.pointer()}), {row}, {col}, {next_one}}}"
