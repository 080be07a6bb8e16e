"""Sums over the steps of a loop that are products: their factors leave the loop stacked, and one product follows.

The gradient of a matrix with which a loop multiplies is a sum over the steps, of `x_t^T g_t`. Step by step that reads
and writes all of the sum for a few rows of factors. The same number is one product of all rows. Its terms are added in
another order, so that the last bits may be others than those of a loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private import Column, Fold, Spec, aten_name, has_effect
from dualgrad.backends.torch.programs.graph import Graph, extracted
from dualgrad.backends.torch.programs.nodes import reached, spec_of

__all__ = ["Deferred"]


@dataclass(frozen=True)
class _Term:
    """A part of a sum.

    Attributes:
        node: What is added up: a product, or what is left to the loop.
        path: What is done with the sum of that, first first.
    """

    node: fx.Node
    path: tuple[fx.Node, ...]


class Deferred:
    """A step, some of whose outputs are only added up, and what is done after the loop to have their sums.

    Attributes:
        body: The inputs to what the loop still adds up, the other outputs, and the factors that leave it.
        summed: What each is like that the loop still adds up.
        emitted: What each factor that leaves the loop is like.
    """

    def __init__(
        self, graph: Graph, count: int, fixed: Sequence[bool], stacked: Sequence[bool], passed: Sequence[bool]
    ) -> None:
        """Look for products.

        Args:
            graph: One step.
            count: How many of its outputs, the first ones, are only added up.
            fixed: Which inputs are the same in each step.
            stacked: Which inputs are parts of something stacked.
            passed: Which inputs are passed from step to step in place of being stacked.
        """
        self._module = graph.module
        nodes: Any = list(graph.module.graph.nodes)
        inputs = [n for n in nodes if n.op == "placeholder"]
        outputs = nodes[-1].args[0]
        self._known = [n for n, s in zip(inputs, stacked, strict=True) if s]
        self._near = [n for n, p in zip(inputs, passed, strict=True) if p]
        varying = reached(graph.module, [n for n, f in zip(inputs, fixed, strict=True) if not f])
        divided = _divided(graph.module)
        terms = [_terms(o, divided) for o in outputs[:count]]
        self._leaving: list[fx.Node] = []
        chosen = self._chosen([t.node for ts in terms for t in ts if _is_product(t.node)], varying)
        self._sums = [
            ts if any([t.node in chosen for t in ts]) else [_Term(o, ())]
            for ts, o in zip(terms, outputs[:count], strict=True)
        ]
        self._products = chosen
        self._left = [t.node for ts in self._sums for t in ts if t.node not in chosen]
        effects = [n for n in nodes if n.op == "call_function" and has_effect(n)]
        self.body = extracted(graph.module, inputs, [*self._left, *outputs[count:], *self._leaving], effects)
        self.summed = [spec_of(graph.module, n) for n in self._left]
        self.emitted = [spec_of(graph.module, n) for n in self._leaving]

    def _chosen(self, products: Sequence[fx.Node], varying: set[fx.Node]) -> set[fx.Node]:
        """The products for which less is to be stacked than they would add up, and no more than is stacked already."""
        room = sum([_size(n) for n in (*self._known, *self._near)])
        left = sorted([p for p in products if all([f in varying for f in p.args[:2]])], key=_size, reverse=True)
        found: set[fx.Node] = set()
        while True:
            for p in left:
                more = list(dict.fromkeys([_source(f) for f in p.args[:2]]))
                more = [n for n in more if n not in self._known and n not in self._leaving]
                size = sum([_size(n) for n in more])
                spent = sum([_size(n) for n in more if n not in self._near])
                if spent < _size(p) and size <= room:
                    room -= size
                    self._leaving += more
                    found.add(p)
                    break
            else:
                return found
            left.remove(p)

    def folds(self, length: int, known: Sequence[int], first: int) -> tuple[list[Fold], int]:
        """Products that are made block by block of steps, so that no factor leaves the loop; and steps in a block.

        All products for which something would leave it, or none.

        Args:
            length: Number of steps.
            known: Which stacked inputs of the loop the stacked inputs are.
            first: Which of the stacked outputs the first is that leaves the loop.
        """
        row = sum([_size(n) for n in self._leaving])
        if row * length < _LEAST:
            return [], 1
        places = {n: ("x", i) for n, i in zip(self._known, known, strict=True)}
        places |= {n: ("y", first + i) for i, n in enumerate(self._leaving)}
        found: list[Fold] = []
        for node in self._in_blocks():
            fold = self._fold(node, places)
            if fold is None:
                return [], 1
            found.append(fold)
        rows = max(_BLOCK // row, *[_ROWS // f.left.rows for f in found], 1)
        block = 1 << (rows - 1).bit_length()
        return (found, block) if 4 * block <= length else ([], 1)

    def _in_blocks(self) -> list[fx.Node]:
        """The products for which a factor leaves the loop, in the order of `folds`."""
        products = [t.node for ts in self._sums for t in ts if t.node in self._products]
        return [p for p in dict.fromkeys(products) if any([_source(f) in self._leaving for f in p.args[:2]])]

    def _fold(self, node: fx.Node, places: Mapping[fx.Node, tuple[str, int]]) -> Fold | None:
        """A product of matrices as a sum by blocks, if each factor of all steps is one matrix as it lies."""
        dtype = _value(node).dtype
        if aten_name(node.target) != "mm" or dtype.is_complex or not _value(node).is_cpu:
            return None
        ways = [self._way(f) for f in node.args[:2]]
        columns: list[Column] = []
        for way, factor, along in zip(ways, node.args[:2], (1, 0), strict=True):
            rows, width, strides = way.shape[along], way.shape[1 - along], (way.stride(along), way.stride(1 - along))
            step = _value(_source(factor)).numel()
            if way.dtype is not dtype or way.storage_offset() or (rows > 1 and rows * strides[0] != step):
                return None
            kind, place = places[_source(factor)]
            columns.append(Column(kind, place, rows, width, (step // rows, strides[1])))
        return Fold(columns[0], columns[1], dtype)

    def _way(self, factor: Any) -> Tensor:
        """A stand-in for a factor of one step, as it lies in its source, which is dense."""
        source = _source(factor)
        value = torch.empty(_value(source).shape, dtype=_value(source).dtype, device="meta")
        return value if source is factor else extracted(self._module, [source], [factor])(value)[0]

    def products(self, length: int, known: Sequence[Tensor], emitted: Sequence[Tensor]) -> list[Tensor]:
        """What `folds` stands for, made at once."""
        columns = dict(zip([*self._known, *self._leaving], [*known, *emitted], strict=True))
        return [self._product(p, length, columns) for p in self._in_blocks()]

    def totals(
        self,
        length: int,
        summed: Sequence[Tensor],
        known: Sequence[Tensor],
        emitted: Sequence[Tensor],
        folded: Sequence[Tensor] = (),
    ) -> list[Tensor]:
        """The sums over so many steps.

        Args:
            length: Number of steps.
            summed: What the loop has added up.
            known: The stacked inputs.
            emitted: The stacked factors that have left it, if they have.
            folded: The sums of the products of `folds`, if those were made.
        """
        columns = dict(zip([*self._known, *self._leaving], [*known, *emitted], strict=False))
        sums = dict(zip(self._in_blocks(), folded, strict=False))
        rest = iter(summed)
        totals: list[Tensor] = []
        for terms in self._sums:
            total: Tensor | None = None
            for term in terms:
                if term.node in sums:
                    value = sums[term.node]
                elif term.node in self._products:
                    value = self._product(term.node, length, columns)
                else:
                    value = next(rest)
                for node in term.path:
                    value = node.target(*fx.map_arg(node.args, lambda _, v=value: v), **node.kwargs)  # pyright: ignore[reportCallIssue]
                total = value if total is None else total + value
            assert total is not None
            totals.append(total)
        return totals

    def _product(self, node: fx.Node, length: int, columns: Mapping[fx.Node, Tensor]) -> Tensor:
        a, b = (self._column(f, length, columns) for f in node.args[:2])
        if aten_name(node.target) == "mul":
            return _outer(a, b)
        return _rows(a, -1) @ _rows(b, -2)

    def _column(self, factor: Any, length: int, columns: Mapping[fx.Node, Tensor]) -> Tensor:
        """A factor of all steps, along a first axis."""
        source = _source(factor)
        if source is factor:
            return columns[source]
        views, _ = extracted(self._module, [source], [factor]).mapped(length, [0], [True])
        return views(columns[source])[0]


def _terms(output: fx.Node, divided: set[fx.Node]) -> list[_Term]:
    """The parts of a sum that are products, and what is left."""
    terms: list[_Term] = []
    stack: list[tuple[fx.Node, tuple[fx.Node, ...]]] = [(output, ())]
    while stack:
        node, path = stack.pop()
        if node not in divided or _is_product(node):
            terms.append(_Term(node, path))
        elif len(node.all_input_nodes) == 1:
            stack.append((node.all_input_nodes[0], (node, *path)))
        else:
            stack += [(x, path) for x in node.all_input_nodes]
    return terms


def _divided(module: fx.GraphModule) -> set[fx.Node]:
    """The nodes that are products, or linear in one: of those the sum over steps is that of their arguments' sums."""
    found: set[fx.Node] = set()
    for node in module.graph.nodes:
        if len(node.users) != 1:  # another user needs the value of each step
            continue
        name, parts = aten_name(node.target), node.all_input_nodes
        linear = name in _LINEAR and len(parts) == 1
        added = name == "add" and len(parts) == 2 and not node.kwargs and all([_alike(x, node) for x in parts])
        if _is_product(node) or ((linear or added) and any([x in found for x in parts])):
            found.add(node)
    return found


def _is_product(node: fx.Node) -> bool:
    """Whether a node is a product of matrices, or of arrays of which each has axes of its own."""
    name = aten_name(node.target)
    if name in ("mm", "bmm"):
        return True
    if name != "mul" or not all([isinstance(x, fx.Node) for x in node.args]):
        return False
    a, b = node.all_input_nodes if len(node.all_input_nodes) == 2 else (node, node)
    return all([_value(x).dtype is _value(node).dtype for x in (a, b)]) and _size(a) + _size(b) < _size(node)


def _outer(a: Tensor, b: Tensor) -> Tensor:
    """The sum over the first axis of `a * b`, by a product of matrices."""
    ndim = max(a.ndim, b.ndim)
    a, b = (x.reshape(x.shape[:1] + (1,) * (ndim - x.ndim) + x.shape[1:]) for x in (a, b))
    shape = torch.broadcast_shapes(a.shape, b.shape)
    axes = range(1, len(shape))
    shared = [i for i in axes if a.shape[i] == b.shape[i]]
    of_a = [i for i in axes if i not in shared and b.shape[i] == 1]
    of_b = [i for i in axes if i not in shared and b.shape[i] != 1]
    order = [*shared, *of_a, *of_b]
    n, m, k = (prod([shape[i] for i in part]) for part in (shared, of_a, of_b))
    left = a.permute(*shared, *of_a, 0, *of_b).reshape(n, m, -1)
    right = b.permute(*shared, 0, *of_b, *of_a).reshape(n, -1, k)
    found = left[0] @ right[0] if n == 1 else left @ right
    found = found.reshape([shape[i] for i in order])
    return found.permute([order.index(i) for i in axes])


def _rows(x: Tensor, axis: int) -> Tensor:
    """Stacked factors as one, with the first axis before the one that is summed over."""
    moved = x.movedim(0, axis - 1)
    return moved.flatten(-2, -1) if axis == -1 else moved.flatten(-3, -2)


def _source(factor: Any) -> fx.Node:
    """What a factor is a mere view of."""
    while factor.op == "call_function" and aten_name(factor.target) in _VIEWS:
        factor = factor.args[0]
    return factor


def _value(node: fx.Node) -> Any:
    return node.meta["val"]


def _size(node: fx.Node) -> int:
    return _value(node).numel() * _value(node).dtype.itemsize


def _alike(x: fx.Node, y: fx.Node) -> bool:
    return Spec.of(_value(x)) == Spec.of(_value(y))


_LEAST: Final = 1 << 17  # bytes of all steps, below which they may leave the loop
_BLOCK: Final = 1 << 15  # bytes of a block of steps
_ROWS: Final = 32  # of a block, for a product of matrices that is worth its call
_VIEWS: Final = frozenset(
    ("view", "_unsafe_view", "reshape", "permute", "t", "transpose", "unsqueeze", "squeeze", "alias", "_conj")
)
_LINEAR: Final = _VIEWS - {"_conj"} | {"sum", "neg", "slice_backward", "select_backward", "slice", "select"}
