"""Errors of custom rules and of what they close over, in the same words on every backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dualgrad.errors import ClosedOverError, MismatchError

__all__ = [
    "closed_over",
    "closure_mismatch",
    "endless_rule",
    "for_each",
    "forward_custom_vjp",
    "forward_registered",
    "missing_rule",
    "nondiff_traced",
    "positions",
    "rule_output",
]


def positions(kind: str, fun: Callable[..., Any]) -> Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, ...]]:
    """What turns the arguments of a call into positional ones, defaults included: rules know positions only.

    Raises:
        TypeError: At the call, where a keyword-only argument is passed or the arguments do not fit.
    """
    import inspect

    try:
        # A partial has an opaque signature: what it binds is no argument of the rule.
        signature = None if type(fun) is partial else inspect.signature(fun)
    except (TypeError, ValueError):  # a builtin may have none
        signature = None

    def place(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        if signature is None:
            if kwargs:
                raise _keyword_only(kind, fun, kwargs)
            return args
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        if call.kwargs:
            raise _keyword_only(kind, fun, call.kwargs)
        return call.args

    return place


def _keyword_only(kind: str, fun: Callable[..., Any], kwargs: dict[str, Any]) -> TypeError:
    name = getattr(fun, "__name__", "the function")
    return TypeError(
        f"dualgrad.{kind}: arguments must have positions, got the keyword-only {', '.join(sorted(kwargs))} for "
        f"{name!r}. Make it a positional parameter."
    )


def forward_custom_vjp(fun_name: str) -> TypeError:
    """The error for forward mode through a function that has a rule for reverse mode only."""
    return TypeError(
        f"dualgrad.custom_vjp: the rule is for reverse mode only, got forward mode (dg.jvp, dg.jacfwd, "
        f"dg.linearize) through {fun_name!r}. Differentiate with dg.grad, dg.vjp or dg.jacrev, or give it a "
        "rule with dg.custom_jvp, which serves both modes."
    )


def forward_registered(op: str) -> TypeError:
    """The error for forward mode through an operator of the framework that has a rule for reverse mode only."""
    return TypeError(
        f"dualgrad.jvp: an operator of torch.library has a rule for reverse mode only, got forward mode (dg.jvp, "
        f"dg.jacfwd, dg.linearize) through {op}. Differentiate with dg.grad, dg.vjp or dg.jacrev, or give a function "
        "that calls it a rule with dg.custom_jvp, which serves both modes."
    )


def missing_rule(kind: str, fun_name: str) -> AttributeError:
    """The error for a function that is to have a custom rule and was given none; `kind` is `custom_vjp` or so."""
    ways = {"custom_vjp": ".defvjp(fwd, bwd)", "custom_vmap": ".def_vmap(rule)"}
    way = ways.get(kind, ".defjvp(rule) or .defjvps(*rules)")
    return AttributeError(
        f"dualgrad.{kind}: a rule must be defined before the function is called, got none for {fun_name!r}. Call "
        f"{fun_name}{way}."
    )


def rule_output(kind: str, fun_name: str, what: str, expected: str, got: str) -> MismatchError:
    """The error for a custom rule that returns something that does not fit the function.

    Args:
        kind: `custom_vjp`, `custom_jvp`.
        fun_name: Name of the function.
        what: What is wrong: `fwd`, `the output of fwd`, `bwd`, `the cotangent of x`, `the output of the rule`, ...
        expected: What it has to be, as `a pair (output, residuals)` or `float32(3,)`.
        got: What it is.
    """
    return MismatchError(
        f"dualgrad.{kind}: {what} of {fun_name!r} must be {expected}, got {got}. Make the rule return what the "
        "function's arguments and output ask for."
    )


def for_each(count: int) -> str:
    """What the rule for reverse mode of a function of so many arguments has to return."""
    return f"a tuple with a cotangent for each of {count} arguments"


def closed_over(kind: str, fun_name: str) -> ClosedOverError:
    """The error for a differentiated array that reached a function with a custom rule by a closure."""
    return ClosedOverError(
        f"dualgrad.{kind}: what is differentiated must be an argument, got an array that {fun_name!r} or its rule "
        f"closes over. Pass it to {fun_name} as an argument, or hold it constant with dg.stop_gradient."
    )


def closure_mismatch(expected: str, got: str) -> TypeError:
    """The error for arguments of a converted function that are not like those of the example."""
    return TypeError(
        f"dualgrad.closure_convert: the converted function must be given arguments like those of the example, got "
        f"{got} where {expected} was expected. Convert the function for these arguments."
    )


def nondiff_traced(kind: str, fun_name: str) -> ClosedOverError:
    """The error for an array that is being transformed at a position that nondiff_argnums names."""
    return ClosedOverError(
        f"dualgrad.{kind}: arguments named by nondiff_argnums must not be arrays that are being traced, got one for "
        f"{fun_name!r}. Pass it as a differentiable argument and return zeros or None for its cotangent."
    )


def endless_rule(kind: str, fun_name: str, depth: int) -> RecursionError:
    """The derivative of a function within so many rules of others, each of which called the next."""
    return RecursionError(
        f"dualgrad.{kind}: {fun_name!r} is called within {depth} rules, one in another, which is as deep as they are "
        "traced. Differentiate it less often, or where it is neither mapped nor jitted."
    )
