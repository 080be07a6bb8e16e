"""Operators that users register with `torch.library`, below dualgrad's transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = [pytest.mark.backends("torch"), pytest.mark.usefixtures("backend")]
jit = partial(dg.jit, compiler="replay")
POINTS = np.linspace(0.1, 1.3, 4)


@pytest.fixture(scope="module")
def squared_sine() -> Any:
    """sin(x)**2 by NumPy, which no trace looks into, with its gradient."""
    import torch

    @torch.library.custom_op("dualgrad_tests::squared_sine", mutates_args=(), schema="(Tensor x) -> Tensor")
    def squared_sine(x: Any) -> Any:
        return torch.from_numpy(np.sin(x.detach().numpy()) ** 2)

    squared_sine.register_fake(torch.empty_like)
    squared_sine.register_autograd(
        lambda ctx, ct: ct * torch.sin(2 * ctx.saved_tensors[0]),
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
    )
    return squared_sine


@pytest.fixture(scope="module")
def pair() -> Iterator[Any]:
    """Of x, y: `scale * by * x` and `x * y`; a list of tensors, a default, a keyword, two results."""
    import torch

    schema = "(Tensor[] xs, float by=2.0, *, float scale=1.0) -> (Tensor, Tensor)"
    with torch.library._scoped_library("dualgrad_tests", "FRAGMENT") as library:
        library.define(f"pair{schema}")
        library.impl(
            "pair", lambda xs, by=2.0, *, scale=1.0: (xs[0] * by * scale, xs[0] * xs[1]), "CompositeExplicitAutograd"
        )
        op = torch.ops.dualgrad_tests.pair
        torch.library.register_fake("dualgrad_tests::pair", lambda xs, by=2.0, *, scale=1.0: (xs[0] + 0, xs[0] + 0))

        def keep(ctx: Any, inputs: Any, keyword_only_inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs[0])
            ctx.factor = inputs[1] * keyword_only_inputs["scale"]

        def back(ctx: Any, ct: Any, other: Any) -> Any:
            x, y = ctx.saved_tensors
            return [ct * ctx.factor + other * y, other * x], None

        torch.library.register_autograd("dualgrad_tests::pair", back, setup_context=keep, lib=library)
        yield lambda x, y, **kwargs: op([x, y], 3.0, **kwargs)


def slope(x: Any) -> Any:
    """The derivative of x sin(x)**2."""
    return np.sin(x) ** 2 + x * np.sin(2 * x)


def curvature(x: Any) -> Any:
    """Its second derivative."""
    return 2 * np.sin(2 * x) + 2 * x * np.cos(2 * x)


def twice(x: Any) -> Any:
    return dg.stack([x, 2 * x])


# Name -> what is done with x sin(x)**2, summed, and the answer.
WAYS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], Any]]] = {
    "grad": (lambda f, x: dg.grad(f)(x), slope),
    "jit(grad)": (lambda f, x: jit(dg.grad(f))(x), slope),
    "grad(jit)": (lambda f, x: dg.grad(jit(f))(x), slope),
    "vmap(grad)": (lambda f, x: dg.vmap(dg.grad(f))(twice(x))[1], lambda x: slope(2 * x)),
    "grad(vmap)": (lambda f, x: dg.grad(lambda xs: dg.sum(dg.vmap(f)(xs)))(twice(x))[1], lambda x: slope(2 * x)),
    "jit(vmap(grad))": (lambda f, x: jit(dg.vmap(dg.grad(f)))(twice(x))[1], lambda x: slope(2 * x)),
    "compiled": (lambda f, x: dg.jit(dg.grad(f))(x), slope),
    "jacrev(grad)": (lambda f, x: dg.jacrev(dg.grad(f))(x), lambda x: np.diag(curvature(x))),
    "jit(jacrev(grad))": (lambda f, x: jit(dg.jacrev(dg.grad(f)))(x), lambda x: np.diag(curvature(x))),
}


@pytest.mark.parametrize("way", WAYS)
def test_gradient_that_was_registered_holds_below_transforms(squared_sine: Any, x64: None, way: str) -> None:
    transformed, answer = WAYS[way]
    found = transformed(lambda x: dg.sum(x * squared_sine(x)), dg.asarray(POINTS))
    np.testing.assert_allclose(dg.to_numpy(found), answer(POINTS), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_operator_of_a_list_a_keyword_and_two_results_is_transformed(pair: Any, x64: None, way: str) -> None:
    transformed, answer = WAYS[way]

    def product(x: Any) -> Any:  # is x sin(x)**2
        scaled, multiplied = pair(x, dg.sin(x), scale=1 / 3)
        return dg.sum(scaled * multiplied * dg.sin(x) / x)

    found = transformed(product, dg.asarray(POINTS))
    np.testing.assert_allclose(dg.to_numpy(found), answer(POINTS), rtol=1e-12, atol=1e-12)


def test_loop_over_an_operator_has_its_gradient(squared_sine: Any, x64: None) -> None:
    def looped(x: Any) -> Any:
        return dg.sum(dg.lax.scan(lambda c, _: (squared_sine(c), None), x, None, length=2)[0])

    inner = np.sin(POINTS) ** 2
    for fun in (dg.grad(looped), jit(dg.grad(looped))):
        found = dg.to_numpy(fun(dg.asarray(POINTS)))
        np.testing.assert_allclose(found, np.sin(2 * inner) * np.sin(2 * POINTS), rtol=1e-12)


def test_rule_for_vmap_that_was_registered_is_used(x64: None) -> None:
    import torch

    seen: list[Any] = []

    @torch.library.custom_op("dualgrad_tests::mapped", mutates_args=(), schema="(Tensor x) -> Tensor")
    def mapped(x: Any) -> Any:
        return x * x

    @mapped.register_vmap
    def rule(info: Any, in_dims: Any, x: Any) -> Any:
        seen.append((info.batch_size, in_dims))
        return x * x, in_dims[0]

    mapped.register_autograd(
        lambda ctx, ct: 2 * ct * ctx.saved_tensors[0],
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
    )
    xs = dg.asarray(np.stack([POINTS, 2 * POINTS], axis=1))
    found = dg.grad(lambda xs: dg.sum(dg.vmap(mapped, in_axes=1)(xs)))(xs)
    np.testing.assert_allclose(dg.to_numpy(found), 2 * dg.to_numpy(xs))
    assert seen == [(2, (1,))]


FORWARD: dict[str, Callable[[Any, Any], Any]] = {
    "jvp": lambda f, x: dg.jvp(f, (x,), (x,)),
    "jacfwd": lambda f, x: dg.jacfwd(f)(x),
    "linearize": lambda f, x: dg.linearize(f, x)[1](x),
    "jvp(jit)": lambda f, x: dg.jvp(jit(f), (x,), (x,)),
}


@pytest.mark.parametrize("way", FORWARD)
def test_forward_mode_through_an_operator_is_refused_where_torch_gives_zero(squared_sine: Any, way: str) -> None:
    with pytest.raises(TypeError, match=r"reverse mode only.*squared_sine.*dg\.custom_jvp"):
        FORWARD[way](lambda x: dg.sum(squared_sine(x)), dg.asarray(POINTS.astype(np.float32)))


def test_operator_without_a_gradient_says_so(x64: None) -> None:
    import torch

    @torch.library.custom_op("dualgrad_tests::flat", mutates_args=(), schema="(Tensor x) -> Tensor")
    def flat(x: Any) -> Any:
        return x * x

    with pytest.raises(RuntimeError, match="no autograd formula was registered"):
        dg.vmap(dg.grad(lambda x: dg.sum(flat(x))))(dg.ones((2, 3)))
