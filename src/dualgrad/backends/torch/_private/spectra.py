# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""The way back of a real Fourier transform in a lowered graph: a transform to real numbers."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import torch
from torch import fx

from dualgrad.backends.torch._private.writing import Writer

__all__ = ["real_ways_back"]

_ATEN: Final = torch.ops.aten
_CHAIN: Final = (_ATEN.select.int, _ATEN.view_as_real.default, _ATEN._fft_c2c.default, _ATEN.slice_scatter.default)


def real_ways_back(graph: fx.Graph) -> None:
    """Let the real part of the transform of half a spectrum beside zeros be a transform to real numbers.

    PyTorch's derivative of `rfft` fills the other half with zeros, transforms all of it and takes the real part: twice
    the arithmetic, and for Inductor, which has no kernels of complex numbers, five calls for one. Parts of what is made
    of parts are those, so that sums of complex numbers, which are decomposed so, are fused.
    """
    nodes: Any = list(graph.nodes)
    for node in nodes:
        found = _half(node)
        if found is not None:
            new = _to_real(Writer(graph, node), *found)
            # with the strides of every second number, what is a view before is one after
            if tuple([2 * n for n in new.meta["val"].stride()]) == node.meta["val"].stride():
                node.replace_all_uses_with(new)
            _erase(graph, node)
            _erase(graph, new)
    nodes = list(graph.nodes)
    for node in nodes:
        made: Any = node.args[0] if node.target is _ATEN.view_as_real.default else None
        if made is not None and made.target is _ATEN.view_as_complex.default:
            node.replace_all_uses_with(made.args[0])
            _erase(graph, node)


def _erase(graph: fx.Graph, node: fx.Node) -> None:
    """Let go what nobody reads any more; a callback, which nobody reads either, is none of these."""
    if not node.users and isinstance(node.target, torch._ops.OpOverload) and node.target.namespace in ("aten", "prims"):
        read = node.all_input_nodes
        graph.erase_node(node)
        for x in read:
            _erase(graph, x)


class _Half(NamedTuple):
    spectrum: fx.Node
    axes: list[int]
    scaling: int
    samples: int


def _half(node: fx.Node) -> _Half | None:
    """Of what a real part is made, where it is that of the transform of half a spectrum, of which nobody else reads."""
    chain: list[Any] = []
    at: Any = node
    for target in _CHAIN:
        if at.target is not target or (chain and len(_readers(at)) != 1):
            return None
        chain.append(at)
        at = at.args[0]
    part, _, whole, filled = chain
    copied, axis, start, end, *step = filled.args[1:]
    if (
        part.args[1:] != (whole.meta["val"].ndim, 0)
        or whole.args[3]
        or axis != whole.args[1][-1]
        or step not in ([], [1])
    ):
        return None
    samples = filled.meta["val"].shape[axis]
    if at.target is not _ATEN.full.default or at.args[1] != 0 or (start, end) != (0, samples // 2 + 1):
        return None
    spectrum = copied.args[1] if copied.target is _ATEN.copy.default else copied
    if spectrum.meta["val"].shape != copied.meta["val"].shape or spectrum.meta["val"].dtype != filled.meta["val"].dtype:
        return None
    return None if spectrum.meta["val"].is_conj() else _Half(spectrum, whole.args[1], whole.args[2], samples)


def _readers(node: fx.Node) -> list[fx.Node]:
    return [user for user in node.users if user.users or user.op == "output"]


def _to_real(write: Writer, spectrum: fx.Node, axes: list[int], scaling: int, samples: int) -> fx.Node:
    """The sum over half a spectrum: that over all of it, in which all but the first and middle number count twice."""
    if len(axes) > 1:  # the library's transform of several axes to real numbers reads half of the first, too
        spectrum = write(_ATEN._fft_c2c.default, spectrum, axes[:-1], scaling, False)
    parts = write(_ATEN.view_as_real.default, spectrum)
    value, axis = parts.meta["val"], axes[-1]

    places, real = (write.counted(n, value.device) for n in (value.shape[axis], 2))
    real = write(_ATEN.eq.Scalar, real, 0)
    middle = write(_ATEN.eq.Scalar, write(_ATEN.mul.Tensor, places, 2), samples)
    once = write(_ATEN.bitwise_or.Tensor, write(_ATEN.eq.Scalar, places, 0), middle)
    once = write(_ATEN.view.default, once, [-1, *[1] * (value.ndim - 1 - axis)])
    real = write(torch.ops.prims.convert_element_type.default, real, value.dtype)
    half = write(_ATEN.full.default, [], 0.5, dtype=value.dtype, device=value.device, pin_memory=False)
    weighted = write(_ATEN.mul.Tensor, parts, write(_ATEN.where.self, once, real, half))
    return write(_ATEN._fft_c2r.default, write(_ATEN.view_as_complex.default, weighted), axes[-1:], scaling, samples)
