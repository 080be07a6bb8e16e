"""What the table cannot say of `dg.nn` and `dg.image`: mistakes told in one way, random bits, last digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")


def test_class_labels_must_be_integers() -> None:
    with pytest.raises(
        TypeError,
        match=r"dualgrad.nn.softmax_cross_entropy_with_integer_labels: labels must be integers, got dtype float32",
    ):
        dg.nn.softmax_cross_entropy_with_integer_labels(dg.ones((2, 3)), dg.ones(2))


def test_class_label_out_of_range_makes_the_loss_nan() -> None:
    loss = dg.nn.softmax_cross_entropy_with_integer_labels(dg.ones((2, 3)), dg.asarray([1, 3]))

    assert dg.to_numpy(dg.isnan(loss)).tolist() == [False, True]


@pytest.mark.x64
@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3)])
@pytest.mark.parametrize("label", [-(2**63), -100, -1, 3])  # -100 is what torch leaves out
def test_number_of_no_class_makes_the_loss_nan(shape: tuple[int, ...], label: int) -> None:
    labels = dg.full(shape[:-1], label, dtype="int64")
    assert bool(dg.all(dg.isnan(dg.nn.softmax_cross_entropy_with_integer_labels(dg.ones(shape), labels))))


def attention(*shapes: tuple[int, ...], **options: Any) -> Any:
    return dg.nn.dot_product_attention(*[dg.ones(shape) for shape in shapes], **options)


FITTING = ((2, 3, 4, 5), (2, 6, 2, 5), (2, 6, 2, 5))
MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "odd glu": (
        lambda: dg.nn.glu(dg.ones(3)),
        ValueError,
        r"nn.glu: the axis must have an even size, got shape \(3,\)",
    ),
    "glu axis": (lambda: dg.nn.glu(dg.ones(2), 1), IndexError, "nn.glu: axis must lie in"),
    "window beyond the input": (
        lambda: dg.nn.max_pool(dg.ones((1, 1, 2)), 3),
        ValueError,
        "nn.max_pool: the window must not be larger than the padded input",
    ),
    "mean beyond the input": (lambda: dg.nn.avg_pool(dg.ones((1, 1, 2)), 3), ValueError, "nn.avg_pool: the window"),
    "kernel beyond the input": (
        lambda: dg.nn.conv(dg.ones((1, 1, 2)), dg.ones((1, 1, 2)), dilation=2),
        ValueError,
        r"nn.conv: the window must not be larger than the padded input, got a window of \(3,\) over \(2,\)",
    ),
    "transposed kernel": (
        lambda: dg.nn.conv_transpose(dg.ones((1, 2, 3)), dg.ones((3, 2, 2))),
        ValueError,
        r"nn.conv_transpose: the kernel must have shape \(C, O // groups, \*spatial\)",
    ),
    "all cut off": (
        lambda: dg.nn.conv_transpose(dg.ones((1, 1, 2)), dg.ones((1, 1, 2)), padding=2),
        ValueError,
        "nn.conv_transpose: the padding must leave an element of the 3",
    ),
    "heads": (
        lambda: attention((2, 3, 3, 5), *FITTING[1:]),
        ValueError,
        "dot_product_attention: query must have shape",
    ),
    "head size": (lambda: attention((2, 3, 4, 6), *FITTING[1:]), ValueError, "query must have shape"),
    "mask of numbers": (
        lambda: attention(*FITTING, (1, 1, 3, 6), (3, 6)),
        TypeError,
        "dot_product_attention: mask must be of bools, got dtype float32",
    ),
    "bias": (
        lambda: attention(*FITTING, (3, 5)),
        ValueError,
        r"dot_product_attention: bias: shapes must agree where neither is 1",
    ),
    "large bias": (
        lambda: attention((1, 3, 4, 5), (1, 6, 2, 5), (1, 6, 2, 5), (2, 4, 3, 6)),
        ValueError,
        r"bias must broadcast to \(B, N, T, S\) = \(1, 4, 3, 6\)",
    ),
    "lengths": (
        lambda: attention(*FITTING, query_seq_lengths=dg.asarray([1, 2, 3])),
        ValueError,
        r"query_seq_lengths must have shape \(B,\) = \(2,\)",
    ),
    "window": (lambda: attention(*FITTING, local_window_size=-1), ValueError, "local_window_size must be an integer"),
    "channels": (
        lambda: dg.nn.group_norm(dg.ones((2, 3)), 2),
        ValueError,
        "nn.group_norm: x must have shape .* with C a multiple of groups",
    ),
    "scale of a channel": (
        lambda: dg.nn.batch_norm(dg.ones((2, 3)), dg.ones(2)),
        ValueError,
        r"nn.batch_norm: scale, bias, mean and variance must have shape \(3,\)",
    ),
    "half the statistics": (
        lambda: dg.nn.batch_norm(dg.ones((2, 3)), mean=dg.ones(3)),
        ValueError,
        "nn.batch_norm: mean and variance must be given together",
    ),
    "rate": (
        lambda: dg.nn.dropout(dg.random.key(0), 1.5, dg.ones(2)),
        ValueError,
        r"nn.dropout: rate must lie in \[0, 1\], got rate=1.5",
    ),
    "indices": (
        lambda: dg.nn.embedding(dg.ones(2), dg.ones((3, 2))),
        TypeError,
        "nn.embedding: indices must be integers, got dtype float32",
    ),
    "complex loss": (lambda: dg.nn.l2_loss(1j), TypeError, "nn.l2_loss: the argument must be real"),
    "initializer": (
        lambda: dg.nn.initializers.he_normal()(dg.random.key(0), (3,)),
        ValueError,
        "nn.initializers: the shape must have axes in_axis=-2",
    ),
    "mode of an initializer": (
        lambda: dg.nn.initializers.variance_scaling(1.0, "fan", "normal"),  # pyright: ignore[reportArgumentType]
        ValueError,
        "mode must be one of 'fan_in'",
    ),
    "method": (
        lambda: dg.image.resize(dg.ones((2, 2)), (3, 3), "quintic"),
        ValueError,
        "image.resize: method must be one of 'nearest', 'linear'",
    ),
    "axes": (
        lambda: dg.image.resize(dg.ones((2, 2)), (3,), "linear"),
        ValueError,
        r"image.resize: shape must have an entry for each axis of \(2, 2\), got \(3,\)",
    ),
    "coordinates": (
        lambda: dg.image.map_coordinates(dg.ones((2, 2)), [dg.ones(1)], 1),
        ValueError,
        "image.map_coordinates: coordinates must be one array for each of the 2 axes, got 1",
    ),
    "order": (
        lambda: dg.image.map_coordinates(dg.ones(2), [dg.ones(1)], 3),
        ValueError,
        "image.map_coordinates: order must be 0",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_named(mistake: str) -> None:
    call, error, words = MISTAKES[mistake]

    with pytest.raises(error, match=f"dualgrad.*{words}"):
        call()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("axis", [-1, (0, 1)])
def test_softmax_of_half_precision_is_rounded_once(dtype: str, axis: Any) -> None:
    x = dg.astype(dg.asarray(np.linspace(-4, 4, 200, dtype=np.float32).reshape(2, 100)), dtype)
    exact = np.exp(dg.to_numpy(x).astype(np.float64))
    exact /= exact.sum(axis, keepdims=True)

    got = dg.to_numpy(dg.nn.softmax(x, axis)).astype(np.float64)

    digits = {"float16": 11, "bfloat16": 8}[dtype]
    unit = np.maximum(2.0 ** (np.floor(np.log2(exact)) + 1 - digits), 2.0**-24)
    assert np.all(np.abs(got - exact) <= 0.501 * unit)


def test_dropout_draws_the_bits_of_bernoulli() -> None:
    key, x = dg.random.key(3), dg.ones((50, 20))

    dropped = dg.nn.dropout(key, 0.3, x)

    kept = dg.to_numpy(dg.random.bernoulli(key, 1 - 0.3, (50, 20)))
    assert np.array_equal(dg.to_numpy(dropped) != 0, kept)
    np.testing.assert_allclose(dg.to_numpy(dropped)[kept], 1 / 0.7, rtol=1e-6)


def test_rate_that_does_not_broadcast_to_what_is_dropped_is_an_error_that_says_the_order() -> None:
    with pytest.raises(
        ValueError, match=r"nn\.dropout: rate must broadcast to x, got a rate of shape \(3, 4\).*key, rate, x"
    ):
        dg.nn.dropout(dg.random.key(0), dg.ones((3, 4)), 0.1)


def test_transposed_convolution_is_the_gradient_of_convolution() -> None:
    options: dict[str, Any] = {"strides": 2, "padding": ((1, 0),), "dilation": 2, "groups": 2}
    x, kernel = (
        dg.asarray(np.sin(np.arange(28.0)).reshape(1, 4, 7)),
        dg.asarray(np.cos(np.arange(24.0)).reshape(6, 2, 2)),
    )
    y, pull = dg.vjp(lambda x: dg.nn.conv(x, kernel, **options), x)
    ct = dg.sin(y)

    back = dg.nn.conv_transpose(ct, kernel, output_padding=1, **options)

    np.testing.assert_allclose(dg.to_numpy(back), dg.to_numpy(pull(ct)[0]), rtol=1e-5, atol=1e-6)


INITIALIZERS: dict[str, tuple[tuple[Any, ...], tuple[int, ...]]] = {
    "uniform": ((0.3,), (3, 4)),
    "glorot_uniform": ((), (3, 4)),
    "he_uniform": ((-1, 0), (3, 2, 4)),
    "lecun_uniform": ((), (3, 4)),
    "constant": ((3,), (2, 2)),
    "normal": ((0.3,), (3, 4)),
    "truncated_normal": ((0.3,), (3, 4)),
    "glorot_normal": ((), (3, 4)),
    "variance_scaling": ((1.0, "fan_geo_avg", "normal"), (3, 4)),
    "orthogonal": ((2.0, 0), (2, 5)),
    "delta_orthogonal": ((), (3, 3, 2, 4)),
}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializer_gives_the_numbers_of_jax(name: str, dtype: str) -> None:
    import jax

    options, shape = INITIALIZERS[name]
    if "orthogonal" in name:
        dtype = "float32"  # the factorization has no kernel for half precisions
    want = np.asarray(getattr(jax.nn.initializers, name)(*options)(jax.random.key(7), shape, dtype))

    got = dg.to_numpy(getattr(dg.nn.initializers, name)(*options)(dg.random.key(7), shape, dtype))

    assert got.dtype == want.dtype
    if "uniform" in name or name == "constant":
        assert np.array_equal(got, want)
    else:
        # jax.random factors in float32, which is right to units of the norm; the backends do it in float64.
        size = np.max(np.abs(want)) if "orthogonal" in name else np.abs(want)
        ulps = np.abs(got.astype(np.float64) - want.astype(np.float64)) / np.spacing(size.astype(np.float32))
        assert np.all(ulps <= (8 if dtype == "float32" else 2**17))


def test_gradients_of_masked_attention_are_those_of_the_formula_also_for_a_query_that_sees_no_key(x64: None) -> None:
    q, k, v = [dg.asarray(np.sin(a * np.arange(12.0)).reshape(3, 2, 2)) for a in (1.7, 2.3, 0.9)]
    mask = dg.asarray([[True, False, True], [False, False, False], [True, True, True]])

    def formula(q: Any, k: Any, v: Any) -> Any:
        logits = dg.einsum("tnh,snh->nts", q, k) / np.sqrt(2.0)
        return dg.einsum("nts,snh->tnh", dg.nn.softmax(dg.where(mask, logits, -1e30)), v)

    def fused(q: Any, k: Any, v: Any) -> Any:
        return dg.nn.dot_product_attention(q, k, v, None, mask)

    def derivatives(f: Callable[..., Any]) -> tuple[Any, ...]:
        return (
            dg.grad(lambda *a: dg.sum(dg.sin(f(*a))), argnums=(0, 1, 2))(q, k, v),
            dg.hvp(lambda q: dg.sum(dg.sin(f(q, k * q, v))), (q,), (k,)),
            dg.grad(lambda q: dg.sum(dg.grad(lambda q: dg.sum(f(q, k, q) ** 2))(q) ** 2))(q),
            dg.jvp(lambda k: f(q, k, v * k), (k,), (q,))[1],
        )

    found, expected = derivatives(fused), derivatives(formula)
    for got, wanted in zip(dg.tree.leaves(found), dg.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(dg.to_numpy(got), dg.to_numpy(wanted), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("way", ["eager", "jitted", "differentiated"])
def test_attention_hides_no_query_that_is_not_finite_nor_one_whose_bias_is(way: str) -> None:
    q = np.sin(np.arange(8, dtype=np.float32)).reshape(4, 1, 2)
    q[1, 0, 1], q[2, 0, 0] = np.nan, np.inf
    bias = np.zeros((1, 1, 4, 4), dtype=np.float32)
    bias[0, 0, 3] = -np.inf
    k = dg.asarray(np.cos(np.arange(8, dtype=np.float32)).reshape(4, 1, 2))

    def found(*arrays: np.ndarray) -> Any:
        fun: Any = lambda q, *bias: dg.nn.dot_product_attention(q, k, k, *bias)  # noqa: E731
        ways = {"eager": fun, "jitted": dg.jit(fun), "differentiated": lambda *a: dg.vjp(fun, *a)[0]}
        return np.isnan(dg.to_numpy(ways[way](*map(dg.asarray, arrays)))).all((1, 2)).tolist()

    assert found(q) == [False, True, True, False]
    assert found(q, bias) == [False, True, True, True]


@pytest.mark.parametrize("size", [1, 40])
@pytest.mark.parametrize("name", ["elu", "celu", "selu"])
def test_second_derivative_at_nan_is_nan(name: str, size: int) -> None:
    x = dg.asarray(np.full(size, np.nan, dtype=np.float32))
    slope = dg.grad(lambda x: dg.sum(getattr(dg.nn, name)(x)))
    assert np.isnan(dg.to_numpy(dg.jvp(slope, (x,), (dg.ones_like(x),))[1])).all()
    assert np.isnan(dg.to_numpy(dg.grad(lambda x: dg.sum(slope(x)))(x))).all()


@pytest.mark.parametrize("scale", [float("nan"), float("inf")])
def test_attention_whose_scale_is_not_finite_is_nan(scale: float) -> None:
    q = dg.asarray(np.sin(np.arange(6, dtype=np.float32)).reshape(3, 1, 2))
    assert np.isnan(dg.to_numpy(dg.nn.dot_product_attention(q, q, q, scale=scale))).all()


def test_gradient_of_attention_on_torch_keeps_no_weights() -> None:
    import torch

    kept: list[int] = []

    def keep(x: Any) -> Any:
        kept.append(x.numel())
        return x

    with dg.use_backend("torch"), torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        q = dg.ones((64, 2, 4))
        dg.grad(lambda q: dg.sum(dg.nn.dot_product_attention(q, q, q, is_causal=True)))(q)

    assert max(kept) == q.numel() < 64 * 64


def test_relu_of_a_large_array_has_the_derivatives_of_a_small_one() -> None:
    x = dg.concat([dg.asarray([dg.nan, dg.inf, -dg.inf, 0.0, -0.0, -2.0, 3.0]), dg.ones(10_000)])

    slope = dg.grad(lambda x: dg.sum(dg.nn.relu(x)))(x)
    curvature = dg.hvp(lambda x: dg.sum(dg.nn.relu(x) ** 2), (x[5:],), (x[5:],))
    _, tangent = dg.jvp(dg.nn.relu, (x,), (x,))

    np.testing.assert_array_equal(dg.to_numpy(slope)[:8], [0, 1, 0, 0, 0, 0, 1, 1])
    np.testing.assert_array_equal(dg.to_numpy(curvature)[:3], [0, 6, 2])
    np.testing.assert_array_equal(dg.to_numpy(tangent)[:8], [0, np.inf, 0, 0, 0, 0, 3, 1])


def test_relu_of_a_large_array_is_differentiated_twice_by_plain_autograd() -> None:
    with dg.use_backend("torch"):
        import torch

        x = torch.linspace(-1.0, 1.0, 10_001).requires_grad_()
        (slope,) = torch.autograd.grad((dg.nn.relu(x) ** 2).sum(), x, create_graph=True)
        (curvature,) = torch.autograd.grad(slope.sum(), x)

    np.testing.assert_array_equal(curvature.numpy(), np.where(x.detach().numpy() > 0, 2.0, 0.0))


@pytest.mark.parametrize("op", ["celu", "elu", "gelu", "relu6", "selu", "silu", "softplus"])
def test_gradient_at_nan_does_not_depend_on_the_place_in_the_array(backend: Any, op: str) -> None:
    found = set[bool]()
    for place, length in ((0, 1), (1, 3), (0, 16), (16, 17)):  # alone, in a vector of the processor, behind one
        x = np.ones(length, np.float32)
        x[place] = np.nan
        slope = dg.to_numpy(dg.grad(lambda x: dg.sum(getattr(dg.nn, op)(x)))(dg.asarray(x)))
        found.add(bool(np.isnan(slope[place])))
        assert np.isfinite(np.delete(slope, place)).all()
    assert found == {op != "relu6"}


def test_coordinate_that_is_a_python_integer_of_any_size_lies_outside(backend: Any) -> None:
    found = dg.image.map_coordinates(dg.ones((2, 2)), [10**30, dg.asarray([0.0, 1.0])], 1, cval=5.0)

    assert dg.to_numpy(found).tolist() == [5.0, 5.0]
    assert float(dg.image.map_coordinates(dg.arange(3.0), [2**40], 0, mode="nearest")) == 2.0


def test_cross_entropy_leaves_out_a_masked_class_without_a_label(backend: Any) -> None:
    logits, labels = dg.asarray([[-np.inf, 0.0, np.log(3.0)]]), dg.asarray([[0.0, 0.5, 0.5]])
    value, slope = dg.value_and_grad(lambda z: dg.sum(dg.nn.softmax_cross_entropy(z, labels)))(logits)
    assert float(value) == pytest.approx(-0.5 * np.log(0.25) - 0.5 * np.log(0.75), rel=1e-6)
    np.testing.assert_allclose(dg.to_numpy(slope), [[0.0, -0.25, 0.25]], atol=1e-7)
    impossible = dg.nn.softmax_cross_entropy(logits, dg.asarray([[0.5, 0.5, 0.0]]))
    assert dg.to_numpy(impossible).tolist() == [np.inf]


def test_log_cosh_of_an_infinite_error_is_infinite_with_a_finite_slope(backend: Any) -> None:
    value, slope = dg.vmap(dg.value_and_grad(dg.nn.log_cosh), in_axes=(0, None))(dg.asarray([-np.inf, np.inf]), 0.0)
    assert dg.to_numpy(value).tolist() == [np.inf, np.inf]
    assert dg.to_numpy(slope).tolist() == [-1.0, 1.0]


@pytest.mark.x64
def test_curvature_of_squareplus_in_its_roundness_keeps_its_digits() -> None:
    slope = dg.grad(dg.nn.squareplus, argnums=1)

    got = [float(dg.grad(lambda b, x=x: slope(x, b))(4.0)) for x in (-3e4, 3e4)]
    np.testing.assert_allclose(got, [-((9e8 + 4.0) ** -1.5) / 8] * 2, rtol=1e-14)


@pytest.mark.x64
@pytest.mark.parametrize("op", ["log_cosh", "squareplus"])
def test_mapped_forward_mode_is_the_slope_at_infinity(op: str) -> None:
    fun = getattr(dg.nn, op)
    slopes = dg.vmap(lambda x: dg.jvp(fun, (x,), (dg.asarray(1.0),))[1])(dg.asarray([-np.inf, np.inf]))

    assert dg.to_numpy(slopes).tolist() == [{"log_cosh": -1.0, "squareplus": 0.0}[op], 1.0]
