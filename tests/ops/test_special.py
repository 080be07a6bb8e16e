"""Special functions against mpmath over wide ranges, and what the table of rows does not hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special

import dualgrad as dg
from dualgrad.testing._row import program

RNG = np.random.default_rng(0)


def spread(low: float, high: float, n: int = 25) -> Any:
    return np.exp(RNG.uniform(np.log(low), np.log(high), n))


def relative_error(got: Any, fun: Callable[..., Any], *args: Any) -> float:
    with mpmath.workdps(40):
        want = np.array([float(fun(*map(mpmath.mpf, row))) for row in zip(*[x.tolist() for x in args], strict=True)])
    return float(np.max(np.abs(dg.to_numpy(got) - want) / np.abs(want)))


A, X = spread(0.02, 300.0), spread(0.02, 300.0)
CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "boxcox": (lambda x, p: mpmath.expm1(p * mpmath.log(x)) / p, (spread(1e-3, 1e3), spread(1e-12, 3.0))),
    "dawsn": (
        lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x),
        (np.concatenate([spread(1e-8, 1e6), -spread(0.1, 10.0)]),),
    ),
    "exprel": (lambda x: mpmath.expm1(x) / x, (np.concatenate([spread(1e-10, 80.0), -spread(1e-10, 80.0)]),)),
    "poch": (mpmath.rf, (spread(0.01, 20.0), spread(0.01, 20.0))),
    "spence": (lambda x: mpmath.re(mpmath.polylog(2, 1 - x)), (spread(1e-10, 1e10),)),
    "beta": (mpmath.beta, (spread(0.01, 30.0), spread(0.01, 30.0))),
    "betainc": (
        lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True),
        (spread(0.01, 60.0), spread(0.01, 60.0), RNG.uniform(0.0, 1.0, 25)),
    ),
    "digamma": (mpmath.digamma, (np.concatenate([spread(1e-8, 1e8), RNG.uniform(1.3, 1.6, 25)]),)),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), (RNG.uniform(-15.0, 30.0, 25),)),
    "expi": (mpmath.ei, (np.concatenate([spread(1e-4, 600.0), -spread(1e-4, 600.0)]),)),
    "gamma": (mpmath.gamma, (np.concatenate([spread(1e-8, 170.0), RNG.uniform(-15.0, 0.0, 25)]),)),
    "gammainc": (lambda a, x: mpmath.gammainc(a, 0, x, regularized=True), (A, X)),
    "gammaincc": (lambda a, x: mpmath.gammainc(a, x, mpmath.inf, regularized=True), (A, np.minimum(X, 5 * A + 20))),
    "gammaln": (
        mpmath.loggamma,
        (np.concatenate([spread(1e-8, 1e8), 1 + spread(1e-12, 1.0), 2 - spread(1e-12, 1.0)]),),
    ),
    "i0e": (lambda x: mpmath.exp(-x) * mpmath.besseli(0, x), (spread(1e-3, 1e3),)),
    "i1e": (lambda x: mpmath.exp(-x) * mpmath.besseli(1, x), (spread(1e-3, 1e3),)),
    "j0": (lambda x: mpmath.besselj(0, x), (RNG.uniform(0.0, 20.0, 25),)),
    "j1": (lambda x: mpmath.besselj(1, x), (RNG.uniform(0.0, 20.0, 25),)),
    "log_ndtr": (lambda x: mpmath.log(mpmath.ncdf(x)), (RNG.uniform(-37.0, 3.0, 25),)),
    "zeta": (mpmath.zeta, (1 + spread(1e-5, 30.0), spread(0.1, 30.0))),
}


@pytest.mark.parametrize("op", CASES)
def test_value_is_exact_to_a_few_ulp_over_wide_ranges(op: str, backend: Any) -> None:
    fun, args = CASES[op]
    with dg.enable_x64():
        got = getattr(dg.special, op)(*[dg.asarray(x) for x in args])
        assert relative_error(got, fun, *args) < 1e-12


# Ops whose float32 has formulas of its own, at the cost of the frameworks' float32, and what they are held to.
UNITS = 8.0
BETWEEN = RNG.uniform(0.001, 0.999, 25)
NARROW: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{op: CASES[op] for op in ("digamma", "gammaln", "i0e", "i1e", "log_ndtr")},
    "erfc": (mpmath.erfc, (RNG.uniform(-5.0, 9.0, 25),)),
    "erfinv": (mpmath.erfinv, (2 * BETWEEN - 1,)),
    "logit": (lambda x: mpmath.log(x / (1 - x)), (BETWEEN,)),
    "ndtr": (mpmath.ncdf, (RNG.uniform(-12.0, 8.0, 25),)),
    "ndtri": (lambda x: mpmath.sqrt(2) * mpmath.erfinv(2 * x - 1), (BETWEEN,)),
}


@pytest.mark.parametrize("op", [*CASES, *[op for op in NARROW if op not in CASES]])
def test_float32_is_rounded_from_an_exact_value_or_close_to_it(op: str, backend: Any) -> None:
    fun, args = (NARROW if op in NARROW else CASES)[op]
    narrow = [x.astype(np.float32) for x in args]
    with dg.enable_x64(False):
        got = getattr(dg.special, op)(*[dg.asarray(x) for x in narrow])
        assert got.dtype == dg.float32
        wide = [x.astype(np.float64) for x in narrow]
        with mpmath.workdps(40):
            want = np.array([float(fun(*map(mpmath.mpf, r))) for r in zip(*[x.tolist() for x in wide], strict=True)])
    normal = (np.abs(want) > 1.2e-38) & (np.abs(want) < 3.4e38)
    ulp = np.spacing(np.abs(want[normal]).astype(np.float32))
    error = np.abs(dg.to_numpy(got).astype(np.float64)[normal] - want[normal]) / ulp
    assert error.max() <= (UNITS if op in NARROW else 1.0)


@pytest.mark.parametrize(
    ("op", "fun", "x"),
    [
        ("digamma", lambda x: mpmath.polygamma(1, x), np.array([1e-3, 0.7, 1.4616321, 2.0, 50.0, 1e5, -0.3, -5.2])),
        ("erfinv", lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(mpmath.erfinv(x) ** 2), 2 * BETWEEN - 1),
        ("i0e", lambda x: mpmath.exp(-x) * (mpmath.besseli(1, x) - mpmath.besseli(0, x)), spread(1e-3, 30.0)),
        ("log_ndtr", lambda x: mpmath.npdf(x) / mpmath.ncdf(x), RNG.uniform(-37.0, 8.0, 25)),
        ("ndtr", mpmath.npdf, RNG.uniform(-12.0, 8.0, 25)),
    ],
)
def test_derivative_in_float32_is_right_to_a_few_units(op: str, fun: Callable[..., Any], x: Any, backend: Any) -> None:
    x = x.astype(np.float32)
    with dg.enable_x64(False):
        got = dg.to_numpy(dg.grad(lambda x: dg.sum(getattr(dg.special, op)(x)))(dg.asarray(x)))
    want = np.array([float(fun(mpmath.mpf(v))) for v in x.tolist()])
    error = np.abs(got.astype(np.float64) - want) / np.spacing(np.abs(want).astype(np.float32))
    assert error.max() <= UNITS


# Slopes that are differences of digamma: the arguments, and the place of the one that is differentiated.
GAPS: dict[str, tuple[Callable[..., Any], list[tuple[float, float]]]] = {
    "betaln": (
        lambda a, b: (mpmath.digamma(a) - mpmath.digamma(a + b), mpmath.digamma(b) - mpmath.digamma(a + b)),
        [(1e5, 1e-3), (1e8, 2.5), (100.0, 0.1), (30.0, 1e6), (3.0, 1e-5), (1e-10, 1e-10), (-2.25, 5.125)],
    ),
    "poch": (
        lambda z, m: (
            mpmath.rf(z, m) * (mpmath.digamma(z + m) - mpmath.digamma(z)),
            mpmath.rf(z, m) * mpmath.digamma(z + m),
        ),
        [(100.0, 1e-9), (1e6, 0.5), (1e3, -0.5), (0.5, 2.0)],
    ),
}


@pytest.mark.parametrize(("op", "wide"), [("betaln", True), ("betaln", False), ("poch", True)])
def test_slope_that_is_a_difference_keeps_its_digits(op: str, wide: bool, backend: Any) -> None:
    fun, points = GAPS[op]
    xs = [x.astype(np.float64 if wide else np.float32) for x in np.array(points).T]
    with dg.enable_x64(wide):
        slopes = dg.grad(lambda *xs: dg.sum(getattr(dg.special, op)(*xs)), argnums=(0, 1))
        got = [dg.to_numpy(g) for g in program(slopes)(*[dg.asarray(x) for x in xs])]
    with mpmath.workdps(40):
        want = np.array(
            [[float(v) for v in fun(*map(mpmath.mpf, p))] for p in zip(*[x.tolist() for x in xs], strict=True)]
        )
    np.testing.assert_allclose(np.array(got).T, want, rtol=1e-13 if wide else 1e-5)


CURVED: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), (0.5, 5.0, 50.0, 1e3, 1e8, -3.0)),
    "i0e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), (8.0, 20.0, 500.0, -1e5, 1e10)),
}


@pytest.mark.parametrize("op", CURVED)
def test_derivatives_far_out_keep_their_digits(op: str, backend: Any, x64: None) -> None:
    fun, points = CURVED[op]

    def slopes(x: Any) -> tuple[Any, Any]:
        first = dg.grad(lambda x: dg.sum(getattr(dg.special, op)(x)))
        return first(x), dg.grad(lambda x: dg.sum(first(x)))(x)

    got = [dg.to_numpy(g) for g in program(slopes)(dg.asarray(points))]
    with mpmath.workdps(60):
        want = [[float(mpmath.diff(fun, mpmath.mpf(x), n, h=mpmath.mpf(x) / 10**15)) for x in points] for n in (1, 2)]
    np.testing.assert_allclose(got, want, rtol=2e-12)


def inverse_of_erfc(x: Any) -> Any:
    return mpmath.findroot(lambda y: mpmath.log(mpmath.erfc(y) / x), mpmath.sqrt(-mpmath.log(x)))


BELLS: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
    "ndtr": (mpmath.npdf, (-12.9, 20.3, -37.1)),
    "log_ndtr": (lambda x: mpmath.npdf(x) / mpmath.ncdf(x), (-30.0, 13.1, 37.0)),
    "erfcinv": (lambda x: -mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(inverse_of_erfc(x) ** 2), (1e-30, 1e-300)),
    "ndtri": (lambda x: mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(inverse_of_erfc(2 * x) ** 2), (1e-3, 1e-37, 1e-300)),
}


@pytest.mark.parametrize("op", BELLS)
def test_slope_is_free_of_the_rounding_of_a_square_in_an_exponent(op: str, backend: Any, x64: None) -> None:
    slope, points = BELLS[op]
    fun = getattr(dg.special, op)
    x = np.array(points)
    for got in (dg.grad(lambda x: dg.sum(fun(x)))(dg.asarray(x)), dg.jvp(fun, (dg.asarray(x),), (dg.ones(x.size),))[1]):
        assert relative_error(got, slope, x) < 1.5e-15


def test_reverse_mode_twice_in_two_arguments_takes_the_rule_of_the_slope(backend: Any, x64: None) -> None:
    a, b = dg.asarray(3.0), dg.asarray(1e-5)
    got = program(lambda a, b: dg.grad(lambda a: dg.grad(dg.special.betaln, argnums=1)(a, b))(a))(a, b)
    assert float(got) == pytest.approx(-float(mpmath.psi(1, 3 + mpmath.mpf(1e-5))), rel=1e-14)


@pytest.mark.parametrize("op", ["digamma", "j0", "j1"])
def test_compiled_value_beside_a_zero_keeps_its_digits(op: str, backend: Any) -> None:
    fun, root = {
        "digamma": (mpmath.digamma, 1.4616321449683622),
        "j0": (lambda x: mpmath.besselj(0, x), 2.404825557695773),
        "j1": (lambda x: mpmath.besselj(1, x), 3.8317059702075125),
    }[op]
    with dg.enable_x64():
        got = dg.jit(getattr(dg.special, op))(dg.asarray([root]))
        assert relative_error(got, fun, np.array([root])) < 1e-12


def test_compiled_inverse_of_the_error_function_keeps_its_digits_beside_one(backend: Any, x64: None) -> None:
    x = np.concatenate([np.linspace(0.05, 0.95, 19), 1 - 10.0 ** -np.arange(1.5, 16.0, 0.5)])
    with mpmath.workdps(40):
        want = [float(mpmath.erfinv(mpmath.mpf(float(p)))) for p in x]
    got = dg.jit(dg.special.erfinv)(dg.asarray(np.concatenate([x, -x])))
    np.testing.assert_allclose(dg.to_numpy(got), [*want, *[-y for y in want]], rtol=5e-16)


@pytest.mark.parametrize(("op", "argnum"), [("gammainc", 0), ("gammaincc", 0), ("zeta", 0), ("zeta", 1)])
def test_derivative_in_a_parameter(op: str, argnum: int, backend: Any) -> None:
    fun = CASES[op][0]
    point = (2.5, 1.7)
    with mpmath.workdps(40):
        order = [0, 0]
        order[argnum] = 1
        want = float(mpmath.diff(fun, point, tuple(order)))
    with dg.enable_x64():
        got = program(dg.grad(getattr(dg.special, op), argnums=argnum))(*point)
        assert float(got) == pytest.approx(want, rel=1e-12)


def test_second_derivative_of_betainc_at_the_ends_is_the_limit(backend: Any) -> None:
    a, b, x, limit = np.array(
        [
            (2.0, 1.0, 0.0, 2.0),
            (1.0, 3.0, 0.0, -6.0),
            (3.0, 2.0, 0.0, 0.0),
            (2.0, 2.0, 1.0, -6.0),
            (1.5, 1.0, 0.0, np.inf),
        ]
    ).T
    with dg.enable_x64(True):
        slope = dg.grad(lambda z: dg.sum(dg.special.betainc(a, b, z)))
        along, across = program(
            lambda z: (dg.jvp(slope, (z,), (dg.ones(5),))[1], dg.grad(lambda z: dg.sum(slope(z)))(z))
        )(dg.asarray(x))
    np.testing.assert_allclose(dg.to_numpy(along), limit, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(dg.to_numpy(across), dg.to_numpy(along))


@pytest.mark.parametrize("order", [(1, 0), (0, 1), (2, 0), (1, 1), (0, 2)])
def test_derivatives_of_betainc_in_both_parameters(order: tuple[int, int], backend: Any) -> None:
    a, b, x = 0.7, 30.0, 0.1
    with mpmath.workdps(40):
        want = float(mpmath.diff(lambda a, b: mpmath.betainc(a, b, 0, x, regularized=True), (a, b), order))
    fun: Any = dg.special.betainc
    for argnum, times in enumerate(order):
        for _ in range(times):
            fun = dg.grad(fun, argnums=argnum)
    with dg.enable_x64():
        assert float(program(fun)(a, b, x)) == pytest.approx(want, rel=1e-11)


def test_slope_in_the_first_argument_is_the_limit_where_it_is_not_lipschitz(backend: Any) -> None:
    for op in (dg.special.kl_div, dg.special.rel_entr):
        assert float(dg.grad(op)(0.0, 2.0)) == -np.inf


def test_third_derivative_of_gammaln_is_polygamma(backend: Any) -> None:
    with dg.enable_x64():
        third = dg.grad(dg.grad(dg.grad(dg.special.gammaln)))(2.5)
        assert float(third) == pytest.approx(float(dg.special.polygamma(2, 2.5)), rel=1e-13)


def test_inverse_of_an_incomplete_function_undoes_it(backend: Any) -> None:
    p = np.array([1e-30, 1e-5, 0.2, 0.5, 0.8, 0.999])
    with dg.enable_x64():
        for a in (0.3, 2.0, 40.0, 1e5):
            x = dg.special.gammaincinv(a, dg.asarray(p))
            np.testing.assert_allclose(dg.to_numpy(dg.special.gammainc(a, x)), p, rtol=1e-11)
            y = dg.special.betaincinv(a, 3.0, dg.asarray(p))
            np.testing.assert_allclose(dg.to_numpy(dg.special.betainc(a, 3.0, y)), p, rtol=1e-9)


def test_factorials_are_whole_numbers(backend: Any) -> None:
    with dg.enable_x64():
        n = dg.arange(19)
        want = np.cumprod([1, *range(1, 19)]).astype(np.float64)
        np.testing.assert_array_equal(dg.to_numpy(dg.special.factorial(n)), want)


def test_complex_argument_is_refused(backend: Any) -> None:
    with pytest.raises(TypeError, match=r"dualgrad.special.gammaln: the argument must be real, got dtype complex64"):
        dg.special.gammaln(dg.asarray(1.0 + 2.0j))


def test_shapes_that_do_not_broadcast_are_refused(backend: Any) -> None:
    with pytest.raises(ValueError, match=r"dualgrad.special.beta: "):
        dg.special.beta(dg.ones(3), dg.ones(4))


def test_softmax_of_nothing_is_nothing(backend: Any) -> None:
    for fun in (dg.special.softmax, dg.special.log_softmax):
        assert fun(dg.zeros((0,))).shape == (0,)
        assert fun(dg.zeros((2, 0)), axis=(0, 1)).shape == (2, 0)


def test_logsumexp_of_complex_numbers_takes_factors_and_gives_a_real_size(backend: Any) -> None:
    x, b = RNG.normal(size=(2, 3)) + 1j * RNG.normal(size=(2, 3)), np.array([[1.0], [-0.5]])
    with dg.enable_x64():
        total = np.sum(b * np.exp(x), axis=0)
        got = dg.special.logsumexp(dg.asarray(x), axis=0, b=dg.asarray(b))
        np.testing.assert_allclose(dg.to_numpy(got), np.log(total), rtol=1e-13)
        size, sign = dg.special.logsumexp(dg.asarray(x), axis=0, b=dg.asarray(b), return_sign=True)
        assert size.dtype == dg.float64
        np.testing.assert_allclose(dg.to_numpy(size), np.log(np.abs(total)), rtol=1e-13)
        np.testing.assert_allclose(dg.to_numpy(sign), total / np.abs(total), rtol=1e-13)


@pytest.mark.x64
def test_long_formula_is_called_once_for_each_operand_however_often_derivatives_ask_for_it_on_torch() -> None:
    total = lambda *xs: dg.sum(dg.special.betaincinv(*xs))  # noqa: E731
    slope = dg.grad(total, argnums=(0, 1, 2))

    def second(*xs: Any) -> Any:
        return dg.jvp(lambda *xs: tuple(slope(*xs)), xs, xs)[1]

    with dg.use_backend("torch"):
        xs = [dg.asarray([1.3, 2.1]), dg.asarray([2.3, 1.1]), dg.asarray([0.3, 0.6])]
        graph = dg.jit(second).lower(*xs).native.graph
        keys = [node.args[1] for node in graph.nodes if "dualgrad.program" in str(node.target)]
    assert len(keys) < 20  # six formulas of the family and a density; written out they were 150,000 operations
    assert len(graph.nodes) < 1000


@pytest.mark.x64
def test_steps_of_a_long_formula_are_compiled_as_a_loop_with_derivatives_of_any_order_on_torch() -> None:
    with dg.use_backend("torch"):
        from dualgrad.backends.torch._formulas import Formulas, with_partials

        root = with_partials(
            lambda x: Formulas.repeat(9, lambda u: 0.5 * (u + x / u), x), lambda x: 0.5 / root(x), long="a root"
        )
        x = dg.asarray([0.5, 2.0, 3.0])
        compiled = dg.jit(
            lambda x: (root(x), dg.vmap(dg.grad(root))(x), dg.vmap(dg.hessian(root))(x)),
        )
        value, slope, curvature = map(dg.to_numpy, compiled(x))
        assert compiled.stats()["fallbacks"] == 0
        x = dg.to_numpy(x)
    np.testing.assert_allclose(value, np.sqrt(x), rtol=1e-14)
    np.testing.assert_allclose(slope, 0.5 / np.sqrt(x), rtol=1e-14)
    np.testing.assert_allclose(curvature, -0.25 * x**-1.5, rtol=1e-14)


@pytest.mark.on_cpu
@pytest.mark.x64
def test_long_formula_is_compiled_once_for_all_shapes_and_dtypes_on_torch() -> None:
    traced: list[tuple[int, ...]] = []

    def cosine(x: Any) -> Any:
        traced.append(tuple(x.shape))
        return x.cos()

    with dg.use_backend("torch"):
        from dualgrad.backends.torch._formulas import with_partials

        op = with_partials(cosine, None, long="a cosine")
        shapes = ((3,), (2, 5), (), (0, 4), (261,), (390,))  # the last in two large blocks, of which one is filled up
        xs = [dg.asarray(np.linspace(0.0, 1.0, int(np.prod(s))).reshape(s)) for s in shapes]
        xs.append(dg.astype(xs[1], dg.float32))
        got = dg.jit(lambda *xs: [op(x) for x in xs])(*xs)
        assert [y.dtype for y in got] == [x.dtype for x in xs]
        assert sorted(traced) == [(8,), (256,)]
        for x, y in zip(xs, got, strict=True):
            rtol = 2e-7 if x is xs[-1] else 1e-14
            np.testing.assert_allclose(dg.to_numpy(y), np.cos(dg.to_numpy(x)), rtol=rtol)


def test_rule_of_gauss_integrates_polynomials_to_the_last_bit() -> None:
    from dualgrad._formulas._gauss import RULES

    for n, (nodes, weights) in RULES.items():
        for k in (0, 1, 2, 7, n, 2 * n - 1):  # the last is the highest degree for which it is exact
            assert abs(math.fsum(w * x**k for x, w in zip(nodes, weights, strict=True)) * (k + 1) - 1.0) < 1e-15


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize(
    ("call", "want"),
    [
        (lambda s, huge: s.exprel(huge), np.inf),
        (lambda s, huge: s.boxcox1p(1.0, huge), np.inf),
        (lambda s, huge: s.boxcox(0.0, dg.asarray(np.nan)), np.nan),
        (lambda s, huge: s.boxcox1p(-1.0, dg.asarray(np.nan)), np.nan),
        (lambda s, huge: s.dawsn(1e30 * dg.ones(())), 5e-31),
        (lambda s, huge: dg.abs(s.dawsn(huge)) < 1e-30, 1.0),
        (lambda s, huge: s.factorial(dg.asarray(np.inf)), np.inf),
        (lambda s, huge: s.gammaln(-huge), np.inf),
        (lambda s, huge: dg.i0(-np.inf * dg.sign(huge)), np.inf),
        (lambda s, huge: s.i0(np.inf * dg.sign(huge)), np.inf),
        (lambda s, huge: s.i1(-np.inf * dg.sign(huge)), -np.inf),
        (lambda s, huge: s.boxcox(0.5, -np.inf * dg.sign(huge)), -np.inf),
        (lambda s, huge: s.boxcox(2.0, np.inf * dg.sign(huge)), np.inf),
        (lambda s, huge: s.exprel(np.inf * dg.sign(huge)), np.inf),
        (lambda s, huge: s.exprel(-np.inf * dg.sign(huge)), 0.0),
        (lambda s, huge: s.rel_entr(1.0, np.inf * dg.sign(huge)), -np.inf),
        (lambda s, huge: s.kl_div(1.0, np.inf * dg.sign(huge)), np.nan),
        (lambda s, huge: dg.acosh(-5000.0 * dg.sign(huge)), np.nan),
        (lambda s, huge: dg.acosh(-huge), np.nan),
        (lambda s, huge: dg.copysign(1.0, s.j1(-0.0 * huge)), -1.0),
        (lambda s, huge: dg.copysign(1.0, s.i1(-0.0 * huge)), -1.0),
        (lambda s, huge: dg.copysign(1.0, s.dawsn(-0.0 * huge)), -1.0),
        (lambda s, huge: dg.copysign(1.0, s.gammaln(dg.sign(huge))), 1.0),
        (lambda s, huge: dg.copysign(1.0, s.spence(dg.sign(huge))), 1.0),
        (lambda s, huge: dg.copysign(1.0, s.kl_div(dg.sign(huge), 1.0)), 1.0),
    ],
)
def test_value_at_the_end_of_the_range(call: Any, want: float, x64: bool, backend: Any) -> None:
    with dg.enable_x64(x64):
        huge = dg.asarray(dg.finfo(float).max)
        assert float(call(dg.special, huge)) == pytest.approx(want, rel=1e-6, nan_ok=True)


def test_scaled_bessel_functions_fall_like_the_root_up_to_the_largest_number(backend: Any) -> None:
    x = np.array([1e31, 1e37, -3.4e38], np.float32)
    size = 1 / np.sqrt(2 * np.pi * np.abs(x.astype(float)))
    np.testing.assert_allclose(dg.to_numpy(dg.special.i0e(dg.asarray(x))), size, rtol=5e-7)
    np.testing.assert_allclose(dg.to_numpy(dg.special.i1e(dg.asarray(x))), np.sign(x) * size, rtol=5e-7)


def test_zeta_of_infinity_is_infinite_where_a_base_is_below_one(backend: Any) -> None:
    got = dg.special.zeta(dg.inf, dg.asarray([-0.5, -1.5, 0.5, 1.0, 2.0]))
    assert dg.to_numpy(got).tolist() == [np.inf, np.inf, np.inf, 1.0, 0.0]


FAR: dict[str, tuple[Callable[[], Any], tuple[Any, ...], float]] = {
    "where two formulas meet": (lambda: dg.special.log_ndtr, (-1.0,), -1.8410216450092635),
    "one term left of a pole": (lambda: lambda x: dg.special.polygamma(1, x), (-1e-10,), 1e20),
    "a power out of range times a factorial": (lambda: dg.special.polygamma, (60.0, 1e6), -1.3868727908154456e-280),
    "a small power times a factorial": (lambda: dg.special.polygamma, (20.0, 1e15), -1.21645100408832e-283),
    "a factorial out of range times a power": (lambda: dg.special.polygamma, (200.0, 300.0), -2.0343035127674901e-123),
    "an order above the largest factorial at infinity": (lambda: dg.special.polygamma, (200.0, math.inf), 0.0),
    "a sum that is one of its terms": (lambda: dg.special.betaln, (1e16, -2.5), 92.047160003264153),
    "a large number beside one left of 0": (lambda: dg.special.beta, (3e23, -7.5), 2.6814222392777215e172),
    "a pole of the divisor alone": (lambda: dg.special.poch, (-8e15, -0.04), 0.0),
    "few digits beside a pole": (lambda: dg.special.zeta, (3.0, -1e-7), -1e21),
    "one term of a large power": (lambda: dg.special.zeta, (1e17, 1.0), 1.0),
    "overflow of a large power": (lambda: dg.special.zeta, (1e17, 0.5), math.inf),
    "a step that a large sum loses": (lambda: dg.special.poch, (1e18, 0.5), 1e9),
    "a step back that a large sum loses": (lambda: dg.special.poch, (1e18, -0.5), 1e-9),
    "an exponential at its end": (lambda: dg.special.inv_boxcox, (-math.inf, 0.0), 0.0),
    "a product beyond the largest number": (lambda: dg.special.inv_boxcox, (1e300, 1e20), 1.0),
    "underflow of an inverse": (lambda: dg.special.gammaincinv, (0.5, 1e-300), 0.0),
    "a small probability": (lambda: dg.special.gammaincinv, (1.0, 1e-300), 1e-300),
    "the other small probability": (lambda: dg.special.gammainccinv, (1.0, 1e-300), 690.7755278982137),
    "an inverse of a step at its foot": (lambda: dg.special.gammaincinv, (0.0, 0.0), 0.0),
    "an inverse of a step at its top": (lambda: dg.special.gammaincinv, (0.0, 1.0), math.inf),
    "the other inverse at its foot": (lambda: dg.special.gammainccinv, (0.0, 0.0), math.inf),
    "the other inverse at its top": (lambda: dg.special.gammainccinv, (0.0, 1.0), 0.0),
    "an inverse of a small power": (lambda: dg.special.betaincinv, (0.001, 0.001, 0.1), 0.0),
    "all mass at the left end": (lambda: dg.special.betaincinv, (1.0, math.inf, 0.5), 0.0),
    "all mass at the right end": (lambda: dg.special.betaincinv, (math.inf, 1.0, 0.5), 1.0),
}


@pytest.mark.parametrize("case", FAR)
def test_value_at_an_extreme_argument(case: str, backend: Any) -> None:
    fun, args, want = FAR[case]
    with dg.enable_x64():
        got = float(fun()(*[dg.asarray(x) for x in args]))
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("digamma", -11944149.0, math.nan),  # where a half is lost in a sum
        ("gammaln", -11944149.0, math.inf),
        ("spence", 1e-38, math.pi**2 / 6.0),
    ],
)
def test_float32_has_the_value_of_the_limit(name: str, x: float, want: float, backend: Any) -> None:
    got = getattr(dg.special, name)(dg.asarray(x, dtype=dg.float32))
    np.testing.assert_allclose(float(got), want, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "args", "by", "want"),  # of mpmath
    [
        ("gammaincinv", (0.1, 1e-3), 0, 2.820268771648634e-25),
        ("gammaincinv", (0.1, 1e-3), 1, 5.465743526167112e-23),
        ("gammainccinv", (0.1, 0.999), 1, 5.465743526167153e-23),
        ("betaincinv", (0.2, 4.0, 1e-3), 1, 2.7472663750602636e-17),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_second_slope_of_an_inverse_is_in_range_where_the_square_of_its_density_is_not(
    name: str, args: tuple[float, ...], by: int, want: float, dtype: str, backend: Any
) -> None:
    fun = getattr(dg.special, name)
    with dg.enable_x64():
        xs = [dg.asarray(x, dtype=getattr(dg, dtype)) for x in args]
        got = dg.grad(dg.grad(lambda x: fun(*xs[:by], x, *xs[by + 1 :])))(xs[by])
    rtol = 1e-12 if dtype == "float64" else 2e-4  # of rounded arguments
    np.testing.assert_allclose(float(got), want, rtol=rtol)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes_of_an_inverse_hold_where_the_distance_from_one_has_lost_digits(dtype: str, backend: Any) -> None:
    p = np.array([0.3, 0.5, 0.99, 0.9999, 1.0 - 2.0**-20]).astype(dtype)
    with dg.enable_x64():
        half = dg.asarray(0.5, dtype=getattr(dg, dtype))
        first = dg.grad(lambda p: dg.sum(dg.special.betaincinv(half, half, p)))
        got = [dg.to_numpy(f(dg.asarray(p))) for f in (first, dg.grad(lambda p: dg.sum(first(p))))]
    # of sin(pi p / 2)**2, by the rest of p
    rest = np.pi * (1.0 - p.astype(float))
    rtol = 2e-6 if dtype == "float32" else 2e-14
    np.testing.assert_allclose(got[0], np.pi / 2 * np.sin(rest), rtol=rtol)
    np.testing.assert_allclose(got[1], -(np.pi**2) / 2 * np.cos(rest), rtol=rtol, atol=4 * rtol)


@pytest.mark.parametrize(
    ("args", "by", "want"),  # of mpmath
    [
        ((0.5, 0.5, 1.0 - 2.0**-20), 0, 6.2219337122252823e-12),
        ((0.5, 0.5, 1.0 - 2.0**-20), 1, -1.2313952771236709e-10),
        ((2.0, 0.25, 0.875), 0, 5.9906437397760359e-5),
        ((2.0, 0.25, 0.875), 1, -0.0033646681142130125),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes_of_an_inverse_in_its_parameters_hold_beside_one(
    args: tuple[float, ...], by: int, want: float, dtype: str, backend: Any
) -> None:
    with dg.enable_x64():
        xs = [dg.asarray(x, dtype=getattr(dg, dtype)) for x in args]
        got = float(dg.grad(dg.special.betaincinv, argnums=by)(*xs))
    assert got == pytest.approx(want, rel=3e-7 if dtype == "float32" else 4e-15, abs=0.0)


@pytest.mark.parametrize(
    ("args", "by", "want"),  # of mpmath
    [
        ((20.0, 0.5), (0, 0), 5.2107516338573957e-6),
        ((150.0, 0.5), (0, 0), 1.1791102611156519e-8),
        ((150.0, 0.5), (0, 1), 0.10246547591031327),
        ((10000.0, 0.5), (0, 1), 0.012533385077313408),
        ((10000.0, 0.5), (1, 1), 4.1887793443916778),
        ((40.0, 1.0 - 2.0**-20), (0, 0), -0.0046072870238714006),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_second_slopes_of_an_inverse_keep_their_digits_where_terms_cancel(
    args: tuple[float, ...], by: tuple[int, int], want: float, dtype: str, backend: Any
) -> None:
    with dg.enable_x64():
        xs = [dg.asarray(x, dtype=getattr(dg, dtype)) for x in args]
        other = [xs[0], dg.asarray(1.0 - args[1], dtype=getattr(dg, dtype))]
        got = float(dg.grad(dg.grad(dg.special.gammaincinv, argnums=by[0]), argnums=by[1])(*xs))
        mirrored = float(dg.grad(dg.grad(dg.special.gammainccinv, argnums=by[0]), argnums=by[1])(*other))
    # float64 has nothing wider: of the value's rounding, up to a square of the parameter is lost
    rtol = 2e-7 if dtype == "float32" else 1e-13 if by == (0, 1) else 1e-11 if by == (1, 1) else 1e-8
    assert got == pytest.approx(want, rel=rtol, abs=0.0)
    assert mirrored == pytest.approx(-want if by == (0, 1) else want, rel=rtol, abs=0.0)


def test_third_slopes_of_an_inverse_are_the_differences_of_second_ones(backend: Any) -> None:
    with dg.enable_x64():
        for inverse in (dg.special.gammaincinv, dg.special.gammainccinv):
            for by in ((0, 0), (0, 1), (1, 1)):
                second = dg.grad(dg.grad(inverse, argnums=by[0]), argnums=by[1])
                for k in (0, 1):
                    xs, step = [3.5, 0.3], 1e-4
                    ends = [[x + s * step * (i == k) for i, x in enumerate(xs)] for s in (1, -1, 2, -2)]
                    near, back, far, farther = (float(second(*x)) for x in ends)
                    want = (8.0 * (near - back) - (far - farther)) / (12.0 * step)
                    assert float(dg.grad(second, argnums=k)(*xs)) == pytest.approx(want, rel=1e-7)


@pytest.mark.parametrize(
    ("args", "want"),  # of mpmath
    [
        ((300.0, 40.0, 0.90625), -0.00268465183689816961),
        ((100.0, 0.0078125, 0.984375), -0.0000165138153350383827),
        ((30.0, 0.25, 0.96875), -0.00357892120370451318),
    ],
)
def test_slope_of_betainc_in_a_large_parameter_keeps_its_digits(
    args: tuple[float, float, float], want: float, backend: Any
) -> None:
    with dg.enable_x64():
        got = float(dg.grad(dg.special.betainc)(*[dg.asarray(x) for x in args]))
    assert got == pytest.approx(want, rel=4e-15, abs=0.0)


def test_mixed_slope_of_the_incomplete_beta_function_holds_where_one_less_x_is_one(backend: Any) -> None:
    a, b, x = 0.5, 0.25, 1e-20
    with dg.enable_x64():
        slope = dg.grad(dg.grad(dg.special.betainc, argnums=1), argnums=2)
        got = float(slope(*[dg.asarray(v) for v in (a, b, x)]))
    density = x ** (a - 1) / scipy.special.beta(a, b)
    assert got == pytest.approx(density * (scipy.special.psi(a + b) - scipy.special.psi(b)), rel=1e-12)


def test_faddeeva_keeps_its_phase_where_the_square_of_its_argument_is_large(backend: Any) -> None:
    z = np.array(
        [1e10 - 1e10j, 1e18 - 1e18j, -300.25 - 300j, 5 - 7j, 2e19 - 1e19j, 1 - 1e20j, np.inf + 0j], np.complex64
    )
    got = dg.to_numpy(dg.special.wofz(dg.asarray(z)))
    want = scipy.special.wofz(z.astype(complex))
    for part, of_scipy in ((got.real, want.real), (got.imag, want.imag)):
        np.testing.assert_allclose(part, of_scipy, rtol=3e-5)


@pytest.mark.parametrize("z", [-1e-3j, 1e3 - 1e3j, 2 - 1j])
def test_slope_of_faddeeva_below_the_real_axis_is_that_of_its_equation(z: complex, backend: Any) -> None:
    slope = dg.jvp(dg.special.wofz, (dg.asarray(z),), (dg.asarray(1 + 0j),))[1]
    want = -2 * np.complex64(z) * scipy.special.wofz(np.complex64(z)) + 2j / np.sqrt(np.pi)
    assert complex(slope) == pytest.approx(want, rel=3e-6)


@pytest.mark.parametrize("op", ["entr", "erfc", "i0e", "logit", "ndtri", "xlogy"])
def test_float32_stays_so_in_a_trace_in_64_bit_mode(op: str, backend: Any, x64: None) -> None:
    x = dg.asarray(np.array([0.0, 0.5], np.float32))
    args = (x, x) if op == "xlogy" else (x,)
    assert dg.eval_shape(getattr(dg.special, op), *args).dtype == dg.float32


@pytest.mark.parametrize("size", [1.0, 2.0**96])
def test_slopes_of_kl_div_keep_their_digits_where_the_arguments_nearly_agree(backend: Any, size: float) -> None:
    x, y = (np.float32(size) * np.float32(k) for k in (1.0 + 2.0**-20, 1.0 - 2.0**-21))
    gap = (np.float64(y) - np.float64(x)) / np.float64(y)

    by_x, by_y = dg.grad(dg.special.kl_div, argnums=(0, 1))(dg.asarray(x), dg.asarray(y))

    np.testing.assert_allclose(float(by_x), -math.log1p(gap * float(y) / float(x)), rtol=1e-6)
    np.testing.assert_allclose(float(by_y), gap, rtol=1e-6)


@pytest.mark.parametrize("op", ["inv_boxcox", "inv_boxcox1p"])
def test_slope_of_an_inverse_power_is_finite_where_squares_or_the_value_leave_the_range(backend: Any, op: str) -> None:
    slope = dg.grad(getattr(dg.special, op), argnums=1)

    assert float(slope(-1e20, -1e-20)) == 0.0  # the value underflows, and its logarithm's slope overflows
    # y ** (1 / lam) of large lam * y: the slope is value * (1 - log(lam * y)) / lam**2, up to terms of 1 / (lam * y)
    u = 1e30 * 30.0
    np.testing.assert_allclose(float(slope(1e30, 30.0)), u ** (1 / 30) * (1.0 - math.log(u)) / 900.0, rtol=1e-5)


@pytest.mark.parametrize("op", ["inv_boxcox", "inv_boxcox1p"])
def test_slopes_of_an_inverse_power_hold_where_the_value_overflows_or_its_base_is_zero(backend: Any, op: str) -> None:
    fun = getattr(dg.special, op)
    first = dg.grad(fun)
    second = dg.grad(first)
    # (1 + y / 2)**2: a slope of 0 at its end
    np.testing.assert_allclose([float(f(-2.0, 0.5)) for f in (first, second)], [0.0, 0.5])
    np.testing.assert_allclose([float(f(-1.0, 1.0)) for f in (first, second)], [1.0, 0.0])  # 1 + y
    # of its square float32 has none
    np.testing.assert_allclose([float(f(2.0**80, 0.5)) for f in (first, second)], [2.0**79, 0.5], rtol=1e-5)
    np.testing.assert_array_equal([float(f(100.0, 0.0)) for f in (first, second)], [math.inf, math.inf])
    with dg.enable_x64():
        log = math.log(1e300) + math.log(1e20)
        got = float(dg.grad(fun, argnums=1)(1e300, 1e20))
    assert got == pytest.approx((1.0 - log) / 1e40, rel=1e-13, abs=0.0)


@pytest.mark.parametrize(
    ("dtype", "s"), [("float32", -33.9), ("float32", -50.7), ("float64", -150.3), ("float64", -258.7)]
)
def test_zeta_far_left_of_zero_is_in_range_where_gamma_is_not(dtype: str, s: float, backend: Any) -> None:
    with dg.enable_x64():
        value, slope = dg.value_and_grad(dg.special.zeta)(dg.asarray(s, dtype=dtype))

    with mpmath.workdps(40):
        at = mpmath.mpf(float(np.dtype(dtype).type(s)))
        want = float(mpmath.zeta(at)), float(mpmath.diff(mpmath.zeta, at))
    np.testing.assert_allclose([float(value), float(slope)], want, rtol=3e-7 if dtype == "float32" else 1e-13)


@pytest.mark.parametrize(
    ("name", "args", "want"),  # of mpmath
    [
        ("polygamma", (165.0, 1.5), 3.18539669174234185e266),
        ("polygamma", (200.0, 3.0), -9.89729332031205189e278),
        ("polygamma", (500.0, 333.0), -2.82735185546774839e-130),
        ("polygamma", (1000.0, 333.0), -4.57216748673036793e42),
        ("zeta", (-127.375,), 1.05509581990636279e112),
        ("zeta", (-190.8125,), 1.04735810375845073e201),
        ("zeta", (-250.375,), 6.49480024969882199e292),
        ("zeta", (-0.4375,), -0.231654702473975364),
        ("poch", (-500000000000.25, -0.4375), 6.47648320403394799e-6),
        ("poch", (-994572254120.625, 2.6875), -8.29902900688992147e32),
        ("poch", (-3809.03125, -74.5), 8.01938104877891166e-269),
    ],
)
def test_large_power_and_distance_from_a_pole_keep_their_digits(
    name: str, args: tuple[float, ...], want: float, backend: Any
) -> None:
    with dg.enable_x64():
        got = float(getattr(dg.special, name)(*[dg.asarray(x) for x in args]))
    assert got == pytest.approx(want, rel=2e-15, abs=0.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes_of_poch_hold_where_a_sum_loses_its_distance_from_a_pole(dtype: str, backend: Any) -> None:
    z, m = (-100000000.25, 0.375) if dtype == "float64" else (-3809.03125, 0.3)
    with mpmath.workdps(40):
        z_, m_ = (mpmath.mpf(float(np.dtype(dtype).type(v))) for v in (z, m))
        size, end = mpmath.gammaprod([z_ + m_], [z_]), mpmath.psi(0, z_ + m_)
        want = [float(size * (end - mpmath.psi(0, z_))), float(size * end)]
        mirrored = mpmath.psi(1, 1 - z_ - m_)  # mpmath adds a term up for each pole on the way
        turn = float(size * (end**2 + (mpmath.pi / mpmath.sinpi(z_ + m_)) ** 2 - mirrored))
    with dg.enable_x64():
        xs = [dg.asarray(v, dtype=getattr(dg, dtype)) for v in (z, m)]
        slope = dg.grad(dg.special.poch, argnums=(0, 1))
        got = [float(v) for v in slope(*xs)]
        twice = float(dg.grad(lambda z, m: slope(z, m)[1], argnums=1)(*xs))
    rtol = 4e-7 if dtype == "float32" else 4e-15
    np.testing.assert_allclose([*got, twice], [*want, turn], rtol=rtol)


def test_slope_of_zeta_far_left_of_zero_has_its_sign_where_it_overflows(backend: Any) -> None:
    slope = dg.grad(dg.special.zeta)
    with dg.enable_x64():
        assert float(slope(-259.625)) == pytest.approx(-6.83973103273188881e307, rel=1e-14)  # of mpmath
        assert float(slope(-262.75)) == -math.inf
        assert float(slope(-400.0)) == math.inf


@pytest.mark.parametrize("compiled", [False, True])
def test_quotients_of_gamma_functions_beside_usual_arguments_are_those_of_float64(compiled: bool, backend: Any) -> None:
    x = np.array([2.5, -1.5, 1.0, 2e-38, 3e38, 0.0, -3.0, 1.0000001, 4.0, np.nan], np.float32)
    y = np.array([1.5, 0.25, 1.0, 2e-38, 0.5, 2.0, 2.0, 0.9999999, 2e3, 1.0], np.float32)
    for name in ("beta", "betaln", "poch", "comb"):
        op = getattr(dg.special, name)
        ways: list[Any] = [op, dg.vmap(op)]
        got, mapped = (dg.to_numpy((dg.jit(f) if compiled else f)(dg.asarray(x), dg.asarray(y))) for f in ways)
        with dg.enable_x64():
            want = dg.to_numpy(op(*(dg.asarray(v.astype(float)) for v in (x, y)))).astype(np.float32)
        # what is flushed to zero, or is below the smallest number
        np.testing.assert_allclose(got, want, rtol=2e-7, atol=2e-38, err_msg=name)
        np.testing.assert_allclose(mapped, want, rtol=2e-7, atol=2e-38, err_msg=name)


def test_compiled_formula_on_torch_that_few_numbers_need_is_a_branch_in_any_derivative() -> None:
    with dg.use_backend("torch"):
        a, b = dg.asarray([2.5, 0.5, 4.0]), dg.asarray([1.5, 0.25, 3.0])
        slope = dg.grad(lambda a: dg.sum(dg.special.poch(a, b)))
        bend = dg.grad(lambda a: dg.sum(slope(a)))
        graph = dg.jit(slope).lower(a).native.graph
        assert any("dualgrad.program" in str(node.target) for node in graph.nodes)
        for fun in (slope, bend):
            np.testing.assert_allclose(dg.to_numpy(dg.jit(fun)(a)), dg.to_numpy(fun(a)), rtol=3e-6)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("op", ["dawsn", "erfcx", "exp1", "expi"])
def test_polynomials_of_float32_are_right_where_they_meet_and_at_the_ends(
    op: str, compiled: bool, backend: Any
) -> None:
    meet = np.array([0.3725074, 1.0, 3.5, 6.0, 40.0], np.float32)  # the first is a root of expi
    positive = np.concatenate([np.nextafter(meet, np.float32(0.0)), meet, np.nextafter(meet, np.float32(99.0))])
    x = np.concatenate([positive, -positive[positive < 8.0], [1e-30, 80.0, -0.0, 0.0, np.inf, -np.inf, np.nan]])
    x = x.astype(np.float32)
    fun = getattr(dg.special, op)
    got = dg.to_numpy((dg.jit(fun) if compiled else fun)(dg.asarray(x)))
    want = getattr(scipy.special, op)(x.astype(float))
    np.testing.assert_allclose(got, want.astype(np.float32), rtol=2.5e-7)
    np.testing.assert_array_equal(np.signbit(got[got == 0.0]), np.signbit(want[got == 0.0]))


@pytest.mark.parametrize("op", ["sici", "j0"])
def test_waves_of_numbers_beyond_a_million_have_their_digits(op: str, backend: Any) -> None:
    x = np.array([3.0, 1e6, 1048577.0, 2e7, 1e20, 1e36], np.float32)
    with mpmath.workdps(60):
        want = [float(mpmath.ci(v) if op == "sici" else mpmath.besselj(0, v)) for v in x.tolist()]
    got = getattr(dg.special, op)(dg.asarray(x))
    np.testing.assert_allclose(dg.to_numpy(got[1] if op == "sici" else got), want, rtol=3e-7)


def test_few_numbers_that_need_another_formula_get_it_in_a_compiled_program(backend: Any) -> None:
    jitted = dg.jit(lambda a: dg.special.betaln(a, 2.53))
    usual, unusual = dg.linspace(1.0, 4.0, 7), dg.linspace(-0.7, 4.0, 7)
    for x in (usual, unusual, usual, unusual):
        np.testing.assert_allclose(dg.to_numpy(jitted(x)), scipy.special.betaln(dg.to_numpy(x), 2.53), rtol=1e-5)


def test_mapped_choice_on_jax_of_a_formula_that_few_numbers_need_stays_a_choice() -> None:
    import jax

    with dg.use_backend("jax"):
        s, q = dg.asarray([3.0, 2.0, 4.0]), dg.asarray([-0.5, 0.5, -2.5])
        assert "cond[" in str(jax.make_jaxpr(jax.vmap(dg.special.zeta))(s, q))
        want = scipy.special.zeta([3.0, 2.0, 4.0], [0.5, 0.5, 0.5]) + np.array(
            [-8.0, 0.0, 16.0 + 1 / 1.5**4 + 1 / 2.5**4]
        )
        np.testing.assert_allclose(dg.to_numpy(dg.vmap(dg.special.zeta)(s, q)), want, rtol=1e-6)
        by_row = dg.vmap(lambda q: dg.special.zeta(s[0], q))(dg.asarray([-0.5, 0.5]))
        np.testing.assert_allclose(dg.to_numpy(by_row), want[:1] + np.array([0.0, 8.0]), rtol=1e-6)
