"""Recurrent network by `scan`: 1000 steps of 64 units, a product and `tanh` each.

In PyTorch an expert compiles blocks of steps and calls them one after the other.
"""

import numpy as np

KINDS = ("forward", "gradient")
STEPS, UNITS = 1000, 64


def inputs():
    rng = np.random.default_rng(0)
    w = (rng.normal(size=(UNITS, UNITS)) * 0.1).astype("float32")
    return w, np.zeros(UNITS, "float32"), rng.normal(size=(STEPS, UNITS)).astype("float32")


def ours():
    import dualgrad as dg

    def loss(w, h, xs):
        return dg.sum(dg.lax.scan(lambda c, x: (dg.tanh(c @ w + x), None), h, xs)[0])

    return {"forward": loss, "gradient": dg.grad(loss)}


def in_jax():
    import jax
    import jax.numpy as jnp

    def loss(w, h, xs):
        return jnp.sum(jax.lax.scan(lambda c, x: (jnp.tanh(c @ w + x), None), h, xs)[0])

    return {"forward": loss, "gradient": jax.grad(loss)}


def in_torch():
    import torch

    def steps(w, h, xs):
        for x in xs.unbind(0):
            h = torch.tanh(h @ w + x)
        return h

    def loss_in(block, size):
        def loss(w, h, xs):
            for part in xs.split(size):
                h = block(w, h, part)
            return torch.sum(h)

        return loss

    def slope(loss):
        def call(w, h, xs):
            leaf = w.detach().requires_grad_()
            return torch.autograd.grad(loss(leaf, h, xs), leaf)[0]

        return call

    eager, blocks = loss_in(steps, STEPS), loss_in(torch.compile(steps), 20)
    return {
        "forward": {"eager": eager, "compile blocks of 20": blocks},
        "gradient": {"autograd": slope(eager), "compile blocks of 20": slope(blocks)},
    }
