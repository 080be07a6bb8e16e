"""Which backend is wrong about one op by what is known of it: its reference, the promotion table, its signature."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import dualgrad as dg
from dualgrad._dtypes import WEAK, DType, narrowed, promote_names, weak_result
from dualgrad.testing._compare import activate, dtype_of
from dualgrad.testing._recording import Event
from dualgrad.testing._referee import distance
from dualgrad.testing._row import lookup
from dualgrad.testing.scenarios import all_rows

__all__ = ["by_dtype", "by_reference", "by_signature"]

Results = tuple[Any, Any]


def by_reference(event: Event, inputs: list[Any], results: Results, names: Sequence[str]) -> str:
    """Which backend is wrong by the op's reference; empty where that is not known."""
    truth = _reference(event, inputs)
    if truth is None:
        return ""
    far = [distance(result, truth[0]) for result in results]
    lines = [f"  {name}: relative distance {d:.2g} from {truth[1]}" for name, d in zip(names, far, strict=True)]
    return "\n".join([*lines, _blame(names, far.index(max(far)))]) if max(far) > 10 * min(far) else ""


def by_dtype(event: Event, inputs: list[Any], results: Results, names: Sequence[str], x64: bool) -> str:
    """Which backend breaks the promotion table, or else has another dtype than the reference; empty if neither."""
    kinds = [dtype_of(x) for x in inputs]
    kinds += [WEAK[type(x)] for x in dg.tree.leaves(event.call) if type(x) in WEAK]
    got = [[dtype_of(x) for x in dg.tree.leaves(result)] for result in results]
    want = weak_result(promote_names(*kinds), x64) if kinds else ""
    right = [set(dtypes) == {want} for dtypes in got]
    if right[0] != right[1]:
        return f"  promotion of {', '.join(kinds)} gives {want}\n{_blame(names, right.index(False))}"
    truth = _reference(event, inputs)
    if truth is None:
        return ""
    wanted = [narrowed(dtype_of(x), x64) for x in dg.tree.leaves(truth[0])]
    right = [dtypes == wanted for dtypes in got]
    if right[0] == right[1]:
        return ""
    return f"  {truth[1]} has dtype {', '.join(wanted)}\n{_blame(names, right.index(False))}"


def by_signature(event: Event, results: Results, names: Sequence[str]) -> str:
    """Which backend returns another kind of tree than the op's signature says; empty where that does not tell."""
    try:
        declared = str(inspect.signature(lookup(event.path)).return_annotation)
    except (AttributeError, ImportError, TypeError, ValueError):
        return ""
    kind = declared.partition("[")[0].rpartition(".")[2]
    right = [type(result).__name__ == kind for result in results]
    if right[0] == right[1]:
        return ""
    return f"  its signature says {declared}\n{_blame(names, right.index(False))}"


def _blame(names: Sequence[str], wrong: int) -> str:
    return f"Referee: {names[wrong]!r} is wrong."


def _reference(event: Event, inputs: list[Any]) -> tuple[Any, str] | None:
    """What is known to be right, and how a message calls it."""
    args, kwargs = event.host_call(inputs)
    try:
        if event.path.startswith("random."):
            return _random(event.path, args, kwargs), "jax.random's own"
        rows = [row for row in all_rows() if row.op == event.path and row.reference is not None]
        # Rows leave out what is a default, which dualgrad's own call of the backend does not.
        parameters = list(inspect.signature(lookup(event.path)).parameters.values())
        usual = {p.name: p.default for p in parameters}
        while args and len(args) <= len(parameters) and args[-1] is parameters[len(args) - 1].default:
            args = args[:-1]
        options = {k: v for k, v in kwargs.items() if v is not usual.get(k, rows)}
        rows.sort(key=lambda row: set(row.kwargs) != set(options))  # a reference may be for its row's options alone
        return rows[0].reference(*args, **options), "its reference"  # pyright: ignore[reportOptionalCall]
    except Exception:  # no reference, or one that does not take these arguments
        return None


def _random(path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `jax.random` draws, whose numbers are promised on every backend; keys are their words."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    def native(x: Any) -> Any:
        if isinstance(x, DType):
            return x.dtype
        words = isinstance(x, np.ndarray) and x.dtype == np.uint32 and x.shape[-1:] == (2,)
        return jax.random.wrap_key_data(jnp.asarray(x), impl="threefry2x32") if words else x

    with activate("jax"):
        args, kwargs = tuple(map(native, args)), {k: native(v) for k, v in kwargs.items()}
        out = getattr(jax.random, path.partition(".")[2])(*args, **kwargs)
        is_key = jnp.issubdtype(out.dtype, jax.dtypes.prng_key)
        return np.asarray(jax.random.key_data(out) if is_key else out)
