"""A third-party backend, known to dualgrad by its entry point alone, passes the conformance that it declares."""

from __future__ import annotations

import dualgrad_toy

import dualgrad as dg
from dualgrad.testing import Gap, Scenario, conformance
from dualgrad.testing._row import arrays_in
from dualgrad.testing.scenarios import all_rows


def declared(row: Scenario) -> bool:
    """Whether the toy backend has the op, for real arrays."""
    arrays = arrays_in((row.args, *(point.args for point in row.points)))
    return row.op in dualgrad_toy.OPS and all(x.dtype.kind != "c" for x in arrays)


GAPS = (Gap("toy", "pow", "its rule takes 0**-1 at 0**0 and finds nan", checks=("points",)),)

TestToy = conformance("toy", GAPS, [row for row in all_rows() if declared(row)])


def test_every_op_of_the_toy_backend_has_a_row() -> None:
    assert set(dualgrad_toy.OPS) - {row.op for row in all_rows() if declared(row)} == set()


def test_plugin_stands_beside_the_built_in_backends() -> None:
    assert "toy" in dg.available_backends()
    with dg.use_backend("toy") as backend:
        assert backend is dualgrad_toy
        assert dg.grad(lambda x: x**2 + 2 * x + 1)(3.0) == 8.0


def test_function_transformed_at_module_level_runs_on_the_plugin() -> None:
    slope = dg.grad(lambda x: dg.sum(dg.square(x)))
    with dg.use_backend("toy"):
        assert dg.vmap(slope)(dg.asarray([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[2.0, 4.0], [6.0, 8.0]]
