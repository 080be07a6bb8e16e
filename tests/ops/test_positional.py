"""Options that NumPy's users give by position may be given so here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

A = np.arange(9.0).reshape(3, 3) - 3.5
CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("roll", (A, 1, 0)),
    ("repeat", (A, 2, 1)),
    ("diag", (A, 1)),
    ("tensordot", (A, A, 1)),
    ("trace", (A, 1)),
    ("trace", (A, 0, 0, 1, "float32")),
    ("average", (A, 1, A[0] + 9.0)),
    ("diagonal", (A, -1)),
    ("tril", (A, -1)),
    ("triu", (A, 1)),
    ("searchsorted", (A[0], A[0], "right")),
    ("quantile", (A, 0.3, 1)),
    ("interp", (A, A[:, 0], A[:, 1], -1.0, 2.0)),
    ("convolve", (A[0], A[1], "same")),
    ("rot90", (A, 2, (1, 0))),
    ("vander", (A[0], 2)),
    ("sum", (A, 0, "float32")),
    ("zeros", (3, "float32")),
    ("full", ((2, 3), 1.5, "float32")),
    ("asarray", (A, "float32")),
    ("arange", (1, 7, 2, "float32")),
    ("eye", (3, 4, 1, "float32")),
    ("ones_like", (A, "int32")),
    ("round", (A, 1)),
    ("diff", (A, 2, 0)),
    ("allclose", (A, A + 1.0, 0.0, 2.0)),
    ("nanprod", (A, 1, "float32")),
    ("einsum", (A, [0, 1], A, [1, ...], [..., 0])),
    ("trace", (A[None] + A[:, :, None], 0, 0, 2)),
    ("diagonal", (A[None] + A[:, :, None], 1, 2, 0)),
]
KEYWORDS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("take", (A,), {"indices": np.asarray([2, 0]), "axis": 1}),
    ("repeat", (A,), {"repeats": 2}),
    ("pad", (A,), {"pad_width": 1}),
    ("quantile", (A,), {"q": 0.3}),
    ("split", (A,), {"indices_or_sections": 3}),
    ("swapaxes", (A,), {"axis1": 0, "axis2": 1}),
    ("moveaxis", (A,), {"source": 0, "destination": -1}),
    ("arange", (), {"start": 1, "stop": 4}),
    ("cov", (A,), {"y": A[::-1]}),
    ("linspace", (), {"start": 1.0, "stop": 2.0, "num": 4}),
    ("logspace", (), {"start": A[0], "stop": 1.0, "num": 3}),
    ("geomspace", (), {"start": 1.0, "stop": 8.0, "num": 4}),
    ("interp", (A,), {"xp": A[:, 0], "fp": A[:, 1], "left": -1.0}),
    ("tile", (A,), {"reps": (2, 1)}),
    ("select", (), {"condlist": [A > 0.0, A < -2.0], "choicelist": [A, -A], "default": 7.0}),
    ("apply_along_axis", (), {"func1d": lambda x: x[::2], "axis": 0, "arr": A}),
]


@pytest.mark.parametrize(("op", "args"), CALLS, ids=[op for op, _ in CALLS])
def test_options_may_be_given_by_position(op: str, args: tuple[Any, ...], backend: Any, x64: None) -> None:
    got = getattr(dg, op)(*args)
    np.testing.assert_allclose(dg.to_numpy(got), getattr(np, op)(*args), rtol=1e-13)
    assert str(got.dtype).removeprefix("torch.") == str(np.asarray(getattr(np, op)(*args)).dtype)


@pytest.mark.parametrize(("op", "args", "options"), KEYWORDS, ids=[op for op, *_ in KEYWORDS])
def test_options_may_be_named_as_in_jax(
    op: str, args: tuple[Any, ...], options: dict[str, Any], backend: Any, x64: None
) -> None:
    got, expected = getattr(dg, op)(*args, **options), getattr(np, op)(*args, **options)
    for x, y in zip(got, expected, strict=True) if isinstance(expected, list) else [(got, expected)]:
        np.testing.assert_allclose(dg.to_numpy(x), y, rtol=1e-13)


def test_attention_takes_its_arrays_by_name(backend: Any) -> None:
    q = dg.ones((1, 2, 1, 3))
    mask = dg.ones((1, 1, 2, 2), dg.bool)
    got = dg.nn.dot_product_attention(query=q, key=q, value=2.0 * q, mask=mask)
    np.testing.assert_allclose(dg.to_numpy(got), 2.0 * np.ones((1, 2, 1, 3)), rtol=1e-6)


def test_normalisation_takes_its_arrays_by_name(backend: Any) -> None:
    x, w, b = dg.asarray(A), dg.asarray(A[0]), dg.asarray(A[1])
    pairs = [
        (dg.nn.layer_norm(x, w, b), dg.nn.layer_norm(x, scale=w, bias=b)),
        (dg.nn.rms_norm(x, w), dg.nn.rms_norm(x, scale=w)),
        (dg.nn.group_norm(x, 1, w, b), dg.nn.group_norm(x, 1, scale=w, bias=b)),
        (dg.nn.batch_norm(x, w, b)[0], dg.nn.batch_norm(x, scale=w, bias=b)[0]),
        (dg.nn.l2_loss(x, w), dg.nn.l2_loss(x, targets=w)),
    ]
    for by_position, by_name in pairs:
        np.testing.assert_array_equal(dg.to_numpy(by_position), dg.to_numpy(by_name))


@pytest.mark.parametrize("op", [dg.segment_max, dg.segment_mean, dg.segment_min, dg.segment_prod, dg.segment_sum])
def test_numbers_of_groups_may_be_named(op: Any, backend: Any) -> None:
    ids = np.asarray([1, 0, 1])
    by_name, by_position = op(A, segment_ids=ids, num_segments=2), op(A, ids, 2)
    np.testing.assert_array_equal(dg.to_numpy(by_name), dg.to_numpy(by_position))
