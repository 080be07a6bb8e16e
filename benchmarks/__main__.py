"""`python -m benchmarks`: dualgrad against JAX and PyTorch, side by side.

`python -m benchmarks growth` measures how costs grow instead, and `python -m benchmarks show FILE...` prints again what
earlier runs measured. `python -m benchmarks others` writes the table and the picture of `others.csv`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import conduct, others, page, report, startup, workloads
from benchmarks.budgets import verdicts
from benchmarks.figures import figures

Told = Callable[[str, int, int], None]


def main() -> None:
    """Measure, print the tables, write the figures."""
    options = _options()
    if options.what == "others":
        _write_others(options.page or Path("docs/performance.md"), options.plot or Path("docs/programs.png"))
        return
    if options.what == "growth":
        run = _measured_growth(options)
    elif options.what == "show":
        run = merged([json.loads(Path(file).read_text()) for file in options.files])
    else:
        run = _measured(options)
    failed = show(run)
    if options.what != "show":
        _save(run, options.json)
        report.console.print(f"all samples: {options.json}", style="dim")
    if options.plot is not None:
        from benchmarks import plot  # matplotlib takes a second to import

        if "curves" in run:
            plot.growth(run["curves"], options.plot)
        else:
            plot.ratios(figures(run), options.plot)
    if options.page is not None:
        page.write(run, options.page)
    if failed:
        raise SystemExit(1)


def _write_others(target: Path, picture: Path) -> None:
    from benchmarks import plot

    plot.others(others.programs(), picture)
    page.write_others(target)


def show(run: dict[str, Any]) -> bool:
    """Print a run; whether something in it failed."""
    for line in (*report.machine_lines(run), *report.cost_of_start(run)):
        report.console.print(line, style="dim", highlight=False)
    if "curves" in run:
        report.print_curves(run["curves"])
        return False
    found = figures(run)
    errors = [(r["workload"], r["kind"], b, e) for r in run["results"] for b, e in r["errors"].items()]
    report.print_ops(found)
    report.print_workloads(found, errors)
    report.print_startup(run.get("startup", {}))
    report.print_peers(run.get("peers", {}))
    judged = verdicts(found, run.get("startup", {}))
    report.print_budgets(judged)
    run["figures"] = [dataclasses.asdict(f) for f in found]
    run["verdicts"] = [dataclasses.asdict(v) | {"met": v.met} for v in judged]
    return bool(errors)


def merged(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Several runs on one machine as one."""
    first = dict(runs[0])
    for run in runs[1:]:
        if "results" in run:
            first["results"] = [*first.get("results", []), *run["results"]]
        first |= {key: run[key] for key in ("startup", "peers") if run.get(key)}
    return first


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    names = options.workload or workloads.names()
    everything = options.workload is None
    with progress() as told:
        run = conduct.run(
            names,
            options.backend,
            device=options.device,
            rounds=options.rounds or (9 if options.quick else 21),
            seconds=options.seconds,
            quick=options.quick,
            peers=everything or options.peers,
            progress=told,
            save=lambda run: _save(run, options.json),
        )
        if everything:
            run["startup"] = startup.measure(options.backend, 1 if options.quick else 3, told)
    return run


def _measured_growth(options: argparse.Namespace) -> dict[str, Any]:
    with progress() as told:
        return conduct.run_growth(options.backend, device=options.device, quick=options.quick, progress=told)


def _save(run: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(run, indent=1))


@contextmanager
def progress() -> Iterator[Told]:
    """A progress bar, as a function that is told what comes next, how much is done and of how much."""
    bar = Progress(
        BarColumn(bar_width=40, complete_style="green"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=report.console,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("workloads", "growth", "show", "others"), default="workloads")
    parser.add_argument("files", nargs="*", help="for show: what --json wrote")
    parser.add_argument("--workload", nargs="+", choices=workloads.names(), metavar="NAME", help="by default all")
    parser.add_argument("--backend", nargs="+", choices=("jax", "torch"), default=["jax", "torch"])
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, help="21, or 9 with --quick")
    parser.add_argument("--seconds", type=float, default=0.01, help="how long a call is repeated in a round")
    parser.add_argument("--quick", action="store_true", help="one kind of each workload, fewer rounds: 3 minutes")
    parser.add_argument("--peers", action="store_true", help="other libraries too, where workloads are named")
    parser.add_argument("--json", type=Path, default=Path("out/bench.json"), help="where the samples go")
    parser.add_argument("--plot", type=Path, help="where a picture goes")
    parser.add_argument("--page", type=Path, help="a page of the documentation whose tables are to be written anew")
    return parser.parse_args()


if __name__ == "__main__":
    main()
