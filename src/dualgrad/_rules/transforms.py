"""Rules about what transforms are given: argnums, outputs, tangents, axes to map, static arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from dualgrad._rules.arguments import framework_of, shown
from dualgrad.errors import ConcretizationError, MismatchError

__all__ = [
    "COMPILERS",
    "aux_not_a_pair",
    "axes_not_prefix",
    "check_axes",
    "check_axis",
    "check_donated",
    "concretization",
    "copied",
    "input_not_real",
    "mapped_output",
    "names_of",
    "normalize_argnums",
    "not_a_sequence",
    "not_differentiable",
    "not_jittable",
    "out_axis_error",
    "output_not_real",
    "output_not_scalar",
    "output_not_transposable",
    "positions_of",
    "static_names",
    "static_value",
    "structure_mismatch",
    "tangent_mismatch",
    "vmap_size",
]


def normalize_argnums(name: str, argnums: int | Sequence[int], count: int) -> tuple[tuple[int, ...], bool]:
    """Positions in `range(count)`, and whether a single integer was given.

    Raises:
        TypeError: `argnums` is neither an integer nor a sequence of integers.
        MismatchError: A position is out of range.
        ValueError: A position is named twice.
    """
    single = isinstance(argnums, int)
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums) if isinstance(argnums, Sequence) else ()  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
    if not wanted or not all(isinstance(i, int) and not isinstance(i, bool) for i in wanted):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"dualgrad.{name}: argnums must be an integer or a sequence of them, got {shown(argnums)}.")
    if any(not -count <= i < count for i in wanted):
        raise MismatchError(
            f"dualgrad.{name}: argnums must name positional arguments of the call, got argnums={argnums} for "
            f"{count} positional argument{'s' * (count != 1)}. Differentiated arguments are passed by position."
        )
    positions = tuple(i % count for i in wanted)
    if len(set(positions)) != len(positions):
        raise ValueError(f"dualgrad.{name}: argnums must not repeat a position, got argnums={argnums}.")
    return positions, single


def not_differentiable(name: str, dtype: str) -> TypeError:
    """The error for a differentiated argument that is no floating-point or complex array."""
    return TypeError(
        f"dualgrad.{name}: differentiated arguments must be floating-point or complex, got dtype {dtype}. Pass a float "
        "(3.0, not 3), convert with dg.astype(x, dg.float32), or leave the argument out of argnums."
    )


def output_not_transposable(dtype: str) -> TypeError:
    """The error for a function to transpose with an output that has no cotangent."""
    return TypeError(
        f"dualgrad.linear_transpose: the function must return floating-point or complex arrays, got dtype {dtype}. "
        "Leave what has no cotangent out of its output, or convert it with dg.astype(x, dg.float32)."
    )


def output_not_scalar(name: str, what: str) -> TypeError:
    """The error for a function to differentiate whose output is no scalar; `what` describes the output."""
    return TypeError(
        f"dualgrad.{name}: the function must return a scalar, got {what}. Reduce it with dg.sum or dg.mean, return "
        "extra outputs with has_aux=True, or use dg.jacrev."
    )


def output_not_real(name: str, dtype: str, holomorphic: bool = False) -> TypeError:
    """The error for a function to differentiate whose output has the wrong kind of dtype."""
    if holomorphic:
        return TypeError(
            f"dualgrad.{name}: with holomorphic=True inputs and output must be complex, got dtype {dtype}. "
            "Drop holomorphic=True for a real function."
        )
    return TypeError(
        f"dualgrad.{name}: the function must return a real floating-point scalar, got dtype {dtype}. Take dg.real or "
        "dg.abs of a complex output, pass holomorphic=True for a holomorphic function, convert an integer one."
    )


def concretization(
    where: str, op: str = "", what: str = "a value or a size that depends on data"
) -> ConcretizationError:
    """The error for Python code that needs the value of a traced array.

    Args:
        where: The user's `file:line`, or empty.
        op: What needs it; empty for Python itself.
        what: What `op` needs.
    """
    if op:
        return ConcretizationError(
            f"dualgrad.{op}: {what} must be known when the function is traced, got an array whose values are known "
            f"only at run time{where}. Mark an argument with static_argnums, take a number from x.shape, give size= "
            "where there is one, or call the function without dg.jit and dg.vmap; under dg.grad, dg.stop_gradient(x) "
            "has values."
        )
    return ConcretizationError(
        "dualgrad: Python needed the value of an array that is being traced (an `if`, a `while`, float(x), int(x), "
        "a NumPy function, a NumPy array beside an operator, an index that depends on data), got a value known only at "
        f"run time{where}. Branch with dg.lax.cond or dg.where, loop with dg.lax.while_loop or dg.lax.fori_loop, index "
        "with dg.take or dg.at, call dualgrad's function of the name and not NumPy's or math's, convert NumPy arrays "
        "with dg.asarray, mark the argument with static_argnums, or call the function without dg.jit and dg.vmap."
    )


def copied() -> TypeError:
    """The error for a differentiated array that went through Python's `copy` on its way to the output."""
    return TypeError(
        "dualgrad: an array that is differentiated must not be copied by Python's copy.copy or copy.deepcopy, which "
        "forget its derivative, got such a copy. Use the array itself: arrays never change."
    )


def aux_not_a_pair(name: str, out: object) -> TypeError:
    """The error for a function under `has_aux=True` that returns something else than a pair."""
    what = "one array" if hasattr(out, "shape") else f"a {type(out).__name__}"
    return TypeError(f"dualgrad.{name}: with has_aux=True the function must return a pair (output, aux), got {what}.")


def input_not_real(name: str, dtype: str) -> TypeError:
    """The error for a complex input of a forward-mode Jacobian."""
    return TypeError(
        f"dualgrad.{name}: inputs must be real, got dtype {dtype}. Pass holomorphic=True for a holomorphic function, "
        "or differentiate with dg.jvp or dg.vjp."
    )


def check_axes(what: str, axes: object) -> None:
    """Check that a tree of axes is built from integers, `None` and containers.

    Raises:
        TypeError: It is not.
    """
    if isinstance(axes, str | float | complex | bool):
        raise TypeError(f"dualgrad.vmap: {what} must hold integers and None, got {shown(axes)}.")


def check_axis(what: str, axis: object) -> None:
    """Check one leaf of a tree of axes.

    Raises:
        TypeError: It is no integer.
    """
    if not isinstance(axis, int) or isinstance(axis, bool):
        raise TypeError(f"dualgrad.vmap: {what} must hold integers and None, got {shown(axis)}.")


def axes_not_prefix(what: str, axes: object) -> MismatchError:
    """The error for a tree of axes that does not fit the arguments or the output."""
    full = "arguments" if what == "in_axes" else "output"
    return MismatchError(
        f"dualgrad.vmap: {what} must be an integer, None, or a tree of them that is a prefix of the {full}, "
        f"got {what}={shown(axes)}."
    )


def out_axis_error(axis: int, shape: tuple[int, ...]) -> ValueError:
    """The error for an axis that an output of `vmap` does not have."""
    return ValueError(
        f"dualgrad.vmap: out_axes must name an axis of each output, got axis {axis} for an output of shape {shape} "
        "before mapping."
    )


def mapped_output() -> ValueError:
    """The error for an output that was declared not to be mapped, and is."""
    return ValueError(
        "dualgrad.vmap: an output with out_axes=None must not depend on the mapped arguments, got one that does. "
        "Give it an axis in out_axes."
    )


def tangent_mismatch(name: str, primal: str, tangent: str) -> MismatchError:
    """The error for a tangent or cotangent that does not fit its primal; both described as `float32(2, 3)`."""
    back = name in ("vjp", "linear_transpose")
    kind, of = ("cotangent", "output") if back else ("tangent", "primal")
    return MismatchError(
        f"dualgrad.{name}: a {kind} must have the shape and dtype of its {of}, got {kind} {tangent} for {of} {primal}. "
        "Make it with dg.zeros_like or dg.ones_like."
    )


def not_a_sequence(which: str, value: object, name: str = "jvp") -> TypeError:
    """The error for primals or tangents of `jvp` or `hvp` that are no tuple or list."""
    what = "one array" if hasattr(value, "shape") else type(value).__name__
    return TypeError(f"dualgrad.{name}: {which} must be a tuple or list, got {what}.")


def structure_mismatch(name: str, expected: object, got: object) -> MismatchError:
    """The error for a tree of tangents, cotangents or axes whose structure does not fit."""
    return MismatchError(
        f"dualgrad.{name}: the trees must have the same structure, got {got} where {expected} was expected."
    )


def vmap_size(shapes: Sequence[tuple[int, ...]], axes: Sequence[int | None]) -> tuple[int, list[int | None]]:
    """Size of the mapped axis, and the axes counted from the front.

    Raises:
        ValueError: No axis is mapped, an axis is out of range, or the sizes differ.
        TypeError: An axis is no integer.
    """
    found: dict[int, tuple[int, ...]] = {}
    normal: list[int | None] = []
    for shape, axis in zip(shapes, axes, strict=True):
        if axis is None:
            normal.append(None)
            continue
        if not -len(shape) <= axis < len(shape):
            raise ValueError(
                f"dualgrad.vmap: in_axes must name an axis of each mapped array, got axis {axis} for an array of "
                f"shape {shape}. Use None in in_axes for what is not mapped."
            )
        normal.append(axis % len(shape))
        found.setdefault(shape[axis], shape)
    if not found:
        raise ValueError("dualgrad.vmap: at least one argument must be mapped, got in_axes of None only.")
    if len(found) > 1:
        sizes = ", ".join(f"{size} (shape {shape})" for size, shape in found.items())
        raise ValueError(f"dualgrad.vmap: mapped axes must have one size, got sizes {sizes}. Check in_axes.")
    return next(iter(found)), normal


def static_value(name: str, where: str, value: object) -> None:
    """Check that a static argument can be part of a cache key.

    Raises:
        MismatchError: The value has no hash.
    """
    try:
        hash(value)
        if not _holds_array(value):  # a tensor has a hash, which says nothing of what is in it
            return
    except TypeError:
        pass
    raise MismatchError(
        f"dualgrad.{name}: a static argument must be hashable, got {type(value).__name__} for {where}. Pass a "
        "tuple instead of a list, or do not mark it static."
    )


def _holds_array(value: object) -> bool:
    if isinstance(value, tuple):
        return any([_holds_array(x) for x in cast("tuple[object, ...]", value)])
    return framework_of(value) is not None and hasattr(value, "dtype") and hasattr(value, "shape")


def not_jittable(name: str, value: object) -> TypeError:
    """The error for an argument or output of a traced function that is no array."""
    return TypeError(
        f"dualgrad.{name}: arguments and outputs must be arrays, Python numbers or trees of them, got "
        f"{type(value).__name__}: {value!r:.60}. Mark such an argument with static_argnums or static_argnames."
    )


def other_arguments(compiled: tuple[object, Sequence[str]], got: tuple[object, Sequence[str]]) -> TypeError:
    """The error for arguments of which a program that was compiled ahead is not; each is a tree and its leaves."""
    what, given = (f"({', '.join(kinds)})" for _, kinds in (compiled, got))
    if what == given:
        what, given = (str(tree).partition("(")[2][:-1] for tree, _ in (compiled, got))
    return TypeError(
        f"dualgrad.jit: this program was compiled for {what}, got {given}. Static arguments are part of it and are "
        "left out; the function itself, jit(f)(...), compiles for any arguments."
    )


def compiled_ahead() -> TypeError:
    """The error for a program that was compiled ahead, called where something records or differentiates it."""
    return TypeError(
        "dualgrad.jit: a program that was compiled ahead cannot be differentiated, mapped or traced. Transform the "
        "function, jit(f), in its place."
    )


def check_donated(static: Sequence[Sequence[Any]], donated: Sequence[Sequence[Any]]) -> None:
    """Check that nothing is both part of the program and donated; each is given as positions and names.

    Raises:
        ValueError: Something is.
    """
    both = [x for s, d in zip(static, donated, strict=True) for x in s if x in d]
    if both:
        raise ValueError(
            f"dualgrad.jit: a static argument has no memory to donate, got {both} as both. Name it in one of them."
        )


# The ways of PyTorch's to compile; JAX has one.
COMPILERS: Final = ("inductor", "replay", "dynamo")


def positions_of(op: str, option: str, given: Any) -> tuple[int, ...]:
    """One position or several of them, as a tuple.

    Raises:
        TypeError: One is no integer.
    """
    return _each(option, given, int, "integers", op)


def names_of(op: str, option: str, given: Any) -> tuple[str, ...]:
    """One name or several of them, as a tuple.

    Raises:
        TypeError: One is no string.
    """
    return _each(option, given, str, "strings", op)


def _each(option: str, given: Any, wanted: type, kinds: str, op: str = "jit") -> tuple[Any, ...]:
    """One position or name or several of them, as a tuple."""
    if given is None:
        return ()
    several = isinstance(given, Iterable) and not (wanted is str and isinstance(given, str))
    alone = cast("tuple[Any, ...]", (given,))
    try:
        found = tuple(cast("Iterable[Any]", given)) if several else alone
    except TypeError:  # an array without an axis
        found = alone
    wrong = [x for x in found if not isinstance(x, wanted)]
    if wrong:
        raise TypeError(f"dualgrad.{op}: {option} must be {kinds}, got {shown(wrong[0])}.")
    return found


def static_names(
    fun: Any, argnums: int | Sequence[int] | None, argnames: str | Sequence[str] | None, kind: str = "static"
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Static positions and names as tuples; each of the two is completed from the other by the signature, as in JAX.

    Args:
        fun: The function.
        argnums: Positions.
        argnames: Names.
        kind: `static`, or `donate` for what is donated.

    Raises:
        TypeError: A position that is no integer, or a name that is no string.
        ValueError: A position or name that the function does not have.
    """
    import inspect

    nums: tuple[int, ...] = _each(f"{kind}_argnums", argnums, int, "integers")
    names: tuple[str, ...] = _each(f"{kind}_argnames", argnames, str, "strings")
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):  # a builtin may have no signature
        return nums, names
    ordered = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_more = any(p.kind == p.VAR_POSITIONAL for p in parameters)
    for n in nums:
        if not takes_more and not -len(ordered) <= n < len(ordered):
            raise ValueError(
                f"dualgrad.jit: {kind}_argnums must name positional parameters, got {n} for a function of "
                f"{len(ordered)}."
            )
    known = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    others = {p.name for p in parameters} - set(known)
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters)
    for name in names:
        if name not in known and (name in others or not takes_any):
            raise ValueError(
                f"dualgrad.jit: {kind}_argnames must name parameters that can be passed by name, got {name!r}; known: "
                f"{known}."
            )
    if nums and not names:
        named = [ordered[n] for n in nums if -len(ordered) <= n < len(ordered)]
        return nums, tuple([p.name for p in named if p.kind == p.POSITIONAL_OR_KEYWORD])
    if names and not nums:
        return tuple([n for n, p in enumerate(ordered) if p.name in names]), names
    return nums, names
