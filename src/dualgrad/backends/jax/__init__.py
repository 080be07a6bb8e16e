"""The JAX backend: mostly `jax.numpy` and JAX's own transforms, repaired where dualgrad's convention differs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import jax

from dualgrad.backends.jax import debug as debug
from dualgrad.backends.jax import fft as fft
from dualgrad.backends.jax import lax as lax
from dualgrad.backends.jax import linalg as linalg
from dualgrad.backends.jax import nn as nn
from dualgrad.backends.jax import random as random
from dualgrad.backends.jax import special as special
from dualgrad.backends.jax import tree as tree
from dualgrad.backends.jax._arrays import x64
from dualgrad.backends.jax._errors import translated as translated
from dualgrad.backends.jax.arithmetic import *
from dualgrad.backends.jax.callbacks import *
from dualgrad.backends.jax.checkpoints import *
from dualgrad.backends.jax.closures import *
from dualgrad.backends.jax.comparison import *
from dualgrad.backends.jax.complex_numbers import *
from dualgrad.backends.jax.composed import *
from dualgrad.backends.jax.cost import jit_cost as jit_cost
from dualgrad.backends.jax.creation import *
from dualgrad.backends.jax.cumulative import *
from dualgrad.backends.jax.custom import *
from dualgrad.backends.jax.custom_batching import *
from dualgrad.backends.jax.dtypes import *
from dualgrad.backends.jax.exponentials import *
from dualgrad.backends.jax.floats import *
from dualgrad.backends.jax.grids import *
from dualgrad.backends.jax.host import *
from dualgrad.backends.jax.indexing import *
from dualgrad.backends.jax.jit import *
from dualgrad.backends.jax.linear_algebra import *
from dualgrad.backends.jax.linear_maps import *
from dualgrad.backends.jax.logic import *
from dualgrad.backends.jax.manipulation import *
from dualgrad.backends.jax.nn._attention import attend as attend
from dualgrad.backends.jax.reductions import *
from dualgrad.backends.jax.rounding import *
from dualgrad.backends.jax.searching import *
from dualgrad.backends.jax.sets import *
from dualgrad.backends.jax.shapes import *
from dualgrad.backends.jax.signal import *
from dualgrad.backends.jax.slicing import *
from dualgrad.backends.jax.stacking import *
from dualgrad.backends.jax.statistics import *
from dualgrad.backends.jax.transforms import *
from dualgrad.backends.jax.triangles import *
from dualgrad.backends.jax.trigonometry import *
from dualgrad.backends.jax.vmap import *

if TYPE_CHECKING:
    from dualgrad.protocol import Backend

name = "jax"


def version() -> str:
    """Version of JAX."""
    return jax.__version__


def x64_enabled() -> bool:
    """Whether JAX's own switch is on in this thread."""
    return x64()


def set_x64(on: bool, /) -> None:
    """Turn JAX's own switch."""
    jax.config.update("jax_enable_x64", on)


def x64_block(on: bool, /) -> AbstractContextManager[Any]:
    """A block with JAX's own switch turned, in this thread."""
    return jax.enable_x64(on)


def is_concretization(error: BaseException, /) -> bool:
    """Whether Python code asked for the value of an array that is being traced."""
    return isinstance(
        error,
        jax.errors.ConcretizationTypeError
        | jax.errors.NonConcreteBooleanIndexError
        | jax.errors.TracerArrayConversionError
        | jax.errors.TracerIntegerConversionError,
    )


if TYPE_CHECKING:
    import dualgrad.backends.jax

    _: Backend = dualgrad.backends.jax
