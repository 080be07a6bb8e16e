"""Constructs, each with a plain program that says the same: the rows of the matrix of constructs and ways.

A construct is a scalar function of a vector of two numbers. `dualgrad.testing.ways` has the ways to transform it; in
every way it must give what its plain program gives, or refuse with the error named here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

import dualgrad as dg
from dualgrad.testing.ways import WAYS, Fun

__all__ = ["CONSTRUCTS", "Construct", "Refusal"]


@dataclass(frozen=True)
class Refusal:
    """What a construct refuses by design.

    Attributes:
        name: What is refused, in a few words.
        error: The type of the error.
        words: The beginning of its message.
    """

    name: str
    error: type[Exception]
    words: str


@dataclass(frozen=True)
class Construct:
    """A construct and what it stands for.

    Attributes:
        program: Uses the construct.
        plain: Says the same in ops alone, unrolled.
        refusals: What it refuses, by the names of the ways.
    """

    program: Fun
    plain: Fun
    refusals: Mapping[str, Refusal] = field(default_factory=dict[str, Refusal])


FORWARD: Final = Refusal("forward mode", TypeError, "dualgrad.custom_vjp: the rule is for reverse mode only")
REVERSE: Final = Refusal("reverse mode", ValueError, "dualgrad.lax.while_loop: reverse mode needs the number of steps")
CALLBACK: Final = Refusal("derivative", ValueError, "dualgrad.pure_callback: ")

_FORWARD_WAYS: Final[tuple[str, ...]] = ("jvp", "jacfwd", "linearize")
_MAPS: Final = ("eager", "vmap", "vmap over -1", "vmap(vmap)")
_NO_REVERSE: Final = {way: REVERSE for way in WAYS if way not in (*_MAPS, *_FORWARD_WAYS)}
_NO_DERIVATIVE: Final = {way: CALLBACK for way in WAYS if way not in _MAPS}
_NO_FORWARD: Final[dict[str, Refusal]] = dict.fromkeys(_FORWARD_WAYS, FORWARD)

_STEPS: Final = (0.3, 0.8, -0.6)


def _steps(x: Any) -> Any:
    return dg.asarray(_STEPS, dtype=x.dtype)


def _mixed(x: Any) -> Any:
    """A scalar that bends in every direction."""
    return dg.sin(x[0] * x[1]) + x[0] ** 2 * x[1]


# Loops


def _scan(x: Any) -> Any:
    weights = dg.cos(x)

    def step(carry: Any, s: Any) -> Any:
        carry = {"n": carry["n"] + 1, "h": dg.tanh(weights * carry["h"] + s * x)}
        return carry, dg.sum(carry["h"]) * carry["n"]

    last, ys = dg.lax.scan(step, {"n": 0, "h": x}, _steps(x))
    return dg.sum(last["h"]) * last["n"] + dg.sum(ys * _steps(x))


def _scan_plain(x: Any) -> Any:
    weights, h, total = dg.cos(x), x, 0.0
    for n, s in enumerate(_STEPS):
        h = dg.tanh(weights * h + s * x)
        total = total + dg.sum(h) * (n + 1) * s
    return dg.sum(h) * len(_STEPS) + total


def _scan_aliasing(x: Any) -> Any:
    """Both parts of the carry start as one array, change places, and leave as each other's output."""
    (a, b), ys = dg.lax.scan(lambda c, s: ((c[1], dg.sin(c[0]) * s), c[0]), (x, x), _steps(x))
    return dg.sum(a * b) + dg.sum(ys**2)


def _scan_aliasing_plain(x: Any) -> Any:
    a, b, total = x, x, 0.0
    for s in _STEPS:
        total = total + dg.sum(a**2)
        a, b = b, dg.sin(a) * s
    return dg.sum(a * b) + total


def _scan_reverse(x: Any) -> Any:
    xs = {"s": _steps(x), "z": dg.outer(_steps(x), x)}
    last, ys = dg.lax.scan(lambda c, a: (dg.sin(c + a["z"]) * a["s"], c), x, xs, reverse=True, unroll=2)
    return dg.sum(last) + dg.sum(ys * dg.outer(_steps(x), x))


def _scan_reverse_plain(x: Any) -> Any:
    c, total = x, 0.0
    for s in reversed(_STEPS):
        total = total + dg.sum(c * s * x)
        c = dg.sin(c + s * x) * s
    return dg.sum(c) + total


def _scan_empty(x: Any) -> Any:
    last, ys = dg.lax.scan(lambda c, s: (c * s, dg.sum(c)), dg.sin(x), dg.zeros((0, 2), dtype=x.dtype))
    return _mixed(last) + dg.sum(ys)


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
    return _mixed(h) + count


def _while_plain(x: Any) -> Any:
    count, h = 0.0, x
    for _ in range(4):
        goes_on = dg.sum(h**2) < 9.0
        h = dg.where(goes_on, dg.sin(h) + 1.2 * h + 0.1 * x, h)
        count = count + dg.where(goes_on, 1.0, 0.0)
    return _mixed(h) + count


def _fori(x: Any) -> Any:
    return _mixed(dg.lax.fori_loop(1, 4, lambda i, c: dg.sin(c) * x + i * x, x))


def _fori_plain(x: Any) -> Any:
    c = x
    for i in range(1, 4):
        c = dg.sin(c) * x + i * x
    return _mixed(c)


def _map(x: Any, **options: Any) -> Any:
    return dg.sum(dg.lax.map(lambda s: _mixed(dg.sin(s * x)) * s, _steps(x), **options) ** 2)


def _map_plain(x: Any) -> Any:
    total = 0.0
    for s in _STEPS:
        total = total + (_mixed(dg.sin(s * x)) * s) ** 2
    return total


def _associative(x: Any) -> Any:
    """The recurrence `h = a h + b` as the composition of its steps."""
    elems = dg.outer(_steps(x), dg.sin(x)), dg.outer(_steps(x) ** 2, x)
    _, h = dg.lax.associative_scan(lambda p, q: (p[0] * q[0], p[1] * q[0] + q[1]), elems)
    return dg.sum(h**2)


def _associative_plain(x: Any) -> Any:
    h, total = 0.0 * x, 0.0
    for s in _STEPS:
        h = s * dg.sin(x) * h + s**2 * x
        total = total + dg.sum(h**2)
    return total


# Branches


def _cond(x: Any) -> Any:
    return dg.lax.cond(x[0] > 0.0, lambda z: _mixed(z) * x[1], lambda z: dg.sum(dg.exp(z * x)), dg.sin(x))


def _cond_plain(x: Any) -> Any:
    z = dg.sin(x)
    return dg.where(x[0] > 0.0, _mixed(z) * x[1], dg.sum(dg.exp(z * x)))


def _switch(x: Any) -> Any:
    index = dg.astype(x[0] > 0.0, dg.int32) + dg.astype(x[1] > 0.0, dg.int32)
    return dg.lax.switch(index, [_mixed, lambda z: dg.sum(z**3 * x), lambda z: dg.sum(dg.exp(z))], dg.sin(x))


def _switch_plain(x: Any) -> Any:
    z = dg.sin(x)
    one, both = (x[0] > 0.0) | (x[1] > 0.0), (x[0] > 0.0) & (x[1] > 0.0)
    return dg.where(both, dg.sum(dg.exp(z)), dg.where(one, dg.sum(z**3 * x), _mixed(z)))


# Rules


@dg.custom_vjp
def _sine_vjp(x: Any, scale: Any) -> Any:
    return dg.sin(x) * scale


_sine_vjp.defvjp(
    lambda x, scale: (dg.sin(x) * scale, {"x": x, "scale": scale}),
    lambda saved, ct: (dg.cos(saved["x"]) * saved["scale"] * ct, dg.sum(dg.sin(saved["x"]) * ct)),
)


@dg.custom_jvp
def _sine_jvp(x: Any, scale: Any) -> Any:
    return dg.sin(x) * scale


@_sine_jvp.defjvp
def _sine_rule(primals: Any, tangents: Any) -> Any:
    (x, scale), (dx, dscale) = primals, tangents
    return _sine_jvp(x, scale), dg.cos(x) * scale * dx + dg.sin(x) * dscale


def _rule_vjp(x: Any) -> Any:
    return _mixed(_sine_vjp(x * x[1], x[0]))


def _rule_jvp(x: Any) -> Any:
    return _mixed(_sine_jvp(x * x[1], x[0]))


def _rule_plain(x: Any) -> Any:
    return _mixed(dg.sin(x * x[1]) * x[0])


def _checkpoint(x: Any) -> Any:
    weights = dg.exp(x)
    return _mixed(dg.checkpoint(lambda z: dg.sin(z * weights) * x)(dg.tanh(x)))


def _checkpoint_plain(x: Any) -> Any:
    return _mixed(dg.sin(dg.tanh(x) * dg.exp(x)) * x)


def _stopped(x: Any) -> Any:
    """`x**2 + x**3` of which half the second factor is held; its plain program says so by a constant copy."""
    held = dg.stop_gradient({"a": dg.sin(x), "b": 0.5 * x})
    return dg.sum(x**2) + dg.sum(held["a"] * 0.0) + dg.sum(dg.stop_gradient(x - x) * x + (held["b"] - held["b"]) * x)


def _stopped_plain(x: Any) -> Any:
    return dg.sum(x**2)


# Derivatives as parts of a program


def _linearize(x: Any) -> Any:
    _, push = dg.linearize(lambda z: dg.sin(z) * x[0] + z**3, x)
    return dg.sum(push(x) * push(dg.ones_like(x)))


def _linearize_plain(x: Any) -> Any:
    slope = dg.cos(x) * x[0] + 3.0 * x**2
    return dg.sum(slope * x * slope)


def _linear_transpose(x: Any) -> Any:
    matrix = dg.outer(dg.sin(x), dg.exp(x))
    (back,) = dg.linear_transpose(lambda z: matrix @ z + 2.0 * z, x)(x**2)
    return _mixed(back)


def _linear_transpose_plain(x: Any) -> Any:
    return _mixed(dg.exp(x) * dg.sum(dg.sin(x) * x**2) + 2.0 * x**2)


def _hvp(x: Any) -> Any:
    return dg.sum(dg.hvp(lambda z: dg.sum(dg.sin(z) * x) + z[0] ** 2 * z[1], (dg.tanh(x),), (x,)) * x)


def _hvp_plain(x: Any) -> Any:
    z = dg.tanh(x)
    own = -dg.sin(z) * x * x
    cross = dg.stack([2.0 * z[1] * x[0] + 2.0 * z[0] * x[1], 2.0 * z[0] * x[0]])
    return dg.sum((own + cross) * x)


# Elements that speak to each other


def _collective(op: Fun) -> Fun:
    """`op` of each element under a map with the name "i", inside the program."""
    return lambda x: dg.sum(dg.vmap(lambda z: dg.sin(op(z * z) * z), axis_name="i")(dg.stack([x[0], x[1], x[0] + 2.0])))


def _collective_plain(op: Fun) -> Fun:
    """The same with `op` of all elements at once."""

    def fun(x: Any) -> Any:
        z = dg.stack([x[0], x[1], x[0] + 2.0])
        return dg.sum(dg.sin(op(z * z) * z))

    return fun


def _gathered(z: Any) -> Any:
    return dg.sum(dg.lax.all_gather(z, "i") * dg.asarray(_STEPS, dtype=z.dtype))


# The host


def _like(shape: tuple[int, ...], x: Any) -> Any:
    return dg.ShapeDtypeStruct(shape, x.dtype)


def _callback_held(x: Any) -> Any:
    held = dg.pure_callback(np.sin, _like((2,), x), dg.stop_gradient(x), vmap_method="expand_dims")
    return dg.sum(held * x**2)


def _callback_held_plain(x: Any) -> Any:
    return dg.sum(dg.sin(dg.stop_gradient(x)) * x**2)


def _callback(x: Any) -> Any:
    return dg.sum(dg.pure_callback(np.sin, _like((2,), x), x, vmap_method="sequential") * x)


def _callback_plain(x: Any) -> Any:
    return dg.sum(dg.sin(x) * x)


def _nothing(*_: Any) -> None:
    """A callback whose calls nobody counts."""


def _passing(x: Any) -> Any:
    dg.debug.callback(_nothing, dg.sin(x))
    return _mixed(x)


# Nests


def _scan_in_scan(x: Any) -> Any:
    def outer(c: Any, s: Any) -> Any:
        return dg.lax.scan(lambda d, t: (dg.sin(d * t + s * x), d[0]), c, _steps(x)[:2])

    c, ys = dg.lax.scan(outer, x, _steps(x)[:2])
    return _mixed(c) + dg.sum(ys)


def _scan_in_scan_plain(x: Any) -> Any:
    c, total = x, 0.0
    for s in _STEPS[:2]:
        for t in _STEPS[:2]:
            total = total + c[0]
            c = dg.sin(c * t + s * x)
    return _mixed(c) + total


def _cond_in_scan(x: Any) -> Any:
    def step(c: Any, s: Any) -> Any:
        return dg.lax.cond(c[0] * s > 0.0, lambda z: dg.sin(z) * x, lambda z: z**2 + s, c), None

    return _mixed(dg.lax.scan(step, x, _steps(x))[0])


def _cond_in_scan_plain(x: Any) -> Any:
    c = x
    for s in _STEPS:
        c = dg.where(c[0] * s > 0.0, dg.sin(c) * x, c**2 + s)
    return _mixed(c)


def _rule_in_scan(sine: Callable[..., Any]) -> Fun:
    return lambda x: _mixed(dg.lax.scan(lambda c, s: (sine(c + s, x[0]) * x, None), x, _steps(x))[0])


def _rule_in_scan_plain(x: Any) -> Any:
    c = x
    for s in _STEPS:
        c = dg.sin(c + s) * x[0] * x
    return _mixed(c)


def _powers(x: Any, y: Any) -> Any:
    return dg.lax.scan(lambda c, s: (dg.sin(c) * y + s * x, None), x, _steps(x))[0]


@dg.custom_vjp
def _scan_rule(x: Any, y: Any) -> Any:
    return _powers(x, y)


_scan_rule.defvjp(lambda x, y: dg.vjp(_powers, x, y), lambda pull, ct: pull(ct))


@dg.custom_jvp
def _scan_rule_too(x: Any, y: Any) -> Any:
    return _powers(x, y)


@_scan_rule_too.defjvp
def _scan_rule_of_tangents(primals: Any, tangents: Any) -> Any:
    return dg.jvp(_powers, primals, tangents)


def _scan_in_rule(rule: Callable[..., Any]) -> Fun:
    return lambda x: _mixed(rule(x, dg.exp(x)))


def _scan_in_rule_plain(x: Any) -> Any:
    c = x
    for s in _STEPS:
        c = dg.sin(c) * dg.exp(x) + s * x
    return _mixed(c)


def _checkpoint_of_scan(x: Any) -> Any:
    y = dg.exp(x)
    return _mixed(dg.checkpoint(lambda z: dg.lax.scan(lambda c, s: (dg.sin(c) * y + s * x, None), z, _steps(x))[0])(x))


def _scan_of_checkpoint(x: Any) -> Any:
    y = dg.exp(x)
    return _mixed(dg.lax.scan(dg.checkpoint(lambda c, s: (dg.sin(c) * y + s * x, None)), x, _steps(x))[0])


def _grad_in_scan(x: Any) -> Any:
    """Gradient descent, differentiated through its steps."""

    def step(c: Any, s: Any) -> Any:
        return c - s * dg.grad(lambda z: dg.sum(dg.sin(z) * x) + dg.sum(z**3))(c), None

    return _mixed(dg.lax.scan(step, x, _steps(x))[0])


def _grad_in_scan_plain(x: Any) -> Any:
    c = x
    for s in _STEPS:
        c = c - s * (dg.cos(c) * x + 3.0 * c**2)
    return _mixed(c)


def _vmap_in_scan(x: Any) -> Any:
    def step(c: Any, s: Any) -> Any:
        return dg.vmap(lambda z, w: dg.sin(z * w + s) * x[0])(c, x), None

    return _mixed(dg.lax.scan(step, x, _steps(x))[0])


def _vmap_in_scan_plain(x: Any) -> Any:
    c = x
    for s in _STEPS:
        c = dg.sin(c * x + s) * x[0]
    return _mixed(c)


def _ppermuted(z: Any) -> Any:
    return dg.lax.ppermute(z, "i", [(0, 1), (1, 2), (2, 0)])


CONSTRUCTS: Final[dict[str, Construct]] = {
    "scan, closed-over weights, dict carry with a counter": Construct(_scan, _scan_plain),
    "scan, carries that alias": Construct(_scan_aliasing, _scan_aliasing_plain),
    "scan, reverse, unrolled by 2": Construct(_scan_reverse, _scan_reverse_plain),
    "scan of length 0": Construct(_scan_empty, lambda x: _mixed(dg.sin(x))),
    "scan over None": Construct(_scan_length, _scan_length_plain),
    "while_loop": Construct(_while, _while_plain, _NO_REVERSE),
    "while_loop, max_steps": Construct(lambda x: _while(x, max_steps=5), _while_plain),
    "fori_loop": Construct(_fori, _fori_plain),
    "map": Construct(_map, _map_plain),
    "map, batch_size": Construct(lambda x: _map(x, batch_size=2), _map_plain),
    "associative_scan": Construct(_associative, _associative_plain),
    "cond": Construct(_cond, _cond_plain),
    "switch": Construct(_switch, _switch_plain),
    "custom_vjp": Construct(_rule_vjp, _rule_plain, _NO_FORWARD),
    "custom_jvp": Construct(_rule_jvp, _rule_plain),
    "checkpoint with a closure": Construct(_checkpoint, _checkpoint_plain),
    "stop_gradient": Construct(_stopped, _stopped_plain),
    "linearize": Construct(_linearize, _linearize_plain),
    "linear_transpose": Construct(_linear_transpose, _linear_transpose_plain),
    "hvp": Construct(_hvp, _hvp_plain),
    "psum": Construct(_collective(lambda z: dg.lax.psum(z, "i")), _collective_plain(dg.sum)),
    "pmean": Construct(_collective(lambda z: dg.lax.pmean(z, "i")), _collective_plain(dg.mean)),
    "pmax": Construct(_collective(lambda z: dg.lax.pmax(z, "i")), _collective_plain(dg.max)),
    "all_gather": Construct(_collective(_gathered), _collective_plain(lambda z: dg.sum(z * _steps(z)))),
    "ppermute": Construct(_collective(_ppermuted), _collective_plain(lambda z: dg.roll(z, 1))),
    "pure_callback of what is held": Construct(_callback_held, _callback_held_plain),
    "pure_callback": Construct(_callback, _callback_plain, _NO_DERIVATIVE),
    "debug.callback": Construct(_passing, _mixed),
    "scan in scan": Construct(_scan_in_scan, _scan_in_scan_plain),
    "cond in scan": Construct(_cond_in_scan, _cond_in_scan_plain),
    "custom_vjp in scan": Construct(_rule_in_scan(_sine_vjp), _rule_in_scan_plain, _NO_FORWARD),
    "custom_jvp in scan": Construct(_rule_in_scan(_sine_jvp), _rule_in_scan_plain),
    "scan in custom_vjp": Construct(_scan_in_rule(_scan_rule), _scan_in_rule_plain, _NO_FORWARD),
    "scan in custom_jvp": Construct(_scan_in_rule(_scan_rule_too), _scan_in_rule_plain),
    "checkpoint of scan": Construct(_checkpoint_of_scan, _scan_in_rule_plain),
    "scan of checkpoint": Construct(_scan_of_checkpoint, _scan_in_rule_plain),
    "grad in scan": Construct(_grad_in_scan, _grad_in_scan_plain),
    "vmap in scan": Construct(_vmap_in_scan, _vmap_in_scan_plain),
}
