"""Spherical harmonics, by the recurrence of normalised Legendre functions in the degree, and stacks of Bessel's."""

from __future__ import annotations

import math
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast, dtype_of, named, real_floats, wide
from dualgrad._rules.indices import require_integer

__all__ = ["bessel_jn", "sph_harm_y"]


@named("special")
def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any, *, n_max: int) -> Any:
    xp = active.backend
    require_integer("special.sph_harm_y", dtype_of(n).name, "n and m")
    require_integer("special.sph_harm_y", dtype_of(m).name, "n and m")
    theta, phi = (wide(x) for x in real_floats("special.sph_harm_y", theta, phi))
    degree, order = cast(n, dtype_of(theta)), cast(m, dtype_of(theta))
    size = xp.abs(order)
    sine, cosine = xp.sin(theta), xp.cos(theta)
    sine = xp.where(sine < 0, -sine, sine)  # whose slope at 0 is the one from within the domain
    there = (degree >= size) & (degree <= n_max)
    # The normalised function of degree and order `size`, then of one degree more in each step, up to `degree`.
    first = xp.where(there, math.sqrt(0.25 / math.pi), 0.0) + 0.0 * sine
    for k in range(1, n_max + 1):
        first = xp.where(k <= size, -math.sqrt((2 * k + 1) / (2 * k)) * sine * first, first)
    before, now = xp.zeros_like(first), first
    for j in range(1, n_max + 1):
        at = size + j
        square = 4 * at * at - 1
        back = (j - 1) * (2 * size + j - 1) / (4 * (at - 1) ** 2 - 1)
        after = xp.sqrt(square / (j * (2 * size + j))) * (cosine * now - xp.sqrt(xp.abs(back)) * before)
        before, now = now, xp.where(at <= degree, after, now)
    now = xp.where((order < 0) & (m % 2 != 0), -now, now)
    now = xp.where(degree > n_max, math.nan, now)
    return now * xp.cos(order * phi) + 1j * (now * xp.sin(order * phi))


@named("special")
def bessel_jn(z: Any, *, v: int) -> Any:
    xp = active.backend
    return xp.stack([xp.special.jn(n, z) for n in range(v + 1)])
