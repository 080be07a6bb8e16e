"""Gradient of a Kalman filter's likelihood: 100 steps by `scan`, 4 states, 2 observations, `solve` and `slogdet`."""

import numpy as np

KINDS = ("gradient",)
STEPS, STATES, SEEN = 100, 4, 2


def inputs():
    rng = np.random.default_rng(0)

    def numbers(*shape):
        return (rng.normal(size=shape) * 0.3).astype("float32")

    params = {"a": (0.9 * np.eye(STATES)).astype("float32") + 0.1 * numbers(STATES, STATES), "c": numbers(SEEN, STATES)}
    params |= {"q": numbers(STATES, STATES), "r": numbers(SEEN, SEEN)}
    return params, numbers(STEPS, SEEN)


def ours():
    import dualgrad as dg

    return {"gradient": dg.value_and_grad(loss_in(dg, dg.linalg, dg.lax.scan))}


def in_jax():
    import jax
    import jax.numpy as jnp

    return {"gradient": jax.value_and_grad(loss_in(jnp, jnp.linalg, jax.lax.scan))}


def in_torch():
    import torch

    def scan(step, carry, xs):
        outs = []
        for x in xs.unbind(0):
            carry, out = step(carry, x)
            outs.append(out)
        return carry, torch.stack(outs)

    loss = loss_in(torch, torch.linalg, scan)

    def by_autograd(params, ys):
        leaves = {k: p.detach().requires_grad_() for k, p in params.items()}
        value = loss(leaves, ys)
        return value.detach(), dict(zip(leaves, torch.autograd.grad(value, list(leaves.values())), strict=True))

    return {"gradient": {"autograd": by_autograd}}


def loss_in(xp, linalg, scan):
    """The negative log likelihood; the three libraries have one name for all it takes."""

    def loss(params, ys):
        a, c = params["a"], params["c"]
        q = params["q"] @ params["q"].T + 0.1 * xp.eye(STATES)
        r = params["r"] @ params["r"].T + 0.5 * xp.eye(SEEN)

        def step(carry, y):
            mean, cov = carry
            mean, cov = a @ mean, a @ cov @ a.T + q
            spread, error = c @ cov @ c.T + r, y - c @ mean
            gain = linalg.solve(spread, c @ cov).T
            surprise = 0.5 * (error @ linalg.solve(spread, error) + linalg.slogdet(spread)[1])
            return (mean + gain @ error, cov - gain @ c @ cov), surprise

        return xp.sum(scan(step, (xp.zeros(STATES), xp.eye(STATES)), ys)[1])

    return loss
