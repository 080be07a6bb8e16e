"""Timing two or more calls against each other: interleaved rounds, medians, so that a busy machine hits all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

console = Console(width=110)


def medians(calls: Mapping[str, Callable[[], object]], rounds: int = 31, seconds: float = 0.004) -> dict[str, float]:
    """Median seconds per call. Each round times every call once, in an order that turns from round to round.

    Args:
        calls: What to time, by name.
        rounds: How many rounds.
        seconds: About how long one call is repeated in one round.
    """
    repeats: dict[str, int] = {}
    for name, call in calls.items():
        call()
        once = min(_timed(call, 3) for _ in range(3))
        repeats[name] = max(1, int(seconds / once))
    samples: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            samples[name].append(_timed(calls[name], repeats[name]))
    return {name: statistics.median(times) for name, times in samples.items()}


def table(title: str, columns: list[str]) -> Table:
    """An empty table; the first column is text, the others numbers."""
    result = Table(title=title, title_justify="left", title_style="bold")
    for i, column in enumerate(columns):
        result.add_column(column, justify="left" if i == 0 else "right")
    return result


def microseconds(seconds: float) -> str:
    """`seconds` in microseconds, with two decimals."""
    return f"{seconds * 1e6:.2f}"


def _timed(call: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats
