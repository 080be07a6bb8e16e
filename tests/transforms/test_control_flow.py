"""`dg.lax`: loops and branches against plain Python, under every transform, the same on every backend."""

from __future__ import annotations

import os
from collections import namedtuple
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

Pair = namedtuple("Pair", ["h", "c"])
jit = partial(dg.jit, compiler="replay")


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


def numbers(tree: Any) -> Any:
    return dg.tree.map(lambda x: np.asarray(dg.to_numpy(dg.asarray(x))), tree)


def assert_same(got: Any, expected: Any) -> None:
    assert dg.tree.structure(got) == dg.tree.structure(expected)
    for a, b in zip(dg.tree.leaves(numbers(got)), dg.tree.leaves(numbers(expected)), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def plain_scan(f: Callable[..., Any], init: Any, xs: Any, length: int, reverse: bool = False) -> Any:
    """The loop that `scan` stands for, unrolled."""
    carry, ys = init, []
    for i in reversed(range(length)) if reverse else range(length):
        carry, y = f(carry, dg.tree.map(lambda x, i=i: x[i], xs))
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, dg.tree.map(lambda *each: dg.stack(each), *ys)


def step(carry: Any, x: Any) -> Any:
    carry = dg.sin(carry) * x + 0.5 * carry
    return carry, {"y": carry * x, "none": None}


XS = np.linspace(0.3, 1.4, 5)

WAYS: dict[str, Callable[..., Any]] = {
    "value": lambda f, x: f(x),
    "grad": lambda f, x: dg.grad(f)(x),
    "grad of grad": lambda f, x: dg.grad(dg.grad(f))(x),
    "value_and_grad": lambda f, x: dg.value_and_grad(f)(x),
    "jvp": lambda f, x: dg.jvp(f, (x,), (1.5,)),
    "vjp": lambda f, x: dg.vjp(f, x)[1](2.0),
    "jacfwd": lambda f, x: dg.jacfwd(f)(x),
    "jacrev": lambda f, x: dg.jacrev(f)(x),
    "hessian": lambda f, x: dg.hessian(f)(x),
    "hvp": lambda f, x: dg.hvp(f, (x,), (1.5,)),
    "linearize": lambda f, x: dg.linearize(f, x)[1](1.5),
    "vmap": lambda f, x: dg.vmap(f)(dg.stack([x, x + 0.1])),
    "vmap of grad": lambda f, x: dg.vmap(dg.grad(f))(dg.stack([x, x + 0.1])),
    "grad of vmap": lambda f, x: dg.grad(lambda z: dg.sum(dg.vmap(f)(z)))(dg.stack([x, x + 0.1])),
    "vmap of hessian": lambda f, x: dg.vmap(dg.hessian(f))(dg.stack([x, x + 0.1])),
    "jit": lambda f, x: jit(f)(x),
    "jit of grad": lambda f, x: jit(dg.grad(f))(x),
    "grad of jit": lambda f, x: dg.grad(jit(f))(x),
    "jit of vmap of grad": lambda f, x: jit(dg.vmap(dg.grad(f)))(dg.stack([x, x + 0.1])),
    "jit of hessian": lambda f, x: jit(dg.hessian(f))(x),
}


def with_scan(x: Any) -> Any:
    carry, ys = dg.lax.scan(lambda c, s: step(c, s * x), x, dg.asarray(XS))
    return carry + dg.sum(ys["y"])


def without_scan(x: Any) -> Any:
    carry, ys = plain_scan(lambda c, s: step(c, s * x), x, dg.asarray(XS), 5)
    return carry + dg.sum(ys["y"])


def with_fori(x: Any) -> Any:
    return dg.lax.fori_loop(0, 4, lambda i, c: c * x + i, x)


def without_fori(x: Any) -> Any:
    c = x
    for i in range(4):
        c = c * x + i
    return c


def with_while(x: Any) -> Any:
    return dg.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, dg.sin(c[1]) * x), (0, x), max_steps=6)[1]


def without_while(x: Any) -> Any:
    return dg.sin(dg.sin(dg.sin(x) * x) * x) * x


def with_cond(x: Any) -> Any:
    return dg.lax.cond(x > 0.0, lambda y: dg.sin(y) * x, lambda y: dg.cos(y), x)


def without_cond(x: Any) -> Any:
    return dg.sin(x) * x


def with_switch(x: Any) -> Any:
    return dg.lax.switch(1, [dg.sin, lambda y: y**3 * x, dg.exp], x)


def without_switch(x: Any) -> Any:
    return x**4


def with_map(x: Any) -> Any:
    return dg.sum(dg.lax.map(lambda s: dg.sin(s * x), dg.asarray(XS)))


def without_map(x: Any) -> Any:
    return dg.sum(dg.sin(dg.asarray(XS) * x))


def with_associative(x: Any) -> Any:
    return dg.sum(dg.lax.associative_scan(dg.multiply, dg.asarray(XS) * x))


def without_associative(x: Any) -> Any:
    return dg.sum(dg.cumulative_prod(dg.asarray(XS) * x))


def scan_of_scan(x: Any) -> Any:
    def outer(c: Any, s: Any) -> Any:
        return dg.lax.scan(lambda d, t: (d * dg.cos(t * x), d), c + s, dg.asarray(XS[:3]))[0], None

    return dg.lax.scan(outer, x, dg.asarray(XS[:2]))[0]


def loop_of_loop(x: Any) -> Any:
    c = x
    for s in XS[:2]:
        c = c + s
        for t in XS[:3]:
            c = c * dg.cos(t * x)
    return c


def cond_in_scan(x: Any) -> Any:
    def body(c: Any, s: Any) -> Any:
        return dg.lax.cond(s > 0.8, lambda d: d * x, lambda d: dg.sin(d), c), None

    return dg.lax.scan(body, x, dg.asarray(XS))[0]


def branch_in_loop(x: Any) -> Any:
    c = x
    for s in XS:
        c = c * x if s > 0.8 else dg.sin(c)
    return c


def grad_in_scan(x: Any) -> Any:
    return dg.lax.scan(lambda c, s: (c - s * dg.grad(lambda w: dg.sin(w * x))(c), None), x, dg.asarray(XS))[0]


def slope_in_loop(x: Any) -> Any:
    c = x
    for s in XS:
        c = c - s * x * dg.cos(c * x)
    return c


CONSTRUCTS = {
    "scan": (with_scan, without_scan),
    "fori_loop": (with_fori, without_fori),
    "while_loop": (with_while, without_while),
    "cond": (with_cond, without_cond),
    "switch": (with_switch, without_switch),
    "map": (with_map, without_map),
    "associative_scan": (with_associative, without_associative),
    "scan in scan": (scan_of_scan, loop_of_loop),
    "cond in scan": (cond_in_scan, branch_in_loop),
    "grad in scan": (grad_in_scan, slope_in_loop),
}


# The matrix has these constructs in every way, of a vector; what a number has of its own are carries without axes, and
# tangents and cotangents that are Python's. `make test-full` takes all.
OF_A_NUMBER = (
    WAYS
    if os.environ.get("DUALGRAD_MATRIX") == "full"
    else ("grad of grad", "jvp", "vjp", "jit of vmap of grad", "jit of hessian")
)


@pytest.mark.parametrize("way", OF_A_NUMBER)
@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_construct_is_the_plain_program_under_every_transform(construct: str, way: str) -> None:
    fun, plain = CONSTRUCTS[construct]
    x = dg.asarray(0.7)

    assert_same(WAYS[way](fun, x), WAYS[way](plain, x))


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("unroll", [1, 2, 3, True])
def test_scan_in_either_direction_and_unrolled_gives_the_loop(wrap: Any, reverse: bool, unroll: Any) -> None:
    run = wrap(lambda c, xs: dg.lax.scan(step, c, xs, reverse=reverse, unroll=unroll))

    got = run(dg.asarray(0.2), dg.asarray(XS))

    assert_same(got, plain_scan(step, dg.asarray(0.2), dg.asarray(XS), 5, reverse))


def test_scan_takes_trees_for_carry_and_slices() -> None:
    def cell(state: Pair, x: Any) -> Any:
        h, c = state
        c = c * x["gate"] + dg.tanh(h @ x["w"])
        return Pair(dg.tanh(c), c), (h, [c])

    init = Pair(dg.ones(2), dg.zeros(2))
    xs = {"gate": dg.asarray(XS), "w": dg.reshape(dg.asarray(np.linspace(-1.0, 1.0, 20)), (5, 2, 2))}

    assert_same(dg.lax.scan(cell, init, xs), plain_scan(cell, init, xs, 5))
    assert_same(jit(lambda i, x: dg.lax.scan(cell, i, x))(init, xs), plain_scan(cell, init, xs, 5))


def test_gradient_with_respect_to_carry_slices_and_closure_is_that_of_the_loop() -> None:
    def loss(run: Any, w: Any, c: Any, xs: Any) -> Any:
        carry, ys = run(lambda c, x: (dg.sin(c * w) + x, c * x), c, xs, 5)
        return dg.sum(carry) + dg.sum(ys**2)

    args = dg.asarray([0.3, 0.4]), dg.asarray([1.0, -0.5]), dg.reshape(dg.asarray(np.linspace(0, 1, 10)), (5, 2))

    got = dg.grad(partial(loss, dg.lax.scan), (0, 1, 2))(*args)

    assert_same(got, dg.grad(partial(loss, plain_scan), (0, 1, 2))(*args))


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_scan_of_no_steps_returns_the_carry_and_empty_outputs(wrap: Any) -> None:
    run = wrap(lambda c, xs: dg.lax.scan(lambda c, x: (c + x, (c, dg.stack([x, x]))), c, xs))

    carry, (first, second) = run(dg.asarray(2.0), dg.zeros(0))

    assert float(carry) == 2.0
    assert (first.shape, second.shape) == ((0,), (0, 2))
    slope = dg.grad(lambda c: dg.lax.scan(lambda c, x: (c * 3.0, None), c, dg.zeros(0))[0])(2.0)
    assert float(slope) == 1.0


def test_scan_without_input_goes_as_long_as_told() -> None:
    def doubled(c: Any, x: Any) -> Any:
        assert x is None
        return 2.0 * c, None

    carry, ys = dg.lax.scan(doubled, 1.0, None, length=4)

    assert float(carry) == 16.0
    assert ys is None


def test_scan_takes_carries_that_alias_or_pass_through() -> None:
    x = dg.asarray([1.0, 2.0])

    def body(c: Any, s: Any) -> Any:
        a, b, kept = c
        return (b, a, kept), (a, kept)

    got = dg.lax.scan(body, (x, x, x), dg.asarray(XS))

    assert_same(got, plain_scan(body, (x, x, x), dg.asarray(XS), 5))
    slope = dg.grad(lambda z: dg.sum(dg.lax.scan(body, (z, z, 2.0 * z), dg.asarray(XS))[0][2]))(x)
    assert dg.to_numpy(slope).tolist() == [2.0, 2.0]


def test_python_numbers_and_numpy_arrays_are_carries() -> None:
    total, sums = dg.lax.scan(lambda c, x: (c + x, c), 0.0, np.arange(3.0))

    assert float(total) == 3.0
    assert dg.to_numpy(sums).tolist() == [0.0, 0.0, 1.0]


def test_weak_carry_takes_the_dtype_that_the_body_gives_it() -> None:
    carry, _ = dg.lax.scan(lambda c, x: (c + x, None), 0, dg.asarray(XS, dtype=dg.float32))

    assert carry.dtype == dg.float32


# Programs of an int8 and a bfloat16 array without axes, with Python numbers as carries and outputs, and the dtypes.
NUMBERS: dict[str, tuple[Any, list[Any]]] = {
    "a carry stays a number for the body": (
        lambda i, _: dg.lax.scan(lambda k, x: (dg.add(k, 1), dg.add(x, k)), 0, i[None]),
        [dg.int64, dg.int8],
    ),
    "a float carry": (
        lambda _, f: dg.lax.scan(lambda k, x: (dg.exp(k), dg.multiply(x, k)), 0.0, f[None]),
        [dg.float64, dg.bfloat16],
    ),
    "a number beside the carry of a while loop": (
        lambda i, _: dg.lax.while_loop(lambda s: s[0] < 3, lambda s: (dg.add(s[0], 1), dg.add(s[1], s[0])), (0, i)),
        [dg.int64, dg.int8],
    ),
    "what a body makes is an array": (
        lambda i, _: dg.multiply(i, dg.lax.while_loop(lambda k: k < 3, lambda k: dg.add(k, 1), 0)),
        [dg.int64],
    ),
    "what a bounded body makes is an array": (
        lambda i, _: dg.multiply(i, dg.lax.while_loop(lambda k: k < 3, lambda k: dg.add(k, 1), 0, max_steps=4)),
        [dg.int64],
    ),
    "what a body passes on stays a number": (
        lambda _, f: dg.multiply(f, dg.lax.scan(lambda k, x: (k, x), 2.0, f[None])[0]),
        [dg.bfloat16],
    ),
    "the counter": (lambda i, _: dg.lax.fori_loop(0, 3, lambda k, c: dg.add(c, k), i), [dg.int8]),
    "the counter up to an array": (
        lambda i, _: dg.lax.fori_loop(0, dg.asarray(3), lambda k, c: dg.add(c, k), i),
        [dg.int8],
    ),
    "the counter up to a small array": (lambda i, _: dg.lax.fori_loop(0, i, lambda k, c: k, i), [dg.int8]),
    "the counter from an array": (
        lambda i, _: dg.lax.fori_loop(dg.asarray(0), 3, lambda k, c: dg.add(dg.multiply(i, k), c), 0),
        [dg.int64],
    ),
    "a number from every branch": (
        lambda i, _: dg.multiply(i, dg.lax.cond(i > 0, lambda: 1, lambda: 2)),
        [dg.int8],
    ),
    "an array from one branch": (
        lambda i, _: dg.multiply(i, dg.lax.cond(i > 0, lambda: 1, lambda: dg.asarray(2))),
        [dg.int64],
    ),
}


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
@pytest.mark.parametrize("case", NUMBERS)
def test_python_numbers_promote_weakly_through_loops_and_branches(case: str, wrap: Any) -> None:
    program, expected = NUMBERS[case]

    got = wrap(program)(dg.asarray(2, dtype=dg.int8), dg.asarray(2.0, dtype=dg.bfloat16))

    assert [x.dtype for x in dg.tree.leaves(got)] == expected


def test_array_that_a_body_returns_for_a_number_is_not_changed() -> None:
    kept = dg.asarray(2)

    dg.lax.scan(lambda k, x: (kept, x), 0, dg.ones(2))

    assert dg.add(dg.asarray(1, dtype=dg.int8), kept).dtype == dg.int64


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_branches_of_a_number_and_of_a_smaller_dtype_are_refused(wrap: Any) -> None:
    small = dg.asarray(1.0, dtype=dg.bfloat16)

    with pytest.raises(TypeError, match="all branches must return the same shapes and dtypes"):
        wrap(lambda x: dg.lax.cond(x > 0, lambda: 1.0, lambda: x))(small)


def test_body_is_traced_a_fixed_number_of_times_whatever_the_length() -> None:
    counts = []
    for n in (10, 1000):
        calls = []
        run = jit(
            lambda c, n=n, calls=calls: dg.lax.scan(lambda c, _: (calls.append(1), (c * 0.9, None))[1], c, None, n)[0]
        )
        run(1.0)
        counts.append(len(calls))

    assert counts[0] == counts[1]


def test_while_loop_stops_at_the_time_of_each_mapped_element() -> None:
    got = dg.vmap(lambda x: dg.lax.while_loop(lambda c: c < 10.0, lambda c: 2.0 * c, x))(dg.asarray([1.0, 3.0, 20.0]))

    assert dg.to_numpy(got).tolist() == [16.0, 12.0, 20.0]


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_while_loop_has_forward_mode_without_a_bound(wrap: Any) -> None:
    fun = wrap(lambda x: dg.lax.while_loop(lambda c: c < 10.0, lambda c: c * c, x))

    out, slope = dg.jvp(fun, (1.5,), (1.0,))

    assert float(out) == pytest.approx(1.5**8)
    assert float(slope) == pytest.approx(8 * 1.5**7)


def test_bounded_while_loop_gives_what_was_reached() -> None:
    run = partial(dg.lax.while_loop, lambda c: c < 100.0, lambda c: 2.0 * c)

    assert float(run(1.0, max_steps=3)) == 8.0
    assert float(run(1.0, max_steps=0)) == 1.0
    assert float(run(1.0, max_steps=50)) == 128.0
    assert float(dg.grad(lambda x: run(x, max_steps=3))(1.0)) == 8.0


def test_bounded_while_loop_that_ended_sends_no_nan_into_mapped_gradients() -> None:
    def root(x: Any) -> Any:  # the step has slope inf at 0, where the loop ends
        return dg.lax.while_loop(lambda c: c > 0.5, lambda c: dg.sqrt(c - 0.5) * 0.5, x, max_steps=4)

    got = dg.vmap(dg.grad(root))(dg.asarray([0.5, 0.75, 1.5]))

    # 0.5 stays; sqrt(0.25) / 2 = 0.25 has slope 1/(4 sqrt(0.25)); sqrt(1) / 2 = 0.5 has slope 1/4.
    np.testing.assert_allclose(dg.to_numpy(got), [1.0, 0.5, 0.25])


def test_fori_loop_takes_bounds_known_only_at_run_time() -> None:
    run = jit(lambda n, x: dg.lax.fori_loop(0, n, lambda i, c: c * x, 1.0))

    assert float(run(3, 2.0)) == 8.0
    assert float(run(5, 2.0)) == 32.0
    assert float(dg.jvp(lambda x: run(3, x), (2.0,), (1.0,))[1]) == 12.0


def test_fori_loop_counts_from_lower_and_does_nothing_where_upper_is_below() -> None:
    assert int(dg.lax.fori_loop(3, 6, lambda i, c: c + i, 0)) == 12
    assert int(dg.lax.fori_loop(3, 3, lambda i, c: c + i, 7)) == 7
    assert int(dg.lax.fori_loop(5, 1, lambda i, c: c + i, 7)) == 7
    assert int(dg.lax.fori_loop(-2, 2, lambda i, c: c + i, 0, unroll=2)) == -2


def test_only_the_branch_taken_runs_eagerly_and_derivatives_are_its_own() -> None:
    safe = lambda x: dg.lax.cond(x > 0.0, dg.sqrt, lambda y: 0.0 * y, x)  # noqa: E731

    assert float(dg.grad(safe)(0.0)) == 0.0
    assert float(jit(dg.grad(safe))(0.0)) == 0.0
    assert float(dg.grad(safe)(4.0)) == 0.25


def test_branch_may_return_an_array_twice_or_a_part_of_its_operand() -> None:
    def twice(x: Any) -> Any:
        y = dg.sin(x[:8])
        return y, y, x[8:]

    @dg.jit
    def f(p: Any, x: Any, w: Any) -> Any:
        a, b, c = dg.lax.cond(p, twice, lambda x: (x[:8], dg.cos(x[:8]), dg.cos(x[8:])), x)
        return (a * 2.0 + 1.0) @ w, b, (c * 3.0 - 1.0) @ w, x  # of `a` and `c` a compiler may write over

    given = np.linspace(0.1, 0.9, 128).reshape(16, 8).astype("float32")
    x = dg.asarray(given)
    a, b, c, same = (dg.to_numpy(y) for y in f(dg.asarray(True), x, dg.eye(8)))

    np.testing.assert_allclose(b, np.sin(given[:8]), rtol=1e-6)
    np.testing.assert_allclose(a, 2.0 * np.sin(given[:8]) + 1.0, rtol=1e-6)
    np.testing.assert_allclose(c, given[8:] * 3.0 - 1.0, rtol=1e-5)
    assert (same == given).all()
    assert (dg.to_numpy(x) == given).all()


def test_mapped_condition_chooses_for_each_element() -> None:
    got = dg.vmap(lambda p, x: dg.lax.cond(p, lambda y: 2.0 * y, lambda y: -y, x))(
        dg.asarray([True, False, True]), dg.asarray([1.0, 2.0, 3.0])
    )

    assert dg.to_numpy(got).tolist() == [2.0, -2.0, 6.0]


@pytest.mark.parametrize(("pred", "expected"), [(True, 1.0), (0, 2.0), (3, 1.0), (0.0, 2.0), (np.bool_(True), 1.0)])
def test_condition_may_be_a_python_or_numpy_scalar(pred: Any, expected: float) -> None:
    assert float(dg.lax.cond(pred, lambda: 1.0, lambda: 2.0)) == expected


def test_one_operand_may_be_given_by_name() -> None:
    assert float(dg.lax.cond(True, lambda x: x, lambda x: -x, operand=3.0)) == 3.0
    assert float(dg.lax.switch(1, [lambda x: x, lambda x: -x], operand=3.0)) == -3.0
    assert float(dg.lax.cond(False, lambda _: 1.0, lambda _: 2.0, operand=None)) == 2.0


@pytest.mark.parametrize("way", ["grad", "jvp", "linearize", "hessian"])
def test_native_floor_division_in_a_traced_body_has_derivative_zero(way: str) -> None:
    def fun(x: Any) -> Any:
        return dg.lax.scan(lambda c, _: (c * 1.5 + c // 1.0 + 1.0 // c, None), x, None, 3)[0]

    ways = {
        "grad": lambda x: dg.grad(fun)(x),
        "jvp": lambda x: dg.jvp(fun, (x,), (1.0,))[1],
        "linearize": lambda x: dg.linearize(fun, x)[1](1.0),
        "hessian": lambda x: dg.hessian(fun)(x),
    }

    assert float(jit(ways[way])(1.2)) == pytest.approx(0.0 if way == "hessian" else 1.5**3)


@pytest.mark.parametrize(("index", "expected"), [(-3, 0.0), (0, 0.0), (1, 1.0), (2, 2.0), (9, 2.0)])
@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_index_of_switch_is_clipped(wrap: Any, index: int, expected: float) -> None:
    run = wrap(lambda i: dg.lax.switch(i, [lambda: 0.0, lambda: 1.0, lambda: 2.0]))

    assert float(run(index)) == expected


def test_mapped_index_chooses_for_each_element_with_its_gradient() -> None:
    fun = lambda i, x: dg.lax.switch(i, [dg.sin, lambda y: y**2, lambda y: 3.0 * y], x)  # noqa: E731

    slopes = dg.vmap(dg.grad(fun, 1))(dg.asarray([0, 1, 2]), dg.asarray([0.5, 0.5, 0.5]))

    np.testing.assert_allclose(dg.to_numpy(slopes), [np.cos(0.5), 1.0, 3.0])


def test_branches_return_trees_and_close_over_differentiated_arrays() -> None:
    def fun(p: Any, w: Any) -> Any:
        out = dg.lax.cond(p, lambda: {"a": w * w, "b": (w,)}, lambda: {"a": w, "b": (3.0 * w,)})
        return out["a"] + out["b"][0]

    assert float(dg.grad(fun, 1)(True, 2.0)) == 5.0
    assert float(jit(dg.grad(fun, 1))(dg.asarray(False), 2.0)) == 4.0


@pytest.mark.parametrize("batch_size", [None, 0, 1, 2, 5, 7])
def test_map_in_batches_gives_the_same(batch_size: int | None) -> None:
    got = dg.lax.map(
        lambda x: {"y": x["a"] * x["b"]}, {"a": dg.asarray(XS), "b": dg.asarray(XS)}, batch_size=batch_size
    )

    np.testing.assert_allclose(dg.to_numpy(got["y"]), XS**2)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_associative_scan_combines_in_order(axis: int, reverse: bool, size: int) -> None:
    # 2 by 2 matrices under the product, which does not commute, one for each place.
    rng = np.random.default_rng(0)
    mats = rng.normal(size=(size, 3, 2, 2) if axis == 0 else (3, size, 2, 2))
    along = 0 if axis == 0 else 1

    def product(a: Any, b: Any) -> Any:
        return b @ a if reverse else a @ b

    if axis == -1:
        mats = np.moveaxis(mats, 1, -1)  # (3, 2, 2, size): combined as rows of affine maps instead
        got = dg.lax.associative_scan(dg.add, dg.asarray(mats), reverse, axis)
        expected = np.cumsum(mats[..., ::-1], -1)[..., ::-1] if reverse else np.cumsum(mats, -1)
        np.testing.assert_allclose(dg.to_numpy(got), expected)
        return
    got = dg.to_numpy(dg.lax.associative_scan(product, dg.asarray(mats), reverse, axis))

    places = list(range(size))[::-1] if reverse else list(range(size))
    total = None
    for place in places:
        here = np.take(mats, place, along)
        total = here if total is None else (here @ total if reverse else total @ here)
        np.testing.assert_allclose(np.take(got, place, along), total, rtol=1e-10)


def test_associative_scan_takes_trees() -> None:
    def affine(f: Any, g: Any) -> Any:
        return f[0] * g[0], g[0] * f[1] + g[1]

    a, b = np.linspace(0.5, 1.5, 6), np.linspace(-1.0, 1.0, 6)
    slope = dg.grad(lambda a: dg.sum(dg.lax.associative_scan(affine, (a, dg.asarray(b)))[1]))(dg.asarray(a))

    def loop(a: Any) -> Any:
        y = total = 0.0
        for i in range(6):
            y = a[i] * y + b[i]
            total = total + y
        return total

    assert_same(slope, dg.grad(loop)(dg.asarray(a)))


def test_transformed_functions_are_bodies() -> None:
    slope = dg.lax.map(dg.grad(lambda x: x**3), dg.asarray(XS))

    np.testing.assert_allclose(dg.to_numpy(slope), 3 * XS**2)
    assert float(dg.lax.cond(True, dg.grad(dg.sin), jit(dg.cos), 0.0)) == 1.0


@pytest.mark.parametrize("wrap", [lambda f: f, partial(dg.jit, compiler="replay")], ids=["eager", "jit"])
def test_loop_between_floating_bounds_counts_from_the_lower_one(wrap: Any) -> None:
    add = lambda i, c: c + i  # noqa: E731
    known = lambda x: dg.lax.fori_loop(0.5, 3.0, lambda i, c: c * i * x, 1.0)  # noqa: E731
    to = lambda n: dg.lax.fori_loop(0.5, n, add, 0.0)  # noqa: E731

    assert float(wrap(known)(2.0)) == pytest.approx(0.5 * 1.5 * 2.5 * 8.0)
    assert float(wrap(dg.grad(known))(2.0)) == pytest.approx(0.5 * 1.5 * 2.5 * 12.0)
    for end, total in ((3.5, 4.5), (3.6, 8.0), (0.5, 0.0), (-1.0, 0.0), (float("nan"), 0.0)):
        assert float(wrap(to)(dg.asarray(end))) == total
        assert float(to(end)) == total
    ends = wrap(dg.vmap(to))(dg.asarray([1.0, 2.0, 0.0]))
    assert dg.to_numpy(ends).tolist() == [0.5, 2.0, 0.0]
    out, slope = wrap(lambda x: dg.jvp(lambda x: dg.lax.fori_loop(x, x + 2.0, add, x), (x,), (1.0,)))(1.0)
    assert (float(out), float(slope)) == (4.0, 3.0)


def test_bound_that_is_a_traced_number_takes_the_dtype_of_the_other() -> None:
    lower = dg.asarray(2, dtype=dg.int16)

    got = dg.jit(lambda n: dg.lax.fori_loop(lower, n, lambda i, c: c + i, lower), compiler="replay")(5)

    assert (int(got), got.dtype == dg.int16) == (11, True)


@pytest.mark.parametrize("wrap", [lambda f: f, partial(dg.jit, compiler="replay")], ids=["eager", "jit"])
def test_function_of_the_platform_is_chosen_and_differentiated(wrap: Any) -> None:
    chosen = lambda x: dg.lax.platform_dependent(x, cpu=dg.sin, cuda=dg.sin, default=dg.cos)  # noqa: E731
    other = lambda x: dg.lax.platform_dependent({"x": x}, tpu=lambda t: t["x"], default=lambda t: t["x"] ** 2)  # noqa: E731

    assert float(wrap(chosen)(0.5)) == pytest.approx(np.sin(0.5))
    assert float(wrap(dg.grad(chosen))(0.5)) == pytest.approx(np.cos(0.5))
    assert dg.to_numpy(wrap(dg.vmap(dg.grad(other)))(dg.asarray([1.0, 2.0]))).tolist() == [2.0, 4.0]
    assert float(dg.lax.platform_dependent(default=lambda: 2.0)) == 2.0


def test_optimization_barrier_is_the_identity_with_its_gradient() -> None:
    got = dg.value_and_grad(lambda x: dg.sum(dg.lax.optimization_barrier({"a": x})["a"] ** 2))(dg.asarray([1.0, 2.0]))

    assert float(got[0]) == 5.0
    assert dg.to_numpy(got[1]).tolist() == [2.0, 4.0]


def test_integer_and_bool_carries_ride_along_with_differentiated_ones() -> None:
    def body(c: Any, x: Any) -> Any:
        count, odd, value = c
        return (count + 1, dg.logical_not(odd), dg.where(odd, value * x, value + x)), count

    def loss(v: Any) -> Any:
        return dg.lax.scan(body, (0, dg.asarray(False), v), dg.asarray(XS))[0][2]

    assert float(dg.grad(loss)(1.0)) == pytest.approx(XS[1] * XS[3])
    assert float(jit(dg.grad(loss))(1.0)) == pytest.approx(XS[1] * XS[3])


PLACES: dict[str, Any] = {
    "first axis": lambda x, i: x[i],
    "second axis": lambda x, i: x[:, i],
    "one element": lambda x, i: x[i, 3 - i],
    "from the end": lambda x, i: x[i - 3],
    "last axis": lambda x, i: x[..., i],
    "new axis": lambda x, i: x[None, i, :2],
    "row of a stack": lambda x, i: dg.stack([x, 2.0 * x])[1, i],
}


@pytest.mark.parametrize("place", PLACES)
def test_array_is_indexed_by_the_counter_of_a_loop(place: str) -> None:
    table = np.sin(np.arange(12.0).reshape(3, 4))
    take = PLACES[place]

    def loop(x: Any) -> Any:
        return dg.lax.scan(lambda carry, i: (carry + dg.sum(take(x, i) ** 2), take(x, i)), 0.0, dg.arange(3))

    expected = np.stack([dg.to_numpy(take(dg.asarray(table), i)) for i in range(3)])
    for wrap in (lambda f: f, jit):
        assert dg.to_numpy(wrap(loop)(dg.asarray(table))[1]) == pytest.approx(expected)
        slopes = wrap(dg.grad(lambda x: loop(x)[0]))(dg.asarray(table))
        unrolled = dg.grad(lambda x: sum(dg.sum(take(x, i) ** 2) for i in range(3)))(dg.asarray(table))
        assert dg.to_numpy(slopes) == pytest.approx(dg.to_numpy(unrolled))


def test_array_is_indexed_by_a_traced_argument_and_under_vmap() -> None:
    x = dg.asarray([1.0, 2.0, 3.0])

    assert float(jit(lambda i: x[i])(1)) == 2.0
    assert float(jit(lambda i: x[i])(dg.asarray(7))) == 3.0  # the nearest end, as what is compiled raises nothing
    assert dg.to_numpy(jit(dg.vmap(lambda i: x[i]))(dg.asarray([2, 0]))).tolist() == [3.0, 1.0]


@pytest.mark.parametrize("length", [0, 2])
def test_python_numbers_that_pass_through_come_out_as_arrays(backend: Any, length: int) -> None:
    init = {"a": 1, "b": 2.0, "c": True, "d": 1j, "e": np.ones(2, np.float32)}
    outs = [
        dg.lax.scan(lambda c, _: (c, None), init, None, length)[0],
        dg.lax.fori_loop(0, length, lambda i, c: c, init),
        dg.lax.while_loop(lambda c: c["a"] < length - 1, lambda c: {**c, "a": c["a"] + 1}, init),
        dg.checkpoint(lambda c: c)(init),
        dg.value_and_grad(lambda x: x)(2.0),
        dg.vjp(lambda x: (x, 3), 2.0)[0],
    ]

    assert all(dg.is_array(x) for x in dg.tree.leaves(outs))
    kinds = [[str(x.dtype).removeprefix("torch.") for x in dg.tree.leaves(out)] for out in outs[:4]]
    assert kinds == [["int64", "float64", "bool", "complex128", "float32"]] * 4


def test_index_of_a_switch_may_be_any_integer(backend: Any) -> None:
    branches = [lambda x: x, lambda x: 2.0 * x]

    assert float(dg.lax.switch(2**40, branches, 3.0)) == 6.0
    assert float(dg.lax.switch(-(2**70), branches, 3.0)) == 3.0
    assert float(dg.lax.switch(dg.asarray(2**40), branches, 3.0)) == 6.0
    for large, dtype in ((2**15, dg.uint16), (2**31, dg.uint32), (2**63, dg.uint64)):
        index = dg.asarray(large, dtype=dtype)
        assert float(jit(lambda n: dg.lax.switch(n, branches, 3.0))(index)) == 6.0
        assert float(dg.lax.switch(index, branches, 3.0)) == 6.0
    assert float(dg.lax.cond(2**70, *branches, 3.0)) == 3.0


def test_associative_scan_of_no_arrays_gives_the_tree_back() -> None:
    assert dg.lax.associative_scan(dg.add, {"a": ()}) == {"a": ()}
    assert dg.lax.associative_scan(dg.add, None) is None
