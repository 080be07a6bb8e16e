"""The namespace that the shared formulas of the special functions see on JAX, and their derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.scipy import special

from dualgrad.backends.jax import _accurate, _elementwise, _rounded

__all__ = ["Formulas", "with_partials"]

Partial = Callable[..., Array] | None


class Formulas:
    """JAX's elementwise functions, as `dualgrad._formulas` asks for them."""

    single = False
    abs = staticmethod(jnp.abs)
    cos = staticmethod(jnp.cos)
    erf = staticmethod(_accurate.erf)
    erfc = staticmethod(lax.erfc)
    erfinv = staticmethod(lax.erf_inv)
    exp = staticmethod(jnp.exp)
    expm1 = staticmethod(jnp.expm1)
    floor = staticmethod(jnp.floor)
    isinf = staticmethod(jnp.isinf)
    isnan = staticmethod(jnp.isnan)
    log = staticmethod(jnp.log)
    log1p = staticmethod(_accurate.log1p)
    maximum = staticmethod(jnp.maximum)
    minimum = staticmethod(jnp.minimum)
    ndtri = staticmethod(special.ndtri)
    pow = staticmethod(lax.pow)
    round = staticmethod(jnp.round)
    sin = staticmethod(jnp.sin)
    sqrt = staticmethod(jnp.sqrt)
    where = staticmethod(jnp.where)

    @staticmethod
    def constant(values: list[float], like: Array, /) -> Array:
        """A list of numbers as an array like another."""
        return jnp.asarray(values, like.dtype)

    @property
    def rounded(self) -> Formulas:
        """The namespace for what is rounded to float32."""
        return _Rounded()

    @staticmethod
    def rarely(count: int, some: Array, fun: Callable[..., list[Array]], /, *xs: Array) -> list[Array]:
        """`fun` of arrays where `some` is true; under `vmap` too, which would make a choice of both of a branch."""

        @jax.custom_batching.custom_vmap
        def chosen(some: Array, *xs: Array) -> list[Array]:
            return lax.cond(jnp.any(some), fun, lambda *ys: [jnp.zeros_like(ys[0])] * count, *xs)

        @chosen.def_vmap
        def mapped(size: int, batched: list[bool], *xs: Array) -> tuple[list[Array], list[bool]]:
            every = [x if b else jnp.broadcast_to(x, (size, *x.shape)) for x, b in zip(xs, batched, strict=True)]
            with jax.enable_x64(every[-1].dtype == jnp.float64):
                return chosen(*every), [True] * count

        return chosen(some, *xs)

    @staticmethod
    def waves(x: Array, /) -> tuple[Array, Array]:
        """Sine and cosine of numbers of any size."""
        return jnp.sin(x), jnp.cos(x)

    def part(self, formula: Callable[..., Array], /, *args: Any) -> Array:
        """The formula, traced once for each shape, and one operation of what is traced around it."""
        arrays = [isinstance(x, Array) for x in args]
        if not all([known or type(x) in (int, bool) for known, x in zip(arrays, args, strict=True)]):
            return formula(self, *args)
        fixed = tuple([None if known else x for known, x in zip(arrays, args, strict=True)])
        return _traced_once(type(self), formula, fixed)(*[x for known, x in zip(arrays, args, strict=True) if known])

    @staticmethod
    def repeat(n: int, step: Callable[[Array], Array], start: Array, /) -> Array:
        """`step` of `step` of ... `start`, `n` times, compiled once."""
        return lax.fori_loop(0, n, lambda _, x: step(x), start)

    @staticmethod
    def total(x: Array, /) -> Array:
        """Sum over the last axis."""
        return jnp.sum(x, -1)

    @staticmethod
    def with_partials(
        fun: Callable[..., Array],
        /,
        *partials: Partial,
        single: Callable[..., Array] | None = None,
        rounded: Callable[..., Array] | None = None,
        long: str | None = None,
        of_value: bool = False,
    ) -> Callable[..., Array]:
        """See `with_partials`; XLA takes a long formula as it is."""
        return with_partials(fun, *partials, single=single, rounded=rounded, of_value=of_value)


class _Rounded(Formulas):
    single = True
    cos = staticmethod(_rounded.cos)
    expm1 = staticmethod(_rounded.expm1)
    log = staticmethod(_rounded.log)
    log1p = staticmethod(_rounded.log1p)
    sin = staticmethod(_rounded.sin)

    @staticmethod
    def waves(x: Array, /) -> tuple[Array, Array]:
        """Sine and cosine of numbers of any size."""
        far = jnp.abs(x) > _rounded.FAR
        sine, cosine = Formulas.rarely(2, far, lambda x: [jnp.sin(x), jnp.cos(x)], x)
        near = jnp.where(far, 0.0, x)
        return jnp.where(far, sine, _rounded.sin(near)), jnp.where(far, cosine, _rounded.cos(near))


def with_partials(
    fun: Callable[..., Array],
    /,
    *partials: Partial,
    single: Callable[..., Array] | None = None,
    rounded: Callable[..., Array] | None = None,
    of_value: bool = False,
) -> Callable[..., Array]:
    """`fun` of arrays of one shape and dtype, computed in float64, and its partial derivatives.

    float64 is there in 32-bit mode as well, as long as it stays inside; only the rules are differentiated. Gradients of
    gradients read what is traced again and again: a formula of a thousand operations is one there.
    """

    @jax.jit
    def wide(*xs: Array) -> Array:
        dtype = xs[0].dtype
        if dtype == jnp.float64:
            return fun(*xs)
        if single is not None:
            return single(*xs)
        with jax.enable_x64(True):
            out = (rounded or fun)(*[lax.convert_element_type(x, jnp.float64) for x in xs])
            return lax.convert_element_type(out, dtype)

    rules = [_nothing if p is None else p for p in partials]
    return _elementwise.with_partials(wide, *rules, of_value=of_value)


@functools.cache
def _traced_once(
    kind: type[Formulas], formula: Callable[..., Array], fixed: tuple[int | None, ...]
) -> Callable[..., Array]:
    def fun(*arrays: Array) -> Array:
        rest = iter(arrays)
        return formula(kind(), *[next(rest) if x is None else x for x in fixed])

    return jax.jit(fun)


def _nothing(*xs: Any) -> float:
    return 0.0
