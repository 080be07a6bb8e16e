"""Eager draws on PyTorch give the same bits by compiled loops and without; without a compiler NumPy and torch draw."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import dualgrad as dg
from dualgrad.backends.torch import _compiled as compiled

pytestmark = pytest.mark.on_cpu

N = 70_001  # two blocks of NumPy's and a bit
DRAWS = (dg.random.normal, dg.random.gumbel, dg.random.exponential)  # erfinv, log, log1p


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has drawn enough to call the compiler, and has not called it."""
    for name, value in {"drawn": compiled._ENOUGH, "pending": True, "kernels": None}.items():
        monkeypatch.setattr(compiled._State, name, value)
    with dg.use_backend("torch"):
        yield


def draws(n: int = N) -> list[Any]:
    key = dg.random.key(2**40 + 7)
    with dg.enable_x64(True):
        made = [
            dg.random.bits(key, (n,), "uint32"),
            dg.random.bits(key, (n,), "uint64"),
            dg.random.split(key, n),
            *[draw(key, (n,), t) for draw in DRAWS for t in ("float32", "float64")],
        ]
    return [dg.to_numpy(x) for x in made]


@pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler")
def test_compiled_loops_give_the_bits_of_numpy_and_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    with_c = draws()
    assert compiled._State.kernels is not None
    monkeypatch.setattr(compiled._State, "kernels", None)
    for a, b in zip(with_c, draws(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_few_numbers_call_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled._State, "drawn", 0)
    monkeypatch.setattr(compiled, "_compiled", pytest.fail)
    draws(1000)


@pytest.mark.parametrize("compiler", ["", "/bin/false", "/bin/true"], ids=["none", "fails", "writes nothing"])
def test_numpy_draws_where_there_is_no_compiler_that_works(monkeypatch: pytest.MonkeyPatch, compiler: str) -> None:
    monkeypatch.setattr(compiled.shutil, "which", lambda name: compiler)
    assert len(draws(1000)) == 9
    assert compiled._State.kernels is None
    assert not compiled._State.pending  # it is asked once


def test_a_wrong_program_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_CIPHER", compiled._CIPHER.replace("STEP(26)", "STEP(25)"))
    assert compiled.kernels(1) is None


def test_draws_do_not_depend_on_the_default_dtype_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled._State, "pending", False)  # by torch's operators
    expected = draws(1000)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        found = draws(1000)
    finally:
        torch.set_default_dtype(before)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
