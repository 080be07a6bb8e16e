"""Systems, inverses and determinants of one matrix in a compiled program on PyTorch share its factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.programs.test_peaks import written

import dualgrad as dg


def evidence(a: Any, b: Any) -> Any:
    return dg.sum(b * dg.linalg.solve(a, b)) + dg.linalg.slogdet(a).logabsdet


def everything(a: Any, b: Any) -> Any:
    found = dg.linalg.slogdet(a)
    return dg.sum(dg.linalg.inv(a) * b) + dg.sum(dg.linalg.solve(a.mT, b) ** 2) + dg.sum(found.sign * found.logabsdet)


def complex_systems(a: Any, b: Any) -> Any:
    a = a + 1j * a.mT
    return dg.sum(dg.abs(dg.linalg.solve(a, b)) ** 2 + dg.real(dg.linalg.inv(dg.conj(a).mT)))


def square(*shape: int) -> np.ndarray[Any, Any]:
    draw = np.random.default_rng(3).normal(size=shape)
    return draw[..., ::-1, :] + 3 * np.eye(shape[-1])[::-1]  # whose rows are exchanged


@pytest.mark.on_cpu
def test_compiled_gradient_of_a_system_and_a_determinant_on_torch_factorises_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dg.use_backend("torch"):
        a, b = dg.asarray(square(6, 6)), dg.asarray(square(6, 6))
        code = written(dg.jit(dg.value_and_grad(evidence)), a, b, monkeypatch=monkeypatch)

    assert code.count("linalg_lu_factor_ex.default(") == 1
    assert not any(f"{op}.default(" in code for op in ("_linalg_solve_ex", "linalg_inv_ex", "_linalg_slogdet"))


@pytest.mark.on_cpu
@pytest.mark.parametrize("fun", [evidence, everything, complex_systems])
@pytest.mark.parametrize("shape", [(5, 5), (3, 4, 4)])
def test_programs_that_share_factors_on_torch_agree_with_the_eager_ones(
    fun: Callable[..., Any], shape: tuple[int, ...]
) -> None:
    def loss(a: Any, b: Any) -> Any:
        return dg.sum(fun(a, b))

    with dg.enable_x64(True), dg.use_backend("torch"):
        a, b = dg.asarray(square(*shape)), dg.asarray(square(*shape[:-1], shape[-1]) ** 2)
        jitted = dg.jit(dg.value_and_grad(loss, argnums=(0, 1)))
        found, expected = jitted(a, b), dg.value_and_grad(loss, argnums=(0, 1))(a, b)
        assert jitted.stats()["fallbacks"] == 0
    for x, y in zip(dg.tree.leaves(found), dg.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-10, atol=1e-10)


@pytest.mark.on_cpu
def test_singular_matrix_whose_factors_are_shared_on_torch_gives_nan_and_minus_infinity() -> None:
    def both(a: Any, b: Any) -> Any:
        return dg.linalg.solve(a, b), dg.linalg.solve(a.mT, b), dg.linalg.inv(a), *dg.linalg.slogdet(a)

    with dg.use_backend("torch"):
        a = dg.asarray([[1.0, 2.0], [2.0, 4.0]])
        *solved, sign, log = (np.asarray(x) for x in dg.jit(both)(a, dg.ones((2, 1))))
    assert all(np.isnan(x).all() for x in solved)
    assert (sign, log) == (0, -np.inf)


@pytest.mark.on_cpu
def test_what_a_program_with_shared_factors_prints_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    def loud(a: Any, b: Any) -> Any:
        dg.debug.print("told")
        return evidence(a, b)

    with dg.use_backend("torch"):
        run = dg.jit(dg.grad(loud))
        run(dg.asarray(square(6, 6)), dg.asarray(square(6, 6)))
        dg.effects_barrier()
    assert run.stats()["fallbacks"] == 0
    assert capfd.readouterr().out.count("told") == 1
