"""`Graph`: a traced function of tensors, and the graphs of its derivatives and of its mapped form."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._arrays import dense, plain
from dualgrad.backends.torch._forward import pushed_forward
from dualgrad.backends.torch._private import (
    Spec,
    closed,
    has_effect,
    is_late,
    is_mapped,
    on_this_thread,
    purified,
    recorded_late,
    trace,
    with_storage,
)
from dualgrad.backends.torch.programs.folding import FOLDING
from dualgrad.backends.torch.programs.nodes import (
    cuts,
    is_cheap,
    made_for,
    make_constants_of_their_own,
    reached,
    spec_of,
)
from dualgrad.backends.torch.programs.program import Program, Pull, is_smooth, zeros_if_none
from dualgrad.backends.torch.programs.stop import STOPPING

__all__ = ["Graph", "Joint", "close", "holds", "refused"]

Fun = Callable[..., Sequence[Tensor]]
_SWAPPED = {**STOPPING, **FOLDING}  # what stands for native functions in a body


class Graph:
    """A pure function of tensors, as a graph of aten operations and programs.

    Attributes:
        module: The graph; calling it runs it.
        inputs: What its inputs are like.
        outputs: What its outputs are like.
    """

    def __init__(self, module: fx.GraphModule, inputs: Sequence[Spec], outputs: Sequence[Spec]) -> None:
        self.module = module
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self._made: dict[Any, Any] = {}

    def __call__(self, *tensors: Tensor) -> list[Tensor]:
        """The outputs; it was traced for dense inputs, and strides are part of some operations."""
        return list(self.module(*[dense(x) for x in tensors]))

    @classmethod
    def of(cls, fun: Fun, inputs: Sequence[Spec]) -> Graph:
        """The graph of a function that closes over nothing but constants."""
        noting, outputs = _noting(fun)
        return cls(purified(trace(noting, inputs)[0], inputs), inputs, outputs)

    def size(self) -> int:
        """How many operations there are."""
        return len(self.module.graph.nodes) - len(self.inputs) - 1

    def has_effect(self) -> bool:
        """Whether running it does something beside giving its outputs."""
        return any(has_effect(n) for n in self.module.graph.nodes if n.op == "call_function")

    def reordered(self, order: Sequence[int], inputs: Sequence[Spec] | None = None) -> Graph:
        """The graph with its inputs in another order.

        Args:
            order: For each input of the result, the place of the input of this graph; -1 for one that is not used.
            inputs: What the inputs of the result are like, where some are not used.
        """
        nodes: Any = self.module.graph.nodes
        placeholders = [n for n in nodes if n.op == "placeholder"]
        graph = fx.Graph()
        made: dict[fx.Node, fx.Node] = {}
        for place, i in enumerate(order):
            copy = graph.placeholder(f"input_{place}")
            if i >= 0:
                made[placeholders[i]] = copy
                copy.meta = dict(placeholders[i].meta)
        for node in nodes:
            if node.op != "placeholder":
                made[node] = graph.node_copy(node, made.__getitem__)
        specs = [self.inputs[i] for i in order] if inputs is None else inputs
        return Graph(fx.GraphModule(self.module, graph), specs, self.outputs)

    def forwarded(self) -> list[int | None]:
        """For each output the place of the input that it is, if it is one."""
        nodes: Any = list(self.module.graph.nodes)
        place = {n: i for i, n in enumerate([n for n in nodes if n.op == "placeholder"])}
        return [place.get(o) if isinstance(o, fx.Node) else None for o in nodes[-1].args[0]]

    def completed(self, call: Any, start: int, stop: int) -> Graph:
        """This graph, in which each call of `call` is given the inputs from `start` to `stop` as further operands."""
        placeholders = [n for n in self.module.graph.nodes if n.op == "placeholder"]
        found = [n for n in self.module.graph.nodes if n.target is call]
        for node in found:
            node.args = (*node.args, *placeholders[start:stop])
        if found:
            self.module.recompile()
        return self

    def depends(self, active: Sequence[bool], smoothly: bool = True) -> list[bool]:
        """Which outputs depend on the active inputs; `smoothly` counts only what a derivative can follow."""
        found = self.varying(active, smoothly)
        nodes: Any = self.module.graph.nodes
        return [o in found for o in list(nodes)[-1].args[0]]

    def varying(self, active: Sequence[bool], smoothly: bool = True) -> set[fx.Node]:
        """The nodes that depend on the active inputs; of a program, its outputs one by one."""
        nodes: Any = self.module.graph.nodes
        found = {n for n, a in zip([n for n in nodes if n.op == "placeholder"], active, strict=True) if a}
        parts: dict[fx.Node, Sequence[bool]] = {}
        for node in nodes:
            if node.op != "call_function" or (smoothly and cuts(node)):
                continue
            if isinstance(node.target, Program):
                parts[node] = node.target.depends([n in found for n in node.args], smoothly)
                known = any(parts[node])
            elif node.target is operator.getitem and node.args[0] in parts:
                known = parts[node.args[0]][node.args[1]]
            else:
                known = any([n in found for n in node.all_input_nodes])
            if known:
                found.add(node)
        return found

    def used(self) -> list[int]:
        """The places of the inputs that it uses."""
        return [i for i, n in enumerate([n for n in self.module.graph.nodes if n.op == "placeholder"]) if n.users]

    def of_inputs(self, places: Sequence[int]) -> Graph:
        """The graph of those inputs alone, among which are all that it uses."""
        key = "of_inputs", tuple(places)
        if key not in self._made:
            self._made[key] = self.reordered(places)
        return self._made[key]

    def mapped(self, size: int, dims: Sequence[int | None], forced: Sequence[bool]) -> tuple[Graph, list[int | None]]:
        """The graph over inputs with a leading axis where `dims` is 0, and which outputs have one.

        Args:
            size: Length of the mapped axis.
            dims: 0 or `None` for each input.
            forced: Outputs that are to have the axis though they do not depend on a mapped input.
        """
        key = "mapped", size, tuple(dims), tuple(forced)
        if key in self._made:
            return self._made[key]
        out_dims: list[int | None] = []

        def over_axis(*tensors: Tensor) -> list[Tensor]:
            still: list[Tensor | None] = []

            def of_mapped(_: Tensor, *mapped: Tensor) -> tuple[Tensor, ...]:
                rest = iter(mapped)
                outs = self(*[x if d is None else next(rest) for x, d in zip(tensors, dims, strict=True)])
                keep = [is_mapped(o) or f for o, f in zip(outs, forced, strict=True)]
                still[:] = [None if k else o for o, k in zip(outs, keep, strict=True)]
                return tuple([o for o, k in zip(outs, keep, strict=True) if k])

            # a first input that is always mapped: there may be no other
            ones = torch.empty(size)
            mapped = [x for x, d in zip(tensors, dims, strict=True) if d is not None]
            outs = iter(torch.func.vmap(of_mapped, randomness="different")(ones, *mapped))
            out_dims[:] = [0 if o is None else None for o in still]
            return [next(outs) if o is None else o for o in still]

        inputs = [s if d is None else s.stacked(size) for s, d in zip(self.inputs, dims, strict=True)]
        made = self._made[key] = Graph.of(over_axis, inputs), list(out_dims)
        return made

    def pushed(self, active: Sequence[bool], forced: Sequence[bool]) -> tuple[Graph, list[bool]]:
        """The graph of outputs and tangents, of inputs and tangents of the active ones; which outputs have a tangent.

        Args:
            active: Inputs that have a tangent.
            forced: Outputs that are to have a tangent though they do not depend on an active input.
        """
        moved = [(m or f) and is_smooth(o) for m, f, o in zip(self.depends(active), forced, self.outputs, strict=True)]
        key = "pushed", tuple(active), tuple(moved)
        if key not in self._made:
            n = len(self.inputs)
            chosen = [i for i, a in enumerate(active) if a]

            def with_tangents(*tensors: Tensor) -> list[Tensor]:
                of_active = self._of_active(tensors[:n], chosen, moved)
                primals = tuple([tensors[i] for i in chosen])
                if not primals or not any(moved):
                    outs = self(*tensors[:n])
                    return [*outs, *[torch.zeros_like(o) for o, m in zip(outs, moved, strict=True) if m]]
                smooth, tangents, outs = pushed_forward(of_active, primals, tuple(tensors[n:]))
                fitted = [with_storage(t).to(o.dtype) for t, o in zip(tangents, smooth, strict=True)]
                return [*outs, *fitted]

            self._made[key] = Graph.of(with_tangents, [*self.inputs, *[self.inputs[i] for i in chosen]])
        return self._made[key], moved

    def _of_active(self, tensors: Sequence[Tensor], chosen: Sequence[int], moved: Sequence[bool]) -> Callable[..., Any]:
        """The graph as a function of its chosen inputs, to the outputs that move with them, and beside them all."""

        def of_active(*primals: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
            full = list(tensors)
            for i, x in zip(chosen, primals, strict=True):
                full[i] = x
            outs = self(*full)
            return tuple([o for o, m in zip(outs, moved, strict=True) if m]), tuple(outs)

        return of_active

    def joint(self, active: Sequence[bool], forced: Sequence[bool], aside: int = 0) -> Joint:
        """The graph of outputs and gradients, to be split in two; see `Joint`.

        Args:
            active: Inputs that are differentiated.
            forced: Outputs that are to have a cotangent though they do not depend on an active input.
            aside: How many of the last outputs are to have none though they do.
        """
        moved = [(m or f) and is_smooth(o) for m, f, o in zip(self.depends(active), forced, self.outputs, strict=True)]
        moved[len(moved) - aside :] = [False] * aside
        key = "joint", tuple(active), tuple(moved)
        if key not in self._made:
            self._made[key] = self._joint(active, moved)
        return self._made[key]

    def _joint(self, active: Sequence[bool], moved: Sequence[bool]) -> Joint:
        n = len(self.inputs)
        chosen = [i for i, a in enumerate(active) if a]

        def with_gradients(*tensors: Tensor) -> list[Tensor]:
            full = tensors[:n]
            if not chosen or not any(moved):
                return [*self(*full), *[torch.zeros_like(full[i]) for i in chosen]]
            of_active = self._of_active(full, chosen, moved)
            with recorded_late(False):
                pulled: Any = torch.func.vjp(of_active, *[full[i] for i in chosen], has_aux=True)
            _, pull, outs = pulled
            with recorded_late(True):
                return [*outs, *on_this_thread(pull, tensors[0])(tuple(tensors[n:]))]

        cts = [s for s, m in zip(self.outputs, moved, strict=True) if m]
        return Joint(Graph.of(with_gradients, [*self.inputs, *cts]), n, len(self.outputs), moved)


@dataclass
class Joint:
    """A graph of outputs and gradients, split where the cotangents come in.

    The forward part gives the outputs and what the backward part needs beside the cotangents, the residuals. What is a
    mere view of something, the backward part makes again.

    Attributes:
        graph: Inputs, then cotangents, to outputs, then gradients.
        n_inputs: How many inputs are no cotangents.
        n_outputs: How many outputs are no gradients.
        moved: Which outputs have a cotangent.
    """

    graph: Graph
    n_inputs: int
    n_outputs: int
    moved: Sequence[bool]

    def __post_init__(self) -> None:
        make_constants_of_their_own(self.graph.module)
        nodes = list(self.graph.module.graph.nodes)
        placeholders = [n for n in nodes if n.op == "placeholder"]
        self.inputs, self.cotangents = placeholders[: self.n_inputs], placeholders[self.n_inputs :]
        outs: Any = nodes[-1].args[0]
        self.outs, self.gradients = outs[: self.n_outputs], outs[self.n_outputs :]
        after = reached(self.graph.module, self.cotangents)
        effects = [n for n in nodes if n.op == "call_function" and has_effect(n)]
        self._late = [n for n in effects if n in after or is_late(n)]
        self._early = [n for n in effects if n not in self._late]
        self.residuals = self.chosen()
        self._parts: dict[Any, Graph] = {}

    def chosen(self, saveable: Callable[[fx.Node], bool] | None = None) -> list[fx.Node]:
        """What the backward part needs of the forward part, as far as it may be saved; the rest is made again.

        Without a choice nothing is made again but mere views of something.
        """
        unknown = reached(self.graph.module, [*self.cotangents, *self._late])
        wanted: list[fx.Node] = []
        seen: set[fx.Node] = set()
        stack = [g for g in reversed([*self.gradients, *self._late]) if isinstance(g, fx.Node)]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in self.cotangents:
                continue
            left = saveable is not None and (
                node.op == "placeholder" or not (isinstance(node.meta.get("val"), Tensor) and saveable(node))
            )
            if left or node in unknown or node.op == "get_attr" or is_cheap(node):
                stack.extend(node.all_input_nodes)
            else:
                wanted.append(node)
        return wanted

    def forward(self, residuals: Sequence[fx.Node]) -> Graph:
        """Inputs to outputs and those residuals."""
        return self._part("forward", self.inputs, [*self.outs, *residuals], self._early)

    def again(self, effects: bool = False, saved: Sequence[fx.Node] = ()) -> Graph:
        """Inputs, what is saved, and cotangents to gradients: the rest of the forward part is done once more.

        Args:
            effects: Whether what the forward part does beside computing is done once more too.
            saved: Nodes that are not computed again.
        """
        done = [*self._early, *self._late] if effects else self._late
        return self._part("again", [*self.inputs, *saved, *self.cotangents], self.gradients, done)

    def backward(self) -> Graph:
        """Residuals and cotangents to gradients."""
        return self._part("backward", [*self.residuals, *self.cotangents], self.gradients, self._late)

    def linearized(
        self, operands: Sequence[Tensor], outputs: Sequence[Spec], via: Callable[[Graph], Fun] = lambda part: part
    ) -> tuple[Sequence[Tensor], Pull]:
        """Outputs, and the function that pulls their cotangents back; `via` says how each of the two parts is run."""
        n = self.n_outputs
        outs = via(self.forward(self.residuals))(*operands)

        def pull(cts: Sequence[Tensor | None]) -> Sequence[Tensor]:
            given = [zeros_if_none(ct, s) for ct, s, m in zip(cts, outputs, self.moved, strict=True) if m]
            return via(self.backward())(*outs[n:], *given)

        return outs[:n], pull

    def _part(
        self, which: str, inputs: Sequence[fx.Node], outputs: Sequence[fx.Node], effects: Sequence[fx.Node]
    ) -> Graph:
        """A part of the graph, taken out once: it keeps what is made of it."""
        key = which, tuple(inputs), tuple(outputs), tuple(effects)
        if key not in self._parts:
            self._parts[key] = extracted(self.graph.module, inputs, outputs, effects)
        return self._parts[key]


def extracted(
    module: fx.GraphModule, inputs: Sequence[fx.Node], outputs: Sequence[fx.Node], effects: Sequence[fx.Node] = ()
) -> Graph:
    """The part of a graph between some of its nodes.

    Args:
        module: The graph.
        inputs: Nodes that become inputs.
        outputs: Nodes that become outputs.
        effects: Nodes that do something beside computing and that the part keeps.
    """
    needed = made_for([*outputs, *effects], inputs)
    graph = fx.Graph()
    made = {n: graph.placeholder(n.name) for n in inputs}
    for node, copy in made.items():
        copy.meta = dict(node.meta)
    for node in module.graph.nodes:
        if node in needed:
            made[node] = graph.node_copy(node, made.__getitem__)
    graph.output([made[o] for o in outputs])
    part = fx.GraphModule(module, graph)
    return Graph(part, [spec_of(module, n) for n in inputs], [spec_of(module, n) for n in outputs])


def close(fun: Fun, inputs: Sequence[Spec]) -> tuple[Graph, list[Tensor]]:
    """The graph of `fun`, its last inputs being the tensors that it closes over; and those tensors."""
    noting, outputs = _noting(fun)
    module, outer = closed(noting, inputs, _SWAPPED)
    full = [*inputs, *[Spec.of(x) for x in outer]]
    return Graph(purified(module, full), full, outputs), outer


def _noting(fun: Fun) -> tuple[Fun, list[Spec]]:
    """`fun`, which notes what its outputs are like; and the list of that."""
    outputs: list[Spec] = []

    def noting(*tensors: Tensor) -> Sequence[Tensor]:
        outs = [plain(o) for o in fun(*tensors)]
        outputs[:] = [Spec.of(o) for o in outs]
        return outs

    return noting, outputs


def holds(content: object, kind: type[Program]) -> bool:
    """Whether a program of that kind is called in a graph, in one of several, or in one inside it."""
    return any(isinstance(p, kind) for p in _programs(content))


def refused(content: object) -> set[str]:
    """The transforms that some program in a graph, in several, or in those inside them refuses or may."""
    return {kind for p in _programs(content) for kind in p.refuses()}


def _programs(content: object) -> Iterator[Program]:
    if isinstance(content, list | tuple):
        for c in content:  # pyright: ignore[reportUnknownVariableType]
            yield from _programs(c)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(content, Graph):
        for node in content.module.graph.nodes:
            if isinstance(node.target, Program):
                yield node.target
                yield from _programs(node.target.content())
