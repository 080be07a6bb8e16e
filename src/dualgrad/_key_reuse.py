"""Finding a key that is used twice, by watching the calls of `dg.random`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar, cast

from dualgrad._active import get_backend, use_backend
from dualgrad._attempts import perform

__all__ = ["check_key_reuse"]

P = ParamSpec("P")
R = TypeVar("R")

_SPARING: Final = frozenset({"key", "key_data", "key_impl", "wrap_key_data", "fold_in", "clone"})


class check_key_reuse:
    """Raise where a key is used a second time: for a `with` block, or for a decorated function.

    A key is used by every function that draws from it, and by `split`; `fold_in` derives from a key without using it,
    and what `clone` returns may be used again. Jitted functions, loops and branches run in Python, one step after
    another, so that keys have values, by which they are told apart; where they have none, in a function that is mapped,
    it is by being one array.

    Raises:
        ValueError: A key was used twice; names both uses.

    Derivative:
        As outside of the block.

    Example:
        >>> key = dg.random.key(0)
        >>> try:
        ...     with dg.debug.check_key_reuse():
        ...         dg.random.normal(key), dg.random.uniform(key)
        ... except ValueError as error:
        ...     "dg.random.normal" in str(error)
        True

    Source: `jax.experimental.key_reuse`.
    """

    def __init__(self) -> None:
        self._blocks: list[ExitStack] = []

    def __enter__(self) -> None:
        backend = get_backend()
        with ExitStack() as blocks:
            blocks.enter_context(use_backend(cast("Any", _Watched(backend))))
            blocks.enter_context(backend.debug.stepwise())
            self._blocks.append(blocks.pop_all())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocks.pop().__exit__(kind, error, trace)

    def __call__(self, fun: Callable[P, R], /) -> Callable[P, R]:
        """`fun`, checked at every call."""

        @functools.wraps(fun)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            with check_key_reuse():
                return fun(*args, **kwargs)

        return checked


class _Watched:
    """A backend whose random functions are watched."""

    passing = True  # no function is to remember what it is for this run

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.name = backend.name
        self.random = _WatchedRandom(backend)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def jit(self, fun: Callable[..., Any], **_: Any) -> Callable[..., Any]:
        """`fun` itself, whose keys have values."""
        return fun


class _WatchedRandom:
    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._used: dict[Any, str] = {}
        self._seen: list[Any] = []  # so that no identity is given a second time
        self._clones: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._backend.random, name)

        @functools.wraps(function)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if name not in _SPARING and args:
                self._use(name, args[0])
            with self._backend.debug.stepwise(False):  # how a number is drawn is none of ours
                result = function(*args, **kwargs)
            if name == "clone":
                self._seen.append(result)
                self._clones.add(id(result))
            return result

        return watched

    def _use(self, op: str, key: Any) -> None:
        if id(key) in self._clones:
            return
        self._seen.append(key)
        try:
            words: Any = tuple(self._backend.to_numpy(self._backend.random.key_data(key)).ravel().tolist())
        except Exception:  # traced or mapped: each framework has its own exception
            words = id(key)
        perform(functools.partial(self._note, op, words))

    def _note(self, op: str, words: Any) -> None:
        before = self._used.get(words)
        if before is not None:
            raise ValueError(
                f"dualgrad.random.{op}: a key must be used once, got one that dg.random.{before} has used. Split it "
                "with dg.random.split, or say that the repetition is meant with dg.random.clone."
            )
        self._used[words] = op
