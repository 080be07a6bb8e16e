"""`grad(allow_int=True)`: gradients of trees that hold integers, whose own are zeros; the same for every backend."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from dualgrad._active import get_backend
from dualgrad._rules.transforms import normalize_argnums
from dualgrad._transformed import Transformed, bound
from dualgrad.protocol import Backend

__all__ = ["OverIntegers"]

P = ParamSpec("P")
R = TypeVar("R")


class OverIntegers(Transformed[P, R]):
    """`grad` or `value_and_grad`, with zeros of their own dtype for integers and bools among what is differentiated."""

    def native(self, backend: Backend | None = None, /) -> Callable[..., Any]:
        """The backend's own function of the other leaves, and around it what keeps the integers apart."""
        chosen = get_backend() if backend is None else backend
        found = self._natives.get(chosen)
        if found is None:
            found = self.kept(chosen, _over_integers(chosen, self.transform, bound(self._fun, chosen), self._options))
        return found


def _over_integers(backend: Backend, name: str, fun: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    options = dict(options)
    argnums = options.pop("argnums")

    @functools.wraps(fun)
    def derivative_fun(*args: Any, **kwargs: Any) -> Any:
        positions, single = normalize_argnums(name, argnums, len(args))
        leaves, treedef = backend.tree.flatten([args[p] for p in positions])
        smooth = [not _is_integer(x) for x in leaves]

        def joined(parts: list[Any], others: list[Any]) -> Any:
            rest = iter(parts)
            every = [next(rest) if s else x for s, x in zip(smooth, others, strict=True)]
            return backend.tree.unflatten(treedef, every)

        def of_smooth(parts: list[Any]) -> Any:
            full = list(args)
            for p, value in zip(positions, joined(parts, leaves), strict=True):
                full[p] = value
            return fun(*full, **kwargs)

        native = getattr(backend, name)(of_smooth, 0, **options)
        result = native([x for x, s in zip(leaves, smooth, strict=True) if s])
        zeros = [x if s else backend.zeros_like(backend.asarray(x)) for x, s in zip(leaves, smooth, strict=True)]

        def whole(grads: list[Any]) -> Any:
            found = joined(grads, zeros)
            return found[0] if single else tuple(found)

        if name == "grad" and not options["has_aux"]:
            return whole(result)
        return (whole(result[0]), result[1]) if name == "grad" else (result[0], whole(result[1]))

    return derivative_fun


def _is_integer(x: Any) -> bool:
    if isinstance(x, bool | int):
        return True
    dtype = str(getattr(x, "dtype", ""))
    return "int" in dtype or "bool" in dtype
