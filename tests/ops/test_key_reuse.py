"""A key that is used twice is found, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dualgrad as dg
from dualgrad._key_reuse import check_key_reuse

r = dg.random


@pytest.fixture(params=["jax", "torch"], autouse=True)
def _on_each_backend(request: pytest.FixtureRequest) -> Any:
    with dg.use_backend(request.param):
        yield


def mapped(key: Any) -> Any:
    return dg.vmap(lambda k: r.normal(k) + r.uniform(k))(r.split(key, 3))


@dg.jit
def drawn(key: Any) -> Any:
    return r.normal(key)


def looped(key: Any) -> Any:
    return dg.lax.fori_loop(0, 3, lambda i, total: total + r.normal(key), 0.0)


def scanned(key: Any) -> Any:
    return dg.lax.scan(lambda total, x: (total + x * r.normal(key), None), 0.0, dg.arange(3.0))


def branched(key: Any) -> Any:
    return r.normal(key), dg.lax.cond(dg.asarray(True), lambda: r.uniform(key), lambda: dg.asarray(0.0))


REUSES: dict[str, Callable[[Any], Any]] = {
    "two draws": lambda k: (r.normal(k), r.uniform(k)),
    "the same draw twice": lambda k: (r.normal(k), r.normal(k)),
    "a draw after a split": lambda k: (r.split(k), r.normal(k)),
    "a child in two ways": lambda k: (r.normal(r.fold_in(k, 1)), r.normal(r.fold_in(k, 1))),
    "a copy": lambda k: (r.normal(k), r.normal(r.wrap_key_data(dg.to_numpy(k).copy()))),
    "below vmap": mapped,
    "below jit": lambda k: dg.jit(lambda k: r.normal(k) + r.uniform(k))(k),
    "one element twice below jit": lambda k: dg.jit(lambda ks: r.normal(ks[0]) + r.normal(ks[0]))(r.split(k)),
    "two calls of a jitted function": lambda k: drawn(k) + drawn(k),
    "in a jitted function and after it": lambda k: drawn(k) + r.normal(k),
    "in each step of a loop": looped,
    "in each step of a scan": scanned,
    "before a branch and in it": branched,
    "below grad": lambda k: dg.grad(lambda x: x * r.normal(k) * r.uniform(k))(1.0),
}


@pytest.mark.parametrize("name", REUSES)
def test_second_use_of_a_key_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"a key must be used once, got one that dg\.random\.\w+ has used"):
        check_key_reuse()(REUSES[name])(r.key(0))


def test_proper_use_passes_and_gives_the_same_numbers() -> None:
    def program(key: Any) -> float:
        first, second, third = r.split(key, 3)
        r.normal(r.fold_in(third, 0)), r.normal(r.fold_in(third, 1))
        again = r.clone(first)
        return float(r.normal(first) + r.uniform(second) + 0 * r.normal(again))

    assert check_key_reuse()(program)(r.key(0)) == program(r.key(0))


PROPER: dict[str, Callable[[Any], Any]] = {
    "a key for each step of a loop": lambda k: dg.lax.fori_loop(
        0, 3, lambda i, total: total + r.normal(r.fold_in(k, i)), 0.0
    ),
    "a key for each step of a scan": lambda k: dg.lax.scan(
        lambda total, step: (total + r.normal(step), None), 0.0, r.split(k, 3)
    )[0],
    "one key in both branches": lambda k: dg.lax.cond(dg.asarray(True), lambda: r.uniform(k), lambda: 2 * r.normal(k)),
    "a jitted function, with static arguments": lambda k: dg.jit(
        lambda k, n: dg.sum(r.normal(k, (n,))), static_argnums=1
    )(k, 3),
    "rejection": lambda k: r.gamma(k, 2.0),
}


@pytest.mark.parametrize("name", PROPER)
def test_proper_use_in_loops_branches_and_programs_passes(name: str) -> None:
    assert float(check_key_reuse()(PROPER[name])(r.key(0))) == pytest.approx(float(PROPER[name](r.key(0))))


def test_backend_comes_back_after_an_error_and_each_block_starts_afresh() -> None:
    name, key = dg.get_backend().name, r.key(0)
    for _ in range(2):
        with pytest.raises(ValueError, match="used once"), check_key_reuse():
            r.normal(key), r.normal(key)
    assert dg.get_backend() is dg.get_backend(name)
