"""Rows of the special functions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

INF, NAN = math.inf, math.nan
WIDE = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.7]])
RIGHT = np.array([[0.3, 1.7, 12.6], [0.8, 0.05, 3.7]])
OTHER = np.array([[2.3, 0.4, 11.1], [0.25, 1.6, 5.2]])
BETWEEN = np.array([[0.3, 0.75, 0.02], [0.9, 0.48, 0.6]])
PI = math.pi
ROOT_PI = math.sqrt(math.pi)
BERNOULLI = (1.0, -1 / 2, 1 / 6, 0.0, -1 / 30)
GAMMA = 0.5772156649015329


def _point(x: float, value: float | None, slope: float | None, why: str) -> Point:
    return Point((np.asarray(x),), None if slope is None else (slope,), value, why)


def _corner(xs: tuple[float, ...], value: float, slopes: tuple[float, ...] | None, why: str) -> Point:
    return Point(tuple(np.asarray(x) for x in xs), slopes, value, why)


def _one(op: str, x: Any, *points: Point, reference: Callable[..., Any] | None = None, **options: Any) -> Scenario:
    fun = getattr(special, op) if reference is None else reference
    dtypes = options.pop("dtypes", ("float32", "bfloat16"))
    return Scenario(f"special.{op}", (x,), reference=fun, points=points, dtypes=dtypes, **options)


def _two(op: str, x: Any, y: Any, *points: Point, **options: Any) -> Scenario:
    options = {"wrt": (0, 1), "reference": getattr(special, op)} | options
    return Scenario(f"special.{op}", (x, y), points=points, **options)


def _of_a_number(value: float) -> tuple[Point, ...]:
    """What a softmax over all axes of one number is."""
    finite = Point((np.array(0.7),), (0.0,), value, "one number", second=0.0)
    return (finite, *[Point((np.array(x),), None, NAN, "not finite") for x in (NAN, INF, -INF)])


_ROWS: tuple[Scenario, ...] = (
    _two(
        "beta",
        RIGHT,
        OTHER,
        _corner((1.0, 2.0), 0.5, (-0.75, -0.25), "smooth"),
        _corner((0.0, 2.0), INF, None, "pole"),
        _corner((2.0, INF), 0.0, (0.0, 0.0), "limit"),
        _corner((-2.0, 1.0), -0.5, None, "finite at a pole of gamma"),
        label="both",
    ),
    Scenario(
        "special.betainc",
        (RIGHT, OTHER, BETWEEN),
        reference=special.betainc,
        wrt=(0, 1, 2),
        points=(
            _corner((1.0, 1.0, 0.0), 0.0, None, "left end"),
            _corner((2.0, 3.0, 1.0), 1.0, None, "right end"),
            _corner((-1.0, 3.0, 0.5), NAN, None, "outside"),
            _corner((2.0, 3.0, 1.5), NAN, None, "outside"),
        ),
    ),
    Scenario(
        "special.betaincinv",
        (RIGHT, OTHER, BETWEEN),
        reference=special.betaincinv,
        wrt=(0, 1, 2),
        points=(
            _corner((2.0, 3.0, 0.0), 0.0, None, "left end"),
            _corner((2.0, 3.0, 1.0), 1.0, None, "right end"),
            _corner((2.0, 3.0, 1.5), NAN, None, "outside"),
        ),
        rtol=1e-11,
    ),
    _two(
        "betaln",
        RIGHT,
        OTHER,
        _corner((1.0, 1.0), 0.0, (-1.0, -1.0), "smooth"),
        _corner((2.0, INF), -INF, None, "limit"),
    ),
    _two(
        "comb",
        RIGHT + 5,
        OTHER,
        _corner((5.0, 2.0), 10.0, None, "whole numbers give whole numbers"),
        _corner((2.0, 3.0), 0.0, (0.0, 0.0), "k above N"),
        _corner((-2.0, 1.0), 0.0, (0.0, 0.0), "negative N"),
    ),
    _one(
        "digamma",
        WIDE,
        _point(0.0, -INF, INF, "pole: -inf from the right"),
        _point(-1.0, NAN, None, "pole of both signs"),
        _point(1.0, -GAMMA, PI**2 / 6, "smooth"),
        _point(INF, INF, 0.0, "limit"),
        _point(-INF, NAN, None, "no limit"),
    ),
    _one("entr", RIGHT, _point(0.0, 0.0, INF, "not Lipschitz"), _point(-1.0, -INF, NAN, "outside")),
    _one("erf", WIDE, _point(0.0, 0.0, 2 / ROOT_PI, "smooth"), _point(INF, 1.0, 0.0, "limit")),
    _one("erfc", WIDE, _point(0.0, 1.0, -2 / ROOT_PI, "smooth"), _point(30.0, 0.0, -0.0, "underflow")),
    _one("erfcinv", 2 * BETWEEN, _point(0.0, INF, -INF, "end"), _point(2.0, -INF, -INF, "end")),
    _one("erfcx", WIDE, _point(0.0, 1.0, -2 / ROOT_PI, "smooth"), _point(INF, 0.0, -0.0, "limit")),
    _one(
        "erfinv",
        2 * BETWEEN - 1,
        _point(1.0, INF, INF, "end"),
        _point(-1.0, -INF, INF, "end"),
        _point(0.0, 0.0, ROOT_PI / 2, "smooth"),
        _point(1.5, NAN, NAN, "outside"),
    ),
    _one("exp1", RIGHT, _point(0.0, INF, -INF, "not Lipschitz"), _point(INF, 0.0, -0.0, "limit")),
    _one(
        "expi",
        WIDE,
        Point((np.asarray(0.0),), (INF,), -INF, "pole, from above", -INF),
        _point(INF, INF, INF, "limit"),
        _point(-INF, -0.0, -0.0, "0"),
    ),
    _one("expit", WIDE, _point(0.0, 0.5, 0.25, "smooth")),
    _two("expn", np.array([[0, 1, 2], [3, 4, 7]]), RIGHT, wrt=(1,)),
    _one("factorial", RIGHT, _point(5.0, 120.0, None, "exact"), _point(-1.5, 0.0, 0.0, "zero left of 0")),
    _one(
        "gamma",
        WIDE,
        _point(0.0, INF, None, "pole"),
        _point(-1.0, NAN, None, "pole of both signs"),
        _point(1.0, 1.0, -GAMMA, "smooth"),
        _point(INF, INF, None, "limit"),
    ),
    _two(
        "gammainc",
        RIGHT,
        OTHER,
        _corner((1.0, 0.0), 0.0, (0.0, 1.0), "left end"),
        _corner((2.0, INF), 1.0, (0.0, 0.0), "right end"),
        _corner((-1.0, 1.0), NAN, None, "outside"),
        _corner((0.0, 1.0), 1.0, None, "all at 0"),
        rtol=1e-11,
    ),
    _two(
        "gammaincc",
        RIGHT,
        OTHER,
        _corner((1.0, 0.0), 1.0, (-0.0, -1.0), "left end"),
        _corner((2.0, -1.0), NAN, None, "outside"),
        rtol=1e-11,
    ),
    _two("gammainccinv", RIGHT, BETWEEN, _corner((2.0, 0.0), INF, None, "end"), rtol=1e-11),
    _two(
        "gammaincinv",
        RIGHT,
        BETWEEN,
        _corner((2.0, 0.0), 0.0, None, "left end"),
        _corner((2.0, 1.0), INF, None, "right end"),
        _corner((2.0, 1.5), NAN, None, "outside"),
        rtol=1e-11,
    ),
    _one(
        "gammaln",
        WIDE,
        _point(0.0, INF, -INF, "pole"),
        _point(-2.0, INF, None, "pole"),
        _point(1.0, 0.0, -GAMMA, "zero"),
        _point(2.0, 0.0, 1 - GAMMA, "zero"),
        _point(-INF, INF, None, "as SciPy"),
    ),
    _one("gammasgn", WIDE, _point(-1.0, NAN, None, "pole"), _point(-0.0, -1.0, 0.0, "sign of 0"), order=1),
    _one("i0", WIDE, _point(0.0, 1.0, 0.0, "smooth")),
    _one("i0e", WIDE, _point(0.0, 1.0, 0.0, "kink")),
    _one("i1", WIDE, _point(0.0, 0.0, 0.5, "smooth")),
    _one("i1e", WIDE, _point(0.0, 0.0, 0.5, "smooth once")),
    _one("j0", WIDE * 3, _point(0.0, 1.0, -0.0, "smooth"), dtypes=("float32",)),
    _one("j1", WIDE * 3, _point(0.0, 0.0, 0.5, "smooth"), dtypes=("float32",)),
    _two(
        "kl_div",
        RIGHT,
        OTHER,
        _corner((0.0, 0.0), 0.0, (0.0, 1.0), "corner: minimum norm"),
        _corner((0.0, 2.0), 2.0, None, "not Lipschitz in x"),
        _corner((1.0, 0.0), INF, None, "infinite"),
        _corner((-1.0, 2.0), INF, None, "outside"),
    ),
    _one("log_expit", WIDE, _point(-800.0, -800.0, 1.0, "no underflow")),
    _one("log_ndtr", WIDE, _point(-INF, -INF, None, "limit"), _point(INF, -0.0, 0.0, "limit")),
    Scenario("special.log_softmax", (WIDE,), reference=special.log_softmax, points=_of_a_number(0.0)),
    Scenario("special.log_softmax", (WIDE,), {"axis": -1}, special.log_softmax, label="axis"),
    _one("loggamma", RIGHT, _point(-0.5, NAN, None, "outside"), _point(1.0, 0.0, -GAMMA, "zero")),
    _one(
        "logit",
        BETWEEN,
        _point(0.0, -INF, INF, "end"),
        _point(1.0, INF, INF, "end"),
        _point(0.5, 0.0, 4.0, "smooth"),
        _point(1.5, NAN, NAN, "outside"),
    ),
    Scenario(
        "special.bernoulli", (4,), reference=lambda n: np.array([1, -1 / 2, 1 / 6, 0, -1 / 30]), wrt=(), vmap=False
    ),
    Scenario(
        "special.bessel_jn",
        (WIDE * 3,),
        {"v": 2},
        lambda z, v: np.stack([special.jn(k, z) for k in range(v + 1)]),
    ),
    _two(
        "boxcox",
        RIGHT,
        WIDE,
        _corner((2.0, 0.0), math.log(2.0), (0.5, 0.5 * math.log(2.0) ** 2), "the logarithm"),
        _corner((0.0, 2.0), -0.5, (0.0, 0.25), "end"),
        _corner((-1.0, 2.0), NAN, None, "outside"),
    ),
    _two(
        "boxcox1p",
        BETWEEN - 0.5,
        WIDE,
        _corner((0.0, 0.5), 0.0, (1.0, 0.0), "smooth"),
        _corner((1.0, 0.0), math.log(2.0), (0.5, 0.5 * math.log(2.0) ** 2), "the logarithm"),
    ),
    _one("dawsn", WIDE, _point(0.0, 0.0, 1.0, "smooth"), _point(INF, 0.0, -0.0, "limit")),
    _one(
        "exprel", WIDE, _point(0.0, 1.0, 0.5, "smooth"), _point(-INF, 0.0, 0.0, "limit"), _point(INF, INF, INF, "limit")
    ),
    _one("fresnel", WIDE, dtypes=("float32",)),
    _two(
        "inv_boxcox",
        BETWEEN,
        WIDE / 4,
        _corner((0.5, 0.0), math.exp(0.5), (math.exp(0.5), -0.125 * math.exp(0.5)), "exp"),
    ),
    _two("inv_boxcox1p", BETWEEN, WIDE / 4, _corner((0.0, 0.5), 0.0, (1.0, 0.0), "smooth")),
    Scenario("special.jn", (3, WIDE * 3), reference=special.jn, wrt=(1,), vmap=False),
    Scenario("special.jn", (12, RIGHT), reference=special.jn, wrt=(1,), vmap=False, label="high order"),
    Scenario(
        "special.multigammaln",
        (RIGHT + 1.1, 3),
        reference=special.multigammaln,  # pyright: ignore[reportAttributeAccessIssue] (missing in its stubs)
        points=(Point((np.asarray(1.0), 3), None, NAN, "outside"),),
    ),
    _two(
        "owens_t",
        WIDE,
        OTHER - 1,
        _corner((0.0, 1.0), 0.125, (0.0, 0.25 / PI), "smooth"),
        _corner((INF, 1.0), 0.0, None, "limit"),
    ),
    _two(
        "poch",
        RIGHT,
        OTHER,
        _corner((-3.0, 2.0), 6.0, None, "poles of both"),
        _corner((-2.0, 3.0), 0.0, None, "a factor of 0"),
        _corner((2.5, 0.0), 1.0, None, "empty product"),
    ),
    _one(
        "sici",
        RIGHT,
        Point(
            (np.asarray(1.5e-306),), None, special.sici(1.5e-306), "as small as normal numbers get: parts of it are 0"
        ),
        Point((np.asarray(0.0),), None, (0.0, -np.inf), "where the cosine integral has its pole"),
        Point((np.asarray(np.inf),), None, special.sici(np.inf), "the limits"),
        dtypes=("float32",),
    ),
    _one(
        "spence",
        RIGHT,
        _point(0.0, PI**2 / 6, -INF, "end"),
        _point(1.0, 0.0, -1.0, "smooth"),
        _point(-1.0, NAN, None, "outside"),
    ),
    Scenario(
        "special.wofz",
        (WIDE + 1j * OTHER.T.reshape(2, 3) - 1j,),
        reference=special.wofz,
        dtypes=("complex64",),
        points=(Point((np.asarray(0j),), None, 1 + 0j, "smooth"),),
    ),
    Scenario(
        "special.sph_harm_y",
        (
            np.array([[3], [5]]),
            np.array([-2, 1, 4]),
            np.array([[0.4, 1.3, 2.9], [0.9, 1.7, 2.2]]),
            np.array([0.3, -1.1, 4.0]),
        ),
        {"n_max": 5},
        lambda n, m, theta, phi, n_max: special.sph_harm_y(n, m, theta, phi),
        wrt=(2, 3),
        dtypes=("float32",),
        points=(
            Point(
                (np.asarray(1), np.asarray(1), np.asarray(0.0), np.asarray(0.0)),
                (-math.sqrt(0.375 / PI), 0.0),
                0.0,
                "the slope at the pole, from within the domain",
            ),
            Point((np.asarray(2), np.asarray(3), np.asarray(0.3), np.asarray(0.4)), (0.0, 0.0), 0.0, "no such order"),
            Point(
                (np.asarray(6), np.asarray(0), np.asarray(0.3), np.asarray(0.4)), None, complex(NAN, NAN), "above n_max"
            ),
        ),
    ),
    Scenario("special.logsumexp", (WIDE,), reference=special.logsumexp),
    Scenario("special.logsumexp", (WIDE,), {"axis": 0, "keepdims": True}, special.logsumexp, label="keepdims"),
    Scenario(
        "special.logsumexp",
        (WIDE,),
        {"axis": 0, "b": np.array([[0.5], [-2.0]]), "return_sign": True},
        special.logsumexp,
        label="factors and sign",
    ),
    Scenario(
        "special.logsumexp",
        (WIDE * (1 - 2j),),
        reference=special.logsumexp,
        points=(Point((np.array([1e300, complex(-INF, 2.0)]),), None, complex(1e300), "large, and nothing"),),
        label="complex",
    ),
    _one("ndtr", WIDE, _point(0.0, 0.5, 1 / math.sqrt(2 * PI), "smooth"), _point(-INF, 0.0, 0.0, "limit")),
    _one("ndtri", BETWEEN, _point(0.0, -INF, INF, "end"), _point(1.0, INF, INF, "end"), _point(1.5, NAN, None, "out")),
    _two("polygamma", np.array([[0, 1, 2], [3, 4, 1]]), WIDE, wrt=(1,), rtol=1e-11),
    _two(
        "rel_entr",
        RIGHT,
        OTHER,
        _corner((0.0, 0.0), 0.0, (0.0, -0.0), "corner: minimum norm"),
        _corner((0.0, 2.0), 0.0, None, "not Lipschitz in x"),
        _corner((1.0, 0.0), INF, None, "infinite"),
        _corner((-1.0, 2.0), INF, None, "outside"),
    ),
    Scenario("special.softmax", (WIDE,), reference=special.softmax, points=_of_a_number(1.0)),
    Scenario("special.softmax", (WIDE,), {"axis": 0}, special.softmax, label="axis"),
    _two(
        "xlog1py",
        WIDE,
        RIGHT,
        _corner((0.0, -1.0), 0.0, (0.0, 0.0), "corner: minimum norm"),
        _corner((0.0, NAN), NAN, None, "nan"),
    ),
    _two(
        "xlogy",
        WIDE,
        RIGHT,
        _corner((0.0, 0.0), 0.0, (0.0, 0.0), "corner: minimum norm"),
        _corner((0.0, 2.0), 0.0, (math.log(2.0), 0.0), "smooth"),
        _corner((0.0, NAN), NAN, None, "nan"),
    ),
    _two("zeta", RIGHT + 1.1, OTHER, _corner((2.0, 0.0), INF, None, "pole"), _corner((0.5, 1.0), NAN, None, "outside")),
    Scenario(
        "special.zeta",
        (np.array([2.3, -1.7, 0.4]),),
        reference=special.zeta,
        points=(_point(1.0, INF, None, "pole"), _point(0.0, -0.5, -0.5 * math.log(2 * PI), "smooth")),
        label="Riemann",
    ),
)

# Series and quadratures of many terms: XLA and the tracer need seconds for each program.
_HEAVY_NAMES = (
    "betainc betaincinv gammainc gammaincc gammaincinv gammainccinv comb zeta polygamma expn beta betaln "
    "bessel_jn boxcox boxcox1p dawsn exprel fresnel inv_boxcox inv_boxcox1p jn owens_t poch sici spence"
)
_HEAVY = {f"special.{name}" for name in _HEAVY_NAMES.split()}
ROWS = [dataclasses.replace(row, heavy=row.op in _HEAVY) for row in _ROWS]
