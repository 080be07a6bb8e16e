"""`traced`: makes an op from a function of JAX arrays and options, at the price of one native call.

The body runs at trace time only, so that it may check and compose as it likes.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._dtypes import DType
from dualgrad._rules.arguments import beyond, flag, foreign, listed, renamed, said
from dualgrad._rules.linear import real_only
from dualgrad._rules.ranges import require_default
from dualgrad.backends.jax._arrays import (
    HALVES,
    INEXACT,
    arrays_of,
    as_array,
    fitted,
    framework_of,
    in_floats,
    is_array,
    jit_is_off,
    raise_leaked,
    require_array,
    require_standard,
    strong,
    x64,
)
from dualgrad.backends.jax._elementwise import as_inexact, inexact_of
from dualgrad.backends.jax._private.calls import mending

__all__ = ["array", "floating", "floating_together", "quick", "real", "together", "traced", "wide"]

P = ParamSpec("P")
R = TypeVar("R")
_ARRAYS = (np.ndarray, np.generic, jax.Array)
_FLAGS = frozenset({"keepdims", "lower", "unit_diagonal"})


def traced(
    name: str, *static: str, hashed: bool = False, numbers: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Jit `fun` inline with the options `static`; an argument that JAX refuses is named in dualgrad's words.

    Args:
        name: Name of the op.
        static: Its options.
        hashed: Whether all callers give options that can be hashed. JAX's C++ refuses others before anything of ours
            can see it, so that without this promise a Python frame stands before each call.
        numbers: Whether the first two arguments are brought to one dtype, which must hold an integer among them.
    """

    def decorate(fun: Callable[P, R]) -> Callable[P, R]:
        flags = _FLAGS.intersection(static)

        @functools.wraps(fun)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for key in flags.intersection(kwargs):
                flag(name, key, kwargs[key])
            return fun(*args, **kwargs)

        native, positions = _jitted(checked if flags else fun, static)
        (key, at, others), frozen = _several(fun, static), _freezing(static, positions)

        def fit(*args: Any) -> Any:
            if int not in [type(x) for x in args[:2]]:
                return None
            require_array(name, *args[:2])
            return *fitted(name, *args[:2]), *args[2:]

        def mended(error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            raise_leaked(error)
            given = [x for i, x in enumerate(args) if i not in positions]
            given += [x for k, x in kwargs.items() if k not in static and x is not None]
            for x in given:
                if (
                    framework_of(x) not in (None, "jax")
                    or isinstance(x, list | tuple | str | dict | DType)  # JAX looks at the attributes of the last
                    or ("as an abstract array" in str(error) and x is not None and not is_array(x))
                ):
                    raise foreign(name, x, "jax") from None
            require_standard(name, *given)
            if "as an abstract array" in str(error) and None in map(_left_out, given):  # seldom what is wrong
                raise foreign(name, None, "jax") from None
            if isinstance(error, OverflowError):
                # of several arguments a function of floats takes integers as such
                beside = [0.0] if name.startswith("special.") and len(given) > 1 else given
                floats = in_floats((*args, *kwargs.values()), beside)
                if floats is not None and not str(error).startswith("dualgrad."):
                    return native(*floats[: len(args)], **dict(zip(kwargs, floats[len(args) :], strict=True)))
                require_default(name, given, x64())
            options = (*(x for i, x in enumerate(args) if i in positions), *kwargs.values())
            if any(map(_holds_list, options)):  # an axis or a shape as a list, which cannot be hashed
                args, kwargs = frozen(args, kwargs)
                try:
                    return native(*args, **kwargs)
                except ValueError as again:
                    if not str(again).startswith("Non-hashable static"):
                        raise
                    error = again
            if str(error).startswith("Non-hashable static"):  # the body says what is wrong with the option
                arrays: list[Any] = [x if i in positions else as_array(x) for i, x in enumerate(args)]
                named = {k: x if k in static else as_array(x) for k, x in kwargs.items()}
                return cast("Any", checked)(*arrays, **named)
            if renamed(name, error):
                raise error
            better = said(name, given, error)
            if better is not error:
                raise better from None
            raise beyond(name, [*args, *kwargs.values()], error) from None

        if hashed or not static:
            return functools.wraps(fun)(mending(native, mended, fit if numbers else None))

        @functools.wraps(fun)
        def op(*args: Any, **kwargs: Any) -> R:
            if numbers:
                args = fit(*args) or args
            x = kwargs.get(key) if len(args) <= at else args[at]
            if (type(x) is tuple and not _INTEGERS.issuperset(map(type, x))) or others:
                args, kwargs = frozen(args, kwargs)
            try:
                return native(*args, **kwargs) if kwargs else native(*args)
            except (TypeError, ValueError, IndexError, OverflowError) as error:
                return mended(error, args, kwargs)

        return op

    return decorate


def _jitted(fun: Callable[..., Any], static: tuple[str, ...]) -> tuple[Callable[..., Any], list[int]]:
    """`fun`, jitted with the options `static`, and the positions of those of them that have one."""
    parameters = list(inspect.signature(fun).parameters.values())
    positions = [i for i, p in enumerate(parameters) if p.name in static and p.kind is not p.KEYWORD_ONLY]
    names = [p.name for p in parameters if p.name in static and p.kind is not p.POSITIONAL_ONLY]

    @functools.wraps(fun)
    def full(*args: Any, **kwargs: Any) -> Any:
        if jit_is_off():
            args = tuple([x if i in positions else arrays_of(x) for i, x in enumerate(args)])
            kwargs = {k: x if k in static else arrays_of(x) for k, x in kwargs.items()}
        return jax.tree.map(strong, fun(*args, **kwargs))

    return jax.jit(full, static_argnums=positions, static_argnames=names, inline=True), positions


# Options that may be one integer or several; of any other a tuple is refused, or holds no numbers.
_SEVERAL = frozenset(
    {"axes", "axis", "destination", "indices_or_sections", "padding", "repetitions", "s", "shape", "source", "strides"}
    | {"dilation", "kernel_dilation", "input_dilation", "output_padding", "window"}
)
_INTEGERS = frozenset({int})


def _several(fun: Callable[..., Any], static: tuple[str, ...]) -> tuple[str, int, bool]:
    """Name and position of an option that may be a tuple of integers, and whether there are others."""
    found = [(p, i) for i, p in enumerate(inspect.signature(fun).parameters) if p in _SEVERAL.intersection(static)]
    return (*found[0], len(found) > 1) if found else ("", 1 << 30, False)


def _freezing(static: tuple[str, ...], positions: list[int]) -> Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]:
    def frozen(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with each list in an option made hashable, and each tuple told from those that it equals.

        A program is found by the options of a call, and (0.0, True) equals (0, 1).
        """
        for x in (*args, *kwargs.values()):
            if type(x) is list or (type(x) is tuple and not _INTEGERS.issuperset(map(type, x))):
                break
        else:
            return args, kwargs
        options = {k: listed(v, _ARRAYS) if k in static else v for k, v in kwargs.items()}
        return tuple([listed(x, _ARRAYS) if i in positions else x for i, x in enumerate(args)]), options

    return frozen


def quick(*static: str, name: str = "") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Jit `fun` inline with the options `static`; where `jit` refuses an argument, `fun` itself answers or raises.

    Errors name `name`, or the function without a line under it in front. Operation by operation a body of a few calls
    of `jax.numpy` costs 10 to 150 us, as one program 4.
    """

    def decorate(fun: Callable[P, R]) -> Callable[P, R]:
        native, positions = _jitted(fun, static)
        (key, at, others), frozen = _several(fun, static), _freezing(static, positions)

        @functools.wraps(fun)
        def op(*args: Any, **kwargs: Any) -> R:
            x = kwargs.get(key) if len(args) <= at else args[at]
            if (type(x) is tuple and not _INTEGERS.issuperset(map(type, x))) or others:
                args, kwargs = frozen(args, kwargs)
            try:
                return native(*args, **kwargs)
            except (TypeError, ValueError, IndexError, OverflowError):
                pass
            try:
                return fun(*args, **kwargs)
            except OverflowError as error:
                if not str(error).startswith("dualgrad."):
                    require_default(name or fun.__name__.lstrip("_"), args, x64())
                raise

        return op

    return decorate


def _left_out(x: Any) -> Any:
    return x if x is None else ()


def _holds_list(x: Any) -> bool:
    return isinstance(x, list) or (type(x) is tuple and any(map(_holds_list, x)))


def array(name: str, x: Any) -> jax.Array:
    """`x`, which must be an array by now; a list or a tree of arrays is none."""
    if not isinstance(x, jax.Array):
        raise foreign(name, x, "jax")
    return x


def together(name: str, *xs: Any) -> list[jax.Array]:
    """All of `xs` in the dtype of their sum."""
    arrays = [array(name, x) for x in xs]
    dtype = jnp.result_type(*arrays)
    return [x.astype(dtype) for x in arrays]


def floating_together(name: str, *xs: Any) -> list[jax.Array]:
    """As `together`, and integers and bools take the default float, each from what it is."""
    arrays = [array(name, x) for x in xs]
    return arrays if all(x.dtype == arrays[0].dtype and x.dtype.name in INEXACT for x in arrays) else inexact_of(arrays)


def floating(name: str, x: Any) -> jax.Array:
    """`x` as a floating-point or complex array; integers and bools take the default float."""
    x = array(name, x)
    return as_inexact(x)


def real(name: str, x: Any) -> jax.Array:
    """`x` as a real floating-point array."""
    x = floating(name, x)
    if jnp.iscomplexobj(x):
        raise real_only(name, x.dtype.name)
    return x


def wide(x: jax.Array) -> jax.Array:
    """`x` in the precision that sums of it are taken in: half precisions in float32."""
    return x.astype(jnp.float32) if x.dtype.name in HALVES else x
