"""`Checking`: a backend behind portable arrays, which raises at what would break on the other framework."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

from dualgrad._dtypes import DTYPES, dtype_name
from dualgrad._membrane import Membrane
from dualgrad._portable.array import HOST_METHODS, METHODS, PortableArray, PortableDType
from dualgrad._portable.places import Place, here
from dualgrad._portable.spelling import instead_of_attribute, instead_of_call
from dualgrad._rules.arguments import framework_of
from dualgrad.errors import PortabilityError
from dualgrad.protocol import Backend

__all__ = ["CONVERT", "Checking", "Suspect", "breach_at", "current", "native_call"]

_state = threading.local()
CONVERT: Final = "Make it with dg inside the function, pass it as an argument, or convert it with dg.asarray."
_HOST_OPS: Final = frozenset({"to_numpy"})


class _Missing(PortabilityError, AttributeError):
    """An attribute that one framework's arrays lack; an `AttributeError`, so that `hasattr` says no."""


@dataclass(frozen=True)
class Suspect:
    """Something of this framework's own that worked; it is a breach only if the other framework meets it, too."""

    order: int
    key: tuple[str, int, str]
    error: PortabilityError


def breach_at(place: Place | None, rule: str, way_out: str, kind: type[PortabilityError] = PortabilityError) -> Any:
    """The error for a place in the user's program."""
    got = f"`{place.expression}` in {place}" if place else "it outside any file"
    error = kind(f"dualgrad.check_portable: {rule}, got {got}. {way_out}")
    error.filename, error.lineno = (place.filename, place.lineno) if place else (None, None)
    return error


def native_call(place: Place, backend: str) -> PortabilityError:
    """The error for a function of a framework's that was given a stand-in."""
    name, module = getattr(place.function, "__name__", ""), str(getattr(place.function, "__module__", ""))
    error = breach_at(
        place, f"a function of {place.library}'s takes arrays of {place.library} only", instead_of_call(name, module)
    )
    error.own = place.library == backend
    return error


def current() -> Checking:
    """The check that runs in this thread."""
    return _state.check


@dataclass(frozen=True)
class _Operation:
    """A native operator that an abstract array took; `operands` are numbers, or the dtype and the number of axes."""

    order: int
    place: Place | None
    native: Callable[..., Any]
    neutral: str
    operands: tuple[Any, ...]


class Checking(Membrane):
    """One run of a program on one backend, with portable arrays in the place of native ones.

    Attributes:
        order: How many operations were seen so far.
        first: The first breach, kept also where the program catches the error.
        suspects: Native operations of this framework's own.
        unproved: Native operators whose kernels may refuse what abstract arrays took, by operator and operands.
    """

    def __init__(self, real: Backend) -> None:
        super().__init__(real)
        self.order = 0
        self.first: PortabilityError | None = None
        self.suspects: list[Suspect] = []
        self.unproved: dict[Any, _Operation] = {}

    @contextlib.contextmanager
    def running(self) -> Generator[None]:
        """A block in which this is the check of the thread."""
        before = getattr(_state, "check", None)
        _state.check = self
        try:
            yield
        finally:
            _state.check = before

    def wrapped(self, x: Any) -> Any:
        return PortableArray(x, self) if self.behind.is_array(x) else x

    def unwrapped(self, x: Any) -> Any:
        if isinstance(x, PortableDType):
            return x.neutral
        return object.__getattribute__(x, "native") if isinstance(x, PortableArray) else x

    def crossing(self, path: str, fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.order += 1
        if path in _HOST_OPS and any(isinstance(x, PortableArray) for x in self.behind.tree.leaves((args, kwargs))):
            raise self.transfer(f"dg.{path}(x)")
        return self.cross(path, fun, args, kwargs)

    def breach(self, rule: str, way_out: str, place: Place | None = None) -> PortabilityError:
        """The error for the user's line; the first one is remembered."""
        place = place or here()
        if place and place.inside and place.library:  # a framework's function looks into a stand-in
            return native_call(place, self.name)
        error = breach_at(place, rule, way_out)
        self.first = self.first or error
        return error

    def missing(self, what: str, name: str, way_out: str) -> PortabilityError:
        """The error for an attribute that does not exist on every framework."""
        return breach_at(here(), f"{what} has no `{name}` on {self.name}", way_out, _Missing)

    def transfer(self, what: str) -> PortabilityError:
        """The error for moving a value to the host."""
        return self.breach(
            f"the value of an array is not known while a program is traced, as {what} needs it",
            "Keep the array; dg.to_numpy(x) or float(x) after the program, dg.debug.print inside it.",
        )

    def numpy_function(self, name: str, args: Any) -> PortabilityError:
        """The error for a function of NumPy's on a traced array."""
        del args
        return self.breach(f"NumPy's `{name}` takes an array to the host", instead_of_call(name))

    def suspect(self, rule: str, way_out: str, name: str) -> PortabilityError:
        """Note an operation that this framework knows and another does not, or means otherwise."""
        place = here()
        error = breach_at(place, rule, way_out)
        key = (place.filename, place.lineno, name) if place else ("", 0, name)
        self.suspects.append(Suspect(self.order, key, error))
        return error

    def operate(self, symbol: str, native: Callable[..., Any], neutral: str, operands: tuple[Any, ...]) -> Any:
        """A native operator, held against the op that it stands for."""
        self.order += 1
        for x in operands:
            owner = framework_of(x)
            if owner is not None and owner != self.name:
                raise self.breach(f"an array of {owner} meets one of {self.name}", CONVERT)
        if type(operands[0]).__module__.startswith("numpy") and hasattr(operands[0], "dtype"):
            raise self.breach(
                "an operator with a NumPy array on its left is NumPy's own",
                f"Write dg.{neutral}(a, x), or dg.asarray(a).",
            )
        inner = [self.unwrapped(x) for x in operands]
        way_out = f"Write dg.{neutral}({', '.join('xyz'[: len(inner)])})."
        try:
            out = native(*inner)
        except PortabilityError:
            raise
        except Exception as error:
            try:
                getattr(self.behind, neutral)(*inner)
            except Exception:
                raise error from None  # wrong on every framework
            raise self.breach(f"this operator fails on {self.name} ({error!s:.80})", way_out) from error
        if out is NotImplemented or not self.behind.is_array(out):
            return out
        want = getattr(self.behind, neutral)(*inner)
        if out.dtype != want.dtype or tuple(out.shape) != tuple(want.shape):
            raise self.breach(
                f"this operator gives {_kind(out)} on {self.name} where promotion says {_kind(want)}", way_out
            )
        if any(self.behind.is_array(x) and _is_rare(x.dtype) for x in inner):
            self._note(native, neutral, inner)
        return self.wrapped(out)

    def _note(self, native: Callable[..., Any], neutral: str, operands: list[Any]) -> None:
        kinds = tuple((x.dtype, len(x.shape)) if self.behind.is_array(x) else x for x in operands)
        key = (neutral, tuple(kind if isinstance(kind, tuple) else type(kind) for kind in kinds))
        if key not in self.unproved:
            self.unproved[key] = _Operation(self.order, here(), native, neutral, kinds)

    def refused(self) -> Iterator[tuple[int, PortabilityError]]:
        """The operators that fail on data: PyTorch's abstract arrays take a difference of masks, its kernels do not."""
        for operation in self.unproved.values():
            arrays = [
                self.behind.ones((1,) * kind[1], dtype=kind[0]) if isinstance(kind, tuple) else kind
                for kind in operation.operands
            ]
            error = _error_of(operation.native, arrays)
            if error is not None and _error_of(getattr(self.behind, operation.neutral), arrays) is None:
                yield (
                    operation.order,
                    breach_at(
                        operation.place,
                        f"this operator fails on {self.name} ({error!s:.80})",
                        f"Write dg.{operation.neutral}({', '.join('xyz'[: len(arrays)])}).",
                    ),
                )

    def index(self, x: PortableArray, key: Any) -> Any:
        """`x[key]`, where it means the same on both frameworks."""
        self.order += 1
        parts = key if isinstance(key, tuple) else (key,)
        for part in parts:
            self._check_index(x, part)
        native = self.inwards(key)
        try:
            return self.wrapped(self.unwrapped(x)[native])
        except IndexError:
            raise
        except Exception as error:
            rule = f"this index fails on {self.name} ({error!s:.80})"
            raise self.breach(rule, "Write dg.take(x, indices, axis).") from error

    def _check_index(self, x: PortableArray, part: Any) -> None:
        if isinstance(part, slice):
            if isinstance(part.step, int) and part.step < 0:
                raise self.breach("torch has no slices with a negative step", "Write dg.flip(x, axis=...)[...].")
            if any(isinstance(end, PortableArray) for end in (part.start, part.stop, part.step)):
                raise self.breach(
                    "a slice cannot begin or end at a traced place",
                    "Write dg.lax.dynamic_slice_in_dim(x, start, size, axis).",
                )
        elif isinstance(part, list):
            raise self.breach("JAX takes no list as an index", "Write x[dg.asarray(indices)] or dg.take.")
        elif not isinstance(part, int) and hasattr(part, "dtype"):
            if str(part.dtype).rpartition(".")[2].startswith("bool"):
                raise self.breach(
                    "the shape of what a mask chooses depends on data",
                    "Write dg.where(mask, x, 0), or dg.nonzero(mask, size=...).",
                )
            if not part.shape and isinstance(part, PortableArray):
                raise self.breach(
                    "an index of one element must be known on torch when a program is mapped or traced",
                    "Write dg.take(x, j, axis=0) or dg.lax.dynamic_index_in_dim(x, j, 0).",
                )

    def attribute(self, x: PortableArray, name: str) -> PortabilityError:
        """The error for an attribute that means something else on the other framework."""
        return self.breach(f"`.{name}` differs between JAX and torch", instead_of_attribute(name))

    def lookup(self, x: PortableArray, name: str) -> Any:
        """An attribute that is not the stand-in's own: refused, or this framework's own and noted."""
        if name.startswith("__"):
            raise AttributeError(name)
        self.order += 1
        if name in HOST_METHODS:
            return _raising(lambda: self.transfer(f"x.{name}()"))
        if name in METHODS:
            return self._method(x, name)
        native = self.unwrapped(x)
        if not hasattr(type(native), name) and not hasattr(native, name):
            raise self.missing("an array", name, instead_of_attribute(name))
        self.suspect(f"`.{name}` is not the same on JAX and torch", instead_of_attribute(name), name)
        found = getattr(native, name)
        if callable(found) and not self.behind.is_array(found):
            return lambda *args, **kwargs: self._native(found, args, kwargs)
        return self.outwards(found)

    def torch_function(self, func: Any, args: Any, kwargs: Any) -> Any:
        """A function of torch's on stand-ins: on torch it runs and is noted, elsewhere it is a breach."""
        import torch.overrides

        self.order += 1
        name = getattr(func, "__name__", "")
        full = torch.overrides.resolve_name(func) or ""
        if full.startswith("torch.Tensor."):
            return NotImplemented  # a tensor's operator: ours answers
        rule = "a function of torch's takes arrays of torch only"
        way_out = instead_of_call(name.rpartition("linalg_")[2], full)
        if self.name != "torch":
            raise self.breach(rule, way_out)
        self.suspect(rule, way_out, name)
        return self._native(func, args, kwargs)

    def jax_array(self, x: PortableArray) -> Any:
        """A function of JAX's asks for the array behind a stand-in."""
        if self.name != "jax":
            raise self.breach("a function of jax's takes arrays of jax only", instead_of_call("asarray"))
        self.suspect("a function of jax's takes arrays of jax only", instead_of_call("asarray"), "jax")
        return self.unwrapped(x)

    def _native(self, fun: Any, args: Any, kwargs: Any) -> Any:
        native, options = self.inwards((args, kwargs))
        return self.outwards(fun(*native, **options))

    def _method(self, x: PortableArray, name: str) -> Any:
        neutral = {"swapaxes": None, "dot": None, "trace": "linalg.trace", "diagonal": "linalg.diagonal"}.get(
            name, name
        )

        def method(*args: Any, **kwargs: Any) -> Any:
            shape: Any = args
            if name == "reshape" and len(args) == 1 and isinstance(args[0], tuple | list):
                shape = args[0]
            return self._called(name, neutral, x, args, kwargs, (tuple(shape),) if name == "reshape" else args)

        return method

    def _called(self, name: str, neutral: str | None, x: Any, args: Any, kwargs: Any, plain: Any) -> Any:
        native = self.unwrapped(x)
        try:
            out = getattr(native, name)(*self.inwards(args), **self.inwards(kwargs))
        except PortabilityError:
            raise
        except Exception as error:
            raise self.breach(
                f"this method fails on {self.name} ({error!s:.80})", instead_of_attribute(name)
            ) from error
        if not self.behind.is_array(out):
            raise self.attribute(x, name)
        op: Any = self.behind
        for part in neutral.split(".") if neutral else ():
            op = getattr(op, part, None)
        if neutral and op is not None:
            want = op(native, *self.inwards(plain), **self.inwards(kwargs))
            if out.dtype != want.dtype or tuple(out.shape) != tuple(want.shape):
                raise self.breach(
                    f"`.{name}` gives {_kind(out)} on {self.name} where dualgrad has {_kind(want)}",
                    instead_of_attribute(name),
                )
        return self.wrapped(out)


def _is_rare(dtype: Any) -> bool:
    """Whether an operator that abstract arrays of that dtype take may be one that kernels refuse."""
    return DTYPES[dtype_name(dtype) or "bool"].kind in ("bool", "unsigned integer", "complex floating")


def _error_of(fun: Callable[..., Any], args: list[Any]) -> Exception | None:
    try:
        fun(*args)
    except Exception as error:
        return error
    return None


def _kind(x: Any) -> str:
    return f"{str(x.dtype).rpartition('.')[2]}{tuple(x.shape)}"


def _raising(error: Callable[[], Exception]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise error()

    return call
