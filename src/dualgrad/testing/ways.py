"""Ways to transform a function: the columns of the matrix of constructs and ways.

Each way takes a function from a vector of two numbers to a scalar and gives a tree of arrays; see
`dualgrad.testing.constructs` for the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import dualgrad as dg

__all__ = ["POINT", "WAYS", "Fun", "Way"]

Fun = Callable[[Any], Any]
Way = Callable[[Fun, Any], Any]

POINT: Final = (0.7, -0.4)
_TANGENT: Final = (1.5, -0.3)
_WEIGHTS: Final = (0.8, -1.1)


def _vector(values: tuple[float, ...], like: Any) -> Any:
    return dg.asarray(values, dtype=like.dtype)


def _many(x: Any) -> Any:
    """Three points: the sign of each coordinate differs between some of them."""
    return dg.stack([x, -0.5 * x, x + 0.9])


def _weighted_grad(f: Fun) -> Fun:
    """A scalar function made of the first derivatives."""
    return lambda x: dg.sum(dg.grad(f)(x) * _vector(_WEIGHTS, x) * x)


def _over_last_axis(f: Fun, x: Any) -> Any:
    mapped = dg.vmap(lambda z, c: f(z) * c, in_axes=(-1, None), out_axes=-1)
    return mapped(dg.permute_dims(_many(x), (1, 0)), x)


def _twice_mapped(f: Fun, x: Any) -> Any:
    return dg.vmap(dg.vmap(f, in_axes=-2), in_axes=-1, out_axes=-1)(dg.stack([_many(x), _many(x + 0.1)], axis=2))


def _linearized(f: Fun, x: Any) -> Any:
    out, push = dg.linearize(f, x)
    return out, push(_vector(_TANGENT, x)), push(x)


def _pulled(f: Fun, x: Any) -> Any:
    out, pull = dg.vjp(f, x)
    return out, pull(dg.asarray(2.0, dtype=x.dtype))


WAYS: Final[dict[str, Way]] = {
    "eager": lambda f, x: f(x),
    "grad": lambda f, x: dg.grad(f)(x),
    "value_and_grad with aux": lambda f, x: dg.value_and_grad(lambda z: (f(z), {"aux": 2.0 * z}), has_aux=True)(x),
    "vjp": _pulled,
    "jvp": lambda f, x: dg.jvp(f, (x,), (_vector(_TANGENT, x),)),
    "jacfwd": lambda f, x: dg.jacfwd(f)(x),
    "jacrev": lambda f, x: dg.jacrev(f)(x),
    "hessian": lambda f, x: dg.hessian(f)(x),
    "hvp": lambda f, x: dg.hvp(f, (x,), (_vector(_TANGENT, x),)),
    "linearize": _linearized,
    "vmap": lambda f, x: dg.vmap(f)(_many(x)),
    "vmap over -1": _over_last_axis,
    "vmap(vmap)": _twice_mapped,
    "vmap(grad)": lambda f, x: dg.vmap(dg.grad(f))(_many(x)),
    "grad(vmap)": lambda f, x: dg.grad(lambda z: dg.sum(dg.vmap(f)(_many(z)) ** 2))(x),
    "vmap(hessian)": lambda f, x: dg.vmap(dg.hessian(f))(_many(x)),
    "vmap(grad(vmap))": lambda f, x: dg.vmap(dg.grad(lambda z: dg.sum(dg.vmap(f)(_many(z)) ** 2)))(_many(x)),
    "grad(grad)": lambda f, x: dg.grad(_weighted_grad(f))(x),
    "grad(grad(grad))": lambda f, x: dg.grad(_weighted_grad(_weighted_grad(f)))(x),
}
