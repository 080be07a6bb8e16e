"""A third-party backend, known to dualgrad by its entry point alone, passes the conformance that it declares."""

from __future__ import annotations

import dualgrad_toy

import dualgrad as dg
from dualgrad.testing import Gap, Scenario, conformance
from dualgrad.testing._row import arrays_in
from dualgrad.testing.scenarios import all_rows


def takes_complex(row: Scenario) -> bool:
    """Whether a row has complex arguments, which the toy backend has no dtypes for."""
    return any(x.dtype.kind == "c" for x in arrays_in((row.args, *(point.args for point in row.points))))


HAS = {*dualgrad_toy.OPS, "array", "linalg.matmul"}  # which are made of others, and the flat op
ABSENT = sorted({row.op for row in all_rows()} - HAS)
COMPLEX = [row.id for row in all_rows() if row.op in HAS and takes_complex(row)]
COMPOSED = [row.id for row in all_rows() if row.op in HAS and not {"where", "initial"}.isdisjoint(row.kwargs)]
GAPS = (
    Gap("toy", "pow", "its rule takes 0**-1 at 0**0 and finds nan", checks=("points",)),
    *(Gap("toy", op, "not implemented") for op in ABSENT),
    *(Gap("toy", row, "it has no compositions") for row in COMPOSED),
    *(Gap("toy", row, "arrays are real") for row in COMPLEX if row not in ("multiply[complex]", "sign[complex]")),
)

TestToy = conformance("toy", GAPS)


def test_every_op_of_the_toy_backend_has_a_row() -> None:
    rows = [row for row in all_rows() if not takes_complex(row)]
    assert set(dualgrad_toy.OPS) - {row.op for row in rows} == set()


def test_plugin_stands_beside_the_built_in_backends() -> None:
    assert "toy" in dg.available_backends()
    with dg.use_backend("toy") as backend:
        assert backend is dualgrad_toy
        assert dg.grad(lambda x: x**2 + 2 * x + 1)(3.0) == 8.0


def test_function_transformed_at_module_level_runs_on_the_plugin() -> None:
    slope = dg.grad(lambda x: dg.sum(dg.square(x)))
    with dg.use_backend("toy"):
        assert dg.vmap(slope)(dg.asarray([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[2.0, 4.0], [6.0, 8.0]]
