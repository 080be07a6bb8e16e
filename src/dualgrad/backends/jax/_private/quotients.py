# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""A quotient that is linear in its dividend and 0 where dividend and divisor are 0; checked on JAX 0.10.

The derivative of eigenvectors has the cotangents of pairs over the gaps between their eigenvalues. Where a pair is
equal and nothing depends on how its vectors lie, that is 0 / 0, and 0 is right. No function of `jax.lax` can say so:
which quotients are 0 depends on the dividend, in which the derivative must be linear to be transposed.
"""

from __future__ import annotations

from typing import Any, cast

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax._src.lax.lax import naryop
from jax._src.lax.utils import input_dtype
from jax.interpreters import ad, mlir

__all__ = ["over"]

_INEXACT: set[type] = {np.floating, np.complexfloating}
_over_p: Any = naryop(input_dtype, [_INEXACT, _INEXACT], "over")


def over(x1: Array, x2: Array) -> Array:
    """`x1 / x2`, and 0 where both are 0, of arrays of one shape and dtype."""
    return cast(Array, _over_p.bind(x1, x2))


def _lowered(x1: Array, x2: Array) -> Array:
    return jnp.where((x1 == 0) & (x2 == 0), 0.0, x1 / x2).astype(x1.dtype)


def _transposed(ct: Any, x1: Any, x2: Any) -> list[Any]:
    assert ad.is_undefined_primal(x1)
    assert not ad.is_undefined_primal(x2)
    return [ct if type(ct) is ad.Zero else over(ct, x2), None]


_over_p.def_impl(_lowered)
ad.defjvp(_over_p, lambda t, x1, x2: over(t, x2), lambda t, x1, x2: -over(over(x1, x2), x2) * t)
ad.primitive_transposes[_over_p] = _transposed
mlir.register_lowering(_over_p, mlir.lower_fun(_lowered, multiple_results=False))
