"""Importing dualgrad imports no framework, and the first use of a backend imports that one alone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("jax", "torch", "numpy", "hypothesis", "optree", "scipy")


def modules_after(code: str, **environment: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has imported after `code`."""
    program = f"{code}\nimport sys\nprint(*[m for m in {HEAVY!r} if m in sys.modules])"
    env = {k: v for k, v in os.environ.items() if not k.startswith("DUALGRAD_")} | environment
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


def test_pytest_plugin_imports_no_framework() -> None:
    assert modules_after("import dualgrad.testing.pytest_plugin, dualgrad.testing") == set()


@pytest.mark.parametrize(("name", "other"), [("jax", "torch"), ("torch", "jax")])
def test_using_one_backend_does_not_import_the_other(name: str, other: str) -> None:
    loaded = modules_after("import dualgrad as dg\ndg.sin(1.0)", DUALGRAD_BACKEND=name)
    assert name in loaded
    assert other not in loaded


def test_selecting_a_backend_changes_no_global_state_of_jax() -> None:
    code = "import dualgrad as dg, jax\nassert not jax.config.jax_enable_x64\ndg.get_backend('jax')\n"
    modules_after(code + "assert not jax.config.jax_enable_x64")


def test_selecting_a_backend_changes_no_global_state_of_torch() -> None:
    state = "(torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads())"
    code = f"import torch, dualgrad as dg\nbefore = {state}\ndg.set_backend('torch'); dg.sin(1.0)\n"
    modules_after(f"{code}assert before == {state}")
