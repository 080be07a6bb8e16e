"""Each public name of NumPy's, SciPy's and JAX's namespaces that dualgrad has not stands on the page Support."""

from __future__ import annotations

import inspect
import re
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

import jax
import jax.ad_checkpoint
import jax.custom_derivatives
import jax.debug
import jax.image
import jax.numpy as jnp
import jax.scipy.fft
import jax.scipy.linalg
import jax.scipy.signal
import jax.scipy.special
import numpy as np
import pytest
import scipy.fft
import scipy.special

import dualgrad as dg

PAGE = (Path(__file__).parents[2] / "docs" / "support.md").read_text()
TABLE = PAGE.partition("## Absent on every backend")[2].partition("\n## ")[0]
PATTERNS = [p for line in TABLE.splitlines() for p in re.findall(r"`([^`]+)`", line.partition(" | ")[0])]
THEIRS: dict[str, list[ModuleType]] = {
    "": [np, jnp, jax.scipy.signal, jax, jax.ad_checkpoint, jax.custom_derivatives],
    "debug": [jax.debug],
    "fft": [np.fft, jnp.fft, scipy.fft, jax.scipy.fft],
    "image": [jax.image],
    "lax": [jax.lax],
    "linalg": [np.linalg, jnp.linalg, jax.scipy.linalg],
    "nn": [jax.nn],
    "nn.initializers": [jax.nn.initializers],
    "random": [jax.random],
    "special": [jax.scipy.special, scipy.special],
    "tree": [jax.tree],
}
# Which namespace a name has here where it has another there.
ELSEWHERE = {"fftconvolve": "fft.fftconvolve"}


def names_of(module: ModuleType) -> list[str]:
    """The public names of a module; primitives and submodules are none."""
    return [
        name
        for name in dir(module)
        if not name.startswith("_") and not name.endswith("_p") and not inspect.ismodule(getattr(module, name))
    ]


def is_here(full: str) -> bool:
    found: object = dg
    for part in ELSEWHERE.get(full, full).split("."):
        found = getattr(found, part, None)
    return found is not None or full == "newaxis"


@pytest.mark.parametrize("space", THEIRS)
def test_name_that_is_absent_is_explained(space: str) -> None:
    full = {f"{space}.{name}".lstrip(".") for module in THEIRS[space] for name in names_of(module)}
    unexplained = [n for n in sorted(full) if not is_here(n) and not any(fnmatchcase(n, p) for p in PATTERNS)]
    assert unexplained == []


def test_name_that_is_explained_is_absent() -> None:
    assert [p for p in PATTERNS if "*" not in p and is_here(p)] == []
