"""The rounds of threefry2x32, in whatever arithmetic: torch's tensors, Inductor's values or names in C++.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.
"""

from __future__ import annotations

from typing import Any, Final

__all__ = ["PARITY", "ROTATIONS", "rounds"]

ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY: Final = 0x1BD11BDA


def rounds(k0: Any, k1: Any, x0: Any, x1: Any, rotate: Any, parity: Any, add: Any, xor: Any, const: Any) -> Any:
    """The cipher, in whatever arithmetic `rotate`, `add` and `xor` do."""
    ks = (k0, k1, xor(xor(k0, k1), parity))
    x0, x1 = add(x0, k0), add(x1, k1)
    for i in range(5):
        for r in ROTATIONS[i % 2]:
            x0 = add(x0, x1)
            x1 = xor(x0, rotate(x1, r))
        x0 = add(x0, ks[(i + 1) % 3])
        x1 = add(add(x1, ks[(i + 2) % 3]), const(i + 1))
    return x0, x1
