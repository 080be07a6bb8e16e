"""Gamma numbers, and what is made of them.

`jax.random.gamma` takes JAX's own key implementation for granted (30 times slower with another), and its derivative has
no derivative. So the algorithm is written out, with the keys spent as there. Source: G. Marsaglia and W. W. Tsang, "A
simple method for generating gamma variables", ACM TOMS 26, 2000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from dualgrad._rules import random as rules
from dualgrad._rules.shapes import as_shape
from dualgrad.backends.jax.random._blocks import at, in_blocks
from dualgrad.backends.jax.random._gamma_slope import log_slope, slope
from dualgrad.backends.jax.random._implicit import checked, implicit
from dualgrad.backends.jax.random._keys import Key, sampler
from dualgrad.backends.jax.random._scaled import sizes_of
from dualgrad.backends.jax.random._uniform import float_dtype

__all__ = ["ball", "beta", "chisquare", "dirichlet", "f", "gamma", "generalized_normal", "loggamma", "t"]

Shape = int | Sequence[int] | None

# A block ends when its own last number is accepted, and each attempt of a block has a cost of its own.
_LEAST: Final = 1 << 14


def _one(key: Any, alpha: Any, log_space: bool) -> Any:
    dtype = alpha.dtype
    boosted = alpha < 1
    d = jnp.where(boosted, alpha + 1, alpha) - dtype.type(1 / 3)
    # 1 / (3 sqrt(d)); XLA would make a quotient by a root its approximate inverse root, which no other machine has.
    c = jnp.sqrt(1 / (9 * d))

    def again(state: Any) -> Any:
        _, square, cube, u = state
        squeezed = u < 1 - dtype.type(0.0331) * (square * square)
        return ~squeezed & (jnp.log(u) >= square * dtype.type(0.5) + d * (1 - cube + jnp.log(cube)))

    def attempt(state: Any) -> Any:
        key, normal_key, uniform_key = jax.random.split(state[0], 3)
        x, v = jax.lax.while_loop(lambda s: s[2] <= 0, lambda s: _next(s, c), (normal_key, c, -jnp.ones_like(c)))[1:]
        return key, x * x, v * v * v, jax.random.uniform(uniform_key, (), dtype)

    key, last = jax.random.split(key)
    first = (key, jnp.zeros_like(c), jnp.ones_like(c), jnp.full_like(c, 2))
    cube = jax.lax.while_loop(again, attempt, first)[2]
    u = jax.random.uniform(last, (), dtype)
    if log_space:
        logs = jnp.log1p(-u)
        return jnp.log(d) + jnp.log(cube) + jnp.where(boosted & (logs != 0), logs * (1 / alpha), 0)
    return d * cube * jnp.where(boosted, jnp.power(1 - u, 1 / alpha), 1)


def _next(state: Any, c: Any) -> Any:
    key, sub = jax.random.split(state[0])
    x = jax.random.normal(sub, (), c.dtype)
    return key, x, 1 + x * c


_by_a, _log_by_a = implicit(slope), implicit(log_slope)


def gamma_of(key: Any, a: Any, shape: tuple[int, ...], log_space: bool, start: Any = None) -> Any:
    """Gamma numbers or their logarithms, from number `start` on; the half precisions by way of float32."""
    dtype = a.dtype
    if dtype.itemsize < 4:

        def rounded(key: Any, start: Any, shape: tuple[int, ...], a: Any) -> Any:
            return gamma_of(key, a.astype(jnp.float32), shape, log_space, start).astype(dtype)

        if start is None:
            return in_blocks(rounded, key, shape, dtype, a, least=_LEAST)
        return rounded(key, start, shape, a)
    if start is None:
        drawn = in_blocks(
            lambda key, start, shape, a: _lanes(key, a, shape, log_space, start),
            key,
            shape,
            dtype,
            jax.lax.stop_gradient(a),
            least=_LEAST,
        )
    else:
        drawn = _lanes(key, jax.lax.stop_gradient(a), shape, log_space, start)
    return (_log_by_a if log_space else _by_a)(drawn, jnp.broadcast_to(a, shape))


def _lanes(key: Any, alpha: Any, shape: tuple[int, ...], log_space: bool, start: Any) -> Any:
    """A number for each element, by a child of the key each.

    In blocks a million numbers take their own memory so where they took 32 times that, and a fifth of the time.
    """
    n = math.prod(shape)
    if start is None:
        keys = jax.random.split(key, n)
    else:
        keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(start + jnp.arange(n, dtype=np.uint32))
    alphas = jnp.broadcast_to(alpha, shape).reshape(-1)
    return jax.vmap(lambda key, alpha: _one(key, alpha, log_space))(keys, alphas).reshape(shape)


def _gamma_of(key: Any, a: Any, shape: Any, dtype: Any, op: str) -> Any:
    return gamma_of(key, a.astype(dtype), rules.sample_shape(op, shape, jnp.shape(a)), op == "loggamma")


_gamma = sampler("gamma", lambda *args, **static: _gamma_of(*args, **static, op="gamma"), "shape", "dtype")
_loggamma = sampler("loggamma", lambda *args, **static: _gamma_of(*args, **static, op="loggamma"), "shape", "dtype")


def gamma(key: Key, a: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.gamma`."""
    a = checked("gamma", "a", "positive", a)
    return _gamma(key, a, shape=sizes_of("gamma", shape), dtype=float_dtype("gamma", dtype))


def loggamma(key: Key, a: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.loggamma`."""
    a = checked("loggamma", "a", "positive", a)
    return _loggamma(key, a, shape=sizes_of("loggamma", shape), dtype=float_dtype("loggamma", dtype))


def _beta_of(key: Any, a: Any, b: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("beta", shape, jnp.shape(a), jnp.shape(b))

    def drawn(keys: Any, start: Any, shape: tuple[int, ...], a: Any, b: Any) -> Any:
        x, y = gamma_of(keys[0], a, shape, True, start), gamma_of(keys[1], b, shape, True, start)
        most = jax.lax.stop_gradient(jnp.maximum(x, y))  # it cancels, and so does its derivative
        x, y = jnp.exp(x - most), jnp.exp(y - most)
        return x / (x + y)

    return in_blocks(drawn, jax.random.split(key), sizes, dtype, a.astype(dtype), b.astype(dtype), least=_LEAST)


_beta = sampler("beta", _beta_of, "shape", "dtype")


def beta(key: Key, a: Any, b: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.beta`."""
    a, b = checked("beta", "a", "positive", a), checked("beta", "b", "positive", b)
    return _beta(key, a, b, shape=sizes_of("beta", shape), dtype=float_dtype("beta", dtype))


def _dirichlet_of(key: Any, alpha: Any, shape: Any, dtype: Any) -> Any:
    if not jnp.ndim(alpha):
        raise rules.vector_error("dirichlet", "alpha", (), "(..., n)")
    sizes = rules.sample_shape("dirichlet", shape, alpha.shape[:-1])
    alpha = alpha.astype(dtype).astype(jnp.promote_types(dtype, jnp.float32))

    def drawn(key: Any, start: Any, shape: tuple[int, ...], alpha: Any) -> Any:
        return jax.nn.softmax(gamma_of(key, alpha, shape, True, start), -1).astype(dtype)

    return in_blocks(drawn, key, (*sizes, alpha.shape[-1]), dtype, alpha, whole=1, least=_LEAST)


_dirichlet = sampler("dirichlet", _dirichlet_of, "shape", "dtype")


def dirichlet(key: Key, alpha: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.dirichlet`."""
    alpha = checked("dirichlet", "alpha", "positive", alpha)
    return _dirichlet(key, alpha, shape=sizes_of("dirichlet", shape), dtype=float_dtype("dirichlet", dtype))


def _chisquare_of(key: Any, df: Any, shape: Any, dtype: Any) -> Any:
    return _squares(key, df.astype(dtype), rules.sample_shape("chisquare", shape, jnp.shape(df)))


def _squares(key: Any, df: Any, shape: tuple[int, ...]) -> Any:
    return jnp.exp(gamma_of(key, df / 2, shape, True)) * 2


_chisquare = sampler("chisquare", _chisquare_of, "shape", "dtype")


def chisquare(key: Key, df: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.chisquare`."""
    df = checked("chisquare", "df", "positive", df)
    return _chisquare(key, df, shape=sizes_of("chisquare", shape), dtype=float_dtype("chisquare", dtype))


def _f_of(key: Any, above: Any, below: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("f", shape, jnp.shape(above), jnp.shape(below))

    def drawn(keys: Any, start: Any, shape: tuple[int, ...], above: Any, below: Any) -> Any:
        quotient = gamma_of(keys[1], above / 2, shape, True, start) - gamma_of(keys[0], below / 2, shape, True, start)
        return jnp.exp(quotient) * (below / above)  # one exponential: the frameworks' differ by a unit

    return in_blocks(drawn, jax.random.split(key), sizes, dtype, above.astype(dtype), below.astype(dtype), least=_LEAST)


_f = sampler("f", _f_of, "shape", "dtype")


def f(key: Key, dfnum: Any, dfden: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.f`."""
    above, below = checked("f", "dfnum", "positive", dfnum), checked("f", "dfden", "positive", dfden)
    return _f(key, above, below, shape=sizes_of("f", shape), dtype=float_dtype("f", dtype))


def _t_of(key: Any, df: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("t", shape, jnp.shape(df))

    def drawn(keys: Any, start: Any, shape: tuple[int, ...], df: Any) -> Any:
        half = df / 2
        size = jnp.sqrt(half / gamma_of(keys[1], half, shape, False, start))
        return jax.random.normal(at(keys[0], start), shape, dtype) * size

    return in_blocks(drawn, jax.random.split(key), sizes, dtype, df.astype(dtype), least=_LEAST)


_t = sampler("t", _t_of, "shape", "dtype")


def t(key: Key, df: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.t`."""
    df = checked("t", "df", "positive", df)
    return _t(key, df, shape=sizes_of("t", shape), dtype=float_dtype("t", dtype))


def _generalized_of(key: Any, p: Any, shape: Any, dtype: Any) -> Any:
    sizes = rules.sample_shape("generalized_normal", shape, jnp.shape(p))
    p = p.astype(dtype).astype(jnp.promote_types(dtype, jnp.float32))

    def drawn(keys: Any, start: Any, shape: tuple[int, ...], p: Any) -> Any:
        return _generalized(keys, start, shape, p).astype(dtype)

    return in_blocks(drawn, jax.random.split(key), sizes, dtype, p, least=_LEAST)


def _generalized(keys: Any, start: Any, shape: tuple[int, ...], p: Any) -> Any:
    size = gamma_of(keys[0], 1 / p, shape, False, start)
    return jax.random.rademacher(at(keys[1], start), shape, p.dtype) * jnp.power(size, 1 / p)


_generalized_normal = sampler("generalized_normal", _generalized_of, "shape", "dtype")


def generalized_normal(key: Key, p: Any, shape: Shape = None, dtype: Any = None) -> Any:
    """Implements `dualgrad.random.generalized_normal`."""
    op = "generalized_normal"
    p = checked(op, "p", "positive", p)
    return _generalized_normal(key, p, shape=sizes_of(op, shape), dtype=float_dtype(op, dtype))


def _ball_of(key: Any, p: Any, shape: Any, dtype: Any) -> Any:
    if jnp.ndim(p):
        raise rules.vector_error("ball", "p", p.shape, "()")
    wide = jnp.promote_types(dtype, jnp.float32)
    p = p.astype(dtype).astype(wide)
    first, second = jax.random.split(key)

    def drawn(keys: Any, start: Any, shape: tuple[int, ...], p: Any) -> Any:
        x = _generalized(keys, start, shape, p)
        row = None if start is None else start // max(shape[-1], 1)
        # An exponential number; XLA takes its `log1p` in some shapes with all digits, in others up to 128 units off.
        least = -jnp.log(1 - jax.random.uniform(at(keys[2], row), shape[:-1], wide))
        total = jnp.sum(jnp.power(jnp.abs(x), p), -1) + least
        return (x / jnp.power(total, 1 / p)[..., None]).astype(dtype)

    keys = jnp.stack([*jax.random.split(first), second])
    return in_blocks(drawn, keys, shape, dtype, p, whole=1, least=_LEAST)


_ball = sampler("ball", _ball_of, "shape", "dtype")


def ball(key: Key, d: int, p: Any = 2.0, shape: int | Sequence[int] = (), dtype: Any = None) -> Any:
    """Implements `dualgrad.random.ball`."""
    p = checked("ball", "p", "positive", p)
    sizes = (*as_shape("random.ball", shape), rules.require_size("ball", "d", d))
    return _ball(key, p, shape=sizes, dtype=float_dtype("ball", dtype))
