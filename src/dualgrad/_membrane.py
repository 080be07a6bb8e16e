"""A backend seen through stand-ins for its arrays, so that every op, operator and method of a program can be watched.

`Membrane` has the names of the backend behind it. What crosses inwards loses its stand-ins, what comes out gets them
back, and functions are wrapped so that the same happens to their arguments and results: transforms, loops and custom
rules need no code of their own here. What watches (`_portable`, `testing`) derives from it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from dualgrad._active import use_backend
from dualgrad.protocol import Backend

__all__ = ["TRANSFORMS", "Applied", "Membrane", "is_function"]

SPACES: Final = frozenset({"debug", "fft", "lax", "linalg", "nn", "random", "special"})
TRANSFORMS: Final = frozenset(
    {"checkpoint", "custom_gradient", "custom_jvp", "custom_vjp", "custom_vmap"}
    | {"grad", "hessian", "jacfwd", "jacrev", "jit", "value_and_grad", "vmap"}
)
# Their functions are given NumPy arrays, on the host.
HOST: Final = frozenset({"debug.callback", "debug.print", "io_callback", "pure_callback"})
# Neither arrays go in nor come out, or trees are only taken apart.
PLAIN: Final = frozenset(
    {"is_concretization", "jit_stats", "name", "set_x64", "translated", "tree", "version", "x64_block", "x64_enabled"}
)


class Membrane:
    """The backend `behind` stand-ins; a class that derives from it says what a stand-in is.

    Attributes:
        behind: The backend behind.
        name: Its name.
        passing: That functions keep no compiled form for it.
    """

    passing = True

    def __init__(self, behind: Backend) -> None:
        self.behind = behind
        self.name = behind.name

    def wrapped(self, x: Any) -> Any:
        """The stand-in for a native array; anything else as it is."""
        raise NotImplementedError

    def unwrapped(self, x: Any) -> Any:
        """The native array behind a stand-in; anything else as it is."""
        raise NotImplementedError

    def crossing(self, path: str, fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of the backend's function `path`; what is overridden sees every op, its arguments still wrapped."""
        return self.cross(path, fun, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.behind, name)
        if name in SPACES:
            found = _Space(self, name, found)
        elif name in TRANSFORMS:
            found = functools.partial(self._transform, name)
        elif name not in PLAIN and callable(found):
            found = functools.partial(self._call, name, found)
        if not name.startswith("__"):
            self.__dict__[name] = found
        return found

    def cross(self, path: str, fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function of the backend's on native arrays, with the backend itself active."""
        keep = path in HOST
        first = args[:1] if path == "composed" else ()  # a body of dualgrad's own, not of the user's
        native, options = self.inwards((args[len(first) :], kwargs), keep_functions=keep)
        with use_backend(self.behind):
            out = fun(*first, *native, **options)
        return self.outwards(out)

    def inwards(self, tree: Any, *, keep_functions: bool = False) -> Any:
        """A tree as the backend is to have it."""

        def leaf(x: Any) -> Any:
            native = self.unwrapped(x)
            return self.seen_inside(x) if native is x and not keep_functions and is_function(x) else native

        return self.behind.tree.map(leaf, tree, is_leaf=is_function)  # JAX's pullbacks are trees

    def outwards(self, tree: Any) -> Any:
        """A tree as the program is to have it."""

        def leaf(x: Any) -> Any:
            return functools.partial(self._call, "the result of a transform", x) if is_function(x) else self.wrapped(x)

        return self.behind.tree.map(leaf, tree, is_leaf=is_function)  # JAX's pullbacks are trees

    def seen_inside(self, fun: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the program's, as the backend may call it."""

        @functools.wraps(fun)
        def inside(*args: Any, **kwargs: Any) -> Any:
            args, kwargs = self.outwards((args, kwargs))
            with use_backend(self):  # pyright: ignore[reportArgumentType]  # it has the names of the backend behind it
                out = fun(*args, **kwargs)
            return self.inwards(out)

        return inside

    def _call(self, path: str, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self.crossing(path, fun, args, kwargs)

    def _transform(self, name: str, *funs: Any, **options: Any) -> Callable[..., Any]:
        applied = Applied(self, name, funs, options)

        @functools.wraps(funs[0])
        def transformed(*args: Any, **kwargs: Any) -> Any:
            return self.crossing(name, applied, args, kwargs)

        return transformed


class Applied:
    """A transform of some functions, bound to the backend at every call anew: one that is kept would not run them.

    Attributes:
        name: Name of the transform.
        funs: The functions, as the program has them.
        options: Its options.
    """

    def __init__(self, membrane: Membrane, name: str, funs: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.membrane, self.name, self.funs, self.options = membrane, name, funs, options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        funs = map(self.membrane.seen_inside, self.funs)
        return getattr(self.membrane.behind, self.name)(*funs, **self.options)(*args, **kwargs)


class _Space:
    """A namespace of a backend behind a membrane."""

    def __init__(self, membrane: Membrane, space: str, real: Any) -> None:
        self._membrane, self._space, self._real = membrane, space, real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found) or name in ("nan_checks", "nan_origin"):
            return found
        return functools.partial(self._membrane._call, f"{self._space}.{name}", found)  # pyright: ignore[reportPrivateUsage]


def is_function(x: Any) -> bool:
    """Whether a leaf is a function rather than a value."""
    return callable(x) and not isinstance(x, type)
