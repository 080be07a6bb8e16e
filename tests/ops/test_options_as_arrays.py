"""Numbers among the options that may also be arrays: under `jit` and `vmap`, and differentiated by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = [pytest.mark.x64, pytest.mark.usefixtures("backend")]

X = np.array([[0.3, -1.7, 2.6, 0.9], [-0.8, 0.05, 3.7, 1.2]])
Y = np.array([[1.3, 0.7, -0.6, 0.2], [0.4, 2.05, 0.7, -1.1]])


def _normal(x: Any, axis: Any, epsilon: float) -> Any:
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


def _cosine(x: Any, y: Any, epsilon: float) -> Any:
    norms = [np.maximum(np.sqrt((a * a).sum(-1)), epsilon) for a in (x, y)]
    return (x * y).sum(-1) / (norms[0] * norms[1])


# What dualgrad computes, the same in NumPy, and a value of the option
CASES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[float], Any], float]] = {
    "layer_norm": (lambda x, n: dg.nn.layer_norm(x, epsilon=n), lambda n: _normal(X, -1, n), 0.5),
    "rms_norm": (
        lambda x, n: dg.nn.rms_norm(x, epsilon=n),
        lambda n: X / np.sqrt((X * X).mean(-1, keepdims=True) + n),
        0.5,
    ),
    "batch_norm": (lambda x, n: dg.nn.batch_norm(x, epsilon=n)[0], lambda n: _normal(X, 0, n), 0.5),
    "group_norm": (
        lambda x, n: dg.nn.group_norm(x, 2, epsilon=n),
        lambda n: _normal(X.reshape(2, 2, 2), -1, n).reshape(2, 4),
        0.5,
    ),
    "standardize": (
        lambda x, n: dg.nn.standardize(x, where=dg.asarray(X < 3), epsilon=n),
        lambda n: np.stack([(r - r[r < 3].mean()) / np.sqrt(r[r < 3].var() + n) for r in X]),
        0.5,
    ),
    "cosine_similarity": (
        lambda x, n: dg.nn.cosine_similarity(x, dg.asarray(Y), epsilon=n),
        lambda n: _cosine(X, Y, n),
        2.0,
    ),
    "cosine_distance": (
        lambda x, n: dg.nn.cosine_distance(x, dg.asarray(Y), epsilon=n),
        lambda n: 1 - _cosine(X, Y, n),
        2.0,
    ),
    "pad": (lambda x, n: dg.pad(x, 1, constant_values=n), lambda n: np.pad(X, 1, constant_values=n), 2.5),
    "pad by pairs": (
        lambda x, n: dg.pad(x, ((0, 1), (2, 0)), constant_values=((n, 2 * n), (3 * n, 4 * n))),
        lambda n: np.pad(X, ((0, 1), (2, 0)), constant_values=((n, 2 * n), (3 * n, 4 * n))),
        2.5,
    ),
    "pinv": (lambda x, n: dg.linalg.pinv(x, rtol=n), lambda n: np.linalg.pinv(X, rcond=n), 0.6),
    "lstsq": (
        lambda x, n: dg.linalg.lstsq(x, dg.asarray(Y[:, 0]), n).x,
        lambda n: np.linalg.lstsq(X, Y[:, 0], n)[0],
        0.6,
    ),
    "polyfit": (
        lambda x, n: dg.polyfit(x[0], dg.asarray(Y[0]), 2, n),
        lambda n: np.linalg.pinv(V / S, rcond=n) @ Y[0] / S,
        0.6,
    ),
}
V = np.vander(X[0], 3)
S = np.sqrt((V * V).sum(0))


@pytest.mark.parametrize("case", CASES)
def test_traced_number_gives_what_a_python_number_does(case: str) -> None:
    fun, reference, n = CASES[case]
    x, expected = dg.asarray(X), reference(n)
    several = dg.vmap(fun, in_axes=(None, 0))(x, dg.asarray([n, 1.1 * n]))

    for out in (fun(x, n), fun(x, dg.asarray(n)), dg.jit(fun)(x, n), several[0]):
        np.testing.assert_allclose(dg.to_numpy(out), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dg.to_numpy(several[1]), reference(1.1 * n), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_derivative_by_the_number_is_the_slope(case: str) -> None:
    fun, reference, n = CASES[case]
    h = 1e-5

    def total(n: Any) -> Any:
        return dg.sum(dg.sin(fun(dg.asarray(X), n)))

    slope = (np.sin(reference(n + h)).sum() - np.sin(reference(n - h)).sum()) / (2 * h)
    forward = dg.jvp(total, (dg.asarray(n),), (dg.asarray(1.0),))[1]

    np.testing.assert_allclose([float(dg.grad(total)(n)), float(forward)], slope, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    ("op", "call"),
    {
        "nn.layer_norm: epsilon": lambda n: dg.nn.layer_norm(dg.asarray(X), epsilon=n),
        "nn.rms_norm: epsilon": lambda n: dg.nn.rms_norm(dg.asarray(X), epsilon=n),
        "nn.batch_norm: epsilon": lambda n: dg.nn.batch_norm(dg.asarray(X), epsilon=n),
        "nn.group_norm: epsilon": lambda n: dg.nn.group_norm(dg.asarray(X), 2, epsilon=n),
        "nn.cosine_distance: epsilon": lambda n: dg.nn.cosine_distance(dg.asarray(X), dg.asarray(Y), epsilon=n),
        "linalg.lstsq: rcond": lambda n: dg.linalg.lstsq(dg.asarray(X), dg.asarray(Y), n),
        "polyfit: rcond": lambda n: dg.polyfit(dg.asarray(X[0]), dg.asarray(Y[0]), 1, n),
        "unwrap: period": lambda n: dg.unwrap(dg.asarray(X), period=n),
    }.items(),
)
def test_number_for_all_has_no_axes(op: str, call: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=rf"dualgrad\.{op} must be a number or a 0-d array, got shape \(3,\)\."):
        call(dg.ones(3))


def test_array_option_promotes() -> None:
    x, n = dg.ones(3, dtype="float32"), dg.asarray(0.5, dtype="float64")

    outs = (
        dg.nn.elu(x, n),
        dg.nn.celu(x, n),
        dg.nn.leaky_relu(x, n),
        dg.nn.huber_loss(x, delta=n),
        dg.unwrap(x, period=n),
    )
    assert [dg.float64 == out.dtype for out in outs] == [True] * 5
