"""Write the pages that follow from the code: `docs/api/*.md`, `docs/{support,agreement,matrix}.md`.

A page of the reference names the module whose docstrings it shows, and lists the aliases. Support comes
from the scenario table, `src/dualgrad/testing/scenarios/`, agreement from that and the divergence table beside it, with
what `tools/measure_divergence.py` recorded, the matrix from `constructs.py` and `ways.py` beside it. A
public name that no page shows is an error.

Usage: `python tools/sync_docs.py [--check]`; `--check` writes nothing and exits 1 where a page is stale.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from docs_contents import NOTE, PAGES, TITLES
from docs_tables import agreement, matrix, support

import dualgrad as dg
from dualgrad.testing.scenarios import all_gaps, all_rows, untabled

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "dualgrad"

HIDDEN = {
    "_registry": ("load", "loaded"),
    "_active": ("active",),
}  # listed for the floors above, not for users


def main() -> int:
    """Write or check the pages; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is stale")
    check = parser.parse_args().check
    families = sorted(p.stem for p in (SOURCE / "_ops").glob("*.py") if not p.stem.startswith("_"))
    table = PAGES | {f: (TITLES.get(f, f.capitalize()), "dg.", (f"_ops.{f}",)) for f in families}
    found = {name for _, _, modules in table.values() for m in modules for name in shown(m)}
    missing = sorted(public_names() - found - {alias for alias, _ in aliases("lax")})
    if missing:
        print(f"public names without a page: {', '.join(missing)}", file=sys.stderr)
        return 1
    pages = {DOCS / "api" / f"{stem}.md": reference(*page) for stem, page in table.items()}
    pages[DOCS / "support.md"] = support(all_rows(), all_gaps(), untabled())
    pages[DOCS / "agreement.md"] = agreement(all_rows(), all_gaps())
    pages[DOCS / "matrix.md"] = matrix()
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    orphans = sorted(set((DOCS / "api").glob("*.md")) - set(pages))
    for path in [*stale, *orphans]:
        print(f"{'stale' if check else 'wrote' if path in pages else 'removed'}: {path.relative_to(ROOT)}")
        if not check and path in pages:
            path.write_text(pages[path])
        elif not check:
            path.unlink()
    if check and (stale or orphans):
        print("Run: python tools/sync_docs.py", file=sys.stderr)
        return 1
    return 0


def public_names() -> set[str]:
    """Every public name of the face and its namespaces, as it is written after `dg.`, without the namespace."""
    names = "fft image linalg nn random special tree lax debug checkpoint_policies"
    spaces = [getattr(dg, space) for space in names.split()]
    face = {name for name, x in vars(dg).items() if not name.startswith("_") and not isinstance(x, ModuleType)}
    return face | {name for space in spaces for name in space.__all__}


def shown(module: str) -> list[str]:
    """The names of a module's `__all__` that its page shows."""
    hidden = set(HIDDEN.get(module, ()))
    for node in tree_of(module).body:
        if isinstance(node, ast.ImportFrom) and module == "lax":  # what it lists of others has its place there
            hidden |= {name.asname or name.name for name in node.names}
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return [name for name in names if name not in hidden]
    raise SystemExit(f"{module} has no __all__")


def aliases(module: str) -> Iterator[tuple[str, str]]:
    """`(alias, name)` for each second name that a module binds."""
    public = set(shown(module))
    for node in tree_of(module).body:
        if isinstance(node, ast.ImportFrom) and module == "lax":
            yield from ((x.asname, x.name) for x in node.names if x.asname and x.asname != x.name)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id in public and node.value.id in public:
                    yield target.id, node.value.id


def tree_of(module: str) -> ast.Module:
    """The syntax tree of a module below `dualgrad`."""
    path = SOURCE / f"{module.replace('.', '/')}.py"
    return ast.parse((path if path.exists() else path.with_suffix("") / "__init__.py").read_text())


def reference(title: str, prefix: str, modules: tuple[str, ...]) -> str:
    """A page of the reference."""
    lines = [NOTE, "", f"# {title}", "", f"Names are written after `{prefix}`.", ""]
    for module in modules:
        pairs = sorted(aliases(module))
        if pairs:
            lines += ["Second names: " + ", ".join(f"`{alias}` for `{name}`" for alias, name in pairs) + ".", ""]
        members = [name for name in shown(module) if name not in dict(pairs)]
        lines += [f"::: dualgrad.{module}", "    options:", f"      members:{'' if members else ' []'}"]
        lines += [f"        - {name}" for name in members] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
