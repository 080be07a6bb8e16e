"""Transforms of the program rather than of its mathematics: `jit` and `checkpoint`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar, overload

from dualgrad._active import active, get_backend, use_backend
from dualgrad._ahead import Compiled, Lowered, Program
from dualgrad._results import Cost
from dualgrad._rules.arguments import flag, way
from dualgrad._rules.policies import Policy, as_policy
from dualgrad._rules.transforms import (
    COMPILERS,
    check_donated,
    normalize_argnums,
    positions_of,
    static_names,
    static_value,
)
from dualgrad._transformed import Transformed, bound, check_callable, not_traceable
from dualgrad.protocol import Backend
from dualgrad.transforms import vjp
from dualgrad.typing import PyTree

__all__ = [
    "Compiled",
    "Jitted",
    "Lowered",
    "Program",
    "checkpoint",
    "checkpoint_name",
    "disable_jit",
    "fwd_and_bwd",
    "jit",
    "remat",
]

P = ParamSpec("P")
R = TypeVar("R")


class Jitted(Transformed[P, R]):
    """A jitted function; `stats()` says what it did so far on the active backend.

    Derivative:
        That of the function; both modes, any order.

    Example:
        >>> double = dg.jit(lambda x: 2.0 * x)
        >>> float(double(3.0)), float(dg.grad(double)(3.0))
        (6.0, 2.0)

    Source: `jax.jit`, whose functions have `trace`, `lower` and `eval_shape`.
    """

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
        return Program(*self._asked("jit_trace", args, kwargs))

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """The program for these arguments in the form that is handed to the compiler; nothing is run.

        Args:
            *args: Arguments of the function, or `ShapeDtypeStruct`s in their place.
            **kwargs: Its keyword arguments, likewise.

        Returns:
            A `Lowered` program: StableHLO on JAX, the FX graph that Inductor is given on torch. Its `compile()` is the
            function for arguments like these, compiled before it is called.

        Example:
            >>> len(dg.jit(dg.sin).lower(dg.ones(3)).as_text()) > 0
            True
        """
        text, native = self._asked("jit_lower", args, kwargs)
        backend = get_backend()
        return Lowered(text, native, lambda: self._compiled(backend, args, kwargs))

    def eval_shape(self, *args: Any, **kwargs: Any) -> PyTree:
        """Shapes and dtypes of what a call gives; nothing is compiled or run.

        Args:
            *args: Arguments of the function, or `ShapeDtypeStruct`s in their place.
            **kwargs: Its keyword arguments, likewise.

        Returns:
            The tree of `ShapeDtypeStruct`s.

        Example:
            >>> dg.jit(dg.matmul).eval_shape(dg.ones((2, 3)), dg.ones((3, 4))).shape
            (2, 4)
        """
        nums, names, traced, named = self._split(args, kwargs)
        fixed = {k: v for k, v in kwargs.items() if k in names}

        def fun(*given: Any, **options: Any) -> Any:
            rest = iter(given)
            return self._fun(*[a if n in nums else next(rest) for n, a in enumerate(args)], **options, **fixed)

        backend = get_backend()
        try:
            return backend.eval_shape(bound(fun, backend), *traced, **named)
        except Exception as error:
            raise self._explained(error, args, kwargs) from error.__cause__

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

    def _compiled(self, backend: Backend, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Compiled:
        _, _, traced, named = self._split(args, kwargs)
        with use_backend(backend):
            run = self._asked("jit_compile", args, kwargs)
        return Compiled(backend, run, traced, named)

    def _asked(self, how: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return getattr(get_backend(), how)(self.native(), *args, **kwargs)
        except Exception as error:
            raise self._explained(error, args, kwargs) from error.__cause__

    def stats(self) -> dict[str, int]:
        """Numbers of traces, compilations, retries and fallbacks on the active backend.

        A retry is a part of a program that was compiled with less optimisation because the compiler crashed, and works;
        a fallback a program that could not be compiled.

        Returns:
            A dict with the keys `traces`, `compiles`, `retries` and `fallbacks`.

        Example:
            >>> f = dg.jit(lambda x: x * x, compiler="replay")
            >>> _ = f(1.0), f(2.0)
            >>> f.stats()["traces"]
            1
        """
        return active.backend.jit_stats(self.native())

    def _explained(self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception:
        if not str(error).startswith("dualgrad") and isinstance(error, TypeError | ValueError):
            nums, names, *traced = self._split(args, kwargs)
            for where in sorted(nums):
                static_value("jit", f"argument {where}", args[where])
            for where in sorted(kwargs.keys() & names):
                static_value("jit", f"argument {where!r}", kwargs[where])
            backend = get_backend()
            for leaf in backend.tree.leaves(traced):
                if (better := not_traceable(leaf)) is not None:
                    return better
        return super()._explained(error, args, kwargs)

    def _split(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[set[int], set[str], list[Any], dict[str, Any]]:
        """Positions and names that are static in this call, and the arguments that are not."""
        nums, names = static_names(self._fun, self._options["static_argnums"], self._options["static_argnames"])
        fixed = {n % len(args) for n in nums if -len(args) <= n < len(args)}
        traced = [a for n, a in enumerate(args) if n not in fixed]
        return fixed, set(names), traced, {k: v for k, v in kwargs.items() if k not in names}


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
    traced. A call and all transforms of it share the trace; each transform is compiled when it first runs.

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
            Changes no value; on torch it always does, traced once.

    Returns:
        A function that behaves as `fun`, is differentiable and can be mapped; `stats()` counts its traces.

    Raises:
        ConcretizationError: At a call, if Python code in `fun` needs the value of an array.
        TypeError: A static value cannot be hashed; an argument or output is no array.
        ValueError: A static position or name, or that of a donated argument, does not exist, or is both.

    Derivative:
        That of `fun`; both modes, any order.

    Example:
        >>> f = dg.jit(lambda x: dg.sin(x) ** 2 + dg.cos(x) ** 2, compiler="replay")
        >>> round(float(f(0.5)), 5)
        1.0

    Source: `jax.jit`.
    """
    # several names may come from any iterable, which is read once
    names, donated = (
        tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else given
        for given in (static_argnames, donate_argnames)
    )
    options: dict[str, Any] = {
        "static_argnums": static_argnums,
        "static_argnames": names,
        "donate_argnums": donate_argnums,
        "compiler": compiler,
    }
    way("jit", "compiler", compiler, COMPILERS)
    hints = {"inline": flag("jit", "inline", inline), "keep_unused": flag("jit", "keep_unused", keep_unused)}
    options |= {name: True for name, value in hints.items() if value}
    if donated is not None and donated != ():
        options["donate_argnames"] = donated

    def jitted(fun: Callable[P, R]) -> Jitted[P, R]:
        check_callable("jit", fun)
        if not all([x is None for x in (static_argnums, names, donate_argnums, donated)]):
            static = static_names(fun, static_argnums, names)
            check_donated(static, static_names(fun, donate_argnums, donated, "donate"))
        return Jitted("jit", fun, options)

    return jitted if fun is None else jitted(fun)


@contextmanager
def disable_jit(disable: bool = True) -> Generator[None]:
    """A block in which jitted functions, loops and branches run as Python, on values that can be looked at.

    For a debugger, a `print` or a breakpoint. In the block `dg.jit` runs the function itself, `dg.lax.scan`,
    `while_loop`, `fori_loop` and `map` their steps one by one, `cond` and `switch` the chosen branch alone. What
    `dg.vmap` maps or a derivative traces has no values there either. It holds for the active backend and this thread.

    Args:
        disable: `False` ends it within such a block.

    Returns:
        A context manager.

    Derivative:
        As outside of the block.

    Example:
        >>> @dg.jit
        ... def f(x):
        ...     return x if float(x) > 0 else -x
        >>> with dg.disable_jit():
        ...     float(f(dg.asarray(-2.0)))
        2.0

    Source: `jax.disable_jit`.
    """
    with get_backend().debug.stepwise(flag("disable_jit", "disable", disable)):
        yield


def checkpoint(
    fun: Callable[P, R],
    *,
    prevent_cse: bool = True,
    policy: Policy | Callable[..., bool] | None = None,
    static_argnums: int | Sequence[int] = (),
) -> Callable[P, R]:
    """Function that computes what `fun` does and, when differentiated, saves its arguments only and computes it again.

    It trades time for memory: reverse mode through a long chain of checkpointed steps keeps what enters each step
    instead of everything inside.

    Args:
        fun: Any function of trees of arrays; it may close over differentiated arrays.
        prevent_cse: Whether to keep a compiler from merging the two computations, which would save no memory. Inside
            `dg.lax.scan` nothing can be merged and `False` is faster.
        policy: One of `dg.checkpoint_policies`, for values inside that are to be saved too; `None` saves none. Or a
            function that is called as `policy(operation, *operands, **params)` for the operations inside and says by
            `True` or `False` whether what one gives is saved. `operation.name` is JAX's name of it (`"sin"`,
            `"dot_general"`), on PyTorch that of its own operation where JAX has no such; operands have `shape` and
            `dtype`; `params` are JAX's, on PyTorch the `name` of a `checkpoint_name` alone.
        static_argnums: Positions of arguments that are no arrays; hashable.

    Returns:
        A function of the arguments of `fun` that gives its output.

    Raises:
        TypeError: `policy` is no policy, or answers neither `True` nor `False`.

    Derivative:
        That of `fun`; both modes, any order.

    Example:
        >>> step = dg.checkpoint(lambda x: dg.sin(dg.sin(x)))
        >>> round(float(dg.grad(step)(0.5)), 4)
        0.7786

    Source: `jax.checkpoint`; Griewank and Walther, "Algorithm 799: revolve", ACM TOMS 26 (2000).
    """
    nums = positions_of("checkpoint", "static_argnums", static_argnums)
    options: dict[str, Any] = {"prevent_cse": prevent_cse, "static_argnums": nums}
    if policy is not None:
        options["policy"] = as_policy(policy)
    return Transformed[P, R]("checkpoint", fun, options)


remat = checkpoint


def fwd_and_bwd(
    fun: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool = False, jitted: bool = True
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The forward and the backward pass of `fun` as two functions, each compiled once.

    Args:
        fun: Any function of trees of arrays.
        argnums: Positions of the arguments to differentiate; negative ones count from the end.
        has_aux: Whether `fun` returns `(output, aux)`.
        jitted: Whether both are given to `dg.jit`.

    Returns:
        `(fwd, bwd)`: `fwd(*args)` is `(output, residuals)`, or `(output, residuals, aux)`; `bwd(residuals, ct)` is the
        cotangent of the differentiated argument, a tuple of such where `argnums` is a sequence. The residuals are a
        tree of arrays.

    Raises:
        ValueError: At a call, if `argnums` is out of range or repeats a position.

    Derivative:
        That of `fun`; both modes, any order.

    Example:
        >>> fwd, bwd = dg.fwd_and_bwd(lambda x, w: dg.sum(x * w), argnums=1)
        >>> out, residuals = fwd(dg.asarray([1.0, 2.0]), dg.asarray([3.0, 4.0]))
        >>> float(out), dg.to_numpy(bwd(residuals, dg.asarray(10.0))).tolist()
        (11.0, [10.0, 20.0])

    Source: `jax.fwd_and_bwd`.
    """
    check_callable("fwd_and_bwd", fun)

    def fwd(*args: Any, **kwargs: Any) -> Any:
        chosen, _ = normalize_argnums("fwd_and_bwd", argnums, len(args))

        def of_chosen(*xs: Any) -> Any:
            given = dict(zip(chosen, xs, strict=True))
            return fun(*[given.get(i, x) for i, x in enumerate(args)], **kwargs)

        return vjp(of_chosen, *[args[i] for i in chosen], has_aux=has_aux)

    def bwd(residuals: Any, ct: Any) -> Any:
        cts = residuals(ct)
        return cts[0] if isinstance(argnums, int) else cts

    return (jit(fwd), jit(bwd)) if jitted else (fwd, bwd)


def checkpoint_name(x: PyTree, /, name: str) -> PyTree:
    """`x`, under a name by which a policy of `dg.checkpoint` can choose to save it.

    Args:
        x: A tree of arrays.
        name: The name, as `dg.checkpoint_policies.save_only_these_names` takes it.

    Returns:
        A tree like `x`, with the same values.

    Derivative:
        That of the identity; both modes, any order.

    Example:
        >>> float(dg.checkpoint_name(dg.asarray(2.0), "two"))
        2.0

    Source: `jax.ad_checkpoint.checkpoint_name`.
    """
    return active.backend.checkpoint_name(x, name)
