"""Products of integers on accelerators, which torch's own kernels leave out, against those of the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import dualgrad as dg


@pytest.mark.backends("torch")
@pytest.mark.usefixtures("backend", "x64")
@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
def test_products_of_limbs_wrap_as_those_of_the_cpu_do(dtype: str) -> None:
    from dualgrad.backends.torch._limbs import on_limbs

    info = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    x, y = (torch.from_numpy(rng.integers(info.min, info.max, s, dtype, endpoint=True)) for s in ((3, 4, 70), (70, 5)))

    assert torch.equal(on_limbs(torch.matmul, x, y), torch.matmul(x, y))


@pytest.mark.backends("torch")
@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "product",
    [
        dg.matmul,
        dg.dot,
        dg.inner,
        lambda x, y: dg.tensordot(x, y, axes=1),
        lambda x, y: dg.einsum("ij,jk->ik", x, y),
        lambda x, y: dg.einsum("ij,jk,kl->il", x, y, x),
    ],
    ids=["matmul", "dot", "inner", "tensordot", "einsum", "einsum of three"],
)
def test_products_of_integers_need_no_kernel_of_integers(product: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dualgrad.backends.torch import linear_algebra

    kinds: list[Any] = []

    def refused(*_: Any) -> Any:
        raise NotImplementedError("as on an accelerator")

    monkeypatch.setattr(linear_algebra, "_of_tensors", refused)

    class Watched(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.overloadpacket in (torch.ops.aten.mm, torch.ops.aten.bmm, torch.ops.aten.mv, torch.ops.aten.dot):
                kinds.append(args[0].dtype)
            return func(*args, **(kwargs or {}))

    x = dg.ones((3, 3), dtype=dg.int32).to("meta")

    with Watched():
        out = product(x, x)

    assert (out.dtype, out.device.type) == (torch.int32, "meta")
    assert set(kinds) == {torch.float64}


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32"])
def test_compiled_products_of_a_single_row_keep_their_dtype(backend: Any, dtype: str, rows: int) -> None:
    a, b = np.arange(6 * rows).reshape(2, rows, 3).astype(dtype), np.arange(24).reshape(2, 3, 4).astype(dtype)
    for fun in (dg.matmul, lambda x, y: x @ y, lambda x, y: dg.matmul(y.mT, x.mT).mT):
        out = dg.to_numpy(dg.jit(fun)(dg.asarray(a), dg.asarray(b)))
        np.testing.assert_array_equal(out, a @ b)
        assert out.dtype == dtype
