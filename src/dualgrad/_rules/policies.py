"""What a checkpoint may keep: the policies, as data that every backend reads."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Policy", "policy_error"]


@dataclass(frozen=True)
class Policy:
    """Which values a `dg.checkpoint` keeps for its derivative; see `dg.checkpoint_policies`.

    Attributes:
        kind: The policy's name, which is JAX's.
        names: The names that it is about, where it is about names.
    """

    kind: str
    names: tuple[str, ...] = ()


def policy_error(got: object) -> TypeError:
    """The error for a policy that is none of `dg.checkpoint_policies`."""
    return TypeError(
        f"dualgrad.checkpoint: policy must be one of dg.checkpoint_policies or None, got {type(got).__name__}. Take, "
        "for example, dg.checkpoint_policies.dots_saveable."
    )
