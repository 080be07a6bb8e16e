"""Constructs of a function of two vectors, which the random programs of `_nested_programs` are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import dualgrad as dg

__all__ = ["BODIES", "FORWARD", "REVERSE", "Body"]

Body = Callable[[Any, Any], Any]
_LOOPS: Final = 3


def _rows(x: Any, y: Any) -> Any:
    return dg.outer(dg.asarray([0.3, 0.8, -0.6], dtype=x.dtype), y) + 0.1 * x


def _scan(f: Body, x: Any, y: Any, **options: Any) -> Any:
    def step(c: Any, s: Any) -> tuple[Any, Any]:
        c = f(c, s)
        return c, dg.sin(c) * y

    last, outs = dg.lax.scan(step, x, _rows(x, y), **options)
    return last + 0.3 * dg.sum(outs * outs[0], axis=0)


def _noted(f: Body, x: Any, y: Any) -> Any:
    """A loop that keeps a table, and reads it."""

    def step(i: Any, carry: Any) -> Any:
        c, table = carry
        c = f(c, y)
        return c + 0.1 * dg.sum(table, axis=0), dg.at(table)[i].set(c)

    last, table = dg.lax.fori_loop(0, _LOOPS, step, (x, dg.zeros((_LOOPS, *x.shape), dtype=x.dtype)))
    return last + 0.2 * dg.sum(dg.sin(table), axis=0)


def _exchanged(f: Body, x: Any, y: Any) -> Any:
    (a, b), outs = dg.lax.scan(lambda c, s: ((c[1], f(c[0], s)), c[0]), (x, x), _rows(x, y))
    return a - 0.5 * b + 0.2 * outs[1]


def _while(f: Body, x: Any, y: Any) -> Any:
    def going(carry: Any) -> Any:
        return (carry[0] < _LOOPS) & (dg.sum(carry[1] ** 2) > 0.1)

    return dg.lax.while_loop(going, lambda c: (c[0] + 1, f(c[1], y)), (0, x), max_steps=_LOOPS + 1)[1]


def _cond(f: Body, x: Any, y: Any) -> Any:
    return dg.lax.cond(dg.sum(x) > 0.1, f, lambda a, b: dg.sin(a) * b, x, y)


def _switch(f: Body, x: Any, y: Any) -> Any:
    place = dg.astype(x[0] > 0.1, dg.int32) + dg.astype(y[-1] > 0.1, dg.int32)
    return dg.lax.switch(place, [f, lambda a, _: a, lambda a, b: f(b, a)], x, y)


def _rule_vjp(f: Body, x: Any, y: Any) -> Any:
    rule = dg.custom_vjp(f)
    rule.defvjp(lambda a, b: (f(a, b), (a, b)), lambda kept, ct: dg.vjp(f, *kept)[1](ct))
    return rule(x, y)


def _rule_jvp(f: Body, x: Any, y: Any) -> Any:
    rule = dg.custom_jvp(f)
    rule.defjvp(lambda primals, tangents: dg.jvp(f, primals, tangents))
    return rule(x, y)


def _mapped(f: Body, x: Any, y: Any) -> Any:
    return dg.sum(dg.vmap(f, in_axes=(0, None))(_rows(x, y), y), axis=0)


def _named(f: Body, x: Any, y: Any) -> Any:
    policy = dg.checkpoint_policies.save_only_these_names("kept")
    return dg.checkpoint(lambda a, b: dg.sin(dg.checkpoint_name(f(a, b), "kept")) * a, policy=policy)(x, y)


def _associative(f: Body, x: Any, y: Any) -> Any:
    """The recurrence `h = a h + b`, of factors below 1."""
    rows = _rows(x, y)
    elems = 0.8 * dg.sin(rows), dg.vmap(f, in_axes=(0, None))(rows, y)
    _, h = dg.lax.associative_scan(lambda p, q: (p[0] * q[0], p[1] * q[0] + q[1]), elems)
    return h[-1] + 0.3 * h[1]


def _drawing(f: Body, x: Any, y: Any) -> Any:
    """A loop that carries a key."""

    def step(carry: Any, _: Any) -> Any:
        key, c = carry
        key, part = dg.random.split(key)
        noise = dg.random.uniform(part, c.shape, dtype=c.dtype)
        return (key, f(c, y * noise)), dg.sum(noise)

    (_, last), noises = dg.lax.scan(step, (dg.random.key(5), x), None, length=_LOOPS)
    return last + 0.1 * noises[1]


def _drawing_by_place(f: Body, x: Any, y: Any) -> Any:
    keys = dg.random.split(dg.random.key(11), _LOOPS)
    draws = dg.vmap(lambda key, a: dg.random.normal(key, a.shape, dtype=a.dtype) * a)(keys, _rows(x, y))
    return dg.sum(dg.vmap(lambda d, b: f(d, b), in_axes=(0, None))(draws, y), axis=0) * 0.4


def _collected(f: Body, x: Any, y: Any) -> Any:
    """A map with a named axis, and what crosses it."""

    def element(a: Any, b: Any) -> Any:
        c = f(a, b)
        others = dg.lax.all_gather(c, "rows")
        moved = dg.lax.ppermute(c, "rows", [(0, 1), (1, 2), (2, 0)])
        place = dg.astype(dg.lax.axis_index("rows"), c.dtype)
        return 0.3 * dg.lax.psum(c * place, "rows") + dg.sin(moved) * others[0] + 0.1 * (c - dg.lax.pmean(c, "rows"))

    return dg.sum(dg.vmap(element, in_axes=(0, None), axis_name="rows")(_rows(x, y), y), axis=0)


def _collected_in_loop(f: Body, x: Any, y: Any) -> Any:
    def element(a: Any, b: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            c = f(c, b)
            return 0.5 * c + 0.2 * dg.lax.psum(c, "elements"), c[0]

        last, firsts = dg.lax.scan(step, a, None, length=2)
        return last * dg.lax.pmax(firsts[0], "elements")

    return dg.vmap(element, in_axes=(0, None), out_axes=1, axis_name="elements")(_rows(x, y), y)[:, 1]


def _stepping(f: Body, x: Any, y: Any) -> Any:
    """A search whose number of steps depends on the data, and which has no derivative."""

    def body(carry: Any) -> Any:
        n, c, kept = carry
        c = f(c, y)
        return n + 1, dg.tanh(c), dg.lax.dynamic_update_slice(kept, c[:1], (n,))

    start = (0, dg.stop_gradient(x), dg.zeros(4, dtype=x.dtype))
    y = dg.stop_gradient(y)
    n, c, kept = dg.lax.while_loop(lambda s: (s[0] < 4) & (dg.sum(dg.abs(s[1])) > 0.3), body, start)
    return x * (c + dg.sum(kept) * 0.1) + dg.astype(n, x.dtype) * 0.2


def _nothing(f: Body, x: Any, y: Any) -> Any:
    """Loops without a step, and maps over nothing."""
    last, outs = dg.lax.scan(lambda c, s: (f(c, s), c), x, dg.zeros((0, *x.shape), dtype=x.dtype))
    none = dg.vmap(f, in_axes=(0, None))(dg.zeros((0, *x.shape), dtype=x.dtype), y)
    return f(dg.lax.fori_loop(3, 3, lambda _, c: f(c, y), last), y) + dg.sum(outs) + dg.sum(none, axis=0)


def _rooted(f: Body, x: Any, y: Any) -> Any:
    """The root of `z + tanh(z) / 4 = g`, by Newton's steps, one for each element."""
    g = f(x, y)

    def newton(fun: Any, z: Any) -> Any:
        return dg.lax.fori_loop(0, 6, lambda _, z: z - fun(z) / (1.0 + 0.25 * (1.0 - dg.tanh(z) ** 2)), z)

    def tangent(linear: Any, b: Any) -> Any:
        return b / linear(dg.ones_like(b))

    return dg.lax.custom_root(lambda z: z + 0.25 * dg.tanh(z) - g, dg.zeros_like(g), newton, tangent)


def _solved(f: Body, x: Any, y: Any) -> Any:
    d = 2.0 + dg.sin(f(x, y))
    return dg.lax.custom_linear_solve(lambda v: d * v, x, lambda _, b: b / d, symmetric=True)


def _half_rule(f: Body, x: Any, y: Any) -> Any:
    """A rule that is not the derivative, and an argument without one."""
    rule = dg.custom_vjp(lambda a, b, scale: f(a, b) * scale, nondiff_argnums=(2,))
    rule.defvjp(
        lambda a, b, scale: (f(a, b) * scale, (a, b)),
        lambda scale, kept, ct: (0.5 * scale * ct * kept[1], ct * kept[0]),
    )
    return rule(x, y, 0.7)


def _batched_rule(f: Body, x: Any, y: Any) -> Any:
    """A rule for `vmap` that is the map, below one."""
    rule = dg.custom_batching.custom_vmap(f)

    @rule.def_vmap
    def _(size: int, mapped: Any, a: Any, b: Any) -> Any:  # pyright: ignore[reportUnusedFunction]
        out = dg.vmap(f, in_axes=tuple([0 if m else None for m in mapped]), axis_size=size)(a, b)
        return out, True

    return dg.sum(dg.vmap(rule, in_axes=(0, None))(_rows(x, y), y), axis=0) * 0.5


def _passed(f: Body, x: Any, y: Any) -> Any:
    """A loop that hands on its operands as they are, in another order and twice."""

    def step(carry: Any, s: Any) -> Any:
        a, b, _ = carry
        return (b, f(a, s), a), (a, s, a)

    (a, b, d), (p, q, r) = dg.lax.scan(step, (x, y, x), _rows(x, y))
    return a + 0.5 * b - 0.2 * d + 0.1 * dg.sum(p * q, axis=0) + 0.1 * r[2]


def _edited(f: Body, x: Any, y: Any) -> Any:
    """Updates one after another, of what was read before, in a loop."""

    def step(i: Any, t: Any) -> Any:
        before = t[1]
        t = dg.at(dg.at(t)[0].set(f(t[0], before)))[1].add(0.3 * t[0])
        return dg.at(t)[i, 0].multiply(0.5) + 0.1 * before

    table = dg.lax.fori_loop(0, _LOOPS, step, _rows(x, y))
    return dg.sum(table * dg.asarray([[1.0], [0.5], [-0.3]], dtype=x.dtype), axis=0)


def _kept(policy: str) -> Callable[[Body, Any, Any], Any]:
    def body(f: Body, x: Any, y: Any) -> Any:
        chosen: Any = getattr(dg.checkpoint_policies, policy)
        part = dg.checkpoint(lambda a, b: f(dg.sin(f(a, b)), b), policy=chosen)
        return part(x, y) * 0.5

    return body


def _optional(f: Body, x: Any, y: Any) -> Any:
    """A branch for each element of a map, and a branch within it."""

    def element(a: Any, b: Any) -> Any:
        def inner(c: Any) -> Any:
            return dg.lax.cond(c[0] > 0.2, lambda z: f(z, b), lambda z: z * b, c)

        return dg.lax.cond(dg.sum(a) > 0.0, inner, lambda c: dg.cos(c) + b[-1], a)

    return dg.sum(dg.vmap(element, in_axes=(0, None))(_rows(x, y), y), axis=0)


def _curved(f: Body, x: Any, y: Any) -> Any:
    """Forward over reverse mode, of a program of its own."""
    slope = dg.jit(lambda a, t: dg.jvp(dg.grad(lambda z: dg.sum(dg.sin(f(z, y)))), (a,), (t,))[1])
    return dg.tanh(slope(x, y)) * 0.5


# A construct of a function of two vectors, and of two vectors.
BODIES: Final[dict[str, Callable[[Body, Any, Any], Any]]] = {
    "checkpoint": lambda f, x, y: dg.checkpoint(f)(x, y),
    "checkpoint, closed over": lambda f, x, y: dg.checkpoint(lambda a: f(a, y))(x),
    "checkpoint, names": _named,
    "scan": _scan,
    "scan, reverse": lambda f, x, y: _scan(f, x, y, reverse=True),
    "scan, unrolled": lambda f, x, y: _scan(f, x, y, unroll=2),
    "scan of checkpoint": lambda f, x, y: _scan(dg.checkpoint(f), x, y),
    "checkpoint of scan": lambda f, x, y: dg.checkpoint(lambda a, b: _scan(f, a, b))(x, y),
    "scan, exchanged": _exchanged,
    "fori_loop, table": _noted,
    "while_loop": _while,
    "map": lambda f, x, y: dg.sum(dg.lax.map(lambda s: f(s, y), _rows(x, y)) ** 2, axis=0) * 0.3,
    "cond": _cond,
    "switch": _switch,
    "custom_vjp": _rule_vjp,
    "custom_jvp": _rule_jvp,
    "jit": lambda f, x, y: dg.jit(f)(x, y),
    "vmap": _mapped,
    "grad": lambda f, x, y: dg.grad(lambda a: dg.sum(f(a, y) * y))(x),
    "associative_scan": _associative,
    "scan, drawing": _drawing,
    "vmap, drawing": _drawing_by_place,
    "vmap, collectives": _collected,
    "vmap, collectives in a loop": _collected_in_loop,
    "while_loop, no derivative": _stepping,
    "nothing": _nothing,
    "custom_root": _rooted,
    "custom_linear_solve": _solved,
    "custom_vjp, another": _half_rule,
    "custom_vmap": _batched_rule,
    "scan, passed on": _passed,
    "fori_loop, edited": _edited,
    "checkpoint, all": _kept("everything_saveable"),
    "checkpoint, dots": _kept("dots_saveable"),
    "checkpoint, nothing": _kept("nothing_saveable"),
    "vmap of cond": _optional,
    "jvp(grad)": _curved,
    "map, batches": lambda f, x, y: dg.sum(dg.lax.map(lambda s: f(s, y), _rows(x, y), batch_size=2), axis=0) * 0.3,
    "jvp": lambda f, x, y: dg.jvp(lambda a: f(a, y), (x,), (dg.cos(y),))[1] * 0.5,
    "vjp": lambda f, x, y: dg.vjp(f, x, y)[1](dg.sin(x))[1] * 0.5,
    "linearize": lambda f, x, y: dg.linearize(lambda a: f(a, y), x)[1](y) * 0.5,
    "jit, donated": lambda f, x, y: dg.jit(lambda a, b: (f(a, b), a), donate_argnums=0)(dg.sin(x), y)[0],
}
# Constructs with rules for reverse mode alone.
REVERSE: Final = {"custom_vjp", "custom_vjp, another"}
# Constructs that ask for forward mode themselves.
FORWARD: Final = {"jvp", "jvp(grad)", "linearize"}
