# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Names of the axes that `vmap` maps, for rules of derivatives that JAX asks for when it has left them.

Where a mapped function is differentiated, JAX (0.10) maps the rules of its `custom_jvp` and `custom_vjp` functions, and
asks for them later, outside `jax.vmap`. A collective in a rule then finds no axis of its name, although its operands
are mapped by it: `jax.grad` of a mapped `custom_vjp` function whose rule has a `psum` is a NameError.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from jax._src import core

__all__ = ["Axes", "named_axes", "within"]

Axes: TypeAlias = tuple[tuple[Any, int], ...]


def named_axes() -> Axes:
    """The names of the axes that are mapped around this call, with their sizes."""
    return tuple(core.get_axis_env().axis_sizes.items())


def within(axes: Axes, rule: Callable[..., Any]) -> Callable[..., Any]:
    """`rule`, which finds these names."""
    if not axes:
        return rule

    @functools.wraps(rule)
    def named(*args: Any, **kwargs: Any) -> Any:
        with core.extend_axis_env_nd(axes):
            return rule(*args, **kwargs)

    return named
