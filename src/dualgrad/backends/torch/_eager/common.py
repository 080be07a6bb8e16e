"""What the quick ways share."""

from __future__ import annotations

from typing import Final

import torch

__all__ = ["FLOATS", "INDICES"]

FLOATS: Final = frozenset({torch.float32, torch.float64})
INDICES: Final = frozenset({torch.int32, torch.int64})
