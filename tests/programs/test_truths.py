"""Truth values in compiled programs on PyTorch, which Inductor keeps and asks for one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

SPECIAL = [np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0]


@pytest.mark.on_cpu
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int64", "int32", "int8"])
@pytest.mark.parametrize("shape", [(3, 37), (4, 64)])
def test_compiled_comparisons_on_torch_and_what_masks_choose_are_those_of_numpy(
    dtype: str, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 3, shape).astype(np.float64)
    if dtype.startswith(("float", "bfloat")):
        x[0, : len(SPECIAL)] = SPECIAL
    mask = rng.random(shape) < 0.5

    def program(x: Any, mask: Any) -> Any:
        above = x > 0
        return {
            "above": above,
            "both": dg.logical_and(above, mask),
            "one": dg.logical_xor(above, mask),
            "turned": dg.matrix_transpose(dg.logical_and(above, mask)),
            "chosen": dg.where(mask, x, dg.zeros_like(x)),
            "counted": dg.sum(dg.astype(mask, dg.int32), axis=1),
            "any": dg.any(dg.logical_and(above, mask), axis=1),
            "of_rows": dg.where(dg.any(above, axis=1, keepdims=True), mask, above),
        }

    above = x > 0
    expected = {
        "above": above,
        "both": above & mask,
        "one": above ^ mask,
        "turned": (above & mask).T,
        "chosen": np.where(mask, x, 0),
        "counted": mask.sum(axis=1),
        "any": (above & mask).any(axis=1),
        "of_rows": np.where(above.any(axis=1, keepdims=True), mask, above),
    }
    with dg.use_backend("torch"), dg.enable_x64():
        out = dg.jit(program)(dg.asarray(x, dtype=getattr(dg, dtype)), dg.asarray(mask))
        for name, value in out.items():
            found = np.asarray((value * 1).float() if dtype == "bfloat16" else value)
            np.testing.assert_array_equal(found, expected[name], err_msg=name)


@pytest.mark.on_cpu
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_compiled_questions_on_torch_about_special_values_are_answered_as_by_numpy(dtype: str) -> None:
    x = np.array(SPECIAL * 5)
    with dg.use_backend("torch"), dg.enable_x64():
        jitted = dg.jit(lambda x: [f(x) for f in (dg.isnan, dg.isinf, dg.isfinite, dg.signbit)])
        # the sign of a nan is not asked for
        found = [np.asarray(v) for v in jitted(dg.asarray(x, dtype=getattr(dg, dtype)))]
    for out, f in zip(found, (np.isnan, np.isinf, np.isfinite, np.signbit), strict=True):
        known = np.ones_like(out) if f is not np.signbit else ~np.isnan(x)
        np.testing.assert_array_equal(out[known], f(x)[known], err_msg=f.__name__)
