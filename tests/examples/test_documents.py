"""The programs in the README and the guide run as they are printed, and print no surprises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_programs_of_a_document_run_from_top_to_bottom(path: Path):
    text = path.read_text()
    programs = list(re.finditer(r"^```python.*?\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
    namespace: dict[str, object] = {}
    for program in programs:
        before = "\n" * text.count("\n", 0, program.start(1))  # so that messages name the page's lines
        exec(compile(before + program[1], str(path), "exec"), namespace)
    assert programs
