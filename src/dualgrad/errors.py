"""Every exception that dualgrad itself defines.

```
Exception
├── ImportError
│   └── BackendNotFoundError        no such backend, or its framework is not installed
├── RuntimeError
│   ├── LeakedArrayError            an array of a trace was used after it
│   └── UnsupportedError            this backend cannot do it; says which one can
├── TypeError, ValueError
│   └── MismatchError               arguments of a transform that do not fit each other or the function
└── TypeError
    ├── ClosedOverError             a differentiated array was closed over by a function with a custom rule
    ├── ForeignArrayError           an array of a framework that is not active
    ├── PortabilityError            a program uses what only one framework has
    ├── PrecisionError              a 64-bit dtype was asked for in 32-bit mode
    └── ConcretizationError         a traced value was needed as a Python value
```

A caller's mistake is always a built-in type (`TypeError`, `ValueError`, `IndexError`) or a subclass of one, so that
code written against NumPy keeps catching what it caught. Every message reads
`dualgrad.<name>: <rule>, got <value>. <way out>.`
"""

from __future__ import annotations

__all__ = [
    "BackendNotFoundError",
    "ClosedOverError",
    "ConcretizationError",
    "ForeignArrayError",
    "LeakedArrayError",
    "MismatchError",
    "PortabilityError",
    "PrecisionError",
    "UnsupportedError",
]
__dir__ = __all__.copy  # what completion offers


class BackendNotFoundError(ImportError):
    """No backend of that name, or the framework behind it is not installed."""


class UnsupportedError(RuntimeError):
    """The backend cannot do what was asked; the message names a way that works."""


class ForeignArrayError(TypeError):
    """An array of another framework than the active backend's was passed to an op."""


class MismatchError(TypeError, ValueError):
    """What a transform was given does not fit: a tangent its primal, a cotangent its output, axes a tree.

    JAX raises `TypeError` for some of these and `ValueError` for others; code that catches either catches this.
    """


class PrecisionError(TypeError):
    """A 64-bit dtype was asked for while 64-bit mode is off."""


class PortabilityError(TypeError):
    """A program uses what only one framework has, or what differs between them; raised by `dg.check_portable`.

    Attributes:
        filename: Path of the file, or `None` where the program has none.
        lineno: The line, or `None`.
        own: Whether the framework refused a function of its own, because it was given a stand-in.
    """

    filename: str | None = None
    lineno: int | None = None
    own: bool = False


class ConcretizationError(TypeError):
    """Python code needed the value of an array that is being traced and has none yet."""


class ClosedOverError(TypeError):
    """An array that is being differentiated reached a function with a custom rule by a closure, not as an argument."""


class LeakedArrayError(RuntimeError):
    """An array of a trace was used after the trace had ended."""
