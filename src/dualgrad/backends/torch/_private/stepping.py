# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""A loop whose step is nothing but kernels of Inductor's and matrix products, as one C++ function.

Inductor writes kernels in C++ and the calls between them in Python: two allocations, some views and the call itself
cost a step of a small loop more than its arithmetic. So the Python part of a compiled step is run once on stand-ins,
which note what buffers there are and which kernel is called with which of them; and the same calls are written in C++
around the same kernels, in a loop over the steps. Matrix products are calls of torch's own there (`products`), and so
are systems and eigenvalues, or written out (`factors`); a loop or branch within the step, if it is such a function too,
is called by its address. A step that calls another library is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from torch import Tensor

from dualgrad.backends.torch._private.elimination import SOURCE
from dualgrad.backends.torch._private.products import Fold, Place, Product, Refused, addresses
from dualgrad.backends.torch._private.step_record import Record
from dualgrad.backends.torch._private.steps import Elementwise, Nested, Steps, bound

__all__ = ["plan_steps"]

_BUFFER: Final = re.compile(r"\bbuffer\d+\b")


def plan_steps(
    run: Any,
    inputs: Sequence[Tensor],
    counts: tuple[int, int, int],
    reverse: bool,
    conditional: bool,
    folds: Sequence[Fold] = (),
    block: int = 1,
    nested: Callable[[str], Nested | Elementwise | None] = lambda _: None,
) -> Steps:
    """The loop over a step that Inductor has compiled; called within `kernels_on_demand`.

    Args:
        run: What the inner entry of Inductor gave.
        inputs: Twins of the inputs of the step.
        counts: How many inputs of the step are fixed, carries, and parts of stacked inputs; in this order.
        reverse: Whether the loop goes from the last of the stacked inputs to the first.
        conditional: Whether the last output of the step says if there is another step.
        folds: Products whose sums over the steps are given in place of their factors.
        block: After how many steps a product is added to its sum.
        nested: The loops and branches that it may call, by their keys.

    Raises:
        Refused: The step does more than call kernels on its buffers.
    """
    record = Record(run, inputs, counts, nested)
    n_fixed, n_carry, n_xs = counts
    outs = record.outs
    flag = outs.pop() if conditional else None
    carry, ys = outs[:n_carry], outs[n_carry:]
    if not all(p.dense() for p in (*outs, *([flag] if flag else []))):
        raise Refused
    # a buffer that is an output as a whole is made where that output is to be
    taken: dict[str, str] = {}
    copies: list[str] = []
    still = [p == given for p, given in zip(carry, record.inputs[n_fixed:], strict=False)]
    for prefix, places in (("next", carry), ("y", ys), ("left", [flag] if flag else [])):
        for i, p in enumerate(places):
            if prefix == "next" and still[i]:
                continue
            whole = p.name in record.sizes and not p.offset and record.sizes[p.name] == p.nbytes()
            if whole and p.name not in taken:
                taken[p.name] = f"{prefix}{i}"
            elif p.nbytes():
                copies.append(f"std::memcpy({prefix}{i}, {p.pointer()}, {p.nbytes()});")
    lines = [f"uint8_t* const {name} = {place};" for name, place in taken.items()]
    spans = _spans([*record.calls, *copies], {n: s for n, s in record.sizes.items() if n not in taken})
    offsets, scratch = _laid_out(spans, record.sizes)
    before = [f"uint8_t* const {name} = scratch + {offset};" for name, offset in offsets.items()]
    products = [c for c in record.calls if isinstance(c, Product)]
    lasting = {p for c in products for p in c.places if p.name.startswith(("fixed", "constant", "buffer"))}
    before += [p.held() for p in sorted(lasting, key=str) if p.name not in taken]
    lasting = {p for p in lasting if p.name not in taken}
    calls = [c.call(lasting) if isinstance(c, Product) else c for c in record.calls]
    parts = record.inputs[n_fixed + n_carry :]
    steps = [f"uint8_t* const x{i} = xs{i} + i * {p.nbytes()};" for i, p in enumerate(parts)]
    folded = {c.place for f in folds for c in (f.left, f.right) if c.source == "y"}
    at = [f"(i % {block})" if i in folded else "i" for i in range(len(ys))]
    steps += [f"uint8_t* const y{i} = ys{i} + {at[i]} * {p.nbytes()};" for i, p in enumerate(ys)]
    moves = [
        f"{{ uint8_t* const t = carry{i} == init{i} ? two{i} : carry{i}; carry{i} = next{i}; next{i} = t; }}"
        for i in range(n_carry)
        if not still[i]
    ]
    names = [f"fixed{i}" for i in range(n_fixed)]
    names += [f"{part}{i}" for part in ("init", "one", "two") for i in range(n_carry)]
    names += [f"xs{i}" for i in range(n_xs)] + [f"ys{i}" for i in range(len(ys))]
    names += [f"sum{i}" for i in range(len(folds))]
    names += [f"constant{i}" for i in range(len(record.constants))]
    names += ["left0", "count"] if conditional else []
    names += ["scratch"]
    entries = [*[p.entry for p in products], *(["addmm_out"] if folds else [])]
    called = addresses(entries, record.factors.entries) | record.inner
    before += [f.sum(f"sum{i}").held() for i, f in enumerate(folds)]
    body = "\n        ".join([*steps, *lines, *calls, *copies, *moves, *_folding(folds, parts, block, reverse)])
    first = "\n    ".join([*before, *[f"uint8_t *carry{i} = init{i}, *next{i} = one{i};" for i in range(n_carry)]])
    given = [*[f"uint8_t* const {n}" for n in names], *[f"const uintptr_t {n}" for n in called], "const int64_t n"]
    going = " && *reinterpret_cast<bool*>(left0)" if conditional else ""
    done = "*reinterpret_cast<int64_t*>(count) = k;" if conditional else ""
    source = f"""{record.kernels()}
#include <cstring>
{Product.HEAD if entries else ""}
{SOURCE if record.factors.used else ""}
extern "C" void kernel({", ".join(given)})
{{
    {first}
    int64_t k = 0;
    for (; k < n{going}; ++k) {{
        {"const int64_t i = n - 1 - k;" if reverse else "const int64_t i = k;"}
        {body}
    }}
    {done}
}}
"""
    argtypes = [*["uint8_t*"] * len(names), *["uintptr_t"] * len(called), "int64_t"]
    function, given_to = bound(argtypes, source), list(called.values())
    work = record.work + sum([p.work for p in products])
    return Steps(function, carry, ys, scratch, record.constants, still, given_to, folds, folded, block, work)


def _spans(calls: Sequence[str | Product], sizes: dict[str, int]) -> dict[str, tuple[int, int]]:
    """The first and the last of the calls that uses each buffer."""
    found: dict[str, tuple[int, int]] = {}
    for i, call in enumerate(calls):
        names = [p.name for p in call.places] if isinstance(call, Product) else _BUFFER.findall(call)
        for name in names:
            if name in sizes:
                found[name] = found.get(name, (i, i))[0], i
    return found


def _laid_out(spans: dict[str, tuple[int, int]], sizes: dict[str, int]) -> tuple[dict[str, int], int]:
    """Where each buffer lies among others that are needed at the same time, the largest first; and the bytes of all."""
    offsets: dict[str, int] = {}
    most = 0
    for name in sorted(spans, key=lambda n: -sizes[n]):
        (first, last), at = spans[name], 0
        others = [n for n in offsets if spans[n][0] <= last and first <= spans[n][1]]
        for other in sorted(others, key=lambda n: offsets[n]):
            if offsets[other] >= at + sizes[name]:
                break
            at = max(at, _padded(offsets[other] + sizes[other]))
        offsets[name] = at
        most = max(most, _padded(at + sizes[name]))
    return offsets, most


def _padded(size: int) -> int:
    return (size + 63) // 64 * 64


def _folding(folds: Sequence[Fold], parts: Sequence[Place], block: int, reverse: bool) -> list[str]:
    """What is done at the end of a block of steps, in C++."""
    if not folds:
        return []
    size = {f"xs{i}": p.nbytes() for i, p in enumerate(parts)}
    last = f"i % {block} == 0" if reverse else f"i % {block} == {block - 1} || i == n - 1"
    return [
        f"if ({last}) {{",
        f"const int64_t first = i - i % {block}, steps = n - first < {block} ? n - first : {block};",
        *[f.call(f"sum{i}", size) for i, f in enumerate(folds)],
        "}",
    ]
