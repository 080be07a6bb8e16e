"""`checkpoint` and the names that its policies know.

Where plain autograd alone looks on, the function runs as it stands, once forward and once more on the way back. In a
transform or a trace, with a policy, or where it closes over what is differentiated, it is traced and is a program.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from dualgrad._attempts import uncounted
from dualgrad._rules.policies import Policy, static_places
from dualgrad.backends.torch._private import (
    Spec,
    again_by_autograd,
    is_plain,
    is_tracing,
    is_transformed,
    live,
    on_this_thread,
)
from dualgrad.backends.torch._rule_calls import is_watched
from dualgrad.backends.torch._rule_trees import merged, wrapping
from dualgrad.backends.torch.lax._trees import Arrays
from dualgrad.backends.torch.programs.direct import Captured, watched
from dualgrad.backends.torch.programs.graph import close
from dualgrad.backends.torch.programs.policies import named
from dualgrad.backends.torch.programs.rules import Checkpoint

__all__ = ["checkpoint", "checkpoint_name"]

Fun = Callable[..., Any]


def checkpoint(
    fun: Fun, *, prevent_cse: bool = True, policy: Policy | None = None, static_argnums: tuple[int, ...] = ()
) -> Fun:
    """`fun`, whose derivative computes it again instead of keeping what is inside."""
    as_it_stands = policy is None or policy.kind == "nothing_saveable"
    closes_over: list[bool] = []  # not empty: a call was differentiated by what `fun` closes over, and others may be

    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        static = static_places(static_argnums, len(args)) if static_argnums else set[int]()
        given = Arrays.of("checkpoint", ([a for i, a in enumerate(args) if i not in static], kwargs))
        if not (is_watched(given.tensors) or torch.is_grad_enabled()):  # what it closes over may be differentiated
            return fun(*args, **kwargs)
        box: list[Arrays] = []

        def flat(*tensors: Tensor) -> list[Tensor]:
            rest, named = given.rebuild(tensors)
            out = Arrays.of("checkpoint", fun(*merged(args, static, rest), **named))
            box[:] = [Arrays([], out.treedef, out.weak)]  # without the tensors, which lead to all that is inside
            return out.tensors

        def traced() -> tuple[Checkpoint, list[Tensor]]:
            graph, outer = close(flat, [Spec.of(x) for x in given.tensors])
            return Checkpoint(graph, prevent_cse, policy), outer

        if as_it_stands and not closes_over and is_plain():
            try:
                outs = _twice(flat, traced, given.tensors)
                return box[0].rebuild(outs)
            except Captured:
                closes_over.append(True)
        program, outer = traced()
        return box[0].rebuild(program(*given.tensors, *outer))

    return wrapping(fun, checkpointed)


def checkpoint_name(x: Any, name: str, /) -> Any:
    """`x`, and where it is traced a node that says its name."""
    given = Arrays.of("checkpoint_name", x)
    return given.rebuild([named(t, name) for t in given.tensors] if is_transformed() or is_tracing() else given.tensors)


def _twice(
    flat: Callable[..., list[Tensor]], traced: Callable[[], tuple[Checkpoint, list[Tensor]]], tensors: Sequence[Tensor]
) -> list[Tensor]:
    """The outputs of a function that runs once more where plain autograd asks for its derivative.

    Args:
        flat: The function of tensors.
        traced: Makes a program of it, and finds the tensors that it closes over.
        tensors: Its arguments.

    Raises:
        Captured: It closes over what is differentiated.
    """
    if not any([x.requires_grad for x in tensors]):
        outs = flat(*tensors)
        if any([o.requires_grad for o in outs]):
            raise Captured
        return outs

    drawn: list[Tensor] = []

    def run(*xs: Tensor) -> list[Tensor]:
        before = torch.get_rng_state()
        with uncounted("checkpoint"):
            outs = watched(lambda: flat(*xs), xs, list)
        if not torch.equal(before, torch.get_rng_state()):
            drawn[:] = [before]
        return outs

    def again(active: tuple[bool, ...], xs: Sequence[Tensor], cts: Sequence[Tensor | None]) -> Sequence[Any]:
        if not torch.is_grad_enabled():
            with _as_drawn(drawn):
                return _again(flat, active, xs, cts)
        program, outer = traced()  # the gradient is to be differentiated: a program has derivatives of any order
        return program.linearized((*active, *[False] * len(outer)), [*xs, *outer])[1](cts)

    return again_by_autograd([live(x) for x in tensors], run, again)


@contextmanager
def _as_drawn(drawn: Sequence[Tensor]) -> Generator[None]:
    """A block in which torch's own generator, if the function drew from it, gives the same numbers once more."""
    if not drawn:
        yield
        return
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(drawn[0])
        yield


def _again(
    flat: Callable[..., list[Tensor]], active: Sequence[bool], xs: Sequence[Tensor], cts: Sequence[Tensor | None]
) -> Sequence[Tensor | None]:
    """Cotangents of the active arguments, by computing the function again."""
    inner = [x.detach().requires_grad_(a) for x, a in zip(xs, active, strict=True)]
    with torch.enable_grad():
        outs = flat(*inner)
    pairs = [(o, ct) for o, ct in zip(outs, cts, strict=True) if ct is not None and o.requires_grad]
    wanted = [x for x, a in zip(inner, active, strict=True) if a]
    if not pairs:
        return [None] * len(wanted)
    moved, given = zip(*pairs, strict=True)
    del outs, pairs
    return on_this_thread(torch.autograd.grad, given[0])(moved, wanted, given, allow_unused=True)
