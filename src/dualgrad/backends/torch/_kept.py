"""Tensors that are made once and kept from call to call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import torch

__all__ = ["kept"]

P = ParamSpec("P")
R = TypeVar("R")


def kept(fun: Callable[P, R]) -> Callable[P, R]:
    """`fun` with its results kept by its arguments, as tensors that also a gradient may save.

    Made under `torch.inference_mode` they could not be. Only for eager code: a trace would not know such a tensor.
    """
    made: dict[object, R] = {}

    @functools.wraps(fun)
    def kept_or_made(*args: P.args, **kwargs: P.kwargs) -> R:
        found = made.get(args)
        if found is None:
            if len(made) > _MANY:
                made.clear()
            with torch.inference_mode(False):
                found = made[args] = fun(*args, **kwargs)
        return found

    return kept_or_made


_MANY: Final = 256
