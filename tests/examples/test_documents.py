"""The programs in the README and the guide run as they are printed, and print no surprises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_programs_of_a_document_run_from_top_to_bottom(path: Path):
    programs = re.findall(r"^```python.*?\n(.*?)^```", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    namespace: dict[str, object] = {}
    for program in programs:
        exec(compile(program, str(path.relative_to(ROOT)), "exec"), namespace)
    assert programs
