"""A backend of dualgrad on NumPy: the module itself is the backend, with the names of `dualgrad.protocol.Backend`."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from dualgrad._precision import precision
from dualgrad_toy import _ops
from dualgrad_toy import _tree as tree
from dualgrad_toy._dual import Dual
from dualgrad_toy._ops import OPS
from dualgrad_toy._ops import to_numpy as to_numpy
from dualgrad_toy._transforms import (
    eval_shape,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jit_stats,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)  # fmt: skip

__all__ = [
    "OPS", "block_until_ready", "default_device", "device_put", "devices", "effects_barrier", "eval_shape", "grad",
    "hessian", "is_array", "is_concretization", "jacfwd", "jacrev", "jit", "jit_stats", "jvp", "name", "set_x64",
    "stop_gradient", "tree", "value_and_grad", "version", "vjp", "vmap", "x64_block", "x64_enabled",
]  # fmt: skip

name = "toy"
globals().update({op: getattr(_ops, op) for op in OPS})


def x64_enabled() -> bool:
    """Whether 64-bit mode is on; dualgrad's own switch is the only one there is."""
    return precision.x64


def set_x64(on: bool, /) -> None:
    """Nothing to do: see `x64_enabled`."""


def x64_block(on: bool, /) -> contextlib.AbstractContextManager[Any]:
    """Nothing to do: see `x64_enabled`."""
    return contextlib.nullcontext()


def is_array(x: Any, /) -> bool:
    """Whether `x` is an array of this backend."""
    return isinstance(x, np.ndarray | np.generic | Dual)


def version() -> str:
    """NumPy's version."""
    return np.__version__


def is_concretization(error: BaseException, /) -> bool:
    """Never: every value is known at once."""
    return False


def devices(kind: str | None = None, /) -> list[Any]:
    """The one device."""
    return ["cpu"]


def default_device() -> Any:
    """The one device."""
    return "cpu"


def device_put(x: Any, /, device: Any = None) -> Any:
    """`x`, which is there already."""
    return tree.map(_ops.asarray, x)


def effects_barrier() -> None:
    """Nothing runs behind the caller's back."""


def block_until_ready(x: Any, /) -> Any:
    """`x`, which is ready."""
    return x
