"""The examples in the docstrings run, on both backends, with nothing but `dg` in scope."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import dualgrad as dg

SOURCE = Path(dg.__file__).parent
MODULES = sorted(
    "dualgrad." + ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if "backends" not in path.relative_to(SOURCE).parts and ">>> " in path.read_text(encoding="utf-8")
)


def collect() -> list[doctest.DocTest]:
    """Every docstring with an example, once."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [t for m in MODULES for t in finder.find(importlib.import_module(m), m, globs={"dg": dg}) if t.examples]
    return sorted({t.name: t for t in found}.values(), key=lambda t: t.name)


EXAMPLES = collect()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda t: t.name.removeprefix("dualgrad."))
def test_example_runs(example: doctest.DocTest, backend: Any) -> None:
    output: list[str] = []
    example.globs = {"dg": dg}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(example, out=output.append, clear_globs=False)
    assert not output, "".join(output)


def test_every_function_with_an_example_is_collected() -> None:
    collected = {t.name for t in EXAMPLES}
    for name in MODULES:
        module = importlib.import_module(name)
        for member in vars(module).values():
            if isinstance(member, FunctionType) and member.__module__ == name and ">>>" in (member.__doc__ or ""):
                assert f"{name}.{member.__name__}" in collected
