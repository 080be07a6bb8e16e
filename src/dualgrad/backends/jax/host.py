"""Devices and the host on JAX."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax import core

from dualgrad._dtypes import WEAK
from dualgrad._rules.arguments import foreign, shown
from dualgrad._rules.devices import KINDS, no_such_device, parse_device
from dualgrad._rules.nested import from_nested
from dualgrad._rules.transforms import concretization
from dualgrad.backends.jax._arrays import x64

__all__ = ["block_until_ready", "default_device", "device_put", "devices", "effects_barrier", "is_array", "to_numpy"]


def is_array(x: Any, /) -> bool:
    """Implements `dualgrad.is_array`."""
    return isinstance(x, jax.Array)


def devices(kind: str | None = None, /) -> list[Any]:
    """Implements `dualgrad.devices`."""
    if kind is None:
        found = jax.devices()
        return found if found[0].platform == "cpu" else found + _of_kind("cpu")
    kind, _ = parse_device("devices", kind)
    return _of_kind(kind)


def _of_kind(kind: str) -> list[Any]:
    try:
        return jax.devices(kind)
    except RuntimeError:  # JAX's way to say that there are none
        return []


def default_device() -> Any:
    """Implements `dualgrad.default_device`."""
    chosen = jax.config.jax_default_device  # pyright: ignore[reportAttributeAccessIssue]  # defined at run time
    if chosen is None:
        return jax.devices()[0]
    return resolve_device("default_device", chosen)


def resolve_device(op: str, device: Any) -> Any:
    """The device that the user asked for; `None` and shardings stay."""
    if device is None or isinstance(device, jax.Device | jax.sharding.Sharding):
        return device
    if not isinstance(device, str):
        raise TypeError(
            f"dualgrad.{op}: a device must be one of the framework's own or a string such as 'cuda:1', got "
            f"{shown(device)}."
        )
    name = device.partition(":")[0]
    kind, number = (name, None) if name and name not in KINDS and _of_kind(name) else parse_device(op, device)
    same = _of_kind(kind)
    if (number or 0) >= len(same):
        raise no_such_device(op, device, devices())
    return same[number or 0]


def device_put(x: Any, /, device: Any = None) -> Any:
    """Implements `dualgrad.device_put`."""
    from dualgrad.backends.jax.creation import asarray

    target = resolve_device("device_put", device)

    def convert(leaf: Any) -> Any:
        if not isinstance(leaf, jax.Array | np.ndarray | np.generic) and type(leaf) not in WEAK:
            raise foreign("device_put", leaf, "jax")
        return leaf if isinstance(leaf, jax.Array) else asarray(leaf)

    return jax.device_put(jax.tree_util.tree_map(convert, x), target)


def block_until_ready(x: Any, /) -> Any:
    """Implements `dualgrad.block_until_ready`."""
    return jax.block_until_ready(x)


def effects_barrier() -> None:
    """Implements `dualgrad.effects_barrier`."""
    jax.effects_barrier()


def to_numpy(x: Any, /) -> np.ndarray[Any, Any]:
    """Implements `dualgrad.to_numpy`."""
    if isinstance(x, core.Tracer):
        raise concretization("", "to_numpy", "the values")
    if isinstance(x, jax.Array | np.ndarray | np.generic):
        return np.array(x)
    if type(x) in WEAK:
        return np.array(from_nested("to_numpy", x, None, x64()))
    raise foreign("to_numpy", x, "jax")
