"""The workloads: one file each, which says the same program three times.

A file has a docstring, whose first line is its title, and

- `KINDS`: what is measured, such as "forward" and "gradient";
- `inputs()`: NumPy arrays (or trees of them), the arguments of every function in it;
- `ours()`: by kind the function in dualgrad;
- `in_jax()`: by kind the function that an expert writes in JAX, not jitted;
- `in_torch()`: by kind the candidates of an expert in PyTorch, by name, of which the fastest counts. One whose name
  begins with "compile" is compiled already.

And where it needs them: `TAKES`, by kind which inputs the function takes; `MODES`, out of "eager" and "jitted" (both,
unless said); `WAIT = False`, for calls so short that waiting for each would be part of the figure; `check(kind, outs)`,
where values cannot be equal; `QUICK`, the kinds that a quick run takes (the last one, unless said).
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

__all__ = ["load", "names", "title"]

ORDER = [
    "dispatch",
    "calls",
    "mlp",
    "cnn",
    "attention",
    "rnn",
    "neural_ode",
    "kalman",
    "hmc",
    "nbody",
    "gaussian_process",
    "per_example",
    "graph",
    "chain",
    "hessian",
    "normal",
    "solves",
    "checkpoint",
]


def names() -> list[str]:
    """All workloads; those that the list above does not know come last."""
    found = {m.name for m in pkgutil.iter_modules(__path__)}
    return [n for n in ORDER if n in found] + sorted(found - set(ORDER))


def load(name: str) -> ModuleType:
    """The file of a workload."""
    return importlib.import_module(f"benchmarks.workloads.{name}")


def title(name: str) -> str:
    """What a workload is, in a line."""
    return (load(name).__doc__ or name).splitlines()[0].rstrip(".")
