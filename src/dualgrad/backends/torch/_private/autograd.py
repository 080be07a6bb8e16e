# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false
"""What plain autograd and forward mode hide: the engine's inner entry, tangents that are zero, forward over forward."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

import torch
from torch import Tensor
from torch.autograd import forward_ad

from dualgrad.backends.torch._private.fakes import is_tracing
from dualgrad.backends.torch._private.levels import (
    current_level,
    is_mapped_at,
    live,
    through_functionalize,
    through_vmap,
)
from dualgrad.backends.torch._private.lifting import is_inlining, is_lifting, lifted, lifting_now, trace_state
from dualgrad.backends.torch._private.tracing import record_function

P = ParamSpec("P")
R = TypeVar("R")

__all__ = [
    "AccumulateGrad",
    "Function",
    "along_tangents",
    "count_function_modes",
    "current_node",
    "forward_rule",
    "has_levels",
    "has_no_tangent",
    "is_at_hand",
    "is_autocast",
    "is_mapped",
    "is_mapped_only",
    "is_plain",
    "is_transformed",
    "on_this_thread",
    "pulled_back",
    "runs_as_it_stands",
    "saves_by_hooks",
    "surroundings",
    "with_storage",
]

peek_interpreter_stack: Callable[[], Any] = torch._C._functorch.peek_interpreter_stack
get_interpreter_stack: Callable[[], Any] = torch._C._functorch.get_interpreter_stack
TransformType: Any = torch._C._functorch.TransformType
# Ops whose derivative is repaired ask `has_levels() or (lifting_now and is_transformed())`: it says the same as
# `is_transformed()` alone without a call of ours, 20 ns less.
has_levels: Callable[[], bool] = torch._C._are_functorch_transforms_active
AccumulateGrad: Any = torch._C._functions.AccumulateGrad  # the node of a leaf, which it has as its `variable`
_run_backward: Callable[..., tuple[Tensor | None, ...]] = torch.autograd.Variable._execution_engine.run_backward


def is_mapped(x: Tensor) -> bool:
    """Whether `x` varies along the axis of the innermost `vmap`."""
    return is_mapped_at(x, torch._C._functorch.maybe_current_level())


def pulled_back(out: Tensor, seed: Tensor, inputs: Sequence[Tensor], keep: bool, again: bool) -> list[Tensor]:
    """The gradient of `out` at `inputs`, zeros where it does not depend on one.

    The checks that `torch.autograd.grad` makes before it calls the engine cost 10 us, as much as three small ops; all
    of them hold here.

    Args:
        out: A tensor that requires grad.
        seed: Its cotangent.
        inputs: Tensors that require grad.
        keep: Whether the gradient can be differentiated itself.
        again: Whether the graph must survive.
    """
    run = _run_backward if out.is_cpu else on_this_thread(_run_backward, seed)
    grads = run((out,), (seed,), again, keep, tuple(inputs), allow_unreachable=True, accumulate_grad=False)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(grads, inputs, strict=True)]


def on_this_thread(pull: Callable[P, R], like: Tensor) -> Callable[P, R]:
    """`pull`, whose backward pass runs on the thread that calls it, also for what lies on an accelerator.

    torch would run it on a thread of the device, where the backend and the precision of a block are not known.

    Args:
        pull: What runs a backward pass.
        like: A tensor on the device of those that it pulls back.
    """
    if like.is_cpu:
        return pull

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with torch.autograd.set_multithreading_enabled(False):
            return pull(*args, **kwargs)

    return run


def with_storage(x: Tensor) -> Tensor:
    """`x`, or zeros in place of the tensor without memory by which forward mode says that a tangent is zero."""
    return torch.zeros_like(x) if x._is_zerotensor() else x


def is_transformed() -> bool:
    """Whether what runs now is differentiated or mapped, or is being traced to be so later."""
    return has_levels() or (bool(lifting_now) and trace_state.lifting is not None)


def is_plain() -> bool:
    """Whether nothing but plain autograd looks on: no transform, and no trace."""
    return peek_interpreter_stack() is None and not is_tracing() and not is_lifting()


def has_no_tangent(tensors: tuple[Tensor, ...]) -> bool:
    """Whether nothing but reverse mode looks on."""
    return is_plain() and all([forward_ad.unpack_dual(a).tangent is None for a in tensors])


def is_mapped_only() -> bool:
    """Whether nothing but `vmap` and plain autograd looks on: no other transform, and no trace."""
    if is_tracing() or is_lifting() or torch.compiler.is_compiling():
        return False
    return all([level.key() == TransformType.Vmap for level in get_interpreter_stack() or ()])


def is_at_hand(x: Tensor) -> bool:
    """Whether the values of `x` can be looked at for nothing, so that a quick way may depend on them.

    They can on the CPU, where torch's own kernels also raise at an index out of bounds; on an accelerator a look waits
    for the device and such an index ends the process, and a trace has no values.
    """
    return not torch.compiler.is_compiling() and type(x) is Tensor and x.is_cpu and is_plain()


def saves_by_hooks() -> bool:
    """Whether somebody takes what autograd saves into his own hands, as `torch.utils.checkpoint` does.

    What a program of ours keeps goes past him, and `torch.func` refuses to run.
    """
    return torch._C._autograd._top_saved_tensors_default_hooks(False) is not None


is_autocast = torch._C._is_any_autocast_enabled
count_function_modes = torch._C._len_torch_function_stack  # a default device is one


def surroundings() -> tuple[Any, ...]:
    """What around a function makes another program of it; nothing as a rule.

    Returns:
        The dtype that `torch.autocast` computes in on each kind of device for which a block is open, and the default
        device, unless that is the CPU.
    """
    kinds = [kind for kind in ("cpu", "cuda", "mps", "xpu") if torch.is_autocast_enabled(kind)]
    place = torch.get_default_device()
    return (
        *[(kind, torch.get_autocast_dtype(kind)) for kind in kinds],
        *([place] if place.type != "cpu" else []),
    )


def runs_as_it_stands() -> bool:
    """Whether a jitted function is to run its own code: below a transform, in a trace, or operation by operation."""
    return peek_interpreter_stack() is not None or trace_state.interpreted or is_tracing()


class Function(torch.autograd.Function):
    """An `autograd.Function` that a graph holds as one node, so that differentiating the graph finds its rules.

    torch would put into the graph what `forward` does. Below a compiler that is right, and done here too. The rule for
    `vmap`, unless a subclass has its own, takes leading axes of the arguments for axes of a batch; torch's generated
    one would be a function of its own, without a node.

    Attributes:
        is_elementwise: Whether it is a quick operation, each number from that in its place.
    """

    is_elementwise = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "vmap" not in cls.__dict__:
            cls.vmap = staticmethod(functools.partial(_with_leading_axis, cls))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep the arguments, all of them tensors, for the rules of both modes."""
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """The function of tensors and constants; tensors that a traced function closes over are lifted."""
        args = tuple([lifted(live(x)) if isinstance(x, Tensor) else x for x in args])
        top = current_level()
        if top is None:
            if not is_tracing():
                return super().apply(*args) if torch.compiler.is_compiling() else _alone(cls).apply(*args)
            if not is_inlining():
                return record_function(_Node.of(cls), cls.forward, args)
        elif top[0] == "functionalize":
            return cls.forward(*args) if is_inlining() else cls._functional(top[1], args)
        elif top[0] == "vmap" and not torch.compiler.is_compiling():
            return cls._mapped(top[1], args)
        return super().apply(*args)

    @classmethod
    def _mapped(cls, level: Any, args: Sequence[Any]) -> Any:
        """The function below a `vmap`, by its rule for that; torch makes a function of each call there: 60 us."""
        single: list[bool] = []

        def filled(tensors: Sequence[Any]) -> list[Any]:
            rest = iter(tensors)
            return [next(rest) if isinstance(x, Tensor) else x for x in args]

        def listed(out: Any) -> Sequence[Any]:
            single.append(isinstance(out, Tensor))
            return [out] if single[0] else out

        def batched(size: int, dims: Sequence[int | None], tensors: Sequence[Tensor]) -> Any:
            places = iter(dims)
            in_dims = [next(places) if isinstance(x, Tensor) else None for x in args]
            outs, out_dims = cls.vmap(_Mapped(size), tuple(in_dims), *filled(tensors))
            outs = listed(outs)
            return outs, [out_dims] if single[0] else out_dims

        outs = through_vmap(
            level, [x for x in args if isinstance(x, Tensor)], lambda *xs: listed(cls.apply(*filled(xs))), batched
        )
        return outs[0] if single[0] else tuple(outs)

    @classmethod
    def _functional(cls, level: Any, args: Sequence[Any]) -> Any:
        """The function where updates in place are taken out of a graph: it makes none."""
        single: list[bool] = []

        def plain(*tensors: Tensor) -> Sequence[Tensor]:
            rest = iter(tensors)
            out = cls.apply(*[next(rest) if isinstance(x, Tensor) else x for x in args])
            single.append(isinstance(out, Tensor))
            return [out] if single[0] else out

        outs = through_functionalize(level, [x for x in args if isinstance(x, Tensor)], plain)
        return outs[0] if single[0] else tuple(outs)


class _Mapped(NamedTuple):
    """What a rule for `vmap` is told."""

    batch_size: int
    randomness: str = "different"


def _alone(cls: type[Function]) -> type[torch.autograd.Function]:
    """`cls` for plain autograd alone, which needs no `setup_context`.

    For one that has it torch (2.13) asks `inspect` for the signature at each call: 13 us of 20, and 20 in a gradient.
    """
    found = cls.__dict__.get("_dualgrad_alone")
    if found is None:

        def forward(ctx: Any, *args: Any) -> Any:
            out = cls.forward(*args)
            cls.setup_context(ctx, args, out)
            return out

        rules = {"forward": forward, "backward": cls.backward, "jvp": cls.jvp}
        body = {"__module__": cls.__module__, **{name: staticmethod(rule) for name, rule in rules.items()}}
        found = cls._dualgrad_alone = type(cls.__name__, (torch.autograd.Function,), body)
    return found


def _with_leading_axis(cls: type[Function], info: Any, in_dims: Sequence[int | None], *args: Any) -> Any:
    moved = [
        x if not isinstance(x, Tensor) else x.expand(info.batch_size, *x.shape) if d is None else x.movedim(d, 0)
        for x, d in zip(args, in_dims, strict=True)
    ]
    outs = cls.apply(*moved)
    return outs, 0 if isinstance(outs, Tensor) else (0,) * len(outs)


class _Node:
    """What a node of a graph calls."""

    def __init__(self, function: type[Function]) -> None:
        self.function = function
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__

    @classmethod
    def of(cls, function: type[Function]) -> _Node:
        """The one for this function."""
        found = function.__dict__.get("_dualgrad_node")
        if found is None:
            found = function._dualgrad_node = cls(function)
        return found

    def __call__(self, *args: Any) -> Any:
        return self.function.apply(*args)

    def __repr__(self) -> str:
        return f"{self.function.__module__}.{self.__qualname__}"


def current_node() -> Any:
    """The node of the graph whose gradient is being computed in this thread, or `None`."""
    return torch._C._current_autograd_node()


def forward_rule(rule: Callable[..., Any]) -> Any:
    """A `jvp` for an `autograd.Function`, from a rule of its saved tensors and its tangents.

    torch turns forward mode off while it runs a `jvp` (checked on 2.13), for outer levels as well: forward-over-forward
    derivatives through a custom function are silently 0. With the tangents of its own level taken off, forward mode can
    stay on and the outer levels see what the rule does.
    """
    return staticmethod(lambda ctx, *tangents: along_tangents(ctx, rule, *tangents))


def along_tangents(ctx: Any, rule: Callable[..., Any], *tangents: Tensor) -> Any:
    """What a `jvp` made by `forward_rule` gives; for one whose rule depends on constants that `ctx` keeps."""
    saved = [_without_tangent(x) for x in ctx.saved_tensors]
    own = [_without_tangent(t) for t in tangents]
    with forward_ad._set_fwd_grad_enabled(True):
        return rule(saved, *own)


def _without_tangent(x: Tensor) -> Tensor:
    """`x` without the tangent of the innermost forward level; a mapped `x` is unwrapped for it and mapped again."""
    functorch = torch._C._functorch
    if functorch.is_batchedtensor(x):
        level = functorch.maybe_get_level(x)
        inner, dim = functorch._unwrap_batched(x, level)
        return functorch._add_batch_dim(_without_tangent(inner), dim, level)
    return forward_ad.unpack_dual(x, level=0).primal
