"""Every example runs on both backends and prints the facts that it is there to teach."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import dualgrad as dg

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BACKENDS = ("jax", "torch")
FACTS = {
    "derivative.py": ("f'(3)  = 8.0", "g'(1)  = 5.0", "f''(3) = 2.0", "f(3) = 16.0, f'(3) = 8.0"),
    "gradient.py": (
        "gradient of sum(x^2): [2.0, 4.0, 6.0]",
        "element by element:   [2.0, 4.0, 6.0]",
        "[[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]",
        "(forward mode): 2.0",
    ),
    "jit_sin_cos.py": ("all ones, jitted: True", "ran 1 time for 4 calls"),
    "vmap_batch.py": (
        "equal to a Python loop: True",
        "one gradient per example, shape (4, 3)",
        "their mean is the gradient of the mean: True",
    ),
    "python_control_flow.py": (
        "slope at  3 is 6.0",
        "slope at -3 is 0.1",
        "derivative of x^5 at 2 is 80.0",
        "sqrt(9) is 3.0000, its derivative 0.1667",
    ),
    "prediction_loss.py": (
        "loss: 4.0",
        "gradient with respect to w: [4.0, 8.0, 12.0]",
        "with respect to both arguments: [[4.0, 8.0, 12.0], [2.0, 2.0, 2.0]]",
        "prediction after 20 steps of descent: 1.0000",
    ),
    "transformer_block.py": (
        "loss before: 2.5489, gradient of the table: (5, 16)",
        "loss after 15 steps: 1.03",
        "learned: True",
    ),
    "device_put.py": (
        "shape (1000, 1000), equal to what was put there: True",
        "a pytree went too: ['biases', 'weights']",
        "mean 0.00",
        "standard deviation 1.00",
    ),
}


def test_every_example_is_listed_here():
    scripts = {path.name for path in EXAMPLES.glob("*.py")}
    assert scripts == {*FACTS, "train_digits.py", "digits_io.py"}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FACTS)
def test_example_prints_what_it_teaches(name: str, backend: str, capsys: pytest.CaptureFixture[str]):
    with dg.use_backend(backend):
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    printed = capsys.readouterr().out
    assert f"backend: {backend}" in printed
    for fact in FACTS[name]:
        assert fact in printed


def test_random_draws_are_printed_alike_on_every_backend(capsys: pytest.CaptureFixture[str]):
    lines = []
    for backend in BACKENDS:
        with dg.use_backend(backend):
            runpy.run_path(str(EXAMPLES / "device_put.py"), run_name="__main__")
        lines.append(capsys.readouterr().out.splitlines()[-1])
    assert lines[0].startswith("first draws")
    assert lines[0] == lines[1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_environment_variable_chooses_the_backend_of_an_example(backend: str):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "derivative.py")],
        env={**os.environ, "DUALGRAD_BACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"backend: {backend}" in done.stdout
    assert "f'(3)  = 8.0" in done.stdout


def test_digits_train_to_the_same_network_on_both_backends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    example = runpy.run_path(str(EXAMPLES / "train_digits.py"))
    runs = []
    for backend in BACKENDS:
        with dg.use_backend(backend):
            runs.append(example["train"](example["load_digits"](), epochs=4, seed=0))
    picture = tmp_path / "digits.png"
    example["print_table"](runs)
    example["draw"](runs, *example["load_digits"]()[2:], picture)

    jax, torch = runs
    assert min(jax.accuracy, torch.accuracy) > 0.9
    assert abs(jax.losses - torch.losses).max() < 1e-4
    for name, gradient in jax.first_gradients.items():
        assert abs(gradient - torch.first_gradients[name]).max() < 1e-6
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "time per training step" in capsys.readouterr().out
