"""Devices and the host on torch."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._dtypes import WEAK
from dualgrad._precision import precision
from dualgrad._rules.arguments import foreign, shown
from dualgrad._rules.devices import KINDS, no_such_device, parse_device
from dualgrad._rules.nested import from_nested
from dualgrad._rules.transforms import concretization

__all__ = ["block_until_ready", "default_device", "device_put", "devices", "effects_barrier", "is_array", "to_numpy"]


def is_array(x: Any, /) -> bool:
    """Implements `dualgrad.is_array`."""
    return isinstance(x, Tensor)


def devices(kind: str | None = None, /) -> list[torch.device]:
    """Implements `dualgrad.devices`."""
    found = [*_accelerators(), torch.device("cpu")]
    if kind is None:
        return found
    kind, _ = parse_device("devices", kind)
    return [d for d in found if _is_kind(d, kind)]


def _accelerators() -> list[torch.device]:
    found = [torch.device("cuda", i) for i in range(torch.cuda.device_count())]
    if hasattr(torch, "xpu"):
        found += [torch.device("xpu", i) for i in range(torch.xpu.device_count())]
    if torch.backends.mps.is_available():
        found.append(torch.device("mps", 0))
    return found


def _is_kind(device: torch.device, kind: str) -> bool:
    if kind == "rocm":  # torch calls AMD's devices cuda
        return device.type == "cuda" and torch.version.hip is not None
    return device.type == kind or (kind == "gpu" and device.type != "cpu")


def default_device() -> torch.device:
    """Implements `dualgrad.default_device`."""
    return torch.get_default_device()


def resolve_device(op: str, device: Any) -> torch.device | None:
    """The device that the user asked for; `None` stays."""
    if device is None or isinstance(device, torch.device):
        return device
    if not isinstance(device, str):
        raise TypeError(
            f"dualgrad.{op}: a device must be one of the framework's own or a string such as 'cuda:1', got "
            f"{shown(device)}."
        )
    if device.partition(":")[0] not in KINDS:
        try:
            return torch.device(device)  # "meta" and the devices of plugins
        except RuntimeError:
            pass
    kind, number = parse_device(op, device)
    same = devices(kind)
    if (number or 0) >= len(same):
        raise no_such_device(op, device, devices())
    return same[number or 0]


def device_put(x: Any, /, device: Any = None) -> Any:
    """Implements `dualgrad.device_put`."""
    from dualgrad.backends.torch import tree
    from dualgrad.backends.torch.creation import asarray

    target = resolve_device("device_put", device)

    def put(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor | np.ndarray | np.generic) and type(leaf) not in WEAK:
            raise foreign("device_put", leaf, "torch")
        return asarray(leaf, device=target)

    return tree.map(put, x)


def block_until_ready(x: Any, /) -> Any:
    """Implements `dualgrad.block_until_ready`."""
    from dualgrad.backends.torch import tree

    busy = {leaf.device for leaf in tree.leaves(x) if isinstance(leaf, Tensor) and leaf.device.type != "cpu"}
    for device in busy:
        getattr(torch, device.type).synchronize(device)
    return x


def effects_barrier() -> None:
    """Implements `dualgrad.effects_barrier`: a callback takes its values to the host, so it ran within its call."""


def to_numpy(x: Any, /) -> np.ndarray[Any, Any]:
    """Implements `dualgrad.to_numpy`."""
    if isinstance(x, np.ndarray | np.generic):
        return np.array(x)
    if type(x) in WEAK:
        return np.array(from_nested("to_numpy", x, None, precision.x64))
    if not isinstance(x, Tensor):
        raise foreign("to_numpy", x, "torch")
    if x.requires_grad:  # its values, used on the host, would lose their gradient unnoticed
        raise concretization("", "to_numpy", "the values")
    try:
        host = x.detach().cpu().resolve_conj().resolve_neg()
        if host.dtype is torch.bfloat16:
            return _bfloat16(host)
        return np.array(host.numpy(force=True))  # forced, because derivatives may be zero tensors without storage
    except (RuntimeError, TypeError, ValueError) as error:  # wrapped by a transform, or fake: there is no storage
        raise concretization("", "to_numpy", "the values") from error


def _bfloat16(x: Tensor) -> np.ndarray[Any, Any]:
    try:
        bfloat16 = importlib.import_module("ml_dtypes").bfloat16
    except ImportError:
        return np.array(x.to(torch.float32).numpy())
    return np.array(x.contiguous().view(torch.int16).numpy()).view(bfloat16)
