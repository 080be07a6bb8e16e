"""Rows of the polynomials."""

from __future__ import annotations

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

P = np.array([0.7, -1.3, 2.1, 0.4])
Q = np.array([1.5, -0.6])
X = np.array([[0.3, -1.7, 2.6], [-0.8, 0.05, 3.1]])
AT = np.array([-1.0, -0.4, 0.3, 0.9, 1.6, 2.2])
Y = np.array([0.4, 1.1, -0.6, 2.3, 0.2, 1.7])

ROWS: tuple[Scenario, ...] = (
    Scenario("poly", (P,), reference=np.poly),
    Scenario("polyadd", (P, Q), reference=np.polyadd, wrt=(0, 1)),
    Scenario("polyder", (P,), reference=np.polyder),
    Scenario("polyder", (P, 2), reference=np.polyder, label="twice"),
    Scenario("polydiv", (P, Q), reference=np.polydiv, wrt=(0, 1)),
    Scenario("polyfit", (AT, Y, 2), reference=np.polyfit, wrt=(0, 1), rtol=1e-10),
    Scenario(
        "polyfit",
        (AT, np.stack([Y, -2 * Y**2], 1), 3),
        {"w": np.array([1.0, 2.0, 0.5, 1.0, 3.0, 0.1])},
        reference=np.polyfit,
        wrt=(1,),
        rtol=1e-10,
        dtypes=(),
        label="weights",
    ),
    Scenario(
        "polyfit",
        (AT, np.stack([Y, -2 * Y**2], 1), 2),
        {"cov": True},
        reference=lambda x, y, deg, cov: tuple(np.polyfit(x, y, deg, cov=cov)),
        wrt=(1,),
        rtol=1e-10,
        dtypes=(),
        label="covariance",
    ),
    Scenario(
        "polyfit",
        (AT, Y, 2),
        {"full": True},
        reference=lambda x, y, deg, full: (lambda p, r, rank, s, cut: (p, r, np.int64(rank), s, np.float64(cut)))(
            *np.polyfit(x, y, deg, full=full)
        ),
        wrt=(),
        order=0,
        rtol=1e-10,
        dtypes=(),
        label="full",
    ),
    Scenario("polyint", (P,), reference=np.polyint),
    Scenario("polyint", (P, 2, np.array([0.5, -1.0])), reference=np.polyint, wrt=(0, 2), label="twice"),
    Scenario("polymul", (P, Q), reference=np.polymul, wrt=(0, 1)),
    Scenario("polysub", (Q, P), reference=np.polysub, wrt=(0, 1)),
    Scenario("polyval", (P, X), reference=np.polyval, wrt=(0, 1)),
    Scenario(
        "roots",
        (P,),
        {"strip_zeros": False},
        reference=lambda p, strip_zeros: np.sort_complex(np.roots(p)),
        rtol=1e-11,
    ),
    Scenario(
        "roots",
        (np.array([0.0, 2.0, -6.0, 4.0, 0.0]),),
        reference=lambda p: np.array([1.0, 2.0, 0.0]) + 0j,
        wrt=(),
        order=0,
        vmap=False,
        jit=False,
        rtol=1e-11,
        label="zeros at the ends",
    ),
    Scenario(
        "polyval",
        (np.array([1, -2, 3], dtype=np.int32), np.array([2, -1], dtype=np.int32)),
        reference=np.polyval,
        wrt=(),
        order=0,
        exact=True,
        label="integers",
    ),
)
