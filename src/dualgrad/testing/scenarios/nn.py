"""Rows of the neural-network ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS", "UNTABLED"]

NAN = math.nan
X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.7]])


SOME = np.array([[True, True, False], [True, False, True]])
IMAGE = np.sin(1.3 * np.arange(2 * 2 * 3 * 4, dtype=float)).reshape(2, 2, 3, 4)
DROPPED = np.array([[True, False, False], [False, False, True]])  # as jax.random.bernoulli draws in float64


def _channels(x: Any) -> Any:
    return x[:, None, None]


def _batch_norm(x: Any, scale: Any, bias: Any) -> Any:
    mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))
    out = (x - _channels(mean)) / np.sqrt(_channels(variance) + 1e-5)
    return out * _channels(scale) + _channels(bias), mean, variance


def _kink(x: float, value: float, slope: float, why: str) -> Point:
    return Point((np.array([x]),), (np.array([slope]),), np.array([value]), why)


def _activation(op: str, reference: Callable[..., Any], *points: Point, **options: Any) -> Scenario:
    return Scenario(f"nn.{op}", (X,), options, reference, points=points, dtypes=("float32", "bfloat16"))


def _given(op: str, option: Any, reference: Callable[..., Any], *points: Point) -> Scenario:
    """The same with an array for its option, which is differentiated too."""
    args, dtypes = (X, np.asarray(option)), ("float32", "bfloat16")
    return Scenario(f"nn.{op}", args, {}, reference, (0, 1), dtypes=dtypes, points=points, label="an array")


def _at_kink(option: float, slope: float) -> Point:
    """0, where the option counts for the slope alone."""
    return Point((np.array(0.0), np.array(option)), (slope, 0.0), 0.0, "kink: the lesser slope")


def _at_end(option: float, value: float, slope: float) -> Point:
    return Point((np.array(-math.inf), np.array(option)), (0.0, slope), value, "far out")


def _elu(x: Any, alpha: Any = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _softplus(x: Any) -> Any:
    return np.logaddexp(x, 0)


def _standard(x: Any, epsilon: Any = 1e-5) -> Any:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)


ROWS: tuple[Scenario, ...] = (
    _activation("celu", lambda x, alpha: _elu(x / alpha) * alpha, _kink(0.0, 0.0, 1.0, "smooth"), alpha=0.7),
    _activation("elu", _elu, _kink(0.0, 0.0, 0.5, "the left branch"), alpha=0.5),
    _given("celu", 0.7, lambda x, alpha: _elu(x / alpha) * alpha, _at_kink(0.7, 1.0), _at_end(0.7, -0.7, -1.0)),
    _given("elu", np.array([0.5, 2.0, -1.5]), _elu, _at_kink(0.5, 0.5), _at_kink(2.0, 1.0), _at_end(0.5, -0.5, -1.0)),
    _activation("gelu", lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
    Scenario("nn.gelu", (X,), {"approximate": False}, lambda x, approximate: x * special.ndtr(x), label="exact"),
    _activation(
        "hard_sigmoid",
        lambda x: np.clip(x / 6 + 0.5, 0, 1),
        _kink(3.0, 1.0, 0.0, "kink"),
        _kink(-3.0, 0.0, 0.0, "kink"),
        _kink(NAN, NAN, 0.0, "nan"),
    ),
    _activation("hard_silu", lambda x: x * np.clip(x / 6 + 0.5, 0, 1), _kink(NAN, NAN, NAN, "nan")),
    _activation(
        "hard_tanh",
        lambda x: np.clip(x, -1, 1),
        _kink(1.0, 1.0, 0.0, "kink: the smaller slope"),
        _kink(-1.0, -1.0, 0.0, "kink: the smaller slope"),
        _kink(NAN, NAN, 0.0, "nan"),
    ),
    Scenario("nn.layer_norm", (X,), reference=_standard),
    Scenario(
        "nn.layer_norm",
        (X, np.array([1.0, 0.5, -2.0]), np.array([0.1, 0.2, 0.3])),
        reference=lambda x, scale, bias: _standard(x) * scale + bias,
        wrt=(0, 1, 2),
        label="affine",
    ),
    _activation("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x), _kink(0.0, 0.0, 0.01, "kink: the smaller slope")),
    _given(
        "leaky_relu",
        np.array([[0.1], [-2.0]]),
        lambda x, slope: np.where(x > 0, x, slope * x),
        _at_kink(0.25, 0.25),
        _at_kink(3.0, 1.0),
        _at_kink(-2.0, 0.0),
        Point((np.array(math.inf), np.array(0.5)), (1.0, 0.0), math.inf, "infinity"),
    ),
    _activation("log_sigmoid", lambda x: -_softplus(-x), _kink(-800.0, -800.0, 1.0, "far out")),
    Scenario("nn.log_softmax", (X,), reference=lambda x: special.log_softmax(x, axis=-1)),
    Scenario("nn.logsumexp", (X,), {"axis": 1}, special.logsumexp),
    Scenario(
        "nn.logsumexp",
        (X,),
        reference=special.logsumexp,
        points=(Point((np.array([1e300, 1e300]),), (np.array([0.5, 0.5]),), 1e300, "large equal entries"),),
        label="all",
    ),
    _activation("mish", lambda x: x * np.tanh(_softplus(x))),
    Scenario(
        "nn.one_hot",
        (np.array([0, 2, 3, -1], dtype=np.int32), 3),
        wrt=(),
        order=0,
        exact=True,
        reference=lambda x, n: (x[:, None] == np.arange(n)).astype(float),
    ),
    _activation(
        "relu",
        lambda x: np.maximum(x, 0),
        _kink(0.0, 0.0, 0.0, "kink: the smaller slope"),
        _kink(NAN, NAN, 0.0, "nan"),
    ),
    _activation(
        "relu6",
        lambda x: np.clip(x, 0, 6),
        _kink(0.0, 0.0, 0.0, "kink: the smaller slope"),
        _kink(6.0, 6.0, 0.0, "kink: the smaller slope"),
    ),
    _activation("selu", lambda x: 1.0507009873554804934193349852946 * _elu(x, 1.6732632423543772848170429916717)),
    _activation("sigmoid", special.expit),
    _activation("silu", lambda x: x * special.expit(x)),
    _activation("soft_sign", lambda x: x / (1 + np.abs(x)), _kink(0.0, 0.0, 1.0, "smooth to first order")),
    Scenario("nn.softmax", (X,), reference=lambda x: special.softmax(x, axis=-1)),
    Scenario("nn.softmax", (X,), {"axis": (0, 1)}, special.softmax, label="axes"),
    _activation("softplus", _softplus, _kink(800.0, 800.0, 1.0, "far out")),
    Scenario("nn.standardize", (X,), reference=_standard),
    Scenario(
        "nn.standardize",
        (X, -1, None, None, np.array([[0.5], [2.0]])),
        reference=lambda x, axis, mean, variance, epsilon: _standard(x, epsilon),
        wrt=(0, 4),
        label="epsilon of each",
    ),
    Scenario(
        "nn.batch_norm",
        (IMAGE, np.array([1.0, -0.5]), np.array([0.1, 0.2])),
        reference=_batch_norm,
        wrt=(0, 1, 2),
        dtypes=("float32", "bfloat16"),
    ),
    Scenario(
        "nn.batch_norm",
        (X,),
        {"mean": np.array([0.1, 0.2, 0.3]), "variance": np.array([1.0, 4.0, 9.0])},
        lambda x, mean, variance: ((x - mean) / np.sqrt(variance + 1e-5), mean, variance),
        dtypes=(),
        label="given statistics",
    ),
    Scenario(
        "nn.dropout",
        (np.array([0, 7], dtype=np.uint32), 0.4, X),
        reference=lambda key, rate, x: np.where(DROPPED, 0.0, x / (1 - rate)),
        wrt=(2,),
        dtypes=(),
        points=(
            Point(
                (np.array([0, 7], dtype=np.uint32), np.array(1.0), X),
                (np.zeros_like(X),),
                np.zeros_like(X),
                "all is dropped",
            ),
        ),
    ),
    Scenario(
        "nn.embedding",
        (np.array([[2, 0], [-1, 2]], dtype=np.int32), IMAGE[0, 0]),
        reference=lambda i, table: table[i],
        wrt=(1,),
        dtypes=("float32", "bfloat16"),
    ),
    _activation("glu", lambda x, axis: x[:1] * special.expit(x[1:]), axis=0),
    Scenario(
        "nn.group_norm",
        (IMAGE, 2, np.array([1.0, -0.5]), np.array([0.1, 0.2])),
        reference=lambda x, groups, scale, bias: (
            _standard(x.reshape(2, 2, 12)).reshape(x.shape) * _channels(scale) + _channels(bias)
        ),
        wrt=(0, 2, 3),
        dtypes=("float32", "bfloat16"),
    ),
    Scenario("nn.identity", (X,), reference=lambda x: x, order=1),
    Scenario(
        "nn.log1mexp",
        (np.array([0.2, 0.6, 0.8, 5.0]),),
        reference=lambda x: np.log(-np.expm1(-x)),
        dtypes=("float32", "bfloat16"),
        points=(
            _kink(0.0, -math.inf, math.inf, "the limit"),
            _kink(1e-20, math.log(1e-20), 1e20, "near 0"),
            _kink(40.0, -math.exp(-40.0), math.exp(-40.0), "far out"),
            _kink(-1.0, NAN, -1.0 / (1 - math.exp(-1.0)), "no logarithm"),
        ),
    ),
    Scenario(
        "nn.log_softmax",
        (X,),
        {"where": SOME},
        lambda x, where: np.where(where, special.log_softmax(np.where(where, x, -np.inf), axis=-1), -np.inf),
        wrt=(),
        label="some elements",
    ),
    Scenario("nn.logmeanexp", (X,), {"axis": 0}, lambda x, axis: np.log(np.exp(x).mean(axis))),
    Scenario(
        "nn.logmeanexp",
        (X,),
        {"axis": 1, "where": SOME},
        lambda x, axis, where: np.log(np.exp(x).mean(axis, where=where)),
        label="some elements",
    ),
    Scenario(
        "nn.logsumexp",
        (X,),
        {"axis": 1, "b": np.array([1.0, -0.5, 0.3]), "return_sign": True, "where": SOME},
        lambda x, axis, b, return_sign, where: special.logsumexp(x, axis, b=b * where, return_sign=return_sign),
        label="factors",
    ),
    Scenario(
        "nn.rms_norm",
        (X, np.array([1.0, 0.5, -2.0])),
        reference=lambda x, scale: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * scale,
        wrt=(0, 1),
        dtypes=("float32", "bfloat16"),
    ),
    Scenario(
        "nn.softmax",
        (X,),
        {"where": SOME},
        lambda x, where: special.softmax(np.where(where, x, -np.inf), axis=-1),
        points=(Point((np.array([[1.0, 2.0, 1e300]] * 2),), (np.zeros((2, 3)),), None, "what is left out overflows"),),
        label="some elements",
    ),
    _activation(
        "sparse_plus",
        lambda x: np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4)),
        _kink(1.0, 1.0, 1.0, "smooth to first order"),
        _kink(1e300, 1e300, 1.0, "far out"),
    ),
    _activation(
        "sparse_sigmoid",
        lambda x: np.clip(x / 2 + 0.5, 0, 1),
        _kink(1.0, 1.0, 0.0, "kink: the smaller slope"),
    ),
    Scenario(
        "nn.squareplus",
        (X, 2.5),
        reference=lambda x, b: (x + np.sqrt(x * x + b)) / 2,
        dtypes=("float32", "bfloat16"),
        points=(
            Point((np.array([-1e9]),), (np.array([1e-18]),), np.array([1e-9]), "no cancellation"),
            Point((np.array([1e300]),), (np.array([1.0]),), np.array([1e300]), "no overflow"),
            Point((np.array([0.0, -2.0, 3.0]), 0.0), None, np.array([0.0, 0.0, 3.0]), "the rectifier"),
            Point((np.array([-2.0, 3.0]), np.inf), None, np.array([np.inf, np.inf]), "nothing else counts"),
        ),
    ),
    Scenario(
        "nn.standardize",
        (X,),
        {"where": SOME},
        lambda x, where: (
            (x - x.mean(-1, keepdims=True, where=where)) / np.sqrt(x.var(-1, keepdims=True, where=where) + 1e-5)
        ),
        label="some elements",
    ),
)

UNTABLED = {"nn.tanh": "is `dg.tanh`"}
