"""Training step of an attention block: 8 heads of 128 positions of 64, with layer norm and a residual."""

import numpy as np

KINDS = ("forward", "step")
HEADS, LENGTH, WIDTH = 8, 128, 64
MODEL = HEADS * WIDTH


def inputs():
    rng = np.random.default_rng(0)
    params = {name: (rng.normal(size=(MODEL, MODEL)) * MODEL**-0.5).astype("float32") for name in "qkvo"}
    params |= {"scale": np.ones(MODEL, "float32"), "shift": np.zeros(MODEL, "float32")}
    x = rng.normal(size=(LENGTH, MODEL)).astype("float32")
    return params, x, rng.normal(size=(LENGTH, MODEL)).astype("float32")


def ours():
    import dualgrad as dg

    def heads(x):
        return dg.permute_dims(dg.reshape(x, (LENGTH, HEADS, WIDTH)), (1, 0, 2))

    def loss(p, x, y):
        z = dg.nn.layer_norm(x, p["scale"], p["shift"])
        q, k, v = (heads(z @ p[name]) for name in "qkv")
        weights = dg.nn.softmax(q @ dg.matrix_transpose(k) * WIDTH**-0.5, axis=-1)
        out = dg.reshape(dg.permute_dims(weights @ v, (1, 0, 2)), (LENGTH, MODEL))
        return dg.mean((x + out @ p["o"] - y) ** 2)

    def step(p, x, y):
        value, grads = dg.value_and_grad(loss)(p, x, y)
        return dg.tree.map(lambda w, g: w - 0.1 * g, p, grads), value

    return {"forward": loss, "step": step}


def in_jax():
    import jax
    import jax.numpy as jnp

    def heads(x):
        return x.reshape(LENGTH, HEADS, WIDTH).transpose(1, 0, 2)

    def loss(p, x, y):
        centred = x - jnp.mean(x, axis=-1, keepdims=True)
        variance = jnp.mean(centred**2, axis=-1, keepdims=True)
        z = centred * jax.lax.rsqrt(variance + 1e-5) * p["scale"] + p["shift"]
        q, k, v = (heads(z @ p[name]) for name in "qkv")
        weights = jax.nn.softmax(q @ k.mT * WIDTH**-0.5, axis=-1)
        out = (weights @ v).transpose(1, 0, 2).reshape(LENGTH, MODEL)
        return jnp.mean((x + out @ p["o"] - y) ** 2)

    def step(p, x, y):
        value, grads = jax.value_and_grad(loss)(p, x, y)
        return jax.tree.map(lambda w, g: w - 0.1 * g, p, grads), value

    return {"forward": loss, "step": step}


def in_torch():
    import torch
    from torch.nn import functional

    def heads(x):
        return x.reshape(LENGTH, HEADS, WIDTH).permute(1, 0, 2)

    def by_hand(q, k, v):
        return torch.softmax(q @ k.mT * WIDTH**-0.5, dim=-1) @ v

    def loss_with(attention):
        def loss(p, x, y):
            z = functional.layer_norm(x, (MODEL,), p["scale"], p["shift"])
            q, k, v = (heads(z @ p[name]) for name in "qkv")
            out = attention(q, k, v).permute(1, 0, 2).reshape(LENGTH, MODEL)
            return torch.mean((x + out @ p["o"] - y) ** 2)

        return loss

    def update(p, grads):
        return {k: p[k] - 0.1 * grads[k] for k in p}

    def by_autograd(loss, update):
        def call(p, x, y):
            leaves = {k: w.detach().requires_grad_() for k, w in p.items()}
            value = loss(leaves, x, y)
            grads = dict(zip(leaves, torch.autograd.grad(value, list(leaves.values())), strict=True))
            return update(p, grads), value.detach()

        return call

    def by_func(p, x, y):
        grads, value = torch.func.grad_and_value(loss_with(by_hand))(p, x, y)
        return update(p, grads), value

    written, fused = loss_with(by_hand), loss_with(functional.scaled_dot_product_attention)
    return {
        "forward": {
            "eager": written,
            "eager, sdpa": fused,
            "compile": torch.compile(written),
            "compile, sdpa": torch.compile(fused),
        },
        "step": {
            "autograd": by_autograd(written, update),
            "autograd, sdpa": by_autograd(fused, update),
            "compile, autograd": by_autograd(torch.compile(written), torch.compile(update)),
            "compile, autograd, sdpa": by_autograd(torch.compile(fused), torch.compile(update)),
            "compile of it all": torch.compile(by_func),
        },
    }
