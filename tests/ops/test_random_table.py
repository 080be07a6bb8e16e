"""One row for each sampler: it runs in every construct, and has golden vectors and a test of its law beside this."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

r = dg.random
S = (3,)
P, ONES = np.array([0.2, 0.3, 0.5], np.float32), np.ones(2, np.float32)

# Of a key and of a number that parameters are multiplied by, where there are any.
SAMPLERS: dict[str, Callable[[Any, Any], Any]] = {
    "ball": lambda k, a: r.ball(k, 2, 1.5 * a, S),
    "bernoulli": lambda k, a: r.bernoulli(k, 0.3 * a, S),
    "beta": lambda k, a: r.beta(k, 2.5 * a, 0.6, S),
    "binomial": lambda k, a: r.binomial(k, 60.0, 0.5 * a, S),
    "bits": lambda k, a: r.bits(k, S),
    "categorical": lambda k, a: r.categorical(k, dg.asarray(P) * a, shape=S),
    "cauchy": lambda k, a: r.cauchy(k, S),
    "chisquare": lambda k, a: r.chisquare(k, 3.0 * a, S),
    "choice": lambda k, a: r.choice(k, 3, S, p=dg.asarray(P) ** a / dg.sum(dg.asarray(P) ** a)),
    "dirichlet": lambda k, a: r.dirichlet(k, dg.asarray(P) * a, (2,)),
    "double_sided_maxwell": lambda k, a: r.double_sided_maxwell(k, a, 2.0 * a, S),
    "exponential": lambda k, a: r.exponential(k, S),
    "f": lambda k, a: r.f(k, 3.0 * a, 5.0, S),
    "gamma": lambda k, a: r.gamma(k, 0.8 * a, S),
    "generalized_normal": lambda k, a: r.generalized_normal(k, 1.5 * a, S),
    "geometric": lambda k, a: r.geometric(k, 0.3 * a, S),
    "gumbel": lambda k, a: r.gumbel(k, S),
    "laplace": lambda k, a: r.laplace(k, S),
    "loggamma": lambda k, a: r.loggamma(k, 0.3 * a, S),
    "logistic": lambda k, a: r.logistic(k, S),
    "lognormal": lambda k, a: r.lognormal(k, a, S),
    "maxwell": lambda k, a: r.maxwell(k, S),
    "multinomial": lambda k, a: r.multinomial(k, dg.floor(30.0 * a), P),
    "multivariate_normal": lambda k, a: r.multivariate_normal(k, dg.asarray(ONES) * a, dg.eye(2) * a, (2,)),
    "normal": lambda k, a: r.normal(k, S),
    "orthogonal": lambda k, a: r.orthogonal(k, 2),
    "pareto": lambda k, a: r.pareto(k, 2.5 * a, S),
    "permutation": lambda k, a: r.permutation(k, dg.asarray(P) * a),
    "poisson": lambda k, a: r.poisson(k, 9.5 * a, S),
    "rademacher": lambda k, a: r.rademacher(k, S),
    "randint": lambda k, a: r.randint(k, S, 0, dg.astype(9.0 * a, "int32")),
    "rayleigh": lambda k, a: r.rayleigh(k, 2.0 * a, S),
    "t": lambda k, a: r.t(k, 3.0 * a, S),
    "triangular": lambda k, a: r.triangular(k, -1.0, 0.5 * a, 4.0, S),
    "truncated_normal": lambda k, a: r.truncated_normal(k, -a, 2.0, S),
    "uniform": lambda k, a: r.uniform(k, S, minval=-a, maxval=2.0 * a),
    "wald": lambda k, a: r.wald(k, 1.5 * a, S),
    "weibull_min": lambda k, a: r.weibull_min(k, 2.0 * a, 1.5, S),
}
KEYS = {"PRNGKey", "clone", "fold_in", "key", "key_data", "key_impl", "split", "wrap_key_data"}


def _all(k: Any, a: Any) -> dict[str, Any]:
    return {name: draw(k, a) for name, draw in SAMPLERS.items()}


def _mapped(keys: Any, scales: Any) -> dict[str, Any]:
    """Parameters with one key, below keys."""
    every = dg.vmap(dg.vmap(_all, in_axes=(None, 0)), in_axes=(0, None))(keys, scales)
    return dg.tree.map(lambda x: dg.stack([x[0, 0], x[1, 1]]), every)


def _scanned(keys: Any, scales: Any) -> dict[str, Any]:
    """A branch in each step."""
    shapes = dg.eval_shape(_all, keys[0], scales[0])

    def step(carry: Any, x: Any) -> Any:
        zeros = dg.tree.map(lambda x: dg.zeros(x.shape, x.dtype), shapes)
        return carry, dg.lax.cond(x[1] > 0, _all, lambda k, a: zeros, *x)

    return dg.lax.scan(step, 0, (keys, scales))[1]


WAYS = {"vmap": _mapped, "cond in scan": _scanned}


@pytest.fixture(scope="module")
def alone() -> tuple[Any, Any, dict[str, np.ndarray]]:
    """Keys, numbers for their parameters, and what each sampler gives of them on PyTorch."""
    with dg.use_backend("torch"):
        keys, scales = r.split(r.key(1234), 2), dg.asarray([0.9, 1.1])
        each = [_all(keys[i], scales[i]) for i in range(2)]
        return keys, scales, {name: np.stack([dg.to_numpy(x[name]) for x in each]) for name in SAMPLERS}


@pytest.mark.parametrize("way", WAYS)
def test_every_sampler_is_in_a_traced_construct_what_it_is_alone(way: str, alone: Any) -> None:
    keys, scales, expected = alone
    with dg.use_backend("torch"):
        found = dg.jit(WAYS[way], compiler="replay")(keys, scales)
        for name, x in expected.items():
            np.testing.assert_allclose(dg.to_numpy(found[name]), x, rtol=2e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("way", WAYS)
def test_every_sampler_has_one_shape_and_dtype_in_every_construct_on_both_backends(way: str, alone: Any) -> None:
    keys, scales, expected = alone
    with dg.use_backend("jax"):
        found = dg.eval_shape(WAYS[way], dg.asarray(keys.numpy()), dg.asarray(scales.numpy()))
    kinds = {name: (tuple(x.shape), str(x.dtype)) for name, x in found.items()}
    assert kinds == {name: (x.shape, str(x.dtype)) for name, x in expected.items()}


# That no sampler is without golden vectors and a test of its law, by the source of the tests beside this one.

GOLDEN = ("EXACT", "CLOSE", "GOLDEN")
LAWS = ("kstest", "chisquare", "binomtest", "corrcoef", "cov")  # what says in a test that it is one of a law


def _sources() -> Iterator[ast.Module]:
    for path in Path(__file__).parent.glob("test_random*.py"):
        if path != Path(__file__):
            yield ast.parse(path.read_text())


def _said(nodes: Iterable[ast.AST]) -> set[str]:
    """Texts and attributes in some pieces of source; what SciPy calls a law is not of ours."""
    every = [x for node in nodes for x in ast.walk(node)]
    laws = [x for x in every if isinstance(x, ast.Attribute) and x.attr not in LAWS and ast.unparse(x.value) == "stats"]
    texts = {x.value for x in every if isinstance(x, ast.Constant) and isinstance(x.value, str)}
    return {x.attr for x in every if isinstance(x, ast.Attribute) and x not in laws} | texts


def _tables(module: ast.Module) -> dict[str, ast.AST]:
    found: dict[str, ast.AST] = {}
    for node in module.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
            found[target.id] = node
    return found


def test_every_sampler_has_a_row() -> None:
    assert SAMPLERS.keys() == set(r.__all__) - KEYS


def test_every_sampler_has_golden_vectors() -> None:
    tables = [table for module in _sources() for name, table in _tables(module).items() if name in GOLDEN]
    assert len(tables) == len(GOLDEN)
    assert SAMPLERS.keys() - _said(tables) == {"bits"}  # whose rows are called by their dtypes


def test_every_sampler_has_a_test_of_its_law() -> None:
    said: set[str] = set()
    for module in _sources():
        tables = _tables(module)
        for test in (x for x in module.body if isinstance(x, ast.FunctionDef)):
            if not _said(test.body) & set(LAWS):
                continue
            named = {x.id for x in ast.walk(test) if isinstance(x, ast.Name)} & tables.keys()
            said |= _said([test, *[tables[name] for name in named]])
    assert SAMPLERS.keys() - said == set()
