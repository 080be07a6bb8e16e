"""Wrong arguments end in one error on every backend, which names the function and the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

Call = Callable[[], Any]
EYE = np.eye(2, dtype=np.float32)
THING = object()
OBJECTS = np.array([None, None, None])


def ones(*shape: int) -> Any:
    return dg.ones(shape)


CASES: list[tuple[type[Exception], str, Call]] = [
    (TypeError, "dualgrad.abs: an argument must be an array", lambda: dg.abs(THING)),
    (TypeError, "dualgrad.linalg.eigh: an argument must be an array", lambda: dg.linalg.eigh(THING)),
    (TypeError, "dualgrad.isclose: an argument must be an array", lambda: dg.isclose(ones(2), [1.0, 2.0])),
    (TypeError, "dualgrad.allclose: rtol must be a real number", lambda: dg.allclose(ones(2), 1.0, rtol="x")),
    (TypeError, "dualgrad.average: an argument must be an array", lambda: dg.average(ones(1), weights=[1])),
    (TypeError, "dualgrad.floor: the op is not defined for", lambda: dg.floor(ones(2) * 1j)),
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


@pytest.mark.parametrize(("shape", "dtype", "error"), [(4, dg.float32, TypeError), ((4,), None, ValueError)])
def test_outline_of_an_array_says_what_is_missing(shape: Any, dtype: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"dualgrad\.ShapeDtypeStruct: "):
        dg.ShapeDtypeStruct(shape, dtype)
