"""The PyTorch backend: see README.md in this folder for how its transforms work."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import torch

from dualgrad._precision import precision
from dualgrad.backends.torch import debug as debug
from dualgrad.backends.torch import fft as fft
from dualgrad.backends.torch import lax as lax
from dualgrad.backends.torch import linalg as linalg
from dualgrad.backends.torch import nn as nn
from dualgrad.backends.torch import random as random
from dualgrad.backends.torch import special as special
from dualgrad.backends.torch import tree as tree
from dualgrad.backends.torch._arrays import escaped
from dualgrad.backends.torch._default import set_default, wide_default
from dualgrad.backends.torch._gradient import grad as grad
from dualgrad.backends.torch._gradient import value_and_grad as value_and_grad
from dualgrad.backends.torch._private import DATA_DEPENDENT, transform_registered
from dualgrad.backends.torch.arithmetic import *
from dualgrad.backends.torch.callbacks import io_callback as io_callback
from dualgrad.backends.torch.callbacks import pure_callback as pure_callback
from dualgrad.backends.torch.checkpoints import *
from dualgrad.backends.torch.closures import *
from dualgrad.backends.torch.comparison import *
from dualgrad.backends.torch.complex_numbers import *
from dualgrad.backends.torch.composed import *
from dualgrad.backends.torch.cost import jit_cost as jit_cost
from dualgrad.backends.torch.creation import *
from dualgrad.backends.torch.cumulative import *
from dualgrad.backends.torch.custom import *
from dualgrad.backends.torch.custom_batching import *
from dualgrad.backends.torch.dtypes import *
from dualgrad.backends.torch.exponentials import *
from dualgrad.backends.torch.floats import *
from dualgrad.backends.torch.grids import *
from dualgrad.backends.torch.host import *
from dualgrad.backends.torch.indexing import *
from dualgrad.backends.torch.jit import jit as jit
from dualgrad.backends.torch.jit import jit_compile as jit_compile
from dualgrad.backends.torch.jit import jit_lower as jit_lower
from dualgrad.backends.torch.jit import jit_stats as jit_stats
from dualgrad.backends.torch.jit import jit_trace as jit_trace
from dualgrad.backends.torch.linear_algebra import *
from dualgrad.backends.torch.linear_maps import *
from dualgrad.backends.torch.logic import *
from dualgrad.backends.torch.manipulation import *
from dualgrad.backends.torch.nn._attention import attend as attend
from dualgrad.backends.torch.reductions import *
from dualgrad.backends.torch.rounding import *
from dualgrad.backends.torch.searching import *
from dualgrad.backends.torch.sets import *
from dualgrad.backends.torch.shapes import *
from dualgrad.backends.torch.signal import *
from dualgrad.backends.torch.slicing import *
from dualgrad.backends.torch.stacking import *
from dualgrad.backends.torch.statistics import *
from dualgrad.backends.torch.transforms import *
from dualgrad.backends.torch.triangles import *
from dualgrad.backends.torch.trigonometry import *
from dualgrad.backends.torch.vmap import *

if TYPE_CHECKING:
    from dualgrad.protocol import Backend

name = "torch"
# How torch refuses a value to Python under vmap, and to NumPy's functions: differentiated, in a trace, mapped.
_ASKED = (
    "vmap: It looks like you're",
    "Can't call numpy() on Tensor that requires grad",
    ".numpy() is not supported for tensor subclasses",
    "Cannot access data pointer of Tensor",
)

transform_registered()


def version() -> str:
    """Version of torch."""
    return torch.__version__


def x64_enabled() -> bool:
    """Whether 64-bit dtypes are on in this thread."""
    return precision.x64


def set_x64(on: bool, /) -> None:
    """Turn 64-bit mode on or off for the process: the ops read dualgrad's switch, operators torch's default dtype."""
    set_default(on)


def x64_block(on: bool, /) -> AbstractContextManager[Any]:
    """A block with 64-bit mode on or off: the ops read dualgrad's switch, operators torch's default dtype."""
    return wide_default(on)


def is_concretization(error: BaseException, /) -> bool:
    """Whether Python code asked for the value of a tensor that is being traced or mapped."""
    return isinstance(error, DATA_DEPENDENT) or (isinstance(error, RuntimeError) and str(error).startswith(_ASKED))


def translated(error: Exception, transform: str, where: str, /) -> Exception | None:
    """Dualgrad's error for one of torch's that says it in other words, or `None`."""
    del transform, where  # the traceback leads there
    found = escaped(error)
    return None if found is error else found


if TYPE_CHECKING:
    import dualgrad.backends.torch

    _: Backend = dualgrad.backends.torch
