"""Products with the options that JAX has for them: a precision, and the dtype in which they are summed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array

from dualgrad._rules.products import as_precision, require_preferred
from dualgrad.backends.jax._arrays import resolve_dtype

__all__ = ["product"]


def product(op: str, native: Callable[..., Any], *xs: Any, precision: Any, preferred: Any, **options: Any) -> Array:
    """`native(*xs)`, summed in the dtype `preferred` or a wider one, and in `preferred` at the end."""
    options["precision"] = as_precision(op, precision)
    if preferred is None:
        return native(*xs, **options)
    dtype = jnp.dtype(resolve_dtype(op, preferred))
    products = jnp.result_type(*xs)
    require_preferred(op, dtype.name, products.name)
    summed = jnp.promote_types(products, dtype)
    if summed == dtype and jnp.issubdtype(products, jnp.inexact) == jnp.issubdtype(dtype, jnp.floating):
        return native(*xs, preferred_element_type=dtype, **options)  # which accelerators have in one kernel
    return native(*[x.astype(summed) for x in xs], **options).astype(dtype)
