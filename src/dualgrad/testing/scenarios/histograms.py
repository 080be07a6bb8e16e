"""Rows of the histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.array([0.3, -1.7, 2.6, 1.1, 0.8, -0.6, 2.0, 5.0])
Y = np.array([1.3, 0.7, -0.6, 2.1, 0.2, -0.9, 0.05, 1.4])
EDGES = np.array([-2.0, 0.0, 0.5, 2.0])


def _made(op: str, args: tuple[Any, ...], reference: Any, label: str = "", **kwargs: Any) -> Scenario:
    return Scenario(op, args, kwargs, reference=reference, wrt=(), order=0, label=label)


ROWS: tuple[Scenario, ...] = (
    _made("histogram", (X, 4), np.histogram),
    _made("histogram", (X, EDGES), np.histogram, "edges"),
    _made("histogram", (X, 3, (-1.0, 2.0)), np.histogram, "range", density=True),
    _made("histogram", (np.ones(3), 2), np.histogram, "constant"),
    Scenario("histogram", (X, 4), {"weights": Y}, reference=np.histogram, wrt=(), order=0, dtypes=(), label="weights"),
    _made("histogram2d", (X, Y, 3), np.histogram2d),
    _made("histogram2d", (X, Y), np.histogram2d, "mixed", bins=(2, EDGES), density=True),
    _made("histogramdd", (np.stack([X, Y, X * Y], 1), (2, EDGES, 3)), np.histogramdd, density=True),
    Scenario("histogram_bin_edges", (X, 4), reference=np.histogram_bin_edges),
)
