"""Complex numbers in a compiled program on PyTorch, whose operations are loops over their parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dualgrad as dg

VALUES = [0.0, -0.0, 1.0, -2.5, 88.9, 712.0, np.inf, -np.inf, np.nan, 1e30, -1e-30]


def grid(dtype: str) -> Any:
    """Every pair of numbers whose parts are such values."""
    parts = np.array(VALUES)
    z = np.empty((len(parts), len(parts)), dtype=dtype)
    z.real, z.imag = parts[:, None], parts[None]
    z = z.ravel()
    first, second = np.meshgrid(z, z, indexing="ij")
    return first.ravel(), second.ravel()


def elementwise(x: Any, y: Any) -> dict[str, Any]:
    return {
        "add": dg.add(x, y),
        "subtract": dg.subtract(x, y),
        "multiply": x * y,
        "divide": x / y,
        "reciprocal": dg.reciprocal(x),
        "negative": -dg.conj(x),
        "exp": dg.exp(x),
        "abs": dg.abs(x),
        "by real": x * dg.real(y),
        "real divisor": x / dg.real(y),
        "by number": x * 0.3,
        "by imaginary": (0.5 - 2j) * x,
        "over number": x / 3,
        "over complex": x / (0.5 - 2j),
        "chosen": dg.where(dg.real(x) > 0, x, dg.conj(y)),
        "equal": dg.equal(x, y),
        "parts": (dg.real(x * y), dg.imag(x * y)),
    }


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_special_values_are_those_of_an_eager_call(dtype: str) -> None:
    with dg.use_backend("torch"), dg.enable_x64(dtype == "complex128"):
        x, y = (dg.asarray(a) for a in grid(dtype))
        jitted = dg.jit(elementwise)
        found, wanted = jitted(x, y), elementwise(x, y)
        assert jitted.stats()["fallbacks"] == 0
    eps = np.finfo(dtype).eps
    for name, out in wanted.items():
        for a, b in zip(dg.tree.leaves(found[name]), dg.tree.leaves(out), strict=True):
            a, b = np.asarray(a) + 0.0, np.asarray(b) + 0.0  # truth values too
            with np.errstate(all="ignore"):  # some of PyTorch's kernels round a sum of products once
                size = np.hypot(np.real(b), np.imag(b))
                parts = [(part(a), part(b)) for part in (np.real, np.imag)]
                near = [abs(u - v) <= 4 * eps * np.where(np.isfinite(size), size, abs(v)) + 1e-37 for u, v in parts]
                same = [(u == v) | (np.isnan(u) & np.isnan(v)) | n for (u, v), n in zip(parts, near, strict=True)]
            for (u, v), ok in zip(parts, same, strict=True):
                assert np.all(ok), (name, np.flatnonzero(~ok)[:5], u[~ok][:5], v[~ok][:5])


def moved(z: Any, w: Any) -> Any:
    """What moves, picks and sums elements, between products."""
    a = dg.permute_dims(z * w, (1, 0))
    b = dg.concat([dg.reshape(a, (-1,)), w[0] * 2.0, dg.zeros((3,), dtype=z.dtype)])
    c = dg.flip(dg.roll(b, 2))[1:-1:2] * dg.exp(1j * dg.real(b[1:-1:2]))
    d = dg.at(a)[0, 1].add(c[0]) * dg.conj(a)
    e = dg.take(d, dg.asarray([2, 0, -1]), axis=0) + dg.sum(d, axis=0)
    f = dg.fft.ifft(dg.conj(dg.fft.fft(e)) * e[0]) - dg.mean(e, axis=1, keepdims=True)
    return a, c, dg.matmul(f, dg.conj(z)), dg.cumsum(f, axis=0) * 2j, dg.stack([f, e], axis=1)


def test_moved_and_transformed_numbers_are_those_of_an_eager_call() -> None:
    rng = np.random.default_rng(0)
    z, w = (rng.normal(size=(4, 5)) + 1j * rng.normal(size=(4, 5)) for _ in range(2))
    with dg.use_backend("torch"), dg.enable_x64(True):
        x, y = dg.asarray(z), dg.asarray(w)
        jitted = dg.jit(moved)
        found, wanted = jitted(x, y), moved(x, y)
        turned = jitted(dg.conj(dg.asarray(z.T)).mT if hasattr(x, "mT") else x, y)
        assert jitted.stats()["fallbacks"] == 0
        again = moved(dg.conj(x), y)
    for a, b in zip([*found, *turned], [*wanted, *again], strict=True):
        np.testing.assert_allclose(np.asarray(a.resolve_conj()), np.asarray(b.resolve_conj()), rtol=1e-12, atol=1e-12)


def test_gradient_of_a_scan_with_a_complex_state_is_that_of_its_closed_form() -> None:
    rng = np.random.default_rng(1)
    n = 6
    lam, u = (rng.normal(size=s) + 1j * rng.normal(size=s) for s in (3, (n, 3)))

    def loss(lam: Any, u: Any) -> Any:
        last, states = dg.lax.scan(lambda h, x: (lam * h + x, h), dg.zeros_like(lam), u)
        return dg.sum(dg.abs(last) ** 2) + 0.0 * dg.sum(dg.real(states))

    with dg.use_backend("torch"), dg.enable_x64(True):
        jitted = dg.jit(dg.value_and_grad(loss, argnums=(0, 1)))
        value, (of_lam, of_u) = jitted(dg.asarray(lam), dg.asarray(u))
        assert jitted.stats()["fallbacks"] == 0
    powers = lam ** np.arange(n - 1, -1, -1)[:, None]
    last = np.sum(powers * u, axis=0)
    slope = np.sum(np.arange(n - 1, -1, -1)[:, None] * lam ** np.maximum(np.arange(n - 2, -2, -1), 0)[:, None] * u, 0)
    np.testing.assert_allclose(np.asarray(value), np.sum(np.abs(last) ** 2), rtol=1e-12)
    np.testing.assert_allclose(np.asarray(of_lam.resolve_conj()), 2 * np.conj(last) * slope, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(of_u.resolve_conj()), 2 * np.conj(last) * powers, rtol=1e-12)


def test_chain_of_complex_operations_calls_nothing_but_loops() -> None:
    def chain(x: Any, y: Any) -> Any:
        return dg.sum(dg.abs(dg.exp(x * y) - dg.conj(x) / 2.0))

    with dg.use_backend("torch"):
        x = dg.ones((16,), dtype=dg.complex64)
        text = dg.jit(chain).lower(x, x).as_text()
    called = [line for line in text.splitlines() if "complex64" in line or "c64" in line]
    assert not [line for line in called if "mul" in line or "exp" in line or "sub" in line], text
