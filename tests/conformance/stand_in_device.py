"""Runs every row of the table on a device that does not exist; prints what was read back, left or mixed up.

PyTorch lets Python stand in for a device. Its fake tensors have shapes and places and no values, so an op that looks at
a value, makes a constant on the host, or sends an array there or back is an error. Run by `test_accelerator.py` in a
process of its own, since a device cannot be unregistered.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.backend_registration import (
    _setup_privateuseone_for_python_backend,  # pyright: ignore[reportPrivateUsage]
)

import dualgrad as dg
from dualgrad._formulas import _inverses
from dualgrad.backends.torch._formulas import Formulas
from dualgrad.testing._row import lookup, map_arrays
from dualgrad.testing.scenarios import all_rows

DEVICE = "npy"
# Places that are given as numbers are computed on the host, and so are the weights of a resized image.
FROM_THE_HOST = {"insert", "delete", "image.resize"}


def put(x: Any) -> torch.Tensor:
    """A tensor on the device like a NumPy array."""
    return torch.empty(np.shape(x), dtype=dg.asarray(x).dtype, device=DEVICE)


def main() -> None:
    """Print a line for each row that fails, and how many there were."""
    warnings.simplefilter("ignore")
    _setup_privateuseone_for_python_backend(DEVICE)
    # tables of numbers are copied to a device once, and kept there
    Formulas.constant = staticmethod(lambda values, like: like.new_empty(len(values)))
    _inverses.STEPS = 1  # of Newton's steps, which are alike
    rows = [row for row in all_rows() if row.jit and row.op not in FROM_THE_HOST]
    with dg.use_backend("torch"), dg.enable_x64(True):
        for row in rows:
            with FakeTensorMode():
                args, kwargs = map_arrays(put, (tuple(row.args), dict(row.kwargs)))
                given = dg.tree.leaves((args, kwargs))
                try:
                    out = dg.tree.leaves(lookup(row.op)(*args, **kwargs))
                except Exception as error:
                    print(f"{row.id}: {type(error).__name__}: {str(error)[:200]}")
                    continue
            if any(isinstance(x, torch.Tensor) for x in given):
                for x in out:
                    if isinstance(x, torch.Tensor) and x.device.type != DEVICE:
                        print(f"{row.id}: a result on {x.device}")
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
