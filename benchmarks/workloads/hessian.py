"""Hessian of a loss of 50 parameters: a small network of 4-8-1 (and 1 left over) on 100 points."""

import numpy as np

KINDS = ("hessian",)


def inputs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 4)).astype("float32")
    return (rng.normal(size=50) * 0.5).astype("float32"), x, np.sin(x.sum(1))


def loss_by(tanh, mean):
    def loss(w, x, y):
        hidden = tanh(x @ w[:32].reshape(4, 8) + w[32:40])
        return mean((hidden @ w[40:48] + w[48] - y) ** 2) + 0.01 * w[49] ** 2

    return loss


def ours():
    import dualgrad as dg

    return {"hessian": dg.hessian(loss_by(dg.tanh, dg.mean))}


def in_jax():
    import jax
    import jax.numpy as jnp

    return {"hessian": jax.hessian(loss_by(jnp.tanh, jnp.mean))}


def in_torch():
    import torch
    from torch.func import hessian, jacrev

    loss = loss_by(torch.tanh, torch.mean)

    def by_autograd(w, x, y):
        return torch.autograd.functional.hessian(lambda w: loss(w, x, y), w, vectorize=True)

    return {
        "hessian": {
            "autograd": by_autograd,
            "func.hessian": hessian(loss),
            "jacrev twice": jacrev(jacrev(loss)),
            "compile of func.hessian": torch.compile(hessian(loss)),
        }
    }
