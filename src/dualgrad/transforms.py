"""Function transforms, with JAX's names, arguments and meaning on every backend.

Each takes a function and gives a function; the result picks its backend when it is called. Every transform composes
with every other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, SupportsIndex, TypeVar, overload

from dualgrad._active import active, get_backend
from dualgrad._integers import OverIntegers
from dualgrad._results import Cost
from dualgrad._rules.arguments import framework_of
from dualgrad._rules.control import vmap_axis_size
from dualgrad._rules.policies import Policy, policy_error
from dualgrad._rules.transforms import check_donated, not_jittable, static_names, static_value
from dualgrad._transformed import Transformed, bound, check_callable, explained
from dualgrad.typing import PyTree

__all__ = [
    "Jitted",
    "Program",
    "checkpoint",
    "checkpoint_name",
    "eval_shape",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacrev",
    "jit",
    "jvp",
    "linear_transpose",
    "linearize",
    "remat",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
]

P = ParamSpec("P")
R = TypeVar("R")
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
    kind = OverIntegers[P, Any] if allow_int else Transformed[P, Any]
    return kind("grad", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


def value_and_grad(
    fun: Callable[P, Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, tuple[Any, Any]]:
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

    Example:
        >>> value, slope = dg.value_and_grad(lambda x: x**2)(3.0)
        >>> float(value), float(slope)
        (9.0, 6.0)

    Source: `jax.value_and_grad`.
    """
    kind = OverIntegers[P, tuple[Any, Any]] if allow_int else Transformed[P, tuple[Any, Any]]
    return kind("value_and_grad", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


def jvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """Value of `fun` and its derivative along `tangents`, by forward mode.

    Args:
        fun: Any function of trees of arrays.
        primals: Its arguments, a tuple or list; floating-point or complex.
        tangents: A direction: the structure, shapes and dtypes of `primals`.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(output, tangent, aux)`.

    Returns:
        `(output, tangent)`; the tangent of an integer output is zeros.

    Raises:
        TypeError: A tangent's shape or dtype differs from its primal's, or a primal is an integer.
        ValueError: The structures differ.

    Example:
        >>> out, tangent = dg.jvp(lambda x: x**3, (2.0,), (1.0,))
        >>> float(out), float(tangent)
        (8.0, 12.0)

    Source: `jax.jvp`.
    """
    return _now("jvp", fun, (primals, tangents), {"has_aux": has_aux})


def vjp(fun: Callable[..., Any], /, *primals: Any, has_aux: bool = False) -> Any:
    """Value of `fun` and the function that pulls cotangents back, by reverse mode.

    Args:
        fun: Any function of trees of arrays.
        *primals: Its arguments; floating-point or complex.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(output, pullback, aux)`.

    Returns:
        `(output, pullback)`. The pullback takes a tree like `output` and gives a tuple, one entry for each argument.
        It is the plain transpose of `jvp`, without a conjugate; and a tree of the arrays that it keeps, so that a rule
        may save it and a jitted function return it.

    Raises:
        TypeError: A primal is an integer; a cotangent's shape or dtype differs from its output's.
        ValueError: The structures differ.

    Example:
        >>> out, pullback = dg.vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> [float(ct) for ct in pullback(1.0)]
        [3.0, 2.0]

    Source: `jax.vjp`.
    """
    return _now("vjp", fun, primals, {"has_aux": has_aux})


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

    Example:
        >>> dg.to_numpy(dg.jacfwd(lambda x: x**2)(dg.asarray([1.0, 2.0]))).tolist()
        [[2.0, 0.0], [0.0, 4.0]]

    Source: `jax.jacfwd`.
    """
    return Transformed[P, Any]("jacfwd", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


def jacrev(
    fun: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]:
    """Function that computes the Jacobian row by row, by reverse mode: for many inputs and few outputs.

    Args:
        fun: Any function of trees of arrays; real outputs unless `holomorphic`.
        argnums: Positions of the arguments to differentiate.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(jacobian, aux)`.
        holomorphic: Whether `fun` is holomorphic.

    Returns:
        A function that gives a tree like the output, each leaf a tree like the input, each leaf of that an array of
        shape `output.shape + input.shape`.

    Raises:
        TypeError: An input or output is an integer, or an output complex without `holomorphic`.
        ValueError: `argnums` is out of range or repeats a position.

    Example:
        >>> dg.to_numpy(dg.jacrev(lambda x: x**2)(dg.asarray([1.0, 2.0]))).tolist()
        [[2.0, 0.0], [0.0, 4.0]]

    Source: `jax.jacrev`.
    """
    return Transformed[P, Any]("jacrev", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


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

    Example:
        >>> dg.to_numpy(dg.hessian(lambda x: dg.sum(x**3))(dg.asarray([1.0, 2.0]))).tolist()
        [[6.0, 0.0], [0.0, 12.0]]

    Source: `jax.hessian`.
    """
    return Transformed[P, Any]("hessian", fun, {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic})


def hvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Hessian of a scalar function times a vector, without the Hessian: forward over reverse mode.

    Args:
        fun: Returns a real floating-point scalar.
        primals: Its arguments, a tuple or list; the Hessian is with respect to all of them.
        tangents: The vector: the structure, shapes and dtypes of `primals`.

    Returns:
        A tree like `primals[0]` for one argument, else a tuple with one entry for each.

    Raises:
        TypeError: As `grad` and `jvp`.

    Example:
        >>> float(dg.hvp(lambda x: x**3, (2.0,), (1.0,)))
        12.0

    Source: Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).
    """
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(fun, argnums), primals, tangents)[1]


def vmap(
    fun: Callable[P, Any],
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_name: Any = None,
    axis_size: int | None = None,
) -> Callable[P, Any]:
    """Function that maps `fun` over an axis of its arguments, all at once.

    Args:
        fun: Any function of trees of arrays, written for one element.
        in_axes: The axis to map in each positional argument: an integer, `None` for what is not mapped, or a tuple of
            these or of trees of them, each a prefix of its argument. Keyword arguments are mapped over axis 0.
        out_axes: Where the mapped axis appears in the output: an integer, `None`, or a prefix tree of them.
        axis_name: A name by which collectives inside `fun` (`dg.lax.psum` and the like) reach the other elements.
        axis_size: The size of the mapped axis; needed where no argument is mapped.

    Raises:
        ValueError: An axis is out of range, nothing is mapped, sizes differ, or an output with `out_axes=None` is
        mapped.
        TypeError: An axis is no integer.

    Example:
        >>> dot = dg.vmap(lambda a, b: dg.sum(a * b), in_axes=(0, None))
        >>> dg.to_numpy(dot(dg.ones((3, 2)), dg.asarray([1.0, 2.0]))).tolist()
        [3.0, 3.0, 3.0]

    Source: `jax.vmap`.
    """
    options: dict[str, Any] = {"in_axes": in_axes, "out_axes": out_axes}
    if axis_name is not None:
        options["axis_name"] = axis_name
    if axis_size is not None:
        if not isinstance(axis_size, SupportsIndex) or isinstance(axis_size, bool) or axis_size.__index__() < 0:  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
            raise vmap_axis_size(axis_size)
        options["axis_size"] = axis_size.__index__()
    return Transformed[P, Any]("vmap", fun, options)


class Program:
    """A traced or lowered function: `str(program)` is its text, in the language of its backend.

    Attributes:
        native: The backend's own object: from `jax.jit(f).trace` or `.lower`, or a `torch.fx.GraphModule`.
    """

    def __init__(self, text: str, native: Any) -> None:
        self._text = text
        self.native = native

    def as_text(self) -> str:
        """The program as text."""
        return self._text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<dualgrad program of {len(self._text.splitlines())} lines>"


class Jitted(Transformed[P, R]):
    """A jitted function; `stats()` says what it did so far on the active backend."""

    def trace(self, *args: Any, **kwargs: Any) -> Program:
        """The program that `fun` is for these arguments, as it was recorded and before it is compiled.

        Args:
            *args: Arguments of the function, or `ShapeDtypeStruct`s in their place.
            **kwargs: Its keyword arguments, likewise.

        Returns:
            A `Program`: a jaxpr on JAX, an FX graph of aten operations on torch.

        Example:
            >>> "sin" in str(dg.jit(dg.sin).trace(dg.ones(3)))
            True
        """
        return self._program("jit_trace", args, kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> Program:
        """The program for these arguments in the form that is handed to the compiler; nothing is run.

        Args:
            *args: Arguments of the function, or `ShapeDtypeStruct`s in their place.
            **kwargs: Its keyword arguments, likewise.

        Returns:
            A `Program`: StableHLO on JAX, the FX graph that Inductor is given on torch.

        Example:
            >>> len(dg.jit(dg.sin).lower(dg.ones(3)).as_text()) > 0
            True
        """
        return self._program("jit_lower", args, kwargs)

    def cost(self, *args: Any, **kwargs: Any) -> Cost:
        """What the compiled program does for these arguments: operations, bytes, memory; nothing is run.

        Args:
            *args: Arguments of the function, or `ShapeDtypeStruct`s in their place.
            **kwargs: Its keyword arguments, likewise.

        Returns:
            A named tuple `Cost`.

            - `operations`: `2 m n k` for a product of `(m, k)` and `(k, n)`, as much for each tap of a convolution, one
              for each element that an elementwise operation writes or a reduction reads. `scan` and `fori_loop` with
              known bounds count each step, `while_loop` one step, a branch the dearest. What a library of linear
              algebra does counts nothing.
            - `bytes_accessed`: what the kernels read and write after fusion; so two programs that compute the same
              differ by what the compilers fuse. A step of a loop counts as if it were compiled alone.
            - `peak_memory`: bytes of results and temporaries beside the arguments, as XLA lays them out on JAX; `None`
              on torch, whose programs allocate as they run.

            XLA counts reductions as it lays them out, a few per cent off, and leaves out the taps of a convolution
            that fall on padding; torch counts every number read and all taps.

        Example:
            >>> dg.jit(dg.matmul).cost(dg.ones((64, 64)), dg.ones((64, 64))).operations
            524288.0
        """
        return self._asked("jit_cost", args, kwargs)

    def _program(self, how: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Program:
        return Program(*self._asked(how, args, kwargs))

    def _asked(self, how: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return getattr(get_backend(), how)(self.native(), *args, **kwargs)
        except Exception as error:
            raise self._explained(error, args, kwargs) from error.__cause__

    def stats(self) -> dict[str, int]:
        """Numbers of traces, compilations, retries and fallbacks on the active backend.

        A retry is a part of a program that was compiled with less optimisation because the compiler crashed, and works;
        a fallback a program that could not be compiled.

        Example:
            >>> f = dg.jit(lambda x: x * x, compiler="replay")
            >>> _ = f(1.0), f(2.0)
            >>> f.stats()["traces"]
            1
        """
        return active.backend.jit_stats(self.native())

    def _explained(self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception:
        if not str(error).startswith("dualgrad") and isinstance(error, TypeError | ValueError):
            nums, names = static_names(self._fun, self._options["static_argnums"], self._options["static_argnames"])
            fixed = {n % len(args) for n in nums if -len(args) <= n < len(args)} if args else set[int]()
            for where in sorted(fixed):
                static_value("jit", f"argument {where}", args[where])
            for where in sorted(kwargs.keys() & set(names)):
                static_value("jit", f"argument {where!r}", kwargs[where])
            traced = [a for n, a in enumerate(args) if n not in fixed], {k: kwargs[k] for k in kwargs if k not in names}
            backend = get_backend()
            for leaf in backend.tree.leaves(traced):
                if (
                    framework_of(leaf) is None
                    and not isinstance(leaf, bool | int | float | complex)
                    and not hasattr(leaf, "dtype")
                ):
                    return not_jittable("jit", leaf)
        return super()._explained(error, args, kwargs)


@overload
def jit(
    fun: Callable[P, R],
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
    keep_unused: bool = False,
    compiler: str | None = None,
    inline: bool = False,
) -> Jitted[P, R]: ...
@overload
def jit(
    fun: None = None,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
    keep_unused: bool = False,
    compiler: str | None = None,
    inline: bool = False,
) -> Callable[[Callable[P, R]], Jitted[P, R]]: ...
def jit(
    fun: Callable[P, R] | None = None,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Iterable[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Iterable[str] | None = None,
    keep_unused: bool = False,
    compiler: str | None = None,
    inline: bool = False,
) -> Jitted[P, R] | Callable[[Callable[P, R]], Jitted[P, R]]:
    """Function compiled by XLA on JAX and by Inductor on torch; usable as a decorator, with or without options.

    `fun` is traced once for each combination of tree structure, shapes, dtypes, devices and static values; Python
    numbers are traced too, so another value is no new trace. What `fun` does beside computing happens while it is
    traced.

    Args:
        fun: A function of trees of arrays that does not branch in Python on the values of arrays.
        static_argnums: Positions of arguments that are part of the program; hashable.
        static_argnames: Names of such arguments.
        donate_argnums: Positions of arguments whose memory may be reused; a hint that torch has no use for.
        donate_argnames: Names of such arguments.
        keep_unused: Whether the compiled program takes arguments that it does not use, too; a hint that torch has no
            use for.
        compiler: Chooses on torch: `"inductor"` (the default, or what `DUALGRAD_TORCH_COMPILER` names), `"replay"` to
            run the traced graph as it is, `"dynamo"` to hand `fun` to plain `torch.compile`. JAX has one compiler.
        inline: Whether to dissolve into an enclosing traced function instead of being a function in its program.
            Changes no value; on torch it always dissolves.

    Returns:
        A function that behaves as `fun`, is differentiable and can be mapped; `stats()` counts its traces.

    Raises:
        ConcretizationError: At a call, if Python code in `fun` needs the value of an array.
        TypeError: A static value cannot be hashed; an argument or output is no array.
        ValueError: A static position or name, or that of a donated argument, does not exist, or is both.

    Example:
        >>> f = dg.jit(lambda x: dg.sin(x) ** 2 + dg.cos(x) ** 2, compiler="replay")
        >>> round(float(f(0.5)), 5)
        1.0

    Source: `jax.jit`.
    """
    names = static_argnames if isinstance(static_argnames, str | None) else tuple(static_argnames)
    donated = donate_argnames if isinstance(donate_argnames, str | None) else tuple(donate_argnames)
    options: dict[str, Any] = {
        "static_argnums": static_argnums,
        "static_argnames": names,
        "donate_argnums": donate_argnums,
        "compiler": compiler,
    }
    hints = {"inline": inline, "keep_unused": keep_unused, "donate_argnames": donated}
    options |= {name: value for name, value in hints.items() if value}

    def jitted(fun: Callable[P, R]) -> Jitted[P, R]:
        check_callable("jit", fun)
        if not all([x is None for x in (static_argnums, names, donate_argnums, donated)]):
            static = static_names(fun, static_argnums, names)
            check_donated(static, static_names(fun, donate_argnums, donated, "donate"))
        return Jitted("jit", fun, options)

    return jitted if fun is None else jitted(fun)


def checkpoint(
    fun: Callable[P, R],
    *,
    prevent_cse: bool = True,
    policy: Policy | None = None,
    static_argnums: int | Sequence[int] = (),
) -> Callable[P, R]:
    """Function that computes what `fun` does and, when differentiated, saves its arguments only and computes it again.

    It trades time for memory: reverse mode through a long chain of checkpointed steps keeps what enters each step
    instead of everything inside.

    Args:
        fun: Any function of trees of arrays; it may close over differentiated arrays.
        prevent_cse: Whether to keep a compiler from merging the two computations, which would save no memory. Inside
            `dg.lax.scan` nothing can be merged and `False` is faster.
        policy: One of `dg.checkpoint_policies`, for values inside that are to be saved too; `None` saves none.
        static_argnums: Positions of arguments that are no arrays; hashable.

    Raises:
        TypeError: `policy` is no policy.

    Derivative:
        That of `fun`; both modes, any order.

    Example:
        >>> step = dg.checkpoint(lambda x: dg.sin(dg.sin(x)))
        >>> round(float(dg.grad(step)(0.5)), 4)
        0.7786

    Source: `jax.checkpoint`; Griewank and Walther, "Algorithm 799: revolve", ACM TOMS 26 (2000).
    """
    nums = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    options: dict[str, Any] = {"prevent_cse": prevent_cse, "static_argnums": nums}
    if policy is not None:
        if not isinstance(policy, Policy):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
            raise policy_error(policy)
        options["policy"] = policy
    return Transformed[P, R]("checkpoint", fun, options)


remat = checkpoint


def checkpoint_name(x: PyTree, /, name: str) -> PyTree:
    """`x`, under a name by which a policy of `dg.checkpoint` can choose to save it.

    Args:
        x: A tree of arrays.
        name: The name, as `dg.checkpoint_policies.save_only_these_names` takes it.

    Derivative:
        That of the identity; both modes, any order.

    Example:
        >>> float(dg.checkpoint_name(dg.asarray(2.0), "two"))
        2.0

    Source: `jax.ad_checkpoint.checkpoint_name`.
    """
    return active.backend.checkpoint_name(x, name)


def linearize(fun: Callable[..., Any], /, *primals: Any, has_aux: bool = False) -> Any:
    """Value of `fun` and its derivative at `primals` as a linear function, which does not compute `fun` again.

    Args:
        fun: Any function of trees of arrays.
        *primals: Its arguments; floating-point or complex.
        has_aux: Whether `fun` returns `(output, aux)`; the result is then `(output, linear function, aux)`.

    Returns:
        `(output, linear function)`: the latter takes one tangent for each argument and gives that of the output, as
        `jvp` would. It is a tree of the arrays that it keeps.

    Raises:
        TypeError: A primal is an integer; a tangent's shape or dtype differs from its primal's.
        ValueError: The structures differ.

    Example:
        >>> out, push = dg.linearize(lambda x: x**3, 2.0)
        >>> float(out), float(push(1.0)), float(push(2.0))
        (8.0, 12.0, 24.0)

    Source: `jax.linearize`.
    """
    return _now("linearize", fun, primals, {"has_aux": has_aux})


def linear_transpose(fun: Callable[..., Any], /, *primals: Any) -> Callable[..., Any]:
    """The transpose of a function that is linear: a function from cotangents of its output to those of its arguments.

    Args:
        fun: Linear in all of its arguments together.
        *primals: Arguments of the right structure, shapes and dtypes, or `ShapeDtypeStruct`s; values are not used.

    Returns:
        A function of one tree like the output, which gives a tuple with an entry for each argument. No conjugate is
        taken.

    Raises:
        TypeError: `fun` is not linear, or an argument or cotangent does not fit.

    Example:
        >>> back = dg.linear_transpose(lambda x, y: 2.0 * x - 3.0 * y, 0.0, 0.0)
        >>> [float(ct) for ct in back(1.0)]
        [2.0, -3.0]

    Source: `jax.linear_transpose`.
    """
    return _now("linear_transpose", fun, primals, {})


def stop_gradient(x: PyTree, /) -> PyTree:
    """`x`, held constant by differentiation.

    Args:
        x: A tree of arrays.

    Derivative:
        Zero everywhere; both modes, any order.

    Example:
        >>> float(dg.grad(lambda x: x * dg.stop_gradient(x))(3.0))
        3.0

    Source: `jax.lax.stop_gradient`.
    """
    return active.backend.stop_gradient(x)


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

    Example:
        >>> dg.eval_shape(lambda x: dg.sum(x, axis=0), dg.ShapeDtypeStruct((3, 2), dg.float32))
        ShapeDtypeStruct(shape=(2,), dtype=dualgrad.float32)

    Source: `jax.eval_shape`.
    """
    return _now("eval_shape", fun, args, kwargs)


def _now(name: str, fun: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Run a transform that is applied at once."""
    check_callable(name, fun)
    backend = get_backend()
    try:
        return getattr(backend, name)(bound(fun, backend), *args, **kwargs)
    except Exception as error:
        raise explained(name, error, args, kwargs) from error.__cause__
