"""Programs that nest constructs in constructs and transforms, in float64: plain loops on PyTorch, and one program each.

Eager PyTorch runs every body as Python; the function as a traced program, on PyTorch and on JAX, must give the same.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

jit: Any = functools.partial(dg.jit, compiler="replay")
RNG = np.random.default_rng(1)
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {}


def program(*args: np.ndarray) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def noted(fun: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS[fun.__name__] = fun, args
        return fun

    return noted


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


@program(normal(3), np.array([1, 2, 3]))
def rules_over_trees_of_integers_and_none(x: Any, n: Any) -> Any:
    @dg.custom_vjp
    def f(p: Any, i: Any, flag: Any) -> Any:
        return {"y": dg.sin(p["w"]) * i, "i": i + 1, "n": None, "e": ()}

    f.defvjp(
        lambda p, i, flag: (f(p, i, flag), (p, i, None, flag)),
        lambda r, ct: ({"w": 3 * dg.cos(r[0]["w"]) * ct["y"] * r[1], "b": None}, None, None),
    )

    def total(x: Any) -> Any:
        o = f({"w": x, "b": dg.asarray(1.5)}, n, True)
        return dg.sum(o["y"] ** 2) + dg.sum(dg.astype(o["i"], x.dtype) * x)

    def one(x: Any, n: Any) -> Any:
        return dg.sum(f({"w": x, "b": 2.0}, n, False)["y"] ** 2)

    def looped(x: Any) -> Any:
        def step(c: Any, n: Any) -> Any:
            o = f({"w": c, "b": 0.1}, n, True)
            return o["y"], o["i"]

        return dg.lax.scan(step, x[0], n)[0]

    pull = dg.vjp(lambda x: f({"w": x, "b": 1.0}, n, True), x)[0]
    return (
        dg.value_and_grad(total)(x),
        dg.vmap(dg.grad(one))(x, n),
        dg.vmap(dg.grad(one), (0, None))(x, 2),
        dg.jacrev(dg.grad(total))(x),
        dg.grad(looped)(x),
        dg.grad(dg.checkpoint(looped))(x),
        pull,
    )


@program(normal(3), normal(5, 3))
def scans_linearized_and_transposed(c: Any, xs: Any) -> Any:
    w = dg.asarray([0.5, -0.2, 0.9])

    def linear(c: Any, xs: Any) -> Any:
        return dg.lax.scan(lambda c, x: (c * w + dg.roll(x, 1), dg.sum(c) + x[0]), c, xs)

    def f(c: Any, xs: Any) -> Any:
        return dg.lax.scan(lambda c, x: (dg.sin(c) * x, c @ x), c, xs, reverse=True)

    transposed, ct = dg.linear_transpose(linear, c, xs), (dg.ones(3), dg.arange(5.0))
    out, push = dg.linearize(f, c, xs)
    pull = dg.linear_transpose(push, c, xs)
    return (
        transposed(ct),
        dg.linear_transpose(lambda ct: transposed(ct), ct)((c, xs)),
        out,
        push(c, xs),
        pull(ct),
        dg.vmap(lambda a: pull((a, dg.zeros(5))))(dg.eye(3)),
        dg.vjp(f, c, xs)[1](ct),
        dg.grad(lambda c: dg.sum(dg.linearize(lambda c: f(c, xs)[0], c)[1](c) ** 2))(c),
    )


@program(normal(2, 3, 2))
def collectives_over_two_names(x: Any) -> Any:
    def f(a: Any, w: Any) -> Any:
        s, g = dg.lax.psum(dg.sin(a * w), ("i", "j")), dg.lax.all_gather(a, "i")
        p = dg.lax.ppermute(a * dg.lax.pmean(a, "j"), "j", [(0, 1), (1, 2), (2, 0)])
        place = dg.lax.axis_index("i") * 10 + dg.lax.axis_index("j")
        return s + dg.sum(g**2) * p + place * a + dg.lax.pmax(dg.sum(a), "i")

    def whole(x: Any, w: Any) -> Any:
        rows = dg.vmap(f, (0, None), axis_name="j")
        return dg.sum(dg.vmap(rows, (0, None), axis_name="i")(x, w) ** 2)

    def inner(x: Any) -> Any:
        slope = dg.grad(lambda a: dg.sum(dg.lax.psum(a**3, "j") * dg.lax.pmean(a, "i")))
        return dg.vmap(dg.vmap(slope, axis_name="j"), axis_name="i")(x)

    def looped(x: Any) -> Any:
        step = dg.vmap(lambda a: dg.lax.psum(dg.tanh(a), ("j", "i")) * 0.2 + a, axis_name="j")
        return dg.vmap(lambda r: dg.lax.scan(lambda c, _: (step(c), None), r, None, 2)[0], axis_name="i")(x)

    return (
        dg.grad(whole, (0, 1))(x, 0.5),
        dg.jvp(dg.grad(whole), (x, 0.5), (x, 1.0)),
        dg.grad(lambda x: dg.sum(inner(x) ** 2))(x),
        dg.grad(lambda x: dg.sum(looped(x) ** 2))(x),
    )


@dg.tree.register_dataclass
@dataclasses.dataclass
class Body:
    pos: Any
    vel: Any
    step: Any = 0
    opt: Any = None
    tag: str = dataclasses.field(default="b", metadata={"static": True})


@program(normal(3), normal(3))
def dataclasses_as_carries(p: Any, v: Any) -> Any:
    def step(b: Any, dt: Any) -> Any:
        force = dg.grad(lambda q: dg.sum(dg.cos(q) * b.opt["k"]))(b.pos)
        opt = {"k": b.opt["k"] * 0.9, "none": None}
        new = dataclasses.replace(b, pos=b.pos + dt * b.vel, vel=b.vel + dt * force, step=b.step + 1, opt=opt)
        return new, dataclasses.replace(b, opt=())

    def first() -> Any:
        return Body(p, v, 0, {"k": dg.asarray(1.0), "none": None}, "x")

    end, history = dg.lax.scan(step, first(), dg.asarray([0.1, 0.2, 0.1]))
    last = dg.lax.while_loop(lambda b: b.step < 4, lambda b: step(b, 0.1)[0], first())
    chosen = dg.lax.cond(p[0] > 0, lambda b: dataclasses.replace(b, pos=-b.pos), lambda b: b, Body(p, v, tag="c"))
    mapped = dg.vmap(
        lambda b: dataclasses.replace(b, pos=b.pos * b.step),
        in_axes=(Body(0, None, 0),),
        out_axes=Body(1, None, 0),
    )(Body(dg.stack([p, v]), v, dg.asarray([1, 2])))
    assert (end.tag, history.tag, chosen.tag) == ("x", "x", "c")
    jac = dg.jacfwd(lambda v: dg.lax.scan(step, dataclasses.replace(first(), vel=v), dg.ones(2))[0])(v).pos
    return end.pos, end.step, history.vel, history.step, last.pos, last.step, chosen.pos, mapped.pos, mapped.vel, jac


@program(np.zeros((0, 3)), normal(3))
def loops_and_trees_of_nothing(e: Any, x: Any) -> Any:
    def product(x: Any, e: Any) -> Any:
        return dg.lax.scan(lambda c, t: (c * t, c), x, e)

    return (
        product(x, e),
        dg.lax.scan(lambda c, _: (c, ()), (), None, length=3),
        dg.grad(lambda x: dg.sum(product(x, e)[0] ** 2) + dg.sum(product(x, e)[1]))(x),
        dg.grad(lambda e: dg.sum(product(x, e)[0] ** 2))(e),
        dg.lax.map(lambda t: t * 2, e),
        dg.lax.associative_scan(dg.add, e),
        dg.vmap(lambda t: dg.lax.scan(lambda c, u: (c + u, u), 0.0, t))(dg.zeros((2, 0))),
        dg.jacfwd(lambda x: x[:0])(x),
        dg.hessian(lambda e: dg.sum(e**2))(e),
        dg.grad(lambda p: p["a"] * 1.0)({"a": 2.0, "b": (), "c": None}),
        dg.vjp(lambda: x * 2)[0],
        dg.jvp(lambda: x, (), ()),
        dg.lax.cond(x[0] > 0, lambda: (), lambda: ()),
        dg.lax.fori_loop(3, 1, lambda i, c: c + 1, x),
        dg.vmap(dg.grad(lambda t: dg.sum(t**2)), 1)(e),
    )


@program(normal(4))
def carries_that_alias(x: Any) -> Any:
    def f(x: Any) -> Any:
        def step(c: Any, _: Any) -> Any:
            return (c[1], c[0], x), c[0] * c[1]

        return dg.sum(dg.lax.scan(step, (x, 2 * x, dg.sin(x)), None, length=3)[1])

    return (
        dg.lax.scan(lambda c, _: ((c[1], c[0]), c[0]), (x, 2 * x), None, length=3),
        dg.lax.fori_loop(0, 3, lambda i, c: (c[0], c[0], x), (x, x, x)),
        dg.lax.while_loop(lambda s: s[0] < 2, lambda s: (s[0] + 1, s[1], s[1]), (0, x, x)),
        dg.value_and_grad(f)(x),
        dg.hessian(f)(x),
        dg.vmap(lambda x: (x, x))(x),
        dg.vjp(lambda x: (x, x), x)[1]((x, 2 * x)),
        dg.jvp(lambda x: (x, 1.0, x), (x,), (x,)),
    )


@program(normal(3), normal(3, 3))
def pullbacks_that_leave_a_program(x: Any, w: Any) -> Any:
    def f(w: Any, x: Any) -> Any:
        return dg.tanh(w @ x)

    y, pull = jit(lambda w, x: dg.vjp(f, w, x))(w, x)
    push = jit(lambda x: dg.linearize(lambda x: f(w, x), x))(x)[1]
    looped = dg.lax.scan(lambda c, ct: (c, pull(ct)[1]), 0.0, dg.eye(3))[1]
    return y, pull(x), jit(lambda p, ct: p(ct))(pull, x), push(x), dg.vmap(pull)(dg.eye(3)), looped


@program(normal(3, 4), np.array([1, 0, 2]))
def writes_and_reads_in_loops(x: Any, idx: Any) -> Any:
    def swept(x: Any) -> Any:
        return dg.lax.scan(lambda b, i: (dg.at(b)[i].set(dg.sum(b, axis=0) * 0.1), b[i]), x, idx)

    def loss(x: Any) -> Any:
        end, rows = swept(x)
        return dg.sum(end**2) + dg.sum(rows**3)

    def peaks(x: Any) -> Any:
        return dg.sum(dg.at(x)[0].max(x[1]) ** 2) + dg.sum(dg.at(x)[:, ::2].multiply(x[:, 1::2]))

    def updated(x: Any, i: Any) -> Any:
        return dg.sum(dg.lax.dynamic_update_slice(x, dg.sin(x[:1]), (i, 0)) ** 3)

    return (
        swept(x),
        dg.grad(loss)(x),
        dg.grad(peaks)(x),
        dg.vmap(dg.grad(updated), (None, 0))(x, idx),
        dg.vmap(dg.vmap(lambda r, i: r[i], (0, None)), (None, 0))(x, idx),
    )


@pytest.mark.x64
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_is_the_same_as_plain_loops_and_on_both_backends(name: str) -> None:
    fun, args = PROGRAMS[name]
    found: list[list[np.ndarray]] = []
    for backend, wrap in (("torch", lambda f: f), ("torch", jit), ("jax", jit)):
        with dg.use_backend(backend):
            out = wrap(fun)(*[dg.asarray(x) for x in args])
            found.append([np.asarray(dg.to_numpy(dg.asarray(x))) for x in dg.tree.leaves(out)])

    plain, *programs = found
    for leaves in programs:
        assert [(x.shape, x.dtype) for x in leaves] == [(x.shape, x.dtype) for x in plain]
        for got, expected in zip(leaves, plain, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)
