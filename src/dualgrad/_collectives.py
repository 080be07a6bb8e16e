"""Collectives over the named axes of `dg.vmap`, which `dg.lax` lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from dualgrad._active import active
from dualgrad._ops.slicing import dynamic_index_in_dim, dynamic_slice_in_dim
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.collectives import wrong_parts
from dualgrad._transformed import run_lax

__all__ = [
    "all_gather",
    "all_to_all",
    "axis_index",
    "axis_size",
    "pmax",
    "pmean",
    "pmin",
    "ppermute",
    "pshuffle",
    "psum",
    "psum_scatter",
    "pswapaxes",
]

T = TypeVar("T")


def psum(x: T, axis_name: Any) -> T:
    """Sum of `x` over a mapped axis, the same for each of its elements.

    Args:
        x: A tree of arrays. A Python number is multiplied by the size of the axis, at once.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names.

    Returns:
        A tree like `x`, with the shapes of its arrays; a number for a number.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> shares = dg.vmap(lambda x: x / dg.lax.psum(x, "i"), axis_name="i")
        >>> dg.to_numpy(shares(dg.asarray([1.0, 3.0]))).tolist()
        [0.25, 0.75]

    Source: `jax.lax.psum`.
    """
    return run_lax("psum", (), (x,), axis_name)


def pmean(x: T, axis_name: Any) -> T:
    """Mean of `x` over a mapped axis, the same for each of its elements.

    Args:
        x: A tree of arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names.

    Returns:
        A tree like `x`, with the shapes of its arrays.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> centred = dg.vmap(lambda x: x - dg.lax.pmean(x, "i"), axis_name="i")
        >>> dg.to_numpy(centred(dg.asarray([1.0, 3.0]))).tolist()
        [-1.0, 1.0]

    Source: `jax.lax.pmean`.
    """
    return run_lax("pmean", (), (x,), axis_name)


def pmax(x: T, axis_name: Any) -> T:
    """Largest `x` along a mapped axis, the same for each of its elements.

    Args:
        x: A tree of real arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names.

    Returns:
        A tree like `x`, with the shapes and dtypes of its arrays.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.

    Derivative:
        At ties, the elements that attain the maximum share it equally; both modes, any order. JAX alone has none.

    Example:
        >>> dg.to_numpy(dg.vmap(lambda x: dg.lax.pmax(x, "i"), axis_name="i")(dg.asarray([1.0, 3.0]))).tolist()
        [3.0, 3.0]

    Source: `jax.lax.pmax`.
    """
    return run_lax("pmax", (), (x,), axis_name)


def pmin(x: T, axis_name: Any) -> T:
    """Smallest `x` along a mapped axis, the same for each of its elements.

    Args:
        x: A tree of real arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names.

    Returns:
        A tree like `x`, with the shapes and dtypes of its arrays.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.

    Derivative:
        At ties, the elements that attain the minimum share it equally; both modes, any order. JAX alone has none.

    Example:
        >>> dg.to_numpy(dg.vmap(lambda x: dg.lax.pmin(x, "i"), axis_name="i")(dg.asarray([1.0, 3.0]))).tolist()
        [1.0, 1.0]

    Source: `jax.lax.pmin`.
    """
    return run_lax("pmin", (), (x,), axis_name)


def all_gather(x: T, axis_name: Any, *, axis: int = 0, tiled: bool = False) -> T:
    """The `x` of all elements of a mapped axis, stacked, the same for each of them.

    Args:
        x: A tree of arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names, the first
            varying slowest.
        axis: Where the gathered axis appears in the result.
        tiled: Whether to concatenate along `axis` instead of stacking.

    Returns:
        A tree like `x`; each array has the mapped axis in addition, at `axis`, or with `tiled` that axis so many times
        longer.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> everything = dg.vmap(lambda x: dg.lax.all_gather(x, "i"), axis_name="i")
        >>> dg.to_numpy(everything(dg.asarray([1.0, 3.0]))).tolist()
        [[1.0, 3.0], [1.0, 3.0]]

    Source: `jax.lax.all_gather`.
    """
    return run_lax("all_gather", (), (x,), axis_name, axis=axis, tiled=tiled)


def ppermute(x: T, axis_name: Any, perm: Sequence[tuple[int, int]]) -> T:
    """The `x` of another element of a mapped axis.

    Args:
        x: A tree of arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`.
        perm: Pairs `(source, destination)` of positions along the axis, none of them twice in its place. A position
            that is no destination receives zeros.

    Returns:
        A tree like `x`, with the shapes and dtypes of its arrays.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.
        ValueError: A position is out of range or repeated.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> rolled = dg.vmap(lambda x: dg.lax.ppermute(x, "i", [(0, 1), (1, 2), (2, 0)]), axis_name="i")
        >>> dg.to_numpy(rolled(dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [3.0, 1.0, 2.0]

    Source: `jax.lax.ppermute`.
    """
    return run_lax("ppermute", (), (x,), axis_name, perm)


def pshuffle(x: T, axis_name: Any, perm: Sequence[int]) -> T:
    """The `x` of another element of a mapped axis; each element's goes to exactly one.

    Args:
        x: A tree of arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`.
        perm: A permutation of the positions along the axis; position `i` receives from `perm[i]`.

    Returns:
        A tree like `x`, with the shapes and dtypes of its arrays.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.
        ValueError: `perm` is no permutation of the positions.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> turned = dg.vmap(lambda x: dg.lax.pshuffle(x, "i", [2, 1, 0]), axis_name="i")
        >>> dg.to_numpy(turned(dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [3.0, 2.0, 1.0]

    Source: `jax.lax.pshuffle`.
    """
    size = _size("pshuffle", axis_name)
    if sorted(perm) != list(range(size)):
        raise ValueError(
            f"dualgrad.lax.pshuffle: perm must hold each position from 0 to {size - 1} once, got {list(perm)}. Name a "
            "source for each position, or use dg.lax.ppermute."
        )
    return ppermute(x, axis_name, list(zip(perm, range(size), strict=True)))


def all_to_all(x: T, axis_name: Any, split_axis: int, concat_axis: int, *, tiled: bool = False) -> T:
    """Parts of the `x` of all elements of a mapped axis: element `i` has part `i` of each.

    Args:
        x: A tree of arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names, the first
            varying slowest.
        split_axis: The axis to take apart, whose size is that of the mapped axis; with `tiled` a multiple of it.
        concat_axis: Where the parts are put together in the result.
        tiled: Whether to cut into blocks and join them along an axis that is there, instead of taking an axis out and
            putting one in.

    Returns:
        A tree like `x`; each array without `split_axis`, and with an axis of that size at `concat_axis`; with `tiled`
        the one is shorter by that factor, the other longer.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.
        ValueError: The size of the axis to be split does not fit.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> turned = dg.vmap(lambda row: dg.lax.all_to_all(row, "i", 0, 0), axis_name="i")
        >>> dg.to_numpy(turned(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[1.0, 3.0], [2.0, 4.0]]

    Source: `jax.lax.all_to_all`.
    """
    size = _size("all_to_all", axis_name)
    backend = active.backend

    def exchanged(leaf: Any) -> Any:
        part = _own_part("all_to_all", leaf, axis_name, size, split_axis, tiled, gathered=True)
        at = normalize_axis("lax.all_to_all", concat_axis, part.ndim - tiled)
        part = backend.moveaxis(part, 0, at)
        if not tiled:
            return part
        shape = tuple(part.shape)
        return backend.reshape(part, (*shape[:at], shape[at] * shape[at + 1], *shape[at + 2 :]))

    return backend.tree.map(exchanged, x)


def psum_scatter(x: T, axis_name: Any, *, scatter_dimension: int = 0, tiled: bool = False) -> T:
    """The sum of `x` over a mapped axis, of which each element has its own part.

    Args:
        x: A tree of arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names, the first
            varying slowest.
        scatter_dimension: The axis to take apart, whose size is that of the mapped axis; with `tiled` a multiple of it.
        tiled: Whether the parts are blocks that keep that axis.

    Returns:
        A tree like `x`; each array without `scatter_dimension`, or with `tiled` with a part of it.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.
        ValueError: The size of the axis to be split does not fit.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> own = dg.vmap(lambda row: dg.lax.psum_scatter(row, "i"), axis_name="i")
        >>> dg.to_numpy(own(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [4.0, 6.0]

    Source: `jax.lax.psum_scatter`.
    """
    size = _size("psum_scatter", axis_name)

    def scattered(leaf: Any) -> Any:
        return _own_part("psum_scatter", leaf, axis_name, size, scatter_dimension, tiled, gathered=False)

    return active.backend.tree.map(scattered, x)


def pswapaxes(x: T, axis_name: Any, axis: int) -> T:
    """An axis of `x` in exchange for a mapped axis of the same size.

    Args:
        x: A tree of arrays.
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names, the first
            varying slowest.
        axis: The axis, whose size is that of the mapped axis.

    Returns:
        A tree like `x`, with the shapes and dtypes of its arrays.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.
        ValueError: The sizes differ.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> turned = dg.vmap(lambda row: dg.lax.pswapaxes(row, "i", 0), axis_name="i")
        >>> dg.to_numpy(turned(dg.asarray([[1.0, 2.0], [3.0, 4.0]]))).tolist()
        [[1.0, 3.0], [2.0, 4.0]]

    Source: `jax.lax.pswapaxes`.
    """
    return all_to_all(x, axis_name, axis, axis)


def axis_index(axis_name: Any) -> Any:
    """Position along a mapped axis: a scalar of the default integer dtype.

    Args:
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names.

    Returns:
        An integer array of shape `()`.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.

    Derivative:
        Not differentiable: integers.

    Example:
        >>> dg.to_numpy(dg.vmap(lambda x: x + dg.lax.axis_index("i"), axis_name="i")(dg.zeros(3))).tolist()
        [0.0, 1.0, 2.0]

    Source: `jax.lax.axis_index`.
    """
    return run_lax("axis_index", (), (axis_name,))


def axis_size(axis_name: Any) -> int:
    """Size of a mapped axis, a Python integer.

    Args:
        axis_name: Name of the axis in an enclosing `dg.vmap(..., axis_name=...)`, or a tuple of names.

    Returns:
        The size; of several names the product of their sizes.

    Raises:
        NameError: No enclosing `dg.vmap` has an axis of that name.

    Derivative:
        Not differentiable: a Python integer.

    Example:
        >>> dg.to_numpy(dg.vmap(lambda x: x * dg.lax.axis_size("i"), axis_name="i")(dg.ones(3))).tolist()
        [3.0, 3.0, 3.0]

    Source: `jax.lax.axis_size`.
    """
    return run_lax("axis_size", (), (axis_name,))


def _size(op: str, axis_name: Any) -> int:
    try:
        return axis_size(axis_name)
    except NameError as error:
        raise NameError(str(error).replace("lax.axis_size", f"lax.{op}")) from None


def _own_part(op: str, x: Any, axis_name: Any, size: int, axis: int, tiled: bool, *, gathered: bool) -> Any:
    """This element's part, along an axis, of the sum of all elements' arrays, or of each of them in a stack."""
    x = active.backend.asarray(x)
    at = normalize_axis(f"lax.{op}", axis, x.ndim)
    if x.shape[at] % size if tiled else x.shape[at] != size:
        raise wrong_parts(op, at, x.shape[at], size, tiled)
    full = all_gather(x, axis_name) if gathered else psum(x, axis_name)
    index, at = axis_index(axis_name), at + gathered
    if not tiled:
        return dynamic_index_in_dim(full, index, at, False)
    block = x.shape[at - gathered] // size
    return dynamic_slice_in_dim(full, index * block, block, at)
