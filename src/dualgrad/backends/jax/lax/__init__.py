"""Control flow and collectives: JAX's own, with dualgrad's checks and words, and what JAX lacks.

JAX finds out itself whether a carry or a branch fits, weak types promoted; what it saw is kept here, so that its
refusal can be said in words that hold on every backend.
"""

from __future__ import annotations

from typing import Any

import jax

from dualgrad.backends.jax.lax.bits import *
from dualgrad.backends.jax.lax.branches import *
from dualgrad.backends.jax.lax.collectives import *
from dualgrad.backends.jax.lax.implicit import *
from dualgrad.backends.jax.lax.loops import *
from dualgrad.backends.jax.lax.platforms import *


def optimization_barrier(operand: Any, /) -> Any:
    """`jax.lax.optimization_barrier`."""
    return jax.lax.optimization_barrier(operand)
