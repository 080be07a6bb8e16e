# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Linear systems of one matrix in a lowered graph: it is factorised once for all of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, fx

from dualgrad.backends.torch._private.nodes import has_effect
from dualgrad.backends.torch._private.writing import Writer

__all__ = ["factorised_once"]

_ATEN: Final = torch.ops.aten
_SOLVE: Final = _ATEN._linalg_solve_ex.default
_INVERT: Final = _ATEN.linalg_inv_ex.default
_SLOGDET: Final = _ATEN._linalg_slogdet.default
_library = torch.library.Library("dualgrad", "FRAGMENT")
_library.define("lu_inverse(Tensor lu, Tensor pivots, bool adjoint) -> Tensor")
_INVERSE: Final = torch.ops.dualgrad.lu_inverse.default
_RESULTS: Final[dict[Any, set[int]]] = {
    _SOLVE: {0, 3},
    _INVERT: {0, 1},
    _SLOGDET: {0, 1},
}  # those that can be had of factors


def _lu_inverse(lu: Tensor, pivots: Tensor, adjoint: bool) -> Tensor:
    """The inverse by factors, in the room of the one matrix that is made for it."""
    out = torch.zeros_like(lu)
    out.diagonal(0, -2, -1).fill_(1)
    return torch.linalg.lu_solve(lu, pivots, out, adjoint=adjoint, out=out)


def _fake_inverse(lu: Tensor, pivots: Tensor, adjoint: bool) -> Tensor:
    return torch.empty_like(lu)


_library.impl("lu_inverse", _lu_inverse, "CompositeExplicitAutograd")
torch.library.register_fake("dualgrad::lu_inverse", _fake_inverse, lib=_library)


class _Form(NamedTuple):
    """How a matrix is made of another by views."""

    turned: bool
    conjugated: bool


def factorised_once(graph: fx.Graph) -> None:
    """Let the systems, inverses and determinants of one matrix, and of its transpose, share its factors.

    The gradient of a solution is that of a system of the transpose, which a rule without a state factorises anew.
    """
    found: dict[fx.Node, list[tuple[fx.Node, _Form]]] = defaultdict(list)
    for node in graph.nodes:
        if node.target in _RESULTS and _is_plain(node):
            base, form = _source(node.args[0])
            found[base].append((node, form))
    for uses in found.values():
        _share(graph, uses)


def _is_plain(node: fx.Node) -> bool:
    """Whether a node asks only for what can be had of factors."""
    a = node.args[0].meta["val"]  # type: ignore[union-attr]
    asked: set[Any] = {_place(user) for user in node.users if user.users}
    if any(v for k, v in node.kwargs.items() if k != "left") or node.kwargs.get("left", True) is not True:
        return False
    if len(node.args) > 1 + (node.target is _SOLVE) or not asked <= _RESULTS[node.target] or not a.numel():
        return False
    if node.target is _SLOGDET:
        return not a.is_complex()
    return node.target is _INVERT or node.args[1].meta["val"].shape[:-1] == a.shape[:-1]  # type: ignore[union-attr]


def _place(part: fx.Node) -> Any:
    """Which result of an operation a node is."""
    return part.args[1]


def _source(node: fx.Node) -> tuple[fx.Node, _Form]:
    """Of which matrix one is another name, a transpose or a conjugate."""
    turned = conjugated = False
    while True:
        (source,) = node.all_input_nodes if len(node.all_input_nodes) == 1 else (None,)
        value: Any = node.meta["val"]
        if source is None or not isinstance(source.meta.get("val"), Tensor):
            return node, _Form(turned, conjugated)
        axes = list(range(value.ndim))
        if node.target is _ATEN.permute.default and [int(d) % value.ndim for d in node.args[1]] == _swapped(axes):  # type: ignore[union-attr]
            turned = not turned
        elif node.target is _ATEN._conj.default:
            conjugated = not conjugated
        elif node.target is not _ATEN.expand.default or source.meta["val"].shape != value.shape:
            return node, _Form(turned, conjugated)
        node = source


def _swapped(axes: list[int]) -> list[int]:
    return [*axes[:-2], axes[-1], axes[-2]]


def _share(graph: fx.Graph, uses: list[tuple[fx.Node, _Form]]) -> None:
    first, form = uses[0]
    a: Any = first.args[0]
    value: Tensor = a.meta["val"]
    turn = value.is_contiguous() and not value.is_complex()  # as PyTorch does, which need not copy it so
    form = _Form(form.turned != turn, form.conjugated)
    if value.is_complex():  # a system of the conjugate, or of the transpose without it, would need more than a flag
        uses = [(n, f) for n, f in uses if (f.turned != form.turned) == (f.conjugated != form.conjugated)]
    if len(uses) < 2:
        return
    write = Writer(graph, first)
    given = write(_ATEN.permute.default, a, _swapped(list(range(value.ndim)))) if turn else a
    factors = write(_ATEN.linalg_lu_factor_ex.default, given)
    lu, pivots, info = (write.part(factors, i) for i in range(3))
    for node, other in uses:
        write.place = node
        if node.target is _SLOGDET:
            made = dict(enumerate(_slogdet(write, lu, pivots)))
        else:
            adjoint = other.turned != form.turned
            if node.target is _SOLVE:
                x = write(_ATEN.linalg_lu_solve.default, lu, pivots, node.args[1], adjoint=adjoint)
            else:
                x = write(_INVERSE, lu, pivots, adjoint)
            made = {0: x, max(_RESULTS[node.target]): info}
        for user in list(node.users):
            new = made.get(_place(user))
            if new is not None and new.meta["val"].stride() == user.meta["val"].stride():  # what is a view is one after
                user.replace_all_uses_with(new)
    graph.eliminate_dead_code(is_impure_node=has_effect)


def _slogdet(write: Writer, lu: fx.Node, pivots: fx.Node) -> tuple[fx.Node, fx.Node]:
    """The sign of the diagonal and of the exchanges of rows, and the sum of the logarithms."""
    value: Tensor = lu.meta["val"]
    diagonal = write(_ATEN.diagonal.default, lu, 0, -2, -1)
    own = write(_ATEN.add.Tensor, write.counted(value.shape[-1], value.device), 1)
    exchanges = write(_ATEN.sum.dim_IntList, write(_ATEN.ne.Tensor, pivots, own), [-1])
    odd = write(_ATEN.eq.Scalar, write(_ATEN.bitwise_and.Scalar, exchanges, 1), 1)
    parity = write(
        _ATEN.sub.Tensor,
        1.0,
        write(_ATEN.mul.Tensor, write(torch.ops.prims.convert_element_type.default, odd, value.dtype), 2.0),
    )
    sign = write(_ATEN.mul.Tensor, write(_ATEN.prod.dim_int, write(_ATEN.sign.default, diagonal), -1), parity)
    return sign, write(_ATEN.sum.dim_IntList, write(_ATEN.log.default, write(_ATEN.abs.default, diagonal)), [-1])
