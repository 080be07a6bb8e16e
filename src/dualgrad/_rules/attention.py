"""Rules of attention: which shapes fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dualgrad._rules.arguments import shown
from dualgrad._rules.shapes import broadcast_shapes

__all__ = ["attention_sizes", "window_sizes"]

Shape = tuple[int, ...]


def attention_sizes(op: str, query: Shape, key: Shape, value: Shape, others: Mapping[str, Shape | None]) -> None:
    """Check the shapes of everything that attention takes.

    Args:
        op: Name for the errors.
        query: `(B, T, N, H)` or `(T, N, H)`.
        key: `(B, S, K, H)` or `(S, K, H)`.
        value: As `key`.
        others: Of `bias`, `mask`, `query_seq_lengths` and `key_value_seq_lengths`, where they are given.

    Raises:
        ValueError: One does not fit.
    """
    if len(query) not in (3, 4) or len(key) != len(query) or key != value:
        raise _misfit(op, query, key, value)
    batch, (rows, heads, depth), (columns, pairs, _) = query[:-3], query[-3:], key[-3:]
    if key[:-3] != batch or key[-1] != depth or pairs < 1 or heads % pairs:
        raise _misfit(op, query, key, value)
    size = batch[0] if batch else 1
    full = (size, heads, rows, columns)
    for name in ("bias", "mask"):
        shape = others[name]
        if shape is not None and (len(shape) > 4 or broadcast_shapes(shape, full, op=f"{op}: {name}") != full):
            raise ValueError(f"dualgrad.{op}: {name} must broadcast to (B, N, T, S) = {full}, got shape {shape}.")
    for name in ("query_seq_lengths", "key_value_seq_lengths"):
        shape = others[name]
        if shape is not None and shape != (size,):
            raise ValueError(f"dualgrad.{op}: {name} must have shape (B,) = ({size},), got shape {shape}.")


def _misfit(op: str, query: Shape, key: Shape, value: Shape) -> ValueError:
    return ValueError(
        f"dualgrad.{op}: query must have shape (B, T, N, H) or (T, N, H), key and value (B, S, K, H) or (S, K, H) with "
        f"N a multiple of K, got shapes {query}, {key} and {value}."
    )


def window_sizes(op: str, size: int | tuple[int, int]) -> tuple[int, int]:
    """How far a row sees to the left and to the right.

    Raises:
        ValueError: Neither a number nor two, or a negative one.
    """
    pair = (size, size) if isinstance(size, int) else tuple(size) if isinstance(size, tuple | list) else ()  # pyright: ignore[reportUnnecessaryIsInstance]
    if len(pair) != 2 or min(pair) < 0:
        raise ValueError(
            f"dualgrad.{op}: local_window_size must be an integer that is not negative or two of them, got "
            f"{shown(size)}."
        )
    return min(int(pair[0]), _FAR), min(int(pair[1]), _FAR)


_FAR: Final = 2**30  # no array is as long, and sums with it are numbers of 32 bits
