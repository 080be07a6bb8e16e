"""`vjp`, `linearize`, `linear_transpose`: a traced function, cut where the tangents or cotangents come in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._nodes import Node
from dualgrad._rules.callbacks import io_linearized
from dualgrad._rules.control import not_linear, wrong_count
from dualgrad._rules.outlines import outline
from dualgrad._rules.transforms import not_differentiable, output_not_transposable, structure_mismatch
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import INEXACT, NAMES, NATIVE, as_tensor
from dualgrad.backends.torch._flat import (
    Box,
    Flat,
    conjugated,
    differentiable,
    join_aux,
    output_tensors,
    pair_of,
    split_aux,
)
from dualgrad.backends.torch._private import (
    DATA_DEPENDENT,
    Spec,
    intact,
    is_tracing,
    looked_up,
    on_this_thread,
    with_places,
)
from dualgrad.backends.torch.lax._trees import Arrays
from dualgrad.backends.torch.programs.callbacks import IOCall
from dualgrad.backends.torch.programs.graph import Graph, Joint, close, extracted, holds
from dualgrad.backends.torch.programs.nodes import reached
from dualgrad.backends.torch.programs.program import is_smooth
from dualgrad.backends.torch.transforms import fitting, jvp
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["linear_transpose", "linearize", "vjp"]

Fun = Callable[..., Any]


class LinearMap:
    """A linear function that is a tree of the tensors it keeps, so that a rule may save it and a program return it.

    Attributes:
        apply: The kept tensors and the arguments to the result.
    """

    def __init__(self, apply: Fun, kept: Iterable[Tensor]) -> None:
        self.apply = apply
        self.kept = tuple(kept)

    def __call__(self, *args: Any) -> Any:
        return self.apply(self.kept, *args)

    def parts(self) -> tuple[Sequence[Tensor], Fun]:
        """The leaves, and the rest."""
        return self.kept, self.apply


class Recorded(LinearMap):
    """A pullback of plain autograd, which keeps what it needs where nobody sees it; the function is traced for that."""

    def __init__(self, pull: Fun, trace: Callable[[], LinearMap]) -> None:
        super().__init__(lambda _, *args: pull(*args), ())
        self.trace = trace
        self.traced: LinearMap | None = None

    def parts(self) -> tuple[Sequence[Tensor], Fun]:
        self.traced = self.traced or self.trace()
        return self.traced.parts()


for _cls in (LinearMap, Recorded):
    tree.register(_cls, Node(lambda linear: linear.parts(), LinearMap))


def vjp(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """`(out, pullback)`, or `(out, pullback, aux)`; the pullback takes a cotangent of `out`."""
    flat = Flat.of(primals, differentiable("vjp"))
    if flat.tensors and is_tracing():
        return _traced_vjp(fun, flat, has_aux)
    box = Box()

    def of_tensors(*tensors: Tensor) -> tuple[tuple[Tensor, ...], tuple[list[Tensor], tuple[Tensor, ...]]]:
        out, aux = split_aux("vjp", fun(*flat.rebuild(tensors)), has_aux, box)
        outs = output_tensors("vjp", out, box)
        # torch.func.vjp refuses outputs that have no derivative; they leave beside the others.
        return tuple([o for o in outs if is_smooth(o)]) or (nothing,), (outs, aux)

    nothing = torch.zeros(())  # torch.func.vjp refuses to have no output too
    if flat.tensors:
        with intact():
            pulled: Any = with_places(lambda: torch.func.vjp(of_tensors, *flat.tensors, has_aux=True), looked_up(fun))
            _, pull, beside = pulled
            pull = on_this_thread(pull, flat.tensors[0])
    else:
        (_, beside), pull = of_tensors(), lambda _: ()
    out, aux = beside
    like = [Spec.of(o) for o in out]

    def pullback(*cotangents: Any) -> tuple[Any, ...]:
        cts = _fitting_cotangents(cotangents, box.treedef, like)
        return flat.restore(conjugated(pull(tuple(conjugated(cts or [nothing])))))

    def traced() -> LinearMap:
        return _traced_vjp(fun, flat, has_aux)[1]

    result = tree.unflatten(box.treedef, out), Recorded(pullback, traced)
    return (*result, join_aux(aux, box)) if has_aux else result


def _fitting_cotangents(cotangents: Sequence[Any], treedef: Any, like: Sequence[Spec]) -> list[Tensor]:
    """Cotangents of those outputs that have one."""
    if len(cotangents) != 1:
        raise wrong_count("vjp", "cotangent", 1, len(cotangents))
    given, got = tree.flatten(cotangents[0])
    if got != treedef:
        raise structure_mismatch("vjp", outline(tree, treedef), outline(tree, got))
    return [fitting("vjp", ct, s) for ct, s in zip(given, like, strict=True) if is_smooth(s)]


def _traced_vjp(fun: Fun, flat: Flat, has_aux: bool) -> Any:
    graph, outer, out, box = _closed("vjp", fun, flat, has_aux)
    k, total = len(out.tensors), len(graph.outputs)
    active = [True] * len(flat.tensors) + [False] * len(outer)
    joint = graph.joint(active, [True] * total, total - k)
    values = joint.forward(joint.residuals)(*flat.tensors, *outer)
    like, treedef, back, restore = graph.outputs[:k], out.treedef, joint.backward(), flat.without_tensors().restore

    def pullback(kept: Sequence[Tensor], *cotangents: Any) -> tuple[Any, ...]:
        cts = _fitting_cotangents(cotangents, treedef, like)
        return restore(conjugated(back(*kept, *conjugated(cts))))

    result = out.rebuild(values[:k]), LinearMap(pullback, values[total:])
    return (*result, join_aux(values[k:total], box)) if has_aux else result


def _closed(name: str, fun: Fun, flat: Flat, has_aux: bool) -> tuple[Graph, list[Tensor], Arrays, Box]:
    """The graph of a function of the flat arguments; what it closes over; its output, and what is said beside it."""
    box = Box()
    outs: list[Arrays] = []

    def of_tensors(*xs: Tensor) -> list[Tensor]:
        out, aux = split_aux(name, fun(*flat.rebuild(xs)), has_aux, box)
        output_tensors(name, out, Box())  # refuses what is no array, in the words of the other transforms
        outs[:] = [Arrays.of(name, out)]
        return [*outs[0].tensors, *aux]

    graph, outer = close(of_tensors, [Spec.of(x) for x in flat.tensors])
    return graph, outer, outs[0], box


def linearize(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """`(out, push)`, or `(out, push, aux)`: the output and its tangent as a function of tangents."""
    flat = Flat.of(primals, differentiable("linearize"))
    try:
        graph, outer, out, box = _closed("linearize", fun, flat, has_aux)
    except DATA_DEPENDENT:
        if is_tracing():
            raise
        return _pushed_each_time(fun, flat, has_aux)
    n, k, total = len(flat.tensors), len(out.tensors), len(graph.outputs)
    active = [True] * n + [False] * len(outer)
    pushed, moved = graph.pushed(active, [True] * k + [False] * (total - k))
    split = Joint(pushed, n + len(outer), total, moved)
    if reached(pushed.module, split.cotangents) & set(split.outs):
        # A loop pushes values and tangents forward in one go: the values are computed without it.
        if graph.has_effect() and holds(graph, IOCall):
            raise io_linearized()
        residuals = extracted(pushed.module, split.inputs, split.residuals)(*flat.tensors, *outer)
        values = [*graph(*flat.tensors, *outer), *residuals]
    else:
        values = split.forward(split.residuals)(*flat.tensors, *outer)
    push_flat, like, treedef = split.backward(), graph.outputs[:k], out.treedef
    points, expected = graph.inputs[:n], flat.treedef

    def push(kept: Sequence[Tensor], *tangents: Any) -> Any:
        along = iter(push_flat(*kept, *_fitting_tangents(tangents, expected, points)))
        return tree.unflatten(treedef, [next(along) if m else s.zeros() for m, s in zip(moved, like, strict=False)])

    result = out.rebuild(values[:k]), LinearMap(push, values[total:])
    return (*result, join_aux(values[k:total], box)) if has_aux else result


def _fitting_tangents(tangents: Sequence[Any], treedef: Any, points: Sequence[Spec]) -> list[Tensor]:
    count = treedef.num_children
    if len(tangents) != count:
        raise wrong_count("linearize", "tangent", count, len(tangents))
    given, got = tree.flatten(tuple(tangents))
    if got != treedef:
        raise structure_mismatch("linearize", outline(tree, treedef), outline(tree, got))
    return [fitting("linearize", t, s) for t, s in zip(given, points, strict=True)]


def _pushed_each_time(fun: Fun, flat: Flat, has_aux: bool) -> Any:
    """As `linearize`, of a function that branches in Python on values: it is run for each tangent."""
    points = [Spec.of(x) for x in flat.tensors]

    def push(kept: Sequence[Tensor], *tangents: Any) -> Any:
        along = flat.restore(_fitting_tangents(tangents, flat.treedef, points))
        return jvp(fun, flat.rebuild(kept), along, has_aux)[1]

    full = fun(*flat.rebuild(flat.tensors))
    out, *aux = pair_of("linearize", full) if has_aux else (full,)
    return tree.map(lambda x: as_tensor("linearize", x), out), LinearMap(push, flat.tensors), *aux


def linear_transpose(fun: Fun, *primals: Any) -> Fun:
    """The transpose of a linear function, as a function of cotangents."""

    def like(leaf: Any) -> Tensor:
        if isinstance(leaf, ShapeDtypeStruct):
            return torch.zeros(leaf.shape, dtype=NATIVE[leaf.dtype.name])
        return as_tensor("linear_transpose", leaf)

    flat = Flat.of(primals, like)
    for x in flat.tensors:
        if x.dtype not in INEXACT:
            raise not_differentiable("linear_transpose", NAMES[x.dtype])
    box: list[Arrays] = []

    def of_tensors(*xs: Tensor) -> list[Tensor]:
        box[:] = [Arrays.of("linear_transpose", fun(*flat.rebuild(xs)))]
        return box[0].tensors

    specs = [Spec.of(x) for x in flat.tensors]
    graph, outer = close(of_tensors, specs)
    for o in graph.outputs:
        if not is_smooth(o):
            raise output_not_transposable(NAMES[o.dtype])
    n, k = len(specs), len(graph.outputs)
    joint = graph.joint([True] * n + [False] * len(outer), [True] * k)
    active = [i < n for i in range(len(joint.graph.inputs))]
    if joint.graph.varying(active, smoothly=False) & set(joint.residuals):
        raise not_linear("linear_transpose")

    restore, treedef_out = flat.without_tensors().restore, box[0].treedef

    def transposed(outer: Sequence[Tensor], *cotangents: Any) -> tuple[Any, ...]:
        if len(cotangents) != 1:
            raise wrong_count("linear_transpose", "cotangent", 1, len(cotangents))
        given, treedef = tree.flatten(cotangents[0])
        if treedef != treedef_out:
            raise structure_mismatch("linear_transpose", outline(tree, treedef_out), outline(tree, treedef))
        cts = [fitting("linear_transpose", ct, s.empty()) for ct, s in zip(given, graph.outputs, strict=True)]
        zeros = [s.zeros() for s in specs]
        grads = joint.again()(*zeros, *outer, *conjugated(cts))
        return restore(conjugated(grads))

    return LinearMap(transposed, outer)
