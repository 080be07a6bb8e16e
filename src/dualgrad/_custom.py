"""Functions with derivative rules of their own, closures as arguments, and callbacks into Python inside a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, ParamSpec, TypeVar

from dualgrad._active import active, get_backend
from dualgrad._dtypes import DTYPES
from dualgrad._rules.custom import missing_rule
from dualgrad._rules.transforms import names_of, positions_of
from dualgrad._transformed import Transformed, bound, check_callable, explained
from dualgrad.protocol import Backend
from dualgrad.typing import CustomVJPPrimal, PyTree, SymbolicZero

__all__ = [
    "closure_convert",
    "custom_gradient",
    "custom_jvp",
    "custom_vjp",
    "custom_vjp_primal_tree_values",
    "io_callback",
    "pure_callback",
    "zero_from_primal",
]

P = ParamSpec("P")
R = TypeVar("R")
Argnums = int | Sequence[int]
_DEFINING = frozenset({"defvjp", "defjvp", "defjvps", "def_vmap"})


class CustomRules(Transformed[P, R], Generic[P, R]):
    """A function whose rules come later, by a method; each backend has its own form of it."""

    def __init__(
        self,
        fun: Callable[P, R],
        nondiff_argnums: Argnums = (),
        nondiff_argnames: str | Sequence[str] = (),
    ) -> None:
        super().__init__(type(self).__name__, fun, {})
        self.nondiff_argnums = _positions(type(self).__name__, fun, nondiff_argnums, nondiff_argnames)
        self._rules: tuple[Callable[..., Any], ...] = ()
        self._options_of_rules: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        """The method by which a function with a rule that is wrapped here is given it."""
        if name in _DEFINING and "_fun" in self.__dict__:
            return getattr(self._fun, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _define(self, *rules: Callable[..., Any], symbolic_zeros: bool = False) -> None:
        for rule in rules:
            check_callable(self.transform, rule)
        self._rules = rules
        self._options_of_rules = {"symbolic_zeros": True} if symbolic_zeros else {}
        if self.nondiff_argnums:
            self._options_of_rules["nondiff_argnums"] = self.nondiff_argnums
        self._natives.clear()

    def native(self, backend: Backend | None = None, /) -> Callable[..., Any]:
        """The backend's own function with the rules; see `Transformed.native`.

        Raises:
            AttributeError: No rule was defined.
        """
        chosen = get_backend() if backend is None else backend
        found = self._natives.get(chosen)
        if found is None:
            if not self._rules:
                raise missing_rule(self.transform, getattr(self._fun, "__name__", "the function"))
            inner = bound(self._fun, chosen)
            rules = [bound(rule, chosen) for rule in self._rules]
            transform = getattr(chosen, self.transform)
            found = self._kept(chosen, transform(inner, *rules, **self._options_of_rules))
        return found


class custom_vjp(CustomRules[P, R]):
    """A function with a derivative rule for reverse mode; usable as a decorator.

    Args:
        fun: A function of trees of arrays. What is to be differentiated is an argument, not closed over.
        nondiff_argnums: Positions of arguments that are no arrays, such as functions: passed to the rules as they are.
        nondiff_argnames: Names of such arguments.

    Raises:
        AttributeError: At a call, if `defvjp` was not called before.
        TypeError: At a derivative in forward mode; or a rule returns what does not fit the function.
        ClosedOverError: What is differentiated reached `fun` or a rule by a closure.

    Derivative:
        The rule's in reverse mode, which is differentiated as written for higher orders; forward mode is an error.
        `vmap` maps every output where it maps an argument, so that `bwd` has each element's own cotangent.

    Example:
        >>> @dg.custom_vjp
        ... def straight_through(x):
        ...     return dg.round(x)
        >>> straight_through.defvjp(lambda x: (dg.round(x), None), lambda _, ct: (ct,))
        >>> float(dg.grad(straight_through)(1.7))
        1.0

    Source: `jax.custom_vjp`.
    """

    def defvjp(
        self,
        fwd: Callable[..., Any],
        bwd: Callable[..., Any],
        *,
        symbolic_zeros: bool = False,
        optimize_remat: bool = False,
    ) -> None:
        """Define the rule.

        Args:
            fwd: Takes the arguments of the function; returns `(output, residuals)`, residuals a tree of arrays.
            bwd: Takes the arguments that `nondiff_argnums` names, the residuals, and a cotangent of the output;
                returns a tuple with a cotangent for each other argument. `None` stands for zeros.
            symbolic_zeros: Whether to tell the rule what is differentiated: `fwd` is given each array as an object with
                `.value` and `.perturbed`, `bwd` a `dg.SymbolicZero` for a cotangent that is known to be zero. It saves
                work and changes no value: the body of a loop or a branch in a program on torch is traced before it is
                known what is differentiated, and all that may be counts as perturbed there, cotangents too.
            optimize_remat: A hint of JAX's to leave out `fwd` under `checkpoint`; changes no value and is not used.
        """
        del optimize_remat
        self._define(fwd, bwd, symbolic_zeros=symbolic_zeros)


class custom_jvp(CustomRules[P, R]):
    """A function with a derivative rule that serves forward and reverse mode; usable as a decorator.

    Args:
        fun: A function of trees of arrays. What is to be differentiated is an argument, not closed over.
        nondiff_argnums: Positions of arguments that are no arrays, such as functions: passed to the rule as they are.
        nondiff_argnames: Names of such arguments.

    Raises:
        AttributeError: At a call, if neither `defjvp` nor `defjvps` was called before.
        TypeError: The rule returns what does not fit the function.
        ClosedOverError: What is differentiated reached `fun` or the rule by a closure.

    Derivative:
        The rule's, in both modes, where its tangent is linear in the tangents; any order, as the rule is written.

    Example:
        >>> @dg.custom_jvp
        ... def log1pexp(x):
        ...     return dg.log(1.0 + dg.exp(x))
        >>> log1pexp.defjvps(lambda t, out, x: (1.0 - 1.0 / (1.0 + dg.exp(x))) * t)
        >>> float(dg.grad(log1pexp)(0.0))
        0.5

    Source: `jax.custom_jvp`.
    """

    def defjvp(self, jvp: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Define the rule; usable as a decorator of it.

        Args:
            jvp: Takes the arguments that `nondiff_argnums` names, then a tuple of the others and a tuple of their
                tangents; returns `(output, tangent)`.
            symbolic_zeros: Whether a tangent that is known to be zero is given as a `dg.SymbolicZero`; the rule may
                return one too. It saves work and changes no value: the body of a loop or a branch on torch is traced
                before it is known what is differentiated, and only tangents of integers are zero there.

        Returns:
            `jvp`.

        Example:
            >>> @dg.custom_jvp
            ... def smooth(x):
            ...     return dg.round(x)
            >>> @smooth.defjvp
            ... def rule(primals, tangents):
            ...     return smooth(*primals), tangents[0]
            >>> float(dg.grad(smooth)(1.7))
            1.0
        """
        self._define(jvp, symbolic_zeros=symbolic_zeros)
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Define the rule as a sum, with a part for each argument.

        Args:
            *jvps: One for each argument, from `(tangent, output, *arguments)` to its part of the output's tangent;
                `None` for a part that is zero.
        """
        if self.nondiff_argnums:
            raise TypeError(
                f"dualgrad.custom_jvp: defjvps has no place for nondiff_argnums, got {self.nondiff_argnums}. Define "
                "the rule with defjvp."
            )

        def rule(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
            backend = active.backend
            out: Any = self(*primals)  # pyright: ignore[reportCallIssue]  # P is not known to be positional
            parts = [jvp(t, out, *primals) for jvp, t in zip(jvps, tangents, strict=True) if jvp is not None]
            if not parts:
                return out, backend.tree.map(backend.zeros_like, out)
            return out, backend.tree.map(lambda *each: sum(each[1:], each[0]), *parts)

        self._define(rule)


def custom_gradient(fun: Callable[P, Any]) -> Callable[P, Any]:
    """Function with a derivative rule for reverse mode that it returns beside its value; usable as a decorator.

    Args:
        fun: Returns `(output, pullback)`, where `pullback` takes a cotangent of the output and gives a tuple with a
            cotangent for each argument, or the cotangent itself where there is one argument. It may close over what
            `fun` computed.

    Returns:
        A function of the arguments of `fun` that gives its output, without the pullback.

    Raises:
        TypeError: At a derivative in forward mode; or `fun` returns no pair, or a cotangent does not fit.

    Derivative:
        The pullback's in reverse mode, which is differentiated as written for higher orders; forward mode is an error.

    Example:
        >>> @dg.custom_gradient
        ... def clipped(x):
        ...     return x * x, lambda ct: dg.clip(2.0 * x * ct, -1.0, 1.0)
        >>> float(dg.grad(clipped)(3.0))
        1.0

    Source: `jax.custom_gradient`.
    """
    return Transformed[P, Any]("custom_gradient", fun, {})


def closure_convert(fun: Callable[..., Any], /, *example_args: Any) -> tuple[Callable[..., Any], list[Any]]:
    """`fun` with what it closes over and is differentiated as arguments, for rules that have to know of it.

    Args:
        fun: A function of trees of arrays.
        *example_args: Arguments of the right structure, shapes and dtypes; values are not used.

    Returns:
        `(converted, consts)`: `converted(*args, *consts)` is `fun(*args)`. `consts` are the floating-point and complex
        arrays that `fun` closes over and that may be differentiated, by a transform around this call or, under `jit`,
        by one around that.

    Raises:
        TypeError: `converted` is given other structures, shapes or dtypes than those of the example.
        ConcretizationError: Python code in `fun` needs the value of an array.

    Derivative:
        That of `fun`; both modes, any order.

    Example:
        >>> def scaled(a):
        ...     fun, consts = dg.closure_convert(lambda x: a * x, 1.0)
        ...     return fun(3.0, *consts)
        >>> float(dg.grad(scaled)(2.0))
        3.0

    Source: `jax.closure_convert`.
    """
    check_callable("closure_convert", fun)
    backend = get_backend()
    try:
        return backend.closure_convert(bound(fun, backend), *example_args)
    except Exception as error:
        raise explained("closure_convert", error, example_args, {}) from error.__cause__


def pure_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: PyTree,
    *args: Any,
    vmap_method: str | None = None,
    **kwargs: Any,
) -> Any:
    """Result of a Python function that runs on the host, also inside a compiled program.

    Args:
        callback: Takes NumPy arrays in place of the arrays in `args` and `kwargs`, returns NumPy arrays. It may be
            called any number of times, or not at all where the result is not used: it must have no side effects.
        result_shape_dtypes: A tree like its result, of `ShapeDtypeStruct`s or anything with `shape` and `dtype`.
        *args: Trees of arrays.
        vmap_method: How to map it: `"sequential"` calls it for each element; `"expand_dims"` once, with arrays that
            have the mapped axes in front, of size 1 where an array is not mapped; `"broadcast_all"` once, with all
            arrays at full size. `None` makes `dg.vmap` an error.
        **kwargs: Trees of arrays.

    Returns:
        A tree like `result_shape_dtypes`, of arrays.

    Raises:
        ValueError: The result is not what was declared; at a derivative; under `dg.vmap` without a `vmap_method`.

    Derivative:
        None: wrap the call in `dg.custom_vjp` or `dg.custom_jvp`.

    Example:
        >>> import numpy as np
        >>> like = dg.ShapeDtypeStruct((3,), dg.float32)
        >>> dg.to_numpy(dg.jit(lambda x: dg.pure_callback(np.sort, like, x))(dg.asarray([3.0, 1.0, 2.0]))).tolist()
        [1.0, 2.0, 3.0]

    Source: `jax.pure_callback`.
    """
    check_callable("pure_callback", callback)
    backend = get_backend()
    try:
        return backend.pure_callback(callback, result_shape_dtypes, *args, vmap_method=vmap_method, **kwargs)
    except Exception as error:
        raise explained("pure_callback", error, args, kwargs) from error.__cause__


def io_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: PyTree,
    *args: Any,
    ordered: bool = False,
    **kwargs: Any,
) -> Any:
    """Result of a Python function with side effects that runs on the host, also inside a compiled program.

    It is called once each time the program comes to it, also where the result is not used. In a function that is
    differentiated it is called by the value, not again by the derivative.

    Args:
        callback: Takes NumPy arrays in place of the arrays in `args` and `kwargs`, returns NumPy arrays. It may read
            and change what is outside the program.
        result_shape_dtypes: A tree like its result, of `ShapeDtypeStruct`s or anything with `shape` and `dtype`; `None`
            where it returns nothing.
        *args: Trees of arrays. Under `dg.vmap` it is called for each element, one after the other; once if no argument
            is mapped.
        ordered: Whether such calls of one program come in the order written, also on JAX.
        **kwargs: Trees of arrays.

    Returns:
        A tree like `result_shape_dtypes`, of arrays.

    Raises:
        ValueError: The result is not what was declared; at a derivative; under `dg.vmap` where it is `ordered`, or in a
            loop or branch whose condition is mapped; in a `while_loop` with `max_steps`.
        NotImplementedError: At a derivative of a `dg.checkpoint` around it, which would call it twice; on PyTorch at
            `dg.linearize` of a loop or branch with it.

    Derivative:
        None: give it arguments held by `dg.stop_gradient`, or wrap the call in `dg.custom_vjp` or `dg.custom_jvp`.

    Example:
        >>> import numpy as np
        >>> drawn = iter([0.5, 1.5])
        >>> like = dg.ShapeDtypeStruct((), dg.float32)
        >>> step = dg.jit(lambda x: x + dg.io_callback(lambda: np.float32(next(drawn)), like, ordered=True))
        >>> float(step(1.0)), float(step(1.0))
        (1.5, 2.5)

    Source: `jax.experimental.io_callback`.
    """
    check_callable("io_callback", callback)
    backend = get_backend()
    try:
        return backend.io_callback(callback, result_shape_dtypes, *args, ordered=ordered, **kwargs)
    except Exception as error:
        raise explained("io_callback", error, args, kwargs) from error.__cause__


def _positions(kind: str, fun: Callable[..., Any], argnums: Argnums, argnames: str | Sequence[str]) -> tuple[int, ...]:
    nums = positions_of(kind, "nondiff_argnums", argnums)
    names = names_of(kind, "nondiff_argnames", argnames)
    if names or any(n < 0 for n in nums):
        import inspect

        known = list(inspect.signature(fun).parameters)
        for name in names:
            if name not in known:
                raise ValueError(
                    f"dualgrad.{kind}: nondiff_argnames must name parameters, got {name!r}; known: {known}."
                )
        nums = (*[n % len(known) for n in nums], *[known.index(name) for name in names])
    return tuple(sorted(set(nums)))


def custom_vjp_primal_tree_values(tree: PyTree) -> Any:
    """The arrays of what the forward rule of a `custom_vjp` with `symbolic_zeros=True` is given.

    Args:
        tree: A tree of `dualgrad.typing.CustomVJPPrimal`, and of other leaves, which stay what they are.

    Returns:
        The tree, with the value of each in its place.

    Derivative:
        That of the identity: the values are handed on.

    Example:
        >>> @dg.custom_vjp
        ... def product(x, y):
        ...     return x * y
        >>> def fwd(x, y):
        ...     values = dg.custom_vjp_primal_tree_values((x, y))
        ...     return product(*values), values
        >>> product.defvjp(fwd, lambda res, ct: (ct * res[1], ct * res[0]), symbolic_zeros=True)
        >>> float(dg.grad(product)(2.0, 3.0))
        3.0

    Source: `jax.custom_derivatives.custom_vjp_primal_tree_values`.
    """

    def is_primal(x: Any) -> bool:
        return isinstance(x, CustomVJPPrimal)

    def value_of(x: Any) -> Any:
        return x.value if isinstance(x, CustomVJPPrimal) else x

    return active.backend.tree.map(value_of, tree, is_leaf=is_primal)


def zero_from_primal(val: Any, symbolic_zeros: bool = False) -> Any:
    """The zero tangent or cotangent of an array, as a rule may return it.

    Args:
        val: An array or a number.
        symbolic_zeros: Whether to give a `dg.SymbolicZero`.

    Returns:
        Zeros of the shape and dtype of `val`, also of an integer, whose tangents JAX gives a dtype of their own.

    Derivative:
        A constant.

    Example:
        >>> dg.to_numpy(dg.zero_from_primal(dg.ones(2))).tolist()
        [0.0, 0.0]

    Source: `jax.custom_derivatives.zero_from_primal`.
    """
    xp = active.backend
    if symbolic_zeros:
        x = xp.asarray(val)
        return SymbolicZero(tuple(x.shape), DTYPES[str(x.dtype).removeprefix("torch.")])
    return xp.zeros_like(val)
