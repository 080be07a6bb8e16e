# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""`x.view(dtype)` under `vmap` on torch before 2.13, which has no batching rule for it: keys are read that way.

The rule is registered only where torch has none; checked on torch 2.11 and 2.12.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch._functorch.pyfunctorch import retrieve_current_functorch_interpreter

__all__: list[str] = []

BATCHED: Final = "FuncTorchBatched"
_outside = torch._C.DispatchKeySet(torch._C.DispatchKey.FuncTorchBatched)


def _mapped_view(x: Tensor, dtype: torch.dtype) -> Tensor:
    level = retrieve_current_functorch_interpreter().level()
    value, axis = torch._C._functorch._unwrap_batched(x, level)
    with torch._C._ExcludeDispatchKeyGuard(_outside):
        if axis is None:
            return value.view(dtype)
        return torch._C._functorch._add_batch_dim(value.movedim(axis, 0).view(dtype), 0, level)


if not torch._C._dispatch_has_kernel_for_dispatch_key("aten::view.dtype", BATCHED):
    _library = torch.library.Library("aten", "IMPL")
    _library.impl("view.dtype", _mapped_view, BATCHED)
