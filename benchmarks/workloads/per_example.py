"""A gradient for each of 64 examples: `vmap` of `grad` of a network of 64-64-10."""

import numpy as np

KINDS = ("gradient",)


def inputs():
    rng = np.random.default_rng(0)
    params = {
        "w1": (rng.normal(size=(64, 64)) * 0.15).astype("float32"),
        "b1": np.zeros(64, "float32"),
        "w2": (rng.normal(size=(64, 10)) * 0.15).astype("float32"),
    }
    x = rng.normal(size=(64, 64)).astype("float32")
    return params, x, np.eye(10, dtype="float32")[rng.integers(0, 10, 64)]


def ours():
    import dualgrad as dg

    def loss(p, x, y):
        scores = dg.nn.log_softmax(dg.tanh(x @ p["w1"] + p["b1"]) @ p["w2"])
        return -dg.sum(scores * y)

    return {"gradient": dg.vmap(dg.grad(loss), (None, 0, 0))}


def in_jax():
    import jax
    import jax.numpy as jnp

    def loss(p, x, y):
        scores = jax.nn.log_softmax(jnp.tanh(x @ p["w1"] + p["b1"]) @ p["w2"])
        return -jnp.sum(scores * y)

    return {"gradient": jax.vmap(jax.grad(loss), (None, 0, 0))}


def in_torch():
    import torch

    def loss(p, x, y):
        scores = torch.log_softmax(torch.tanh(x @ p["w1"] + p["b1"]) @ p["w2"], dim=-1)
        return -torch.sum(scores * y)

    per_example = torch.func.vmap(torch.func.grad(loss), (None, 0, 0))
    return {"gradient": {"func": per_example, "compile of func": torch.compile(per_example)}}
