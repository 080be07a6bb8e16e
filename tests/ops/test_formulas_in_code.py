"""Formulas of special functions as C++ on PyTorch: what the code gives, on any vectors, and without a compiler."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest
import scipy.special
import torch

import dualgrad as dg
from dualgrad._formulas import _bessel, _gamma, _incomplete_beta, _incomplete_gamma, _inverses, _zeta
from dualgrad.backends.torch import _formulas
from dualgrad.backends.torch._private import vectors
from dualgrad.backends.torch._vectors import library
from dualgrad.backends.torch._vectors.library import Library, source
from dualgrad.backends.torch._vectors.values import Builder
from dualgrad.backends.torch.programs import loops
from dualgrad.backends.torch.programs.formulas import Formula

# 37 numbers fill no whole number of vectors; every special one stands in another lane.
_X = np.concatenate(
    [np.linspace(-6.3, 30.0, 26), [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e-9, 700.0, np.inf, -np.inf, np.nan]]
)
_Y = np.concatenate([np.linspace(9.1, -2.3, 26), [1.0, 0.5, 0.0, 2.0, -1.0, 3.5, 1e-9, 0.25, 2.0, 1.0, 1.0]])
_P = np.abs(np.cos(np.arange(37.0)))
_POSITIVE = np.abs(_X) + 0.05

_OPS: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {
    **{
        name: (getattr(dg.special, name), (_X,))
        for name in (
            *("gamma", "gammaln", "digamma", "factorial", "i0", "i1", "j0", "j1"),
            *("expi", "exp1", "spence", "dawsn", "zeta"),
        )
    },
    **{
        name: (getattr(dg.special, name), (_X, _Y))
        for name in ("beta", "betaln", "comb", "poch", "zeta", "owens_t", "gammainc", "gammaincc")
    },
    "expn": (lambda x: dg.special.expn(3, x), (_X,)),
    "polygamma": (lambda x: dg.special.polygamma(2, x), (_X,)),
    "jn": (lambda x: dg.special.jn(5, x), (_X,)),
    "sine integral": (lambda x: dg.special.sici(x)[0], (_X,)),
    "cosine integral": (lambda x: dg.special.sici(x)[1], (_POSITIVE,)),
    "fresnel": (lambda x: dg.special.fresnel(x)[0], (_X,)),
    "betainc": (dg.special.betainc, (_POSITIVE, np.abs(_Y), _P)),
    "betaincinv": (dg.special.betaincinv, (_POSITIVE, np.abs(_Y), _P)),
    "gammaincinv": (dg.special.gammaincinv, (_POSITIVE, _P)),
    "second slope of gammaincinv": (
        dg.grad(lambda a, p: dg.sum(dg.grad(lambda a: dg.sum(dg.special.gammaincinv(a, p)))(a))),
        (_POSITIVE, _P),
    ),
    "slope of betaincinv": (
        dg.grad(lambda a, b, p: dg.sum(dg.special.betaincinv(a, b, p))),
        (_POSITIVE, np.abs(_Y), _P),
    ),
    "slope of poch": (dg.grad(lambda x, y: dg.sum(dg.special.poch(x, y)), argnums=1), (_X, _Y)),
    "riemann": (dg.special.zeta, (_X,)),
    "slope of gammaincinv": (dg.grad(lambda a, p: dg.sum(dg.special.gammaincinv(a, p))), (_POSITIVE, _P)),
    "slope of gammainc": (dg.grad(lambda a, x: dg.sum(dg.special.gammainc(a, x))), (_POSITIVE, np.abs(_Y))),
    "slope of betainc": (dg.grad(lambda a, b, x: dg.sum(dg.special.betainc(a, b, x))), (_POSITIVE, np.abs(_Y), _P)),
    "slope of zeta": (dg.grad(lambda s, q: dg.sum(dg.special.zeta(s, q))), (_X, np.abs(_Y))),
    "slope of exprel": (dg.grad(lambda x: dg.sum(dg.special.exprel(x))), (_X,)),
}


@pytest.mark.backends("torch")
@pytest.mark.parametrize("wide", [False, True], ids=["float32", "float64"])
@pytest.mark.parametrize("name", _OPS)
def test_code_gives_what_the_operators_give(name: str, wide: bool, backend: Any) -> None:
    fun, given = _OPS[name]
    with dg.enable_x64(wide):
        xs = [dg.asarray(x, dtype=dg.float64 if wide else dg.float32) for x in given]
        got, want = dg.to_numpy(dg.jit(fun)(*xs)), dg.to_numpy(fun(*xs))
    # Sums over nodes have another order, and what cancels or grows takes a rounding of its argument with it
    np.testing.assert_allclose(got, want, rtol=2e-11 if wide else 1e-6, atol=1e-14 if wide else 1e-37)


_FORMULAS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "gammaln": (_gamma.gammaln, scipy.special.gammaln, (np.linspace(0.1, 40.0, 37),)),
    "gammaincinv": (
        lambda ns, a, p: _inverses.gammaincinv(ns, False, a, p),
        scipy.special.gammaincinv,
        (np.linspace(0.3, 30.0, 37), np.linspace(0.01, 0.99, 37)),
    ),
    "betainc": (
        lambda ns, a, b, x: _incomplete_beta.betainc(ns, 0, 0, a, b, x),
        scipy.special.betainc,
        (np.linspace(0.3, 30.0, 37), np.linspace(9.0, 0.2, 37), np.linspace(0.01, 0.99, 37)),
    ),
    "j1": (lambda ns, x: _bessel.bessel_j(ns, 1, x), scipy.special.j1, (np.linspace(0.1, 30.0, 37),)),
}


def _vectors_here() -> list[tuple[int, tuple[str, ...]]]:
    known = {"DEFAULT": 1, "AVX2": 2, "AVX512": 3}.get(torch.backends.cpu.get_cpu_capability(), 1)
    return [(2, ()), *[(n, tuple(flags)) for n, flags in vectors._VECTORS.values()]][:known]


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("lanes", _vectors_here(), ids=lambda lanes: f"{lanes[0]} lanes")
@pytest.mark.parametrize("name", _FORMULAS)
def test_code_is_right_on_vectors_of_any_width(
    name: str, lanes: tuple[int, tuple[str, ...]], single: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "width_of_vectors", lambda: lanes)
    monkeypatch.setattr(library, "width_of_vectors", lambda: lanes)
    formula, reference, xs = _FORMULAS[name]
    found = Library(formula, len(xs), single).run([torch.tensor(x) for x in xs])
    assert found is not None
    np.testing.assert_allclose(found.numpy(), reference(*xs), rtol=1e-10 if single else 3e-14, atol=1e-15)


def test_code_takes_functions_of_c_where_torch_has_none_of_vectors(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(library, "addresses_of", lambda names: (ctypes.c_void_p * len(names))())
    formula, reference, xs = _FORMULAS["betainc"]
    found = Library(formula, len(xs), False).run([torch.tensor(x) for x in xs])
    assert found is not None
    np.testing.assert_allclose(found.numpy(), reference(*xs), rtol=3e-14)


@pytest.mark.backends("torch")
@pytest.mark.parametrize("missing", ["none", "false", "a name that is no program"])
def test_formula_is_compiled_by_inductor_where_the_code_is_not(
    missing: str, backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dualgrad.backends.torch.special import special

    compiler = {"none": None, "false": "false"}.get(missing, "no-such-compiler")
    monkeypatch.setattr(library, "compiler_of_vectors", lambda: compiler)
    op = special._make(lambda ns, x: ns.exp(x) * ns.sin(x), long=f"without {missing}")
    x = dg.asarray([0.5, 1.0, -2.0])
    got, want = dg.jit(lambda x: op(x))(x), np.exp([0.5, 1.0, -2.0]) * np.sin([0.5, 1.0, -2.0])
    np.testing.assert_allclose(dg.to_numpy(got), want, rtol=1e-6)


def test_part_of_a_formula_is_written_once_and_what_few_numbers_need_is_a_branch() -> None:
    text = source(lambda ns, a, b: _gamma.gammaln(ns, a) + _gamma.gammaln(ns, b) * _gamma.gammaln(ns, a + b), 2, False)
    defined = re.findall(r"^static vector (function\d+)", text, re.MULTILINE)
    called = re.findall(r"= (function\d+)\(", text)
    assert len(defined) == len(set(defined))
    assert max(map(called.count, defined)) == 3
    assert "if (any(" not in text
    assert "if (any(" in source(lambda ns, s, q: _zeta.zeta(ns, 0, s, q), 2, False)


def test_sums_over_nodes_share_a_loop_and_follow_what_they_need() -> None:
    def formula(ns: Any, x: Any) -> Any:
        nodes = ns.constant([1.0, 2.0, 3.0], x)
        first = ns.total(nodes * x[..., None])  # 6 x
        second = ns.total(nodes * nodes * x[..., None])  # 14 x
        third = ns.total(nodes * (first + second)[..., None])  # 120 x
        unused = ns.total(ns.exp(nodes * third))
        del unused
        return third + ns.repeat(3, lambda y: 2.0 * y + first, second)  # 112 x + 42 x

    text = source(formula, 1, False)
    assert text.count("for (int k = 0; k < 3; k++)") == 2
    assert "exp_of(v" not in text[text.index("function0") :]
    (found,) = [Library(formula, 1, False).run([torch.tensor([1.0, -2.0], dtype=torch.float64)])]
    assert found is not None
    np.testing.assert_allclose(found.numpy(), [274.0, -548.0])


def test_process_that_was_forked_while_the_compiler_ran_compiles_again() -> None:
    made = Library(lambda ns, x: ns.exp(x) + 0.125, 1, True)
    made._made, made._process = Future(), os.getpid() + 1  # of a thread that is in the other process
    found = made.run([torch.tensor([0.0, 1.0])])
    assert found is not None
    np.testing.assert_allclose(found.numpy(), np.exp([0.0, 1.0]) + 0.125, rtol=1e-7)


@pytest.mark.backends("torch")
def test_many_numbers_are_computed_by_the_same_code_eagerly(backend: Any) -> None:
    a, b, x = (dg.asarray(np.linspace(low, high, 5000), dtype=dg.float32) for low, high in ((1, 9), (8, 2), (0.1, 0.9)))
    got = dg.to_numpy(dg.special.betainc(a, b, x))
    np.testing.assert_array_equal(got, dg.to_numpy(dg.jit(dg.special.betainc)(a, b, x)))
    rows = dg.special.betainc(dg.reshape(a, (50, 100)).T, dg.reshape(b, (50, 100)).T, dg.reshape(x, (50, 100)).T)
    np.testing.assert_array_equal(dg.to_numpy(rows).T.reshape(-1), got)


@pytest.mark.backends("torch")
def test_formula_of_constants_is_computed_before_the_compiler_sees_it(backend: Any) -> None:
    jitted = dg.jit(lambda x: x + dg.special.betaln(2.0, 3.0))
    x = dg.asarray([1.0, 2.0])
    assert "dualgrad.program" not in str(jitted.lower(x))
    np.testing.assert_allclose(dg.to_numpy(jitted(x)), [1.0, 2.0] - np.log(12.0), rtol=1e-6)


def test_formula_that_asks_for_a_value_while_it_is_written_is_refused() -> None:
    x = Builder().make("argument", of=0)
    with pytest.raises(TypeError, match="no truth of its own"):
        bool(x > 1.0)
    with pytest.raises(TypeError, match="no part 0"):
        x[0]


@pytest.mark.backends("torch")
@pytest.mark.parametrize("wide", [False, True], ids=["float32", "float64"])
def test_loop_with_formulas_in_its_step_is_one_function(
    wide: bool, backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    plain = loops.compiled_steps
    monkeypatch.setattr(
        loops, "compiled_steps", lambda *args, **options: made.append(out := plain(*args, **options)) or out
    )

    def step(x: Any, y: Any) -> Any:
        x = dg.special.betainc(x + 0.5, 2.0 + y, 0.25 * y) + dg.special.gammaln(y + x)
        return x, dg.special.zeta(x + 3.0, y)

    def loss(y: Any) -> Any:
        last, rows = dg.lax.scan(step, 0.5 * y[0], y)
        return dg.sum(last) + dg.sum(rows)

    with dg.enable_x64(wide):
        dtype = dg.float64 if wide else dg.float32
        y = dg.asarray(np.linspace(0.5, 2.0, 33).reshape(11, 3), dtype=dtype)
        jitted = dg.jit(dg.value_and_grad(loss))
        (value, slope), (eager, other) = jitted(y), dg.value_and_grad(loss)(y)
    assert len(made) == 2
    assert all(made)
    np.testing.assert_allclose(dg.to_numpy(value), dg.to_numpy(eager), rtol=1e-12 if wide else 1e-6)
    np.testing.assert_allclose(dg.to_numpy(slope), dg.to_numpy(other), rtol=1e-11 if wide else 1e-5)


_EVERY: dict[str, Callable[..., Any]] = {
    **{
        f"{name} of {count}": getattr(dg.special, name)
        for count, names in {
            1: "dawsn digamma erfcx exp1 expi exprel factorial gamma gammaln i0 i0e i1 i1e j0 j1",
            2: "beta betaln boxcox boxcox1p comb gammainc gammaincc gammainccinv gammaincinv inv_boxcox inv_boxcox1p",
            3: "betainc betaincinv",
        }.items()
        for name in names.split()
    },
    "log_ndtr of 1": dg.special.log_ndtr,
    "spence of 1": dg.special.spence,
    "zeta of 1": dg.special.zeta,
    "owens_t of 2": dg.special.owens_t,
    "poch of 2": dg.special.poch,
    "zeta of 2": dg.special.zeta,
    "expn of 1": lambda x: dg.special.expn(2, x),
    "jn of 1": lambda x: dg.special.jn(3, x),
    "polygamma of 1": lambda x: dg.special.polygamma(2, x),
    "sici of 1": lambda x: sum(dg.special.sici(x)),
    "fresnel of 1": lambda x: sum(dg.special.fresnel(x)),
}


@pytest.mark.backends("torch")
@pytest.mark.parametrize("wide", [False, True], ids=["float32", "float64"])
@pytest.mark.parametrize("name", _EVERY)
def test_every_formula_in_a_program_is_written(
    name: str, wide: bool, backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Traced alone: a formula that cannot be written, as it calls torch, is an error."""
    made: list[Formula] = []
    monkeypatch.setattr(_formulas, "Formula", lambda *args: made.append(one := Formula(*args)) or one)
    count, fun = int(name[-1]), _EVERY[name]

    def slopes(*xs: Any) -> Any:
        return sum(dg.sum(g) for g in dg.grad(lambda *ys: dg.sum(fun(*ys)), argnums=tuple(range(count)))(*xs))

    with dg.enable_x64(wide):
        x = dg.asarray([0.25, 0.75], dtype=dg.float64 if wide else dg.float32)
        dg.jit(dg.value_and_grad(slopes)).lower(*[x] * count)
    assert made or not wide
    for formula in made:
        found = formula._blocks._library(formula.inputs[0], len(formula.inputs))
        assert found is not None, formula.name
        assert "return" in source(found._formula, found._count, found._single)


@pytest.mark.parametrize("n", [16384, 40001, 65537])
def test_threads_share_many_numbers(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    a, x = torch.linspace(0.5, 30.0, n, dtype=torch.float64), torch.linspace(0.1, 40.0, n, dtype=torch.float64)
    code = Library(lambda ns, a, x: _incomplete_gamma.gammainc(ns, 0, False, a, x), 2, False)
    found = {}
    for threads in (1, 2, 3, 7):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        found[threads] = code.run([a, x])
    np.testing.assert_allclose(found[1], scipy.special.gammainc(a.numpy(), x.numpy()), rtol=1e-12, atol=1e-290)
    for threads in (2, 3, 7):
        np.testing.assert_array_equal(found[threads], found[1])


def test_sums_of_float64_lose_no_digits() -> None:
    code = Library(lambda ns, x: ns.total(x * ns.constant([1.0, *[2.0**-53] * 64], x)), 1, False)
    found = code.run([torch.tensor([1.0, 3.0], dtype=torch.float64)])
    assert found is not None
    np.testing.assert_array_equal(found.numpy(), np.array([1.0, 3.0]) * (1.0 + 2.0**-47))


@pytest.mark.backends("torch")
def test_eager_gradient_of_many_numbers_runs_the_code(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[int] = []
    plain = Library.run
    monkeypatch.setattr(Library, "run", lambda self, xs: run.append(xs[0].numel()) or plain(self, xs))
    x = dg.asarray(np.linspace(0.1, 30.0, 5000), dtype=dg.float32)
    slope = dg.grad(lambda x: dg.sum(dg.special.expn(3, x)))(x)
    assert run == [5000, 5000]
    np.testing.assert_allclose(dg.to_numpy(slope), -scipy.special.expn(2, dg.to_numpy(x).astype(float)), rtol=1e-6)
