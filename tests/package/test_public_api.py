"""The public face: what is listed exists, is sorted and documented."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import textwrap
from types import FunctionType
from typing import Any

import pytest

import dualgrad as dg
import dualgrad._ops as families
from dualgrad import _programs as programs
from dualgrad import transforms
from dualgrad.testing._public import NAMESPACES, public_ops
from dualgrad.testing._row import lookup
from dualgrad.typing import SupportsArray

MODULES = [
    *(f"dualgrad._ops.{m.name}" for m in pkgutil.iter_modules(families.__path__)),
    *(
        f"dualgrad.{space}"
        for space in (
            *NAMESPACES,
            "lax",
            "debug",
            "checkpoint_policies",
            "_custom",
            "custom_batching",
            "tree",
            "transforms",
            "_programs",
            "errors",
            "typing",
            "_active",
            "testing",
        )
    ),
]
LAX = [
    f"lax.{name}" for name, x in vars(dg.lax).items() if str(getattr(x, "__module__", "")).startswith("dualgrad._lax.")
]
OPS = [*public_ops(), *LAX]
PUBLIC = [name for name in dir(dg) if name.isidentifier() and not name.startswith("_")]  # pytest adds others


def sections(op: str) -> list[str]:
    """Names of the sections of an op's docstring."""
    return re.findall(
        r"^(Args|Returns|Raises|Derivative|Example|Source):", inspect.getdoc(lookup(op)) or "", re.MULTILINE
    )


def natural(name: str) -> tuple[Any, ...]:
    """The order of ruff's RUF022: constants, classes, the rest; numbers inside names by their value."""
    parts = [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", name) if p]
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, parts)


@pytest.mark.parametrize("module", MODULES)
def test_names_listed_exist_once_and_sorted(module: str) -> None:
    names = importlib.import_module(module).__all__
    assert list(names) == sorted(names, key=natural)
    assert len(set(names)) == len(names)
    for name in names:
        assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("module", [m for m in MODULES if "_ops." in m])
def test_family_is_public_at_the_root(module: str) -> None:
    for name in importlib.import_module(module).__all__:
        assert getattr(dg, name) is getattr(importlib.import_module(module), name)


def test_no_two_families_claim_a_name() -> None:
    listed = [name for m in MODULES if "_ops." in m for name in importlib.import_module(m).__all__]
    listed += [*transforms.__all__, *programs.__all__]
    assert sorted({name for name in listed if listed.count(name) > 1}) == []


def test_public_functions_of_a_family_are_listed() -> None:
    for module in MODULES:
        found = importlib.import_module(module)
        own = {
            name
            for name, x in vars(found).items()
            if isinstance(x, FunctionType) and x.__module__ == module and not name.startswith("_")
        }
        assert own - set(found.__all__) == set(), module


def test_root_shows_no_strangers() -> None:
    """Typing helpers, `Array` and the like do not leak through the star imports."""
    strangers = {"Array", "Any", "annotations", "active", "Callable", "TypeVar", "np", "jax", "torch"}
    assert strangers & set(PUBLIC) == set()
    assert {"backends", "protocol", "transforms"} & set(dir(dg)) == set()
    assert [name for name in dir(dg) if name.startswith("_") and not name.startswith("__")] == []


def test_constants_say_what_they_are() -> None:
    """An editor shows the string under a constant where a function has its docstring."""
    module = importlib.import_module("dualgrad._ops.dtypes")
    body = ast.parse(inspect.getsource(module)).body
    said = {ast.unparse(node).split(":")[0].split(" =")[0]: after for node, after in itertools.pairwise(body)}
    silent = [
        name
        for name in module.__all__
        if not isinstance(getattr(module, name), FunctionType)
        and not (isinstance(after := said[name], ast.Expr) and isinstance(after.value, ast.Constant))
    ]
    assert silent == []


@pytest.mark.parametrize("space", [*NAMESPACES, "lax", "tree", "debug", "transforms", "typing"])
def test_completion_in_a_namespace_offers_its_names_alone(space: str) -> None:
    found = importlib.import_module(f"dualgrad.{space}")
    assert dir(found) == sorted([*found.__all__, *(["initializers"] if space == "nn" else [])])


@pytest.mark.parametrize("op", OPS)
def test_docstring_has_the_sections_that_its_op_needs(op: str) -> None:
    doc = inspect.getdoc(lookup(op)) or ""
    first = doc.partition("\n")[0]
    assert first.endswith("."), f"first line must be a sentence: {first!r}"
    found = sections(op)
    assert "Derivative" in found
    assert "Example" in found
    assert "Source" in found
    assert "Returns" in found
    if "axis" in inspect.signature(lookup(op)).parameters:
        assert "Raises" in found
    assert ">>>" in doc, "the example must run"
    if inspect.signature(lookup(op)).parameters:
        assert "Args" in found
    assert found == sorted(found, key=["Args", "Returns", "Raises", "Derivative", "Example", "Source"].index)


def public_things() -> dict[str, Any]:
    """Functions and classes that a user can reach by a public name, each once."""
    floors = ("backends", "errors", "protocol", "transforms")
    modules = {name for name in PUBLIC if inspect.ismodule(getattr(dg, name)) and name not in floors}
    modules |= {"testing", "typing"}  # not imported with the package
    spaces = {"dg": dg} | {f"dg.{name}": importlib.import_module(f"dualgrad.{name}") for name in modules}
    found = {
        f"{space}.{name}": x
        for space, module in spaces.items()
        for name in getattr(module, "__all__", dir(module))
        if not name.startswith("_") and isinstance(x := getattr(module, name), FunctionType | type)
    }
    return {name: x for name, x in found.items() if x.__module__.startswith("dualgrad")}


THINGS = public_things()
SETTINGS = ("dg.available_backends", "dg.get_backend", "dg.set_backend", "dg.x64_enabled")  # no array is near


def lacking(name: str, x: Any) -> set[str]:
    """Sections that the docstring of a public function or class should have and has not."""
    doc = inspect.getdoc(x) or ""
    found = set(re.findall(r"^(\w+):", doc, re.MULTILINE))
    if isinstance(x, type):
        needed = set[str]() if issubclass(x, Exception) or x is SupportsArray else {"Example", "Source"}
    else:
        signature = inspect.signature(x)
        tree = ast.parse(textwrap.dedent(inspect.getsource(x)))
        needed = {"Example", "Source"} | ({"Args"} if signature.parameters else set())
        needed |= {"Returns"} if signature.return_annotation not in (None, "None") else set()
        needed |= {"Derivative"} if name not in SETTINGS else set()
        needed |= {"Raises"} if any(isinstance(node, ast.Raise) for node in ast.walk(tree)) else set()
    return needed - found if doc.partition("\n")[0].endswith((".", ":")) else {"a sentence"}


def test_docstring_of_everything_public_has_all_sections() -> None:
    assert len(THINGS) > 850
    assert {name: sorted(absent) for name, x in THINGS.items() if (absent := lacking(name, x))} == {}


def test_methods_of_public_classes_are_documented_and_shown() -> None:
    silent, unseen = list[str](), list[str]()
    for name, cls in THINGS.items():
        if not isinstance(cls, type) or issubclass(cls, Exception) or cls is SupportsArray:
            continue
        for method, x in vars(cls).items():
            if method.startswith("_") or not isinstance(x, FunctionType | property):
                continue
            doc = inspect.getdoc(x) or ""
            silent += [] if doc else [f"{name}.{method}"]
            shown = f"{doc}\n{inspect.getdoc(cls)}"
            if isinstance(x, FunctionType) and not re.search(
                rf"^ *(>>>|\.\.\.).*\.{x.__name__}\b", shown, re.MULTILINE
            ):
                unseen.append(f"{name}.{method}")
    assert (silent, unseen) == ([], [])


@pytest.mark.parametrize("op", OPS)
def test_docstring_names_every_parameter(op: str) -> None:
    """Each at the head of an entry, in the order of the signature."""
    doc = inspect.getdoc(lookup(op)) or ""
    entries = re.findall(r"^    ((?:\*{,2}\w+, )*\*{,2}\w+): ", doc.partition("Args:\n")[2].partition("\n\n")[0], re.M)
    parameters = list(inspect.signature(lookup(op)).parameters)
    named = [name for entry in entries for name in entry.replace("*", "").split(", ")]
    assert named == parameters


@pytest.mark.parametrize("op", OPS)
def test_signature_is_explicit_and_annotated(op: str) -> None:
    signature = inspect.signature(lookup(op))
    kinds = {p.kind for p in signature.parameters.values()}
    if next(iter(signature.parameters), "") not in ("fun", "func1d"):  # whose keywords are handed on to the function
        assert inspect.Parameter.VAR_KEYWORD not in kinds
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())


def test_alias_is_the_op_itself() -> None:
    aliases = {
        "arcsin": "asin",
        "concatenate": "concat",
        "absolute": "abs",
        "power": "pow",
        "transpose": "permute_dims",
    }
    for alias, op in aliases.items():
        if hasattr(dg, alias):
            same: Any = getattr(dg, alias)
            assert same is getattr(dg, op) or alias == "transpose"


def test_every_backend_has_every_op(backend: Any) -> None:
    def missing(op: str) -> bool:
        owner: Any = backend
        for part in op.split("."):
            owner = getattr(owner, part, None)
        return owner is None and f"active.backend.{op}" in inspect.getsource(lookup(op))

    assert [op for op in OPS if missing(op)] == []
