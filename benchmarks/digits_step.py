"""One training step of the digits network: dualgrad against the same step written by hand for each framework.

The hand-written steps use what a user of that framework would: `jax.jit(jax.value_and_grad(...))`, and on PyTorch
`torch.compile` over the loss with `backward()` and a compiled update.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from timing import console, medians, table

import dualgrad as dg

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
import train_digits

RATE = 1e-3


def start():
    """The example's state and a batch, on the active backend."""
    params = train_digits.init(dg.random.key(0))
    zeros = dg.tree.map(dg.zeros_like, params)
    images = dg.random.uniform(dg.random.key(1), (train_digits.BATCH, 8, 8))
    labels = dg.random.randint(dg.random.key(2), (train_digits.BATCH,), 0, 10)
    return (params, zeros, zeros, dg.asarray(0.0)), images, labels


def jax_step():
    """The step by hand in JAX."""
    import jax
    import jax.numpy as jnp

    def loss(params, images, labels):
        x = images.reshape(-1, 64) - 0.3
        x = jax.nn.relu(x @ params["w1"] + params["b1"])
        x = jax.nn.relu(x @ params["w2"] + params["b2"])
        scores = jax.nn.log_softmax(x @ params["w3"] + params["b3"])
        decay = sum(jnp.sum(params[w] ** 2) for w in ("w1", "w2", "w3"))
        return -jnp.mean(jnp.sum(scores * jax.nn.one_hot(labels, 10), axis=-1)) + 1e-4 * decay

    @jax.jit
    def step(state, images, labels, rate):
        params, m, v, count = state
        value, grads = jax.value_and_grad(loss)(params, images, labels)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g**2, v, grads)
        count = count + 1
        rate = rate * jnp.sqrt(1 - 0.99**count) / (1 - 0.9**count)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, m, v)
        return (params, m, v, count), value

    return step


def torch_step():
    """The step by hand in PyTorch."""
    import torch

    @torch.compile
    def loss(params, images, labels):
        x = images.reshape(-1, 64) - 0.3
        x = torch.relu(x @ params["w1"] + params["b1"])
        x = torch.relu(x @ params["w2"] + params["b2"])
        scores = torch.log_softmax(x @ params["w3"] + params["b3"], dim=-1)
        decay = sum(torch.sum(params[w] ** 2) for w in ("w1", "w2", "w3"))
        return torch.nn.functional.nll_loss(scores, labels.long()) + 1e-4 * decay

    @torch.compile
    def update(params, m, v, grads, count, rate):
        rate = rate * torch.sqrt(1 - 0.99**count) / (1 - 0.9**count)
        m = {k: 0.9 * m[k] + 0.1 * grads[k] for k in m}
        v = {k: 0.99 * v[k] + 0.01 * grads[k] ** 2 for k in v}
        return {k: params[k] - rate * m[k] / (torch.sqrt(v[k]) + 1e-8) for k in params}, m, v

    def step(state, images, labels, rate):
        params, m, v, count = state
        leaves = {k: p.detach().requires_grad_() for k, p in params.items()}
        value = loss(leaves, images, labels)
        grads = dict(zip(leaves, torch.autograd.grad(value, list(leaves.values())), strict=True))
        with torch.no_grad():
            count = count + 1
            params, m, v = update(params, m, v, grads, count, torch.as_tensor(rate))
        return (params, m, v, count), value.detach()

    return step


def measure(step) -> list[str]:
    """The row of the active backend: dualgrad's step against `step`, warm and at the first call."""
    state, images, labels = start()
    calls = {
        "ours": lambda: dg.block_until_ready(train_digits.train_step(state, images, labels, RATE)),
        "native": lambda: dg.block_until_ready(step(state, images, labels, RATE)),
    }
    first = {name: _seconds(call) for name, call in calls.items()}
    losses = [float(call()[1]) for call in calls.values()]
    assert abs(losses[0] - losses[1]) < 1e-5
    t = medians(calls, seconds=0.02)
    times = [f"{t['ours'] * 1e6:.0f}", f"{t['native'] * 1e6:.0f}", f"{t['ours'] / t['native']:.2f}"]
    return [*times, f"{first['ours']:.2f}", f"{first['native']:.2f}"]


def main() -> None:
    """Print the table."""
    columns = ["backend", "dualgrad, us", "by hand, us", "ratio", "first call, s", "by hand, s"]
    rows = table(f"One training step of examples/train_digits.py, batch {train_digits.BATCH}", columns)
    for backend, by_hand in (("jax", jax_step), ("torch", torch_step)):
        if backend in dg.available_backends():
            with dg.use_backend(backend):
                rows.add_row(backend, *measure(by_hand()))
    console.print(rows)


def _seconds(call) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
