"""The C++ of systems, factors and eigenvalues in a loop: the textbook's for small matrices, calls of LAPACK for others.

A matrix is given by its first element and the distances of rows, columns and of one matrix from the next. Where an
address of LAPACK's is not 0, that is called; `info` is LAPACK's.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SOURCE"]

SOURCE: Final = """
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>
template <typename T> struct Stack {
    T* data;
    int64_t row, col, next;
    T& operator()(int64_t b, int64_t i, int64_t j) const { return data[b * next + i * row + j * col]; }
};
template <typename T> static void copied(int64_t b, int64_t n, int64_t m, const Stack<T>& from, const Stack<T>& to) {
    for (int64_t j = 0; j < m; ++j) for (int64_t i = 0; i < n; ++i) to(b, i, j) = from.data ? from(b, i, j) : T(i == j);
}
template <typename T> static void cholesky(
    uintptr_t potrf, int64_t count, int64_t n, Stack<T> a, Stack<T> out, int32_t* info) {
    for (int64_t b = 0; b < count; ++b) {
        info[b] = 0;
        for (int64_t j = 0; j < n; ++j) for (int64_t i = 0; i < n; ++i) out(b, i, j) = i < j ? T(0) : a(b, i, j);
        if (potrf) {
            int32_t size = n;
            reinterpret_cast<void (*)(const char*, int32_t*, T*, int32_t*, int32_t*)>(potrf)(
                "L", &size, &out(b, 0, 0), &size, info + b);
            continue;
        }
        for (int64_t j = 0; j < n; ++j) {
            T d = out(b, j, j);
            for (int64_t k = 0; k < j; ++k) d -= out(b, j, k) * out(b, j, k);
            if (!(d > 0)) { info[b] = j + 1; break; }
            out(b, j, j) = d = std::sqrt(d);
            for (int64_t i = j + 1; i < n; ++i) {
                T s = out(b, i, j);
                for (int64_t k = 0; k < j; ++k) s -= out(b, i, k) * out(b, j, k);
                out(b, i, j) = s / d;
            }
        }
    }
}
template <typename T> static void triangular(
    uintptr_t trsm, int64_t count, int64_t n, int64_t m, Stack<T> a, Stack<T> rhs, Stack<T> out, bool upper,
    bool unit) {
    std::vector<T> room(trsm ? n * (n + m) : 0);
    for (int64_t b = 0; b < count; ++b) {
        if (trsm) {
            T* const of_a = room.data(), * const of_x = of_a + n * n;
            copied<T>(0, n, n, {&a(b, 0, 0), a.row, a.col, 0}, {of_a, 1, n, 0});
            copied<T>(0, n, m, {&rhs(b, 0, 0), rhs.row, rhs.col, 0}, {of_x, 1, n, 0});
            int32_t rows = n, columns = m;
            T one = 1;
            reinterpret_cast<void (*)(const char*, const char*, const char*, const char*, int32_t*, int32_t*, T*, T*,
                int32_t*, T*, int32_t*)>(trsm)(
                "L", upper ? "U" : "L", "N", unit ? "U" : "N", &rows, &columns, &one, of_a, &rows, of_x, &rows);
            copied<T>(0, n, m, {of_x, 1, n, 0}, {&out(b, 0, 0), out.row, out.col, 0});
            continue;
        }
        for (int64_t c = 0; c < m; ++c) for (int64_t step = 0; step < n; ++step) {
            const int64_t i = upper ? n - 1 - step : step;
            T s = rhs(b, i, c);
            for (int64_t k = upper ? i + 1 : 0; k < (upper ? n : i); ++k) s -= a(b, i, k) * out(b, k, c);
            out(b, i, c) = unit ? s : s / a(b, i, i);
        }
    }
}
template <typename T> static void factored(
    uintptr_t getrf, int64_t count, int64_t n, Stack<T> a, Stack<T> lu, int32_t* pivots, int32_t* info) {
    for (int64_t b = 0; b < count; ++b) {
        int32_t* const p = pivots + b * n;
        info[b] = 0;
        copied<T>(b, n, n, a, lu);
        if (getrf) {
            int32_t size = n;
            reinterpret_cast<void (*)(int32_t*, int32_t*, T*, int32_t*, int32_t*, int32_t*)>(getrf)(
                &size, &size, &lu(b, 0, 0), &size, p, info + b);
            continue;
        }
        for (int64_t j = 0; j < n; ++j) {
            int64_t best = j;
            for (int64_t i = j + 1; i < n; ++i) if (std::abs(lu(b, i, j)) > std::abs(lu(b, best, j))) best = i;
            p[j] = best + 1;
            if (lu(b, best, j) == 0) {
                if (!info[b]) info[b] = j + 1;
                continue;
            }
            if (best != j) for (int64_t k = 0; k < n; ++k) std::swap(lu(b, best, k), lu(b, j, k));
            const T d = lu(b, j, j);
            for (int64_t i = j + 1; i < n; ++i) lu(b, i, j) /= d;
            for (int64_t k = j + 1; k < n; ++k) {
                const T f = lu(b, j, k);
                for (int64_t i = j + 1; i < n; ++i) lu(b, i, k) -= lu(b, i, j) * f;
            }
        }
    }
}
template <typename T> static void substituted(
    uintptr_t trsm, int64_t count, int64_t n, int64_t m, Stack<T> lu, const int32_t* pivots, Stack<T> rhs,
    Stack<T> out) {
    for (int64_t b = 0; b < count; ++b) {
        copied<T>(b, n, m, rhs, out);
        for (int64_t j = 0; j < n; ++j) {
            const int64_t p = pivots[b * n + j] - 1;
            if (p != j) for (int64_t c = 0; c < m; ++c) std::swap(out(b, p, c), out(b, j, c));
        }
        const Stack<T> from{&lu(b, 0, 0), lu.row, lu.col, 0}, here{&out(b, 0, 0), out.row, out.col, 0};
        triangular<T>(trsm, 1, n, m, from, here, here, false, true);
        triangular<T>(trsm, 1, n, m, from, here, here, true, false);
    }
}
template <typename T> static void permutation(int64_t count, int64_t n, const int32_t* pivots, Stack<T> out) {
    std::vector<int64_t> place(n);
    for (int64_t b = 0; b < count; ++b) {
        for (int64_t i = 0; i < n; ++i) place[i] = i;
        for (int64_t i = 0; i < n; ++i) std::swap(place[i], place[pivots[b * n + i] - 1]);
        for (int64_t i = 0; i < n; ++i) for (int64_t j = 0; j < n; ++j) out(b, i, j) = place[j] == i;
    }
}
template <typename T> static void determinant(
    int64_t count, int64_t n, Stack<T> lu, const int32_t* pivots, T* det, T* sign, T* log) {
    for (int64_t b = 0; b < count; ++b) {
        T product = 1, way = 1, sum = 0;
        for (int64_t j = 0; j < n; ++j) {
            const T d = lu(b, j, j), turned = pivots[b * n + j] == j + 1 ? T(1) : T(-1);
            product *= turned * d;
            way *= turned * T((d > 0) - (d < 0));
            sum += std::log(std::abs(d));
        }
        if (det) det[b] = product;
        if (sign) { sign[b] = way; log[b] = sum; }
    }
}
template <typename T> static void eigen(
    uintptr_t syevd, int64_t count, int64_t n, Stack<T> a, T* values, Stack<T> out, bool vectors, bool upper) {
    using Call = void (*)(
        const char*, const char*, int32_t*, T*, int32_t*, T*, T*, int32_t*, int32_t*, int32_t*, int32_t*);
    std::vector<T> own(vectors ? 0 : n * n), room(1);
    std::vector<int32_t> places(1);
    int32_t size = n, most = -1, more = -1, info = 0;
    const auto call = [&](T* where, T* w) {
        reinterpret_cast<Call>(syevd)(vectors ? "V" : "N", upper ? "U" : "L", &size, where, &size, w, room.data(),
            &most, places.data(), &more, &info);
    };
    call(vectors ? out.data : own.data(), values);
    room.resize(most = static_cast<int32_t>(room[0]));
    places.resize(more = places[0]);
    for (int64_t b = 0; b < count; ++b) {
        T* const where = vectors ? &out(b, 0, 0) : own.data();
        copied<T>(0, n, n, {&a(b, 0, 0), a.row, a.col, 0}, {where, 1, n, 0});
        call(where, values + b * n);
        if (!info) continue;
        std::fill(values + b * n, values + (b + 1) * n, std::numeric_limits<T>::quiet_NaN());
        std::fill(where, where + n * n, std::numeric_limits<T>::quiet_NaN());
    }
}
"""
