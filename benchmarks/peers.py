"""Other libraries that run one program on several frameworks: what an op and a gradient cost through them.

Each is asked for the same small op and the same gradient of a small loss as dualgrad; a dash where it has none. What is
not installed is said, and left out: `pip install 'dualgrad[bench]'`.
"""

from __future__ import annotations

import importlib
import os
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.timing import Rounds

__all__ = ["PEERS", "measure"]

Calls = dict[str, Callable[[Any], Any]]  # "op": tanh of an array, "gradient": of sum(tanh(x)^2)


def dualgrad(backend: str) -> Calls:
    """Dualgrad itself."""
    import dualgrad as dg

    return {"op": dg.tanh, "gradient": dg.grad(lambda x: dg.sum(dg.tanh(x) ** 2))}


def native(backend: str) -> Calls:
    """The framework itself."""
    if backend == "jax":
        import jax
        import jax.numpy as jnp

        return {"op": jnp.tanh, "gradient": jax.grad(lambda x: jnp.sum(jnp.tanh(x) ** 2))}
    import torch

    return {"op": torch.tanh, "gradient": _by_autograd(lambda x: torch.sum(torch.tanh(x) ** 2))}


def keras(backend: str) -> Calls:
    """Keras's operations; it has no gradient that is the same on every backend."""
    os.environ["KERAS_BACKEND"] = backend
    ops = importlib.import_module("keras").ops
    return {"op": ops.tanh}


def array_api_compat(backend: str) -> Calls:
    """A namespace per framework; gradients are the framework's own business."""
    compat = importlib.import_module("array_api_compat")
    return {"op": lambda x: compat.array_namespace(x).tanh(x)}


def autoray(backend: str) -> Calls:
    """Dispatch by the type of the argument; gradients by its compiler only."""
    do = importlib.import_module("autoray").do
    return {"op": lambda x: do("tanh", x)}


def eagerpy(backend: str) -> Calls:
    """Wrapped arrays, with a gradient of one argument."""
    ep = importlib.import_module("eagerpy")

    def slope(x: Any) -> Any:
        return ep.value_and_grad(lambda x: x.tanh().square().sum(), ep.astensor(x))[1].raw

    return {"op": lambda x: ep.astensor(x).tanh().raw, "gradient": slope}


def tensorcircuit(backend: str) -> Calls:
    """The backend object of a quantum simulator."""
    tc = importlib.import_module("tensorcircuit")
    found = tc.set_backend("pytorch" if backend == "torch" else "jax")
    return {"op": found.tanh, "gradient": found.grad(lambda x: found.sum(found.tanh(x) ** 2))}


def pennylane(backend: str) -> Calls:
    """`qml.math`, which dispatches by autoray; `qml.grad` is of Autograd's arrays, and not of these."""
    return {"op": importlib.import_module("pennylane").math.tanh}


PEERS = {
    "native": native,
    "dualgrad": dualgrad,
    "Keras ops": keras,
    "array-api-compat": array_api_compat,
    "autoray": autoray,
    "EagerPy": eagerpy,
    "TensorCircuit": tensorcircuit,
    "PennyLane math": pennylane,
}
WIDE = 8


def measure(backend: str, device: str, rounds: int) -> dict[str, Any]:
    """By peer: median seconds of each call above the native one; `None` for none, a text for what kept it out."""
    import dualgrad as dg

    x = machine.placed(np.linspace(0.1, 1.0, WIDE, dtype="float32"), device)
    found: dict[str, Any] = {}
    calls: dict[str, Callable[[], Any]] = {}
    wanted = {
        "op": np.tanh(np.linspace(0.1, 1.0, WIDE)),
        "gradient": 2 * np.tanh(np.linspace(0.1, 1.0, WIDE)) / np.cosh(np.linspace(0.1, 1.0, WIDE)) ** 2,
    }
    for name, peer in PEERS.items():
        found[name] = {"op": None, "gradient": None}
        try:
            made = peer(backend)
        except Exception as error:
            found[name] = (
                "not installed" if isinstance(error, ImportError) else f"{type(error).__name__}: {error!s:.80}"
            )
            continue
        for what, call in made.items():
            try:
                np.testing.assert_allclose(dg.to_numpy(call(x)), wanted[what], rtol=1e-4)
            except Exception as error:
                found[name][what] = f"{type(error).__name__}: {error!s:.80}"
                continue
            calls[f"{name}|{what}"] = lambda call=call: call(x)
    samples = Rounds(calls, 0.003, lambda out: out, False).measure(rounds)
    for key, values in samples.items():
        name, what = key.split("|")
        found[name][what] = statistics.median(values)
    return found


def _by_autograd(loss: Callable[[Any], Any]) -> Callable[[Any], Any]:
    import torch

    def call(x: Any) -> Any:
        x = x.detach().requires_grad_()
        return torch.autograd.grad(loss(x), x)[0]

    return call
