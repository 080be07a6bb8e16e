"""Try random programs, plain and compiled, under random transforms, and the ops of the table, for a while.

Each run has a fresh seed. What fails is made small and written into `tests/conformance/regressions.json`, whose rows
the suite runs again.

Usage: `python tools/soak.py [--minutes 60] [--seed N] [--only compiled]`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path

os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import dualgrad as dg
from dualgrad.testing._nested_programs import Nested, check_nested, made_small, random_nested
from dualgrad.testing._programs import Program, check_program, random_program, shrunk
from dualgrad.testing._random_rows import Trial, check_trial, random_trial
from dualgrad.testing._written import written_over

Case = Program | Nested | Trial
KINDS = {"programs": random_program, "compiled": random_nested, "calls": random_trial}
WRITTEN: list[str] = []
PATH = Path(__file__).resolve().parents[1] / "tests" / "conformance" / "regressions.json"


def main() -> int:
    """Try, shrink, keep, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", choices=("programs", "compiled", "calls"), default=None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    _read_what_is_written()
    seed = secrets.randbits(32) if options.seed is None else options.seed
    rng = np.random.default_rng(seed)
    print(f"seed {seed}")
    start, limit = time.monotonic(), 60 * options.minutes
    kinds = {name: KINDS[name] for name in ([options.only] if options.only else KINDS)}
    spent, tried = dict.fromkeys(kinds, 0.0), dict.fromkeys(kinds, 0)
    failed, said = 0, "nothing tried"
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("", total=limit)
        while time.monotonic() - start < limit:
            kind = min(spent, key=spent.__getitem__)  # a compiled program takes a hundred times as long as a call
            before = time.monotonic()
            case = kinds[kind](rng)
            error = failure(case)
            spent[kind] += time.monotonic() - before
            tried[kind] += 1
            if error:
                failed += 1
                case = small(case)
                progress.print(f"{error}\n  {case}")
                keep(case)
            said = ", ".join([*[f"{count} {kind}" for kind, count in tried.items()], f"{failed} failed"])
            progress.update(bar, completed=time.monotonic() - start, description=said)
    print(f"{said} (seed {seed})")
    return 1 if failed else 0


def failure(case: Case) -> str:
    """What does not hold of a program or a call, or nothing."""
    try:
        match case:
            case Program():  # every fourth thoroughly: JAX compiles each op of an eager program
                check_program(case, thorough=len(case.steps) % 4 == 0)
            case Nested():
                WRITTEN.clear()
                check_nested(case)
                assert WRITTEN == [], f"read after it was written over: {WRITTEN[0]:.300}"
            case Trial():
                check_trial(case)
    except Exception as error:  # an op that raises is a failure as well
        return f"{type(error).__name__}: {error}"
    finally:
        if dg.x64_enabled():
            dg.enable_x64(False)
    return ""


def _read_what_is_written() -> None:
    """Note what programs of Inductor's read after they have written over it."""
    from torch._inductor.graph import GraphLowering

    GraphLowering.save_output_code = staticmethod(lambda code: WRITTEN.extend(written_over(code)))


def small(case: Case) -> Case:
    """The smallest program found that still fails; a call is small."""
    match case:
        case Program():
            return shrunk(case, lambda p: bool(failure(p)))
        case Nested():
            return made_small(case, lambda p: bool(failure(p)))
        case Trial():
            return case


def keep(case: Case) -> None:
    """Add a case to the regression rows."""
    rows = json.loads(PATH.read_text()) if PATH.exists() else []
    row = json.loads(json.dumps(asdict(case)))
    if row not in rows:
        PATH.write_text(json.dumps([*rows, row], indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
