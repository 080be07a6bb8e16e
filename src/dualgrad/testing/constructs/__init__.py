"""Constructs, each with a plain program that says the same: the rows of the matrix of constructs and ways.

A construct is a scalar function of a vector of two numbers. `dualgrad.testing.ways` has the ways to transform it; in
every way it must give what its plain program gives, or refuse with the error named in its row.
"""

from __future__ import annotations

from typing import Final

from dualgrad.testing.constructs import loops, nests, rules
from dualgrad.testing.constructs.construct import Construct as Construct
from dualgrad.testing.constructs.construct import Refusal as Refusal

__all__ = ["CONSTRUCTS", "Construct", "Refusal"]

CONSTRUCTS: Final[dict[str, Construct]] = {**loops.ROWS, **rules.ROWS, **nests.ROWS}
