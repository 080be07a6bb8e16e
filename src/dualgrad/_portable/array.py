"""`PortableArray`: stands for an array of either framework and can what both can, with the same result."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from dualgrad._dtypes import DTYPES, DType, dtype_name

if TYPE_CHECKING:
    from dualgrad._portable.checking import Checking

__all__ = ["PortableArray", "PortableDType"]

BINARY: Final[dict[str, str]] = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
}  # fmt: skip
COMPARE: Final[dict[str, str]] = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
}  # fmt: skip
UNARY: Final[dict[str, str]] = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "bitwise_invert"}
# Methods that mean the same on both; that the dtype does too is checked against the op at each call.
METHODS: Final = frozenset(
    {"all", "any", "argmax", "argmin", "conj", "cumprod", "cumsum", "diagonal", "dot", "max", "mean", "min", "prod",
     "reshape", "round", "squeeze", "sum", "swapaxes", "trace"}
)  # fmt: skip
HOST_METHODS: Final = frozenset({"item", "numpy", "to_py", "tolist", "__array__", "__dlpack__"})


class PortableDType:
    """The dtype of a stand-in: compares with dualgrad's dtypes, and with no framework's."""

    __slots__ = ("_check", "_dtype")

    def __init__(self, dtype: DType, check: Checking) -> None:
        self._dtype, self._check = dtype, check

    @property
    def neutral(self) -> DType:
        """The dtype itself."""
        return self._dtype

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PortableDType):
            return self._dtype is other._dtype
        owner = type(other).__module__.partition(".")[0]
        if not isinstance(other, DType | str | None) and (
            owner in ("torch", "numpy", "jax") or isinstance(other, type)
        ):
            name = dtype_name(other) or "float32"
            raise self._check.breach("a dtype is compared with dualgrad's own", f"Write x.dtype == dg.{name}.")
        return self._dtype == other

    def __hash__(self) -> int:
        return hash(self._dtype)

    def __getattr__(self, name: str) -> Any:
        if name == "itemsize":
            return self._dtype.itemsize
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._check.missing("a dtype", name, "Ask with dg.isdtype, dg.finfo or dg.iinfo.")

    def __repr__(self) -> str:
        return repr(self._dtype)


class PortableArray:
    """An array of which only what JAX's and torch's have in common may be used.

    Attributes:
        native: The abstract array of the backend that the program is being run on.
    """

    __slots__ = ("_check", "native")

    native: Any

    def __init__(self, native: Any, check: Checking) -> None:
        object.__setattr__(self, "native", native)
        object.__setattr__(self, "_check", check)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.native.shape)

    @property
    def ndim(self) -> int:
        return len(self.native.shape)

    @property
    def dtype(self) -> Any:
        return PortableDType(DTYPES[str(dtype_name(self.native.dtype))], self._check)

    @property
    def device(self) -> Any:
        return self.native.device

    @property
    def mT(self) -> Any:
        return self._check.operate("x.mT", operator.attrgetter("mT"), "matrix_transpose", (self,))

    @property
    def T(self) -> Any:
        if self.ndim != 2:
            raise self._check.attribute(self, "T")
        return self.mT

    @property
    def real(self) -> Any:
        return self._check.operate("x.real", operator.attrgetter("real"), "real", (self,))

    @property
    def imag(self) -> Any:
        return self._check.operate("x.imag", operator.attrgetter("imag"), "imag", (self,))

    def __len__(self) -> int:
        return len(self.native)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return iter([self[i] for i in range(self.shape[0])])

    def __getitem__(self, key: Any) -> Any:
        return self._check.index(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise self._check.breach("an array is not changed in place", "Write x = dg.at(x)[index].set(values).")

    def __setattr__(self, name: str, value: Any) -> None:
        raise self._check.breach("an array has no attributes to set", "Keep it beside the array.")

    def __bool__(self) -> bool:
        raise self._check.breach(
            "a Python branch cannot depend on data",
            "Write dg.where(condition, a, b) or dg.lax.cond, and dg.lax.while_loop for a loop; dg.logical_and, "
            "dg.logical_or and dg.logical_not for `and`, `or` and `not`.",
        )

    def __contains__(self, value: Any) -> bool:
        raise self._check.breach("a Python branch cannot depend on data", "Write dg.any(x == value).")

    def __hash__(self) -> int:
        raise self._check.breach("an array cannot be hashed on JAX", "Use its name or position as the key.")

    def __format__(self, spec: str) -> str:
        if spec:
            raise self._check.transfer("format(x, spec)")
        return repr(self)

    def __repr__(self) -> str:
        return f"<array of shape {self.shape}, {self.dtype!r}>"

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __round__(self, ndigits: int | None = None) -> Any:
        raise self._check.breach("torch's arrays have no round(x)", "Write dg.round(x).")

    def __divmod__(self, other: Any) -> Any:
        raise self._check.breach("torch's arrays have no divmod(x, y)", "Write dg.floor_divide and dg.remainder.")

    __rdivmod__ = __divmod__

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._check.transfer("np.asarray(x)")

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._check.transfer("x.__dlpack__()")

    def __dlpack_device__(self) -> Any:
        raise self._check.transfer("x.__dlpack__()")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        raise self._check.numpy_function(ufunc.__name__, inputs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise self._check.numpy_function(func.__name__, args)

    def __jax_array__(self) -> Any:
        return self._check.jax_array(self)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        from dualgrad._portable.checking import current

        return current().torch_function(func, args, kwargs or {})

    def __getattr__(self, name: str) -> Any:
        return self._check.lookup(self, name)


def _binary(name: str, neutral: str, flip: bool) -> Callable[[Any, Any], Any]:
    function = getattr(operator, f"{name}_" if name in ("and", "or") else name)

    def method(self: PortableArray, other: Any) -> Any:
        check: Checking = object.__getattribute__(self, "_check")
        return check.operate(name, function, neutral, (other, self) if flip else (self, other))

    return method


def _inplace(neutral: str, name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        check: Checking = object.__getattribute__(self, "_check")
        raise check.breach(
            f"`{name}` changes a tensor in place on torch and rebinds the name on JAX",
            f"Write x = x {name.rstrip('=')} y.",
        )

    return method


def _to_python(name: str) -> Callable[[Any], Any]:
    def method(self: Any) -> Any:
        raise object.__getattribute__(self, "_check").transfer(name)

    return method


_SIGNS: Final = ("+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>")
_SYMBOLS: Final = dict(zip(BINARY, _SIGNS, strict=True))
for _name, _neutral in BINARY.items():
    setattr(PortableArray, f"__{_name}__", _binary(_name, _neutral, flip=False))
    setattr(PortableArray, f"__r{_name}__", _binary(_name, _neutral, flip=True))
    setattr(PortableArray, f"__i{_name}__", _inplace(_neutral, f"{_SYMBOLS[_name]}="))
for _name, _neutral in COMPARE.items():
    setattr(PortableArray, f"__{_name}__", _binary(_name, _neutral, flip=False))
for _name, _neutral in UNARY.items():
    setattr(
        PortableArray,
        f"__{_name}__",
        lambda self, n=_name, m=_neutral: self._check.operate(n, getattr(operator, n), m, (self,)),
    )
for _name in ("float", "int", "complex", "index", "trunc", "floor", "ceil"):
    setattr(PortableArray, f"__{_name}__", _to_python(f"{_name}(x)"))
