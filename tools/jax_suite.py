"""Run test files of JAX's own suite on dualgrad, with PyTorch behind it and, as the control, with JAX.

The suite stays outside the project: the files of the installed JAX's tag are fetched into `.cache/jax-suite` on the
first run. A file sees dualgrad where it names JAX (tools/jax_suite_stand_ins.py). A test passes, fails, or is
*missing*: it called a function, method or parameter that dualgrad has not. What fails on both backends is mostly about
JAX's own insides, its words in errors, or the stand-ins; what fails on PyTorch alone is listed by its error, and is to
be judged by hand. Programs are replayed on PyTorch unless `--compile` is given: nothing here is about the compiler.

Usage: `python tools/jax_suite.py lax_numpy nn [--backend torch] [--cases 3] [--match REGEX] [--limit 60]`;
`JAX_SUITE` names another source of the repository, such as a local clone. What each test came to stands in
`.cache/jax-suite/<file>.<backend>.json`, what fails on PyTorch alone in `<file>.groups.json`.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback
import unittest
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".cache" / "jax-suite"
SOURCE = os.environ.get("JAX_SUITE", "https://github.com/jax-ml/jax")
PACKAGES = ("absl-py",)
FILES = ("lax_numpy", "lax_numpy_indexing", "lax_numpy_reducers", "nn", "linalg", "fft", "image", "tree_util")
BATCH = 300  # tests for one process
# What dualgrad has not by its signature, and functions from JAX's insides, which take no array of the stand-ins.
ABSENT = re.compile(
    r"got an unexpected keyword argument|got some positional-only arguments|jax_suite_stand_ins\.Array'"
    r"|got a jax\.Array while the active backend is"
)


def main() -> int:
    """Run, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", default=list(FILES), help="stems of test files, without _test.py")
    parser.add_argument("--backend", choices=("jax", "torch"), help="one backend alone")
    parser.add_argument("--cases", type=int, default=3, help="generated cases for each test")
    parser.add_argument("--match", default="", help="a regular expression for Class.test_name")
    parser.add_argument("--limit", type=int, default=60, help="seconds for a test")
    parser.add_argument("--x64", action="store_true", help="in 64-bit mode")
    parser.add_argument("--compile", action="store_true", help="compile on PyTorch, do not replay")
    parser.add_argument("--show", type=int, default=15, help="how many errors to print for a file")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        child(given.files[0], given.match, given.child, given.limit)
    fetch()
    print("| file | backend | passed | failed | missing | crashed | skipped |\n|---|---|---|---|---|---|---|")
    for file in given.files:
        found = {b: run(file, b, given) for b in ((given.backend,) if given.backend else ("torch", "jax"))}
        report(file, found, given.show)
    return 0


def fetch() -> None:
    """Bring what is missing."""
    if not (HOME / "suite").exists():
        clone = ["git", "clone", "--quiet", "--depth=1", "--filter=blob:none", "--sparse"]
        tag = f"--branch=jax-v{version('jax')}"
        subprocess.run([*clone, tag, SOURCE, str(HOME / "suite")], check=True)
        subprocess.run(["git", "-C", str(HOME / "suite"), "sparse-checkout", "set", "tests"], check=True)
    if not (HOME / "packages").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(HOME / "packages")]
        subprocess.run([*pip, *PACKAGES], check=True)


def run(file: str, backend: str, given: argparse.Namespace) -> dict[str, dict[str, str]]:
    """What each test of a file came to; a process that dies or hangs costs the test it was at."""
    environment = os.environ | {
        "DUALGRAD_BACKEND": backend,
        "JAX_NUM_GENERATED_CASES": str(given.cases),
        "JAX_ENABLE_X64": str(int(given.x64)),
        "DUALGRAD_X64": str(int(given.x64)),
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_cpu_parallel_codegen_split_count=1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(HOME / "packages"), os.environ.get("PYTHONPATH", "")]),
    }
    if not given.compile:
        environment["DUALGRAD_TORCH_COMPILER"] = "replay"
    stem = HOME / f"{file}.{backend}"
    notes, log = stem.with_suffix(f".{backend}.notes"), stem.with_suffix(f".{backend}.log")
    notes.write_text("")
    log.write_text("")
    position, total, results = 0, 1, {}
    while position < total:
        command = [sys.executable, __file__, file, "--child", str(position), f"--match={given.match}"]
        with log.open("a") as out, notes.open("a") as into:
            began = subprocess.Popen([*command, f"--limit={given.limit}"], env=environment, stdout=into, stderr=out)
        watch(began, notes, 4 * given.limit + 60)
        lines = [json.loads(line) for line in notes.read_text().splitlines() if line.startswith("{")]
        if not lines:
            print(f"| {file} | {backend} | did not run; see {log} |", file=sys.stderr)
            return {}
        total = lines[-1]["total"]
        results = {line["test"]: line for line in lines if "outcome" in line}
        for line in lines:
            results.setdefault(line["test"], {**line, "outcome": "crashed", "error": "the process ended or hung"})
        position = lines[-1]["position"] + 1
    stem.with_suffix(f".{backend}.json").write_text(json.dumps(results, indent=1))
    return results


def watch(process: subprocess.Popen[bytes], notes: Path, patience: int) -> None:
    """Wait for a process; end it when it has written nothing for long."""
    while process.poll() is None:
        time.sleep(0.2)
        if time.time() - notes.stat().st_mtime > patience:
            process.kill()
            process.wait()


def report(file: str, found: dict[str, dict[str, dict[str, str]]], show: int) -> None:
    """Print the counts, and what fails on PyTorch and passes on JAX by its error."""
    for backend, results in found.items():
        counts = collections.Counter(r["outcome"] for r in results.values())
        figures = " | ".join(str(counts[k]) for k in ("passed", "failed", "missing", "crashed", "skipped"))
        print(f"| {file} | {backend} | {figures} |", flush=True)
    first = found.get("torch") or found.get("jax", {})
    control = found.get("jax", {})
    groups: dict[str, list[str]] = collections.defaultdict(list)
    for name, result in first.items():
        if result["outcome"] in ("failed", "crashed") and (
            first is control or control.get(name, {"outcome": "passed"})["outcome"] == "passed"
        ):
            error = re.sub(r"0x\w+|\d+", "#", result["error"])[:160]
            groups[f"{result.get('place', '')}: {error}"].append(name)
    ordered = dict(sorted(groups.items(), key=lambda item: -len(item[1])))
    (HOME / f"{file}.groups.json").write_text(json.dumps(ordered, indent=1))
    for error, names in list(ordered.items())[:show]:
        print(f"    {len(names):4}  {error}   e.g. {names[0]}")


def child(file: str, match: str, start: int, limit: int) -> NoReturn:
    """Run a batch of a file's tests, and write what comes of each."""
    sys.argv = sys.argv[:1]
    sys.path.insert(0, str(Path(__file__).parent))
    import jax_suite_stand_ins as stand_ins

    import dualgrad as dg

    dg.ones(1)  # what a backend imports at its first use counts for no test, and no alarm may interrupt it
    module = stand_ins.load(HOME / "suite" / "tests" / f"{file}_test.py")
    tests = [t for t in flat(unittest.defaultTestLoader.loadTestsFromModule(module)) if re.search(match, name_of(t))]
    signal.signal(signal.SIGALRM, late)
    for position, test in enumerate(tests[start : start + BATCH], start):
        note: dict[str, Any] = {"test": name_of(test), "position": position, "total": len(tests)}
        print(json.dumps(note), flush=True)
        stand_ins.missing.clear()
        result = Result()
        signal.alarm(limit)
        test(result)
        signal.alarm(0)
        note |= outcome(result, stand_ins.missing)
        print(json.dumps(note), flush=True)
    os._exit(0)  # threads that tests have left can keep JAX from ending


class Result(unittest.TestResult):
    """Keeps the first problem of a test as the exception itself."""

    problem: BaseException | None = None

    def addError(self, test: Any, err: Any) -> None:  # noqa: D102
        self.problem = self.problem or err[1]

    addFailure = addError

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: D102
        if err is not None:
            self.addError(test, err)


def outcome(result: Result, missing: set[str]) -> dict[str, str]:
    """A test's outcome, its error, and the last place in dualgrad that it passed."""
    problem = result.problem
    if problem is None:
        return {"outcome": "skipped" if result.skipped else "passed"}
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if "/src/dualgrad/" in f.filename]
    place = f"{Path(frames[-1].filename).stem}.{frames[-1].name}" if frames else ""
    text = f"{type(problem).__name__}: {problem}"
    absent = bool(missing) or (isinstance(problem, TypeError) and bool(ABSENT.search(text)))
    error = f"{', '.join(sorted(missing))}: {text}" if missing else text
    lines = "".join(traceback.format_tb(problem.__traceback__)[-6:])[-3000:]
    return {"outcome": "missing" if absent else "failed", "error": error[:600], "place": place, "trace": lines}


class LateError(BaseException):
    """A test took too long."""


def late(*_: object) -> None:
    """End the running test."""
    raise LateError("too long")


def flat(suite: Any) -> list[Any]:
    """The single tests of a suite."""
    return [t for s in suite for t in flat(s)] if isinstance(suite, unittest.TestSuite) else [suite]


def name_of(test: Any) -> str:
    """Class and method, without the addresses of objects among the parameters, which differ from run to run."""
    name = f"{type(test).__name__}.{test.id().partition('.' + type(test).__name__ + '.')[2]}"
    return re.sub(r" at 0x\w+", "", name)


if __name__ == "__main__":
    sys.exit(main())
