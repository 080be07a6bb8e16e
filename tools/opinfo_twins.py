"""The functions of PyTorch's OpInfo database in dualgrad: each with torch's signature, made of dualgrad's names.

A keyword that a twin does not have is one that dualgrad has no counterpart for; `opinfo.py` counts such samples.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

from opinfo_twins_more import MORE, Inexpressible
from opinfo_twins_more import need as _need

import dualgrad as dg

__all__ = ["TWINS", "Inexpressible"]


def _axes(dim: Any) -> Any:
    """Torch's `dim`, where an empty one stands for all axes."""
    if dim is None or isinstance(dim, int):
        return dim
    return tuple(dim) or None


def _same(name: str) -> Callable[[Any], Any]:
    fun = operator.attrgetter(name)(dg)
    return lambda x: fun(x)


def _two(name: str) -> Callable[[Any, Any], Any]:
    fun = operator.attrgetter(name)(dg)
    return lambda x, other: fun(x, other)


def _reduction(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)
    return lambda x, dim=None, keepdim=False: fun(x, axis=_axes(dim), keepdims=keepdim)


def _summing(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)

    def twin(x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        return fun(x, axis=_axes(dim), keepdims=keepdim, dtype=dtype)

    return twin


def _averaging(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)

    def twin(x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        return fun(x if dtype is None else dg.astype(x, dtype), axis=_axes(dim), keepdims=keepdim)

    return twin


def _spread(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)

    def twin(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, correction: Any = None) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        by = correction if correction is not None else 1 if unbiased is None else int(unbiased)
        return fun(x, axis=_axes(dim), correction=by, keepdims=keepdim)

    return twin


def _cumulative(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)
    return lambda x, dim, dtype=None: fun(x, axis=dim, dtype=dtype)


def _scaled(fun: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda x, other, alpha=1: fun(x, other if alpha == 1 else dg.multiply(other, alpha))


def _divide(x: Any, other: Any, rounding_mode: str | None = None) -> Any:
    if rounding_mode == "floor":
        return dg.floor_divide(x, other)
    _need(rounding_mode is None)
    return dg.divide(x, other)


def _clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    return dg.clip(x, min, max)


def _quantile(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)

    def twin(x: Any, q: Any, dim: Any = None, keepdim: bool = False, interpolation: str = "linear") -> Any:
        return fun(x, q, axis=dim, keepdims=keepdim, method=interpolation)

    return twin


def _sort(x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    return dg.sort(x, axis=dim, descending=descending), dg.argsort(x, axis=dim, descending=descending, stable=True)


def _topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    _need(largest and sorted)
    return dg.top_k(x, k, axis=dim)


def _diff(x: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    return dg.diff(x, n=n, axis=dim, prepend=prepend, append=append)


def _cov(x: Any, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    return dg.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


def _cross(x: Any, other: Any, dim: int = -1) -> Any:
    return dg.cross(x, other, axis=dim)


def _moves(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)
    return lambda x, source, destination: fun(x, source, destination)


def _repeat(x: Any, *repeats: Any) -> Any:
    return dg.tile(x, tuple(repeats[0]) if len(repeats) == 1 and not isinstance(repeats[0], int) else repeats)


def _splitting(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)
    return lambda x, where: tuple(fun(x, where if isinstance(where, int) else list(where)))


def _tensor_split(x: Any, where: Any, dim: int = 0) -> Any:
    _need(isinstance(where, (int, tuple, list)))
    return tuple(dg.array_split(x, where if isinstance(where, int) else list(where), axis=dim))


def _split(x: Any, size: Any, dim: int = 0) -> Any:
    if not isinstance(size, int):
        return tuple(dg.split(x, list(itertools.accumulate(size))[:-1], axis=dim))
    return tuple(dg.split(x, list(range(size, x.shape[dim], size)), axis=dim))


def _take_along(x: Any, indices: Any, dim: int | None = None) -> Any:
    return dg.take_along_axis(x, indices, axis=dim)


def _gather(x: Any, dim: int, index: Any, sparse_grad: bool = False) -> Any:
    _need(x.ndim > 0 and index.ndim == x.ndim)
    _need(all(a == dim % x.ndim or n == m for a, (n, m) in enumerate(zip(index.shape, x.shape, strict=True))))
    return dg.take_along_axis(x, index, axis=dim)


def _trapezoid(y: Any, x: Any = None, dim: int = -1, dx: float = 1.0) -> Any:
    return dg.trapezoid(y, x, dx, dim)


def _tensordot(x: Any, other: Any, dims: Any = 2) -> Any:
    axes: Any = dims if isinstance(dims, int) else tuple(map(tuple, dims))
    return dg.tensordot(x, other, axes=axes)


def _where(x: Any, condition: Any, other: Any) -> Any:
    return dg.where(condition, x, other)


def _norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    _need(dtype is None)
    return dg.linalg.vector_norm(x, axis=_axes(dim), keepdims=keepdim, ord=ord)


def _softmax(name: str) -> Callable[..., Any]:
    fun = operator.attrgetter(name)(dg)
    return lambda x, dim, dtype=None: fun(x if dtype is None else dg.astype(x, dtype), axis=dim)


def _fourier(name: str, several: bool) -> Callable[..., Any]:
    fun = getattr(dg.fft, name)
    if name.endswith("shift"):
        return lambda x, dim=None: fun(x, axes=dim)
    if name.endswith("2"):
        return lambda x, s=None, dim=(-2, -1), norm=None: (_need(not isinstance(dim, int)), fun(x, s, dim, norm=norm))[
            1
        ]
    if several:
        return lambda x, s=None, dim=None, norm=None: fun(x, s, dim, norm=norm)
    return lambda x, n=None, dim=-1, norm=None: fun(x, n, dim, norm=norm)


def _histogram(x: Any, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    return dg.histogram(x, bins, range, weights=weight, density=density)


def _histc(x: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    return dg.histogram(x, bins, None if min == max else (min, max))[0]


def _pad(x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    _need(mode in ("constant", "reflect", "replicate", "circular") and all(p >= 0 for p in pad))
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + [tuple(pad[i : i + 2]) for i in range(len(pad) - 2, -1, -2)]
    name = {"replicate": "edge", "circular": "wrap"}.get(mode, mode)
    return dg.pad(x, widths, name, **({"constant_values": value} if mode == "constant" and value is not None else {}))


def _nan_to_num(x: Any, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Any:
    return dg.nan_to_num(x, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


def _gradient(x: Any, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> Any:
    given = () if spacing is None else spacing if isinstance(spacing, (list, tuple)) else (spacing,)
    out = dg.gradient(x, *given, axis=dim if dim is None or isinstance(dim, int) else tuple(dim), edge_order=edge_order)
    return tuple(out) if isinstance(out, (list, tuple)) else (out,)


def _isclose(x: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return dg.isclose(x, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


def _searchsorted(
    x: Any, v: Any, out_int32: bool = False, right: bool = False, side: str | None = None, sorter: Any = None
) -> Any:
    _need(x.ndim == 1 and not out_int32)
    return dg.searchsorted(x, v, "right" if right else side or "left", sorter=sorter)


def _bucketize(x: Any, edges: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    _need(not out_int32)
    return dg.digitize(x, edges, right=not right)


def _index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    _need(x.ndim > 0 and index.ndim == 1)
    at = (slice(None),) * (dim % x.ndim) + (index,)
    return dg.at(x)[at].add(source if alpha == 1 else dg.multiply(source, alpha))


def _index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    _need(x.ndim > 0 and index.ndim == 1)
    return dg.at(x)[(slice(None),) * (dim % x.ndim) + (index,)].set(value)


def _index_select(x: Any, dim: int, index: Any) -> Any:
    _need(x.ndim > 0 and index.ndim == 1)
    return dg.take(x, index, axis=dim)


def _roll(x: Any, shifts: Any, dims: Any = None) -> Any:
    return dg.roll(x, shifts, None if dims == () else dims)


def _std_mean(name: str) -> Callable[..., Any]:
    spread = _spread(name)

    def twin(x: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, correction: Any = None) -> Any:
        at = None if isinstance(dim, bool) else _axes(dim)
        return spread(x, dim, unbiased, keepdim, correction), dg.mean(x, axis=at, keepdims=keepdim)

    return twin


def _meshgrid(x: Any, *more: Any, indexing: str = "ij") -> Any:
    return dg.meshgrid(*(x if isinstance(x, (list, tuple)) else (x,)), *more, indexing=indexing)


def _polygamma(x: Any, n: int) -> Any:
    return dg.special.polygamma(n, x)


def _logit(x: Any, eps: float | None = None) -> Any:
    return dg.special.logit(x if eps is None else dg.clip(x, eps, 1 - eps))


def _vander(x: Any, N: int | None = None, increasing: bool = True) -> Any:
    return dg.vander(x, N, increasing=increasing)


def _round(x: Any, decimals: int = 0) -> Any:
    return dg.round(x, decimals=decimals)


def _glorified(*names: str) -> dict[str, Callable[..., Any]]:
    return {n: _same(n) for n in names}


TWINS: dict[str, Callable[..., Any]] = {
    **MORE,
    **_glorified(
        *[
            "abs",
            "acos",
            "acosh",
            "angle",
            "asin",
            "asinh",
            "atan",
            "atanh",
            "ceil",
            "conj",
            "cos",
            "cosh",
            "deg2rad",
            "exp",
            "exp2",
            "expm1",
            "floor",
            "i0",
            "imag",
            "isfinite",
            "isinf",
            "isnan",
            "isneginf",
            "isposinf",
            "isreal",
            "log",
            "log10",
            "log1p",
            "log2",
            "logical_not",
            "positive",
            "rad2deg",
            "real",
            "reciprocal",
            "sign",
            "signbit",
            "sin",
            "sinc",
            "sinh",
            "sqrt",
            "square",
            "tan",
            "tanh",
            "trunc",
            "atleast_1d",
            "atleast_2d",
            "atleast_3d",
            "fliplr",
            "flipud",
            "argwhere",
            "zeros_like",
            "ones_like",
            "ravel",
            "corrcoef",
        ]
    ),
    "sgn": dg.sign,
    "neg": dg.negative,
    "flatten": lambda x, start_dim=0, end_dim=-1: (_need(start_dim == 0 and end_dim == -1), dg.ravel(x))[1],
    "bitwise_not": dg.bitwise_invert,
    "conj_physical": dg.conj,
    "frac": lambda x: dg.modf(x)[0],
    "frexp": dg.frexp,
    "round": _round,
    "lgamma": dg.special.gammaln,
    "digamma": dg.special.digamma,
    "erf": dg.special.erf,
    "erfc": dg.special.erfc,
    "erfinv": dg.special.erfinv,
    "logit": _logit,
    "polygamma": _polygamma,
    "special.polygamma": _polygamma,
    "special.bessel_j0": dg.special.j0,
    "special.bessel_j1": dg.special.j1,
    "special.entr": dg.special.entr,
    "special.erfcx": dg.special.erfcx,
    "special.i0e": dg.special.i0e,
    "special.i1": dg.special.i1,
    "special.i1e": dg.special.i1e,
    "special.log_ndtr": dg.special.log_ndtr,
    "special.ndtr": dg.special.ndtr,
    "special.ndtri": dg.special.ndtri,
    "special.xlog1py": _two("special.xlog1py"),
    "special.zeta": _two("special.zeta"),
    "special.modified_bessel_i0": dg.special.i0,
    "special.modified_bessel_i1": dg.special.i1,
    "xlogy": _two("special.xlogy"),
    "igamma": _two("special.gammainc"),
    "igammac": _two("special.gammaincc"),
    **{
        n: _two(n)
        for n in [
            "atan2",
            "bitwise_and",
            "bitwise_or",
            "bitwise_xor",
            "bitwise_left_shift",
            "bitwise_right_shift",
            "copysign",
            "floor_divide",
            "float_power",
            "fmax",
            "fmin",
            "fmod",
            "gcd",
            "heaviside",
            "hypot",
            "lcm",
            "ldexp",
            "logaddexp",
            "logaddexp2",
            "logical_and",
            "logical_or",
            "logical_xor",
            "maximum",
            "minimum",
            "nextafter",
            "pow",
            "remainder",
            "dot",
            "vdot",
            "inner",
            "outer",
            "kron",
            "matmul",
        ]
    },
    **{
        n: _two(m)
        for n, m in {
            "eq": "equal",
            "ne": "not_equal",
            "lt": "less",
            "le": "less_equal",
            "gt": "greater",
            "ge": "greater_equal",
            "mul": "multiply",
            "mv": "matmul",
            "mm": "matmul",
            "bmm": "matmul",
            "true_divide": "divide",
        }.items()
    },
    "add": _scaled(dg.add),
    "sub": _scaled(dg.subtract),
    "rsub": lambda x, other, alpha=1: dg.subtract(other, x if alpha == 1 else dg.multiply(x, alpha)),
    "div": _divide,
    "clamp": _clamp,
    "clamp_min": lambda x, min: dg.clip(x, min),
    "clamp_max": lambda x, max: dg.clip(x, None, max),
    "isclose": _isclose,
    "allclose": lambda x, o, rtol=1e-5, atol=1e-8, equal_nan=False: dg.allclose(
        x, o, rtol=rtol, atol=atol, equal_nan=equal_nan
    ),
    "equal": _two("array_equal"),
    "isin": lambda x, test_elements, *, invert=False, assume_unique=False: dg.isin(x, test_elements, invert=invert),
    "nan_to_num": _nan_to_num,
    "where": _where,
    "all": _reduction("all"),
    "any": _reduction("any"),
    "amax": _reduction("max"),
    "amin": _reduction("min"),
    "argmax": _reduction("argmax"),
    "argmin": _reduction("argmin"),
    "count_nonzero": lambda x, dim=None: dg.count_nonzero(x, axis=_axes(dim)),
    "aminmax": lambda x, dim=None, keepdim=False: (dg.min(x, dim, keepdims=keepdim), dg.max(x, dim, keepdims=keepdim)),
    "sum": _summing("sum"),
    "prod": _summing("prod"),
    "nansum": _summing("nansum"),
    "mean": _averaging("mean"),
    "nanmean": _averaging("nanmean"),
    "std": _spread("std"),
    "var": _spread("var"),
    "std_mean": _std_mean("std"),
    "var_mean": _std_mean("var"),
    "logsumexp": lambda x, dim, keepdim=False: dg.nn.logsumexp(x, axis=_axes(dim), keepdims=keepdim),
    "quantile": _quantile("quantile"),
    "nanquantile": _quantile("nanquantile"),
    "cumsum": _cumulative("cumsum"),
    "cumprod": _cumulative("cumprod"),
    "linalg.vector_norm": _norm,
    "sort": _sort,
    "msort": lambda x: dg.sort(x, axis=0),
    "argsort": lambda x, dim=-1, descending=False, stable=False: dg.argsort(x, axis=dim, descending=descending),
    "topk": _topk,
    "unique": lambda x: dg.unique_values(x),
    "searchsorted": _searchsorted,
    "bucketize": _bucketize,
    "bincount": lambda x, weights=None, minlength=0: dg.bincount(x, weights, minlength=minlength),
    "histogram": _histogram,
    "histc": _histc,
    "diff": _diff,
    "gradient": _gradient,
    "trapezoid": _trapezoid,
    "trapz": _trapezoid,
    "cov": _cov,
    "cross": _cross,
    "linalg.cross": _cross,
    "trace": dg.trace,
    "tensordot": _tensordot,
    "einsum": lambda x, equation: dg.einsum(equation, *x),
    "cat": lambda x, dim=0: dg.concat(list(x), axis=dim),
    "stack": lambda x, dim=0: dg.stack(list(x), axis=dim),
    "hstack": lambda x: dg.hstack(list(x)),
    "vstack": lambda x: dg.vstack(list(x)),
    "dstack": lambda x: dg.dstack(list(x)),
    "column_stack": lambda x: dg.column_stack(list(x)),
    "hsplit": _splitting("hsplit"),
    "vsplit": _splitting("vsplit"),
    "dsplit": _splitting("dsplit"),
    "tensor_split": _tensor_split,
    "split": _split,
    "unbind": lambda x, dim=0: tuple(dg.unstack(x, axis=dim)),
    "broadcast_to": lambda x, size: dg.broadcast_to(x, tuple(size)),
    "broadcast_tensors": lambda x, *more: tuple(dg.broadcast_arrays(x, *more)),
    "permute": lambda x, dims: dg.permute_dims(x, tuple(dims)),
    "transpose": lambda x, dim0, dim1: dg.swapaxes(x, dim0, dim1),
    "t": lambda x: (_need(x.ndim == 2), dg.matrix_transpose(x))[1],
    "mT": dg.matrix_transpose,
    "movedim": _moves("moveaxis"),
    "reshape": lambda x, shape: dg.reshape(x, tuple(shape)),
    "squeeze": lambda x, dim: dg.squeeze(x, axis=dim if isinstance(dim, int) else tuple(dim)),
    "unsqueeze": lambda x, dim: dg.expand_dims(x, axis=dim),
    "flip": lambda x, dims: dg.flip(x, axis=tuple(dims) if not isinstance(dims, int) else dims),
    "roll": _roll,
    "rot90": lambda x, k=1, dims=(0, 1): dg.rot90(x, k, tuple(dims)),
    "tile": lambda x, dims: dg.tile(x, tuple(dims)),
    "repeat": _repeat,
    "repeat_interleave": lambda x, repeats, dim=None: dg.repeat(x, repeats, axis=dim),
    "tril": lambda x, diagonal=0: dg.tril(x, diagonal),
    "triu": lambda x, diagonal=0: dg.triu(x, diagonal),
    "diag": lambda x, diagonal=0: dg.diag(x, diagonal),
    "diagflat": lambda x, offset=0: dg.diagflat(x, offset),
    "meshgrid": _meshgrid,
    "take": lambda x, index: dg.take(x, index),
    "take_along_dim": _take_along,
    "gather": _gather,
    "index_select": _index_select,
    "index_add": _index_add,
    "index_fill": _index_fill,
    "masked_fill": lambda x, mask, value: dg.where(mask, value, x),
    "masked_select": lambda x, mask: dg.extract(*dg.broadcast_arrays(mask, x)),
    "nonzero": dg.argwhere,
    "full_like": lambda x, fill_value, dtype=None: dg.full_like(x, fill_value, dtype=dtype),
    "linspace": lambda x, end, steps, dtype=None: dg.linspace(x, end, steps, dtype=dtype),
    "vander": _vander,
    "linalg.vander": lambda x, N=None: (_need(x.ndim == 1), dg.vander(x, N, increasing=True))[1],
    "constant_pad_nd": lambda x, pad, value=0: _pad(x, pad, "constant", value),
    "nn.functional.pad": _pad,
    "softmax": _softmax("nn.softmax"),
    "log_softmax": _softmax("nn.log_softmax"),
    "sigmoid": dg.nn.sigmoid,
    "nn.functional.celu": lambda x, alpha=1.0: dg.nn.celu(x, alpha=alpha),
    "nn.functional.elu": lambda x, alpha=1.0: dg.nn.elu(x, alpha=alpha),
    "nn.functional.gelu": lambda x, approximate="none": dg.nn.gelu(x, approximate=approximate == "tanh"),
    "nn.functional.hardsigmoid": dg.nn.hard_sigmoid,
    "nn.functional.hardswish": dg.nn.hard_silu,
    "nn.functional.hardtanh": lambda x: dg.nn.hard_tanh(x),
    "nn.functional.leaky_relu": lambda x, negative_slope=0.01: dg.nn.leaky_relu(x, negative_slope=negative_slope),
    "nn.functional.logsigmoid": dg.nn.log_sigmoid,
    "nn.functional.mish": dg.nn.mish,
    "nn.functional.relu": dg.nn.relu,
    "nn.functional.relu6": dg.nn.relu6,
    "nn.functional.selu": dg.nn.selu,
    "nn.functional.silu": dg.nn.silu,
    "nn.functional.softplus": lambda x: dg.nn.softplus(x),
    "nn.functional.softsign": dg.nn.soft_sign,
    "nn.functional.one_hot": lambda x, num_classes: dg.nn.one_hot(x, num_classes),
    **{
        f"fft.{n}": _fourier(n, n.endswith("n"))
        for n in dg.fft.__all__
        if n not in ("dct", "idct", "fftconvolve", "fftfreq", "rfftfreq")
    },
    "linalg.cholesky": lambda x, upper=False: dg.linalg.cholesky(x, upper=upper),
    "linalg.det": dg.linalg.det,
    "linalg.eigvalsh": lambda x: dg.linalg.eigvalsh(x),
    "linalg.inv": dg.linalg.inv,
    "linalg.matrix_power": lambda x, n: dg.linalg.matrix_power(x, n),
    "linalg.matrix_rank": lambda x: dg.linalg.matrix_rank(x),
    "linalg.pinv": lambda x: dg.linalg.pinv(x),
    "linalg.slogdet": lambda x: tuple(dg.linalg.slogdet(x)),
    "linalg.solve": lambda x, other: dg.linalg.solve(x, other),
    "linalg.svdvals": lambda x: dg.linalg.svdvals(x),
    "linalg.vecdot": lambda x, y, dim=-1: dg.vecdot(x, y, axis=dim),
    "linalg.diagonal": lambda x, offset=0, dim1=-2, dim2=-1: (_need((dim1, dim2) == (-2, -1)), dg.diagonal(x, offset))[
        1
    ],
}
