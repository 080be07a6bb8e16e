"""`scan`, `while_loop`, `fori_loop`, `map`: plain Python loops when eager, one program each in a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from dualgrad._attempts import Attempt, Irrevocable, uncounted
from dualgrad._dtypes import WEAK
from dualgrad._rules.control import (
    body_output,
    bounds_mismatch,
    carry_structure,
    check_unroll,
    index_not_integer,
    negative_length,
    pred_not_boolean,
    pred_not_scalar,
    scan_length,
    scan_scalar_xs,
    unroll_needs_bounds,
    wrong_max_steps,
)
from dualgrad._rules.outlines import kind_text, outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import INTEGER, NAMES, as_tensor, default_int, is_weak, mark_weak
from dualgrad.backends.torch._private import (
    DATA_DEPENDENT,
    Spec,
    innermost,
    is_batched,
    is_fake,
    is_tracing,
    undisturbed,
)
from dualgrad.backends.torch.lax._trees import Arrays, described, fitted_carry, promoted_carry
from dualgrad.backends.torch.programs.graph import Graph, close
from dualgrad.backends.torch.programs.loops import Scan
from dualgrad.backends.torch.programs.refuse import refused
from dualgrad.backends.torch.programs.whiles import While
from dualgrad.backends.torch.vmap import vmap

__all__ = ["fori_loop", "map", "scan", "while_loop"]

Fun = Callable[..., Any]
R = TypeVar("R")


@undisturbed
def scan(
    f: Fun, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, unroll: int | bool = 1
) -> tuple[Any, Any]:
    """The last carry and the stacked outputs of `f(carry, x)` along the leading axis of `xs`."""
    check_unroll(unroll)  # and no more: a compiled loop takes several steps to a call by itself
    return _scan("scan", f, init, xs, length, reverse)


def _scan(name: str, f: Fun, init: Any, xs: Any, length: int | None, reverse: bool) -> tuple[Any, Any]:
    steps = Arrays.of(f"lax.{name}", xs)
    n = _length(name, steps, length)
    carry = Arrays.of(f"lax.{name}", init)
    if n and not _is_abstract([*carry.tensors, *steps.tensors]):
        return _eager_scan(name, f, carry, steps, n, reverse)
    return _traced_scan(name, f, carry, steps, n, reverse)


def _length(name: str, steps: Arrays, length: int | None) -> int:
    for x in steps.tensors:
        if not x.ndim:
            raise scan_scalar_xs(name, described(x))
    sizes = list(dict.fromkeys([x.shape[0] for x in steps.tensors]))
    if len(sizes) > 1:
        raise scan_length(name, f"sizes {', '.join([str(s) for s in sizes])}")
    if length is None:
        if not sizes:
            raise scan_length(name, "")
        return sizes[0]
    try:
        length = length.__index__()
    except (AttributeError, TypeError):
        raise index_not_integer(name, "length", kind_text(length)) from None
    if sizes and sizes[0] != length:
        raise scan_length(name, f"length {length} for size {sizes[0]}")
    if length < 0:
        raise negative_length(name, length)
    return length


def _step(name: str, f: Fun, carry: Any, x: Any) -> tuple[Arrays, Arrays]:
    """What one step returns: carry and output."""
    return _pair(name, f(carry, x))


def _pair(name: str, out: Any) -> tuple[Arrays, Arrays]:
    if not (isinstance(out, tuple | list) and len(out) == 2):
        raise body_output(name, kind_text(out))
    return Arrays.of(f"lax.{name}", out[0]), Arrays.of(f"lax.{name}", out[1])


def _eager_scan(name: str, f: Fun, carry: Arrays, steps: Arrays, n: int, reverse: bool) -> tuple[Any, Any]:
    columns = [x.unbind(0) for x in steps.tensors]
    rows = columns[0] if steps.is_bare() else list(zip(*columns, strict=True)) if columns and steps.is_row() else None
    first, *later = range(n - 1, -1, -1) if reverse else range(n)
    x = steps.rebuild([c[first] for c in columns])
    carry, (out, y) = _first_step(
        carry,
        lambda given: _step(name, f, given.rebuild(given.tensors), x),
        lambda given: _closed_step(name, f, given, steps, [])[2],
    )
    out_tree, ys = y.treedef, [y.tensors]
    carry = Arrays(fitted_carry(name, carry, out), carry.treedef, carry.weak)
    given = carry.rebuild(carry.tensors)
    passes = carry.passing()
    for i in later:
        x = steps.rebuild([c[i] for c in columns]) if rows is None else rows[i]
        result = f(given, x)
        if passes is not None and type(result) is tuple and len(result) == 2:  # the common case: 5 us of 7 beside f
            new, y = result
            if passes(new):
                given = new
                ys.append([] if y is None else [y] if type(y) is Tensor else Arrays.of(f"lax.{name}", y).tensors)
                continue
        out, y = _pair(name, result)
        given = carry.rebuild(fitted_carry(name, carry, out))
        ys.append(y.tensors)
    if reverse:
        ys.reverse()
    stacked = [torch.stack(c) for c in zip(*ys, strict=True)]
    given = carry.weakened(tree.leaves(given), out.weak) if any(carry.weak) else given
    return given, tree.unflatten(out_tree, stacked)


def _first_step(
    carry: Arrays, step: Callable[[Arrays], tuple[Arrays, R]], promoted: Callable[[Arrays], Arrays]
) -> tuple[Arrays, tuple[Arrays, R]]:
    """The carry in the dtypes that the step gives to its Python numbers, and what the step returns for that.

    `promoted` finds that carry without running the step, which takes longer.
    """
    if not any(carry.weak):
        return carry, step(carry)
    tried = carry
    try:
        with Attempt() as attempt:
            out = step(tried)
            while (better := promoted_carry(tried, out[0])) is not None:
                attempt.discard()
                tried = better
                out = step(tried)
            return tried, out
    except Irrevocable:
        tried = promoted(carry)
        return tried, step(tried)


def _traced_scan(name: str, f: Fun, carry: Arrays, steps: Arrays, n: int, reverse: bool) -> tuple[Any, Any]:
    treedefs: list[Any] = []
    graph, outer, carry, weak = _closed_step(name, f, carry, steps, treedefs)
    k, nx = len(carry.tensors), len(steps.tensors)
    outs = Scan(graph, (len(outer), k, nx), n, reverse)(*outer, *carry.tensors, *steps.tensors)
    outs = _with_passed_on(outs, graph.forwarded()[:k], len(outer), carry.tensors)
    return carry.weakened(outs[:k], weak), tree.unflatten(treedefs[0], outs[k:])


def _closed_step(
    name: str, f: Fun, carry: Arrays, steps: Arrays, treedefs: list[Any]
) -> tuple[Graph, list[Tensor], Arrays, list[bool]]:
    """As `_closed_body`, of a step of a scan; `treedefs` is given the structure of its output."""

    def one(given: Arrays, x: Sequence[Tensor]) -> tuple[Arrays, list[Tensor]]:
        out, y = _step(name, f, given.rebuild(given.tensors), steps.rebuild(x))
        treedefs[:] = [y.treedef]
        return out, y.tensors

    return _closed_body(name, one, carry, [Spec.of(x).element() for x in steps.tensors])


def _is_abstract(tensors: Sequence[Tensor]) -> bool:
    """Whether the loop is to become a program: in a trace, and where nothing but shapes is asked for."""
    return is_tracing() or any([is_fake(x) for x in tensors])


def _closed_body(
    name: str, one: Callable[[Arrays, Sequence[Tensor]], tuple[Arrays, list[Tensor]]], carry: Arrays, xs: Sequence[Spec]
) -> tuple[Graph, list[Tensor], Arrays, list[bool]]:
    """The graph of one step, what it closes over, and the carry in the dtypes that the step gives to Python numbers.

    Last, which of the carries that the step returns are Python numbers still. The graph takes what it closes over
    first, then the carry, then the inputs of the step.
    """
    k = len(carry.tensors)
    promoted: list[Arrays | None] = []
    weak: list[bool] = []

    def body(*args: Tensor) -> list[Tensor]:
        given = Arrays(list(args[:k]), carry.treedef, carry.weak)
        out, more = one(given, args[k:])
        promoted[:], weak[:] = [promoted_carry(given, out)], out.weak
        return [*fitted_carry(name, given, out), *more] if promoted[0] is None else []

    while True:
        graph, outer = close(body, [*[Spec.of(x) for x in carry.tensors], *xs])
        if promoted[0] is None:
            return _outer_first(graph, len(outer)), outer, carry, weak
        carry = carry.like(promoted[0])


def _outer_first(graph: Graph, count: int) -> Graph:
    n = len(graph.inputs) - count
    return graph.reordered([*range(n, n + count), *range(n)])


@undisturbed
def map(f: Fun, xs: Any, *, batch_size: int | None = None) -> Any:
    """`f` of each element of the leading axis of `xs`, stacked; `batch_size` elements at a time by `vmap`."""
    if batch_size is None:
        return _scan("map", lambda _, x: ((), f(x)), (), xs, None, False)[1]
    leaves, treedef = tree.flatten(xs)
    n = _length("map", Arrays.of("lax.map", xs), None)
    tensors = [as_tensor("map", x) for x in leaves]
    batch_size = batch_size or max(n, 1)  # 0 is all at once
    whole = n - n % batch_size
    parts: list[Any] = []
    if whole:
        blocks = [x[:whole].reshape(-1, batch_size, *x.shape[1:]) for x in tensors]
        out = _scan("map", lambda _, x: ((), vmap(f)(x)), (), tree.unflatten(treedef, blocks), None, False)[1]
        parts.append(tree.map(lambda y: y.reshape(whole, *y.shape[2:]), out))
    if n % batch_size or not n:
        parts.append(vmap(f)(tree.unflatten(treedef, [x[whole:] for x in tensors])))
    return parts[0] if len(parts) == 1 else tree.map(lambda a, b: torch.cat([a, b]), *parts)


@undisturbed
def while_loop(cond_fun: Fun, body_fun: Fun, init_val: Any, *, max_steps: Any = None) -> Any:
    """The first value, from `init_val` on by `body_fun`, for which `cond_fun` does not hold."""
    if max_steps is not None:
        if not isinstance(max_steps, int) or isinstance(max_steps, bool) or max_steps < 0:
            raise wrong_max_steps(max_steps)
        with uncounted("masked"):
            return _bounded(cond_fun, body_fun, init_val, max_steps)
    carry = Arrays.of("lax.while_loop", init_val)
    run = _traced_while if _is_abstract(carry.tensors) else _eager_while
    return run("while_loop", cond_fun, body_fun, carry)


def _eager_while(name: str, cond_fun: Fun, body_fun: Fun, carry: Arrays) -> Any:
    def update(given: Arrays) -> Arrays:
        return Arrays.of(f"lax.{name}", body_fun(given.rebuild(given.tensors)))

    first, masked, weak = True, False, carry.weak
    with ExitStack() as stack:
        while True:
            left = _condition(name, cond_fun(carry.rebuild(carry.tensors)))
            plain = innermost(left)
            if not bool(plain.any() if plain.ndim else plain):
                break
            if is_batched(left) and not masked:
                masked = True
                stack.enter_context(uncounted("masked"))
            if first:
                first = False
                carry, (out, _) = _first_step(
                    carry, lambda given: (update(given), None), lambda given: _closed_update(name, body_fun, given)[2]
                )
            else:
                out = update(carry)
            fitted, weak = fitted_carry(name, carry, out), out.weak
            if is_batched(left):
                pairs = zip(fitted, carry.tensors, strict=True)
                fitted = [old if new is old else torch.where(left, new, old) for new, old in pairs]
            carry = Arrays(fitted, carry.treedef, carry.weak)
    if first:
        graph, outer, carry, weak = _closed_update(name, body_fun, carry)  # gives Python numbers their dtypes
        carry = Arrays(_no_steps(graph, outer, carry), carry.treedef, carry.weak)
    return carry.weakened(refused(name, carry.tensors), weak)


def _no_steps(graph: Graph, outer: Sequence[Tensor], carry: Arrays) -> list[Tensor]:
    """The carry as it is, after no step of a loop: a transform that the step refuses is refused here too."""
    return list(Scan(graph, (len(outer), len(carry.tensors), 0), 0, False)(*outer, *carry.tensors))


def _closed_update(name: str, body_fun: Fun, carry: Arrays) -> tuple[Graph, list[Tensor], Arrays, list[bool]]:
    """As `_closed_body`, of a step that takes and returns the carry alone."""

    def one(given: Arrays, _: Sequence[Tensor]) -> tuple[Arrays, list[Tensor]]:
        return Arrays.of(f"lax.{name}", body_fun(given.rebuild(given.tensors))), []

    return _closed_body(name, one, carry, [])


def _traced_while(name: str, cond_fun: Fun, body_fun: Fun, carry: Arrays) -> Any:
    graph, outer, carry, weak = _closed_update(name, body_fun, carry)
    specs = [Spec.of(x) for x in carry.tensors]
    cond, cond_outer = close(lambda *args: [_condition(name, cond_fun(carry.rebuild(args)))], specs)
    loop = While(_outer_first(cond, len(cond_outer)), graph, (len(cond_outer), len(outer)), name)
    outs = loop(*cond_outer, *outer, *carry.tensors)
    return carry.weakened(_with_passed_on(outs, graph.forwarded(), len(outer), carry.tensors), weak)


def _with_passed_on(
    outs: Sequence[Tensor], forwarded: Sequence[int | None], start: int, init: Sequence[Tensor]
) -> list[Tensor]:
    """Outputs of a loop; a carry that every step passes on as it is, is the initial one."""
    same = [place == start + i for i, place in enumerate(forwarded)]
    return [*[x if s else o for x, o, s in zip(init, outs, same, strict=False)], *outs[len(same) :]]


def _condition(name: str, value: Any) -> Tensor:
    leaves = tree.leaves(value)
    if len(leaves) != 1 or leaves[0] is not value:
        raise pred_not_scalar(name, kind_text(value))
    left = as_tensor(name, value)
    if left.ndim:
        raise pred_not_scalar(name, f"shape {tuple(left.shape)}")
    if left.dtype is not torch.bool:
        raise pred_not_boolean(name, NAMES[left.dtype])
    return left


def _bounded(cond_fun: Fun, body_fun: Fun, init_val: Any, max_steps: int) -> Any:
    """A loop of at most so many steps, as a scan: those after the last leave the carry as it is."""
    # The dtypes that the body gives to Python numbers are needed before the first step.
    graph, outer, carry, weak = _closed_update("while_loop", body_fun, Arrays.of("lax.while_loop", init_val))

    def updated(state: list[Tensor]) -> list[Tensor]:
        return fitted_carry("while_loop", carry, Arrays.of("lax.while_loop", body_fun(carry.rebuild(state))))

    def step(state: list[Tensor], _: None) -> tuple[list[Tensor], None]:
        left = _condition("while_loop", cond_fun(carry.rebuild(state)))
        # The body must not meet a value at which the loop has ended: a slope that is not finite there would make nan of
        # the zero that it is multiplied with.
        safe = [torch.where(left, x, first.detach()) for x, first in zip(state, carry.tensors, strict=True)]
        return [torch.where(left, y, x) for y, x in zip(updated(safe), state, strict=True)], None

    state = list(carry.tensors)
    if _is_abstract(state):
        return carry.weakened(_scan("while_loop", step, state, None, max_steps, False)[0], weak)
    for i in range(max_steps):
        left = _condition("while_loop", cond_fun(carry.rebuild(state)))
        if not bool(innermost(left).any()):
            if not i:
                state = _no_steps(graph, outer, carry)
            break
        state = step(state, None)[0] if is_batched(left) else updated(state)
    return carry.weakened(state, weak)


@undisturbed
def fori_loop(lower: Any, upper: Any, body_fun: Fun, init_val: Any, *, unroll: int | bool | None = None) -> Any:
    """The value after `val = body_fun(i, val)` for `i` from `lower` up to but without `upper`."""
    low, high = _bound("lower", lower), _bound("upper", upper)
    strong = [type(x) not in WEAK and not (isinstance(x, Tensor) and is_weak(x)) for x in (lower, upper)]
    if all(strong) and low.dtype is not high.dtype:
        raise bounds_mismatch("fori_loop", NAMES[low.dtype], NAMES[high.dtype])
    weak = not strong[0] and (not strong[1] or low.dtype is high.dtype)  # the counter starts from the lower bound
    dtype = high.dtype if strong[1] else low.dtype
    counts = _known(lower, low), _known(upper, high)
    if counts[0] is not None and counts[1] is not None:
        n = max(0, counts[1] - counts[0])
        start = torch.full((), counts[0], dtype=dtype)
        start = mark_weak(start) if weak else start

        def step(state: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
            i, value = state
            after = i + 1
            return (mark_weak(after) if weak else after, _same_tree(value, body_fun(i, value))), None

        return _counted(step, body_fun, (start, init_val), counts[0], n)
    if unroll is not None:
        raise unroll_needs_bounds()

    def body(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        i, end, value = state
        after = i + 1
        return mark_weak(after) if weak else after, end, _same_tree(value, body_fun(i, value))

    start = mark_weak(low.to(dtype)) if weak else low.to(dtype)
    state = start, high.to(dtype), init_val
    carry = Arrays.of("lax.fori_loop", state)
    run = _traced_while if _is_abstract(carry.tensors) else _eager_while
    return run("fori_loop", lambda s: s[0] < s[1], body, carry)[2]


def _counted(step: Fun, body_fun: Fun, state: tuple[Tensor, Any], first: int, n: int) -> Any:
    """The value after `n` steps of a `fori_loop` from `state`: a counter, which is `first`, and the value."""
    carry = Arrays.of("lax.fori_loop", state[1])
    passes = None if n < 2 or _is_abstract(carry.tensors) else carry.passing()
    if passes is None:
        return _scan("fori_loop", step, state, None, n, False)[0][1]
    start, weak = state[0], is_weak(state[0])
    value = _scan("fori_loop", step, state, None, 1, False)[0][1]
    for i in torch.arange(first + 1, first + n, dtype=start.dtype, device=start.device).unbind():
        i = mark_weak(i) if weak else i
        result = body_fun(i, value)
        if not passes(result):  # which is put right, or refused
            given, out = [Arrays.of("lax.fori_loop", (i, x)) for x in (value, _same_tree(value, result))]
            result = given.rebuild(fitted_carry("fori_loop", given, out))[1]
        value = result
    return value


def _same_tree(before: Any, after: Any) -> Any:
    expected, got = tree.structure(before), tree.structure(after)
    if expected != got:
        raise carry_structure("fori_loop", outline(tree, expected), outline(tree, got))
    return after


def _bound(what: str, value: Any) -> Tensor:
    if type(value) not in WEAK and not isinstance(value, Tensor | np.ndarray | np.generic):
        raise index_not_integer("fori_loop", what, kind_text(value))
    x = as_tensor("lax.fori_loop", value)
    if isinstance(value, int):
        x = x.to(default_int())
    if x.ndim or x.dtype not in INTEGER:
        raise index_not_integer("fori_loop", what, described(x))
    return x


def _known(value: Any, x: Tensor) -> int | None:
    """The value of a bound, where it has one that is the same for all."""
    if isinstance(value, int | np.integer):
        return int(value)
    if is_fake(x) or is_batched(x):
        return None
    try:
        return int(innermost(x))
    except DATA_DEPENDENT:
        return None
