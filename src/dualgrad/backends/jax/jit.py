"""`jax.jit`, and what a jitted function tells of its programs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax import tree_util as jtu

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import foreign, framework_of
from dualgrad._rules.transforms import (
    compiled_ahead,
    not_jittable,
    static_names,
)
from dualgrad.backends.jax._arrays import require_standard
from dualgrad.backends.jax._cache import keep_programs
from dualgrad.backends.jax._leaves import (
    native_struct,
)
from dualgrad.backends.jax._private.traces import is_transformed

__all__ = ["jit", "jit_compile", "jit_lower", "jit_stats", "jit_trace"]

Fun = Callable[..., Any]


def jit(
    fun: Fun,
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Sequence[str] | None = None,
    keep_unused: bool = False,
    compiler: str | None = None,
    inline: bool = False,
) -> Fun:
    """`jax.jit`; `compiler` chooses among torch's compilers and says nothing to JAX, whose compiler is XLA."""
    del compiler
    nums, names = static_names(fun, static_argnums, static_argnames)

    stats = {"traces": 0}

    @functools.wraps(fun)
    def traced(*args: Any, **kwargs: Any) -> Any:
        stats["traces"] += 1
        out = fun(*args, **kwargs)
        for leaf in jtu.tree_leaves(out):
            if type(leaf) not in WEAK and not isinstance(leaf, jax.Array | np.ndarray | np.generic):
                raise foreign("jit", leaf, "jax") if framework_of(leaf) else not_jittable("jit", leaf)
            require_standard("jit", leaf)
        return out

    traced._dualgrad_stats = stats  # pyright: ignore[reportAttributeAccessIssue]  # read by jit_stats
    keep_programs()
    return jax.jit(
        traced,
        static_argnums=nums or None,
        static_argnames=names or None,
        donate_argnums=donate_argnums,
        donate_argnames=donate_argnames,
        keep_unused=keep_unused,
        inline=inline,
    )


def jit_trace(fun: Any, /, *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """The jaxpr, and what `.trace` of `jax.jit` gives."""
    args, kwargs = jtu.tree_map(native_struct, (args, kwargs))
    traced = fun.trace(*args, **kwargs)
    return str(traced.jaxpr), traced


def jit_lower(fun: Any, /, *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """The StableHLO, and what `.lower` of `jax.jit` gives."""
    args, kwargs = jtu.tree_map(native_struct, (args, kwargs))
    lowered = fun.lower(*args, **kwargs)
    return lowered.as_text(), lowered


def jit_compile(fun: Any, /, *args: Any, **kwargs: Any) -> Fun:
    """What `.lower(...).compile()` of `jax.jit` gives, for concrete arguments."""
    compiled = jit_lower(fun, *args, **kwargs)[1].compile()

    def run(*args: Any, **kwargs: Any) -> Any:
        if is_transformed():
            raise compiled_ahead()
        return compiled(*args, **kwargs)

    return run


def jit_stats(fun: Any, /) -> dict[str, int]:
    """Counts of a jitted function: XLA compiles each trace, and falls back on nothing."""
    traces = getattr(getattr(fun, "__wrapped__", None), "_dualgrad_stats", {}).get("traces", 0)
    return {"traces": traces, "compiles": traces, "retries": 0, "fallbacks": 0}
