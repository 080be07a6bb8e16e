"""Between which numbers the values of a lowered graph lie, whatever its arguments are."""

from __future__ import annotations

import math
from typing import Any, Final

from torch import fx

from dualgrad.backends.torch._private.nodes import aten_name

__all__ = ["Bounds"]

Interval = tuple[float, float]

_ANY: Final = (-math.inf, math.inf)
_KNOWN: Final[dict[str, Interval]] = {
    "sigmoid": (0.0, 1.0),
    **dict.fromkeys(("tanh", "erf", "sin", "cos"), (-1.0, 1.0)),
}


class Bounds:
    """The intervals of the values of one graph; nan is in all of them."""

    def __init__(self, graph: fx.Graph) -> None:
        self._known: dict[fx.Node, Interval] = {}
        for node in graph.nodes:  # in their order: a long chain would be too deep to ask back through
            self._known[node] = self._made(node)

    def size(self, x: Any) -> float:
        """What the absolute value of `x` does not exceed."""
        return max(map(abs, self.of(x)))

    def of(self, x: Any) -> Interval:
        """The interval of a node or a number."""
        if isinstance(x, (int, float)):
            return float(x), float(x)
        return self._known.get(x, _ANY) if isinstance(x, fx.Node) else _ANY

    def _made(self, node: fx.Node) -> Interval:
        name = aten_name(node.target)
        if name in _KNOWN:
            return _KNOWN[name]
        if name not in ("add", "sub", "mul", "neg") or node.kwargs:
            return _ANY
        if name == "mul" and node.args[0] is node.args[1]:
            size = self.size(node.args[0])
            return 0.0, size * size
        (low, high), *rest = [self.of(a) for a in node.args]
        if name == "neg":
            return -high, -low
        if not (math.isfinite(low) and math.isfinite(high) and all(map(math.isfinite, rest[0]))):
            return _ANY
        other_low, other_high = rest[0]
        if name == "add":
            return low + other_low, high + other_high
        if name == "sub":
            return low - other_high, high - other_low
        ends = [a * b for a in (low, high) for b in rest[0]]
        return min(ends), max(ends)
