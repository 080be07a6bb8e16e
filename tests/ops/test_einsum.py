"""The order in which `einsum` takes its products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

RNG = np.random.default_rng(0)
A, B, C, D = (RNG.normal(size=shape) for shape in ((3, 40), (40, 40), (40, 2), (2, 3)))
EQUATION = "ij,jk,kl,lm->im"


def test_einsum_path_is_numpys() -> None:
    path, report = dg.einsum_path(EQUATION, A, B, C, D)
    want, text = np.einsum_path(EQUATION, A, B, C, D, optimize="optimal")
    assert path == want
    assert report == text


@pytest.mark.parametrize(
    "optimize", [True, False, "auto", "optimal", "greedy", ["einsum_path", (0, 3), (0, 1), (0, 1)]]
)
def test_einsum_gives_the_same_in_every_order(optimize: Any, backend: Any, x64: None) -> None:
    out = dg.einsum(EQUATION, *map(dg.asarray, (A, B, C, D)), optimize=optimize)
    np.testing.assert_allclose(dg.to_numpy(out), A @ B @ C @ D, rtol=1e-12)


def test_einsum_path_takes_shapes_alone() -> None:
    shapes = [dg.ShapeDtypeStruct(x.shape, dg.float32) for x in (A, B, C)]
    assert dg.einsum_path("ij,jk,kl->il", *shapes)[0] == ["einsum_path", (1, 2), (0, 1)]


def test_einsum_forms_no_larger_product_than_the_best_order_needs(x64: None) -> None:
    """The first product from left to right would have 10**9 elements."""
    u, v = np.ones(30000), np.ones(30000)
    with dg.use_backend("torch"):
        assert float(dg.einsum("i,j,j->", *map(dg.asarray, (u, v, v)))) == 9e8


@pytest.mark.parametrize("wrong", [(A,), (A, [0, 1], B), (A, [0, 52]), (A, [0, "j"])])
def test_einsum_names_what_is_no_list_of_axes(wrong: tuple[Any, ...], backend: Any) -> None:
    arrays = [dg.asarray(x) if isinstance(x, np.ndarray) else x for x in wrong]
    with pytest.raises(ValueError, match=r"dualgrad\.einsum: subscripts must be a string, or a list of axis numbers"):
        dg.einsum(*arrays)


def test_einsum_refuses_an_order_that_it_does_not_know(backend: Any) -> None:
    with pytest.raises(ValueError, match=r"dualgrad\.einsum: optimize must be .* got optimize='fast'"):
        dg.einsum("ij,jk", dg.ones((2, 2)), dg.ones((2, 2)), optimize="fast")


SUMMED = ("ba,b->", "ba,b->b", "bac,b->c", "aa,ab->b", "...a,a", "ab,cd->ad", "ab,b,cb->")


def counting(equation: str, dtype: str) -> list[Any]:
    sizes = {"a": 3, "b": 3 if "aa" in equation or "..." in equation else 2, "c": 2, "d": 4, ".": 2}
    shapes = [[sizes[c] for c in term] for term in equation.partition("->")[0].replace("...", ".").split(",")]
    return [np.arange(np.prod(shape)).reshape(shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "bool"])
def test_einsum_of_integers_sums_what_one_operand_alone_has(dtype: str, backend: Any, x64: None) -> None:
    operands = {equation: counting(equation, dtype) for equation in SUMMED}

    def every(given: dict[str, list[Any]]) -> dict[str, Any]:
        return {equation: dg.einsum(equation, *arrays) for equation, arrays in given.items()}

    for fun in (every, dg.jit(every)):
        for equation, out in fun(dg.tree.map(dg.asarray, operands)).items():
            expected = np.einsum(equation, *operands[equation])
            assert dg.to_numpy(out).dtype == expected.dtype, equation
            np.testing.assert_array_equal(dg.to_numpy(out), expected, equation)
