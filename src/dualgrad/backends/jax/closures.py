"""`jax.closure_convert`, whose result says which arguments it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._dtypes import WEAK
from dualgrad._rules.custom import closure_mismatch
from dualgrad._rules.outlines import outline
from dualgrad.backends.jax import tree
from dualgrad.backends.jax._leaves import all_arrays, described

__all__ = ["closure_convert"]

Fun = Callable[..., Any]


def closure_convert(fun: Fun, *example_args: Any) -> tuple[Fun, list[Any]]:
    """`jax.closure_convert`."""
    examples, treedef = jtu.tree_flatten(all_arrays("closure_convert", example_args))
    native, consts = jax.closure_convert(fun, *example_args)

    def converted(*args: Any) -> Any:
        given = args[: len(args) - len(consts)]
        leaves, got = jtu.tree_flatten(given)
        if got != treedef:
            raise closure_mismatch(outline(tree, treedef), outline(tree, got))
        for x, like in zip(leaves, examples, strict=True):
            if np.shape(x) != np.shape(like) or (type(x) not in WEAK and described(x) != described(like)):
                raise closure_mismatch(described(like), described(x))
        fitted = [jnp.asarray(x, jnp.result_type(like)) for x, like in zip(leaves, examples, strict=True)]
        return native(*jtu.tree_unflatten(treedef, fitted), *args[len(given) :])

    return converted, consts
