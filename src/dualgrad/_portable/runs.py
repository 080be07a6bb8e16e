"""A program run on abstract arrays on each framework, and what of it would break on another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dualgrad import _registry
from dualgrad._active import get_backend, use_backend
from dualgrad._dtypes import DTYPES, dtype_name, narrowed
from dualgrad._portable.checking import CONVERT, Checking, breach_at, native_call
from dualgrad._portable.places import place_of
from dualgrad.errors import ConcretizationError, ForeignArrayError, PortabilityError
from dualgrad.protocol import Backend
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["check"]

_FRAMEWORKS: Final = ("jax", "torch")


def check(fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise the first `PortabilityError` of a program, in the order of the program."""
    active = get_backend()
    leaves, treedef = active.tree.flatten((args, kwargs))
    names = [name for name in _FRAMEWORKS if name in _registry.available_backends()]
    names.sort(key=lambda name: name != active.name)
    runs = [_Run(get_backend(name), fun, leaves, treedef, active) for name in names]
    found = [(order, error) for run in runs for order, error in run.breaches([r for r in runs if r is not run])]
    if found:
        raise min(found, key=lambda each: each[0])[1]
    for run in runs:
        if run.error is not None:
            others = [r for r in runs if r.error is None]
            if others:
                raise _one_sided(run, others[0].backend.name) from run.error
            raise run.error
    _same_outputs(runs)


class _Run:
    """One run of the program on one backend and what came of it."""

    def __init__(self, backend: Backend, fun: Callable[..., Any], leaves: list[Any], treedef: Any, active: Backend):
        self.backend = backend
        self.check = Checking(backend)
        self.error: Exception | None = None
        self.out: Any = None
        structs = [_abstract(leaf, backend) for leaf in leaves]
        places = [i for i, s in enumerate(structs) if isinstance(s, ShapeDtypeStruct)]

        def program(*arrays: Any) -> list[Any]:
            full = list(structs)
            for i, x in zip(places, arrays, strict=True):
                full[i] = x
            args, kwargs = active.tree.unflatten(treedef, full)
            self.out = out = self.check.inwards(fun(*args, **kwargs))
            return [x for x in backend.tree.leaves(out) if backend.is_array(x)]

        self._abstractly = lambda run: backend.eval_shape(run, *[structs[i] for i in places])
        try:
            with use_backend(backend), self.check.running():
                self.shapes = self._abstractly(self.check.seen_inside(program))
        except Exception as error:
            self.error = error
        self._program = program

    def without_stand_ins(self) -> None:
        """Run the program on the framework's own arrays, which its own functions take."""
        self.error = None
        self.check.first = None
        try:
            with use_backend(self.backend):
                self.shapes = self._abstractly(self._program)
        except Exception as error:
            self.error = error

    def breaches(self, others: list[_Run]) -> Iterator[tuple[int, PortabilityError]]:
        """What this run found that breaks on another framework, each with its place in the order of the program."""
        met = {suspect.key for other in others for suspect in other.check.suspects}
        for suspect in self.check.suspects:
            if not others or suspect.key in met:
                yield suspect.order, suspect.error
        with use_backend(self.backend):
            yield from self.check.refused()
        error = self.check.first or self.error
        order = self.check.order + (not isinstance(error, PortabilityError))  # what a framework refused is not counted
        if error is not None and not isinstance(error, PortabilityError):
            error = _translated(error, self.backend)
        if isinstance(error, PortabilityError):
            if error.own and others and all(other.error is None for other in others):
                self.without_stand_ins()  # the others never came there
            else:
                yield order, error


def _translated(error: Exception, backend: Backend) -> Exception:
    """An error that a framework raised, if it is one of portability."""
    place = place_of(error)
    if isinstance(error, ConcretizationError) or backend.is_concretization(error):
        return breach_at(
            place,
            "Python code or the shape of a result depends on data",
            "Branch with dg.where or dg.lax.cond, give `size=` where an op takes it.",
        )
    if isinstance(error, ForeignArrayError):
        return breach_at(place, "an array of one framework meets the other's", CONVERT)
    if place and place.library and ("PortableArray" in str(error) or "__jax_array__" in str(error)):
        return native_call(place, backend.name)
    return error


def _one_sided(run: _Run, other: str) -> PortabilityError:
    error = run.error
    assert error is not None
    return breach_at(
        place_of(error),
        f"it runs on {other} and fails on {run.backend.name} with {type(error).__name__} ({error!s:.200})",
        "Write it with dg's ops.",
    )


def _abstract(leaf: Any, backend: Backend) -> Any:
    """The struct for an array of any framework; anything else as it is."""
    name = dtype_name(leaf.dtype) if hasattr(leaf, "dtype") and hasattr(leaf, "shape") else None
    if name is None:
        return leaf
    return ShapeDtypeStruct(tuple(leaf.shape), DTYPES[narrowed(name, backend.x64_enabled())])


def _same_outputs(runs: list[_Run]) -> None:
    for run in runs[1:]:
        for a, b in zip(runs[0].shapes, run.shapes, strict=False):
            if a != b:
                raise PortabilityError(
                    f"dualgrad.check_portable: the result must be the same on every framework, got {a} on "
                    f"{runs[0].backend.name} and {b} on {run.backend.name}. Write operators of arrays with dg's ops."
                )
