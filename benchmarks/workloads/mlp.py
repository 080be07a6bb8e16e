"""Training step of the digits network of examples/train_digits.py: 64-128-128-10, batch 96, Adam."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
KINDS = ("forward", "gradient", "step")
RATE = 1e-3
TAKES = {"forward": (0, 1, 2), "gradient": (0, 1, 2), "step": (0, 3, 3, 1, 2)}


def inputs():
    rng = np.random.default_rng(0)

    def layer(n, m, gain):
        return (rng.normal(size=(n, m)) * (gain / n) ** 0.5).astype("float32")

    params = {"w1": layer(64, 128, 2), "w2": layer(128, 128, 2), "w3": layer(128, 10, 1)}
    params |= {"b1": np.zeros(128, "float32"), "b2": np.zeros(128, "float32"), "b3": np.zeros(10, "float32")}
    images = rng.uniform(size=(96, 8, 8)).astype("float32")
    labels = rng.integers(0, 10, 96).astype("int32")
    return params, images, labels, {name: np.zeros_like(p) for name, p in params.items()}


def ours():
    import train_digits

    import dualgrad as dg

    step = train_digits.train_step.__wrapped__  # as it was before `dg.jit`
    return {
        "forward": train_digits.loss,
        "gradient": dg.value_and_grad(train_digits.loss),
        "step": lambda p, m, v, x, y: step((p, m, v, dg.zeros_like(p["b3"][0])), x, y, RATE),
    }


def in_jax():
    import jax
    import jax.numpy as jnp

    def loss(params, images, labels):
        x = images.reshape(-1, 64) - 0.3
        x = jax.nn.relu(x @ params["w1"] + params["b1"])
        x = jax.nn.relu(x @ params["w2"] + params["b2"])
        scores = jax.nn.log_softmax(x @ params["w3"] + params["b3"])
        decay = sum(jnp.sum(params[w] ** 2) for w in ("w1", "w2", "w3"))
        return -jnp.mean(jnp.sum(scores * jax.nn.one_hot(labels, 10), axis=-1)) + 1e-4 * decay

    def step(params, m, v, images, labels):
        value, grads = jax.value_and_grad(loss)(params, images, labels)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g**2, v, grads)
        count = jnp.asarray(0.0) + 1
        rate = RATE * jnp.sqrt(1 - 0.99**count) / (1 - 0.9**count)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, m, v)
        return (params, m, v, count), value

    return {"forward": loss, "gradient": jax.value_and_grad(loss), "step": step}


def in_torch():
    import torch

    def loss(params, images, labels):
        x = images.reshape(-1, 64) - 0.3
        x = torch.relu(x @ params["w1"] + params["b1"])
        x = torch.relu(x @ params["w2"] + params["b2"])
        scores = torch.log_softmax(x @ params["w3"] + params["b3"], dim=-1)
        decay = sum(torch.sum(params[w] ** 2) for w in ("w1", "w2", "w3"))
        return torch.nn.functional.nll_loss(scores, labels.long()) + 1e-4 * decay

    def by_autograd(loss):
        def call(params, images, labels):
            leaves = {k: p.detach().requires_grad_() for k, p in params.items()}
            value = loss(leaves, images, labels)
            grads = torch.autograd.grad(value, list(leaves.values()))
            return value.detach(), dict(zip(leaves, grads, strict=True))

        return call

    def by_func(params, images, labels):
        grads, value = torch.func.grad_and_value(loss)(params, images, labels)
        return value, grads

    def update(params, m, v, grads):
        count = torch.tensor(0.0, device=next(iter(params.values())).device) + 1
        rate = RATE * torch.sqrt(1 - 0.99**count) / (1 - 0.9**count)
        m = {k: 0.9 * m[k] + 0.1 * grads[k] for k in m}
        v = {k: 0.99 * v[k] + 0.01 * grads[k] ** 2 for k in v}
        params = {k: params[k] - rate * m[k] / (torch.sqrt(v[k]) + 1e-8) for k in params}
        return params, m, v, count

    def step(gradient, update):
        def call(params, m, v, images, labels):
            value, grads = gradient(params, images, labels)
            with torch.no_grad():
                return update(params, m, v, grads), value

        return call

    compiled = by_autograd(torch.compile(loss))
    return {
        "forward": {"eager": loss, "compile": torch.compile(loss)},
        "gradient": {
            "autograd": by_autograd(loss),
            "compile, autograd": compiled,
            "compile of func.grad": torch.compile(by_func),
        },
        "step": {
            "autograd": step(by_autograd(loss), update),
            "compile, autograd, compile": step(compiled, torch.compile(update)),
            "compile of it all": torch.compile(step(by_func, update)),
        },
    }
