# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Policies of checkpoints that keep no complex numbers; checked on JAX 0.10.

Where a policy keeps a value, `jax.checkpoint` rounds it to its own precision, by an operation that has no complex
numbers: the derivative of `f(x) = abs(exp(1j * x)) ** 2` with everything kept is a TypeError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

__all__ = ["of_real_values"]

NativePolicy = Callable[..., Any]


def of_real_values(policy: NativePolicy) -> NativePolicy:
    """`policy`, but what gives complex numbers is computed again."""

    def chosen(primitive: Any, *avals: Any, **params: Any) -> Any:
        return policy(primitive, *avals, **params) and not _gives_complex(primitive, avals, params)

    return chosen


def _gives_complex(primitive: Any, avals: tuple[Any, ...], params: dict[str, Any]) -> bool:
    if "call_jaxpr" in params:  # a function with a rule, which has no evaluation of its own
        outs = params["call_jaxpr"].out_avals
    else:
        outs, _ = primitive.abstract_eval(*avals, **params)
    return any(
        jnp.issubdtype(out.dtype, jnp.complexfloating) for out in (outs if primitive.multiple_results else [outs])
    )
