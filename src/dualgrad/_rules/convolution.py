"""Rules of convolutions and pools: shapes with channels second, and how padding is counted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeVar, cast

from dualgrad._rules.arguments import in_python, shown
from dualgrad._rules.shapes import as_int

__all__ = ["Padding", "convolution", "divided", "padding_pairs", "pooling", "transpose_ends", "transposed_convolution"]

Padding = Literal["SAME", "VALID"] | int | Sequence[int | tuple[int, int]]
Numbers = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Fun = TypeVar("Fun", bound=Callable[..., Any])

_PLAIN: Final = frozenset({int, str, type(None)})


def _kept(shapes: int) -> Callable[[Fun], Fun]:
    """A decorator that keeps results where every argument after `shapes` shapes is a number or a word.

    The arithmetic takes 12 us, a fifth of a small convolution. In tuples 1.0, which is refused, would be taken for 1.
    """

    def keeping(fun: Fun) -> Fun:
        known = functools.lru_cache(1024)(fun)

        @functools.wraps(fun)
        def rule(op: str, *args: Any) -> Any:
            return (known if _PLAIN.issuperset(map(type, args[shapes:])) else fun)(op, *args)

        return rule  # pyright: ignore[reportReturnType]  # the same parameters

    return keeping


@_kept(shapes=2)
def convolution(
    op: str,
    shape: Sequence[int],
    kernel: Sequence[int],
    strides: int | Sequence[int],
    padding: Padding,
    dilation: int | Sequence[int],
    groups: int,
) -> tuple[Numbers, Numbers, Pairs]:
    """Strides, dilations and paddings along the spatial axes, for arguments of these shapes.

    Raises:
        ValueError: A shape, a number or the padding does not fit.
    """
    error = _shape_error(op, shape, kernel, as_int(op, "groups", groups))
    if error is not None:
        raise error
    n = len(shape) - 2
    steps, gaps = _spatial(op, "strides", strides, n), _spatial(op, "dilation", dilation, n)
    return steps, gaps, _window_padding(op, padding, shape[2:], kernel[2:], steps, gaps)


@_kept(shapes=2)
def transposed_convolution(
    op: str,
    shape: Sequence[int],
    kernel: Sequence[int],
    strides: int | Sequence[int],
    padding: Padding,
    dilation: int | Sequence[int],
    groups: int,
    output_padding: int | Sequence[int],
) -> tuple[Numbers, Numbers, Pairs]:
    """Strides, dilations and what is cut off each end of the full result (`_transposed_cut`).

    Raises:
        ValueError: A shape, a number or a padding does not fit.
    """
    error = _transposed_shape_error(op, shape, kernel, as_int(op, "groups", groups))
    if error is not None:
        raise error
    n = len(shape) - 2
    steps, gaps = _spatial(op, "strides", strides, n), _spatial(op, "dilation", dilation, n)
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernel[2:], gaps, strict=True))
    return steps, gaps, _transposed_cut(op, padding, output_padding, shape[2:], spans, steps)


@_kept(shapes=1)
def pooling(
    op: str,
    shape: Sequence[int],
    window: int | Sequence[int],
    strides: int | Sequence[int] | None,
    padding: Padding,
) -> tuple[Numbers, Numbers, Pairs]:
    """Window, strides and paddings along the spatial axes, for an argument of this shape.

    Raises:
        ValueError: The shape, a number or the padding does not fit.
    """
    error = _shape_error(op, shape, None, 1)
    if error is not None:
        raise error
    n = len(shape) - 2
    sizes = _spatial(op, "window", window, n)
    steps = sizes if strides is None else _spatial(op, "strides", strides, n)
    return sizes, steps, _window_padding(op, padding, shape[2:], sizes, steps, (1,) * n)


def divided(op: str, batch_groups: Any, feature_groups: Any, count: int, outputs: int) -> int:
    """Number of groups of arrays, of `count` arrays for which a kernel has `outputs` channels.

    Raises:
        ValueError: They cannot be divided into so many, or channels are divided, too.
    """
    groups = as_int(op, "batch_group_count", batch_groups)
    feature_groups = as_int(op, "feature_group_count", feature_groups)
    if groups < 1 or count % groups or outputs % groups or (groups > 1 and feature_groups != 1):
        raise ValueError(
            f"dualgrad.{op}: batch_group_count must divide the {count} arrays and the {outputs} channels out, and "
            f"feature_group_count be 1 beside it, got batch_group_count={groups}, feature_group_count={feature_groups}."
        )
    return groups


def transpose_ends(op: str, spans: Sequence[int], strides: Sequence[int], padding: Any) -> Pairs:
    """What a convolution over a spread array is padded with, to be the transpose of one that is padded so.

    Raises:
        ValueError: There is not one stride for each axis, or the padding is no known word and no pair for each axis.
    """
    n = len(spans)
    if len(strides) != n:
        raise ValueError(f"dualgrad.{op}: strides must have one number for each of {n} spatial axes, got {strides}.")
    if padding in ("SAME", "VALID"):
        totals = [k + s - 2 + (max(k - s, 0) if padding == "VALID" else 0) for k, s in zip(spans, strides, strict=True)]
        whole = [padding == "VALID" or s > k - 1 for k, s in zip(spans, strides, strict=True)]
        before = [k - 1 if w else -(-t // 2) for k, w, t in zip(spans, whole, totals, strict=True)]
        return tuple((a, t - a) for a, t in zip(before, totals, strict=True))
    pairs = padding_pairs(op, padding, n)
    return tuple((k - 1 - before, k - 1 - after) for k, (before, after) in zip(spans, pairs, strict=True))


def padding_pairs(op: str, padding: Any, n: int) -> list[tuple[int, int]]:
    """The pairs of a padding that is no known word.

    Raises:
        ValueError: There is not one for each of `n` axes.
    """
    pairs = [] if isinstance(padding, str | int) else [tuple(p) for p in padding]
    if len(pairs) != n or any(len(p) != 2 for p in pairs):
        raise ValueError(
            f"dualgrad.{op}: padding must be 'VALID', 'SAME' or a pair for each of {n} axes, got "
            f"padding={shown(padding)}."
        )
    return [(int(a), int(b)) for a, b in pairs]


def _spatial(op: str, name: str, value: int | Sequence[int], n: int) -> Numbers:
    """One number per spatial axis.

    Raises:
        ValueError: The wrong count, or a number below 1.
        TypeError: A number that is no integer.
    """
    values = _integers(op, name, value, n)
    if len(values) != n or any(v < 1 for v in values):
        raise ValueError(
            f"dualgrad.{op}: {name} must be a positive integer or {n} of them, one per spatial axis, got "
            f"{shown(value)}."
        )
    return values


def _integers(op: str, name: str, value: Any, n: int) -> Numbers:
    """What was given, or `n` times the one number that was.

    Raises:
        TypeError: A number that is no integer.
    """
    if isinstance(value, tuple | list) or getattr(value, "ndim", 0) == 1:  # or an array
        return tuple([as_int(op, name, v) for v in cast("Sequence[Any]", value)])
    return (as_int(op, name, value),) * n


def _window_padding(
    op: str,
    padding: Padding,
    sizes: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> Pairs:
    """Zeros before and after each spatial axis. `"SAME"` gives `ceil(size / stride)` outputs, the odd zero at the end.

    Raises:
        ValueError: An unknown word, the wrong count, or a negative number; or a window that is larger than what it
            moves over.
    """
    spans = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    pads = _padding(op, padding, sizes, spans, strides)
    for size, (before, after), span in zip(sizes, pads, spans, strict=True):
        if span > before + size + after:
            raise ValueError(
                f"dualgrad.{op}: the window must not be larger than the padded input, got a window of {tuple(spans)} "
                f"over {tuple(sizes)} with padding={shown(padding)}."
            )
    return pads


def _padding(op: str, padding: Padding, sizes: Sequence[int], spans: Sequence[int], strides: Sequence[int]) -> Pairs:
    n = len(sizes)
    padding = in_python(padding)
    if isinstance(padding, str):
        if padding.upper() == "VALID":
            return ((0, 0),) * n
        if padding.upper() == "SAME":
            totals = [
                max((-(-size // s) - 1) * s + span - size, 0)
                for size, span, s in zip(sizes, spans, strides, strict=True)
            ]
            return tuple((t // 2, t - t // 2) for t in totals)
    elif isinstance(padding, int | tuple | list):  # pyright: ignore[reportUnnecessaryIsInstance]
        each = (padding,) * n if isinstance(padding, int) else tuple(padding)
        pairs = tuple(
            tuple([as_int(op, "padding", q) for q in (p if isinstance(p, tuple | list) else (p, p))]) for p in each
        )
        if len(pairs) == n and all(len(p) == 2 and min(p) >= 0 for p in pairs):
            return tuple((p[0], p[1]) for p in pairs)
    raise ValueError(
        f'dualgrad.{op}: padding must be "SAME", "VALID", an integer, or {n} pairs (before, after), got '
        f"{shown(padding)}."
    )


def _shape_error(op: str, shape: Sequence[int], kernel: Sequence[int] | None, groups: int) -> ValueError | None:
    """The error for shapes that are not `(N, C, *spatial)` and `(O, C // groups, *spatial)`, else `None`."""
    if not 3 <= len(shape) <= 5:
        return ValueError(
            f"dualgrad.{op}: x must have shape (N, C, *spatial) with 1 to 3 spatial axes, got shape {tuple(shape)}. "
            "Add a batch axis with x[None]."
        )
    if kernel is None:
        return None
    if len(kernel) != len(shape) or groups < 1 or kernel[1] * groups != shape[1] or kernel[0] % groups:
        return ValueError(
            f"dualgrad.{op}: the kernel must have shape (O, C // groups, *spatial) with O a multiple of groups, "
            f"got x of shape {tuple(shape)}, kernel of shape {tuple(kernel)} and groups={groups}."
        )
    return None


def _transposed_shape_error(op: str, shape: Sequence[int], kernel: Sequence[int], groups: int) -> ValueError | None:
    """The error for shapes that are not `(N, C, *spatial)` and `(C, O // groups, *spatial)`, else `None`."""
    error = _shape_error(op, shape, None, 1)
    if error is None and (len(kernel) != len(shape) or groups < 1 or kernel[0] != shape[1] or kernel[0] % groups):
        return ValueError(
            f"dualgrad.{op}: the kernel must have shape (C, O // groups, *spatial) with C a multiple of groups, "
            f"got x of shape {tuple(shape)}, kernel of shape {tuple(kernel)} and groups={groups}."
        )
    return error


def _transposed_cut(
    op: str,
    padding: Padding,
    output_padding: int | Sequence[int],
    sizes: Sequence[int],
    spans: Sequence[int],
    strides: Sequence[int],
) -> Pairs:
    """What is cut off each end of a transposed convolution's full result, or added where negative.

    The full result has `(size - 1) * stride + span` elements along an axis. `"SAME"` leaves `size * stride` of them,
    `"VALID"` `size * stride + max(span - stride, 0)`, an explicit padding all but the padding.

    Raises:
        ValueError: An unknown word, the wrong count, or a negative number; or nothing is left.
    """
    n = len(sizes)
    extra = _integers(op, "output_padding", output_padding, n)
    if len(extra) != n or any(e < 0 for e in extra):
        raise ValueError(
            f"dualgrad.{op}: output_padding must be an integer that is not negative or {n} of them, got "
            f"{shown(output_padding)}."
        )
    full = [(size - 1) * s + span for size, s, span in zip(sizes, strides, spans, strict=True)]
    same = isinstance(padding, str)
    # The words speak of a convolution over `size * stride` elements.
    pads = _padding(op, padding, [size * s for size, s in zip(sizes, strides, strict=True)], spans, strides)
    cut: list[tuple[int, int]] = []
    for (before, after), span, stride, more, length in zip(pads, spans, strides, extra, full, strict=True):
        after -= more + (max(stride - span, 0) if same else 0)
        if max(before, before + after) >= length:
            raise ValueError(
                f"dualgrad.{op}: the padding must leave an element of the {length} along each axis, got "
                f"padding={shown(padding)}."
            )
        cut.append((before, after))
    return tuple(cut)
