"""Warm call of a compiled function, so small that the call is the cost: one array, or two dicts of 6."""

import numpy as np

KINDS = ("one_array", "two_dicts")
MODES = ("jitted",)
WAIT = False
TAKES = {"one_array": (0,), "two_dicts": (1, 1)}
QUICK = ("one_array", "two_dicts")


def inputs():
    return np.ones(8, "float32"), {f"w{i}": np.ones(8, "float32") for i in range(6)}


def step(params, grads):
    return {name: params[name] - 0.1 * grads[name] for name in params}


def ours():
    import dualgrad as dg

    return {"one_array": lambda x: dg.sin(x) ** 2 + dg.cos(x) ** 2, "two_dicts": step}


def in_jax():
    import jax.numpy as jnp

    return {"one_array": lambda x: jnp.sin(x) ** 2 + jnp.cos(x) ** 2, "two_dicts": step}


def in_torch():
    import torch

    one = torch.compile(lambda x: torch.sin(x) ** 2 + torch.cos(x) ** 2)
    return {"one_array": {"compile": one}, "two_dicts": {"compile": torch.compile(step)}}
