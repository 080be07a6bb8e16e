"""What a compiled program on PyTorch holds, read from the code that Inductor writes; nothing is compiled or run."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import dualgrad as dg


def written(fun: Callable[..., Any], *args: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The code that Inductor writes for a jitted function, before the C++ compiler takes its seconds."""
    from torch._inductor import config
    from torch._inductor.graph import GraphLowering

    found: list[str] = []

    def kept(code: str) -> None:
        found.append(code)
        raise InterruptedError

    monkeypatch.setattr(GraphLowering, "save_output_code", kept)
    with config.patch(force_disable_caches=True), pytest.warns(RuntimeWarning, match="InterruptedError"):
        fun(*args)
    return found[0]


@pytest.mark.on_cpu
def test_compiled_gradient_of_a_chain_on_torch_has_code_in_proportion_to_its_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def operations(length: int) -> int:
        def chain(x: Any) -> Any:
            for _ in range(length):
                x = dg.sin(x) * dg.cos(x) + x  # each value is used three times
            return dg.sum(x)

        return written(dg.jit(dg.grad(chain)), dg.ones(8), monkeypatch=monkeypatch).count("auto tmp")

    with dg.use_backend("torch"):
        assert 0 < operations(4) <= 2.5 * operations(2)


def held(code: str) -> int:
    """How many elements a program of Inductor's holds at its peak, as its own lines allocate, free and reuse them."""
    sizes: dict[str, int] = {}
    highest = 0
    for line in code[code.index("def call(") : code.index("return (")].splitlines():
        if new := re.match(r" *(buf\d+) = empty_strided_cpu\(\(([\d, ]*)\)", line):
            sizes[new[1]] = math.prod([int(n) for n in new[2].split(",") if n.strip()])
        elif again := re.match(r" *(buf\d+) = .*; del (buf\d+)  # reuse", line):
            sizes[again[1]] = sizes.pop(again[2])
        elif gone := re.match(r" *del (buf\d+)", line):
            sizes.pop(gone[1], None)  # a part of another has none of its own
        highest = max(highest, sum(sizes.values()))
    return highest


@pytest.mark.on_cpu
def test_compiled_attention_step_on_torch_holds_its_results_and_two_activations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    length, heads, width = 32, 2, 64
    model = heads * width

    def split(x: Any) -> Any:
        return dg.permute_dims(dg.reshape(x, (length, heads, width)), (1, 0, 2))

    def loss(p: Any, x: Any) -> Any:
        z = dg.nn.layer_norm(x, p["scale"], p["shift"])
        q, k, v = (split(z @ p[name]) for name in "qkv")
        out = dg.permute_dims(dg.nn.softmax(q @ dg.matrix_transpose(k)) @ v, (1, 0, 2))
        return dg.mean((x + dg.reshape(out, (length, model)) @ p["o"]) ** 2)

    def step(p: Any, x: Any) -> Any:
        return dg.tree.map(lambda w, g: w - 0.1 * g, p, dg.grad(loss)(p, x))

    with dg.use_backend("torch"):
        params = {name: dg.ones((model, model)) for name in "qkvo"} | {"scale": dg.ones(model), "shift": dg.ones(model)}
        code = written(dg.jit(step), params, dg.ones((length, model)), monkeypatch=monkeypatch)

    assert held(code) <= 4 * model * model + 2 * length * model + 2 * model


def test_indices_and_reversals_are_no_calls_of_a_library() -> None:
    # what is made of them waited for one, and a kernel matrix was computed again for its transpose
    import torch

    from dualgrad.backends.torch._private.kept import is_call

    graph = torch.fx.Graph()
    options: Any = {"start": 0, "step": 1, "dtype": torch.int64, "device": "cpu", "requires_grad": False}
    indices = graph.call_function(torch.ops.prims.iota.default, (4,), options)
    assert not is_call(indices)
    assert not is_call(graph.call_function(torch.ops.prims.rev.default, (indices, [0])))
    assert is_call(graph.call_function(torch.ops.aten.mm.default, (indices, indices)))


@pytest.mark.on_cpu
def test_compiled_pool_of_a_relu_on_torch_is_the_eager_one_with_its_gradient() -> None:
    def loss(x: Any) -> Any:
        return dg.sum(dg.sin(dg.nn.max_pool(dg.nn.relu(x), 2)))

    x = np.random.default_rng(0).standard_normal((1, 2, 4, 4)).astype(np.float32)
    x[0, 0, :2, :2], x[0, 1, :2, :2] = np.nan, -1.0
    with dg.use_backend("torch"):
        jitted, array = dg.jit(dg.value_and_grad(loss)), dg.asarray(x)
        for got, expected in zip(jitted(array), dg.value_and_grad(loss)(array), strict=True):
            np.testing.assert_allclose(np.asarray(got), np.asarray(expected), rtol=1e-6)
        assert jitted.stats()["fallbacks"] == 0


@pytest.mark.on_cpu
def test_compiled_gradient_of_a_long_chain_on_torch_holds_its_result_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def chain(x: Any) -> Any:
        for _ in range(40):
            x = dg.tanh(x) * 0.9 + 0.1 * x
        return dg.sum(x)

    with dg.use_backend("torch"):
        code = written(dg.jit(dg.grad(chain)), dg.ones(1000), monkeypatch=monkeypatch)

    assert held(code) == 1000


@pytest.mark.on_cpu
def test_matrix_that_two_loops_on_torch_take_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 40

    def powers(x: Any) -> Any:
        k = x[:, None] * x
        v = dg.lax.fori_loop(0, 90, lambda _, v: dg.tanh(k @ v), x)
        return dg.lax.fori_loop(0, 80, lambda _, v: dg.sin(k @ v), v)

    with dg.use_backend("torch"):
        code = written(dg.jit(powers), dg.ones(count), monkeypatch=monkeypatch)

    assert code.count(f"empty_strided_cpu(({count}, {count})") == 1


@pytest.mark.on_cpu
def test_compiled_hvp_of_bodies_on_torch_writes_the_slopes_of_their_differences_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 128

    def energy(x: Any, m: Any) -> Any:
        d = x[:, None, :] - x[None, :, :]
        return dg.sum(m[:, None] * m / dg.sqrt(dg.sum(d * d, axis=-1) + 0.01))

    def hvp(x: Any, m: Any, v: Any) -> Any:
        return dg.hvp(lambda x: energy(x, m), (x,), (v,))

    with dg.use_backend("torch"):
        x = dg.ones((count, 3))
        code = written(dg.jit(hvp), x, dg.ones(count), x, monkeypatch=monkeypatch)

    assert code.count(f"empty_strided_cpu(({count}, {count}, 3)") == 1


@pytest.mark.on_cpu
def test_compiled_program_on_torch_gives_large_arrays_back_between_its_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    count, tables = 128, 3

    def sums(x: Any) -> Any:
        for _ in range(tables):
            table = dg.sin(x[:, None] - 2 * x)
            x = dg.sum(table, axis=0) * dg.sum(table, axis=1)
            x = dg.concat([x, x[:1]])
        return x

    with dg.use_backend("torch"):
        code = written(dg.jit(sums), dg.ones(count), monkeypatch=monkeypatch)

    assert held(code) <= (count + tables) * (count + tables + 4)


@pytest.mark.on_cpu
def test_compiled_sums_of_gathered_rows_on_torch_write_no_rows_out(monkeypatch: pytest.MonkeyPatch) -> None:
    edges, nodes, width = 400, 50, 32

    def scores(h: Any, w: Any, sources: Any, targets: Any) -> Any:
        sent, met = (dg.take(h, i, axis=0, mode="clip") for i in (sources, targets))
        return dg.sum(sent * w[:width], axis=1) + dg.sum(met * w[width:] - 0.1, axis=1)

    with dg.use_backend("torch"):
        ids = dg.zeros(edges, dtype=dg.int32)
        args = dg.ones((nodes, width)), dg.ones(2 * width), ids, ids + 1
        code = written(dg.jit(scores), *args, monkeypatch=monkeypatch)

    assert held(code) <= 2 * edges


def test_compiled_checkpoints_on_torch_hold_the_input_of_each_and_copy_none(monkeypatch: pytest.MonkeyPatch) -> None:
    size, blocks = 1000, 5

    @dg.checkpoint
    def block(x: Any) -> Any:
        for _ in range(3):
            x = dg.tanh(x) * 0.9 + 0.1 * x
        return x

    def loss(x: Any) -> Any:
        for _ in range(blocks):
            x = block(x)
        return dg.sum(x * x)

    with dg.use_backend("torch"):
        code = written(dg.jit(dg.grad(loss)), dg.ones(size), monkeypatch=monkeypatch)

    assert held(code) <= (blocks + 1) * size
    assert "dualgrad.barrier" not in code


@pytest.mark.on_cpu
def test_compiled_step_of_convolutions_on_torch_lays_out_an_activation_once(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, channels, side = 2, 24, 12

    def conv(x: Any, w: Any) -> Any:
        return dg.nn.conv(x, w, padding=[(1, 1), (1, 1)])

    def loss(p: Any, x: Any) -> Any:
        h = dg.nn.relu(conv(x, p[0]))
        return dg.sum(conv(dg.concat([h, -h], axis=1), p[1]) ** 2)

    with dg.use_backend("torch"):
        params = [dg.ones((channels, 3, 3, 3)), dg.ones((3, 2 * channels, 3, 3))]
        code = written(dg.jit(dg.grad(loss)), params, dg.ones((batch, 3, side, side)), monkeypatch=monkeypatch)

    assert code.count(f"empty_strided_cpu(({batch}, {2 * channels}, {side}, {side})") == 1
    assert code.count(f"empty_strided_cpu(({batch}, 3, {side}, {side})") == 1


@pytest.mark.on_cpu
def test_compiled_step_of_convolutions_within_channels_on_torch_has_channels_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channels = 8

    def loss(p: Any, x: Any) -> Any:
        h = dg.nn.relu(dg.nn.conv(x, p["across"], padding="SAME"))
        return dg.sum(dg.nn.conv(h, p["within"], padding="SAME", groups=channels) ** 2)

    with dg.use_backend("torch"):
        p = {"across": dg.ones((channels, 3, 1, 1)), "within": dg.ones((channels, 1, 3, 3))}
        code = written(dg.jit(dg.grad(loss)), p, dg.ones((4, 3, 16, 16)), monkeypatch=monkeypatch)
    assert "(4, 8, 16, 16), (2048, 1, 128, 8)" in code


@pytest.mark.on_cpu
def test_compiled_loops_on_torch_ask_no_number_by_itself_whether_it_is_special(monkeypatch: pytest.MonkeyPatch) -> None:
    def program(x: Any) -> Any:
        return dg.where(dg.logical_or(dg.isnan(x), dg.isinf(x)), dg.where(dg.signbit(x), -1.0, 1.0), x)

    with dg.use_backend("torch"):
        assert "tmpbuf" not in written(dg.jit(program), dg.ones(64), monkeypatch=monkeypatch)


def two_layers(act: Callable[[Any], Any]) -> Callable[..., Any]:
    """The loss of a normalised layer with an activation, and one without, with a skip around them."""

    def loss(p: Any, x: Any) -> Any:
        h = dg.nn.layer_norm(x @ p["first"], axis=-1) * p["scale"]
        return dg.mean((h + act(h @ p["up"]) @ p["down"]) ** 2)

    return loss


def layers(count: int, width: int, inner: int) -> Any:
    shapes = {"first": (width, width), "scale": (width,), "up": (width, inner), "down": (inner, width)}
    draw = np.random.default_rng(0).normal
    params = {name: dg.asarray(draw(size=s).astype("float32") / width**0.5) for name, s in shapes.items()}
    return params, dg.asarray(draw(size=(count, width)).astype("float32"))


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "gelu": dg.nn.gelu,
    "silu": dg.nn.silu,
    "written out": lambda x: x * dg.tanh(x),
}


@pytest.mark.on_cpu
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_compiled_step_on_torch_keeps_of_an_activation_its_value_and_slope(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, width, inner = 512, 32, 128

    with dg.use_backend("torch"):
        step = dg.jit(dg.grad(two_layers(ACTIVATIONS[name])))
        code = written(step, *layers(count, width, inner), monkeypatch=monkeypatch)

    # the product before the layer norm, what it gives, the activation and its slope, the last product
    assert held(code) <= count * (2 * inner + 3 * width + 2) + 2 * width * inner


@pytest.mark.on_cpu
def test_gradient_whose_slopes_are_made_ahead_on_torch_is_that_of_the_eager_function() -> None:
    def loss(p: Any, x: Any) -> Any:
        return two_layers(lambda h: dg.nn.gelu(h) * dg.nn.silu(h))(p, x)

    with dg.use_backend("torch"):
        args = layers(512, 32, 128)
        jitted = dg.jit(dg.grad(loss))
        found, expected = jitted(*args), dg.grad(loss)(*args)

        assert jitted.stats()["fallbacks"] == 0
        for name, g in expected.items():
            np.testing.assert_allclose(found[name].numpy(), g.numpy(), rtol=2e-4, atol=1e-6)


@pytest.mark.on_cpu
def test_slope_made_ahead_on_torch_is_finite_where_a_mask_chose_another_value() -> None:
    def loss(z: Any, x: Any, y: Any, w: Any) -> Any:
        # In row 7 what is not chosen has the slope 0 times x times y, of which the last two alone make infinity.
        h = dg.where(dg.abs(x) < 1e9, x * dg.tanh(z) * y + x * dg.sin(z) * y, 0.0)
        return dg.mean(dg.sin(h @ w))

    with dg.use_backend("torch"):
        w = layers(512, 32, 128)[0]["up"]
        x = dg.at(dg.full((512, 32), 2.0))[7].set(1e25)
        z = dg.where(x == 2.0, 0.5, 0.0)
        found = dg.jit(dg.grad(loss))(z, x, x, w)

        assert bool(dg.all(dg.isfinite(found)))
        np.testing.assert_allclose(found.numpy(), dg.grad(loss)(z, x, x, w).numpy(), rtol=2e-4, atol=1e-6)


@pytest.mark.on_cpu
def test_large_arrays_are_joined_on_torch_in_a_compiled_step() -> None:
    def loss(p: Any, x: Any) -> Any:
        h = x @ p["first"]
        return dg.mean(dg.concat([dg.sin(h), h * h]) @ p["up"])

    with dg.use_backend("torch"):
        args = layers(512, 32, 128)
        jitted = dg.jit(dg.grad(loss))
        found, expected = jitted(*args), dg.grad(loss)(*args)

        assert jitted.stats()["fallbacks"] == 0
        np.testing.assert_allclose(found["up"].numpy(), expected["up"].numpy(), rtol=2e-4, atol=1e-6)


def test_interval_of_a_value_on_torch_is_known_at_the_end_of_a_long_chain() -> None:
    import torch

    from dualgrad.backends.torch._private.bounds import Bounds

    aten, graph = torch.ops.aten, torch.fx.Graph()
    x = graph.placeholder("x")
    y = share = graph.call_function(aten.sigmoid.default, (x,))
    for _ in range(3000):
        y = graph.call_function(aten.mul.Tensor, (y, share))
    rest = graph.call_function(aten.sub.Tensor, (1, y))
    large = graph.call_function(aten.mul.Tensor, (rest, 1e200))
    square = graph.call_function(aten.mul.Tensor, (large, large))
    bounds = Bounds(graph)
    assert [bounds.of(n) for n in (y, rest, square)] == [(0.0, 1.0), (0.0, 1.0), (0.0, float("inf"))]
    assert bounds.size(x) == float("inf")


@pytest.mark.on_cpu
def test_compiled_gated_layers_on_torch_keep_of_both_halves_one_array(monkeypatch: pytest.MonkeyPatch) -> None:
    count, width, inner = 256, 256, 512

    def loss(p: Any, x: Any) -> Any:
        u, w = dg.split(x @ p["up"], 2, axis=-1)
        return dg.mean((x + (dg.nn.gelu(u) * w) @ p["down"]) ** 2)

    with dg.use_backend("torch"):
        params = {"up": dg.ones((width, 2 * inner)), "down": dg.ones((inner, width))}
        code = written(dg.jit(dg.grad(loss)), params, dg.ones((count, width)), monkeypatch=monkeypatch)

    # both halves and their cotangents, the cotangent of the product, the gradients
    assert held(code) <= 5 * count * inner + 2 * count * width + 3 * width * inner


@pytest.mark.on_cpu
def test_mean_along_an_axis_from_either_end_on_torch_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def centred(x: Any) -> Any:
        return (x - dg.mean(x, axis=-1, keepdims=True)) * (x + dg.mean(x, axis=1, keepdims=True))

    with dg.use_backend("torch"):
        assert written(dg.jit(centred), dg.ones((64, 64)), monkeypatch=monkeypatch).count("tmp_acc0 = 0") == 1


@pytest.mark.on_cpu
def test_compiled_layers_of_rows_on_torch_keep_a_relu_and_not_what_it_is_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch, length, width = 4, 32, 64

    def loss(p: Any, x: Any) -> Any:
        for w in p:
            x = dg.nn.relu(x @ w)
        return dg.sum(x * x)

    with dg.use_backend("torch"):
        params = [dg.ones((width, width))] * 3
        code = written(dg.jit(dg.grad(loss)), params, dg.ones((batch, length, width)), monkeypatch=monkeypatch)

    rows = batch * length * width
    assert held(code) <= 4 * rows + width * width


@pytest.mark.on_cpu
def test_gradient_of_a_softmax_on_torch_is_written_over_its_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    count, width = 128, 16

    def contrast(z: Any) -> Any:
        logits = z @ dg.matrix_transpose(z) - 10.0 * dg.eye(count)
        return dg.mean(dg.nn.logsumexp(logits, axis=-1) - dg.sum(z * dg.roll(z, 1, axis=0), axis=-1))

    with dg.use_backend("torch"):
        code = written(dg.jit(dg.grad(contrast)), dg.ones((count, width)), monkeypatch=monkeypatch)

    assert code.count(f"empty_strided_cpu(({count}, {count})") == 1
    assert code.count("exp(") == 1


@pytest.mark.on_cpu
def test_gradient_beside_a_sum_of_the_same_numbers_on_torch_is_written_over_what_both_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, width = 64, 128

    def loss(p: Any, x: Any) -> Any:
        h = dg.clip(x @ p["w"] / p["s"], -2.0, 2.0)
        return dg.sum((dg.stop_gradient(dg.round(h) - h) + h) * p["s"] @ p["v"])

    with dg.use_backend("torch"):
        p = {"w": dg.ones((width, width)), "s": dg.asarray(0.5), "v": dg.ones((width, width))}
        code = written(dg.jit(dg.grad(loss)), p, dg.ones((rows, width)), monkeypatch=monkeypatch)
    # two gradients, what the first product gives and the slopes of the second's argument, and no mask beside them
    assert held(code) < 2 * width * width + 1.5 * rows * width


@pytest.mark.on_cpu
@pytest.mark.parametrize("shape", [(3, 37), (64, 64)])
def test_results_of_one_loop_on_torch_that_are_written_over_its_argument_are_those_of_numpy(
    shape: tuple[int, int],
) -> None:
    a, b = (np.random.default_rng(0).normal(size=s).astype("float32") for s in (shape, (shape[1], shape[1])))

    def program(a: Any, b: Any) -> Any:
        y = a @ b
        first, total, second = 2.0 * y, dg.sum(y * y), y + 1.0
        rows = dg.sum(y, axis=1)
        return first, total, second, rows, dg.sum(first * y), dg.sum(second, axis=0), dg.expand_dims(rows, 1) * y

    y = a @ b
    rows = y.sum(axis=1)
    expected = (2 * y, (y * y).sum(), y + 1, rows, (2 * y * y).sum(), (y + 1).sum(axis=0), rows[:, None] * y)
    with dg.use_backend("torch"):
        found = dg.jit(program)(dg.asarray(a), dg.asarray(b))
        for value, like in zip(found, expected, strict=True):
            np.testing.assert_allclose(np.asarray(value), like, rtol=1e-4, atol=1e-4)


@pytest.mark.on_cpu
def test_compiled_attention_on_a_graph_on_torch_keeps_no_rows_of_links(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes, links, width = 64, 512, 64

    def loss(w: Any, x: Any, a: Any, source: Any, target: Any) -> Any:
        h = dg.reshape(x @ w, (nodes, 4, width // 4))
        rows = dg.expand_dims(a, -1) * dg.take(h, source, axis=0)
        return dg.sum(dg.nn.elu(dg.segment_sum(rows, target, num_segments=nodes)))

    with dg.use_backend("torch"):
        args = (
            dg.ones((width, width)),
            dg.ones((nodes, width)),
            dg.ones((links, 4)),
            *[dg.zeros(links, dtype=dg.int32)] * 2,
        )
        code = written(dg.jit(dg.grad(loss, argnums=(0, 2))), *args, monkeypatch=monkeypatch)
    assert held(code) < links * width


@pytest.mark.on_cpu
def test_compiled_leaky_layers_on_torch_keep_of_each_what_it_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, width = 256, 64

    def loss(p: Any, x: Any) -> Any:
        for w in p:
            x = dg.nn.leaky_relu(x @ w, negative_slope=0.2)
        return dg.sum(x)

    with dg.use_backend("torch"):
        p = [dg.ones((width, width)) for _ in range(4)]
        code = written(dg.jit(dg.grad(loss)), p, dg.ones((rows, width)), monkeypatch=monkeypatch)
    assert held(code) < 5.5 * rows * width


@pytest.mark.on_cpu
def test_order_of_a_compiled_step_on_torch_is_chosen_by_what_lies_outside_of_loops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch, width, latent, parts = 256, 128, 16, 8

    def loss(p: Any, x: Any, noise: Any) -> Any:
        h = dg.tanh(x @ p["in"])
        scale = h @ p["scale"]
        z = h @ p["mean"] + dg.exp(scale) * noise
        logits = dg.tanh(z @ p["up"]) @ p["out"]
        seen = dg.sum(dg.nn.sigmoid_binary_cross_entropy(logits, x), axis=-1)
        d = (z[:, None] - p["centres"]) * dg.exp(-p["widths"])
        each = dg.nn.log_softmax(p["shares"]) - 0.5 * dg.sum(d * d, axis=-1) - dg.sum(p["widths"], axis=-1)
        return dg.mean(seen - dg.sum(scale, axis=-1) - dg.nn.logsumexp(each, axis=-1))

    def step(p: Any, x: Any, noise: Any) -> Any:
        value, g = dg.value_and_grad(loss)(p, x, noise)
        return value, dg.tree.map(lambda a, b: a - 0.1 * b, p, g)

    shapes = {"in": (width, width), "mean": (width, latent), "scale": (width, latent), "up": (latent, width)}
    shapes |= {"out": (width, width), "centres": (parts, latent), "widths": (parts, latent), "shares": (parts,)}
    with dg.use_backend("torch"):
        params = {name: dg.ones(shape) for name, shape in shapes.items()}
        args = params, dg.ones((batch, width)), dg.ones((batch, latent))
        code = written(dg.jit(step), *args, monkeypatch=monkeypatch)

    assert held(code) <= 5 * batch * width


@pytest.mark.on_cpu
def test_compiled_gradient_of_a_maximum_on_torch_looks_for_no_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    def loss(x: Any) -> Any:
        return dg.sum(dg.max(dg.sin(x), axis=1) ** 2)

    with dg.use_backend("torch"):
        code = written(dg.jit(dg.grad(loss)), dg.ones((8, 32, 16)), monkeypatch=monkeypatch)

    assert "isnan" not in code
    assert held(code) <= 8 * 32 * 16 * 2 + 4 * 8 * 16


@pytest.mark.on_cpu
def test_compiled_gradient_of_a_maximum_on_jax_keeps_no_mask_between_its_loops() -> None:
    def loss(w: Any, x: Any) -> Any:
        return dg.sum(dg.max(dg.sin(x @ w), axis=1) ** 2)

    with dg.use_backend("jax"):
        code = jax.jit(dg.grad(loss)).lower(dg.ones((16, 24)), dg.ones((8, 32, 16))).compile().as_text()

    assert "pred[" not in code[code.index("\nENTRY") :]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_jitted_gradient_of_a_maximum_is_shared_by_ties_and_by_each_nan(backend: str) -> None:
    x = np.array([[1.0, 3.0, 3.0], [np.nan, 2.0, np.nan], [-np.inf, -np.inf, -np.inf], [0.0, 1.0, 2.0]], np.float32)
    expected = [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3], [0.0, 0.0, 1.0]]

    def total(x: Any) -> Any:
        return dg.sum(dg.max(x, axis=1) * dg.asarray([1.0, 1.0, 1.0, 2.0]))

    with dg.use_backend(backend):
        array = dg.asarray(x)
        got = dg.jit(dg.grad(total))(array)
        tangents = dg.jit(lambda x, t: dg.jvp(lambda x: dg.max(x, axis=1), (x,), (t,))[1])(array, dg.ones(x.shape))

    np.testing.assert_allclose(np.asarray(got) / [[1], [1], [1], [2]], expected, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(tangents), [1, 1, 1, 1], rtol=1e-6)


@pytest.mark.on_cpu
def test_stacks_of_convolutions_in_a_loop_on_torch_are_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, batch, channels, side = 8, 2, 32, 12

    def loss(w: Any, x: Any) -> Any:
        def step(x: Any, _: Any) -> Any:
            return x + dg.nn.conv(dg.nn.relu(dg.nn.conv(x, w, padding="SAME")), w, padding="SAME"), None

        return dg.sum(dg.lax.scan(step, x, None, length=steps)[0] ** 2)

    with dg.use_backend("torch"):
        w, x = dg.ones((channels, channels, 3, 3)), dg.ones((batch, channels, side, side))
        code = written(dg.jit(dg.grad(loss)), w, x, monkeypatch=monkeypatch)

    assert "dualgrad.program" in code
    assert f"empty_strided_cpu(({steps * batch}, {channels}, {side}, {side})" in code
    assert f"empty_strided_cpu(({steps}, {batch}, {channels}, {side}, {side})" not in code


@pytest.mark.on_cpu
def test_compiled_update_along_an_axis_on_torch_asks_once_for_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    batch, count, width = 4, 50, 8

    def loss(x: Any, places: Any, values: Any) -> Any:
        return dg.sum(dg.sin(dg.at(x)[:, places].set(values)))

    with dg.use_backend("torch"):
        args = dg.ones((batch, count, width)), dg.arange(10), dg.ones((batch, 10, width))
        code = written(dg.jit(dg.grad(loss, argnums=(0, 2))), *args, monkeypatch=monkeypatch)

    assert f"empty_strided_cpu(({count + 1}, ), (1, ), torch.int64)" in code
    assert f"empty_strided_cpu(({batch * count * width + 1}, )" not in code


@pytest.mark.parametrize("mode", ["drop", "clip"])
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_jitted_update_along_an_axis_is_that_of_numpy_with_its_gradient(backend: str, mode: str) -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 6, 2)
    values = -np.arange(1, 21, dtype=np.float32).reshape(2, 5, 2)
    places = np.array([1, -1, 9, 1, 4])
    at = {"drop": [1, 5, None, 1, 4], "clip": [1, 5, 5, 1, 4]}[mode]
    expected, of_x, of_values = x.copy(), np.ones_like(x), np.zeros_like(values)
    named = {n: k for k, n in enumerate(at) if n is not None}  # the last one
    for n, k in named.items():
        expected[:, n], of_x[:, n], of_values[:, k] = values[:, k], 0.0, 1.0

    def update(x: Any, values: Any, places: Any) -> Any:
        return dg.at(x)[:, places].set(values, mode=mode)

    with dg.use_backend(backend):
        given = dg.asarray(x), dg.asarray(values), dg.asarray(places)
        got = dg.jit(update)(*given)
        grads = dg.jit(dg.grad(lambda *xs: dg.sum(update(*xs)), argnums=(0, 1)))(*given)
        rows = dg.jit(dg.vmap(lambda x, v: update(x[None], v[None], given[2])[0]))(*given[:2])

    np.testing.assert_array_equal(np.asarray(got), expected)
    np.testing.assert_array_equal(np.asarray(rows), expected)
    np.testing.assert_array_equal(np.asarray(grads[0]), of_x)
    np.testing.assert_array_equal(np.asarray(grads[1]), of_values)
