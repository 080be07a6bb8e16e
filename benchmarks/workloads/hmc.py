"""Hamiltonian Monte Carlo: 8 chains of a logistic regression, 20 transitions of 10 leapfrog steps, by `vmap` of `scan`.

In PyTorch an expert writes the chains as a batch, and compiles one transition.
"""

import numpy as np

KINDS = ("sample",)
CHAINS, ROWS, SIZE, TRANSITIONS, STEPS, LENGTH = 8, 200, 8, 20, 10, 0.04


def inputs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, SIZE)).astype("float32")
    y = (rng.uniform(size=ROWS) > 0.5).astype("float32")
    start = rng.normal(size=(CHAINS, SIZE)).astype("float32")
    momenta = rng.normal(size=(CHAINS, TRANSITIONS, SIZE)).astype("float32")
    return x, y, start, momenta, rng.uniform(size=(CHAINS, TRANSITIONS)).astype("float32")


def ours():
    import dualgrad as dg

    return {"sample": sample_in(dg, dg.nn.softplus, dg.lax.scan, dg.grad, dg.vmap)}


def in_jax():
    import jax
    import jax.numpy as jnp

    return {"sample": sample_in(jnp, jax.nn.softplus, jax.lax.scan, jax.grad, jax.vmap)}


def in_torch():
    import torch
    from torch.nn import functional

    def potential(x, y, q):
        z = q @ x.T
        return torch.sum(functional.softplus(z) - z * y, -1) + 0.5 * torch.sum(q**2, -1)

    def by_autograd(x, y, q):
        q = q.detach().requires_grad_()
        return torch.autograd.grad(potential(x, y, q).sum(), q)[0]

    def by_func(x, y, q):
        return torch.func.grad(lambda q: potential(x, y, q).sum())(q)

    def sampling(slope, compiled):
        def transition(x, y, q, start, chance):
            new, m = q, start
            for _ in range(STEPS):
                m = m - 0.5 * LENGTH * slope(x, y, new)
                new = new + LENGTH * m
                m = m - 0.5 * LENGTH * slope(x, y, new)
            energy = potential(x, y, q) + 0.5 * torch.sum(start**2, -1)
            change = energy - potential(x, y, new) - 0.5 * torch.sum(m**2, -1)
            return torch.where((chance < torch.exp(change))[:, None], new, q)

        transition = compiled(transition)

        def sample(x, y, q, momenta, chances):
            found = []
            for m, u in zip(momenta.unbind(1), chances.unbind(1), strict=True):
                q = transition(x, y, q, m, u)
                found.append(q)
            return torch.stack(found, 1)

        return sample

    return {"sample": {"eager": sampling(by_autograd, lambda f: f), "compile": sampling(by_func, torch.compile)}}


def sample_in(xp, softplus, scan, grad, vmap):
    """All positions; dualgrad and JAX have one name for all it takes."""

    def sample(x, y, start, momenta, chances):
        def potential(q):
            z = x @ q
            return xp.sum(softplus(z) - z * y) + 0.5 * xp.sum(q**2)

        slope = grad(potential)

        def leap(carry, _):
            q, m = carry
            m = m - 0.5 * LENGTH * slope(q)
            q = q + LENGTH * m
            return (q, m - 0.5 * LENGTH * slope(q)), None

        def transition(q, given):
            m, chance = given
            (new, last), _ = scan(leap, (q, m), None, length=STEPS)
            change = potential(q) - potential(new) + 0.5 * xp.sum(m**2) - 0.5 * xp.sum(last**2)
            q = xp.where(chance < xp.exp(change), new, q)
            return q, q

        return vmap(lambda q, m, u: scan(transition, q, (m, u))[1])(start, momenta, chances)

    return sample
