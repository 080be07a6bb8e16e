"""Programs before their first call: shown as text, and compiled ahead of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dualgrad._dtypes import dtype_name
from dualgrad._rules.transforms import other_arguments
from dualgrad._transformed import explained
from dualgrad.protocol import Backend

__all__ = ["Compiled", "Lowered", "Program"]


class Program:
    """A traced or lowered function: `str(program)` is its text, in the language of its backend.

    Attributes:
        native: The backend's own object: from `jax.jit(f).trace` or `.lower`, or a `torch.fx.GraphModule`.

    Example:
        >>> program = dg.jit(lambda x: x * 2.0).trace(1.0)
        >>> "mul" in str(program)
        True

    Source: `jax.stages.Traced`.
    """

    def __init__(self, text: str, native: Any) -> None:
        self._text = text
        self.native = native

    def as_text(self) -> str:
        """The program as text.

        Returns:
            A string: the program in the language of its backend.

        Example:
            >>> program = dg.jit(lambda x: x * 2.0).trace(1.0)
            >>> program.as_text() == str(program)
            True
        """
        return self._text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<dualgrad program of {len(self._text.splitlines())} lines>"


class Lowered(Program):
    """A lowered function: its text, and the way to its compiled form.

    Attributes:
        native: The backend's own object, as of `Program`.

    Example:
        >>> lowered = dg.jit(lambda x: x * 2.0).lower(1.0)
        >>> float(lowered.compile()(3.0))
        6.0

    Source: `jax.stages.Lowered`.
    """

    def __init__(self, text: str, native: Any, compiled: Callable[[], Compiled]) -> None:
        super().__init__(text, native)
        self._compiled = compiled

    def compile(self) -> Compiled:
        """The program, compiled for the arguments it was lowered for; nothing is run.

        Returns:
            A `Compiled` function of the arguments that are not static.

        Example:
            >>> step = dg.jit(lambda x: x * 2.0).lower(dg.ShapeDtypeStruct((3,), dg.float32)).compile()
            >>> dg.to_numpy(step(dg.ones(3))).tolist()
            [2.0, 2.0, 2.0]
        """
        return self._compiled()


class Compiled:
    """A program that was compiled ahead of its first call, for one kind of arguments.

    A call neither traces nor compiles: arguments of another tree, shape or dtype are a `TypeError`, and so is a call in
    a transform or a trace. A Python number takes the place of one, an array of no dimensions that of an array. The
    program belongs to the backend it was lowered on, whichever is active when it is compiled or called.

    Raises:
        TypeError: At a call with other arguments, or in a transform or a trace.

    Derivative:
        None: a transform takes the jitted function itself.

    Example:
        >>> step = dg.jit(lambda x: x * 2.0).lower(1.0).compile()
        >>> float(step(3.0))
        6.0

    Source: `jax.stages.Compiled`.
    """

    def __init__(self, backend: Backend, run: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self._backend = backend
        self._run = run
        self._kind = _kind(backend, args, kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        kind = _kind(self._backend, args, kwargs)
        if kind != self._kind:
            raise other_arguments(self._kind, kind)
        try:
            return self._run(*args, **kwargs)
        except Exception as error:
            raise explained("jit", error, args, kwargs) from error.__cause__

    def __repr__(self) -> str:
        return f"<dualgrad program compiled for {', '.join(self._kind[1])}>"


def _kind(backend: Backend, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """What a program is compiled for: the tree of its arguments, and of each leaf what `float32[3]` says."""
    leaves, treedef = backend.tree.flatten((tuple(args), kwargs))
    return treedef, tuple([_described(x) for x in leaves])


def _described(x: Any) -> str:
    if isinstance(x, bool | int | float | complex) or not hasattr(x, "dtype"):
        return type(x).__name__
    return f"{dtype_name(x.dtype) or x.dtype}{list(x.shape)}"
