"""The conformance suite: tests of one backend, generated from the scenario table.

    class TestToy(conformance("toy", gaps=[Gap("toy", "sort", "not implemented")])): ...

is all that the author of a backend writes. A gap is strictly expected to fail, so that one which closes is noticed. A
gap in some checks is an expected failure of each; what a backend does not do at all stands in one test together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dualgrad.protocol import Backend
from dualgrad.testing._checks import CHECKS, Check, applies
from dualgrad.testing._compare import activate
from dualgrad.testing.scenario import Gap, Scenario
from dualgrad.testing.scenarios import quick_rows

__all__ = ["conformance", "gap_of", "run_check"]


def conformance(
    backend: str | Backend, gaps: Iterable[Gap] = (), rows: Iterable[Scenario] | None = None, quick: bool = False
) -> type:
    """A pytest class that tests a backend against the scenario table.

    Args:
        backend: A backend or its name.
        gaps: What the backend cannot do; those of other backends are ignored. Their tests must fail. A gap without
            checks is an op, or a row, that the backend does not do at all: one test tries them all.
        rows: Rows to test; all of dualgrad's table if not given.
        quick: Whether derivatives, `vmap` and `jit` are checked for one row of each op only, and second derivatives,
            `vmap` and `jit` of heavy rows not at all, and no row is given to the backend's compiler. Values, dtypes and
            special points are always checked for all.

    Returns:
        A class with one test per check, parametrised over the rows, and one for what the backend lacks. Bind it to a
        name that starts with `Test`.

    Raises:
        ValueError: A gap names an op that has no row, or a check that does not exist.

    Derivative:
        None: its tests look at those of the rows.

    Example:
        >>> from dualgrad.testing import Scenario, conformance
        >>> TestSine = conformance("jax", rows=[Scenario("sin", (0.5,))])

    Source: dualgrad's own.
    """
    if rows is None:
        from dualgrad.testing.scenarios import all_rows

        rows = all_rows()
    rows = list(rows)
    name = backend if isinstance(backend, str) else backend.name
    mine = [gap for gap in gaps if gap.backend == name]
    _require_known(mine, rows)
    lacking = [row for row in rows if _is_absent(mine, row)]
    rows = [row for row in rows if not _is_absent(mine, row)]
    tested: dict[Check, list[Scenario]] = {check: _tested(check, mine, rows, quick) for check in CHECKS}
    methods = {
        f"test_{check}": _method(backend, check, mine, chosen)
        for check, chosen in tested.items()
        if chosen  # no parameters would make a skipped test
    }
    if lacking:
        methods["test_what_is_declared_absent_fails"] = _absent_method(backend, lacking)
    return type(f"TestConformance{name.title()}", (), {"__doc__": f"Conformance of backend {name!r}.", **methods})


def run_check(backend: str | Backend, check: Check, row: Scenario) -> None:
    """One check of one row on one backend.

    Raises:
        AssertionError: The backend does not do what the row says.
    """
    with activate(backend):
        CHECKS[check](row)


def gap_of(gaps: Iterable[Gap], check: Check, row: Scenario) -> Gap | None:
    """The gap that covers a check of a row, if one does; a gap may name an op or a single row of it."""
    return next((gap for gap in _gaps_of(gaps, row) if not gap.checks or check in gap.checks), None)


def _gaps_of(gaps: Iterable[Gap], row: Scenario) -> list[Gap]:
    return [gap for gap in gaps if gap.op in (row.op, row.id)]


def _is_absent(gaps: Iterable[Gap], row: Scenario) -> bool:
    return any(not gap.checks for gap in _gaps_of(gaps, row))


def _absent_method(backend: str | Backend, rows: Sequence[Scenario]) -> Callable[..., None]:
    def test(self: object) -> None:
        closed: list[str] = []
        for row in rows:
            try:
                run_check(backend, "value", row)
            except Exception:
                continue
            closed.append(row.id)
        assert not closed, f"declared absent, and passes: {', '.join(closed)}. Delete the gap, or name its checks."

    return test


def _tested(check: Check, gaps: Sequence[Gap], rows: Sequence[Scenario], quick: bool) -> list[Scenario]:
    found = [row for row in rows if applies(check, row)]
    if quick and check == "compiled":
        return []
    if not quick or check in ("value", "dtypes", "points"):
        return found
    found = quick_rows(found, gaps)
    if check == "fwd" or check == "rev":
        return found
    return [row for row in found if not row.heavy or gap_of(gaps, check, row)]


def _method(backend: str | Backend, check: Check, gaps: Sequence[Gap], rows: Sequence[Scenario]) -> Callable[..., None]:
    import pytest

    params: list[Any] = []
    for row in rows:
        gap = gap_of(gaps, check, row)
        reason = f"{gap.reason} {gap.link}".strip() if gap else ""
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if gap else []
        params.append(pytest.param(row, id=row.id, marks=marks))

    @pytest.mark.parametrize("row", params)
    def test(self: object, row: Scenario) -> None:
        run_check(backend, check, row)

    return test


def _require_known(gaps: Sequence[Gap], rows: Sequence[Scenario]) -> None:
    known = {row.op for row in rows} | {row.id for row in rows}
    for gap in gaps:
        if gap.op not in known:
            raise ValueError(f"dualgrad.testing: a gap must name an op that has a row, got {gap.op!r}.")
        if set(gap.checks) - {*CHECKS, "agreement"}:
            raise ValueError(
                f"dualgrad.testing: checks of a gap are {', '.join(CHECKS)}, agreement, got {gap.checks!r}."
            )
