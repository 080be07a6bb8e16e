# pyright: strict
"""What a strict checker knows of a typed program: `make check` reads this file, and the program runs as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, assert_type

import numpy as np

import dualgrad as dg
from dualgrad.typing import Array

if TYPE_CHECKING:
    import jax
    import torch
    from numpy.typing import NDArray


class Params(NamedTuple):
    w: Any
    b: Any


def dense(p: Params, x: Array) -> Array:
    return dg.tanh(x @ p.w + p.b)


def rescaled(x: Array, by: float = 2.0) -> Array:
    """Operators on arrays of any framework."""
    y = (x - by) / (1.0 + x**2) * -x[0]
    return dg.where(y < 0, -y, y) + abs(x) * by


def loss(p: Params, x: Any) -> Any:
    return dg.mean(dense(p, x) ** 2)


def step(p: Params, x: Any) -> tuple[Params, Any]:
    value, slope = dg.value_and_grad(dg.jit(loss, compiler="replay"))(p, x)
    return Params(p.w - 0.1 * slope.w, p.b - 0.1 * slope.b), value


def test_typed_program_runs(backend: Any) -> None:
    p = Params(dg.full((3, 2), 0.5), dg.zeros(2))
    new, value = step(p, dg.ones((4, 3)))
    assert float(loss(new, dg.ones((4, 3)))) < float(value)
    np.testing.assert_allclose(dg.to_numpy(rescaled(dg.asarray([1.0, 3.0]))), [2.5, 6.1], rtol=1e-6)


if TYPE_CHECKING:

    def takes(a: jax.Array, b: torch.Tensor, c: torch.nn.Parameter, d: NDArray[np.float32]) -> None:
        """Arrays of every framework are arrays; what comes out is what went in."""
        assert_type(dg.sin(a), "jax.Array")
        assert_type(dg.sin(b), "torch.Tensor")
        assert_type(dg.sin(c), "torch.nn.Parameter")
        assert_type(dg.sin(d), "NDArray[np.float32]")
        assert_type(dg.sin(1.0), Any)
        assert_type(dg.linalg.svd(b).U, "torch.Tensor")
        assert_type(dg.linalg.eigh(a), "dg.linalg.EighResult[jax.Array]")
        assert_type(dg.unique_counts(a).counts, "jax.Array")
        assert_type(dg.random.normal(a, (3,)), "jax.Array")
        assert_type(dg.lax.div(a, 2.0), "jax.Array")
        assert_type(dg.stop_gradient(b), "torch.Tensor")
        assert_type(dg.at(b)[0].set(1.0), "torch.Tensor")

    def f(x: jax.Array, n: int) -> tuple[jax.Array, jax.Array]:
        return x * n, x

    def transforms(x: jax.Array, p: Params) -> None:
        assert_type(dg.jit(f)(x, 2), "tuple[jax.Array, jax.Array]")
        assert_type(dg.vmap(f)(x, 2), "tuple[jax.Array, jax.Array]")
        assert_type(dg.value_and_grad(f)(x, 2), "tuple[tuple[jax.Array, jax.Array], Any]")
        assert_type(dg.jvp(f, (x, 2), (x, 0)), "tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]")
        assert_type(dg.vjp(f, x, 2)[0], "tuple[jax.Array, jax.Array]")
        assert_type(dg.lax.cond(x.any(), lambda: x, lambda: x), "jax.Array")
        assert_type(dg.typing.ShapeDtypeStruct((1,), dg.float32).dtype, dg.typing.DType)
        raise dg.errors.UnsupportedError
