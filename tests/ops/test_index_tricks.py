"""Grids, concatenations and indices that are written between brackets; kinds of dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

THREE: Any = 3
KEYS = [
    np.s_[0:3],
    np.s_[1:2:4j],
    np.s_[0:3, 1:5:2],
    np.s_[0:2, 0.5:1:3j],
    np.s_[:4, 2:0:-1, 0:1:2j],
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_grids_are_numpys(key: Any, backend: Any, x64: None) -> None:
    dense, want = dg.to_numpy(dg.mgrid[key]), np.mgrid[key]
    np.testing.assert_allclose(dense, want, rtol=1e-15)
    assert dense.dtype == want.dtype
    if isinstance(key, tuple):
        for got, open_ in zip(dg.ogrid[key], np.ogrid[key], strict=True):
            np.testing.assert_allclose(dg.to_numpy(got), open_, rtol=1e-15)


JOINS: list[tuple[str, Any]] = [
    ("r_", lambda x, y: (slice(1, 4), 0, x)),
    ("r_", lambda x, y: (x, 2.5, y)),
    ("r_", lambda x, y: ("0,2", x, y)),
    ("r_", lambda x, y: ("1,2,0", x, y)),
    ("r_", lambda x, y: ("-1,3,1", x, y)),
    ("r_", lambda x, y: (slice(0, 1, 3j), [1, 2])),
    ("c_", lambda x, y: (x, y)),
    ("c_", lambda x, y: (slice(0, 3), y)),
]


@pytest.mark.parametrize(("name", "key"), JOINS, ids=range(len(JOINS)))
def test_pieces_are_joined_as_numpy_does(name: str, key: Any, backend: Any, x64: None) -> None:
    x, y = np.array([0.5, 1.5, -2.0]), np.array([3.0, 4.0, 5.0])
    got = dg.to_numpy(getattr(dg, name)[key(dg.asarray(x), dg.asarray(y))])
    want = getattr(np, name)[key(x, y)]
    np.testing.assert_allclose(got, want, rtol=1e-15)
    assert got.dtype == want.dtype


def test_joined_pieces_are_differentiated(backend: Any) -> None:
    slope = dg.grad(lambda x: dg.sum(dg.r_[x, 1.0, 2.0 * x] * dg.r_[0:5]))(dg.asarray([1.0, 2.0]))
    assert dg.to_numpy(slope).tolist() == [6.0, 9.0]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: dg.mgrid[THREE], TypeError, "dualgrad.mgrid: an index must be a slice"),
        (lambda: dg.ogrid[0:2, 1:], ValueError, "dualgrad.ogrid: a slice must have an end"),
        (lambda: dg.r_["r", 1, 2], ValueError, "dualgrad.r_: the string in front"),
        (lambda: dg.c_[1, "0"], ValueError, "dualgrad.c_: a string must stand in front"),
    ],
)
def test_wrong_index_is_named(make: Any, error: type[Exception], words: str, backend: Any) -> None:
    with pytest.raises(error, match=words):
        make()


def test_index_is_a_value() -> None:
    assert dg.s_[1:3] == slice(1, 3)
    assert dg.s_[1:3, ..., 0] == (slice(1, 3), ..., 0)
    assert dg.index_exp[1:3] == (slice(1, 3),)


NAMES = ["generic", "number", "integer", "signedinteger", "unsignedinteger", "inexact", "floating", "complexfloating"]
DTYPES = ["bool", "int8", "uint32", "float16", "float32", "complex64"]


@pytest.mark.parametrize("kind", NAMES)
def test_kinds_are_numpys(kind: str, backend: Any) -> None:
    for name in DTYPES:
        assert dg.issubdtype(getattr(dg, name), getattr(dg, kind)) == np.issubdtype(np.dtype(name), getattr(np, kind))
    for other in NAMES:
        want = np.issubdtype(getattr(np, other), getattr(np, kind))
        assert dg.issubdtype(getattr(dg, other), getattr(dg, kind)) == want
        assert dg.issubdtype(getattr(np, other), getattr(np, kind)) == want  # which `jax.numpy` has taken over


def test_dtype_is_of_its_own_kind_alone(backend: Any) -> None:
    assert dg.issubdtype(dg.ones(2).dtype, dg.float32)
    assert not dg.issubdtype(dg.float32, dg.float16)
    assert not dg.issubdtype(dg.floating, dg.float32)


def test_class_in_the_place_of_a_kind_is_named(backend: Any) -> None:
    with pytest.raises(TypeError, match=r"kind must be a dtype.* got <class 'numpy.ndarray'>"):
        dg.issubdtype(dg.float32, np.ndarray)  # pyright: ignore[reportArgumentType]
