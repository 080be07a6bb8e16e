"""Windows of an array read and written at given places, as XLA's gather and scatter do it, by indices of elements.

The axes that are taken whole stay in the array; each other has an array of indices, and the axes in which a window
lies are those of the result. The update itself, and so what happens to elements that are named twice or lie outside, is
that of `dg.at`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from dualgrad._active import active
from dualgrad._composed import indexing
from dualgrad._composed._common import cast, default_int, dtype_of, named
from dualgrad._rules.indices import require_integer
from dualgrad._rules.windows import Numbers, require_fit

__all__ = ["gather", "scatter", "scatter_apply"]


class _Places(NamedTuple):
    """Where the windows are.

    Attributes:
        order: The axes of the array, those with indices first.
        indices: The indices of the elements along those.
        axes: For each axis of the result or of the updates its place among those that the indices give.
    """

    order: tuple[int, ...]
    indices: tuple[Any, ...]
    axes: tuple[int, ...]


@named("lax")
def gather(
    x: Any, indices: Any, *, numbers: Numbers, sizes: tuple[int, ...], mode: str, fill_value: Any, unique: bool
) -> Any:
    xp = active.backend
    require_integer("lax.gather", dtype_of(indices).name)
    require_fit("lax.gather", tuple(x.shape), tuple(indices.shape), numbers, sizes)
    at = _places(tuple(x.shape), indices, numbers, sizes, mode)
    found = xp.at_update(_turned(x, at), at.indices, "get", fill_value, mode, unique)
    return xp.permute_dims(found, at.axes)


@named("lax")
def scatter(x: Any, indices: Any, updates: Any, *, op: str, numbers: Numbers, mode: str, unique: bool) -> Any:
    xp = active.backend
    name = {"set": "scatter", "subtract": "scatter_sub", "multiply": "scatter_mul"}.get(op, f"scatter_{op}")

    def update(turned: Any, at: _Places) -> Any:
        values = xp.permute_dims(updates, _inverse(at.axes))
        return xp.at_update(turned, at.indices, op, values, mode, unique)

    return _scattered(f"lax.{name}", x, indices, tuple(updates.shape), numbers, mode, update)


def scatter_apply(
    x: Any,
    indices: Any,
    *,
    fun: Callable[[Any], Any],
    shape: tuple[int, ...],
    numbers: Numbers,
    mode: str,
    unique: bool,
) -> Any:
    def update(turned: Any, at: _Places) -> Any:
        return indexing.apply(turned, at.indices, fun, mode, (unique, False))

    return _scattered("lax.scatter_apply", x, indices, shape, numbers, mode, update)


def _scattered(
    op: str,
    x: Any,
    indices: Any,
    shape: tuple[int, ...],
    numbers: Numbers,
    mode: str,
    update: Callable[[Any, _Places], Any],
) -> Any:
    xp = active.backend
    require_integer(op, dtype_of(indices).name)
    sizes = numbers.sizes_of(op, tuple(x.shape), shape)
    require_fit(op, tuple(x.shape), tuple(indices.shape), numbers, sizes, shape)
    at = _places(tuple(x.shape), indices, numbers, sizes, mode)
    out = update(_turned(x, at), at)
    if len(at.order) > x.ndim:
        out = xp.reshape(out, tuple(out.shape[1:]))
        return xp.permute_dims(out, _inverse(tuple([a - 1 for a in at.order[1:]])))
    return xp.permute_dims(out, _inverse(at.order))


def _turned(x: Any, at: _Places) -> Any:
    xp = active.backend
    if len(at.order) > x.ndim:  # an axis in front, where no other has indices
        return xp.permute_dims(xp.reshape(x, (1, *x.shape)), at.order)
    return xp.permute_dims(x, at.order)


def _places(shape: tuple[int, ...], indices: Any, numbers: Numbers, sizes: tuple[int, ...], mode: str) -> _Places:
    xp, batch = active.backend, tuple(indices.shape[:-1])
    if dtype_of(indices).name != "int64":  # of small integers none can say that it lies outside
        indices = cast(indices, default_int())
    ndim = len(shape)
    window = numbers.window(ndim)  # without an axis of one element that is to go, though no index counts along it
    indexed = [a for a in range(ndim) if a in numbers.mapped or a not in window or sizes[a] < shape[a]]
    rest = [a for a in range(ndim) if a not in indexed]
    within = [a for a in indexed if a in window]  # whose places in a window are axes of the result
    inside: Any = None
    index: list[Any] = []
    for a in indexed:
        if a in numbers.batching:
            along = numbers.along[numbers.batching.index(a)]
            index.append(_line(shape[a], along, len(batch) + len(within)))
            continue
        place: Any = None
        if a in numbers.mapped:
            start, last = indices[..., numbers.mapped.index(a)], shape[a] - sizes[a]
            if mode == "clip":
                start = xp.clip(start, 0, last)
            elif mode == "drop":
                fits = xp.logical_and(start >= 0, start <= last)
                inside = fits if inside is None else xp.logical_and(inside, fits)
            place = xp.reshape(start, (*batch, *[1] * len(within)))
        if a in within:
            steps = _line(sizes[a], len(batch) + within.index(a), len(batch) + len(within))
            place = steps if place is None else place + steps
        elif place is None:  # of one element, which nothing moves
            place = xp.zeros((1,) * (len(batch) + len(within)), dtype=default_int())
        index.append(place)
    if inside is not None:
        first = next(k for k, a in enumerate(indexed) if a in numbers.mapped)
        whole = xp.reshape(inside, (*batch, *[1] * len(within)))
        index[first] = xp.where(whole, index[first], shape[indexed[first]])
    full = (*batch, *[sizes[a] for a in within])
    if index:
        index[0] = xp.broadcast_to(index[0], full)
    order = [*indexed, *rest]
    if not indexed:
        index, order = [xp.zeros(full, dtype=default_int())], [0, *[a + 1 for a in rest]]
    raw = [*within, *rest]
    places = iter(len(batch) + raw.index(a) for a in window)
    others = iter(range(len(batch)))
    axes = [next(places) if k in numbers.offsets else next(others) for k in range(len(batch) + len(raw))]
    return _Places(tuple(order), tuple(index), tuple(axes))


def _line(n: int, axis: int, ndim: int) -> Any:
    xp = active.backend
    return xp.reshape(xp.arange(n), tuple(n if a == axis else 1 for a in range(ndim)))


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))
