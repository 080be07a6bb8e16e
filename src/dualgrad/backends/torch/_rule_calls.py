"""Calls of functions with rules of their own: which of them are traced, and what their traces share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad._rules.custom import (
    closed_over,
    endless_rule,
)
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._private import (
    Spec,
    current_level,
    is_fake,
    is_lifting,
    is_seen,
    is_tracing,
    is_transformed,
)
from dualgrad.backends.torch.lax._trees import Arrays
from dualgrad.backends.torch.programs.graph import Graph, close
from dualgrad.backends.torch.programs.program import Program
from dualgrad.backends.torch.programs.rules import CustomJVP, CustomVJP

__all__ = [
    "called_again",
    "is_any_seen",
    "is_apart",
    "is_watched",
    "known_by",
    "opened",
    "plain",
    "residuals_and_outputs",
    "rules_open",
    "specialised",
    "tried",
]

Fun = Callable[..., Any]


# Programs whose rules are being traced in this thread. A rule that calls its own function, as `fwd` mostly does, is
# given the program that is being made; what that closes over it is given afterwards, by `Graph.completed`.
class _Open(threading.local):
    def __init__(self) -> None:
        self.programs: dict[Any, tuple[Program, Arrays]] = {}


rules_open = _Open()
_DEEPEST: Final = 10  # rules within rules; 20 take seconds, and all that Python allows


@contextmanager
def opened(key: Any, program: Program, out: Arrays) -> Generator[None]:
    before = rules_open.programs
    rules_open.programs = {**before, key: (program, out)}
    try:
        yield
    finally:
        rules_open.programs = before


@contextmanager
def specialised(
    program: CustomVJP | CustomJVP, special: Callable[[tuple[bool, ...]], Any] | None, *, lasting: bool
) -> Generator[None]:
    """A block in which the program can have rules made for what is differentiated: what they close over is alive.

    Where they close over nothing it still can after the call, in the body of a loop or in a jitted function.
    """
    program.special = special
    try:
        yield
    finally:
        if not lasting:
            program.special = None


def residuals_and_outputs(fwd: Graph, fun: Graph) -> list[Spec]:
    """The operands of a backward rule."""
    return [*fwd.outputs[len(fun.outputs) :], *fun.outputs]


def known_by(x: Any) -> Any:
    """What stands for static arguments in a key: numbers and text by what they are, in lists of any kind too."""
    if isinstance(x, bool | int | float | complex | str | bytes | torch.dtype):
        return type(x), repr(x)
    if type(x) in (tuple, list):
        return type(x), tuple(map(known_by, x))
    return id(x)


def tried(kind: str, name: str, fun: Fun, specs: Sequence[Spec]) -> tuple[Graph | Exception, list[Tensor]]:
    """The closed graph, or the error of tracing it: it is one only where somebody asks for the derivative.

    A rule may call its function with another static argument each time, or a new function with a rule like its own, as
    that of the `n`-th derivative does: tracing would not end.
    """
    if len(rules_open.programs) > _DEEPEST:
        return endless_rule(kind, name, _DEEPEST), []
    try:
        return close(fun, specs)
    except Exception as error:
        return error, []


def called_again(program: Program, out: Arrays, tensors: Sequence[Tensor]) -> Any:
    if current_level() is not None:  # the rule differentiates or maps its own function: that has no rule yet
        return out.rebuild(program.run(*tensors))
    return out.rebuild(program(*tensors))


def is_watched(tensors: Sequence[Tensor]) -> bool:
    """Whether some transform sees the arguments of a call: if not, it is the plain function."""
    if is_transformed() or is_tracing():
        return True
    return torch.is_grad_enabled() and any([x.requires_grad for x in tensors])


def is_apart(tensors: Sequence[Tensor]) -> bool:
    """Whether a call is beside what is differentiated or mapped: a rule mostly calls its own function so.

    What the function closes over may still be; that shows in its result.
    """
    return not (is_tracing() or is_lifting() or is_any_seen(tensors))


def is_any_seen(out: Any) -> bool:
    return any([isinstance(x, Tensor) and (is_fake(x) or is_seen(x)) for x in tree.leaves(out)])


def plain(kind: str, name: str, fun: Fun, args: Sequence[Any]) -> Any:
    """The function itself, where no argument is differentiated; then nothing that it closes over may be."""
    out = fun(*args)
    if any([isinstance(x, Tensor) and x.requires_grad for x in tree.leaves(out)]) and torch.is_grad_enabled():
        raise closed_over(kind, name)
    return out
