"""The pytest plugin, run as a user's project runs it."""

from __future__ import annotations

import importlib

import pytest

NAMES = """
    import dualgrad as dg
    def test_name(backend):
        print("ran", backend.name, dg.get_backend() is backend)
"""


def test_fixture_runs_through_all_installed_backends(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NAMES)
    result = pytester.runpytest_inprocess("-s", "-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=3)
    ran = [line.partition("ran ")[2].split() for line in result.outlines if "ran " in line]
    assert ran == [["jax", "True"], ["torch", "True"], ["toy", "True"]]


def test_option_chooses_backends(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NAMES)
    result = pytester.runpytest_inprocess("--dg-backends", "torch", "-p", "no:cacheprovider", "-v")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_name?torch? PASSED*"])


def test_marker_goes_before_the_option(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.backends("jax")
        def test_name(backend):
            assert backend.name == "jax"
        """
    )
    pytester.runpytest_inprocess("--dg-backends", "torch", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_missing_backend_fails_and_does_not_skip(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NAMES)
    result = pytester.runpytest_inprocess("--dg-backends", "jax,nope", "-p", "no:cacheprovider", "--tb=line")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*unknown backend, got 'nope'*"])


def test_marker_without_names_is_an_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.backends\ndef test_name(backend): pass")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--tb=line")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the marker `backends` needs names*"])


def test_marker_that_names_a_missing_backend_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.backends('nope')\ndef test_name(backend): pass")
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "--tb=line").assert_outcomes(errors=1)


def test_without_any_backend_tests_fail_and_are_not_skipped(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(NAMES)
    monkeypatch.setattr("dualgrad._registry.available_backends", list)
    monkeypatch.setattr("dualgrad.available_backends", list)
    state = importlib.import_module("dualgrad._active")
    state.active.set_default(state._Unset())  # the fixture that every test has puts the default back
    monkeypatch.delenv("DUALGRAD_BACKEND", raising=False)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--tb=line")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no backend is installed*"])


def test_x64_fixture_and_marker_turn_on_64_bit_mode(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import dualgrad as dg, pytest

        @pytest.fixture
        def data(backend):
            return dg.ones(2)

        def test_off(data):
            assert data.dtype == dg.float32

        def test_fixture(backend, x64):
            assert dg.ones(2).dtype == dg.float64

        @pytest.mark.x64
        def test_marker(data):
            assert data.dtype == dg.float64
        """
    )
    result = pytester.runpytest_inprocess("--dg-backends", "jax,torch", "-p", "no:cacheprovider", "--strict-markers")
    result.assert_outcomes(passed=6)


@pytest.mark.parametrize(
    "source",
    [
        "import pytest\n@pytest.fixture\ndef backend():\n    return 'mine'\n"
        "def test_it(backend):\n    assert backend == 'mine'",
        "import pytest\n@pytest.mark.parametrize('backend', ['mine'])\n"
        "def test_it(backend):\n    assert backend == 'mine'",
    ],
    ids=["fixture", "parameter"],
)
def test_another_projects_own_backend_is_left_alone(pytester: pytest.Pytester, source: str) -> None:
    pytester.makepyfile(source)
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "--tb=line").assert_outcomes(passed=1)
