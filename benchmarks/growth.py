"""How cost grows: with the leaves of a tree, the steps of a loop, the operations of a program, the size of a batch.

Each curve is a list of points of one framework, for dualgrad and for the native program, and stops where a point would
take too long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.timing import Rounds

__all__ = ["CURVES", "curve"]

MOST_SECONDS = 25.0  # of a first call; the next point would take about ten times as long
Side = tuple[str, Callable[..., Any], Any]  # whose it is, the function jitted, its arguments

CURVES = {
    "leaves": ("warm jitted call, by leaves of its argument", "leaves", (10, 100, 1_000, 10_000)),
    "steps": ("jitted scan of 64 numbers, by steps", "steps", (10, 100, 1_000, 10_000, 100_000)),
    "operations": ("first call of a jitted chain, by operations", "operations", (10, 50, 200, 1_000, 5_000)),
    "batch": ("jitted network of 16-32-1, by examples", "examples", (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)),
}


def curve(name: str, backend: str, device: str, wait: Callable[[Any], Any]) -> list[dict[str, Any]]:
    """Points of a curve: `at`, and for each side seconds of the first call and of a warm one.

    The process has compiled something before, so that no point holds what only the first compilation costs.
    """
    points: list[dict[str, Any]] = []
    given_up: set[str] = set()
    for at in CURVES[name][2]:
        point: dict[str, Any] = {"at": at}
        calls = {}
        for side, fun, args in _SIDES[name](backend, device, at):
            if side in given_up:
                continue
            start = time.perf_counter()
            wait(fun(*args))
            first = time.perf_counter() - start
            point[side] = {"first": first}
            calls[side] = lambda fun=fun, args=args: fun(*args)
            if first > MOST_SECONDS:
                given_up.add(side)
        if calls:
            samples = Rounds(calls, 0.01, wait, True).measure(7)
            for side, values in samples.items():
                point[side]["warm"] = float(np.median(values))
            points.append(point)
    return points


def _jit(backend: str) -> Callable[[Any], Any]:
    if backend == "jax":
        import jax

        return jax.jit
    import torch

    return torch.compile


def _names(backend: str) -> Any:
    if backend == "jax":
        import jax.numpy as jnp

        return jnp
    import torch

    return torch


def _leaves(backend: str, device: str, at: int) -> Iterator[Side]:
    import dualgrad as dg

    one = machine.placed(np.ones(4, "float32"), device)
    tree = {f"w{i}": one for i in range(at)}
    yield "dualgrad", dg.jit(lambda t: t["w0"] + t["w1"]), (tree,)
    if backend == "jax" or at <= 1_000:  # Dynamo guards each leaf: 10,000 take minutes to compile
        yield "native", _jit(backend)(lambda t: t["w0"] + t["w1"]), (tree,)


def _steps(backend: str, device: str, at: int) -> Iterator[Side]:
    import dualgrad as dg

    c, xs = machine.placed((np.zeros(64, "float32"), np.ones((at, 64), "float32")), device)
    yield "dualgrad", dg.jit(lambda c, xs: dg.lax.scan(lambda c, x: (dg.sin(c * 0.7 + x), None), c, xs)[0]), (c, xs)
    if backend == "jax":
        import jax
        import jax.numpy as jnp

        step = jax.jit(lambda c, xs: jax.lax.scan(lambda c, x: (jnp.sin(c * 0.7 + x), None), c, xs)[0])
        yield "native", step, (c, xs)
        return
    import torch

    def steps(c: Any, xs: Any) -> Any:
        for x in xs.unbind(0):
            c = torch.sin(c * 0.7 + x)
        return c

    block = torch.compile(steps)

    def blocks(c: Any, xs: Any) -> Any:
        for part in xs.split(10):
            c = block(c, part)
        return c

    yield "native", blocks, (c, xs)


def _operations(backend: str, device: str, at: int) -> Iterator[Side]:
    import dualgrad as dg

    x = machine.placed(np.linspace(0.1, 1.0, 8, dtype="float32"), device)

    # Each side adds its own number: the caches on disk go by the program, and the second would find the first's there.
    def chain(sin: Any, shift: float) -> Callable[[Any], Any]:
        def fun(x: Any) -> Any:
            for _ in range(at // 2):
                x = sin(x) + shift
            return x

        return fun

    yield "dualgrad", dg.jit(chain(dg.sin, 0.5)), (x,)
    yield "native", _jit(backend)(chain(_names(backend).sin, 0.75)), (x,)


def _batch(backend: str, device: str, at: int) -> Iterator[Side]:
    import dualgrad as dg

    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(at, 16)), rng.normal(size=(16, 32)), rng.normal(size=(32, 1))
    args = machine.placed(tuple(a.astype("float32") for a in arrays), device)

    def network(tanh: Any) -> Callable[..., Any]:
        return lambda x, w1, w2: tanh(x @ w1) @ w2

    yield "dualgrad", dg.jit(network(dg.tanh)), args
    yield "native", _jit(backend)(network(_names(backend).tanh)), args


_SIDES = {"leaves": _leaves, "steps": _steps, "operations": _operations, "batch": _batch}
