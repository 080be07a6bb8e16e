"""Importing dualgrad imports no framework; what the first use of a backend imports is in test_backend_choice.py."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import dualgrad as dg

# the last two take as long as a fifth of all that is ours
HEAVY = ("jax", "torch", "numpy", "hypothesis", "optree", "scipy", "inspect", "dataclasses")


def modules_after(code: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has imported after `code`."""
    program = f"{code}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    env = {k: v for k, v in os.environ.items() if not k.startswith("DUALGRAD_")}
    run = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import dualgrad",
        "import dualgrad as dg; dg.linalg.solve, dg.nn.relu, dg.random.key, dg.tree.map, dg.float32, dg.pi",
        "import dualgrad as dg; dg.jit(dg.grad(lambda x: x))",
        "import dualgrad as dg; dg.available_backends()",
        "import dualgrad as dg; dg.x64_enabled; dg.errors.BackendNotFoundError",
    ],
)
def test_importing_and_naming_things_imports_no_framework(code: str) -> None:
    assert modules_after(code) == set()


def test_a_namespace_is_imported_when_it_is_first_named() -> None:
    program = """
import sys, dualgrad as dg
loaded = lambda: {name for name in dg._NAMESPACES if f"dualgrad.{name}" in sys.modules}
assert not loaded(), loaded()
assert set(dg._NAMESPACES) < set(dir(dg))
dg.fft.fft
assert loaded() == {"fft"} and vars(dg)["fft"] is dg.fft, loaded()
try:
    dg.ftt
except AttributeError as error:
    assert str(error) == "module 'dualgrad' has no attribute 'ftt'" and error.name == "ftt" and error.obj is dg
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("relu", "It is dg.nn.relu."),
        ("logsumexp", "It is dg.nn.logsumexp or dg.special.logsumexp."),
        ("tree_map", "It is dg.tree.map."),
        ("tree_util", "It is dg.tree."),
        ("scipy", "Its names are at the root or in a namespace: dg.sum, dg.linalg.svd."),
    ],
)
def test_name_of_another_namespace_says_where_it_is(name: str, where: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(dg, name)
    assert str(caught.value) == f"module 'dualgrad' has no attribute {name!r}. {where}"
    assert caught.value.name == name


def test_pytest_plugin_imports_no_framework() -> None:
    assert modules_after("import dualgrad.testing.pytest_plugin, dualgrad.testing") <= {"inspect", "dataclasses"}
