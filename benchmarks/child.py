"""One framework in a process of its own: prepares workloads and times them, as the parent asks.

dualgrad on that framework runs beside the native programs, in the same process and the same rounds. Requests come in as
lines of JSON and are answered by one line each; what a framework prints goes to the standard error.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
import warnings
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import growth, machine, memory, peers, workloads
from benchmarks.timing import Rounds, once


class Child:
    """The state of the process: the backend, its device and the workload in hand."""

    def __init__(self, backend: str, device: str, scratch: str) -> None:
        import dualgrad as dg

        start = time.perf_counter()
        machine.use(device)
        dg.set_backend(backend)
        dg.ones(1)
        self.import_seconds = time.perf_counter() - start
        self.backend, self.device, self.scratch = backend, device, Path(scratch)
        self.rounds: dict[str, Rounds] = {}
        if device != "cpu" and backend == "torch":
            import torch

            torch.backends.cudnn.allow_tf32 = False  # all 24 bits in convolutions too

    def wait(self, out: Any) -> Any:
        """`out`, computed: JAX returns before its devices are done, torch on a GPU too."""
        if self.backend == "jax":
            import jax

            return jax.block_until_ready(out)
        if self.device != "cpu":
            import torch

            torch.cuda.synchronize()
        return out

    def warm_up(self) -> dict[str, float]:
        """Pay what the first compilation of a process costs, once for both sides, and say what it was."""
        import dualgrad as dg

        def slope(x: Any) -> Any:
            return dg.grad(lambda x: dg.mean(dg.tanh(x @ x) ** 2))(x)

        found = {"import": self.import_seconds}
        x = machine.placed(np.ones((40, 40), "float32"), self.device)
        if self.backend == "torch":
            import torch

            found["first torch.compile"], _ = once(lambda: torch.compile(lambda x: torch.tanh(x @ x) + 1)(x), self.wait)
        else:
            import jax
            import jax.numpy as jnp

            found["first jax.jit"], _ = once(lambda: jax.jit(lambda x: jnp.tanh(x @ x) + 1)(x), self.wait)
        found["first dg.jit after it"], _ = once(lambda: dg.jit(slope)(x), self.wait)
        once(lambda: slope(x), self.wait)
        return found

    def rates(self) -> dict[str, float]:
        """What this machine copies and multiplies in a second, by this framework."""
        return machine.measure_rates(self.backend, self.device)

    def peers(self, rounds: int) -> dict[str, Any]:
        """What other libraries cost on this framework."""
        return peers.measure(self.backend, self.device, rounds)

    def curve(self, name: str) -> list[dict[str, Any]]:
        """How a cost grows."""
        return growth.curve(name, self.backend, self.device, self.wait)

    def prepare(self, workload: str, kind: str, modes: list[str], seconds: float) -> list[dict[str, Any]]:
        """Compile each version of one kind of a workload, check that all give the same; what that cost, a row each."""
        module = workloads.load(workload)
        host = module.inputs()
        takes = getattr(module, "TAKES", {}).get(kind, range(len(host)))
        args = machine.placed(tuple(host[n] for n in takes), self.device)
        versions = self._versions(module, kind, modes)
        if len(workload + kind) % 2:  # who compiles first pays for what both need, so they take turns
            versions.reverse()
        rows, outs, calls = [], {}, {}
        for name, fun, ours, compiled in versions:
            calls[name] = lambda fun=fun: fun(*args)
            before = _compiles(self.backend)
            try:
                with self._undisturbed():
                    took, out = once(calls[name], self.wait)
            except Exception as error:
                if ours:
                    raise
                # An expert's candidate that the framework refuses is none; the others stand.
                rows.append({"name": name, "ours": ours, "refused": f"{type(error).__name__}: {error!s:.200}"})
                del calls[name]
                continue
            outs[name] = out
            row = {"name": name, "ours": ours, "compiled": compiled, "first": took}
            rows.append(row | {"compiles": _compiles(self.backend) - before if compiled else 0})
        self._check(module, workload, kind, outs)
        del outs
        for row, (_, fun, ours, compiled) in zip(rows, versions, strict=True):
            if "refused" not in row:
                row["peak"] = self._peak(fun, calls[row["name"]], args, ours, compiled)
                row["cost"] = self._cost(fun, args) if ours and compiled else None
        self.rounds[f"{workload} {kind}"] = Rounds(calls, seconds, self.wait, getattr(module, "WAIT", True))
        return rows

    def measure(self, workload: str, kind: str, rounds: int) -> dict[str, list[float]]:
        """Samples of a workload that was prepared."""
        return self.rounds[f"{workload} {kind}"].measure(rounds)

    def forget(self, workload: str, kind: str) -> None:
        """Drop what was prepared."""
        self.rounds.pop(f"{workload} {kind}", None)
        gc.collect()

    def _undisturbed(self) -> AbstractContextManager[Any]:
        """A block after which torch's dispatch keys are as before: a trace that Dynamo gives up leaves them changed."""
        if self.backend != "torch":
            return nullcontext()
        from dualgrad.backends.torch._private import restored_dispatch_keys

        return restored_dispatch_keys()

    def _versions(self, module: ModuleType, kind: str, modes: list[str]) -> list[tuple[str, Any, bool, bool]]:
        """Name, function, whether it is dualgrad's, whether it is compiled."""
        import dualgrad as dg

        fun, found = module.ours()[kind], []
        if "eager" in modes:
            found.append(("dualgrad", fun, True, False))
        if "jitted" in modes:
            found.append(("dualgrad, jitted", dg.jit(fun), True, True))
        if self.backend == "jax":
            import jax

            native = module.in_jax()[kind]
            if "eager" in modes:
                found.append(("jax", native, False, False))
            if "jitted" in modes:
                found.append(("jax.jit", jax.jit(native), False, True))
            return found
        for name, native in module.in_torch()[kind].items():
            found.append((name, native, False, name.startswith("compile")))
        return found

    def _check(self, module: ModuleType, workload: str, kind: str, outs: dict[str, Any]) -> None:
        """Refuse to time programs that do not compute the same, here and in the other framework's process."""
        import dualgrad as dg

        arrays = {name: [dg.to_numpy(_detached(x)) for x in dg.tree.leaves(out)] for name, out in outs.items()}
        check = getattr(module, "check", None)
        file = self.scratch / f"{workload}-{kind}.npz"
        if check is not None:
            for values in arrays.values():
                check(kind, values)
            return
        if file.exists():
            with np.load(file) as known:
                arrays["the other framework"] = [known[name] for name in known.files]
        first, *rest = arrays.items()
        for name, values in rest:
            for x, y in zip(first[1], values, strict=True):
                x, y = x.astype("float64"), y.astype("float64")
                scale = np.abs(x).max() if x.size else 0.0
                np.testing.assert_allclose(
                    y, x, rtol=2e-3, atol=1e-3 * scale + 1e-6, err_msg=f"{workload}, {kind}: {first[0]} against {name}"
                )
        if not file.exists():
            part = file.with_name(f"part-{os.getpid()}.npz")
            np.savez(part, *first[1])
            part.rename(file)

    def _peak(self, fun: Any, call: Any, args: tuple[Any, ...], ours: bool, compiled: bool) -> int | None:
        if self.backend == "torch":
            return memory.of_torch(call, self.device)
        if compiled:
            return memory.of_jax_program(fun.native() if ours else fun, args)
        return memory.of_process(call) if self.device == "cpu" else None

    def _cost(self, fun: Any, args: tuple[Any, ...]) -> dict[str, float | None]:
        cost = fun.cost(*args)
        return {"operations": cost.operations, "bytes": cost.bytes_accessed, "peak": cost.peak_memory}


def _detached(x: Any) -> Any:
    return x.detach() if hasattr(x, "detach") else x


_XLA_COMPILES = [0]


def _compiles(backend: str) -> int:
    """How many programs the framework's compiler has been given in this process."""
    if backend == "jax":
        return _XLA_COMPILES[0]
    from torch._dynamo.utils import counters

    return sum(counters["inductor"][f"fxgraph_cache_{how}"] for how in ("miss", "hit", "bypass"))


def _count_xla_compiles() -> None:
    import jax

    def heard(name: str, seconds: float, **_: Any) -> None:
        _XLA_COMPILES[0] += name == "/jax/core/compile/backend_compile_duration"

    jax.monitoring.register_event_duration_secs_listener(heard)


def serve() -> None:
    """Answer requests until there are no more."""
    backend, device, core, scratch = sys.argv[1:]
    if device == "cpu":  # elsewhere torch has a thread of its own for the way back
        machine.pin(int(core))
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what frameworks print must not get among the answers
    child = Child(backend, device, scratch)
    if backend == "jax":
        _count_xla_compiles()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": getattr(child, request.pop("do"))(**request)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
