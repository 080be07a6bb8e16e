"""Complex numbers and matrices at degenerate points, whose answers are known from mathematics."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing._special_points import narrowed_row, wrong_points
from dualgrad.testing.divergence import case

INF, NAN, PI = math.inf, math.nan, math.pi
I2, ZERO, ONES = np.eye(2), np.zeros((2, 2)), np.ones((2, 2))
# Second derivatives of sum(A @ A) in A: pairs of factors that meet.
MEETING = I2[None, :, :, None] + I2[:, None, None, :]


def _v(*rows: Any) -> Any:
    return dg.asarray(np.asarray(rows))


def _rebuilt(a: Any) -> Any:
    w, v = dg.linalg.eigh(a)
    return v @ (w[:, None] * v.mT)


CASES = (
    # complex: gradients are df/dx - i df/dy
    case("|z| ** 2", lambda z: dg.abs(z) ** 2, 3 - 4j, value=25.0, grads=(6 + 8j,)),
    case("|z| at 0", dg.abs, 0j, value=0.0, grads=(0j,)),
    case("real part of z ** 2", lambda z: dg.real(z * z), 1 + 2j, value=-3.0, grads=(2 + 4j,)),
    case("imaginary part of z ** 2", lambda z: dg.imag(z * z), 1 + 2j, value=4.0, grads=(4 - 2j,)),
    case("z times its conjugate", lambda z: dg.real(z * dg.conj(z)), 1 + 2j, value=5.0, grads=(2 - 4j,)),
    case("imaginary part of the conjugate", lambda z: dg.imag(dg.conj(z)), 1 + 2j, value=-2.0, grads=(1j,)),
    case("angle", dg.angle, 1 + 1j, value=PI / 4, grads=(-0.5 - 0.5j,)),
    case("angle at 0", dg.angle, 0j, value=0.0, grads=(0j,)),
    case("1 / z", lambda z: dg.reciprocal(z), 2j, value=-0.5j, grads=(0.25 + 0j,)),
    case(
        "real part of exp(z)",
        lambda z: dg.real(dg.exp(z)),
        1j,
        value=math.cos(1),
        grads=(complex(math.cos(1), math.sin(1)),),
    ),
    case("log on the cut", dg.log, complex(-2.0, 0.0), value=complex(math.log(2), PI), grads=(-0.5 + 0j,)),
    case("sqrt below the cut", dg.sqrt, complex(-4.0, -0.0), value=-2j, grads=(0.25j,)),
    case("z ** 3 at 0", lambda z: dg.pow(z, 3), 0j, value=0j, grads=(0j,)),
    case("z ** 0 at 0", lambda z: dg.pow(z, 0), 0j, value=1 + 0j, grads=(0j,)),
    case("sign of z", lambda z: dg.real(dg.sign(z)), 3 + 4j, value=0.6, grads=(0.128 + 0.096j,)),
    case(
        "holomorphic gradient",
        lambda x: dg.grad(lambda z: dg.sum(z**3), holomorphic=True)(x * (1 + 1j)),
        [1.0],
        value=[6j],
        grads=([0.0],),
    ),
    case("complex norm at 0", dg.linalg.vector_norm, [0j, 0j], value=0.0, grads=([0j, 0j],)),
    case("complex norm", dg.linalg.vector_norm, [3j, 4 + 0j], value=5.0, grads=([-0.6j, 0.8 + 0j],)),
    case(
        "inner product",
        lambda a, b: dg.vecdot(a, b),
        [1j, 1 + 0j],
        [1j, 2 + 0j],
        value=3 + 0j,
        grads=([-1j, 2 + 0j], [-1j, 1 + 0j]),
    ),
    case("product with a zero", dg.prod, [1j, 0j], value=0j, grads=([0j, 1j],)),
    case(
        "power of a spectrum",
        lambda x: dg.sum(dg.abs(dg.fft.fft(x)) ** 2),
        [1.0, -2.0],
        value=10.0,
        grads=([4.0, -8.0],),
        second=4 * np.eye(2),
    ),
    case("spectrum with a zero", lambda x: dg.sum(dg.abs(dg.fft.fft(x))), [1.0, -1.0], value=2.0, grads=([1.0, -1.0],)),
    case("a real number's phase", lambda t: dg.real(dg.exp(1j * t)), 0.0, value=1.0, grads=(0.0,), second=-1.0),
    # polynomials of matrices
    case("det of rank 1", dg.linalg.det, [[1.0, 2.0], [2.0, 4.0]], value=0.0, grads=([[4.0, -2.0], [-2.0, 1.0]],)),
    case("det of 0", dg.linalg.det, np.zeros((3, 3)), value=0.0, grads=(np.zeros((3, 3)),)),
    case(
        "det of rank 3 of 4",
        dg.linalg.det,
        np.diag([1.0, 2.0, 3.0, 0.0]),
        value=0.0,
        grads=(np.diag([0.0, 0.0, 0.0, 6.0]),),
        rtol=1e-10,
    ),
    case(
        "slogdet of a swap",
        lambda a: dg.linalg.slogdet(a),
        [[0.0, 1.0], [1.0, 0.0]],
        value=(-1.0, 0.0),
        grads=([[0.0, 1.0], [1.0, 0.0]],),
    ),
    case(
        "log(det) at 1",
        lambda a: dg.linalg.slogdet(a)[1],
        I2,
        value=0.0,
        grads=(I2,),
        second=-np.einsum("il,jk->ijkl", I2, I2),
    ),
    case("A ** 0", lambda a: dg.linalg.matrix_power(a, 0), ZERO, value=I2, grads=(ZERO,)),
    case("A ** 2 at 0", lambda a: dg.linalg.matrix_power(a, 2), ZERO, value=ZERO, grads=(ZERO,), second=MEETING),
    case("A ** 3 at 1", lambda a: dg.linalg.matrix_power(a, 3), I2, value=I2, grads=(3 * ONES,), second=3 * MEETING),
    case("A ** -1 at 1", lambda a: dg.linalg.matrix_power(a, -1), I2, value=I2, grads=(-ONES,), second=MEETING),
    case("inverse at 1", dg.linalg.inv, I2, value=I2, grads=(-ONES,), second=MEETING),
    case("exponential of 0", dg.linalg.expm, ZERO, value=I2, grads=(ONES,), second=MEETING / 2),
    case(
        "exponential of a diagonal",
        dg.linalg.expm,
        np.diag([0.0, math.log(2)]),
        value=np.diag([1.0, 2.0]),
        grads=([[1.0, 1 / math.log(2)], [1 / math.log(2), 2.0]],),
        rtol=1e-11,
    ),
    case(
        "trace of a product",
        lambda a: dg.trace(a @ a),
        [[1.0, 2.0], [3.0, 4.0]],
        value=29.0,
        grads=([[2.0, 6.0], [4.0, 8.0]],),
        second=2 * np.einsum("il,jk->ijkl", I2, I2),
    ),
    case(
        "cross product of parallels",
        lambda a, b: dg.linalg.cross(a, b)[2],
        [1.0, 2.0, 3.0],
        [1.0, 2.0, 3.0],
        value=0.0,
        grads=([2.0, -1.0, 0.0], [-2.0, 1.0, 0.0]),
    ),
    # factors and spectra
    case(
        "Cholesky factor of a diagonal",
        dg.linalg.cholesky,
        np.diag([4.0, 9.0]),
        value=np.diag([2.0, 3.0]),
        grads=([[0.25, 0.25], [0.25, 1 / 6]],),
    ),
    case("Cholesky factor of 4", dg.linalg.cholesky, [[4.0]], value=[[2.0]], grads=([[0.25]],), second=[[[[-1 / 32]]]]),
    case("Cholesky factor of none", lambda a: dg.linalg.cholesky(a)[0, 0], [[-1.0]], value=NAN),
    case(
        "solution",
        dg.linalg.solve,
        np.diag([2.0, 4.0]),
        [2.0, 8.0],
        value=[1.0, 2.0],
        grads=([[-0.5, -1.0], [-0.25, -0.5]], [0.5, 0.25]),
    ),
    case(
        "triangular solution",
        lambda a, b: dg.linalg.solve_triangular(a, b, lower=True),
        [[1.0, 9.0], [1.0, 1.0]],
        [1.0, 3.0],
        value=[1.0, 2.0],
        grads=([[0.0, 0.0], [-1.0, -2.0]], [0.0, 1.0]),
    ),
    case(
        "least squares of rank 1",
        lambda b: dg.linalg.lstsq(_v([1.0, 1.0], [1.0, 1.0]), b)[0],
        [2.0, 2.0],
        value=[1.0, 1.0],
        grads=([0.5, 0.5],),
    ),
    case("pseudo-inverse of rank 1", dg.linalg.pinv, ONES, value=ONES / 4, grads=(-ONES / 4,)),
    case("pseudo-inverse of 0", dg.linalg.pinv, ZERO, value=ZERO, grads=(ZERO,)),
    case("equal eigenvalues, summed", lambda a: dg.sum(dg.linalg.eigvalsh(a)), 2 * I2, value=4.0, grads=(I2,)),
    case(
        "equal eigenvalues, squared", lambda a: dg.sum(dg.linalg.eigvalsh(a) ** 2), 2 * I2, value=8.0, grads=(4 * I2,)
    ),
    case(
        "a matrix rebuilt from equal eigenvalues",
        lambda a: dg.trace(_rebuilt(a)),
        I2,
        value=2.0,
        grads=(I2,),
        modes=("reverse",),
    ),
    case(
        "a matrix rebuilt",
        _rebuilt,
        np.diag([1.0, 3.0]),
        value=np.diag([1.0, 3.0]),
        grads=(ONES,),
        second=np.zeros((2,) * 4),
    ),
    case(
        "an eigenvector's turn",
        lambda a: dg.linalg.eigh(a).eigenvectors[0, 1],
        np.diag([1.0, 3.0]),
        value=0.0,
        grads=([[0.0, 0.25], [0.25, 0.0]],),
    ),
    case("singular values of 0", lambda a: dg.sum(dg.linalg.svdvals(a)), ZERO, value=0.0, grads=(ZERO,)),
    case(
        "singular values of rank 1",
        lambda a: dg.sum(dg.linalg.svdvals(a)),
        [[2.0, 0.0], [0.0, 0.0]],
        value=2.0,
        grads=([[1.0, 0.0], [0.0, 0.0]],),
    ),
    case("equal singular values", lambda a: dg.sum(dg.linalg.svdvals(a)), 3 * I2, value=6.0, grads=(I2,)),
    case("spectral norm of equal", lambda a: dg.linalg.matrix_norm(a, ord=2), I2, value=1.0, grads=(I2 / 2,)),
    case(
        "nuclear norm of rank 1",
        lambda a: dg.linalg.matrix_norm(a, ord="nuc"),
        [[2.0, 0.0], [0.0, 0.0]],
        value=2.0,
        grads=([[1.0, 0.0], [0.0, 0.0]],),
    ),
    case("R of a negative number", lambda a: dg.linalg.qr(a)[1], [[-2.0]], value=[[2.0]], grads=([[-1.0]],)),
    case(
        "Hermitian eigenvalues",
        lambda a: dg.sum(dg.linalg.eigvalsh(a)),
        [[1.0 + 0j, 1j], [-1j, 1.0 + 0j]],
        value=2.0,
        grads=(I2 + 0j,),
    ),
    case(
        "complex det",
        lambda a: dg.real(dg.linalg.det(a)),
        [[1j, 0j], [0j, 1j]],
        value=-1.0,
        grads=([[1j, 0j], [0j, 1j]],),
    ),
)


def test_complex_numbers_and_matrices_have_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(CASES) == []


@pytest.mark.backends("torch")  # on JAX it holds too; half a minute of compiling
def test_complex_numbers_and_matrices_have_in_float32_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(map(narrowed_row, CASES)) == []


@pytest.mark.backends("torch")
def test_complex_numbers_and_matrices_keep_in_a_trace_their_exact_answers(backend: Any, x64: None) -> None:
    assert wrong_points(CASES, functools.partial(dg.jit, compiler="replay")) == []
