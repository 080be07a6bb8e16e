"""Random numbers: golden vectors, equality of the backends, the rules of keys, statistics, transforms."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax
import ml_dtypes
import numpy as np
import pytest
import torch
from scipy import stats

import dualgrad as dg
from dualgrad.backends.jax import random as jax_random
from dualgrad.backends.torch import random as torch_random

BACKENDS = {"jax": jax_random, "torch": torch_random}
SHAPES = [(), (0,), (3, 0), (1,), (9,), (2, 3, 5), (20_001,)]
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "bfloat16", "float32", "float64")
SEED = 1234


@pytest.fixture(params=list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Iterator[Any]:
    with dg.use_backend(request.param):
        yield BACKENDS[request.param]


def values(x: Any) -> np.ndarray:
    """The elements of an array of either backend; bfloat16 as ml_dtypes has it."""
    if isinstance(x, torch.Tensor):
        return x.view(torch.uint16).numpy().view(ml_dtypes.bfloat16) if x.dtype is torch.bfloat16 else x.numpy()
    return np.asarray(x)


def both(draw: Callable[[Any], Any]) -> tuple[np.ndarray, np.ndarray]:
    """What `draw` gives on each backend, with dtypes and shapes checked."""
    with dg.use_backend("jax"):
        a = values(draw(dg.random))
    with dg.use_backend("torch"):
        b = values(draw(dg.random))
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    return a, b


def assert_equal_bits(draw: Callable[[Any], Any]) -> None:
    a, b = both(draw)
    assert a.tobytes() == b.tobytes()


def assert_within_ulp(draw: Callable[[Any], Any], ulp: float = 4.0) -> None:
    """Distances are in ulp of the number, or of 1 where it is smaller: a logarithm near 1 has no better."""
    a, b = both(draw)
    eps = float(ml_dtypes.finfo(a.dtype).eps)
    a, b = a.astype(np.float64), b.astype(np.float64)
    assert np.all(np.abs(a - b) <= ulp * eps * np.maximum(1.0, 2.0 ** np.floor(np.log2(np.abs(a) + 1e-300))))


# Golden vectors: from JAX 0.10.2 and, for the cipher, from Random123's known answers (Salmon et al., 2011).


def test_keys_have_their_golden_words(backend: Any) -> None:
    assert values(backend.key(0)).tolist() == [0, 0]
    assert values(backend.key(2**32 + 5)).tolist() == [1, 5]
    assert values(backend.split(backend.key(0))).tolist() == GOLDEN["split"]
    assert values(backend.fold_in(backend.key(0), 7)).tolist() == GOLDEN["fold_in"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_bits_have_their_golden_values(backend: Any, dtype: str) -> None:
    with dg.enable_x64(True):
        assert values(backend.bits(backend.key(42), (4,), dtype)).tolist() == GOLDEN[dtype]


def test_samples_have_their_golden_values(backend: Any) -> None:
    key = backend.key(42)
    assert values(backend.uniform(key, (4,), "float32")).tolist() == GOLDEN["uniform"]
    np.testing.assert_allclose(values(backend.normal(key, (4,), "float32")), GOLDEN["normal"], rtol=5e-7)
    assert values(backend.randint(key, (8,), -5, 100, "int32")).tolist() == GOLDEN["randint"]
    assert values(backend.permutation(key, 10)).tolist() == GOLDEN["permutation"]


def test_cipher_gives_the_known_answers_of_random123() -> None:
    from dualgrad.backends.torch._threefry import threefry2x32

    cases = [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ]
    for key, count, (high, low) in cases:
        words = [torch.tensor(np.array(w, np.uint32).view(np.int32)) for w in (*key, *count)]
        for operands in (words, [w.expand(20) for w in words]):  # Python's integers, and NumPy's blocks
            joined = threefry2x32(*operands, wide=True).view(torch.uint64).numpy()
            assert np.all(joined == high << 32 | low)


# Equality of the backends


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_shape_has_equal_bits(shape: tuple[int, ...]) -> None:
    with dg.enable_x64(True):
        for dtype in ("uint8", "uint16", "uint32", "uint64"):
            assert_equal_bits(lambda r, d=dtype: r.bits(r.key(SEED), shape, d))
        assert_equal_bits(lambda r: r.split(r.key(SEED), shape))
        assert_within_ulp(lambda r: r.normal(r.key(SEED), shape))


@pytest.fixture
def optimised() -> Iterator[None]:
    """XLA as users run it: it contracts `u * (high - low) + low` to one rounding, which the suite's settings forgo."""
    before = os.environ.get("JAX_DISABLE_MOST_OPTIMIZATIONS", "0") == "1"
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
    jax.clear_caches()


@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-3.0, 5.0), (0.1, 0.7), (-1, 1e4)], ids=str)
def test_uniform_is_bit_identical(dtype: str, bounds: tuple[float, float]) -> None:
    with dg.enable_x64(True):
        assert_equal_bits(lambda r: r.uniform(r.key(SEED), (20_000,), dtype, *bounds))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_randint_is_bit_identical(dtype: str) -> None:
    info = np.iinfo(dtype)
    ends = [(0, 10), (-5, 100), (5, 5), (9, 2), (0, int(info.max)), (-1000, 70_000), (0, 2**31), (2**31, 2**32 - 1)]
    ends += [(int(info.min), min(int(info.max) + 1, 2**64 - 1)), (-(2**63), 2**63 - 1), (2**63, 2**64 - 1), (3, 2**40)]
    with dg.enable_x64(True):
        for low, high in ends:
            assert_equal_bits(lambda r, a=low, b=high: r.randint(r.key(SEED), (5000,), a, b, dtype))


def test_randint_in_32_bit_mode_takes_bounds_up_to_2_to_the_32() -> None:
    assert_equal_bits(lambda r: r.randint(r.key(SEED), (5000,), 3, 2**32 - 1, "uint32"))
    a, _ = both(lambda r: r.randint(r.key(SEED), (5000,), 0, 2**31, "int32"))
    assert a.min() >= 0
    assert a.max() > 2**30


@pytest.mark.parametrize("x64", [False, True])
def test_discrete_samplers_are_bit_identical(x64: bool) -> None:
    rng = np.random.default_rng(0)
    p, logits = rng.dirichlet(np.ones(1001)).astype(np.float32), rng.normal(size=(30, 50)).astype(np.float32)
    table = np.arange(24.0, dtype=np.float32).reshape(4, 6)
    cube = np.arange(24, dtype=np.int32).reshape(2, 3, 4)
    draws: list[Callable[[Any, Any], Any]] = [
        *[lambda r, k, n=n: r.permutation(k, n) for n in (0, 1, 2, 100, 3000)],
        *[lambda r, k, a=a, i=i: r.permutation(k, cube, a, i) for a in (0, 1, -1) for i in (False, True)],
        lambda r, k: r.permutation(k, cube.astype(np.uint16), 1, True),
        lambda r, k: r.bernoulli(k, 0.3, (5000,)),
        lambda r, k: r.bernoulli(k, 0.3, (5000,), "high"),
        lambda r, k: r.rademacher(k, (5000,)),
        lambda r, k: r.choice(k, 1001, (5000,)),
        lambda r, k: r.choice(k, 1001, (500,), False),
        lambda r, k: r.choice(k, 1001, (20_000,), p=p),
        lambda r, k: r.choice(k, 1001, (500,), False, p),
        lambda r, k: r.choice(k, table, (3, 2), axis=1),
        lambda r, k: r.choice(k, table, (3, 2), False, axis=1),
        lambda r, k: r.choice(k, 5, (0,)),
        lambda r, k: r.categorical(k, logits),
        lambda r, k: r.categorical(k, logits, 0),
        lambda r, k: r.categorical(k, logits, shape=(100, 30)),
        lambda r, k: r.categorical(k, logits, shape=(7, 30), replace=False),
        lambda r, k: r.categorical(k, logits, 0, (7, 50), False),
        lambda r, k: r.categorical(k, logits, mode="highest"),
        lambda r, k: r.choice(k, 1001, (500,), False, p, mode="high"),
        # XLA leaves out what jax.random adds to a uniform number of float16, which is seen in the order of the last.
        lambda r, k: r.categorical(k, logits.astype(np.float16), shape=(300, 30)),
        lambda r, k: r.categorical(k, p.astype(np.float16), shape=(1001,), replace=False),
        lambda r, k: r.choice(k, 1001, (1001,), False, np.full(1001, 1 / 1001, np.float16)),
    ]
    with dg.enable_x64(x64):
        for draw in draws:
            assert_equal_bits(lambda r, d=draw: d(r, r.key(SEED)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["normal", "exponential", "gumbel", "laplace", "logistic"])
def test_continuous_samplers_agree_within_4_ulp(name: str, dtype: str) -> None:
    with dg.enable_x64(True):
        assert_within_ulp(lambda r: getattr(r, name)(r.key(SEED), (20_000,), dtype))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_normal_is_that_of_jax_random_with_independent_parts(dtype: str) -> None:
    with dg.enable_x64(True):
        a, b = both(lambda r: r.normal(r.key(SEED), (20_000,), dtype))
        expected = np.asarray(jax_random.normal(jax_random.key(SEED), (20_000,), dtype))
    assert a.dtype == b.dtype == np.dtype(dtype)
    eps = np.finfo(dtype).eps
    for part in (np.real, np.imag):
        for x in (a, b):
            np.testing.assert_allclose(part(x), part(expected), rtol=8 * eps, atol=eps)
        assert abs(np.var(part(a)) - 0.5) < 0.02
    assert abs(np.mean(a.real * a.imag)) < 0.02


@pytest.mark.parametrize("dtype", FLOATS)
def test_truncated_normal_agrees_within_4_ulp_and_stays_inside(dtype: str) -> None:
    with dg.enable_x64(True):
        assert_within_ulp(lambda r: r.truncated_normal(r.key(SEED), -2.0, 1.0, (20_000,), dtype))
        x, _ = both(lambda r: r.truncated_normal(r.key(SEED), -2.0, 1.0, (20_000,), dtype))
    assert np.all((x > -2) & (x < 1))


def test_jax_settings_do_not_change_the_numbers() -> None:
    key = jax_random.key(3)
    expected = values(jax_random.normal(key, (5,)))
    with jax.threefry_partitionable(False), jax.default_prng_impl("rbg"):
        np.testing.assert_array_equal(values(jax_random.normal(key, (5,))), expected)
        np.testing.assert_array_equal(values(jax.jit(lambda k: jax_random.normal(k, (5,)))(key)), expected)


def test_numbers_are_those_of_jax_random_and_typed_keys_are_taken() -> None:
    typed = jax.random.key(3)
    expected = np.asarray(jax.random.normal(typed, (5,)))
    np.testing.assert_array_equal(values(jax_random.normal(typed, (5,))), expected)
    np.testing.assert_array_equal(values(jax_random.normal(jax_random.key(3), (5,))), expected)
    assert jax.numpy.issubdtype(jax_random.split(typed).dtype, jax.dtypes.prng_key)


# Keys


def test_seeds_mean_the_same_in_both_precisions(backend: Any) -> None:
    for seed in (0, 5, 2**31, 2**32 - 1, 2**40 + 1, 2**64 - 1):
        narrow = values(backend.key(seed)).tolist()
        with dg.enable_x64(True):
            assert values(backend.key(seed)).tolist() == narrow == [seed >> 32, seed & 0xFFFFFFFF]


def test_traced_seeds_give_the_same_key(backend: Any) -> None:
    key = dg.jit(dg.random.key)(dg.asarray(77, dtype=dg.int32))
    assert values(key).tolist() == [0, 77]


def test_keys_saved_as_numpy_arrays_are_taken(backend: Any) -> None:
    saved = values(backend.key(9)).copy()
    np.testing.assert_array_equal(values(backend.bits(saved, (3,))), values(backend.bits(backend.key(9), (3,))))
    assert values(backend.wrap_key_data(saved)).tolist() == [0, 9]


def test_every_function_of_jax_random_is_here_with_its_parameters() -> None:
    for name in vars(jax.random):
        if name[0] == "_" or name == "key_dtype" or not callable(getattr(jax.random, name)):
            continue  # keys are raw words here: they have no dtype of their own
        skipped = {"out_sharding"} | ({"dtype"} if name in ("key", "wrap_key_data") else set())
        expected = inspect.signature(getattr(jax.random, name)).parameters
        got = inspect.signature(getattr(dg.random, name)).parameters
        assert [(n, got[n].kind) for n in got] == [(n, expected[n].kind) for n in expected if n not in skipped], name


def test_arguments_may_be_given_by_name(backend: Any) -> None:
    key = dg.random.PRNGKey(seed=3)
    x = dg.random.truncated_normal(key=key, lower=-1.0, upper=1.0, shape=(3,))
    np.testing.assert_array_equal(values(x), values(dg.random.truncated_normal(key, -1.0, 1.0, (3,))))
    x = dg.random.gumbel(key, shape=(3,), mode=None)
    np.testing.assert_array_equal(values(x), values(dg.random.gumbel(key, (3,), mode="low")))
    p = np.array([0.2, 0.3, 0.5], np.float32)
    counts = [values(dg.random.multinomial(key, 20, p, unroll=u)).tolist() for u in (1, 2, True)]
    assert counts[0] == counts[1] == counts[2]


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: dg.random.key(-1), ValueError, r"dualgrad.random.key: a seed must lie in \[0, 2\*\*64\), got -1"),
    (lambda: dg.random.key(2**64), ValueError, "a seed must lie in"),
    (lambda: dg.random.key(1.5), TypeError, "a seed must be an integer, got 1.5"),
    (lambda: dg.random.key(True), TypeError, "a seed must be an integer, got True"),
    (lambda: dg.random.key(dg.ones(2)), TypeError, r"got float32 of shape \(2,\)"),
    (lambda: dg.random.normal(5), TypeError, r"dualgrad.random.normal: a key must be a uint32 array of .*, got 5\. "),
    (lambda: dg.random.normal([1, 2]), TypeError, r"got \[1, 2\]\. "),
    (lambda: dg.random.normal(None), TypeError, r"got None\. "),
    (lambda: dg.random.normal(dg.ones(2)), TypeError, r"got float32 of shape \(2,\)"),
    (lambda: dg.random.normal(dg.random.split(dg.random.key(0), 3)), TypeError, r"got uint32 of shape \(3, 2\)"),
    (lambda: dg.random.normal(dg.random.key(0), (-1,)), ValueError, "must not be negative"),
    (
        lambda: dg.random.normal(dg.random.key(0), (), dg.int32),
        TypeError,
        "be a real or complex floating dtype, got int32",
    ),
    (lambda: dg.random.uniform(dg.random.key(0), (), dg.int32), TypeError, "dtype must be a real floating dtype"),
    (lambda: dg.random.gumbel(dg.random.key(0), (), mode="top"), ValueError, "mode must be 'low', 'high' or 'highest'"),
    (lambda: dg.random.normal(dg.random.key(0), (), dg.float64), TypeError, "64-bit dtypes are off"),
    (lambda: dg.random.bits(dg.random.key(0), (), dg.int32), TypeError, "dtype must be an unsigned integer dtype"),
    (lambda: dg.random.uniform(dg.random.key(0), (3,), None, dg.zeros(2)), ValueError, "dualgrad.random.uniform"),
    (lambda: dg.random.uniform(dg.random.key(0), (), None, dg.zeros(2)), ValueError, "must broadcast to shape"),
    (lambda: dg.random.randint(dg.random.key(0), (), 0, 2**32), OverflowError, "bounds must lie in"),
    (lambda: dg.random.randint(dg.random.key(0), (), 0.5, 3), TypeError, "minval and maxval must be integers"),
    (lambda: dg.random.permutation(dg.random.key(0), dg.zeros(3), 1), IndexError, "dualgrad.random.permutation: axis"),
    (lambda: dg.random.choice(dg.random.key(0), 3, (4,), False), ValueError, "without replacement at most 3"),
    (lambda: dg.random.choice(dg.random.key(0), 0, (4,)), ValueError, "something to choose from"),
    (lambda: dg.random.choice(dg.random.key(0), 3, p=dg.ones(2)), ValueError, "one probability for each of 3"),
    (
        lambda: dg.random.choice(dg.random.key(0), 2, p=np.array([0.5, 0.4])),
        ValueError,
        "p must sum to 1, got a sum of 0",
    ),
    (
        lambda: dg.jit(lambda k: dg.random.choice(k, 2, p=np.array([0.7, 0.4])))(dg.random.key(0)),
        ValueError,
        "p must sum to 1, got a sum",
    ),
    (lambda: dg.random.choice(dg.random.key(0), 2, p=dg.asarray([0.7, 0.4])), ValueError, "p must sum to 1, got a sum"),
    (lambda: dg.random.choice(dg.random.key(0), 2, p=dg.asarray([1.2, -0.2])), ValueError, r"p must lie in \[0, 1\]"),
    (lambda: dg.random.bernoulli(dg.random.key(0), 0.5, (), "mid"), ValueError, "mode must be 'low' or 'high'"),
    (lambda: dg.random.fold_in(dg.random.key(0), 0.5), TypeError, "data must be an integer"),
    (
        lambda: dg.random.wrap_key_data(dg.random.key(0), impl="native"),
        ValueError,
        "wrap_key_data: keys of 'native' have 4 words, got 2",
    ),
    (lambda: dg.random.key(np.array(-3)), ValueError, "a seed must lie in"),
    (lambda: dg.random.fold_in(dg.random.key(0), np.arange(2)), TypeError, r"an integer, got int64 of shape \(2,\)"),
    (
        lambda: dg.random.choice(dg.random.key(0), 2, p=np.array([0.5, 0.5j], np.complex64)),
        TypeError,
        "random.choice: the argument must be real",
    ),
    (
        lambda: dg.random.choice(dg.random.key(0), 2, p=np.array([np.nan, 1.0])),
        ValueError,
        "p must sum to 1, got a sum of nan",
    ),
    (
        lambda: dg.random.multinomial(dg.random.key(0), 3, np.array([np.nan, 0.5])),
        ValueError,
        "p must sum to 1, got a sum of nan",
    ),
    (
        lambda: dg.random.categorical(dg.random.key(0), np.zeros((2, 0), np.float32)),
        ValueError,
        "random.categorical: there must be something to choose from",
    ),
    (
        lambda: dg.random.multinomial(dg.random.key(0), 3, np.array([0.5, 0.5]), unroll=-1),
        ValueError,
        "random.multinomial: unroll must be",
    ),
]


@pytest.mark.parametrize(
    "draw",
    [
        lambda k: dg.random.gamma(k, None),
        lambda k: dg.random.uniform(k, (), None, None),
        lambda k: dg.random.bernoulli(k, None),
        lambda k: dg.random.categorical(k, None),
        lambda k: dg.random.multivariate_normal(k, None, np.eye(2, dtype=np.float32)),
    ],
    ids=["gamma", "uniform", "bernoulli", "categorical", "multivariate_normal"],
)
def test_none_is_no_parameter(backend: Any, draw: Callable[[Any], Any]) -> None:
    with pytest.raises(
        TypeError, match=r"dualgrad\.random\.\w+: an argument must be an array of backend .*, got .*None"
    ):
        draw(dg.random.key(0))


def test_seeds_in_numpy_arrays_keep_all_their_bits(backend: Any) -> None:
    assert values(backend.key(np.array(2**40 + 5))).tolist() == [256, 5]  # 32-bit mode narrowed the array


@pytest.mark.on_cpu
@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_mistakes_give_one_error_on_both_backends(case: int) -> None:
    call, kind, text = ERRORS[case]
    messages = []
    for name in BACKENDS:
        with dg.use_backend(name), pytest.raises(kind, match=text) as caught:
            call()
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


# Transforms


DRAWS: dict[str, Callable[[Any], Any]] = {
    "normal": lambda k: dg.random.normal(k, (7,)),
    "uniform": lambda k: dg.random.uniform(k, (2, 3), minval=-1.0, maxval=2.0),
    "randint": lambda k: dg.random.randint(k, (7,), 0, 10),
    "permutation": lambda k: dg.random.permutation(k, 7),
    "split": lambda k: dg.random.split(k, (2, 2)),
    "fold_in": lambda k: dg.random.fold_in(k, 3),
    "choice": lambda k: dg.random.choice(k, 5, (3,), p=np.full(5, 0.2, np.float32)),
    "categorical": lambda k: dg.random.categorical(k, np.zeros((2, 4), np.float32)),
    "truncated_normal": lambda k: dg.random.truncated_normal(k, -1.0, 1.0, (4,)),
    "empty": lambda k: dg.random.normal(k, (0, 2)),
    "vectors without elements": lambda k: dg.random.multivariate_normal(k, dg.zeros(0), dg.zeros((0, 0)), (3,)),
    "matrices without rows": lambda k: dg.random.orthogonal(k, 0, (2,)),
    "matrices without columns": lambda k: dg.random.orthogonal(k, 3, m=0),
}


@pytest.mark.parametrize("name", DRAWS)
def test_vmap_over_keys_equals_a_loop(backend: Any, name: str) -> None:
    keys = dg.random.split(dg.random.key(SEED), 4)
    batch = values(dg.vmap(DRAWS[name])(keys))
    loop = np.stack([values(DRAWS[name](keys[i])) for i in range(4)])
    np.testing.assert_allclose(batch, loop, rtol=1e-6, atol=0)


def test_vectors_and_matrices_without_elements_have_the_shapes_of_others(backend: Any) -> None:
    key = dg.random.key(SEED)

    def total(mean: Any, cov: Any) -> Any:
        return dg.sum(dg.random.multivariate_normal(key, mean, cov, (3,)))

    vectors = dg.random.multivariate_normal(key, dg.zeros(0), dg.zeros((0, 0)), (3,))
    slopes = dg.grad(total, argnums=(0, 1))(dg.zeros(0), dg.zeros((0, 0)))
    found = [
        vectors,
        *slopes,
        *[dg.random.orthogonal(key, n, s, m=m) for n, m, s in ((0, 0, (2,)), (3, 0, ()), (0, 3, ()))],
    ]
    assert [values(x).shape for x in found] == [(3, 0), (0,), (0, 0), (2, 0, 0), (3, 0), (0, 3)]


def test_vmap_over_keys_and_parameters_at_another_axis(backend: Any) -> None:
    keys = dg.random.split(dg.random.key(SEED), 4).T
    low = dg.asarray([0.0, 1.0, 2.0, 3.0])
    batch = values(dg.vmap(lambda k, a: dg.random.uniform(k, (2,), None, a, a + 1), in_axes=(1, 0))(keys, low))
    loop = [values(dg.random.uniform(keys[:, i], (2,), None, low[i], low[i] + 1)) for i in range(4)]
    np.testing.assert_array_equal(batch, np.stack(loop))


def test_one_jitted_program_of_many_draws_equals_the_eager_ones(backend: Any) -> None:
    def program(key: Any) -> list[Any]:
        return [draw(key) for draw in DRAWS.values()]

    key = dg.random.key(SEED)
    for jitted, eager in zip(dg.jit(program)(key), program(key), strict=True):
        np.testing.assert_allclose(values(jitted), values(eager), rtol=2e-6, atol=0)


def test_keys_made_inside_a_jitted_function_or_closed_over_are_compiled(backend: Any) -> None:
    key = dg.random.key(5)
    expected = values(dg.random.normal(key, (3,)))
    for program in (lambda: dg.random.normal(dg.random.key(5), (3,)), lambda: dg.random.normal(key, (3,))):
        np.testing.assert_allclose(values(dg.jit(program)()), expected, rtol=2e-6)  # a fall-back would warn


def test_clone_of_a_key_may_be_donated(backend: Any) -> None:
    key = dg.random.key(3)
    dg.jit(lambda k: dg.random.split(k)[0], donate_argnums=0)(dg.random.clone(key))
    assert values(key).tolist() == [0, 3]


def test_jitted_program_picks_keys_moves_them_and_returns_them_as_they_came(backend: Any) -> None:
    keys = dg.random.split(dg.random.key(6), (2, 3))

    def program(keys: Any, key: Any) -> Any:
        drawn = dg.random.normal(keys[1, 2], (4,)), dg.random.bits(dg.flip(keys, axis=0)[0, 1], (4,))
        return *drawn, keys, key, dg.random.fold_in(key, 3)

    for got, expected in zip(dg.jit(program)(keys, keys[0, 0]), program(keys, keys[0, 0]), strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(values(got), values(expected), rtol=2e-6)


def test_gradient_of_reparametrised_draws(backend: Any) -> None:
    key = dg.random.key(SEED)
    unit = values(dg.random.uniform(key, (5,))).astype(np.float64)
    low, high = dg.grad(lambda a, b: dg.sum(dg.random.uniform(key, (5,), None, a, b)), argnums=(0, 1))(2.0, 3.0)
    np.testing.assert_allclose([float(low), float(high)], [np.sum(1 - unit), np.sum(unit)], rtol=1e-5)

    with dg.enable_x64(True):

        def total(a: Any) -> Any:
            return dg.sum(dg.random.truncated_normal(key, a, 2.0, (5,)))

        h = 1e-5
        expected = (float(total(-1.0 + h)) - float(total(-1.0 - h))) / (2 * h)
        assert float(dg.grad(total)(-1.0)) == pytest.approx(expected, rel=1e-7)


# Statistics


@pytest.mark.parametrize(
    ("name", "law"),
    [
        ("uniform", stats.uniform),
        ("normal", stats.norm),
        ("exponential", stats.expon),
        ("gumbel", stats.gumbel_r),
        ("laplace", stats.laplace),
        ("logistic", stats.logistic),
        ("cauchy", stats.cauchy),
    ],
)
def test_continuous_samples_follow_their_law(backend: Any, name: str, law: Any) -> None:
    sample = values(getattr(backend, name)(backend.key(SEED), (20_000,)))
    assert stats.kstest(sample, law.cdf).pvalue > 1e-3


def test_integers_are_uniform(backend: Any) -> None:
    key = backend.key(SEED)
    counts = np.bincount(values(backend.randint(key, (20_000,), 0, 13)), minlength=13)
    assert stats.chisquare(counts).pvalue > 1e-3
    for sample in (backend.bits(key, (20_000,), "uint8"), values(backend.bits(key, (20_000,), "uint32")) >> 24):
        assert stats.chisquare(np.bincount(values(sample), minlength=256)).pvalue > 1e-3
    for sample, p in ((backend.bernoulli(key, 0.3, (20_000,)), 0.3), (backend.rademacher(key, (20_000,)) > 0, 0.5)):
        assert stats.binomtest(int(values(sample).sum()), 20_000, p).pvalue > 1e-3
    first = [int(values(backend.permutation(k, 6))[0]) for k in backend.split(key, 600)]
    assert stats.chisquare(np.bincount(first, minlength=6)).pvalue > 1e-3
    p = np.array([0.1, 0.2, 0.7], np.float32)
    for sample in (backend.choice(key, 3, (20_000,), p=p), backend.categorical(key, np.log(p), shape=(20_000,))):
        assert stats.chisquare(np.bincount(values(sample), minlength=3), 20_000 * p / p.sum()).pvalue > 1e-3


def test_split_keys_give_uncorrelated_numbers(backend: Any) -> None:
    a, b = (values(backend.normal(k, (20_000,))) for k in backend.split(backend.key(SEED)))
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(20_000)


GOLDEN: dict[str, list[Any]] = {
    "split": [[1797259609, 2579123966], [928981903, 3453687069]],
    "fold_in": [2716826189, 292468403],
    "uniform": [0.48870956897735596, 0.6797971725463867, 0.6162714958190918, 0.5610160827636719],
    "normal": [-0.02830461598932743, 0.4671318531036377, 0.2957029640674591, 0.15354591608047485],
    "randint": [94, 49, 76, -1, 84, 19, 12, 67],
    "permutation": [7, 4, 2, 5, 3, 6, 8, 9, 0, 1],
    "uint8": [162, 217, 249, 215],
    "uint16": [5026, 12505, 63993, 49623],
    "uint32": [2098992034, 2919706841, 2646866425, 2409546199],
    "uint64": [7871734211187709741, 276886910877598708, 10591095138341673235, 13462782411356743825],
}


def test_mapped_chances_choose_without_a_warning_of_torch() -> None:
    """In a process of its own: torch warns once in each."""
    program = """
import warnings; warnings.simplefilter("error")
import dualgrad as dg
dg.set_backend("torch")
p = dg.asarray([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
draw = lambda p: dg.random.choice(dg.random.key(0), 3, (4,), p=p)
assert (dg.vmap(draw)(p) == dg.stack([draw(p[0]), draw(p[1])])).all()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
