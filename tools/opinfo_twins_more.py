"""Twins of PyTorch's OpInfo for layers, losses, indexing, scattering, masked reductions and solvers.

Made as those of `opinfo_twins.py`, which collects them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dualgrad as dg

__all__ = ["MORE", "Inexpressible", "need"]


class Inexpressible(Exception):
    """A sample that dualgrad's names do not say, on purpose."""


def need(held: bool) -> None:
    """Leave a sample out."""
    if not held:
        raise Inexpressible


def _each(option: Any, spatial: int) -> Any:
    """Torch's one number, list of one or list of all, for each spatial axis."""
    if isinstance(option, (list, tuple)):
        return tuple(option) * (spatial if len(option) == 1 else 1)
    return (option,) * spatial


def _padding(option: Any, spatial: int) -> Any:
    return option.upper() if isinstance(option, str) else [(p, p) for p in _each(option, spatial)]


def _conv(spatial: int) -> Callable[..., Any]:
    def twin(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> Any:
        need(x.ndim == spatial + 2 and not (isinstance(padding, str) and padding == "same"))
        options: dict[str, Any] = {"strides": _each(stride, spatial), "dilation": _each(dilation, spatial)}
        y = dg.nn.conv(x, weight, padding=_padding(padding, spatial), groups=groups, **options)
        return y if bias is None else y + dg.reshape(bias, (-1,) + (1,) * spatial)

    return twin


def _conv_transpose(spatial: int) -> Callable[..., Any]:
    def twin(
        x: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Any:
        need(x.ndim == spatial + 2)
        options: dict[str, Any] = {"strides": _each(stride, spatial), "dilation": _each(dilation, spatial)}
        options["output_padding"] = _each(output_padding, spatial)
        y = dg.nn.conv_transpose(x, weight, padding=_padding(padding, spatial), groups=groups, **options)
        return y if bias is None else y + dg.reshape(bias, (-1,) + (1,) * spatial)

    return twin


def _avg_pool(spatial: int) -> Callable[..., Any]:
    def twin(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> Any:
        need(x.ndim == spatial + 2 and not ceil_mode and divisor_override is None)
        strides: Any = _each(kernel_size if stride in (None, (), []) else stride, spatial)
        window, at = _each(kernel_size, spatial), _padding(padding, spatial)
        return dg.nn.avg_pool(x, window, strides=strides, padding=at, count_include_pad=count_include_pad)

    return twin


def _max_pool(spatial: int) -> Callable[..., Any]:
    def twin(
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        need(x.ndim == spatial + 2 and not ceil_mode and not return_indices and set(_each(dilation, spatial)) == {1})
        strides: Any = _each(kernel_size if stride in (None, (), []) else stride, spatial)
        return dg.nn.max_pool(x, _each(kernel_size, spatial), strides=strides, padding=_padding(padding, spatial))

    return twin


def _layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    need(eps > 0)
    return dg.nn.layer_norm(x, weight, bias, axis=tuple(range(-len(shape), 0)), epsilon=eps)


def _rms_norm(x: Any, shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    need(eps is not None and eps > 0)
    return dg.nn.rms_norm(x, weight, axis=tuple(range(-len(shape), 0)), epsilon=eps or 0.0)


def _group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    need(eps > 0)
    return dg.nn.group_norm(x, groups, weight, bias, epsilon=eps)


def _batch_norm(
    x: Any,
    mean: Any,
    variance: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    given = {} if training else {"mean": mean, "variance": variance}
    return dg.nn.batch_norm(x, weight, bias, **given, epsilon=eps)[0]


def _attention(
    q: Any,
    k: Any,
    v: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    need(dropout_p == 0.0 and q.ndim == 4 and attn_mask is None and not enable_gqa)
    turned = [dg.permute_dims(x, (0, 2, 1, 3)) for x in (q, k, v)]
    return dg.permute_dims(dg.nn.dot_product_attention(*turned, scale=scale, is_causal=is_causal), (0, 2, 1, 3))


def _reduced(loss: Callable[..., Any]) -> Callable[..., Any]:
    def twin(x: Any, target: Any, reduction: str = "mean", **options: Any) -> Any:
        y = loss(x, target, **options)
        return y if reduction == "none" else getattr(dg, reduction)(y)

    return twin


def _cross_entropy(x: Any, target: Any, reduction: str = "mean") -> Any:
    need("int" in str(target.dtype) and x.ndim > 0)
    y = dg.nn.softmax_cross_entropy_with_integer_labels(x, target, axis=1 if x.ndim > 1 else 0)
    return y if reduction == "none" else getattr(dg, reduction)(y)


def _interpolate(x: Any, size: Any, mode: str, align_corners: bool | None = None) -> Any:
    need(mode == "bilinear" and align_corners is False)
    shape = (*x.shape[:2], *_each(size, x.ndim - 2))
    return dg.image.resize(x, shape, "linear", antialias=False)


def _cosine(x: Any, other: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    return dg.nn.cosine_similarity(x, other, axis=dim, epsilon=eps)


def _at(x: Any, dim: int, index: Any) -> Any:
    need(x.ndim > 0)
    return dg.at(x)[(slice(None),) * (dim % x.ndim) + (index,)]


def _scatter(x: Any, dim: int, index: Any, source: Any, how: str) -> Any:
    """Torch's scatter, whose index has any shape within that of `x`."""
    need(x.ndim > 0 and index.ndim == x.ndim)
    if isinstance(source, (int, float, complex)):
        updates: Any = source
    else:
        updates = source[tuple(slice(0, n) for n in index.shape)]
    places = [dg.reshape(dg.arange(n), (1,) * a + (n,) + (1,) * (x.ndim - a - 1)) for a, n in enumerate(index.shape)]
    places[dim % x.ndim] = index
    return getattr(dg.at(x)[tuple(places)], how)(updates)


def _scatter_set(x: Any, dim: int, index: Any, source: Any, *, reduce: str | None = None) -> Any:
    return _scatter(x, dim, index, source, {None: "set", "add": "add", "multiply": "multiply"}[reduce])


def _scatter_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    need(include_self and reduce != "mean")
    return _scatter(x, dim, index, source, _REDUCE[reduce])


_REDUCE = {"sum": "add", "prod": "multiply", "amax": "max", "amin": "min"}


def _index_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    need(include_self and reduce != "mean" and index.ndim == 1)
    return getattr(_at(x, dim, index), _REDUCE[reduce])(source)


def _index(index: Any) -> Any:
    """Torch's index: a list stands for an array where it holds numbers alone, else for a tuple."""
    if not isinstance(index, list):
        return index
    return dg.asarray(index) if all(isinstance(i, int) for i in index) else tuple(index)


def _index_put(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    place = dg.at(x)[tuple(indices)]
    return place.add(values) if accumulate else place.set(values)


def _put(x: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    need(not accumulate and 0 not in index.shape)
    return dg.put(x, index, source, inplace=False)


def _diagonal_scatter(x: Any, source: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    need((dim1, dim2) == (0, 1) and x.ndim == 2)
    size = source.shape[0]
    rows = dg.arange(size) + max(-offset, 0)
    return dg.at(x)[rows, rows + offset].set(source)


def _masked(name: str, **options: Any) -> Callable[..., Any]:
    fun = getattr(dg, name)

    def twin(x: Any, dim: Any = None, *, keepdim: bool = False, mask: Any = None) -> Any:
        axis = dim if dim is None or isinstance(dim, int) else tuple(dim) or None
        need(x.ndim > 0)
        given = options if mask is not None else {}
        return fun(x, axis=axis, keepdims=keepdim, where=mask, **given)

    return twin


def _masked_spread(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)

    def twin(x: Any, dim: Any = None, unbiased: bool | None = None, *, keepdim: bool = False, mask: Any = None) -> Any:
        need(x.ndim > 0 and isinstance(unbiased, bool))
        axis = dim if dim is None or isinstance(dim, int) else tuple(dim) or None
        return fun(x, axis=axis, keepdims=keepdim, where=mask, correction=int(bool(unbiased)))

    return twin


def _triangular(a: Any, b: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    need(left)
    return dg.linalg.solve_triangular(a, b, lower=not upper, unit_diagonal=unitriangular)


def _triangular_old(
    b: Any, a: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> tuple[Any, Any]:
    need(a.shape[:-2] == b.shape[:-2])
    return dg.linalg.solve_triangular(a, b, trans=int(transpose), lower=not upper, unit_diagonal=unitriangular), a


def _matrix_norm(x: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    need(tuple(dim) == (-2, -1))
    return dg.linalg.matrix_norm(x, ord=ord, keepdims=keepdim)


def _linalg_norm(x: Any, ord: Any = None, dim: Any = None, keepdim: bool = False) -> Any:
    axis = dim if dim is None or isinstance(dim, int) else tuple(dim)
    return dg.linalg.norm(x, ord, axis, keepdim)


def _tensorsolve(a: Any, b: Any, dims: Any = None) -> Any:
    return dg.linalg.tensorsolve(a, b, None if dims is None else tuple(dims))


def _slice(x: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    return dg.lax.slice_in_dim(x, start, end, step, dim)


def _window(name: str) -> Callable[..., Any]:
    fun = getattr(dg, name)

    def twin(
        size: int, *, sym: bool = True, beta: float | None = None, dtype: Any, device: str, requires_grad: bool
    ) -> Any:
        need(sym)
        return fun(size) if beta is None else fun(size, beta)

    return twin


def _cast(dtype: Any) -> Callable[..., Any]:
    return lambda x, memory_format=None: dg.astype(x, dtype)


def _expand(x: Any, shape: Any) -> Any:
    new = len(shape) - x.ndim
    return dg.broadcast_to(x, tuple(x.shape[a - new] if n == -1 else n for a, n in enumerate(shape)))


def _max_or_min(name: str, position: str, between: str) -> Callable[..., Any]:
    fun, at, other_fun = getattr(dg, name), getattr(dg, position), getattr(dg, between)

    def twin(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if hasattr(dim, "ndim"):
            return other_fun(x, dim)
        if dim is None:
            return fun(x)
        return fun(x, axis=dim, keepdims=keepdim), at(x, axis=dim, keepdims=keepdim)

    return twin


MORE: dict[str, Callable[..., Any]] = {
    "max": _max_or_min("max", "argmax", "maximum"),
    "min": _max_or_min("min", "argmin", "minimum"),
    **{f"nn.functional.conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"nn.functional.conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"nn.functional.avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    **{f"nn.functional.max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    "nn.functional.layer_norm": _layer_norm,
    "nn.functional.rms_norm": _rms_norm,
    "nn.functional.group_norm": _group_norm,
    "nn.functional.batch_norm": _batch_norm,
    "nn.functional.scaled_dot_product_attention": _attention,
    "nn.functional.cross_entropy": _cross_entropy,
    "nn.functional.huber_loss": lambda x, target, reduction="mean", delta=1.0: _reduced(dg.nn.huber_loss)(
        x, target, reduction, delta=delta
    ),
    "nn.functional.mse_loss": lambda x, target, reduction="mean": _reduced(dg.nn.squared_error)(x, target, reduction),
    "nn.functional.binary_cross_entropy_with_logits": lambda x, target, reduction="mean": _reduced(
        dg.nn.sigmoid_binary_cross_entropy
    )(x, target, reduction),
    "nn.functional.interpolate": _interpolate,
    "nn.functional.embedding": lambda x, indices: dg.nn.embedding(indices, x),
    "nn.functional.glu": lambda x, dim=-1: dg.nn.glu(x, dim),
    "nn.functional.cosine_similarity": _cosine,
    "nn.functional.linear": lambda x, weight, bias=None: (
        dg.matmul(x, dg.matrix_transpose(weight) if weight.ndim > 1 else weight) + (0 if bias is None else bias)
    ),
    "__getitem__": lambda x, index: dg.at(x)[_index(index)].get(),
    "index_copy": lambda x, dim, index, source: _at(x, dim, index).set(source),
    "index_put": _index_put,
    "index_reduce": _index_reduce,
    "select_scatter": lambda x, source, dim, index: _at(x, dim, index).set(source),
    "slice_scatter": lambda x, source, dim=0, start=None, end=None, step=1: _at(x, dim, slice(start, end, step)).set(
        source
    ),
    "diagonal_scatter": _diagonal_scatter,
    "scatter": _scatter_set,
    "scatter_add": lambda x, dim, index, source: _scatter(x, dim, index, source, "add"),
    "scatter_reduce": _scatter_reduce,
    "put": _put,
    "select": lambda x, dim, index: dg.lax.index_in_dim(x, index, dim, keepdims=False),
    "slice": _slice,
    "narrow": lambda x, dim, start, length: (
        need(isinstance(start, int)),
        dg.lax.dynamic_slice_in_dim(x, start % max(x.shape[dim], 1) if start < 0 else start, length, dim),
    )[1],
    "diagonal": lambda x, offset=0, dim1=0, dim2=1: dg.diagonal(x, offset, dim1, dim2),
    "unravel_index": lambda x, shape: tuple(dg.unravel_index(x, tuple(shape))),
    "expand": _expand,
    "clone": lambda x: dg.copy(x),
    "masked.sum": _masked("sum"),
    "masked.prod": _masked("prod"),
    "masked.mean": _masked("mean"),
    "masked.amax": _masked("max", initial=float("-inf")),
    "masked.amin": _masked("min", initial=float("inf")),
    "masked.var": _masked_spread("var"),
    "masked.std": _masked_spread("std"),
    "linalg.solve_triangular": _triangular,
    "triangular_solve": _triangular_old,
    "cholesky_solve": lambda b, factor, upper=False: dg.linalg.cho_solve((factor, not upper), b),
    "linalg.matrix_norm": _matrix_norm,
    "linalg.norm": _linalg_norm,
    "linalg.cond": lambda x, p=None: dg.linalg.cond(x, p),
    "linalg.multi_dot": lambda x: dg.linalg.multi_dot(list(x)),
    "linalg.tensorinv": lambda x, ind=2: dg.linalg.tensorinv(x, ind),
    "linalg.tensorsolve": _tensorsolve,
    "matrix_exp": lambda x: dg.linalg.expm(x),
    "pinverse": lambda x: dg.linalg.pinv(x, rtol=1e-15),
    "block_diag": lambda x, *more: dg.linalg.block_diag(x, *more),
    "logcumsumexp": lambda x, dim: (need(x.ndim > 0), dg.lax.cumlogsumexp(x, dim % x.ndim))[1],
    "mvlgamma": lambda x, p: dg.special.multigammaln(x, p),
    "rsqrt": lambda x: dg.lax.rsqrt(x),
    "complex": lambda x, imaginary: dg.lax.complex(*dg.broadcast_arrays(x, imaginary)),
    "logspace": lambda x, end, steps, base=10.0, dtype=None: dg.logspace(x, end, steps, base=base, dtype=dtype),
    "signal.windows.hann": _window("hanning"),
    "signal.windows.hamming": _window("hamming"),
    "signal.windows.blackman": _window("blackman"),
    "signal.windows.bartlett": _window("bartlett"),
    "signal.windows.kaiser": _window("kaiser"),
    "float": _cast(dg.float32),
    "double": _cast(dg.float64),
    "half": _cast(dg.float16),
    "bfloat16": _cast(dg.bfloat16),
    "int": _cast(dg.int32),
    "long": _cast(dg.int64),
    "short": _cast(dg.int16),
    "char": _cast(dg.int8),
    "byte": _cast(dg.uint8),
    "bool": _cast(dg.bool),
    "cfloat": _cast(dg.complex64),
    "cdouble": _cast(dg.complex128),
}
