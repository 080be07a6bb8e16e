"""Rules of solvers, products of many matrices and norms of empty ones, shared by every backend."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, cast

from dualgrad._rules.arguments import in_python, kind_of, shown

__all__ = ["as_flag", "as_pair", "as_trans", "chain_order", "lu_solve_error", "norm_of_empty", "once_each"]


def as_flag(op: str, name: str, value: Any) -> bool:
    """`value`, a choice that must be known when a function is traced.

    Raises:
        TypeError: It is no Python bool.
    """
    if not isinstance(value, bool):
        raise TypeError(
            f"dualgrad.{op}: {name} must be a Python bool, got {kind_of(value)}. What leaves a jitted or mapped "
            "function is an array; keep the flag outside."
        )
    return value


def as_pair(op: str, name: str, value: Any) -> tuple[Any, Any]:
    """The two parts of factors that come in a pair.

    Raises:
        TypeError: It is no pair.
    """
    if not isinstance(value, tuple | list) or len(cast("Sequence[Any]", value)) != 2:
        raise TypeError(f"dualgrad.{op}: {name} must be a pair, got {kind_of(cast('object', value))}.")
    first, second = cast("Sequence[Any]", value)
    return first, second


def as_trans(op: str, trans: Any) -> int:
    """Which form of a matrix a solver takes: 0 for itself, 1 for its transpose, 2 for its conjugate transpose.

    Raises:
        ValueError: It is none of them, nor their letters.
    """
    letters = {"N": 0, "T": 1, "C": 2}
    trans = in_python(trans)
    found = letters.get(trans) if isinstance(trans, str) else trans if isinstance(trans, int) else None
    if found not in (0, 1, 2):
        raise ValueError(f'dualgrad.{op}: trans must be 0, 1, 2 or "N", "T", "C", got trans={shown(trans)}.')
    return found


def lu_solve_error(factors: Sequence[int], pivots: Sequence[int], dtype: str) -> Exception | None:
    """The error for pivots that are not those of the factors, else `None`."""
    if "int" not in dtype:
        return TypeError(f"dualgrad.linalg.lu_solve: the pivots must be integers, got dtype {dtype}.")
    if tuple(pivots) != tuple(factors[:-1]):
        return ValueError(
            "dualgrad.linalg.lu_solve: there must be one pivot for each row, got factors of shape "
            f"{tuple(factors)} and pivots of shape {tuple(pivots)}."
        )
    return None


def once_each(solver: Callable[[Any, Any], Any], a: Any, b: Any, permute: Callable[[Any, tuple[int, ...]], Any]) -> Any:
    """`solver(a, b)`, where a matrix that solves several members of a batch is given them side by side, as columns.

    It would be factorised, or at least called, for each of them.

    Args:
        solver: Of stacks of matrices that broadcast.
        a: Shape `(..., n, n)`.
        b: Shape `(..., n, k)`.
        permute: Orders the axes of an array.
    """
    b = b.reshape((*[1] * (a.ndim - b.ndim), *b.shape))
    lead = (*[1] * (b.ndim - a.ndim), *a.shape[:-2])
    rows = b.ndim - 2
    shared = [i for i in range(rows) if lead[i] == 1 != b.shape[i]]
    if not shared:
        return solver(a, b)
    kept = [i for i in range(rows) if i not in shared]
    order = (*kept, rows, *shared, rows + 1)
    b = permute(b, order)
    stack, columns = tuple(b.shape[: len(kept) + 1]), tuple(b.shape[len(kept) + 1 :])
    given = a.reshape((*[lead[i] for i in kept], *a.shape[-2:]))
    out = solver(given, b.reshape((*stack, math.prod(columns))))
    return permute(out.reshape((*out.shape[:-1], *columns)), tuple(sorted(range(b.ndim), key=order.__getitem__)))


def norm_of_empty(op: str, shape: Sequence[int], ord: object) -> bool:
    """Whether a norm of matrices is the largest of no number, which is 0.

    Raises:
        ValueError: It is the smallest of none.
    """
    m, n = shape[-2:]
    counts = {1.0: n, 2.0: min(m, n), math.inf: m}
    if not isinstance(ord, int | float) or counts.get(abs(ord)) != 0:
        return False
    if ord < 0:
        raise ValueError(f"dualgrad.{op}: nothing is smallest in an empty matrix, got shape {tuple(shape)}, ord={ord}.")
    return True


@functools.lru_cache(maxsize=256)
def chain_order(sizes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Where to split a product of matrices so that it takes the fewest multiplications.

    Args:
        sizes: Rows of the first matrix, then the columns of each.

    Returns:
        For matrices `i` to `j`, at `[i][j]`, the last one of the left part.
    """
    n = len(sizes) - 1
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for span in range(1, n):
        for i in range(n - span):
            j = i + span
            outer = sizes[i] * sizes[j + 1]
            cost[i][j], split[i][j] = min((cost[i][k] + cost[k + 1][j] + outer * sizes[k + 1], k) for k in range(i, j))
    return tuple(map(tuple, split))
