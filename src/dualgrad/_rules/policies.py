"""What a checkpoint may keep: the policies, as data that every backend reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._records import record

__all__ = ["Policy", "as_policy", "decided", "static_places"]


@record
class Policy:
    """Which values a `dg.checkpoint` keeps for its derivative; see `dg.checkpoint_policies`.

    Attributes:
        kind: The policy's name, which is JAX's.
        names: The names that it is about, where it is about names.
        parts: The policies of which one must keep a value, where it is made of others.
        asks: The function that is asked of each operation, where it is one.
    """

    kind: str
    names: tuple[str, ...] = ()
    parts: tuple[Policy, ...] = ()
    asks: Callable[..., Any] | None = None


def decided(asks: Callable[..., Any], operation: Any, *operands: Any, **params: Any) -> bool:
    """What a function that is a policy says of an operation.

    Raises:
        TypeError: It says neither yes nor no.
    """
    answer = asks(operation, *operands, **params)
    if not isinstance(answer, bool):
        raise TypeError(
            f"dualgrad.checkpoint: a policy must answer True or False, got {type(answer).__name__} for {operation}. "
            "True keeps what the operation gives, False computes it again."
        )
    return answer


def as_policy(given: Policy | Callable[..., Any]) -> Policy:
    """A policy, or a function that is to be one, as a policy.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(given, Policy):
        return given
    if not callable(given):
        raise TypeError(
            "dualgrad.checkpoint: policy must be one of dg.checkpoint_policies, a function of operations, or None, got "
            f"{type(given).__name__}. Take, for example, dg.checkpoint_policies.dots_saveable."
        )
    return Policy("asks", asks=given)


def static_places(argnums: Sequence[int], count: int) -> set[int]:
    """Positions among the arguments of a call of a checkpointed function.

    Raises:
        ValueError: A position that the call does not have.
    """
    for n in argnums:
        if not -count <= n < count:
            raise ValueError(
                f"dualgrad.checkpoint: static_argnums must name positional arguments of the call, got {n} for {count}."
            )
    return {n % count for n in argnums}
