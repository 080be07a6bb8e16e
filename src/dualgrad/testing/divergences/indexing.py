"""Indices: out of bounds, negative, repeated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import dualgrad as dg
from dualgrad.testing.divergence import Divergence, at

__all__ = ["ROWS"]

INF, NAN = math.inf, math.nan
X = [1.0, 2.0, 4.0]
TWICE = "the last of two values is kept, in value and gradient"


def _i(*index: int) -> Any:
    return dg.asarray(np.asarray(index))


ROWS = (
    Divergence(
        "take(x, [-1, 3, 0])",
        (
            at(
                X,
                value=[4.0, NAN, 1.0],
                grads=([1.0, 0.0, 1.0],),
                why="negative from the end; out of bounds nan, as jax.numpy",
            ),
        ),
        fun=lambda x: dg.take(x, _i(-1, 3, 0)),
    ),
    Divergence(
        "take(x, [-4, 3], mode='clip')",
        (at(X, value=[1.0, 4.0], grads=([1.0, 0.0, 1.0],), why="the nearest"),),
        fun=lambda x: dg.take(x, _i(-4, 3), mode="clip"),
    ),
    Divergence(
        "take(x, [-4, 3], mode='wrap')",
        (at(X, value=[4.0, 1.0], grads=([1.0, 0.0, 1.0],), why="modulo the length"),),
        fun=lambda x: dg.take(x, _i(-4, 3), mode="wrap"),
    ),
    Divergence(
        "take_along_axis(x, [-1, 0])",
        (at(X, value=[4.0, 1.0], grads=([1.0, 0.0, 1.0],), why="negative from the end"),),
        fun=lambda x: dg.take_along_axis(x, _i(-1, 0), axis=0),
    ),
    Divergence(
        "at(x)[[-1, 5]].get(mode='fill', fill_value=7)",
        (at(X, value=[4.0, 7.0], grads=([0.0, 0.0, 1.0],), why="out of bounds: the fill value"),),
        fun=lambda x: dg.at(x)[_i(-1, 5)].get(mode="fill", fill_value=7.0),
    ),
    Divergence(
        "at(x)[[0, 0]].set(v)",
        (at(X, [8.0, 9.0], value=[9.0, 2.0, 4.0], grads=([0.0, 1.0, 1.0], [0.0, 1.0]), why=TWICE),),
        fun=lambda x, v: dg.at(x)[_i(0, 0)].set(v),
    ),
    Divergence(
        "at(x)[[0, 5]].set(v)",
        (at(X, [8.0, 9.0], value=[8.0, 2.0, 4.0], grads=([0.0, 1.0, 1.0], [1.0, 0.0]), why="out of bounds: dropped"),),
        fun=lambda x, v: dg.at(x)[_i(0, 5)].set(v),
    ),
    Divergence(
        "at(x)[[0, 0, -1]].add(v)",
        (at(X, [8.0, 9.0, 1.0], value=[18.0, 2.0, 5.0], grads=([1.0] * 3, [1.0] * 3), why="repeated: each counts"),),
        fun=lambda x, v: dg.at(x)[_i(0, 0, -1)].add(v),
    ),
    Divergence(
        "at(x)[[0, 0]].multiply(v)",
        (
            at(
                X,
                [3.0, 0.0],
                value=[0.0, 2.0, 4.0],
                grads=([0.0, 1.0, 1.0], [0.0, 3.0]),
                why="the product of the others",
            ),
        ),
        fun=lambda x, v: dg.at(x)[_i(0, 0)].multiply(v),
    ),
    Divergence(
        "at(x)[[0, 0]].max(v)",
        (
            at(
                X,
                [1.0, 1.0],
                value=[1.0, 2.0, 4.0],
                grads=([1 / 3, 1.0, 1.0], [1 / 3, 1 / 3]),
                why="ties share equally",
            ),
            at(
                [NAN, 2.0, 4.0],
                [NAN, 1.0],
                value=[NAN, 2.0, 4.0],
                grads=([0.5, 1.0, 1.0], [0.5, 0.0]),
                why="several nan share",
            ),
            at(
                [1.0, INF, 4.0],
                [NAN, INF],
                value=[NAN, INF, 4.0],
                grads=([0.0, 1.0, 1.0], [1.0, 0.0]),
                why="nan is what is selected",
            ),
        ),
        fun=lambda x, v: dg.at(x)[_i(0, 0)].max(v),
    ),
    Divergence(
        "segment_max(x, [0, 0, 2], 4)",
        (
            at(
                [2.0, 2.0, 5.0],
                value=[2.0, -INF, 5.0, -INF],
                grads=([0.5, 0.5, 1.0],),
                why="ties share; an empty segment has -inf",
            ),
        ),
        fun=lambda x: dg.segment_max(x, _i(0, 0, 2), 4),
    ),
    Divergence(
        "segment_min(x, [0, 0, 2], 4)",
        (
            at(
                [2.0, 2.0, 5.0],
                value=[2.0, INF, 5.0, INF],
                grads=([0.5, 0.5, 1.0],),
                why="ties share; an empty segment has inf",
            ),
        ),
        fun=lambda x: dg.segment_min(x, _i(0, 0, 2), 4),
    ),
    Divergence(
        "segment_mean(x, [0, 0, 2], 3)",
        (
            at(
                [1.0, 3.0, 5.0],
                value=[2.0, NAN, 5.0],
                grads=([0.5, 0.5, 1.0],),
                why="the mean of none is nan, and constant",
            ),
        ),
        fun=lambda x: dg.segment_mean(x, _i(0, 0, 2), 3),
    ),
    Divergence(
        "segment_prod(x, [0, 0, 2], 3)",
        (
            at(
                [2.0, 0.0, 5.0],
                value=[0.0, 1.0, 5.0],
                grads=([0.0, 2.0, 1.0],),
                why="a zero factor; an empty segment has 1",
            ),
        ),
        fun=lambda x: dg.segment_prod(x, _i(0, 0, 2), 3),
    ),
    Divergence(
        "segment_sum(x, [0, 1, 5], 2)",
        (at(X, value=[1.0, 2.0], grads=([1.0, 1.0, 0.0],), why="out of bounds: dropped"),),
        fun=lambda x: dg.segment_sum(x, _i(0, 1, 5), 2),
    ),
)
