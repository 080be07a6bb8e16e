"""Rows of the Fourier, cosine and sine transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft

from dualgrad.testing.scenario import Scenario

__all__ = ["ROWS"]

X = np.array([0.3, -1.2, 0.7, 2.1, -0.4, 0.9])
ODD = np.array([0.8, -0.5, 1.6, 0.2, -1.1])
Z = X + 1j * np.array([-0.6, 0.1, 1.3, -0.2, 0.5, -0.9])
M = np.array([[0.3, -1.2, 0.7, 0.4], [2.1, -0.4, 0.9, -0.6], [1.5, 0.2, -0.8, 1.1]])
ZM = M + 1j * M[::-1] ** 2
STACK = np.stack([M, M[:, ::-1] + 0.5])
_ONE: dict[str, tuple[Any, ...]] = {
    "fft": (Z, X),
    "ifft": (Z, X),
    "rfft": (X, ODD),
    "irfft": (Z, ODD),
    "hfft": (Z, ODD),
    "ihfft": (X, ODD),
}
_MANY: dict[str, Any] = {"fftn": ZM, "ifftn": ZM, "rfftn": M, "irfftn": ZM}


def _cosine(x: Any, kind: int, n: int) -> Any:
    """The defining sums of SciPy's `dct`, without a normalisation."""
    x = np.concatenate([x[..., :n], np.zeros((*x.shape[:-1], max(n - x.shape[-1], 0)))], -1)
    j, k = np.arange(n)[:, None], np.arange(n)[None, :]
    if kind == 1:
        weight = np.where((j == 0) | (j == n - 1), 1.0, 2.0)
        return x @ (weight * np.cos(np.pi * j * k / (n - 1)))
    if kind == 2:
        return 2 * x @ np.cos(np.pi * k * (2 * j + 1) / (2 * n))
    if kind == 3:
        return x @ (np.where(j == 0, 1.0, 2.0) * np.cos(np.pi * j * (2 * k + 1) / (2 * n)))
    return 2 * x @ np.cos(np.pi * (2 * j + 1) * (2 * k + 1) / (4 * n))


def _dct(x: Any, type: int = 2, n: Any = None, norm: str = "backward", orthogonalize: Any = None) -> Any:
    n = x.shape[-1] if n is None else n
    span = 2 * (n - 1) if type == 1 else 2 * n
    factor = {"backward": 1.0, "ortho": span**-0.5, "forward": 1.0 / span}[norm]
    before, after = np.ones(x.shape[-1]), np.ones(n)
    if norm == "ortho" if orthogonalize is None else orthogonalize:
        ends = [0, -1] if type == 1 else [0] if type in (2, 3) else []
        if type in (1, 3):
            before[ends] = 2**0.5
        if type in (1, 2):
            after[ends] = 2**-0.5
    return factor * after * _cosine(before * x, type, n)


def _idct(x: Any, type: int = 2, norm: str = "backward") -> Any:
    other = {"backward": "forward", "forward": "backward"}.get(norm, norm)
    return _dct(x, {2: 3, 3: 2}.get(type, type), norm=other)


def _convolved(x1: Any, x2: Any, mode: Any = "full") -> Any:
    full = np.convolve(x1, x2)
    size = {"full": full.size, "same": x1.size, "valid": abs(x1.size - x2.size) + 1}[mode]
    start = (full.size - size) // 2
    return full[start : start + size]


ROWS: tuple[Scenario, ...] = (
    *(Scenario(f"fft.{op}", (args[0],), reference=getattr(np.fft, op)) for op, args in _ONE.items()),
    *(
        Scenario(f"fft.{op}", (args[1],), {"n": n, "norm": norm}, getattr(np.fft, op), label=f"n={n}, {norm}")
        for op, args in _ONE.items()
        for n, norm in ((4, "ortho"), (9, "forward"))
    ),
    *(Scenario(f"fft.{op}", (M,), {"axis": 0}, getattr(np.fft, op), label="axis 0") for op in _ONE),
    *(Scenario(f"fft.{op}", (x,), reference=getattr(np.fft, op)) for op, x in _MANY.items()),
    *(
        Scenario(
            f"fft.{op}",
            (STACK,),
            {"s": (3, 5), "axes": (0, 2), "norm": "ortho"},
            getattr(np.fft, op),
            label="s, axes, ortho",
        )
        for op in _MANY
    ),
    *(Scenario(f"fft.{op}", (STACK,), reference=getattr(np.fft, op)) for op in ("fft2", "ifft2", "rfft2", "irfft2")),
    *(
        Scenario(f"fft.{op}", (n, 0.25), reference=getattr(np.fft, op), wrt=(), order=0, vmap=False, label=f"n={n}")
        for op in ("fftfreq", "rfftfreq")
        for n in (1, 6, 7)
    ),
    *(Scenario(f"fft.{op}", (ODD,), reference=getattr(np.fft, op), exact=True) for op in ("fftshift", "ifftshift")),
    *(
        Scenario(f"fft.{op}", (STACK,), {"axes": (0, 2)}, getattr(np.fft, op), exact=True, label="axes")
        for op in ("fftshift", "ifftshift")
    ),
    Scenario("fft.dct", (X,), reference=_dct),
    Scenario("fft.dct", (ODD,), {"type": 2, "n": 3, "norm": "ortho", "orthogonalize": False}, _dct, label="cut"),
    *(
        Scenario("fft.dct", (x,), {"type": kind, "norm": norm}, _dct, label=f"type {kind}, {norm}, {x.shape[-1]}")
        for kind, x, norm in (
            (1, X, "ortho"),
            (1, ODD, "backward"),
            (2, ODD, "ortho"),
            (3, X, "ortho"),
            (3, ODD, "forward"),
            (4, X, "ortho"),
            (4, ODD, "backward"),
        )
    ),
    Scenario("fft.idct", (ODD,), reference=_idct),
    *(
        Scenario("fft.idct", (M,), {"type": kind, "norm": norm}, _idct, label=f"type {kind}, {norm}")
        for kind, norm in ((1, "backward"), (2, "ortho"), (3, "forward"), (4, "ortho"))
    ),
    *(
        Scenario("fft.dst", (x,), {"type": kind, "norm": norm}, scipy.fft.dst, label=f"type {kind}, {norm}")
        for kind, x, norm in ((1, X, "ortho"), (2, ODD, "ortho"), (3, X, "forward"), (4, ODD, "backward"))
    ),
    Scenario("fft.dst", (ODD,), {"n": 3, "norm": "ortho", "orthogonalize": False}, scipy.fft.dst, label="cut"),
    Scenario("fft.idst", (M,), {"type": 3, "axis": 0, "norm": "ortho"}, scipy.fft.idst),
    Scenario("fft.dctn", (M,), {"s": (2, 5), "norm": "ortho"}, scipy.fft.dctn),
    Scenario("fft.idctn", (STACK,), {"axes": (0, 2)}, scipy.fft.idctn),
    Scenario("fft.dstn", (M,), {"type": 1}, scipy.fft.dstn),
    Scenario("fft.idstn", (STACK,), {"s": (2, 3)}, scipy.fft.idstn),
    Scenario("fft.fftconvolve", (X, ODD[:4]), reference=_convolved, wrt=(0, 1), rtol=1e-11),
    *(
        Scenario("fft.fftconvolve", (X, Z[:3]), {"mode": mode}, _convolved, wrt=(0, 1), label=f"{mode}, complex")
        for mode in ("same", "valid")
    ),
)
