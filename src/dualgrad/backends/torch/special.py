"""Special functions on PyTorch: the shared formulas, with the derivatives that they are given there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._formulas.named import Named
from dualgrad._formulas.special import Special
from dualgrad._rules.arguments import flag
from dualgrad._rules.linear import real_only
from dualgrad._rules.shapes import broadcast_shapes
from dualgrad.backends.torch import nn
from dualgrad.backends.torch._arrays import COMPLEX, HALVES, NAMES, inexact, promote_inexact, real
from dualgrad.backends.torch._eager.special import at_hand
from dualgrad.backends.torch._elementwise import is_finite
from dualgrad.backends.torch._formulas import Formulas, hasten
from dualgrad.backends.torch._private import is_at_hand, is_plain

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
_SINGLE = frozenset({torch.float32, torch.float64})


def _call(name: str, fun: Callable[..., Tensor], *args: Any) -> Tensor:
    """`fun` of real tensors of one shape and dtype; the half precisions are computed in float32."""
    xs = promote_inexact(name, *args) if len(args) > 1 else [inexact(name, x) for x in args]
    dtype = xs[0].dtype
    if dtype in COMPLEX:
        raise real_only(name, NAMES[dtype])
    if len({x.shape for x in xs}) > 1:
        shape = broadcast_shapes(*[x.shape for x in xs], op=name)
        xs = [x.expand(shape) for x in xs]
    if dtype is torch.float32:
        quick = at_hand(name, xs)
        if quick is not None:
            return quick
    return fun(*[x.float() for x in xs]).to(dtype) if dtype in HALVES else fun(*xs)


def _gammaln_right(x: Tensor) -> Tensor | None:
    """Torch's own is exact to the last digit for positive arguments, and only for those."""
    if x.device.type == "cpu" and not torch.compiler.is_compiling() and bool((x > 0).all()):
        return torch.lgamma(x)
    return None


def unary(
    name: str,
    fun: Callable[[Tensor], Tensor],
    native: Callable[[Tensor], Tensor | None] | None = None,
    *,
    smooth: bool = False,
) -> Callable[[Any], Tensor]:
    """A special function of one argument; integers take the default float.

    Args:
        name: Its name.
        fun: The function, with its derivatives.
        native: A kernel of torch's own that is as accurate in both precisions (`tools/accuracy.py` measures it) and
            quicker; it serves where nothing differentiates, maps or traces, and it gives no `None`.
        smooth: Whether plain autograd has its derivatives of every order right, for finite arguments.
    """
    full = f"special.{name}"

    def op(x: Any, /) -> Tensor:
        if native is not None and type(x) is Tensor and x.dtype in _SINGLE and is_plain():
            serves = not x.requires_grad or (smooth and is_at_hand(x) and is_finite(x.detach()))
            out = native(x) if serves else None
            if out is not None:
                return out
        return _call(full, fun, x)

    def quick(xs: Sequence[Tensor]) -> Tensor | None:
        return native(xs[0]) if native is not None and xs[0].dtype in _SINGLE else at_hand(full, xs)

    hasten(fun, quick)
    op.__name__ = op.__qualname__ = name
    return op


dawsn = unary("dawsn", named.dawson_of(0))
digamma = unary("digamma", special.psi(0))
entr = unary("entr", special.entr)
erf = unary("erf", special.erf, torch.erf, smooth=True)
erfc = unary("erfc", special.erfc, torch.erfc, smooth=True)
erfcinv = unary("erfcinv", special.erfcinv)
erfcx = unary("erfcx", special.erfcx)
erfinv = unary("erfinv", special.erfinv, torch.erfinv)
exp1 = unary("exp1", special.exp1)
expi = unary("expi", special.expi)
exprel = unary("exprel", named.exprel_of(0))
factorial = unary("factorial", special.factorial)
gamma = unary("gamma", special.gamma)
gammaln = unary("gammaln", special.gammaln, _gammaln_right)
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

for _name in ("beta", "betaln", "kl_div", "polygamma", "rel_entr", "xlog1py", "xlogy"):
    hasten(getattr(special, _name), functools.partial(at_hand, f"special.{_name}"))
# of families that are called by functions of their names
hasten(special.gammainc_of(0, False), functools.partial(at_hand, "special.gammainc"))
hasten(special.gammainc_of(0, True), functools.partial(at_hand, "special.gammaincc"))
hasten(special.zeta_of(0), functools.partial(at_hand, "special.zeta"))


def beta(a: Any, b: Any, /) -> Tensor:
    return _call("special.beta", special.beta, a, b)


def betaln(a: Any, b: Any, /) -> Tensor:
    return _call("special.betaln", special.betaln, a, b)


def comb(n: Any, k: Any, /) -> Tensor:
    return _call("special.comb", special.comb, n, k)


def expn(n: Any, x: Any, /) -> Tensor:
    return _call("special.expn", special.expn, n, x)


def gammainc(a: Any, x: Any, /) -> Tensor:
    return _call("special.gammainc", special.gammainc, a, x)


def gammaincc(a: Any, x: Any, /) -> Tensor:
    return _call("special.gammaincc", special.gammaincc, a, x)


def kl_div(x: Any, y: Any, /) -> Tensor:
    return _call("special.kl_div", special.kl_div, x, y)


def polygamma(n: Any, x: Any, /) -> Tensor:
    return _call("special.polygamma", special.polygamma, n, x)


def rel_entr(x: Any, y: Any, /) -> Tensor:
    return _call("special.rel_entr", special.rel_entr, x, y)


def xlog1py(x: Any, y: Any, /) -> Tensor:
    return _call("special.xlog1py", special.xlog1py, x, y)


def xlogy(x: Any, y: Any, /) -> Tensor:
    return _call("special.xlogy", special.xlogy, x, y)


def zeta(x: Any, /, q: Any = None) -> Tensor:
    return _call("special.zeta", special.riemann, x) if q is None else _call("special.zeta", special.zeta, x, q)


def betainc(a: Any, b: Any, x: Any, /) -> Tensor:
    return _call("special.betainc", special.betainc, a, b, x)


def softmax(x: Any, /, axis: int | tuple[int, ...] | None = None) -> Tensor:
    return nn.softmax(real("special.softmax", x), axis)


def log_softmax(x: Any, /, axis: int | tuple[int, ...] | None = None) -> Tensor:
    return nn.log_softmax(real("special.log_softmax", x), axis)


def logsumexp(x: Any, /, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
    keepdims = flag("special.logsumexp", "keepdims", keepdims)
    return nn.logsumexp(inexact("special.logsumexp", x), axis, keepdims=keepdims)


def gammaincinv(a: Any, p: Any, /) -> Tensor:
    return _call("special.gammaincinv", special.gammaincinv, a, p)


def gammainccinv(a: Any, p: Any, /) -> Tensor:
    return _call("special.gammainccinv", special.gammainccinv, a, p)


def betaincinv(a: Any, b: Any, p: Any, /) -> Tensor:
    return _call("special.betaincinv", special.betaincinv, a, b, p)


def boxcox(x: Any, lmbda: Any, /) -> Tensor:
    return _call("special.boxcox", named.box_cox_of(0, False), x, lmbda)


def boxcox1p(x: Any, lmbda: Any, /) -> Tensor:
    return _call("special.boxcox1p", named.box_cox_of(0, True), x, lmbda)


def inv_boxcox(y: Any, lmbda: Any, /) -> Tensor:
    return _call("special.inv_boxcox", named.inv_boxcox, y, lmbda)


def inv_boxcox1p(y: Any, lmbda: Any, /) -> Tensor:
    return _call("special.inv_boxcox1p", named.inv_boxcox1p, y, lmbda)


def owens_t(h: Any, a: Any, /) -> Tensor:
    return _call("special.owens_t", named.owens_t, h, a)


def poch(z: Any, m: Any, /) -> Tensor:
    return _call("special.poch", named.poch, z, m)


def sici(x: Any, /) -> tuple[Tensor, Tensor]:
    return _call("special.sici", named.sine_integral, x), _call("special.sici", named.cosine_integral, x)


def fresnel(x: Any, /) -> tuple[Tensor, Tensor]:
    return _call("special.fresnel", named.fresnel_sine, x), _call("special.fresnel", named.fresnel_cosine, x)


def jn(n: int, x: Any, /) -> Tensor:
    return _call("special.jn", special.bessel_j(n), x)
