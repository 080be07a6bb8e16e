"""Random numbers from explicit keys, the same on every backend.

Names, arguments and meaning are those of `jax.random`. A key is a uint32 array of shape (2,): it can be indexed,
stacked, saved, mapped and passed to a jitted function like any array. A function of a key has no state: the same key
gives the same numbers, so every key is used once and more are made with `split` or `fold_in`.

Integers, booleans and uniform numbers are bit-identical on every backend and to `jax.random`; what goes through a
logarithm or `erf` may differ in the last bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dualgrad._active import active
from dualgrad.typing import Array, DTypeLike, SupportsArray

__all__ = [
    "bernoulli",
    "bits",
    "categorical",
    "cauchy",
    "choice",
    "clone",
    "exponential",
    "fold_in",
    "gumbel",
    "key",
    "key_data",
    "laplace",
    "logistic",
    "normal",
    "permutation",
    "rademacher",
    "randint",
    "split",
    "truncated_normal",
    "uniform",
    "wrap_key_data",
]


def key(seed: int | SupportsArray, /) -> Any:
    """A key made from a seed.

    Args:
        seed: A Python integer in [0, 2**64), the same key in both precisions; or an integer scalar array, which may be
            traced. A negative one in an array counts modulo 2 to the power of its width.

    Returns:
        A uint32 array of shape (2,), the high word of the seed first.

    Raises:
        ValueError: The seed is out of range.
        TypeError: It is no integer scalar.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.random.key(42)).tolist()
        [0, 42]

    Source: `jax.random.key`.
    """
    return active.backend.random.key(seed)


def key_data(key: Array, /) -> Array:
    """The words of a key, or of a batch of keys.

    Args:
        key: A key, or an array of keys of shape (..., 2).

    Returns:
        `key` itself; of one of JAX's typed keys, its uint32 words.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.random.key_data(dg.random.key(7))).tolist()
        [0, 7]

    Source: `jax.random.key_data`.
    """
    return active.backend.random.key_data(key)


def wrap_key_data(data: Array, /) -> Array:
    """A key made from its words, as `key_data` gives them.

    Args:
        data: A uint32 array of shape (..., 2), such as one that was saved.

    Returns:
        `data` as an array of the active backend.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.wrap_key_data(dg.random.key(7)).shape == (2,)
        True

    Source: `jax.random.wrap_key_data`.
    """
    return active.backend.random.wrap_key_data(data)


def split(key: Array, /, num: int | tuple[int, ...] = 2) -> Array:
    """Independent keys made from one.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        num: How many, or the shape of an array of them.

    Returns:
        uint32 keys of shape `(num, 2)` or `(*num, 2)`.

    Derivative:
        Not differentiable.

    Example:
        >>> key, subkey = dg.random.split(dg.random.key(0))
        >>> dg.random.split(key, 5).shape == (5, 2)
        True

    Source: `jax.random.split`.
    """
    return active.backend.random.split(key, num)


def fold_in(key: Array, /, data: int | Array) -> Array:
    """A key that depends on a key and on a number, such as a step or the index of a device.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        data: An integer, taken modulo 2**32; it may be traced.

    Returns:
        A key.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.fold_in(dg.random.key(0), 7).shape == (2,)
        True

    Source: `jax.random.fold_in`.
    """
    return active.backend.random.fold_in(key, data)


def clone(key: Array, /) -> Array:
    """The same key, to be used again on purpose.

    Args:
        key: A key, from `key`, `split` or `fold_in`.

    Returns:
        A key with the words of `key`.

    Derivative:
        Not differentiable.

    Example:
        >>> key = dg.random.key(0)
        >>> bool(dg.random.uniform(dg.random.clone(key)) == dg.random.uniform(key))
        True

    Source: `jax.random.clone`.
    """
    return active.backend.random.clone(key)


def bits(key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Any:
    """Uniform random bits as unsigned integers.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: An unsigned integer dtype; uint32 if not given, uint64 in 64-bit mode.

    Returns:
        Integers over the whole range of `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.random.bits(dg.random.key(0), (), dg.uint8))
        167

    Source: `jax.random.bits`.
    """
    return active.backend.random.bits(key, shape, dtype)


def uniform(
    key: SupportsArray,
    /,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike | None = None,
    minval: float | SupportsArray = 0.0,
    maxval: float | SupportsArray = 1.0,
) -> Any:
    """Uniform numbers in `[minval, maxval)`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.
        minval: Lower end, inclusive; broadcasts to `shape`.
        maxval: Upper end, exclusive up to rounding; broadcasts to `shape`.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Smooth in `minval` and `maxval`, by reparametrisation; both modes, any order.

    Example:
        >>> round(float(dg.random.uniform(dg.random.key(0), (), dg.float32)), 4)
        0.9477

    Source: `jax.random.uniform`.
    """
    return active.backend.random.uniform(key, shape, dtype, minval, maxval)


def normal(key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Any:
    """Standard normal numbers.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`; scale and shift it for another mean and deviation.

    Derivative:
        Not differentiable in its own arguments; `mean + std * normal(...)` is in `mean` and `std`.

    Example:
        >>> round(float(dg.random.normal(dg.random.key(0), (), dg.float32)), 4)
        1.6226

    Source: `jax.random.normal`.
    """
    return active.backend.random.normal(key, shape, dtype)


def randint(
    key: SupportsArray,
    /,
    shape: int | Sequence[int],
    minval: int | SupportsArray,
    maxval: int | SupportsArray,
    dtype: DTypeLike | None = None,
) -> Any:
    """Uniform integers in `[minval, maxval)`.

    The bounds are clipped to the range of `dtype`. A range whose size is no power of 2 is biased, by at most its size
    over 2**64 (2**128 for 64-bit integers).

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        minval: Lower end, inclusive; an integer or an integer array that broadcasts to `shape`.
        maxval: Upper end, exclusive; where it is not above `minval`, the result is `minval`.
        dtype: An integer dtype; the default integer if not given.

    Returns:
        An array of `shape` and `dtype`.

    Raises:
        OverflowError: A Python integer fits no integer of the precision in force.
        TypeError: The bounds are no integers.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.random.randint(dg.random.key(0), (5,), 0, 10, dg.int32)).tolist()
        [9, 0, 2, 3, 1]

    Source: `jax.random.randint`.
    """
    return active.backend.random.randint(key, shape, minval, maxval, dtype)


def permutation(key: SupportsArray, x: int | SupportsArray, /, axis: int = 0, independent: bool = False) -> Any:
    """An array, or the numbers up to `x`, in random order.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        x: An array; or an integer, which stands for `arange(x)`.
        axis: The axis along which the order changes.
        independent: Whether each vector along `axis` gets an order of its own.

    Returns:
        The elements of `x`, in its shape and dtype; the default integer for an integer.

    Derivative:
        Linear in `x`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.random.permutation(dg.random.key(0), 5)).tolist()
        [0, 1, 4, 3, 2]

    Source: `jax.random.permutation`.
    """
    return active.backend.random.permutation(key, x, axis, independent)


def bernoulli(
    key: SupportsArray, /, p: float | SupportsArray = 0.5, shape: int | Sequence[int] | None = None, mode: str = "low"
) -> Any:
    """`True` with probability `p`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        p: Probabilities; integers take the default float.
        shape: Shape of the result, to which `p` broadcasts; that of `p` if not given.
        mode: `"high"` spends twice the bits, for probabilities below 1e-7 in float32.

    Returns:
        A boolean array.

    Derivative:
        Zero almost everywhere.

    Example:
        >>> bool(dg.random.bernoulli(dg.random.key(0), 1.0))
        True

    Source: `jax.random.bernoulli`.
    """
    return active.backend.random.bernoulli(key, p, shape, mode)


def choice(
    key: SupportsArray,
    a: int | SupportsArray,
    /,
    shape: int | Sequence[int] = (),
    replace: bool = True,
    p: SupportsArray | None = None,
    axis: int = 0,
    mode: str = "low",
) -> Any:
    """Random elements of an array, or of the numbers up to `a`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        a: What to choose from along `axis`; an integer stands for `arange(a)`.
        shape: Shape of the choice.
        replace: Whether an element may be chosen more than once.
        p: A probability for each candidate, of shape (n,); equal if not given.
        axis: The axis of `a` that is chosen from.
        mode: `"high"` spends twice the bits where `p` is given and `replace` is `False`.

    Returns:
        `a` with its `axis` replaced by `shape`.

    Raises:
        ValueError: More draws than candidates without replacement, no candidates, or `p` of another length.

    Derivative:
        Linear in `a`; zero in `p`.

    Example:
        >>> dg.to_numpy(dg.random.choice(dg.random.key(0), 5, (3,), replace=False)).tolist()
        [0, 1, 4]

    Source: `jax.random.choice`.
    """
    return active.backend.random.choice(key, a, shape, replace, p, axis, mode)


def categorical(
    key: SupportsArray,
    logits: SupportsArray,
    /,
    axis: int = -1,
    shape: int | Sequence[int] | None = None,
    replace: bool = True,
    mode: str = "low",
) -> Any:
    """Random categories with the probabilities `softmax(logits, axis)`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        logits: Logarithms of the probabilities, which need not be normalised.
        axis: The axis of the categories.
        shape: Shape of the result, whose last axes are those of `logits` without `axis`; these alone if not given.
        replace: Whether draws along the other axes of `shape` may repeat a category.
        mode: `"high"` spends twice the bits, for probabilities below 1e-7 in float32.

    Returns:
        Positions along `axis`, in the default integer.

    Derivative:
        Not differentiable.

    Example:
        >>> int(dg.random.categorical(dg.random.key(0), dg.asarray([0.0, 50.0, 0.0])))
        1

    Source: `jax.random.categorical`.
    """
    return active.backend.random.categorical(key, logits, axis, shape, replace, mode)


def truncated_normal(
    key: SupportsArray,
    lower: float | SupportsArray,
    upper: float | SupportsArray,
    /,
    shape: int | Sequence[int] | None = None,
    dtype: DTypeLike | None = None,
) -> Any:
    """Standard normal numbers that lie between `lower` and `upper`.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        lower: Lower end, exclusive.
        upper: Upper end, exclusive.
        shape: Shape of the result, to which both broadcast; their common shape if not given.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `dtype`.

    Derivative:
        Smooth in `lower` and `upper`, by reparametrisation; both modes, any order.

    Example:
        >>> x = dg.random.truncated_normal(dg.random.key(0), -1.0, 1.0, (100,))
        >>> bool(dg.all(dg.abs(x) < 1))
        True

    Source: `jax.random.truncated_normal`.
    """
    return active.backend.random.truncated_normal(key, lower, upper, shape, dtype)


def exponential(key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Any:
    """Numbers of the exponential distribution with rate 1.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> bool(dg.random.exponential(dg.random.key(0)) >= 0)
        True

    Source: `jax.random.exponential`.
    """
    return active.backend.random.exponential(key, shape, dtype)


def gumbel(
    key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None, mode: str = "low"
) -> Any:
    """Numbers of the standard Gumbel distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.
        mode: `"high"` spends twice the bits, for a longer upper tail.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.gumbel(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.gumbel`.
    """
    return active.backend.random.gumbel(key, shape, dtype, mode)


def laplace(key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Any:
    """Numbers of the standard Laplace distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.laplace(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.laplace`.
    """
    return active.backend.random.laplace(key, shape, dtype)


def logistic(key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Any:
    """Numbers of the standard logistic distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.logistic(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.logistic`.
    """
    return active.backend.random.logistic(key, shape, dtype)


def cauchy(key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Any:
    """Numbers of the standard Cauchy distribution.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A real floating dtype; the default float if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.random.cauchy(dg.random.key(0), (3,)).shape == (3,)
        True

    Source: `jax.random.cauchy`.
    """
    return active.backend.random.cauchy(key, shape, dtype)


def rademacher(key: SupportsArray, /, shape: int | Sequence[int] = (), dtype: DTypeLike | None = None) -> Any:
    """-1 or 1, with equal probability.

    Args:
        key: A key, from `key`, `split` or `fold_in`.
        shape: Shape of the result.
        dtype: A numeric dtype; the default integer if not given.

    Returns:
        An array of `shape` and `dtype`.

    Derivative:
        Not differentiable.

    Example:
        >>> abs(int(dg.random.rademacher(dg.random.key(0))))
        1

    Source: `jax.random.rademacher`.
    """
    return active.backend.random.rademacher(key, shape, dtype)
