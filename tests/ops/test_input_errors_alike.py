"""Arguments of the wrong form meet the same error, and the same words, on both backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

ANY: Any = dg  # whose arguments are wrong on purpose
OBJECTS = np.array([None, None])

pytestmark = pytest.mark.usefixtures("backend")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ANY.stack(1.5), r"dualgrad\.stack: the arrays must come in a sequence, got float"),
        (lambda: ANY.linalg.cho_solve(3, dg.ones((2, 2))), r"dualgrad\.linalg\.cho_solve: c_and_lower must be a pair"),
        (lambda: ANY.linalg.lu_solve((1, 2, 3), dg.ones(2)), r"dualgrad\.linalg\.lu_solve: lu_and_piv must be a pair"),
        (lambda: ANY.nn.layer_norm(dg.ones((2, 3)), bias="x"), r"nn\.layer_norm: an argument must be .*str: 'x'"),
        (lambda: ANY.linalg.lu_solve((dg.eye(2), dg.ones(2)), dg.ones(2)), r"must be integers, got dtype float32"),
        (lambda: ANY.tree.unflatten(1, [1]), r"dualgrad\.tree\.unflatten: treedef must be a structure, got 1"),
        (lambda: ANY.random.normal(10**30), r"dualgrad\.random\.normal: a key must be a uint32 array"),
        (
            lambda: ANY.all(dg.float32, axis=0),
            r"all: an argument must be an array .*DType: dualgrad\.float32",
        ),
        (lambda: ANY.sum(dg.ones(2), promote_integers=dg.ones(2)), r"sum: promote_integers must be True or False"),
        (lambda: ANY.fft.fft(dg.ones(3), [dg.asarray(1)]), r"fft\.fft: n must be an integer, got \(1,\)"),
        (
            lambda: ANY.nn.max_pool(dg.ones((1, 1, 4, 4)), 2, padding=[(0, 1.5)] * 2),
            r"max_pool: padding must be",
        ),
        (lambda: dg.random.key(np.array([5])), r"got int64 of shape \(1,\)"),
        (lambda: dg.random.key(np.array(5.0)), r"got float64 of shape \(\)"),
        (lambda: ANY.devices(3), r"dualgrad\.devices: a device must be a string"),
        (lambda: ANY.concat([dg.ones(2)], dtype="a"), r"dualgrad\.concat: dtype must name a dtype"),
        (lambda: ANY.linalg.dft(2, dtype=3), r"dualgrad\.linalg\.dft: dtype must name a dtype"),
        (lambda: ANY.pad(dg.ones(2), 1, constant_values=1j), r"dualgrad\.pad: a complex array converts"),
        (lambda: ANY.pad(dg.ones(2), 1, constant_values=OBJECTS), r"dualgrad\.pad: a NumPy array must have a dtype"),
        (lambda: dg.dynamic_update_slice(dg.ones(2), dg.ones(1) * 1j, (0,)), r"dynamic_update_slice: a complex"),
        (lambda: ANY.clip(dg.ones(2), [1], 2), r"dualgrad\.clip: an argument must be an array"),
        (lambda: ANY.repeat(dg.ones(2), OBJECTS), r"dualgrad\.repeat: the numbers of repeats must be integers"),
        (lambda: ANY.linalg.pinv(dg.eye(2), rtol=dg.float32), r"dualgrad\.linalg\.pinv: rtol must be a real number"),
        (lambda: ANY.fft.fftfreq(4, OBJECTS), r"dualgrad\.fft\.fftfreq: d must be a real number"),
        (lambda: ANY.arange(dg.float32), r"dualgrad\.arange: start must be a real number"),
        (lambda: ANY.image.map_coordinates(dg.eye(2), OBJECTS, 1), r"map_coordinates: a NumPy array must have a dtype"),
        (lambda: ANY.unique(dg.ones(2), axis={}), r"dualgrad\.unique: axis must be an integer"),
        (lambda: ANY.average(dg.ones(2), axis="a"), r"dualgrad\.average: axis must be an integer"),
        (lambda: ANY.random.triangular(dg.random.key(0), OBJECTS, 1.0, 2.0), r"random\.triangular: a NumPy array"),
        (lambda: dg.nn.dot_product_attention(*[dg.ones((1, 1, 2))] * 3, scale=dg.ones(2)), r"scale must be a real"),
        (lambda: ANY.lax.dot_general(dg.eye(2), dg.eye(2), 3), r"dualgrad\.lax\.dot_general: dimension_numbers must"),
        (lambda: dg.bitwise_and(dg.ones((2, 3)), dg.asarray([1, 2])), r"bitwise_and: the op is not defined for"),
        (lambda: ANY.isclose(1.0, 1.0, equal_nan=10**30), r"isclose: equal_nan must be True or False, got 10{30}\."),
        (lambda: ANY.array_equal(1.0, 1.0, equal_nan=dg.float32), r"array_equal: equal_nan must be True or False"),
        (lambda: ANY.diff(OBJECTS), r"dualgrad\.diff: a NumPy array must have a dtype"),
        (lambda: ANY.nn.layer_norm(dg.ones((2, 2)), OBJECTS), r"nn\.layer_norm: a NumPy array must have a dtype"),
        (
            lambda: ANY.histogram2d(dg.ones(2), dg.ones(2), bins=OBJECTS),
            r"histogram2d: a NumPy array must have a dtype",
        ),
        (lambda: dg.asarray([np.longdouble(1.0)]), r"dualgrad\.asarray: a NumPy array must have a dtype .*float128"),
        (lambda: ANY.random.clone(OBJECTS), r"dualgrad\.random\.clone: a NumPy array must have a dtype"),
        (lambda: ANY.random.randint(dg.random.key(0), (2,), 0, 1j), r"randint: minval and maxval must be integers"),
        (
            lambda: ANY.round(dg.ones(2), decimals=dg.float32),
            r"round: decimals must be an integer, got dualgrad\.float32",
        ),
        (lambda: ANY.array(1.0, ndmin=1.5), r"dualgrad\.array: ndmin must be an integer, got 1\.5"),
        (lambda: ANY.array(OBJECTS), r"dualgrad\.array: a NumPy array must have a dtype"),
        (lambda: ANY.at(dg.ones(3))[1.5:].set(0.0), r"dualgrad\.at: a slice's end must be an integer, got 1\.5"),
        *[
            (lambda given=given: ANY.stack(given), r"dualgrad\.stack: the arrays must come in a sequence, got")
            for given in ({1}, {1: 2}, b"ab", "")
        ],
        (lambda: ANY.vstack({1}), r"dualgrad\.vstack: the arrays must come in a sequence, got set"),
        (lambda: ANY.hstack(b"ab"), r"dualgrad\.hstack: the arrays must come in a sequence, got bytes"),
        (lambda: ANY.sum(dg.ones(2), axis=""), r"dualgrad\.sum: axis must be an integer, a tuple .* got axis=''"),
        (
            lambda: ANY.fft.fftn(dg.eye(2), s=b"ab"),
            r"dualgrad\.fft\.fftn: s must be a sequence of lengths, got s=b'ab'",
        ),
        (lambda: ANY.fft.fftn(dg.eye(2), s={1: 2}), r"dualgrad\.fft\.fftn: s must be a sequence of lengths"),
        (lambda: ANY.at(dg.ones(3))["a":].get(), r"dualgrad\.at: a slice's end must be an integer, got 'a'"),
        (lambda: dg.full_like(dg.ones(2), dg.ones(2) * 1j), r"dualgrad\.full_like: a complex array converts"),
        (
            lambda: ANY.repeat(dg.ones(2), ("a", "b")),
            r"repeat: the numbers of repeats must be integers, got dtype str32",
        ),
        (
            lambda: ANY.interp(1.0, dg.ones(2), dg.ones(2), left=()),
            r"interp: an argument must be an array .*tuple: \(\)",
        ),
        (
            lambda: ANY.lax.dynamic_slice_in_dim(dg.ones(3), (), 1),
            r"dynamic_slice_in_dim: an argument must be an array",
        ),
        (
            lambda: ANY.nn.dot_product_attention(*[dg.ones((1, 1, 2))] * 3, is_causal=2),
            r"dualgrad\.nn\.dot_product_attention: is_causal must be True or False, got 2",
        ),
    ],
)
def test_wrong_form_is_a_type_error(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: dg.nn.layer_norm(dg.ones((2, 3)), dg.ones(4)), r"nn\.layer_norm: the shapes .* \(2, 3\), .* \(4,\)"),
        (lambda: ANY.linalg.norm(dg.eye(2), dg.asarray([1, 2])), r"linalg\.norm: ord must be .* got ord=\(1, 2\)"),
        (lambda: dg.nn.group_norm(dg.ones((2, 4)), 0), r"nn\.group_norm: x must have .* groups=0"),
        (lambda: dg.lax.map(lambda x: x, dg.ones(4), batch_size=-1), r"lax\.map: batch_size must not be negative"),
        (lambda: dg.tree.unflatten(dg.tree.structure([1, 2]), [1]), r"tree\.unflatten: .* structure has, 2, got 1"),
        (lambda: ANY.fft.dct(dg.ones(3), dg.asarray([1, 2])), r"dualgrad\.fft\.dct: type must be 1, 2, 3 or 4"),
        (lambda: ANY.select([dg.ones(2) > 0], [1.0, 10**30]), r"dualgrad\.select: there must be one choice for each"),
        (lambda: ANY.einsum("i->", dg.ones(2), optimize=OBJECTS), r"dualgrad\.einsum: optimize must be"),
        (lambda: ANY.ravel(dg.eye(2), OBJECTS), r"dualgrad\.ravel: order must be"),
        (lambda: ANY.linalg.solve(dg.eye(2), dg.eye(2), assume_a=OBJECTS), r"dualgrad\.linalg\.solve: assume_a must"),
        (lambda: ANY.lax.index_take(dg.eye(2), (), (0,)), r"dualgrad\.lax\.index_take: there must be one array"),
        (
            lambda: dg.nn.kl_divergence(dg.ones((2, 3)), dg.ones((2, 3)), where=dg.asarray([1, 2])),
            r"nn\.kl_divergence: the shapes of the arguments must broadcast, got .*\(2, 3\), .*\(2, 3\), .*\(2,\)",
        ),
        (lambda: dg.random.multinomial(dg.random.key(0), 3, 1e30), r"multinomial: p must have shape \(\.\.\., k\)"),
        (lambda: ANY.linalg.norm(dg.ones(2), dg.asarray(1.5)), r"dualgrad\.linalg\.norm: ord must be a number"),
        (
            lambda: dg.histogram(dg.ones(3), dg.zeros(0)),
            r"dualgrad\.histogram: the edges .* got shape \(0,\)",
        ),
        (lambda: dg.histogram2d(dg.ones(3), dg.ones(3), dg.zeros(0)), r"dualgrad\.histogram2d: the edges of the bins"),
        (lambda: dg.pad(dg.eye(2), 1, constant_values=dg.ones(3)), r"pad: constant_values must be .* shape \(3,\)"),
        (lambda: dg.pad(dg.eye(2), 1, constant_values=dg.ones((2, 3))), r"pad: constant_values must .* shape \(2, 3\)"),
        (
            lambda: ANY.pad(dg.eye(2), 1, constant_values=[dg.ones(2), dg.ones(3)]),
            r"dualgrad\.pad: constant_values must be a value, .* got \(\(1\.0, 1\.0\), \(1\.0, 1\.0, 1\.0\)\)",
        ),
        (lambda: ANY.einsum("ij,jk", dg.eye(2), dg.eye(2), optimize=()), r"einsum: optimize must .* optimize=\(\)"),
        (lambda: ANY.einsum("ii->", dg.eye(2), optimize=[]), r"dualgrad\.einsum: optimize must be a bool"),
        (lambda: ANY.einsum("ij,jk", dg.eye(2), dg.eye(2), optimize=[(0, 2)]), r"dualgrad\.einsum: optimize must be"),
        (lambda: ANY.einsum("ij,jk", dg.eye(2), dg.eye(2), optimize=[(0,)]), r"dualgrad\.einsum: optimize must be"),
        (lambda: ANY.einsum_path("ij,jk", dg.eye(2), dg.eye(2), optimize=[(1, 1)]), r"dualgrad\.einsum_path: optimize"),
        (lambda: dg.ones(2, device=""), r"dualgrad\.ones: a device is a kind .* got ''"),
        (
            lambda: dg.dynamic_update_slice_in_dim(dg.ones(3), dg.ones(1), dg.asarray([0, 1])),
            r"dynamic_update_slice_in_dim: each start must be 0-d, got shape \(2,\)",
        ),
        (
            lambda: ANY.tensordot(dg.eye(2), dg.eye(2), axes=range(2)),
            r"tensordot: contracted axes .* axes=range\(0, 2\)",
        ),
        (lambda: ANY.tensordot(dg.eye(2), dg.eye(2), axes=iter([0, 1])), r"dualgrad\.tensordot: contracted axes"),
        (lambda: ANY.moveaxis(dg.eye(2), dg.ones(0), 0), r"moveaxis: .* as many axes, got \(\) and 0"),
        (lambda: ANY.fft.fftn(dg.eye(2), axes=dg.ones(0)), r"fft\.fftn: at least one axis .* and axes=\(\)"),
        (
            lambda: ANY.repeat(dg.ones(2), [[1, 2], [3]]),
            r"dualgrad\.repeat: the numbers of repeats must stand in one row",
        ),
        (lambda: dg.vstack([dg.ones(2), dg.ones(3)]), r"dualgrad\.vstack: the arrays must have equal shapes"),
        (lambda: dg.hstack([dg.ones((2, 1)), dg.ones((3, 1))]), r"dualgrad\.hstack: the arrays must have equal shapes"),
    ],
)
def test_wrong_value_is_a_value_error(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("op", "call"),
    [
        ("argwhere", lambda x: dg.argwhere(x)),
        ("unique_values", lambda x: dg.unique_values(x)),
        ("linalg.norm", lambda x: dg.linalg.norm(x, ord=x[0])),
        ("lax.slice", lambda x: dg.lax.slice(x, (x[0],), (2,))),
        ("image.map_coordinates", lambda x: dg.image.map_coordinates(x, [x], x[0])),
        ("at", lambda x: dg.at(x)[x > 0].get()),
    ],
)
def test_value_that_a_trace_lacks_is_said_of_the_op_and_the_line(op: str, call: Callable[[Any], Any]) -> None:
    with pytest.raises(dg.ConcretizationError) as caught:
        dg.jit(call, compiler="replay")(dg.ones(3))
    assert str(caught.value).startswith(f"dualgrad.{op}: a value or a size that depends on data must be known")
    assert "test_input_errors_alike.py:" in str(caught.value)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("arange: stop must be known", lambda x: dg.arange(x[0])),
        ("to_numpy: the values must be known", dg.to_numpy),
        ("at: a slice's end must be known", lambda x: dg.at(x)[: x[0]].set(1.0)),
        ("trim_zeros: the number of zeros must be known", dg.trim_zeros),
    ],
)
def test_what_a_trace_lacks_is_named(words: str, call: Callable[[Any], Any]) -> None:
    with pytest.raises(dg.ConcretizationError, match=rf"^dualgrad\.{words} when the function is traced"):
        dg.eval_shape(call, dg.ones(3))


@pytest.mark.parametrize(
    ("n", "dtype"), [(2**40, "float32"), (10**30, "bfloat16"), (2**31, "uint32"), (10**30, "bool")]
)
def test_astype_takes_what_the_dtype_holds(n: int, dtype: str) -> None:
    out = dg.astype(n, dtype)
    assert out.dtype == getattr(dg, dtype)
    assert float(out) == pytest.approx(1 if dtype == "bool" else n, rel=1e-2)


def test_pivots_beyond_the_matrix_are_those_of_its_ends() -> None:
    factors, b = dg.asarray([[4.0, 1.0], [0.5, 2.5]]), dg.asarray([1.0, 2.0])
    got, want = (dg.linalg.lu_solve((factors, dg.asarray(p)), b) for p in ([-(2**31), 2**31 - 1], [0, 1]))
    assert dg.to_numpy(got).tolist() == dg.to_numpy(want).tolist()


def test_bool_as_the_mean_counts_as_a_number() -> None:
    x = dg.asarray([[1.0, 2.0], [3.0, 5.0]])
    assert float(ANY.var(x, mean=True)) == 5.25  # as NumPy takes it


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 0, 3)])
def test_polar_takes_matrices_without_elements(shape: tuple[int, ...]) -> None:
    u, p = dg.linalg.polar(dg.zeros(shape))
    n = shape[-1]
    assert u.shape == shape
    assert np.array_equal(dg.to_numpy(p), np.zeros((*shape[:-2], n, n)))


@pytest.mark.parametrize("op", [dg.argmax, dg.argmin, dg.max, dg.sort, dg.cumulative_sum], ids=lambda op: op.__name__)
@pytest.mark.parametrize("axis", [0, -1])
def test_an_array_without_axes_has_no_axis(op: Callable[..., Any], axis: int) -> None:
    with pytest.raises(IndexError, match=rf"dualgrad\.{op.__name__}: axis must lie"):
        op(dg.asarray(3.0), axis=axis)


@pytest.mark.parametrize("wrong", [(0.0, 1.0), [0.0, 1.0], (False, True)])
@pytest.mark.parametrize(
    "call",
    [
        lambda axes: dg.rot90(dg.ones((2, 3)), axes=axes),
        lambda axes: dg.flip(dg.ones((2, 3)), axis=list(axes)),
        lambda axes: dg.fft.fft2(dg.ones((2, 3)), axes=list(axes)),
    ],
)
def test_call_with_integers_lets_no_equal_floats_or_bools_pass(call: Callable[..., Any], wrong: Any) -> None:
    call(type(wrong)([0, 1]))  # of which a compiled program is kept
    with pytest.raises(TypeError, match="axis must be an integer, got axis="):
        call(wrong)


def test_integer_in_the_place_of_a_float_parameter_may_be_large() -> None:
    assert float(dg.random.beta(dg.random.key(0), 10**30, 2.0)) == 1.0


REAL_ALONE = [
    "atan2",
    "copysign",
    "greater",
    "greater_equal",
    "hypot",
    "less",
    "less_equal",
    "maximum",
    "minimum",
    "nextafter",
    "remainder",
]


@pytest.mark.parametrize("jit", [False, True], ids=["eager", "traced"])
def test_complex_numbers_have_no_order_nor_angle_when_they_are_traced_either(jit: bool) -> None:
    """PyTorch's kernels refuse them, but none runs in a trace."""
    z, x = dg.asarray([1j, 2.0]), dg.ones(2)
    pairs = [(getattr(dg, op), args) for op in REAL_ALONE for args in ((z, x), (x, z), (z, 2.0))]
    for op, args in [*pairs, (dg.lax.cummax, (z,)), (dg.lax.cummin, (z,))]:
        with pytest.raises(TypeError, match=rf"{op.__name__}: the op is not defined for these dtypes, got "):
            dg.eval_shape(lambda *a, op=op: op(*a), *args) if jit else op(*args)
    with pytest.raises(ValueError, match="atan2: shapes must agree"):
        dg.eval_shape(dg.atan2, dg.asarray([1j, 2.0, 3.0]), x)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: dg.logaddexp2(x, y),
        lambda x, y: dg.nn.huber_loss(x, y),
        lambda x, y: dg.nn.layer_norm(x, y),
        lambda x, y: dg.special.logsumexp(x, b=y),
    ],
)
def test_traced_shapes_that_do_not_broadcast_are_a_value_error(call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"dualgrad\.[\w.]+: .*broadcast|shapes must agree"):
        dg.eval_shape(call, dg.ones((2, 3)), dg.ones(4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, k: dg.vander(x, increasing=k), "vander: increasing must be True or False, got a traced array"),
        (lambda x, k: dg.sum(x, keepdims=[k]), "sum: keepdims must be True or False"),
        (lambda x, k: dg.cumulative_sum(x, axis=[k]), "cumulative_sum: axis must be an integer"),
        (lambda x, k: dg.sum(x, axis=[k]), "sum: axis must be an integer, got axis=a traced array"),
        (lambda x, k: dg.flip(x, axis=k), "flip: axis must be an integer, .* got axis=a traced array"),
        (lambda x, k: dg.lax.slice_in_dim(x, k, 2), "lax.slice_in_dim: start_index must be known"),
    ],
)
def test_traced_array_in_the_place_of_an_option_is_named(call: Callable[..., Any], words: str) -> None:
    with pytest.raises(TypeError, match=rf"dualgrad\.{words}"):
        dg.eval_shape(call, dg.ones(3), dg.asarray(1))


def test_bools_are_held_to_the_domain_of_a_parameter_too() -> None:
    with pytest.raises(ValueError, match="wald: mean must be positive, got 0"):
        dg.random.wald(dg.random.key(0), dg.asarray([True, False]))


def test_constants_of_floats_that_are_padded_may_be_integers_of_any_size() -> None:
    assert dg.to_numpy(dg.pad(dg.ones(1), 1, constant_values=[2**80])).tolist() == [2.0**80, 1.0, 2.0**80]


def test_steps_of_a_window_may_be_an_array() -> None:
    x, kernel = dg.ones((1, 1, 6, 6)), dg.ones((1, 1, 2, 2))
    for option in ("strides", "dilation"):
        assert (
            ANY.nn.conv(x, kernel, **{option: dg.asarray([1, 2])}).shape
            == ANY.nn.conv(x, kernel, **{option: (1, 2)}).shape
        )


def test_start_of_a_slice_may_be_narrower_than_the_default_integer() -> None:
    with dg.enable_x64(True):
        x = dg.reshape(dg.arange(6.0), (2, 3))
        for kind in ("int8", "uint8", "int32", "uint32", "uint64"):
            i = dg.asarray(1, dtype=kind)
            assert dg.to_numpy(dg.dynamic_slice(x, (i, -2), (1, 2))).tolist() == [[4.0, 5.0]]
            assert dg.to_numpy(dg.dynamic_index_in_dim(x, i, 0, keepdims=False)).tolist() == [3.0, 4.0, 5.0]
            assert dg.to_numpy(dg.dynamic_update_slice(x, dg.zeros((1, 1)), (i, 2))).tolist() == [[0, 1, 2], [3, 4, 0]]
        far = dg.asarray(2**64 - 1, dtype="uint64")  # beyond every start, as 2 is
        assert dg.to_numpy(dg.dynamic_slice(x, (far, 0), (1, 1))).tolist() == [[3.0]]


def test_sign_of_narrow_complex_numbers_keeps_their_dtype_in_64_bit_mode() -> None:
    with dg.enable_x64(True):
        z = dg.asarray([3.0 + 4.0j, 0.0, complex(np.inf, 1.0)], dtype="complex64")
        for out in (dg.sign(z), dg.jvp(dg.sign, (z,), (z,))[0]):
            assert out.dtype == dg.complex64
            np.testing.assert_allclose(dg.to_numpy(out), [0.6 + 0.8j, 0.0, 1.0], rtol=1e-6)


@pytest.mark.parametrize("op", ["tril", "ldexp", "zeros_like", "dynamic_slice"])
def test_integer_beyond_64_bits_is_named(op: str) -> None:
    rest = {"ldexp": (1.0,), "dynamic_slice": ((), ())}.get(op, ())
    args = (*rest, 10**30) if op == "ldexp" else (10**30, *rest)
    with pytest.raises(OverflowError, match=rf"dualgrad\.{op}: an integer must fit"):
        getattr(ANY, op)(*args)


def test_integer_beyond_64_bits_that_is_put_among_floats_or_divides_is_one() -> None:
    put = dg.dynamic_update_slice(dg.asarray(0.0), 10**30, ())
    steps = dg.fft.fftfreq(2, 10**30)
    assert float(put) == pytest.approx(1e30)
    np.testing.assert_allclose(dg.to_numpy(steps), [0.0, -5e-31], rtol=1e-6)


READS: dict[str, Callable[[Any, Any], Any]] = {
    "take": lambda x, fill: dg.take(x, dg.asarray([1, 5]), 0, fill_value=fill),
    "take_along_axis": lambda x, fill: dg.take_along_axis(x, dg.asarray([1, 5]), 0, fill_value=fill),
    "at": lambda x, fill: dg.at(x)[dg.asarray([1, 5])].get(mode="fill", fill_value=fill),
    "gather": lambda x, fill: dg.lax.gather(
        x, dg.asarray([[1], [5]]), dg.lax.GatherDimensionNumbers((), (0,), (0,)), (1,), mode="fill", fill_value=fill
    ),
}


@pytest.mark.parametrize("name", READS)
def test_filling_value_may_be_traced_and_differentiated(name: str) -> None:
    x, fill = dg.asarray([1.0, 2.0]), dg.asarray(3.0)
    value, slope = dg.value_and_grad(lambda fill: dg.sum(READS[name](x, fill) * dg.asarray([1.0, 10.0])))(fill)
    assert (float(value), float(slope)) == (32.0, 10.0)
    assert dg.to_numpy(dg.jit(READS[name], compiler="replay")(x, fill)).tolist() == [2.0, 3.0]


def test_scale_of_attention_may_be_traced_and_differentiated() -> None:
    q = dg.asarray(np.arange(6, dtype=np.float32).reshape(3, 1, 2) / 6)
    fun = lambda scale: dg.sum(dg.nn.dot_product_attention(q, q, q, scale=scale) ** 2)  # noqa: E731
    slope = dg.grad(fun)(dg.asarray(0.7))
    wanted = (float(fun(0.71)) - float(fun(0.69))) / 0.02
    assert float(slope) == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("op", [dg.isinf, dg.isnan, dg.isfinite, dg.isreal, dg.imag])
def test_integer_of_which_only_the_type_matters_must_fit_in_every_call(op: Callable[[Any], Any]) -> None:
    assert not dg.to_numpy(op(-7)) or op in (dg.isfinite, dg.isreal)  # compiled: the next call asks no trace
    with pytest.raises(OverflowError, match=rf"dualgrad\.{op.__name__}: an integer must fit the dtype int32"):
        op(10**30)
