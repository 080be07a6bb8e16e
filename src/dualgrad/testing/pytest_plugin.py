"""The pytest plugin: run a test on every backend, and in 64-bit mode.

A test that takes the fixture `backend` runs once per installed backend, with that backend active. The option
`--dg-backends jax,torch` or the marker `@pytest.mark.backends("jax")` chooses others; one that is asked for and is not
installed fails the test. The fixture or marker `x64` turns 64-bit mode on. pytest loads this file in every run on the
machine: no framework, no NumPy, nothing but dualgrad's own face is imported.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest

import dualgrad as dg

__all__ = ["backend", "pytest_addoption", "pytest_configure", "pytest_generate_tests", "pytest_runtest_protocol", "x64"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--dg-backends`."""
    parser.getgroup("dualgrad").addoption(
        "--dg-backends",
        metavar="NAMES",
        default=None,
        help="comma-separated backends that the fixture `backend` runs through; by default all that are installed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line("markers", "backends(*names): backends that this test's fixture `backend` runs through")
    config.addinivalue_line("markers", "x64: run this test in 64-bit mode")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once per backend, if it takes this plugin's fixture and does not parametrise it itself."""
    if "backend" not in metafunc.fixturenames or _parametrised(metafunc) or not _ours(metafunc):
        return
    marker = metafunc.definition.get_closest_marker("backends")
    option: str | None = metafunc.config.getoption("--dg-backends")
    if marker is not None and not marker.args:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: the marker `backends` needs names, got none.")
    chosen = [str(name) for name in marker.args] if marker else None if option is None else option.split(",")
    # Without any backend the test must fail, where no parameters would make it a skipped one.
    names: list[str | None] = [*(dg.available_backends() if chosen is None else chosen)] or [None]
    metafunc.parametrize("backend", [name and name.strip() for name in names], indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The active backend of this test, one after another."""
    with dg.use_backend(dg.get_backend() if request.param is None else request.param) as active:
        yield active


@pytest.fixture
def x64() -> Iterator[None]:
    """64-bit mode for this test."""
    with dg.enable_x64(True):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run a test marked `x64`, its fixtures included, in 64-bit mode."""
    if item.get_closest_marker("x64") is None:
        return (yield)
    with dg.enable_x64(True):
        return (yield)


def _parametrised(metafunc: pytest.Metafunc) -> bool:
    def names(mark: pytest.Mark) -> list[str]:
        argnames = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        return [n.strip() for n in argnames.split(",")] if isinstance(argnames, str) else list(argnames)

    return any("backend" in names(mark) for mark in metafunc.definition.iter_markers("parametrize"))


def _ours(metafunc: pytest.Metafunc) -> bool:
    """Whether `backend` is this plugin's fixture: other projects on the machine have fixtures of that name, too."""
    definitions = metafunc._arg2fixturedefs.get("backend")  # pyright: ignore[reportPrivateUsage]  # no public way
    return bool(definitions) and definitions[-1].func.__module__ == __name__
