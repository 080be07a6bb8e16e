"""Derivatives with respect to trees that hold integers, whose own are zeros; the same for every backend.

JAX gives an integer tangents of a dtype of their own, `float0`, which no other framework has; here they are of the
integer's dtype, and JAX's are taken too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from dualgrad._active import get_backend
from dualgrad._rules.control import wrong_count
from dualgrad._rules.outlines import outline
from dualgrad._rules.transforms import normalize_argnums, structure_mismatch, tangent_mismatch
from dualgrad._transformed import Transformed, bound
from dualgrad.protocol import Backend
from dualgrad.tree import Partial

__all__ = ["OverIntegers", "over_integers"]

P = ParamSpec("P")
R = TypeVar("R")


class OverIntegers(Transformed[P, R]):
    """`grad`, `value_and_grad` or `jacrev`, with zeros of their own dtype for integers and bools in the arguments."""

    def native(self, backend: Backend | None = None, /) -> Callable[..., Any]:
        """The backend's own function of the other leaves, and around it what keeps the integers apart."""
        chosen = get_backend() if backend is None else backend
        found = self._natives.get(chosen)
        if found is None:
            found = self._kept(chosen, _over_integers(chosen, self.transform, bound(self._fun, chosen), self._options))
        return found


class _Apart:
    """A tree whose integers are kept apart.

    Attributes:
        others: What can be differentiated.
        zeros: The tangents or gradients of the integers.
    """

    def __init__(self, backend: Backend, full: Any) -> None:
        self._backend = backend
        self._leaves, self._treedef = backend.tree.flatten(full)
        self._smooth = [not _is_integer(x) for x in self._leaves]
        self.others = [x for x, s in zip(self._leaves, self._smooth, strict=True) if s]
        self.zeros: list[Any] = []
        if len(self.others) < len(self._leaves):
            pairs = zip(self._leaves, self._smooth, strict=True)
            self.zeros = [backend.zeros_like(backend.asarray(x)) for x, s in pairs if not s]

    def joined(self, others: Sequence[Any], integers: Sequence[Any] | None = None) -> Any:
        """The tree with these leaves in place of the others, and these in place of the integers."""
        rest, whole = iter(others), None if integers is None else iter(integers)
        pairs = zip(self._leaves, self._smooth, strict=True)
        every = [next(rest) if s else x if whole is None else next(whole) for x, s in pairs]
        return self._backend.tree.unflatten(self._treedef, every)

    def along(self, name: str, tangents: Any) -> list[Any]:
        """Of a tree of tangents those of the others; those of the integers are looked at, and not used."""
        given, got = self._backend.tree.flatten(tangents)
        if got != self._treedef:
            tree = self._backend.tree
            raise structure_mismatch(name, outline(tree, self._treedef), outline(tree, got))
        zeros = iter(self.zeros)
        for t, s in zip(given, self._smooth, strict=True):
            if not s:
                _check_tangent(self._backend, name, t, next(zeros))
        return [t for t, s in zip(given, self._smooth, strict=True) if s]

    def count(self) -> int:
        """The number of arguments, where the tree is a tuple of them."""
        return len(self.joined(self.others))


def _check_tangent(backend: Backend, name: str, t: Any, zero: Any) -> None:
    if str(getattr(t, "dtype", "")) == _FLOAT0:
        fits, described = tuple(t.shape) == tuple(zero.shape), f"float0{tuple(t.shape)}"
    else:
        given = backend.asarray(t)
        fits = tuple(given.shape) == tuple(zero.shape) and (given.dtype == zero.dtype or isinstance(t, bool | int))
        described = _described(given)
    if not fits:
        raise tangent_mismatch(name, _described(zero), described)


_FLOAT0 = "[('float0', 'V')]"


def _described(x: Any) -> str:
    return f"{str(x.dtype).removeprefix('torch.')}{tuple(x.shape)}"


def over_integers(backend: Backend, name: str, primals: Sequence[Any]) -> Callable[..., Any] | None:
    """`jvp`, `vjp` or `linearize` for arguments with integers among them; `None` where there are none."""
    if not any([_is_integer(x) for x in backend.tree.leaves(primals)]):
        return None
    apart = _Apart(backend, tuple(primals))
    return functools.partial({"jvp": _jvp, "vjp": _vjp, "linearize": _linearize}[name], backend, apart)


def _jvp(
    backend: Backend, apart: _Apart, fun: Callable[..., Any], _: Any, tangents: Sequence[Any], has_aux: bool
) -> Any:
    directions = apart.along("jvp", tuple(tangents))
    return backend.jvp(lambda *xs: fun(*apart.joined(xs)), apart.others, directions, has_aux)


def _vjp(backend: Backend, apart: _Apart, fun: Callable[..., Any], *_: Any, has_aux: bool) -> Any:
    out, pull, *aux = backend.vjp(lambda *xs: fun(*apart.joined(xs)), *apart.others, has_aux=has_aux)

    def pullback(pull: Any, zeros: Any, *cotangents: Any) -> Any:
        return apart.joined(pull(*cotangents), zeros)

    return (out, Partial(pullback, pull, apart.zeros), *aux)


def _linearize(backend: Backend, apart: _Apart, fun: Callable[..., Any], *_: Any, has_aux: bool) -> Any:
    out, push, *aux = backend.linearize(lambda *xs: fun(*apart.joined(xs)), *apart.others, has_aux=has_aux)
    count = apart.count()

    def pushed(push: Any, *tangents: Any) -> Any:
        if len(tangents) != count:
            raise wrong_count("linearize", "tangent", count, len(tangents))
        return push(*apart.along("linearize", tangents))

    return (out, Partial(pushed, push), *aux)


def _over_integers(backend: Backend, name: str, fun: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    options = dict(options)
    argnums = options.pop("argnums")

    @functools.wraps(fun)
    def derivative_fun(*args: Any, **kwargs: Any) -> Any:
        positions, single = normalize_argnums(name, argnums, len(args))
        apart = _Apart(backend, [args[p] for p in positions])

        def of_smooth(parts: list[Any]) -> Any:
            full = list(args)
            for p, value in zip(positions, apart.joined(parts), strict=True):
                full[p] = value
            return fun(*full, **kwargs)

        if name == "jacrev":
            return _jacobian(backend, of_smooth, apart, options, single)
        result = getattr(backend, name)(of_smooth, 0, **options)(apart.others)

        def whole(grads: list[Any]) -> Any:
            found = apart.joined(grads, apart.zeros)
            return found[0] if single else tuple(found)

        if name == "grad" and not options["has_aux"]:
            return whole(result)
        return (whole(result[0]), result[1]) if name == "grad" else (result[0], whole(result[1]))

    return derivative_fun


def _jacobian(backend: Backend, fun: Callable[..., Any], apart: _Apart, options: dict[str, Any], single: bool) -> Any:
    """Blocks of zeros beside those of what can be differentiated, for each leaf of the output."""
    seen: list[tuple[list[tuple[int, ...]], Any]] = []

    def watched(parts: list[Any]) -> Any:
        out = fun(parts)
        leaves, treedef = backend.tree.flatten(out[0] if options["has_aux"] else out)
        seen[:] = [([tuple(getattr(y, "shape", ())) for y in leaves], treedef)]
        return out

    result, told = backend.jacrev(watched, 0, **options)(apart.others) if apart.others else watched([]), ()
    if options["has_aux"]:
        result, told = result[0], result[1:]
    (shapes, treedef), k = seen[0], len(apart.others)
    blocks = backend.tree.leaves(result)
    trees: list[Any] = []
    for i, shape in enumerate(shapes):
        zeros = [backend.zeros((*shape, *z.shape), dtype=z.dtype) for z in apart.zeros]
        found = apart.joined(blocks[i * k : (i + 1) * k] if k else [], zeros)
        trees.append(found[0] if single else tuple(found))
    whole = backend.tree.unflatten(treedef, trees)
    return (whole, *told) if options["has_aux"] else whole


def _is_integer(x: Any) -> bool:
    if isinstance(x, bool | int):
        return True
    dtype = getattr(x, "dtype", None)
    kind = getattr(dtype, "kind", None)  # NumPy's and JAX's dtypes have one
    return kind in "iub" if isinstance(kind, str) else "int" in str(dtype) or "bool" in str(dtype)
