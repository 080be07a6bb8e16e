"""The JAX backend: mostly `jax.numpy` and JAX's own transforms, repaired where dualgrad's convention differs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import jax

try:
    from dualgrad.backends.jax import linalg as linalg
except ImportError:  # temporary
    pass
try:
    from dualgrad.backends.jax import nn as nn
except ImportError:  # temporary
    pass
try:
    from dualgrad.backends.jax import random as random
except ImportError:  # temporary
    pass
try:
    from dualgrad.backends.jax import tree as tree
except ImportError:  # temporary
    pass
from dualgrad.backends.jax._arrays import x64
try:
    from dualgrad.backends.jax.arithmetic import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.comparison import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.creation import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.dtypes import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.elementwise import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.host import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.indexing import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.linear_algebra import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.manipulation import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.reductions import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.searching import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.sets import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad.backends.jax.transforms import *
except ModuleNotFoundError:  # temporary: family not landed
    pass

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
    return isinstance(error, jax.errors.ConcretizationTypeError | jax.errors.NonConcreteBooleanIndexError)


if TYPE_CHECKING:
    import dualgrad.backends.jax

    _: Backend = dualgrad.backends.jax
