"""Loops and branches, each beside its plain program."""

from __future__ import annotations

from typing import Any, Final

import dualgrad as dg
from dualgrad.testing.constructs.construct import NO_REVERSE, STEPS, Construct, mixed, steps

__all__ = ["ROWS"]


def _scan(x: Any) -> Any:
    weights = dg.cos(x)

    def step(carry: Any, s: Any) -> Any:
        carry = {"n": carry["n"] + 1, "h": dg.tanh(weights * carry["h"] + s * x)}
        return carry, dg.sum(carry["h"]) * carry["n"]

    last, ys = dg.lax.scan(step, {"n": 0, "h": x}, steps(x))
    return dg.sum(last["h"]) * last["n"] + dg.sum(ys * steps(x))


def _scan_plain(x: Any) -> Any:
    weights, h, total = dg.cos(x), x, 0.0
    for n, s in enumerate(STEPS):
        h = dg.tanh(weights * h + s * x)
        total = total + dg.sum(h) * (n + 1) * s
    return dg.sum(h) * len(STEPS) + total


def _scan_aliasing(x: Any) -> Any:
    """Both parts of the carry start as one array, change places, and leave as each other's output."""
    (a, b), ys = dg.lax.scan(lambda c, s: ((c[1], dg.sin(c[0]) * s), c[0]), (x, x), steps(x))
    return dg.sum(a * b) + dg.sum(ys**2)


def _scan_aliasing_plain(x: Any) -> Any:
    a, b, total = x, x, 0.0
    for s in STEPS:
        total = total + dg.sum(a**2)
        a, b = b, dg.sin(a) * s
    return dg.sum(a * b) + total


def _scan_reverse(x: Any) -> Any:
    xs = {"s": steps(x), "z": dg.outer(steps(x), x)}
    last, ys = dg.lax.scan(lambda c, a: (dg.sin(c + a["z"]) * a["s"], c), x, xs, reverse=True, unroll=2)
    return dg.sum(last) + dg.sum(ys * dg.outer(steps(x), x))


def _scan_reverse_plain(x: Any) -> Any:
    c, total = x, 0.0
    for s in reversed(STEPS):
        total = total + dg.sum(c * s * x)
        c = dg.sin(c + s * x) * s
    return dg.sum(c) + total


def _scan_empty(x: Any) -> Any:
    last, ys = dg.lax.scan(lambda c, s: (c * s, dg.sum(c)), dg.sin(x), dg.zeros((0, 2), dtype=x.dtype))
    return mixed(last) + dg.sum(ys)


def _scan_length(x: Any) -> Any:
    last, ys = dg.lax.scan(lambda c, _: (dg.sin(c) * x, c[0]), x, None, length=3)
    return dg.sum(last) + dg.sum(ys)


def _scan_length_plain(x: Any) -> Any:
    c, total = x, 0.0
    for _ in range(3):
        total = total + c[0]
        c = dg.sin(c) * x
    return dg.sum(c) + total


def _while(x: Any, **options: Any) -> Any:
    """Doubles until the sum of squares is large: the number of steps depends on the data."""

    def body(carry: Any) -> Any:
        return carry[0] + 1, dg.sin(carry[1]) + 1.2 * carry[1] + 0.1 * x

    count, h = dg.lax.while_loop(lambda c: (dg.sum(c[1] ** 2) < 9.0) & (c[0] < 4), body, (0, x), **options)
    return mixed(h) + count


def _while_plain(x: Any) -> Any:
    count, h = 0.0, x
    for _ in range(4):
        goes_on = dg.sum(h**2) < 9.0
        h = dg.where(goes_on, dg.sin(h) + 1.2 * h + 0.1 * x, h)
        count = count + dg.where(goes_on, 1.0, 0.0)
    return mixed(h) + count


def _fori(x: Any) -> Any:
    return mixed(dg.lax.fori_loop(1, 4, lambda i, c: dg.sin(c) * x + i * x, x))


def _fori_plain(x: Any) -> Any:
    c = x
    for i in range(1, 4):
        c = dg.sin(c) * x + i * x
    return mixed(c)


def _map(x: Any, **options: Any) -> Any:
    return dg.sum(dg.lax.map(lambda s: mixed(dg.sin(s * x)) * s, steps(x), **options) ** 2)


def _map_plain(x: Any) -> Any:
    total = 0.0
    for s in STEPS:
        total = total + (mixed(dg.sin(s * x)) * s) ** 2
    return total


def _associative(x: Any) -> Any:
    """The recurrence `h = a h + b` as the composition of its steps."""
    elems = dg.outer(steps(x), dg.sin(x)), dg.outer(steps(x) ** 2, x)
    _, h = dg.lax.associative_scan(lambda p, q: (p[0] * q[0], p[1] * q[0] + q[1]), elems)
    return dg.sum(h**2)


def _associative_plain(x: Any) -> Any:
    h, total = 0.0 * x, 0.0
    for s in STEPS:
        h = s * dg.sin(x) * h + s**2 * x
        total = total + dg.sum(h**2)
    return total


def _cond(x: Any) -> Any:
    return dg.lax.cond(x[0] > 0.0, lambda z: mixed(z) * x[1], lambda z: dg.sum(dg.exp(z * x)), dg.sin(x))


def _cond_plain(x: Any) -> Any:
    z = dg.sin(x)
    return dg.where(x[0] > 0.0, mixed(z) * x[1], dg.sum(dg.exp(z * x)))


def _switch(x: Any) -> Any:
    index = dg.astype(x[0] > 0.0, dg.int32) + dg.astype(x[1] > 0.0, dg.int32)
    return dg.lax.switch(index, [mixed, lambda z: dg.sum(z**3 * x), lambda z: dg.sum(dg.exp(z))], dg.sin(x))


def _switch_plain(x: Any) -> Any:
    z = dg.sin(x)
    one, both = (x[0] > 0.0) | (x[1] > 0.0), (x[0] > 0.0) & (x[1] > 0.0)
    return dg.where(both, dg.sum(dg.exp(z)), dg.where(one, dg.sum(z**3 * x), mixed(z)))


ROWS: Final[dict[str, Construct]] = {
    "scan, closed-over weights, dict carry with a counter": Construct(_scan, _scan_plain),
    "scan, carries that alias": Construct(_scan_aliasing, _scan_aliasing_plain),
    "scan, reverse, unrolled by 2": Construct(_scan_reverse, _scan_reverse_plain),
    "scan of length 0": Construct(_scan_empty, lambda x: mixed(dg.sin(x))),
    "scan over None": Construct(_scan_length, _scan_length_plain),
    "while_loop": Construct(_while, _while_plain, NO_REVERSE),
    "while_loop, max_steps": Construct(lambda x: _while(x, max_steps=5), _while_plain),
    "fori_loop": Construct(_fori, _fori_plain),
    "map": Construct(_map, _map_plain),
    "map, batch_size": Construct(lambda x: _map(x, batch_size=2), _map_plain),
    "associative_scan": Construct(_associative, _associative_plain),
    "cond": Construct(_cond, _cond_plain),
    "switch": Construct(_switch, _switch_plain),
}
