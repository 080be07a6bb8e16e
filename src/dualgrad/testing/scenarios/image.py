"""Rows of resampling and interpolation, with references that sum element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

X = np.sin(1.3 * np.arange(20, dtype=float)).reshape(4, 5)
PLACES = np.array([0.3, 2.6, -1.2, 3.4]), np.array([3.7, 0.2, 1.1, -0.6])


def _cubic(d: float) -> float:
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2 if d < 2 else 0.0


def _lanczos3(d: float) -> float:
    return float(np.sinc(d) * np.sinc(d / 3)) if d < 3 else 0.0


KERNELS: dict[str, Callable[[float], float]] = {
    "linear": lambda d: max(0.0, 1 - d),
    "cubic": _cubic,
    "lanczos3": _lanczos3,
}


def _line(x: Any, n: int, scale: float, shift: float, method: str, antialias: bool) -> Any:
    m = len(x)
    out = np.zeros((n, *x.shape[1:]))
    for i in range(n):
        at = (i + 0.5 - shift) / scale - 0.5
        wide = max(1 / scale, 1.0) if antialias else 1.0
        weights = np.array([KERNELS[method](abs(at - j) / wide) for j in range(m)])
        if -0.5 <= at <= m - 0.5:
            out[i] = np.tensordot(weights / weights.sum(), x, 1)
    return out


def _resize(x: Any, shape: Any, method: str, antialias: bool = True) -> Any:
    for axis, n in enumerate(shape):
        if method == "nearest":
            x = np.take(x, [math.floor((i + 0.5) * x.shape[axis] / n) for i in range(n)], axis)
        elif n != x.shape[axis]:
            line = _line(np.moveaxis(x, axis, 0), n, n / x.shape[axis], 0.0, method, antialias)
            x = np.moveaxis(line, 0, axis)
    return x


def _moved(x: Any, shape: Any, axes: Any, scale: Any, translation: Any, method: str) -> Any:
    for axis, s, t in zip(axes, scale, translation, strict=True):
        x = np.moveaxis(_line(np.moveaxis(x, axis, 0), shape[axis], s, t, method, True), 0, axis)
    return x


def _mapped(x: Any, coordinates: Any, order: int, mode: str = "constant", cval: float = 0.0) -> Any:
    names = {"constant": "grid-constant", "wrap": "grid-wrap"}
    return ndimage.map_coordinates(x, coordinates, order=order, mode=names.get(mode, mode), cval=cval, prefilter=False)


def _map(mode: str, order: int, **options: Any) -> Scenario:
    # x alone is differentiated: the coordinates lie in a tuple, and have a row of their own
    return Scenario(
        "image.map_coordinates",
        (X, PLACES, order),
        {"mode": mode, **options},
        _mapped,
        order=1,
        label=f"{mode}, order {order}",
    )


ROWS: tuple[Scenario, ...] = (
    Scenario(
        "image.map_coordinates",
        (X, np.stack(PLACES), 1),
        {"cval": 0.5},
        _mapped,
        wrt=(0, 1),
        dtypes=("float32", "bfloat16"),
        points=(
            Point(
                (np.array([0.0, 1.0, 4.0]), np.array([[1.0, math.nan]]), 1),
                None,
                np.array([1.0, math.nan]),
                "at an element, and nowhere",
            ),
        ),
    ),
    Scenario(
        "image.map_coordinates",
        (X * (1 - 2j) + 0.5j * X**2, np.stack(PLACES), 1),
        {"mode": "mirror"},
        _mapped,
        wrt=(0, 1),
        label="complex",
    ),
    _map("nearest", 1),
    _map("wrap", 0),
    _map("mirror", 1),
    _map("reflect", 0),
    Scenario("image.resize", (X, (3, 8), "linear"), reference=_resize, dtypes=("float32", "bfloat16")),
    Scenario(
        "image.resize", (X, (2, 7), "cubic"), {"antialias": False}, _resize, order=1, label="cubic, not antialiased"
    ),
    Scenario("image.resize", (X, (6, 3), "lanczos3"), reference=_resize, order=1, label="lanczos3"),
    Scenario("image.resize", (X, (6, 3), "nearest"), reference=_resize, order=1, exact=True, label="nearest"),
    Scenario(
        "image.scale_and_translate",
        (X, (5, 4), (0, 1), np.array([1.3, 0.6]), np.array([0.4, -0.7]), "cubic"),
        reference=_moved,
        wrt=(0, 3, 4),
    ),
)
