"""Rows of the losses."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from scipy import special

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

NAN = math.nan
INF = math.inf
X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.7]])
Y = np.array([[0.1, 0.9, 2.2], [-1.9, 0.4, -0.6]])
LABELS = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
HALF = ("float32", "bfloat16")


def _softplus(x: Any) -> Any:
    return np.logaddexp(x, 0)


def _cosine(x: Any, y: Any) -> Any:
    return (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))


ROWS: tuple[Scenario, ...] = (
    Scenario("nn.cosine_distance", (X, Y), reference=lambda x, y: 1 - _cosine(x, y), wrt=(0, 1)),
    Scenario(
        "nn.cosine_similarity",
        (X, Y),
        reference=_cosine,
        wrt=(0, 1),
        points=(Point((np.zeros((1, 2)), np.ones((1, 2))), None, np.array([NAN]), "no direction"),),
    ),
    Scenario(
        "nn.cosine_similarity",
        (X[..., :1], Y),
        reference=lambda x, y: _cosine(np.broadcast_to(x, y.shape), y),
        wrt=(0, 1),
        label="broadcast components",
    ),
    Scenario(
        "nn.cosine_similarity",
        (np.zeros((1, 3)), Y),
        {"epsilon": 0.5},
        lambda x, y, epsilon: np.zeros(2),
        wrt=(1,),
        order=1,
        label="a vector of 0",
    ),
    Scenario(
        "nn.hinge_loss",
        (X, np.array([1.0, -1.0, 1.0])),
        reference=lambda x, t: np.maximum(0, 1 - x * t),
        dtypes=HALF,
        points=(
            Point((np.array([1.0]), np.array([1.0])), (np.array([0.0]),), np.array([0.0]), "kink: the smaller slope"),
        ),
    ),
    Scenario("nn.huber_loss", (X, 0.1), reference=lambda x, t: special.huber(1.0, x - t), dtypes=HALF),
    Scenario(
        "nn.huber_loss",
        (X, 0.1, np.array([0.5, 3.0, 0.2])),
        reference=lambda x, t, delta: special.huber(delta, x - t),
        wrt=(0, 1, 2),
        dtypes=HALF,
        points=(
            Point((np.array(INF), 0.0, np.array(2.0)), (2.0, -2.0, sys.float_info.max), INF, "infinite error"),
            Point((np.array(-2.0), 0.0, np.array(2.0)), (-2.0, 2.0, 0.0), 2.0, "where the pieces meet"),
        ),
        label="delta of each",
    ),
    Scenario("nn.huber_loss", (X,), {"delta": 0.5}, lambda x, delta: special.huber(delta, x), label="of errors"),
    Scenario("nn.log_cosh", (X,), reference=lambda x: np.log(np.cosh(x)), label="of errors"),
    Scenario(
        "nn.kl_divergence",
        (np.log(LABELS), LABELS[::-1].copy()),
        reference=lambda x, p: np.sum(special.rel_entr(p, np.exp(x)), -1),
        wrt=(0, 1),
        points=(
            Point(
                (np.log(np.array([0.25, 0.75])), np.array([0.0, 1.0])),
                None,
                -math.log(0.75),
                "a target of 0 adds nothing",
            ),
        ),
    ),
    Scenario(
        "nn.l2_loss",
        (X, 0.1),
        reference=lambda x, t: (x - t) ** 2 / 2,
    ),
    Scenario(
        "nn.log_cosh",
        (X, Y),
        reference=lambda x, t: np.log(np.cosh(x - t)),
        wrt=(0, 1),
        dtypes=HALF,
        points=(
            Point(
                (np.array([1e-9]), np.array([0.0])), (np.array([1e-9]), np.array([-1e-9])), np.array([5e-19]), "near 0"
            ),
            Point(
                (np.array([-900.0]), np.array([0.0])),
                (np.array([-1.0]), np.array([1.0])),
                np.array([900 - math.log(2)]),
                "far out",
            ),
        ),
    ),
    Scenario(
        "nn.sigmoid_binary_cross_entropy",
        (X, LABELS),
        reference=lambda x, p: p * _softplus(-x) + (1 - p) * _softplus(x),
        wrt=(0, 1),
        dtypes=HALF,
        points=(
            Point(
                (np.array([INF, -INF]), np.array([1.0, 0.0])),
                (np.zeros(2), np.zeros(2)),
                np.zeros(2),
                "sure and right",
            ),
            Point((np.array([INF, -INF, INF]), np.array([0.0, 1.0, 0.5])), None, np.full(3, INF), "sure and not right"),
        ),
    ),
    Scenario("nn.smooth_labels", (LABELS, 0.1), reference=lambda p, a: (1 - a) * p + a / 3),
    Scenario(
        "nn.softmax_cross_entropy",
        (X, LABELS),
        reference=lambda x, p: -np.sum(p * special.log_softmax(x, axis=-1), -1),
        wrt=(0, 1),
        dtypes=HALF,
    ),
    Scenario(
        "nn.softmax_cross_entropy_with_integer_labels",
        (X, np.array([2, 0], dtype=np.int32)),
        reference=lambda x, labels: -np.take_along_axis(special.log_softmax(x, axis=-1), labels[:, None], -1)[:, 0],
        dtypes=HALF,
        points=(Point((X[:1], np.array([3], dtype=np.int32)), None, np.array([NAN]), "a label that names no class"),),
    ),
    Scenario(
        "nn.softmax_cross_entropy_with_integer_labels",
        (X, np.array([2, 0], dtype=np.uint16)),
        reference=lambda x, labels: -np.take_along_axis(special.log_softmax(x, axis=-1), labels[:, None], -1)[:, 0],
        label="unsigned",
    ),
    Scenario("nn.squared_error", (X, Y), reference=lambda x, t: (x - t) ** 2, wrt=(0, 1)),
)
