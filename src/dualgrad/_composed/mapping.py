"""Functions of vectors or scalars made functions of whole arrays, by `vmap`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import cast_held
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.shapes import broadcast_shapes

__all__ = ["along_axis", "over_axes", "parsed", "piecewise", "spread"]

_CORE = re.compile(r"\(([\w\s,]*)\)")


def along_axis(fun: Callable[..., Any], axis: int, x: Any) -> Any:
    """`fun` of each line of an array along an axis, its results put in the place of the axis."""
    xp = active.backend
    at = normalize_axis("apply_along_axis", axis, x.ndim)
    mapped = fun
    for _ in range(x.ndim - 1):
        mapped = xp.vmap(mapped)
    lead = x.ndim - 1

    def placed(y: Any) -> Any:
        own = y.ndim - lead
        return xp.moveaxis(y, tuple(range(lead, lead + own)), tuple(range(at, at + own))) if own else y

    return xp.tree.map(placed, mapped(xp.moveaxis(x, at, -1)))


def over_axes(func: Callable[[Any, int], Any], x: Any, axes: int | Sequence[int]) -> Any:
    """`func(x, axis)` for one axis after the other; an axis that is gone comes back with size 1."""
    ndim = x.ndim
    for axis in (axes,) if isinstance(axes, int) else axes:
        at = normalize_axis("apply_over_axes", axis, ndim)
        x = func(x, at)
        if x.ndim == ndim - 1:
            x = active.backend.expand_dims(x, at)
        if x.ndim != ndim:
            raise ValueError(
                f"dualgrad.apply_over_axes: the function must keep the axes or reduce one, got shape {tuple(x.shape)} "
                f"of {ndim} axes."
            )
    return x


def piecewise(x: Any, conditions: Any, functions: Sequence[Any], args: Sequence[Any]) -> Any:
    """The functions' results, each where its condition is the last that holds."""
    xp = active.backend
    if not isinstance(conditions, tuple | list):
        conditions = (conditions,) if getattr(conditions, "ndim", 0) <= x.ndim else tuple(conditions)
    masks: list[Any] = list(conditions)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if len(functions) not in (len(masks), len(masks) + 1):
        raise ValueError(
            f"dualgrad.piecewise: there must be one function for each condition, or one more, got {len(functions)} "
            f"functions for {len(masks)} conditions."
        )

    def value(fun: Any) -> Any:
        return cast_held("piecewise", fun(x, *args) if callable(fun) else fun, x)

    out = value(functions[-1]) if len(functions) > len(masks) else xp.zeros_like(x)
    for mask, fun in zip(masks, functions, strict=False):
        out = xp.where(mask, value(fun), out)
    return xp.broadcast_to(out, tuple(x.shape))


def parsed(signature: str) -> tuple[list[list[str]], list[list[str]]]:
    """The core axes of each argument and of each result, by name."""
    sides = signature.replace(" ", "").split("->")
    if len(sides) != 2 or any(not re.fullmatch(r"\([\w,]*\)(,\([\w,]*\))*", side) for side in sides):
        raise ValueError(f"dualgrad.vectorize: signature must look like '(n),(m,n)->(m)', got signature={signature!r}.")
    return tuple([[c for c in core.split(",") if c] for core in _CORE.findall(side)] for side in sides)  # pyright: ignore[reportReturnType]


def spread(fun: Callable[..., Any], args: Sequence[Any], excluded: frozenset[int], signature: str | None) -> Any:
    """`fun`, called once for all elements or cores of its arguments, which broadcast against each other."""
    xp = active.backend
    mapped = [i for i in range(len(args)) if i not in excluded]
    cores = parsed(signature)[0] if signature is not None else [[] for _ in mapped]
    if len(cores) != len(mapped):
        raise TypeError(
            f"dualgrad.vectorize: the signature must name each argument, got {len(mapped)} arguments for "
            f"signature={signature!r}."
        )
    arrays = [args[i] if xp.is_array(args[i]) else xp.asarray(args[i]) for i in mapped]
    sizes: dict[str, int] = {}
    lead: list[tuple[int, ...]] = []
    for x, core in zip(arrays, cores, strict=True):
        if x.ndim < len(core):
            raise ValueError(
                f"dualgrad.vectorize: an argument must have the axes {core} of its core, got shape {tuple(x.shape)}."
            )
        cut = x.ndim - len(core)
        for name, n in zip(core, x.shape[cut:], strict=True):
            if sizes.setdefault(name, n) != n:
                raise ValueError(
                    f"dualgrad.vectorize: an axis must have one size, got {sizes[name]} and {n} for {name}."
                )
        lead.append(tuple(x.shape[:cut]))
    shape = broadcast_shapes(*lead, op="vectorize")

    def inner(*xs: Any) -> Any:
        full = list(args)
        for i, x in zip(mapped, xs, strict=True):
            full[i] = x
        return fun(*full)

    # An axis of size 1 is not mapped but taken off, so that nothing is copied for it.
    squeezed: list[Any] = []
    present: list[list[bool]] = []
    for x, outer in zip(arrays, lead, strict=True):
        missing = len(shape) - len(outer)
        kept = [False] * missing + [n != 1 for n in outer]
        drop = tuple(a for a, n in enumerate(outer) if n == 1)
        squeezed.append(xp.squeeze(x, drop) if drop else x)
        present.append(kept)
    out: Callable[..., Any] = inner
    ones: list[int] = []
    for a in reversed(range(len(shape))):
        axes = tuple(0 if kept[a] else None for kept in present)
        if all(axis is None for axis in axes):
            ones.append(a)
        else:
            out = xp.vmap(out, in_axes=axes)
    found = out(*squeezed)
    return xp.tree.map(lambda y: xp.expand_dims(y, tuple(sorted(ones))), found) if ones else found
