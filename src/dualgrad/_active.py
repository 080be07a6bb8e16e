"""Which backend answers in this thread, and in which precision: the only state that a user can change.

`active.backend` is the whole dispatch. It is a plain attribute, which costs 3 ns, until a thread opens a block of its
own; while any is open it is a property that looks into a `threading.local` first, 60 ns. Dynamo can trace both, which
it cannot do with a `ContextVar`.
"""

from __future__ import annotations

import functools
import os
import threading
import weakref
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any, ParamSpec, TypeVar, cast

from dualgrad import _registry
from dualgrad._precision import precision
from dualgrad._rules.arguments import flag
from dualgrad._threads import Settings, threads
from dualgrad.errors import BackendNotFoundError
from dualgrad.protocol import Backend

__all__ = ["active", "enable_x64", "get_backend", "set_backend", "use_backend", "x64_enabled"]

P = ParamSpec("P")
R = TypeVar("R")


class _Unset:
    """Stands for the backend until the first use, then puts the real one in its own place."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # introspection by debuggers and Dynamo must not import a framework
            raise AttributeError(name)
        set_backend(_default_name())
        return getattr(active.backend, name)


class _Active:
    backend: Backend

    def __init__(self) -> None:
        self.set_default(cast("Backend", _Unset()))

    def set_default(self, backend: Backend) -> None:
        """Make `backend` that of the process; the property over `backend`, if there is one now, stays."""
        self.default = vars(self)["backend"] = backend


class _Thread(threading.local):
    backend: Backend | None = None  # this thread's own


def _layered(self: _Active) -> Backend:
    own = _thread.backend
    return self.default if own is None else own


active = _Active()
_thread = _Thread()  # .open and .blocks: those of use_backend and enable_x64 that are open in it, outermost first
_opening = threading.Lock()
_open_blocks = 0  # `use_backend` blocks, of all threads
_switching = threading.RLock()
# Calls of enable_x64 that may yet turn out to be blocks, in the order of time, and what each found set for the process.
_calls: list[tuple[weakref.ref[enable_x64], bool, dict[str, bool]]] = []


def _count_blocks(change: int) -> None:
    global _open_blocks
    with _opening:
        _open_blocks += change
        if _open_blocks and "backend" not in vars(_Active):
            cast("Any", _Active).backend = property(_layered)
        elif not _open_blocks:
            del cast("Any", _Active).backend


def get_backend(name: str | None = None, /) -> Backend:
    """The active backend, or the one called `name`; usable directly, with no dualgrad frame in its calls.

    Args:
        name: `"jax"`, `"torch"` or a plugin's name; `None` for the active one.

    Returns:
        The backend.

    Raises:
        BackendNotFoundError: The name is unknown, or its framework is not installed.

    Example:
        >>> dg.get_backend("torch").name
        'torch'

    Source: dualgrad's own.
    """
    if name is not None:
        return _load(name)
    if isinstance(active.backend, _Unset):
        set_backend(_default_name())
    return active.backend


def set_backend(name: str | Backend, /) -> None:
    """Make a backend the process's default. Threads inside a `use_backend` block keep theirs.

    Args:
        name: A backend's name, or a backend.

    Raises:
        BackendNotFoundError: The name is unknown, or its framework is not installed.

    Example:
        >>> dg.set_backend("jax")

    Source: dualgrad's own.
    """
    active.set_default(_resolve(name))


class _Block:
    """An open block of `use_backend`."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend


class use_backend:
    """Use a backend for a `with` block or a decorated function, in this thread only.

    The backend before it comes back at the end, also after an exception. Blocks nest. Tasks of asyncio share a thread,
    so that a block must hold no `await`, and that of a generator no `yield`.

    Args:
        name: A backend's name, or a backend.

    Raises:
        BackendNotFoundError: The name is unknown, or its framework is not installed.
        RuntimeError: A block ends while one is open that began after it.
        TypeError: The decorated function is a coroutine or a generator.

    Derivative:
        A function that is differentiated in the block is differentiated on that backend.

    Example:
        >>> with dg.use_backend("torch"):
        ...     type(dg.ones(2)).__name__
        'Tensor'

    Source: dualgrad's own.
    """

    def __init__(self, name: str | Backend, /) -> None:
        self._name = name
        self._entered: list[_Block] = []

    def __enter__(self) -> Backend:
        backend = _resolve(self._name)
        block = _Block(backend)
        self._entered.append(block)
        _thread.__dict__.setdefault("open", []).append(block)
        _thread.backend = backend
        _count_blocks(1)
        return backend

    def __exit__(self, *exc: object) -> None:
        block, still = self._entered.pop(), _thread.__dict__["open"]
        last = still[-1] is block
        still.remove(block)
        _thread.backend = still[-1].backend if still else None
        _count_blocks(-1)
        if not last and exc == (None, None, None):
            raise _out_of_order("use_backend")

    def __call__(self, fun: Callable[P, R], /) -> Callable[P, R]:
        """`fun`, run under the backend at every call."""
        import inspect  # here, as in other functions: its import takes longer than that of ten modules of ours

        ends_later = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        if any(kind(fun) for kind in ends_later):
            raise TypeError(
                "dualgrad.use_backend: a decorated function must end before its call does, got the coroutine or "
                f"generator {getattr(fun, '__name__', fun)!r}. Write a block inside it, "
                "with no `await` or `yield` in the block."
            )

        @functools.wraps(fun)
        def under(*args: P.args, **kwargs: P.kwargs) -> R:
            with use_backend(self._name):
                return fun(*args, **kwargs)

        return under


def _out_of_order(name: str) -> RuntimeError:
    return RuntimeError(
        f"dualgrad.{name}: blocks of a thread must end in the reverse of the order in which they began, got one that "
        "ended before a later one. Keep `await` and `yield` out of them, or use asyncio.to_thread."
    )


def x64_enabled() -> bool:
    """Whether 64-bit dtypes are on in this thread, for the active backend.

    Returns:
        `True` or `False`.

    Example:
        >>> dg.x64_enabled()
        False

    Source: `jax.config.jax_enable_x64`.
    """
    return get_backend().x64_enabled()


class enable_x64:
    """Turn 64-bit dtypes on or off: for the process when called, for this thread when used in a `with` statement.

    Off, the default dtypes are float32, int32 and complex64 on every backend and a request for a 64-bit dtype is an
    error; on, they are float64, int64 and complex128. On JAX this is JAX's own switch, `jax_enable_x64`. Tasks of
    asyncio share a thread, so that a block must hold no `await`, and that of a generator no `yield`. Until the block
    begins, some microseconds, a thread outside of all blocks has its precision; what is set afterwards is what was set
    before, however many threads begin blocks at once.

    Args:
        on: `True` for 64-bit mode.

    Raises:
        RuntimeError: A block ends while one is open that began after it.

    Derivative:
        Derivatives have the dtypes of what is differentiated, in either mode.

    Example:
        >>> with dg.enable_x64(True):
        ...     dg.ones(2).dtype == dg.float64
        True

    Source: `jax.enable_x64`.
    """

    def __init__(self, on: bool = True, /) -> None:
        on = flag("enable_x64", "on", on)
        self._on = on
        self._stack = ExitStack()
        with _switching:
            plain = [k for k, (call, _, _) in enumerate(_calls) if call() is None]
            del _calls[: plain[-1] + 1 if plain else 0]  # nothing takes back what was set before a call that stays
            _calls.append((weakref.ref(self), type(precision).x64, _process_settings()))
            self._set_process(on, {})

    def __enter__(self) -> None:
        with _switching:
            self._take_back()
        self._begin()

    def _take_back(self) -> None:
        """Set for the process what was set before this block was made, unless something was set since then."""
        for k, (call, x64, each) in enumerate(_calls):
            if call() is self:
                del _calls[k]
                if k == len(_calls):
                    self._set_process(x64, each)
                else:  # what the next one found was set by this one
                    _calls[k] = (_calls[k][0], x64, each)
                return

    def __exit__(self, *exc: object) -> None:
        blocks = _blocks()
        later = blocks[blocks.index(self) + 1 :]  # what each found is what the one before it had set
        for block in (*reversed(later), self):
            block._end()
        for block in later:
            block._begin()
        if later and exc == (None, None, None):
            raise _out_of_order("enable_x64")

    def _begin(self) -> None:
        self._override_before = precision.__dict__.get("x64")
        precision.x64 = self._on
        for backend in _registry.loaded().values():
            self._cover(backend)
        _blocks().append(self)

    def _end(self) -> None:
        _blocks().pop()
        if self._override_before is None:
            del precision.x64
        else:
            precision.x64 = self._override_before
        self._stack.close()

    def _cover(self, backend: Backend) -> None:
        """Apply this block to a backend, also to one that is first imported inside it."""
        self._stack.enter_context(backend.x64_block(self._on))

    @staticmethod
    def _set_process(on: bool, each: dict[str, bool]) -> None:
        type(precision).x64 = on
        for name, backend in _registry.loaded().items():
            backend.set_x64(each.get(name, on))


def _process_settings() -> dict[str, bool]:
    """Whether each framework is in 64-bit mode outside of every block: a new thread is in none, ours or JAX's."""
    found: dict[str, bool] = {}

    def look() -> None:
        found.update({name: backend.x64_enabled() for name, backend in _registry.loaded().items()})

    if _registry.loaded():
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    return found


def _blocks() -> list[enable_x64]:
    return _thread.__dict__.setdefault("blocks", [])


def _here() -> Settings:
    """A block for another thread, in which that has the backend and the precision of this one."""
    backend, x64 = active.backend, precision.x64

    @contextmanager
    def block() -> Generator[None]:
        before = precision.__dict__.get("x64")
        with nullcontext() if isinstance(backend, _Unset) else use_backend(backend):  # none was chosen yet
            precision.x64 = x64
            try:
                yield
            finally:
                if before is None:
                    del precision.x64
                else:
                    precision.x64 = before

    return block


threads.here = _here


def _resolve(name: str | Backend) -> Backend:
    if isinstance(name, str):
        return _load(name)
    if not isinstance(getattr(name, "name", None), str):
        raise TypeError(
            f"dualgrad: a backend is a name or a backend object, got {name!r}. "
            f"Installed here: {', '.join(_registry.available_backends())}."
        )
    return name


def _load(name: str) -> Backend:
    if name in _registry.loaded():
        return _registry.loaded()[name]
    backend = _registry.load(name)
    if type(precision).x64:  # asked for before this framework was there; otherwise its own setting stands
        backend.set_x64(True)
    for block in _blocks():
        block._cover(backend)  # pyright: ignore[reportPrivateUsage]  # of this module
    return backend


def _default_name() -> str:
    named = os.environ.get("DUALGRAD_BACKEND", "").strip()
    if named:
        return named
    installed = _registry.available_backends()
    if not installed:
        raise BackendNotFoundError(
            "dualgrad: no backend is installed. Run: pip install 'dualgrad[jax]' or pip install 'dualgrad[torch]'"
        )
    return installed[0]
