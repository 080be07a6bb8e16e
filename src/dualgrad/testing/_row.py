"""A row of the scenario table made callable: its op, its arguments, and variants of the arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dualgrad as dg
from dualgrad.testing._compare import dtype_of, host, is_inexact
from dualgrad.testing._flat import Flat, cotangent, flatten, native
from dualgrad.testing.scenario import Scenario

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "Split",
    "array_function",
    "arrays_in",
    "batched",
    "cast",
    "expected",
    "flat_row",
    "lookup",
    "map_arrays",
    "program",
    "run_row",
    "split_row",
    "to_host",
    "weights_of",
]

# What real and complex arrays become in a dtype; `None` leaves them as they are.
_CASTS = {
    "float64": ("float64", "complex128"),
    "float32": ("float32", "complex64"),
    "complex64": ("float32", "complex64"),
    "complex128": ("float64", "complex128"),
    "float16": ("float16", None),
    "bfloat16": ("bfloat16", None),
}


def lookup(op: str) -> Callable[..., Any]:
    """The public function of a dotted name below `dualgrad`."""
    import importlib

    namespace, _, name = op.rpartition(".")
    return getattr(importlib.import_module(f"dualgrad.{namespace}") if namespace else dg, name)


def map_arrays(fun: Callable[[Any], Any], x: Any) -> Any:
    """`x` with `fun` applied to the NumPy arrays in it, which may lie in tuples, lists and dicts."""
    import numpy as np

    if isinstance(x, np.ndarray | np.generic):
        return fun(x)
    if isinstance(x, tuple | list):
        return type(x)(map_arrays(fun, y) for y in x)
    if isinstance(x, dict):
        return {k: map_arrays(fun, y) for k, y in x.items()}
    return x


def arrays_in(x: Any) -> list[Any]:
    """The NumPy arrays in an argument or a tuple of arguments."""
    found: list[Any] = []
    map_arrays(found.append, x)
    return found


def run_row(row: Scenario, args: Sequence[Any], *, convert: bool = True) -> Any:
    """The row's op at NumPy arguments, which become native arrays first unless `convert` is false."""
    args = map_arrays(native, tuple(args)) if convert else tuple(args)
    return lookup(row.op)(*args, **map_arrays(native, dict(row.kwargs)))


def array_function(row: Scenario) -> Callable[..., Any]:
    """The op as a function of all arrays among its positional arguments."""
    op = lookup(row.op)
    kwargs = map_arrays(dg.asarray, dict(row.kwargs))

    def fun(*arrays: Any) -> Any:
        rest = iter(arrays)
        return op(*map_arrays(lambda _: next(rest), row.args), **kwargs)

    return fun


def expected(row: Scenario, args: Sequence[Any]) -> Any:
    """What the row's reference gives, computed in the precision of `args`."""
    import numpy as np

    assert row.reference is not None
    with np.errstate(all="ignore"):
        return row.reference(*args, **row.kwargs)


def program(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun` as it is cheapest to call for the first time: in one piece on JAX, which else compiles each op in it.

    With `DUALGRAD_CONFORMANCE=eager` in the environment nothing is compiled that the check is not about.
    """
    import os

    eager = os.environ.get("DUALGRAD_CONFORMANCE") == "eager" or dg.get_backend().name != "jax"
    return fun if eager else dg.jit(fun)


_flat: dict[tuple[Any, ...], tuple[Scenario, Flat]] = {}


def flat_row(row: Scenario) -> Flat:
    """The row's op as a flat function of its differentiated arguments, the others held constant as native arrays.

    The functions at the rows' own arguments are kept for a while, with their compiled programs, because several checks
    in a row ask for the same.
    """
    key = id(row), lookup(row.op), id(dg.get_backend()), dg.x64_enabled()
    if key not in _flat:
        while len(_flat) >= 8:
            del _flat[next(iter(_flat))]
        _flat[key] = row, _new_flat_row(row)  # the row is kept, so that no other gets its id
    return _flat[key][1]


def _new_flat_row(row: Scenario) -> Flat:
    args = tuple(row.args)
    constants = map_arrays(native, args)
    kwargs = map_arrays(native, dict(row.kwargs))
    op = lookup(row.op)

    def fun(*diff: Any) -> Any:
        full = list(constants)
        for i, x in zip(row.wrt, diff, strict=True):
            full[i] = x
        return op(*full, **kwargs)

    wrap = program if row.jit else _as_it_is
    return flatten(fun, [args[i] for i in row.wrt], arguments=row.wrt, wrap=wrap)


@dataclass(frozen=True)
class Split:
    """A row's op at a special point, apart from the values of its inexact arguments.

    Attributes:
        fun: Takes the tuple of differentiated leaves and that of the other inexact ones, as native arrays; returns the
            tuple of inexact output leaves.
        diff: The differentiated leaves on the host.
        rest: The other inexact leaves on the host.
        key: Equal for points that can share a compiled program.
    """

    fun: Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[Any, ...]]
    diff: tuple[Any, ...]
    rest: tuple[Any, ...]
    key: tuple[Any, ...]

    def program(self, name: str, fun: Callable[..., Any]) -> Callable[..., Any]:
        """`fun`, wrapped as `program` wraps; of points with one key, the first one's serves all."""
        key = name, *self.key
        if key not in _programs:
            while len(_programs) >= 32:
                del _programs[next(iter(_programs))]
            _programs[key] = program(fun)
        return _programs[key]


_programs: dict[tuple[Any, ...], Callable[..., Any]] = {}


def split_row(row: Scenario, args: Sequence[Any]) -> Split:
    """The row's op at arguments of its own shapes or others, such as those of a special point."""
    op, kwargs = lookup(row.op), map_arrays(native, dict(row.kwargs))
    args = tuple(args)
    leaves, tree = dg.tree.flatten(args)
    leaves = [_doubled(x) if is_inexact(x) else x for x in leaves]
    owner = [i for i, arg in enumerate(args) for _ in dg.tree.leaves(arg)]
    inexact = [k for k, x in enumerate(leaves) if is_inexact(x)]
    chosen = [k for k in inexact if owner[k] in row.wrt]
    others = [k for k in inexact if owner[k] not in row.wrt]
    constants = [native(x) for x in leaves]

    def fun(diff: tuple[Any, ...], rest: tuple[Any, ...]) -> tuple[Any, ...]:
        full = list(constants)
        for k, x in zip((*chosen, *others), (*diff, *rest), strict=True):
            full[k] = x
        out = op(*dg.tree.unflatten(tree, full), **kwargs)
        return tuple(y for y in dg.tree.leaves(out) if is_inexact(y))

    fixed = tuple(repr(x) for k, x in enumerate(leaves) if k not in inexact)
    shapes = tuple((k, leaves[k].shape, str(leaves[k].dtype)) for k in inexact)
    key = row.id, row.wrt, op, id(dg.get_backend()), dg.x64_enabled(), str(tree), fixed, shapes
    return Split(fun, tuple(leaves[k] for k in chosen), tuple(leaves[k] for k in others), key)


def _doubled(x: Any) -> Any:
    """An inexact leaf as a NumPy array in double precision."""
    import numpy as np

    return np.asarray(host(x), complex if dtype_of(x).startswith("complex") else float)


def _as_it_is(fun: Callable[..., Any]) -> Callable[..., Any]:
    return fun


def cast(args: Sequence[Any], dtype: str) -> tuple[Any, ...]:
    """`args` with floating-point arrays in `dtype`, complex ones in its relative if it has one, others as they are."""
    import numpy as np

    real, complex_ = _CASTS[dtype]

    def one(x: Any) -> Any:
        if x.dtype.kind == "f":
            return np.asarray(x).astype(getattr(dg, real).dtype)
        return np.asarray(x).astype(complex_) if x.dtype.kind == "c" and complex_ else x

    return map_arrays(one, tuple(args))


def batched(x: np.ndarray[Any, Any], size: int = 3) -> np.ndarray[Any, Any]:
    """Copies of `x` along a new first axis; inexact ones shrink a little, so that no copy leaves the domain by far."""
    import numpy as np

    factors = [1.0 - 0.03 * k if x.dtype.kind in "fc" else 1 for k in range(size)]
    with np.errstate(invalid="ignore"):  # of infinite complex numbers
        return np.stack([(x * f).astype(x.dtype) for f in factors])


def to_host(tree: Any) -> Any:
    """A tree of native arrays with its leaves on the host."""
    return dg.tree.map(host, tree)


def weights_of(flat: Flat) -> list[Any]:
    """Weights of the outputs, whose sum the gradient is of."""
    import numpy as np

    rng = np.random.default_rng(3)
    return [cotangent(y, rng) for y in flat(*flat.point)]
