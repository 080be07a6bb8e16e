"""`while_loop` and `fori_loop`: plain Python loops when eager, one program each in a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._attempts import uncounted
from dualgrad._dtypes import WEAK
from dualgrad._rules.control import (
    bounds_mismatch,
    carry_structure,
    index_not_integer,
    pred_not_boolean,
    pred_not_scalar,
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
    undisturbed,
)
from dualgrad.backends.torch.lax._bodies import closed_body, first_step, is_abstract, outer_first, with_passed_on
from dualgrad.backends.torch.lax._trees import Arrays, described, fitted_carry
from dualgrad.backends.torch.lax.scans import scanned
from dualgrad.backends.torch.programs.graph import Graph, close
from dualgrad.backends.torch.programs.loops import Scan
from dualgrad.backends.torch.programs.refuse import refused
from dualgrad.backends.torch.programs.whiles import While

__all__ = ["fori_loop", "while_loop"]

Fun = Callable[..., Any]


@undisturbed
def while_loop(cond_fun: Fun, body_fun: Fun, init_val: Any, *, max_steps: Any = None) -> Any:
    """The first value, from `init_val` on by `body_fun`, for which `cond_fun` does not hold."""
    if max_steps is not None:
        if not isinstance(max_steps, int) or isinstance(max_steps, bool) or not 0 <= max_steps < 2**31:
            raise wrong_max_steps(max_steps)
        with uncounted("masked"):
            return _bounded(cond_fun, body_fun, init_val, max_steps)
    carry = Arrays.of("lax.while_loop", init_val)
    run = _traced_while if is_abstract(carry.tensors) else _eager_while
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
                carry, (out, _) = first_step(
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
    """As `closed_body`, of a step that takes and returns the carry alone."""

    def one(given: Arrays, _: Sequence[Tensor]) -> tuple[Arrays, list[Tensor]]:
        return Arrays.of(f"lax.{name}", body_fun(given.rebuild(given.tensors))), []

    return closed_body(name, one, carry, [])


def _traced_while(name: str, cond_fun: Fun, body_fun: Fun, carry: Arrays) -> Any:
    graph, outer, carry, weak = _closed_update(name, body_fun, carry)
    specs = [Spec.of(x) for x in carry.tensors]
    cond, cond_outer = close(lambda *args: [_condition(name, cond_fun(carry.rebuild(args)))], specs)
    loop = While(outer_first(cond, len(cond_outer)), graph, (len(cond_outer), len(outer)), name)
    outs = loop(*cond_outer, *outer, *carry.tensors)
    return carry.weakened(with_passed_on(outs, graph.forwarded(), len(outer), carry.tensors), weak)


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
    if is_abstract(state):
        return carry.weakened(scanned("while_loop", step, state, None, max_steps, False)[0], weak)
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
    run = _traced_while if is_abstract(carry.tensors) else _eager_while
    return run("fori_loop", lambda s: s[0] < s[1], body, carry)[2]


def _counted(step: Fun, body_fun: Fun, state: tuple[Tensor, Any], first: int, n: int) -> Any:
    """The value after `n` steps of a `fori_loop` from `state`: a counter, which is `first`, and the value."""
    carry = Arrays.of("lax.fori_loop", state[1])
    passes = None if n < 2 or is_abstract(carry.tensors) else carry.passing()
    if passes is None:
        return scanned("fori_loop", step, state, None, n, False)[0][1]
    start, weak = state[0], is_weak(state[0])
    value = scanned("fori_loop", step, state, None, 1, False)[0][1]
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
