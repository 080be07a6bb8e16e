"""Tools to test code written with dualgrad, and to test backends of dualgrad.

`check_grads` holds derivatives against finite differences, `assert_backends_agree` one backend against another,
`conformance` a backend against the scenario table. `dualgrad.testing.strategies` has Hypothesis strategies, and the
pytest plugin gives tests the fixtures `backend` and `x64`.
"""

from __future__ import annotations

from dualgrad.testing.agreement import assert_backends_agree as assert_backends_agree
from dualgrad.testing.conformance import conformance as conformance
from dualgrad.testing.gradcheck import check_grads as check_grads
from dualgrad.testing.scenario import Gap as Gap
from dualgrad.testing.scenario import Point as Point
from dualgrad.testing.scenario import Scenario as Scenario

__all__ = ["Gap", "Point", "Scenario", "assert_backends_agree", "check_grads", "conformance"]
__dir__ = __all__.copy  # what completion offers
