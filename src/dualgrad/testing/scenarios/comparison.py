"""Rows of the comparisons, logic, bits and tests of single elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.testing.scenario import Gap, Point, Scenario

__all__ = ["GAPS", "ROWS"]

PAIR = (np.array([[1.0], [-2.0]]), np.array([1.0, 2.5, -3.0]))
INTEGERS = (np.array([[5], [-6]], dtype=np.int32), np.array([3, 1, 2], dtype=np.int32))
TRUTH = (np.array([[True], [False]]), np.array([True, False]))
SPECIAL = np.array([1.0, -0.0, math.inf, -math.inf, math.nan])


def _exact(op: str, args: tuple[Any, ...], reference: Callable[..., Any], **kwargs: Any) -> Scenario:
    return Scenario(op, args, kwargs, reference=reference, wrt=(), order=0, exact=True)


def _integers(op: str, args: tuple[Any, ...], reference: Callable[..., Any]) -> Scenario:
    return Scenario(op, args, reference=reference, wrt=(), order=0, dtypes=(), exact=True)


ROWS = (
    *(
        _exact(op, PAIR, reference)
        for op, reference in {
            "equal": np.equal,
            "greater": np.greater,
            "greater_equal": np.greater_equal,
            "less": np.less,
            "less_equal": np.less_equal,
            "not_equal": np.not_equal,
        }.items()
    ),
    *(
        _integers(op, TRUTH, reference)
        for op, reference in {
            "logical_and": np.logical_and,
            "logical_or": np.logical_or,
            "logical_xor": np.logical_xor,
        }.items()
    ),
    _integers("logical_not", TRUTH[:1], np.logical_not),
    *(
        _integers(op, INTEGERS, reference)
        for op, reference in {
            "bitwise_and": np.bitwise_and,
            "bitwise_left_shift": np.left_shift,
            "bitwise_or": np.bitwise_or,
            "bitwise_right_shift": np.right_shift,
            "bitwise_xor": np.bitwise_xor,
        }.items()
    ),
    _integers("bitwise_invert", INTEGERS[:1], np.invert),
    _exact("isfinite", (SPECIAL,), np.isfinite),
    _exact("isinf", (SPECIAL,), np.isinf),
    _exact("isnan", (SPECIAL,), np.isnan),
    _exact("signbit", (np.abs(SPECIAL) * np.array([1, -1, 1, -1, 1]),), np.signbit),
    _exact("isclose", (SPECIAL, SPECIAL + 1e-9), np.isclose, equal_nan=True),
    _exact("allclose", (PAIR[1], PAIR[1] + 1e-9), np.allclose),
    Scenario(
        "array_equal",
        (PAIR[1], PAIR[1]),
        reference=np.array_equal,
        wrt=(),
        order=0,
        exact=True,
        points=(Point((PAIR[1], PAIR[0]), None, np.asarray(False), "shapes differ"),),
    ),
)

GAPS: tuple[Gap, ...] = ()
