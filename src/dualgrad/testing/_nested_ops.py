"""Ops of two vectors of any length, which the random programs of `_nested_programs` are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import dualgrad as dg
from dualgrad.testing._programs import BINARY, UNARY

__all__ = ["FULL", "LONG", "OPS", "SMALL", "ramp"]


def ramp(x: Any) -> Any:
    return (dg.arange(x.shape[0], dtype=x.dtype) + 1.0) / x.shape[0]


def _places(x: Any) -> Any:
    """As many places as `x` has elements, some of them twice."""
    return (dg.arange(x.shape[0]) * 3 // 2) % x.shape[0]


def _halves(x: Any, y: Any) -> Any:
    both = dg.sin(dg.concat([x, y]))
    return both[: x.shape[0]] - 0.5 * both[x.shape[0] :]


def _parts(x: Any, y: Any) -> Any:
    rows = dg.stack([dg.tanh(x), y, x * dg.cos(y)])
    return dg.sum(rows * rows[0], axis=0) * 0.3 + 0.2 * y


def _shifted(x: Any, y: Any) -> Any:
    return dg.at(x)[1:].add(0.3 * dg.sin(y[:-1]))


def _strided(x: Any, y: Any) -> Any:
    return dg.at(dg.at(x)[::2].set(y[::2]))[0].multiply(0.5)


def _scattered(x: Any, y: Any) -> Any:
    return dg.at(dg.sin(x))[_places(x)].add(0.3 * y)


def _taken(x: Any, y: Any) -> Any:
    return dg.take(x, _places(x)) * dg.cos(y)


def _mixed(x: Any, y: Any) -> Any:
    return dg.matmul(dg.sin(dg.outer(x, y)), x) / x.shape[0]


def _turned(x: Any, y: Any) -> Any:
    z = dg.exp(1j * x) * (y + 0.5j * x)
    return dg.real(z) + 0.3 * dg.imag(z * z)


def _waves(x: Any, y: Any) -> Any:
    n = x.shape[0]
    return dg.sin(dg.fft.irfft(dg.fft.rfft(x) * (1.0 + dg.fft.rfft(y) / n), n=n))


def _triangular(x: Any, y: Any) -> Any:
    n = x.shape[0]
    a = dg.tril(dg.outer(dg.sin(x), dg.cos(y))) * (0.3 / n) + 2.0 * dg.eye(n, dtype=x.dtype)
    return dg.linalg.solve_triangular(a, y, lower=True)


def _kinds(x: Any, y: Any) -> Any:
    """Calls that differ in an option alone."""
    return dg.nn.gelu(x) * dg.var(y) - 0.5 * dg.nn.gelu(x, approximate=False) * dg.var(y, correction=1.0)


def _windows(x: Any, y: Any) -> Any:
    padded = dg.pad(x, 1)
    return 0.4 * (padded[:-2] + padded[2:] - dg.sin(y))


def _dropped(x: Any, y: Any) -> Any:
    """Places beyond the ends, in each mode."""
    places = _places(x) * 2 - 1
    kept = dg.at(dg.at(x)[places].add(0.5 * y, mode="drop"))[places].multiply(1.0 + 0.1 * dg.sin(y), mode="clip")
    return kept + dg.at(y)[places].get(mode="fill", fill_value=0.5) + 0.2 * dg.take(x, places, mode="wrap")


def _extremes(x: Any, y: Any) -> Any:
    low = dg.at(x)[_places(x)].min(0.5 * y)
    return dg.at(low)[0].max(dg.cos(y[-1])) + 0.1 * dg.cumulative_sum(dg.flip(low))


def _slid(x: Any, y: Any) -> Any:
    """A part whose place depends on the data."""
    n, start = x.shape[0], dg.argmax(y)
    part = dg.lax.dynamic_slice(x, (start // 2,), ((n + 1) // 2,))
    return dg.lax.dynamic_update_slice(dg.cos(y), dg.sin(part) * 0.7, (start,))


def _integers(x: Any, y: Any) -> Any:
    """Ranks, counts, bits and masks, in small and in unsigned integers too."""
    ranks = dg.argsort(dg.argsort(x + y))
    bits = (dg.astype(ranks, dg.uint8) ^ 5) & 0x0F
    signed = dg.astype(ranks * 37, dg.int8) >> 1
    wide = dg.multiply(dg.astype(ranks, dg.uint32), 2654435761)
    mask = (dg.cumulative_sum(dg.astype(x > 0.0, dg.int16)) % 2 == 0) | ~(y > 0.3)
    mixture = dg.astype(bits, x.dtype) / 16.0 + dg.astype(signed, x.dtype) / 128.0
    return x * (mixture + dg.astype(dg.remainder(wide, 7), x.dtype) * 0.1) + dg.where(mask, y, 0.0)


def _sorted_into(x: Any, y: Any) -> Any:
    places = dg.searchsorted(dg.sort(x), y)
    return dg.take_along_axis(dg.cos(x), dg.argsort(y), axis=0) + 0.1 * dg.astype(places, x.dtype) * y


def _narrow(x: Any, y: Any) -> Any:
    """Through a half precision and back, which rounds; between operations in it a compiled program may not."""
    half = dg.astype(dg.astype(x, dg.bfloat16), dg.float32)
    return 0.5 * dg.astype(half, x.dtype) * y + dg.astype(dg.astype(y, dg.float32) * 0.5, x.dtype)


def _factored(x: Any, y: Any) -> Any:
    n = x.shape[0]
    a = dg.outer(dg.sin(x), dg.cos(y)) * (0.3 / n) + dg.eye(n, dtype=x.dtype)
    lower = dg.linalg.cholesky(dg.matmul(a, dg.matrix_transpose(a)))
    return dg.matmul(lower, y) * 0.5 + dg.linalg.det(a) * x * 0.3 + dg.linalg.solve(a, x) * 0.2


def _orthogonal(x: Any, y: Any) -> Any:
    n = x.shape[0]
    a = dg.outer(dg.sin(x), dg.cos(y)) * (0.3 / n) + dg.diag(dg.arange(n, dtype=x.dtype) + 1.0)
    q, r = dg.linalg.qr(a)
    return dg.matmul(q, y) * 0.3 + dg.diagonal(r) / n + 0.2 * dg.linalg.eigvalsh(a) / n


def _drawn(x: Any, y: Any) -> Any:
    key = dg.random.fold_in(dg.random.key(7), dg.astype(dg.sum(x > 0.0), dg.int32))
    first, second = dg.random.split(key)
    kept = dg.random.bernoulli(second, 0.6, x.shape)
    return x * dg.random.uniform(first, x.shape, dtype=x.dtype) + dg.where(kept, dg.sin(y), 0.0)


def _noisy(x: Any, y: Any) -> Any:
    key = dg.random.key(3)
    order = dg.random.permutation(key, x.shape[0])
    return x + 0.2 * dg.random.normal(key, x.shape, dtype=x.dtype) * y + 0.3 * dg.take(y, order)


def _turned_over(x: Any, y: Any) -> Any:
    """Transposed, spread out and laid flat again."""
    rows = dg.broadcast_to(x, (3, *x.shape))
    both = dg.stack([dg.permute_dims(rows, (1, 0)) * y[:, None], dg.sin(rows.T)], axis=1)
    flat = dg.reshape(both, (-1,))
    return dg.at(dg.reshape(flat, (x.shape[0], 6)))[:, 1].set(y)[:, ::2].sum(axis=1) * 0.3 + flat[: x.shape[0]] * 0.2


def _added_to_spread(x: Any, y: Any) -> Any:
    spread = dg.broadcast_to(x[0], x.shape)
    return dg.at(spread)[::2].add(0.4 * y[::2]) + 0.1 * dg.at(dg.broadcast_to(y, (2, *y.shape)))[1].set(x)[0]


def _convolved(x: Any, y: Any) -> Any:
    kernel = dg.stack([dg.sin(y[0]), dg.cos(y[-1]), dg.mean(y)])
    return dg.convolve(x, kernel, mode="full")[: x.shape[0]] * 0.3


def _pooled(x: Any, y: Any) -> Any:
    rows = dg.stack([x, y, dg.sin(x)])[None]
    return dg.sum(dg.nn.max_pool(dg.pad(rows, ((0, 0), (0, 0), (1, 1))), 3, strides=1), axis=(0, 1)) * 0.3


def _attended(x: Any, y: Any) -> Any:
    rows = dg.stack([x, y, dg.sin(y)])
    weights = dg.nn.softmax(dg.matmul(rows, rows.T) / x.shape[0], axis=-1)
    return dg.nn.layer_norm(dg.matmul(weights, rows), axis=-1)[1] * 0.4 + x * 0.2


def _segments(x: Any, y: Any) -> Any:
    places = _places(x) // 2
    largest = dg.segment_max(y, places, x.shape[0], mode="clip")
    return 0.5 * dg.segment_sum(x, places, x.shape[0]) + 0.3 * dg.where(dg.isfinite(largest), largest, 0.0)


def _best(x: Any, y: Any) -> Any:
    values, places = dg.top_k(x, (x.shape[0] + 1) // 2)
    return dg.at(y * 0.5)[places].set(dg.sin(values)) + dg.lax.cummax(x) * 0.2


def _ends(x: Any, y: Any) -> Any:
    """Empty parts and parts of one element."""
    empty = x[:0]
    return dg.concat([empty, x[:1] * y[-1:], y[1:]]) + dg.sum(empty * y[:0]) + dg.reshape(x[:1], ()) * y[:1]


# Of two vectors of any length, beside those of `_programs`.
PAIRS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "halves": _halves,
    "parts": _parts,
    "shifted": _shifted,
    "strided": _strided,
    "scattered": _scattered,
    "taken": _taken,
    "mixed": _mixed,
    "turned": _turned,
    "waves": _waves,
    "triangular": _triangular,
    "windows": _windows,
    "kinds": _kinds,
    "dropped": _dropped,
    "extremes": _extremes,
    "slid": _slid,
    "integers": _integers,
    "sorted into": _sorted_into,
    "narrow": _narrow,
    "factored": _factored,
    "orthogonal": _orthogonal,
    "drawn": _drawn,
    "noisy": _noisy,
    "turned over": _turned_over,
    "added to spread": _added_to_spread,
    "convolved": _convolved,
    "pooled": _pooled,
    "attended": _attended,
    "segments": _segments,
    "best": _best,
    "ends": _ends,
    "squared length": lambda x, y: dg.linalg.vector_norm(x + 1j * y) * dg.sin(x) * 0.3,
    "scaled": lambda x, y: dg.sin(x) * dg.mean(y),
    "constant": lambda x, y: x * dg.sin(ramp(x)) + dg.cumulative_sum(ramp(y)) * y * 0.2,
    "held": lambda x, y: x + dg.stop_gradient(dg.cos(y)) * 0.5,
    "chosen": lambda x, y: dg.where(x > y, x, dg.sin(y)),
    "ordered": lambda x, y: dg.sort(x) * dg.cos(y),
}
SMALL: Final = {"mixed", "triangular", "outer", "factored", "orthogonal"}  # squares of what is given
_FIXED: Final = {"where", "matmul", "scatter", "solve"}  # for three numbers
FULL: Final = {
    "turned",
    "waves",
    "fft",
    "triangular",
    "factored",
    "orthogonal",
    "squared length",
}  # not for half precisions
LONG: Final = {"waves", "kinds"}  # not for one number
OPS: Final = {name: op for name, op in (UNARY | BINARY).items() if name not in _FIXED} | PAIRS
