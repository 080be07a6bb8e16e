# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""Tracing: the graph of aten operations that a function of tensors performs.

A trace runs on tensors without data, below no transform, and with nothing else recording: what `fun` finds around it is
taken away for as long as it runs. A tensor that `fun` closes over becomes a further input of the graph where the caller
asks for that (`closed`), so that the transforms outside can differentiate and map it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import optree
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
)
from torch.fx._lazy_graph_module import _use_lazy_graph_module
from torch.fx.experimental.proxy_tensor import (
    disable_proxy_modes_tracing,
    get_proxy_mode,
    make_fx,
    track_tensor_tree,
)
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode, ShapeEnv
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import _disable_current_modes

from dualgrad._rules.control import leaked
from dualgrad.backends.torch._private.indexing import TracedIndices, without_masks
from dualgrad.backends.torch._private.intact import intact
from dualgrad.backends.torch._private.levels import innermost, live, no_levels
from dualgrad.backends.torch._private.locks import alone
from dualgrad.backends.torch._private.nodes import has_effect, stamp
from dualgrad.backends.torch._private.whole import imported
from dualgrad.backends.torch._private.zeros import DenseZeros, fold_zeros

__all__ = [
    "DATA_DEPENDENT",
    "Spec",
    "alive",
    "closed",
    "fake_mode",
    "fake_of",
    "inlined",
    "interpreted",
    "is_fake",
    "is_inlining",
    "is_interpreted",
    "is_lifting",
    "is_ours",
    "is_over",
    "is_traced",
    "is_tracing",
    "lifted",
    "mode_of",
    "purified",
    "record_call",
    "record_function",
    "restored_dispatch_keys",
    "trace",
    "unrecorded",
]

DATA_DEPENDENT = (DataDependentOutputException, DynamicOutputShapeException, GuardOnDataDependentSymNode)
GraphModule = torch.fx.GraphModule
aten: Final = torch.ops.aten


@dataclass(frozen=True)
class Spec:
    """What a trace knows of a tensor."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, x: Tensor) -> Spec:
        return cls(tuple(x.shape), x.dtype, x.device)

    def empty(self) -> Tensor:
        """A tensor like this, in the mode that is active; dense, as every tensor that a graph is traced for."""
        return torch.empty(self.shape, dtype=self.dtype, device=self.device)

    def zeros(self) -> Tensor:
        """Zeros like this, in the mode that is active."""
        return torch.zeros(self.shape, dtype=self.dtype, device=self.device)

    def stacked(self, n: int) -> Spec:
        """What `n` of these are like, stacked along a new leading axis."""
        return Spec((n, *self.shape), self.dtype, self.device)

    def element(self) -> Spec:
        """What one of those is like of which this is a stack."""
        return Spec(self.shape[1:], self.dtype, self.device)


@contextmanager
def unrecorded() -> Generator[None, None, None]:
    """A block below no transform and in no mode, in which an operation is done and nothing else."""
    with no_levels(), _disable_current_modes():
        yield


@torch.compiler.assume_constant_result  # Dynamo cannot look at modes; its own trace is none of ours
def is_tracing() -> bool:
    """Whether operations are being recorded into a graph in this thread."""
    # What get_proxy_mode() looks at, in a quarter of its time; the second place is torch.export's.
    return _mode_of(_PROXY) is not None or _before_dispatch.get(0) is not None


_mode_of: Final = torch._C._get_dispatch_mode
_PROXY: Final = torch._C._TorchDispatchModeKey.PROXY
_before_dispatch: Final = torch._ops.mode_stack_state_for_pre_dispatch()


def is_fake(x: Tensor) -> bool:
    """Whether `x` has no data."""
    return isinstance(innermost(x), FakeTensor)


def is_ours(x: Tensor) -> bool:
    """Whether `x` has no data and belongs to a trace of ours, not to one of torch's own exporter or compiler."""
    return isinstance(innermost(x), FakeTensor) and isinstance(innermost(x).fake_mode, _TraceMode)


class _TraceMode(FakeTensorMode):
    """A mode in which tensors have shapes and dtypes and no data; of no use once its trace is over."""

    over = False

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.over:
            raise leaked()
        return super().dispatch(func, types, args, kwargs)


def alive(x: Tensor) -> Tensor:
    """`x`, which must not have been kept beyond the trace that it belongs to: it has no data, and nothing would say so.

    Raises:
        LeakedArrayError: That trace is over.
    """
    if _is_left_over(x):
        raise leaked()
    return x


def is_over(x: Tensor) -> bool:
    """Whether the trace or the transform that `x` belongs to has ended."""
    return live(x) is not x or _is_left_over(x)


def _is_left_over(x: Tensor) -> bool:
    inner = innermost(x)
    return isinstance(inner, FakeTensor) and getattr(inner.fake_mode, "over", False)


def fake_mode() -> FakeTensorMode:
    """A mode in which tensors have shapes and dtypes and no data."""
    env = ShapeEnv(allow_scalar_outputs=False, allow_dynamic_output_shape_ops=False)
    return _TraceMode(shape_env=env, allow_non_fake_inputs=True)


def mode_of(inputs: Sequence[Tensor]) -> Any:
    """The mode of the first fake tensor, or a new one."""
    return next((x.fake_mode for x in inputs if isinstance(x, FakeTensor)), None) or fake_mode()


def fake_of(mode: FakeTensorMode, x: Tensor) -> Tensor:
    """The fake twin of `x`, all of whose sizes are constants."""
    if type(x) is Tensor and x.is_contiguous() and not (x.is_conj() or x.is_neg() or x.is_inference()):
        with mode:  # a tenth of the time of `from_tensor`, which also keeps views, layouts and gradients
            return Spec.of(x).empty()
    return mode.from_tensor(x.detach(), static_shapes=True)


@contextmanager
def restored_dispatch_keys() -> Generator[None, None, None]:
    """Put the thread's dispatch keys back at the end.

    A trace that fails inside a functorch level leaves them changed, and every later `torch.func.grad` of the thread
    then fails on a tensor without storage.
    """
    include = torch._C._dispatch_tls_local_include_set()
    exclude = torch._C._dispatch_tls_local_exclude_set()
    with torch._C._ForceDispatchKeyGuard(include, exclude):
        yield


class _Lifting(TorchFunctionMode):
    """Replaces each tensor that a traced function closes over by an input of its graph.

    Tensors of the trace are those of its own fake mode; every other is from outside. A function mode sees them as the
    function names them, with all their wrappers on.
    """

    def __init__(self, mode: FakeTensorMode, swapped: dict[Any, Any]) -> None:
        super().__init__()
        self.mode = mode
        self.swapped = swapped
        self.twins: dict[int, tuple[Tensor, Tensor]] = {}  # the outer tensor is kept, so that its id stays its own

    def twin(self, x: Any) -> Any:
        if not isinstance(x, Tensor):
            return x
        inner = innermost(x)
        if isinstance(inner, FakeTensor) and inner.fake_mode is self.mode:
            return x
        found = self.twins.get(id(x))
        if found is None:
            with unrecorded(), self.mode:
                found = self.twins[id(x)] = x, Spec.of(x).empty()
            if getattr(x, "_dualgrad_weak", False):
                found[1]._dualgrad_weak = True
        return found[1]

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        if _state.lifting is not self:  # a trace within this one is running
            return func(*args, **(kwargs or {}))
        if func in _NEED_VALUES and not is_traced(args[0]):
            return func(*args, **(kwargs or {}))
        if func is Tensor.__getitem__:  # the twin of a mask has no values
            args = without_masks(args)
        func = self.swapped.get(func, func)
        full: Any = tuple(args), kwargs or {}
        twins: Any = optree.tree_map(self.twin, full)
        return func(*twins[0], **twins[1])


def is_traced(x: Any) -> bool:
    """Whether `x` is below a transform, in a trace, or waits for its gradient."""
    return isinstance(x, FakeTensor) or x.requires_grad or torch._C._functorch.is_functorch_wrapped_tensor(x)


# What asks a constant for its value; of a tensor from outside the trace that is known.
_NEED_VALUES: Final = frozenset(
    getattr(Tensor, name)
    for name in [
        "item",
        "tolist",
        "numpy",
        "__bool__",
        "__int__",
        "__float__",
        "__complex__",
        "__index__",
        "__array__",
        "__repr__",
        "__format__",
    ]
)


class _State(threading.local):
    lifting: _Lifting | None = None
    interpreted: bool = False
    inlining: bool = False


_state = _State()
_lifting_now: set[_Lifting] = set()  # of all threads: as long as it is empty nobody need look into `_state`


def lifted(x: Tensor) -> Tensor:
    """`x`, or the input that stands for it where a function that closes over it is being traced.

    What takes tensors past torch's Python functions, as an `autograd.Function` or an entry to `torch.func` does, says
    so with this.
    """
    return x if _state.lifting is None else _state.lifting.twin(x)


@contextmanager
def interpreted(on: bool = True) -> Generator[None, None, None]:
    """A block in which jitted functions run operation by operation."""
    before, _state.interpreted = _state.interpreted, on
    try:
        yield
    finally:
        _state.interpreted = before


def is_interpreted() -> bool:
    """Whether jitted functions are to run operation by operation."""
    return _state.interpreted


@contextmanager
def inlined() -> Generator[None, None, None]:
    """A block in which a trace holds what our own operations do in place of these operations."""
    before, _state.inlining = _state.inlining, True
    try:
        yield
    finally:
        _state.inlining = before


def is_inlining() -> bool:
    """Whether the trace that is running is for a compiler, which our own operations must not survive."""
    return _state.inlining


def is_lifting() -> bool:
    """Whether what is being traced is to be transformed again."""
    return bool(_lifting_now) and _state.lifting is not None


def trace(
    fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Spec | Tensor], decompositions: dict[Any, Any] | None = None
) -> tuple[GraphModule, list[Tensor]]:
    """The graph of the operations that `fun` performs, and fake twins of its inputs.

    Every transform inside `fun` is resolved: the graph knows no functorch. A tensor that `fun` closes over is a
    constant of the graph.
    """
    imported("torch._dynamo")
    mode = fake_mode()
    with intact(), unrecorded(), _nothing_lifted():
        graph = _recorded(fun, _fakes(mode, inputs), mode, decompositions)
        fakes = _fakes(fake_mode(), inputs)
    if any([isinstance(value, FakeTensor) for value in vars(graph).values()]):
        raise leaked()
    return graph, fakes


def purified(graph: GraphModule, inputs: Sequence[Spec]) -> GraphModule:
    """The graph without updates in place, which splitting it would reorder."""
    if not any([isinstance(n.target, torch._ops.OpOverload) and has_effect(n) for n in graph.graph.nodes]):
        return graph
    return trace(torch.func.functionalize(graph, remove="mutations"), inputs, _WITHOUT_RULE)[0]


def _copy(x: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:
    return source.to(x.dtype).expand(x.shape).clone()


def _by_parts(scatter: Callable[..., Tensor]) -> Callable[..., Any]:
    """A scatter into places along an axis, of complex numbers as of pairs."""

    def scattered(x: Tensor, source: Tensor, dim: int = 0, *places: Any, **named: Any) -> Any:
        if not x.is_complex():
            return NotImplemented
        parts = torch.view_as_real(x), torch.view_as_real(source.to(x.dtype))
        return torch.view_as_complex(scatter(*parts, dim % x.ndim, *places, **named))

    return scattered


# What updates in place become, and `vmap` has no rule for, or autograd for complex numbers (torch 2.13).
_WITHOUT_RULE: Final[dict[Any, Any]] = {
    aten.copy.default: _copy,
    aten.fill.Scalar: torch.full_like,
    aten.fill.Tensor: lambda x, value: value.to(x.dtype).expand(x.shape).clone(),
    aten.slice_scatter.default: _by_parts(aten.slice_scatter.default),
    aten.select_scatter.default: _by_parts(aten.select_scatter.default),
}


def closed(
    fun: Callable[..., Sequence[Tensor]], inputs: Sequence[Spec], swapped: dict[Any, Any]
) -> tuple[GraphModule, list[Tensor]]:
    """The graph of `fun` with a further input, at the end, for each tensor that it closes over; and those tensors.

    Args:
        fun: A function of tensors.
        inputs: What its arguments are like.
        swapped: Functions of torch that are to be replaced while `fun` runs.
    """
    imported("torch._dynamo")
    mode = fake_mode()
    lifting = _Lifting(mode, swapped)

    def all_lifted(*tensors: Tensor) -> list[Tensor]:
        with lifting:
            return [lifting.twin(o) for o in fun(*tensors)]

    with intact(), unrecorded():
        fakes = _fakes(mode, inputs)
        outside = _state.lifting
        try:
            _lifting_now.add(lifting)
            _state.lifting = lifting
            graph = _recorded(all_lifted, fakes, mode)
        finally:
            _state.lifting = outside
            _lifting_now.discard(lifting)
    return graph, _lift_constants(graph, list(lifting.twins.values()))


@contextmanager
def _nothing_lifted() -> Generator[None, None, None]:
    outside, _state.lifting = _state.lifting, None
    try:
        yield
    finally:
        _state.lifting = outside


def _fakes(mode: FakeTensorMode, inputs: Sequence[Spec | Tensor]) -> list[Tensor]:
    with mode:
        return [x.empty() if isinstance(x, Spec) else fake_of(mode, x) for x in inputs]


def _recorded(
    fun: Callable[..., Sequence[Tensor]], fakes: Sequence[Tensor], mode: Any, decompositions: Any = None
) -> GraphModule:
    zeros = DenseZeros(fakes[0].device if fakes else torch.device("cpu"))

    def with_zeros(*tensors: Tensor) -> list[Tensor]:
        with zeros, TracedIndices():
            return [alive(o) for o in fun(*tensors)]

    # "real" means: on the tensors as given. tracing_mode="fake" makes its own and fails on vmap of
    # forward-over-reverse.
    try:
        # A graph's Python code is written at its first call, and not whenever the graph changes: a trace takes a tenth
        # less time, and one that is compiled never has the code.
        with alone, torch.no_grad(), restored_dispatch_keys(), mode, _use_lazy_graph_module(True):
            graph = make_fx(with_zeros, decompositions, "real", _allow_non_fake_inputs=True)(*fakes)
    finally:
        mode.over = True
    _tidy(graph)
    return graph


_DETACHING: Final = {aten.detach.default, aten.detach_.default}
# A view is right for the strides that were traced; a graph must also be right for others.
_VIEWS: Final = {aten.view.default, aten._unsafe_view.default}
_IN_PLACE_VIEWS: Final = {
    aten.squeeze_.dim: aten.squeeze.dim,
    aten.squeeze_.default: aten.squeeze.default,
    aten.squeeze_.dims: aten.squeeze.dims,
    aten.unsqueeze_.default: aten.unsqueeze.default,
    aten.transpose_.default: aten.transpose.int,
    aten.t_.default: aten.t.default,
}


def _tidy(graph: GraphModule) -> None:
    """Take out what autograd's bookkeeping left.

    A `detach` in a trace is what autograd does to a tensor that it saves; a graph that is differentiated again must not
    stop there. Who asks for a constant is heard elsewhere (`closed`).
    """
    fold_zeros(graph.graph)
    for node in graph.graph.nodes:
        if node.op != "call_function":
            continue
        if node.target in _DETACHING:
            node.replace_all_uses_with(node.args[0])
        elif node.target in _VIEWS:
            node.target = aten.reshape.default
        elif node.target is aten.lift_fresh_copy.default:  # a constant's, without a rule for `vmap` (torch 2.13)
            node.target = aten.clone.default
        elif node.target is aten._to_copy.default and not isinstance(node.args[0], torch.fx.Node):
            # A number in the place of a tensor, which `vmap` makes; Inductor writes its bits as they are (torch 2.13).
            like: Any = node.meta["val"]
            node.target, node.args = aten.full.default, ([], node.args[0])
            node.kwargs = {"dtype": like.dtype, "device": like.device, "pin_memory": False}
        elif node.target in _IN_PLACE_VIEWS and len(node.args[0].users) == 1:
            node.target = _IN_PLACE_VIEWS[node.target]
    graph.graph.eliminate_dead_code(is_impure_node=has_effect)
    graph.recompile()


def _lift_constants(graph: GraphModule, twins: Sequence[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Make inputs of those constants of a graph that stand for tensors from outside; the tensors, in their order."""
    outer: list[Tensor] = []
    last = [n for n in graph.graph.nodes if n.op == "placeholder"]
    inputs: dict[int, torch.fx.Node] = {}
    for node in list(graph.graph.nodes):
        if node.op != "get_attr":
            continue
        value = getattr(graph, node.target)
        for x, twin in twins:
            if twin is value:
                if id(twin) not in inputs:
                    with graph.graph.inserting_after(last[-1]) if last else graph.graph.inserting_before():
                        made = graph.graph.placeholder(f"outer_{len(outer)}")
                    made.meta["val"] = twin
                    last.append(made)
                    inputs[id(twin)] = made
                    outer.append(alive(x))
                node.replace_all_uses_with(inputs[id(twin)])
                graph.graph.erase_node(node)
                break
    graph.recompile()
    return outer


def record_call(call: Callable[..., Any], operands: Sequence[Tensor], specs: Sequence[Spec]) -> list[Tensor]:
    """Record a call of something that is no aten operation as one node of the graph being traced.

    Args:
        call: What the node does; it has a `__name__` of its own.
        operands: Tensors of the trace.
        specs: What its outputs are like.
    """
    operands = [alive(x) for x in operands]
    with disable_proxy_modes_tracing():
        outs = tuple([s.empty() for s in specs])
    return list(_recorded_node(call, operands, outs))


def record_function(call: Callable[..., Any], forward: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Record a call as `record_call` does, of something whose outputs are like those of `forward`."""
    with disable_proxy_modes_tracing():
        outs = forward(*args)
    return _recorded_node(call, args, outs)


def _recorded_node(call: Callable[..., Any], args: Sequence[Any], outs: Any) -> Any:
    mode = get_proxy_mode()
    assert mode is not None
    tracer: Any = mode.tracer
    proxies = tuple([tracer.unwrap_proxy(x) if isinstance(x, Tensor) else x for x in args])
    node = tracer.create_proxy("call_function", call, proxies, {}, name=call.__name__)
    stamp(node.node)
    track_tensor_tree(outs, node, constant=None, tracer=tracer)
    return outs
