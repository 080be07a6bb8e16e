"""The PyTorch backend: see README.md in this folder for how its transforms work."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

from dualgrad._precision import precision
try:
    from dualgrad.backends.torch import linalg as linalg
except ImportError:  # temporary
    pass
try:
    from dualgrad.backends.torch import nn as nn
except ImportError:  # temporary
    pass
try:
    from dualgrad.backends.torch import random as random
except ImportError:  # temporary
    pass
try:
    from dualgrad.backends.torch import tree as tree
except ImportError:  # temporary
    pass
from dualgrad.backends.torch._gradient import grad, value_and_grad
from dualgrad.backends.torch._private import DATA_DEPENDENT
try:
    from dualgrad.backends.torch.arithmetic import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.comparison import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.creation import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.dtypes import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.elementwise import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.host import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.indexing import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
from dualgrad.backends.torch.jit import jit, jit_stats
try:
    from dualgrad.backends.torch.linear_algebra import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.manipulation import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.reductions import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.searching import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.sets import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.torch.transforms import *
except ModuleNotFoundError:  # temporary: family not landed
    pass

if TYPE_CHECKING:
    from dualgrad.protocol import Backend

name = "torch"


def version() -> str:
    """Version of torch."""
    return torch.__version__


def x64_enabled() -> bool:
    """Whether 64-bit dtypes are on in this thread."""
    return precision.x64


def set_x64(on: bool, /) -> None:
    """Nothing: torch has no switch of its own, its ops read dualgrad's."""


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def x64_block(on: bool, /) -> AbstractContextManager[Any]:
    """A block that changes nothing: torch has no switch of its own, its ops read dualgrad's."""
    return _nothing()


def is_concretization(error: BaseException, /) -> bool:
    """Whether Python code asked for the value of a tensor that is being traced or mapped."""
    return isinstance(error, DATA_DEPENDENT) or (
        isinstance(error, RuntimeError) and str(error).startswith("vmap: It looks like you're")
    )


if TYPE_CHECKING:
    import dualgrad.backends.torch

    _: Backend = dualgrad.backends.torch
