"""The conformance suite, applied to the built-in backends; and that the table is complete."""

from __future__ import annotations

import os

import pytest

from dualgrad.testing import Scenario, conformance
from dualgrad.testing._public import public_ops
from dualgrad.testing._row import lookup
from dualgrad.testing.conformance import run_check
from dualgrad.testing.scenarios import all_gaps, all_rows, untabled

# `make test-full` checks every row in every way; here that would be 20 minutes of compiling.
QUICK = os.environ.get("DUALGRAD_CONFORMANCE") != "eager"
TestJax = conformance("jax", all_gaps(), quick=QUICK)
TestTorch = conformance("torch", all_gaps(), quick=QUICK)
TABLED = {row.op for row in all_rows()}
REASONED = set(untabled())


# Of the check "compiled", which is for `make test-full`: the rows whose results Inductor changed before we mended it.
# What it did to a conjugated triangular matrix it did in `linalg.lu[complex]` too, whose derivatives take 20 seconds.
CHANGED = ("floor_divide", "frexp", "linalg.solve_triangular[conjugate]")


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in all_rows() if row.id in CHANGED])
def test_compiler_changes_nothing_where_it_once_did(row: Scenario) -> None:
    run_check("torch", "compiled", row)


@pytest.mark.parametrize("op", public_ops())
def test_every_public_op_has_a_row_or_a_reason(op: str) -> None:
    assert op in TABLED | REASONED, f"add a row for {op} to the scenario table"


def test_no_row_is_listed_twice() -> None:
    ids = [row.id for row in all_rows()]
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


def test_table_names_only_public_ops() -> None:
    for row in all_rows():
        assert callable(lookup(row.op))


def test_no_op_has_both_rows_and_a_reason_for_none() -> None:
    assert sorted(TABLED & REASONED) == []
