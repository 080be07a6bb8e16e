"""Bits packed into bytes, and counted."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import along, cast, device_of, dtype_of, kind_of
from dualgrad._dtypes import DTYPES
from dualgrad._rules.arguments import is_name, normalize_axis, shown, wrong_dtype

__all__ = ["bitwise_count", "packbits", "unpackbits"]


def _weights(op: str, order: str, ndim: int, device: Any) -> Any:
    if not is_name(order, ("big", "little")):
        raise ValueError(f"dualgrad.{op}: bitorder must be 'big' or 'little', got bitorder={shown(order)}.")
    steps = active.backend.arange(8, device=device)
    powers = active.backend.bitwise_left_shift(active.backend.ones_like(steps), steps)
    return active.backend.reshape(powers if order == "little" else active.backend.flip(powers), (8,) + (1,) * ndim)


def bitwise_count(x: Any) -> Any:
    xp = active.backend
    dtype = dtype_of(x)
    if dtype.kind == "bool":
        return cast(x, DTYPES["uint8"])
    if "int" not in dtype.name:
        raise wrong_dtype("bitwise_count", [dtype.name])
    if dtype.kind == "signed integer":
        x = xp.abs(x)  # the least number is its own, and its bit pattern is right
    # Counts of 2, 4 and 8 neighbouring bits, in their own places, which are added up byte by byte in the end.
    pairs, quads, bytes_ = (_repeated(m, dtype.itemsize) for m in (0x55, 0x33, 0x0F))
    x = xp.subtract(x, _and(_right(x, 1), pairs))
    x = xp.add(_and(x, quads), _and(_right(x, 2), quads))
    x = _and(xp.add(x, _right(x, 4)), bytes_)
    for shift in (8, 16, 32):
        if shift < 8 * dtype.itemsize:
            x = xp.add(x, _right(x, shift))
    return cast(_and(x, 0x7F), DTYPES["uint8"])


def _repeated(byte: int, count: int) -> int:
    return int.from_bytes(bytes([byte] * count), "big")


def _right(x: Any, shift: int) -> Any:
    return active.backend.bitwise_right_shift(x, cast(active.backend.asarray(shift), dtype_of(x)))


def _and(x: Any, mask: int) -> Any:
    return active.backend.bitwise_and(x, mask)


def packbits(x: Any, *, axis: int | None, bitorder: str) -> Any:
    xp = active.backend
    if kind_of(x) not in ("bool", "signed integer", "unsigned integer"):
        raise TypeError(f"dualgrad.packbits: the array must be of bools or integers, got dtype {dtype_of(x).name}.")
    if axis is None:
        x, axis = xp.reshape(x, (-1,)), 0
    at = normalize_axis("packbits", axis, x.ndim)
    bits = xp.moveaxis(xp.not_equal(x, 0), at, 0)
    n = bits.shape[0]
    count = -(-n // 8)
    rest = tuple(bits.shape[1:])
    bits = xp.concat([bits, xp.zeros((8 * count - n, *rest), dtype=bool, device=device_of(x))])
    bits = xp.reshape(bits, (count, 8, *rest))
    total = xp.sum(xp.where(bits, _weights("packbits", bitorder, len(rest), device_of(x)), 0), 1)
    return xp.moveaxis(cast(total, "uint8"), 0, at)


def unpackbits(x: Any, *, axis: int | None, count: int | None, bitorder: str) -> Any:
    xp = active.backend
    if dtype_of(x).name != "uint8":
        raise TypeError(f"dualgrad.unpackbits: the array must be of uint8, got dtype {dtype_of(x).name}.")
    if axis is None:
        x, axis = xp.reshape(x, (-1,)), 0
    at = normalize_axis("unpackbits", axis, x.ndim)
    rows = xp.moveaxis(x, at, 0)
    rest = tuple(rows.shape[1:])
    weights = cast(_weights("unpackbits", bitorder, len(rest), device_of(x)), "uint8")
    bits = cast(xp.not_equal(xp.bitwise_and(rows[:, None], weights[None]), 0), "uint8")
    size = 8 * rows.shape[0]
    bits = xp.reshape(bits, (size, *rest))
    if count is not None:
        wanted = max(size + count, 0) if count < 0 else count
        bits = bits[: min(wanted, size)]
        if wanted > size:
            bits = xp.concat(
                [bits, xp.zeros(along(tuple(bits.shape), 0, wanted - size), dtype="uint8", device=device_of(x))]
            )
    return xp.moveaxis(bits, 0, at)
