"""The strategies give what they promise, reach every special case, and shrink to examples that show the fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import dualgrad as dg
from dualgrad.testing import strategies as dgst

MANY = settings(max_examples=1000, database=None, derandomize=True)


def minimal(strategy: Any, condition: Callable[[Any], Any]) -> Any:
    """The smallest example that Hypothesis finds for a condition."""
    return find(strategy, lambda x: bool(condition(x)), settings=MANY)


def shown(x: Any) -> Any:
    """An array as a list, with its dtype; trees with arrays replaced."""
    return (x.tolist(), str(x.dtype)) if isinstance(x, np.ndarray) else x


# Strategy, condition, and the example that is found.
MINIMAL: dict[str, tuple[Any, Callable[[Any], Any], Any]] = {
    "any array": (dgst.arrays(), lambda x: True, (0.0, "float64")),
    "one element": (dgst.arrays(), lambda x: x.size, (0.0, "float64")),
    "a vector": (dgst.arrays(), lambda x: x.ndim == 1 and x.size > 1, ([0.0, 0.0], "float64")),
    "one element above 1": (dgst.arrays(shape=(3,)), lambda x: (x > 1).any(), ([0.0, 0.0, 2.0], "float64")),
    "a nan": (dgst.arrays(shape=(2,)), lambda x: np.isnan(x).any(), ([0.0, np.nan], "float64")),
    "integers": (dgst.arrays("int8", (2,)), lambda x: x.sum() > 3, ([0, 4], "int8")),
    "overflow": (dgst.arrays("int8", (1,)), lambda x: x > 100, ([101], "int8")),
    "bools": (dgst.arrays("bool", (2,)), lambda x: x.any(), ([False, True], "bool")),
    "complex": (dgst.arrays("complex128", (1,)), lambda x: x.imag > 0, ([1j], "complex128")),
    "bounded below": (dgst.arrays(shape=(1,), low=2.0, high=5.0, special=()), lambda x: True, ([2.0], "float64")),
    "empty axis": (dgst.shapes(), lambda s: 0 in s, (0,)),
    "three axes": (dgst.shapes(min_side=1), lambda s: len(s) == 3, (1, 1, 1)),
    "broadcast": (dgst.broadcastable_shapes(2), lambda s: s[0] != s[1], ((0,), (), (0,))),
    "axis from the end": (dgst.axes(3), lambda a: a < 0, -1),
    "several axes": (dgst.axes(3, several=True), lambda a: isinstance(a, tuple) and len(a) == 2, (0, 1)),
    "a dict in a tree": (dgst.pytrees(st.just(1)), lambda t: isinstance(t, dict) and t, {"a": 1}),
    "a matrix": (dgst.well_conditioned(2, cond=2.5), lambda a: True, ([[1.0, 0.0], [0.0, 2.0]], "float64")),
    "definite": (dgst.positive_definite(2, cond=2.5), lambda a: True, ([[1.0, 0.0], [0.0, 2.0]], "float64")),
    "eigenvalues": (dgst.distinct_eigenvalues(2), lambda a: True, ([[0.5, 0.0], [0.0, 1.0]], "float64")),
    "a key": (dgst.keys(), lambda k: True, ([0, 0], "uint32")),
    "another key": (dgst.keys(), lambda k: k[1] > 5, ([0, 6], "uint32")),
}


@pytest.mark.parametrize("name", MINIMAL)
def test_smallest_example_is_simple(name: str) -> None:
    strategy, condition, expected = MINIMAL[name]
    found = shown(minimal(strategy, condition))
    assert repr(found) == repr(expected)


@pytest.mark.parametrize("dtype", [*dgst.FLOATS, *dgst.COMPLEX, *dgst.INTEGERS, "bool"])
def test_arrays_have_their_dtype_and_shape(dtype: str) -> None:
    @given(dgst.arrays(dtype, (2, 3)))
    def check(x: Any) -> None:
        assert x.dtype == getattr(dg, dtype).dtype
        assert x.shape == (2, 3)

    check()


@pytest.mark.parametrize("value", [-0.0, float("inf"), float("nan"), -1e-30])
def test_special_value_is_reached(value: float) -> None:
    found = minimal(dgst.arrays(shape=(1,)), lambda x: repr(x[0].item()) == repr(value))
    assert repr(found[0].item()) == repr(value)


@given(dgst.broadcastable_shapes(3))
def test_shapes_broadcast_to_the_last(shapes: Any) -> None:
    assert np.broadcast_shapes(*shapes[:-1]) == shapes[-1]


@given(dgst.broadcastable_arrays(2, special=()))
def test_arrays_broadcast_together(pair: Any) -> None:
    assert (pair[0] + pair[1]).size >= 0


@given(dgst.well_conditioned(batch=(2,), cond=4.0))
def test_condition_number_is_bounded(a: Any) -> None:
    assert a.shape[0] == 2
    assert (np.linalg.cond(a) <= 4.0 + 1e-9).all()


@given(dgst.positive_definite(3, batch=(2,)))
def test_definite_matrices_are_symmetric_with_eigenvalues_above_one(a: Any) -> None:
    np.testing.assert_array_equal(a, np.swapaxes(a, -1, -2))
    values = np.linalg.eigvalsh(a)
    assert (values > 1 - 1e-9).all()
    assert (np.diff(values) > 0.1).all()


@given(dgst.distinct_eigenvalues(3, gap=0.5), dgst.distinct_eigenvalues(3, symmetric=False, gap=0.5))
def test_eigenvalues_are_apart(a: Any, b: Any) -> None:
    for matrix in (a, b):
        values = np.linalg.eigvals(matrix)
        assert np.abs(values.imag).max() < 1e-6
        assert (np.diff(np.sort(values.real)) > 0.5 - 1e-6).all()


@given(dgst.seeds())
@settings(max_examples=5)
def test_keys_are_those_of_seeds(seed: int) -> None:
    found = minimal(dgst.keys(), lambda k: k[1] == seed) if seed < 100 else np.array([0, seed], np.uint32)
    with dg.use_backend("torch"):
        np.testing.assert_array_equal(dg.to_numpy(dg.random.key(seed)), found)


def test_axis_of_a_scalar_is_refused_by_hypothesis() -> None:
    assert dgst.axes(0).is_empty
