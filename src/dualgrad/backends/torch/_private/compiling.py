# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""From a traced graph to a compiled program, by the inner entry of Inductor."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from dualgrad.backends.torch._private.ahead import apart_from_later, make_ahead
from dualgrad.backends.torch._private.complex_parts import by_parts
from dualgrad.backends.torch._private.constants import fold_constants
from dualgrad.backends.torch._private.cxx import steady_compiler
from dualgrad.backends.torch._private.decompositions import decompositions
from dualgrad.backends.torch._private.dtype_rules import rules_made_once
from dualgrad.backends.torch._private.fakes import mode_of, restored_dispatch_keys
from dualgrad.backends.torch._private.layouts import (
    has_convolutions,
    has_narrow_convolutions,
    keep_strides,
    laid_out_once,
)
from dualgrad.backends.torch._private.locks import alone
from dualgrad.backends.torch._private.lowerings import prepare_inductor
from dualgrad.backends.torch._private.modules import modules_as_they_are
from dualgrad.backends.torch._private.nodes import is_program
from dualgrad.backends.torch._private.overwriting import written_over
from dualgrad.backends.torch._private.pools import choose_before_pools
from dualgrad.backends.torch._private.products import Fold, Refused
from dualgrad.backends.torch._private.remaking import remake, remake_slowly
from dualgrad.backends.torch._private.repeats import merge_repeats
from dualgrad.backends.torch._private.rests import single_rests
from dualgrad.backends.torch._private.round_trips import keep_round_trips, keep_what_is_compared
from dualgrad.backends.torch._private.scheduling import (
    compared_truths,
    given_as_made,
    giving_back,
    keeping_what_is_reused,
    lasting_order,
    sparing_memory,
)
from dualgrad.backends.torch._private.signs import hold_signed, viewed
from dualgrad.backends.torch._private.spectra import real_ways_back
from dualgrad.backends.torch._private.stacks import whole_stacks
from dualgrad.backends.torch._private.stepping import plan_steps
from dualgrad.backends.torch._private.steps import Elementwise, Nested, Steps, kernels_on_demand
from dualgrad.backends.torch._private.strides import strides_read_off
from dualgrad.backends.torch._private.systems import factorised_once
from dualgrad.backends.torch._private.tiling import vectors_along_rows
from dualgrad.backends.torch._private.together import compiled_together
from dualgrad.backends.torch._private.truths import truths_as_vectors
from dualgrad.backends.torch._private.work import multiplications

__all__ = [
    "compile_graph",
    "compile_steps",
    "graph_text",
    "lowered_graph",
    "refusal",
    "undisturbed",
]

# Inductor expands an elementwise value at each of its uses, and what that is made of again, until it counts 30
# operations: `gamma` took 7 minutes to compile. With 8 it takes a second; loops are fused as before, some run faster.
# What is used once is expanded up to the 30: written out it would be read by a sum that could have made it.
_MOST_REUSED: Final = 8
_MOST_OPS: Final = 30

# And it fuses at most 64 of them into a loop: what lies between two loops of a longer chain is written out. With 256
# the gradient of 32 steps holds its result alone, where it held 16 arrays; the compiler takes as long.
_MOST_FUSED: Final = 256

# Bytes that are worth a function of their own, whose call costs 0.4 us, to be given back between loops.
_LEAST: Final = 1 << 15
_LEAST_OF_STEPS: Final = 1 << 10  # in a loop in C++ it costs next to nothing


def compile_graph(
    graph: torch.fx.GraphModule, inputs: Sequence[Tensor], effect: Any
) -> Callable[[list[Tensor]], Sequence[Tensor]]:
    """The graph compiled by Inductor, as a function of a list of tensors, which it empties.

    `compile_fx`, the entry behind `torch.compile`, wraps the program for autograd and costs 4.7 us a call where the
    program itself costs 2.2. A traced graph needs none of that once its mutations are functionalised; so Inductor's
    inner entry is called.

    Args:
        graph: The graph.
        inputs: Fake twins of its inputs.
        effect: An operation that must not be left out, of two arguments and what the last such one returned; that is
            the last of its own outputs.
    """
    prepare_inductor()
    fakes = list(inputs)
    run, signed, hidden = _by_inductor(graph, fakes, effect)
    run = _straight(run) if all([x.is_cpu for x in fakes]) else run
    run = viewed(run, signed) if signed else run
    return (lambda tensors: run(tensors)[:-1]) if hidden else run


def compile_steps(
    graph: torch.fx.GraphModule,
    inputs: Sequence[Tensor],
    counts: tuple[int, int, int],
    reverse: bool = False,
    conditional: bool = False,
    folds: Sequence[Fold] = (),
    block: int = 1,
    nested: Callable[[str], Nested | Elementwise | None] = lambda _: None,
) -> Steps | None:
    """A loop over the graph as one C++ function, where its step is nothing but loops of Inductor's; see `stepping`.

    Args:
        graph: One step: what is fixed, carries, and parts of stacked inputs to carries and parts of stacked outputs.
        inputs: Fake twins of its inputs.
        counts: How many of them are fixed, carries, and parts.
        reverse: Whether the loop goes from the last of the stacked inputs to the first.
        conditional: Whether the last output of the step says if there is another step.
        folds: Products whose sums over the steps are given in place of their factors.
        block: After how many steps a product is added to its sum.
        nested: The loops and branches that the graph may call, by their keys.
    """
    if not all([x.is_cpu for x in inputs]):
        return None
    prepare_inductor()
    fakes = list(inputs)
    try:
        with alone:
            run, _, _ = _by_inductor(graph, fakes, None, nested)
            return plan_steps(run, fakes, counts, reverse, conditional, folds, block, nested)
    except Refused:
        return None


def _by_inductor(
    graph: torch.fx.GraphModule,
    fakes: list[Tensor],
    effect: Any,
    nested: Callable[[str], Nested | Elementwise | None] = lambda _: None,
) -> tuple[Any, dict[int, torch.dtype], bool]:
    """What Inductor gives, which inputs it takes in another dtype of the same bits, and whether one output is ours.

    Without an operation for `effect` the graph is refused if it is known to call a library that a loop in C++ does not,
    or a loop that is not `nested`.
    """
    from torch._guards import TracingContext, tracing
    from torch._inductor import config
    from torch._inductor.compile_fx import compile_fx_inner
    from torch._inductor.virtualized import V

    mode = mode_of(fakes)
    # Before the graph is lowered, which marks its operations.
    rounded = config.patch({"emulate_precision_casts": True} if _draws_half_precision(graph.graph) else {})
    with torch.no_grad(), restored_dispatch_keys(), warnings.catch_warnings(), rounded:
        warnings.simplefilter("ignore")  # of torch's own deprecations, which its user cannot mend
        lowered = lowered_graph(graph, fakes, effect is None)
        if effect is None and _is_for_python(lowered.graph, nested):
            raise Refused
        hidden = effect is not None and _chained(lowered.graph, effect)
        lowered.graph.eliminate_dead_code()
        signed = hold_signed(lowered, fakes, mode)
        _fill(lowered)
        remake(lowered.graph)
        make_ahead(lowered.graph)
        remake_slowly(lowered.graph)
        choose_before_pools(lowered.graph)
        lowered.recompile()
        options: dict[str, Any] = {"realize_opcount_threshold": _MOST_OPS, "max_fusion_size": _MOST_FUSED}
        if has_narrow_convolutions(lowered.graph):
            options |= {"layout_optimization": False, "reorder_for_peak_memory": False}
        elif has_convolutions(lowered.graph):
            keep_strides(lowered.graph)
        if _is_made_of_vectors(lowered.graph):
            options["cpp.enable_loop_tail_vec"] = False
        quick = config.patch(options)
        trusted = _inputs_taken_on_trust(_LEAST_OF_STEPS if effect is None else _LEAST)
        kernels = kernels_on_demand() if effect is None else compiled_together()
        with tracing(TracingContext(mode)), V.set_fake_mode(mode), trusted, quick, steady_compiler(), kernels:
            return compile_fx_inner(lowered, fakes), signed, hidden


def _is_made_of_vectors(graph: torch.fx.Graph) -> bool:
    """Whether every axis holds whole vectors, of 64 bytes: a third of Inductor's time goes into the rests of loops."""
    values = [node.meta.get("val") for node in graph.nodes]
    each = [x for value in values for x in (value if isinstance(value, tuple | list) else [value])]
    arrays = [x for x in each if isinstance(x, Tensor)]
    widths = [x.dtype.itemsize for x in arrays if x.dtype.is_floating_point]
    return bool(widths) and all([n == 1 or not n % (64 // min(widths)) for x in arrays for n in x.shape])


_LIBRARIES: Final = {"convolution", "convolution_backward", "effect"}
_LONG: Final = 1 << 24  # multiplications, beside which Python costs nothing, and after which Ctrl-C is to be heard


def _is_for_python(graph: torch.fx.Graph, nested: Callable[[str], Nested | Elementwise | None]) -> bool:
    """Whether a step calls a library, or another compiled loop, that is not called from C++."""
    total = 0
    for node in graph.nodes:
        target = node.target
        if not isinstance(target, torch._ops.OpOverload) or target.namespace not in ("aten", "dualgrad"):
            continue
        if target._opname in _LIBRARIES:
            return True
        if is_program(node):
            inner = nested(str(node.args[1]))
            if inner is None:
                return True
            total += inner.work
        total += multiplications(node)
    return total > _LONG


def _draws_half_precision(graph: torch.fx.Graph) -> bool:
    """Whether there are random numbers in a half precision, whose operations are to be rounded one by one as eager.

    Inductor goes on in float32, with which a number near 0 would be another one.
    """
    values = [(n, n.meta.get("val")) for n in graph.nodes]
    half = [(n, x) for n, x in values if isinstance(x, Tensor) and x.dtype in (torch.float16, torch.bfloat16)]
    return any([n.target is torch.ops.aten.view.dtype for n, _ in half]) or (
        bool(half) and any([n.target is torch.ops.dualgrad.gamma.default for n in graph.nodes])
    )


# To be raised with each change of what Inductor makes of a graph, so that no old program is found.
_REVISION: Final = 49


@contextmanager
def _inputs_taken_on_trust(least: int) -> Generator[None, None, None]:
    """A block in which Inductor leaves out the asserts of shapes and strides of inputs, 0.3 us each, and keeps order.

    Who calls a program of ours knows them. Those of what a library returns stay. The programs that Inductor keeps on
    disk have a tag of their own, so that none is mistaken for one with asserts.
    """
    from torch._inductor.codegen.wrapper import PythonWrapperCodegen

    tag = f"{torch.compiler.config.cache_key_tag} dualgrad, {_REVISION}"
    without = patch.object(PythonWrapperCodegen, "codegen_input_size_asserts", lambda _: None)
    tagged = torch.compiler.config.patch(cache_key_tag=tag)
    kept = keeping_what_is_reused(_MOST_REUSED)
    with (
        alone,
        without,
        lasting_order(),
        whole_stacks(),
        sparing_memory(),
        compared_truths(),
        given_as_made(),
        laid_out_once(),
        written_over(),
        apart_from_later(),
        vectors_along_rows(),
        giving_back(least),
        rules_made_once(),
        strides_read_off(),
        truths_as_vectors(),
        kept,
        tagged,
    ):
        yield


def _straight(owner: Any) -> Callable[[list[Tensor]], Sequence[Tensor]]:
    """The program itself: what stands around it, 0.7 us a call, is for autotuning and profiling on accelerators."""
    call = getattr(owner, "current_callable", None)
    if call is None:
        return owner

    # The owner is kept, because it takes parts of the program with it when it goes.
    def run(tensors: list[Tensor], _owner: Any = owner) -> Sequence[Tensor]:
        return call(tensors)

    return run


def lowered_graph(graph: torch.fx.GraphModule, inputs: Sequence[Tensor], is_step: bool = False) -> torch.fx.GraphModule:
    """The graph without updates in place, in the operations that Inductor knows; of a loop's step for C++, if so."""
    with alone, torch.no_grad(), restored_dispatch_keys(), mode_of(inputs), modules_as_they_are():
        # Views stay: Inductor knows them, and not all of the copies that would be in their place.
        functional = torch.func.functionalize(graph, remove="mutations")
        lowered = make_fx(functional, decompositions(is_step), "real", _allow_non_fake_inputs=True)(*inputs)
        keep_round_trips(lowered.graph)
        keep_what_is_compared(lowered.graph)
        merge_repeats(lowered.graph)
        real_ways_back(lowered.graph)
        single_rests(lowered.graph)
        if not is_step:
            factorised_once(lowered.graph)
            fold_constants(lowered)
        by_parts(lowered.graph)
        lowered.recompile()
        return lowered


def refusal(error: Exception) -> str:
    """Why a graph could not be compiled, in a sentence, and what helps if anything does."""
    from torch._inductor.exc import InvalidCxxCompiler

    inner = getattr(error, "inner_exception", error)
    lines = str(inner).splitlines() or [""]
    said = next((line for line in lines if " error: " in line), lines[0])  # what the C++ compiler complains of
    way_out = " A C++ compiler on PATH is needed on the CPU." if isinstance(inner, InvalidCxxCompiler) else ""
    return f"{type(inner).__name__}: {said:.200}.{way_out}"


def undisturbed(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun`, into which Dynamo does not look where a user compiles around it: it breaks its graph and calls it."""

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return torch._dynamo.disable(fun)(*args, **kwargs)
        return fun(*args, **kwargs)

    return call


def graph_text(graph: torch.fx.GraphModule) -> str:
    """A graph as Python code."""
    return graph.print_readable(print_output=False)


def _chained(graph: torch.fx.Graph, effect: Any) -> bool:
    """Make each operation with an effect wait for the one before, and the program return what the last one returns."""
    last = None
    for node in list(graph.nodes):
        if node.op == "call_function" and node.target is effect:
            node.args = (*node.args[:2], last)
            values = node.meta["val"]
            with graph.inserting_after(node):
                last = graph.call_function(operator.getitem, (node, len(values) - 1))
                last.meta["val"] = values[-1]
    if last is None:
        return False
    output = next(iter(reversed(graph.nodes)))
    output.args = ((*output.args[0], last),)
    return True


def _fill(graph: torch.fx.GraphModule) -> None:
    """Write 0-d constants, and what is computed of them alone, as filled arrays (torch 2.13).

    What Inductor makes of a constant attribute has no axes to permute; and it computes with float32 constants in
    float64, so that 0.7 - 0.1 came out another number than in an eager program.
    """
    known: dict[Any, Tensor] = {}
    for node in list(graph.graph.nodes):
        value = getattr(graph, node.target, None) if node.op == "get_attr" else _folded(node, known)
        if isinstance(value, Tensor) and not value.shape and not value.is_complex():
            with graph.graph.inserting_after(node):
                like: Any = {"dtype": value.dtype, "device": value.device}
                filled = graph.graph.call_function(torch.ops.aten.full.default, ([], value.item()), like)
            filled.meta["val"] = node.meta["val"]
            node.replace_all_uses_with(filled)
            graph.graph.erase_node(node)
            known[filled] = value
    graph.graph.eliminate_dead_code()


def _folded(node: torch.fx.Node, known: dict[Any, Tensor]) -> Any:
    """The value of an operation on known numbers that gives a float without axes."""
    like, op = node.meta.get("val"), node.target
    if not known or not isinstance(op, torch._ops.OpOverload) or not isinstance(like, Tensor) or like.shape:
        return None
    free = node.all_input_nodes
    if not free or not like.is_floating_point() or like.device.type != "cpu" or any(x not in known for x in free):
        return None
    if op.namespace != "aten" or op._schema.is_mutable or torch.Tag.nondeterministic_seeded in op.tags:
        return None
    return op(*torch.fx.map_arg(node.args, known.__getitem__), **torch.fx.map_arg(node.kwargs, known.__getitem__))
