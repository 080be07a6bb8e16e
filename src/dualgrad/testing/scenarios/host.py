"""The ops on devices and the host compute nothing: no rows."""

from __future__ import annotations

from typing import Final

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS", "UNTABLED"]

ROWS: Final[tuple[Scenario, ...]] = ()
_WHY = "computes nothing; tests/ops/test_host.py"
UNTABLED = dict.fromkeys(
    ("block_until_ready", "default_device", "device_put", "devices", "effects_barrier", "is_array", "to_numpy"), _WHY
)
