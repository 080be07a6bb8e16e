"""Options may be integers of NumPy's, or arrays of them where a sequence of integers is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.testing import Scenario
from dualgrad.testing._row import lookup, map_arrays, run_row
from dualgrad.testing.scenarios import all_rows

ONE: Any = np.int64(1)
AN_ARRAY: Any = np.array([[1, 0], [0, 2]])
X = np.array([[0.5, -1.5, 2.5, 0.25], [3.5, 0.75, -0.5, 1.25], [-2.0, 4.0, 1.0, 0.125]])

pytestmark = pytest.mark.usefixtures("backend")


def of_numpy(x: Any) -> Any:
    """The integers in an option as NumPy's."""
    if type(x) is int:
        return np.int64(x)
    return type(x)(map(of_numpy, x)) if type(x) in (tuple, list) else x


def holds_integer(x: Any) -> bool:
    return type(x) is int or (isinstance(x, tuple | list) and any(map(holds_integer, x)))


# One row for each form of an op's options: rows differ in their arguments, which `of_numpy` leaves alone.
FORMS: dict[tuple[Any, ...], Scenario] = {
    (row.op, *sorted(row.kwargs)): row
    for row in all_rows()
    if not row.heavy and any(map(holds_integer, row.kwargs.values()))
}


def test_integers_of_numpy_serve_as_options_of_every_op(x64: None) -> None:
    for row in FORMS.values():
        wanted = dg.tree.leaves(run_row(row, row.args))
        options = {k: of_numpy(v) for k, v in row.kwargs.items()}
        options = {k: map_arrays(dg.asarray, v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        got = dg.tree.leaves(lookup(row.op)(*map_arrays(dg.asarray, row.args), **options))
        assert len(got) == len(wanted), row.id
        for a, b in zip(got, wanted, strict=True):
            x, y = (dg.to_numpy(v) if dg.is_array(v) else v for v in (a, b))
            np.testing.assert_array_equal(x, y, row.id)


LIKE_NUMPY: dict[str, Callable[[Any, Callable[[Any], Any]], Any]] = {
    "sum": lambda xp, a: xp.sum(a(X), axis=np.int64(1)),
    "mean": lambda xp, a: xp.mean(a(X), np.int32(-1), keepdims=True),
    "flip": lambda xp, a: xp.flip(a(X), np.uint8(0)),
    "squeeze": lambda xp, a: xp.squeeze(a(X[:1]), np.argmin(X[:1].shape)),
    "expand_dims": lambda xp, a: xp.expand_dims(a(X), (np.int64(0), np.int64(-1))),
    "expand_dims list": lambda xp, a: xp.expand_dims(a(X), [-1, 1]),
    "count_nonzero": lambda xp, a: xp.count_nonzero(a(X), axis=np.array(1)),
    "quantile": lambda xp, a: xp.quantile(a(X), 0.3, axis=np.int64(0)),
    "histogram": lambda xp, a: xp.histogram(a(X), np.int64(4)),
    "histogram_bin_edges": lambda xp, a: xp.histogram_bin_edges(a(X), np.array(4)),
    "histogram2d": lambda xp, a: xp.histogram2d(a(X[0]), a(X[1]), np.int64(3)),
    "histogram2d of two": lambda xp, a: xp.histogram2d(a(X[0]), a(X[1]), (np.int64(3), a(np.array([0.0, 1.0, 4.0])))),
    "histogramdd": lambda xp, a: xp.histogramdd(a(X), np.int32(2))[0],
    "histogramdd of several": lambda xp, a: xp.histogramdd(a(X), np.array([2, 3, 1, 2]))[0],
    "tensordot": lambda xp, a: xp.tensordot(a(X), a(X.T), np.int64(1)),
    "tensordot of pairs": lambda xp, a: xp.tensordot(a(X), a(X), np.array([[0, 1], [0, 1]])),
    "norm": lambda xp, a: xp.linalg.norm(a(X), np.int64(3), axis=np.int64(0)),
    "vector_norm": lambda xp, a: xp.linalg.vector_norm(a(X), ord=np.int64(-3), axis=-1),
    "matrix_norm": lambda xp, a: xp.linalg.matrix_norm(a(X), ord=np.array(1)),
    "unwrap": lambda xp, a: xp.unwrap(a(np.array([0, 3, 7, 2])), period=np.int64(4)),
    "pad": lambda xp, a: xp.pad(a(X), ((1, 2), (2, 1)), "mean", stat_length=np.array([[1, 2], [3, 1]])),
}


@pytest.mark.parametrize("name", LIKE_NUMPY)
def test_integer_of_numpy_is_what_it_is_to_numpy(x64: None, name: str) -> None:
    wanted, got = LIKE_NUMPY[name](np, np.asarray), LIKE_NUMPY[name](dg, dg.asarray)
    wanted, got = (x if isinstance(x, tuple) else (x,) for x in (wanted, got))
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(dg.to_numpy(a), b, rtol=1e-12, atol=1e-12)
        assert dg.to_numpy(a).dtype.kind == np.asarray(b).dtype.kind


def test_padding_of_a_convolution_may_be_an_array() -> None:
    x, kernel = dg.ones((1, 1, 3, 3)), dg.ones((1, 1, 2, 2))
    got = dg.nn.conv(x, kernel, padding=AN_ARRAY)
    assert dg.to_numpy(got)[0, 0].tolist() == [[2, 2, 1, 0], [4, 4, 2, 0], [4, 4, 2, 0]]


def test_form_of_a_matrix_may_be_an_integer_of_numpy() -> None:
    a, b = dg.asarray([[2.0, 1.0], [0.0, 4.0]]), dg.asarray([2.0, 5.0])
    got = dg.linalg.lu_solve(dg.linalg.lu_factor(a), b, ONE)
    np.testing.assert_allclose(dg.to_numpy(got), [1.0, 1.0], rtol=1e-6)


@pytest.mark.parametrize("op", [dg.sum, dg.squeeze, dg.flip, dg.expand_dims, dg.median], ids=lambda op: op.__name__)
@pytest.mark.parametrize("wrong", [lambda: iter((0, 2)), lambda: (i for i in (0, 2)), lambda: np.float64(0.0)])
def test_iterator_or_float_is_no_axis(op: Callable[..., Any], wrong: Callable[[], Any]) -> None:
    with pytest.raises(TypeError, match=rf"dualgrad\.{op.__name__}: axis must be an integer, a tuple of integers or"):
        op(dg.ones((1, 3, 1)), axis=wrong())


@pytest.mark.parametrize("op", [dg.allclose, dg.isclose, dg.array_equal], ids=lambda op: op.__name__)
def test_dict_in_the_place_of_an_array_is_shown_as_it_was_given(op: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=rf"dualgrad\.{op.__name__}: an argument .* got builtins\.dict: {{'a': 1}}"):
        op({"a": 1}, dg.ones(2))
