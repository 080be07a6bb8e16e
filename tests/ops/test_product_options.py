"""`precision` and `preferred_element_type` of products: what they take, and what they do to dtypes and sums."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

LAST_AND_FIRST = (((1,), (0,)), ((), ()))
PRODUCTS: dict[str, tuple[Callable[..., Any], Callable[[Any, Any], Any]]] = {
    "matmul": (dg.matmul, lambda a, b: a @ b),
    "dot": (dg.dot, lambda a, b: a @ b),
    "inner": (dg.inner, lambda a, b: a @ b.T),
    "vdot": (dg.vdot, np.vdot),
    "vecdot": (dg.vecdot, lambda a, b: (a * b).sum(-1)),
    "tensordot": (lambda a, b, **k: dg.tensordot(a, b, 1, **k), lambda a, b: a @ b),
    "einsum": (lambda a, b, **k: dg.einsum("ij,jk->ik", a, b, **k), lambda a, b: a @ b),
    "lax.dot_general": (lambda a, b, **k: dg.lax.dot_general(a, b, LAST_AND_FIRST, **k), lambda a, b: a @ b),
    "convolve": (
        lambda a, b, **k: dg.convolve(a[0], b[0], "valid", **k),
        lambda a, b: np.convolve(a[0], b[0], "valid"),
    ),
    "correlate": (lambda a, b, **k: dg.correlate(a[0], b[0], **k), lambda a, b: np.correlate(a[0], b[0])),
    "nn.conv": (
        lambda a, b, **k: dg.nn.conv(a[None], b[:, :, None], **k)[0],
        lambda a, b: b @ a,
    ),
    "nn.conv_transpose": (
        lambda a, b, **k: dg.nn.conv_transpose(a[None], b[:, :, None], **k)[0],
        lambda a, b: b.T @ a,
    ),
    "lax.conv_general_dilated": (
        lambda a, b, **k: dg.lax.conv_general_dilated(a[None], b[:, :, None], (1,), "VALID", **k)[0],
        lambda a, b: b @ a,
    ),
}
# Their products are no float16, and neither are their sums.
A = np.array([[301.0, 2.5, -300.0], [1.25, 7.0, 255.0], [99.0, -98.5, 3.0]], np.float16)
B = np.array([[201.0, 0.5, 1.0], [3.0, 77.0, -1.5], [200.0, 0.25, 31.0]], np.float16)


@pytest.mark.parametrize("op", PRODUCTS)
def test_halves_are_summed_and_returned_in_the_preferred_dtype(op: str) -> None:
    fun, reference = PRODUCTS[op]
    out = fun(dg.asarray(A), dg.asarray(B), preferred_element_type=dg.float32, precision="highest")
    assert out.dtype == dg.float32
    np.testing.assert_allclose(
        dg.to_numpy(out), reference(A.astype(np.float64), B.astype(np.float64)), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("op", PRODUCTS)
def test_unknown_precision_and_a_dtype_that_holds_no_products_are_refused_in_the_same_words(op: str) -> None:
    fun, _ = PRODUCTS[op]
    a, b = dg.asarray(A), dg.asarray(B)
    name = op.replace(".", r"\.")
    with pytest.raises(
        ValueError, match=f"dualgrad.{name}: precision must be None, 'default', .* got precision='best'"
    ):
        fun(a, b, precision="best")
    with pytest.raises(TypeError, match=f"dualgrad.{name}: preferred_element_type must be of a kind .* float16"):
        fun(a, b, preferred_element_type=dg.int32)


class Native(Enum):
    """As `jax.lax.Precision`."""

    DEFAULT = 0
    HIGH = 1


@pytest.mark.parametrize("precision", ["default", "high", "float32", ("high", "highest"), ["high"] * 2, Native.HIGH])
def test_precision_has_jax_s_names(precision: Any) -> None:
    x = dg.asarray([[1.0, 2.0], [3.0, 4.0]])
    for fun in (dg.matmul, lambda a, b, **k: dg.linalg.multi_dot([a, b], **k), dg.lax.batch_matmul):
        assert dg.to_numpy(fun(x, x, precision=precision)).tolist() == [[7.0, 10.0], [15.0, 22.0]]


@pytest.mark.parametrize("precision", [1, ("high",), ("high", None), "HIGH", [["high", "high"]]])
def test_what_is_no_precision_is_refused(precision: Any) -> None:
    x = dg.ones((2, 2))
    with pytest.raises(ValueError, match="precision must be None"):
        dg.matmul(x, x, precision=precision)
    with pytest.raises(ValueError, match=r"dualgrad\.linalg\.multi_dot: precision must be None"):
        dg.linalg.multi_dot([x, x], precision=precision)


@pytest.mark.parametrize(
    ("given", "preferred"),
    [("int8", "int32"), ("int8", "float32"), ("bool", "int32"), ("float32", "float16")],
)
def test_sums_are_taken_in_the_wider_of_both_dtypes(given: str, preferred: str) -> None:
    a, b = np.array([[90, 80], [1, 0]]).astype(given), np.array([[100, 3], [90, 2]]).astype(given)
    out = dg.matmul(dg.asarray(a), dg.asarray(b), preferred_element_type=preferred)
    assert out.dtype == getattr(dg, preferred)
    assert np.array_equal(dg.to_numpy(out), a.astype(preferred).astype(float) @ b.astype(preferred).astype(float))


def test_real_products_are_had_as_complex_numbers() -> None:
    x = dg.asarray([[1.0, 2.0], [3.0, 4.0]])
    out = dg.matmul(x, x, preferred_element_type=dg.complex64)
    assert out.dtype == dg.complex64
    assert dg.to_numpy(out).tolist() == [[7.0, 10.0], [15.0, 22.0]]


@pytest.mark.parametrize("op", ["matmul", "nn.conv", "lax.dot_general"])
def test_preferred_dtype_holds_through_transforms(op: str) -> None:
    fun, reference = PRODUCTS[op]

    def loss(a: Any, b: Any) -> Any:
        return dg.sum(fun(a, b, preferred_element_type=dg.float32, precision="high"))

    a, b = dg.asarray(A), dg.asarray(B)
    gradient = dg.jit(dg.grad(loss))(a, b)
    assert gradient.dtype == dg.float16
    eye = np.eye(9).reshape(9, 3, 3)
    expected = np.array([reference(e, B.astype(np.float64)).sum() for e in eye]).reshape(3, 3)
    np.testing.assert_allclose(dg.to_numpy(gradient), expected.astype(np.float16), rtol=1e-3)
    stack = dg.asarray(np.stack([A, 2 * A / 4]))
    mapped = dg.vmap(lambda x: fun(x, b, preferred_element_type=dg.float32))(stack)
    assert mapped.dtype == dg.float32
    np.testing.assert_allclose(
        dg.to_numpy(mapped)[1], reference(A.astype(np.float64) / 2, B.astype(np.float64)), rtol=1e-6
    )
