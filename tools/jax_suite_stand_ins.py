# It reaches into JAX's own test helpers.
# pyright: reportPrivateUsage=false, reportPrivateImportUsage=false, reportAttributeAccessIssue=false
"""What the test files of JAX's own suite see for `jax` in tools/jax_suite.py: dualgrad, under JAX's names.

`load` runs a test file with an `import` of its own: `jax` and its public modules are `Namespace`s; so are the modules
of `jax._src` in which public functions are made (`SOURCES`), and the others (the suite's helpers, private tools) are
real. A name is dualgrad's where dualgrad has it; a function that it has not is `Missing`, an error that also notes
itself, so that a test which calls one is no failure; types, dtypes and settings are JAX's. Arrays are seen as an
`Array` around the native one, whose operators and methods are dualgrad's functions: so what is tested is dualgrad, not
what a tensor's own methods do. Functions of the test see such arrays as well, on both backends.
"""

from __future__ import annotations

import builtins
import collections
import contextlib
import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax._src.public_test_util as close_util
import jax._src.test_util as jtu
import ml_dtypes  # noqa: F401  # pyright: ignore[reportUnusedImport]  # names bfloat16 to NumPy
import numpy as np
from jax._src import config
from jax._src.array import ArrayImpl

import dualgrad as dg

missing: set[str] = set()  # what the running test has asked for and dualgrad has not

# Where dualgrad keeps the names of each public module of JAX.
HOMES: dict[str, list[Any]] = {
    "jax": [dg, dg.transforms],
    "jax.numpy": [dg],
    "jax.numpy.linalg": [dg.linalg],
    "jax.numpy.fft": [dg.fft],
    "jax.lax": [dg.lax],
    "jax.random": [dg.random],
    "jax.nn": [dg.nn],
    "jax.nn.initializers": [dg.nn.initializers],
    "jax.scipy.special": [dg.special],
    "jax.scipy.linalg": [dg.linalg],
    "jax.scipy.fft": [dg.fft],
    "jax.scipy.signal": [dg, dg.fft],
    "jax.scipy.ndimage": [dg.image],
    "jax.scipy.integrate": [dg],
    "jax.image": [dg.image],
    "jax.tree": [dg.tree],
    "jax.tree_util": [dg.tree],
    "jax.ops": [dg],
    "jax.debug": [dg.debug],
    "jax.custom_batching": [dg.custom_batching],
    "jax.ad_checkpoint": [dg],
    "jax.checkpoint_policies": [dg.checkpoint_policies],
    "jax.custom_derivatives": [dg],
    "jax.errors": [dg.errors],
    "jax.scipy": [],
    "jax.scipy.stats": [],
    "jax.flatten_util": [],
    "jax.experimental": [],
}
# Where JAX's tests reach public functions by the private modules that make them.
SOURCES = {
    "jax._src.ad_checkpoint": "jax.ad_checkpoint",
    "jax._src.api": "jax",
    "jax._src.custom_derivatives": "jax.custom_derivatives",
    "jax._src.errors": "jax.errors",
    "jax._src.lax.control_flow": "jax.lax",
    "jax._src.lax.lax": "jax.lax",
    "jax._src.random": "jax.random",
    "jax._src.tree_util": "jax.tree_util",
}
RENAMED = {
    "jax.random.threefry_2x32": "",
    "jax.tree_util.register_pytree_node": "register_node",
    "jax.tree_util.register_pytree_node_class": "register_node_class",
    "jax.errors.ConcretizationTypeError": "ConcretizationError",
    "jax.errors.TracerArrayConversionError": "ConcretizationError",
    "jax.errors.TracerBoolConversionError": "ConcretizationError",
    "jax.errors.TracerIntegerConversionError": "ConcretizationError",
    "jax.errors.NonConcreteBooleanIndexError": "ConcretizationError",
    "jax.errors.UnexpectedTracerError": "LeakedArrayError",
}
OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "divmod": "divmod",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
REDUCTIONS = ["all", "any", "argmax", "argmin", "cumprod", "cumsum", "max", "mean", "min", "prod", "std", "sum", "var"]
METHODS = [
    *REDUCTIONS,
    *("argpartition", "argsort", "astype", "clip", "conj", "conjugate", "copy", "diagonal", "dot", "nonzero", "ptp"),
    *("ravel", "repeat", "round", "searchsorted", "sort", "squeeze", "swapaxes", "take", "trace"),
]
# Questions about dtypes and numbers that touch no array: JAX's own answers, with whose dtypes the tests calculate.
HOST = {
    *("finfo", "iinfo", "issubdtype", "isdtype", "generic", "number", "integer", "signedinteger", "unsignedinteger"),
    *("inexact", "floating", "complexfloating"),
}
PLAIN = (int, float, complex, str, bytes, np.ndarray, np.generic, np.dtype, type, types.ModuleType, type(None))


class MissingError(Exception):
    """A test has called what dualgrad has not."""


class Missing:
    """A function that dualgrad has not; while a file makes its tables, JAX's own."""

    loading = False

    def __init__(self, name: str, real: Any = None) -> None:
        self.name = self.__name__ = name
        self.real = real

    def __call__(self, *args: Any, **options: Any) -> Any:
        if Missing.loading and self.real is not None:
            return self.real(*args, **options)
        missing.add(self.name)
        raise MissingError(self.name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(f"{self.name}.{name}")


class Door:
    """A function or object of dualgrad's: what goes in is made native, what comes out is wrapped.

    `real` is JAX's function of the name: arrays that come first may be given by its names for them, and what that has
    and dualgrad's has not, as the methods of a ufunc, is missing.
    """

    def __init__(self, native: Any, real: Any = None) -> None:
        self.native = native
        self.real = real

    def __call__(self, *args: Any, **options: Any) -> Any:
        if dg.x64_enabled() != config.enable_x64.value:
            dg.enable_x64(config.enable_x64.value)
        if options and self.real is not None:
            args, options = _by_position(self.native, self.real, args, options)
        return wrapped(self.native(*unwrapped(args), **unwrapped(options)))

    def __getattr__(self, name: str) -> Any:
        if isinstance(self.real, jax.numpy.ufunc) and hasattr(self.real, name) and not hasattr(self.native, name):
            if Missing.loading:
                return getattr(self.real, name)
            missing.add(f"ufunc.{name}")
            raise MissingError(f"{self.real.__name__}.{name}")
        return wrapped(getattr(self.native, name))

    def __getitem__(self, index: Any) -> Any:
        return wrapped(self.native[unwrapped(index)])

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else types.MethodType(self, owner)


def _by_position(ours: Any, theirs: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The arguments with those by position that are given by JAX's names for what is nameless in dualgrad."""
    try:
        own, names = inspect.signature(ours).parameters, list(inspect.signature(theirs).parameters)
    except (TypeError, ValueError):
        return args, options
    places = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in own.values())
    args, options = tuple(args), dict(options)
    while len(args) < min(places, len(names)) and names[len(args)] in options and names[len(args)] not in own:
        args = (*args, options.pop(names[len(args)]))
    return args, options


class _UfuncType(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(getattr(x, "real", None), jax.numpy.ufunc) and isinstance(x, Door)


class Ufunc(metaclass=_UfuncType):
    """What `jax.numpy.ufunc` is to the tests: dualgrad's functions under the names of JAX's."""


def _call(name: str, *args: Any, **options: Any) -> Any:
    return Door(getattr(dg, name))(*args, **options)


class Array:
    """A native array, with operators and methods that are dualgrad's."""

    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]
    weak_type = False

    def __init__(self, native: Any) -> None:
        self.native = native

    dtype = property(lambda self: _dtype(self.native.dtype))
    shape = property(lambda self: tuple(self.native.shape))
    ndim = property(lambda self: len(self.native.shape))
    size = property(lambda self: int(np.prod(self.native.shape, dtype=int)))
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.size * self.itemsize)
    T = property(lambda self: _call("permute_dims", self, tuple(range(self.ndim))[::-1]))
    mT = property(lambda self: _call("matrix_transpose", self))
    real = property(lambda self: _call("real", self))
    imag = property(lambda self: _call("imag", self))
    at = property(lambda self: Door(dg.at(self.native)))

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            return functools.partial(_call, name, self)
        if not name.startswith("__") and hasattr(ArrayImpl, name):
            missing.add(f"Array.{name}")
        raise AttributeError(name)

    def __getitem__(self, index: Any) -> Any:
        return self.at[index].get()

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return iter(_call("unstack", self))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(dg.to_numpy(self.native), dtype=dtype)

    def __repr__(self) -> str:
        return repr(self.native)

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.shape == () else self.native, spec)

    def __copy__(self) -> Any:
        return _call("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return _call("copy", self)

    def __contains__(self, x: Any) -> bool:
        return bool(_call("any", self == x))

    def choose(self, *args: Any, **options: Any) -> Any:
        return _call("choose", self, *args, **options)

    def compress(self, condition: Any, **options: Any) -> Any:
        return _call("compress", condition, self, **options)

    def block_until_ready(self) -> Any:
        return _call("block_until_ready", self)

    def item(self, *index: int) -> Any:
        return np.asarray(self).item(*index) if index else self.native.item()

    def tolist(self) -> Any:
        return np.asarray(self).tolist()

    def flatten(self, order: str = "C") -> Any:
        return _call("ravel", self, order=order)

    def reshape(self, *shape: Any, **options: Any) -> Any:
        return _call("reshape", self, shape[0] if len(shape) == 1 else shape, **options)

    def transpose(self, *axes: Any) -> Any:
        axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return _call("transpose", self, axes) if axes else self.T


def _install_operators() -> None:
    def binary(op: str, turn: bool) -> Callable[[Any, Any], Any]:
        def method(self: Any, other: Any) -> Any:
            if other is None or isinstance(other, str | list | tuple | dict):
                return NotImplemented
            return _call(op, other, self) if turn else _call(op, self, other)

        return method

    def unary(op: str) -> Callable[[Any], Any]:
        return lambda self: _call(op, self)

    def native(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda self: kind(self.native)

    for name, op in OPERATORS.items():
        setattr(Array, f"__{name}__", binary(op, turn=False))
        setattr(Array, f"__r{name}__", binary(op, turn=True))
    for op, name in zip(COMPARISONS, ("eq", "ne", "lt", "le", "gt", "ge"), strict=True):
        setattr(Array, f"__{name}__", binary(op, turn=False))
    for name, op in {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "bitwise_invert"}.items():
        setattr(Array, f"__{name}__", unary(op))
    for kind in (bool, int, float, complex, round):
        setattr(Array, f"__{kind.__name__}__", native(kind))
    Array.__index__ = native(lambda x: x.__index__())  # type: ignore[attr-defined]
    Array.__round__ = lambda self, digits=0: _call("round", self, digits)  # type: ignore[attr-defined]


_install_operators()


def _dtype(native: Any) -> Any:
    """NumPy's dtype for one of dualgrad or PyTorch; a JAX key's own stays."""
    name = str(native).removeprefix("torch.")
    return native if name.startswith("key") else np.dtype(name)


def _is_dtype(x: Any) -> bool:
    return type(x) is type(dg.float32) or (type(x).__name__ == "dtype" and type(x).__module__.startswith("torch"))


def wrapped(x: Any) -> Any:
    """What dualgrad gives, as the test shall see it."""
    return changed(x, _wrap)


def unwrapped(x: Any) -> Any:
    """What the test gives, as dualgrad shall see it."""
    return changed(x, _unwrap)


def _wrap(x: Any) -> Any:
    if isinstance(x, dg.ShapeDtypeStruct):
        return jax.ShapeDtypeStruct(tuple(x.shape), _dtype(x.dtype))
    if isinstance(x, (*PLAIN, Array, Door)):
        return x
    if dg.is_array(x):
        return Array(x)
    if _is_dtype(x):
        return _dtype(x)
    own = type(x).__module__.startswith("dualgrad") or isinstance(x, dg.tree.Partial)
    if isinstance(x, dg.At | dg.AtIndex | dg.Lowered | dg.Compiled | type(dg.mgrid) | type(dg.c_) | type(dg.s_)):
        return Door(x)
    if own and callable(x):
        return Door(x)
    if isinstance(x, types.FunctionType | types.MethodType | types.BuiltinFunctionType | functools.partial):
        mine, fun = getattr(x, "_from_test", (None, None))  # what wraps it has copied its attributes
        return fun if mine is x else Door(x)
    return x


def _unwrap(x: Any) -> Any:
    if isinstance(x, Array | Door):
        return x.native
    if isinstance(x, jax.ShapeDtypeStruct) and not isinstance(x, dg.ShapeDtypeStruct):
        return dg.ShapeDtypeStruct(x.shape, x.dtype)
    if isinstance(x, type) and isinstance(getattr(x, "dtype", None), np.dtype):
        return x.dtype  # jax.numpy.float32 and the like
    if isinstance(x, slice):
        return slice(_unwrap(x.start), _unwrap(x.stop), _unwrap(x.step))
    if isinstance(x, jax.Array) and dg.get_backend().name != "jax" and not isinstance(x, jax.core.Tracer):
        return dg.asarray(np.asarray(x))
    if callable(x) and not isinstance(x, PLAIN) and not _is_node(x):
        return _function(x)
    return x


def _function(fun: Any) -> Any:
    """A function of the test's, to be called with native arrays."""
    if isinstance(fun, Missing):
        return fun

    def inside(*args: Any, **options: Any) -> Any:
        return unwrapped(fun(*wrapped(args), **wrapped(options)))

    try:
        inside = functools.wraps(fun)(inside)
        if "__name__" not in vars(inside):
            inside.__name__ = getattr(fun, "__name__", type(fun).__name__)
    except (AttributeError, TypeError):
        pass
    inside._from_test = (inside, fun)  # type: ignore[attr-defined]
    return inside


def _is_node(x: Any) -> bool:
    try:
        leaves = dg.tree.leaves(x)
    except Exception:
        return False
    return not (len(leaves) == 1 and leaves[0] is x)


def changed(x: Any, leaf: Callable[[Any], Any]) -> Any:
    """`x` with `leaf` applied to what is in its containers and nodes."""
    kind: Any = type(x)
    if kind in (list, tuple):
        return kind(changed(y, leaf) for y in x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return kind(*(changed(y, leaf) for y in x))
    if kind in (dict, collections.OrderedDict):
        return kind((k, changed(v, leaf)) for k, v in x.items())
    if kind is collections.defaultdict:
        return kind(x.default_factory, {k: changed(v, leaf) for k, v in x.items()})
    y = leaf(x)
    if y is not x or isinstance(x, PLAIN) or not _is_node(x):
        return y
    leaves, structure = dg.tree.flatten(x)
    new = [leaf(v) for v in leaves]
    same = all(a is b for a, b in zip(leaves, new, strict=True))
    return x if same else dg.tree.unflatten(structure, new)


class Namespace(types.ModuleType):
    """A public module of JAX's, with dualgrad's functions in it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []  # pyright: ignore[reportIncompatibleVariableOverride]

    def __getattr__(self, name: str) -> Any:
        full = f"{self.__name__}.{name}"
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._find(full, name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return [name for name in dir(_real(self.__name__)) if not name.startswith("_")]

    def _find(self, full: str, name: str) -> Any:
        theirs = _theirs(self.__name__, name)
        if isinstance(theirs, types.ModuleType) or full in HOMES:
            return namespace(full)
        if full in ("jax.Array", "jax.numpy.ndarray"):
            return Array
        if full == "jax.numpy.ufunc":
            return Ufunc
        is_dtype = isinstance(theirs, type) and isinstance(getattr(theirs, "dtype", None), np.dtype)
        if is_dtype or full == "jax.enable_x64" or (self.__name__ == "jax.numpy" and name in HOST):
            return theirs
        short = RENAMED.get(full, name.removeprefix("tree_") if self.__name__ == "jax.tree_util" else name)
        for home in HOMES[self.__name__]:
            if theirs is not None and short in dir(home):
                mine = getattr(home, short)
                door = callable(mine) and not (isinstance(mine, type) and not name.startswith("custom_"))
                return Door(mine, theirs) if door else wrapped(mine)
        if not hasattr(_real(self.__name__), name) and theirs is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        setting = self.__name__ == "jax" and type(theirs).__module__.startswith("jax")
        return Missing(full, theirs) if callable(theirs) and not isinstance(theirs, type) and not setting else theirs


class Source:
    """A private module of JAX's: its public functions are dualgrad's, the rest is its own."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        public = SOURCES[self._name]
        if not name.startswith("_") and hasattr(_real(public), name):
            return getattr(namespace(public), name)
        return getattr(_real(self._name), name)


def _theirs(module: str, name: str) -> Any:
    """What a module of JAX's has by a name, a submodule that nobody has imported yet among it."""
    try:
        return getattr(_real(module), name)
    except AttributeError:
        with contextlib.suppress(ImportError):
            return importlib.import_module(f"{module}.{name}")
    return None


def _real(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        parent, _, last = name.rpartition(".")
        return getattr(_real(parent), last)


@functools.cache
def namespace(name: str) -> Any:
    """The stand-in for a module of JAX's, or the module itself where it holds no functions of the API."""
    if name in HOMES:
        return Namespace(name)
    return Source(name) if name in SOURCES else _real(name)


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    parts = name.split(".")
    if parts[0] != "jax" or level:
        return builtins.__import__(name, globals, locals, fromlist, level)
    if parts[:2] == ["jax", "_src"]:
        real = builtins.__import__(name, globals, locals, fromlist, level)
        if not fromlist:
            return namespace("jax")
        sources = {n: Source(f"{name}.{n}") for n in fromlist if f"{name}.{n}" in SOURCES}
        if sources:
            return types.SimpleNamespace(**{n: sources.get(n) or _theirs(name, n) for n in fromlist})
        return namespace(name) if name in SOURCES else real
    return namespace(name) if fromlist else namespace("jax")


def _of_numpy(fun: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: fun(*[np.asarray(x) if isinstance(x, Array) else x for x in xs])


class _Api:
    """`jax._src.api` for the suite's helpers, which jit and differentiate what they are given."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        if name in ("jit", "jvp", "vjp", "linearize", "grad", "vmap"):
            return Door(getattr(dg, name))
        return getattr(self._real, name)


def load(path: Path) -> types.ModuleType:
    """A test file as a module that sees dualgrad where it names JAX."""
    jtu.api = _Api(jtu.api)
    close_util.api = _Api(close_util.api)
    # Settings of JAX's for its own promotion and keys are no question to dualgrad.
    jtu.JaxTestCase._default_thread_local_config = {"jax_traceback_filtering": "off"}
    jtu.assert_global_configs_unchanged = contextlib.nullcontext  # dualgrad keeps its compiled programs on the disk
    jtu.with_config = lambda **_: lambda case: case
    for name in ("promote_dtypes", "promote_dtypes_inexact"):
        setattr(jtu, name, _of_numpy(getattr(jtu, name)))
    compare = close_util._assert_numpy_allclose
    arrays = lambda a, b, **options: compare(np.asarray(a), np.asarray(b), **options)  # noqa: E731
    jtu._assert_numpy_allclose = close_util._assert_numpy_allclose = arrays
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    module.__builtins__ = {**vars(builtins), "__import__": _import}  # type: ignore[attr-defined]
    sys.modules[path.stem] = module
    Missing.loading = True
    exec(compile(path.read_text(), str(path), "exec"), vars(module))
    Missing.loading = False
    return module
