"""Numbers that the elements of a draw try for round after round, all of a round by one key, until the last has its own.

In `jax.random` an element that has accepted a number takes part on, and what it has at the end is what it accepted
last. Block by block: each first goes on until its own elements have accepted, and then from there to the round in which
the last of all blocks did. That is as many rounds as those of the whole, and memory for one block and the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad.backends.jax.random._blocks import rows_of
from dualgrad.backends.jax.random._threefry import IMPL

__all__ = ["BLOCK", "in_rounds"]

# A round needs room for some twenty arrays of a block.
BLOCK: Final = 1 << 14


def in_rounds(
    key: Any,
    params: list[Any],
    dtype: Any,
    shape: tuple[int, ...],
    alone: Callable[..., Any],
    attempt: Callable[..., Any],
    most: int,
    asked: Any,
    wide: Any,
) -> Any:
    """Numbers, some of which are drawn by themselves and the others in rounds.

    Args:
        key: A typed key of raw words.
        params: Arrays that broadcast to `shape`.
        dtype: Of the result; what it cannot hold of a number that is accepted is lost in each round.
        shape: Of the result, which has more numbers than a block.
        alone: The numbers of a block that are drawn by themselves, of the key, the block's start and parameters.
        attempt: Of a round's key, a block's start and parameters: the next round's key, numbers, and whether each is
            accepted, and is wanted.
        most: The most rounds.
        asked: Whether any number is wanted of the rounds.
        wide: The dtype in which `alone` and `attempt` compute.
    """
    n = math.prod(shape)
    blocks = -(-n // BLOCK)

    def part(i: Any) -> tuple[Any, list[Any]]:
        start = jnp.minimum(i.astype(np.uint32) * np.uint32(BLOCK), np.uint32(n - BLOCK))
        return start, [rows_of(x, shape, start, BLOCK) for x in params]

    def begin(i: Any, state: Any) -> Any:
        out, turns, words = state
        start, parts = part(i)

        def go(state: Any) -> Any:
            turn, found, done, key = state
            key, k, accepted, wanted = attempt(key, start, *parts)
            return turn + 1, jnp.where(accepted & wanted, k, found), done | accepted, key

        first = (0, alone(key, start, *parts), jnp.full(BLOCK, ~asked), key)
        turn, found, _, last = jax.lax.while_loop(lambda s: jnp.any(~s[2]) & (s[0] < most), go, first)
        out = jax.lax.dynamic_update_slice_in_dim(out, found.astype(dtype), start, 0)
        return out, turns.at[i].set(turn), words.at[i].set(jax.random.key_data(last))

    def go_on(i: Any, out: Any, turns: Any, words: Any) -> Any:
        start, parts = part(i)

        def go(state: Any) -> Any:
            turn, found, key = state
            key, k, accepted, wanted = attempt(key, start, *parts)
            return turn + 1, jnp.where(accepted & wanted, k, found), key

        found = jax.lax.dynamic_slice_in_dim(out, start, BLOCK)
        first = (turns[i], found.astype(wide), jax.random.wrap_key_data(words[i], impl=IMPL))
        found = jax.lax.while_loop(lambda s: s[0] < turns.max(), go, first)[1]
        return jax.lax.dynamic_update_slice_in_dim(out, found.astype(dtype), start, 0)

    state = (jnp.zeros(n, dtype), jnp.zeros(blocks, np.int32), jnp.zeros((blocks, 2), np.uint32))
    out, turns, words = jax.lax.fori_loop(0, blocks, begin, state)
    return jax.lax.fori_loop(0, blocks, lambda i, out: go_on(i, out, turns, words), out).reshape(shape)
