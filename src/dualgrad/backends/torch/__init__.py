"""The PyTorch backend: see README.md in this folder for how its transforms work."""

from __future__ import annotations

name = "torch"
