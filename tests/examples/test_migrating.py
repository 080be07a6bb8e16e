"""Each line of the table for those who come from JAX or PyTorch: its three programs, as printed, give the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import dualgrad as dg

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "migrating.md"
LINES = {
    codes[2]: codes
    for line in PAGE.read_text().splitlines()
    if line.startswith("| `") and (codes := re.findall(r"(?:^|\| )`([^`]+)`", line))
}

RNG = np.random.default_rng(0)
X = RNG.uniform(0.5, 1.5, (2, 3)).astype(np.float32)
SQUARE = (np.eye(3) + 0.1 * RNG.uniform(size=(3, 3))).astype(np.float32)
IMAGE = RNG.uniform(size=(1, 3, 8, 8)).astype(np.float32)
HEADS = RNG.uniform(size=(2, 5, 3, 4)).astype(np.float32)

# What the names on the page stand for, and where a line needs other values than these.
COMMON = {
    "x": X,
    "y": X,
    "t": X,
    "a": SQUARE,
    "b": X.T,
    "i": 1,
    "v": 7.0,
    "f": lambda *xs: sum((x**3).sum() for x in xs),
    "shape": (3, 4),
}
VALUES: dict[str, dict[str, Any]] = {
    "dg.nn.conv": {"x": IMAGE, "k": RNG.uniform(size=(4, 3, 3, 3)).astype(np.float32)},
    "dg.nn.conv_transpose": {"x": IMAGE, "k": RNG.uniform(size=(3, 4, 2, 2)).astype(np.float32)},
    "dg.nn.dropout": {"rate": 0.0},
    "dg.nn.embedding": {"indices": np.array([1, 0, 1], np.int32), "table": X},
    "dg.nn.dot_product_attention": {name: HEADS for name in "qkv"},
    "dg.image.resize": {"x": IMAGE, "shape": (1, 3, 5, 5), "size": (5, 5)},
    "dg.linalg.cho_solve": {"c": np.linalg.cholesky(SQUARE @ SQUARE.T).astype(np.float32)},
    "dg.tree.map": {"tree": {"x": X}},
    "dg.tree.ravel": {"tree": {"x": X, "y": SQUARE}},
}
# What is a function is called with these.
CALLS = {"dg.vmap": ("a", "x"), "dg.jit": ("x",)}
# PyTorch's order where the page names another one, and its random numbers, which are its own.
FROM_TORCH: dict[str, Callable[[Any], Any]] = {
    "dg.value_and_grad": lambda pair: pair[::-1],
    "dg.nn.dot_product_attention": lambda heads: heads.transpose(1, 2),
}
RANDOM = ("dg.random.normal", "dg.nn.initializers.he_normal")


def _native(kind: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _native(kind, leaf) for name, leaf in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    return {"jax": jnp.asarray, "torch": torch.tensor, "dualgrad": dg.asarray}[kind](value)


def _run(kind: str, code: str, op: str) -> Any:
    names = _native(kind, COMMON | VALUES.get(op, {}))
    if kind == "torch":
        names |= {"w": torch.empty(3, 4), "device": "cpu"}
        if op == "dg.nn.dot_product_attention":
            names |= {name: names[name].transpose(1, 2) for name in "qkv"}
    elif kind == "jax":
        names |= {"key": jax.random.key(0), "device": jax.devices()[0]}
    else:
        names |= {"key": dg.random.key(0), "device": "cpu"}
    names |= {"jax": jax, "jnp": jnp, "np": np, "torch": torch, "F": torch.nn.functional, "dg": dg}
    if re.match(r"\w+\[\w+\] = ", code):  # in place
        exec(code, names)
        return names["x"]
    got = eval(code, names)
    return got(*(names[name] for name in CALLS[op])) if op in CALLS else got


def _same(got: Any, expected: Any, random: bool) -> None:
    leaves, others = (jax.tree.leaves(tree) for tree in (got, expected))
    assert len(leaves) == len(others)
    for leaf, other in zip(leaves, others, strict=True):
        leaf, other = (np.asarray(v.detach() if isinstance(v, torch.Tensor) else v) for v in (leaf, other))
        assert leaf.shape == other.shape
        if not random:
            np.testing.assert_allclose(leaf, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("line", LINES)
def test_programs_of_a_line_give_the_same(line: str):
    codes = LINES[line]
    op = re.match(r"[\w.]+", line)[0]
    got = {}
    for backend in ("jax", "torch"):
        with dg.use_backend(backend):
            got[backend] = _run("dualgrad", line, op)
    if not codes[0].startswith("flax."):  # no dependency of ours
        _same(got["jax"], _run("jax", codes[0], op), random=False)
        _same(got["torch"], _run("jax", codes[0], op), random=False)
    _same(got["torch"], FROM_TORCH.get(op, lambda got: got)(_run("torch", codes[1], op)), random=op in RANDOM)


def test_table_was_found():
    assert len(LINES) >= 29
