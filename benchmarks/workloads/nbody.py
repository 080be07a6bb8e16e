"""Forces among 256 bodies, and a Hessian-vector product of their energy."""

import numpy as np

KINDS = ("force", "hvp")
TAKES = {"force": (0, 1), "hvp": (0, 1, 2)}
COUNT = 256


def inputs():
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(COUNT, 3)).astype("float32"),
        rng.uniform(0.5, 1.5, COUNT).astype("float32"),
        rng.normal(size=(COUNT, 3)).astype("float32"),
    )


def energy_by(sqrt, total):
    def energy(x, m):
        d = x[:, None, :] - x[None, :, :]
        return -0.5 * total(m[:, None] * m[None, :] / sqrt((d * d).sum(-1) + 0.01))

    return energy


def ours():
    import dualgrad as dg

    energy = energy_by(dg.sqrt, dg.sum)
    return {
        "force": dg.grad(energy),
        "hvp": lambda x, m, v: dg.hvp(lambda x: energy(x, m), (x,), (v,)),
    }


def in_jax():
    import jax
    import jax.numpy as jnp

    energy = energy_by(jnp.sqrt, jnp.sum)
    return {
        "force": jax.grad(energy),
        "hvp": lambda x, m, v: jax.jvp(lambda x: jax.grad(energy)(x, m), (x,), (v,))[1],
    }


def in_torch():
    import torch

    energy = energy_by(torch.sqrt, torch.sum)

    def force(energy):
        def call(x, m):
            x = x.detach().requires_grad_()
            return torch.autograd.grad(energy(x, m), x)[0]

        return call

    def hvp(x, m, v):
        x = x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(energy(x, m), x, create_graph=True)
        return torch.autograd.grad(slope, x, v)[0]

    def hvp_by_func(x, m, v):
        return torch.func.jvp(lambda x: torch.func.grad(energy)(x, m), (x,), (v,))[1]

    def hvp_reverse(x, m, v):
        return torch.func.grad(lambda x: torch.sum(torch.func.grad(energy)(x, m) * v))(x)

    return {
        "force": {
            "autograd": force(energy),
            "compile, autograd": force(torch.compile(energy)),
            "compile of func.grad": torch.compile(torch.func.grad(energy)),
        },
        "hvp": {
            "autograd twice": hvp,
            "func.jvp of func.grad": hvp_by_func,
            "compile of func.jvp": torch.compile(hvp_by_func),
            "compile of func.grad twice": torch.compile(hvp_reverse),
        },
    }
