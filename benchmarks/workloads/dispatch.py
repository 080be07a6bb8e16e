"""One eager op of 8 or 64 elements, 20 of them.

Where an op is repaired to dualgrad's convention the native call does less, and the difference is the price of the
repair.
"""

import numpy as np

KINDS = (
    "add",
    "subtract",
    "multiply_scalar",
    "divide",
    "sin",
    "exp",
    "log",
    "tanh",
    "square",
    "maximum",
    "where",
    "greater",
    "sum_axis",
    "mean",
    "max_axis",
    "reshape",
    "transpose",
    "matmul",
    "relu",
    "softmax",
)
MODES = ("eager",)
WAIT = False
QUICK = ("add", "sin", "multiply_scalar", "sum_axis", "matmul", "where", "reshape", "softmax")


def inputs():
    rng = np.random.default_rng(0)
    return (rng.uniform(0.5, 1.5, 8).astype("float32"), rng.normal(size=(8, 8)).astype("float32"))


def ours():
    import dualgrad as dg

    return {
        "add": lambda x, m: dg.add(x, x),
        "subtract": lambda x, m: dg.subtract(x, x),
        "multiply_scalar": lambda x, m: dg.multiply(x, 2.0),
        "divide": lambda x, m: dg.divide(x, x),
        "sin": lambda x, m: dg.sin(x),
        "exp": lambda x, m: dg.exp(x),
        "log": lambda x, m: dg.log(x),
        "tanh": lambda x, m: dg.tanh(x),
        "square": lambda x, m: dg.square(x),
        "maximum": lambda x, m: dg.maximum(x, x),
        "where": lambda x, m: dg.where(x > 1, x, x),
        "greater": lambda x, m: dg.greater(x, x),
        "sum_axis": lambda x, m: dg.sum(m, axis=0),
        "mean": lambda x, m: dg.mean(m),
        "max_axis": lambda x, m: dg.max(m, axis=1),
        "reshape": lambda x, m: dg.reshape(m, (4, 16)),
        "transpose": lambda x, m: dg.permute_dims(m, (1, 0)),
        "matmul": lambda x, m: dg.matmul(m, m),
        "relu": lambda x, m: dg.nn.relu(m),
        "softmax": lambda x, m: dg.nn.softmax(m),
    }


def in_jax():
    import jax
    import jax.numpy as jnp

    return {
        "add": lambda x, m: jnp.add(x, x),
        "subtract": lambda x, m: jnp.subtract(x, x),
        "multiply_scalar": lambda x, m: jnp.multiply(x, 2.0),
        "divide": lambda x, m: jnp.divide(x, x),
        "sin": lambda x, m: jnp.sin(x),
        "exp": lambda x, m: jnp.exp(x),
        "log": lambda x, m: jnp.log(x),
        "tanh": lambda x, m: jnp.tanh(x),
        "square": lambda x, m: jnp.square(x),
        "maximum": lambda x, m: jnp.maximum(x, x),
        "where": lambda x, m: jnp.where(x > 1, x, x),
        "greater": lambda x, m: jnp.greater(x, x),
        "sum_axis": lambda x, m: jnp.sum(m, axis=0),
        "mean": lambda x, m: jnp.mean(m),
        "max_axis": lambda x, m: jnp.max(m, axis=1),
        "reshape": lambda x, m: jnp.reshape(m, (4, 16)),
        "transpose": lambda x, m: jnp.permute_dims(m, (1, 0)),
        "matmul": lambda x, m: jnp.matmul(m, m),
        "relu": lambda x, m: jax.nn.relu(m),
        "softmax": lambda x, m: jax.nn.softmax(m),
    }


def in_torch():
    import torch

    calls = {
        "add": lambda x, m: torch.add(x, x),
        "subtract": lambda x, m: torch.sub(x, x),
        "multiply_scalar": lambda x, m: torch.mul(x, 2.0),
        "divide": lambda x, m: torch.div(x, x),
        "sin": lambda x, m: torch.sin(x),
        "exp": lambda x, m: torch.exp(x),
        "log": lambda x, m: torch.log(x),
        "tanh": lambda x, m: torch.tanh(x),
        "square": lambda x, m: torch.square(x),
        "maximum": lambda x, m: torch.maximum(x, x),
        "where": lambda x, m: torch.where(x > 1, x, x),
        "greater": lambda x, m: torch.gt(x, x),
        "sum_axis": lambda x, m: torch.sum(m, dim=0),
        "mean": lambda x, m: torch.mean(m),
        "max_axis": lambda x, m: torch.amax(m, dim=1),
        "reshape": lambda x, m: torch.reshape(m, (4, 16)),
        "transpose": lambda x, m: torch.permute(m, (1, 0)),
        "matmul": lambda x, m: torch.matmul(m, m),
        "relu": lambda x, m: torch.relu(m),
        "softmax": lambda x, m: torch.softmax(m, dim=-1),
    }
    return {name: {"eager": call} for name, call in calls.items()}
