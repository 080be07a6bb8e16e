"""Which formula is the derivative of which: the special functions of a backend, made from its namespace."""

from __future__ import annotations

from dualgrad._formulas.families.bessel import BesselFamily
from dualgrad._formulas.families.entropies import EntropyFamily
from dualgrad._formulas.families.errors import ErrorFamily
from dualgrad._formulas.families.incomplete_beta import IncompleteBetaFamily
from dualgrad._formulas.families.incomplete_gamma import IncompleteGammaFamily

__all__ = ["Special"]


class Special(IncompleteGammaFamily, IncompleteBetaFamily, ErrorFamily, EntropyFamily, BesselFamily):
    """All families over one namespace; see `Family`."""
