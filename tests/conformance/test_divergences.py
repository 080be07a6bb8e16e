"""What dualgrad answers where JAX and PyTorch alone disagree: every row of the divergence table, on each backend."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing import Point
from dualgrad.testing._left import LEFT, Left
from dualgrad.testing._special_points import wrong_points
from dualgrad.testing.divergence import Divergence, at, curve, promise, surface
from dualgrad.testing.divergences import all_divergences, families

RECORDED = Path(__file__).resolve().parents[2] / "tools" / "native_answers.json"


@pytest.mark.parametrize("family", families(), ids=lambda family: family.__name__.rpartition(".")[2])
def test_every_row_holds(backend: Any, x64: None, family: ModuleType) -> None:
    assert wrong_points(family.ROWS) == []


def test_what_the_frameworks_say_is_recorded_for_every_row() -> None:
    recorded = json.loads(RECORDED.read_text())
    missing = [promise(row, p) for row in all_divergences() for p in row.points if promise(row, p) not in recorded]
    assert missing == [], "run tools/measure_divergence.py"


@pytest.mark.parametrize("left", LEFT, ids=lambda left: left.what)
def test_what_is_left_is_as_it_stands_on_the_page(backend: Any, x64: None, left: Left) -> None:
    got = [dg.to_numpy(x) for x in dg.tree.leaves(left.fun())]
    want = dg.tree.leaves(left.says[backend.name])
    np.testing.assert_allclose(np.array(got).ravel(), np.array(want).ravel(), rtol=1e-12)


def test_what_is_left_differs_between_the_backends() -> None:
    same = [x.what for x in LEFT if repr(x.says["jax"]) == repr(x.says["torch"])]
    assert same == []


def test_no_promise_is_made_twice() -> None:
    found = [promise(row, point) for row in all_divergences() for point in row.points]
    assert sorted({x for x in found if found.count(x) > 1}) == []


@pytest.mark.parametrize(
    "row",
    [
        curve("abs", (0.0, 0.0, 1.0, 0.0, "planted")),
        curve("abs", (0.0, 1.0, 0.0, 0.0, "planted")),
        curve("square", (1.0, 1.0, 2.0, 3.0, "planted")),
        surface("maximum", (1.0, 1.0, 1.0, (1.0, 0.0), None, "planted")),
        Divergence("sum", (Point((np.ones(2),), ([1.0, 2.0],), 2.0, "planted"),)),
        Divergence("mean", (at([1.0, 3.0], value=2.0, dtype="float32", why="planted"),)),
        curve("copysign", (0.0, -0.0, None, None, "planted"), fun=lambda x: dg.copysign(x, 1.0)),
        curve("exp", (0.0 + 0.0j, 1.0, 1.0j, None, "planted")),
    ],
)
def test_planted_wrong_promise_is_found(backend: Any, x64: None, row: Divergence) -> None:
    assert wrong_points([row]) != []
