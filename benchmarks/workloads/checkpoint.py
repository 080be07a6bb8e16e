"""Gradient of 8 blocks of 4 elementwise steps on 4 MB, each block recomputed on the way back, and without that.

What counts here is the memory: without it every step's value is kept, with it the input of each block is, and one block
at a time is computed again.
"""

import numpy as np

KINDS = ("kept", "recomputed")
QUICK = ("kept", "recomputed")


def inputs():
    return (np.random.default_rng(0).normal(size=1_000_000).astype("float32"),)


def losses(tanh, total, checkpoint):
    def block(x):
        for _ in range(4):
            x = tanh(x) * 0.9 + 0.1 * x
        return x

    def chain(block):
        def loss(x):
            for _ in range(8):
                x = block(x)
            return total(x)

        return loss

    return chain(block), chain(checkpoint(block))


def ours():
    import dualgrad as dg

    kept, recomputed = losses(dg.tanh, dg.sum, dg.checkpoint)
    return {"kept": dg.grad(kept), "recomputed": dg.grad(recomputed)}


def in_jax():
    import jax
    import jax.numpy as jnp

    kept, recomputed = losses(jnp.tanh, jnp.sum, jax.checkpoint)
    return {"kept": jax.grad(kept), "recomputed": jax.grad(recomputed)}


def in_torch():
    import torch
    from torch.utils.checkpoint import checkpoint

    def again(block):
        return lambda x: checkpoint(block, x, use_reentrant=False)

    def slope(loss):
        def call(x):
            x = x.detach().requires_grad_()
            return torch.autograd.grad(loss(x), x)[0]

        return call

    kept, recomputed = losses(torch.tanh, torch.sum, again)
    return {
        "kept": {"autograd": slope(kept), "compile, autograd": slope(torch.compile(kept))},
        "recomputed": {"autograd": slope(recomputed), "compile, autograd": slope(torch.compile(recomputed))},
    }
