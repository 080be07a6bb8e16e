"""Run the consortium's conformance suite, data-apis/array-api-tests, on each backend in 64-bit mode.

The suite stays outside the project: a checkout in `.cache/array-api/suite`, with the standard's own repository in its
folder `array-api`, both fetched on the first run at the commits named below. No skips file, no expected failures. The
figures and what they mean: docs/guide/array_api.md. What is tested is the tree that this file lies in. Each file of the
suite has a process and a report of its own, `.cache/array-api/<backend>/<file>.xml`, and a line when it is done: a run
that is ended loses the file that it was at, and `--files` goes on from there.

Usage: `python tools/array_api.py [--backend jax] [--examples 100] [--seed 7] [--files linalg,fft] [-- <pytest flags>]`;
`ARRAY_API_SUITE` and `ARRAY_API_SPEC` name other sources of the two repositories, such as local clones. The exit status
is 1 where a function fails.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".cache" / "array-api"
SOURCES = {
    HOME / "suite": (
        os.environ.get("ARRAY_API_SUITE", "https://github.com/data-apis/array-api-tests"),
        "55fcc60179efa2680ddd6cd926ddf17b83530e2b",
    ),
    HOME / "suite" / "array-api": (
        os.environ.get("ARRAY_API_SPEC", "https://github.com/data-apis/array-api"),
        "5f847a3858875c682ae901aa22b0413bf24be9da",
    ),
}
PACKAGES = ("ndindex", "pytest-json-report", "pytest-metadata")

# A native array's own operators, methods, attributes and conversions: dualgrad does not touch the class.
OBJECT = re.compile(
    r"test_array_object|test_dunder_dlpack|test_dlpack_device|array_method|array_attribute|test_iop|\[__"
)
# What a native operator or conversion raises where the test of a function applies it itself: none of dualgrad's lines
# stands in the traceback, and nothing was asserted.
FRAME = re.compile(r'File "([^"]+)", line')
ERROR = re.compile(r"^[ |]*(\w+(?:Error|Exception)): (.*)$", re.MULTILINE)


def main() -> int:
    """Run, report; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--backend", choices=("jax", "torch"), help="one backend alone")
    parser.add_argument(
        "--examples", type=int, default=100, help="examples for each test, a tenth of it for `unvectorized` ones"
    )
    parser.add_argument("--seed", type=int, help="Hypothesis's seed; without it the same examples in every run")
    parser.add_argument("--files", help="stems of the suite's files, without test_, with commas")
    parser.add_argument("rest", nargs="*", help="more options of pytest, such as -k, after --")
    given = parser.parse_args()
    fetch()
    backends = (given.backend,) if given.backend else ("jax", "torch")
    stems = sorted(p.stem.removeprefix("test_") for p in (HOME / "suite" / "array_api_tests").glob("test_*.py"))
    asked = given.files.split(",") if given.files else stems
    if unknown := set(asked) - set(stems):
        parser.error(f"no such files: {', '.join(sorted(unknown))}; there are {', '.join(stems)}")
    stems = asked
    status = 0
    for backend in backends:
        (HOME / backend).mkdir(exist_ok=True)
        reports = [run(backend, stem, given.examples, given.seed, given.rest) for stem in stems]
        how = "derandomized" if given.seed is None else f"seed {given.seed}"
        print(f"{backend}, all of it at {given.examples} examples, {how}: ", end="")
        status |= summary([r for r in reports if r is not None]) or None in reports
    return status


def fetch() -> None:
    """Bring what is missing."""
    for folder, (source, commit) in SOURCES.items():
        if not (folder / ".git").exists():
            subprocess.run(["git", "clone", "--quiet", source, str(folder)], check=True)
            subprocess.run(["git", "-C", str(folder), "checkout", "--quiet", commit], check=True)
    if not (HOME / "packages").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(HOME / "packages")]
        subprocess.run([*pip, *PACKAGES], check=True)


def run(backend: str, stem: str, examples: int, seed: int | None, rest: list[str]) -> Path | None:
    """One file of the suite on one backend; its report."""
    report = HOME / backend / f"{stem}.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | {
        "ARRAY_API_TESTS_MODULE": "dualgrad",
        "ARRAY_API_TESTS_VERSION": "2025.12",
        "DUALGRAD_BACKEND": backend,
        "DUALGRAD_X64": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(HOME / "packages")]),
    }
    options = ["--derandomize"] if seed is None else [f"--hypothesis-seed={seed}"]
    options += [f"--max-examples={examples}", "--disable-deadline", "--skips-file=/dev/null", "--xfails-file=/dev/null"]
    options += ["-q", "--tb=native", f"--junitxml={report}", *rest]
    options += [word for plugin in ("cacheprovider", "xdist", "dualgrad") for word in ("-p", f"no:{plugin}")]
    command = [sys.executable, "-m", "pytest", f"array_api_tests/test_{stem}.py", *options]
    start = time.monotonic()
    with report.with_suffix(".log").open("w") as log:
        subprocess.run(command, cwd=HOME / "suite", env=environment, stdout=log, stderr=subprocess.STDOUT)
    if not report.exists():
        print(f"{backend} {stem}: the suite did not run to its end; see {log.name}", file=sys.stderr)
        return None
    print(f"{backend} {stem}, {time.monotonic() - start:.0f} s: ", end="")
    summary([report])
    return report


def summary(reports: list[Path]) -> int:
    """Print the counts of finished runs; 1 where a function fails."""
    passed, skipped = 0, 0
    native: list[str] = []
    through: list[str] = []
    functions: list[str] = []
    for case in itertools.chain.from_iterable(ElementTree.parse(r).getroot().iter("testcase") for r in reports):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        problems = [p.text or "" for kind in ("failure", "error") for p in case.findall(kind)]
        if case.find("skipped") is not None:
            skipped += 1
        elif not problems:
            passed += 1
        elif OBJECT.search(name):
            native.append(name)
        elif all(map(raised_by_the_object, problems)):
            through.append(f"{name}: {'; '.join(sorted({m[1] for p in problems for m in ERROR.findall(p)}))[:150]}")
        else:
            functions.append(name)
    failed = len(native) + len(through) + len(functions)
    print(
        f"{passed} passed, {failed} failed, {skipped} skipped; of the failing cases {len(native)} are about the array "
        f"object, {len(through)} fail in an operator of it that the test of a function applies, {len(functions)} are "
        "about functions"
    )
    for name in through:
        print(f"  through the object: {name}")
    for name in functions:
        print(f"  FUNCTION: {name}")
    sys.stdout.flush()
    return int(bool(functions))


def raised_by_the_object(traceback: str) -> bool:
    """Whether what a test reports was raised by the native array in the test's own line."""
    errors = [kind for kind, _ in ERROR.findall(traceback) if not kind.startswith("Exception")]
    inside = any(str(ROOT / "src") in path for path in FRAME.findall(traceback))
    return bool(errors) and not inside and "AssertionError" not in errors


if __name__ == "__main__":
    sys.exit(main())
