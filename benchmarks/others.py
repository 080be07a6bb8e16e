"""Programs that were compared once and have no workload here: the ratios in `others.csv` as a table and a picture."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["COLUMNS", "Program", "programs", "rows"]

COLUMNS = {
    "jax": "JAX, jitted",
    "torch": "PyTorch, jitted",
    "memory": "its memory",
    "eager": "PyTorch, eager",
}


@dataclass(frozen=True)
class Program:
    """A program and what it took over the fastest native one, by the keys of `COLUMNS`; `None` was not measured."""

    name: str
    ratios: dict[str, float | None]
    native_is_eager: bool  # no other native program was measured on PyTorch


def programs() -> list[Program]:
    """All of them, in the order of time in which they were compared."""
    with Path(__file__).with_name("others.csv").open(newline="") as file:
        return [
            Program(
                line["program"],
                {column: float(line[column]) if line[column] else None for column in COLUMNS},
                line["native"] == "eager",
            )
            for line in csv.DictReader(file)
        ]


def rows(found: list[Program]) -> list[list[str]]:
    """The cells of the table by name, those above 1.2 in bold; a star is for a native program that is eager alone."""

    def cell(program: Program, column: str) -> str:
        ratio = program.ratios[column]
        if ratio is None:
            return "-"
        text = f"**{ratio:.2f}**" if ratio > 1.2 else f"{ratio:.2f}"
        return f"{text}\\*" if column == "torch" and program.native_is_eager else text

    ordered = sorted(found, key=lambda program: program.name.lower().lstrip("`"))
    return [[program.name, *(cell(program, column) for column in COLUMNS)] for program in ordered]
