"""Gradient through a neural ODE: 100 Runge-Kutta steps by `scan`, a field of 2-32-2, 64 trajectories."""

import numpy as np

KINDS = ("forward", "gradient")
STEPS, DT = 100, 0.05


def inputs():
    rng = np.random.default_rng(0)
    params = {
        "w1": (rng.normal(size=(2, 32)) * 0.7).astype("float32"),
        "b1": np.zeros(32, "float32"),
        "w2": (rng.normal(size=(32, 2)) * 0.2).astype("float32"),
    }
    return params, rng.normal(size=(64, 2)).astype("float32"), rng.normal(size=(64, 2)).astype("float32")


def rk4(field, z):
    k1 = field(z)
    k2 = field(z + DT / 2 * k1)
    k3 = field(z + DT / 2 * k2)
    k4 = field(z + DT * k3)
    return z + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def ours():
    import dualgrad as dg

    def loss(p, z, target):
        def field(z):
            return dg.tanh(z @ p["w1"] + p["b1"]) @ p["w2"]

        z, _ = dg.lax.scan(lambda z, _: (rk4(field, z), None), z, None, length=STEPS)
        return dg.mean((z - target) ** 2)

    return {"forward": loss, "gradient": dg.grad(loss)}


def in_jax():
    import jax
    import jax.numpy as jnp

    def loss(p, z, target):
        def field(z):
            return jnp.tanh(z @ p["w1"] + p["b1"]) @ p["w2"]

        z, _ = jax.lax.scan(lambda z, _: (rk4(field, z), None), z, None, length=STEPS)
        return jnp.mean((z - target) ** 2)

    return {"forward": loss, "gradient": jax.grad(loss)}


def in_torch():
    import torch

    def steps(p, z, count):
        for _ in range(count):
            z = rk4(lambda z: torch.tanh(z @ p["w1"] + p["b1"]) @ p["w2"], z)
        return z

    def loss_in(block, size):
        def loss(p, z, target):
            for _ in range(STEPS // size):
                z = block(p, z, size)
            return torch.mean((z - target) ** 2)

        return loss

    def slope(loss):
        def call(p, z, target):
            leaves = {k: w.detach().requires_grad_() for k, w in p.items()}
            return dict(zip(leaves, torch.autograd.grad(loss(leaves, z, target), list(leaves.values())), strict=True))

        return call

    eager, blocks = loss_in(steps, STEPS), loss_in(torch.compile(steps), 5)
    return {
        "forward": {"eager": eager, "compile blocks of 5": blocks},
        "gradient": {"autograd": slope(eager), "compile blocks of 5": slope(blocks)},
    }
