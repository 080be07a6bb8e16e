"""The ops, each a NumPy function and the rule for its tangent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad._dtypes import DTYPES, dtype_name, require_allowed, weak_result
from dualgrad._precision import precision
from dualgrad._rules.arguments import normalize_axes
from dualgrad_toy._dual import OPERATORS, Dual, as_array, primitive, promote

__all__ = ["OPS"]


def resolve(op: str, dtype: Any) -> Any:
    """The NumPy dtype for any spelling of it."""
    name = dtype_name(dtype)
    if name is None:
        raise TypeError(f"dualgrad.{op}: dtype must name a dtype of the array API or bfloat16, got {dtype!r}.")
    return DTYPES[require_allowed(op, weak_result(name, precision.x64), precision.x64)].dtype


def _converted(x: Any, to: Any) -> Any:
    """`x` in another dtype; integers saturate, as on the other backends, and nan becomes 0."""
    if x.dtype.kind != "f" or to.kind not in "iu":
        return x.astype(to)
    low, high = np.iinfo(to).min, np.iinfo(to).max
    whole = np.trunc(np.nan_to_num(x, nan=0.0))
    inside = np.where((whole > low) & (whole < high), whole, 0).astype(to)
    return np.where(whole >= high, high, np.where(whole <= low, low, inside)).astype(to)


_cast = primitive(lambda x, *, to: _converted(x, to), lambda t, v, out, *, to: _cast(t[0], to=to))
OPERATORS["astype"] = lambda x, name: x if dtype_name(x.dtype) == name else _cast(x, to=np.dtype(name))


def _zeros_for(out: Any) -> Any:
    return np.zeros(out.shape, out.dtype)


def _scaled(t: Any, factor: Any) -> Any:
    return None if t is None else multiply(t, factor)


def _sum_of(out: Any, *terms: Any) -> Any:
    """Sum of the tangents that are there, in the shape of the result."""
    total = _zeros_for(out)
    for term in terms:
        total = total if term is None else add(total, term)
    return total


def _unary(name: str, fun: Callable[..., Any], slope: Callable[[Any, Any], Any] | None) -> Callable[[Any], Any]:
    rule = None if slope is None else lambda t, v, out: multiply(t[0], slope(v[0], out))
    raw = primitive(fun, rule)

    def op(x: Any, /) -> Any:
        return raw(*promote(name, x, inexact=True))

    return op


def _binary(
    name: str, fun: Callable[..., Any], slopes: Callable[[Any, Any, Any], tuple[Any, Any]] | None, inexact: bool = False
) -> Callable[[Any, Any], Any]:
    def rule(t: Any, v: Any, out: Any) -> Any:
        assert slopes is not None
        return _sum_of(out, *[_scaled(dt, s) for dt, s in zip(t, slopes(*v, out), strict=True)])

    raw = primitive(fun, rule if slopes else None)

    def op(x1: Any, x2: Any, /) -> Any:
        return raw(*promote(name, x1, x2, inexact=inexact))

    return op


add = _binary("add", np.add, lambda a, b, out: (1.0, 1.0))
subtract = _binary("subtract", np.subtract, lambda a, b, out: (1.0, -1.0))
multiply = _binary("multiply", np.multiply, lambda a, b, out: (b, a))
divide = _binary("divide", np.divide, lambda a, b, out: (divide(1.0, b), negative(divide(out, b))), inexact=True)
pow = _binary("pow", np.power, lambda a, b, out: (multiply(b, pow(a, subtract(b, 1.0))), multiply(out, log(a))))
less = _binary("less", np.less, None)
less_equal = _binary("less_equal", np.less_equal, None)
greater = _binary("greater", np.greater, None)
greater_equal = _binary("greater_equal", np.greater_equal, None)
equal = _binary("equal", np.equal, None)
not_equal = _binary("not_equal", np.not_equal, None)


def _share(ahead: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], tuple[Any, Any]]:
    """Slopes of maximum and minimum: a tie is shared equally, which is the subgradient of least norm."""

    def slopes(a: Any, b: Any, out: Any) -> tuple[Any, Any]:
        chosen = where(not_equal(a, a), 1.0, where(ahead(a, b), 1.0, 0.0))  # a nan is
        first = where(equal(a, b), 0.5, chosen)
        return first, subtract(1.0, first)

    return slopes


maximum = _binary("maximum", np.maximum, _share(greater))
minimum = _binary("minimum", np.minimum, _share(less))


def _plain(name: str, fun: Callable[..., Any], slope: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """As `_unary`, and integers stay integers."""
    raw = primitive(fun, lambda t, v, out: multiply(t[0], slope(v[0], out)))
    return lambda x, /: raw(as_array(name, x))


negative = _plain("negative", np.negative, lambda x, out: -1.0)
square = _plain("square", np.square, lambda x, out: multiply(2.0, x))
abs = _plain("abs", np.abs, lambda x, out: sign(x))
_sign = primitive(np.sign)


def sign(x: Any, /) -> Any:
    """Sign of each element."""
    return _sign(as_array("sign", x))


exp = _unary("exp", np.exp, lambda x, out: out)
expm1 = _unary("expm1", np.expm1, lambda x, out: add(out, 1.0))
log = _unary("log", np.log, lambda x, out: divide(1.0, x))
log1p = _unary("log1p", np.log1p, lambda x, out: divide(1.0, add(x, 1.0)))
sin = _unary("sin", np.sin, lambda x, out: cos(x))
cos = _unary("cos", np.cos, lambda x, out: negative(sin(x)))
sinh = _unary("sinh", np.sinh, lambda x, out: cosh(x))
cosh = _unary("cosh", np.cosh, lambda x, out: sinh(x))
tanh = _unary("tanh", np.tanh, lambda x, out: subtract(1.0, square(out)))
atan = _unary("atan", np.arctan, lambda x, out: divide(1.0, add(1.0, square(x))))
sqrt = _unary("sqrt", np.sqrt, lambda x, out: divide(0.5, out))


def where(condition: Any, x1: Any, x2: Any, /) -> Any:
    """Elements of `x1` where `condition` holds, else of `x2`."""
    return _where(as_array("where", condition), *promote("where", x1, x2))


def _where_rule(t: Any, v: Any, out: Any) -> Any:
    first, second = [_zeros_for(out) if dt is None else dt for dt in t[1:]]
    return where(v[0], first, second)


_where = primitive(np.where, _where_rule)


def _linear(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A linear function of one array, which is its own rule."""

    def rule(t: Any, v: Any, out: Any, **options: Any) -> Any:
        return call(t[0], **options)

    call = primitive(fun, rule)
    return call


_getitem = _linear(lambda x, *, key: x[key])
OPERATORS["getitem"] = lambda x, key: _getitem(x, key=key)
_reshape = _linear(lambda x, *, shape: np.reshape(x, shape))
_permute = _linear(lambda x, *, axes: np.transpose(x, axes))
_broadcast = _linear(lambda x, *, shape: np.broadcast_to(x, shape).copy())
_sum = _linear(lambda x, *, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype))


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """The elements in a new shape."""
    return _reshape(as_array("reshape", x), shape=shape)


def permute_dims(x: Any, /, axes: Any) -> Any:
    """The axes in another order."""
    x = as_array("permute_dims", x)
    return _permute(x, axes=normalize_axes("permute_dims", axes, x.ndim))


def broadcast_to(x: Any, /, shape: Any) -> Any:
    """`x` repeated to a shape."""
    return _broadcast(as_array("broadcast_to", x), shape=shape)


def expand_dims(x: Any, /, axis: Any = 0) -> Any:
    """`x` with new axes of length 1."""
    x = as_array("expand_dims", x)
    ndim = x.ndim + (len(axis) if isinstance(axis, tuple) else 1)
    new = normalize_axes("expand_dims", axis, ndim)
    rest = iter(x.shape)
    return _reshape(x, shape=tuple(1 if a in new else next(rest) for a in range(ndim)))


def sum(x: Any, /, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Any:
    """Sum along axes; small integers are summed in the default one."""
    x = as_array("sum", x)
    name = str(dtype_name(x.dtype)) if dtype is None else resolve("sum", dtype).name
    if dtype is None and name not in DTYPES.keys() - {"bool", "int8", "int16", "uint8", "uint16", "int32", "uint32"}:
        name = weak_result("int*", precision.x64).replace("int", "uint" if name.startswith("u") else "int")
    return _sum(OPERATORS["astype"](x, name), axis=normalize_axes("sum", axis, x.ndim), keepdims=keepdims)


def mean(x: Any, /, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Mean along axes."""
    (x,) = promote("mean", x, inexact=True)
    axes = normalize_axes("mean", axis, x.ndim)
    total = _sum(x, axis=axes, keepdims=keepdims)
    return divide(total, float(np.prod([x.shape[a] for a in axes], dtype=float)))


_matmul = primitive(np.matmul, lambda t, v, out: _sum_of(
    out, None if t[0] is None else matmul(t[0], v[1]), None if t[1] is None else matmul(v[0], t[1])))  # fmt: skip


def matmul(x1: Any, x2: Any, /) -> Any:
    """Matrix product."""
    return _matmul(*promote("matmul", x1, x2))


_stack = primitive(lambda *xs, axis: np.stack(xs, axis), lambda t, v, out, *, axis: _stack(
    *[np.zeros(x.shape, x.dtype) if dt is None else dt for dt, x in zip(t, v, strict=True)], axis=axis))  # fmt: skip
_concat = primitive(lambda *xs, axis: np.concatenate(xs, axis), lambda t, v, out, *, axis: _concat(
    *[np.zeros(x.shape, x.dtype) if dt is None else dt for dt, x in zip(t, v, strict=True)], axis=axis))  # fmt: skip


def stack(arrays: Any, /, axis: int = 0) -> Any:
    """Arrays joined along a new axis."""
    return _stack(*promote("stack", *arrays), axis=axis)


def concat(arrays: Any, /, axis: int | None = 0) -> Any:
    """Arrays joined along an axis, or flat if it is `None`."""
    xs = promote("concat", *arrays)
    if axis is None:
        return _concat(*[reshape(x, (-1,)) for x in xs], axis=0)
    return _concat(*xs, axis=axis)


def asarray(x: Any, /, dtype: Any = None, *, device: Any = None, copy: bool | None = None) -> Any:
    """A NumPy array of anything that NumPy reads, in a dtype of the mode in force."""
    if not isinstance(x, Dual):
        x = np.array(x) if copy or isinstance(x, list | tuple) else x
        scalar = not hasattr(x, "dtype")
        if isinstance(x, np.ndarray) and x.dtype == np.float64 and dtype is None:
            x = x.astype(weak_result("float*", precision.x64))
        x = as_array("asarray", x if scalar or isinstance(x, np.ndarray | np.generic) else np.from_dlpack(x))
    return x if dtype is None else OPERATORS["astype"](x, resolve("asarray", dtype).name)


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """`x` in another dtype."""
    return OPERATORS["astype"](as_array("astype", x), resolve("astype", dtype).name)


def _creation(name: str, fill: Callable[..., Any]) -> Callable[..., Any]:
    def op(shape: Any, *, dtype: Any = None, device: Any = None) -> Any:
        return fill(shape, dtype=resolve(name, float if dtype is None else dtype))

    return op


zeros = _creation("zeros", np.zeros)
ones = _creation("ones", np.ones)


def zeros_like(x: Any, /, dtype: Any = None, *, device: Any = None, shape: Any = None) -> Any:
    """Zeros in the shape and dtype of `x`."""
    x = as_array("zeros_like", x)
    return np.zeros(x.shape if shape is None else shape, x.dtype if dtype is None else resolve("zeros_like", dtype))


def to_numpy(x: Any, /) -> Any:
    """`x` itself."""
    return as_array("to_numpy", x)


OPERATORS |= {
    "add": add, "subtract": subtract, "multiply": multiply, "divide": divide, "matmul": matmul, "negative": negative,
    "pow": pow, "less": less, "less_equal": less_equal, "greater": greater, "greater_equal": greater_equal,
}  # fmt: skip

OPS = (
    "abs", "add", "asarray", "astype", "atan", "broadcast_to", "concat", "cos", "cosh", "divide", "equal", "exp",
    "expand_dims", "expm1", "greater", "greater_equal", "less", "less_equal", "log", "log1p", "matmul", "maximum",
    "mean", "minimum", "multiply", "negative", "not_equal", "ones", "permute_dims", "pow", "reshape", "sign", "sin",
    "sinh", "sqrt", "square", "stack", "subtract", "sum", "tanh", "where", "zeros", "zeros_like",
)  # fmt: skip
