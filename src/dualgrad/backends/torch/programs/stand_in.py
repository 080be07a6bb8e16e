"""Reverse mode in the place of forward mode, as long as nothing in the function can tell them apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from dualgrad._attempts import Attempt, Irrevocable
from dualgrad._rules.control import no_transpose, reverse_while

__all__ = ["tell_apart", "tell_rule", "unless_told_apart"]

R = TypeVar("R")


class _Thread(threading.local):
    trying = False
    symmetric = False


class _Apart(BaseException):  # what a user's `except Exception` must not keep
    pass


_thread = _Thread()
_REFUSED: Final = frozenset({reverse_while().args, no_transpose().args})


def tell_apart() -> None:
    """Said by a rule that forward mode refuses: where reverse mode stands in for it, the stand-in is given up."""
    if _thread.trying:
        raise _Apart


def tell_rule() -> None:
    """Said by a rule that a user wrote, of which nobody knows whether second derivatives by it are symmetric."""
    if _thread.symmetric:
        raise _Apart


def unless_told_apart(stand_in: Callable[[], R], proper: Callable[[], R], *, symmetric: bool = False) -> R:
    """What `stand_in` gives by reverse mode, or `proper` by forward mode where only one of them is refused.

    Prints and callbacks of a stand-in that is given up are not done.

    Args:
        stand_in: By reverse mode.
        proper: By forward mode.
        symmetric: Whether `stand_in` takes a matrix of second derivatives for its transpose.
    """
    before = _thread.trying, _thread.symmetric
    _thread.trying, _thread.symmetric = True, symmetric or _thread.symmetric
    try:
        with Attempt() as attempt:
            try:
                return stand_in()
            except (_Apart, Irrevocable, TypeError, ValueError) as error:
                if isinstance(error, TypeError | ValueError) and error.args not in _REFUSED:
                    raise
                attempt.discard()
    finally:
        _thread.trying, _thread.symmetric = before
    return proper()
