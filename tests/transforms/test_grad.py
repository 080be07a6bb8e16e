"""`grad` and `value_and_grad`: arguments, trees, nesting and messages, the same on every backend."""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

Point = namedtuple("Point", ["x", "y"])


@dg.tree.register_dataclass
@dataclasses.dataclass
class Params:
    w: Any
    b: Any
    name: str = dataclasses.field(default="layer", metadata={"static": True})


class Interval:
    def __init__(self, low: Any, high: Any) -> None:
        self.low, self.high = low, high


dg.tree.register_node(Interval, lambda i: ((i.low, i.high), None), lambda _, children: Interval(*children))


@pytest.mark.parametrize(
    ("fun", "at", "slope"), [(lambda x: x**2 + 2 * x + 1, 3.0, 8.0), (lambda x: x**2 + 3 * x + 2, 1.0, 5.0)]
)
def test_grad_of_python_float_is_the_textbook_derivative(fun: Any, at: float, slope: float) -> None:
    assert float(dg.grad(fun)(at)) == slope


def test_grad_of_python_float_is_a_native_scalar_of_the_default_dtype() -> None:
    slope = dg.grad(lambda x: x * x)(3.0)

    assert slope.shape == ()
    assert slope.dtype == dg.float32


@pytest.mark.parametrize(
    ("argnums", "expected"), [(0, 12.0), (1, 4.0), (-1, 4.0), ((1, 0), (4.0, 12.0)), ([0], (12.0,)), ((-2,), (12.0,))]
)
def test_argnums_choose_arguments_and_a_sequence_gives_a_tuple(argnums: Any, expected: Any) -> None:
    got = dg.grad(lambda x, y: x * x * y, argnums)(2.0, 3.0)

    if isinstance(expected, tuple):
        assert isinstance(got, tuple)
        assert tuple(float(g) for g in got) == expected
    else:
        assert float(got) == expected


def test_integers_among_the_arguments_have_gradient_zero_where_they_are_allowed() -> None:
    state = {"w": dg.asarray([1.0, 2.0]), "step": dg.asarray(3, dtype=dg.int32), "mask": dg.asarray([True, False])}

    def loss(s: Any, k: Any, x: Any) -> Any:
        return dg.sum(dg.where(s["mask"], s["w"] ** 2, 0.0)) * k * x, "aux"

    (value, aux), (of_state, of_k, of_x) = dg.jit(
        lambda *args: dg.value_and_grad(lambda *a: (loss(*a)[0], a[1]), (0, 1, 2), has_aux=True, allow_int=True)(*args),
        compiler="replay",
    )(state, 2, 5.0)
    gradient, told = dg.grad(loss, has_aux=True, allow_int=True)(state, 2, 5.0)

    assert (float(value), int(aux), int(of_k), float(of_x), told) == (10.0, 2, 0, 2.0, "aux")
    assert of_k.dtype == dg.int32
    for got in (of_state, gradient):
        assert dg.to_numpy(got["w"]).tolist() == [20.0, 0.0]
        assert (int(got["step"]), got["step"].dtype) == (0, dg.int32)
        assert dg.to_numpy(got["mask"]).tolist() == [False, False]
    assert int(dg.grad(lambda n: n * 1.0, allow_int=True)(3)) == 0


def test_keyword_arguments_are_passed_and_not_differentiated() -> None:
    assert float(dg.grad(lambda x, *, k: x * k)(2.0, k=5.0)) == 5.0


def test_has_aux_returns_anything_beside_the_gradient() -> None:
    def loss(x: Any) -> Any:
        return x * x, {"array": x + 1, "text": "kept", "none": None, "number": 3}

    (value, aux), slope = dg.value_and_grad(loss, has_aux=True)(2.0)

    assert (float(value), float(slope), float(aux["array"])) == (4.0, 4.0, 3.0)
    assert (aux["text"], aux["none"], aux["number"]) == ("kept", None, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: {"b": b, "a": a},
        lambda a, b: [a, (b, None)],
        lambda a, b: Point(a, b),
        lambda a, b: OrderedDict(z=a, y=b),
        lambda a, b: Params(a, b),
        lambda a, b: Interval(a, b),
    ],
    ids=["dict", "nested", "namedtuple", "OrderedDict", "dataclass", "registered"],
)
def test_gradient_has_the_tree_of_its_argument(make: Any) -> None:
    tree = make(dg.asarray([1.0, 2.0]), 3.0)

    got = dg.grad(lambda t: sum(dg.sum(leaf * leaf) for leaf in dg.tree.leaves(t)))(tree)

    assert dg.tree.structure(got) == dg.tree.structure(tree)
    for leaf, slope in zip(dg.tree.leaves(tree), dg.tree.leaves(got), strict=True):
        np.testing.assert_allclose(dg.to_numpy(slope), 2 * np.asarray(dg.to_numpy(dg.asarray(leaf))))


def test_argument_that_is_not_used_has_gradient_zero() -> None:
    got = dg.grad(lambda x, y: x * x, (0, 1))(2.0, dg.ones(3))

    assert dg.to_numpy(got[1]).tolist() == [0.0, 0.0, 0.0]


def test_constant_function_has_gradient_zero() -> None:
    assert float(dg.grad(lambda x: 2.0)(1.0)) == 0.0


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_nested_grad_gives_higher_derivatives(order: int) -> None:
    fun = dg.exp
    for _ in range(order):
        fun = dg.grad(fun)

    assert float(fun(0.5)) == pytest.approx(np.exp(0.5), rel=1e-6)


def test_inner_grad_does_not_confuse_its_variable_with_the_outer_one() -> None:
    # d/dx [x * d/dy (x + y)] = d/dx [x * 1] = 1; confusing x with y gives 2.
    assert float(dg.grad(lambda x: x * dg.grad(lambda y: x + y)(1.0))(1.0)) == 1.0
    assert float(dg.grad(lambda x: x * dg.grad(lambda y: x * y)(x))(3.0)) == 6.0


def test_grad_through_value_that_an_inner_grad_closes_over() -> None:
    outer = dg.grad(lambda w: dg.grad(lambda x: (w * x) ** 2)(3.0))

    assert float(outer(2.0)) == 24.0


def test_data_dependent_python_control_flow_is_differentiated_eagerly() -> None:
    def collatz_like(x: Any) -> Any:
        while x < 10.0:
            x = x * 2.0 if x > 3.0 else x + 1.5
        return x

    # 1 -> 2.5 -> 4 -> 8 -> 16: two doublings.
    assert float(dg.grad(collatz_like)(1.0)) == 4.0


@pytest.mark.parametrize("reals", [(1.0, 2.0)])
def test_gradient_of_real_function_of_complex_argument_follows_jax(reals: tuple[float, float]) -> None:
    z = dg.asarray(complex(*reals))

    got = dg.grad(lambda z: dg.real(z * dg.conj(z)))(z)

    assert complex(got) == complex(2.0, -4.0)


def test_holomorphic_gradient_is_the_complex_derivative() -> None:
    assert complex(dg.grad(lambda z: z * z, holomorphic=True)(1.0 + 2.0j)) == 2.0 + 4.0j


def test_stop_gradient_holds_its_argument_constant() -> None:
    assert float(dg.grad(lambda x: x * dg.stop_gradient({"x": x})["x"])(3.0)) == 3.0


def test_numpy_argument_is_differentiated_in_the_default_dtype() -> None:
    got = dg.grad(lambda x: dg.sum(x * x))(np.array([1.0, 2.0]))

    assert got.dtype == dg.float32
    assert dg.to_numpy(got).tolist() == [2.0, 4.0]


@pytest.mark.x64
def test_python_float_is_differentiated_in_float64_in_64_bit_mode() -> None:
    assert dg.grad(lambda x: x * x)(3.0).dtype == dg.float64


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dg.grad(lambda x: x * dg.ones(2))(1.0), TypeError, ("scalar", "shape (2,)", "has_aux")),
        (lambda: dg.grad(lambda x: (x, x))(1.0), TypeError, ("scalar", "tuple")),
        (lambda: dg.grad(lambda x: dg.astype(x, dg.int32))(1.0), TypeError, ("real floating-point", "int32")),
        (lambda: dg.grad(lambda x: x * 1j)(1.0), TypeError, ("real floating-point", "complex64")),
        (lambda: dg.grad(lambda x: x)(3), TypeError, ("floating-point or complex", "int")),
        (lambda: dg.grad(lambda x: x)(dg.asarray([1, 2])), TypeError, ("floating-point or complex", "int32")),
        (lambda: dg.grad(lambda x: x)(True), TypeError, ("floating-point or complex", "bool")),
        (lambda: dg.grad(lambda x: x, 1)(1.0), ValueError, ("argnums=1", "1 positional argument")),
        (lambda: dg.grad(lambda x, y: x, (0, -2))(1.0, 2.0), ValueError, ("repeat", "(0, -2)")),
        (lambda: dg.grad(lambda x: x, 1.5)(1.0), TypeError, ("argnums", "1.5")),
        (lambda: dg.grad(lambda x: x, holomorphic=True)(1.0), TypeError, ("holomorphic", "float")),
        (lambda: dg.grad(lambda x: x, has_aux=True)(1.0), TypeError, ("pair", "has_aux")),
        (lambda: dg.grad(3.0), TypeError, ("function", "float")),
    ],
)
def test_mistakes_are_told_in_one_way(call: Any, error: type[Exception], words: tuple[str, ...]) -> None:
    messages: list[str] = []
    for name in ("jax", "torch"):
        with dg.use_backend(name), pytest.raises(error) as caught:
            call()
        messages.append(str(caught.value))

    assert messages[0] == messages[1]
    assert messages[0].startswith("dualgrad.")
    for word in words:
        assert word in messages[0]


def test_number_that_a_jitted_function_returns_is_an_array_below_a_transform(backend: Any) -> None:
    scaled = dg.jit(lambda x, s: (dg.sum(x * s), s), compiler="replay")
    x = dg.ones((2, 3))

    (value, aux), slope = dg.vmap(dg.value_and_grad(scaled, has_aux=True), in_axes=(0, None))(x, 2.0)
    kept = dg.vjp(lambda x: scaled(x, 2.0), x, has_aux=True)[2]

    np.testing.assert_allclose(dg.to_numpy(value), [6.0, 6.0])
    np.testing.assert_allclose(dg.to_numpy(aux), [2.0, 2.0])
    np.testing.assert_allclose(dg.to_numpy(slope), 2.0 * np.ones((2, 3)))
    assert dg.to_numpy(kept) == 2.0


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_python_copy_of_a_differentiated_array_is_never_a_silent_zero(copied: Any) -> None:
    def slope() -> Any:
        return dg.grad(lambda x: dg.sum(copied({"x": x})["x"] ** 2 if copied is copy.deepcopy else copied(x) ** 2))(3.0)

    with dg.use_backend("jax"):
        assert slope() == 6.0
    with dg.use_backend("torch"), pytest.raises(TypeError, match=r"copy\.copy or copy\.deepcopy, which forget"):
        slope()


@pytest.mark.parametrize("kind", [TypeError, ValueError])
@pytest.mark.parametrize(
    "call",
    [
        lambda: dg.vjp(dg.sin, dg.ones(3))[1](dg.ones(4)),
        lambda: dg.jvp(dg.sin, (dg.ones(3),), ()),
        lambda: dg.linear_transpose(lambda x: [x, x], 1.0)(1.0),
        lambda: dg.grad(dg.sin)(x=1.0),
        lambda: dg.jit(lambda x, n: x, static_argnums=1, compiler="replay")(1.0, np.ones(2)),
    ],
    ids=["cotangent", "tangents", "structure", "argnums", "static"],
)
def test_what_does_not_fit_is_caught_as_either_built_in_error(call: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"^dualgrad\."):
        call()


def test_generator_function_is_refused_where_it_is_given() -> None:
    def numbers(x: Any) -> Any:
        yield x

    with pytest.raises(TypeError, match=r"dualgrad\.jit: .* the generator 'numbers'"):
        dg.jit(numbers)
