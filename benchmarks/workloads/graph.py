"""Graph attention: 4,000 edges among 500 nodes of 32 features, a softmax over the edges of each by `segment_sum`."""

import numpy as np

KINDS = ("forward", "gradient")
NODES, EDGES, WIDTH = 500, 4000, 32


def inputs():
    rng = np.random.default_rng(0)
    return (
        (rng.normal(size=(WIDTH, WIDTH)) * 0.2).astype("float32"),
        (rng.normal(size=2 * WIDTH) * 0.2).astype("float32"),
        rng.normal(size=(NODES, WIDTH)).astype("float32"),
        rng.integers(0, NODES, EDGES).astype("int32"),
        np.sort(rng.integers(0, NODES, EDGES)).astype("int32"),
    )


def loss_by(xp, rows, added):
    def loss(weights, scores, x, sources, targets):
        h = x @ weights
        sent, met = rows(h, sources), rows(h, targets)
        s = sent @ scores[:WIDTH] + met @ scores[WIDTH:]
        e = xp.exp(xp.where(s > 0, s, 0.2 * s))
        part = e / rows(added(e, targets), targets)
        out = xp.tanh(added(part[:, None] * sent, targets))
        return xp.mean(out * out)

    return loss


def ours():
    import dualgrad as dg

    # "clip" as JAX's brackets; the default's nan out of bounds takes one more pass
    loss = loss_by(dg, lambda x, i: dg.take(x, i, axis=0, mode="clip"), lambda x, i: dg.segment_sum(x, i, NODES))
    return {"forward": loss, "gradient": dg.grad(loss, (0, 1))}


def in_jax():
    import jax
    import jax.numpy as jnp

    loss = loss_by(jnp, lambda x, i: x[i], lambda x, i: jax.ops.segment_sum(x, i, NODES))
    return {"forward": loss, "gradient": jax.grad(loss, (0, 1))}


def in_torch():
    import torch

    def added(x, i):
        return torch.zeros((NODES, *x.shape[1:]), device=x.device).index_add(0, i, x)

    loss = loss_by(torch, lambda x, i: x.index_select(0, i), added)

    def by_autograd(loss):
        def call(weights, scores, *rest):
            leaves = [w.detach().requires_grad_() for w in (weights, scores)]
            return torch.autograd.grad(loss(*leaves, *rest), leaves)

        return call

    compiled = torch.compile(loss)
    return {
        "forward": {"eager": loss, "compile": compiled},
        "gradient": {
            "autograd": by_autograd(loss),
            "compile, autograd": by_autograd(compiled),
            "compile of func.grad": torch.compile(torch.func.grad(loss, (0, 1))),
        },
    }
