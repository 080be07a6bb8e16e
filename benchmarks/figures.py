"""From samples to figures: medians of ratios between calls of the same round, their spread, memory, floors."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Figure", "figures"]


@dataclass(frozen=True)
class Figure:
    """dualgrad in one mode against the best native version; times in seconds, memory in bytes.

    Attributes:
        native: Name of the version that was the fastest.
        ratio: Median over the rounds of dualgrad's time over the native one's.
        low: First quartile of it.
        high: Third quartile.
        difference: Median of dualgrad's time less the native one's.
        floor: The time that copying its bytes, or doing its operations, would take; `None` where that is not known.
    """

    workload: str
    kind: str
    backend: str
    mode: str
    native: str
    ours_seconds: float
    native_seconds: float
    ratio: float
    low: float
    high: float
    difference: float
    ours_first: float | None
    native_first: float | None
    ours_compiles: int
    native_compiles: int
    ours_peak: int | None
    native_peak: int | None
    floor: float | None

    @property
    def memory(self) -> float | None:
        """Peak memory over the native one's, where both are known and more than a page."""
        if not self.native_peak or self.ours_peak is None or self.native_peak < 1 << 14:
            return None
        return self.ours_peak / self.native_peak

    @property
    def above_floor(self) -> float | None:
        """Time over the floor; a program of less than a microsecond's work has none but its call."""
        return self.ours_seconds / self.floor if self.floor and self.floor > 1e-6 else None


def figures(run: dict[str, Any]) -> list[Figure]:
    """All figures of a run, in its order."""
    found: list[Figure] = []
    for result in run["results"]:
        for backend, versions in result["frameworks"].items():
            timed = [v for v in versions if v.get("samples")]
            natives = [v for v in timed if not v["ours"]]
            if not natives:
                continue
            for ours in timed:
                if not ours["ours"]:
                    continue
                mode = "jitted" if ours["compiled"] else "eager"
                alike = [v for v in natives if mode == "jitted" or not v["compiled"]] or natives
                native = min(alike, key=lambda v: statistics.median(v["samples"]))
                rates = run["rates"].get(backend)
                found.append(_figure(result, backend, mode, ours, native, rates))
    return found


def _figure(result: Any, backend: str, mode: str, ours: Any, native: Any, rates: Any) -> Figure:
    pairs = list(zip(ours["samples"], native["samples"], strict=True))
    low, ratio, high = quartiles([a / b for a, b in pairs])
    return Figure(
        workload=result["workload"],
        kind=result["kind"],
        backend=backend,
        mode=mode,
        native=native["name"],
        ours_seconds=statistics.median(ours["samples"]),
        native_seconds=statistics.median(native["samples"]),
        ratio=ratio,
        low=low,
        high=high,
        difference=statistics.median([a - b for a, b in pairs]),
        ours_first=ours["first"] if ours["compiled"] else None,
        native_first=native["first"] if native["compiled"] else None,
        ours_compiles=ours["compiles"],
        native_compiles=native["compiles"],
        ours_peak=ours["peak"],
        native_peak=native["peak"],
        floor=_floor(ours["cost"], rates),
    )


def _floor(cost: Any, rates: Any) -> float | None:
    if not cost or not rates:
        return None
    return max(cost["bytes"] / rates["bytes"], cost["operations"] / rates["operations"])


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
