"""Options of `dg.lax` that JAX has as enumerations. JAX's own, and the names, serve as well."""

from __future__ import annotations

import enum
from typing import TypeVar

from dualgrad._rules.arguments import shown

__all__ = ["FftType", "Precision", "RoundingMethod", "as_fft_type", "as_rounding"]

E = TypeVar("E", bound=enum.Enum)


class FftType(enum.Enum):
    """Which transform `lax.fft` is.

    Example:
        >>> dg.lax.FftType.RFFT.name
        'RFFT'

    Source: `jax.lax.FftType`.
    """

    FFT = 0
    IFFT = 1
    RFFT = 2
    IRFFT = 3


class Precision(enum.Enum):
    """How exactly float32 is multiplied; in lower case the names serve as well.

    Example:
        >>> float(dg.matmul(dg.ones(2), dg.ones(2), precision=dg.lax.Precision.HIGHEST))
        2.0

    Source: `jax.lax.Precision`.
    """

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2


class RoundingMethod(enum.Enum):
    """Where `lax.round` takes a half.

    Example:
        >>> float(dg.lax.round(dg.asarray(2.5), dg.lax.RoundingMethod.TO_NEAREST_EVEN))
        2.0

    Source: `jax.lax.RoundingMethod`.
    """

    AWAY_FROM_ZERO = 0
    TO_NEAREST_EVEN = 1


def as_rounding(method: object) -> RoundingMethod:
    """A rounding method, from JAX's own or its name.

    Raises:
        ValueError: It is none.
    """
    return _member("lax.round", "rounding_method", RoundingMethod, method)


def as_fft_type(kind: object) -> FftType:
    """A transform, from JAX's own or its name.

    Raises:
        ValueError: It is none.
    """
    return _member("lax.fft", "fft_type", FftType, kind)


def _member(op: str, name: str, family: type[E], value: object) -> E:
    key = getattr(value, "name", value)
    found = family.__members__.get(key.upper()) if isinstance(key, str) else None
    if found is None:
        raise ValueError(
            f"dualgrad.{op}: {name} must be one of {', '.join(family.__members__)}, got {name}={shown(value)}."
        )
    return found
