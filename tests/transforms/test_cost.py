"""What a jitted function says of its cost, against counts by hand."""

from __future__ import annotations

from typing import Any

import pytest

import dualgrad as dg


def test_product_costs_two_operations_for_each_pair_of_factors(backend: Any) -> None:
    m, k, n = 64, 80, 96

    cost = dg.jit(dg.matmul).cost(dg.ones((m, k)), dg.ones((k, n)))

    assert cost.operations == 2 * m * k * n
    assert cost.bytes_accessed == 4 * (m * k + k * n + m * n)


def test_fused_elementwise_chain_costs_an_operation_each_and_one_pass_over_memory(backend: Any) -> None:
    n = 1000

    cost = dg.jit(lambda x: dg.sin(x) * 2.0 + x).cost(dg.ShapeDtypeStruct((n,), dg.float32))

    assert cost.operations == 3 * n
    assert cost.bytes_accessed == 2 * 4 * n


def test_checkpoint_moves_nothing_by_itself() -> None:
    def loss(x: Any) -> Any:
        for _ in range(2):
            x = block(x)
        return dg.sum(x)

    block = dg.checkpoint(lambda x: dg.tanh(dg.tanh(x)))

    with dg.use_backend("torch"):
        cost = dg.jit(dg.grad(loss)).cost(dg.ones(1000))

    # the first block; it again with the gradient of the second, then of itself: what it gives is read, and written over
    assert cost.bytes_accessed == pytest.approx(4000 * (2 + 2 + 3), rel=0.02)


def test_sum_costs_an_operation_for_each_number(backend: Any) -> None:
    assert dg.jit(dg.sum).cost(dg.ones(1000)).operations == pytest.approx(1000, rel=0.03)  # XLA adds in blocks


@pytest.mark.parametrize("length", [3, 200])
def test_scan_costs_its_length_times_its_body(length: int, backend: Any) -> None:
    def fun(c: Any, xs: Any) -> Any:
        return dg.lax.scan(lambda c, x: (dg.sin(c) * x, None), c, xs)[0]

    cost = dg.jit(fun).cost(dg.ones(500), dg.ones((length, 500)))

    # Beside the 500 sines and products of a step a backend counts the steps themselves.
    assert cost.operations == pytest.approx(length * 2 * 500, rel=0.02)
    assert cost.bytes_accessed >= length * 4 * 500


def test_loop_within_a_loop_costs_both_lengths(backend: Any) -> None:
    def fun(c: Any) -> Any:
        def inner(c: Any, _: Any) -> Any:
            return dg.lax.scan(lambda c, _: (dg.sin(c), None), c, None, length=70)[0], None

        return dg.lax.scan(inner, c, None, length=80)[0]

    assert dg.jit(fun).cost(dg.ones(1000)).operations == pytest.approx(70 * 80 * 1000, rel=0.02)


def test_branch_costs_the_dearest(backend: Any) -> None:
    def fun(p: Any, a: Any) -> Any:
        return dg.lax.cond(p, lambda a: a @ a, lambda a: a + 1.0, a)

    cost = dg.jit(fun).cost(dg.asarray(True), dg.ones((64, 64)))

    assert cost.operations == pytest.approx(2 * 64**3, rel=0.01)


def test_static_arguments_choose_the_program_that_is_counted(backend: Any) -> None:
    jitted = dg.jit(lambda x, times: x * x if times == 2 else x * x * x, static_argnums=1)

    assert [jitted.cost(dg.ones(100), times).operations for times in (2, 3)] == [100, 200]


def test_memory_beside_the_arguments_is_told_by_jax_alone() -> None:
    for backend, found in (("jax", 4 * 1000), ("torch", None)):
        with dg.use_backend(backend):
            assert dg.jit(lambda x: x + 1.0).cost(dg.ones(1000)).peak_memory == found


def test_cost_of_what_is_no_array_is_an_error(backend: Any) -> None:
    with pytest.raises(TypeError, match=r"dualgrad\.jit"):
        dg.jit(lambda x: x).cost("text")
