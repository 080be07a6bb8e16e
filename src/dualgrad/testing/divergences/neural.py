"""Activations, losses, pooling."""

from __future__ import annotations

import math

import numpy as np

import dualgrad as dg
from dualgrad.testing.divergence import Divergence, at, curve

__all__ = ["ROWS"]

INF, NAN = math.inf, math.nan
KINK = "kink: the smaller slope"
RIGHT = "the right-hand branch has no curvature"
SELU_SCALE = 1.0507009873554804934193349852946
E40 = math.exp(-40.0)

ROWS = (
    curve(
        "nn.relu",
        (0.0, 0.0, 0.0, 0.0, "kink: 0"),
        (-0.0, 0.0, 0.0, 0.0, "kink: 0"),
        (NAN, NAN, 0.0, 0.0, "not positive: 0"),
        (INF, INF, 1.0, 0.0, "smooth"),
    ),
    curve("nn.relu6", (0.0, 0.0, 0.0, 0.0, "kink: 0"), (6.0, 6.0, 0.0, 0.0, "kink: 0"), (3.0, 3.0, 1.0, 0.0, "smooth")),
    curve(
        "nn.hard_tanh",
        (1.0, 1.0, 0.0, 0.0, "kink: 0"),
        (-1.0, -1.0, 0.0, 0.0, "kink: 0"),
        (NAN, NAN, 0.0, 0.0, "not inside: 0"),
    ),
    curve(
        "nn.hard_sigmoid",
        (3.0, 1.0, 0.0, 0.0, "kink: 0"),
        (-3.0, 0.0, 0.0, 0.0, "kink: 0"),
        (0.0, 0.5, 1 / 6, 0.0, "1/6 in the input's precision"),
    ),
    curve(
        "nn.hard_silu",
        (3.0, 3.0, 1.0, None, "kink: the smaller slope"),
        (-3.0, 0.0, 0.0, None, "kink: 0"),
        (0.0, 0.0, 0.5, 1 / 3, "smooth"),
        (INF, INF, 1.0, 0.0, "linear"),
        (-INF, 0.0, 0.0, 0.0, "constant"),
    ),
    curve(
        "nn.leaky_relu",
        (0.0, 0.0, 0.1, 0.0, KINK),
        (-0.0, -0.0, 0.1, 0.0, KINK),
        (2.0, 2.0, 1.0, 0.0, "smooth"),
        kwargs={"negative_slope": 0.1},
    ),
    curve(
        "nn.elu",
        (0.0, 0.0, 1.0, 0.0, RIGHT),
        (-0.0, -0.0, 1.0, 0.0, RIGHT),
        (-40.0, math.expm1(-40.0), E40, E40, "no cancellation"),
        (NAN, NAN, NAN, NAN, "nan"),
    ),
    curve("nn.elu", (0.0, 0.0, 0.5, 0.0, KINK), kwargs={"alpha": 0.5}),
    curve("nn.elu", (0.0, 0.0, 1.0, 0.0, KINK), kwargs={"alpha": 2.0}),
    curve("nn.leaky_relu", (0.0, 0.0, 1.0, 0.0, KINK), kwargs={"negative_slope": 3.0}),
    curve("nn.leaky_relu", (0.0, 0.0, 0.0, 0.0, KINK), kwargs={"negative_slope": -0.5}),
    curve("nn.celu", (0.0, 0.0, 1.0, 0.0, RIGHT), (NAN, NAN, NAN, NAN, "nan"), kwargs={"alpha": 0.5}),
    curve(
        "nn.selu",
        (0.0, 0.0, SELU_SCALE, 0.0, KINK),
        (NAN, NAN, NAN, NAN, "nan"),
    ),
    curve(
        "nn.soft_sign",
        (0.0, 0.0, 1.0, 0.0, "an odd function"),
        (1e16, 1.0, 1e-32, -2e-48, "no cancellation"),
        (INF, 1.0, 0.0, 0.0, "limit"),
        (-INF, -1.0, 0.0, 0.0, "limit"),
        (-2.0, -2 / 3, 1 / 9, 2 / 27, "smooth"),
    ),
    curve(
        "nn.softplus",
        (0.0, math.log(2.0), 0.5, 0.25, "smooth"),
        (
            20.0,
            20 + math.log1p(math.exp(-20.0)),
            1 / (1 + math.exp(-20.0)),
            math.exp(-20.0) / (1 + math.exp(-20.0)) ** 2,
            "no threshold",
        ),
        (1000.0, 1000.0, 1.0, 0.0, "no overflow"),
        (-1000.0, 0.0, 0.0, 0.0, "no overflow"),
        rtol=1e-9,
    ),
    curve("nn.log_sigmoid", (-1000.0, -1000.0, 1.0, 0.0, "no overflow"), (0.0, -math.log(2.0), 0.5, -0.25, "smooth")),
    curve("nn.sigmoid", (1000.0, 1.0, 0.0, 0.0, "no overflow"), (-1000.0, 0.0, 0.0, 0.0, "no overflow")),
    curve("nn.silu", (0.0, 0.0, 0.5, 0.5, "smooth"), (-1000.0, 0.0, 0.0, 0.0, "no overflow")),
    curve("nn.mish", (0.0, 0.0, 0.6, 0.64, "smooth"), (1000.0, 1000.0, 1.0, 0.0, "no overflow")),
    curve("nn.gelu", (0.0, 0.0, 0.5, math.sqrt(2 / math.pi) * 1.0, "the tanh form, as jax.nn")),
    curve(
        "nn.gelu",
        (0.0, 0.0, 0.5, math.sqrt(2 / math.pi), "smooth"),
        (1.0, 0.8413447460685429, 1.0833154705876864, 0.24197072451914337, "the exact form"),
        kwargs={"approximate": False},
    ),
    Divergence(
        "nn.huber_loss(x, 0)",
        (
            at(1.0, value=0.5, grads=(1.0,), why="both branches meet"),
            at(-1.0, value=0.5, grads=(-1.0,), why="both branches meet"),
            at(0.0, value=0.0, grads=(0.0,), second=1.0, why="smooth"),
            at(2.0, value=1.5, grads=(1.0,), second=0.0, why="smooth"),
        ),
        fun=lambda x: dg.nn.huber_loss(x, 0.0),
    ),
    Divergence(
        "nn.max_pool(x, 2, strides=1)",
        (
            at(
                np.asarray([[[1.0, 1.0, 0.0]]]),
                value=[[[1.0, 1.0]]],
                grads=([[[1.0, 1.0, 0.0]]],),
                why="the first of equal elements",
            ),
            at(np.asarray([[[2.0, 1.0, 3.0]]]), value=[[[2.0, 3.0]]], grads=([[[1.0, 0.0, 1.0]]],), why="smooth"),
            at(
                np.asarray([[[1.0, NAN, 2.0]]]),
                value=[[[NAN, NAN]]],
                grads=([[[0.0, 2.0, 0.0]]],),
                why="a nan is selected",
            ),
            at(
                np.asarray([[[-INF, -INF, -INF]]]),
                value=[[[-INF, -INF]]],
                grads=([[[1.0, 1.0, 0.0]]],),
                why="the first of equal elements",
            ),
        ),
        fun=lambda x: dg.nn.max_pool(x, 2, strides=1),
    ),
    Divergence(
        "nn.one_hot(x, 3)",
        (
            at(
                np.asarray([0, 3, -1]),
                value=[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
                dtype="float64",
                why="out of range: zeros",
            ),
        ),
        fun=lambda x: dg.nn.one_hot(x, 3),
    ),
    Divergence(
        "nn.standardize",
        (at([2.0, 2.0], value=[0.0, 0.0], grads=([0.0, 0.0],), why="a constant row"),),
    ),
    Divergence(
        "nn.sigmoid_binary_cross_entropy",
        (
            at(1000.0, 1.0, value=0.0, grads=(0.0, -1000.0), why="no overflow"),
            at(-1000.0, 1.0, value=1000.0, grads=(-1.0, 1000.0), why="no overflow"),
        ),
    ),
    Divergence(
        "x / norm(x)",
        (at([0.0, 0.0], value=[NAN, NAN], why="0 / 0: no direction"),),
        fun=lambda x: x / dg.linalg.norm(x),
    ),
)
