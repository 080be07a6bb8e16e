"""Timing calls against each other: interleaved rounds in turning order, so that a busy machine hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

__all__ = ["Rounds", "once"]

Call = Callable[[], object]
MOST_SECONDS = 4.0  # of one `measure`: slow calls get fewer rounds
FEWEST_ROUNDS = 3


class Rounds:
    """Samples of several calls, taken in rounds that time each call once.

    Args:
        calls: What to time, by name; all have been called before.
        seconds: About how long one call is repeated in one round.
        wait: Waits for what a call left running on a device.
        each: Whether to wait after each call, and not only at the end of its repetitions.
    """

    def __init__(self, calls: Mapping[str, Call], seconds: float, wait: Callable[[object], object], each: bool) -> None:
        self.calls = calls
        self.wait = wait
        self.each = each
        self.repeats: dict[str, int] = {}
        self.single: dict[str, float] = {}
        self.turn = 0
        for name in calls:
            self.repeats[name] = 1
            took = min(self._timed(name) for _ in range(2))
            if took < seconds:  # what is quick is timed again, as a batch, before it is trusted
                self.repeats[name] = max(1, min(10, int(seconds / took)))
                took = self._timed(name)
                self.repeats[name] = max(1, int(seconds / took))
            self.single[name] = took

    def measure(self, rounds: int) -> dict[str, list[float]]:
        """Seconds per call, for each call one sample a round; fewer rounds where they would take too long."""
        a_round = sum(self.single[name] * self.repeats[name] for name in self.calls)
        rounds = max(min(rounds, FEWEST_ROUNDS), min(rounds, int(MOST_SECONDS / a_round)))
        samples: dict[str, list[float]] = {name: [] for name in self.calls}
        names: Sequence[str] = list(self.calls)
        for _ in range(rounds):
            self.turn += 1
            start = self.turn % len(names)
            for name in [*names[start:], *names[:start]]:
                samples[name].append(self._timed(name))
        return samples

    def _timed(self, name: str) -> float:
        call, repeats, wait = self.calls[name], self.repeats[name], self.wait
        out = None
        start = time.perf_counter()
        if self.each:
            for _ in range(repeats):
                wait(call())
        else:
            for _ in range(repeats):
                out = call()
            wait(out)
        return (time.perf_counter() - start) / repeats


def once(call: Call, wait: Callable[[object], object]) -> tuple[float, object]:
    """Seconds that one call takes, and what it gives."""
    start = time.perf_counter()
    out = wait(call())
    return time.perf_counter() - start, out
