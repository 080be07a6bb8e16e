"""Random arguments for the ops of the scenario table, of which both backends must say the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dualgrad as dg
from dualgrad.testing._compare import activate, dtype_of, host, is_inexact, mismatch, rtol_of
from dualgrad.testing._row import arrays_in, cast, lookup, map_arrays, run_row
from dualgrad.testing.scenario import Scenario
from dualgrad.testing.scenarios import all_gaps, all_rows

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Trial", "check_trial", "random_trial"]

_REFUSALS = (TypeError, ValueError, RuntimeError, NotImplementedError, IndexError, OverflowError)


@dataclass(frozen=True)
class Trial:
    """A row of the table by its id, and the seed from which its arguments are drawn."""

    row: str
    seed: int


def random_trial(rng: np.random.Generator) -> Trial:
    """A trial of a row without gaps; random draws and host functions have tests of their own."""
    rows = _rows()
    return Trial(str(rng.choice(list(rows))), int(rng.integers(0, 2**31)))


def check_trial(trial: Trial) -> None:
    """Both backends give the same values, dtypes and gradients, or both refuse.

    Raises:
        AssertionError: They do not.
    """
    import numpy as np

    row = _rows()[trial.row]
    rng = np.random.default_rng(trial.seed)
    dtype = str(rng.choice(["float64", "float64", *row.dtypes]))
    args = cast(map_arrays(lambda x: _moved(x, rng), row.args), dtype)
    found: dict[str, Any] = {}
    for backend in ("jax", "torch"):
        with activate(backend):
            try:
                found[backend] = [(what, dtype_of(y), host(y)) for what, y in _answers(row, args, dtype == "float64")]
            except _REFUSALS as error:
                found[backend] = error
    refused = [name for name, answer in found.items() if isinstance(answer, Exception)]
    assert len(refused) != 1, f"{row.id} of {args}: {refused[0]} raises {found[refused[0]]!r}"
    if refused:
        return
    for (what, kind, a), (_, other, b) in zip(found["jax"], found["torch"], strict=True):
        assert kind == other, f"{what} of {row.id} of {args}: {kind} on jax, {other} on torch"
        rtol = rtol_of(dtype, row.rtol) * (1 if what == "value" else 1e3)
        scale = float(np.max(np.abs(np.nan_to_num(b)), initial=1.0)) if b.dtype.kind in "fc" else 1.0
        problem = mismatch(a, b, rtol, rtol * scale)
        assert not problem, f"{what} of {row.id} of {args}: jax against torch: {problem}"


def _rows() -> dict[str, Scenario]:
    gaps = {gap.op for gap in all_gaps()}
    return {
        row.id: row
        for row in all_rows()
        if row.op not in gaps and row.id not in gaps and not row.op.startswith("random.") and arrays_in(row.args)
    }


def _moved(x: Any, rng: np.random.Generator) -> Any:
    """Floating-point elements a little away from where they were, some equal to others; integers as they are."""
    import numpy as np

    if x.dtype.kind not in "fc" or x.size == 0:
        return x
    out = np.asarray(x * rng.uniform(0.8, 1.2, x.shape))
    if x.size > 1 and rng.random() < 0.3:
        flat = out.reshape(-1).copy()
        flat[rng.integers(0, x.size)] = flat[rng.integers(0, x.size)]
        out = flat.reshape(x.shape)
    return out.astype(x.dtype)


def _size(x: Any) -> float:
    """A power of 2 that numbers are below: the sine of a large one is another for each last digit of it."""
    import numpy as np

    most = float(np.max(np.abs(x), initial=1.0, where=np.isfinite(x)))
    return 2.0 ** math.frexp(most)[1]


def _answers(row: Scenario, args: tuple[Any, ...], gradients: bool) -> list[tuple[str, Any]]:
    found = [("value", y) for y in dg.tree.leaves(run_row(row, args))]
    if not gradients or not row.wrt or row.order < 1:
        return found
    arrays = map_arrays(dg.asarray, args)
    kwargs = map_arrays(dg.asarray, dict(row.kwargs))
    sizes = [_size(host(y)) for _, y in found if is_inexact(y)]

    def total(*xs: Any) -> Any:
        full = list(arrays)
        for i, x in zip(row.wrt, xs, strict=True):
            full[i] = x
        parts = [y for y in dg.tree.leaves(lookup(row.op)(*full, **kwargs)) if is_inexact(y)]
        reals = [dg.real(y) if "complex" in dtype_of(y) else y for y in parts]
        return sum(dg.sum(dg.sin(y / size)) for y, size in zip(reals, sizes, strict=True))

    grads = dg.grad(total, argnums=tuple(range(len(row.wrt))))(*[arrays[i] for i in row.wrt])
    return found + [("gradient", g) for g in dg.tree.leaves(grads)]
