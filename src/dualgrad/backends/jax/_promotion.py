"""JAX's default rules of promotion, for what ops and their derivatives are made of."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jax

__all__ = ["freely"]

P = ParamSpec("P")
R = TypeVar("R")


def freely(fun: Callable[P, R]) -> Callable[P, R]:
    """`fun` with the defaults of `jax_numpy_dtype_promotion` and `jax_numpy_rank_promotion`.

    What a user asks of promotion is asked of the user's own code, and a body runs at trace time only.
    """

    @functools.wraps(fun)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
            return fun(*args, **kwargs)

    return inside
