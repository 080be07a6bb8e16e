"""Reductions over chosen elements, from an initial value and in a dtype of their own, against NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
GAPPY = np.where(np.abs(X) > 3.0, np.nan, X)
SOME = np.array([[True, False, True], [False, True, True]])
FROM = ["sum", "prod", "max", "min"]
SPREADS = ["var", "std"]
ALL = [p + op for op in [*FROM, "mean", *SPREADS] for p in ("", "nan")]


def _input(op: str) -> Any:
    return GAPPY if op.startswith("nan") else X


@pytest.mark.parametrize("op", [*ALL, "all", "any"])
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": (0, 1), "keepdims": True}], ids=["all", "axis", "kept"])
def test_only_the_chosen_elements_count(op: str, options: dict[str, Any], backend: Any, x64: None) -> None:
    if op.removeprefix("nan") in FROM:
        options = {**options, "initial": 0.5}
    x = _input(op)
    for where in (SOME, SOME[:1], SOME[:, :1] | SOME[:, 2:]):
        got = getattr(dg, op)(x, where=where, **options)
        np.testing.assert_allclose(dg.to_numpy(got), getattr(np, op)(x, where=where, **options), rtol=1e-13)


@pytest.mark.parametrize("op", [p + op for op in FROM for p in ("", "nan")])
def test_initial_value_also_stands_for_no_elements(op: str, backend: Any, x64: None) -> None:
    for x in (_input(op), np.zeros((0, 3)), np.arange(6).reshape(2, 3), np.arange(6, dtype="uint64").reshape(2, 3)):
        got = getattr(dg, op)(x, 0, initial=2)
        np.testing.assert_allclose(dg.to_numpy(got), getattr(np, op)(x, 0, initial=2), rtol=1e-13)
        assert str(got.dtype).removeprefix("torch.") == str(x.dtype)


@pytest.mark.parametrize("op", [p + op for op in ("mean", *SPREADS) for p in ("", "nan")])
def test_dtype_is_that_of_result_and_arithmetic(op: str, backend: Any, x64: None) -> None:
    for dtype in ("float32",) if op in ("nanvar", "nanstd") else ("float32", "complex128"):  # NumPy warns there
        got, expected = getattr(dg, op)(_input(op), 1, dtype), getattr(np, op)(_input(op), 1, dtype)
        np.testing.assert_allclose(dg.to_numpy(got), expected, rtol=1e-6)
        assert str(got.dtype).removeprefix("torch.") == str(expected.dtype)
    assert dg.to_numpy(dg.mean(np.arange(4), dtype="int64")) == np.mean(np.arange(4), dtype="int64")


@pytest.mark.parametrize("op", [p + op for op in SPREADS for p in ("", "nan")])
def test_spread_is_taken_about_a_given_mean(op: str, backend: Any, x64: None) -> None:
    mean = np.array([[0.5], [-0.25]])
    got = getattr(dg, op)(_input(op), 1, mean=mean, correction=1)
    np.testing.assert_allclose(dg.to_numpy(got), getattr(np, op)(_input(op), 1, mean=mean, ddof=1), rtol=1e-13)


def test_wrong_masks_and_initial_values_are_named(backend: Any) -> None:
    x = dg.ones((2, 3))
    with pytest.raises(TypeError, match=r"dualgrad\.sum: where must be boolean, got dtype int32"):
        dg.sum(x, where=dg.ones((2, 3), dg.int32))
    with pytest.raises(ValueError, match=r"dualgrad\.mean: where must broadcast .* got \(2,\) for an x of \(2, 3\)"):
        dg.mean(x, where=dg.ones(2, dg.bool))
    with pytest.raises(ValueError, match=r"dualgrad\.max: where needs an initial value"):
        dg.max(x, where=x > 0)
    with pytest.raises(ValueError, match=r"dualgrad\.sum: initial must be a scalar, got shape \(2,\)"):
        dg.sum(x, initial=dg.ones(2))
    with pytest.raises(TypeError, match=r"dualgrad\.var: dtype must be complex for complex numbers"):
        dg.var(dg.ones(2, dg.complex64), dtype="float32")
