"""Solutions of 256 linear systems of 16 unknowns by `vmap`, and their gradient."""

import numpy as np

KINDS = ("forward", "gradient")


def inputs():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(256, 16, 16)) + 8 * np.eye(16)
    return a.astype("float32"), rng.normal(size=(256, 16)).astype("float32")


def ours():
    import dualgrad as dg

    solve = dg.vmap(dg.linalg.solve)
    return {"forward": solve, "gradient": dg.grad(lambda a, b: dg.sum(solve(a, b) ** 2))}


def in_jax():
    import jax
    import jax.numpy as jnp

    solve = jax.vmap(jnp.linalg.solve)
    return {"forward": solve, "gradient": jax.grad(lambda a, b: jnp.sum(solve(a, b) ** 2))}


def in_torch():
    import torch

    def loss(a, b):
        return torch.sum(torch.linalg.solve(a, b) ** 2)

    def slope(loss):
        def call(a, b):
            a = a.detach().requires_grad_()
            return torch.autograd.grad(loss(a, b), a)[0]

        return call

    return {
        "forward": {
            "batched": torch.linalg.solve,
            "func.vmap": torch.func.vmap(torch.linalg.solve),
            "compile": torch.compile(lambda a, b: torch.linalg.solve(a, b)),
        },
        "gradient": {
            "autograd": slope(loss),
            "compile, autograd": slope(torch.compile(loss)),
            "compile of func.grad": torch.compile(torch.func.grad(loss)),
        },
    }
