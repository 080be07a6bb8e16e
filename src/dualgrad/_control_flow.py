"""Loops and branches with JAX's names, arguments and meaning: the control flow of `dualgrad.lax`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dualgrad._active import get_backend
from dualgrad._counting import counted
from dualgrad._rules.arguments import flag
from dualgrad._rules.control import check_unroll, index_not_integer
from dualgrad._rules.shapes import as_size
from dualgrad._transformed import bound, check_callable, explained, run_lax
from dualgrad.typing import PyTree

__all__ = ["associative_scan", "cond", "fori_loop", "map", "optimization_barrier", "scan", "switch", "while_loop"]

Carry = TypeVar("Carry")
R = TypeVar("R")
T = TypeVar("T")
_NONE: Any = object()


def scan(
    f: Callable[[Carry, Any], tuple[Carry, Any]],
    init: Carry,
    xs: PyTree = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Carry, Any]:
    """The last carry of a loop over the leading axis of `xs`, and the outputs of all its steps, stacked.

    Args:
        f: One step, from `(carry, x)` to `(carry, y)`; the carry keeps its structure, shapes and dtypes.
        init: The first carry: a tree of arrays.
        xs: A tree of arrays with one leading size; step `i` is given their slices at `i`. `None` for no input.
        length: The number of steps; needed where `xs` has no arrays.
        reverse: Whether to go from the last slice to the first; the outputs stay at the places of their slices.
        unroll: How many steps to write into one iteration of the compiled loop; `True` for all. Changes no value.

    Returns:
        `(carry, ys)`: the carry after the last step, and a tree like `y` with a leading axis of that many steps.

    Raises:
        TypeError: `f` returns no pair, or a carry of other structure, shapes or dtypes.
        ValueError: The leading sizes differ, contradict `length`, or there are none; `unroll` is no number of steps.

    Derivative:
        That of the steps; both modes, any order. Reverse mode keeps what each step saved: wrap `f` in `dg.checkpoint`
        to keep the carries only.

    Example:
        >>> total, sums = dg.lax.scan(lambda c, x: (c + x, c + x), 0.0, dg.asarray([1.0, 2.0, 3.0]))
        >>> float(total), dg.to_numpy(sums).tolist()
        (6.0, [1.0, 3.0, 6.0])

    Source: `jax.lax.scan`.
    """
    return run_lax("scan", (f,), (init, xs), length, flag("lax.scan", "reverse", reverse), unroll)


def while_loop(
    cond_fun: Callable[[Carry], Any],
    body_fun: Callable[[Carry], Carry],
    init_val: Carry,
    *,
    max_steps: int | None = None,
) -> Carry:
    """What `body_fun`, applied again and again while `cond_fun` holds, makes of `init_val`.

    Args:
        cond_fun: From the carry to a boolean scalar.
        body_fun: From the carry to the next one, of the same structure, shapes and dtypes.
        init_val: The first carry: a tree of arrays.
        max_steps: At most so many steps are made: a Python integer. Where the condition still holds then, the result
            is what was reached. With it, reverse mode works, at the memory of `max_steps` carries.

    Returns:
        The first carry for which the condition does not hold. Under `dg.vmap` each element stops at its own time.

    Raises:
        TypeError: The condition is no boolean scalar, or the carry changes its structure, shapes or dtypes.
        ValueError: Reverse mode without `max_steps`.

    Derivative:
        That of the steps that were made: forward mode, any order; both modes with `max_steps`.

    Example:
        >>> float(dg.lax.while_loop(lambda x: x < 10.0, lambda x: 2.0 * x, 1.0))
        16.0
        >>> float(dg.grad(lambda x: dg.lax.while_loop(lambda x: x < 10.0, lambda x: 2.0 * x, x, max_steps=8))(1.0))
        16.0

    Source: `jax.lax.while_loop`; `max_steps` as in Equinox's bounded loops.
    """
    return run_lax("while_loop", (cond_fun, body_fun), (init_val,), max_steps=max_steps)


def fori_loop(
    lower: Any,
    upper: Any,
    body_fun: Callable[[Any, Carry], Carry],
    init_val: Carry,
    *,
    unroll: int | bool | None = None,
) -> Carry:
    """What `body_fun(i, carry)`, for each `i` from `lower` up to `upper`, makes of `init_val`.

    Args:
        lower: The first `i`: an integer scalar, or a floating-point one.
        upper: The end, not reached, of the same dtype. Python numbers make the number of steps part of the program.
        body_fun: From `(i, carry)` to the next carry, of the same structure, shapes and dtypes.
        init_val: The first carry: a tree of arrays.
        unroll: How many steps to write into one iteration; needs bounds that are Python numbers.

    Returns:
        The carry after the last step; `init_val` where there is none.

    Raises:
        TypeError: A bound is no real scalar, their dtypes differ, or the carry changes its kind.
        ValueError: Reverse mode with bounds known only at run time.

    Derivative:
        That of the steps; both modes, any order. With bounds known only at run time: forward mode.

    Example:
        >>> float(dg.lax.fori_loop(1, 5, lambda i, total: total * i, 1.0))
        24.0

    Source: `jax.lax.fori_loop`.
    """
    backend = get_backend()
    check_callable("lax.fori_loop", body_fun)
    for what, end in (("lower", lower), ("upper", upper)):
        if isinstance(end, bool):
            raise index_not_integer("fori_loop", what, "bool()")
    if unroll is not None:
        check_unroll(unroll, "lax.fori_loop")
    try:
        first, end, body = counted(backend, lower, upper, bound(body_fun, backend))
        return backend.lax.fori_loop(first, end, body, init_val, unroll=unroll)
    except Exception as error:
        raise explained("lax.fori_loop", error, (lower, upper, init_val), {}) from error.__cause__


def cond(
    pred: Any,
    true_fun: Callable[..., R],
    false_fun: Callable[..., R],
    *operands: Any,
    operand: Any = _NONE,
) -> R:
    """`true_fun(*operands)` where `pred` holds, else `false_fun(*operands)`; only that branch is computed.

    Args:
        pred: A boolean scalar; a real number counts as whether it is not 0.
        true_fun: Returns a tree of arrays.
        false_fun: Returns one of the same structure, shapes and dtypes.
        *operands: Trees of arrays; both functions take them.
        operand: One operand, given by name.

    Returns:
        The output of the branch taken.

    Raises:
        TypeError: `pred` is no boolean scalar, or the branches' outputs differ.

    Derivative:
        That of the branch taken; both modes, any order. Under `dg.vmap` over `pred` both branches are computed.

    Example:
        >>> float(dg.lax.cond(True, lambda x: 2.0 * x, lambda x: -x, 3.0))
        6.0

    Source: `jax.lax.cond`.
    """
    if operand is not _NONE:
        if operands:
            raise TypeError("dualgrad.lax.cond: give operands by position or one by name, got both.")
        operands = (operand,)
    check_callable("lax.cond", true_fun)
    check_callable("lax.cond", false_fun)
    backend = get_backend()
    try:
        return backend.lax.cond(pred, bound(true_fun, backend), bound(false_fun, backend), *operands)
    except Exception as error:
        raise explained("lax.cond", error, (pred, operands), {}) from error.__cause__


def switch(index: Any, branches: Sequence[Callable[..., R]], *operands: Any, operand: Any = _NONE) -> R:
    """`branches[index](*operands)`; only that branch is computed.

    Args:
        index: An integer scalar; clipped to the branches there are.
        branches: Functions that return trees of one structure, shapes and dtypes.
        *operands: Trees of arrays; every branch takes them.
        operand: One operand, given by name.

    Returns:
        The output of the branch taken.

    Raises:
        TypeError: `index` is no integer scalar, or the branches' outputs differ.
        ValueError: There are no branches.

    Derivative:
        That of the branch taken; both modes, any order. Under `dg.vmap` over `index` all branches are computed.

    Example:
        >>> float(dg.lax.switch(1, [dg.sin, dg.square, dg.exp], 3.0))
        9.0

    Source: `jax.lax.switch`.
    """
    if operand is not _NONE:
        if operands:
            raise TypeError("dualgrad.lax.switch: give operands by position or one by name, got both.")
        operands = (operand,)
    try:
        branches = tuple(branches)
    except TypeError:
        got = type(branches).__name__
        raise TypeError(f"dualgrad.lax.switch: branches must be a sequence of functions, got {got}.") from None
    for branch in branches:
        check_callable("lax.switch", branch)
    backend = get_backend()
    try:
        return backend.lax.switch(index, [bound(branch, backend) for branch in branches], *operands)
    except Exception as error:
        raise explained("lax.switch", error, (index, operands), {}) from error.__cause__


def map(f: Callable[[Any], R], xs: PyTree, *, batch_size: int | None = None) -> R:
    """Results of `f` for each slice of `xs` along the leading axis, one after the other, stacked.

    Args:
        f: From one slice to a tree of arrays.
        xs: A tree of arrays with one leading size.
        batch_size: Compute so many slices at once, with `dg.vmap`; 0 is all of them.

    Returns:
        A tree like the output of `f`, each array with a leading axis of as many elements as `xs` has.

    Raises:
        ValueError: The leading sizes differ, or there are none; `batch_size` is negative.

    Derivative:
        That of `f`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.map(lambda x: x * x, dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [1.0, 4.0, 9.0]

    Source: `jax.lax.map`.
    """
    if batch_size is not None:
        as_size("lax.map", batch_size, "batch_size")
    return run_lax("map", (f,), (xs,), batch_size=batch_size)


def associative_scan(fn: Callable[[T, T], T], elems: T, reverse: bool = False, axis: int = 0) -> T:
    """All partial results `e0, fn(e0, e1), fn(fn(e0, e1), e2), ...`, in logarithmic depth.

    Args:
        fn: Combines two trees like `elems`, associatively and slice by slice: it is given many slices at once.
        elems: A tree of arrays with one size along `axis`.
        reverse: Whether to start at the end.
        axis: The axis to go along.

    Returns:
        A tree like `elems`.

    Raises:
        TypeError: `fn` returns another structure, shape or dtype.
        ValueError: The sizes along `axis` differ.

    Derivative:
        That of `fn`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.associative_scan(dg.multiply, dg.asarray([1.0, 2.0, 3.0, 4.0]))).tolist()
        [1.0, 2.0, 6.0, 24.0]

    Source: `jax.lax.associative_scan`; Blelloch, "Prefix sums and their applications" (1990).
    """
    return run_lax("associative_scan", (fn,), (elems,), flag("lax.associative_scan", "reverse", reverse), axis)


def optimization_barrier(operand: T, /) -> T:
    """`operand`, across which a compiler moves no computation.

    Args:
        operand: A tree of arrays.

    Returns:
        A tree like `operand`, with the same values.

    Derivative:
        The identity; both modes, any order.

    Example:
        >>> float(dg.lax.optimization_barrier(dg.asarray(2.0)))
        2.0

    Source: `jax.lax.optimization_barrier`.
    """
    return run_lax("optimization_barrier", (), (operand,))
