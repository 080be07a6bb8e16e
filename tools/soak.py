"""Try random programs under random transforms, and the ops of the table on random arguments, for a while.

Each run has a fresh seed. What fails is made small and written into `tests/conformance/regressions.json`, whose rows
the suite runs again.

Usage: `python tools/soak.py [--minutes 60] [--seed N]`.
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
from dualgrad.testing._programs import Program, check_program, random_program, shrunk
from dualgrad.testing._random_rows import Trial, check_trial, random_trial

PATH = Path(__file__).resolve().parents[1] / "tests" / "conformance" / "regressions.json"


def main() -> int:
    """Try, shrink, keep, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    seed = secrets.randbits(32) if options.seed is None else options.seed
    rng = np.random.default_rng(seed)
    print(f"seed {seed}")
    start, limit = time.monotonic(), 60 * options.minutes
    tried: dict[type, int] = {Program: 0, Trial: 0}
    failed, said = 0, "nothing tried"
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        bar = progress.add_task("", total=limit)
        while time.monotonic() - start < limit:
            case = random_program(rng) if tried[Program] <= tried[Trial] else random_trial(rng)
            error = failure(case)
            tried[type(case)] += 1
            if error:
                failed += 1
                case = shrunk(case, lambda p: bool(failure(p))) if isinstance(case, Program) else case
                progress.print(f"{error}\n  {case}")
                keep(case)
            said = f"{tried[Program]} programs, {tried[Trial]} calls of ops, {failed} failed"
            progress.update(bar, completed=time.monotonic() - start, description=said)
    print(f"{said} (seed {seed})")
    return 1 if failed else 0


def failure(case: Program | Trial) -> str:
    """What does not hold of a program or a call, or nothing."""
    try:
        # every fourth thoroughly: JAX compiles each op of an eager program
        thorough = isinstance(case, Program) and len(case.steps) % 4 == 0
        check_program(case, thorough=thorough) if isinstance(case, Program) else check_trial(case)
    except Exception as error:  # an op that raises is a failure as well
        return f"{type(error).__name__}: {error}"
    finally:
        if dg.x64_enabled():
            dg.enable_x64(False)
    return ""


def keep(case: Program | Trial) -> None:
    """Add a case to the regression rows."""
    rows = json.loads(PATH.read_text()) if PATH.exists() else []
    row = json.loads(json.dumps(asdict(case)))
    if row not in rows:
        PATH.write_text(json.dumps([*rows, row], indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
