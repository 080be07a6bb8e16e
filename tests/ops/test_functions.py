"""Ops that take a function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg


def test_fromfunction_calls_with_all_indices_at_once(backend: Any, x64: None) -> None:
    calls: list[tuple[int, ...]] = []

    def fun(i: Any, j: Any) -> Any:
        calls.append(tuple(i.shape))
        return i - 2 * j

    out = dg.fromfunction(fun, (3, 2))
    np.testing.assert_array_equal(dg.to_numpy(out), np.fromfunction(lambda i, j: i - 2 * j, (3, 2)))
    assert calls == [(3, 2)]


def test_fromfunction_gives_indices_of_the_dtype_asked_for(backend: Any, x64: None) -> None:
    assert dg.fromfunction(lambda i: i, (3,), dtype=dg.int32).dtype == dg.int32


X = np.arange(24.0).reshape(2, 3, 4) - 7.5


def test_apply_along_axis_puts_results_in_the_place_of_the_axis(backend: Any, x64: None) -> None:
    for axis in (0, 1, -1):
        out = dg.apply_along_axis(lambda v: dg.cumsum(v * v), axis, dg.asarray(X))
        np.testing.assert_allclose(dg.to_numpy(out), np.apply_along_axis(lambda v: np.cumsum(v * v), axis, X))
        total = dg.apply_along_axis(dg.sum, axis, X)
        np.testing.assert_allclose(dg.to_numpy(total), X.sum(axis))
        table = dg.apply_along_axis(lambda v: dg.outer(v, v), axis, dg.asarray(X))
        np.testing.assert_allclose(dg.to_numpy(table), np.apply_along_axis(lambda v: np.outer(v, v), axis, X))


def test_apply_along_axis_hands_further_arguments_to_each_line(backend: Any, x64: None) -> None:
    w = np.array([0.5, -2.0])
    slope = dg.grad(lambda w: dg.sum(dg.apply_along_axis(lambda v, w, k: dg.sum(v * w**k), 0, X, w, k=2)))(
        dg.asarray(w)
    )

    np.testing.assert_allclose(
        dg.to_numpy(dg.apply_along_axis(dg.roll, 1, X, 1)), np.apply_along_axis(np.roll, 1, X, 1)
    )
    np.testing.assert_allclose(dg.to_numpy(slope), 2 * w * X.sum((1, 2)))


def test_apply_along_axis_is_differentiated_through_its_function(backend: Any, x64: None) -> None:
    slope = dg.grad(lambda x: dg.sum(dg.apply_along_axis(lambda v: dg.sum(v**3), 1, x)))(dg.asarray(X))
    np.testing.assert_allclose(dg.to_numpy(slope), 3 * X**2)


def test_vectorize_broadcasts_scalars(backend: Any, x64: None) -> None:
    fun = dg.vectorize(lambda a, b: dg.where(a > b, a - b, a + b))
    a, b = np.array([[1.0], [5.0], [3.0]]), np.array([2.0, 4.0])
    np.testing.assert_array_equal(dg.to_numpy(fun(dg.asarray(a), dg.asarray(b))), np.where(a > b, a - b, a + b))
    assert float(fun(3.0, 1.0)) == 2.0


def test_vectorize_by_signature_broadcasts_what_is_not_core(backend: Any, x64: None) -> None:
    fun = dg.vectorize(dg.matmul, signature="(m,n),(n)->(m)")
    a, b = X[:, None], np.arange(20.0).reshape(5, 4)
    want = np.einsum("acmn,cn->acm", np.broadcast_to(a, (2, 5, 3, 4)), b)
    np.testing.assert_allclose(dg.to_numpy(fun(dg.asarray(a), dg.asarray(b))), want)


def test_vectorize_leaves_excluded_arguments_alone(backend: Any, x64: None) -> None:
    fun = dg.vectorize(lambda x, how: how(x), excluded=(1,))
    np.testing.assert_allclose(dg.to_numpy(fun(dg.asarray(X), dg.sin)), np.sin(X), rtol=1e-14)


def test_vectorize_names_what_is_wrong_with_a_signature(backend: Any) -> None:
    with pytest.raises(ValueError, match=r"dualgrad\.vectorize: signature must look like"):
        dg.vectorize(dg.sin, signature="n->n")
    with pytest.raises(ValueError, match=r"dualgrad\.vectorize: an axis must have one size, got 4 and 3"):
        dg.vectorize(dg.matmul, signature="(m,n),(n)->(m)")(dg.asarray(X), dg.ones(3))


def test_apply_over_axes_keeps_the_axes(backend: Any, x64: None) -> None:
    out = dg.apply_over_axes(dg.sum, dg.asarray(X), (0, -1))
    np.testing.assert_allclose(dg.to_numpy(out), np.apply_over_axes(np.sum, X, (0, -1)))


def test_piecewise_takes_the_function_of_the_last_condition_that_holds(backend: Any, x64: None) -> None:
    x = np.linspace(-2.5, 2.5, 6)

    def fun(xp: Any, x: Any) -> Any:
        return xp.piecewise(x, [x < 0, x < -1, x > 1], [lambda x, a: -a * x, 3, lambda x, a: x**2, lambda x, a: a], 2.0)

    np.testing.assert_allclose(dg.to_numpy(dg.jit(lambda x: fun(dg, x))(dg.asarray(x))), fun(np, x))
    slope = dg.grad(lambda x: dg.sum(dg.piecewise(x, [x < 0], [lambda x: -3 * x, dg.square])))(dg.asarray(x))
    np.testing.assert_allclose(dg.to_numpy(slope), np.where(x < 0, -3, 2 * x))
    with pytest.raises(ValueError, match=r"dualgrad\.piecewise: there must be one function for each condition"):
        dg.piecewise(dg.ones(2), [dg.ones(2) > 0], [])


def test_mask_indices_asks_a_function(backend: Any) -> None:
    for want, got in zip(np.mask_indices(4, np.tril, -1), dg.mask_indices(4, dg.tril, -1), strict=True):
        np.testing.assert_array_equal(dg.to_numpy(got), want)
    rows, _ = dg.jit(lambda: dg.mask_indices(3, dg.triu, size=7))()
    assert dg.to_numpy(rows).tolist() == [0, 0, 0, 1, 1, 2, 0]


@pytest.mark.parametrize("of", [lambda f: dg.grad(dg.grad(f)), lambda f: dg.jacfwd(dg.grad(f)), dg.hessian])
def test_curvature_of_hypot_keeps_its_digits_beside_a_far_larger_part(backend: Any, of: Any) -> None:
    with dg.enable_x64():
        along = of(lambda x: dg.hypot(x, 1e-9))(1e3)  # y**2 / length**3, which is no difference of 1 and a square
        across = of(lambda y: dg.hypot(1e3, y))(1e-9)

    np.testing.assert_allclose([float(along), float(across)], [1e-27, 1e-3], rtol=1e-14)


@pytest.mark.parametrize("jitted", [False, True], ids=["eager", "jitted"])
@pytest.mark.parametrize("exponent", [-17, -9.6, -8, 0, 8, 9, 9.7, 13, 17])
def test_curvature_of_an_angle_is_right_at_every_size(backend: Any, exponent: float, jitted: bool) -> None:
    size = 10.0**exponent  # the square of a squared length is beyond float32 from 10**9.6 on
    hessian = dg.hessian(lambda v: dg.atan2(v[0], v[1]))
    point = dg.asarray(np.asarray([3.0, 4.0], np.float32) * np.float32(size))

    found = dg.to_numpy((dg.jit(hessian) if jitted else hessian)(point)).astype(float)

    y, x = (np.float64(v) for v in dg.to_numpy(point))
    r = np.hypot(x, y)
    along, across = -2 * (y / r) * (x / r) / r / r, (y / r - x / r) * (y / r + x / r) / r / r
    want = np.asarray([[along, across], [across, -along]])
    np.testing.assert_allclose(found, want, rtol=1e-5)


def test_curvature_of_logaddexp_keeps_its_digits_where_one_term_is_all(backend: Any) -> None:
    curvature = dg.grad(dg.grad(lambda x: dg.logaddexp(x, -30.0)))

    np.testing.assert_allclose(float(curvature(dg.asarray(1.0, dtype="float32"))), np.exp(-31.0), rtol=1e-5)


@pytest.mark.parametrize("by", [(0, 1), (1, 0)])
def test_mixed_slope_of_an_endless_power_of_zero_is_zero(by: tuple[int, int], backend: Any) -> None:
    slope = dg.grad(dg.grad(dg.pow, argnums=by[0]), argnums=by[1])
    assert float(slope(dg.asarray(0.0), dg.asarray(np.inf))) == 0.0
