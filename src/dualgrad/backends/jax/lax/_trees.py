"""What was given to a construct, as arrays and as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import foreign, framework_of
from dualgrad._rules.control import (
    index_not_integer,
    negative_length,
    not_an_array,
    pred_not_boolean,
    pred_not_scalar,
    scan_length,
    scan_scalar_xs,
)
from dualgrad._rules.outlines import kind_text
from dualgrad.backends.jax._arrays import require_standard

__all__ = ["Fun", "array", "checked_pred", "described", "integer", "one_size", "shapes", "step_count", "strong"]

Fun = Callable[..., Any]


def strong(name: str, x: Any) -> jax.Array:
    """A leaf of an unknown, which promotes in full also where it was a Python number."""
    return jax.lax.convert_element_type(array(name, x), jnp.result_type(x))


def shapes(full: Any) -> Any:
    return jtu.tree_map(described, full)


def described(x: Any) -> str:
    return f"{jnp.result_type(x).name}{np.shape(x)}"


def array(name: str, x: Any) -> Any:
    if type(x) in WEAK or isinstance(x, jax.Array | np.ndarray | np.generic):
        require_standard(f"lax.{name}", x)
        return x
    raise foreign(f"lax.{name}", x, "jax") if framework_of(x) else not_an_array(f"lax.{name}", kind_text(x))


def step_count(name: str, xs: Any, length: Any) -> int:
    sizes: list[int] = []
    for x in jtu.tree_leaves(xs):
        if not np.ndim(array(name, x)):
            raise scan_scalar_xs(name, described(x))
        sizes.append(np.shape(x)[0])
    return one_size(name, sizes, length)


def one_size(name: str, sizes: list[int], length: Any) -> int:
    if len(set(sizes)) > 1:
        raise scan_length(name, f"sizes {', '.join([str(n) for n in dict.fromkeys(sizes)])}")
    if length is None:
        if not sizes:
            raise scan_length(name, "")
        return sizes[0]
    try:
        count = length.__index__()
    except (AttributeError, TypeError):
        raise index_not_integer(name, "length", kind_text(length)) from None
    if sizes and sizes[0] != count:
        raise scan_length(name, f"length {count} for size {sizes[0]}")
    if count < 0:
        raise negative_length(name, count)
    return count


def checked_pred(name: str, pred: Any) -> Any:
    if type(pred) not in WEAK and not isinstance(pred, jax.Array | np.ndarray | np.generic):
        raise foreign(f"lax.{name}", pred, "jax") if framework_of(pred) else pred_not_scalar(name, kind_text(pred))
    if np.ndim(pred):
        raise pred_not_scalar(name, f"shape {np.shape(pred)}")
    dtype = jnp.result_type(pred)
    if jnp.issubdtype(dtype, jnp.complexfloating) or (name == "while_loop" and dtype != jnp.bool):
        raise pred_not_boolean(name, dtype.name)
    return pred


def integer(name: str, what: str, x: Any) -> str:
    if type(x) not in WEAK and not isinstance(x, jax.Array | np.ndarray | np.generic):
        raise foreign(f"lax.{name}", x, "jax") if framework_of(x) else index_not_integer(name, what, kind_text(x))
    if np.ndim(x) or not jnp.issubdtype(jnp.result_type(x), jnp.integer):
        raise index_not_integer(name, what, described(x))
    return jnp.result_type(x).name
