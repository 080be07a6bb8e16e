"""Every disagreement that was measured between JAX and PyTorch before dualgrad was written has its answer somewhere.

`TABLED` names the rows of the divergence table that hold it, `TESTED` the test, `CHECKED` is tested here, and `LEFT`
is what no answer is promised of, with words that must stand on the page of conventions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing.divergences import all_divergences

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {row.id for row in all_divergences()}
INF, NAN = float("inf"), float("nan")

# What disagreed -> rows of the table, by the start of their names.
TABLED: dict[str, str] = {
    "abs at 0 and nan": "abs; linalg.vector_norm[ord=1]; sqrt(x * x)",
    "ties of maximum and minimum, and nan": "maximum; minimum; maximum(x, 0)",
    "ties of fmax and fmin": "fmax; fmin",
    "ties of max and min over all, along an axis, and nan": "max; max[axis=1]; min; min[axis=1]; ptp",
    "ties and nan of max_pool": "nn.max_pool(x, 2, strides=1)",
    "clip at scalar and at array bounds": "clip[min=-1.0][max=1.0]; clip",
    "hard_tanh, relu, leaky_relu at kinks": "nn.hard_tanh; nn.relu; nn.leaky_relu[negative_slope=0.1]; nn.relu6",
    "elu, celu, selu, soft_sign to second order at 0": "nn.elu; nn.elu[alpha=0.5]; nn.celu[alpha=0.5]; "
    "nn.selu; nn.soft_sign",
    "order of ties in a descending sort": "sort(x, descending=True)[0]; argsort[descending=True]",
    "ties of top_k": "top_k(x, 2)",
    "ties of scatter max and segment_max": "at(x)[[0, 0]].max(v); segment_max(x, [0, 0, 2], 4)",
    "norms of every order at the zero vector": "linalg.vector_norm[ord=2]; linalg.vector_norm[ord=3]; "
    "linalg.vector_norm[ord=0.5]; linalg.vector_norm[ord=inf]; linalg.vector_norm[ord=-inf]; linalg.vector_norm[ord=0]",
    "norms of matrices at 0 and at ties": "linalg.matrix_norm[ord=fro]; linalg.matrix_norm[ord=1]; "
    "linalg.matrix_norm[ord=2]; linalg.matrix_norm[ord=inf]; linalg.matrix_norm[ord=nuc]",
    "std of equal elements and of one": "std; std[correction=1]; std[axis=1]; nanstd",
    "distance of equal points, direction of the zero vector": "x / norm(x)",
    "pow to 0 and at 0, to second order": "pow; x**0.0; x**0; x**1; 0.0**y; x**x",
    "pow at infinities": "x**0.5; x**1.5",
    "atan2 and hypot at the origin, at equal and at huge arguments": "atan2; hypot",
    "angle of reals and of 0": "angle",
    "poles of digamma, gammaln and polygamma": "special.digamma; special.gammaln; special.polygamma",
    "derivatives of i0, i1 at 0 and far out": "special.i0; special.i0e; special.i1; special.i1e; i0",
    "sinc near 0": "sinc",
    "logaddexp at infinities and large ties": "logaddexp; logaddexp2",
    "logsumexp and softmax at infinities and large ties": "nn.logsumexp; special.logsumexp; nn.softmax; nn.log_softmax",
    "xlogy and its kin at 0": "special.xlogy; special.xlog1py; special.rel_entr; special.kl_div",
    "an infinite slope with a tangent of 0": "jvp(sqrt, [0, 1]); jvp(prod, [1, 0])",
    "entr, logit, ndtri outside and at the ends": "special.entr; special.logit; special.ndtri",
    "a dead branch with an infinite slope": "where(x > 0, sqrt(x), 0)",
    "copysign at 0 and infinity": "copysign",
    "prod with zeros and infinities": "prod; cumulative_prod",
    "remainder at infinities, floor_divide's derivative": "remainder; fmod; floor_divide",
    "var and mean with infinities": "var; mean",
    "quantile and median: even lengths, infinities, nan": "median; quantile(x, 0.5); nanmedian",
    "second derivatives of log_ndtr and softplus far out": "special.log_ndtr; nn.softplus",
    "mish, silu, gelu far out": "nn.mish; nn.silu; nn.gelu; nn.gelu[approximate=False]",
    "the triangle that cholesky and eigvalsh read": "linalg.cholesky; sum(linalg.cholesky(a)[0]); "
    "linalg.cholesky(a)[1, 0]; linalg.eigvalsh",
    "signs of eigenvectors, singular vectors and R": "linalg.svd; linalg.qr; "
    "linalg.eigh([[1, 0], [0, -4]]).eigenvectors",
    "singular values of 0": "linalg.svdvals; linalg.matrix_norm[ord=nuc]",
    "det of singular matrices, to second order": "linalg.det",
    "inverses and factors that do not exist": "linalg.inv; isfinite(linalg.inv(a)); isfinite(linalg.solve(a, [1, 0])); "
    "linalg.cholesky; linalg.slogdet",
    "nan in a matrix": "linalg.eigh(nan); linalg.eigvalsh(nan); linalg.svdvals",
    "trace of a stack, vander, pinv of zeros": "linalg.trace; vander; linalg.pinv; linalg.matrix_rank",
    "gradients with respect to complex numbers": "abs(z)**2; z * z; real(conj(z) * z); x * (1 + 2j); imag; conj",
    "sign, acosh and branch cuts of complex numbers": "sign; acosh; sqrt; acos; asin; asinh; atanh; atan; log1p",
    "complex powers at 0": "z**w; z**w in z; z**1",
    "sign and heaviside of nan": "sign; heaviside",
    "defaults of meshgrid and var": "meshgrid(x, y)[0]; var",
    "linspace and its whole numbers": "linspace(0, 1, 5); linspace(0, -1, 4, dtype=int32)",
    "indices out of bounds and negative": "take(x, [-1, 3, 0]); take_along_axis(x, [-1, 0]); at(x)[[0, 5]].set(v)",
    "duplicate indices": "at(x)[[0, 0]].set(v); at(x)[[0, 0, -1]].add(v); at(x)[[0, 0]].multiply(v)",
    "one_hot out of range": "nn.one_hot(x, 3)",
    "nextafter's derivative": "nextafter",
    "argmax with nan": "argmax; argmin",
    "division of whole numbers by 0, powers that overflow": "floor_divide; remainder; pow; bitwise_right_shift",
    "casts of nan, infinities and what is out of range": "astype(x, int32); astype(x, uint8)",
    "sums of small integers, functions of integers": "sum; cumulative_sum; mean; std; median; nn.softmax; sin",
    "promotion of arrays, 0-d arrays and numbers": "add; divide; matmul; where; concat; x + 2.5; x + 1j; x + True",
    "dtypes of creation, of indices and of searchsorted": "zeros(2); arange(3); asarray([1j]); searchsorted; argsort",
}  # fmt: skip
# What disagreed -> the test that holds it.
TESTED: dict[str, str] = {
    "attention in float64, and a query that sees no key": "tests/ops/test_nn.py::test_gradients_of_masked_attention",
    "residuals of lstsq": "tests/ops/test_linalg_solvers.py::test_lstsq_takes_stacks_and_gives_the_residuals",
    "forward mode of factorizations": "tests/ops/test_linalg.py::test_second_derivative_is_the_same_in_every_nesting",
    "order and derivatives of eig": "tests/ops/test_linalg.py::test_eigenvectors_belong_to_their_eigenvalues_in",
    "gradients of holomorphic functions": "tests/transforms/test_grad.py::test_holomorphic_gradient_is_the_complex",
    "complex derivatives at infinities": "tests/ops/test_complex_derivatives.py::test_complex_derivative_vanishes",
    "a zero factor in at.multiply": "tests/ops/test_indexing.py::test_gradient_of_multiply_is_right_where_a_factor",
    "casts in every precision": "tests/ops/test_dtypes.py::test_astype_saturates_floats_at_the_limits",
    "weak numbers, strong 0-d arrays": "tests/ops/test_weak_promotion.py::test_zero_dimensional_array_promotes_in_full",
    "64 bits in 32-bit mode": "tests/ops/test_dtypes.py::test_64_bit_dtype_in_32_bit_mode_names_the_switch",
    "ends of linspace": "tests/ops/test_creation.py::test_linspace_ends_exactly",
    "digits against mpmath": "tests/ops/test_accuracy.py::test_",
}
Z = np.array([1 + 2j, 0.5j])
CUBE, PAIR = np.eye(3)[None] * np.array([[[1.0]], [[2.0]]]), np.ones((2, 3))
# What disagreed -> a call and what it gives; an error's type where it raises.
CHECKED: dict[str, tuple[Callable[[], Any], Any]] = {
    "solve takes a stack of vectors for one matrix": (lambda: dg.linalg.solve(_a(CUBE), _a(PAIR)), ValueError),
    "det of an empty matrix": (lambda: dg.grad(dg.linalg.det)(_a(np.ones((0, 0)))), np.ones((0, 0))),
    "cond of nan": (lambda: dg.linalg.cond(_a([[NAN, 0.0], [0.0, 1.0]])), NAN),
    "the order of complex numbers": (lambda: dg.maximum(_a(Z), _a(Z)), TypeError),
    "relu of complex numbers": (lambda: dg.nn.relu(_a(Z)), TypeError),
    "softmax of a number": (lambda: dg.nn.softmax(_a(1.0)), IndexError),
    "sort of a number": (lambda: dg.sort(_a(1.0)), IndexError),
    "cumulative_sum along no axis": (lambda: dg.cumulative_sum(_a(1.0)), ValueError),
    "outer of matrices": (lambda: dg.linalg.outer(_a(PAIR), _a(PAIR)), np.ones((6, 6))),
    "cross of pairs": (lambda: dg.linalg.cross(_a([1.0, 2.0]), _a([1.0, 2.0])), ValueError),
    "gelu's default": (lambda: dg.nn.gelu(_a(1.0)), 0.8411919906082768),
    "negative powers of whole numbers": (lambda: dg.pow(_a([2, 1, -1]), -1), [0, 1, -1]),
    "powers beyond the range": (lambda: dg.pow(_a([2]), 64), [0]),
    "bool from any number": (lambda: dg.all(_a(np.array([2, 3], np.uint8))), True),
    "an average of whole numbers": (lambda: dg.mean(_a(np.array([1, 2], np.int8))), 1.5),
    "heaviside's derivative": (lambda: dg.grad(lambda x: dg.heaviside(x, 0.5))(_a(2.0)), 0.0),
    "an argument that is not used": (lambda: dg.grad(lambda x: _a(1.0))(_a(2.0)), 0.0),
    "a diagonal of a stack": (lambda: dg.linalg.diagonal(_a(CUBE)), [[1.0] * 3, [2.0] * 3]),
    "an index out of bounds in one_hot": (lambda: dg.nn.one_hot(_a([5]), 2), [[0.0, 0.0]]),
    "floor_divide differentiated": (lambda: dg.grad(lambda x: dg.floor_divide(x, 2.0))(_a(5.0)), 0.0),
}
# What is left -> words of the page of conventions.
LEFT: dict[str, str] = {
    "subnormal numbers": "Subnormal numbers",
    "squares beyond the range": "beyond 1e150",
    "layer_norm of huge values": "`nn.layer_norm` where the variance overflows",
    "silu, gelu, mish at infinities": "Derivatives of `silu`, `gelu` and `mish` at infinities",
    "vectors of equal eigenvalues or singular values": "vectors of equal eigenvalues",
    "factors of a matrix that is not finite": "A matrix that holds nan or infinity",
    "operators of the arrays themselves": "An operator of the array itself",
}


def _a(x: Any) -> Any:
    return dg.asarray(np.asarray(x))


@pytest.mark.parametrize("what", TABLED)
def test_measured_disagreement_has_rows_in_the_table(what: str) -> None:
    assert [name for name in TABLED[what].split("; ") if name not in KNOWN] == []


@pytest.mark.parametrize("what", TESTED)
def test_measured_disagreement_has_its_test(what: str) -> None:
    path, _, name = TESTED[what].partition("::")
    assert f"def {name}" in (ROOT / path).read_text()


@pytest.mark.parametrize("what", CHECKED)
def test_measured_disagreement_has_one_answer(what: str, backend: Any, x64: None) -> None:
    call, want = CHECKED[what]
    if isinstance(want, type):
        with pytest.raises(want, match=r"dualgrad\."):
            call()
    else:
        np.testing.assert_allclose(dg.to_numpy(call()), want, rtol=1e-12)


@pytest.mark.parametrize("what", LEFT)
def test_what_is_left_stands_on_the_page_of_conventions(what: str) -> None:
    assert LEFT[what] in (ROOT / "docs" / "guide" / "conventions.md").read_text()
