"""What every JAX op does to its arguments where `jax.numpy` does not do it already.

Ops that need a repair are jitted functions of their own, inlined: a `jax.numpy` function is one as well, so that the
repair runs at trace time and a call costs what the native call costs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, ParamSpec, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dualgrad._dtypes import DTYPES, WEAK, DType, dtype_name, require_allowed, weak_result
from dualgrad._rules.arguments import (
    beyond,
    foreign,
    framework_of,
    is_outside,
    outside_the_standard,
    shown,
    wrong_dtype,
)
from dualgrad._rules.control import leaked
from dualgrad._rules.nested import leaves_of, too_large
from dualgrad._rules.ranges import RANGES, floated, floated_beyond, infinite, is_held, require_range
from dualgrad._rules.shapes import broadcast_shapes

__all__ = [
    "arrays_of",
    "as_array",
    "as_float",
    "binary",
    "both_fitting",
    "comparable",
    "compared",
    "default_float",
    "fitted",
    "fitting",
    "guarded",
    "in_floats",
    "inexact",
    "integer_name",
    "is_array",
    "is_literal",
    "jit_is_off",
    "raise_leaked",
    "require_array",
    "require_standard",
    "resolve_dtype",
    "strong",
    "unary",
    "undefined",
    "x64",
]

P = ParamSpec("P")
R = TypeVar("R")
HALVES: Final = frozenset({"float16", "bfloat16"})
INEXACT: Final = frozenset({"bfloat16", "float16", "float32", "float64", "complex64", "complex128"})


def x64() -> bool:
    """Whether JAX's own switch is on in this thread."""
    return bool(jax.config.jax_enable_x64)  # pyright: ignore[reportAttributeAccessIssue]  # defined at run time


def integer_name() -> str:
    """The name of the default integer's dtype."""
    return "int64" if x64() else "int32"


def default_float() -> Any:
    """float64 in 64-bit mode, else float32."""
    return jnp.float64 if x64() else jnp.float32


def resolve_dtype(op: str, dtype: Any) -> Any:
    """The NumPy dtype that the user asked for by any of its spellings.

    Raises:
        PrecisionError: A 64-bit dtype in 32-bit mode.
        TypeError: No dtype that JAX has.
    """
    name = dtype_name(dtype)
    if name is None:
        raise TypeError(f"dualgrad.{op}: dtype must name a dtype of the array API or bfloat16, got {shown(dtype)}.")
    return DTYPES[require_allowed(op, weak_result(name, x64()), x64())].dtype


def is_array(x: Any) -> bool:
    """Whether JAX takes `x` as an array."""
    return type(x) in WEAK or isinstance(x, jax.Array | np.ndarray | np.generic) or is_literal(x)


def is_literal(x: Any) -> bool:
    """Whether `x` is a number that knows its dtype: what a jitted function below `grad` gives where it returns one."""
    return isinstance(x, int | float | complex) and hasattr(x, "aval")


def as_array(x: Any) -> Any:
    """An output that is a Python number or of NumPy as an array, as it is where the output depends on the input."""
    return jnp.asarray(x) if isinstance(x, int | float | complex | np.ndarray | np.generic) else x


def jit_is_off() -> bool:
    """Whether functions that are jitted run as Python: on what they are given, of which nobody made arrays."""
    return bool(jax.config.jax_disable_jit)  # pyright: ignore[reportAttributeAccessIssue]  # defined at run time


def arrays_of(tree: Any) -> Any:
    """A tree with the arrays that `jax.jit` would make of its numbers."""
    return jax.tree.map(as_array, tree)


def require_array(op: str, *xs: Any) -> None:
    """Check that each of `xs` is something that JAX takes as an array.

    Raises:
        ForeignArrayError: An array of another framework.
        TypeError: Anything else, or a NumPy array of a dtype that the array API has not.
    """
    for x in xs:
        if not isinstance(x, jax.Array):
            if not is_array(x):
                raise foreign(op, x, "jax")
            require_standard(op, x)


def require_standard(op: str, *xs: Any) -> None:
    """Check the dtypes of NumPy arrays among `xs`.

    Raises:
        TypeError: One of them is no dtype of the array API.
    """
    for x in xs:
        if isinstance(x, np.ndarray | np.generic) and is_outside(x.dtype):
            raise outside_the_standard(op, x) from None


def inexact(x: Any) -> jax.Array:
    """`x` as a floating-point or complex array; integers and bools take the default float."""
    x = jnp.asarray(x)
    return x if x.dtype.name in INEXACT else x.astype(default_float())


def strong(x: jax.Array) -> jax.Array:
    """`x` as an array that promotes in full: what an op returns is an array, also where its arguments were numbers."""
    return lax.convert_element_type(x, x.dtype) if x.weak_type else x  # pyright: ignore[reportAttributeAccessIssue]


def guarded(name: str, fun: Callable[P, R]) -> Callable[P, R]:
    """`fun`, whose `TypeError` about an array of another framework is said in dualgrad's words; free on success."""

    @functools.wraps(fun)
    def op(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return fun(*args, **kwargs)
        except OverflowError as error:
            if str(error).startswith("dualgrad."):
                raise
            better = beyond(name, kwargs.values(), error)
            if better is not error:
                raise better from None
            require_array(name, *[x for x in args if x is not None])
            return cast("Any", fun)(*fitted(name, *args), **kwargs)
        except (TypeError, ValueError) as error:
            if str(error).startswith("Non-hashable static"):  # the body says what is wrong with the option
                return cast("Any", fun).__wrapped__(*args, **kwargs)
            _explain(name, error, (*args, *kwargs.values()))
            raise

    return op


def fitting(op: str, n: int, other: Any) -> Any:
    """An integer beside `other`.

    Raises:
        OverflowError: It does not fit the integer dtype of `other`.
    """
    if (held := _range_of(other)) is not None and n not in held:
        raise too_large(op, n, other.dtype.name)
    return n


def compared(op: str, n: int, other: Any) -> Any:
    """An integer to compare `other` with: an infinity, where it does not fit the integer dtype of `other`."""
    held = _range_of(other)
    if held is None:
        return floated_beyond(n, "int64") if _is_inexact(other) else n
    return n if n in held else infinite(n)


def comparable(op: str, x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two arguments to compare, an integer among them as what JAX takes: see `compared`.

    Raises:
        OverflowError: It does not fit the default integer, beside what is neither integers nor floats.
    """
    if type(x2) is int:
        return x1, _native_integer(op, compared(op, x2, x1), x1)
    return (_native_integer(op, compared(op, x1, x2), x2), x2) if type(x1) is int else (x1, x2)


def _native_integer(op: str, n: Any, other: Any) -> Any:
    if type(n) is not int or is_held(n, integer_name()):
        return n
    if _range_of(other) is not None:
        return np.asarray(n, other.dtype)
    if _is_inexact(other):
        return floated(n)
    raise too_large(op, n, integer_name())


def both_fitting(op: str, x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two arguments, of which an integer must fit the integer dtype of the other."""
    if type(x2) is int:
        return x1, fitting(op, x2, x1)
    return (fitting(op, x1, x2), x2) if type(x1) is int else (x1, x2)


def as_float(op: str, n: int, other: Any) -> Any:
    """An integer beside `other`, of an op that gives floats: one, where JAX's default integer may not hold it."""
    return n if -(2**31) <= n < 2**31 else float(n)


def _range_of(x: Any) -> range | None:
    """The integers that the dtype of `x` holds, if it is an array of them."""
    dtype = getattr(x, "dtype", None)
    return None if dtype is None else _RANGES.get(dtype)


_RANGES: Final = {np.dtype(name): held for name, held in RANGES.items()}


def in_floats(xs: Iterable[Any], beside: Sequence[Any]) -> list[Any] | None:
    """`xs` with floats for integers that JAX's default one does not hold; `None` where none stands beside floats."""
    given = list(xs)
    large = [not is_held(x, integer_name()) for x in given]
    if not any(large) or not any(map(_is_inexact, leaves_of(beside))):
        return None
    return [floated(x) if wide else x for x, wide in zip(given, large, strict=True)]


def _is_inexact(x: Any) -> bool:
    return isinstance(x, float | complex) or getattr(getattr(x, "dtype", None), "name", "") in INEXACT


def fitted(op: str, /, *xs: Any) -> list[Any]:
    """Arguments whose Python integers are in the dtype of the result; JAX puts them into its default integer first.

    Raises:
        OverflowError: An integer does not fit that dtype.
    """
    wide = [type(x) is int and not -(2**31) <= x < 2**31 for x in xs]
    dtype = jnp.result_type(*[1 if w else x for x, w in zip(xs, wide, strict=True) if x is not None])
    for x in xs:
        require_range(op, x, dtype.name)
    try:
        return [np.asarray(x, dtype) if w else x for x, w in zip(xs, wide, strict=True)]
    except OverflowError:
        raise too_large(op, max([x for x in xs if type(x) is int], key=abs), dtype.name) from None


def unary(name: str, fun: Callable[[Any], jax.Array]) -> Callable[[Any], jax.Array]:
    """An elementwise op of one argument, from a traceable function."""
    # an integer that an op does not look at must fit its dtype, too
    native = jax.jit(lambda x: strong(fun(x)), inline=True, keep_unused=True)

    def op(x: Any, /) -> jax.Array:
        try:
            return native(x)
        except OverflowError:
            return native(*fitted(name, x))
        except TypeError as error:
            _explain(name, error, (x,))
            raise

    op.__name__ = op.__qualname__ = name
    return op


def binary(
    name: str, fun: Callable[[Any, Any], jax.Array], beyond: Callable[[str, int, Any], Any] | None = None
) -> Callable[[Any, Any], jax.Array]:
    """An elementwise op of two arguments, from a traceable function.

    Args:
        name: Name of the op.
        fun: What computes it.
        beyond: What to take for an integer that may not fit the dtype beside it; if not given, it must fit.
    """
    native = jax.jit(lambda x1, x2: strong(fun(x1, x2)), inline=True)
    fit = beyond or fitting

    def op(x1: Any, x2: Any, /) -> jax.Array:
        try:
            if (kind := type(x2)) is not type(x1) or kind is int:  # of two arrays nothing more is asked, 20 ns
                if kind is int:
                    if not 0 <= x2 < 128:
                        x2 = fit(name, x2, x1)
                elif type(x1) is int and not 0 <= x1 < 128:
                    x1 = fit(name, x1, x2)
            return native(x1, x2)
        except OverflowError as error:
            if str(error).startswith("dualgrad."):
                raise
            return native(*fitted(name, x1, x2))
        except (TypeError, ValueError) as error:
            _explain(name, error, (x1, x2))
            raise

    op.__name__ = op.__qualname__ = name
    return op


def raise_leaked(error: Exception) -> None:
    """Raise dualgrad's error for an array that was used after its trace."""
    if isinstance(error, jax.errors.UnexpectedTracerError):
        raise leaked() from None


def undefined(name: str, *args: Any) -> TypeError:
    """The error for arguments, as they were given, of dtypes that the op is not defined for."""
    return wrong_dtype(name, [jnp.asarray(x).dtype.name for x in args])


# what JAX says of an argument that it knows nothing of
_NO_ARRAY = "as an abstract array", "is not a valid JAX type"


def _explain(name: str, error: Exception, args: tuple[Any, ...]) -> None:
    """Raise dualgrad's error in place of JAX's where an argument is no array of JAX's, or shapes do not broadcast."""
    raise_leaked(error)
    own = str(error).startswith(f"dualgrad.{name}: ")
    if own and "must be an integer, got" in str(error):  # an option
        return
    for x in args:
        if isinstance(x, DType):  # JAX looks at its attributes, and takes it for an array
            raise foreign(name, x, "jax") from None
    if own and "a traced array" not in str(error):
        return
    refused = any(words in str(error) for words in _NO_ARRAY)
    for x in args:
        if x is None and "None" not in str(error):  # an option that was not given
            continue
        owner = framework_of(x)
        if (owner is not None and owner != "jax") or isinstance(x, list | tuple | dict | str | None):
            raise foreign(name, x, "jax") from None
        if refused and not is_array(x):
            raise foreign(name, x, "jax") from None
    require_standard(name, *args)
    if "does not accept dtype" in str(error) or "not well defined for complex" in str(error):
        raise undefined(name, *args) from None
    if "broadcast" in str(error):
        shapes = [x.shape for x in args if isinstance(x, jax.Array | np.ndarray) and x.ndim]
        broadcast_shapes(*shapes, op=name)  # raises, unless something else did not broadcast


def array_of(op: str, x: Any) -> jax.Array:
    """`x`, which must be an array of JAX or of NumPy, or a number, as one that promotes in full."""
    if isinstance(x, jax.Array):
        return strong(x) if x.aval.weak_type else x  # pyright: ignore[reportAttributeAccessIssue]
    require_array(op, x)
    try:
        return strong(jnp.asarray(x))
    except OverflowError:
        raise too_large(op, x, integer_name()) from None
