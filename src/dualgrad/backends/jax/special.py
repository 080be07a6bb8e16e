"""Special functions on JAX: the shared formulas, with the derivatives that they are given there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from dualgrad._formulas.named import Named
from dualgrad._formulas.special import Special
from dualgrad._rules.linear import real_only
from dualgrad._rules.shapes import broadcast_shapes
from dualgrad.backends.jax import nn
from dualgrad.backends.jax._arrays import HALVES, strong
from dualgrad.backends.jax._blocks import in_blocks
from dualgrad.backends.jax._formulas import Formulas
from dualgrad.backends.jax._promotion import freely
from dualgrad.backends.jax._traced import floating, floating_together, real, traced

__all__ = [
    "beta",
    "betainc",
    "betaincinv",
    "betaln",
    "boxcox",
    "boxcox1p",
    "comb",
    "dawsn",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp1",
    "expi",
    "expit",
    "expn",
    "exprel",
    "factorial",
    "fresnel",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammainccinv",
    "gammaincinv",
    "gammaln",
    "gammasgn",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "inv_boxcox",
    "inv_boxcox1p",
    "j0",
    "j1",
    "jn",
    "kl_div",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "loggamma",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "owens_t",
    "poch",
    "polygamma",
    "rel_entr",
    "sici",
    "softmax",
    "spence",
    "xlog1py",
    "xlogy",
    "zeta",
]

special = Special(Formulas())
named = Named(Formulas(), special)


# whose intermediate arrays took 4 to 1240 times the room of a result of a million numbers
_ROOMY = frozenset(
    f"special.{name}"
    for name in (
        *("beta", "betainc", "betaincinv", "betaln", "boxcox", "boxcox1p", "comb", "dawsn", "exp1", "expi", "expn"),
        *("fresnel", "gammainc", "gammaincc", "gammainccinv", "gammaincinv", "kl_div", "owens_t", "poch", "rel_entr"),
        "sici",
    )
)


@freely
def _call(name: str, fun: Callable[..., Array], *args: Any) -> Array:
    """`fun` of real arrays of one shape and dtype; the half precisions are computed in float32."""
    xs = floating_together(name, *args)
    dtype = xs[0].dtype
    if jnp.issubdtype(dtype, jnp.complexfloating):
        raise real_only(name, dtype.name)
    shape = broadcast_shapes(*[x.shape for x in xs], op=name)
    xs = [strong(jnp.broadcast_to(x, shape)) for x in xs]
    if name in _ROOMY:
        fun = functools.partial(in_blocks, fun)
    return fun(*[x.astype(jnp.float32) for x in xs]).astype(dtype) if dtype.name in HALVES else fun(*xs)


def _erfc64(x: Array) -> Array:
    """XLA rounds the square of `x` before its exponential: 300 units in the last place, which are undone here."""
    y = lax.erfc(x)
    head = x.astype(jnp.float32).astype(x.dtype)
    rest = x - head
    rounded = ((head * head - x * x) + 2.0 * head * rest) + rest * rest
    return jnp.where((x > 1.0) & (y > 0.0), y - y * rounded, y)


_tail = Formulas.with_partials(_erfc64, lambda x: -special.bell(x))


def _erfc(x: Array) -> Array:
    return _tail(x) if x.dtype == jnp.float64 else special.erfc(x)


def unary(name: str, fun: Callable[[Array], Array]) -> Callable[[Any], Array]:
    """A special function of one argument; integers take the default float."""
    full = f"special.{name}"

    def op(x: Any, /) -> Array:
        return _call(full, fun, x)

    op.__name__ = op.__qualname__ = name
    return traced(full)(op)


dawsn = unary("dawsn", named.dawson_of(0))
digamma = unary("digamma", special.psi(0))
entr = unary("entr", special.entr)
erf = unary("erf", special.erf)
erfc = unary("erfc", _erfc)
erfcinv = unary("erfcinv", special.erfcinv)
erfcx = unary("erfcx", special.erfcx)
erfinv = unary("erfinv", special.erfinv)
exp1 = unary("exp1", special.exp1)
expi = unary("expi", special.expi)
exprel = unary("exprel", named.exprel_of(0))
factorial = unary("factorial", special.factorial)
gamma = unary("gamma", special.gamma)
gammaln = unary("gammaln", special.gammaln)
gammasgn = unary("gammasgn", special.gammasgn)
i0 = unary("i0", special.bessel_i(0))
i0e = unary("i0e", special.bessel_ie(0))
i1 = unary("i1", special.bessel_i(1))
i1e = unary("i1e", special.bessel_ie(1))
j0 = unary("j0", special.bessel_j(0))
j1 = unary("j1", special.bessel_j(1))
log_ndtr = unary("log_ndtr", special.log_ndtr)
loggamma = unary("loggamma", special.loggamma)
logit = unary("logit", special.logit)
ndtr = unary("ndtr", special.ndtr)
ndtri = unary("ndtri", special.ndtri)
spence = unary("spence", named.spence)
expit = unary("expit", nn.sigmoid)
log_expit = unary("log_expit", nn.log_sigmoid)


@traced("special.beta")
def beta(a: Any, b: Any, /) -> Array:
    return _call("special.beta", special.beta, a, b)


@traced("special.betaln")
def betaln(a: Any, b: Any, /) -> Array:
    return _call("special.betaln", special.betaln, a, b)


@traced("special.comb")
def comb(n: Any, k: Any, /) -> Array:
    return _call("special.comb", special.comb, n, k)


@traced("special.expn")
def expn(n: Any, x: Any, /) -> Array:
    return _call("special.expn", special.expn, n, x)


@traced("special.gammainc")
def gammainc(a: Any, x: Any, /) -> Array:
    return _call("special.gammainc", special.gammainc, a, x)


@traced("special.gammaincc")
def gammaincc(a: Any, x: Any, /) -> Array:
    return _call("special.gammaincc", special.gammaincc, a, x)


@traced("special.kl_div")
def kl_div(x: Any, y: Any, /) -> Array:
    return _call("special.kl_div", special.kl_div, x, y)


@traced("special.polygamma")
def polygamma(n: Any, x: Any, /) -> Array:
    return _call("special.polygamma", special.polygamma, n, x)


@traced("special.rel_entr")
def rel_entr(x: Any, y: Any, /) -> Array:
    return _call("special.rel_entr", special.rel_entr, x, y)


@traced("special.xlog1py")
def xlog1py(x: Any, y: Any, /) -> Array:
    return _call("special.xlog1py", special.xlog1py, x, y)


@traced("special.xlogy")
def xlogy(x: Any, y: Any, /) -> Array:
    return _call("special.xlogy", special.xlogy, x, y)


@traced("special.zeta")
def zeta(x: Any, /, q: Any = None) -> Array:
    return _call("special.zeta", special.riemann, x) if q is None else _call("special.zeta", special.zeta, x, q)


@traced("special.betainc")
def betainc(a: Any, b: Any, x: Any, /) -> Array:
    return _call("special.betainc", special.betainc, a, b, x)


@traced("special.softmax", "axis")
def softmax(x: Any, /, axis: int | tuple[int, ...] | None = None) -> Array:
    return nn.softmax(real("special.softmax", x), axis)


@traced("special.log_softmax", "axis")
def log_softmax(x: Any, /, axis: int | tuple[int, ...] | None = None) -> Array:
    return nn.log_softmax(real("special.log_softmax", x), axis)


@traced("special.logsumexp", "axis", "keepdims")
def logsumexp(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Array:
    return nn.logsumexp(floating("special.logsumexp", x), axis, keepdims=keepdims)


@traced("special.gammaincinv")
def gammaincinv(a: Any, p: Any, /) -> Array:
    return _call("special.gammaincinv", special.gammaincinv, a, p)


@traced("special.gammainccinv")
def gammainccinv(a: Any, p: Any, /) -> Array:
    return _call("special.gammainccinv", special.gammainccinv, a, p)


@traced("special.betaincinv")
def betaincinv(a: Any, b: Any, p: Any, /) -> Array:
    return _call("special.betaincinv", special.betaincinv, a, b, p)


@traced("special.boxcox")
def boxcox(x: Any, lmbda: Any, /) -> Array:
    return _call("special.boxcox", named.box_cox_of(0, False), x, lmbda)


@traced("special.boxcox1p")
def boxcox1p(x: Any, lmbda: Any, /) -> Array:
    return _call("special.boxcox1p", named.box_cox_of(0, True), x, lmbda)


@traced("special.inv_boxcox")
def inv_boxcox(y: Any, lmbda: Any, /) -> Array:
    return _call("special.inv_boxcox", named.inv_boxcox, y, lmbda)


@traced("special.inv_boxcox1p")
def inv_boxcox1p(y: Any, lmbda: Any, /) -> Array:
    return _call("special.inv_boxcox1p", named.inv_boxcox1p, y, lmbda)


@traced("special.owens_t")
def owens_t(h: Any, a: Any, /) -> Array:
    return _call("special.owens_t", named.owens_t, h, a)


@traced("special.poch")
def poch(z: Any, m: Any, /) -> Array:
    return _call("special.poch", named.poch, z, m)


@traced("special.sici")
def sici(x: Any, /) -> tuple[Array, Array]:
    return _call("special.sici", named.sine_integral, x), _call("special.sici", named.cosine_integral, x)


@traced("special.fresnel")
def fresnel(x: Any, /) -> tuple[Array, Array]:
    return _call("special.fresnel", named.fresnel_sine, x), _call("special.fresnel", named.fresnel_cosine, x)


@traced("special.jn", "n")
def jn(n: int, x: Any, /) -> Array:
    return _call("special.jn", special.bessel_j(n), x)
