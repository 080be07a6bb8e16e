"""Function transforms, with JAX's names, arguments and meaning on every backend.

Each takes a function and gives a function; the result picks its backend when it is called. Every transform composes
with every other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Literal, ParamSpec, SupportsIndex, TypeVar, overload

from dualgrad._active import active, get_backend
from dualgrad._dtypes import WEAK
from dualgrad._integers import OverIntegers, over_integers
from dualgrad._rules.arguments import flag, foreign, framework_of, is_outside, outside_the_standard, switched
from dualgrad._rules.collectives import axis_name_error, vmap_axis_size
from dualgrad._rules.transforms import not_a_sequence
from dualgrad._transformed import Transformed, bound, check_callable, explained
from dualgrad.typing import PyTree

__all__ = [
    "eval_shape",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linear_transpose",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]
__dir__ = __all__.copy  # what completion offers

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Argnums = int | Sequence[int]


def grad(
    fun: Callable[P, Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, Any]:
    """Function that computes the gradient of a scalar function, by reverse mode.

    Args:
        fun: Returns a real floating-point scalar (0-d), or with `has_aux` a pair of it and anything.
        argnums: Positions of the arguments to differentiate; negative ones count from the end. These arguments are
            trees of floating-point or complex arrays or Python floats.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(gradient, aux)`.
        holomorphic: Whether `fun` is holomorphic: complex in, complex out, and the gradient is `f'(z)`.
        allow_int: Whether the differentiated arguments may hold integers and bools too, such as counters or keys. Their
            gradients are zeros of their own dtype, where JAX has its dtype `float0`, which no other framework has.

    Returns:
        A function of the arguments of `fun` whose result has the structure, shapes and dtypes of the differentiated
        argument; a tuple of such where `argnums` is a sequence.

    Raises:
        TypeError: The output is no scalar, or complex or integer; a differentiated argument is an integer or bool, and
            `allow_int` is not set.
        ValueError: `argnums` is out of range or repeats a position.

    Derivative:
        Of a real function of a complex argument: `df/dx - i df/dy`, JAX's convention. A descent step goes along its
        conjugate.

    Example:
        >>> float(dg.grad(lambda x: x**2 + 2 * x + 1)(3.0))
        8.0

    Source: `jax.grad`.
    """
    kind = OverIntegers[P, Any] if flag("grad", "allow_int", allow_int) else Transformed[P, Any]
    return kind("grad", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


def value_and_grad(
    fun: Callable[P, R],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, tuple[R, Any]]:
    """Function that computes the value of a scalar function and its gradient in one go.

    Args:
        fun: Returns a real floating-point scalar (0-d), or with `has_aux` a pair of it and anything.
        argnums: Positions of the arguments to differentiate.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `((output, aux), gradient)`.
        holomorphic: Whether `fun` is holomorphic.
        allow_int: Whether the differentiated arguments may hold integers and bools too, as for `grad`.

    Returns:
        A function of the arguments of `fun` that gives `(value, gradient)`.

    Raises:
        TypeError: The output is no scalar, or complex or integer; a differentiated argument is an integer or bool, and
            `allow_int` is not set.
        ValueError: `argnums` is out of range or repeats a position.

    Derivative:
        The gradient is that of `grad`, itself differentiable; both modes, any order.

    Example:
        >>> value, slope = dg.value_and_grad(lambda x: x**2)(3.0)
        >>> float(value), float(slope)
        (9.0, 6.0)

    Source: `jax.value_and_grad`.
    """
    kind = (
        OverIntegers[P, tuple[Any, Any]]
        if flag("value_and_grad", "allow_int", allow_int)
        else Transformed[P, tuple[Any, Any]]
    )
    return kind("value_and_grad", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


@overload
def jvp(
    fun: Callable[..., R], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[R, R]: ...
@overload
def jvp(
    fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool
) -> tuple[Any, Any, Any]: ...
def jvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """Value of `fun` and its derivative along `tangents`, by forward mode.

    Args:
        fun: Any function of trees of arrays.
        primals: Its arguments, a tuple or list.
        tangents: A direction: the structure, shapes and dtypes of `primals`. What is given for an integer, zeros of its
            dtype or an array of JAX's `float0`, is not used.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(output, tangent, aux)`.

    Returns:
        `(output, tangent)`; the tangent of an integer output is zeros of its dtype.

    Raises:
        TypeError: A tangent's shape or dtype differs from its primal's.
        ValueError: The structures differ.

    Derivative:
        In `primals` that of the second order; in `tangents` linear. Both modes, any order.

    Example:
        >>> out, tangent = dg.jvp(lambda x: x**3, (2.0,), (1.0,))
        >>> float(out), float(tangent)
        (8.0, 12.0)

    Source: `jax.jvp`.
    """
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
        return _now("jvp", fun, (primals, tangents), {"has_aux": has_aux})  # the backend says what is wrong
    return _now("jvp", fun, (primals, tangents), {"has_aux": has_aux}, primals)


@overload
def vjp(
    fun: Callable[..., R], /, *primals: Any, has_aux: Literal[False] = False
) -> tuple[R, Callable[[Any], tuple[Any, ...]]]: ...
@overload
def vjp(
    fun: Callable[..., Any], /, *primals: Any, has_aux: bool
) -> tuple[Any, Callable[[Any], tuple[Any, ...]], Any]: ...
def vjp(fun: Callable[..., Any], /, *primals: Any, has_aux: bool = False) -> Any:
    """Value of `fun` and the function that pulls cotangents back, by reverse mode.

    Args:
        fun: Any function of trees of arrays.
        *primals: Its arguments.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(output, pullback, aux)`.

    Returns:
        `(output, pullback)`. The pullback takes a tree like `output` and gives a tuple, one entry for each argument;
        the cotangent of an integer is zeros of its dtype, where JAX has its own `float0`, which no other framework has.
        It is the plain transpose of `jvp`, without a conjugate; and a tree of the arrays that it keeps, so that a rule
        may save it and a jitted function return it.

    Raises:
        TypeError: A cotangent's shape or dtype differs from its output's.
        ValueError: The structures differ.

    Derivative:
        In `primals` that of the second order; in cotangents linear. Both modes, any order.

    Example:
        >>> out, pullback = dg.vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> [float(ct) for ct in pullback(1.0)]
        [3.0, 2.0]

    Source: `jax.vjp`.
    """
    return _now("vjp", fun, primals, {"has_aux": has_aux}, primals)


def jacfwd(
    fun: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]:
    """Function that computes the Jacobian column by column, by forward mode: for few inputs and many outputs.

    Args:
        fun: Any function of trees of arrays; real inputs unless `holomorphic`.
        argnums: Positions of the arguments to differentiate.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(jacobian, aux)`.
        holomorphic: Whether `fun` is holomorphic.

    Returns:
        A function that gives a tree like the output, each leaf a tree like the input, each leaf of that an array of
        shape `output.shape + input.shape`.

    Raises:
        TypeError: An input is an integer, or complex without `holomorphic`.
        ValueError: `argnums` is out of range or repeats a position.

    Derivative:
        The derivative of `fun`, by forward mode, itself differentiable; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.jacfwd(lambda x: x**2)(dg.asarray([1.0, 2.0]))).tolist()
        [[2.0, 0.0], [0.0, 4.0]]

    Source: `jax.jacfwd`.
    """
    return Transformed[P, Any]("jacfwd", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


def jacrev(
    fun: Callable[P, Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, Any]:
    """Function that computes the Jacobian row by row, by reverse mode: for many inputs and few outputs.

    Args:
        fun: Any function of trees of arrays; real outputs unless `holomorphic`.
        argnums: Positions of the arguments to differentiate.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(jacobian, aux)`.
        holomorphic: Whether `fun` is holomorphic.
        allow_int: Whether the differentiated arguments may hold integers and bools too, as for `grad`; their blocks are
            zeros of their own dtype.

    Returns:
        A function that gives a tree like the output, each leaf a tree like the input, each leaf of that an array of
        shape `output.shape + input.shape`.

    Raises:
        TypeError: An input is an integer and `allow_int` is not set, or an output is an integer, or complex without
            `holomorphic`.
        ValueError: `argnums` is out of range or repeats a position.

    Derivative:
        The derivative of `fun`, by reverse mode, itself differentiable; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.jacrev(lambda x: x**2)(dg.asarray([1.0, 2.0]))).tolist()
        [[2.0, 0.0], [0.0, 4.0]]

    Source: `jax.jacrev`.
    """
    kind = OverIntegers[P, Any] if flag("jacrev", "allow_int", allow_int) else Transformed[P, Any]
    return kind("jacrev", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


jacobian = jacrev


def hessian(
    fun: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]:
    """Function that computes the matrix of second derivatives, by forward over reverse mode.

    Args:
        fun: Any function of trees of arrays; mostly one that returns a scalar.
        argnums: Positions of the arguments to differentiate.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(hessian, aux)`.
        holomorphic: Whether `fun` is holomorphic.

    Returns:
        A function that gives a tree like the output, of trees like the input, of trees like the input, with arrays of
        shape `output.shape + input.shape + input.shape`.

    Raises:
        TypeError: An input or output is an integer, or complex without `holomorphic`.
        ValueError: `argnums` is out of range or repeats a position.

    Derivative:
        The second derivative of `fun`, itself differentiable; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.hessian(lambda x: dg.sum(x**3))(dg.asarray([1.0, 2.0]))).tolist()
        [[6.0, 0.0], [0.0, 12.0]]

    Source: `jax.hessian`.
    """
    return Transformed[P, Any]("hessian", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


def hvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Hessian of a scalar function times a vector, without the Hessian: forward over reverse mode.

    Eagerly on PyTorch reverse mode runs twice in its place, which takes half the time, unless a custom rule is met.

    Args:
        fun: Returns a real floating-point scalar.
        primals: Its arguments, a tuple or list; the Hessian is with respect to all of them.
        tangents: The vector: the structure, shapes and dtypes of `primals`.

    Returns:
        A tree like `primals[0]` for one argument, else a tuple with one entry for each.

    Raises:
        TypeError: As `grad` and `jvp`.

    Derivative:
        In `primals` that of the third order; in `tangents` linear. Both modes, any order.

    Example:
        >>> float(dg.hvp(lambda x: x**3, (2.0,), (1.0,)))
        12.0

    Source: Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).
    """
    for which, value in (("primals", primals), ("tangents", tangents)):
        if not isinstance(value, tuple | list):
            raise not_a_sequence(which, value, "hvp")
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(fun, argnums), primals, tangents)[1]


def vmap(
    fun: Callable[P, R],
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_name: Any = None,
    axis_size: int | None = None,
) -> Callable[P, R]:
    """Function that maps `fun` over an axis of its arguments, all at once.

    Args:
        fun: Any function of trees of arrays, written for one element.
        in_axes: The axis to map in each positional argument: an integer, `None` for what is not mapped, or a tuple of
            these or of trees of them, each a prefix of its argument. Keyword arguments are mapped over axis 0.
        out_axes: Where the mapped axis appears in the output: an integer, `None`, or a prefix tree of them.
        axis_name: A name by which collectives inside `fun` (`dg.lax.psum` and the like) reach the other elements.
        axis_size: The size of the mapped axis; needed where no argument is mapped.

    Returns:
        A function of the arguments of `fun`, those that are mapped with that axis in addition, whose output has it too.

    Raises:
        ValueError: An axis is out of range, nothing is mapped, sizes differ, or an output with `out_axes=None` is
        mapped.
        TypeError: An axis is no integer.

    Derivative:
        That of `fun`, element by element; both modes, any order.

    Example:
        >>> dot = dg.vmap(lambda a, b: dg.sum(a * b), in_axes=(0, None))
        >>> dg.to_numpy(dot(dg.ones((3, 2)), dg.asarray([1.0, 2.0]))).tolist()
        [3.0, 3.0, 3.0]

    Source: `jax.vmap`.
    """
    options: dict[str, Any] = {"in_axes": in_axes, "out_axes": out_axes}
    if axis_name is not None:
        if not isinstance(axis_name, Hashable) or hasattr(axis_name, "shape"):
            raise axis_name_error("vmap", axis_name)
        options["axis_name"] = axis_name
    if axis_size is not None:
        if not isinstance(axis_size, SupportsIndex) or isinstance(axis_size, bool) or axis_size.__index__() < 0:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
            raise vmap_axis_size(axis_size)
        options["axis_size"] = axis_size.__index__()
    return Transformed[P, Any]("vmap", fun, options)


@overload
def linearize(
    fun: Callable[..., R], /, *primals: Any, has_aux: Literal[False] = False
) -> tuple[R, Callable[..., R]]: ...
@overload
def linearize(fun: Callable[..., Any], /, *primals: Any, has_aux: bool) -> tuple[Any, Callable[..., Any], Any]: ...
def linearize(fun: Callable[..., Any], /, *primals: Any, has_aux: bool = False) -> Any:
    """Value of `fun` and its derivative at `primals` as a linear function, which does not compute `fun` again.

    Args:
        fun: Any function of trees of arrays.
        *primals: Its arguments; tangents of integers are not used, as for `jvp`.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(output, linear function, aux)`.

    Returns:
        `(output, linear function)`: the latter takes one tangent for each argument and gives that of the output, as
        `jvp` would. It is a tree of the arrays that it keeps.

    Raises:
        TypeError: A tangent's shape or dtype differs from its primal's.
        ValueError: The structures differ.

    Derivative:
        In `primals` that of the second order; in tangents linear. Both modes, any order.

    Example:
        >>> out, push = dg.linearize(lambda x: x**3, 2.0)
        >>> float(out), float(push(1.0)), float(push(2.0))
        (8.0, 12.0, 24.0)

    Source: `jax.linearize`.
    """
    return _now("linearize", fun, primals, {"has_aux": has_aux}, primals)


def linear_transpose(fun: Callable[..., Any], /, *primals: Any) -> Callable[..., Any]:
    """The transpose of a function that is linear: a function from cotangents of its output to those of its arguments.

    Args:
        fun: Linear in all of its arguments together.
        *primals: Arguments of the right structure, shapes and dtypes, or `ShapeDtypeStruct`s; values are not used.

    Returns:
        A function of one tree like the output, which gives a tuple with an entry for each argument. No conjugate is
        taken. It is a tree of the arrays that `fun` closes over.

    Raises:
        TypeError: `fun` is not linear, an argument or output is neither floating-point nor complex, or a cotangent does
            not fit. JAX alone also transposes a function from integers to integers.

    Derivative:
        The transpose is linear as `fun` is; both modes, any order.

    Example:
        >>> back = dg.linear_transpose(lambda x, y: 2.0 * x - 3.0 * y, 0.0, 0.0)
        >>> [float(ct) for ct in back(1.0)]
        [2.0, -3.0]

    Source: `jax.linear_transpose`.
    """
    return _now("linear_transpose", fun, primals, {})


def stop_gradient(x: T, /) -> T:
    """`x`, held constant by differentiation.

    Args:
        x: A tree of arrays.

    Returns:
        A tree like `x`, with the same values.

    Raises:
        ForeignArrayError: A leaf is no array of the active backend and no number.

    Derivative:
        Zero everywhere; both modes, any order.

    Example:
        >>> float(dg.grad(lambda x: x * dg.stop_gradient(x))(3.0))
        3.0

    Source: `jax.lax.stop_gradient`.
    """
    if type(x) in WEAK:
        return x
    backend = active.backend
    try:
        return backend.stop_gradient(x)
    except OverflowError:  # JAX would make its default integer of a number in a tree
        return backend.tree.map(stop_gradient, x)
    except TypeError:
        for leaf in backend.tree.leaves(x):
            if not hasattr(leaf, "dtype") and not isinstance(leaf, int | float | complex):
                raise foreign("stop_gradient", leaf, backend.name) from None
            dtype = getattr(leaf, "dtype", None)
            if dtype is not None and framework_of(leaf) is None and is_outside(dtype):
                raise outside_the_standard("stop_gradient", leaf) from None
        raise


def eval_shape(fun: Callable[..., Any], /, *args: Any, **kwargs: Any) -> PyTree:
    """Shapes and dtypes of what `fun` would return, without computing it.

    Args:
        fun: A function of trees of arrays.
        *args: Its arguments: arrays, numbers, or `ShapeDtypeStruct`s in their place.
        **kwargs: Its keyword arguments, likewise.

    Returns:
        The output's tree with a `ShapeDtypeStruct` for each array.

    Raises:
        ConcretizationError: Python code in `fun` needs the value of an array.

    Derivative:
        None: nothing is computed.

    Example:
        >>> dg.eval_shape(lambda x: dg.sum(x, axis=0), dg.ShapeDtypeStruct((3, 2), dg.float32))
        ShapeDtypeStruct(shape=(2,), dtype=dualgrad.float32)

    Source: `jax.eval_shape`.
    """
    return _now("eval_shape", fun, args, kwargs)


def _now(
    name: str, fun: Callable[..., Any], args: Any, kwargs: dict[str, Any], primals: Sequence[Any] | None = None
) -> Any:
    """Run a transform that is applied at once; among `primals`, what is differentiated, there may be integers."""
    check_callable(name, fun)
    backend = get_backend()
    kwargs = kwargs if primals is None else switched(name, kwargs)
    try:
        run = None if primals is None else over_integers(backend, name, primals)
        return (run or getattr(backend, name))(bound(fun, backend), *args, **kwargs)
    except Exception as error:
        raise explained(name, error, args, kwargs) from error.__cause__
