"""`platform_dependent`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import jax
import jax.core
import jax.numpy as jnp
from jax import tree_util as jtu

from dualgrad._rules.control import check_platforms

__all__ = ["platform_dependent"]

_NAMES: Final = {"gpu": "cuda"}  # of devices to those of the functions


def platform_dependent(args: Sequence[Any], branches: Mapping[str, Callable[..., Any]]) -> Any:
    """`jax.lax.platform_dependent`."""
    known = [x for x in jtu.tree_leaves(args) if isinstance(x, jax.Array) and not isinstance(x, jax.core.Tracer)]
    platform = next((d.platform for x in known for d in x.devices()), jax.default_backend())
    named = [name for name in branches if name != "default"]
    check_platforms(named, "default" in branches, _NAMES.get(platform, platform))
    return jtu.tree_map(jnp.asarray, jax.lax.platform_dependent(*args, **branches))
