"""The ops that a program runs, with their inputs on the host and the user's line, so that each can be run again."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import dualgrad as dg
from dualgrad._membrane import TRANSFORMS, Applied, Membrane, is_function
from dualgrad._portable.places import Place, here
from dualgrad.protocol import Backend
from dualgrad.testing._compare import host

__all__ = ["Event", "raising", "recorded"]

_KEPT: Final = 4  # of the steps of a loop
_SYMBOLS: Final = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "and_": "&", "or_": "|", "xor": "^", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "neg": "-", "abs": "abs", "getitem": "[]", "invert": "~", "pos": "+", "lshift": "<<", "rshift": ">>",
}  # fmt: skip


class _Slot:
    """Where an array was in the arguments of an event."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


@dataclass
class Event:
    """One op of a program.

    Attributes:
        path: The op's name below the backend, `operator.add`, or `method.sum`.
        place: The user's line.
        recipe: From a backend to the function that runs the op.
        call: Positional and keyword arguments, with slots in the place of arrays.
        composed: Whether the first argument is the body of one of dualgrad's compositions.
        seen: Inputs and outputs on the host; several for an op inside a loop.
        changes: Whether an argument was another after the call than before.
    """

    path: str
    place: Place | None
    recipe: Callable[[Any], Callable[..., Any]]
    call: Any
    composed: bool = False
    seen: list[tuple[list[Any], list[Any]]] = field(default_factory=list[tuple[list[Any], list[Any]]])
    changes: bool = False

    @property
    def name(self) -> str:
        """What a message calls it."""
        kind, _, rest = self.path.partition(".")
        if kind == "operator":
            return f"the operator {_SYMBOLS.get(rest, rest)}"
        if kind == "method":
            return f"the array's own .{rest}"
        if kind == "native":
            return f"the native {rest}"
        if self.path == "at_update":
            return f"dg.at(x)[...].{self.call[0][2]}"
        return f"dg.{self.path}"

    @property
    def holds_functions(self) -> bool:
        """Whether the op runs functions of the program: a transform, a loop, a branch, a custom rule."""
        return self.path in TRANSFORMS or any(is_function(x) for x in self._leaves() if x is not self._body())

    def host_call(self, inputs: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments with arrays on the host, without the body of a composition."""
        args, kwargs = dg.tree.map(
            lambda x: inputs[x.number] if isinstance(x, _Slot) else x, self.call, is_leaf=is_function
        )
        return (args[1:] if self._body() is not None else args), kwargs

    def _body(self) -> Any:
        return self.call[0][0] if self.composed else None

    def _leaves(self) -> list[Any]:
        return dg.tree.leaves(self.call, is_leaf=is_function)

    def __str__(self) -> str:
        return f"{self.name} in {self.place}" if self.place else self.name

    def apply(self, *arrays: Any) -> list[Any]:
        """Leaves of what the op gives on the active backend."""
        return dg.get_backend().tree.leaves(self.result(*arrays))

    def result(self, *arrays: Any) -> Any:
        """What the op gives on the active backend."""
        backend = dg.get_backend()

        def leaf(x: Any) -> Any:
            return arrays[x.number] if isinstance(x, _Slot) else x

        args, kwargs = backend.tree.map(leaf, self.call, is_leaf=is_function)
        return self.recipe(backend)(*args, **kwargs)


class _Array:
    """Stands for a native array, so that operators and methods are seen too."""

    __slots__ = ("_recorder", "native")

    def __init__(self, native: Any, recorder: Recorder) -> None:
        self.native, self._recorder = native, recorder

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.native, name)
        if is_function(found) and not self._recorder.behind.is_array(found):
            return lambda *args, **kwargs: self._recorder.crossing(
                f"method.{name}", lambda x, *a, **k: getattr(x, name)(*a, **k), (self, *args), kwargs
            )
        return self._recorder.outwards(found)

    def __getitem__(self, key: Any) -> Any:
        return self._recorder.crossing("operator.getitem", operator.getitem, (self, key), {})

    def __iter__(self) -> Any:
        return iter([self[i] for i in range(len(self.native))])

    def __len__(self) -> int:
        return len(self.native)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return host(self.native).__array__(*args, **kwargs)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        recorder = next(x._recorder for x in dg.tree.leaves((args, kwargs)) if isinstance(x, cls))
        name = getattr(func, "__name__", "function")
        return recorder.crossing(f"native.torch.{name}", func, tuple(args), dict(kwargs or {}))

    __array_priority__ = 1000
    __hash__ = object.__hash__


def _operator(name: str, function: Callable[..., Any], flip: bool) -> Callable[..., Any]:
    def method(self: _Array, *others: Any) -> Any:
        args = (*others, self) if flip else (self, *others)
        return object.__getattribute__(self, "_recorder").crossing(f"operator.{name}", function, args, {})

    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift",
              "rshift", "eq", "ne", "lt", "le", "gt", "ge", "neg", "abs", "invert", "pos"):  # fmt: skip
    _dunder = _name.rstrip("_")
    setattr(_Array, f"__{_dunder}__", _operator(_name, getattr(operator, _name), flip=False))
    if _name not in ("eq", "ne", "lt", "le", "gt", "ge", "neg", "abs", "invert", "pos"):
        setattr(_Array, f"__r{_dunder}__", _operator(_name, getattr(operator, _name), flip=True))
_TO_PYTHON: dict[str, Callable[[Any], Any]] = {
    "bool": bool, "float": float, "int": int, "complex": complex, "index": operator.index,
}  # fmt: skip
for _name, _call in _TO_PYTHON.items():
    setattr(_Array, f"__{_name}__", lambda self, c=_call: c(self.native))


class Recorder(Membrane):
    """A backend that notes every op that runs on it.

    Attributes:
        events: The ops, in the order in which they came to their end.
        failed: The first op that raised.
    """

    def __init__(self, real: Backend, stand_ins: bool) -> None:
        super().__init__(real)
        self.events: list[Event] = []
        self.failed: Event | None = None
        self._stand_ins = stand_ins

    def jit(self, fun: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        """`fun` itself, so that values are known op by op."""
        return fun

    def wrapped(self, x: Any) -> Any:
        return _Array(x, self) if self._stand_ins and self.behind.is_array(x) else x

    def unwrapped(self, x: Any) -> Any:
        return x.native if isinstance(x, _Array) else x

    def crossing(self, path: str, fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        place = here()
        call = self.inwards_arrays((args, kwargs))
        event, arrays = self._event(path, fun, place, call)
        before = self._copies(arrays)
        try:
            out = self.cross(path, fun, args, kwargs)
        except Exception:
            self.failed = self.failed or event
            raise
        self.events.append(event)
        after = self._copies(arrays)
        event.changes = before is not None and after is not None and not all(map(_same, before, after))
        self._capture(event, arrays if before is None else before, self._arrays(self.inwards_arrays(out)))
        return out

    def inwards_arrays(self, tree: Any) -> Any:
        """A tree without stand-ins, whose functions stay the program's own."""
        return self.behind.tree.map(self.unwrapped, tree, is_leaf=is_function)

    def _event(self, path: str, fun: Any, place: Place | None, call: Any) -> tuple[Event, list[Any]]:
        arrays: list[Any] = []

        def leaf(x: Any) -> Any:
            if not self.behind.is_array(x):
                return x
            arrays.append(x)
            return _Slot(len(arrays) - 1)

        slots = self.behind.tree.map(leaf, call, is_leaf=is_function)
        name = call[0][0].__name__ if path == "composed" else path
        return Event(name, place, _recipe(path, fun), slots, path == "composed"), arrays

    def _copies(self, arrays: list[Any]) -> list[Any] | None:
        """Copies on the host; `None` where an array has no value yet."""
        try:
            with dg.use_backend(self.behind):
                return [host(x, exact_dtype=True).copy() for x in arrays]
        except Exception:
            return None

    def _arrays(self, tree: Any) -> list[Any]:
        return [x for x in self.behind.tree.leaves(tree, is_leaf=is_function) if self.behind.is_array(x)]

    def _capture(self, event: Event, arrays: list[Any], results: list[Any]) -> None:
        """Note the values now, or when the program runs."""

        def add(inputs: list[Any], outputs: list[Any]) -> None:
            if len(event.seen) < _KEPT:
                event.seen.append((inputs, outputs))

        with dg.use_backend(self.behind):
            try:
                add([host(x, exact_dtype=True) for x in arrays], [host(x, exact_dtype=True) for x in results])
            except Exception:  # an array that has no value yet
                try:
                    self.behind.debug.callback(lambda *xs: add(list(xs[0]), list(xs[1])), arrays, results)
                except Exception:
                    return  # nor can it be had: the event stays without values


def _same(a: Any, b: Any) -> bool:
    return a.tobytes() == b.tobytes()


def _recipe(path: str, fun: Any) -> Callable[[Any], Callable[..., Any]]:
    if isinstance(fun, Applied):
        return lambda backend: getattr(backend, fun.name)(*fun.funs, **fun.options)
    if path.partition(".")[0] in ("operator", "method", "native") or path.startswith("the result"):
        return lambda backend: fun

    def resolve(backend: Any) -> Callable[..., Any]:
        for part in path.split("."):
            backend = getattr(backend, part)
        return backend

    return resolve


def recorded(
    backend: str | Backend, run: Callable[[Callable[..., Any]], Any], fun: Callable[..., Any], stand_ins: bool = True
) -> list[Event]:
    """The events of a run.

    Args:
        backend: Where it runs.
        run: Runs a function, as a transform of it.
        fun: The function.
        stand_ins: Whether operators and methods are noted too; a native function of JAX's does not take stand-ins.
    """
    return _watched(backend, run, fun, stand_ins)[0]


def raising(backend: str | Backend, run: Callable[[Callable[..., Any]], Any], fun: Callable[..., Any]) -> Event | None:
    """The first op that raises in a run; `None` if none does."""
    return _watched(backend, run, fun, True, quiet=True)[1]


def _watched(
    backend: str | Backend, run: Callable[[Callable[..., Any]], Any], fun: Callable[..., Any], stand_ins: bool,
    *, quiet: bool = False,
) -> tuple[list[Event], Event | None]:  # fmt: skip
    real = dg.get_backend(backend) if isinstance(backend, str) else backend
    recorder: Any = Recorder(real, stand_ins)

    def seen(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = recorder.outwards((args, kwargs))
        return recorder.inwards_arrays(fun(*args, **kwargs))

    with dg.use_backend(recorder), contextlib.suppress(*([Exception] if quiet else [])):
        run(seen)
    if real.name == "jax":
        import jax

        jax.effects_barrier()
    return [event for event in recorder.events if event.seen], recorder.failed
