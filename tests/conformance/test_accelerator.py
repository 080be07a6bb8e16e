"""On an accelerator results lie where the arguments do, and nothing is read back or made on the host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "stand_in_device.py"


@pytest.mark.parametrize("backend", ["torch"])
def test_every_op_stays_on_the_device_of_its_arguments(backend: str) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=300, check=False)
    *failing, last = done.stdout.splitlines() or [done.stderr]
    assert done.returncode == 0, done.stderr
    assert last.endswith(" rows"), last
    assert int(last.split()[0]) > 800
    assert not failing, "\n".join(failing)
