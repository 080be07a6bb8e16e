# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Derivatives of `jax.lax.scan` that keep the rules of what is in its body, for the next derivative.

To linearize a `scan`, or to split one that is checkpointed, JAX (0.10 to 0.12) computes ahead of the loop what does
not depend on the step, and to find out what that is it goes through the body in a way that puts the body of a
`custom_jvp` function in place of the call. The rule is lost: the value that `jax.value_and_grad` of such a loop gives
has, where it is differentiated, the derivative of what the function computes and not the one that its rule says. Many
functions of ours compute by the bits of a number, and would have none. Here the equations of the body are divided, and
each stays what it is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from types import FunctionType, SimpleNamespace
from typing import Any, Final

from jax._src.interpreters import ad, partial_eval
from jax._src.lax.control_flow import loops
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, jaxpr_as_fun, subjaxprs

__all__ = ["kept_rules"]

_lock: Final = threading.Lock()


class _KeptRules:
    """A block in which loops are differentiated so; outside all of them JAX does what it does."""

    inside = 0

    def __enter__(self) -> None:
        with _lock:
            self.inside += 1
            if self.inside == 1:
                _install(_OURS)

    def __exit__(self, *raised: object) -> None:
        with _lock:
            self.inside -= 1
            if self.inside == 0:
                _install(_PLAIN)


kept_rules: Final = _KeptRules()


def _ahead(
    body: ClosedJaxpr, constants: Sequence[Any], residuals: int, *staying: int
) -> tuple[ClosedJaxpr, Any, list[bool], Any]:
    """As `loops._scan_known_hoisting`: what is left, its constants, which of the residuals are known, and those.

    They are the last outputs, but for so many that stay in the loop (one number since JAX 0.11, none before).
    """
    if _must_be_whole(body.jaxpr):
        return loops._scan_known_hoisting(body, constants, residuals, *staying)
    end = len(body.out_avals) - sum(staying)
    cut = end - residuals
    unknown = [False] * len(constants) + [True] * (len(body.in_avals) - len(constants))
    first, rest, late, _ = _divided(body, unknown, [True] * cut + [False] * residuals + [True] * sum(staying))
    values = jaxpr_as_fun(first)(*constants)
    found = [not x for x in late[cut:end]]
    return rest, values[sum(found) :], found, values[: sum(found)]


def _split(body: ClosedJaxpr, unknown: Sequence[bool], instantiate: Sequence[bool]) -> Any:
    if _must_be_whole(body.jaxpr):
        return partial_eval.partial_eval_jaxpr_nounits(body, unknown, instantiate)
    return _divided(body, unknown, instantiate)


def _must_be_whole(jaxpr: Jaxpr) -> bool:
    return not _has_rules(jaxpr) or any("Ref" in type(v.aval).__name__ for v in jaxpr.invars)


def _has_rules(jaxpr: Jaxpr) -> bool:
    return any(e.primitive.name == "custom_jvp_call" for e in jaxpr.eqns) or any(map(_has_rules, subjaxprs(jaxpr)))


def _divided(
    body: ClosedJaxpr, unknown: Sequence[bool], instantiate: Sequence[bool]
) -> tuple[ClosedJaxpr, ClosedJaxpr, list[bool], list[Any]]:
    """As `partial_eval.partial_eval_jaxpr_nounits`: an equation is computed ahead, whole, if all that it takes is."""
    whole = body.jaxpr
    given = [v for v, late in zip(whole.invars, unknown, strict=True) if not late]
    known: set[Any] = {*whole.constvars, *given}
    early, late = [], []
    for eqn in whole.eqns:
        if eqn.effects or not all(isinstance(v, Literal) or v in known for v in eqn.invars):
            late.append(eqn)
        else:
            early.append(eqn)
            known.update(eqn.outvars)
    staged = [
        wanted or not (isinstance(v, Literal) or v in known)
        for v, wanted in zip(whole.outvars, instantiate, strict=True)
    ]
    outs = [v for v, later in zip(whole.outvars, staged, strict=True) if not later]
    left = [v for v, later in zip(whole.outvars, staged, strict=True) if later]
    used = (v for vs in (*[eqn.invars for eqn in late], left) for v in vs)
    needed = list(dict.fromkeys(v for v in used if not isinstance(v, Literal) and v in known))
    names = whole.debug_info.with_unknown_names()
    first = whole.replace(
        invars=given,
        outvars=[*outs, *needed],
        eqns=_leading_to([*outs, *needed], early),
        effects=set[Any](),
        debug_info=names,
    )
    steps = [v for v, later in zip(whole.invars, unknown, strict=True) if later]
    rest = whole.replace(constvars=[], invars=[*needed, *steps], outvars=left, eqns=late, debug_info=names)
    return ClosedJaxpr(first, body.consts), ClosedJaxpr(rest, ()), staged, [v.aval for v in needed]


def _leading_to(wanted: Iterable[Any], eqns: Sequence[Any]) -> list[Any]:
    """The equations that something wanted depends on."""
    live = {v for v in wanted if not isinstance(v, Literal)}
    kept: list[Any] = []
    for eqn in reversed(eqns):
        if not live.isdisjoint(eqn.outvars):
            kept.append(eqn)
            live.update(v for v in eqn.invars if not isinstance(v, Literal))
    return kept[::-1]


def _with(native: Any, **names: Any) -> Any:
    """A function of JAX's in which some names of its module stand for ours."""
    return FunctionType(native.__code__, {**vars(loops), **names}, native.__name__, native.__defaults__)


def _install(rules: tuple[Any, Any, Any]) -> None:
    (
        ad.primitive_linearizations[loops.scan_p],
        partial_eval.custom_partial_eval_rules[loops.scan_p],
        partial_eval.partial_eval_jaxpr_custom_rules[loops.scan_p],
    ) = rules


_PLAIN: Final = (loops._scan_linearize, loops._scan_partial_eval, loops._scan_partial_eval_custom)
_OURS: Final = (
    _with(loops._scan_linearize, _scan_known_hoisting=_ahead),
    _with(loops._scan_partial_eval, _scan_known_hoisting=_ahead),
    _with(
        loops._scan_partial_eval_custom,
        pe=SimpleNamespace(**{**vars(partial_eval), "partial_eval_jaxpr_nounits": _split}),
    ),
)
