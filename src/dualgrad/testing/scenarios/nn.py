"""Rows of the neural-network ops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

NAN = math.nan
X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.7]])


def _kink(x: float, value: float, slope: float, why: str) -> Point:
    return Point((np.array([x]),), (np.array([slope]),), np.array([value]), why)


def _activation(op: str, reference: Callable[..., Any], *points: Point, **options: Any) -> Scenario:
    return Scenario(f"nn.{op}", (X,), options, reference, points=points, dtypes=("float32", "bfloat16"))


def _elu(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _softplus(x: Any) -> Any:
    return np.logaddexp(x, 0)


def _standard(x: Any, epsilon: float = 1e-5) -> Any:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)


ROWS: tuple[Scenario, ...] = (
    _activation("celu", lambda x, alpha: _elu(x / alpha) * alpha, _kink(0.0, 0.0, 1.0, "smooth"), alpha=0.5),
    _activation("elu", _elu, _kink(0.0, 0.0, 0.5, "the left branch"), alpha=0.5),
    _activation("gelu", lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
    Scenario("nn.gelu", (X,), {"approximate": False}, lambda x, approximate: x * special.ndtr(x), label="exact"),
    _activation(
        "hard_sigmoid",
        lambda x: np.clip(x / 6 + 0.5, 0, 1),
        _kink(3.0, 1.0, 0.0, "kink"),
        _kink(-3.0, 0.0, 0.0, "kink"),
    ),
    _activation("hard_silu", lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
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
)
