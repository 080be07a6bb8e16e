"""Whether a transform or a trace is open (checked on JAX 0.10, 0.11 and 0.12)."""

from __future__ import annotations

from jax._src.core import trace_state_clean

__all__ = ["is_transformed"]


def is_transformed() -> bool:
    """Whether what is called now is differentiated, mapped or traced, whatever its arguments are."""
    return not trace_state_clean()
