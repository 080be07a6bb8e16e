"""`platform_dependent`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.control import check_platforms
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import as_tensor
from dualgrad.backends.torch.host import default_device

__all__ = ["platform_dependent"]


def platform_dependent(args: Sequence[Any], branches: Mapping[str, Callable[..., Any]]) -> Any:
    """What the function for the platform of the arguments gives; the device is known when the program is traced."""
    devices = [x.device.type for x in tree.leaves(args) if isinstance(x, Tensor)]
    platform = devices[0] if devices else default_device().type
    if platform == "cuda" and torch.version.hip:
        platform = "rocm"
    check_platforms([name for name in branches if name != "default"], "default" in branches, platform)
    out = branches[platform if platform in branches else "default"](*args)
    return tree.map(lambda x: x if isinstance(x, Tensor) else as_tensor("lax.platform_dependent", x), out)
