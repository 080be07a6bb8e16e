"""What `dg.checkpoint` keeps for its derivative, as its `policy`; what is not kept is computed again.

A policy changes time and memory, and no value. Inside of a loop's body or a branch nothing is kept by the policies that
choose on PyTorch: what the loop or branch returns is. On JAX complex numbers are kept by name alone; others are
computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dualgrad._rules.policies import Policy, as_policy

__all__ = [
    "checkpoint_dots",
    "checkpoint_dots_with_no_batch_dims",
    "dots_saveable",
    "dots_with_no_batch_dims_saveable",
    "everything_saveable",
    "nothing_saveable",
    "save_any_names_but_these",
    "save_anything_except_these_names",
    "save_from_both_policies",
    "save_only_these_names",
]
__dir__ = __all__.copy  # what completion offers

everything_saveable: Final = Policy("everything_saveable")
"""All that the derivative needs, as if there were no checkpoint."""

nothing_saveable: Final = Policy("nothing_saveable")
"""Nothing but the arguments; so does `policy=None`."""

dots_saveable: Final = Policy("dots_saveable")
"""Products of matrices and convolutions, which cost most to compute again."""

dots_with_no_batch_dims_saveable: Final = Policy("dots_with_no_batch_dims_saveable")
"""Products of two matrices, and not of stacks of them: the products with weights, and not those of attention."""


checkpoint_dots: Final = dots_saveable
"""Another name of `dots_saveable`."""

checkpoint_dots_with_no_batch_dims: Final = dots_with_no_batch_dims_saveable
"""Another name of `dots_with_no_batch_dims_saveable`."""


def save_only_these_names(*names: str) -> Policy:
    """Policy that keeps the values that have one of these names (`dg.checkpoint_name`), and no others.

    Args:
        *names: Names.

    Returns:
        A policy, for `dg.checkpoint`.

    Raises:
        TypeError: A name is no string.

    Derivative:
        That of the checkpoint, whatever is kept: a policy changes no value.

    Example:
        >>> def layer(x):
        ...     h = dg.checkpoint_name(dg.exp(dg.sin(x)), "hidden")
        ...     return dg.sin(h)
        >>> kept = dg.checkpoint(layer, policy=dg.checkpoint_policies.save_only_these_names("hidden"))
        >>> float(dg.grad(kept)(0.0)) == float(dg.grad(layer)(0.0))
        True

    Source: `jax.checkpoint_policies`.
    """
    return _of_names("save_only_these_names", names)


def save_any_names_but_these(*names: str) -> Policy:
    """Policy that keeps the values that have a name, but for these names.

    Args:
        *names: Names.

    Returns:
        A policy, for `dg.checkpoint`.

    Raises:
        TypeError: A name is no string.

    Derivative:
        That of the checkpoint, whatever is kept: a policy changes no value.

    Example:
        >>> def layer(x):
        ...     h = dg.checkpoint_name(dg.exp(dg.sin(x)), "hidden")
        ...     return dg.sin(dg.checkpoint_name(h * h, "large"))
        >>> kept = dg.checkpoint(layer, policy=dg.checkpoint_policies.save_any_names_but_these("large"))
        >>> float(dg.grad(kept)(0.0)) == float(dg.grad(layer)(0.0))
        True

    Source: `jax.checkpoint_policies`.
    """
    return _of_names("save_any_names_but_these", names)


def save_anything_except_these_names(*names: str) -> Policy:
    """Policy that keeps all values but those that have one of these names.

    Args:
        *names: Names.

    Returns:
        A policy, for `dg.checkpoint`.

    Raises:
        TypeError: A name is no string.

    Derivative:
        That of the checkpoint, whatever is kept: a policy changes no value.

    Example:
        >>> def layer(x):
        ...     return dg.sin(dg.checkpoint_name(dg.exp(dg.sin(x)), "large"))
        >>> kept = dg.checkpoint(layer, policy=dg.checkpoint_policies.save_anything_except_these_names("large"))
        >>> float(dg.grad(kept)(0.0)) == float(dg.grad(layer)(0.0))
        True

    Source: `jax.checkpoint_policies`.
    """
    return _of_names("save_anything_except_these_names", names)


def save_from_both_policies(
    policy_1: Policy | Callable[..., bool], policy_2: Policy | Callable[..., bool], /
) -> Policy:
    """Policy that keeps what at least one of two policies keeps.

    Args:
        policy_1: A policy, as `dg.checkpoint` takes it.
        policy_2: Another one.

    Returns:
        A policy, for `dg.checkpoint`.

    Raises:
        TypeError: One of them is no policy.

    Derivative:
        That of the checkpoint, whatever is kept: a policy changes no value.

    Example:
        >>> policies = dg.checkpoint_policies
        >>> both = policies.save_from_both_policies(policies.dots_saveable, policies.save_only_these_names("h"))
        >>> round(float(dg.grad(dg.checkpoint(dg.sin, policy=both))(0.5)), 4)
        0.8776

    Source: `jax.checkpoint_policies`.
    """
    return Policy("save_from_both_policies", parts=(as_policy(policy_1), as_policy(policy_2)))


def _of_names(kind: str, names: tuple[str, ...]) -> Policy:
    for name in names:
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
            raise TypeError(f"dualgrad.checkpoint_policies.{kind}: names must be strings, got {type(name).__name__}.")
    return Policy(kind, names)
