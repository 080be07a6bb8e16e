"""What a callback is given and may return, and its errors, the same on every backend."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from dualgrad._attempts import why_uncounted
from dualgrad._dtypes import narrowed
from dualgrad._rules.arguments import shown
from dualgrad._rules.dtypes import iinfo_of
from dualgrad._rules.nested import too_large

if TYPE_CHECKING:  # NumPy takes 60 ms to import, more than the whole of dualgrad may
    import numpy as np

__all__ = [
    "VMAP_METHODS",
    "Declared",
    "callback_derivative",
    "callback_result",
    "callback_structure",
    "check_format",
    "check_io",
    "checked_results",
    "io_checkpointed",
    "io_linearized",
    "io_masked",
    "io_unordered",
    "wrong_vmap_method",
]

VMAP_METHODS = ("sequential", "expand_dims", "broadcast_all")


Declared = tuple[tuple[int, ...], str]


"""Shape and name of the dtype of a result."""


def checked_results(
    name: str, leaves: Sequence[Any], declared: Sequence[Declared], x64: bool, batched: bool
) -> list[np.ndarray[Any, Any]]:
    """The results of a callback as NumPy arrays of the declared shapes and dtypes.

    Args:
        name: Of the op.
        leaves: What the callback returned.
        declared: What it was to return.
        x64: Whether 64-bit mode is on; off, 64-bit results of NumPy are narrowed as NumPy arguments are.
        batched: Whether a result may have axes in front of the declared ones.

    Raises:
        ValueError: A shape or dtype differs.
        OverflowError: A 64-bit integer does not fit the narrower dtype.
    """
    import numpy as np

    arrays: list[np.ndarray[Any, Any]] = []
    for leaf, (shape, dtype) in zip(leaves, declared, strict=True):
        x = np.asarray(leaf)
        kept = narrowed(x.dtype.name, x64)
        got = x.shape[x.ndim - len(shape) :] if batched and x.ndim > len(shape) else x.shape
        if kept != dtype or got != shape:
            raise callback_result(name, f"{dtype}{shape}", f"{kept}{x.shape}")
        if kept != x.dtype.name:
            if x.dtype.kind in "iu":
                info = iinfo_of(kept)
                for wide in x[(x < info.min) | (x > info.max)].flat:
                    raise too_large(name, int(wide), kept)
            with np.errstate(over="ignore"):  # a float beyond the range becomes an infinity
                x = x.astype(kept)
        arrays.append(x)
    return arrays


def check_format(fmt: object, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Check what `debug.print` is to print: a format string that takes all of the values, and no others.

    Raises:
        TypeError: It is no string.
        ValueError: It is no format string, or its fields are not the values.
    """
    if not isinstance(fmt, str):
        raise TypeError(
            f"dualgrad.debug.print: the first argument must be a format string, got {type(fmt).__name__}. Write "
            "dg.debug.print('{}', x)."
        )
    try:
        fields = set(_fields(fmt, count()))
    except ValueError as error:
        raise ValueError(f"dualgrad.debug.print: {fmt!r:.60} is no format string: {error}.") from None
    given = {*range(len(args)), *kwargs}
    for what, names in ("has no value for field", fields - given), ("does not use argument", given - fields):
        if names:
            listed = ", ".join(repr(n) for n in sorted(names, key=str))
            raise ValueError(
                f"dualgrad.debug.print: the format string {fmt!r:.60} {what} {listed}. Write a field for each value, "
                "as in dg.debug.print('x = {}', x), and no f-string: values come when the program runs."
            )


def _fields(fmt: str, numbers: Iterator[int]) -> Iterator[int | str]:
    """Positions and names of the arguments that a format string takes, also within the formats of others."""
    from string import Formatter

    for _, field, spec, _ in Formatter().parse(fmt):
        if field is not None:
            first = re.split(r"[.\[]", field, maxsplit=1)[0]
            yield int(first) if first.isdecimal() else first or next(numbers)
        yield from _fields(spec or "", numbers)


def check_io() -> None:
    """Check that an `io_callback` is where its calls are counted.

    Raises:
        ValueError: The loop around it also runs steps that do not count.
        NotImplementedError: What is around it is computed twice.
    """
    why = why_uncounted()
    if why:
        raise io_masked() if why == "masked" else io_checkpointed()


def io_masked() -> ValueError:
    """The error for an `io_callback` where steps are run and dropped."""
    return ValueError(
        "dualgrad.io_callback: a call cannot be left out for some elements of dg.vmap, nor once a loop with max_steps "
        "has ended, got one in a loop or branch with such a condition. Map with dg.lax.map, or use dg.pure_callback."
    )


def io_unordered() -> ValueError:
    """The error for an ordered `io_callback` of mapped arguments."""
    return ValueError(
        "dualgrad.io_callback: elements of dg.vmap have no order, got ordered=True. Map with dg.lax.map, or leave "
        "ordered=True out."
    )


def io_linearized() -> NotImplementedError:
    """The error for an `io_callback` in a loop or branch whose values and tangents are computed in one go."""
    return NotImplementedError(
        "dualgrad.io_callback: dg.linearize computes loops and branches again for each tangent, got a call inside one. "
        "Use dg.jvp or dg.vjp."
    )


def io_checkpointed() -> NotImplementedError:
    """The error for an `io_callback` in what is computed twice."""
    return NotImplementedError(
        "dualgrad.io_callback: dg.checkpoint computes a function twice where it is differentiated, got a call inside. "
        "Call it outside, and give the function its result."
    )


def callback_derivative(name: str = "pure_callback") -> ValueError:
    """The error for a derivative of a function that runs outside the program."""
    return ValueError(
        f"dualgrad.{name}: a callback has no derivative, got one under differentiation. Give the function around it a "
        "rule with dg.custom_vjp or dg.custom_jvp, or hold its arguments constant with dg.stop_gradient."
    )


def callback_result(name: str, expected: str, got: str) -> ValueError:
    """The error for a callback that returns another shape or dtype than was declared."""
    return ValueError(
        f"dualgrad.{name}: the callback must return the declared shapes and dtypes, got {got} where {expected} was "
        "declared. Correct result_shape_dtypes, or convert with NumPy inside the callback."
    )


def callback_structure(name: str, expected: object, got: object) -> ValueError:
    """The error for a callback that returns another tree than was declared."""
    return ValueError(
        f"dualgrad.{name}: the callback must return the declared tree structure, got {got} where {expected} was "
        "declared. Correct result_shape_dtypes."
    )


def wrong_vmap_method(name: str, got: object) -> ValueError:
    """The error for a callback under `vmap` that was not told how to be mapped, or in an unknown way."""
    return ValueError(
        f"dualgrad.{name}: under dg.vmap, vmap_method must be 'sequential', 'expand_dims' or 'broadcast_all', got "
        f"{shown(got)}. Use 'sequential' for a callback that takes one element at a time."
    )
