"""Where results lie on PyTorch, found on its device `meta`, which has shapes and places and no values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import dualgrad as dg
from dualgrad._formulas import _inverses
from dualgrad.errors import ConcretizationError
from dualgrad.testing import Scenario
from dualgrad.testing._row import array_function, arrays_in, lookup, map_arrays
from dualgrad.testing.scenarios import all_rows

# What comes back as it was given, and what takes its first array for a mere number.
APART = {"broadcast_arrays", "einsum", "full", "kaiser", "meshgrid", "special.jn"}
# What needs values: the shape of the result depends on them.
BY_DATA = ("[by data]", "[indices]")


@pytest.fixture
def one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's eight steps are alike, and without values the first shows where all of them lie."""
    monkeypatch.setattr(_inverses, "STEPS", 1)


def put(x: Any) -> Any:
    return dg.asarray(x).to("meta")


def mixed() -> list[Scenario]:
    """Rows with arrays behind the first one."""
    rows = [row for row in all_rows() if row.jit and arrays_in(row.args[:1]) and row.op not in APART]
    return [row for row in rows if arrays_in((row.args[1:], list(row.kwargs.values())))]


def first_of_each_op() -> list[Scenario]:
    rows = {row.op: row for row in reversed(all_rows()) if row.jit and row.wrt and row.order >= 1 and row.args}
    return [row for row in rows.values() if not row.id.endswith(BY_DATA)]


def misplaced(rows: list[Scenario], run: Callable[[Scenario], Any]) -> dict[str, Any]:
    """The rows whose results lie elsewhere or could not be computed, and why."""
    found: dict[str, Any] = {}
    for row in rows:
        try:
            places = {x.device.type for x in dg.tree.leaves(run(row)) if isinstance(x, torch.Tensor)}
        except ConcretizationError:
            continue
        except Exception as error:
            found[row.id] = f"{type(error).__name__}: {error}"
        else:
            if places - {"meta"}:
                found[row.id] = places
    return found


def beside_numpy(row: Scenario) -> Any:
    return lookup(row.op)(map_arrays(put, row.args[0]), *row.args[1:], **row.kwargs)


def gradient(row: Scenario) -> Any:
    fun = array_function(row)
    xs = tuple(put(x) for x in arrays_in(row.args))

    def loss(*xs: Any) -> Any:
        outs = [o for o in dg.tree.leaves(fun(*xs)) if o.is_floating_point() or o.is_complex()]
        return sum((dg.sum(dg.square(dg.abs(o))) for o in outs), dg.zeros((), device="meta"))

    return dg.grad(loss, tuple(i for i, x in enumerate(xs) if x.is_floating_point() or x.is_complex()))(*xs)


@pytest.mark.on_cpu
@pytest.mark.backends("torch")
@pytest.mark.usefixtures("backend", "x64", "one_step")
def test_numpy_arguments_go_where_the_first_array_lies() -> None:
    rows = mixed()
    assert len(rows) > 200
    assert misplaced(rows, beside_numpy) == {}


@pytest.mark.backends("torch")
@pytest.mark.usefixtures("backend", "x64", "one_step")
def test_gradient_lies_where_the_array_lies() -> None:
    rows = first_of_each_op()
    assert len(rows) > 300
    assert misplaced(rows, gradient) == {}


@pytest.mark.backends("torch")
@pytest.mark.usefixtures("backend")
def test_numpy_array_alone_goes_to_the_default_device() -> None:
    with torch.device("meta"):
        assert str(dg.sin(np.ones(2, np.float32)).device) == "meta"
        assert str(dg.add(np.ones(2, np.float32), 1.0).device) == "meta"
