"""Each parameter that NumPy or JAX has and dualgrad has not stands on the page Support, with the reason."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.image
import jax.numpy as jnp
import jax.scipy.fft
import jax.scipy.linalg
import jax.scipy.signal
import jax.scipy.special
import numpy as np
import pytest
import scipy.fft
import scipy.linalg
import scipy.special

import dualgrad as dg
from dualgrad.testing._public import public_ops
from dualgrad.testing._row import lookup

SUPPORT = (Path(__file__).parents[2] / "docs" / "support.md").read_text().partition("## Parameters that are absent")[2]
THEIRS: dict[str, list[Any]] = {
    "": [np, jnp, jax.ops, jax.scipy.signal],
    "fft": [np.fft, jnp.fft, scipy.fft, jax.scipy.fft],
    "image": [jax.image],
    "linalg": [np.linalg, jnp.linalg, scipy.linalg, jax.scipy.linalg],
    "lax": [jax.lax],
    "nn": [jax.nn],
    "random": [jax.random],
    "special": [jax.scipy.special, scipy.special],
    "tree": [jax.tree],
}
# How the arrays, functions and keys that come first are named is each library's own; so is what is no parameter.
PRIVATE = re.compile(r"_|out$|device$|args$|kwargs$|out_sharding$")
NAMES = sorted(
    {*public_ops(), *(f"{space}.{name}" for space in ("lax", "tree") for name in getattr(dg, space).__all__)}
)


def _parameters(fun: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):  # NumPy's compiled functions
        return []


def _lacking(name: str, module: ModuleType) -> list[str]:
    """The parameters of a library's function that stand neither here by name nor in the place of one without."""
    theirs = getattr(module, name.rpartition(".")[2], None)
    if isinstance(theirs, type | np.ufunc) or not callable(theirs):
        return []
    ours = _parameters(lookup(name))
    first = sum(
        p.kind is p.POSITIONAL_ONLY or (p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty) for p in ours
    )
    named = {p.name for p in ours}
    return [
        p.name
        for i, p in enumerate(_parameters(theirs))
        if i >= first and p.name not in named and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]


@pytest.mark.parametrize("space", THEIRS)
def test_parameter_that_is_absent_is_explained(space: str) -> None:
    unexplained: dict[str, list[str]] = {}
    for name in NAMES:
        if name.rpartition(".")[0] != space or not callable(lookup(name)) or isinstance(lookup(name), type):
            continue
        for module in THEIRS[space]:
            lacking = [
                p for p in _lacking(name, module) if not PRIVATE.match(p) and not re.search(rf"\b{p}\b", SUPPORT)
            ]
            if lacking:
                unexplained[f"{name} of {module.__name__}"] = lacking
    assert unexplained == {}
