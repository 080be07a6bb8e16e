"""dualgrad inside the modes of a framework that change what autograd records."""

from __future__ import annotations

import pytest

import dualgrad as dg


@pytest.mark.backends("torch")
def test_gradient_is_the_same_under_no_grad_and_inference_mode(backend: object) -> None:
    import torch

    x = torch.tensor([1.0, 2.0])
    gradient = dg.grad(lambda x: dg.sum(x**3))

    with torch.no_grad():
        quiet = gradient(x)
    with torch.inference_mode():
        inferred, made_there = gradient(x), gradient(torch.tensor([1.0, 2.0]))

    assert quiet.tolist() == inferred.tolist() == made_there.tolist() == [3.0, 12.0]


@pytest.mark.backends("torch")
@pytest.mark.parametrize("transform", ["jit", "grad of jit", "jit of grad"])
def test_jitted_program_made_under_autocast_is_for_autocast_alone(transform: str, backend: object) -> None:
    import torch

    def loss(x: torch.Tensor) -> torch.Tensor:
        return dg.sum(dg.astype(dg.matmul(x, x), dg.float32) ** 2)

    plain = loss if transform == "jit" else dg.grad(loss)
    jitted = dg.jit(loss, compiler="replay")
    made = {
        "jit": jitted,
        "grad of jit": dg.grad(jitted),
        "jit of grad": dg.jit(dg.grad(loss), compiler="replay"),
    }[transform]
    x = torch.tensor([[1.003, 2.0], [0.3, 0.7]])

    for _ in range(2):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            narrow = made(x)
            assert torch.allclose(narrow, plain(x), rtol=2**-7)
        assert made(x).tolist() == plain(x).tolist() != narrow.tolist()


@pytest.mark.backends("torch")
def test_another_default_device_is_another_program(backend: object) -> None:
    import torch

    jitted = dg.jit(lambda x: x + dg.ones(3), compiler="replay")
    x = torch.zeros(3)

    def traces() -> int:
        jitted(x)
        return backend.jit_stats(jitted.native())["traces"]  # pyright: ignore[reportAttributeAccessIssue]

    assert traces() == 1
    with torch.device("cpu"):
        assert traces() == 1
    with torch.device("meta"):  # stands for an accelerator, of which there need be none
        assert [traces(), traces()] == [2, 2]
    assert traces() == 2


@pytest.mark.backends("jax")
def test_strict_promotion_is_for_the_code_of_the_user_alone(backend: object) -> None:
    import jax

    x = dg.reshape(dg.arange(6, dtype="float32"), (2, 3))
    calls = [lambda: dg.quantile(x, 0.3, axis=0), lambda: dg.fft.dct(x), lambda: dg.interp(x, x[0], x[1])]
    expected = [dg.to_numpy(call()).tolist() for call in calls]

    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        assert [dg.to_numpy(call()).tolist() for call in calls] == expected
        with pytest.raises(ValueError, match="numpy_rank_promotion"):
            dg.multiply(x, x[0])
