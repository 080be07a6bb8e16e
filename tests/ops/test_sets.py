"""Sets below `vmap`, where nothing is to be warned of."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualgrad as dg


def test_values_looked_for_in_mapped_keys(backend: Any, x64: None) -> None:
    x, sets = np.arange(4.0), np.array([[1.0, 0.5, 3.0], [2.0, 7.0, 0.0]])
    found = dg.vmap(lambda s: dg.isin(dg.asarray(x), s))(dg.asarray(sets))
    np.testing.assert_array_equal(dg.to_numpy(found), [np.isin(x, s) for s in sets])
    places = dg.vmap(lambda s: dg.searchsorted(dg.sort(s), dg.asarray(x)))(dg.asarray(sets))
    np.testing.assert_array_equal(dg.to_numpy(places), [np.searchsorted(np.sort(s), x) for s in sets])


def test_intersection_gives_its_gradient_to_the_first_array(backend: Any, x64: None) -> None:
    x1, x2 = np.array([3.0, 1.0, 2.0]), np.array([2.0, 3.0, 9.0])
    fun = dg.grad(lambda a, b: dg.sum(dg.intersect1d(a, b, size=3, fill_value=0.0) ** 2), (0, 1))
    a, b = dg.jit(fun)(dg.asarray(x1), dg.asarray(x2))
    np.testing.assert_array_equal(dg.to_numpy(a), [6.0, 0.0, 4.0])
    np.testing.assert_array_equal(dg.to_numpy(b), np.zeros(3))
