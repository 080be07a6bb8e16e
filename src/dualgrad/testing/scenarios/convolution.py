"""Rows of convolutions and pools, with references that sum element by element."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import signal

from dualgrad.testing.scenario import Point, Scenario

__all__ = ["ROWS"]

SIGNAL = np.array([[[0.3, -1.7, 2.6, 0.9, -0.4], [-0.8, 0.05, 3.1, 1.2, 0.7]]])
IMAGE = np.sin(1.3 * np.arange(2 * 2 * 4 * 5, dtype=float)).reshape(2, 2, 4, 5)
VOLUME = np.sin(0.9 * np.arange(2 * 3 * 2 * 3, dtype=float)).reshape(1, 2, 3, 2, 3)
KERNEL1 = np.array([[[0.4, 1.1], [-0.6, 0.2]], [[0.9, -1.3], [0.5, 0.8]]])
KERNEL2 = np.cos(0.7 * np.arange(3 * 2 * 2 * 2, dtype=float)).reshape(3, 2, 2, 2)
KERNEL3 = np.cos(1.1 * np.arange(2 * 2 * 2, dtype=float)).reshape(2, 1, 2, 1, 2)
GROUPED = np.cos(0.7 * np.arange(4 * 1 * 2 * 2, dtype=float)).reshape(4, 1, 2, 2)


def _conv(x: Any, kernel: Any, padding: str = "VALID") -> Any:
    if padding == "SAME":  # stride 1: the odd zero at the end
        pads = [(0, 0), (0, 0), *(((k - 1) // 2, k // 2) for k in kernel.shape[2:])]
        x = np.pad(x, pads)
    rows = [[sum(signal.correlate(c, k, "valid") for c, k in zip(n, o, strict=True)) for o in kernel] for n in x]
    return np.array(rows)


def _spread(x: Any, kernel: Any, strides: Any, dilation: Any, groups: int) -> Any:
    """The full transposed convolution: each element of `x` adds its multiple of the kernel."""
    n, c = x.shape[:2]
    o = kernel.shape[1]
    full = [
        (s - 1) * t + (k - 1) * d + 1
        for s, t, k, d in zip(x.shape[2:], strides, kernel.shape[2:], dilation, strict=True)
    ]
    out = np.zeros((n, groups * o, *full))
    for channel, j in itertools.product(range(c), range(o)):
        target = channel // (c // groups) * o + j
        for a in itertools.product(*map(range, kernel.shape[2:])):
            places = tuple(
                slice(i * d, i * d + (s - 1) * t + 1, t)
                for i, d, s, t in zip(a, dilation, x.shape[2:], strides, strict=True)
            )
            out[(slice(None), target, *places)] += x[:, channel] * kernel[(channel, j, *a)]
    return out


def _strided(x: Any, kernel: Any, strides: Any, padding: Any, dilation: Any, groups: int = 1) -> Any:
    """A convolution as sums over windows."""
    x = np.pad(x, [(0, 0), (0, 0), *padding])
    o, per = kernel.shape[:2]
    sizes = [
        (size - (k - 1) * d - 1) // s + 1
        for size, k, d, s in zip(x.shape[2:], kernel.shape[2:], dilation, strides, strict=True)
    ]
    out = np.zeros((x.shape[0], o, *sizes))
    for j, c in itertools.product(range(o), range(per)):
        channel = j // (o // groups) * per + c
        for a in itertools.product(*map(range, kernel.shape[2:])):
            places = tuple(
                slice(i * d, i * d + (m - 1) * s + 1, s) for i, d, m, s in zip(a, dilation, sizes, strides, strict=True)
            )
            out[:, j] += x[(slice(None), channel, *places)] * kernel[(j, c, *a)]
    return out


def _same_transpose(x: Any, kernel: Any, strides: int, padding: str) -> Any:
    n = x.ndim - 2
    full = np.pad(_spread(x, kernel, (strides,) * n, (1,) * n, 1), [(0, 0), (0, 0)] + [(0, strides)] * n)
    lows = [max(k - strides, 0) // 2 for k in kernel.shape[2:]]
    return full[(..., *(slice(p, p + size * strides) for p, size in zip(lows, x.shape[2:], strict=True)))]


def _cut_transpose(
    x: Any, kernel: Any, strides: Any, padding: Any, dilation: Any, groups: int, output_padding: int
) -> Any:
    full = np.pad(_spread(x, kernel, strides, dilation, groups), [(0, 0), (0, 0)] + [(0, output_padding)] * 2)
    return full[(..., *(slice(p, size - q) for (p, q), size in zip(padding, full.shape[2:], strict=True)))]


def _windows(fun: Callable[..., Any]) -> Callable[..., Any]:
    def reference(x: Any, window: Any) -> Any:
        k = (window,) * (x.ndim - 2) if isinstance(window, int) else window
        views = np.lib.stride_tricks.sliding_window_view(x, k, tuple(range(2, x.ndim)))
        steps = tuple(slice(None, None, s) for s in k)
        return fun(views[(slice(None), slice(None), *steps)], axis=tuple(range(x.ndim, x.ndim + len(k))))

    return reference


ROWS: tuple[Scenario, ...] = (
    Scenario("nn.avg_pool", (IMAGE, 2), reference=_windows(np.mean)),
    Scenario(
        "nn.conv",
        (IMAGE, GROUPED),
        {"strides": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2},
        _strided,
        wrt=(0, 1),
    ),
    Scenario("nn.conv", (SIGNAL, KERNEL1), reference=_conv, wrt=(0, 1), label="one spatial axis"),
    Scenario("nn.conv", (IMAGE, KERNEL2), {"padding": "SAME"}, _conv, wrt=(0, 1), label="same"),
    Scenario(
        "nn.conv_transpose",
        (IMAGE, GROUPED[:2]),
        {"strides": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2, "output_padding": 1},
        _cut_transpose,
        wrt=(0, 1),
    ),
    Scenario(
        "nn.conv_transpose",
        (VOLUME, KERNEL3),
        {"strides": 2, "padding": "SAME"},
        _same_transpose,
        wrt=(0, 1),
        label="three spatial axes, same",
    ),
    Scenario(
        "nn.max_pool",
        (IMAGE, 2),
        reference=_windows(np.max),
        points=(Point((np.ones((1, 1, 2, 2)), 2), (np.array([[[[1.0, 0], [0, 0]]]]),), None, "ties: the first"),),
    ),
)
