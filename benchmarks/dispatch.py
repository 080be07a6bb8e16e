"""What one eager op costs through `dg.` against the native call, in microseconds; the budget is +0.15.

Small arrays, so that the call is the cost. Where an op is repaired to dualgrad's convention the native call does
less, and the difference is the price of the repair.
"""

from __future__ import annotations

import numpy as np
from timing import console, medians, microseconds, table

import dualgrad as dg


def jax_calls():
    """Pairs of a dualgrad call and the native one, on JAX."""
    import jax
    import jax.numpy as jnp

    x, m = jnp.ones(8), jnp.ones((8, 8))
    return {
        "sin(x)": (lambda: dg.sin(x), lambda: jnp.sin(x)),
        "exp(x)": (lambda: dg.exp(x), lambda: jnp.exp(x)),
        "add(x, x)": (lambda: dg.add(x, x), lambda: jnp.add(x, x)),
        "multiply(x, 2.0)": (lambda: dg.multiply(x, 2.0), lambda: jnp.multiply(x, 2.0)),
        "maximum(x, x)": (lambda: dg.maximum(x, x), lambda: jnp.maximum(x, x)),
        "where(x > 0, x, x)": (lambda: dg.where(x > 0, x, x), lambda: jnp.where(x > 0, x, x)),
        "sum(m, axis=0)": (lambda: dg.sum(m, axis=0), lambda: jnp.sum(m, axis=0)),
        "mean(m)": (lambda: dg.mean(m), lambda: jnp.mean(m)),
        "reshape(m, (4, 16))": (lambda: dg.reshape(m, (4, 16)), lambda: jnp.reshape(m, (4, 16))),
        "matmul(m, m)": (lambda: dg.matmul(m, m), lambda: jnp.matmul(m, m)),
        "nn.relu(x)": (lambda: dg.nn.relu(x), lambda: jax.nn.relu(x)),
        "nn.softmax(m)": (lambda: dg.nn.softmax(m), lambda: jax.nn.softmax(m)),
    }


def torch_calls():
    """Pairs of a dualgrad call and the native one, on PyTorch."""
    import torch

    x, m = torch.ones(8), torch.ones((8, 8))
    return {
        "sin(x)": (lambda: dg.sin(x), lambda: torch.sin(x)),
        "exp(x)": (lambda: dg.exp(x), lambda: torch.exp(x)),
        "add(x, x)": (lambda: dg.add(x, x), lambda: torch.add(x, x)),
        "multiply(x, 2.0)": (lambda: dg.multiply(x, 2.0), lambda: torch.multiply(x, 2.0)),
        "maximum(x, x)": (lambda: dg.maximum(x, x), lambda: torch.maximum(x, x)),
        "where(x > 0, x, x)": (lambda: dg.where(x > 0, x, x), lambda: torch.where(x > 0, x, x)),
        "sum(m, axis=0)": (lambda: dg.sum(m, axis=0), lambda: torch.sum(m, dim=0)),
        "mean(m)": (lambda: dg.mean(m), lambda: torch.mean(m)),
        "reshape(m, (4, 16))": (lambda: dg.reshape(m, (4, 16)), lambda: torch.reshape(m, (4, 16))),
        "matmul(m, m)": (lambda: dg.matmul(m, m), lambda: torch.matmul(m, m)),
        "nn.relu(x)": (lambda: dg.nn.relu(x), lambda: torch.relu(x)),
        "nn.softmax(m)": (lambda: dg.nn.softmax(m), lambda: torch.softmax(m, dim=-1)),
    }


def main() -> None:
    """Print a table per backend."""
    for backend, calls in (("jax", jax_calls), ("torch", torch_calls)):
        if backend not in dg.available_backends():
            continue
        with dg.use_backend(backend):
            rows = table(f"One eager op on {backend}, us", ["op", "dualgrad", "native", "ratio", "difference"])
            for name, (ours, native) in calls().items():
                assert np.allclose(dg.to_numpy(ours()), dg.to_numpy(native()))
                t = medians({"ours": ours, "native": native})
                rows.add_row(
                    name,
                    microseconds(t["ours"]),
                    microseconds(t["native"]),
                    f"{t['ours'] / t['native']:.2f}",
                    f"{(t['ours'] - t['native']) * 1e6:+.2f}",
                )
            console.print(rows)


if __name__ == "__main__":
    main()
