# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""Operators that users register with PyTorch, below its transforms: their own rules for reverse mode and `vmap` hold.

PyTorch (2.13) makes an `autograd.Function` of `torch.library.register_autograd` that no transform takes, and its
forward mode passes by: `torch.func.jvp` gives 0 for the derivative of such an operator. So each of them is told what it
does where a transform meets it, and plain autograd stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import optree
import torch
from torch import Tensor
from torch._library import autograd as registering
from torch._library import custom_ops
from torch._library.utils import fill_defaults

from dualgrad._rules.custom import forward_registered
from dualgrad.backends.torch._private.autograd import Function
from dualgrad.backends.torch._private.levels import current_level, no_levels

__all__ = ["transform_registered"]

_WHERE_TRANSFORMS_BEGIN: Final = "FuncTorchDynamicLayerFrontMode"
_libraries: Final[dict[str, torch.library.Library]] = {}  # what they hold is gone with them


def transform_registered() -> None:
    """Let operators with a gradient of their own be transformed: those that there are, and each from now on."""
    plain = registering.make_autograd_impl
    if hasattr(plain, "_dualgrad"):  # by another copy of this module
        return

    def make_autograd_impl(op: Any, info: Any) -> Callable[..., Any]:
        _transform(op, info)
        return plain(op, info)

    vars(make_autograd_impl)["_dualgrad"] = True
    registering.make_autograd_impl = make_autograd_impl
    for info in list(custom_ops.OPDEFS.values()):
        _transform(info._opoverload, info)


def _transform(op: Any, info: Any) -> None:
    """Register what `op` does below a transform; one of PyTorch's own or that changes its arguments is left to it."""
    schema, by = op._schema, getattr(info, "_init_fn", None)
    if schema.is_mutable or getattr(by, "__module__", "").partition(".")[0] == "torch":
        return
    library = getattr(info, "_lib", None)
    if library is None:
        library = _libraries[schema.name] = torch.library.Library(op.namespace, "FRAGMENT")
    name = schema.name.split("::")[1] + (f".{schema.overload_name}" if schema.overload_name else "")
    keywords = [a.name for a in schema.arguments if a.kwarg_only]

    def below_transform(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = fill_defaults(schema, args, kwargs)
        call = _Call(op, info, keywords, (list(args), [kwargs[k] for k in keywords]))
        if not any([isinstance(x, Tensor) for x in call.leaves]):
            with no_levels():
                return op(*args, **kwargs)
        return call.restored(_Registered.apply(call, *call.leaves))

    library.impl(name, below_transform, _WHERE_TRANSFORMS_BEGIN)


class _Call:
    """One call of an operator: its lists of tensors taken apart, because a function has tensors alone."""

    def __init__(self, op: Any, info: Any, keywords: Sequence[str], given: Any) -> None:
        self.op = op
        self.info = info
        self.keywords = keywords
        self.leaves, self.spec = optree.tree_flatten(given, none_is_leaf=True)
        self.outputs: Any = None

    def given(self, leaves: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Its arguments as the operator takes them."""
        given: Any = optree.tree_unflatten(self.spec, leaves)
        args, rest = given
        return args, dict(zip(self.keywords, rest, strict=True))

    def run(self, leaves: Sequence[Any]) -> Tensor | tuple[Tensor, ...]:
        """The operator, its results beside each other."""
        args, kwargs = self.given(leaves)
        outs, self.outputs = optree.tree_flatten(self.op(*args, **kwargs), none_is_leaf=True)
        return outs[0] if len(outs) == 1 else tuple(outs)

    def restored(self, outs: Any) -> Any:
        """Results, or their cotangents, as the operator gives them."""
        return optree.tree_unflatten(self.outputs, outs if isinstance(outs, tuple) else [outs])

    def cotangents(self, found: Any) -> list[Any]:
        """One for each leaf, of what a rule gives: one for each argument, where None stands for a whole list too."""
        args, _ = optree.tree_unflatten(self.spec, self.leaves)
        found = list(found) if isinstance(found, tuple) else [found]
        spread: list[Any] = []
        for value, like in zip(found, args, strict=True):
            n = len(like) if isinstance(like, list) else 1
            spread += [None] * n if value is None else [value] if not isinstance(like, list) else value
        return [*spread, *[None] * (len(self.leaves) - len(spread))]


class _Registered(Function):
    """An operator with the rules that were registered for it."""

    @classmethod
    def apply(cls, call: _Call, *leaves: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The operator itself where nothing differentiates or maps it: a graph holds it as it stands."""
        top = current_level()
        if top is None:
            return call.run(leaves)
        return cls._functional(top[1], (call, *leaves)) if top[0] == "functionalize" else super().apply(call, *leaves)

    @staticmethod
    def forward(call: _Call, *leaves: Any) -> Any:
        return call.run(leaves)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        call: _Call = inputs[0]
        ctx.call = call
        if call.info._setup_context_fn is not None:
            args, kwargs = call.given(inputs[1:])
            named = {"keyword_only_inputs": kwargs} if call.keywords else {}
            call.info._setup_context_fn(ctx=ctx, inputs=tuple(args), output=call.restored(output), **named)

    @staticmethod
    def backward(ctx: Any, *cts: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        call: _Call = ctx.call
        if call.info._backward_fn is None:
            raise RuntimeError(
                f"Trying to backward through {call.op} but no autograd formula was registered. Please use "
                "register_autograd to add one."
            )
        given = call.restored(cts)
        found = call.info._backward_fn(ctx, *(given if isinstance(given, tuple) else (given,)))
        return None, *call.cotangents(found)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise forward_registered(str(ctx.call.op))

    @staticmethod
    def vmap(info: Any, in_dims: Sequence[Any], call: _Call, *leaves: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        dims = in_dims[1:]
        rule = getattr(call.info, "_vmap_fn", None)
        if rule is not None:
            args, kwargs = call.given(leaves)
            places = optree.tree_unflatten(call.spec, dims)[0]
            outs, out_dims = rule(info, tuple(places), *args, **kwargs)
            outs, call.outputs = optree.tree_flatten(outs, none_is_leaf=True)
            flat = optree.tree_leaves(out_dims, none_is_leaf=True)
        else:
            outs = _one_by_one(call, info.batch_size, dims, leaves)
            flat = [0] * len(outs)
        return (outs[0], flat[0]) if len(outs) == 1 else (tuple(outs), tuple(flat))


def _one_by_one(call: _Call, size: int, dims: Sequence[int | None], leaves: Sequence[Any]) -> list[Tensor]:
    """The operator for each element of a batch, as PyTorch does where no rule is registered."""
    rows: list[list[Tensor]] = []
    for i in range(size):
        parts = [x if d is None else x.select(d, i) for x, d in zip(leaves, dims, strict=True)]
        row = _Registered.apply(call, *parts)
        rows.append([row] if isinstance(row, Tensor) else list(row))
    return [torch.stack(column) for column in zip(*rows, strict=True)]
