# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""What Inductor makes of operations of ours."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch

from dualgrad.backends.torch._private.rests import lower_rests
from dualgrad.backends.torch._private.round_trips import lower_rounded
from dualgrad.backends.torch._private.whole import imported, in_one_piece

__all__ = ["lower_pointwise", "lower_to_order", "lower_unary", "prepare_inductor"]

# What Inductor imports at its first compilation, of which some registers operations.
_MODULES: Final = (
    "torch._inductor.compile_fx",
    "torch._inductor.async_compile",
    "torch._inductor.codecache",
    "torch._inductor.codegen.cpp",
    "torch._inductor.codegen.wrapper",
    "torch._inductor.lowering",
    "torch._inductor.scheduler",
)

_registering = threading.Lock()
# Registered at the first compilation: Inductor takes a second to import.
_LOWERINGS: list[Callable[[], None]] = [lower_rests, lower_rounded]


def prepare_inductor() -> None:
    """Inductor imported, and told of our operations."""
    imported(*_MODULES)

    def register() -> None:
        with _registering:
            while _LOWERINGS:
                _LOWERINGS.pop()()

    if _LOWERINGS:
        in_one_piece(register)


def lower_pointwise(op: Any, body: Callable[..., Any]) -> None:
    """Tell Inductor that `op` is an elementwise loop, to be fused with those around it.

    Args:
        op: An overload of the dispatcher whose last argument is a `bool` and whose others are int32 tensors.
        body: Given Inductor's `ops`, the `bool` and a value of each tensor, the result: int64 if the `bool`, else
        int32.
    """

    def register() -> None:
        from torch._inductor.lowering import make_pointwise, register_lowering
        from torch._inductor.virtualized import ops

        @register_lowering(op, broadcast=True, type_promotion_kind=None)
        def _(*args: Any) -> Any:
            *tensors, wide = args
            inner = functools.partial(body, ops, wide)
            return make_pointwise(inner, override_return_dtype=torch.int64 if wide else torch.int32)(*tensors)

    _LOWERINGS.append(register)


def lower_unary(op: Any, body: Callable[..., Any], wide: bool = False) -> None:
    """Tell Inductor that `op` of a tensor on a CPU is an elementwise loop; of float64 the operator is called.

    The half precisions are computed in float32, and rounded.

    Args:
        op: An overload of the dispatcher of one tensor.
        body: Given Inductor's `ops` and a float32 value, the result.
        wide: Whether `body` is that of float64 values, too.
    """

    def register() -> None:
        from torch._inductor.lowering import fallback_handler, make_pointwise, register_lowering, to_dtype
        from torch._inductor.virtualized import ops

        otherwise = fallback_handler(op, add_to_fallback_set=False)

        @register_lowering(op, broadcast=True, type_promotion_kind=None)
        def _(x: Any) -> Any:
            dtype = x.get_dtype()
            if (dtype is torch.float64 and not wide) or x.get_device().type != "cpu":
                return otherwise(x)
            taken = dtype if dtype is torch.float64 else torch.float32
            return to_dtype(make_pointwise(functools.partial(body, ops))(to_dtype(x, taken)), dtype)

    _LOWERINGS.append(register)


def lower_to_order(op: Any, hold: Any) -> None:
    """Tell Inductor that `op` gives its first tensors as they are, but not before all of its tensors are there.

    Args:
        op: An overload of the dispatcher of two lists of tensors.
        hold: One of the same arguments that does nothing, and says that it updates the first ones in place: who reads
            them after it stays behind it, and nothing is copied.
    """

    def register() -> None:
        from torch._inductor.lowering import fallback_handler, register_lowering

        held = fallback_handler(hold, add_to_fallback_set=False)

        @register_lowering(op, type_promotion_kind=None)
        def _(xs: Sequence[Any], after: Sequence[Any]) -> Any:
            for x in (*xs, *after):
                x.realize()
            held(list(xs), list(after))
            return list(xs)

    _LOWERINGS.append(register)
