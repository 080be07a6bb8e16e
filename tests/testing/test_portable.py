"""`check_portable` names what only one framework has, its line and the neutral spelling, and is quiet otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import dualgrad as dg

V = np.array([0.1, 0.2, 0.3])
M = np.ones((3, 2))
BYTES = np.ones(3, np.int8)
KEY = np.array([0, 1], np.uint32)
HOST_ARRAY = np.ones(3, np.float32)


def adds_in_place(x: Any) -> Any:
    y = dg.sin(x)
    y += x
    return y


def multiplies_in_place(x: Any) -> Any:
    y = dg.sin(x)
    y *= 2.0
    return y


def sets_an_element(x: Any) -> Any:
    x[0] = 1.0
    return x


def sets_a_slice(x: Any) -> Any:
    x[:2] = 0.0
    return x


def loops_on_data(x: Any) -> Any:
    while dg.sum(x) < 10:
        x = x * 2
    return x


def asserts_on_data(x: Any) -> Any:
    assert dg.all(x > 0)
    return x


# Each with what the message must say; the line is that of the plant, or of the second line of a function.
PLANTS: list[tuple[Callable[[Any], Any], Any, str]] = [
    # torch's functions
    (lambda x: torch.sin(x), V, "Write dg.sin."),
    (lambda x: torch.cat([x, x]), V, "dg.concat"),
    (lambda x: torch.matmul(x, x), V, "dg.matmul"),
    (lambda x: torch.mm(x, x), M, "dg.matmul"),
    (lambda x: torch.sum(x, dim=0), M, "dg.sum"),
    (lambda x: torch.where(x > 0, x, 0.0), V, "dg.where"),
    (lambda x: torch.clamp(x, 0, 1), V, "dg.clip"),
    (lambda x: torch.linalg.inv(x), M, "dg.linalg.inv"),
    (lambda x: torch.einsum("i,i->", x, x), V, "dg.einsum"),
    (lambda x: torch.softmax(x, 0), V, "dg.nn.softmax"),
    (lambda x: F.softplus(x), V, "dg.nn.softplus"),
    (lambda x: F.relu(x), V, "dg.nn.relu"),
    (lambda x: F.mse_loss(x, x), V, "dg.mean"),
    (lambda x: torch.special.erf(x), V, "dg.special.erf"),
    (lambda x: torch.func.vmap(torch.sin)(x), V, "dg.vmap"),
    (lambda x: torch.func.grad(torch.sum)(x), V, "dg.grad"),
    (lambda x: torch.tensor(x), V, "torch.tensor(x)"),
    (lambda x: x + torch.zeros(3), V, "dg.asarray"),
    (lambda x: dg.add(x, torch.zeros(3)), V, "dg.asarray"),
    # JAX's functions
    (lambda x: jnp.sin(x), V, "Write dg.sin."),
    (lambda x: jnp.concatenate([x, x]), V, "dg.concatenate"),
    (lambda x: jnp.sum(x), V, "dg.sum"),
    (lambda x: jnp.where(x > 0, x, 0.0), V, "dg.where"),
    (lambda x: jnp.dot(x, x), V, "jnp.dot(x, x)"),
    (lambda x: jnp.linalg.inv(x), M, "dg.linalg.inv"),
    (lambda x: jax.nn.gelu(x), V, "dg.nn.gelu"),
    (lambda x: jax.lax.sin(x), V, "jax.lax.sin(x)"),
    (lambda x: jax.grad(jnp.sum)(x), V, "dg.grad"),
    (lambda x: jax.vmap(jnp.sin)(x), V, "dg.vmap"),
    (lambda x: jax.jit(jnp.sin)(x), V, "dg.jit"),
    (lambda k: jax.random.normal(k, (3,)), KEY, "dg.random.normal"),
    (lambda x: jax.lax.scan(lambda c, y: (c, y), 0.0, x), V, "dg.lax.scan"),
    (lambda x: x * jnp.ones(3), V, "dg.asarray"),
    (lambda x: jnp.asarray(x), V, "dg.asarray"),
    # methods and attributes of one of them, or with two meanings
    (lambda x: x.view(-1), V, "dg.reshape"),
    (lambda x: x.astype("float32"), V, "dg.astype"),
    (lambda x: x.at[0].set(1.0), V, "dg.at"),
    (lambda x: x.mul_(2.0), V, "x = x * y"),
    (lambda x: x.add_(2.0), V, "x = x + y"),
    (lambda x: x.exp_(), V, "dg.exp"),
    (lambda x: x.unsqueeze(0), V, "dg.expand_dims"),
    (lambda x: x.permute(1, 0), M, "dg.permute_dims"),
    (lambda x: x.transpose(0, 1), M, "dg.permute_dims"),
    (lambda x: x.to(torch.float64), V, "dg.astype"),
    (lambda x: x.float(), V, "dg.astype"),
    (lambda x: x.clamp(0, 1), V, "dg.clip"),
    (lambda x: x.detach(), V, "dg.stop_gradient"),
    (lambda x: x.requires_grad_(), V, "dg.grad takes a function"),
    (lambda x: x.backward(), V, "dg.grad"),
    (lambda x: x.size(0), V, "x.shape"),
    (lambda x: x.size, V, "math.prod(x.shape)"),
    (lambda x: x.numel(), V, "math.prod(x.shape)"),
    (lambda x: x.expand(2, 3), V, "dg.broadcast_to"),
    (lambda x: x.repeat(2), V, "dg.repeat"),
    (lambda x: x.std(), V, "dg.std"),
    (lambda x: x.var(), V, "dg.var"),
    (lambda x: x.sort(), V, "dg.sort"),
    (lambda x: x.max(0), V, "dg.max"),
    (lambda x: x.T, V, "dg.permute_dims"),
    (lambda x: x.sum(), BYTES, "dg.sum"),
    (lambda x: x.softmax(-1), V, "dg.nn.softmax"),
    (lambda x: x.sin(), V, "dg.sin"),
    (lambda x: x.imag, V, "dg.imag"),
    (lambda x: x if x.dtype == torch.float32 else -x, V, "x.dtype == dg.float32"),
    (lambda x: x.dtype.is_floating_point, V, "dg.isdtype"),
    # branches on data
    (lambda x: x if dg.sum(x) > 0 else -x, V, "dg.lax.cond"),
    (lambda x: x if x[0] > 0 and x[1] > 0 else -x, V, "dg.where"),
    (lambda x: not dg.any(x), V, "dg.logical_not"),
    (lambda x: max(x), V, "dg.where"),
    (lambda x: 0.5 in x, V, "dg.any(x == value)"),
    (loops_on_data, V, "dg.lax.while_loop"),
    (asserts_on_data, V, "branch"),
    (lambda x: dg.nonzero(x), V, "size="),
    # changes in place
    (adds_in_place, V, "x = x + y"),
    (multiplies_in_place, V, "x = x * y"),
    (sets_an_element, V, "dg.at(x)[index].set(values)"),
    (sets_a_slice, V, "dg.at(x)[index].set(values)"),
    # transfers to the host
    (lambda x: float(x[0]), V, "float(x)"),
    (lambda x: int(x[0]), V, "int(x)"),
    (lambda x: x.item(), V, "x.item()"),
    (lambda x: x.tolist(), V, "x.tolist()"),
    (lambda x: x.numpy(), V, "x.numpy()"),
    (lambda x: np.asarray(x), V, "np.asarray(x)"),
    (lambda x: np.sin(x), V, "Write dg.sin."),
    (lambda x: np.sum(x), V, "dg.sum"),
    (lambda x: np.linalg.norm(x), V, "host"),
    (lambda x: math.sin(x[0]), V, "float(x)"),
    (lambda x: dg.to_numpy(x), V, "dg.to_numpy(x)"),
    (lambda x: list(range(dg.argmax(x))), V, "index(x)"),
    (lambda x: f"{x[0]:.3f}", V, "format"),
    # operators that differ
    (lambda x: x[::-1], V, "dg.flip"),
    (lambda x: 1 - (x > 0), V, "Write dg.subtract(x, y)."),
    (lambda x: dg.vmap(lambda y: y - (y > 0))(x), V, "Write dg.subtract(x, y)."),
    (lambda x: x + x, np.ones(3, np.uint16), "Write dg.add(x, y)."),
    (lambda x: x > 1, np.ones(3, np.uint32), "Write dg.greater(x, y)."),
    (lambda x: x[x > 0], V, "dg.where(mask, x, 0)"),
    (lambda x: x[dg.argmax(x)], V, "dg.take"),
    (lambda x: x[dg.argmin(x) :], V, "dynamic_slice_in_dim"),
    (lambda x: x[[0, 1]], V, "dg.asarray(indices)"),
    (lambda x: x[7], V, "IndexError"),
    (lambda x: HOST_ARRAY - x, V, "dg.subtract"),
    (lambda x: x - HOST_ARRAY, V, "dg.subtract"),
    (lambda x: x * dg.asarray(2, dtype="int32"), BYTES, "dg.multiply"),
    (lambda x: {x: 1}, V, "hashed"),
    (lambda x: round(x), V, "dg.round"),
    (lambda x: divmod(x, 2), V, "dg.floor_divide"),
    (lambda x: dg.tree.map(torch.relu, {"a": x}), V, "dg.nn.relu"),
    (lambda x: dg.get_backend("jax").sin(x), V, "jax"),
]


def line_of(fun: Callable[..., Any]) -> int:
    """Where the plant is: the line of a lambda, or the one after the first statement's of a function."""
    code = fun.__code__
    if code.co_name == "<lambda>":
        return code.co_firstlineno
    return (
        code.co_firstlineno
        + (1 if code.co_name in ("loops_on_data", "asserts_on_data") else 2)
        - (code.co_name.startswith("sets"))
    )


@pytest.mark.backends("torch")  # both are run anyway; the active one comes first
@pytest.mark.parametrize(("plant", "arg", "words"), PLANTS, ids=lambda x: str(x) if isinstance(x, str) else None)
def test_plant_is_named_with_its_line_and_the_neutral_spelling(
    backend: Any, plant: Callable[..., Any], arg: Any, words: str
) -> None:
    with pytest.raises(dg.PortabilityError) as caught:
        dg.check_portable(plant, arg)
    message = str(caught.value)
    assert message.startswith("dualgrad.check_portable: ")
    assert f"in test_portable.py:{line_of(plant)}: " in message
    assert words in message
    assert (caught.value.filename, caught.value.lineno) == (__file__, line_of(plant))


def rule(inner: Callable[..., Any]) -> Callable[..., Any]:
    @dg.custom_vjp
    def f(x: Any) -> Any:
        return dg.sin(x)

    f.defvjp(lambda x: (dg.sin(x), x), lambda x, ct: (inner(x) * ct,))
    return dg.grad(lambda x: dg.sum(f(x)))


AROUND: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "grad": lambda f: dg.grad(lambda x: dg.sum(f(x))),
    "vmap": lambda f: lambda x: dg.vmap(f)(dg.stack([x, x])),
    "jit": lambda f: dg.jit(f),
    "jit with an option": lambda f: dg.jit(lambda x, n: f(x) * n, static_argnames="n"),
    "hessian": lambda f: dg.hessian(lambda x: dg.sum(f(x))),
    "scan": lambda f: lambda x: dg.lax.scan(lambda c, _: (f(c), None), x, None, length=2)[0],
    "while_loop": lambda f: lambda x: dg.lax.while_loop(lambda c: dg.sum(c) < 1.0, f, x),
    "cond": lambda f: lambda x: dg.lax.cond(dg.sum(x) > 0, f, lambda y: y, x),
    "checkpoint": lambda f: dg.checkpoint(f),
    "vjp": lambda f: lambda x: dg.vjp(f, x)[1](x),
    "linearize": lambda f: lambda x: dg.linearize(f, x)[1](x),
    "the backward rule of custom_vjp": rule,
    "vmap of grad in jit": lambda f: dg.jit(dg.vmap(dg.grad(lambda x: dg.sum(f(x[None, ...]))))),
}


@pytest.mark.parametrize("around", AROUND)
def test_plant_inside_a_transform_is_named_by_its_own_line(backend: Any, around: str) -> None:
    def plain(x: Any) -> Any:
        return dg.tanh(x) * 1.5

    def torch_call(x: Any) -> Any:
        return torch.tanh(x)

    def in_place(x: Any) -> Any:
        return x.mul_(2.0)

    def branch(x: Any) -> Any:
        return x if dg.sum(x) > 0 else -x

    args = (V, 2) if "option" in around else (V,)
    dg.check_portable(AROUND[around](plain), *args)
    for plant in (torch_call, in_place, branch):
        with pytest.raises(dg.PortabilityError) as caught:
            dg.check_portable(AROUND[around](plant), *args)
        assert caught.value.lineno == plant.__code__.co_firstlineno + 1


QUIET: dict[str, tuple[Callable[..., Any], Any]] = {
    "ops": (lambda x: dg.sum(dg.sin(x) * x - 2.0 / (1.0 + x**2)), V),
    "tree": (lambda p: {"a": p["w"].mT @ p["v"], "n": None}, {"w": M, "v": V}),
    "shapes": (lambda x: dg.reshape(x, (x.shape[0], 1)) * x.ndim * len(x), V),
    "basic indices": (lambda x: x[0] + x[-1, None, :] + x[..., ::2].sum() + x[1:][0], M),
    "index array": (lambda x: x[dg.asarray([0, 1])], V),
    "methods that agree": (lambda x: x.reshape(3, 2).sum(axis=0).mean() + x.max() + x.any(), M),
    "matrix T": (lambda x: x.T @ x, M),
    "python loop over rows": (lambda x: sum(row * i for i, row in enumerate(x)), M),
    "dtype": (lambda x: dg.zeros(3, dtype=x.dtype) if x.dtype == dg.float32 else x, V),
    "at": (lambda x: dg.at(x)[dg.argmax(x)].set(1.0), V),
    "random": (lambda k: dg.random.normal(k, (3,)), KEY),
    "linalg": (lambda a: dg.linalg.solve(a.T @ a + dg.eye(2), a[0]), M),
    "composed": (lambda x: dg.quantile(x, 0.5), V),
    "higher order": (lambda x: dg.apply_along_axis(lambda row: row * 2, 0, x), M),
    "callback": (lambda x: dg.pure_callback(np.sin, dg.ShapeDtypeStruct((3,), dg.float32), x), V),
    "print": (lambda x: (dg.debug.print("{}", x), x)[1], V),
    "collective": (dg.vmap(lambda x: dg.lax.psum(x, "i"), axis_name="i"), V),
    "hvp": (lambda x: dg.hvp(lambda y: dg.sum(y**3), (x,), (x,)), V),
    "integers": (lambda n: n / 2 + n // 2, np.arange(3, dtype=np.int32)),
    "numpy through an op": (lambda x: dg.subtract(HOST_ARRAY, x), V),
    "host work beside": (lambda x: x * float(np.sin(HOST_ARRAY[0])) * math.pi, V),
    "guarded": (lambda x: torch.sin(x) if dg.get_backend().name == "torch" else jnp.sin(x), V),
    "guarded method": (lambda x: x.clamp(0, 1) if dg.get_backend().name == "torch" else x.clip(0, 1), V),
    "type check": (lambda x: torch.sin(x) if isinstance(x, torch.Tensor) else dg.sin(x), V),
    "hasattr": (lambda x: x.clamp(0, 1) if hasattr(x, "clamp") else dg.clip(x, 0, 1), V),
}


@pytest.mark.parametrize("name", QUIET)
def test_portable_program_passes_quietly(backend: Any, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    fun, arg = QUIET[name]
    dg.check_portable(fun, arg)
    assert capsys.readouterr().out == ""


def test_first_breach_of_the_program_is_named_whichever_framework_it_is_of(backend: Any) -> None:
    def torch_first(x: Any) -> Any:
        y = torch.sin(x)
        return jnp.sin(y)

    def jax_first(x: Any) -> Any:
        y = jnp.sin(x)
        return torch.sin(y)

    for plant in (torch_first, jax_first):
        with pytest.raises(dg.PortabilityError) as caught:
            dg.check_portable(plant, V)
        assert caught.value.lineno == plant.__code__.co_firstlineno + 1


def test_breach_is_reported_although_the_program_swallows_the_error(backend: Any) -> None:
    def swallows(x: Any) -> Any:
        try:
            return x * float(x[0])
        except TypeError:
            return x

    with pytest.raises(dg.PortabilityError, match="float"):
        dg.check_portable(swallows, V)


def test_arguments_may_be_native_arrays_structs_numbers_and_keywords(backend: Any) -> None:
    dg.check_portable(lambda x, n, *, scale: dg.reshape(x, (n, -1)) * scale, dg.ones(4), 2, scale=0.5)
    dg.check_portable(dg.sin, dg.ShapeDtypeStruct((2,), dg.float32))


def test_array_that_is_closed_over_is_named(backend: Any) -> None:
    weights = dg.ones(3)
    with pytest.raises(dg.PortabilityError, match="pass it as an argument"):
        dg.check_portable(lambda x: x * weights, V)


def test_check_leaves_nothing_in_a_transformed_function(backend: Any) -> None:
    jitted = dg.jit(dg.grad(lambda x: dg.sum(x * x)))
    dg.check_portable(lambda x: jitted(x), V)
    assert set(vars(jitted)["_natives"]) <= {dg.get_backend("jax"), dg.get_backend("torch")}


def test_wrong_program_raises_its_own_error(backend: Any) -> None:
    with pytest.raises(ValueError, match="new shape must hold"):
        dg.check_portable(lambda x: dg.reshape(x, (7,)), V)


def test_promotion_that_differs_in_64_bits_is_named(backend: Any, x64: None) -> None:
    with pytest.raises(dg.PortabilityError, match=r"promotion says float64"):
        dg.check_portable(lambda x: x * dg.asarray(2.0), HOST_ARRAY)


def test_eval_shape_takes_jitted_functions(backend: Any) -> None:
    found = dg.eval_shape(lambda x: dg.jit(dg.sin)(x), dg.ShapeDtypeStruct((3,), dg.float32))
    assert found == dg.ShapeDtypeStruct((3,), dg.float32)
