"""Rows of the quantiles, spreads and correlations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

NAN = math.nan
X = np.array([[0.3, -1.7, 2.6, -1.2, 0.9], [-0.8, 0.05, 3.1, 1.4, -2.2]])
Y = np.array([0.4, 1.1, -0.6, 2.3, 0.2])
Q = np.array([0.15, 0.45, 0.83])
STEPS = ("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "lower", "higher", "midpoint", "nearest")
SLOPES = ("interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased", "normal_unbiased")


def _cov(x: Any, y: Any = None, **options: Any) -> Any:
    return np.asarray(np.cov(x, y, **options))


ROWS: tuple[Scenario, ...] = (
    Scenario("corrcoef", (X,), reference=np.corrcoef, rtol=1e-11),
    Scenario("corrcoef", (X, Y), reference=np.corrcoef, wrt=(0, 1), rtol=1e-11, label="two"),
    Scenario("cov", (X,), reference=_cov),
    Scenario("cov", (X, Y), {"bias": True}, reference=_cov, wrt=(0, 1), label="two"),
    Scenario("cov", (X,), {"rowvar": False, "ddof": 0}, reference=_cov, label="columns"),
    Scenario("cov", (Y,), reference=_cov, label="one variable"),
    Scenario(
        "cov",
        (X,),
        {"fweights": np.array([1, 2, 0, 1, 3]), "aweights": np.array([0.5, 1.0, 2.0, 0.3, 0.1])},
        reference=_cov,
        dtypes=(),
        label="weights",
    ),
    Scenario("percentile", (X, np.array([10.0, 45.0, 80.0]), 1), reference=np.percentile, wrt=(0, 1), vmap=False),
    Scenario(
        "ptp",
        (X,),
        reference=np.ptp,
        points=(
            Point((np.array([2.0, 2.0]),), (np.zeros(2),), 0.0, "equal elements: 0"),
            Point((np.array([2.0, 5.0, 5.0]),), (np.array([-1.0, 0.5, 0.5]),), 3.0, "ties share the gradient"),
        ),
    ),
    Scenario("ptp", (X, 1), {"keepdims": True}, reference=np.ptp, label="axis"),
    Scenario(
        "quantile",
        (X, Q, 1),
        reference=np.quantile,
        wrt=(0, 1),
        vmap=False,  # the axes of the levels come first
    ),
    Scenario(
        "quantile",
        (X, 0.3),
        reference=np.quantile,
        points=(
            Point((np.array([1.0, NAN, 2.0]), 0.5), (np.array([0.0, 1.0, 0.0]),), NAN, "a nan is selected"),
            Point((np.array([1.0, 2.0, 4.0]), 0.5), (np.array([0.0, 1.0, 0.0]),), 2.0, "at an element"),
            Point((np.array([math.inf, math.inf]), 0.5), None, math.inf, "between infinities"),
            Point((np.array([1.0, 2.0]), np.array(1.5)), None, NAN, "no such level"),
        ),
        label="all",
    ),
    Scenario(
        "quantile",
        (X, 0.4, 1),
        {"method": "inverted_cdf", "weights": np.abs(np.round(X)) + np.array([1.0] + [0.0] * (X.shape[1] - 1))},
        reference=np.quantile,
        label="weights",
    ),
    *(
        Scenario("quantile", (X, Q, 1), {"method": m}, reference=np.quantile, vmap=False, label=m)
        for m in (*STEPS, *SLOPES)
    ),
)
