"""What the benchmarks make of samples; nothing is timed here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import others, page, workloads
from benchmarks.budgets import verdicts
from benchmarks.figures import figures


def version(name: str, samples: list[float], *, ours: bool = False, compiled: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "compiled": compiled,
        "first": 1.0,
        "compiles": int(compiled),
        "peak": 1 << 20,
        "cost": {"operations": 8e6, "bytes": 1e6} if ours and compiled else None,
        "samples": samples,
    }


@pytest.fixture
def run() -> dict[str, Any]:
    versions = [
        version("dualgrad", [3.0, 6.0, 4.5], ours=True),
        version("dualgrad, jitted", [1.0, 4.0, 1.5], ours=True, compiled=True),
        version("autograd", [2.0, 4.0, 3.0]),
        version("slow", [9.0, 9.0, 9.0]),
        version("compile", [1.0, 2.0, 0.5], compiled=True),
        {"name": "compile of what is refused", "ours": False, "refused": "an error"},
    ]
    result = {"workload": "mlp", "kind": "step", "frameworks": {"torch": versions}, "errors": {}}
    return {"results": [result], "rates": {"torch": {"bytes": 1e6, "operations": 4e6}}}


def test_eager_form_is_held_against_the_fastest_eager_program(run: dict[str, Any]) -> None:
    eager, jitted = figures(run)

    assert (eager.mode, eager.native) == ("eager", "autograd")
    assert (jitted.mode, jitted.native) == ("jitted", "compile")


def test_ratio_is_the_median_of_the_ratios_within_rounds(run: dict[str, Any]) -> None:
    _, jitted = figures(run)

    assert jitted.ratio == 2.0  # of 1, 2 and 3; that of the medians is 1.5
    assert (jitted.low, jitted.high) == (1.5, 2.5)
    assert jitted.difference == 1.0


def test_floor_is_the_longer_of_moving_the_bytes_and_doing_the_operations(run: dict[str, Any]) -> None:
    _, jitted = figures(run)

    assert jitted.floor == 2.0
    assert jitted.above_floor == 0.75


def test_missed_budget_is_told_from_one_that_was_not_measured(run: dict[str, Any]) -> None:
    found = {v.what: v for v in verdicts(figures(run), {})}

    assert not found["torch: mlp step, jitted"].met
    assert found["torch: mlp step, jitted"].found == 2.0
    assert found["torch: mlp step, eager, peak memory"].met
    assert found["torch: cnn step, jitted"].found is None


def test_every_workload_says_its_kinds_and_has_a_title() -> None:
    for name in workloads.names():
        module = workloads.load(name)
        assert module.KINDS
        assert set(getattr(module, "QUICK", ())) <= set(module.KINDS)
        assert len(module.inputs()) > max(max(t) for t in getattr(module, "TAKES", {"": (0,)}).values())
        assert workloads.title(name)


def test_page_shows_the_programs_that_have_no_workload(tmp_path: Path) -> None:
    shown = Path(__file__).parents[2] / "docs" / "performance.md"
    written = tmp_path / "performance.md"
    written.write_text(shown.read_text())
    (tmp_path / "programs.png").touch()

    page.write_others(written)

    assert written.read_text() == shown.read_text(), "run: python -m benchmarks others"
    names = [program.name for program in others.programs()]
    assert len(set(names)) == len(names)
