"""Rules of random numbers that every backend enforces with the same words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dualgrad._rules.arguments import is_name, shown
from dualgrad._rules.ranges import floated
from dualgrad._rules.shapes import as_int, as_shape, broadcast_shapes

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "block_size",
    "bound_dtype",
    "bound_error",
    "bounds_kind_error",
    "choice_error",
    "choice_p_error",
    "dtype_error",
    "fold_in_error",
    "impl_of",
    "key_error",
    "known_number",
    "method_error",
    "order_error",
    "require_domain",
    "require_impl",
    "require_kind",
    "require_mode",
    "require_rate",
    "require_size",
    "require_total",
    "require_words",
    "sample_shape",
    "seed_error",
    "seed_words",
    "shuffle_rounds",
    "split_shape",
    "vector_batch",
    "vector_error",
    "without_replacement",
]


def key_error(op: str, x: Any) -> TypeError:
    """The error for an argument that is no key; `x` is an array or anything else."""
    return TypeError(
        f"dualgrad.random.{op}: a key must be a uint32 array of shape (2,), got {_described(x)}. Make one with "
        "dg.random.key(seed), more of them with dg.random.split(key, n), and map over several with dg.vmap."
    )


def require_rate(op: str, rate: Any) -> None:
    """Check a probability that is a number; an array has no value while it is traced.

    Raises:
        ValueError: It lies outside [0, 1].
        TypeError: There is none.
    """
    if rate is None:
        raise TypeError(f"dualgrad.{op}: rate must be a number or an array, got None.")
    if isinstance(rate, int | float) and not 0 <= rate <= 1:
        raise ValueError(f"dualgrad.{op}: rate must lie in [0, 1], got rate={rate}.")


def seed_words(seed: int) -> tuple[int, int]:
    """The two 32-bit words of a seed, high word first.

    Raises:
        ValueError: The seed is negative or has more than 64 bits.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(
            f"dualgrad.random.key: a seed must lie in [0, 2**64), got {seed}. Take seed % 2**64 if any integer must do."
        )
    return seed >> 32, seed & 0xFFFFFFFF


def require_impl(op: str, impl: Any, backend: str) -> str:
    """The generator that was asked for: "threefry2x32" or "native".

    Raises:
        ValueError: The backend has none of that name.
    """
    if impl is None or is_name(impl, ("threefry2x32",)):
        return "threefry2x32"
    if is_name(impl, ("native", "rbg") if backend == "jax" else ("native",)):
        return "native"
    raise ValueError(
        f"dualgrad.random.{op}: impl must be 'threefry2x32' or 'native', or 'rbg' on JAX, got {shown(impl)}. 'native' "
        "is the fast generator of each framework."
    )


def impl_of(words: int) -> str:
    """The name of the generator whose keys have so many words."""
    return {2: "threefry2x32", 4: "native"}[words]


def require_words(impl: Any, backend: str, words: int) -> None:
    """Check that keys of so many words are of the generator that was asked for, if one was.

    Raises:
        ValueError: They are not, or the backend has none of that name.
    """
    if impl is not None and require_impl("wrap_key_data", impl, backend) != impl_of(words):
        raise ValueError(
            f"dualgrad.random.wrap_key_data: keys of {impl!r} have {6 - words} words, got {words}. Leave out impl: the "
            "words tell the generator."
        )


def seed_error(seed: Any) -> TypeError:
    """The error for a seed that is no integer scalar."""
    return TypeError(
        f"dualgrad.random.key: a seed must be an integer, got {_described(seed)}. Map over several "
        "seeds with dg.vmap(dg.random.key)."
    )


def split_shape(num: Any) -> tuple[int, ...]:
    """The leading axes of a batch of split keys."""
    return as_shape("random.split", num)


def sample_shape(op: str, shape: Any, *params: Sequence[int]) -> tuple[int, ...]:
    """`shape` as a tuple; `None` for that of the parameters, which must broadcast to it.

    Raises:
        ValueError: A size is negative, or the parameters do not broadcast to `shape`.
    """
    op = f"random.{op}"
    if shape is None:
        return broadcast_shapes(*params, op=op)
    sizes = as_shape(op, shape)
    if any(len(p) for p in params):
        full = broadcast_shapes(sizes, *params, op=op)
        if full != sizes:
            raise ValueError(
                f"dualgrad.{op}: the parameters must broadcast to shape, got shape={sizes} and parameters of shape "
                f"{' and '.join(str(tuple(p)) for p in params)}. Pass shape={full}."
            )
    return sizes


def dtype_error(op: str, name: str, kind: str) -> TypeError:
    """The error for a dtype that the sampler has no values of."""
    return TypeError(f"dualgrad.random.{op}: dtype must be {kind}, got {name}.")


def require_kind(op: str, name: str, kind: str) -> None:
    """Check that the dtype called `name` is of a kind, such as `"real floating"` or `"integer"`.

    Raises:
        TypeError: It is not.
    """
    ok = {
        "real floating": "float" in name,
        "real or complex floating": "float" in name or name.startswith("complex"),
        "integer": "int" in name,
        "unsigned integer": name.startswith("uint"),
    }[kind]
    if not ok:
        raise dtype_error(op, name, f"an {kind} dtype" if kind[0] in "iu" else f"a {kind} dtype")


GUMBEL_MODES: Final = ("low", "high", "highest")


def require_mode(op: str, mode: Any, modes: Sequence[str] = GUMBEL_MODES) -> str:
    """`mode`, "low" for none: one of `modes`, which say how many bits are spent.

    Raises:
        ValueError: It is not.
    """
    if mode is None:
        return "low"
    if not is_name(mode, modes):
        known = ", ".join(repr(m) for m in modes[:-1]) + f" or {modes[-1]!r}"
        raise ValueError(f"dualgrad.random.{op}: mode must be {known}, got {shown(mode)}.")
    return mode


def bound_dtype(op: str, bound: int, x64: bool) -> str:
    """Name of the dtype in which a Python integer bound is held: the default integer, or its unsigned relative.

    Raises:
        OverflowError: It fits neither.
    """
    bits = 64 if x64 else 32
    if -(2 ** (bits - 1)) <= bound < 2 ** (bits - 1):
        return f"int{bits}"
    if 0 <= bound < 2**bits:
        return f"uint{bits}"
    raise bound_error(op, bound, bits)


def bound_error(op: str, bound: int, bits: int) -> OverflowError:
    """The error for a bound that fits no integer dtype of the precision in force."""
    return OverflowError(
        f"dualgrad.random.{op}: bounds must lie in [-2**{bits - 1}, 2**{bits}), got {bound}."
        + (" Larger ones need 64-bit mode, dg.enable_x64()." if bits == 32 else "")
    )


def bounds_kind_error(name: str) -> TypeError:
    """The error for bounds of `randint` that are no integers."""
    return TypeError(f"dualgrad.random.randint: minval and maxval must be integers, got dtype {name}.")


def fold_in_error(data: Any) -> TypeError:
    """The error for data to fold in that is no integer scalar."""
    return TypeError(f"dualgrad.random.fold_in: data must be an integer, got {_described(data)}.")


def shuffle_rounds(size: int) -> int:
    """How many rounds of sorting by random 32-bit keys shuffle `size` elements, as `jax.random.permutation` counts."""
    return math.ceil(3 * math.log(max(1, size)) / math.log(2**32 - 1))


def choice_error(n: int, op: str = "choice") -> ValueError:
    """The error for a choice among nothing."""
    return ValueError(f"dualgrad.random.{op}: there must be something to choose from, got {n} candidates.")


def without_replacement(op: str, draws: int, n: int) -> None:
    """Check that there are enough candidates.

    Raises:
        ValueError: There are not.
    """
    if draws > n:
        raise ValueError(
            f"dualgrad.random.{op}: without replacement at most {n} of {n} can be drawn, got {draws} draws. "
            "Pass replace=True."
        )


def choice_p_error(shape: Sequence[int], n: int) -> ValueError:
    """The error for probabilities that do not match the candidates."""
    return ValueError(
        f"dualgrad.random.choice: p must have one probability for each of {n} candidates, got shape {tuple(shape)}."
    )


def _described(x: Any) -> str:
    """Dtype and shape of an array, the repr of anything else."""
    dtype = getattr(x, "dtype", None)
    if dtype is None or not hasattr(x, "shape"):
        return shown(x, list)
    return f"{str(dtype).removeprefix('torch.')} of shape {tuple(x.shape)}"


_ONE: Final = 1 + 1e-6  # a probability that was computed in float32
_DOMAINS: Final[dict[str, tuple[str, Callable[[float, float], bool]]]] = {
    "positive": ("be positive", lambda least, most: least <= 0),
    "not negative": ("not be negative", lambda least, most: least < 0),
    "probability": ("lie in [0, 1]", lambda least, most: least < 0 or most > _ONE),
    "chance": ("lie in (0, 1]", lambda least, most: least <= 0 or most > _ONE),
}


def known_number(x: int | float) -> int | float:
    """A parameter that is a Python number, as one that an array of numbers holds: a large integer is a float."""
    return x if type(x) is not int or -(2**63) <= x < 2**63 else floated(x)


def require_domain(op: str, name: str, domain: str, least: float, most: float) -> None:
    """Check the values of a parameter that are at hand; nan passes, and gives nan.

    Args:
        op: The sampler.
        name: The parameter.
        domain: One of "positive", "not negative", "probability" and "chance", which is a probability above 0.
        least: The smallest of the values.
        most: The largest of them.

    Raises:
        ValueError: One is outside.
    """
    text, outside = _DOMAINS[domain]
    if outside(least, most):
        got = most if domain in ("probability", "chance") and most > 1 else least
        raise ValueError(f"dualgrad.random.{op}: {name} must {text}, got {got:g}.")


def require_total(op: str, p: np.ndarray, x64: bool) -> None:
    """Check that probabilities sum to 1 along the last axis, as closely as the dtype they were given in can say.

    A sum of nan does not pass.

    Raises:
        ValueError: They do not.
    """
    import numpy as np

    if not p.size or not p.ndim or p.dtype.kind not in "fiu":
        return
    dtype = p.dtype if p.dtype.kind == "f" and x64 else np.promote_types(p.dtype, np.float16)
    slack = math.sqrt(max(float(np.finfo(dtype).eps), 0.0 if x64 else float(np.finfo(np.float32).eps)))
    sums = p.sum(-1, dtype=float)
    least, most = float(sums.min()), float(sums.max())
    if not (least >= 1 - slack and most <= 1 + slack):
        got = most if least >= 1 - slack else least
        raise ValueError(f"dualgrad.random.{op}: p must sum to 1, got a sum of {got:g}. Divide p by its sum.")


def order_error(op: str, names: str) -> ValueError:
    """The error for parameters that are not in ascending order."""
    return ValueError(f"dualgrad.random.{op}: the parameters must satisfy {names}. Exchange those that do not.")


def vector_error(op: str, name: str, shape: Sequence[int], rule: str) -> ValueError:
    """The error for a parameter with too few axes or axes of the wrong size."""
    return ValueError(f"dualgrad.random.{op}: {name} must have shape {rule}, got {tuple(shape)}.")


def method_error(method: Any) -> ValueError:
    """The error for an unknown way of factoring a covariance."""
    return ValueError(
        "dualgrad.random.multivariate_normal: method must be 'cholesky', 'eigh' or 'svd', got " + f"{shown(method)}."
    )


def require_size(op: str, name: str, n: Any) -> int:
    """`n` as an integer that is not negative.

    Raises:
        TypeError: It is no integer.
        ValueError: It is negative.
    """
    size = as_int(f"random.{op}", name, n)
    if size < 0:
        raise ValueError(f"dualgrad.random.{op}: {name} must not be negative, got {size}.")
    return size


def vector_batch(op: str, shape: Any, mean: Sequence[int], cov: Sequence[int]) -> tuple[int, ...]:
    """The leading axes of random vectors, from the shapes of their mean and covariance.

    Raises:
        ValueError: The shapes do not fit.
    """
    if not mean:
        raise vector_error(op, "mean", mean, "(..., n)")
    if tuple(cov[-2:]) != (mean[-1], mean[-1]):
        raise vector_error(op, "cov", cov, f"(..., {mean[-1]}, {mean[-1]})")
    return sample_shape(op, shape, mean[:-1], cov[:-2])


def block_size(n: int) -> int:
    """The most rows of the blocks of a matrix of `n` rows whose factors are corrected as a whole.

    Four blocks at most: more of them would not be quicker, and make a larger program.
    """
    return max(160, -(-n // 4))
