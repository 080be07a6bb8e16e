"""Training step of a small convolutional network: 2 layers of 3 x 3, 32 images of 16 x 16, momentum."""

import numpy as np

KINDS = ("forward", "gradient", "step")
TAKES = {"forward": (0, 1, 2), "gradient": (0, 1, 2), "step": (0, 3, 1, 2)}


def inputs():
    rng = np.random.default_rng(0)

    def weights(*shape):
        return (rng.normal(size=shape) * np.prod(shape[1:]) ** -0.5).astype("float32")

    params = {"c1": weights(8, 1, 3, 3), "c2": weights(16, 8, 3, 3), "w": weights(10, 256).T.copy()}
    images = rng.normal(size=(32, 1, 16, 16)).astype("float32")
    targets = np.eye(10, dtype="float32")[rng.integers(0, 10, 32)]
    return params, images, targets, {name: np.zeros_like(p) for name, p in params.items()}


def ours():
    import dualgrad as dg

    def loss(params, images, targets):
        x = dg.nn.max_pool(dg.nn.relu(dg.nn.conv(images, params["c1"], padding="SAME")), 2)
        x = dg.nn.max_pool(dg.nn.relu(dg.nn.conv(x, params["c2"], padding="SAME")), 2)
        scores = dg.nn.log_softmax(dg.reshape(x, (32, -1)) @ params["w"])
        return -dg.mean(dg.sum(scores * targets, axis=-1))

    def step(params, m, images, targets):
        grads = dg.grad(loss)(params, images, targets)
        m = dg.tree.map(lambda m, g: 0.9 * m + g, m, grads)
        return dg.tree.map(lambda p, m: p - 0.05 * m, params, m), m

    return {"forward": loss, "gradient": dg.grad(loss), "step": step}


def in_jax():
    import jax
    import jax.numpy as jnp
    from jax import lax

    def pooled(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss(params, images, targets):
        x = pooled(jax.nn.relu(lax.conv(images, params["c1"], (1, 1), "SAME")))
        x = pooled(jax.nn.relu(lax.conv(x, params["c2"], (1, 1), "SAME")))
        scores = jax.nn.log_softmax(x.reshape(32, -1) @ params["w"])
        return -jnp.mean(jnp.sum(scores * targets, axis=-1))

    def step(params, m, images, targets):
        grads = jax.grad(loss)(params, images, targets)
        m = jax.tree.map(lambda m, g: 0.9 * m + g, m, grads)
        return jax.tree.map(lambda p, m: p - 0.05 * m, params, m), m

    return {"forward": loss, "gradient": jax.grad(loss), "step": step}


def in_torch():
    import torch
    from torch.nn import functional

    def loss(params, images, targets):
        x = functional.max_pool2d(torch.relu(functional.conv2d(images, params["c1"], padding=1)), 2)
        x = functional.max_pool2d(torch.relu(functional.conv2d(x, params["c2"], padding=1)), 2)
        scores = torch.log_softmax(x.reshape(32, -1) @ params["w"], dim=-1)
        return -torch.mean(torch.sum(scores * targets, dim=-1))

    def by_autograd(loss):
        def call(params, images, targets):
            leaves = {k: p.detach().requires_grad_() for k, p in params.items()}
            grads = torch.autograd.grad(loss(leaves, images, targets), list(leaves.values()))
            return dict(zip(leaves, grads, strict=True))

        return call

    def update(params, m, grads):
        m = {k: 0.9 * m[k] + grads[k] for k in m}
        return {k: params[k] - 0.05 * m[k] for k in params}, m

    def step(gradient, update):
        def call(params, m, images, targets):
            return update(params, m, gradient(params, images, targets))

        return call

    compiled, by_func = by_autograd(torch.compile(loss)), torch.func.grad(loss)
    return {
        "forward": {"eager": loss, "compile": torch.compile(loss)},
        "gradient": {
            "autograd": by_autograd(loss),
            "compile, autograd": compiled,
            "compile of func.grad": torch.compile(by_func),
        },
        "step": {
            "autograd": step(by_autograd(loss), update),
            "compile, autograd, compile": step(compiled, torch.compile(update)),
            "compile of it all": torch.compile(step(by_func, update)),
        },
    }
