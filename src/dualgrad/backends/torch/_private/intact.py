# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""A thread as it was, after an exception that may have fallen anywhere.

Python raises what a signal asks for, `KeyboardInterrupt` or an alarm's error, between any two instructions; so also
where a context manager of torch's has changed the thread and not yet entered its block, or leaves it. A level of
`torch.func`, a mode or a switch that stays makes every later transform of the thread wrong.
"""

from __future__ import annotations

import contextlib
import sys
from types import TracebackType
from typing import Any, Final

import torch
from torch._C import _functorch as functorch
from torch._C._functorch import TransformType
from torch.utils import _python_dispatch

from dualgrad.backends.torch._private.duals import SharedLevel

__all__ = ["intact"]

_level: Final[Any] = functorch.maybe_current_level
_modes: Final[Any] = _python_dispatch._get_current_dispatch_mode_stack
_count_modes: Final[Any] = torch._C._len_torch_dispatch_stack
_count_functions: Final[Any] = torch._C._len_torch_function_stack
_included: Final[Any] = torch._C._dispatch_tls_local_include_set
_excluded: Final[Any] = torch._C._dispatch_tls_local_exclude_set
_SWITCHED: Final = [  # the dispatch keys that tracing, fake tensors and functorch switch on and off
    getattr(torch._C.DispatchKey, name)
    for name in (
        "Python",
        "PythonTLSSnapshot",
        "PythonDispatcher",
        "PreDispatch",
        "Functionalize",
        "ADInplaceOrView",
        "AutogradFunctionality",
        "Dense",
        "FuncTorchDynamicLayerFrontMode",
        "FuncTorchDynamicLayerBackMode",
        "FuncTorchBatched",
        "FuncTorchVmapMode",
        "FuncTorchGradWrapper",
    )
]
_ENDS: Final[dict[Any, Any]] = {
    TransformType.Grad: functorch._grad_decrement_nesting,
    TransformType.Jvp: functorch._jvp_decrement_nesting,
    TransformType.Vmap: functorch._vmap_decrement_nesting,
    TransformType.Functionalize: functorch._func_decrement_nesting,
}


class intact:
    """A block that leaves the thread's levels, modes and switches as they were if an exception ends it."""

    __slots__ = ("functions", "handled", "keys", "level", "modes", "number", "switches")

    def __enter__(self) -> None:
        self.level = _level() or 0
        self.modes = _modes() if _count_modes() else []
        self.functions = _count_functions()
        self.keys = _included(), _excluded()
        self.switches = torch.is_grad_enabled(), torch._C._is_fwd_grad_enabled()
        self.number = next(SharedLevel.numbers)
        self.handled = sys.exc_info()[1]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            return
        interrupt = _behind(error, self.handled)
        for each in (tb, interrupt and interrupt.__traceback__):
            _end_blocks(each)
        SharedLevel.leave(self.number)
        while (_level() or 0) > self.level:
            _ENDS[functorch.peek_interpreter_stack().key()]()
        if _modes() != self.modes:
            _reset_modes(self.modes)
        while _count_functions() > self.functions:
            torch._C._pop_torch_function_stack()
        _reset_keys(_included, torch._C._dispatch_tls_set_dispatch_key_included, self.keys[0])
        _reset_keys(_excluded, torch._C._dispatch_tls_set_dispatch_key_excluded, self.keys[1])
        torch._C._set_grad_enabled(self.switches[0])
        torch._C._set_fwd_grad_enabled(self.switches[1])
        if interrupt is not None:
            raise interrupt


def _end_blocks(tb: TracebackType | None) -> None:
    """End the blocks of generators that were interrupted on their way in: only the traceback still holds them."""
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == contextlib.__file__:
            with contextlib.suppress(RuntimeError):  # one that runs
                tb.tb_frame.clear()
        tb = tb.tb_next


def _reset_modes(modes: list[Any]) -> None:
    while _count_modes():
        torch._C._pop_torch_dispatch_stack(None)
    for mode in modes:
        torch._C._push_on_torch_dispatch_stack(mode)
    if not modes:  # what Dynamo asks, and whose own book-keeping the modes did not come to
        _python_dispatch._is_in_torch_dispatch_mode = False
        _python_dispatch._is_in_non_infra_torch_dispatch_mode = False
        _python_dispatch._is_in_any_mode_without_ignore_compile_internals = False


def _reset_keys(now: Any, change: Any, before: Any) -> None:
    after = now()
    for key in _SWITCHED if after != before else ():
        if after.has(key) != before.has(key):
            change(key, before.has(key))


def _behind(error: BaseException, handled: BaseException | None) -> BaseException | None:
    """The interrupt that was raised in the block before `error`, which torch's way out made of it."""
    cause = error.__context__
    while isinstance(error, Exception) and cause is not None and cause is not handled:
        if not isinstance(cause, Exception):
            return cause
        cause = cause.__context__
    return None
