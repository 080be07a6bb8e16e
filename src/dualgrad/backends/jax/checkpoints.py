"""`jax.checkpoint` and the names that its policies know."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import tree_util as jtu
from jax.ad_checkpoint import checkpoint_name as native_name

from dualgrad._rules.policies import Policy, decided, static_places
from dualgrad.backends.jax._arrays import as_array
from dualgrad.backends.jax._leaves import all_arrays
from dualgrad.backends.jax._private.residuals import of_real_values

__all__ = ["checkpoint", "checkpoint_name"]

Fun = Callable[..., Any]


def checkpoint(
    fun: Fun, *, prevent_cse: bool = True, policy: Policy | None = None, static_argnums: tuple[int, ...] = ()
) -> Fun:
    """`jax.checkpoint`."""

    @functools.wraps(fun)
    def checked(*args: Any, **kwargs: Any) -> Any:
        return all_arrays("checkpoint", fun(*args, **kwargs))

    chosen = None if policy is None else of_real_values(_native_policy(policy))
    native = jax.checkpoint(checked, prevent_cse=prevent_cse, policy=chosen, static_argnums=static_argnums)

    @functools.wraps(fun)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        static = static_places(static_argnums, len(args)) if static_argnums else set[int]()
        all_arrays("checkpoint", ([a for n, a in enumerate(args) if n not in static], kwargs))
        return jtu.tree_map(as_array, native(*args, **kwargs))

    return checkpointed


def _native_policy(policy: Policy) -> Any:
    if policy.asks is not None:
        return functools.partial(decided, policy.asks)
    native = getattr(jax.checkpoint_policies, policy.kind)
    if policy.parts:
        return native(*[_native_policy(part) for part in policy.parts])
    return native(*policy.names) if policy.kind.startswith("save_") else native  # such makes the policy of its names


def checkpoint_name(x: Any, name: str, /) -> Any:
    """`jax.ad_checkpoint.checkpoint_name`, of both parts of complex numbers, which a checkpoint can keep."""
    return jtu.tree_map(functools.partial(_named, name=name), all_arrays("checkpoint_name", x))


def _named(x: Any, name: str) -> Any:
    if not jnp.iscomplexobj(x):
        return native_name(x, name)
    return jax.lax.complex(native_name(jnp.real(x), name), native_name(jnp.imag(x), name))
