"""Special functions under SciPy's names, with derivatives in every argument that has one.

Values are computed in float64 by the same formulas on every backend, also in 32-bit mode, and rounded to the dtype of
the arguments. Those that models are made of (the error and normal functions and their inverses, `logit`, `gammaln`,
`digamma`, `i0e`, `i1e`) have formulas in float32 too, which cost what the frameworks' own cost and are right to 8 units
in the last place, away from zeros left of 0. What NumPy has too (`dg.sinc`) is not repeated here.
"""

from __future__ import annotations

from dualgrad.special._bessel import bessel_jn, i0, i0e, i1, i1e, j0, j1, jn, sph_harm_y
from dualgrad.special._box_cox import boxcox, boxcox1p, exprel, inv_boxcox, inv_boxcox1p
from dualgrad.special._errors import erf, erfc, erfcinv, erfcx, erfinv, exp1, expi, expn, log_ndtr, ndtr, ndtri
from dualgrad.special._gamma import (
    bernoulli,
    beta,
    betaln,
    comb,
    digamma,
    factorial,
    gamma,
    gammaln,
    gammasgn,
    loggamma,
    multigammaln,
    poch,
    polygamma,
    psi,
    zeta,
)
from dualgrad.special._incomplete import betainc, betaincinv, gammainc, gammaincc, gammainccinv, gammaincinv
from dualgrad.special._information import entr, kl_div, rel_entr, xlog1py, xlogy
from dualgrad.special._integrals import dawsn, fresnel, owens_t, sici, spence, wofz
from dualgrad.special._logistic import expit, log_expit, log_softmax, logit, logsumexp, softmax

__all__ = [
    "bernoulli",
    "bessel_jn",
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
    "multigammaln",
    "ndtr",
    "ndtri",
    "owens_t",
    "poch",
    "polygamma",
    "psi",
    "rel_entr",
    "sici",
    "softmax",
    "spence",
    "sph_harm_y",
    "wofz",
    "xlog1py",
    "xlogy",
    "zeta",
]
__dir__ = __all__.copy  # what completion offers
