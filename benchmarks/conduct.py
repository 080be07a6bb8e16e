"""The parent: one process per framework, workloads one after the other, rounds by turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, workloads
from benchmarks.growth import CURVES

__all__ = ["Process", "environment", "kinds", "run", "run_growth"]

ROOT = Path(__file__).resolve().parents[1]
CHUNKS = 3  # turns of each framework, so that both see the machine's moods


class Process:
    """A child that answers requests; see `benchmarks.child`."""

    def __init__(self, backend: str, device: str, core: int, scratch: str, caches: str) -> None:
        self.backend = backend
        command = [sys.executable, "-m", "benchmarks.child", backend, device, str(core), scratch]
        self.log = open(Path(scratch) / f"{backend}.log", "a")  # noqa: SIM115  # as long as the child lives
        self.child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(caches, device),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def send(self, do: str, **request: Any) -> None:
        """Ask for something, and do not wait."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self.child.stdin.flush()

    def answer(self) -> Any:
        """The answer to the last request.

        Raises:
            RuntimeError: The child failed at it, or ended.
        """
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.backend} ended: {Path(self.log.name).read_text()[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def ask(self, do: str, **request: Any) -> Any:
        """Ask for something, and wait for the answer."""
        self.send(do, **request)
        return self.answer()

    def close(self) -> None:
        """End the child."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait()
        self.log.close()


def environment(caches: str, device: str = "cpu") -> dict[str, str]:
    """What every measured process sees: fixed allocation, one thread, compiled programs kept below `caches`."""
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    found = {**os.environ, **machine.environment(device), "PYTHONPATH": os.pathsep.join(p for p in paths if p)}
    found["TORCHINDUCTOR_CACHE_DIR"] = str(Path(caches) / "inductor")
    found["JAX_COMPILATION_CACHE_DIR"] = str(Path(caches) / "jax")
    found["DUALGRAD_CACHE"] = "off"
    return found


def kinds(workload: str, quick: bool) -> list[str]:
    """The kinds of a workload that are measured; asking a framework for them is left to the children."""
    module = workloads.load(workload)
    every = list(module.KINDS)
    return [k for k in every if k in getattr(module, "QUICK", every[-1:])] if quick else every


def run(
    names: Sequence[str],
    backends: Sequence[str],
    *,
    device: str,
    rounds: int,
    seconds: float,
    quick: bool,
    peers: bool,
    progress: Callable[[str, int, int], None],
    save: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Measure workloads.

    Args:
        names: The workloads.
        backends: The frameworks.
        device: `"cpu"` or `"cuda"`.
        rounds: How many rounds.
        seconds: How long a call is repeated in one of them.
        quick: Whether to measure the last kind of each workload only.
        peers: Whether to measure other libraries too.
        progress: Told what comes next, how much is done, and of how much.
        save: Given what there is after each kind, so that a run that is cut short leaves it behind.

    Returns:
        The machine, what the first compilation of a process cost, the rates, and for each kind of each workload and
        each framework the versions with their samples.
    """
    todo = [(name, kind) for name in names for kind in kinds(name, quick)]
    found: dict[str, Any] = {
        "machine": machine.describe(device),
        "device": device,
        "warm_up": {},
        "rates": {},
        "results": [],
    }
    with tempfile.TemporaryDirectory(prefix="dualgrad-bench-") as scratch:
        children = [Process(b, device, core, scratch, scratch) for core, b in enumerate(backends)]
        progress("starting the frameworks", 0, len(todo))
        for child in children:
            child.send("warm_up")
        for child in children:
            found["warm_up"][child.backend] = child.answer()
        for child in children:
            found["rates"][child.backend] = child.ask("rates")
        for done, (name, kind) in enumerate(todo):
            progress(f"{name}, {kind}", done, len(todo))
            found["results"].append(_measured(children, name, kind, rounds, seconds))
            save(found)
        if peers:
            progress("peers", len(todo), len(todo))
            found["peers"] = {child.backend: child.ask("peers", rounds=rounds) for child in children}
        progress("done", len(todo), len(todo))
        for child in children:
            child.close()
    return found


def run_growth(
    backends: Sequence[str], *, device: str, quick: bool, progress: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """How costs grow, by curve and framework; `quick` leaves out the curve that compiles most."""
    names = [name for name in CURVES if not (quick and name == "operations")]
    found: dict[str, Any] = {
        "machine": machine.describe(device),
        "device": device,
        "warm_up": {},
        "rates": {},
        "curves": {},
    }
    with tempfile.TemporaryDirectory(prefix="dualgrad-bench-") as scratch:
        children = [Process(b, device, core, scratch, scratch) for core, b in enumerate(backends)]
        for child in children:
            found["warm_up"][child.backend] = child.ask("warm_up")
        for done, name in enumerate(names):
            found["curves"][name] = {}
            for n, child in enumerate(children):
                progress(f"{name} on {child.backend}", len(children) * done + n, len(children) * len(names))
                found["curves"][name][child.backend] = child.ask("curve", name=name)
        progress("done", 1, 1)
        for child in children:
            child.close()
    return found


def _measured(children: Sequence[Process], name: str, kind: str, rounds: int, seconds: float) -> dict[str, Any]:
    """The versions of one kind on each framework: compiled side by side, timed one at a time."""
    modes = list(getattr(workloads.load(name), "MODES", ("eager", "jitted")))
    result: dict[str, Any] = {"workload": name, "kind": kind, "frameworks": {}, "errors": {}}
    for child in children:
        child.send("prepare", workload=name, kind=kind, modes=modes, seconds=seconds)
    ready = []
    for child in children:
        try:
            result["frameworks"][child.backend] = child.answer()
            ready.append(child)
        except RuntimeError as error:
            result["errors"][child.backend] = str(error)
    for _ in range(CHUNKS):
        for child in ready:
            samples = child.ask("measure", workload=name, kind=kind, rounds=max(1, rounds // CHUNKS))
            for version in result["frameworks"][child.backend]:
                version.setdefault("samples", []).extend(samples.get(version["name"], []))
    for child in ready:
        child.ask("forget", workload=name, kind=kind)
    return result
