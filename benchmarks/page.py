"""The figures of a run as the tables of docs/performance.md, between its marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import others, report, workloads
from benchmarks.budgets import verdicts
from benchmarks.figures import Figure, figures

__all__ = ["write", "write_others"]


_PICTURES = {
    "figures": "Time of each workload over that of the best native program",
    "gpu": "Time of each workload over that of the best native program, on a graphics processor",
    "growth": "Time by leaves, steps, operations and examples",
    "others": "How many programs take at most so much of the native time",
}


def write(run: dict[str, Any], page: Path) -> None:
    """Put the tables of a run in the place of those that the page has."""
    name = "growth" if "curves" in run else "figures" if run["device"] == "cpu" else "gpu"
    _put(page, name, _growth(run) if "curves" in run else _figures(run))


def write_others(page: Path) -> None:
    """Put the table of the programs that have no workload in its place."""
    _put(page, "others", ("", *_table(["program", *others.COLUMNS.values()], others.rows(others.programs()))))


def _put(page: Path, name: str, lines: Iterable[str]) -> None:
    text = page.read_text()
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{page} has no marks for {name}")
    picture = {"figures": "performance.png", "others": "programs.png"}.get(name, f"{name}.png")
    shown = ["", f"![{_PICTURES[name]}]({picture})"] if (page.parent / picture).exists() else []
    body = "\n".join([*shown, *lines])
    page.write_text(pattern.sub(lambda m: f"{m[1]}{body}\n{m[2]}", text))


def _figures(run: dict[str, Any]) -> Iterator[str]:
    found = figures(run)
    startup = run.get("startup", {})
    yield from ("", "; ".join(report.machine_lines(run)) + ".", "", "### Budgets", "")
    yield from _table(
        ["what", "at most", "found", ""],
        [
            [v.what, f"{v.limit:g} {v.unit}", f"{v.found:.2f} {v.unit}", "met" if v.met else "**missed**"]
            for v in verdicts(found, startup)
            if v.found is not None
        ],
    )
    yield from ("", "### Workloads", "")
    yield from _table(
        [
            "workload",
            "on",
            "mode",
            "dualgrad",
            "native",
            "the fastest native",
            "ratio (quartiles)",
            "memory",
            "x floor",
        ],
        [_row(f) for f in found if f.workload != "dispatch"],
    )
    yield ""
    for name in dict.fromkeys(f.workload for f in found):
        yield f"- `{name}`: {workloads.title(name)}."
    if startup:
        yield from ("", "### Starting", "")
        yield from _table(["what", "time"], [[f"import {k}", report.seconds(v)] for k, v in startup["import"].items()])
        yield ""
        warm = startup["first call, warm disk cache"]
        yield from _table(
            ["first call of a compiled gradient", "cold", "warm disk cache"],
            [[k, report.seconds(v), report.seconds(warm[k])] for k, v in startup["first call, cold"].items()],
        )
    if run.get("peers"):
        yield from ("", "### Other libraries, microseconds a call", "")
        heads, rows = report.peer_rows(run["peers"])
        yield from _table(heads, rows)


def _row(f: Figure) -> list[str]:
    return [
        f"{f.workload} {f.kind}",
        report.NAMES[f.backend],
        f.mode,
        report.seconds(f.ours_seconds),
        report.seconds(f.native_seconds),
        f.native,
        f"{f.ratio:.2f} ({f.low:.2f}-{f.high:.2f})",
        f"{f.memory:.2f}" if f.memory is not None else "-",
        f"{f.above_floor:.1f}" if f.above_floor else "-",
    ]


def _growth(run: dict[str, Any]) -> Iterator[str]:
    for title, heads, rows in report.curve_rows(run["curves"]):
        yield from ("", f"**{title}**", "")
        yield from _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|---|" + "---:|" * (len(heads) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
