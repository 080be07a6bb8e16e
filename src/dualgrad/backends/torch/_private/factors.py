"""Small systems and Cholesky factors in a loop of C++, written out there.

A call of LAPACK through torch's Python takes 10 to 40 us, and would keep a loop of small steps, such as a Kalman
filter, in Python. Of matrices of up to 32 rows the arithmetic is that of the textbook: elimination with partial
pivoting, Cholesky's row by row, and substitution, with LAPACK's `info`. Larger ones stay LAPACK's, and their steps in
Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar, Final

import torch

from dualgrad.backends.torch._private.products import Place, Refused

__all__ = ["Factors"]

_MOST: Final = 32  # rows; beyond, LAPACK's blocks are faster, and its call costs little beside
_TYPES: Final = {torch.float32: "float", torch.float64: "double"}


class Factors:
    """`torch.ops.aten` in the Python part of a step, as far as it is written out here: notes calls in C++."""

    HEAD: ClassVar = f"""
#include <cmath>
#include <cstdint>
#include <utility>
template <typename T> struct Stack {{
    T* data;
    int64_t row, col, next;
    T& operator()(int64_t b, int64_t i, int64_t j) const {{ return data[b * next + i * row + j * col]; }}
}};
template <typename T> static void cholesky(int64_t count, int64_t n, Stack<T> a, Stack<T> out, int32_t* info) {{
    for (int64_t b = 0; b < count; ++b) {{
        info[b] = 0;
        for (int64_t j = 0; j < n; ++j) for (int64_t i = 0; i < n; ++i) out(b, i, j) = i < j ? T(0) : a(b, i, j);
        for (int64_t j = 0; j < n; ++j) {{
            T d = out(b, j, j);
            for (int64_t k = 0; k < j; ++k) d -= out(b, j, k) * out(b, j, k);
            if (!(d > 0)) {{ info[b] = j + 1; break; }}
            out(b, j, j) = d = std::sqrt(d);
            for (int64_t i = j + 1; i < n; ++i) {{
                T s = out(b, i, j);
                for (int64_t k = 0; k < j; ++k) s -= out(b, i, k) * out(b, j, k);
                out(b, i, j) = s / d;
            }}
        }}
    }}
}}
template <typename T> static void triangular(
    int64_t count, int64_t n, int64_t m, Stack<T> a, Stack<T> rhs, Stack<T> out, bool upper, bool unit) {{
    for (int64_t b = 0; b < count; ++b) for (int64_t c = 0; c < m; ++c) for (int64_t step = 0; step < n; ++step) {{
        const int64_t i = upper ? n - 1 - step : step;
        T s = rhs(b, i, c);
        for (int64_t k = upper ? i + 1 : 0; k < (upper ? n : i); ++k) s -= a(b, i, k) * out(b, k, c);
        out(b, i, c) = unit ? s : s / a(b, i, i);
    }}
}}
template <typename T> static void solved(
    int64_t count, int64_t n, int64_t m, Stack<T> a, Stack<T> rhs, Stack<T> out, int32_t* info) {{
    T lu[{_MOST * _MOST}];
    for (int64_t b = 0; b < count; ++b) {{
        info[b] = 0;
        for (int64_t i = 0; i < n; ++i) for (int64_t j = 0; j < n; ++j) lu[i * n + j] = a(b, i, j);
        for (int64_t i = 0; i < n; ++i) for (int64_t c = 0; c < m; ++c) {{
            out(b, i, c) = rhs.data ? rhs(b, i, c) : T(i == c);
        }}
        for (int64_t j = 0; j < n; ++j) {{
            int64_t p = j;
            for (int64_t i = j + 1; i < n; ++i) if (std::abs(lu[i * n + j]) > std::abs(lu[p * n + j])) p = i;
            if (lu[p * n + j] == 0) {{
                if (!info[b]) info[b] = j + 1;
                continue;
            }}
            if (p != j) {{
                for (int64_t k = 0; k < n; ++k) std::swap(lu[p * n + k], lu[j * n + k]);
                for (int64_t c = 0; c < m; ++c) std::swap(out(b, p, c), out(b, j, c));
            }}
            for (int64_t i = j + 1; i < n; ++i) {{
                const T f = lu[i * n + j] /= lu[j * n + j];
                for (int64_t k = j + 1; k < n; ++k) lu[i * n + k] -= f * lu[j * n + k];
                for (int64_t c = 0; c < m; ++c) out(b, i, c) -= f * out(b, j, c);
            }}
        }}
        const Stack<T> above{{lu, n, 1, 0}}, here{{&out(b, 0, 0), out.row, out.col, 0}};
        triangular<T>(1, n, m, above, here, here, true, false);
    }}
}}
"""

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
        own = (self.linalg_cholesky_ex, self.linalg_inv_ex, self._linalg_solve_ex, self.linalg_solve_triangular)
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
        out, info = self._like(a, a.shape), self._info(a)
        self._called("cholesky", a, [_count(a), a.shape[-1]], [_stack(a), _stack(out), _numbers(info)])
        return out, info

    def linalg_inv_ex(self, a: Any, **options: Any) -> tuple[Place, Place]:
        """Inverses, and which pivot of each is zero."""
        a = self._matrix(a)
        out, info = self._like(a, a.shape), self._info(a)
        n = a.shape[-1]
        nothing = f"Stack<{_TYPES[a.dtype]}>{{nullptr, 0, 0, 0}}"
        self._called("solved", a, [_count(a), n, n], [_stack(a), nothing, _stack(out), _numbers(info)])
        return out, info

    def _linalg_solve_ex(self, a: Any, b: Any, **options: Any) -> tuple[Place, None, None, Place]:
        """Solutions, and which pivot of each system is zero; the factors are not to be had."""
        a, b = self._matrix(a), self._placed(b)
        if options.get("left", True) is not True or b.dtype is not a.dtype or b.shape[:-1] != a.shape[:-1]:
            raise Refused
        out, info = self._like(a, b.shape), self._info(a)
        sizes = [_count(a), *b.shape[-2:]]
        self._called("solved", a, sizes, [_stack(a), _stack(b), _stack(out), _numbers(info)])
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
        self._called("triangular", a, [_count(a), a.shape[-1], columns], [*stacks, *ways])
        return out

    def _matrix(self, a: Any) -> Place:
        a = self._placed(a)
        if a.dtype not in _TYPES or not 0 < a.shape[-1] <= _MOST:
            raise Refused
        return a

    def _like(self, a: Place, shape: tuple[int, ...]) -> Place:
        """Room for results as torch lays them out: columns stand one after the other."""
        *batch, n, m = shape
        stride = [math.prod(batch[i + 1 :]) * n * m for i in range(len(batch))]
        return self._empty(tuple(shape), (*stride, 1, n), a.dtype)

    def _info(self, a: Place) -> Place:
        batch = a.shape[:-2]
        return self._empty(batch, tuple([math.prod(batch[i + 1 :]) for i in range(len(batch))]), torch.int32)

    def _called(self, name: str, a: Place, sizes: list[int], rest: list[str]) -> None:
        self.used = True
        self._note(f"{name}<{_TYPES[a.dtype]}>({', '.join([*map(str, sizes), *rest])});")


def _count(a: Place) -> int:
    return math.prod(a.shape[:-2])


def _numbers(info: Place) -> str:
    return f"reinterpret_cast<int32_t*>({info.pointer()})"


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
