"""The derivative of `dg.nn.max_pool`, over windows of each kind, against a search through each window in NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

CASES: dict[str, tuple[tuple[int, ...], Any, Any, Any]] = {
    "side by side": ((2, 2, 4, 6), 2, None, "VALID"),
    "side by side, rest": ((1, 2, 5, 7), (2, 3), None, "VALID"),
    "side by side, padded": ((1, 2, 5, 7), 2, None, ((1, 0), (1, 1))),
    "side by side, large": ((1, 1, 10, 11), 5, None, ((1, 1), (0, 0))),
    "sharing": ((2, 1, 5, 5), 3, 2, "SAME"),
    "sharing, padded": ((1, 1, 6, 5), 2, 1, 1),
    "sharing, large": ((1, 1, 8, 8), 4, 1, "SAME"),
    "apart": ((1, 2, 9), 2, 3, "VALID"),
    "three axes": ((1, 1, 3, 4, 4), 2, (1, 2, 2), "SAME"),
}


def first_largest(x: Any, ct: Any, window: Any, strides: Any, padding: Any) -> tuple[Any, Any]:
    n = x.ndim - 2
    sizes = (window,) * n if isinstance(window, int) else window
    steps = sizes if strides is None else (strides,) * n if isinstance(strides, int) else strides
    if padding == "SAME":
        spans = [max((-(-m // s) - 1) * s + k - m, 0) for m, k, s in zip(x.shape[2:], sizes, steps, strict=True)]
        padding = [(span // 2, span - span // 2) for span in spans]
    pads = [(0, 0)] * n if padding == "VALID" else [(padding, padding)] * n if isinstance(padding, int) else padding
    counts = [(m + sum(p) - k) // s + 1 for m, p, k, s in zip(x.shape[2:], pads, sizes, steps, strict=True)]
    out, slope = np.full((*x.shape[:2], *counts), -np.inf), np.zeros(x.shape)
    for to in np.ndindex(*out.shape):
        starts = [i * s - low for i, s, (low, _) in zip(to[2:], steps, pads, strict=True)]
        spans = [range(max(a, 0), min(a + k, m)) for a, k, m in zip(starts, sizes, x.shape[2:], strict=True)]
        places = [(*to[:2], *at) for at in itertools.product(*spans)]
        if places:
            best = places[int(np.argmax([x[at] for at in places]))]  # the first nan, else the first largest
            out[to] = x[best]
            slope[best] += 1 if ct is None else ct[to]
    return out, slope


@pytest.mark.parametrize("special", [False, True], ids=["ties", "nan and infinities"])
@pytest.mark.parametrize("case", CASES)
def test_first_largest_element_of_a_window_has_its_gradient(case: str, special: bool) -> None:
    shape, window, strides, padding = CASES[case]
    rng = np.random.default_rng(3)
    x = rng.integers(0, 4, shape).astype("float32")
    if special:
        x = rng.choice(np.asarray([-np.inf, -np.inf, -np.inf, -1, np.inf], np.float32), shape)
        x.flat[3] = np.nan  # of several in a window PyTorch takes the last
    value = first_largest(x, None, window, strides, padding)[0]
    ct = rng.integers(1, 9, value.shape).astype("float32")
    t = rng.integers(1, 9, shape).astype("float32")

    def pool(x: Any) -> Any:
        return dg.nn.max_pool(x, window, strides=strides, padding=padding)

    out, pull = dg.vjp(pool, dg.asarray(x))
    pushed = dg.jvp(pool, (dg.asarray(x),), (dg.asarray(t),))[1]

    slope = first_largest(x, ct, window, strides, padding)[1]
    np.testing.assert_array_equal(dg.to_numpy(out), value)
    np.testing.assert_array_equal(dg.to_numpy(pull(dg.asarray(ct))[0]), slope)
    assert np.vdot(dg.to_numpy(pushed), ct) == np.vdot(t, slope)
