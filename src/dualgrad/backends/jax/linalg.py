"""Linear algebra on JAX: factors have one sign, norms a gradient at 0, determinants one at singular matrices."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import jax.numpy as jnp
from jax import Array
from jax.lax import stop_gradient

from dualgrad._results import EighResult, EigResult, QRResult, SlogdetResult, SVDResult
from dualgrad._rules.arguments import normalize_axes, normalize_axis
from dualgrad._rules.linear import norm_error, require_matrix, require_square, solve_takes_vector
from dualgrad.backends.jax import reductions
from dualgrad.backends.jax._eigen import eigenvalues, eigenvectors
from dualgrad.backends.jax._traced import array, floating, floating_together, traced
from dualgrad.backends.jax.determinants import determinant, inverse, log_determinant
from dualgrad.backends.jax.linear_algebra import diagonal, matmul, matrix_transpose, outer, tensordot, trace, vecdot

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


P = ParamSpec("P")
R = TypeVar("R")
_HALF = frozenset({"float16", "bfloat16"})


def in_single(fun: Callable[P, R]) -> Callable[P, R]:
    """`fun` for half precision too, for which XLA has no factorisations: computed in float32 and rounded."""

    @functools.wraps(fun)
    def op(*args: Any, **kwargs: Any) -> Any:
        if not any(str(getattr(x, "dtype", None)) in _HALF for x in args):
            return fun(*args, **kwargs)
        arrays = floating_together(f"linalg.{fun.__name__}", *args)
        dtype = arrays[0].dtype
        if dtype.name not in _HALF:
            return fun(*arrays, **kwargs)  # type: ignore[arg-type]
        out: Any = fun(*[x.astype(jnp.float32) for x in arrays], **kwargs)  # type: ignore[arg-type]
        if isinstance(out, tuple):
            return type(out)(*[x.astype(dtype) for x in out])
        return out.astype(dtype) if jnp.issubdtype(out.dtype, jnp.floating) else out

    return op  # type: ignore[return-value]


def square(op: str, x: Any) -> Array:
    x = floating(f"linalg.{op}", x)
    require_square(f"linalg.{op}", x.shape)
    return x


def matrix(op: str, x: Any) -> Array:
    x = floating(f"linalg.{op}", x)
    require_matrix(f"linalg.{op}", x.shape)
    return x


def hermitian(op: str, x: Any) -> Array:
    x = square(op, x)
    return (x + x.mT.conj()) / 2


def rotation(vectors: Array) -> Array:
    """The phase, one per column, that makes the first of the column's largest components real and positive.

    Components within 0.1 % of the largest count as largest, so that rounding does not choose among equals.
    """
    size = jnp.abs(stop_gradient(vectors))
    place = jnp.argmax(size >= 0.999 * jnp.max(size, -2, keepdims=True), -2, keepdims=True)
    chosen = jnp.take_along_axis(vectors, place, -2)
    if jnp.iscomplexobj(vectors):
        return chosen.conj() / jnp.abs(chosen)  # jnp.sign has no derivative here
    return jnp.sign(chosen)


@traced("linalg.cholesky", "upper")
@in_single
def cholesky(x: Any, /, *, upper: bool = False) -> Array:
    out = jnp.linalg.cholesky(hermitian("cholesky", x))
    failed = jnp.any(jnp.isnan(out), (-2, -1), keepdims=True)
    out = out * jnp.where(failed, jnp.nan, 1.0).astype(out.real.dtype)  # a product: the derivative is nan as well
    return out.mT.conj() if upper else out


@traced("linalg.cross", "axis")
def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    x1, x2 = array("linalg.cross", x1), array("linalg.cross", x2)
    ndim = max(x1.ndim, x2.ndim)
    axis = normalize_axis("linalg.cross", axis, ndim) - ndim
    if -axis > min(x1.ndim, x2.ndim) or x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            "dualgrad.linalg.cross: both arguments must have size 3 along the axis, "
            f"got shapes {x1.shape} and {x2.shape} with axis={axis}."
        )
    if x1.dtype == bool and x2.dtype == bool:
        raise TypeError("dualgrad.linalg.cross: bools cannot be subtracted, got dtype bool. Use dualgrad.astype first.")
    return jnp.linalg.cross(x1, x2, axis=axis)


@traced("linalg.det")
@in_single
def det(x: Any, /) -> Array:
    return determinant(square("det", x))


@traced("linalg.slogdet")
@in_single
def slogdet(x: Any, /) -> SlogdetResult:
    return SlogdetResult(*log_determinant(square("slogdet", x)))


@traced("linalg.inv")
@in_single
def inv(x: Any, /) -> Array:
    return inverse(square("inv", x))


@traced("linalg.solve")
@in_single
def solve(a: Any, b: Any, /) -> Array:
    a, b = floating_together("linalg.solve", a, b)
    if solve_takes_vector("linalg.solve", a.shape, b.shape):
        return _finite_or_nan(jnp.linalg.solve(a, b[:, None]))[..., 0]
    return _finite_or_nan(jnp.linalg.solve(a, b))


def _finite_or_nan(x: Array) -> Array:
    """A singular matrix leaves a mixture of inf and nan; all nan says it on both backends."""
    finite = jnp.all(jnp.isfinite(x), (-2, -1), keepdims=True)
    return x * jnp.where(finite, 1.0, jnp.nan).astype(x.real.dtype)  # a product: the derivative is nan as well


@traced("linalg.eig")
def eig(x: Any, /) -> EigResult:
    x, finite = general("eig", x)
    w, v = eigenvectors(x)
    if v.shape[-1]:
        v = v / jnp.sqrt(jnp.sum(jnp.real(v * v.conj()), -2, keepdims=True))
        v = v * rotation(v)
    return EigResult(jnp.where(finite[..., 0], w, jnp.nan), jnp.where(finite, v, jnp.nan))


@traced("linalg.eigvals")
def eigvals(x: Any, /) -> Array:
    x, finite = general("eigvals", x)
    return jnp.where(finite[..., 0], eigenvalues(x), jnp.nan)


def general(op: str, x: Any) -> tuple[Array, Array]:
    """A square matrix in a precision that has factorisations, 0 where it is not finite, and whether it is."""
    x = square(op, x)
    x = x.astype(jnp.float32) if x.dtype.itemsize == 2 else x
    finite = jnp.all(jnp.isfinite(x), (-2, -1), keepdims=True)
    return jnp.where(finite, x, 0), finite


@traced("linalg.eigh")
@in_single
def eigh(x: Any, /) -> EighResult:
    w, v = jnp.linalg.eigh(hermitian("eigh", x), symmetrize_input=False)
    return EighResult(w, v * rotation(v) if v.shape[-1] else v)


@traced("linalg.eigvalsh")
@in_single
def eigvalsh(x: Any, /) -> Array:
    return jnp.linalg.eigvalsh(hermitian("eigvalsh", x), symmetrize_input=False)


@traced("linalg.qr", "mode")
@in_single
def qr(x: Any, /, *, mode: str = "reduced") -> QRResult:
    x = matrix("qr", x)
    if mode not in ("reduced", "complete"):
        raise ValueError(f'dualgrad.linalg.qr: mode must be "reduced" or "complete", got {mode!r}.')
    m, n = x.shape[-2:]
    if m < n:  # JAX has no derivative for wide matrices; the square left part determines Q
        q, r = jnp.linalg.qr(x[..., :m])
        r = jnp.concat([r, q.mT.conj() @ x[..., m:]], axis=-1)
    else:
        q, r = jnp.linalg.qr(x, mode=mode)
    d = jnp.diagonal(r, 0, -2, -1)
    safe = jnp.where(d == 0, 1, d)
    phase = safe / jnp.abs(safe)
    k = phase.shape[-1]
    q = jnp.concat([q[..., :k] * phase[..., None, :], q[..., k:]], axis=-1)
    r = jnp.concat([r[..., :k, :] * phase.conj()[..., None], r[..., k:, :]], axis=-2)
    return QRResult(q, jnp.triu(r))  # the zeros below the diagonal took a sign


@traced("linalg.svd", "full_matrices")
@in_single
def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    x = matrix("svd", x)
    u, s, vh = jnp.linalg.svd(x, full_matrices=False)
    if min(x.shape[-2:]):
        turn = rotation(u)
        u, vh = u * turn, vh * turn.conj().mT
    if full_matrices and x.shape[-2] != x.shape[-1]:  # JAX differentiates the reduced form only
        whole_u, _, whole_vh = jnp.linalg.svd(stop_gradient(x), full_matrices=True)
        k = s.shape[-1]
        if x.shape[-2] > k:
            u = jnp.concat([u, completion(u, whole_u[..., k:])], axis=-1)
        else:
            vh = jnp.concat([vh, completion(vh.mT.conj(), whole_vh[..., k:, :].mT.conj()).mT.conj()], axis=-2)
    return SVDResult(u, s, vh)


def completion(v: Array, rest: Array) -> Array:
    """The constant columns `rest`, orthogonal to `v`, moved so that they stay so, to second order, as `v` moves."""
    rest = rest * rotation(rest)
    rest = rest - v @ (v.mT.conj() @ rest)
    gram = rest.mT.conj() @ rest
    return 1.5 * rest - 0.5 * rest @ gram


@traced("linalg.svdvals")
@in_single
def svdvals(x: Any, /) -> Array:
    return jnp.linalg.svdvals(matrix("svdvals", x))


@traced("linalg.pinv")
@in_single
def pinv(x: Any, /, *, rtol: Any = None) -> Array:
    x = matrix("pinv", x)
    return jnp.linalg.pinv(x, rtol=_tolerance(x) if rtol is None else rtol)


@traced("linalg.matrix_rank")
@in_single
def matrix_rank(x: Any, /, *, rtol: Any = None) -> Array:
    x = matrix("matrix_rank", x)
    if not min(x.shape[-2:]):
        return jnp.zeros(x.shape[:-2], int)
    s = jnp.linalg.svdvals(x)
    rtol = jnp.asarray(_tolerance(x) if rtol is None else rtol, s.dtype)
    return jnp.sum(s > rtol[..., None] * s[..., :1], -1)


def _tolerance(x: Array) -> float:
    return max(x.shape[-2:]) * float(jnp.finfo(x.dtype).eps)


@traced("linalg.matrix_power", "n")
def matrix_power(x: Any, n: int, /) -> Array:
    x = square("matrix_power", x)
    if n < 0:
        x, n = inv(x), -n
    return jnp.linalg.matrix_power(x, n)


def _abs(x: Array) -> Array:
    if jnp.iscomplexobj(x):
        return jnp.abs(x)
    return jnp.where(x > 0, x, jnp.where(x < 0, -x, stop_gradient(jnp.abs(x))))  # slope 0 at 0, where JAX has 1


@traced("linalg.vector_norm", "axis", "keepdims", "ord")
def vector_norm(
    x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False, ord: float = 2
) -> Array:
    x = floating("linalg.vector_norm", x)
    axes = normalize_axes("linalg.vector_norm", axis, x.ndim)
    if not axes:
        return _abs(x) if ord != 0 else (x != 0).astype(jnp.abs(x).dtype)
    if ord == 2:
        return _euclidean(x, axes, keepdims)
    return p_norm(_abs(x), ord, axes, keepdims)


def _euclidean(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    s = jnp.sum(jnp.real(x * x.conj()), axes, keepdims=keepdims)
    return jnp.where(s == 0, 0, jnp.sqrt(jnp.where(s == 0, 1, s)))


def p_norm(a: Array, ord: float, axes: tuple[int, ...], keepdims: bool) -> Array:
    """The norm of absolute values `a`; 0 has gradient 0, where there is none."""
    if ord == float("inf"):
        if any(a.shape[k] == 0 for k in axes):
            return jnp.sum(a, axes, keepdims=keepdims)
        return reductions.max(a, axes, keepdims=keepdims)
    if ord == float("-inf"):
        return reductions.min(a, axes, keepdims=keepdims)
    if ord == 0:
        return jnp.sum((a != 0).astype(a.dtype), axes, keepdims=keepdims)
    if ord == 1:
        return jnp.sum(a, axes, keepdims=keepdims)
    if not isinstance(ord, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may err
        raise norm_error("linalg.vector_norm", ord)
    zero = a == 0
    powers = jnp.where(zero, 0.0 if ord > 0 else jnp.inf, jnp.where(zero, 1.0, a) ** ord)
    s = jnp.sum(powers, axes, keepdims=keepdims)
    flat = (s == 0) | jnp.isinf(s) if ord < 0 else s == 0
    at_flat = jnp.where(s == 0, 0.0 if ord > 0 else jnp.inf, 0.0 if ord < 0 else jnp.inf)
    return jnp.where(flat, at_flat, jnp.where(flat, 1.0, s) ** (1 / ord)).astype(a.dtype)


@traced("linalg.matrix_norm", "keepdims", "ord")
@in_single
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> Array:
    x = matrix("matrix_norm", x)
    if ord in ("fro", None):
        return _euclidean(x, (x.ndim - 2, x.ndim - 1), keepdims)
    if ord in ("nuc", 2, -2):
        s = jnp.linalg.svdvals(x)
        out = jnp.sum(s, -1) if ord == "nuc" else reductions.max(s, -1) if ord == 2 else reductions.min(s, -1)
        return out[..., None, None] if keepdims else out
    if ord in (1, -1, float("inf"), float("-inf")):
        along = -2 if abs(float(ord)) == 1 else -1
        sums = jnp.sum(_abs(x), along, keepdims=True)
        out = (reductions.max if float(ord) > 0 else reductions.min)(sums, (-2, -1), keepdims=True)
        return out if keepdims else out[..., 0, 0]
    raise norm_error("linalg.matrix_norm", ord)


@traced("linalg.norm", "ord", "axis", "keepdims")
def norm(
    x: Any, /, ord: float | str | None = None, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False
) -> Array:
    x = floating("linalg.norm", x)
    if axis is None and ord is None:
        return vector_norm(x, keepdims=keepdims)
    axes = normalize_axes("linalg.norm", axis, x.ndim)
    if len(axes) == 1:
        return vector_norm(x, axes, keepdims=keepdims, ord=2 if ord is None else ord)  # pyright: ignore[reportArgumentType]
    if len(axes) != 2:
        raise ValueError(
            f"dualgrad.linalg.norm: a norm of order {ord!r} needs one axis or two, got {len(axes)} axes. Pass axis=."
        )
    out = matrix_norm(jnp.moveaxis(x, axes, (-2, -1)), keepdims=keepdims, ord=ord)
    return jnp.moveaxis(out, (-2, -1), axes) if keepdims else out
