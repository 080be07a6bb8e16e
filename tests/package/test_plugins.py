"""What the generated files and the plugin machinery promise."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import dualgrad as dg
from dualgrad import _registry

ROOT = Path(__file__).parents[2]


def test_protocol_is_in_step_with_the_public_ops() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "sync_protocol.py", "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def claim(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    """Let installed packages claim backend names."""
    found = [EntryPoint(name, value, _registry.GROUP) for name, value in points]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: found)


def test_two_packages_cannot_claim_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    claim(monkeypatch, ("mlx", "one"), ("mlx", "two"))
    with pytest.raises(dg.BackendNotFoundError, match="two packages claim the backend name, got 'mlx'"):
        dg.available_backends()


def test_package_cannot_take_a_built_in_name(monkeypatch: pytest.MonkeyPatch) -> None:
    claim(monkeypatch, ("torch", "elsewhere"))
    with pytest.raises(dg.BackendNotFoundError, match="got 'torch'"):
        dg.available_backends()


def test_plugin_may_be_an_object_instead_of_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    backend: Any = SimpleNamespace(name="made", sin=lambda x: "sine")
    with dg.use_backend(backend):
        assert dg.sin(0.0) == "sine"
        assert dg.get_backend() is backend


def test_plugin_is_not_imported_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    claim(monkeypatch, ("mlx", "no_such_module"))
    assert "mlx" in dg.available_backends()
    with pytest.raises(ModuleNotFoundError):
        dg.get_backend("mlx")
