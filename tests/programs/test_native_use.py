"""dualgrad's functions handed to the tools of their framework: autograd, `torch.compile`, `torch.func`, `jax.jit`."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

jit = partial(dg.jit, compiler="replay")
STEPS = np.array([0.3, 0.8, -0.6], dtype=np.float32)
POINT = np.array([0.7, -0.4], dtype=np.float32)


def loss(x: Any) -> Any:
    return dg.sum(dg.tanh(x) ** 3 + x * dg.sin(x))


def slope(x: Any) -> Any:
    """The gradient of `loss`, by hand."""
    return 3 * np.tanh(x) ** 2 * (1 - np.tanh(x) ** 2) + np.sin(x) + x * np.cos(x)


def looped(x: Any) -> Any:
    return dg.sum(dg.lax.scan(lambda c, s: (c * s + x, None), x, dg.asarray(STEPS))[0])


LOOPED_SLOPE = 1 + (-0.6) + 0.8 * (-0.6) + 0.3 * 0.8 * (-0.6)


@dg.custom_vjp
def steep(x: Any) -> Any:
    return dg.sum(dg.sin(x))


# The rule says three times the true slope, so that a rule that is not used is seen.
steep.defvjp(lambda x: (dg.sum(dg.sin(x)), x), lambda x, ct: (3.0 * dg.cos(x) * ct,))

close = partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6)

# Name -> a scalar function and its gradient, by hand.
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "ops": (loss, slope),
    "scan": (looped, lambda x: LOOPED_SLOPE + 0.0 * x),
    "custom_vjp": (steep, lambda x: 3 * np.cos(x)),
    "jit": (jit(loss), slope),
    "jitted scan": (jit(looped), lambda x: LOOPED_SLOPE + 0.0 * x),
    "jitted custom_vjp": (jit(lambda x: steep(x) * 2.0), lambda x: 6 * np.cos(x)),
}
ALL = pytest.mark.parametrize("name", FUNCTIONS)
on_torch = pytest.mark.backends("torch")
on_jax = pytest.mark.backends("jax")


@on_torch
@ALL
def test_backward_goes_through_the_function_to_the_leaf(backend: Any, name: str) -> None:
    import torch

    fun, expected = FUNCTIONS[name]
    x = torch.tensor(POINT, requires_grad=True)

    (2.0 * fun(x)).backward()

    close(x.grad.numpy(), 2 * expected(POINT))


@on_torch
def test_rules_have_the_backend_and_precision_of_the_thread_that_recorded_them(backend: Any) -> None:
    """As on an accelerator, whose backward passes torch runs on threads of its own."""
    import torch

    found: list[Any] = []

    @dg.custom_vjp
    def watched(x: Any) -> Any:
        return dg.sum(dg.sin(x))

    def bwd(x: Any, ct: Any) -> Any:
        found.append((type(dg.ones(1)), dg.x64_enabled()))
        return (ct * dg.cos(x),)

    watched.defvjp(lambda x: (watched(x), x), bwd)
    with dg.enable_x64():
        x = torch.tensor(POINT, dtype=torch.float64, requires_grad=True)
        out = watched(x)

        with ThreadPoolExecutor(1) as other:
            first = other.submit(torch.autograd.grad, out, x, create_graph=True).result()[0]
    with dg.use_backend("jax"):
        second = torch.autograd.grad(first.sum(), x)[0]

    close(first.detach().numpy(), np.cos(POINT))
    close(second.numpy(), -np.sin(POINT))
    assert found == [(torch.Tensor, True)] * len(found)


@on_torch
def test_backward_twice_gives_second_derivatives(backend: Any) -> None:
    import torch

    x = torch.tensor(POINT, requires_grad=True)

    (first,) = torch.autograd.grad(jit(lambda x: dg.sum(dg.sin(x)))(x), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)

    close(second.numpy(), -np.sin(POINT))


@on_torch
@ALL
def test_torch_func_transforms_it(backend: Any, name: str) -> None:
    import torch

    fun, expected = FUNCTIONS[name]
    x = torch.tensor(POINT)

    close(torch.func.grad(fun)(x).numpy(), expected(POINT))
    close(
        torch.func.vmap(torch.func.grad(fun))(torch.stack([x, 2 * x])).numpy(), [expected(POINT), expected(2 * POINT)]
    )


@on_torch
def test_torch_func_jacobians_go_through_a_scan(backend: Any) -> None:
    import torch

    def cubes(x: Any) -> Any:
        return dg.lax.scan(lambda c, _: (c * x, None), dg.ones_like(x), None, length=3)[0]

    x = torch.tensor(POINT)

    close(torch.func.jacfwd(cubes)(x).numpy(), np.diag(3 * POINT**2))
    close(torch.func.jacrev(cubes)(x).numpy(), np.diag(3 * POINT**2))
    close(torch.func.hessian(lambda x: dg.sum(cubes(x)))(x).numpy(), np.diag(6 * POINT))


@on_torch
@pytest.mark.parametrize("how", ["eager", "aot_eager"])
def test_torch_compile_takes_ops_and_their_gradient(backend: Any, how: str) -> None:
    import torch

    compiled = torch.compile(loss, backend=how)
    x = torch.tensor(POINT, requires_grad=True)

    out = compiled(x)
    out.backward()

    close(out.item(), float(np.sum(np.tanh(POINT) ** 3 + POINT * np.sin(POINT))))
    close(x.grad.numpy(), slope(POINT))


@on_torch
def test_torch_compile_takes_reductions_and_shapes_in_one_graph(backend: Any) -> None:
    import torch

    def fun(x: Any) -> Any:
        spread = dg.std(x, axis=0) + dg.mean(x, axis=0) + dg.average(x, axis=0)
        return dg.reshape(dg.nn.softmax(x), (-1,))[:2] * dg.special.logsumexp(x) + spread

    x = torch.tensor([[0.5, -1.0], [2.0, 0.25]])

    close(torch.compile(fun, backend="eager", fullgraph=True)(x).numpy(), fun(x).numpy())


@on_torch
def test_torch_compile_takes_trees_indices_solutions_and_draws_in_one_graph(backend: Any) -> None:
    import torch

    def fun(tree: Any, i: Any) -> Any:
        x, y = dg.tree.leaves(dg.tree.map(dg.add, tree, tree))
        x = dg.at(x)[i].set(dg.quantile(y, 0.3)) + dg.random.normal(dg.random.key(0), (3,), dtype=x.dtype)
        groups = dg.segment_sum(y, i, 3) + dg.interp(x, dg.sort(y), y)
        counts = dg.histogram(y, 4)[0], dg.searchsorted(dg.sort(y), x), dg.unique(i, size=3)
        return dg.linalg.solve(dg.eye(3, dtype=x.dtype) * 3.0 + x[:, None], groups), counts

    tree, i = {"b": torch.tensor([0.5, -1.0, 2.0]), "a": (torch.tensor([3.0, 1.0, 2.0]),)}, torch.tensor([0, 2, 1])
    found, want = torch.compile(fun, backend="eager", fullgraph=True)(tree, i), fun(tree, i)

    close(found[0].numpy(), want[0].numpy())
    assert [c.tolist() for c in found[1]] == [c.tolist() for c in want[1]]


@on_torch
def test_constructs_of_a_compiled_program_see_what_was_written_through_another_view(backend: Any) -> None:
    import torch

    @dg.jit
    def tripled_rows(x: Any) -> Any:
        y = torch.zeros_like(x)
        y.T.copy_(x.T)
        return dg.lax.map(lambda row: row * 3, y.T[1:]), dg.lax.map(lambda row: row * 3, y.T[:1])

    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    below, above = tripled_rows(torch.tensor(x))

    close(below.numpy(), 3 * x.T[1:])
    close(above.numpy(), 3 * x.T[:1])


@on_torch
def test_parameters_of_a_module_are_a_tree(backend: Any) -> None:
    import torch

    module = torch.nn.Linear(2, 3)
    x, target = torch.tensor(POINT), torch.ones(3)

    def error(params: dict[str, Any]) -> Any:
        return dg.sum((torch.func.functional_call(module, params, (x,)) - target) ** 2)

    params = {name: p.detach() for name, p in module.named_parameters()}
    gradient = dg.grad(error)(params)
    per_sample = dg.vmap(dg.grad(lambda p, x: dg.sum(torch.func.functional_call(module, p, (x,)))), in_axes=(None, 0))
    error(dict(module.named_parameters())).backward()

    for name, p in module.named_parameters():
        close(gradient[name].numpy(), p.grad.numpy())
    assert per_sample(params, torch.ones(4, 2))["weight"].shape == (4, 3, 2)


@on_torch
@pytest.mark.parametrize("wrap", [lambda f: f, jit], ids=["eager", "jit"])
def test_optimizer_of_torch_steps_along_the_gradient(backend: Any, wrap: Any) -> None:
    import torch

    weights = torch.nn.Parameter(torch.tensor(POINT))
    optimizer = torch.optim.SGD([weights], lr=0.1)
    objective = wrap(lambda w: dg.sum((w - 1.0) ** 2))

    for _ in range(3):
        optimizer.zero_grad()
        objective(weights).backward()
        optimizer.step()

    close(weights.detach().numpy(), 1 + 0.8**3 * (POINT - 1))


@on_torch
@pytest.mark.parametrize("compiler", [None, "replay"])
def test_jitted_function_that_closes_over_a_module_trains_it(backend: Any, compiler: str | None) -> None:
    """Its parameters were constants of the compiled program."""
    import torch

    module = torch.nn.Linear(2, 1)
    error = dg.jit(lambda x: dg.sum(module(x) ** 2), compiler=compiler)
    x = torch.tensor(POINT)
    with torch.no_grad():
        before = error(x)
    for _ in range(2):
        module.zero_grad()
        error(x).backward()
        close(module.weight.grad.numpy(), 2 * module(x).item() * POINT[None])
        with torch.no_grad():
            module.weight.mul_(2.0)

    assert error(x).item() != before.item()
    assert error.stats()["traces"] <= 2


@on_torch
def test_gradient_of_dualgrad_inside_a_module_trains_it(backend: Any) -> None:
    import torch

    class Force(torch.nn.Module):
        """Minus the slope of an energy with a parameter."""

        def __init__(self) -> None:
            super().__init__()
            self.k = torch.nn.Parameter(torch.tensor(2.0))

        def forward(self, x: Any) -> Any:
            return -dg.grad(lambda x: dg.sum(self.k * x**3))(x)

    force = Force()
    force(torch.tensor(POINT)).sum().backward()

    close(force.k.grad.item(), -3 * float(np.sum(POINT**2)))


@on_jax
@ALL
def test_jax_transforms_take_the_function(backend: Any, name: str) -> None:
    import jax

    fun, expected = FUNCTIONS[name]

    close(jax.grad(fun)(POINT), expected(POINT))
    close(jax.jit(jax.grad(fun))(POINT), expected(POINT))
    close(jax.vmap(jax.grad(fun))(np.stack([POINT, 2 * POINT])), [expected(POINT), expected(2 * POINT)])
    close(jax.jit(fun)(POINT), fun(POINT))


@on_jax
def test_transforms_of_jax_and_dualgrad_nest_in_each_other(backend: Any) -> None:
    import jax

    x = jax.numpy.asarray(POINT)
    second = -np.sin(POINT)

    close(jax.hessian(lambda x: dg.sum(dg.sin(x)))(x), np.diag(second))
    close(jax.jacfwd(dg.grad(lambda x: dg.sum(dg.sin(x))))(x), np.diag(second))
    close(dg.vmap(jax.grad(jax.grad(dg.sin)))(x), second)
    close(jax.jit(dg.hessian(looped))(x), np.zeros((2, 2)))


def through(transforms: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    return {name: dg.tree.map(dg.to_numpy, call()) for name, call in transforms.items()}


def test_failed_trace_leaves_every_transform_working(backend: Any) -> None:
    x = dg.asarray(POINT)
    many = dg.stack([x, 2 * x])
    transforms: dict[str, Callable[[], Any]] = {
        "value": lambda: loss(x),
        "grad": lambda: dg.grad(loss)(x),
        "vjp": lambda: dg.vjp(loss, x)[1](dg.asarray(1.0)),
        "jvp": lambda: dg.jvp(loss, (x,), (x,)),
        "jacfwd": lambda: dg.jacfwd(loss)(x),
        "jacrev": lambda: dg.jacrev(loss)(x),
        "hessian": lambda: dg.hessian(loss)(x),
        "linearize": lambda: dg.linearize(loss, x)[1](x),
        "vmap": lambda: dg.vmap(loss)(many),
        "vmap(hessian)": lambda: dg.vmap(dg.hessian(loss))(many),
        "jit": lambda: jit(loss)(x),
        "jit(vmap(hessian))": lambda: jit(dg.vmap(dg.hessian(loss)))(many),
        "grad of scan": lambda: dg.grad(looped)(x),
        "grad of custom_vjp": lambda: dg.grad(steep)(x),
    }
    before = through(transforms)

    def failing(x: Any) -> Any:
        dg.lax.scan(lambda c, s: (dg.grad(lambda z: dg.sum(z * s))(c), None), x, dg.asarray(STEPS))
        raise RuntimeError("fails inside of everything")

    def failing_in_scan(x: Any) -> Any:
        def body(c: Any, s: Any) -> Any:
            raise RuntimeError("fails inside of everything")

        return dg.lax.scan(body, dg.sum(x), dg.asarray(STEPS))[0]

    for fun in (failing, failing_in_scan):
        for broken in (jit(dg.vmap(dg.hessian(fun))), dg.vmap(dg.hessian(fun)), jit(dg.vmap(dg.grad(jit(fun))))):
            with pytest.raises(RuntimeError, match="fails inside of everything"):
                broken(many)

    after = through(transforms)
    for name in transforms:
        for a, b in zip(dg.tree.leaves(after[name]), dg.tree.leaves(before[name]), strict=True):
            np.testing.assert_array_equal(a, b)


def test_one_jitted_function_serves_four_threads(backend: Any) -> None:
    traces: list[int] = []

    @jit
    def gradient(x: Any) -> Any:
        traces.append(1)
        return dg.vmap(dg.grad(lambda z: loss(z) + looped(z)))(x)

    name = backend.name

    def work(n: int) -> list[Any]:
        with dg.use_backend(name):
            sizes = [1 + (n + k) % 3 for k in range(6)]
            return [dg.to_numpy(gradient(dg.asarray(np.tile(POINT * (n + 1), (size, 1))))) for size in sizes]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))

    for n, rows in enumerate(results):
        point = POINT * (n + 1)
        for got in rows:
            close(got, np.tile(slope(point) + LOOPED_SLOPE, (len(got), 1)), rtol=1e-4)
    if name == "torch":  # JAX may trace one kind of argument in two threads at once
        assert len(traces) == 3


def test_threads_that_trace_at_once_leave_torch_as_it_was() -> None:
    """The last of two overlapping traces to end failed in `torch.fx`, or left `nn.Module` patched."""
    import torch

    before = torch.nn.Module.__call__, torch.nn.Module.__getattr__

    def slow(x: Any) -> Any:
        time.sleep(0.02)
        return dg.sum(dg.sin(x))

    def slopes(n: int) -> Any:
        with dg.use_backend("torch"):
            point = dg.ones(n)
            # traced by jit; and for the derivative, of a jitted function that all threads share
            return jit(dg.grad(slow))(point), dg.grad(shared)(point)

    shared = jit(slow)
    with dg.use_backend("torch"), ThreadPoolExecutor(4) as threads:
        for found in threads.map(slopes, [3, 4, 3, 5, 4, 3]):
            for slope in found:
                close(slope.numpy(), np.cos(np.ones(len(slope))))
        assert shared.stats()["traces"] == 3

    assert (torch.nn.Module.__call__, torch.nn.Module.__getattr__) == before


@on_torch
def test_checkpoint_of_torch_around_a_jitted_function_computes_it_again(backend: Any) -> None:
    import torch
    from torch.utils.checkpoint import checkpoint

    x = torch.tensor(POINT, requires_grad=True)
    checkpoint(jit(loss), x, use_reentrant=False).backward()

    close(x.grad.numpy(), slope(POINT))


def test_twenty_shapes_of_a_jitted_gradient_are_twenty_programs(backend: Any) -> None:
    seen: list[int] = []

    @jit
    def fun(x: Any) -> Any:
        seen.append(x.shape[0])
        return dg.grad(lambda z: dg.sum(z**2))(x)

    for _ in range(2):
        results = [float(dg.sum(fun(dg.ones(n)))) for n in range(1, 21)]

        assert results == [2.0 * n for n in range(1, 21)]
    assert seen == list(range(1, 21))


def test_backward_three_times_through_a_large_layer_norm_is_that_of_its_formula() -> None:
    import torch  # its own layer_norm has a wrong third derivative (2.13)

    def third(norm: Callable[[Any], Any]) -> Any:
        x = out = torch.sin(torch.arange(9000.0, dtype=torch.float64)).reshape(1800, 5).requires_grad_()
        total = torch.sum(torch.sin(norm(out)))
        for _ in range(3):
            (out,) = torch.autograd.grad(total, x, create_graph=True)
            total = torch.sum(out**2)
        return out.detach().numpy()

    def formula(x: Any) -> Any:
        centred = x - x.mean(-1, keepdim=True)
        return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5)

    with dg.use_backend("torch"):
        np.testing.assert_allclose(third(dg.nn.layer_norm), third(formula), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("transform", [lambda f: f, dg.grad, lambda f: dg.grad(jit(f))], ids=["jit", "grad", "nested"])
def test_side_effects_come_once_per_trace(backend: Any, transform: Any) -> None:
    seen: list[int] = []

    def fun(x: Any) -> Any:
        seen.append(1)
        return dg.sum(x**2)

    jitted = jit(transform(fun))
    for k in range(3):
        jitted(dg.ones(2) * k)

    assert len(seen) == 1


@on_torch
def test_torch_compile_takes_special_functions_and_draws_with_parameters_in_one_graph(backend: Any) -> None:
    import torch

    def fun(x: Any) -> Any:
        key = dg.random.key(0)
        drawn = dg.random.choice(key, x) + dg.random.binomial(key, 5, 0.3)
        return dg.special.expi(x) + dg.special.zeta(x + 1.0, x) + drawn

    x = torch.tensor([0.5, 1.5, 2.0])

    close(torch.compile(fun, backend="eager", fullgraph=True)(x).numpy(), fun(x).numpy())


@on_torch
def test_torch_compile_sees_a_series_as_one_operation(backend: Any) -> None:
    """Written out, `gammainc` was a graph with which Inductor was busy for more than eight minutes."""
    import torch

    sizes = []

    def counted(graph: Any, inputs: Any) -> Any:
        sizes.append(len(graph.graph.nodes))
        return graph

    x = torch.tensor([0.5, 1.5, 2.0])

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a cache that Dynamo looks through
        got = torch.compile(lambda x: dg.special.gammainc(2, x), backend=counted, fullgraph=True)(x)

    close(got.numpy(), 1 - (1 + x.numpy()) * np.exp(-x.numpy()))
    assert len(sizes) == 1
    assert sizes[0] < 20


@on_torch
def test_gradient_whose_kernel_has_no_derivative_can_be_jitted_of_a_modules_parameters(backend: Any) -> None:
    """They are recorded, and the gradient of PyTorch's fused attention has no derivative itself."""
    import torch

    module = torch.nn.Linear(4, 4)
    x = torch.linspace(-1, 1, 20).reshape(1, 1, 5, 4)

    def loss(w: Any) -> Any:
        q = x @ w
        return dg.sum(torch.nn.functional.scaled_dot_product_attention(q, q, x))

    eager = dg.grad(loss)(module.weight)
    got = dg.jit(dg.grad(loss), compiler="replay")(module.weight)

    close(got.detach().numpy(), eager.detach().numpy())
    for gradient in (eager, got):
        with pytest.raises(RuntimeError, match=r"derivative for .*attention.* is not implemented"):
            gradient.sum().backward()

    value, gradient = dg.jit(dg.value_and_grad(loss), compiler="replay")(module.weight)
    value.backward()  # that of the value beside it is asked for alone
    close(module.weight.grad.numpy(), eager.detach().numpy())
    with pytest.raises(RuntimeError, match=r"derivative for .*attention.* is not implemented"):
        (value + gradient.sum()).backward()


def test_loop_of_unknown_length_is_run_by_a_jitted_function_of_a_modules_parameters() -> None:
    """They are recorded, but nobody asks for a gradient through the loop; where somebody does, it is refused."""
    import torch

    w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))

    def both(w: Any) -> Any:
        return dg.lax.while_loop(lambda c: dg.sum(c) < 50, lambda c: 1.5 * c + w, w), dg.sum(w**2)

    with dg.use_backend("torch"):
        grown, square = dg.jit(both, compiler="replay")(w)
        close(grown.detach().numpy(), both(w)[0].detach().numpy())
        square.backward()
        assert w.grad is not None
        close(w.grad.numpy(), [2.0, 4.0])
        with pytest.raises(ValueError, match=r"^dualgrad\.lax\.while_loop: reverse mode needs the number of steps"):
            grown.sum().backward()


def test_hvp_by_a_function_of_torch_that_is_no_derivative_is_not_that_of_the_transpose() -> None:
    import torch

    mix = torch.tensor([[1.0, 2.0], [0.0, 3.0]])

    class Mixed(torch.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x * 1

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, *cts: Any) -> Any:
            return mix @ cts[0] * ctx.saved_tensors[0][0]

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            return tangents[0]

    x, v = torch.tensor([0.5, 2.0]), torch.tensor([1.0, -3.0])

    with dg.use_backend("torch"):
        got = dg.hvp(lambda x: dg.sum(Mixed.apply(x) ** 3), (x,), (v,))

    # the gradient is mix @ (3 x^2) x_0
    want = mix @ (6 * x * v) * x[0] + mix @ (3 * x**2) * v[0]
    np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-6)


@on_torch
@pytest.mark.parametrize("first", ["plain", "lazy"])
def test_compiled_program_takes_a_tensor_that_is_negated_lazily(first: str, backend: Any) -> None:
    import torch

    z = torch.tensor(0.5 + 2.0j)
    lazy = z.conj().imag
    assert lazy.is_neg()
    assert lazy.is_contiguous()
    jitted = dg.jit(lambda x: dg.sin(x) + dg.lax.fori_loop(0, 20, lambda _, c: 0.5 * c + x, x))
    order = [torch.tensor(-2.0), lazy] if first == "plain" else [lazy, torch.tensor(-2.0)]

    want = np.sin(-2.0) - 4.0

    close([jitted(x).item() for x in [*order, *order]], want)
    close(dg.grad(lambda x: x * jitted(x))(lazy).item(), want - 2.0 * (np.cos(-2.0) + 2.0))
    close(dg.vmap(jitted)(lazy[None]).numpy(), [want])


@on_torch
@pytest.mark.parametrize(
    "way",
    [
        pytest.param(lambda fun, z: fun(z), id="eager"),
        pytest.param(lambda fun, z: dg.jit(fun)(z), id="jit"),
        pytest.param(lambda fun, z: dg.vmap(fun)(z), id="vmap"),
        pytest.param(lambda fun, z: dg.jvp(fun, (z,), (z * 1j,)), id="jvp"),
        pytest.param(lambda fun, z: dg.linearize(fun, z)[1](z), id="linearize"),
        pytest.param(lambda fun, z: dg.vjp(fun, z)[1](z.conj()), id="vjp"),
        pytest.param(lambda fun, z: dg.lax.scan(lambda c, s: (c.conj() * fun(s), fun(c)), z[0], z), id="scan"),
        pytest.param(
            lambda fun, z: dg.jit(lambda z: dg.lax.scan(lambda c, s: (c.conj() * fun(s), fun(c).conj()), z[0], z))(z),
            id="jit(scan)",
        ),
    ],
)
def test_tensor_that_is_conjugated_lazily_is_as_one_that_is_not(way: Any, backend: Any) -> None:
    import torch

    z = torch.tensor([0.5 + 2.0j, -1.0 + 0.3j]).conj()
    resolved = z.resolve_conj()
    assert z.is_conj()

    def fun(w: Any) -> Any:
        return dg.imag(w) * w + dg.conj(w) * 0.5

    found, want = dg.tree.leaves(way(fun, z)), dg.tree.leaves(way(fun, resolved))

    for x, y in zip(found, want, strict=True):
        close(x.resolve_conj().numpy(), y.resolve_conj().numpy())
