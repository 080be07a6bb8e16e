"""The tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import workloads
from benchmarks.budgets import LIMIT, Verdict
from benchmarks.figures import Figure
from benchmarks.growth import CURVES

__all__ = [
    "NAMES",
    "console",
    "cost_of_start",
    "curve_rows",
    "machine_lines",
    "peer_rows",
    "print_budgets",
    "print_curves",
    "print_ops",
    "print_peers",
    "print_startup",
    "print_workloads",
    "seconds",
]

console = Console(width=max(132, Console().width))
_TEXT = {"workload", "on", "mode", "the fastest", "op", "what", "library"}
NAMES = {"jax": "JAX", "torch": "PyTorch"}


def seconds(value: float | None) -> str:
    """A time with three digits and its unit."""
    if value is None:
        return "-"
    for unit, size in (("s ", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e6:.3g} us"


def machine_lines(run: dict[str, Any]) -> Iterator[str]:
    """The machine and its rates, in words."""
    yield ", ".join(f"{k} {v}" for k, v in run["machine"].items())
    where = " on one core" if run["device"] == "cpu" else ""
    for backend, rates in run["rates"].items():
        yield (
            f"{NAMES[backend]}{where}: copies {rates['bytes'] / 1e9:.1f} GB/s, "
            f"multiplies {rates['operations'] / 1e9:.0f} GFLOP/s (float32)"
        )


def cost_of_start(run: dict[str, Any]) -> Iterator[str]:
    """What the first compilations of a process cost, apart from the workloads."""
    for backend, found in run["warm_up"].items():
        yield f"{NAMES[backend]}: " + ", ".join(f"{name} {seconds(value)}" for name, value in found.items())


def print_workloads(found: Sequence[Figure], errors: Sequence[tuple[str, str, str, str]]) -> None:
    """Each workload on each framework in each mode; ops apart."""
    table = _table(
        "dualgrad against the best native program of the same framework",
        [
            "workload",
            "on",
            "mode",
            "dualgrad",
            "native",
            "the fastest",
            "ratio",
            "quartiles",
            "memory",
            "first, s",
            "native",
            "x floor",
        ],
    )
    figures = [f for f in found if f.workload != "dispatch"]
    for (name, kind), group in groupby(figures, lambda f: (f.workload, f.kind)):
        for n, f in enumerate(group):
            first = [f"{t:.1f}" if t is not None else "-" for t in (f.ours_first, f.native_first)]
            table.add_row(
                f"[bold]{name}[/] {kind}" if n == 0 else "",
                NAMES[f.backend],
                f.mode,
                seconds(f.ours_seconds),
                seconds(f.native_seconds),
                f.native,
                _coloured(f.ratio, LIMIT if f.mode == "jitted" else 1.1, f"{f.ratio:.2f}"),
                f"{f.low:.2f}-{f.high:.2f}",
                f"{f.memory:.2f}" if f.memory is not None else "-",
                *first,
                f"{f.above_floor:.1f}" if f.above_floor else "-",
                end_section=False,
            )
        table.add_section()
    console.print(table)
    console.print(
        "; ".join(f"{name}: {workloads.title(name)}" for name in dict.fromkeys(f.workload for f in figures)),
        style="dim",
    )
    for name, kind, backend, error in errors:
        console.print(f"[red]{name} {kind} on {backend} failed[/]\n{error}", highlight=False)


def print_ops(found: Sequence[Figure]) -> None:
    """Each op of `dispatch`: what it costs above the native call."""
    ops = [f for f in found if f.workload == "dispatch"]
    if not ops:
        return
    backends = list(dict.fromkeys(f.backend for f in ops))
    columns = [f"{NAMES[b]}{what}" for b in backends for what in (", native", ", dualgrad", ", above")]
    table = _table("One eager op, us", ["op", *columns])
    for kind in dict.fromkeys(f.kind for f in ops):
        cells = []
        for backend in backends:
            f = next((f for f in ops if (f.kind, f.backend) == (kind, backend)), None)
            if f is None:
                cells += ["-"] * 3
                continue
            above = f.difference * 1e6
            cells += [
                f"{f.native_seconds * 1e6:.2f}",
                f"{f.ours_seconds * 1e6:.2f}",
                _coloured(above, 0.15, f"{above:+.2f}"),
            ]
        table.add_row(kind, *cells)
    console.print(table)


def print_startup(found: Mapping[str, Mapping[str, float]]) -> None:
    """Imports, and first calls with cold and warm caches, each in processes of their own."""
    if not found:
        return
    table = _table("Starting, in a process of its own", ["what", *(k for k in found if k != "import")])
    for name, value in found["import"].items():
        table.add_row(f"import {name}", seconds(value))
    table.add_section()
    for name, value in found["first call, cold"].items():
        table.add_row(
            f"first call of a compiled gradient, {name}",
            seconds(value),
            seconds(found["first call, warm disk cache"][name]),
        )
    console.print(table)


def print_peers(found: Mapping[str, Mapping[str, Any]]) -> None:
    """What an eager op and an eager gradient cost through other libraries."""
    if not found:
        return
    heads, rows = peer_rows(found)
    table = _table("Other libraries that serve several frameworks, us a call", heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    for backend, by_name in found.items():
        for name, known in by_name.items():
            texts = [known] if isinstance(known, str) else [t for t in known.values() if isinstance(t, str)]
            for text in texts:
                console.print(f"{name} on {NAMES[backend]}: {text}", style="dim", highlight=False)


def peer_rows(found: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """The table of other libraries: microseconds, a dash for what one cannot do; one may not be there."""
    heads = ["library", *(f"{NAMES[b]}, {what}" for b in found for what in ("tanh of 8", "gradient of sum(tanh(x)^2)"))]
    rows = []
    for name in next(iter(found.values())):
        row = [name]
        for by_name in found.values():
            for what in ("op", "gradient"):
                known = by_name[name]
                value = None if isinstance(known, str) else known[what]
                missing = "not installed" if known == "not installed" else "-"
                row.append(f"{value * 1e6:.2f}" if isinstance(value, float) else missing)
        rows.append(row)
    return heads, rows


def print_curves(curves: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
    """Each curve as a table: the first call and a warm one, dualgrad's and the native program's."""
    for title, heads, rows in curve_rows(curves):
        table = _table(title, heads)
        for row in rows:
            table.add_row(*row)
        console.print(table)


def curve_rows(curves: Mapping[str, Mapping[str, Sequence[Any]]]) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """For each curve its title, the heads and the rows of its table."""
    for name, by_backend in curves.items():
        title, unit, _ = CURVES[name]
        heads = [unit, *(f"{NAMES[b]}, {side}" for b in by_backend for side in ("dualgrad", "native"))]
        rows = []
        for x in dict.fromkeys(p["at"] for points in by_backend.values() for p in points):
            row = [f"{x:,}"]
            for points in by_backend.values():
                point = next((p for p in points if p["at"] == x), {})
                for side in ("dualgrad", "native"):
                    p = point.get(side)
                    row.append(f"{seconds(p['warm'])} ({seconds(p['first'])})" if p else "-")
            rows.append(row)
        yield f"{title[0].upper()}{title[1:]}: warm call (first call)", heads, rows


def print_budgets(verdicts: Sequence[Verdict]) -> None:
    """Each budget that was measured, and whether it is met."""
    table = _table("Budgets", ["what", "at most", "found", ""])
    for v in verdicts:
        if v.found is not None:
            table.add_row(
                v.what,
                f"{v.limit:g} {v.unit}",
                f"{v.found:.2f} {v.unit}",
                "[green]met[/]" if v.met else "[red]missed[/]",
            )
    if table.row_count:
        console.print(table)


def _coloured(value: float, limit: float, text: str) -> str:
    colour = "green" if value <= limit else "yellow" if value <= limit * 1.1 else "red"
    return f"[{colour}]{text}[/]"


def _table(title: str, columns: list[str]) -> Table:
    result = Table(title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        result.add_column(column, justify="left" if column in _TEXT else "right")
    return result
