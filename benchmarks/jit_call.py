"""What a warm call of a compiled small function costs: `dg.jit` against `jax.jit` and `torch.compile`, in microseconds.

The function is tiny, so that the call is the cost: `sin(x)^2 + cos(x)^2` of 8 elements, and the gradient step of a dict
of 6 arrays. Budgets: +0.3 us on JAX; on torch at most twice a warm `jax.jit` call and half of `torch.compile`'s.
"""

from __future__ import annotations

from timing import console, medians, microseconds, table

import dualgrad as dg


def f(x):
    """A tiny function of one array."""
    return dg.sin(x) ** 2 + dg.cos(x) ** 2


def step(params, grads):
    """A tiny function of two dicts of arrays."""
    return {name: params[name] - 0.1 * grads[name] for name in params}


def main() -> None:
    """Print the table."""
    rows = table("Warm call of a compiled function, us", ["call", "one array", "two dicts of 6"])
    if "jax" in dg.available_backends():
        import jax
        import jax.numpy as jnp

        with dg.use_backend("jax"):
            x = jnp.ones(8)
            tree = {f"w{i}": jnp.ones(8) for i in range(6)}
            ours, ours_step = dg.jit(f), dg.jit(step)
            native, native_step = jax.jit(lambda x: jnp.sin(x) ** 2 + jnp.cos(x) ** 2), jax.jit(step)
            one = medians({"dg.jit on JAX": lambda: ours(x), "jax.jit": lambda: native(x)})
            two = medians({"dg.jit on JAX": lambda: ours_step(tree, tree), "jax.jit": lambda: native_step(tree, tree)})
            for name in one:
                rows.add_row(name, microseconds(one[name]), microseconds(two[name]))
    if "torch" in dg.available_backends():
        import torch

        with dg.use_backend("torch"):
            x = torch.ones(8)
            tree = {f"w{i}": torch.ones(8) for i in range(6)}
            ours, ours_step = dg.jit(f), dg.jit(step)
            native, native_step = torch.compile(lambda x: torch.sin(x) ** 2 + torch.cos(x) ** 2), torch.compile(step)
            one = medians({"dg.jit on PyTorch": lambda: ours(x), "torch.compile": lambda: native(x)})
            two = medians(
                {"dg.jit on PyTorch": lambda: ours_step(tree, tree), "torch.compile": lambda: native_step(tree, tree)}
            )
            for name in one:
                rows.add_row(name, microseconds(one[name]), microseconds(two[name]))
    console.print(rows)


if __name__ == "__main__":
    main()
