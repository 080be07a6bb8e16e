"""The pages of tables: support, agreement and the matrix, from the tables that the tests run."""

from __future__ import annotations

import json
from pathlib import Path

from docs_contents import ABSENT, BACKENDS, NOTE, PARAMETERS

from dualgrad.testing._left import LEFT
from dualgrad.testing.constructs import CONSTRUCTS
from dualgrad.testing.divergence import answer, promise, shortly
from dualgrad.testing.divergences import all_divergences, families
from dualgrad.testing.scenario import Gap, Scenario
from dualgrad.testing.ways import WAYS

__all__ = ["agreement", "matrix", "support"]

NATIVE = Path(__file__).resolve().parent / "native_answers.json"


def support(rows: list[Scenario], gaps: list[Gap], others: dict[str, str]) -> str:
    """The page that says what is checked of each op, and what is missing where."""
    ops: dict[str, list[Scenario]] = {}
    for row in rows:
        ops.setdefault(row.op, []).append(row)
    lines = [
        NOTE,
        "",
        "# Support",
        "",
        f"{len(ops)} ops, {len(rows)} rows of the scenario table, {sum(len(r.points) for r in rows)} special points. "
        "Each row is checked on both backends: values against the reference, dtypes, forward and reverse mode to the "
        "order given, `vmap` against a loop, `jit` against eager, and one backend against the other.",
        "",
        "| op | derivative | vmap | jit | jax | torch |",
        "|---|---|---|---|---|---|",
    ]
    for op in sorted(ops, key=lambda op: (op.count("."), op)):
        found = ops[op]
        order = max((r.order for r in found if r.wrt), default=0)
        derivative = f"to order {order}" if order else "none"
        cells = [support_cell(op, backend, gaps) for backend in BACKENDS]
        flags = ["yes" if any(getattr(r, flag) for r in found) else "no" for flag in ("vmap", "jit")]
        lines.append(f"| `{op}` | {derivative} | {' | '.join([*flags, *cells])} |")
    lines += [
        "",
        "## Tested by hand",
        "",
        "The table cannot say anything about these.",
        "",
        "| op | why |",
        "|---|---|",
    ]
    lines += [f"| `{op}` | {escaped(why)} |" for op, why in sorted(others.items())]
    lines += ["", "## Absent on every backend", "", "| name | why, and what to use |", "|---|---|"]
    lines += [f"| {', '.join(f'`{n}`' for n in names.split(', '))} | {escaped(why)} |" for names, why in ABSENT.items()]
    lines += ["", "## Parameters that are absent", "", "Of functions that dualgrad has, and why.", ""]
    lines += ["| parameter | why, and what to use |", "|---|---|"]
    lines += [f"| {escaped(names)} | {escaped(why)} |" for names, why in PARAMETERS.items()]
    return "\n".join([*lines, ""])


def support_cell(op: str, backend: str, gaps: list[Gap]) -> str:
    """What a backend does not do of an op."""
    here = [gap for gap in gaps if gap.op == op and gap.backend == backend]
    if not here:
        return "yes"
    if any(not gap.checks for gap in here):
        return "[no](agreement.md#gaps)"
    return "[but: " + ", ".join(sorted({check for gap in here for check in gap.checks})) + "](agreement.md#gaps)"


def agreement(rows: list[Scenario], gaps: list[Gap]) -> str:
    """The page of divergences, special points and gaps."""
    native: dict[str, dict[str, list[str]]] = json.loads(NATIVE.read_text())
    found = [(row, point) for row in all_divergences() for point in row.points]
    apart = [k for row, point in found if any(native.get(k := promise(row, point), {}).values())]
    lines = [
        NOTE,
        "",
        "# Agreement",
        "",
        f"{len(found)} special points of {len({row.op for row, _ in found})} ops and small programs; at {len(apart)} "
        "of them JAX or PyTorch alone say something else. What stands under *dualgrad* is derived by hand and holds on "
        "both backends, in forward and reverse mode, as the tests check it in float64; *JAX* and *PyTorch* is what "
        "`tools/measure_divergence.py` measured of jax.numpy and its kin and of torch (the versions in "
        "`constraints.txt`), where it differs. Gradients and second derivatives are those of the sum of the result, "
        "complex ones `df/dx - i df/dy`. The rules behind the answers are [the conventions](guide/conventions.md).",
    ]
    for family in families():
        lines += ["", f"## {(family.__doc__ or '').splitlines()[0].rstrip('.')}", ""]
        lines += ["| op | at | dualgrad | JAX | PyTorch | why |", "|---|---|---|---|---|---|"]
        for row in family.ROWS:
            options = "".join(f", {k}={shortly(v)}" for k, v in row.kwargs.items())
            for point in row.points:
                said = native.get(promise(row, point), {})
                cells = [phrases(said.get(name, ["not measured"])) or "same" for name in BACKENDS]
                at = ", ".join(shortly(a) for a in point.args) + options
                answers = phrases(answer(point))
                lines.append(
                    f"| `{escaped(row.op)}` | `{at}` | {answers} | {' | '.join(cells)} | {escaped(point.why)} |"
                )
    lines += ["", "## More special points", "", "These stand in the scenario table, beside the ops' other tests.", ""]
    lines += ["| op | at | value | gradient | why |", "|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda r: (r.op.count("."), r.op, r.label)):
        options = "".join(f", {k}={shortly(v)}" for k, v in row.kwargs.items())
        for point in row.points:
            at = ", ".join(shortly(a) for a in point.args) + options
            value = "" if point.value is None else f"`{shortly(point.value)}`"
            grads = "" if point.grads is None else f"`{', '.join(shortly(g) for g in point.grads)}`"
            lines.append(f"| `{row.op}` | `{at}` | {value} | {grads} | {escaped(point.why)} |")
    lines += [
        "",
        "## What is left",
        "",
        "Where the backends differ still, in float64. A test asks for each, so that one which closes is noticed.",
        "",
        "| what | JAX | PyTorch | why |",
        "|---|---|---|---|",
    ]
    for left in LEFT:
        jax, torch = (shortly(left.says[name]) for name in ("jax", "torch"))
        lines.append(f"| {escaped(left.what)} | `{jax}` | `{torch}` | {escaped(left.why)} |")
    lines += [
        "",
        "## Gaps",
        "",
        "What a backend cannot do. Each must fail in the tests, so that one which closes is noticed.",
        "",
    ]
    if not gaps:
        return "\n".join([*lines, "None.", ""])
    lines += ["| backend | op | checks | reason |", "|---|---|---|---|"]
    for gap in sorted(gaps, key=lambda g: (g.op, g.backend, g.checks)):
        reason = escaped(gap.reason) + (f" [issue]({gap.link})" if gap.link else "")
        lines.append(f"| {gap.backend} | `{gap.op}` | {', '.join(gap.checks) or 'all'} | {reason} |")
    return "\n".join([*lines, ""])


def phrases(found: list[str]) -> str:
    """Answers for a table cell, one to a line: words as they are, numbers as code."""
    words = ("gradient ", "second ", "dtype ", "in forward mode ", "forward mode ")
    lines: list[str] = []
    for phrase in found:
        word = next((w for w in words if phrase.startswith(w)), "")
        rest = phrase[len(word) :]
        lines.append(word + (rest if rest.startswith(("raises", "absent", "not measured")) else f"`{escaped(rest)}`"))
    return "<br>".join(lines)


def matrix() -> str:
    """The page of constructs and the ways to transform them."""
    named = {refusal for construct in CONSTRUCTS.values() for refusal in construct.refusals.values()}
    refusals = {refusal: number for number, refusal in enumerate(sorted(named, key=lambda r: r.name), 1)}
    lines = [
        NOTE,
        "",
        "# Constructs and transforms",
        "",
        f"{len(CONSTRUCTS)} constructs, {len(WAYS)} ways to transform them. Each cell is tested in float64, on JAX and "
        "on PyTorch: values and derivatives equal those of the same program written out in plain ops, and those of the "
        "other backend, to 9 digits. `make test` does so on PyTorch eagerly and, in turns, under `jit` (its graph "
        "replayed) or of a jitted function, on JAX under `jit` of a jitted function; `make test-full` in all forms on "
        "both, compiled.",
        "",
        '<div class="narrow" markdown>',
        "",
        f"| construct | {' | '.join(f'`{way}`' for way in WAYS)} |",
        f"|---|{'---|' * len(WAYS)}",
    ]
    for name, construct in CONSTRUCTS.items():
        refused = (construct.refusals.get(way) for way in WAYS)
        cells = [f"[no {refusals[refusal]}](#refusals)" if refusal else "yes" for refusal in refused]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "</div>", "", "## Refusals", "", "By design, with one error on both backends.", ""]
    lines += ["| | what | error |", "|---|---|---|"]
    for refusal, number in refusals.items():
        lines.append(f"| {number} | {refusal.name} | `{refusal.error.__name__}: {escaped(refusal.words)}` ... |")
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    """`text` inside a table cell."""
    return text.replace("|", "\\|").replace("\n", " ")
