"""What all tests share: the backends they run on, Hypothesis profiles, and a clean slate after each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

# Nine tenths of the suite's time is XLA compiling thousands of tiny programs; its expensive passes double that. Set
# before JAX is imported; JAX_DISABLE_MOST_OPTIMIZATIONS=0 tests what users run.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

import pytest
from hypothesis import HealthCheck, settings

import dualgrad as dg
from dualgrad._active import _Active

pytest_plugins = ["pytester"]

# "quick" gives the same examples in every run, so that a red build is red for everyone.
_common = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("quick", max_examples=8, derandomize=True, database=None, **_common)
settings.register_profile("full", max_examples=200, **_common)
settings.register_profile("soak", max_examples=2000, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure(config: pytest.Config) -> None:
    """Run on the two built-in backends; the toy backend, installed as well, has few of the ops."""
    if config.option.dg_backends is None:
        config.option.dg_backends = "jax,torch"


@pytest.fixture(autouse=True)
def _clean_slate() -> Iterator[None]:
    """A test that sets the process's backend or precision changes it for no other test."""
    before = _Active.backend
    yield
    _Active.backend = before
    if dg.x64_enabled():
        dg.enable_x64(False)
