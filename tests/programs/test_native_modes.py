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
