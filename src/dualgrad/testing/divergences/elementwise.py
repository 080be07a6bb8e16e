"""Exponentials, logarithms, angles."""

from __future__ import annotations

import math

from dualgrad.testing.divergence import curve, surface

__all__ = ["ROWS"]

INF, NAN, PI, LN2 = math.inf, math.nan, math.pi, math.log(2.0)
LIMIT = "not locally Lipschitz: the limit"
ROOT = math.sqrt(0.5)
FLAT = (0.0, 0.0, 0.0)
SPLIT = (0.25, -0.25, 0.25)
SPLIT2 = (LN2 / 4, -LN2 / 4, LN2 / 4)

ROWS = (
    curve("sqrt", (0.0, 0.0, INF, -INF, LIMIT), (-1.0, NAN, NAN, NAN, "outside"), (INF, INF, 0.0, 0.0, "limit")),
    curve(
        "cbrt",
        (0.0, 0.0, INF, -INF, LIMIT),
        (-0.0, -0.0, INF, INF, LIMIT),
        (-8.0, -2.0, 1 / 12, 1 / 144, "negative"),
        (INF, INF, 0.0, 0.0, "limit"),
        (-INF, -INF, 0.0, 0.0, "limit"),
    ),
    curve("log", (0.0, -INF, INF, -INF, LIMIT), (INF, INF, 0.0, 0.0, "limit")),
    curve("log2", (0.0, -INF, INF, -INF, LIMIT)),
    curve("log10", (0.0, -INF, INF, -INF, LIMIT)),
    curve("log1p", (-1.0, -INF, INF, -INF, LIMIT), (1e-20, 1e-20, 1.0, -1.0, "smooth")),
    curve("acos", (1.0, 0.0, -INF, -INF, LIMIT), (-1.0, PI, -INF, INF, LIMIT), (2.0, NAN, NAN, NAN, "outside")),
    curve("asin", (1.0, PI / 2, INF, INF, LIMIT), (-1.0, -PI / 2, INF, -INF, LIMIT)),
    curve("acosh", (1.0, 0.0, INF, -INF, LIMIT), (INF, INF, 0.0, 0.0, "limit")),
    curve("atanh", (1.0, INF, INF, INF, LIMIT), (-1.0, -INF, INF, -INF, LIMIT), (1e-20, 1e-20, 1.0, 2e-20, "smooth")),
    curve("atan", (INF, PI / 2, 0.0, 0.0, "limit"), (-INF, -PI / 2, 0.0, 0.0, "limit")),
    curve("asinh", (INF, INF, 0.0, 0.0, "limit"), (-INF, -INF, 0.0, 0.0, "limit")),
    curve("tanh", (1000.0, 1.0, 0.0, 0.0, "no overflow"), (INF, 1.0, 0.0, 0.0, "limit")),
    curve(
        "tan", (PI / 2, 1.633123935319537e16, 2.6670937881135714e32, None, "the nearest number to the pole"), rtol=1e-9
    ),
    curve("exp", (-INF, 0.0, 0.0, 0.0, "limit"), (INF, INF, INF, INF, "limit"), (710.0, INF, INF, INF, "overflow")),
    curve(
        "expm1",
        (-40.0, math.expm1(-40.0), math.exp(-40.0), math.exp(-40.0), "1 + (result) would cancel"),
        (-INF, -1.0, 0.0, 0.0, "limit"),
    ),
    curve(
        "sinc",
        (0.0, 1.0, 0.0, -(PI**2) / 3, "removable singularity"),
        (1e-300, 1.0, -(PI**2) / 3 * 1e-300, -(PI**2) / 3, "the quotient would cancel"),
        (1e-10, 1.0, -(PI**2) / 3 * 1e-10, -(PI**2) / 3, "the quotient would cancel"),
        (1e-8, 1.0, -(PI**2) / 3 * 1e-8, -(PI**2) / 3, "the quotient would cancel"),
        (0.5, 2 / PI, -4 / PI, 16 / PI - 2 * PI, "smooth"),
    ),
    surface(
        "hypot",
        (0.0, 0.0, 0.0, (0.0, 0.0), None, "kink: the minimum-norm subgradient"),
        (0.0, -0.0, 0.0, (0.0, 0.0), None, "kink: the minimum-norm subgradient"),
        (1.0, 1.0, math.sqrt(2.0), (ROOT, ROOT), (ROOT / 2, -ROOT / 2, ROOT / 2), "curved where both are equal"),
        (3.0, 4.0, 5.0, (0.6, 0.8), (0.128, -0.096, 0.072), "smooth"),
        (1e300, 1e300, math.sqrt(2.0) * 1e300, (ROOT, ROOT), None, "no overflow"),
        (1e-300, 0.0, 1e-300, (1.0, 0.0), (0.0, 0.0, 1e300), "no underflow"),
        (1.0, INF, INF, (0.0, 1.0), FLAT, "limit"),
        (INF, 1.0, INF, (1.0, 0.0), FLAT, "limit"),
        (INF, NAN, INF, None, None, "C99"),
    ),
    surface(
        "atan2",
        (0.0, 0.0, 0.0, (0.0, 0.0), None, "no direction: 0"),
        (0.0, -0.0, PI, (0.0, 0.0), None, "no direction: 0"),
        (-0.0, 0.0, -0.0, (0.0, 0.0), None, "no direction: 0"),
        (-0.0, -0.0, -PI, (0.0, 0.0), None, "no direction: 0"),
        (0.0, -1.0, PI, (-1.0, 0.0), (0.0, -1.0, 0.0), "on the cut"),
        (-0.0, -1.0, -PI, (-1.0, 0.0), (0.0, -1.0, 0.0), "below the cut"),
        (1e-300, 1e-300, PI / 4, (5e299, -5e299), None, "no underflow"),
        (1e300, 1e300, PI / 4, (5e-301, -5e-301), None, "no overflow"),
        (1.0, INF, 0.0, (0.0, 0.0), None, "limit"),
    ),
    surface(
        "logaddexp",
        (1.0, 1.0, 1 + LN2, (0.5, 0.5), SPLIT, "smooth on a tie"),
        (1e300, 1e300, 1e300, (0.5, 0.5), None, "a large tie"),
        (1.0, INF, INF, (0.0, 1.0), FLAT, "finite beside inf"),
        (1.0, -INF, 1.0, (1.0, 0.0), FLAT, "finite beside -inf"),
        (0.0, 1e300, 1e300, (0.0, 1.0), FLAT, "far apart"),
        (INF, INF, INF, (0.5, 0.5), None, "equal infinities: shared"),
        (-INF, -INF, -INF, (0.5, 0.5), None, "equal infinities: shared"),
        (INF, -INF, INF, (1.0, 0.0), FLAT, "the larger"),
    ),
    surface(
        "logaddexp2",
        (1.0, 1.0, 2.0, (0.5, 0.5), SPLIT2, "smooth on a tie"),
        (1e300, 1e300, 1e300, (0.5, 0.5), None, "a large tie"),
        (-1e300, -1e300, -1e300, (0.5, 0.5), None, "a large tie"),
        (1.0, INF, INF, (0.0, 1.0), FLAT, "finite beside inf"),
        (-INF, -INF, -INF, (0.5, 0.5), None, "equal infinities: shared"),
        (INF, INF, INF, (0.5, 0.5), None, "equal infinities: shared"),
    ),
    curve(
        "angle",
        (0.0, 0.0, 0.0, 0.0, "0 for what is not negative"),
        (-0.0, PI, 0.0, 0.0, "half a turn, by its sign"),
        (-1.0, PI, 0.0, 0.0, "half a turn"),
        (NAN, NAN, None, None, "nan"),
    ),
    surface(
        "fmax",
        (1.0, 1.0, 1.0, (0.5, 0.5), FLAT, "tie: shared"),
        (1.0, NAN, 1.0, (1.0, 0.0), FLAT, "the number is chosen"),
        (NAN, 1.0, 1.0, (0.0, 1.0), FLAT, "the number is chosen"),
    ),
    surface(
        "fmin",
        (1.0, 1.0, 1.0, (0.5, 0.5), FLAT, "tie: shared"),
        (1.0, NAN, 1.0, (1.0, 0.0), FLAT, "the number is chosen"),
    ),
    surface(
        "heaviside",
        (0.0, 0.5, 0.5, (0.0, 1.0), FLAT, "the value given for 0"),
        (NAN, 0.5, NAN, (0.0, 0.0), None, "nan"),
        (2.0, 0.5, 1.0, (0.0, 0.0), FLAT, "a step has derivative 0"),
    ),
    curve("i0", (0.0, 1.0, 0.0, 0.5, "the minimum"), (NAN, NAN, NAN, NAN, "nan")),
)
