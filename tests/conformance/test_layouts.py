"""What an op and its gradient give on PyTorch does not depend on how the arguments lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import dualgrad as dg
from dualgrad.testing import Scenario
from dualgrad.testing._compare import activate, host, is_inexact, same_leaves
from dualgrad.testing._flat import cotangent
from dualgrad.testing._row import lookup, map_arrays
from dualgrad.testing.scenarios import all_rows


def reversed_axes(x: Tensor) -> Tensor:
    axes = tuple(range(x.ndim))[::-1]
    return x.permute(axes).contiguous().permute(axes)


def stepped(x: Tensor) -> Tensor:
    return torch.stack([x, torch.full_like(x, 7)], -1)[..., 0]


def repeated(x: Tensor) -> Tensor:
    """The first element along the last axis, once for each: all of them in one place."""
    return x[..., :1].expand(x.shape) if x.ndim else x


def results(row: Scenario, place: Callable[[Tensor], Tensor]) -> list[Any]:
    """The leaves of the value, and the cotangents of the differentiated arguments."""
    args, kwargs = [map_arrays(lambda x: place(dg.asarray(x)), given) for given in (tuple(row.args), dict(row.kwargs))]
    op = lookup(row.op)
    wrt = [i for i in row.wrt if all(is_inexact(x) for x in dg.tree.leaves(args[i]))]

    def inexact(*diff: Any) -> list[Any]:
        full = list(args)
        for i, x in zip(wrt, diff, strict=True):
            full[i] = x
        return [y for y in dg.tree.leaves(op(*full, **kwargs)) if is_inexact(y)]

    value = dg.tree.leaves(op(*args, **kwargs))
    if not wrt or row.order == 0:
        return value
    out, pull = dg.vjp(inexact, *[args[i] for i in wrt])
    rng = np.random.default_rng(0)
    return [value, pull([dg.asarray(cotangent(host(y), rng)) for y in out])]


@pytest.mark.backends("torch")
@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in all_rows() if row.args])
def test_layout_of_arguments_changes_nothing(row: Scenario) -> None:
    with activate("torch"):
        want = results(row, torch.clone)
        same_leaves(results(row, reversed_axes), want, 1e-9, f"{row.id}, axes reversed")
        same_leaves(results(row, stepped), want, 1e-9, f"{row.id}, every second element")
        want = results(row, lambda x: repeated(x).contiguous())
        same_leaves(results(row, repeated), want, 1e-9, f"{row.id}, repeated elements")
