"""`vmap` over `torch.func`: `jax.vmap`, whose named axes and keyword arguments that has not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

import optree
import torch
from torch import Tensor

from dualgrad._rules.collectives import vmap_axis_size
from dualgrad._rules.transforms import (
    axes_not_prefix,
    check_axes,
    check_axis,
    mapped_output,
    out_axis_error,
    vmap_size,
)
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import INEXACT, as_tensor, default_int, plain
from dualgrad.backends.torch._axes import Axis, opened
from dualgrad.backends.torch._flat import (
    Box,
    output_tensors,
)
from dualgrad.backends.torch._private import (
    imported,
    intact,
    is_mapped,
    lifted,
    mapped_over,
)

__all__ = ["vmap"]

Fun = Callable[..., Any]


def vmap(fun: Fun, in_axes: Any = 0, out_axes: Any = 0, axis_name: Any = None, axis_size: int | None = None) -> Fun:
    """`fun` mapped over an axis of its arguments; keyword arguments are mapped over their first axis, as in JAX."""
    axes_tree = tuple(in_axes) if isinstance(in_axes, list) else in_axes

    def vmap_fun(*args: Any, **kwargs: Any) -> Any:
        axes = [*_axes("in_axes", axes_tree, args), *_axes("in_axes", 0, kwargs)]
        leaves, treedef = tree.flatten((args, kwargs))
        tensors = [
            lifted(plain(as_tensor("vmap", x))) if a is not None else x for a, x in zip(axes, leaves, strict=True)
        ]
        if axis_size is None or any([a is not None for a in axes]):
            size, axes = vmap_size([tuple(getattr(t, "shape", ())) for t in tensors], axes)
            if axis_size is not None and axis_size != size:
                raise vmap_axis_size(axis_size, size)
        else:
            size = axis_size
        box = Box()
        out_dims: list[int | None] = []

        def of_tensors(index: Tensor, *mapped: Tensor) -> tuple[Tensor, ...]:
            rest = iter(mapped)
            values = [next(rest) if a is not None else x for a, x in zip(axes, tensors, strict=True)]
            call_args, call_kwargs = tree.unflatten(treedef, values)
            with nullcontext() if axis_name is None else opened(axis_name, Axis(index, size)):
                out = fun(*call_args, **call_kwargs)
            outs = output_tensors("vmap", out, box)
            out_dims[:] = _axes("out_axes", tuple(out_axes) if isinstance(out_axes, list) else out_axes, out)
            box.aux = [_checked_output(o, d) for o, d in zip(outs, out_dims, strict=True)]
            return tuple([o for o, d in zip(outs, out_dims, strict=True) if d is not None])

        mapped = [t for a, t in zip(axes, tensors, strict=True) if a is not None]
        in_dims = tuple([a for a in axes if a is not None])
        # Positions along the axis: what collectives know it by, and what is mapped where no argument is.
        named = axis_name is not None or not mapped
        index, along = (torch.arange(size, dtype=default_int()), 0) if named else (mapped[0], in_dims[0])
        imported("torch._dynamo")  # as torch.func.vmap does
        # The output is moved here, not by torch: its out_dims must be known before the structure of the output is.
        dims, given = (along, *in_dims), (index, *mapped)
        with intact():
            try:
                outs = iter(mapped_over(of_tensors, size, dims, given))
            except Exception:
                # Some rules of functorch look at the first element, or at how many there are; a mistake is told below.
                if size:
                    raise
                alone = mapped_over(of_tensors, 1, dims, [_stand_in(t, d) for t, d in zip(given, dims, strict=True)])
                if None in out_dims:
                    raise
                # new ones: the derivative of nothing is 0, also where that of the stand-in is not
                outs = iter([o.new_zeros((0, *o.shape[1:])) for o in alone])
        return tree.unflatten(
            box.treedef,
            [o if d is None else next(outs).movedim(0, d) for o, d in zip(box.aux, out_dims, strict=True)],
        )

    return vmap_fun


def _stand_in(x: Tensor, axis: int) -> Tensor:
    """One element of no value for an empty axis: nan, at which a loop that waits for a condition ends."""
    shape = list(x.shape)
    shape[axis] = 1
    return torch.full(shape, float("nan") if x.dtype in INEXACT else 0, dtype=x.dtype, device=x.device)


def _checked_output(o: Tensor, axis: int | None) -> Tensor | None:
    """The output itself where it is not to be mapped: it carries no level of this `vmap` and may leave as it is."""
    if axis is None:
        if is_mapped(o):
            raise mapped_output()
        return o
    if not -o.ndim - 1 <= axis <= o.ndim:
        raise out_axis_error(axis, tuple(o.shape))
    return None


def _are_plain(axes: Any, full: Any) -> bool:
    """Whether there is one axis for each of several tensors."""
    return (
        type(axes) is tuple
        and type(full) is tuple
        and len(axes) == len(full)
        and _PLAIN_AXES.issuperset(map(type, axes))
        and all([type(x) is Tensor for x in full])
    )


_PLAIN_AXES: Final = frozenset({int, type(None)})


def _axes(what: str, axes: Any, full: Any) -> list[int | None]:
    """One axis for each leaf of `full`, from a tree of axes that is a prefix of it; `None` in it is an axis."""
    if type(axes) is int:
        return [axes] * len(tree.leaves(full))
    if _are_plain(axes, full):  # the common case, 8 us cheaper
        return list(axes)
    check_axes(what, axes)
    leaves = optree.tree_leaves(full, none_is_leaf=True, namespace=tree.NAMESPACE)
    try:
        each = optree.broadcast_prefix(axes, full, none_is_leaf=True, namespace=tree.NAMESPACE)
    except ValueError:
        raise axes_not_prefix(what, axes) from None
    for axis in each:
        if axis is not None:
            check_axis(what, axis)
    return [axis for axis, leaf in zip(each, leaves, strict=True) if leaf is not None]
