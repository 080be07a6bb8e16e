"""`Transformed`: a function with a transform on it, bound to a backend only when it is called.

`@dg.jit` at module level must not freeze the backend that was active at import. So a transform returns this object,
which keeps one native function per backend; nested ones unwrap inwards, so that JAX receives `jax.jit(jax.grad(f))` and
a warm call passes one dualgrad frame.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar

from dualgrad._active import active, get_backend
from dualgrad._rules.arguments import foreign, framework_of, is_outside, kind_of, outside_the_standard, shown, switched
from dualgrad._rules.transforms import concretization, not_jittable
from dualgrad.protocol import Backend

if TYPE_CHECKING:
    from traceback import FrameSummary

__all__ = ["Transformed", "bound", "check_callable", "explained", "not_traceable", "run_lax", "user_call"]

_HERE = os.path.dirname(__file__) + os.sep
_SPACES = ("fft", "image", "linalg", "nn", "random", "special", "tree")
_GENERATOR: Final = 0x20  # `inspect.CO_GENERATOR`
P = ParamSpec("P")
R = TypeVar("R")


class Transformed(Generic[P, R]):
    """A transformed function; calling it runs the form that belongs to the active backend.

    Attributes:
        transform: Name of the transform.
    """

    def __init__(self, transform: str, fun: Callable[..., Any], options: dict[str, Any]) -> None:
        check_callable(transform, fun)
        functools.update_wrapper(self, fun, updated=())
        self.transform = transform
        self._fun = fun
        self._options = switched(transform, options)
        self._natives: dict[Backend, Callable[..., Any]] = {}
        self._latest: tuple[Backend | None, Any] = None, None  # of `_natives`, for a call under the same backend

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            backend, native = self._latest
            if backend is not active.backend:
                native = self._bound()
            return native(*args, **kwargs) if kwargs else native(*args)
        except Exception as error:  # free where nothing is raised
            raise self._explained(error, args, kwargs) from error.__cause__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce_ex__(self, protocol: Any, /) -> str | tuple[Any, ...]:
        # a decorated function goes by its name, as a function does: that of what it wraps leads to this object
        name = getattr(self, "__qualname__", "<locals>")
        at: Any = sys.modules.get(getattr(self, "__module__", ""))
        for part in name.split("."):
            at = getattr(at, part, None)
        return name if at is self else super().__reduce_ex__(protocol)

    def __getstate__(self) -> dict[str, Any]:
        # a copy binds anew: backends are modules, which nothing copies
        return {**self.__dict__, "_natives": {}, "_latest": (None, None)}

    def __repr__(self) -> str:
        return f"<dualgrad.{self.transform} of {getattr(self._fun, '__qualname__', self._fun)!s}>"

    def _explained(self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception:
        return explained(self.transform, error, args, kwargs)

    def _bound(self) -> Callable[..., Any]:
        chosen = get_backend()
        native = self.native(chosen)
        if chosen in self._natives:
            self._latest = chosen, native
        return native

    def native(self, backend: Backend | None = None, /) -> Callable[..., Any]:
        """The backend's own transformed function, such as the result of `jax.jit`; calling it passes no dualgrad frame.

        Args:
            backend: The backend; by default the active one.
        """
        chosen = get_backend() if backend is None else backend
        found = self._natives.get(chosen)
        if found is None:
            inner = bound(self._fun, chosen)
            found = self._kept(chosen, getattr(chosen, self.transform)(inner, **self._options))
        return found

    def _kept(self, backend: Backend, native: Callable[..., Any]) -> Callable[..., Any]:
        """`native`, remembered for a backend, unless that is one that watches a single run of a program."""
        if getattr(backend, "passing", False):
            return native
        return self._natives.setdefault(backend, native)  # two threads may bind at once, and one of them wins


def bound(fun: Callable[..., Any], backend: Backend) -> Callable[..., Any]:
    """`fun` as `backend` may have it: a transformed function becomes the backend's own."""
    return fun.native(backend) if isinstance(fun, Transformed) else fun


def check_callable(transform: str, fun: object) -> None:
    """Check that a transform was given a function.

    Raises:
        TypeError: `fun` cannot be called.
    """
    if not callable(fun):
        got = f"got {shown(fun)}" if hasattr(fun, "shape") else f"got {kind_of(fun)}: {fun!r:.60}"
        if transform.startswith("lax."):
            raise TypeError(
                f"dualgrad.{transform}: an argument must be a function, {got}. Give f or lambda: y, not f(x) or y."
            )
        raise TypeError(
            f"dualgrad.{transform}: the first argument must be a function, {got}. "
            f"Write dg.{transform}(f)(x), not dg.{transform}(f(x))."
        )
    if getattr(getattr(fun, "__code__", None), "co_flags", 0) & _GENERATOR:
        raise TypeError(
            f"dualgrad.{transform}: the function must return its result, got the generator {fun.__name__!r}. Return a "
            "list or tuple of what it yields."
        )


def run_lax(name: str, funs: tuple[Callable[..., Any], ...], trees: tuple[Any, ...], *args: Any, **options: Any) -> Any:
    """Run the backend's `lax` op of that name on functions bound to it; errors in dualgrad's words."""
    for fun in funs:
        check_callable(f"lax.{name}", fun)
    backend = get_backend()
    try:
        return getattr(backend.lax, name)(*[bound(fun, backend) for fun in funs], *trees, *args, **options)
    except Exception as error:
        raise explained(f"lax.{name}", error, trees, {}) from error.__cause__


def explained(transform: str, error: Exception, args: Any, kwargs: Any) -> Exception:
    """The error to raise for `error`: in dualgrad's words where the framework's would say less."""
    backend = get_backend()
    if backend.is_concretization(error):
        return concretization(*_where(error)).with_traceback(error.__traceback__)
    if not str(error).startswith("dualgrad"):
        translated = getattr(backend, "translated", None)  # a backend may have nothing to translate
        better = translated(error, transform, _where(error)[0]) if translated else None
        if better is not None:
            return better.with_traceback(error.__traceback__)
    if isinstance(error, TypeError) and not str(error).startswith("dualgrad"):
        for leaf in backend.tree.leaves((args, kwargs)):
            owner = framework_of(leaf)
            if owner is not None and owner != backend.name:
                return foreign(transform, leaf, backend.name)
            if "abstract array" in str(error) and (better := not_traceable(leaf)) is not None:
                return better
    return error


def not_traceable(leaf: Any) -> Exception | None:
    """The error for an argument that a jitted function cannot take, as `jax.jit` says of it, or `None`."""
    if framework_of(leaf) is not None or isinstance(leaf, bool | int | float | complex):
        return None
    if not hasattr(leaf, "dtype"):
        return not_jittable("jit", leaf)
    return outside_the_standard("jit", leaf) if is_outside(leaf.dtype) else None


def user_call(stack: Sequence[FrameSummary], op: str) -> str:
    """What the innermost line of the user's program called, as `dualgrad.log in model.py:12: `y = dg.log(x)``.

    Args:
        stack: Frames, the innermost last.
        op: The name to give it where that line called no function of dualgrad, such as an operator of an array.
    """
    n = _innermost(stack)
    return f"dualgrad.{_called(stack[n + 1 :]) or op}{_place(stack[n])}" if n >= 0 else f"dualgrad.{op}"


def _where(error: BaseException) -> tuple[str, str]:
    """The innermost line of the traceback that belongs to neither dualgrad nor a framework, and the op it called."""
    import traceback

    stack = traceback.extract_tb(error.__traceback__)
    n = _innermost(stack)
    return (_place(stack[n]), _called(stack[n + 1 :])) if n >= 0 else ("", "")


def _innermost(stack: Sequence[FrameSummary]) -> int:
    """Which frame is the innermost of the user's; -1 if there is none."""
    return next((n for n in range(len(stack) - 1, -1, -1) if _is_user(stack[n])), -1)


def _called(stack: Sequence[FrameSummary]) -> str:
    """The name of the op whose frame comes first; empty if it is none of dualgrad's."""
    frames = [f for f in stack[:2] if os.path.basename(f.filename) != "_naming.py"]
    if not frames or not frames[0].filename.startswith(_HERE):
        return ""
    module, name = frames[0].filename[len(_HERE) :].removesuffix(".py").replace(os.sep, "."), frames[0].name
    space = module.partition(".")[0]
    if name not in getattr(sys.modules.get(f"dualgrad.{module}"), "__all__", ()):
        return "at" if module == "_ops.indexing" else ""
    if space in ("_lax", "_control_flow", "_collectives", "_implicit"):
        return f"lax.{name}"
    return f"{space}.{name}" if space in _SPACES else name if space == "_ops" else ""


def _is_user(frame: FrameSummary) -> bool:
    return not frame.filename.startswith((_HERE, "<")) and "site-packages" not in frame.filename


def _place(frame: FrameSummary) -> str:
    return f" in {os.path.basename(frame.filename)}:{frame.lineno}: `{frame.line}`"
