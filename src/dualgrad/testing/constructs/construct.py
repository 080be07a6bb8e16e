"""One row of the matrix of constructs and ways, and what the rows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import dualgrad as dg
from dualgrad.testing.ways import WAYS, Fun

__all__ = ["NO_DERIVATIVE", "NO_FORWARD", "NO_REVERSE", "STEPS", "Construct", "Refusal", "mixed", "steps"]


@dataclass(frozen=True)
class Refusal:
    """What a construct refuses by design.

    Attributes:
        name: What is refused, in a few words.
        error: The type of the error.
        words: The beginning of its message.
    """

    name: str
    error: type[Exception]
    words: str


@dataclass(frozen=True)
class Construct:
    """A construct and what it stands for.

    Attributes:
        program: Uses the construct.
        plain: Says the same in ops alone, unrolled.
        refusals: What it refuses, by the names of the ways.
    """

    program: Fun
    plain: Fun
    refusals: Mapping[str, Refusal] = field(default_factory=dict[str, Refusal])


FORWARD: Final = Refusal("forward mode", TypeError, "dualgrad.custom_vjp: the rule is for reverse mode only")
REVERSE: Final = Refusal("reverse mode", ValueError, "dualgrad.lax.while_loop: reverse mode needs the number of steps")
CALLBACK: Final = Refusal("derivative", ValueError, "dualgrad.pure_callback: ")

_FORWARD_WAYS: Final[tuple[str, ...]] = ("jvp", "jacfwd", "linearize")
_MAPS: Final = ("eager", "vmap", "vmap over -1", "vmap(vmap)")
NO_REVERSE: Final = {way: REVERSE for way in WAYS if way not in (*_MAPS, *_FORWARD_WAYS)}
NO_DERIVATIVE: Final = {way: CALLBACK for way in WAYS if way not in _MAPS}
NO_FORWARD: Final[dict[str, Refusal]] = dict.fromkeys(_FORWARD_WAYS, FORWARD)

STEPS: Final = (0.3, 0.8, -0.6)


def steps(x: Any) -> Any:
    """`STEPS` as an array of the dtype of `x`."""
    return dg.asarray(STEPS, dtype=x.dtype)


def mixed(x: Any) -> Any:
    """A scalar that bends in every direction."""
    return dg.sin(x[0] * x[1]) + x[0] ** 2 * x[1]
