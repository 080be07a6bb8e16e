"""What the array API asks a namespace to say of itself: its version, dtypes and devices."""

from __future__ import annotations

from typing import Final

from dualgrad._active import active
from dualgrad._dtypes import DTYPES, DType, narrowed
from dualgrad._rules.dtypes import is_kind
from dualgrad.typing import Device

__all__ = ["__array_api_version__", "__array_namespace_info__"]

__array_api_version__: Final = "2025.12"


class _Info:
    """The answers of the backend and the precision in force when a method is called."""

    def capabilities(self) -> dict[str, bool | int | None]:
        """What arrays can do outside `jit` and `vmap`, where a shape cannot depend on data."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Device:
        """The device that new arrays are made on."""
        return active.backend.default_device()

    def default_dtypes(self, *, device: Device | None = None) -> dict[str, DType]:
        """The dtypes of numbers and indices that are given none; the same on each device."""
        of = active.backend.result_type
        integer: DType = of(int)
        return {
            "real floating": of(float),
            "complex floating": of(complex),
            "integral": integer,
            "indexing": integer,
        }

    def devices(self) -> tuple[Device, ...]:
        """The devices that arrays can be made on here."""
        return tuple(active.backend.devices())

    def dtypes(self, *, device: Device | None = None, kind: str | tuple[str, ...] | None = None) -> dict[str, DType]:
        """The standard's dtypes of a kind that are switched on, by name; the same on each device."""
        x64 = active.backend.x64_enabled()
        return {
            name: dtype
            for name, dtype in DTYPES.items()
            if name not in ("bfloat16", "float16")
            and narrowed(name, x64) == name
            and (kind is None or is_kind(name, kind))
        }


def __array_namespace_info__() -> _Info:
    """An object that tells which devices and dtypes there are, by the methods that the standard lists.

    Returns:
        The object; what it tells is asked of the active backend at each call of a method.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.__array_namespace_info__().default_dtypes()["real floating"]
        dualgrad.float32

    Source: Array API 2025.12, `__array_namespace_info__`.
    """
    return _Info()
