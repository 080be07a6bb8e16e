"""Hypothesis strategies for the inputs of array programs: NumPy arrays, shapes, axes, matrices, trees, seeds.

Everything comes out as NumPy, so that one example can be given to every backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

import dualgrad as dg

__all__ = [
    "FLOATS",
    "INTEGERS",
    "SPECIAL",
    "arrays",
    "axes",
    "broadcastable_shapes",
    "dtypes",
    "positive_definite",
    "pytrees",
    "seeds",
    "shapes",
    "well_conditioned",
]

FLOATS = ("float16", "bfloat16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, float("inf"), float("-inf"), float("nan"), 1e-30, -1e-30, 1e30, 88.0, -104.0)
"""Values at which functions and formulas break: both zeros, ends of ranges, overflow and underflow of `exp`."""


def dtypes(names: Sequence[str] = (*FLOATS, *INTEGERS, "bool")) -> st.SearchStrategy[str]:
    """A dtype by name."""
    return st.sampled_from(tuple(names))


def shapes(*, min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 4) -> st.SearchStrategy[Any]:
    """A shape, with empty axes among them unless `min_side` is 1."""
    return st.lists(st.integers(min_side, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


@st.composite
def broadcastable_shapes(draw: st.DrawFn, count: int = 2, *, max_dims: int = 3, max_side: int = 4) -> Any:
    """`count` shapes that broadcast together, with the shape of the result last."""
    result = draw(shapes(max_dims=max_dims, max_side=max_side))
    found: list[tuple[int, ...]] = []
    for _ in range(count):
        kept = result[draw(st.integers(0, len(result))) :]
        found.append(tuple(1 if draw(st.booleans()) and draw(st.booleans()) else n for n in kept))
    return (*found, np.broadcast_shapes(*found))


@st.composite
def arrays(
    draw: st.DrawFn,
    dtype: str | st.SearchStrategy[str] = "float64",
    shape: Any = None,
    *,
    low: float = -10.0,
    high: float = 10.0,
    special: Sequence[float] = SPECIAL,
) -> Any:
    """An array with random elements, some of them special values.

    Args:
        draw: Given by Hypothesis.
        dtype: A name or a strategy for names.
        shape: A shape or a strategy for shapes; `shapes()` if not given.
        low: Least ordinary element.
        high: Greatest ordinary element.
        special: Values that are mixed in; empty for none. Integers take those that they can hold.
    """
    name = dtype if isinstance(dtype, str) else draw(dtype)
    size = shapes() if shape is None else shape
    size = draw(size) if isinstance(size, st.SearchStrategy) else size
    numpy_dtype = getattr(dg, name).dtype
    count = int(np.prod(size, dtype=int))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    if name == "bool":
        return rng.integers(0, 2, size).astype(bool)
    if name in INTEGERS:
        info = np.iinfo(numpy_dtype)
        x = rng.integers(max(int(low), info.min), min(int(high), info.max), size, endpoint=True)
        ends: Sequence[Any] = (0, info.max, info.min) if special else ()
        return _mixed(draw, x.astype(numpy_dtype), ends, count)
    x = rng.uniform(low, high, size)
    if "complex" in name:
        x = x + 1j * rng.uniform(low, high, size)
    return _mixed(draw, np.asarray(x).astype(numpy_dtype), special, count)


def axes(ndim: int, *, several: bool = False) -> st.SearchStrategy[Any]:
    """An axis of an array of `ndim` axes, counted from either end; with `several` also a tuple of axes, or `None`."""
    one = st.integers(-ndim, ndim - 1) if ndim else st.nothing()
    if not several:
        return one
    many = st.lists(st.integers(0, max(ndim - 1, 0)), max_size=ndim, unique=True).map(tuple)
    return st.one_of(st.none(), one, many)


@st.composite
def well_conditioned(draw: st.DrawFn, n: int | None = None, *, batch: tuple[int, ...] = (), cond: float = 10.0) -> Any:
    """Square matrices in float64 with singular values between 1 and `cond`, all apart from each other."""
    n = draw(st.integers(1, 4)) if n is None else n
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    u, _ = np.linalg.qr(rng.normal(size=(*batch, n, n)))
    v, _ = np.linalg.qr(rng.normal(size=(*batch, n, n)))
    values = np.linspace(1.0, cond, n) * rng.uniform(0.95, 1.05, (*batch, n))
    return (u * values[..., None, :]) @ v


@st.composite
def positive_definite(draw: st.DrawFn, n: int | None = None, *, batch: tuple[int, ...] = (), cond: float = 10.0) -> Any:
    """Symmetric positive definite matrices in float64 with eigenvalues between 1 and `cond`."""
    n = draw(st.integers(1, 4)) if n is None else n
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    q, _ = np.linalg.qr(rng.normal(size=(*batch, n, n)))
    values = np.linspace(1.0, cond, n) * rng.uniform(0.95, 1.05, (*batch, n))
    a = (q * values[..., None, :]) @ np.swapaxes(q, -1, -2)
    return (a + np.swapaxes(a, -1, -2)) / 2


def pytrees(leaves: st.SearchStrategy[Any], *, max_leaves: int = 5) -> st.SearchStrategy[Any]:
    """Nested lists, tuples, dicts and `None` around `leaves`."""

    def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(inner, max_size=3)
        named = st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
        return st.one_of(several, several.map(tuple), named)

    return st.recursive(st.one_of(leaves, st.none()), wider, max_leaves=max_leaves)


def seeds() -> st.SearchStrategy[int]:
    """A seed for `dg.random.key`: small ones, and the ends of the range that both precisions share."""
    return st.one_of(st.integers(0, 100), st.sampled_from([2**31 - 1, 2**32 - 1]), st.integers(0, 2**31 - 1))


def _mixed(draw: st.DrawFn, x: Any, special: Sequence[Any], count: int) -> Any:
    if not special or not count:
        return x
    places = draw(st.lists(st.tuples(st.integers(0, count - 1), st.sampled_from(special)), max_size=min(count, 4)))
    flat = x.reshape(-1).copy()
    with np.errstate(over="ignore"):
        for at, value in places:
            flat[at] = value
    return flat.reshape(x.shape)
