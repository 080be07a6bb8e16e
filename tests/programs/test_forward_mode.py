"""Forward mode at 0-d arrays and Python scalars: dtypes stay, and what comes after the scalar arithmetic runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

SCALAR_PROGRAMS: list[Any] = [
    lambda x: x + 0.5,
    lambda x: 0.5 + x,
    lambda x: x - 0.5,
    lambda x: 0.5 - x,
    lambda x: x * 0.5,
    lambda x: 0.5 * x,
    lambda x: x / 0.5,
    lambda x: 0.5 / x,
    lambda x: x**0.5,
    lambda x: dg.add(x, 0.5),
    lambda x: dg.maximum(x, 0.5),
    lambda x: dg.logaddexp(x, 0.5),
    lambda x: dg.nn.huber_loss(x, 0.5),
]


@pytest.mark.parametrize("fun", SCALAR_PROGRAMS)
def test_forward_mode_at_a_scalar_keeps_float32_through_a_product_of_matrices(fun: Any) -> None:
    a = dg.asarray([[1.0, 2.0], [3.0, 4.0]])
    x, step = 0.3, 1e-3

    def program(x: Any) -> Any:
        return a @ dg.stack([fun(x), x])

    slope = (dg.to_numpy(program(dg.asarray(x + step))) - dg.to_numpy(program(dg.asarray(x - step)))) / (2 * step)
    tangents = [
        dg.jvp(program, (x,), (1.0,))[1],
        dg.jvp(program, (dg.asarray(x),), (dg.asarray(1.0),))[1],
        dg.jacfwd(program)(x),
        dg.jit(dg.jacfwd(program), compiler="replay")(x),
    ]

    for tangent in tangents:
        assert tangent.dtype == dg.float32
        np.testing.assert_allclose(dg.to_numpy(tangent), slope, rtol=3e-3, atol=3e-3)


def test_second_derivative_of_a_data_dependent_loop_is_float32() -> None:
    def loop(x: Any) -> Any:
        for _ in range(5):
            x = dg.sin(x) if x > 1 else x * x + 0.5
        return x

    hessian, product = dg.hessian(loop)(0.3), dg.hvp(loop, (0.3,), (1.0,))

    assert hessian.dtype == product.dtype == dg.float32
    np.testing.assert_allclose(float(hessian), float(dg.grad(dg.grad(loop))(0.3)), rtol=1e-5)
    np.testing.assert_allclose(float(product), float(hessian), rtol=1e-6)


def test_forward_mode_takes_arrays_whose_elements_share_memory() -> None:
    wide, along = dg.broadcast_to(dg.asarray(2.0), (3,)), dg.asarray([1.0, 2.0, 3.0])

    @dg.custom_jvp
    def constant(x: Any) -> Any:
        return dg.zeros(x.shape)

    constant.defjvp(lambda primals, tangents: (constant(primals[0]), tangents[0]))

    def kept(x: Any) -> Any:
        return dg.lax.fori_loop(0, 2, lambda i, c: dg.broadcast_to(c[0], (3,)), x)

    np.testing.assert_allclose(dg.to_numpy(dg.jvp(lambda x: x * x, (wide,), (along,))[1]), [4.0, 8.0, 12.0])
    np.testing.assert_allclose(dg.to_numpy(dg.jvp(dg.vmap(constant), (along,), (along,))[1]), [1.0, 2.0, 3.0])
    np.testing.assert_allclose(dg.to_numpy(dg.jvp(kept, (wide,), (along,))[1]), [1.0, 1.0, 1.0])
