"""Numbers that the lanes of a row draw round after round, all of a round from one key, until the last lane has its own.

In jax.random a lane that has accepted a number takes part on, and what it has at the end is what it accepted last. To
draw that without drawing every lane in every round, it is first found how many rounds a row takes, each lane leaving
when it accepts; then each lane goes back from the last round to where it first accepts. That is 2 to 3 draws for a lane
where a row of a million takes 12 rounds, and it needs memory for one block of lanes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

import torch
from torch import Tensor

from dualgrad.backends.torch.random._lanes import Keys, child, lane_uniform

__all__ = ["Lanes", "blocks", "last_accepted"]

_BLOCK: Final = 1 << 15
_FEW: Final = 1 << 10  # of so many the calls take longer than the numbers

# Of lanes `left` in a round: a number for each, and whether it is accepted.
Attempt = Callable[[Tensor, Callable[[int], Tensor]], tuple[Tensor, Tensor]]


class Lanes:
    """A block: some columns of some rows, one lane after another."""

    def __init__(self, words: Tensor, params: tuple[Tensor, ...], start: int, follows: int) -> None:
        self.params = [x.reshape(-1) for x in params]
        self.count = len(self.params[0])
        self._start, self._width = start, params[0].shape[1]
        self._rows, self._follows = len(words), follows
        # A single key without axes: the cipher is quicker so.
        self._keys: list[Keys] = [(words[0, 0], words[0, 1]) if len(words) == 1 else (words[:, 0], words[:, 1])]
        self._device = words.device

    def all(self) -> Tensor:
        """The numbers of the lanes."""
        return torch.arange(self.count, device=self._device)

    def row(self, left: Tensor) -> Tensor:
        """The row of each of some lanes."""
        return left // self._width

    def uniform(self, left: Tensor, turn: int | Tensor, number: int, dtype: torch.dtype) -> Tensor:
        """A uniform number of each of the lanes `left` in a round, by the child `number` of the round's key.

        Args:
            left: The lanes.
            turn: The round, or that of each row.
            number: Of the child.
            dtype: Of the numbers.
        """
        column = (self._start + left % self._width).to(torch.int32)
        if self._rows == 1:
            return lane_uniform(child(self._key(int(turn)), number), dtype, column)
        row = self.row(left)
        if isinstance(turn, int):
            keys = child(self._key(turn), number)
            return lane_uniform((keys[0][row], keys[1][row]), dtype, column)
        self._key(int(turn.max()))
        high, low = (torch.stack(x) for x in zip(*self._keys, strict=True))
        each = torch.arange(self._rows, device=self._device)
        keys = child((high[turn, each], low[turn, each]), number)
        return lane_uniform((keys[0][row], keys[1][row]), dtype, column)

    def _key(self, turn: int) -> Keys:
        while len(self._keys) <= turn:
            self._keys.append(child(self._keys[-1], self._follows))
        return self._keys[turn]


class _Parts:
    """The blocks of some rows: their columns, and the lanes, which are made when they are asked for."""

    def __init__(self, make: Callable[[slice], Lanes], columns: list[slice]) -> None:
        self._make, self._columns = make, columns

    def __iter__(self) -> Iterator[tuple[slice, Lanes]]:
        return ((columns, self._make(columns)) for columns in self._columns)


def blocks(words: Tensor, params: tuple[Tensor, ...], follows: int) -> Iterator[tuple[slice, _Parts]]:
    """Blocks of lanes: some whole rows, with one block, or a row, with several.

    Args:
        words: The keys of the rows.
        params: Arrays of shape (rows, n).
        follows: The child of a round's key that is the next round's.
    """
    rows, n = params[0].shape
    high, wide = max(_BLOCK // max(n, 1), 1), max(min(_BLOCK, n), 1)
    for i in range(0, rows, high):
        at = slice(i, i + high)
        parts = [slice(j, j + wide) for j in range(0, n, wide)]
        yield at, _Parts(lambda p, at=at: Lanes(words[at], tuple(x[at, p] for x in params), p.start, follows), parts)


def last_accepted(
    out: Tensor,
    words: Tensor,
    params: tuple[Tensor, ...],
    attempts: Callable[[Lanes], Attempt],
    wanted: Callable[[Lanes], Tensor],
    most: int,
    finish: Callable[[Lanes, Tensor], Tensor] = lambda _, drawn: drawn,
) -> None:
    """Put into `out` what each wanted lane accepts last before its row is done; -1 where it accepts nothing.

    Args:
        out: Numbers of shape (rows, n), of any dtype; numbers are drawn in that of the parameters.
        words: The keys of the rows.
        params: Arrays of that shape.
        attempts: What the lanes of a block do in a round.
        wanted: Whether it is wanted, of each lane of a block.
        most: The most rounds.
        finish: What becomes of the numbers of the lanes of a block.
    """
    dtype = params[0].dtype
    for rows, parts in blocks(words, params, 0):
        if out[rows].numel() <= min(_FEW, _BLOCK):
            for columns, lanes in parts:  # a single one
                chosen = wanted(lanes)
                if chosen.any():
                    found = finish(lanes, _all_in_all_rounds(lanes, attempts(lanes), chosen, dtype, most))
                    _put(out[rows, columns], chosen, found)
            continue
        if not any([bool(wanted(lanes).any()) for _, lanes in parts]):
            continue
        turns = torch.ones(len(out[rows]), dtype=torch.int64, device=out.device)
        for _, lanes in parts:
            _count_turns(lanes, attempts(lanes), turns, dtype, most)
        turns = turns.clamp(max=most)
        for columns, lanes in parts:
            chosen = wanted(lanes)
            found = torch.full((lanes.count,), -1.0, dtype=dtype, device=out.device)
            _go_back(lanes, attempts(lanes), lanes.all()[chosen], turns, found)
            _put(out[rows, columns], chosen, finish(lanes, found))


def _put(out: Tensor, chosen: Tensor, found: Tensor) -> None:
    """Put the numbers of the chosen lanes into their places."""
    out.copy_(torch.where(chosen.reshape(out.shape), found.reshape(out.shape).to(out.dtype), out))


def _all_in_all_rounds(lanes: Lanes, attempt: Attempt, chosen: Tensor, dtype: torch.dtype, most: int) -> Tensor:
    """What the chosen lanes accept last, each taking part until its row is done."""
    every = lanes.all()
    row, waiting = lanes.row(every), torch.ones_like(chosen)
    out, going, turn = torch.full((lanes.count,), -1.0, dtype=dtype, device=chosen.device), chosen, 0
    while turn < most:
        numbers, accepted = attempt(every, functools.partial(lanes.uniform, every, turn, dtype=out.dtype))
        out = torch.where(accepted & going, numbers, out)
        waiting, turn = waiting & ~accepted, turn + 1
        late = row[waiting]
        if not late.numel():
            break
        going = chosen & torch.isin(row, late)
    return out


def _count_turns(lanes: Lanes, attempt: Attempt, turns: Tensor, dtype: torch.dtype, most: int) -> None:
    """Raise `turns`, of each row, to those that the lanes of a block take."""
    left, turn = lanes.all(), 0
    while left.numel() and turn < most:
        _, accepted = attempt(left, functools.partial(lanes.uniform, left, turn, dtype=dtype))
        left, turn = left[~accepted], turn + 1
        row = lanes.row(left)
        turns[row] = turns[row].clamp(min=turn + 1)


def _go_back(lanes: Lanes, attempt: Attempt, left: Tensor, turns: Tensor, out: Tensor) -> None:
    """Put into `out` what the lanes `left` accept last."""
    turn = turns - 1
    while True:
        left = left[turn[lanes.row(left)] >= 0]
        if not left.numel():
            return
        now = turn.clamp(min=0)
        numbers, accepted = attempt(
            left, lambda number, left=left, now=now: lanes.uniform(left, now, number, out.dtype)
        )
        out[left[accepted]] = numbers[accepted]
        left, turn = left[~accepted], turn - 1
