"""From a backend's name to the backend: two built in, the others by entry point.

Importing this module imports no framework; `load` imports the one that is asked for, once.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Final, cast

from dualgrad.errors import BackendNotFoundError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from dualgrad.protocol import Backend

__all__ = ["available_backends", "load", "loaded"]

GROUP: Final = "dualgrad.backends"
BUILT_IN: Final = {"jax": "dualgrad.backends.jax", "torch": "dualgrad.backends.torch"}

_loaded: dict[str, Backend] = {}


def available_backends() -> list[str]:
    """Names of the backends that can be used here: the built-in ones whose framework is installed, then plugins.

    No framework is imported to find out.

    Returns:
        The names, in that order.

    Example:
        >>> "torch" in dg.available_backends()
        True

    Source: dualgrad's own.
    """
    return [name for name in BUILT_IN if _installed(name)] + sorted(_plugins())


def loaded() -> dict[str, Backend]:
    """The backends imported so far in this process, by name."""
    return _loaded


def load(name: str) -> Backend:
    """The backend called `name`, imported at its first use.

    Raises:
        BackendNotFoundError: The name is unknown, or its framework is not installed.
    """
    backend = _loaded.get(name)
    if backend is None:
        backend = cast("Backend", _import(name))
        _loaded[name] = backend
    return backend


def _import(name: str) -> object:
    if name in BUILT_IN:
        if not _installed(name):
            raise BackendNotFoundError(
                f"dualgrad: backend {name!r} needs {name}, which is not installed. Run: pip install 'dualgrad[{name}]'"
            )
        return importlib.import_module(BUILT_IN[name])
    plugins = _plugins()
    if name not in plugins:
        known = ", ".join(repr(n) for n in [*BUILT_IN, *sorted(plugins)])
        raise BackendNotFoundError(
            f"dualgrad: unknown backend, got {name!r}. Known are {known}; "
            f"a package adds one through the entry-point group {GROUP!r}."
        )
    return plugins[name].load()


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:  # an import hook that hides it
        return False


def _plugins() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # 35 ms, needed only where no built-in backend answers

    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in BUILT_IN or (point.name in found and found[point.name].value != point.value):
            raise BackendNotFoundError(
                f"dualgrad: two packages claim the backend name, got {point.name!r}. Uninstall one of them."
            )
        found[point.name] = point
    return found
