"""Calls of functions with rules of their own, and of the user's functions in them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.core
import jax.custom_derivatives as native_rules
import jax.numpy as jnp
from jax import tree_util as jtu
from jax.errors import UnexpectedTracerError

from dualgrad._dtypes import WEAK
from dualgrad._rules.custom import closed_over, nondiff_traced, positions
from dualgrad.backends.jax._private.axes import Axes, named_axes
from dualgrad.errors import LeakedArrayError
from dualgrad.typing import CustomVJPPrimal

__all__ = ["called", "inside", "is_jitted"]

Fun = Callable[..., Any]


def called(kind: str, name: str, fun: Fun, native: Callable[[Axes], Fun]) -> Fun:
    """`fun`, whose rules find the names of the axes around a call: `native` makes it for these."""
    place = positions(kind, fun)

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return native(named_axes())(*place(args, kwargs))
        except (UnexpectedTracerError, LeakedArrayError) as error:
            if "nondiff_argnums" in str(error):
                raise nondiff_traced(kind, name) from None
            raise closed_over(kind, name) from None

    return call


def inside(kind: str, name: str, fun: Fun) -> Fun:
    """A function of the user's, in which JAX knows what is differentiated as a stranger only."""

    @functools.wraps(fun)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if any(type(x).__name__ in _DIFFERENTIATED for cell in _cells(fun) for x in jtu.tree_leaves(cell)) and (
            is_jitted()  # there JAX would notice at the end only, and not say where
        ):
            raise closed_over(kind, name)
        try:
            return fun(*jtu.tree_map(_plain, args), **kwargs)
        except (UnexpectedTracerError, LeakedArrayError):
            raise closed_over(kind, name) from None

    return guarded


def _plain(x: Any) -> Any:
    """A number that JAX marked with a dtype, by a class of its own, as an array; a marked argument as dualgrad's."""
    if isinstance(x, native_rules.CustomVJPPrimal):
        return CustomVJPPrimal(_plain(x.value), bool(x.perturbed))
    return jnp.asarray(x) if isinstance(x, int | float | complex) and type(x) not in WEAK else x


_DIFFERENTIATED = ("JVPTracer", "LinearizeTracer")


def _cells(fun: Any) -> list[Any]:
    """What a function closes over, as far as it is set."""
    found: list[Any] = []
    for cell in getattr(fun, "__closure__", None) or ():
        with contextlib.suppress(ValueError):
            found.append(cell.cell_contents)
    return found


def is_jitted() -> bool:
    """Whether a program is being traced: a constant is a tracer there only."""
    return isinstance(jnp.zeros(()), jax.core.Tracer)
