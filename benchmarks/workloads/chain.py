"""Chain of 20 elementwise operations on 1e6 numbers, and its gradient."""

import numpy as np

KINDS = ("forward", "gradient")


def inputs():
    return (np.random.default_rng(0).uniform(0.1, 1.0, 1_000_000).astype("float32"),)


def chain_of(sin, exp, tanh, sqrt):
    def chain(x):
        for _ in range(4):
            x = sqrt(1.5 + sin(x) * tanh(x)) * exp(-x)
        return x

    return chain


def ours():
    import dualgrad as dg

    chain = chain_of(dg.sin, dg.exp, dg.tanh, dg.sqrt)
    return {"forward": chain, "gradient": dg.grad(lambda x: dg.sum(chain(x)))}


def in_jax():
    import jax
    import jax.numpy as jnp

    chain = chain_of(jnp.sin, jnp.exp, jnp.tanh, jnp.sqrt)
    return {"forward": chain, "gradient": jax.grad(lambda x: jnp.sum(chain(x)))}


def in_torch():
    import torch

    chain = chain_of(torch.sin, torch.exp, torch.tanh, torch.sqrt)

    def slope(chain):
        def call(x):
            x = x.detach().requires_grad_()
            return torch.autograd.grad(torch.sum(chain(x)), x)[0]

        return call

    return {
        "forward": {"eager": chain, "compile": torch.compile(chain)},
        "gradient": {
            "autograd": slope(chain),
            "compile, autograd": slope(torch.compile(chain)),
            "compile of func.grad": torch.compile(torch.func.grad(lambda x: torch.sum(chain(x)))),
        },
    }
