"""The derivative at a kink: the subgradient of smallest norm."""

from __future__ import annotations

__all__ = ["least_slope"]


def least_slope(left: float, right: float) -> float:
    """The slope nearest to 0 between those of the two sides."""
    if left * right <= 0:
        return 0.0
    return min(left, right, key=abs)
