"""How devices are spelt in strings, and the errors about them; of no framework."""

from __future__ import annotations

from typing import Any, Final

from dualgrad._rules.arguments import shown
from dualgrad.errors import UnsupportedError

__all__ = ["KINDS", "no_such_device", "parse_device"]

KINDS: Final = frozenset({"cpu", "gpu", "cuda", "rocm", "tpu", "mps", "xpu"})


def parse_device(op: str, text: str) -> tuple[str, int | None]:
    """The kind and the number in `"cuda:1"`; no number gives `None`.

    Raises:
        TypeError: It is no string.
        ValueError: The string has another form.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # whatever the user gave
        raise TypeError(f"dualgrad.{op}: a device must be a string such as 'cpu' or 'cuda:1', got {shown(text)}.")
    kind, colon, number = text.partition(":")
    if kind not in KINDS or (colon and not number.isdecimal()):
        raise ValueError(
            f"dualgrad.{op}: a device is a kind ({', '.join(sorted(KINDS))}) or a kind and a number such as 'cuda:1', "
            f"got {text!r}."
        )
    return kind, int(number) if colon else None


def no_such_device(op: str, device: Any, present: list[Any]) -> UnsupportedError:
    """The error for a device that this machine, or this build of the framework, does not have."""
    names = ", ".join(str(d) for d in present)
    return UnsupportedError(f"dualgrad.{op}: the device must be one of those present, got {device!r}. Here: {names}.")
