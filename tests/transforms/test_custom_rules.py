"""`custom_vjp` and `custom_jvp`: the rule is used, everywhere, and nothing else is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")
jit = partial(dg.jit, compiler="replay")


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    with dg.enable_x64(True):
        yield


# Both rules say that the slope of sin is 3 cos, so that a rule that is not used is seen.


@dg.custom_vjp
def sine(x: Any) -> Any:
    """Sine with a wrong slope."""
    return dg.sin(x)


sine.defvjp(lambda x: (dg.sin(x), x), lambda x, ct: (3.0 * dg.cos(x) * ct,))


@dg.custom_jvp
def sine_too(x: Any) -> Any:
    """Sine with the same wrong slope."""
    return dg.sin(x)


@sine_too.defjvp
def _(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return dg.sin(x), 3.0 * dg.cos(x) * t


RULES = pytest.mark.parametrize("fun", [sine, sine_too], ids=["custom_vjp", "custom_jvp"])

X, MANY = 0.7, np.array([0.2, 0.7, 1.1])
SLOPE, CURVE = 3 * np.cos(X), -3 * np.sin(X)

WAYS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "value": (lambda f: f(X), np.sin(X)),
    "grad": (lambda f: dg.grad(f)(X), SLOPE),
    "value_and_grad": (lambda f: dg.value_and_grad(f)(X)[1], SLOPE),
    "grad of grad": (lambda f: dg.grad(dg.grad(f))(X), CURVE),
    "vjp": (lambda f: dg.vjp(f, X)[1](2.0)[0], 2 * SLOPE),
    "jacrev": (lambda f: dg.jacrev(f)(X), SLOPE),
    "hessian": (lambda f: dg.hessian(f)(X), CURVE),
    "vmap": (lambda f: dg.vmap(f)(dg.asarray(MANY)), np.sin(MANY)),
    "vmap of grad": (lambda f: dg.vmap(dg.grad(f))(dg.asarray(MANY)), 3 * np.cos(MANY)),
    "grad of vmap": (lambda f: dg.grad(lambda x: dg.sum(dg.vmap(f)(x)))(dg.asarray(MANY)), 3 * np.cos(MANY)),
    "vmap of grad of grad": (lambda f: dg.vmap(dg.grad(dg.grad(f)))(dg.asarray(MANY)), -3 * np.sin(MANY)),
    "jit": (lambda f: jit(f)(X), np.sin(X)),
    "jit of grad": (lambda f: jit(dg.grad(f))(X), SLOPE),
    "grad of jit": (lambda f: dg.grad(jit(f))(X), SLOPE),
    "jit of vmap of grad": (lambda f: jit(dg.vmap(dg.grad(f)))(dg.asarray(MANY)), 3 * np.cos(MANY)),
    "jit of grad of grad": (lambda f: jit(dg.grad(dg.grad(f)))(X), CURVE),
    "in scan": (
        lambda f: dg.grad(lambda x: dg.lax.scan(lambda c, _: (f(c), None), x, None, 2)[0])(X),
        9 * np.cos(X) * np.cos(np.sin(X)),
    ),
    "in jitted scan": (
        lambda f: jit(dg.grad(lambda x: dg.lax.scan(lambda c, _: (f(c), None), x, None, 2)[0]))(X),
        9 * np.cos(X) * np.cos(np.sin(X)),
    ),
    "in cond": (lambda f: dg.grad(lambda x: dg.lax.cond(x > 0.0, f, lambda y: y, x))(X), SLOPE),
    "in jitted cond": (lambda f: jit(dg.grad(lambda x: dg.lax.cond(x > 0.0, f, lambda y: y, x)))(X), SLOPE),
    "in checkpoint": (lambda f: dg.grad(dg.checkpoint(lambda x: f(x) * 2.0))(X), 2 * SLOPE),
}


@RULES
@pytest.mark.parametrize("way", WAYS)
def test_rule_is_used_under_every_transform(fun: Any, way: str) -> None:
    run, expected = WAYS[way]

    np.testing.assert_allclose(dg.to_numpy(run(fun)), expected, rtol=1e-12)


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_rule_for_both_modes_serves_forward_mode(wrap: Any) -> None:
    assert float(wrap(lambda x: dg.jvp(sine_too, (x,), (2.0,))[1])(X)) == pytest.approx(2 * SLOPE)
    assert float(wrap(dg.jacfwd(sine_too))(X)) == pytest.approx(SLOPE)
    assert float(wrap(dg.jacfwd(dg.jacfwd(sine_too)))(X)) == pytest.approx(CURVE)
    assert float(wrap(lambda x: dg.linearize(sine_too, x)[1](2.0))(X)) == pytest.approx(2 * SLOPE)
    assert float(wrap(lambda x: dg.hvp(sine_too, (x,), (2.0,)))(X)) == pytest.approx(2 * CURVE)
    mapped = wrap(dg.vmap(lambda x: dg.jvp(sine_too, (x,), (2.0,))[1]))(dg.asarray(MANY))
    np.testing.assert_allclose(dg.to_numpy(mapped), 6 * np.cos(MANY))


def test_trees_go_through_the_rule_as_they_are() -> None:
    @dg.custom_vjp
    def energy(state: Any, scale: Any) -> Any:
        return {"e": scale * dg.sum(state["q"] ** 2), "pair": (state["p"][0], state["q"])}

    def fwd(state: Any, scale: Any) -> Any:
        return energy(state, scale), {"state": state, "scale": scale, "none": None}

    def bwd(kept: Any, ct: Any) -> Any:
        assert set(ct) == {"e", "pair"}
        q = 2.0 * kept["scale"] * kept["state"]["q"] * ct["e"] + ct["pair"][1]
        return {"q": q, "p": [10.0 * ct["pair"][0]]}, dg.sum(kept["state"]["q"] ** 2) * ct["e"]

    energy.defvjp(fwd, bwd)
    state = {"q": dg.asarray([1.0, 2.0]), "p": [dg.asarray(3.0)]}

    def loss(state: Any, scale: Any) -> Any:
        out = energy(state, scale)
        return out["e"] + out["pair"][0] + dg.sum(out["pair"][1])

    got, scale = dg.grad(loss, (0, 1))(state, 0.5)

    assert dg.to_numpy(got["q"]).tolist() == [2.0, 3.0]
    assert float(got["p"][0]) == 10.0
    assert float(scale) == 5.0


def test_residuals_may_be_anything_that_is_a_tree() -> None:
    @dg.custom_vjp
    def fun(x: Any) -> Any:
        return x * 2.0

    fun.defvjp(lambda x: (x * 2.0, (x, 3, [None, 4.0])), lambda res, ct: (ct * res[1] * res[2][1],))

    assert float(dg.grad(fun)(1.0)) == 12.0
    assert float(jit(dg.grad(fun))(1.0)) == 12.0


@pytest.mark.parametrize(
    "way",
    [
        lambda f: f,
        jit,
        lambda f: lambda x: dg.vmap(f)(dg.stack([x]))[0],
        lambda f: jit(dg.grad(lambda x: dg.sum(f(x) ** 2))),
    ],
    ids=["eager", "jit", "vmap", "jit of grad"],
)
def test_pullback_may_be_a_residual(way: Any) -> None:
    weights = dg.asarray([0.5, 2.0])
    program = lambda x: dg.sin(x * weights) * x  # noqa: E731

    @dg.custom_vjp
    def fun(x: Any) -> Any:
        return program(x)

    fun.defvjp(lambda x: dg.vjp(program, x), lambda pull, ct: pull(ct))
    of = lambda f: way(dg.grad(lambda x: dg.sum(f(x) ** 2)))(dg.asarray([0.3, -0.8]))  # noqa: E731

    np.testing.assert_allclose(dg.to_numpy(of(fun)), dg.to_numpy(of(program)), rtol=1e-6)


def test_pullback_and_linear_function_leave_a_program_and_enter_one() -> None:
    square = lambda x: {"y": x**2, "n": dg.argmax(x)}  # noqa: E731
    x = dg.asarray([1.0, 3.0])
    ct = {"y": dg.asarray([1.0, 10.0]), "n": dg.asarray(0)}

    for wrap in (lambda f: f, jit):
        _, pull = wrap(lambda x: dg.vjp(square, x))(x)
        _, push = wrap(lambda x: dg.linearize(dg.sin, x))(x)
        kept = dg.tree.leaves((pull, push))

        assert kept
        assert all([tuple(k.shape) == (2,) for k in kept])
        assert dg.to_numpy(pull(ct)[0]).tolist() == [2.0, 60.0]
        assert dg.to_numpy(jit(lambda pull, ct: pull(ct))(pull, ct)[0]).tolist() == [2.0, 60.0]
        along = jit(lambda push, t: push(t))(push, x)
        np.testing.assert_allclose(dg.to_numpy(along), [np.cos(1.0), 3.0 * np.cos(3.0)], 1e-6)


def test_none_stands_for_a_cotangent_of_zeros() -> None:
    @dg.custom_vjp
    def fun(x: Any, y: Any) -> Any:
        return dg.sum(x) * dg.sum(y["a"])

    fun.defvjp(lambda x, y: (fun(x, y), dg.sum(y["a"])), lambda s, ct: (ct * s * dg.ones(2), None))

    slopes = dg.grad(fun, (0, 1))(dg.ones(2), {"a": dg.ones(3)})

    assert dg.to_numpy(slopes[0]).tolist() == [3.0, 3.0]
    assert dg.to_numpy(slopes[1]["a"]).tolist() == [0.0, 0.0, 0.0]


def test_none_stands_for_zeros_of_a_part_or_a_container() -> None:
    @dg.custom_vjp
    def fun(tree: Any) -> Any:
        return tree[0] * tree[1][0]

    for given in (lambda ct: (ct, (None, None)), lambda ct: (ct, None)):
        fun.defvjp(lambda tree: (tree[0] * tree[1][0], None), lambda _, ct, given=given: (given(10.0 * ct),))
        slope = dg.grad(fun)((2.0, (3.0, None)))
        assert (float(slope[0]), float(slope[1][0]), slope[1][1]) == (10.0, 0.0, None)


def test_derivative_inside_a_rule() -> None:
    @dg.custom_vjp
    def fun(x: Any) -> Any:
        return x**3

    fun.defvjp(lambda x: (*dg.vjp(dg.sin, x)[:1], x), lambda x, ct: dg.vjp(dg.sin, x)[1](ct))

    assert float(dg.grad(fun)(0.5)) == pytest.approx(np.cos(0.5))


def test_integer_arguments_have_a_cotangent_that_does_not_count() -> None:
    @dg.custom_vjp
    def fun(x: Any, n: Any) -> Any:
        return x * n

    fun.defvjp(lambda x, n: (x * n, n), lambda n, ct: (ct * n * 10.0, None))

    assert float(dg.grad(fun)(2.0, 3)) == 30.0
    assert float(dg.grad(fun)(2.0, dg.asarray(3))) == 30.0
    assert float(jit(dg.grad(fun))(2.0, 3)) == 30.0


@pytest.mark.parametrize("how", [{"nondiff_argnums": (0, 2)}, {"nondiff_argnames": ("fun", "power")}])
def test_arguments_that_are_no_arrays_reach_the_rules_of_vjp(how: Any) -> None:
    @partial(dg.custom_vjp, **how)
    def apply(fun: Any, x: Any, power: int) -> Any:
        return fun(x) ** power

    def fwd(fun: Any, x: Any, power: int) -> Any:
        return fun(x) ** power, x

    def bwd(fun: Any, power: int, x: Any, ct: Any) -> Any:
        assert power == 2
        return (100.0 * ct * fun(x),)

    apply.defvjp(fwd, bwd)

    assert float(apply(dg.sin, 0.5, 2)) == pytest.approx(np.sin(0.5) ** 2)
    assert float(dg.grad(lambda x: apply(dg.sin, x, 2))(0.5)) == pytest.approx(100 * np.sin(0.5))
    assert float(dg.grad(apply, 1)(dg.sin, 0.5, 2)) == pytest.approx(100 * np.sin(0.5))


def test_arguments_that_are_no_arrays_reach_the_rule_of_jvp() -> None:
    @partial(dg.custom_jvp, nondiff_argnums=(0,))
    def apply(fun: Any, x: Any) -> Any:
        return fun(x)

    @apply.defjvp
    def _(fun: Any, primals: Any, tangents: Any) -> Any:
        return fun(primals[0]), 100.0 * fun(primals[0]) * tangents[0]

    assert float(dg.grad(lambda x: apply(dg.sin, x))(0.5)) == pytest.approx(100 * np.sin(0.5))
    assert float(jit(dg.grad(lambda x: apply(dg.sin, x)))(0.5)) == pytest.approx(100 * np.sin(0.5))
    assert float(dg.jvp(lambda x: apply(dg.sin, x), (0.5,), (1.0,))[1]) == pytest.approx(100 * np.sin(0.5))


@pytest.mark.parametrize("kind", ["custom_jvp", "custom_vjp"])
def test_rule_may_call_its_function_with_a_static_argument_that_is_equal(kind: str) -> None:
    @partial(getattr(dg, kind), nondiff_argnums=(1,))
    def power(x: Any, options: list[int]) -> Any:
        return x ** options[0]

    if kind == "custom_jvp":
        power.defjvp(lambda n, xs, ts: (power(xs[0], [*n]), 5.0 * ts[0] * power(xs[0], [*n])))
    else:
        power.defvjp(lambda x, n: (power(x, [*n]), x), lambda n, x, ct: (5.0 * ct * power(x, [*n]),))

    x = dg.asarray([0.5, 2.0])
    second = dg.vmap(dg.grad(dg.grad(lambda z: power(z, [3]))))
    np.testing.assert_allclose(dg.to_numpy(second(x)), [25.0 * 0.125, 25.0 * 8.0], rtol=1e-6)


def test_rule_may_call_its_function_with_another_static_argument_each_time() -> None:
    @partial(dg.custom_jvp, nondiff_argnums=(1,))
    def power(x: Any, n: int) -> Any:
        return x**n

    power.defjvp(lambda n, xs, ts: (power(xs[0], n), n * ts[0] * power(xs[0], n - 1)))

    assert float(jit(lambda x: power(x, 3))(2.0)) == 8.0


def test_rule_may_be_a_sum_with_a_part_for_each_argument() -> None:
    @dg.custom_jvp
    def fun(x: Any, y: Any, z: Any) -> Any:
        return x * y * z

    fun.defjvps(lambda t, out, x, y, z: 2.0 * t * out / x, None, lambda t, out, x, y, z: 5.0 * t)

    assert [float(g) for g in dg.grad(fun, (0, 1, 2))(2.0, 3.0, 4.0)] == [24.0, 0.0, 5.0]
    fun.defjvps(None, None, None)
    assert [float(g) for g in dg.grad(fun, (0, 1, 2))(2.0, 3.0, 4.0)] == [0.0, 0.0, 0.0]
    assert float(dg.jvp(fun, (2.0, 3.0, 4.0), (1.0, 1.0, 1.0))[1]) == 0.0


def test_keywords_and_defaults_become_positions() -> None:
    @dg.custom_vjp
    def fun(x: Any, y: Any = 3.0) -> Any:
        return x * y

    fun.defvjp(lambda x, y: (x * y, (x, y)), lambda res, ct: (10.0 * res[1] * ct, res[0] * ct))

    assert float(fun(2.0)) == 6.0
    assert float(fun(y=4.0, x=2.0)) == 8.0
    assert float(dg.grad(lambda x: fun(y=4.0, x=x))(2.0)) == 40.0
    assert float(dg.grad(fun)(2.0)) == 30.0


def test_decorated_method_is_a_method() -> None:
    class Scaled:
        factor = 3.0

        @partial(dg.custom_jvp, nondiff_argnums=(0,))
        def __call__(self, x: Any) -> Any:
            return self.factor * x

        @__call__.defjvp
        def _rule(self, primals: Any, tangents: Any) -> Any:
            return self(*primals), 100.0 * self.factor * tangents[0]

    assert float(Scaled()(2.0)) == 6.0
    assert float(dg.grad(Scaled())(2.0)) == 300.0


def test_nothing_but_an_undifferentiated_array_may_be_closed_over() -> None:
    scale = dg.asarray(3.0)

    @dg.custom_vjp
    def fun(x: Any) -> Any:
        return scale * x

    fun.defvjp(lambda x: (scale * x, None), lambda _, ct: (10.0 * scale * ct,))

    assert float(dg.grad(fun)(1.0)) == 30.0
    assert float(jit(dg.grad(fun))(1.0)) == 30.0


def test_output_that_no_mapped_argument_reaches_gives_vmap_the_gradient_of_a_loop() -> None:
    # jax.custom_vjp alone counts the cotangent of the second output once for each element.
    @dg.custom_vjp
    def parts(x: Any, y: Any) -> Any:
        return x * y, 2.0 * y

    parts.defvjp(lambda x, y: (parts(x, y), (x, y)), lambda r, cts: (cts[0] * r[1], cts[0] * r[0] + 2.0 * cts[1]))

    def loss(x: Any, y: Any) -> Any:
        return sum(dg.sum(out**2) for out in dg.vmap(parts, in_axes=(0, None))(x, y))

    x, y = dg.asarray([1.0, 2.0, 3.0]), dg.asarray(1.0)
    for gradient in (dg.grad(loss, (0, 1)), jit(dg.grad(loss, (0, 1))), dg.grad(jit(loss), (0, 1))):
        dx, dy = gradient(x, y)
        np.testing.assert_allclose(dg.to_numpy(dx), [2.0, 4.0, 6.0])
        np.testing.assert_allclose(dg.to_numpy(dy), 28.0 + 24.0)
    with pytest.raises(ValueError, match="an output with out_axes=None must not depend on the mapped arguments"):
        dg.vmap(parts, in_axes=(0, None), out_axes=(0, None))(x, y)


@pytest.mark.parametrize("kind", ["custom_vjp", "custom_jvp"])
def test_array_that_is_mapped_or_traced_may_be_closed_over(kind: str) -> None:
    def scaled(w: Any) -> Any:
        if kind == "custom_jvp":
            fun = dg.custom_jvp(lambda x: w * x)
            fun.defjvp(lambda p, t: (w * p[0], 10.0 * w * t[0]))
            return fun
        rule = dg.custom_vjp(lambda x: w * x)
        rule.defvjp(lambda x: (w * x, None), lambda _, ct: (10.0 * w * ct,))
        return rule

    values = dg.vmap(lambda w: scaled(w)(2.0))(dg.asarray(MANY))
    slopes = dg.vmap(lambda w: dg.grad(scaled(w))(2.0))(dg.asarray(MANY))

    np.testing.assert_allclose(dg.to_numpy(values), 2 * MANY)
    np.testing.assert_allclose(dg.to_numpy(slopes), 10 * MANY)
    assert float(jit(lambda w: dg.grad(scaled(w))(2.0))(3.0)) == 30.0


@pytest.mark.parametrize("kind", ["custom_vjp", "custom_jvp"])
@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_differentiated_array_closed_over_is_an_error_and_no_zero(wrap: Any, kind: str) -> None:
    def loss(w: Any) -> Any:
        if kind == "custom_jvp":

            @dg.custom_jvp
            def fun(x: Any) -> Any:
                return w * x

            fun.defjvp(lambda p, t: (w * p[0], w * t[0]))
            return fun(w)

        @dg.custom_vjp
        def rule(x: Any) -> Any:
            return w * x

        rule.defvjp(lambda x: (w * x, None), lambda _, ct: (w * ct,))
        return rule(w)

    with pytest.raises(dg.ClosedOverError, match=r"closes over"):
        wrap(dg.grad(loss))(2.0)


def test_scan_inside_a_rule_and_its_function() -> None:
    @dg.custom_vjp
    def power(x: Any) -> Any:
        return dg.lax.fori_loop(0, 3, lambda i, c: c * x, 1.0)

    def bwd(x: Any, ct: Any) -> Any:
        return (dg.lax.scan(lambda c, _: (c + ct * x**2, None), 0.0 * ct, None, 30)[0],)

    power.defvjp(lambda x: (power(x), x), bwd)

    assert float(power(2.0)) == 8.0
    assert float(dg.grad(power)(2.0)) == 120.0
    assert float(jit(dg.grad(power))(2.0)) == 120.0


def test_rule_is_differentiated_as_it_is_written() -> None:
    @dg.custom_vjp
    def fun(x: Any) -> Any:
        return x**2

    fun.defvjp(lambda x: (x**2, x), lambda x, ct: (dg.sin(x) * ct,))

    assert float(dg.grad(dg.grad(fun))(0.3)) == pytest.approx(np.cos(0.3))
    assert float(dg.grad(dg.grad(dg.grad(fun)))(0.3)) == pytest.approx(-np.sin(0.3))
    assert float(dg.jacfwd(dg.grad(fun))(0.3)) == pytest.approx(np.cos(0.3))


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
@pytest.mark.parametrize("kind", ["custom_vjp", "custom_jvp"])
def test_outer_gradient_follows_what_the_inner_one_computed_and_not_the_rule(kind: str, wrap: Any) -> None:
    @getattr(dg, kind)
    def reversal(x: Any) -> Any:
        return x * 1.0

    if kind == "custom_vjp":
        reversal.defvjp(lambda x: (x * 1.0, None), lambda _, ct: (-ct,))
    else:
        reversal.defjvp(lambda p, t: (p[0] * 1.0, -t[0]))

    slope = dg.grad(lambda x: reversal(x) ** 2)

    assert float(wrap(slope)(3.0)) == -6.0
    assert float(wrap(dg.grad(slope))(3.0)) == -2.0  # of -2 x, where the rule once more would give 2
    assert float(wrap(dg.grad(lambda x: slope(x) * reversal(x)))(3.0)) == -2.0 * 3.0 + -6.0 * -1.0


def test_one_function_serves_both_backends() -> None:
    for name in ("jax", "torch", "jax"):
        with dg.use_backend(name):
            assert float(dg.grad(sine)(X)) == pytest.approx(SLOPE)


@dg.custom_vjp
def _doubled(x: Any) -> Any:
    return x * 2.0


_doubled.defvjp(lambda x: (x * 2.0, None), lambda _, ct: (ct * 5.0,))
_slope = dg.grad(_doubled)


def test_decorated_function_is_pickled_by_its_name_as_a_function_is() -> None:
    there = pickle.loads(pickle.dumps({"model": _doubled}))["model"]
    other = pickle.loads(pickle.dumps(_slope))  # named as what it wraps, which its name leads to

    assert there is _doubled
    assert float(dg.grad(there)(1.0)) == float(other(1.0)) == 5.0


def test_copy_of_a_function_with_a_rule_has_the_rule() -> None:
    @dg.custom_vjp
    def fun(x: Any) -> Any:
        return x * 2.0

    fun.defvjp(lambda x: (x * 2.0, None), lambda _, ct: (ct * 5.0,))
    fun(1.0)

    assert float(dg.grad(copy.deepcopy(fun))(1.0)) == 5.0
    assert float(jit(dg.grad(copy.copy(fun)))(1.0)) == 5.0


def test_later_rule_takes_the_place_of_the_first() -> None:
    fun = dg.custom_jvp(lambda x: x * 1.0)
    fun.defjvp(lambda p, t: (p[0], 2.0 * t[0]))
    assert float(dg.grad(fun)(1.0)) == 2.0

    fun.defjvp(lambda p, t: (p[0], 7.0 * t[0]))

    assert float(dg.grad(fun)(1.0)) == 7.0


def test_rule_that_fails_is_an_error_of_derivatives_alone() -> None:
    def failing(*args: Any) -> Any:
        raise ValueError("no such rule")

    pushed = dg.custom_jvp(lambda x: 2.0 * x)
    pushed.defjvp(failing)
    pulled = dg.custom_vjp(lambda x: 2.0 * x)
    pulled.defvjp(failing, failing)

    for fun in (pushed, pulled):
        assert float(dg.jit(fun, compiler="replay")(1.5)) == 3.0
        assert dg.to_numpy(dg.vmap(fun)(dg.ones(2))).tolist() == [2.0, 2.0]
        with pytest.raises(ValueError, match="no such rule"):
            dg.jit(dg.grad(fun), compiler="replay")(1.5)


def product_with_symbols() -> tuple[Any, list[tuple[bool, ...]]]:
    """A product of two arguments whose rule is told of zeros, and what it was told."""
    seen: list[tuple[bool, ...]] = []

    @dg.custom_jvp
    def product(x: Any, y: Any) -> Any:
        return x * y

    def rule(primals: Any, tangents: Any) -> Any:
        (x, y), out = primals, primals[0] * primals[1]
        parts = [p * t for p, t in zip((y, x), tangents, strict=True) if not isinstance(t, dg.SymbolicZero)]
        seen.append(tuple(isinstance(t, dg.SymbolicZero) for t in tangents))
        return out, sum(parts) if parts else dg.SymbolicZero(tuple(out.shape), dg.float64)

    product.defjvp(rule, symbolic_zeros=True)
    return product, seen


def test_rule_is_told_which_tangents_are_zero() -> None:
    product, seen = product_with_symbols()

    assert float(dg.grad(product, 0)(2.0, 3.0)) == 3.0
    assert float(dg.grad(product, 1)(2.0, 3.0)) == 2.0
    assert seen == [(False, True), (True, False)]
    assert [float(x) for x in dg.jvp(product, (2.0, 3.0), (1.0, 1.0))] == [6.0, 5.0]
    assert float(jit(dg.grad(product))(2.0, 3.0)) == 3.0
    assert dg.to_numpy(dg.hessian(lambda x: product(x, x * x))(2.0)).item() == 12.0
    seen.clear()
    assert dg.to_numpy(dg.vmap(dg.grad(product), (0, None))(dg.ones(2), 3.0)).tolist() == [3.0, 3.0]
    assert float(dg.grad(lambda y: dg.sum(dg.vmap(product, (0, None))(dg.ones(2), y)))(3.0)) == 2.0
    assert float(jit(lambda t: dg.jvp(lambda x: product(x, 3.0), (2.0,), (t,)))(1.0)[1]) == 3.0
    assert {(False, True), (True, False)} <= set(seen)
    assert seen[-1] == (False, True)


def test_backward_rule_is_told_what_is_perturbed_and_which_cotangents_are_zero() -> None:
    seen: list[Any] = []

    @dg.custom_vjp
    def both(given: Any, shift: Any) -> Any:
        return given["a"] * given["b"], given["a"] + shift

    def fwd(given: Any, shift: Any) -> Any:
        a, b = given["a"], given["b"]
        seen.append((a.perturbed, b.perturbed, shift.perturbed))
        return (a.value * b.value, a.value + shift.value), (a.value, b.value)

    def bwd(kept: Any, cts: Any) -> Any:
        (a, b), (product, total) = kept, cts
        seen.append(isinstance(total, dg.SymbolicZero))
        return {"a": product * b, "b": dg.SymbolicZero((), dg.float64) if b is None else product * a}, None

    both.defvjp(fwd, bwd, symbolic_zeros=True)

    slope = dg.grad(lambda a: both({"a": a, "b": dg.asarray(3.0)}, 1)[0])

    assert float(slope(2.0)) == 3.0
    assert seen == [(True, False, False), True]

    assert float(jit(slope)(2.0)) == 3.0
    assert dg.to_numpy(dg.vmap(slope)(dg.ones(2))).tolist() == [3.0, 3.0]
    told = [s for s in seen if isinstance(s, tuple)]
    assert told[-1] == (True, False, False)


@dg.custom_gradient
def wrong_square(x: Any, y: Any) -> Any:
    """`sin(x) y`, whose pullback closes over what was computed and gives a wrong slope in `x`."""
    s = dg.sin(x)
    return s * y, lambda ct: (7.0 * s * ct, ct * s)


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_custom_gradient_is_what_the_function_returns_beside_its_value(wrap: Any) -> None:
    s = np.sin(X)

    assert float(wrap(wrong_square)(X, 2.0)) == pytest.approx(2 * s)
    assert float(wrap(dg.grad(wrong_square))(X, 2.0)) == pytest.approx(7 * s)
    assert float(wrap(dg.grad(dg.grad(lambda x: wrong_square(1.0, x * x))))(X)) == pytest.approx(2 * np.sin(1.0))
    assert dg.to_numpy(wrap(dg.vmap(dg.grad(wrong_square), (0, None)))(dg.asarray(MANY), 2.0)) == pytest.approx(
        7 * np.sin(MANY)
    )

    def loop(x: Any) -> Any:
        return dg.lax.scan(lambda carry, _: (wrong_square(x, carry), None), 1.0, None, 2)[0]

    assert float(wrap(dg.grad(loop))(X)) == pytest.approx(7 * s + 7 * s * s)


def test_custom_gradient_of_one_argument_may_give_the_cotangent_itself() -> None:
    assert float(dg.grad(dg.custom_gradient(lambda x: (x, lambda ct: 5.0 * ct)))(1.0)) == 5.0


@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_converted_function_is_given_what_it_closed_over(wrap: Any) -> None:
    table = np.array([1.0, 2.0])

    def of(a: Any) -> Any:
        fun, consts = dg.closure_convert(lambda t: {"out": a * dg.sin(t["x"]) * table[1]}, {"x": 0.0})
        counts.append(len(consts))
        return fun({"x": X}, *consts)["out"]

    counts: list[int] = []
    assert float(wrap(dg.grad(of))(3.0)) == pytest.approx(2 * np.sin(X))
    assert counts == [1]
    assert dg.to_numpy(wrap(dg.vmap(of))(dg.asarray(MANY))) == pytest.approx(2 * MANY * np.sin(X))
    assert float(wrap(dg.jacfwd(dg.grad(lambda a: of(a * a))))(3.0)) == pytest.approx(4 * np.sin(X))


def test_what_is_not_differentiated_stays_closed_over() -> None:
    def of(a: Any) -> Any:
        fun, consts = dg.closure_convert(lambda x: a * x * dg.asarray(2.0), 1.0)
        assert consts == []
        return fun(3.0)

    assert float(of(dg.asarray(1.0))) == 6.0
    assert dg.to_numpy(dg.vmap(of)(dg.ones(2))).tolist() == [6.0, 6.0]


@dg.custom_jvp
def tripled(x: Any, w: Any) -> Any:
    """A product whose rule says 3 for each slope."""
    return x * w


tripled.defjvp(lambda p, t: (tripled(*p), 3.0 * (t[0] * p[1] + p[0] * t[1])))

LOOPS: dict[str, Callable[[Any, Any], Any]] = {
    "scan": lambda x, w: dg.lax.scan(lambda c, _: (tripled(c, dg.sin(w)), None), x, None, 2)[0],
    "scan in scan": lambda x, w: dg.lax.scan(lambda c, _: (LOOPS["scan"](c, w), None), x, None, 1)[0],
    "jit in map": lambda x, w: dg.lax.map(lambda a: jit(LOOPS["plain"])(a, w), x[None])[0],
    "fori_loop": lambda x, w: dg.lax.fori_loop(0, 2, lambda _, c: tripled(c, dg.sin(w)), x),
    "bounded while_loop": lambda x, w: dg.lax.while_loop(
        lambda c: c[0] < 2, lambda c: (c[0] + 1, tripled(c[1], dg.sin(w))), (0, x), max_steps=2
    )[1],
    "checkpoint of scan": lambda x, w: dg.checkpoint(LOOPS["scan"])(x, w),
    "plain": lambda x, w: tripled(tripled(x, dg.sin(w)), dg.sin(w)),
}


@pytest.mark.parametrize("name", [name for name in LOOPS if name != "plain"])
def test_loop_that_is_differentiated_keeps_its_rules_for_the_next_derivative(name: str) -> None:
    def again(fun: Any) -> Any:
        def total(*args: Any) -> Any:
            value, (by_x, by_w) = dg.value_and_grad(fun, (0, 1))(*args)
            return value + by_x * by_w

        return jit(dg.grad(total, (0, 1)))(dg.asarray(0.7), dg.asarray(0.4))

    got, plain = (np.asarray([dg.to_numpy(g) for g in again(LOOPS[n])]) for n in (name, "plain"))
    assert got == pytest.approx(plain, rel=1e-12)


def test_function_whose_derivative_is_a_rule_has_it_in_a_loop_that_is_differentiated_twice() -> None:
    def chain(x: Any) -> Any:
        return dg.lax.scan(lambda c, _: (dg.nn.logsumexp(c[:, None] + x) - dg.exp2(-c), None), x, None, 2)[0][0]

    x = dg.asarray(MANY)
    value_twice = jit(dg.grad(lambda x: dg.value_and_grad(chain)(x)[0]))(x)
    assert dg.to_numpy(value_twice) == pytest.approx(dg.to_numpy(jit(dg.grad(chain))(x)), rel=1e-12)


def test_forward_rule_with_symbolic_zeros_takes_the_values_of_a_tree_and_gives_zeros_for_it() -> None:
    @dg.custom_vjp
    def product(p: Any, n: Any) -> Any:
        return p["x"] * p["y"] * n

    def fwd(p: Any, n: Any) -> Any:
        values = dg.custom_vjp_primal_tree_values((p, n))
        return product(*values), values

    def bwd(res: Any, ct: Any) -> Any:
        p, n = res
        return {"x": ct * p["y"] * n * 10, "y": dg.zero_from_primal(p["y"])}, dg.zero_from_primal(n)

    product.defvjp(fwd, bwd, symbolic_zeros=True)
    grads = dg.grad(product)({"x": 2.0, "y": 3.0}, dg.asarray(4))

    assert (float(grads["x"]), float(grads["y"])) == (120.0, 0.0)
    assert dg.zero_from_primal(dg.ones((2, 3)), symbolic_zeros=True) == dg.SymbolicZero((2, 3), dg.float64)


@pytest.mark.usefixtures("backend")
def test_array_that_a_function_closes_over_and_returns_stays_a_constant() -> None:
    """On PyTorch it became part of the graph of the first call, so that the next one was refused."""
    constant = dg.asarray([2.0, 3.0])
    by_vjp = dg.custom_vjp(lambda x: (x * 2.0, constant))
    by_vjp.defvjp(lambda x: ((x * 2.0, constant), None), lambda _, cts: (cts[0] * 2.0,))
    by_jvp = dg.custom_jvp(lambda x: (x * 2.0, constant))
    by_jvp.defjvp(lambda x, t: ((x[0] * 2.0, constant), (t[0] * 2.0, dg.zeros(2))))

    for fun in (by_vjp, by_jvp, dg.checkpoint(lambda x: (x * 2.0, constant))):
        twice = lambda x, fun=fun: dg.sum(fun(x)[0]) + dg.sum(fun(x)[1])  # noqa: E731
        assert dg.to_numpy(dg.grad(twice)(dg.ones(2))).tolist() == [2.0, 2.0]
        assert not getattr(constant, "requires_grad", False)


def test_rule_knows_what_is_differentiated_also_below_vmap_and_jit(backend: Any) -> None:
    @dg.custom_vjp
    def both(x: Any, y: Any) -> Any:
        return x, y

    def fwd(x: Any, y: Any) -> Any:
        assert (x.perturbed, y.perturbed) == (True, False)
        return (x.value, y.value), None

    def bwd(_: None, cts: Any) -> Any:
        assert [isinstance(ct, dg.SymbolicZero) for ct in cts] == [False, True]
        return cts

    both.defvjp(fwd, bwd, symbolic_zeros=True)
    jit = partial(dg.jit, compiler="replay")
    first = lambda x, y: dg.sum(both(x, y)[0])  # noqa: E731
    mapped = lambda x, y: dg.sum(dg.vmap(both)(x, y)[0])  # noqa: E731
    ones = dg.ones(3)
    for slope in (
        dg.grad(first),
        dg.grad(mapped),
        jit(dg.grad(first)),
        jit(dg.grad(mapped)),
        dg.grad(jit(mapped)),
        jit(dg.vmap(dg.grad(first))),
        dg.grad(lambda x, y: dg.sum(dg.lax.scan(lambda x, y: (both(x, y)[0], None), x, y[None])[0])),
        dg.grad(dg.checkpoint(first)),
        dg.grad(lambda x, y: dg.lax.cond(x[0] > 0, first, lambda x, _: dg.sum(x), x, y)),
    ):
        assert dg.to_numpy(slope(ones, ones)).tolist() == [1.0, 1.0, 1.0]


def test_forward_rule_knows_what_is_differentiated_in_loops_and_jitted_functions(backend: Any) -> None:
    @dg.custom_jvp
    def first(x: Any, y: Any) -> Any:
        return x

    def rule(primals: Any, tangents: Any) -> Any:
        known = [not isinstance(t, dg.SymbolicZero) for t in tangents]
        return primals[0], tangents[0] * (2.0 if known == [True, False] else 0.0)

    first.defjvp(rule, symbolic_zeros=True)
    x = dg.asarray(3.0)
    for fun in (
        dg.jit(lambda x: first(x, 1.0), compiler="replay"),
        dg.checkpoint(lambda x: first(x, 1.0)),
        lambda x: dg.lax.scan(lambda c, y: (first(c, y), None), x, dg.ones(1))[0],
        lambda x: dg.lax.cond(x > 0, lambda x: first(x, 1.0), lambda x: x, x),
    ):
        assert float(dg.grad(fun)(x)) == float(dg.jvp(fun, (x,), (x,))[1]) / 3 == 2.0


def test_tangent_of_a_number_promotes_in_a_rule_as_the_number_does() -> None:
    scaled = dg.custom_jvp(dg.multiply)
    scaled.defjvp(lambda p, t: (scaled(*p), dg.add(dg.multiply(t[0], p[1]), dg.multiply(p[0], t[1]))))
    x = dg.asarray(2.0, dtype=dg.bfloat16)

    out, slope = dg.jvp(scaled, (3.0, x), (1.0, x))

    assert (out.dtype, slope.dtype) == (dg.bfloat16, dg.bfloat16)
    assert (float(out), float(slope)) == (6.0, 8.0)


@pytest.mark.parametrize("kind", ["custom_vjp", "custom_jvp"])
def test_value_of_a_traced_branch_has_the_derivative_of_what_its_rule_computes(backend: Any, kind: str) -> None:
    def loss(f: Any, x: Any, within: Any) -> Any:
        return within(lambda x: f(f(x)), x) ** 2

    def thrice(fun: Any) -> Any:  # a rule of three times the derivative, whose value is plain sin
        made: Any = getattr(dg, kind)(fun)
        if kind == "custom_vjp":
            made.defvjp(lambda x: (dg.sin(x), x), lambda x, ct: (3.0 * ct * dg.cos(x),))
        else:
            made.defjvp(lambda p, t: (dg.sin(p[0]), 3.0 * t[0] * dg.cos(p[0])))
        return made

    f = thrice(lambda x: dg.sin(x))
    plain = dg.grad(dg.grad(lambda x: loss(f, x, lambda g, x: g(x))))
    branch = dg.grad(dg.grad(lambda x: loss(f, x, lambda g, x: dg.lax.cond(x < 5.0, g, lambda x: x, x))))
    expected = float(plain(0.7))
    assert float(branch(0.7)) == pytest.approx(expected, rel=1e-5)
    assert float(dg.jit(branch, compiler="replay")(0.7)) == pytest.approx(expected, rel=1e-5)


def test_eager_rule_on_torch_that_calls_its_function_runs_it_as_it_stands() -> None:
    seen: list[str] = []

    @dg.custom_jvp
    def step(x: Any) -> Any:
        seen.append(type(x).__name__)
        return dg.where(x > 0, 1.0, 0.0)

    @step.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        return step(primals[0]), tangents[0] / (1 + dg.abs(primals[0])) ** 2

    with dg.use_backend("torch"):
        x = dg.asarray([-1.0, 3.0])
        slopes = dg.grad(lambda x: dg.sum(step(x) * x))(x)

        assert seen == ["Tensor"]  # and no fake one, of a trace: 20 ms
        np.testing.assert_allclose(dg.to_numpy(slopes), [-0.25, 1.0 + 3.0 / 16.0])


def test_rule_that_calls_its_function_sees_what_that_closes_over(backend: Any) -> None:
    def outer(w: Any, x: Any) -> Any:
        @dg.custom_jvp
        def scaled(x: Any) -> Any:
            return w * x

        @scaled.defjvp
        def _(primals: Any, tangents: Any) -> Any:
            return scaled(primals[0]), 3.0 * tangents[0]

        return scaled(x)

    w, x = dg.asarray([2.0, 5.0]), dg.asarray(4.0)
    value, slope = dg.vmap(dg.value_and_grad(outer, argnums=1), in_axes=(0, None))(w, x)

    np.testing.assert_allclose(dg.to_numpy(value), [8.0, 20.0])
    np.testing.assert_allclose(dg.to_numpy(slope), [3.0, 3.0])
