"""Mistakes with control flow, rules, collectives and callbacks: one type and one text on every backend."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

jit = partial(dg.jit, compiler="replay")


ANY: Any = dg  # whose arguments are wrong on purpose


def ones(*shape: int) -> Any:
    return dg.ones(shape)


def rule(kind: str, *rules: Any, fun: Any = None) -> Any:
    def double(x: Any) -> Any:
        return 2.0 * x

    made: Any = getattr(dg, kind)(fun or double)
    if rules:
        (made.defvjp if kind == "custom_vjp" else made.defjvp)(*rules)
    return made


def product(*rules: Any) -> Any:
    def times(x: Any, y: Any) -> Any:
        return x * dg.sum(y["a"])

    return rule("custom_vjp", *rules, fun=times)


def fwd(x: Any, y: Any) -> Any:
    return x * dg.sum(y["a"]), None


def pulled(x: Any) -> Any:
    return x, lambda ct: (ct,)


def collatz(x: Any) -> Any:
    return dg.lax.while_loop(lambda c: c < 10.0, lambda c: 2.0 * c, x)


def no_steps(fun: Any, **kwargs: Any) -> Any:
    return lambda x: dg.lax.while_loop(lambda c: c < 0.0, fun, x, **kwargs)


def leak(wrap: Any, *args: Any) -> Any:
    kept = []
    wrap(lambda x: (kept.append(x), 2.0 * x)[1])(*args)
    return kept[-1]


def closed(kind: str) -> Any:
    def loss(w: Any) -> Any:
        if kind == "custom_vjp":
            rules = (lambda x: (w * x, None)), (lambda _, ct: (w * ct,))
        else:
            rules = ((lambda p, t: (w * p[0], w * t[0])),)

        def scale(x: Any) -> Any:
            return w * x

        return rule(kind, *rules, fun=scale)(w)

    return loss


def held(x: Any) -> Any:
    times = dg.custom_vjp(lambda a, b: a * b, nondiff_argnums=0)
    times.defvjp(lambda a, b: (a * b, None), lambda a, _, ct: (ct * a,))
    return times(x, 2.0)


REVERSE = "reverse mode only"
SINE = rule("custom_vjp", lambda x: (dg.sin(x), x), lambda x, ct: (ct * dg.cos(x),), fun=lambda x: dg.sin(x))
JITTED_SINE = jit(SINE)


def scaling(x):
    return rule("custom_vjp", lambda y: (x * y, None), lambda _, ct: (ct,), fun=lambda y: x * y)


@dg.custom_gradient
def backwards(x):
    return x, lambda ct: (-ct,)


TEXT = np.array(["a"])
NO_DTYPE = "a NumPy array must have a dtype of the array API, got <U1"
VEC = dg.ShapeDtypeStruct((2,), dg.float32)

# Name -> a program with a mistake, the type of its error, and a part of the text.
CASES: dict[str, tuple[Any, type[Exception], str]] = {
    "scan, dtype of the carry": (
        lambda: dg.lax.scan(lambda c, x: (c + x, None), dg.asarray(0), ones(3)),
        TypeError,
        "dualgrad.lax.scan: the body must return a carry with the shapes and dtypes of its input, got float32() for "
        "carry, which is int32() on entry.",
    ),
    "scan, shape of a part of the carry": (
        lambda: dg.lax.scan(lambda c, x: ({"h": [c["h"][0], ones(2)]}, None), {"h": [ones(3), ones(3)]}, ones(3)),
        TypeError,
        "got float32(2,) for carry['h'][1], which is float32(3,) on entry",
    ),
    "scan, structure of the carry": (
        lambda: dg.lax.scan(lambda c, x: (c["a"], None), {"a": ones(2), "b": None}, ones(3)),
        TypeError,
        "got * where {'a': *, 'b': None} was expected",
    ),
    "scan, no pair": (lambda: dg.lax.scan(lambda c, x: c, 1.0, ones(3)), TypeError, "a pair (carry, y), got one array"),
    "scan, three": (lambda: dg.lax.scan(lambda c, x: (c, c, c), 1.0, ones(3)), TypeError, "got a tuple of 3"),
    "scan, none": (lambda: dg.lax.scan(lambda c, x: None, 1.0, ones(3)), TypeError, "got a NoneType"),
    "scan, sizes": (lambda: dg.lax.scan(lambda c, x: (c, x), 0.0, (ones(3), ones(4))), ValueError, "got sizes 3, 4"),
    "scan, length": (lambda: dg.lax.scan(lambda c, x: (c, x), 0.0, ones(3), 4), ValueError, "got length 4 for size 3"),
    "scan, no length": (lambda: dg.lax.scan(lambda c, x: (c, x), 0.0), ValueError, "Pass length=n"),
    "scan, bad length": (lambda: dg.lax.scan(lambda c, x: (c, x), 0.0, None, "3"), TypeError, "got a str"),  # pyright: ignore[reportArgumentType]
    "scan, negative length": (lambda: dg.lax.scan(lambda c, x: (c, x), 0.0, None, -1), ValueError, "negative, got -1"),
    "scan, large integer": (
        lambda: dg.lax.scan(lambda c, x: (c, x), 2**40, None, 2),
        OverflowError,
        "dualgrad.lax.scan: an integer must fit the dtype int32, got 1099511627776",
    ),
    "jit, large integer": (
        lambda: jit(lambda x: x)(2**40),
        OverflowError,
        "dualgrad.jit: an integer must fit the dtype int32, got 1099511627776",
    ),
    "vmap, large integer": (
        lambda: dg.vmap(lambda x, y: y, (0, None))(ones(2), 2**40),
        OverflowError,
        "dualgrad.vmap: an integer must fit the dtype int32, got 1099511627776",
    ),
    "fori_loop, large integer": (
        lambda: dg.lax.fori_loop(0, 2**40, lambda i, c: c, 1.0),
        OverflowError,
        "dualgrad.lax.fori_loop: an integer must fit the dtype int32, got 1099511627776",
    ),
    "pure_callback, large integer": (
        lambda: dg.pure_callback(lambda n: n, dg.ShapeDtypeStruct((), dg.int32), 2**40),
        OverflowError,
        "dualgrad.pure_callback: an integer must fit the dtype int32, got 1099511627776",
    ),
    "pure_callback, large result": (
        lambda: dg.pure_callback(lambda: 2**40, dg.ShapeDtypeStruct((), dg.int32)),
        OverflowError,
        "dualgrad.pure_callback: an integer must fit the dtype int32, got 1099511627776",
    ),
    "jit, array in a static tuple": (
        lambda: jit(lambda n, x: x * n[0], static_argnums=0)((ones(2),), ones(2)),
        ValueError,
        "a static argument must be hashable, got tuple for argument 0",
    ),
    "custom_vjp, tree for an array": (
        lambda: dg.grad(lambda x: rule("custom_vjp", lambda x: (x, None), lambda _, ct: ({"a": ct},))(x))(1.0),
        ValueError,
        "the cotangent of argument 0 of 'double' must be *, got {'a': *}",
    ),
    "scan, scalar": (lambda: dg.lax.scan(lambda c, x: (c, x), 0.0, 2.0), ValueError, "got float32()"),
    "scan, no array": (lambda: dg.lax.scan(lambda c, x: (c, x), "a", ones(3)), TypeError, "got a str"),
    "scan, no array out": (lambda: dg.lax.scan(lambda c, x: (c, "a"), 0.0, ones(3)), TypeError, "got a str"),
    "scan, no function": (lambda: dg.lax.scan(3, 0.0, ones(3)), TypeError, "must be a function, got int"),  # pyright: ignore[reportArgumentType]
    "scan in jit": (
        lambda: jit(lambda x: dg.lax.scan(lambda c, _: (dg.sum(c), None), x, None, 3)[0])(ones(3)),
        TypeError,
        "got float32() for carry, which is float32(3,) on entry",
    ),
    "scan, unroll": (
        lambda: dg.lax.scan(lambda c, x: (c, x), 0.0, ones(3), unroll=-1),
        ValueError,
        "unroll must be a bool or a Python integer of at least 0, got -1",
    ),
    "scan, unroll in jit": (
        lambda: jit(lambda n: dg.lax.scan(lambda c, x: (c, x), 0.0, ones(3), unroll=n)[0])(2),
        ValueError,
        "got one array. Leave it out",
    ),
    "scan, bool for a number": (
        lambda: dg.lax.scan(lambda c, x: (True, None), 1.0, ones(3)),
        TypeError,
        "got bool() for carry, which is float32() on entry",
    ),
    "linearize of a branch, tangent": (
        lambda: dg.linearize(lambda x: x if x[0] > 0 else -x, ones(2))[1](ones(3)),
        TypeError,
        "dualgrad.linearize: a tangent must have the shape and dtype of its primal, got tangent float32(3,)",
    ),
    "map, sizes": (lambda: dg.lax.map(lambda x: x, (ones(3), ones(2))), ValueError, "dualgrad.lax.map: the arrays"),
    "map, scalar": (lambda: dg.lax.map(lambda x: x, 2.0), ValueError, "dualgrad.lax.map: the arrays of xs must have a"),
    "while_loop, dtype of the carry": (
        lambda: dg.lax.while_loop(lambda c: c < 3, lambda c: c + 0.5, dg.asarray(0)),
        TypeError,
        "dualgrad.lax.while_loop: the body must return a carry with the shapes and dtypes of its input, got float32()",
    ),
    "bounded while_loop, shape of the carry": (
        lambda: dg.lax.while_loop(lambda c: dg.sum(c) < 3, lambda c: dg.sum(c), ones(2), max_steps=3),
        TypeError,
        "got float32() for carry, which is float32(2,) on entry",
    ),
    "while_loop, structure": (
        lambda: dg.lax.while_loop(lambda c: c[0] < 3, lambda c: c[0], (1.0,)),
        TypeError,
        "got * where (*,) was expected",
    ),
    "while_loop, number for a condition": (
        lambda: dg.lax.while_loop(lambda c: c, lambda c: c, 1.0),
        TypeError,
        "dualgrad.lax.while_loop: the condition must be a boolean scalar, got dtype float32. Compare it",
    ),
    "while_loop, vector for a condition": (
        lambda: dg.lax.while_loop(lambda c: c < 3, lambda c: c, ones(2)),
        TypeError,
        "got shape (2,)",
    ),
    "while_loop, tuple for a condition": (
        lambda: dg.lax.while_loop(lambda c: (c < 3,), lambda c: c, 1.0),
        TypeError,
        "got a tuple of 1",
    ),
    "while_loop, reverse mode": (lambda: dg.grad(collatz)(1.0), ValueError, "Pass max_steps=n to dg.lax.while_loop"),
    "while_loop, reverse mode in jit": (lambda: jit(dg.grad(collatz))(1.0), ValueError, "reverse mode needs"),
    "while_loop, reverse mode by vjp": (lambda: dg.vjp(collatz, 1.0)[1](1.0), ValueError, "reverse mode needs"),
    "while_loop, jacrev": (lambda: dg.jacrev(collatz)(1.0), ValueError, "reverse mode needs"),
    "while_loop, vmap of grad": (lambda: dg.vmap(dg.grad(collatz))(ones(2)), ValueError, "reverse mode needs"),
    "fori_loop, reverse mode": (
        lambda: jit(dg.grad(lambda x, n: dg.lax.fori_loop(0, n, lambda i, c: c * x, x)))(2.0, 3),
        ValueError,
        "fori_loop with bounds known only at run time",
    ),
    "while_loop, max_steps": (
        lambda: dg.lax.while_loop(lambda c: c < 3.0, lambda c: c, 1.0, max_steps=-1),
        ValueError,
        "got -1",
    ),
    "while_loop, max_steps of no loop": (
        lambda: dg.lax.while_loop(lambda c: c < 3.0, lambda c: c, 1.0, max_steps=2**31),
        ValueError,
        "below 2**31, or None, got 2147483648",
    ),
    "while_loop, max_steps of a float": (
        lambda: dg.lax.while_loop(lambda c: c < 3.0, lambda c: c, 1.0, max_steps=2.0),  # pyright: ignore[reportArgumentType]
        ValueError,
        "got 2.0",
    ),
    "fori_loop, bound": (lambda: dg.lax.fori_loop(0, 2.0, lambda i, c: c, 1.0), TypeError, "upper must be an integer"),
    "fori_loop, floating bounds of two dtypes": (
        lambda: dg.lax.fori_loop(dg.asarray(0.0, dtype=dg.float16), dg.asarray(2.0), lambda i, c: c, 1.0),
        TypeError,
        "lower and upper must have one dtype, got float16 and float32",
    ),
    "platform_dependent, gpu": (
        lambda: dg.lax.platform_dependent(1.0, gpu=dg.sin, default=dg.cos),
        ValueError,
        "a platform must be named exactly, got 'gpu'",
    ),
    "platform_dependent, none for this one": (
        lambda: dg.lax.platform_dependent(1.0, tpu=dg.sin),
        NotImplementedError,
        "got functions for ['tpu']. Pass default=.",
    ),
    "fori_loop, bounds of two dtypes": (
        lambda: dg.lax.fori_loop(dg.asarray(0, dtype=dg.int16), dg.asarray(2), lambda i, c: c, 1.0),
        TypeError,
        "lower and upper must have one dtype, got int16 and int32",
    ),
    "fori_loop, a NumPy scalar of another dtype": (
        lambda: dg.lax.fori_loop(np.int16(0), dg.asarray(2), lambda i, c: c, 1.0),
        TypeError,
        "one dtype, got int16 and int",
    ),
    "fori_loop, no number": (lambda: dg.lax.fori_loop(0, "2", lambda i, c: c, 1.0), TypeError, "got a str"),
    "fori_loop, vector": (lambda: dg.lax.fori_loop(dg.arange(2), 3, lambda i, c: c, 1.0), TypeError, "got int32(2,)"),
    "fori_loop, carry": (
        lambda: dg.lax.fori_loop(0, 3, lambda i, c: ones(2), 1.0),
        TypeError,
        "dualgrad.lax.fori_loop: the body must return a carry",
    ),
    "fori_loop, unroll": (
        lambda: jit(lambda n: dg.lax.fori_loop(0, n, lambda i, c: c, 1.0, unroll=2))(3),
        ValueError,
        "unroll needs bounds that are Python integers",
    ),
    "cond, shapes": (
        lambda: dg.lax.cond(True, lambda: ones(2), lambda: ones(3)),
        TypeError,
        "dualgrad.lax.cond: all branches must return the same shapes and dtypes, got float32(3,) for output of branch "
        "1 and float32(2,) for the first branch.",
    ),
    "cond, dtypes of a part": (
        lambda: dg.lax.cond(dg.asarray(False), lambda: {"a": [ones(2)]}, lambda: {"a": [dg.arange(2)]}),
        TypeError,
        "got int32(2,) for output['a'][0] of branch 1 and float32(2,) for the first branch",
    ),
    "cond, structures": (
        lambda: dg.lax.cond(True, lambda: ones(2), lambda: (ones(2),)),
        TypeError,
        "got (*,) for branch 1 and * for the first branch",
    ),
    "cond in jit": (
        lambda: jit(lambda p: dg.lax.cond(p, lambda: ones(2), lambda: ones(3)))(True),
        TypeError,
        "all branches must return the same shapes and dtypes",
    ),
    "checkpoint, static": (
        lambda: dg.checkpoint(lambda x: x, static_argnums=5)(ones(2)),
        ValueError,
        "must name positional arguments of the call, got 5 for 1",
    ),
    "cond, vector": (lambda: dg.lax.cond(ones(2) > 0, lambda: 1.0, lambda: 2.0), TypeError, "got shape (2,)"),
    "cond, list": (lambda: dg.lax.cond([True], lambda: 1.0, lambda: 2.0), TypeError, "got a list of 1"),
    "cond, none": (lambda: dg.lax.cond(None, lambda: 1.0, lambda: 2.0), TypeError, "got a NoneType"),
    "cond, complex": (lambda: dg.lax.cond(1j, lambda: 1.0, lambda: 2.0), TypeError, "got dtype complex64"),
    "cond, no function": (lambda: dg.lax.cond(True, 1.0, lambda: 2.0), TypeError, "must be a function, got float"),  # pyright: ignore[reportArgumentType]
    "cond, no array": (lambda: dg.lax.cond(True, lambda: "a", lambda: "b"), TypeError, "got a str"),
    "switch, index": (
        lambda: dg.lax.switch(1.0, [lambda: 1.0, lambda: 2.0]),
        TypeError,
        "the index must be an integer",
    ),
    "switch, nothing": (lambda: dg.lax.switch(1, []), ValueError, "at least one branch is needed"),
    "switch, shapes": (
        lambda: dg.lax.switch(0, [lambda: 1.0, lambda: 2.0, lambda: ones(2)]),
        TypeError,
        "got float32(2,) for output of branch 2 and float32() for the first branch",
    ),
    "associative_scan, sizes": (
        lambda: dg.lax.associative_scan(lambda a, b: a, (ones(3), ones(4))),
        ValueError,
        "got sizes 3, 4",
    ),
    "associative_scan, dtype": (
        lambda: dg.lax.associative_scan(lambda a, b: a > b, ones(3)),
        TypeError,
        "the function must return the structure, shapes and dtypes of its arguments",
    ),
    "associative_scan, structure": (
        lambda: dg.lax.associative_scan(lambda a, b: (a, b), ones(3)),
        TypeError,
        "got (*, *) where * was expected",
    ),
    "associative_scan, axis": (
        lambda: dg.lax.associative_scan(dg.add, ones(3), axis=1),
        IndexError,
        "dualgrad.lax.associative_scan: axis must lie in [-1, 1)",
    ),
    "psum, no axis": (lambda: dg.lax.psum(1.0, "i"), NameError, "got axis_name='i'. Write dg.vmap(f, axis_name='i')"),
    "pmax, no axis": (lambda: dg.lax.pmax(ones(2), "i"), NameError, "dualgrad.lax.pmax: the axis must be named"),
    "axis_index, other axis": (
        lambda: dg.vmap(lambda x: dg.lax.axis_index("j"), axis_name="i")(ones(2)),
        NameError,
        "got axis_name='j'",
    ),
    "all_gather, no axis": (lambda: dg.lax.all_gather(ones(2), "k"), NameError, "got axis_name='k'"),
    "ppermute, no axis": (
        lambda: dg.lax.ppermute(ones(2), "k", [(0, 1)]),
        NameError,
        "dualgrad.lax.ppermute: the axis",
    ),
    "psum, axis": (lambda: dg.lax.psum(1.0, {}), TypeError, "axis_name must be a hashable name"),
    "ppermute, twice": (
        lambda: dg.vmap(lambda x: dg.lax.ppermute(x, "i", [(0, 1), (1, 1)]), axis_name="i")(ones(3)),
        ValueError,
        "below the axis size 3, got [(0, 1), (1, 1)]",
    ),
    "ppermute, range": (
        lambda: dg.vmap(lambda x: dg.lax.ppermute(x, "i", [(0, 3)]), axis_name="i")(ones(3)),
        ValueError,
        "below the axis size 3, got [(0, 3)]",
    ),
    "vmap, other size": (
        lambda: dg.vmap(lambda x: x, axis_size=3)(ones(2)),
        ValueError,
        "got axis_size=3 for arguments of size 2",
    ),
    "vmap, bad size": (lambda: dg.vmap(lambda x: x, axis_size=-1), ValueError, "got -1"),
    "custom_vjp, forward mode": (
        lambda: dg.jvp(SINE, (1.0,), (1.0,)),
        TypeError,
        "dualgrad.custom_vjp: the rule is for reverse mode only, got forward mode",
    ),
    "custom_vjp, jacfwd": (lambda: dg.jacfwd(SINE)(1.0), TypeError, "through '<lambda>'"),
    "custom_vjp, jvp in jit": (lambda: jit(lambda x: dg.jvp(SINE, (x,), (x,))[1])(1.0), TypeError, "reverse mode only"),
    "custom_vjp, linearize": (lambda: dg.linearize(SINE, 1.0), TypeError, "through '<lambda>'"),
    "custom_vjp, linearize of a scan": (
        lambda: dg.linearize(lambda x: dg.lax.scan(lambda c, _: (SINE(c), None), x, None, 2)[0], 1.0),
        TypeError,
        "through '<lambda>'",
    ),
    "custom_vjp, jvp of a mapped one": (lambda: dg.jvp(dg.vmap(SINE), (ones(2),), (ones(2),)), TypeError, "'<lambda>'"),
    "custom_vjp, jvp of a program that reverse mode made": (
        lambda: [dg.grad(JITTED_SINE)(1.0), dg.jvp(JITTED_SINE, (1.0,), (1.0,))],
        TypeError,
        "through '<lambda>'",
    ),
    "cond, jvp of a rule in the branch not taken": (
        lambda: dg.jvp(lambda x: dg.lax.cond(True, lambda x: x, SINE, x), (1.0,), (1.0,)),
        TypeError,
        "through '<lambda>'",
    ),
    "switch, jacfwd of a rule in a branch not taken": (
        lambda: dg.jacfwd(lambda x: dg.lax.switch(0, [lambda x: x * x, lambda x: 2.0 * SINE(x)], x))(1.0),
        TypeError,
        REVERSE,
    ),
    "cond, grad of a while_loop in the branch not taken": (
        lambda: dg.grad(lambda x: dg.lax.cond(x > 0, lambda x: x, no_steps(lambda x: 2.0 * x), x))(1.0),
        ValueError,
        "reverse mode needs the number of steps",
    ),
    "cond, vmap of a callback in the branch not taken": (
        lambda: dg.vmap(lambda x: dg.lax.cond(True, lambda x: x, lambda x: dg.pure_callback(abs, x, x), x))(ones(2)),
        ValueError,
        "vmap_method must be",
    ),
    "cond, wrong rule in the branch not taken": (
        lambda: dg.grad(lambda x: dg.lax.cond(True, lambda x: x, rule("custom_jvp", lambda p, t: (p[0], ones(3))), x))(
            1.0
        ),
        TypeError,
        "must be float32(), got float32(3,)",
    ),
    "cond, functions of one decorator": (
        lambda: [
            dg.lax.cond(True, f, lambda x: x, 1.0) for f in (SINE, rule("custom_vjp", fwd, fwd, fun=lambda x: (x, x)))
        ],
        TypeError,
        "branch",
    ),
    "custom_gradient, shape of a cotangent": (
        lambda: dg.grad(dg.custom_gradient(lambda x: (dg.sum(x), lambda ct: x[:1])))(ones(2)),
        TypeError,
        "the cotangent of argument 0 of '<lambda>' must be float32(2,), got float32(1,)",
    ),
    "custom_gradient, too many cotangents": (
        lambda: dg.grad(dg.custom_gradient(lambda x: (x, lambda ct: (ct, ct))))(1.0),
        TypeError,
        "for each of 1 arguments, got a tuple of 2",
    ),
    "custom_vjp, text for a cotangent": (
        lambda: dg.grad(rule("custom_vjp", lambda x: (x, None), lambda _, ct: ("a",)))(1.0),
        TypeError,
        "the cotangent of argument 0 of 'double' must be float32(), got a str",
    ),
    "custom_vjp, text for an output": (
        lambda: dg.grad(rule("custom_vjp", lambda x: ("a", None), lambda _, ct: (ct,)))(1.0),
        TypeError,
        "got a str",
    ),
    "custom_jvp, text for a tangent": (
        lambda: dg.grad(rule("custom_jvp", lambda p, t: (p[0], "a")))(1.0),
        TypeError,
        "the tangent of 'double' must be float32(), got a str",
    ),
    "custom_jvp, integers for an output": (
        lambda: dg.grad(rule("custom_jvp", lambda p, t: (dg.astype(p[0], dg.int32), t[0])))(1.0),
        TypeError,
        "the function must return a real floating-point scalar, got dtype int32",
    ),
    "jit below grad, text": (lambda: dg.grad(jit(lambda x, y: x))(1.0, "a"), TypeError, "got str: 'a'. Mark such an"),
    "jit, array of text": (lambda: jit(lambda x: x)(TEXT), TypeError, f"dualgrad.jit: {NO_DTYPE}"),
    "jit, array of text returned": (lambda: jit(lambda x: TEXT)(1.0), TypeError, f"dualgrad.jit: {NO_DTYPE}"),
    "vmap, array of text": (lambda: dg.vmap(lambda x: x)(TEXT), TypeError, f"dualgrad.vmap: {NO_DTYPE}"),
    "grad, array of text": (lambda: dg.grad(lambda x: x)(TEXT), TypeError, f"dualgrad.grad: {NO_DTYPE}"),
    "scan, array of text": (
        lambda: dg.lax.scan(lambda c, x: (c, x), 1.0, TEXT),
        TypeError,
        f"dualgrad.lax.scan: {NO_DTYPE}",
    ),
    "checkpoint, array of text": (
        lambda: dg.checkpoint(lambda x: x)(TEXT),
        TypeError,
        f"dualgrad.checkpoint: {NO_DTYPE}",
    ),
    "eval_shape, array of text": (lambda: dg.eval_shape(lambda x: x, TEXT), TypeError, NO_DTYPE),
    "jvp, text returned": (lambda: dg.jvp(lambda x: TEXT, (1.0,), (1.0,)), TypeError, f"dualgrad.jvp: {NO_DTYPE}"),
    "vjp, text returned": (lambda: dg.vjp(lambda x: TEXT, 1.0), TypeError, f"dualgrad.vjp: {NO_DTYPE}"),
    "linearize, text returned": (lambda: dg.linearize(lambda x: TEXT, 1.0), TypeError, NO_DTYPE),
    "custom_gradient, jvp": (lambda: dg.jvp(backwards, (1.0,), (1.0,)), TypeError, "through 'backwards'"),
    "custom_vjp, jvp of jvp": (
        lambda: dg.jvp(lambda x: dg.jvp(lambda x: SINE(x) * x, (x,), (1.0,))[1], (1.0,), (1.0,)),
        TypeError,
        "through '<lambda>'",
    ),
    "custom_vjp, jvp in scan": (
        lambda: dg.jvp(lambda x: dg.lax.scan(lambda c, _: (SINE(c), None), x, None, 2)[0], (1.0,), (1.0,)),
        TypeError,
        "reverse mode only",
    ),
    "custom_vjp, jvp in a while_loop of no steps": (lambda: dg.jvp(no_steps(SINE), (1.0,), (1.0,)), TypeError, REVERSE),
    "custom_vjp, jvp in a bounded while_loop of no steps": (
        lambda: dg.jvp(no_steps(SINE, max_steps=3), (1.0,), (1.0,)),
        TypeError,
        REVERSE,
    ),
    "custom_vjp, no rule": (
        lambda: rule("custom_vjp")(1.0),
        AttributeError,
        "dualgrad.custom_vjp: a rule must be defined before the function is called, got none for 'double'. Call "
        "double.defvjp(fwd, bwd).",
    ),
    "custom_jvp, no rule": (lambda: dg.grad(rule("custom_jvp"))(1.0), AttributeError, "Call double.defjvp(rule)"),
    "custom_vjp, rule is no function": (lambda: rule("custom_vjp", 1, 2), TypeError, "must be a function, got int"),
    "custom_vjp, fwd": (
        lambda: dg.grad(product(lambda x, y: x, lambda res, ct: (ct, None)))(1.0, {"a": ones(2)}),
        TypeError,
        "the result of fwd of 'times' must be a pair (output, residuals), got one array",
    ),
    "custom_vjp, bwd": (
        lambda: dg.grad(product(fwd, lambda res, ct: ct))(1.0, {"a": ones(2)}),
        TypeError,
        "the result of bwd of 'times' must be a tuple with a cotangent for each of 2 arguments, got one array",
    ),
    "custom_vjp, bwd of one": (
        lambda: dg.grad(product(fwd, lambda res, ct: (ct,)))(1.0, {"a": ones(2)}),
        TypeError,
        "for each of 2 arguments, got a tuple of 1",
    ),
    "custom_vjp, shape of a cotangent": (
        lambda: dg.grad(product(fwd, lambda res, ct: (ct, {"a": ct})))(1.0, {"a": ones(2)}),
        TypeError,
        "the cotangent of argument 1['a'] of 'times' must be float32(2,), got float32()",
    ),
    "custom_vjp, shape of a zero": (
        lambda: dg.grad(product(fwd, lambda res, ct: (ct, {"a": dg.SymbolicZero((3,), dg.float32)})))(
            1.0, {"a": ones(2)}
        ),
        TypeError,
        "the cotangent of argument 1['a'] of 'times' must be float32(2,), got float32(3,)",
    ),
    "custom_vjp, structure of a cotangent": (
        lambda: dg.grad(product(fwd, lambda res, ct: (ct, (ct, ct))))(1.0, {"a": ones(2)}),
        TypeError,
        "the cotangent of argument 1 of 'times' must be {'a': *}, got (*, *)",
    ),
    "custom_jvp, no pair": (
        lambda: dg.grad(rule("custom_jvp", lambda p, t: t[0]))(1.0),
        TypeError,
        "the result of the rule of 'double' must be a pair (output, tangent), got one array",
    ),
    "custom_jvp, structure": (
        lambda: dg.grad(rule("custom_jvp", lambda p, t: (p[0], (t[0],))))(1.0),
        TypeError,
        "the tangent of 'double' must be *, got (*,)",
    ),
    "custom_jvp, shape": (
        lambda: dg.jvp(rule("custom_jvp", lambda p, t: (p[0], ones(3))), (1.0,), (1.0,)),
        TypeError,
        "the tangent of 'double' must be float32(), got float32(3,)",
    ),
    "custom_vjp, closure": (
        lambda: dg.grad(closed("custom_vjp"))(2.0),
        dg.ClosedOverError,
        "'scale' or its rule closes",
    ),
    "custom_jvp, closure": (
        lambda: dg.grad(closed("custom_jvp"))(2.0),
        dg.ClosedOverError,
        "'scale' or its rule closes",
    ),
    "custom_jvp, closure, forward": (
        lambda: dg.jvp(closed("custom_jvp"), (2.0,), (1.0,)),
        dg.ClosedOverError,
        "dualgrad.custom_jvp: what is differentiated must be an argument",
    ),
    "custom_vjp, closure in jit": (
        lambda: jit(dg.grad(closed("custom_vjp")))(2.0),
        dg.ClosedOverError,
        "stop_gradient",
    ),
    "custom_vjp, keyword-only": (
        lambda: rule("custom_vjp", lambda x: (x, x), lambda r, ct: (ct,), fun=lambda x, *, y=1: x)(1.0, y=2),
        TypeError,
        "got the keyword-only y",
    ),
    "vjp, two cotangents": (
        lambda: dg.vjp(lambda x: x, ones(2))[1](ones(2), ones(2)),
        TypeError,
        "dualgrad.vjp: the function takes 1 cotangent, got 2",
    ),
    "vjp in jit, two cotangents": (
        lambda: jit(lambda x: dg.vjp(lambda x: x, x)[1](x, x))(ones(2)),
        TypeError,
        "dualgrad.vjp: the function takes 1 cotangent, got 2",
    ),
    "jvp, no tuple": (
        lambda: dg.jvp(lambda x: x, ones(2), ones(2)),
        TypeError,
        "primals must be a tuple or list, got one",
    ),  # pyright: ignore[reportArgumentType]
    "checkpoint, no array": (
        lambda: dg.checkpoint(lambda x: 1.0)("a"),
        TypeError,
        "dualgrad.checkpoint: arguments and",
    ),
    "custom_vjp, differentiated as static": (
        lambda: dg.grad(held)(1.0),
        dg.ClosedOverError,
        "arguments named by nondiff",
    ),
    "custom_gradient, no pair": (
        lambda: dg.custom_gradient(lambda x: x)(1.0),
        TypeError,
        "dualgrad.custom_gradient: the result of '<lambda>' must be a pair (output, pullback), got one array.",
    ),
    "custom_gradient, forward": (
        lambda: dg.jvp(dg.custom_gradient(pulled), (1.0,), (1.0,)),
        TypeError,
        "got forward mode (dg.jvp, dg.jacfwd, dg.linearize) through 'pulled'",
    ),
    "closure_convert, structure": (
        lambda: dg.closure_convert(dg.sin, 1.0)[0]((1.0,)),
        TypeError,
        "got ((*,),) where (*,) was expected",
    ),
    "closure_convert, shape": (
        lambda: dg.closure_convert(dg.sin, 1.0)[0](ones(2)),
        TypeError,
        "dualgrad.closure_convert: the converted function must be given arguments like those of the example, got "
        "float32(2,) where float32() was expected",
    ),
    "custom_root, shape": (
        lambda: dg.lax.custom_root(dg.sin, ones(2), lambda f, x: x[0], lambda g, y: y),
        TypeError,
        "dualgrad.lax.custom_root: solve must return float32(2,), got float32(). What it returns has the structure",
    ),
    "custom_root, aux": (
        lambda: dg.lax.custom_root(dg.sin, ones(2), lambda f, x: x, lambda g, y: y, has_aux=True),
        TypeError,
        "solve must return a pair (solution, aux), got one array",
    ),
    "custom_linear_solve, structure": (
        lambda: dg.lax.custom_linear_solve(lambda x: (x,), ones(2), lambda m, b: b),
        TypeError,
        "dualgrad.lax.custom_linear_solve: matvec must return *, got (*,)",
    ),
    "custom_linear_solve, transpose": (
        lambda: dg.grad(lambda b: dg.sum(dg.lax.custom_linear_solve(lambda x: x, b, lambda m, b: b)))(ones(2)),
        TypeError,
        "reverse mode needs the solution of the transposed system, got no transpose_solve",
    ),
    "all_to_all, size": (
        lambda: dg.vmap(lambda x: dg.lax.all_to_all(x, "i", 0, 0), axis_name="i")(ones(2, 3)),
        ValueError,
        "dualgrad.lax.all_to_all: the size of axis 0, which is split, must be 2, that of the named axis, got 3",
    ),
    "all_to_all, name": (
        lambda: dg.lax.all_to_all(ones(2), "j", 0, 0),
        NameError,
        "dualgrad.lax.all_to_all: the axis must be named by an enclosing dg.vmap, got axis_name='j'",
    ),
    "psum_scatter, size": (
        lambda: dg.vmap(lambda x: dg.lax.psum_scatter(x, "i", tiled=True), axis_name="i")(ones(2, 3)),
        ValueError,
        "must be a multiple of 2, the size of the named axis, got 3",
    ),
    "pshuffle": (
        lambda: dg.vmap(lambda x: dg.lax.pshuffle(x, "i", [0, 0]), axis_name="i")(ones(2)),
        ValueError,
        "dualgrad.lax.pshuffle: perm must hold each position from 0 to 1 once, got [0, 0]",
    ),
    "linearize, tangent": (
        lambda: dg.linearize(dg.sin, 1.0)[1](ones(2)),
        TypeError,
        "dualgrad.linearize: a tangent must have the shape and dtype of its primal, got tangent float32(2,) for primal "
        "float32()",
    ),
    "linearize, two": (lambda: dg.linearize(dg.sin, 1.0)[1](1.0, 2.0), TypeError, "takes 1 tangent, got 2"),
    "linearize, structure": (
        lambda: dg.linearize(lambda t: t["a"], {"a": 1.0})[1]((1.0,)),
        ValueError,
        "got ((*,),) where ({'a': *},) was expected",
    ),
    "linear_transpose, sine": (lambda: dg.linear_transpose(dg.sin, 1.0)(1.0), TypeError, "must be linear"),
    "linear_transpose, square": (lambda: dg.linear_transpose(lambda x: x * x, 1.0)(1.0), TypeError, "must be linear"),
    "linear_transpose, cotangent": (
        lambda: dg.linear_transpose(lambda x: 2.0 * x, VEC)(1.0),
        TypeError,
        "a cotangent must have the shape and dtype of its output, got cotangent float32() for output float32(2,)",
    ),
    "linear_transpose, integer output": (
        lambda: dg.linear_transpose(lambda x: (x, dg.arange(2)), VEC),
        TypeError,
        "dualgrad.linear_transpose: the function must return floating-point or complex arrays, got dtype int32",
    ),
    "linear_transpose, output": (lambda: dg.linear_transpose(lambda x: "s", VEC), TypeError, "got a str"),
    "linear_transpose, integer": (
        lambda: dg.linear_transpose(lambda x: 2 * x, dg.arange(2)),
        TypeError,
        "got dtype int32",
    ),
    "pure_callback, shape": (
        lambda: dg.pure_callback(lambda x: x[:1], VEC, ones(2)),
        ValueError,
        "dualgrad.pure_callback: the callback must return the declared shapes and dtypes, got float32(1,) where "
        "float32(2,) was declared.",
    ),
    "pure_callback, dtype": (lambda: dg.pure_callback(lambda x: x > 0, VEC, ones(2)), ValueError, "got bool(2,) where"),
    "pure_callback, structure": (
        lambda: dg.pure_callback(lambda x: (x, x), VEC, ones(2)),
        ValueError,
        "got (*, *) where",
    ),
    "pure_callback, shape in jit": (
        lambda: dg.to_numpy(jit(lambda x: dg.pure_callback(lambda x: x[:1], VEC, x))(ones(2))),
        ValueError,
        "got float32(1,) where float32(2,) was declared",
    ),
    "pure_callback, grad": (
        lambda: dg.grad(lambda x: dg.sum(dg.pure_callback(np.sin, VEC, x)))(ones(2)),
        ValueError,
        "dualgrad.pure_callback: a callback has no derivative",
    ),
    "pure_callback, jvp": (
        lambda: dg.jvp(lambda x: dg.pure_callback(np.sin, VEC, x), (ones(2),), (ones(2),)),
        ValueError,
        "a callback has no derivative",
    ),
    "pure_callback, vmap": (
        lambda: dg.vmap(lambda x: dg.pure_callback(np.sin, VEC, x))(ones(3, 2)),
        ValueError,
        "got None. Use 'sequential'",
    ),
    "pure_callback, method": (
        lambda: dg.pure_callback(np.sin, VEC, ones(2), vmap_method="fast"),
        ValueError,
        "got 'fast'",
    ),
    "pure_callback, wide": (
        lambda: dg.pure_callback(np.sin, dg.ShapeDtypeStruct((2,), dg.float64), ones(2)),
        dg.PrecisionError,
        "dualgrad.pure_callback: 64-bit dtypes are off",
    ),
    "branch in jit": (
        lambda: jit(lambda x: x if x > 0 else -x)(1.0),
        dg.ConcretizationError,
        "Branch with dg.lax.cond or dg.where, loop with dg.lax.while_loop or dg.lax.fori_loop",
    ),
    "number of a jit in jit": (
        lambda: jit(lambda x: x * jit(dg.zeros)(2))(ones(2)),
        dg.ConcretizationError,
        "dualgrad.zeros: shape must be known when the function is traced",
    ),
    "branch on a number of a jit in jit": (
        lambda: jit(lambda x: jit(lambda n: x if n > 1 else -x)(2))(ones(2)),
        dg.ConcretizationError,
        "Branch with dg.lax.cond or dg.where",
    ),
    "branch in a loop": (
        lambda: jit(lambda x: dg.lax.scan(lambda c, _: (c if c > 0 else -c, None), x, None, 2)[0])(1.0),
        dg.ConcretizationError,
        "in test_construct_errors.py:",
    ),
    "flag of grad": (
        lambda: ANY.grad(float, has_aux=ones(2)),
        TypeError,
        "dualgrad.grad: has_aux must be True or False",
    ),
    "flag of jacrev": (
        lambda: ANY.jacrev(float, allow_int="a"),
        TypeError,
        "dualgrad.jacrev: allow_int must be True or",
    ),
    "flag of vjp": (
        lambda: ANY.vjp(float, 1.0, has_aux=2),
        TypeError,
        "dualgrad.vjp: has_aux must be True or False, got 2",
    ),
    "flag of checkpoint": (
        lambda: ANY.checkpoint(float, prevent_cse=None),
        TypeError,
        "dualgrad.checkpoint: prevent_cse must be True or False, got None",
    ),
    "flag of jit": (lambda: ANY.jit(float, inline=ones(2)), TypeError, "dualgrad.jit: inline must be True or False"),
    "flag of scan": (
        lambda: ANY.lax.scan(lambda c, x: (c, x), 0.0, ones(2), reverse={}),
        TypeError,
        "dualgrad.lax.scan: reverse must be True or False, got {}",
    ),
    "flag of custom_root": (
        lambda: ANY.lax.custom_root(float, 1.0, float, float, has_aux=ones(2)),
        TypeError,
        "dualgrad.lax.custom_root: has_aux must be True or False",
    ),
    "compiler of jit": (lambda: ANY.jit(float, compiler="x"), ValueError, "dualgrad.jit: compiler must be one of 'ind"),
    "positions of checkpoint": (
        lambda: ANY.checkpoint(float, static_argnums=1.5),
        TypeError,
        "dualgrad.checkpoint: static_argnums must be integers, got 1.5",
    ),
    "positions of custom_jvp": (
        lambda: ANY.custom_jvp(float, nondiff_argnums=dg.asarray(1)),
        TypeError,
        "dualgrad.custom_jvp: nondiff_argnums must be integers, got 1",
    ),
    "names of custom_vjp": (
        lambda: ANY.custom_vjp(float, nondiff_argnames=3),
        TypeError,
        "dualgrad.custom_vjp: nondiff_argnames must be strings, got 3",
    ),
    "positions of vectorize": (
        lambda: ANY.vectorize(float, excluded="a"),
        TypeError,
        "dualgrad.vectorize: excluded must be integers, got 'a'",
    ),
    "signature of vectorize": (
        lambda: ANY.vectorize(float, signature=3),
        TypeError,
        "dualgrad.vectorize: signature must be a string, got 3",
    ),
    "name of a mapped axis": (
        lambda: ANY.vmap(float, axis_name=dg.asarray([1, 2])),
        TypeError,
        "dualgrad.vmap: axis_name must be a hashable name or a tuple of them, got (1, 2)",
    ),
    "name of an axis of psum": (
        lambda: ANY.lax.psum(1.0, dg.asarray([1, 2])),
        TypeError,
        "dualgrad.lax.psum: axis_name must be a hashable name or a tuple of them, got (1, 2)",
    ),
    "number as an axis of psum": (lambda: ANY.lax.psum(ones(2), 0), NameError, "got axis_name=0"),
    "array in the place of a function": (
        lambda: ANY.grad(ones(2)),
        TypeError,
        "dualgrad.grad: the first argument must be a function, got (1.0, 1.0). Write dg.grad(f)(x)",
    ),
    "argnums of another type": (
        lambda: ANY.grad(float, ones(2))(1.0),
        TypeError,
        "dualgrad.grad: argnums must be an integer or a sequence of them, got (1.0, 1.0)",
    ),
    "bool as a bound": (
        lambda: dg.lax.fori_loop(0, True, lambda i, c: c, 1.0),
        TypeError,
        "dualgrad.lax.fori_loop: upper must be an integer scalar, got bool()",
    ),
    "unroll of fori_loop": (
        lambda: ANY.lax.fori_loop(0, 2, lambda i, c: c, 1.0, unroll=1.5),
        ValueError,
        "dualgrad.lax.fori_loop: unroll must be a bool or a Python integer",
    ),
    "objects held constant": (
        lambda: ANY.stop_gradient(np.array([None])),
        TypeError,
        "dualgrad.stop_gradient: a NumPy array must have a dtype of the array API",
    ),
    "shape of an initializer": (
        lambda: ANY.nn.initializers.normal()(dg.random.key(0), 1.5),
        TypeError,
        "dualgrad.nn.initializers: shape must be an integer",
    ),
    "axes of an initializer": (
        lambda: ANY.nn.initializers.he_normal(in_axis=dg.asarray([5, 6]))(dg.random.key(0), (2, 3)),
        ValueError,
        "dualgrad.nn.initializers: the shape must have axes in_axis=(5, 6), out_axis=-1 and batch_axis=()",
    ),
    "scale of an initializer": (
        lambda: ANY.nn.initializers.uniform("a")(dg.random.key(0), (2,)),
        TypeError,
        "dualgrad.nn.initializers: a scale must be a real number or an array of them, got 'a'",
    ),
    "NumPy in jit": (lambda: jit(np.sin)(ones(2)), dg.ConcretizationError, "a NumPy function"),
    "NumPy in grad": (
        lambda: dg.grad(lambda x: dg.sum(np.sin(x)))(ones(2)),
        dg.ConcretizationError,
        "a NumPy function",
    ),
    "NumPy in vmap": (lambda: dg.vmap(np.sin)(ones(2)), dg.ConcretizationError, "a NumPy function"),
    "NumPy in jvp": (lambda: dg.jvp(np.sin, (ones(2),), (ones(2),)), dg.ConcretizationError, "a NumPy function"),
    "NumPy in a loop": (
        lambda: jit(lambda x: dg.lax.map(np.sin, x))(ones(2)),
        dg.ConcretizationError,
        "a NumPy function",
    ),
    "cond of values": (
        lambda: dg.lax.cond(True, 1.0, 2.0),
        TypeError,
        "dualgrad.lax.cond: an argument must be a function, got float: 1.0. Give f or lambda: y, not f(x) or y.",
    ),
    "switch of one function": (
        lambda: dg.lax.switch(0, dg.sin, 1.0),
        TypeError,
        "dualgrad.lax.switch: branches must be a sequence of functions, got function.",
    ),
    "leak from jit": (lambda: dg.grad(lambda x: x * leak(jit, 1.0))(2.0), dg.LeakedArrayError, "kept beyond it"),
    "leak from vmap": (
        lambda: dg.vmap(lambda x: x * leak(dg.vmap, ones(2)))(ones(2)),
        dg.LeakedArrayError,
        "kept beyond",
    ),
    "leak from jit into an op": (lambda: dg.sin(leak(jit, 1.0)), dg.LeakedArrayError, "kept beyond it"),
    "leak from vmap into an op": (lambda: dg.sin(leak(dg.vmap, ones(2))), dg.LeakedArrayError, "kept beyond it"),
    "leak from checkpoint": (lambda: jit(lambda x: leak(dg.checkpoint, x))(1.0), dg.LeakedArrayError, "kept beyond it"),
    "leak from checkpoint into another": (
        lambda: jit(lambda x: dg.checkpoint(lambda y: y * leak(dg.checkpoint, x))(x))(1.0),
        dg.LeakedArrayError,
        "kept beyond it",
    ),
    "leak from scan": (
        lambda: dg.sin(leak(lambda f: lambda x: jit(lambda x: dg.lax.map(f, x))(x), ones(2))),
        dg.LeakedArrayError,
        "kept beyond it",
    ),
    **{
        f"{name}, no pair for has_aux": (
            lambda made=made: made(lambda x: x, 2.0),
            TypeError,
            f"dualgrad.{name}: with has_aux=True the function must return a pair (output, aux), got one array.",
        )
        for name, made in {
            "jvp": lambda f, x: dg.jvp(f, (x,), (x,), has_aux=True),
            "vjp": lambda f, x: dg.vjp(f, x, has_aux=True),
            "linearize": lambda f, x: dg.linearize(f, x, has_aux=True),
            "hessian": lambda f, x: dg.hessian(f, has_aux=True)(x),
        }.items()
    },
    "hessian, argnums": (lambda: dg.hessian(dg.sum, argnums=3)(ones(2)), ValueError, "dualgrad.hessian: argnums must"),
    "hessian, integers": (lambda: dg.hessian(dg.sum)(dg.arange(2)), TypeError, "dualgrad.hessian: differentiated"),
    "vmap, kind of out_axes": (
        lambda: dg.vmap(lambda x: (x,), out_axes=("a",))(ones(2)),
        TypeError,
        "out_axes must hold",
    ),
    "tree.map, no function": (lambda: dg.tree.map(1, [2]), TypeError, "tree.map: fun must be a function, got 1."),  # pyright: ignore[reportArgumentType]
    "tree.map, is_leaf": (lambda: dg.tree.map(str, [2], is_leaf=3), TypeError, "is_leaf must be a function, got 3."),  # pyright: ignore[reportArgumentType]
    "tree.leaves, is_leaf": (lambda: dg.tree.leaves([2], is_leaf=3), TypeError, "is_leaf must be a function, got 3."),  # pyright: ignore[reportArgumentType]
    "tree.reduce of nothing": (lambda: dg.tree.reduce(max, []), TypeError, "without leaves needs an initializer"),
    "tree.transpose": (lambda: dg.tree.transpose(1, 2, 3), TypeError, "outer_treedef must be a structure, got 1."),
    "at.apply, no function": (lambda: dg.at(ones(2))[0].apply(1), TypeError, "fun must be a function, got 1."),  # pyright: ignore[reportArgumentType]
}


@pytest.mark.on_cpu
@pytest.mark.parametrize("case", CASES)
def test_mistake_has_its_type_and_says_what_is_wrong(case: str, backend: Any, quiet: None) -> None:
    program, kind, text = CASES[case]

    with pytest.raises(kind) as caught:
        program()

    assert text in str(caught.value)
    assert str(caught.value).startswith("dualgrad")


@pytest.mark.backends("torch")
@pytest.mark.parametrize("made", [dg.jit, dg.vmap, lambda f: dg.grad(lambda x: dg.sum(f(x)))])
def test_numpy_array_beside_an_operator_is_named_where_a_tensor_refuses_it(made: Any, backend: Any) -> None:
    with pytest.raises(dg.ConcretizationError, match=r"NumPy array beside an operator.*convert NumPy arrays with"):
        made(lambda x: x * np.ones(()))(ones(2))


def test_rule_of_what_a_branch_is_given_is_refused_without_a_name_on_jax(backend: Any) -> None:
    def loss(x):
        return dg.lax.cond(True, lambda x: x, lambda x: scaling(x)(2.0 * x), x)

    with pytest.raises(dg.ClosedOverError, match=r"custom_vjp: what is differentiated must be an argument"):
        dg.grad(loss)(1.0)


@pytest.mark.on_cpu
@pytest.mark.parametrize("case", CASES)
def test_mistake_reads_the_same_on_both_backends(case: str, quiet: None) -> None:
    said = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(Exception) as caught:  # noqa: PT011  # the texts are compared below
            CASES[case][0]()
        said.append((type(caught.value), str(caught.value)))

    assert said[0] == said[1]


@pytest.mark.on_cpu
@pytest.mark.parametrize("case", CASES)
def test_thread_is_intact_after_the_mistake(case: str, backend: Any, quiet: None) -> None:
    with pytest.raises(CASES[case][1]):
        CASES[case][0]()

    assert float(jit(dg.grad(lambda x: dg.vmap(lambda y: y * x)(ones(2))[0]))(2.0)) == 1.0
