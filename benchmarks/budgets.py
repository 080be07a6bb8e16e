"""What may cost how much, and whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.figures import Figure

__all__ = ["LIMIT", "Verdict", "verdicts"]

LIMIT = 1.02  # of a compiled program's time against the best native one; below 2 % is noise
STEADY = [
    "mlp step",
    "chain forward",
    "chain gradient",
    "nbody hvp",
    "attention step",
    "per_example gradient",
    "cnn step",
]
GRADIENTS = ["mlp gradient", "cnn gradient", "chain gradient", "nbody force", "gaussian_process gradient"]


@dataclass(frozen=True)
class Verdict:
    """A budget and what was found; `None` where this run did not measure it."""

    what: str
    limit: float
    unit: str
    found: float | None

    @property
    def met(self) -> bool:
        """Whether it was measured and met."""
        return self.found is not None and self.found <= self.limit


def verdicts(found: Sequence[Figure], startup: Mapping[str, Mapping[str, float]]) -> list[Verdict]:
    """Each budget: of the workloads, and of starting."""
    return [*_verdicts(_Table(found)), *_of_start(startup)]


def _verdicts(table: _Table) -> Iterator[Verdict]:
    for backend in ("jax", "torch"):
        ops = [f.difference * 1e6 for f in table.all("dispatch", backend, "eager")]
        yield Verdict(f"{backend}: an eager op, middle of 20, above the native call", 0.15, "us", _of(median, ops))
        yield Verdict(f"{backend}: an eager op, worst of 20, above the native call", 0.15, "us", _of(max, ops))
    calls = [f.difference * 1e6 for f in table.all("calls", "jax", "jitted")]
    yield Verdict("jax: a warm compiled call above jax.jit's", 0.3, "us", _of(max, calls))
    calls = [table.against_jax(f) for f in table.all("calls", "torch", "jitted")]
    yield Verdict("torch: a warm compiled call, of jax.jit's", 2.0, "x", _of(max, calls))
    calls = [f.ratio for f in table.all("calls", "torch", "jitted")]
    yield Verdict("torch: a warm compiled call, of torch.compile's", 0.5, "x", _of(max, calls))
    for backend in ("jax", "torch"):
        for name in STEADY:
            yield Verdict(f"{backend}: {name}, jitted", LIMIT, "x", table.ratio(name, backend, "jitted"))
    for name in GRADIENTS:
        yield Verdict(f"torch: {name}, eager, of autograd's", 1.1, "x", table.ratio(name, "torch", "eager"))
    for name, limit in (("rnn forward", 5.0), ("rnn gradient", 5.0), ("normal draw", 1.0)):
        yield Verdict(f"torch: {name}, jitted, of JAX's", limit, "x", table.across(name, "jitted"))
    yield Verdict("torch: normal draw, eager, of JAX's", 2.0, "x", table.across("normal draw", "eager"))
    for name in ("mlp step", "cnn step", "attention step"):
        yield Verdict(f"torch: {name}, jitted, peak memory", 1.05, "x", table.memory(name, "jitted"))
        yield Verdict(f"torch: {name}, eager, peak memory", 1.05, "x", table.memory(name, "eager"))


def _of_start(startup: Mapping[str, Mapping[str, float]]) -> Iterator[Verdict]:
    if not startup:
        return
    yield Verdict("import dualgrad", 50, "ms", startup["import"]["dualgrad"] * 1e3)
    cold, warm = startup["first call, cold"], startup["first call, warm disk cache"]
    if "native on torch" in cold:
        ratio = cold["dualgrad on torch"] / cold["native on torch"]
        yield Verdict("torch: first call of a small gradient, of torch.compile's", 1.1, "x", ratio)
        yield Verdict("torch: the same with a warm disk cache", 1, "s", warm["dualgrad on torch"])


class _Table:
    """Figures by name."""

    def __init__(self, found: Sequence[Figure]) -> None:
        self.figures = {(f.workload, f.kind, f.backend, f.mode): f for f in found}

    def get(self, name: str, backend: str, mode: str) -> Figure | None:
        workload, kind = name.split()
        return self.figures.get((workload, kind, backend, mode))

    def all(self, workload: str, backend: str, mode: str) -> list[Figure]:
        return [f for k, f in self.figures.items() if (k[0], k[2], k[3]) == (workload, backend, mode)]

    def ratio(self, name: str, backend: str, mode: str) -> float | None:
        figure = self.get(name, backend, mode)
        return figure.ratio if figure else None

    def memory(self, name: str, mode: str) -> float | None:
        figure = self.get(name, "torch", mode)
        return figure.memory if figure else None

    def across(self, name: str, mode: str) -> float | None:
        figure = self.get(name, "torch", mode)
        return self.against_jax(figure) if figure else None

    def against_jax(self, figure: Figure) -> float | None:
        """Time on torch over the time of native JAX, compiled; the processes take turns, so medians may be compared."""
        jax = self.figures.get((figure.workload, figure.kind, "jax", "jitted"))
        return figure.ours_seconds / jax.native_seconds if jax else None


def _of(how: Callable[[Sequence[float]], float], values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return how(known) if known else None
