"""Reductions, cumulative ones, sorting, searching."""

from __future__ import annotations

import math

import numpy as np

import dualgrad as dg
from dualgrad.testing.divergence import Divergence, at

__all__ = ["ROWS"]

INF, NAN = math.inf, math.nan
TIE = "ties share equally"
NAN_CHOSEN = "nan is what is selected"
CONSTANT = "equal elements: 0"
ZEROS = [[0.0] * 3] * 3
THIRDS = [1 / 3] * 3
# The Hessian of the variance of three elements.
SPREAD = (2 / 3 * (np.eye(3) - 1 / 3)).tolist()

ROWS = (
    Divergence(
        "max",
        (
            at([2.0, 1.0, 2.0], value=2.0, grads=([0.5, 0.0, 0.5],), second=((ZEROS,),), why=TIE),
            at([0.0, -0.0, -1.0], value=0.0, grads=([0.5, 0.5, 0.0],), why="zeros of both signs are equal"),
            at([1.0, NAN, 2.0], value=NAN, grads=([0.0, 1.0, 0.0],), why=NAN_CHOSEN),
            at([NAN, NAN, 1.0], value=NAN, grads=([0.5, 0.5, 0.0],), why="several nan share"),
            at([INF, INF, 1.0], value=INF, grads=([0.5, 0.5, 0.0],), why=TIE),
        ),
    ),
    Divergence(
        "max",
        (
            at([[1.0, 1.0], [3.0, 2.0]], value=[1.0, 3.0], grads=([[0.5, 0.5], [1.0, 0.0]],), why=TIE),
            at([[1.0, NAN], [2.0, 2.0]], value=[NAN, 2.0], grads=([[0.0, 1.0], [0.5, 0.5]],), why=NAN_CHOSEN),
        ),
        kwargs={"axis": 1},
    ),
    Divergence(
        "min",
        (
            at([2.0, 1.0, 1.0], value=1.0, grads=([0.0, 0.5, 0.5],), second=((ZEROS,),), why=TIE),
            at([1.0, NAN, 2.0], value=NAN, grads=([0.0, 1.0, 0.0],), why=NAN_CHOSEN),
        ),
    ),
    Divergence(
        "min",
        (at([[1.0, 1.0], [3.0, 2.0]], value=[1.0, 2.0], grads=([[0.5, 0.5], [0.0, 1.0]],), why=TIE),),
        kwargs={"axis": 1},
    ),
    Divergence(
        "ptp",
        (
            at([2.0, 2.0, 2.0], value=0.0, grads=([0.0, 0.0, 0.0],), why=CONSTANT),
            at([2.0, 5.0, 5.0], value=3.0, grads=([-1.0, 0.5, 0.5],), why=TIE),
        ),
    ),
    Divergence(
        "prod",
        (
            at(
                [2.0, 0.0, 3.0],
                value=0.0,
                grads=([0.0, 6.0, 0.0],),
                second=(([[0.0, 3.0, 0.0], [3.0, 0.0, 2.0], [0.0, 2.0, 0.0]],),),
                why="one zero factor: the product of the others",
            ),
            at(
                [2.0, 0.0, 0.0],
                value=0.0,
                grads=([0.0, 0.0, 0.0],),
                second=(([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 2.0, 0.0]],),),
                why="two zero factors: curved",
            ),
        ),
    ),
    Divergence(
        "prod",
        (
            at([-INF, -INF], value=INF, grads=([-INF, -INF],), why="the product of the others"),
            at([INF, 2.0], value=INF, grads=([2.0, INF],), why="the product of the others"),
        ),
        modes=("reverse",),
    ),
    Divergence(
        "jvp(prod, [1, 0])",
        (at([INF, 2.0], value=NAN, why="an infinite slope times a tangent of 0"),),
        fun=lambda x: dg.jvp(dg.prod, (x,), (dg.asarray([1.0, 0.0]),))[1],
        wrt=(),
    ),
    Divergence(
        "jvp(sqrt, [0, 1])",
        (at([0.0, 1.0], value=[NAN, 0.5], why="an infinite slope times a tangent of 0"),),
        fun=lambda x: dg.jvp(dg.sqrt, (x,), (dg.asarray([0.0, 1.0]),))[1],
        wrt=(),
    ),
    Divergence(
        "cumulative_prod",
        (
            at(
                [2.0, 0.0, 3.0],
                value=[2.0, 0.0, 0.0],
                grads=([1.0, 8.0, 0.0],),
                second=(([[0.0, 4.0, 0.0], [4.0, 0.0, 2.0], [0.0, 2.0, 0.0]],),),
                why="a zero factor",
            ),
        ),
    ),
    Divergence(
        "var",
        (
            at([1.0, 1.0, 1.0], value=0.0, grads=([0.0, 0.0, 0.0],), second=((SPREAD,),), why="smooth"),
            at([1.0, 3.0], value=1.0, grads=([-1.0, 1.0],), why="divides by n, as the array API"),
            at([1.0, INF, 2.0], value=NAN, why="not defined"),
        ),
    ),
    Divergence(
        "std",
        (
            at([1.0, 1.0, 1.0], value=0.0, grads=([0.0, 0.0, 0.0],), second=((ZEROS,),), why=CONSTANT),
            at([0.0, 0.0, 0.0], value=0.0, grads=([0.0, 0.0, 0.0],), second=((ZEROS,),), why=CONSTANT),
            at([5.0], value=0.0, grads=([0.0],), second=(([[0.0]],),), why="one element: 0"),
            at([1.0, 3.0], value=1.0, grads=([-0.5, 0.5],), why="divides by n, as the array API"),
        ),
    ),
    Divergence(
        "std",
        (
            at([1.0, 1.0, 1.0], value=0.0, grads=([0.0, 0.0, 0.0],), second=((ZEROS,),), why=CONSTANT),
            at([5.0], value=NAN, why="0 / 0"),
        ),
        kwargs={"correction": 1},
    ),
    Divergence(
        "std",
        (at([[1.0, 1.0], [1.0, 3.0]], value=[0.0, 1.0], grads=([[0.0, 0.0], [-0.5, 0.5]],), why=CONSTANT),),
        kwargs={"axis": 1},
    ),
    Divergence(
        "median",
        (
            at([1.0, 2.0, 4.0, 8.0], value=3.0, grads=([0.0, 0.5, 0.5, 0.0],), why="mean of the two in the middle"),
            at([2.0, 2.0, 2.0], value=2.0, grads=(None,), why="of equal elements"),
            at([1.0, NAN, 2.0], value=NAN, grads=([0.0, 1.0, 0.0],), why=NAN_CHOSEN),
        ),
    ),
    Divergence(
        "quantile(x, 0.5)",
        (
            at([-INF, -INF, -INF], value=-INF, why="between equal infinities"),
            at([1.0, NAN, 2.0], value=NAN, grads=([0.0, 1.0, 0.0],), why=NAN_CHOSEN),
            at([1.0, 2.0], value=1.5, grads=([0.5, 0.5],), why="between two"),
        ),
        fun=lambda x: dg.quantile(x, 0.5),
    ),
    Divergence(
        "nanmedian",
        (
            at([NAN, 1.0, 2.0], value=1.5, grads=([0.0, 0.5, 0.5],), why="nan has gradient 0"),
            at([NAN, NAN], value=NAN, grads=([0.0, 0.0],), why="no element that is not nan"),
        ),
    ),
    Divergence("nansum", (at([NAN, 1.0], value=1.0, grads=([0.0, 1.0],), why="nan has gradient 0"),)),
    Divergence("nanmean", (at([NAN, 1.0, 3.0], value=2.0, grads=([0.0, 0.5, 0.5],), why="nan has gradient 0"),)),
    Divergence("nanstd", (at([NAN, 1.0, 1.0], value=0.0, grads=([0.0, 0.0, 0.0],), why=CONSTANT),)),
    Divergence("mean", (at(np.zeros(0), value=NAN, why="0 / 0"),)),
    Divergence("sum", (at(np.zeros(0), value=0.0, grads=(np.zeros(0),), why="nothing to add"),)),
    Divergence("prod", (at(np.zeros(0), value=1.0, grads=(np.zeros(0),), why="nothing to multiply"),)),
    Divergence("std", (at(np.zeros(0), value=NAN, why="0 / 0"),)),
    Divergence(
        "nn.logsumexp",
        (
            at([1e300, 1e300, 0.0], value=1e300, grads=([0.5, 0.5, 0.0],), why="a large tie"),
            at([-INF, 0.0, 0.0], value=math.log(2.0), grads=([0.0, 0.5, 0.5],), why="-inf weighs nothing"),
            at([-INF, -INF, -INF], value=-INF, grads=(THIRDS,), why="equal infinities: shared"),
            at([INF, 1.0, 2.0], value=INF, grads=([1.0, 0.0, 0.0],), why="the larger"),
            at(
                [INF, INF, 2.0],
                value=INF,
                grads=([0.5, 0.5, 0.0],),
                second=(([[0.25, -0.25, 0.0], [-0.25, 0.25, 0.0], [0.0, 0.0, 0.0]],),),
                why="equal infinities: shared",
            ),
            at(
                [0.0, 0.0],
                value=math.log(2.0),
                grads=([0.5, 0.5],),
                second=(([[0.25, -0.25], [-0.25, 0.25]],),),
                why="smooth",
            ),
        ),
    ),
    Divergence(
        "special.logsumexp",
        (
            at([1e300, 1e300, 0.0], value=1e300, grads=([0.5, 0.5, 0.0],), why="a large tie"),
            at([-INF, -INF, -INF], value=-INF, grads=(THIRDS,), why="equal infinities: shared"),
        ),
    ),
    Divergence(
        "nn.softmax",
        (
            at([-INF, -INF], value=[NAN, NAN], why="0 / 0"),
            at([-INF, 0.0], value=[0.0, 1.0], grads=([0.0, 0.0],), why="-inf weighs nothing"),
        ),
    ),
    Divergence(
        "nn.log_softmax",
        (
            at([1e300, 1e300], value=[-math.log(2.0)] * 2, grads=([0.0, 0.0],), why="a large tie"),
            at([-INF, -INF], value=[NAN, NAN], why="0 / 0"),
        ),
    ),
    Divergence(
        "sort",
        (
            at(
                [2.0, 1.0, 2.0],
                value=[1.0, 2.0, 2.0],
                grads=([1.0, 1.0, 1.0],),
                second=((ZEROS,),),
                why="a permutation",
            ),
            at([NAN, 1.0, -INF], value=[-INF, 1.0, NAN], grads=([1.0, 1.0, 1.0],), why="nan last, as NumPy"),
        ),
    ),
    Divergence(
        "sort(x, descending=True)[0]",
        (at([2.0, 2.0, 1.0], value=2.0, grads=([1.0, 0.0, 0.0],), why="stable: the first of equal elements"),),
        fun=lambda x: dg.sort(x, descending=True)[0],
    ),
    Divergence(
        "argsort",
        (
            at([2.0, 1.0, 2.0, 1.0], value=[1, 3, 0, 2], why="stable"),
            at([NAN, 1.0, NAN], value=[1, 0, 2], why="nan last"),
        ),
    ),
    Divergence("argsort", (at([2.0, 1.0, 2.0, 1.0], value=[0, 2, 1, 3], why="stable"),), kwargs={"descending": True}),
    Divergence(
        "top_k(x, 2)",
        (
            at(
                [1.0, 1.0, 1.0, 1.0],
                value=([1.0, 1.0], [0, 1]),
                grads=([1.0, 1.0, 0.0, 0.0],),
                why="the first of equal elements",
            ),
        ),
        fun=lambda x: dg.top_k(x, 2),
    ),
    Divergence(
        "argmax",
        (
            at([2.0, 1.0, 2.0], value=0, dtype="int64", why="the first of equal elements"),
            at([1.0, NAN, 3.0], value=1, dtype="int64", why="the first nan"),
        ),
    ),
    Divergence("argmin", (at([2.0, 1.0, 1.0], value=1, dtype="int64", why="the first of equal elements"),)),
    Divergence(
        "unique_values",
        (
            at([2.0, 1.0, 2.0], value=[1.0, 2.0], why="sorted"),
            at([NAN, 1.0, NAN], value=[1.0, NAN, NAN], why="each nan is one, as the array API"),
        ),
    ),
    Divergence(
        "searchsorted([0, 1, 1, 2], x)",
        (at([1.0, NAN, -1.0], value=[1, 4, 0], dtype="int64", why="the left of equal elements"),),
        fun=lambda x: dg.searchsorted(dg.asarray([0.0, 1.0, 1.0, 2.0]), x),
    ),
    Divergence(
        "digitize(x, [0, 1, 2])",
        (at([0.0, 1.0, 2.0, NAN], value=[1, 2, 3, 3], why="a value on an edge is right of it"),),
        fun=lambda x: dg.digitize(x, dg.asarray([0.0, 1.0, 2.0])),
    ),
    Divergence(
        "interp(x, [0, 1, 2], [0, 3, 1])",
        (
            at(1.0, value=3.0, grads=(0.0,), why="slopes of two signs meet: 0"),
            at(0.0, value=0.0, grads=(0.0,), why="an end: 0"),
            at(-1.0, value=0.0, grads=(0.0,), why="outside"),
        ),
        fun=lambda x: dg.interp(x, dg.asarray([0.0, 1.0, 2.0]), dg.asarray([0.0, 3.0, 1.0])),
    ),
    Divergence(
        "corrcoef", (at([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]], value=[[NAN, NAN], [NAN, 1.0]], why="a constant row"),)
    ),
)
