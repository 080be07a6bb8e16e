"""Hypothesis strategies for the inputs of array programs: arrays, shapes, axes, matrices, trees, keys.

Everything comes out as NumPy, so that one example can be given to every backend, and shrinks element by element: to
zeros, small shapes and diagonal matrices, so that a failing example shows what it fails for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

import dualgrad as dg

__all__ = [
    "COMPLEX",
    "FLOATS",
    "INTEGERS",
    "SPECIAL",
    "arrays",
    "axes",
    "broadcastable_arrays",
    "broadcastable_shapes",
    "distinct_eigenvalues",
    "dtypes",
    "keys",
    "positive_definite",
    "pytrees",
    "seeds",
    "shapes",
    "well_conditioned",
]

FLOATS = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
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
        kept = result[min(draw(st.integers(0, max_dims)), len(result)) :]
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
    """An array with random elements, some of them special values; shrinks to zeros, or to `low` where that is above.

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
    count = int(np.prod(size, dtype=int))
    element = _element(name, low, high, special)
    values = draw(st.lists(element, min_size=count, max_size=count))
    with np.errstate(over="ignore"):
        wide = np.array(values, dtype=_WIDE.get(getattr(dg, name).dtype.kind, np.float64))
        return wide.reshape(size).astype(getattr(dg, name).dtype)


@st.composite
def broadcastable_arrays(
    draw: st.DrawFn, count: int = 2, dtype: str | st.SearchStrategy[str] = "float64", **options: Any
) -> tuple[Any, ...]:
    """`count` arrays whose shapes broadcast together; options as for `arrays`, and `max_dims` and `max_side`."""
    sizes = {k: options.pop(k) for k in ("max_dims", "max_side") if k in options}
    found = draw(broadcastable_shapes(count, **sizes))[:-1]
    return tuple(draw(arrays(dtype, shape, **options)) for shape in found)


def axes(ndim: int, *, several: bool = False) -> st.SearchStrategy[Any]:
    """An axis of an array of `ndim` axes, counted from either end; with `several` also a tuple of axes, or `None`."""
    one = st.integers(-ndim, ndim - 1) if ndim else st.nothing()
    if not several:
        return one
    many = st.lists(st.integers(0, max(ndim - 1, 0)), max_size=ndim, unique=True).map(tuple)
    return st.one_of(st.none(), one, many)


@st.composite
def well_conditioned(draw: st.DrawFn, n: int | None = None, *, batch: tuple[int, ...] = (), cond: float = 10.0) -> Any:
    """Square matrices in float64 with singular values from 1 to `cond`, all apart; shrinks to a diagonal of them."""
    n = draw(st.integers(1, 4)) if n is None else n
    u, v = draw(_rotations(n, batch)), draw(_rotations(n, batch))
    return (u * draw(_values(n, batch, cond))[..., None, :]) @ v


@st.composite
def positive_definite(draw: st.DrawFn, n: int | None = None, *, batch: tuple[int, ...] = (), cond: float = 10.0) -> Any:
    """Symmetric positive definite matrices in float64, eigenvalues apart, from 1 to `cond`; shrinks to a diagonal."""
    n = draw(st.integers(1, 4)) if n is None else n
    return _symmetric(draw(_rotations(n, batch)), draw(_values(n, batch, cond)))


@st.composite
def distinct_eigenvalues(
    draw: st.DrawFn, n: int | None = None, *, batch: tuple[int, ...] = (), symmetric: bool = True, gap: float = 0.5
) -> Any:
    """Square matrices in float64 with real eigenvalues at least `gap` apart, of either sign; shrinks to a diagonal.

    Args:
        draw: Given by Hypothesis.
        n: The size; 1 to 4 unless given.
        batch: Batch axes.
        symmetric: Whether the matrices are; else they are similar to such by a well-conditioned matrix.
        gap: Least distance of two eigenvalues.
    """
    n = draw(st.integers(1, 4)) if n is None else n
    steps = gap * (1.0 + draw(_unit((*batch, n))))
    values = np.cumsum(steps, axis=-1) - draw(st.integers(0, n)) * gap * 1.5
    q = draw(_rotations(n, batch))
    if symmetric:
        return _symmetric(q, values)
    shear = np.eye(n) + 0.3 * np.triu(draw(_unit((*batch, n, n))), 1)
    return shear @ _symmetric(q, values) @ np.linalg.inv(shear)


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


def keys(batch: tuple[int, ...] = ()) -> st.SearchStrategy[Any]:
    """Keys for `dg.random`, as `dg.random.key` makes them of `seeds()`: `uint32` of shape `(*batch, 2)`."""
    count = int(np.prod(batch, dtype=int))

    def key(numbers: list[int]) -> Any:
        return np.array([[0, seed] for seed in numbers], dtype=np.uint32).reshape(*batch, 2)

    return st.lists(seeds(), min_size=count, max_size=count).map(key)


_WIDE = {"c": np.complex128, "b": np.bool_, "i": np.int64, "u": np.uint64}


def _element(name: str, low: float, high: float, special: Sequence[float]) -> st.SearchStrategy[Any]:
    if name == "bool":
        return st.booleans()
    if name in INTEGERS:
        info = np.iinfo(name)
        inside = st.integers(max(int(low), int(info.min)), min(int(high), int(info.max)))
        return st.one_of(inside, st.integers(int(info.min), int(info.max))) if special else inside
    inside = st.one_of(
        st.integers(int(np.ceil(low)), int(np.floor(high))).map(float)
        if np.ceil(low) <= np.floor(high)
        else st.nothing(),
        st.floats(low, high, allow_nan=False, width=64),
    )
    one = st.one_of(inside, st.sampled_from([float(x) for x in special])) if special else inside
    return st.builds(complex, one, one) if name in COMPLEX else one


@st.composite
def _unit(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    """Numbers in [0, 1], in steps that shrink well."""
    count = int(np.prod(shape, dtype=int))
    return np.array(draw(st.lists(st.integers(0, 64), min_size=count, max_size=count)), float).reshape(shape) / 64


@st.composite
def _rotations(draw: st.DrawFn, n: int, batch: tuple[int, ...]) -> Any:
    """Orthogonal matrices, as Cayley's transform of skew ones; shrinks to the identity."""
    skew = np.triu(draw(_unit((*batch, n, n))), 1)
    skew = skew - np.swapaxes(skew, -1, -2)
    return np.linalg.solve(np.eye(n) + skew, np.eye(n) - skew)


@st.composite
def _values(draw: st.DrawFn, n: int, batch: tuple[int, ...], cond: float) -> Any:
    """`n` numbers from 1 to `cond`, apart from each other."""
    places = np.arange(n) + 0.5 * draw(_unit((*batch, n)))
    return 1.0 + (cond - 1.0) * places / max(n - 0.5, 1.0)


def _symmetric(q: Any, values: Any) -> Any:
    a = (q * values[..., None, :]) @ np.swapaxes(q, -1, -2)
    return (a + np.swapaxes(a, -1, -2)) / 2
