"""`lax.platform_dependent`: another function for another kind of device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad._active import get_backend
from dualgrad._rules.control import check_platforms
from dualgrad._transformed import bound, check_callable, explained

__all__ = ["platform_dependent"]


def platform_dependent(
    *args: Any, default: Callable[..., Any] | None = None, **per_platform: Callable[..., Any]
) -> Any:
    """What the function for the platform that the program runs on gives for `args`.

    Args:
        *args: Trees of arrays; every function takes them.
        default: The function for platforms that have none of their own.
        **per_platform: Functions by platform: `cpu`, `cuda`, `rocm`, `tpu`, `mps`. All return one structure, shapes and
            dtypes; on JAX all are traced, on PyTorch only the one that is used.

    Returns:
        What that function returns. The platform is that of the arrays in `args`, or of the default device.

    Raises:
        TypeError: A function cannot be called.
        ValueError: A platform is called `gpu`.
        NotImplementedError: There is neither a function for the platform nor a default.

    Derivative:
        That of the function; both modes, any order.

    Example:
        >>> float(dg.lax.platform_dependent(3.0, cpu=lambda x: 2.0 * x, default=lambda x: x + x))
        6.0

    Source: `jax.lax.platform_dependent`.
    """
    every = {**per_platform, **({} if default is None else {"default": default})}
    for fun in every.values():
        check_callable("lax.platform_dependent", fun)
    check_platforms(list(per_platform), default is not None)
    backend = get_backend()
    try:
        return backend.lax.platform_dependent(args, {name: bound(fun, backend) for name, fun in every.items()})
    except Exception as error:
        raise explained("lax.platform_dependent", error, args, {}) from error.__cause__
