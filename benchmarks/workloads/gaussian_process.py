"""Log likelihood of a Gaussian process, n = 512, and its gradient by three parameters."""

import numpy as np

from benchmarks import machine

KINDS = ("forward", "gradient")
N = 512


def inputs():
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0, 10, N)).astype("float32")
    y = (np.sin(x) + 0.1 * rng.normal(size=N)).astype("float32")
    params = {"scale": np.float32(0.0), "length": np.float32(0.1), "noise": np.float32(-1.0)}
    return {k: np.asarray(v) for k, v in params.items()}, x, y


def ours():
    import dualgrad as dg

    place = machine.elsewhere(dg.get_backend().name)

    def loss(p, x, y):
        d = (x[:, None] - x[None, :]) / dg.exp(p["length"])
        k = dg.exp(2 * p["scale"] - 0.5 * d * d) + dg.exp(2 * p["noise"]) * dg.eye(N, device=place)
        low = dg.linalg.cholesky(k)
        alpha = dg.linalg.solve_triangular(low, y, lower=True)
        return 0.5 * dg.sum(alpha * alpha) + dg.sum(dg.log(dg.linalg.diagonal(low)))

    return {"forward": loss, "gradient": dg.value_and_grad(loss)}


def in_jax():
    import jax
    import jax.numpy as jnp
    from jax.scipy.linalg import solve_triangular

    def loss(p, x, y):
        d = (x[:, None] - x[None, :]) / jnp.exp(p["length"])
        k = jnp.exp(2 * p["scale"] - 0.5 * d * d) + jnp.exp(2 * p["noise"]) * jnp.eye(N)
        low = jnp.linalg.cholesky(k, symmetrize_input=False)
        alpha = solve_triangular(low, y, lower=True)
        return 0.5 * jnp.sum(alpha * alpha) + jnp.sum(jnp.log(jnp.diagonal(low)))

    return {"forward": loss, "gradient": jax.value_and_grad(loss)}


def in_torch():
    import torch

    def loss(p, x, y):
        d = (x[:, None] - x[None, :]) / torch.exp(p["length"])
        k = torch.exp(2 * p["scale"] - 0.5 * d * d) + torch.exp(2 * p["noise"]) * torch.eye(N, device=x.device)
        low = torch.linalg.cholesky(k)
        alpha = torch.linalg.solve_triangular(low, y[:, None], upper=False)[:, 0]
        return 0.5 * torch.sum(alpha * alpha) + torch.sum(torch.log(torch.diagonal(low)))

    def by_autograd(loss):
        def call(p, x, y):
            leaves = {k: w.detach().requires_grad_() for k, w in p.items()}
            value = loss(leaves, x, y)
            return value.detach(), dict(zip(leaves, torch.autograd.grad(value, list(leaves.values())), strict=True))

        return call

    def by_func(p, x, y):
        grads, value = torch.func.grad_and_value(loss)(p, x, y)
        return value, grads

    return {
        "forward": {"eager": loss, "compile": torch.compile(loss)},
        "gradient": {
            "autograd": by_autograd(loss),
            "compile, autograd": by_autograd(torch.compile(loss)),
            "compile of func.grad": torch.compile(by_func),
        },
    }
