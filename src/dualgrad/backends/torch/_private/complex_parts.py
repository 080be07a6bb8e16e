# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Complex numbers of a lowered graph as their real and imaginary parts, of which Inductor makes loops."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor, fx
from torch.utils._python_dispatch import _disable_current_modes

from dualgrad.backends.torch._private import complex_rules
from dualgrad.backends.torch._private.complex_rules import Pair, Scalar
from dualgrad.backends.torch._private.nodes import has_effect
from dualgrad.backends.torch._private.writing import Writer

__all__ = ["by_parts"]

_ATEN: Final = torch.ops.aten
_PRIMS: Final = torch.ops.prims
_REAL: Final = {torch.complex64: torch.float32, torch.complex128: torch.float64}

# What is done to each part alone, with the same other arguments.
_VIEWS: Final = frozenset(
    {
        _ATEN.view.default,
        _ATEN._unsafe_view.default,
        _ATEN.permute.default,
        _ATEN.expand.default,
        _ATEN.slice.Tensor,
        _ATEN.select.int,
        _ATEN.unsqueeze.default,
        _ATEN.squeeze.dim,
        _ATEN.squeeze.dims,
        _ATEN.diagonal.default,
        _ATEN.alias.default,
    }
)
_MOVES: Final = frozenset(
    {
        _ATEN.clone.default,
        _ATEN.cat.default,
        _ATEN.index.Tensor,
        _ATEN.gather.default,
        _ATEN.scatter.src,
        _ATEN.select_scatter.default,
        _ATEN.slice_scatter.default,
        _ATEN.index_put.default,
        _ATEN.sum.default,
        _ATEN.sum.dim_IntList,
        _ATEN.mean.dim,
        _PRIMS.rev.default,
    }
)


def by_parts(graph: fx.Graph) -> None:
    """Let elementwise operations on complex numbers, and what moves them, be operations on their two parts.

    Inductor has no kernels of complex numbers, so that each operation was a call from Python. Transforms and products
    get, and give, complex arrays as before. Special values are those of PyTorch's own kernels, but for sums, which it
    gets from a product with 1 that makes nan of an infinity.
    """
    if any([_is_split(node) for node in graph.nodes]):
        _Parting(graph).run()
        graph.eliminate_dead_code(is_impure_node=has_effect)


def _is_split(node: fx.Node) -> bool:
    return _RULES.get(node.target) is not None and any([_is_complex(x) for x in (node, *node.all_input_nodes)])


def _is_complex(node: Any) -> bool:
    value = node.meta.get("val") if isinstance(node, fx.Node) else None
    return isinstance(value, Tensor) and value.dtype in _REAL


class _Parting:
    def __init__(self, graph: fx.Graph) -> None:
        self.graph = graph
        self.known: dict[fx.Node, Pair] = {}  # parts of complex arrays
        self.halves: dict[fx.Node, Pair] = {}  # of real arrays with a last axis for the parts
        self.write: Any = None

    def run(self) -> None:
        for node in list(self.graph.nodes):
            if node.op != "call_function":
                continue
            self.write = Writer(self.graph, node)
            self._visit(node)

    def _visit(self, node: fx.Node) -> None:
        target: Any = node.target
        if target is _ATEN.view_as_real.default:
            self._look_apart(node)
        elif target is _ATEN.view_as_complex.default:
            if node.args[0] in self.halves:
                self.known[node] = self.halves[node.args[0]]  # type: ignore[index]
        elif target is _ATEN.select.int and node.args[0] in self.halves:
            of: Any = node.args[0]
            if node.args[1] in (-1, of.meta["val"].ndim - 1):
                node.replace_all_uses_with(self.halves[of][node.args[2]])  # type: ignore[index]
        elif target in (_ATEN.add.Tensor, _ATEN.sub.Tensor) and any([x in self.halves for x in node.all_input_nodes]):
            self._sum_of_halves(node)
        elif _is_split(node):
            self._split(node)

    def _look_apart(self, node: fx.Node) -> None:
        pair = self._parts(node.args[0]) if self._is_split_source(node.args[0]) else None
        if pair is None:
            return
        self.halves[node] = pair
        # for who does not ask for a part
        joined = self._joined_real(pair)
        self.halves[joined] = pair
        node.replace_all_uses_with(joined)

    def _sum_of_halves(self, node: fx.Node) -> None:
        """A sum of pairs, as `add` of complex arrays is traced, of which one at least has its parts at hand."""
        if len(node.args) != 2 or node.kwargs or not all([isinstance(x, fx.Node) for x in node.args]):
            return
        sides = [self._halves_of(x) for x in node.args]
        if None in sides:
            return
        re, im = (self.write(node.target, *[side[i] for side in sides if side]) for i in range(2))
        joined = self._joined_real((re, im))
        self.halves[joined] = re, im
        node.replace_all_uses_with(joined)

    def _halves_of(self, node: Any) -> Pair | None:
        if node.target is _ATEN.view_as_real.default and node not in self.halves:
            last = node.meta["val"].ndim - 1
            return self.write(_ATEN.select.int, node, last, 0), self.write(_ATEN.select.int, node, last, 1)
        return self.halves.get(node)

    def _split(self, node: fx.Node) -> None:
        out = _RULES[node.target](self, node)
        if out is None:
            return
        if isinstance(out, tuple):
            joined = self._joined(out, node.meta["val"])
            self.known[joined] = out
            out = joined
        node.replace_all_uses_with(out)

    def _is_split_source(self, node: Any) -> bool:
        """Whether the parts of an array are at hand, or those of what it is a view of."""
        while isinstance(node, fx.Node) and node not in self.known:
            if node.target is _ATEN._conj.default or node.meta["val"].is_conj():
                return True
            if node.target not in _VIEWS:
                return False
            node = node.args[0]
        return True

    def _parts(self, node: Any) -> Pair:
        """The parts of a complex array, written where they are first asked for."""
        pair = self.known.get(node)
        if pair is not None:
            return pair
        if node.op == "get_attr" and not node.meta["val"].ndim:
            with _disable_current_modes():
                value = getattr(self.graph.owning_module, node.target).item()
            pair = self._numbers(value, node.meta["val"])
        elif node.target is _ATEN._conj.default and not isinstance(node.args[0], fx.Node):
            pair = self._numbers(complex(node.args[0]).conjugate(), node.meta["val"])
        elif node.target is _ATEN._conj.default:
            re, im = self._parts(node.args[0])
            pair = re, self.write(_ATEN.neg.default, im)
        elif node.target in _VIEWS:
            pair = self._of_each(node)
        else:
            plain = self.write(_ATEN._conj.default, node) if node.meta["val"].is_conj() else node
            both = self.write(_ATEN.view_as_real.default, plain)
            last = both.meta["val"].ndim - 1
            re, im = (self.write(_ATEN.select.int, both, last, i) for i in range(2))
            pair = re, self.write(_ATEN.neg.default, im) if plain is not node else im
        self.known[node] = pair
        return pair

    def _of_each(self, node: fx.Node) -> Pair:
        def part(i: int) -> fx.Node:
            def of(x: fx.Node) -> fx.Node:
                return self._parts(x)[i] if _is_complex(x) else x

            return self.write(node.target, *fx.map_arg(node.args, of), **fx.map_arg(node.kwargs, of))

        return part(0), part(1)

    def operand(self, x: Any, like: Tensor) -> Pair | tuple[Scalar, Scalar]:
        """The parts of an operand of any dtype, in that of the parts of a result."""
        dtype = _REAL[like.dtype]
        if not isinstance(x, fx.Node):
            value = complex(x)
            return value.real, value.imag
        if _is_complex(x):
            re, im = (self._as(part, dtype) for part in self._parts(x))
            return re, im
        return self._as(x, dtype), 0.0

    def _numbers(self, value: complex, like: Tensor) -> Pair:
        re, im = (self.write.full(like.shape, x, _REAL[like.dtype], like.device) for x in (value.real, value.imag))
        return re, im

    def _as(self, x: fx.Node, dtype: torch.dtype) -> fx.Node:
        if x.meta["val"].dtype is dtype:
            return x
        return self.write(_PRIMS.convert_element_type.default, x, dtype)

    def _joined_real(self, pair: Pair) -> fx.Node:
        axis = pair[0].meta["val"].ndim
        apart = [self.write(_ATEN.unsqueeze.default, part, axis) for part in pair]
        return self.write(_ATEN.cat.default, apart, axis)

    def _joined(self, pair: Pair, like: Tensor) -> fx.Node:
        """The complex array, in the order of memory that the operation would have given it."""
        order = sorted(range(like.ndim), key=lambda i: (-like.stride(i), i))
        if like.is_contiguous() or order == list(range(like.ndim)) or 0 in like.stride():
            return self.write(_ATEN.view_as_complex.default, self._joined_real(pair))
        re, im = (self.write(_ATEN.permute.default, part, order) for part in pair)
        joined = self.write(_ATEN.view_as_complex.default, self._joined_real((re, im)))
        return self.write(_ATEN.permute.default, joined, [order.index(i) for i in range(like.ndim)])


def _elementwise(rule: Any, sides: int) -> Any:
    def split(at: _Parting, node: fx.Node) -> Any:
        value: Any = node.meta["val"]
        if not value.is_complex():  # an absolute value, or a comparison
            value = max((x.meta["val"] for x in node.all_input_nodes if _is_complex(x)), key=lambda x: x.dtype.itemsize)
        if not _is_plain(node, sides):
            return None
        out = rule(at.write, *[at.operand(x, value) for x in node.args], **node.kwargs)
        return _whole(at, out, node.meta["val"]) if isinstance(out, tuple) else out

    return split


def _is_plain(node: fx.Node, sides: int) -> bool:
    return bool(len(node.args) == sides and node.kwargs.get("alpha", 1) == 1)


def _whole(at: _Parting, out: Pair, like: Tensor) -> Pair:
    """Both parts as arrays of one shape."""
    shape = list(like.shape)

    def whole(part: Any) -> fx.Node:
        if not isinstance(part, fx.Node):
            return at.write.full(shape, part, _REAL[like.dtype], like.device)
        return part if list(part.meta["val"].shape) == shape else at.write(_ATEN.expand.default, part, shape)

    return whole(out[0]), whole(out[1])


def _moved(at: _Parting, node: fx.Node) -> Any:
    data = [x for x in node.all_input_nodes if x.meta["val"].is_floating_point() or x.meta["val"].is_complex()]
    same = {x.meta["val"].dtype for x in data} == {node.meta["val"].dtype}
    return at._of_each(node) if same and node.kwargs.get("dtype") in (None, node.meta["val"].dtype) else None


def _chosen(at: _Parting, node: fx.Node) -> Pair:
    (re1, im1), (re2, im2) = (at.operand(x, node.meta["val"]) for x in node.args[1:])
    return complex_rules.where(at.write, node.args[0], (re1, im1), (re2, im2))


def _converted(at: _Parting, node: fx.Node) -> Any:
    source, dtype = node.args
    if not _is_complex(node):
        return at._as(at._parts(source)[0], dtype) if dtype.is_floating_point else None  # type: ignore[union-attr]
    return _whole(at, at.operand(source, node.meta["val"]), node.meta["val"])


def _conjugated(at: _Parting, node: fx.Node) -> Pair | None:
    """The conjugate; as a view it is found by who asks for its parts."""
    re, im = at._parts(node.args[0])
    return re, at.write(_ATEN.neg.default, im)


def _constant(at: _Parting, node: fx.Node) -> Pair | None:
    return at._numbers(complex(node.args[-1]), node.meta["val"])  # type: ignore[arg-type]


_RULES: Final[dict[Any, Any]] = {
    **dict.fromkeys(_MOVES, _moved),
    _ATEN.add.Tensor: _elementwise(complex_rules.add, 2),
    _ATEN.sub.Tensor: _elementwise(complex_rules.subtract, 2),
    _ATEN.mul.Tensor: _elementwise(complex_rules.multiply, 2),
    _ATEN.mul.Scalar: _elementwise(complex_rules.multiply, 2),
    _ATEN.div.Tensor: _elementwise(complex_rules.divide, 2),
    _ATEN.reciprocal.default: _elementwise(complex_rules.reciprocal, 1),
    _ATEN.neg.default: _elementwise(complex_rules.negative, 1),
    _ATEN.exp.default: _elementwise(complex_rules.exp, 1),
    _ATEN.abs.default: _elementwise(complex_rules.absolute, 1),
    _ATEN.eq.Tensor: _elementwise(complex_rules.equal, 2),
    _ATEN.eq.Scalar: _elementwise(complex_rules.equal, 2),
    _ATEN.ne.Tensor: _elementwise(complex_rules.unequal, 2),
    _ATEN.ne.Scalar: _elementwise(complex_rules.unequal, 2),
    _ATEN.conj_physical.default: _conjugated,
    _ATEN.complex.default: lambda at, node: _whole(at, node.args, node.meta["val"]),
    _ATEN.where.self: _chosen,
    _ATEN.full.default: _constant,
    _ATEN.scalar_tensor.default: _constant,
    _PRIMS.convert_element_type.default: _converted,
}
