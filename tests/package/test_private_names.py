"""The private names of torch that the PyTorch backend reads are there, also those that it reads late."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import dualgrad

BACKEND = Path(dualgrad.__file__).parent / "backends" / "torch"


def dotted(node: ast.expr) -> list[str]:
    """The names of `torch.a.b`, or none for what is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) and node.id == "torch" else []


def private_names() -> Iterator[tuple[str, str]]:
    """Each private name with the file that reads it."""
    for file in sorted(BACKEND.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            found = []
            if isinstance(node, ast.Attribute):
                found = [dotted(node)]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "torch":
                found = [[*str(node.module).split("."), alias.name] for alias in node.names]
            for parts in found:
                if any(part.startswith("_") and not part.startswith("__") for part in parts):
                    yield ".".join(parts), file.name


def is_there(name: str) -> bool:
    first, *rest = name.split(".")
    value, path = importlib.import_module(first), first
    for part in rest:
        path += f".{part}"
        if not hasattr(value, part):
            try:
                importlib.import_module(path)
            except ImportError:
                return False
        value = getattr(value, part)
    return True


def test_private_names_of_torch_are_there() -> None:
    names = dict(private_names())

    missing = [f"{name}, read in {file}" for name, file in names.items() if not is_there(name)]

    assert not missing
    assert "torch._C._functorch._grad_increment_nesting" in names  # the search finds imports
    assert "torch._C._are_functorch_transforms_active" in names  # and attributes
