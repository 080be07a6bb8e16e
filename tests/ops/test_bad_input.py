"""Wrong arguments end in one error on every backend, which names the function and the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

Call = Callable[[], Any]
INF = float("inf")
EYE = np.eye(2, dtype=np.float32)
THING = object()
OBJECTS = np.array([None, None, None])
KEY = np.array([0, 1], np.uint32)


ANY: Any = dg  # whose arguments are wrong on purpose


def ones(*shape: int) -> Any:
    return dg.ones(shape)


def small() -> Any:
    return dg.asarray(np.array([1, 250], np.uint8))


def half(*values: float) -> Any:
    return dg.asarray(values, dtype=dg.bfloat16)


def traced_bits(op: str) -> Any:
    fun = getattr(ANY, op)
    return dg.eval_shape((lambda x: fun(x)) if op == "bitwise_invert" else (lambda x: fun(x, 1)), ones(2))


def gathered(**options: Any) -> Any:
    numbers = dg.lax.GatherDimensionNumbers((), (0,), (0,))
    return dg.lax.gather(ones(3), dg.asarray([[0]]), numbers, (1,), **options)


CASES: list[tuple[type[Exception], str, Call]] = [
    (TypeError, "dualgrad.abs: an argument must be an array", lambda: dg.abs(THING)),
    (TypeError, "dualgrad.linalg.eigh: an argument must be an array", lambda: dg.linalg.eigh(THING)),
    (TypeError, "dualgrad.isclose: an argument must be an array", lambda: dg.isclose(ones(2), [1.0, 2.0])),
    (TypeError, "dualgrad.allclose: rtol must be a real number", lambda: dg.allclose(ones(2), 1.0, rtol="x")),
    (TypeError, "dualgrad.average: an argument must be an array", lambda: dg.average(ones(1), weights=[1])),
    (TypeError, "dualgrad.floor: the op is not defined for", lambda: dg.floor(ones(2) * 1j)),
    (ValueError, "dualgrad.quantile: q must be in the range [0, 1], got 2.0", lambda: dg.quantile(ones(2), 2.0)),
    (ValueError, "dualgrad.percentile: q must be in the range [0, 100], got 300", lambda: dg.percentile(ones(2), 300)),
    (
        ValueError,
        "dualgrad.nanquantile: q must be in the range [0, 1], got nan",
        lambda: dg.nanquantile(ones(2), dg.nan),
    ),
    (
        ValueError,
        "dualgrad.nanpercentile: q must be in the range [0, 100], got -1",
        lambda: dg.nanpercentile(ones(2), -1),
    ),
    (TypeError, "dualgrad.mean: keepdims must be True or False, got 'x'", lambda: dg.mean(ones(2), keepdims="x")),
    (TypeError, "dualgrad.sort: descending must be True or", lambda: dg.sort(ones(2), descending="x")),
    (TypeError, "dualgrad.triu: k must be an integer, got (1.0, 1.0)", lambda: dg.triu(ones(2, 2), ones(2))),
    (TypeError, "dualgrad.zeros: a device must be one of", lambda: dg.zeros(2, device=1.5)),
    (TypeError, "dualgrad.zeros_like: dtype must name a dtype", lambda: dg.zeros_like(ones(2), dtype=ones(2))),
    (TypeError, "dualgrad.cov: ddof must be an integer, got (1.0, 1.0)", lambda: dg.cov(ones(3), ddof=ones(2))),
    (TypeError, "dualgrad.nn.logsumexp: an argument must be an", lambda: dg.nn.logsumexp(ones(2), b=(0, 0))),
    (ValueError, "dualgrad.nn.l2_loss: the shapes of the arguments", lambda: dg.nn.l2_loss(ones(2, 3), ones(2))),
    (ValueError, "dualgrad.nn.standardize: the shapes of the", lambda: dg.nn.standardize(ones(2, 3), mean=ones(2))),
    (ValueError, "dualgrad.fft.ifft2: norm must be", lambda: dg.fft.ifft2(ones(2, 2), norm={})),
    (ValueError, "dualgrad.nn.celu: alpha must not be 0", lambda: dg.nn.celu(ones(2), alpha=0)),
    (TypeError, "dualgrad.linalg.solve: lower must be True", lambda: dg.linalg.solve(EYE, ones(2), lower="q")),
    (ValueError, "dualgrad.linalg.solve: assume_a must", lambda: dg.linalg.solve(EYE, ones(2), assume_a=None)),
    (ValueError, "dualgrad.linalg.invpascal: kind must be one of", lambda: dg.linalg.invpascal(3, kind=None)),
    (
        ValueError,
        "dualgrad.linalg.solve_sylvester: method must be one of",
        lambda: dg.linalg.solve_sylvester(EYE, EYE, EYE, method=None),
    ),
    (
        TypeError,
        "dualgrad.linalg.svd: full_matrices must be True or False, got 'q'",
        lambda: dg.linalg.svd(EYE, full_matrices="q", compute_uv=False),
    ),
    (TypeError, "dualgrad.histogram: bins must be a number of bins, edges", lambda: dg.histogram(ones(3), 3.7)),
    (TypeError, "dualgrad.histogram_bin_edges: bins must be", lambda: dg.histogram_bin_edges(ones(3), None)),
    (ValueError, "dualgrad.linalg.solve_triangular: trans", lambda: dg.linalg.solve_triangular(EYE, EYE, ones(2))),
    (ValueError, "dualgrad.nn.max_pool: padding must be", lambda: dg.nn.max_pool(ones(1, 1, 4), 2, padding=1.5)),
    (TypeError, "dualgrad.sum: axis must be an integer, a tuple of", lambda: dg.sum(ones(2), axis=1.0)),
    (TypeError, "dualgrad.cumsum: axis must be an integer, got axis=(0,)", lambda: dg.cumsum(ones(2), [0])),
    (TypeError, "dualgrad.nansum: an argument must be an array", lambda: dg.nansum(None)),
    (TypeError, "dualgrad.heaviside: an argument must be an array", lambda: dg.heaviside(ones(2), None)),
    (TypeError, "dualgrad.sin: a NumPy array must have a dtype", lambda: dg.sin(OBJECTS)),
    (TypeError, "dualgrad.add: a NumPy array must have a dtype", lambda: dg.add(ones(3), OBJECTS)),
    (TypeError, "dualgrad.matmul: a NumPy array must have a dtype", lambda: dg.matmul(ones(3), OBJECTS)),
    (TypeError, "dualgrad.signbit: the argument must be real", lambda: dg.signbit(ones(2) * 1j)),
    (TypeError, "dualgrad.repeat: the numbers of repeats must be", lambda: dg.repeat(ones(2), dg.asarray([1.5, 1.0]))),
    (TypeError, "dualgrad.repeat: repeats must be an integer, got 1.5", lambda: dg.repeat(ones(2), 1.5)),
    (TypeError, "dualgrad.searchsorted: sorter must be", lambda: dg.searchsorted(ones(2), 1.0, sorter=ones(2))),
    (TypeError, "dualgrad.round: decimals must be an integer, got 1.5", lambda: dg.round(ones(2), decimals=1.5)),
    (TypeError, "dualgrad.triu: k must be an integer, got 0.5", lambda: dg.triu(ones(2, 2), 0.5)),
    (TypeError, "dualgrad.diag: k must be an integer, got 0.5", lambda: dg.diag(ones(2), 0.5)),
    (TypeError, "dualgrad.eye: k must be an integer, got 0.5", lambda: dg.eye(2, k=0.5)),
    (TypeError, "dualgrad.nn.one_hot: num_classes must be an integer", lambda: dg.nn.one_hot(dg.asarray([0]), 1.5)),
    (TypeError, "dualgrad.vecdot: axis must be an integer", lambda: dg.vecdot(ones(2), ones(2), axis="x")),
    (TypeError, "dualgrad.repeat: an argument must be an array", lambda: dg.repeat(ones(2), None)),
    (
        TypeError,
        "dualgrad.interp: an argument must be an array",
        lambda: dg.interp(1.0, ones(2), ones(2), period=(0, 0)),
    ),
    (TypeError, "dualgrad.quantile: keepdims must be True or", lambda: dg.quantile(ones(2), 0.5, keepdims=None)),
    (TypeError, "dualgrad.mean: keepdims must be True or False", lambda: dg.mean(ones(2), keepdims=None)),
    (TypeError, "dualgrad.cov: rowvar must be True or False, got 'x'", lambda: dg.cov(ones(2, 2), rowvar="x")),
    (TypeError, "dualgrad.linspace: endpoint must be True or", lambda: dg.linspace(0, 1, endpoint="x")),
    (TypeError, "dualgrad.full_like: fill_value must be real", lambda: dg.full_like(ones(2), 1j)),
    (TypeError, "dualgrad.arange: stop must be a real number, got (1,)", lambda: dg.arange(0, [1])),
    (TypeError, "dualgrad.linalg.pinv: rtol must be a real", lambda: dg.linalg.pinv(EYE, rtol="x")),
    (TypeError, "dualgrad.image.resize: shape must be an integer", lambda: dg.image.resize(ones(2, 2), 1.5, "linear")),
    (ValueError, "dualgrad.einsum: optimize must be a bool", lambda: dg.einsum("i,i", ones(2), ones(2), optimize=[1])),
    (ValueError, "dualgrad.histogram2d: bins must be a number", lambda: dg.histogram2d(ones(2), ones(2), None)),
    (
        ValueError,
        "dualgrad.searchsorted: sorter must have",
        lambda: dg.searchsorted(ones(2), 1.0, sorter=dg.asarray(0)),
    ),
    (ValueError, "dualgrad.tensordot: contracted axes must", lambda: dg.tensordot(ones(2, 2), ones(2, 2), axes=True)),
    (TypeError, "dualgrad.nanvar: correction must be a real number", lambda: dg.nanvar(ones(2), correction="x")),
    (TypeError, "dualgrad.average: an argument must be an array", lambda: dg.average(None)),
    (TypeError, "dualgrad.searchsorted: an argument must be", lambda: dg.searchsorted(ones(2), "x")),
    (TypeError, "dualgrad.angle: an argument must be an array", lambda: dg.angle(None)),
    (TypeError, "dualgrad.round: decimals must be an integer", lambda: dg.round(ones(2), decimals="x")),
    (TypeError, "dualgrad.unravel_index: indices must be", lambda: dg.unravel_index(ones(2), (2, 2))),
    (TypeError, "dualgrad.nn.elu: alpha must be a real", lambda: dg.nn.elu(ones(2), alpha="x")),
    (TypeError, "dualgrad.nn.layer_norm: epsilon must be a real", lambda: dg.nn.layer_norm(ones(2), epsilon="x")),
    (TypeError, "dualgrad.nn.huber_loss: delta must be a real", lambda: dg.nn.huber_loss(ones(2), 1.0, delta=None)),
    (TypeError, "dualgrad.nn.max_pool: window must be an integer", lambda: dg.nn.max_pool(ones(1, 1, 4), 1.5)),
    (TypeError, "dualgrad.nn.group_norm: groups must be an integer", lambda: dg.nn.group_norm(ones(1, 2), 1.5)),
    (TypeError, "dualgrad.nn.dropout: rate must be", lambda: dg.nn.dropout(dg.random.key(0), None, ones(2))),
    (TypeError, "dualgrad.nn.dropout: the argument must be", lambda: dg.nn.dropout(dg.random.key(0), 1j, ones(2))),
    (TypeError, "dualgrad.at: bools can be set", lambda: dg.at(ones(2) > 0)[0].add(True)),
    (TypeError, "dualgrad.fft.fftn: s must be a sequence", lambda: dg.fft.fftn(ones(2, 2), 2)),
    (ValueError, "dualgrad.fft.fft2: axes must be two, got axes=0", lambda: dg.fft.fft2(ones(2, 2), axes=0)),
    (ValueError, "dualgrad.clip: shapes must agree", lambda: dg.clip(ones(3), ones(2))),
    (
        ValueError,
        "dualgrad.tensordot: contracted axes must",
        lambda: dg.tensordot(ones(1, 2), ones(2, 3), ((0,), (0,))),
    ),
    (ValueError, "dualgrad.tensordot: contracted axes must", lambda: dg.tensordot(ones(2), ones(2), -1)),
    (ValueError, "dualgrad.nn.one_hot: num_classes must not be negative", lambda: dg.nn.one_hot(dg.asarray([1]), -1)),
    (ValueError, "dualgrad.trapezoid: there must be a point", lambda: dg.trapezoid(ones(3), ones(4))),
    (ValueError, "dualgrad.einsum: the subscripts must fit", lambda: dg.einsum("i,i")),
    (ValueError, "dualgrad.full_like: the value must broadcast", lambda: dg.full_like(ones(2), ones(3))),
    (ValueError, "dualgrad.diff: the arrays must have equal shapes", lambda: dg.diff(ones(2, 3), prepend=ones(3, 3))),
    (TypeError, "dualgrad.var: correction must be a real number", lambda: dg.var(ones(2), correction="a")),
    (TypeError, "dualgrad.arange: start must be a real number", lambda: dg.arange("a")),
    (TypeError, "dualgrad.nanvar: an argument must be an array", lambda: dg.nanvar(None)),
    (IndexError, "dualgrad.nanstd: axis must lie in", lambda: dg.nanstd(ones(2), axis=1)),
    (OverflowError, "dualgrad.full_like: an integer must fit", lambda: dg.full_like(dg.ones(1, dtype=dg.uint8), -9)),
    *[
        (OverflowError, f"dualgrad.{op}: an integer must fit the dtype uint8, got {n}", call)
        for op, n, call in (
            ("add", 300, lambda: dg.add(small(), 300)),
            ("add", -1, lambda: dg.add(-1, small())),
            ("multiply", 2**70, lambda: dg.multiply(small(), 2**70)),
            ("pow", 300, lambda: dg.pow(small(), 300)),
            ("floor_divide", 300, lambda: dg.floor_divide(small(), 300)),
            ("maximum", -1, lambda: dg.maximum(small(), -1)),
            ("bitwise_left_shift", -1, lambda: dg.bitwise_left_shift(small(), -1)),
            ("gcd", 300, lambda: dg.gcd(small(), 300)),
            ("divmod", 300, lambda: dg.divmod(small(), 300)),
            ("fmax", -1, lambda: dg.fmax(small(), -1)),
            ("where", -1, lambda: dg.where(small() > 0, -1, small())),
            ("select", 300, lambda: dg.select([small() > 0], [small()], 300)),
            ("clip", 300, lambda: dg.clip(small(), 300)),
            ("max", 300, lambda: dg.max(small(), initial=300)),
            ("pad", 300, lambda: dg.pad(small(), 1, constant_values=((0, 300),))),
            ("insert", 300, lambda: dg.insert(small(), 0, 300)),
            ("append", -1, lambda: dg.append(small(), -1)),
            ("put", 300, lambda: dg.put(small(), 0, 300, inplace=False)),
            ("put_along_axis", -1, lambda: dg.put_along_axis(small(), dg.asarray([0]), -1)),
            ("take", 300, lambda: dg.take(small(), dg.asarray([9]), fill_value=300)),
            ("compress", -1, lambda: dg.compress(small() > 0, small(), size=3, fill_value=-1)),
            ("unique", 300, lambda: dg.unique(small(), size=3, fill_value=300)),
            ("at", 300, lambda: dg.at(small())[0].set(300)),
            ("at", -1, lambda: dg.at(small())[0].add(-1)),
            ("polyval", -1, lambda: dg.polyval(small(), -1)),
            ("dot", 300, lambda: dg.dot(small(), 300)),
            ("inner", -1, lambda: dg.inner(-1, small())),
            ("outer", 300, lambda: ANY.outer(small(), 300)),
            ("kron", -1, lambda: dg.kron(small(), -1)),
            ("tensordot", 300, lambda: ANY.tensordot(small(), 300, 0)),
            ("einsum", -1, lambda: ANY.einsum("i,", small(), -1)),
            ("vdot", 300, lambda: dg.vdot(small()[:1], 300)),
            ("diff", 300, lambda: dg.diff(small(), prepend=300)),
            ("diff", -1, lambda: dg.diff(small(), append=-1)),
            ("ediff1d", 300, lambda: dg.ediff1d(small(), 300)),
            ("ediff1d", -1, lambda: dg.ediff1d(small(), None, -1)),
            ("concat", 300, lambda: dg.concat([small(), 300], axis=None)),
            ("stack", -1, lambda: dg.stack([small()[0], -1])),
            ("hstack", 300, lambda: dg.hstack([small(), 300])),
            ("vstack", -1, lambda: dg.vstack((small()[:1], -1))),
            ("dstack", 300, lambda: dg.dstack([small()[:1], 300])),
            ("column_stack", -1, lambda: dg.column_stack([small()[:1], -1])),
            ("block", 300, lambda: dg.block([small(), 300])),
            ("r_", 300, lambda: dg.r_[small(), 300]),
            ("linalg.block_diag", 300, lambda: dg.linalg.block_diag(small(), 300)),
            ("union1d", 300, lambda: dg.union1d(small(), 300)),
            ("setxor1d", -1, lambda: dg.setxor1d(-1, small())),
            ("setdiff1d", 300, lambda: dg.setdiff1d(small(), 300, size=2, fill_value=0.0)),
            ("union1d", -1, lambda: dg.union1d(small(), 3, size=4, fill_value=-1)),
            ("sum", -1, lambda: dg.sum(small(), initial=-1, promote_integers=False)),
            ("piecewise", 300, lambda: dg.piecewise(small(), [small() > 1], [300])),
            ("dynamic_update_index_in_dim", -1, lambda: dg.dynamic_update_index_in_dim(small(), -1, 0, 0)),
            ("lax.pad", 300, lambda: dg.lax.pad(small(), 300, [(1, 1, 0)])),
            ("lax.reduce", -1, lambda: dg.lax.reduce(small(), -1, dg.add, (0,))),
            ("lax.reduce_window", -1, lambda: dg.lax.reduce_window(small(), -1, dg.maximum, (2,))),
        )
    ],
    (OverflowError, "dualgrad.add: an integer must fit the dtype int32", lambda: dg.add(dg.asarray([1]), 2**31)),
    (OverflowError, "dualgrad.prod: an integer must fit the dtype uint32", lambda: dg.prod(small(), initial=-1)),
    (OverflowError, "dualgrad.interp: an integer must fit the dtype int32", lambda: dg.interp(2**40, small(), small())),
    (TypeError, "dualgrad.asarray: complex numbers convert to", lambda: dg.asarray([1.5, 2j], dtype="float32")),
    (TypeError, "dualgrad.arange: the dtype must be one of numbers", lambda: dg.arange(5, dtype="bool")),
    (TypeError, "dualgrad.rot90: k must be an integer, got 1.5", lambda: dg.rot90(ones(2, 2), 1.5)),
    (TypeError, "dualgrad.vectorize: the first argument must be a", lambda: ANY.vectorize(5)),
    (TypeError, "dualgrad.lax.select: pred must be of bools", lambda: dg.lax.select(ones(2), ones(2), ones(2))),
    (ValueError, "dualgrad.polydiv: the divisor must have", lambda: dg.polydiv(ones(2), dg.zeros(0))),
    (ValueError, "dualgrad.histogram: range must be finite", lambda: dg.histogram(ones(3), range=(2, 1))),
    (
        ValueError,
        "dualgrad.histogram_bin_edges: range must",
        lambda: dg.histogram_bin_edges(ones(3), range=(0, INF)),
    ),
    (ValueError, "dualgrad.pad: constant_values need mode", lambda: dg.pad(ones(3), 1, "edge", constant_values=2)),
    (
        TypeError,
        "dualgrad.count_nonzero: a NumPy array must have a dtype of the array API",
        lambda: ANY.count_nonzero(OBJECTS),
    ),
    (
        TypeError,
        "dualgrad.swapaxes: a NumPy array must have a dtype of the array API",
        lambda: ANY.swapaxes(OBJECTS, 0, 0),
    ),
    (TypeError, "dualgrad.searchsorted: a NumPy array must have a dtype", lambda: ANY.searchsorted(ones(3), OBJECTS)),
    (ValueError, "dualgrad.vecdot: shapes must agree where neither is 1", lambda: dg.vecdot(ones(2, 2, 3), ones(4, 3))),
    (
        ValueError,
        "dualgrad.fft.fftn: s and axes must be of one length, got s=(0,)",
        lambda: dg.fft.fftn(ones(2, 2), s=[0], axes=(0, 1)),
    ),
    (ValueError, "dualgrad.ldexp: shapes must agree", lambda: dg.ldexp(ones(2, 3), dg.arange(5))),
    (TypeError, "dualgrad.nn.rms_norm: an argument must be an array", lambda: ANY.nn.rms_norm(None, ones(3))),
    (TypeError, "dualgrad.atanh: an argument must be an array", lambda: ANY.atanh(dg.float32)),
    (TypeError, "dualgrad.lax.rev: an argument must be an array", lambda: ANY.lax.rev([1.0], (0,))),
    (TypeError, "dualgrad.lax.cumsum: an argument must be an array", lambda: ANY.lax.cumsum(None)),
    (TypeError, "dualgrad.lax.cummax: an argument must be an array", lambda: ANY.lax.cummax("text")),
    (TypeError, "dualgrad.lax.reduce_max: an argument must be an array", lambda: ANY.lax.reduce_max(THING, ())),
    (TypeError, "dualgrad.lax.reduce_and: an argument must be an array", lambda: ANY.lax.reduce_and([True], (0,))),
    (TypeError, "dualgrad.lax.select: an argument must be an array", lambda: ANY.lax.select(None, 1.0, 2.0)),
    (TypeError, "dualgrad.lax.sort: an argument must be an array", lambda: ANY.lax.sort("text")),
    (TypeError, "dualgrad.lax.approx_max_k: an argument must be an array", lambda: ANY.lax.approx_max_k([1.0], 1)),
    (TypeError, "dualgrad.lax.collapse: an argument must be an array", lambda: ANY.lax.collapse([1.0], 0)),
    (TypeError, "dualgrad.lax.fft: an argument must be an array", lambda: ANY.lax.fft([1.0], "FFT", (1,))),
    (
        TypeError,
        "dualgrad.lax.conv: an argument must be an array",
        lambda: ANY.lax.conv(ones(1, 1, 3), None, (1,), "SAME"),
    ),
    (ValueError, "dualgrad.lax.conv_transpose: ", lambda: ANY.lax.conv_transpose(ones(1, 3, 1), 2.0, (1,), "SAME")),
    (ValueError, "dualgrad.lax.gather: mode must be one of", lambda: gathered(mode=ones(2))),
    (TypeError, "dualgrad.einsum_path: an argument must be an array", lambda: dg.einsum_path("i,i", ones(2), [1.0])),
    (ValueError, "dualgrad.einsum_path: the subscripts must fit", lambda: dg.einsum_path("i,i", ones(2), ones(3))),
    (TypeError, "dualgrad.random.normal: a key must be a uint32", lambda: ANY.random.normal(dg.float32)),
    (TypeError, "dualgrad.random.normal: a NumPy array must have", lambda: ANY.random.normal(OBJECTS)),
    (TypeError, "dualgrad.random.wald: an argument must be an array", lambda: ANY.random.wald(KEY, {"mean": 1.0})),
    (TypeError, "dualgrad.random.geometric: an argument must", lambda: ANY.random.geometric(KEY, (0.5, 0.25))),
    (TypeError, "dualgrad.random.lognormal: a NumPy array must", lambda: ANY.random.lognormal(KEY, OBJECTS)),
    (ValueError, "dualgrad.random.loggamma: a must be positive", lambda: dg.random.loggamma(KEY, small() - small())),
    (ValueError, "dualgrad.random.pareto: b must be positive", lambda: dg.random.pareto(KEY, half(0.0))),
    (ValueError, "dualgrad.random.choice: p must lie in [0, 1]", lambda: dg.random.choice(KEY, 2, p=half(-0.5, 1.5))),
    (TypeError, "dualgrad.histogramdd: range must be a sequence", lambda: ANY.histogramdd(ones(3, 2), range=1.5)),
    (TypeError, "dualgrad.select: the arrays must come in a sequence", lambda: ANY.select(1.5, [ones(2)])),
    (TypeError, "dualgrad.histogram: range must be a pair", lambda: ANY.histogram(ones(3), range=2 + 1j)),
    (ValueError, "dualgrad.histogram: range must be a pair", lambda: ANY.histogram(ones(3), range=(0, 1, 2))),
    (
        ValueError,
        "dualgrad.random.double_sided_maxwell: scale must not be negative, got -1e+30",
        lambda: dg.random.double_sided_maxwell(KEY, 0.0, -(10**30)),
    ),
    (ValueError, "dualgrad.random.gamma: a must be positive, got -1e+30", lambda: dg.random.gamma(KEY, -(10**30))),
    (ValueError, "dualgrad.polyint: m must be at most 1000", lambda: dg.polyint(ones(2), m=2**40)),
    (ValueError, "dualgrad.array_split: there must be at most 65536", lambda: dg.array_split(ones(3), 2**40)),
    (TypeError, "dualgrad.lax.gather: fill_value must be a number", lambda: gathered(mode="clip", fill_value="a")),
    (TypeError, "dualgrad.lax.gather: fill_value must be real for", lambda: gathered(mode="fill", fill_value=1j)),
    (
        TypeError,
        "dualgrad.take: fill_value must be a number, got (1.0, 1.0)",
        lambda: dg.take(ones(3), dg.asarray([0]), fill_value=ones(2)),
    ),
    (
        TypeError,
        "dualgrad.take: fill_value must be a number, got dualgrad.float32",
        lambda: ANY.take(ones(3), dg.asarray([0]), fill_value=dg.float32),
    ),
    (
        ValueError,
        "dualgrad.nan_to_num: shapes must agree where neither is 1, got (3,) and (2,)",
        lambda: dg.nan_to_num(ones(3), nan=ones(2)),
    ),
    (ValueError, "dualgrad.arange: a range must have a length", lambda: dg.arange(10**30)),
    (ValueError, "dualgrad.arange: a range must have a length", lambda: dg.arange(dg.nan)),
    (ValueError, "dualgrad.arange: a range must have a length", lambda: dg.arange(0.0, 10**400)),
    (TypeError, "dualgrad.arange: stop must be a real number, got (1.0, 1.0)", lambda: dg.arange(ones(2))),
    (OverflowError, "dualgrad.arange: an integer must fit the dtype uint8", lambda: dg.arange(257, dtype="uint8")),
    (OverflowError, "dualgrad.arange: an integer must fit the dtype int32", lambda: dg.arange(2**31, 2**31 + 2)),
    (IndexError, "dualgrad.lax.reduce_sum: axis must lie in", lambda: dg.lax.reduce_sum(ones(2), (5,))),
    (
        TypeError,
        "dualgrad.lax.reduce_sum: axes must be a sequence",
        lambda: ANY.lax.reduce_sum(ones(2), 0),
    ),
    (TypeError, "dualgrad.lax.transpose: the arguments must be of", lambda: ANY.lax.transpose(ones(2), 0)),
    (TypeError, "dualgrad.lax.scatter_add: dimension_numbers", lambda: ANY.lax.scatter_add(ones(2), 1, 2, 3)),
    (TypeError, "dualgrad.identity: shape must be an integer", lambda: ANY.identity(1.5)),
    (IndexError, "dualgrad.special.softmax: axis must lie in", lambda: dg.special.softmax(ones(2), axis=7)),
    (TypeError, "dualgrad.nn.logsumexp: return_sign must be", lambda: ANY.nn.logsumexp(ones(2), return_sign=ones(2))),
    (
        TypeError,
        "dualgrad.random.categorical: replace must be True or False, got (1.0, 1.0)",
        lambda: ANY.random.categorical(KEY, ones(3), replace=ones(2)),
    ),
    (TypeError, "dualgrad.random.choice: replace must be", lambda: ANY.random.choice(KEY, 3, replace=ones(2))),
    (
        TypeError,
        "dualgrad.random.permutation: independent must be",
        lambda: ANY.random.permutation(KEY, 3, independent=ones(2)),
    ),
    (
        IndexError,  # of the user's own function, which keeps its name
        "dualgrad.sum: axis must lie in",
        lambda: dg.lax.reduce(ones(2), 0.0, lambda a, b: dg.sum(a + b, axis=9), (0,)),
    ),
    (ValueError, "dualgrad.pad: mode must be one of", lambda: ANY.pad(ones(2), 1, mode=OBJECTS)),
    (ValueError, "dualgrad.fft.fft: norm must be", lambda: ANY.fft.fft(ones(2), norm=OBJECTS)),
    (ValueError, "dualgrad.take: mode must be one of", lambda: ANY.take(ones(2), dg.asarray([0]), mode=OBJECTS)),
    (ValueError, "dualgrad.linalg.qr: mode must be", lambda: ANY.linalg.qr(EYE, mode=OBJECTS)),
    (ValueError, "dualgrad.convolve: mode must be", lambda: ANY.convolve(ones(2), ones(2), mode=OBJECTS)),
    (ValueError, "dualgrad.sort: kind must be one of", lambda: ANY.sort(ones(2), kind=OBJECTS)),
    (ValueError, "dualgrad.random.bernoulli: mode must be", lambda: ANY.random.bernoulli(KEY, mode=OBJECTS)),
    (ValueError, "dualgrad.random.key: impl must be", lambda: ANY.random.key(0, impl=ones(2))),
    (TypeError, "dualgrad.argsort: an argument must be an array", lambda: ANY.argsort(dg.float32)),
    (TypeError, "dualgrad.squeeze: an argument must be an array", lambda: ANY.squeeze(dg.float32)),
    (TypeError, "dualgrad.bitwise_and: an argument must be", lambda: ANY.bitwise_and(small(), dg.float32)),
    (TypeError, "dualgrad.random.dirichlet: an argument must be", lambda: ANY.random.dirichlet(KEY, dg.float32)),
    (TypeError, "dualgrad.random.beta: an argument must be an", lambda: ANY.random.beta(KEY, [], ones(3))),
    (
        TypeError,
        "dualgrad.random.categorical: axis must be an integer, got",
        lambda: ANY.random.categorical(KEY, ones(3), axis=ones(2)),
    ),
    (TypeError, "dualgrad.random.randint: minval and maxval must be", lambda: dg.random.randint(KEY, (3,), ones(2), 9)),
    (TypeError, "dualgrad.random.ball: a key must be a uint32 array", lambda: ANY.random.ball([dg.asarray(1)], 2)),
    (IndexError, "dualgrad.average: axis must lie in", lambda: dg.average(ones(2), axis=7)),
    (ValueError, "dualgrad.linalg.norm: ord must be", lambda: dg.linalg.norm(ones(2), ord="x")),
    (TypeError, "dualgrad.at: the argument must be real, got dtype complex64", lambda: dg.at(ones(2) * 1j)[0].max(1j)),
    (TypeError, "dualgrad.concat: the arrays must come in a sequence", lambda: ANY.concat(dg.asarray(1.0))),
    (TypeError, "dualgrad.dstack: the arrays must come in a sequence", lambda: ANY.dstack(dg.asarray(1.0))),
    (TypeError, "dualgrad.astype: copy must be True or False", lambda: ANY.astype(ones(2), "int32", copy=ones(2))),
    (TypeError, "dualgrad.vecdot: axis must be an integer", lambda: ANY.vecdot(ones(2), ones(2), axis=ones(2))),
    (TypeError, "dualgrad.trace: axis must be an integer", lambda: ANY.trace(dg.asarray([[1.0]]), axis1=-2.0)),
    (
        TypeError,
        "dualgrad.nn.layer_norm: axis must be",
        lambda: ANY.nn.layer_norm(ones(2), ones(2), ones(2), axis=-1.0),
    ),
    (TypeError, "dualgrad.maximum: the op is not defined", lambda: dg.maximum(ones(2) * 1j, ones(3))),
    (TypeError, "dualgrad.top_k: complex numbers have no order", lambda: ANY.top_k(1j, 1)),
    (TypeError, "dualgrad.nn.log_softmax: where must be boolean", lambda: ANY.nn.log_softmax(ones(2), where=ones(2))),
    (TypeError, "dualgrad.nn.logsumexp: where must be boolean", lambda: ANY.nn.logsumexp(ones(2), where=ones(2))),
    *[
        (TypeError, f"dualgrad.{op}: the op is not defined for these dtypes, got", lambda op=op: traced_bits(op))
        for op in ("bitwise_and", "bitwise_left_shift", "bitwise_invert")
    ],
    (ValueError, "dualgrad.isclose: shapes must agree", lambda: ANY.isclose(ones(3), ones(3), atol=ones(2))),
    (
        ValueError,
        "dualgrad.reshape: the new shape must hold as many elements as the array, with at most one -1, got shape (3,) "
        "to (2,)",
        lambda: ANY.reshape(ones(3), dg.asarray([2])),
    ),
]


@pytest.mark.parametrize(("kind", "start", "call"), CASES, ids=[start for _, start, _ in CASES])
def test_error_has_one_type_and_text(kind: type[Exception], start: str, call: Call) -> None:
    messages: list[str] = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(kind) as caught:
            call()
        messages.append(str(caught.value).replace(repr(name), "..."))

    assert messages[0] == messages[1]
    assert messages[0].startswith(start)


@pytest.mark.parametrize(
    "call", [dg.asarray, dg.sin, dg.device_put, lambda x: dg.add(dg.ones(2), x), lambda x: dg.grad(dg.sum)(x)]
)
def test_masked_array_of_numpy_is_refused(call: Any, backend: Any) -> None:
    with pytest.raises(ValueError, match="masked"):
        call(np.ma.array([1.0, 2.0], mask=[True, False]))


@pytest.mark.parametrize(
    "call",
    [
        lambda n: dg.add(dg.asarray([1]), n),
        lambda n: dg.where(dg.asarray([True]), dg.asarray([1]), n),
        lambda n: dg.jit(lambda x: x, compiler="replay")(n),
    ],
)
def test_number_too_large_for_its_integers_is_an_overflow(call: Any, backend: Any) -> None:
    with pytest.raises(OverflowError):
        call(2**40)


@pytest.mark.parametrize(
    ("shape", "dtype", "error"),
    [(4, dg.float32, TypeError), ((4,), None, ValueError), ((4,), float, TypeError), ((4,), "text", TypeError)],
)
def test_outline_of_an_array_says_what_is_missing(shape: Any, dtype: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"dualgrad\.ShapeDtypeStruct: "):
        dg.ShapeDtypeStruct(shape, dtype)


@pytest.mark.parametrize("n", [300, -1])
@pytest.mark.parametrize("op", ["divide", "hypot", "atan2", "copysign", "logaddexp"])
def test_integer_that_its_neighbour_does_not_hold_is_a_float_where_results_are(op: str, n: int, backend: Any) -> None:
    fun = getattr(dg, op)
    got = dg.to_numpy(fun(dg.asarray(np.array([1, 7], np.uint8)), n))
    want = getattr(np, {"atan2": "arctan2"}.get(op, op))(np.array([1.0, 7.0]), float(n))
    assert np.allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize("n", [300, -1])
@pytest.mark.parametrize("op", ["beta", "xlogy", "gammainc", "comb", "kl_div", "boxcox", "owens_t"])
def test_integer_beside_small_ones_is_a_float_to_special_functions(op: str, n: int, backend: Any) -> None:
    fun = getattr(dg.special, op)
    got, want = (dg.to_numpy(fun(x, y)) for x, y in ((small(), n), (dg.asarray([1.0, 250.0]), float(n))))
    assert np.array_equal(got, want, equal_nan=True)


@pytest.mark.parametrize("n", [300, -1, 2**70, -(2**70)])
@pytest.mark.parametrize("op", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"])
def test_comparison_with_an_integer_out_of_range_has_an_answer(op: str, n: int, backend: Any) -> None:
    fun, of_numpy = getattr(dg, op), getattr(np, op)
    x = np.array([1, 250], np.uint8)
    assert dg.to_numpy(fun(small(), n)).tolist() == of_numpy(x, n).tolist()
    assert dg.to_numpy(fun(n, small())).tolist() == of_numpy(n, x).tolist()


def test_bounds_beyond_the_range_do_not_limit_and_nothing_out_of_range_is_found(backend: Any) -> None:
    assert dg.to_numpy(dg.clip(small(), -1, 300)).tolist() == [1, 250]
    assert not dg.to_numpy(dg.isin(small(), 257)).any()
    assert int(dg.searchsorted(small(), 300)) == 2
    assert [int(dg.digitize(n, small())) for n in (-1, 3, 300)] == [0, 1, 2]


@pytest.mark.parametrize(
    "call",
    [
        lambda r, k, z: r.bernoulli(k, z),
        lambda r, k, z: r.beta(k, z, 1.0),
        lambda r, k, z: r.binomial(k, 5, z),
        lambda r, k, z: r.categorical(k, dg.stack([z, z])),
        lambda r, k, z: r.choice(k, 2, p=dg.stack([z, z])),
        lambda r, k, z: r.geometric(k, z),
        lambda r, k, z: r.lognormal(k, z),
        lambda r, k, z: r.multinomial(k, 3, dg.stack([z, z])),
        lambda r, k, z: r.multivariate_normal(k, dg.stack([z, z]), dg.eye(2)),
        lambda r, k, z: r.poisson(k, z),
        lambda r, k, z: r.uniform(k, (), minval=z),
    ],
)
def test_complex_parameter_of_a_distribution_is_refused(call: Any, backend: Any) -> None:
    with pytest.raises(TypeError, match=r"dualgrad\.random\.\w+: the argument must be real, got dtype complex64"):
        call(dg.random, dg.random.key(0), dg.asarray(1j))


def test_derivative_of_an_order_far_beyond_a_polynomial_is_found_at_once(backend: Any) -> None:
    assert dg.polyder(ones(3), 10**30).shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda n: dg.zeros(n), ValueError, "zeros: the sizes of a shape must be below 2"),
        (lambda n: dg.tile(ones(2), n), ValueError, "tile: the sizes of a shape must be below 2"),
        (lambda n: dg.random.normal(KEY, (2, n)), ValueError, "random.normal: the sizes of a shape must be below 2"),
        (lambda n: dg.polyint(ones(2), n), ValueError, "polyint: m must be below 2"),
        (lambda n: dg.bincount(dg.asarray([1]), length=n), ValueError, "bincount: size must be below 2"),
        (lambda n: dg.linspace(0, 1, n), OverflowError, "linspace: num must fit 64 bits"),
        (lambda n: dg.array_split(ones(3), n), OverflowError, "array_split: indices_or_sections must fit 64 bits"),
        (lambda n: dg.pad(ones(3), n), OverflowError, "pad: pad_width must fit 64 bits"),
        (lambda n: dg.fft.fft(ones(3), n), OverflowError, "fft.fft: n must fit 64 bits"),
        (lambda n: dg.diag(ones(3), n), OverflowError, "diag: k must fit 64 bits"),
        (lambda n: dg.sin(n), OverflowError, "sin: an integer must fit the dtype int32"),
        (lambda n: dg.linalg.matrix_power(EYE, n), OverflowError, "linalg.matrix_power: n must fit 64 bits"),
        (lambda n: dg.argmax(n), OverflowError, "argmax: an integer must fit the dtype int32"),
        (lambda n: dg.argmax(ones(3), n), IndexError, "argmax: axis must lie in"),
        (lambda n: dg.concat([ones(3)], n), IndexError, "concat: axis must lie in"),
        (lambda n: dg.sum(ones(3), axis=[dg.asarray(7)]), IndexError, "sum: axis must lie in"),
    ],
)
@pytest.mark.parametrize("n", [2**63, 10**30])
def test_size_beyond_64_bits_is_refused_by_name(n: int, call: Any, error: Any, words: str, backend: Any) -> None:
    with pytest.raises(error, match=words.replace(".", "[.]")):
        call(n)


@pytest.mark.parametrize("n", [10**30, -(10**30)])
def test_diagonal_shift_or_order_of_any_size_has_its_answer(n: int, backend: Any) -> None:
    x = dg.asarray(np.arange(6.0, dtype=np.float32).reshape(2, 3))
    far = 9 if n > 0 else -9
    for op in (dg.triu, dg.tril, dg.diagonal, dg.trace):
        assert np.array_equal(dg.to_numpy(op(x, n)), dg.to_numpy(op(x, far))), op.__name__
    assert np.array_equal(dg.to_numpy(dg.eye(2, k=n)), np.zeros((2, 2)))
    assert np.array_equal(dg.to_numpy(dg.tri(2, 3, n)), np.full((2, 3), float(n > 0)))
    for axis in (None, 0, 1):
        assert np.array_equal(dg.to_numpy(dg.roll(x, n, axis)), np.roll(dg.to_numpy(x), n, axis))
    assert np.array_equal(dg.to_numpy(dg.rot90(x, n)), np.rot90(dg.to_numpy(x), n % 4))
    assert dg.diff(x, abs(n)).shape == (2, 0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (10**30, 1e30),
        (10**400, INF),
        (INF, INF),
        (True, 1.0),
        (np.float32(7.0), 7.0),
        (np.array([3.0, 4.0], np.float32), 3.0),
    ],
    ids=["large", "beyond floats", "infinite", "bool", "scalar", "array"],
)
def test_nan_becomes_any_number_or_element(given: Any, expected: float, backend: Any) -> None:
    out = dg.nan_to_num(dg.asarray([float("nan"), 2.0]), nan=given)
    assert out.dtype == dg.float32
    assert np.array_equal(dg.to_numpy(out), np.array([expected, 2.0], np.float32))


def test_parts_of_complex_numbers_become_elements_of_an_array(backend: Any) -> None:
    x = dg.asarray([complex(float("nan"), 2.0), complex(1.0, INF)])
    out = dg.nan_to_num(x, nan=dg.asarray([3.0, 4.0]), posinf=9)
    assert np.array_equal(dg.to_numpy(out), np.array([3 + 2j, 1 + 9j], np.complex64))


def test_complex_number_of_a_class_is_compared_as_a_whole(backend: Any) -> None:
    out = dg.nn.one_hot(dg.asarray([1j, 1 + 0j, 2 + 1e-3j]), 3)
    assert dg.to_numpy(out).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_range_ends_where_integers_of_any_size_say(backend: Any) -> None:
    assert dg.arange(-(10**30)).shape == (0,)
    assert dg.to_numpy(dg.arange(5, step=2**70)).tolist() == [0]
    assert dg.to_numpy(dg.arange(2**32 - 2, 2**32, dtype="uint32")).tolist() == [2**32 - 2, 2**32 - 1]
    with dg.enable_x64(True):
        assert dg.to_numpy(dg.arange(2**64 - 1, 2**63, -(2**62), dtype="uint64")).tolist() == [2**64 - 1, 3 * 2**62 - 1]


@pytest.mark.parametrize(
    "call",
    [
        lambda: dg.random.binomial(KEY, 10**30, 0.5),
        lambda: dg.special.xlogy(10**30, ones(2)),
        lambda: dg.nn.standardize(ones(1, 2), mean=10**30),
        lambda: dg.nn.elu(ones(2), alpha=2**63),
        lambda: dg.take(ones(2), dg.asarray([7]), fill_value=10**30),
        lambda: dg.pow(ones(2), 10**30),
        lambda: dg.var(ones(2), correction=-(10**30)),
        lambda: dg.nn.celu(ones(2), 10**30),
        lambda: dg.nn.leaky_relu(ones(2), 10**30),
        lambda: dg.nn.standardize(ones(1, 2), epsilon=10**30),
        lambda: dg.nn.rms_norm(ones(1, 2), epsilon=10**30),
        lambda: dg.at(ones(2))[0].set(10**30),
        lambda: dg.at(ones(2))[0].add(-(2**70)),
        lambda: dg.pad(ones(2), 1, constant_values=10**30),
        lambda: dg.linalg.vector_norm(ones(2), ord=10**30),
        lambda: dg.linalg.norm(ones(2), ord=-(10**30)),
        lambda: dg.linalg.lstsq(EYE, EYE, rcond=10**30).x,
        lambda: dg.clip(10**30, -1.0, 1.0),
        lambda: dg.astype(10**30, "float32"),
        lambda: dg.special.expn(dg.asarray([1, 2]), 10**30),
        lambda: dg.select([ones(2) > 0], [ones(2)], 10**30),
        lambda: dg.astype(dg.isclose(ones(2), 1.0, atol=10**30), "float32"),
        lambda: dg.astype(dg.logical_and(ones(2), 10**30), "float32"),
        lambda: dg.astype(dg.linalg.matrix_rank(EYE, rtol=10**30), "float32"),
    ],
)
def test_integer_of_any_size_beside_floats_is_one(call: Call, backend: Any) -> None:
    assert call().dtype == dg.float32


@pytest.mark.parametrize("end", ["left", "right"])
def test_interp_drops_no_imaginary_part_of_an_end(end: str, backend: Any) -> None:
    with pytest.raises(TypeError, match=r"dualgrad\.interp: a complex array converts to complex dtypes"):
        dg.interp(dg.asarray([0.5, 5.0]), dg.asarray([0.0, 1.0]), ones(2), **{end: 1j})


@pytest.mark.parametrize("values", [[3.0], [1.0, 2.0], [[1.0, 2.0]], [[1.0], [4.0]], [[1.0, 2.0], [3.0, 4.0]]])
def test_pad_takes_its_constants_as_an_array(values: list[Any], backend: Any) -> None:
    given = np.asarray(values, np.float32)
    expected = np.pad(np.ones((2, 3), np.float32), 1, constant_values=given)
    for constants in (given, dg.asarray(given)):
        assert np.array_equal(dg.to_numpy(dg.pad(ones(2, 3), 1, constant_values=constants)), expected)


@pytest.mark.parametrize("wrong", [(0.0, 1.0), (False, True), [0.0, 1.0], np.array([0.0, 1.0])], ids=str)
@pytest.mark.parametrize("op", ["sum", "max", "var", "any", "flip", "expand_dims", "count_nonzero", "ptp"])
def test_tuple_that_equals_known_axes_is_refused_where_it_holds_no_integers(op: str, wrong: Any, backend: Any) -> None:
    getattr(dg, op)(ones(2, 3), (0, 1))
    with pytest.raises(TypeError, match=rf"dualgrad\.{op}: axis must be an integer, got "):
        getattr(dg, op)(ones(2, 3), wrong)


def test_nothing_is_put_into_an_empty_array(backend: Any) -> None:
    for mode in (None, "clip", "wrap"):
        assert ANY.put(ones(0), dg.asarray([1, 2]), ones(2), mode=mode, inplace=False).shape == (0,)


def test_attention_sees_everything_through_a_window_of_any_size(backend: Any) -> None:
    q = dg.reshape(dg.arange(8.0), (2, 2, 2))
    for size in (2**63, 10**30, (10**30, 2**63)):
        got = dg.nn.dot_product_attention(q, q, q, local_window_size=size)
        assert np.allclose(dg.to_numpy(got), dg.to_numpy(dg.nn.dot_product_attention(q, q, q)), rtol=1e-6)
