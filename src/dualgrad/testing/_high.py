"""A backend of 50 digits, for the referee: values of plain programs on NumPy arrays of mpmath numbers.

It has the ops that such programs are made of. What it lacks is an `AttributeError`, and the referee finds another way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final

import dualgrad as dg
from dualgrad.protocol import Backend

__all__ = ["DIGITS", "Held", "high_precision", "rounded"]

DIGITS: Final = 50
_ELEMENTWISE: Final = {
    "acos": "acos", "acosh": "acosh", "asin": "asin", "asinh": "asinh", "atan": "atan", "atanh": "atanh",
    "cbrt": "cbrt", "ceil": "ceil", "cos": "cos", "cosh": "cosh", "exp": "exp", "expm1": "expm1", "floor": "floor",
    "log": "log", "log10": "log10", "log1p": "log1p", "sign": "sign", "sin": "sin", "sinc": "sincpi", "sinh": "sinh",
    "sqrt": "sqrt", "tan": "tan", "tanh": "tanh", "conj": "conj", "real": "re", "imag": "im", "abs": "fabs",
}  # fmt: skip
_SPECIAL: Final = {
    "digamma": "digamma", "erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "gamma": "gamma", "gammaln": "loggamma",
    "i0": "besseli0", "j0": "j0", "j1": "j1", "beta": "beta", "rgamma": "rgamma",
}  # fmt: skip
_NUMPY: Final = {
    "add": "add", "subtract": "subtract", "multiply": "multiply", "divide": "true_divide", "negative": "negative",
    "positive": "positive", "square": "square", "reciprocal": "reciprocal", "maximum": "maximum",
    "minimum": "minimum", "pow": "power", "less": "less", "less_equal": "less_equal", "greater": "greater",
    "greater_equal": "greater_equal", "equal": "equal", "not_equal": "not_equal", "where": "where", "sum": "sum",
    "prod": "prod", "mean": "mean", "max": "max", "min": "min", "matmul": "matmul", "tensordot": "tensordot",
    "outer": "outer", "reshape": "reshape", "permute_dims": "transpose", "expand_dims": "expand_dims",
    "squeeze": "squeeze", "concat": "concatenate", "stack": "stack", "flip": "flip", "roll": "roll",
    "broadcast_to": "broadcast_to", "broadcast_arrays": "broadcast_arrays", "tile": "tile", "repeat": "repeat",
    "take": "take", "moveaxis": "moveaxis", "tril": "tril", "triu": "triu", "cumulative_sum": "cumsum",
    "cumulative_prod": "cumprod", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_not": "logical_not", "any": "any", "all": "all", "argmax": "argmax", "argmin": "argmin", "dot": "dot",
    "isfinite": "isfinite", "trace": "trace", "take_along_axis": "take_along_axis", "diff": "diff",
}  # fmt: skip
_DROPPED: Final = ("dtype", "device", "copy", "mode", "include_initial")


def high_precision(like: Backend) -> Any:
    """The backend, with the trees of another one.

    Raises:
        ImportError: mpmath is not installed.
    """
    import mpmath

    space: Any = type("High", (), {"__getattr__": _absent, "passing": True})()
    ops: dict[str, Any] = {name: _mapped(getattr(mpmath, other)) for name, other in _ELEMENTWISE.items()}
    ops |= {name: _of_numpy(other) for name, other in _NUMPY.items()}
    ops |= {"asarray": _asarray, "astype": lambda x, dtype, **_: _asarray(x), "to_numpy": lambda x: x}
    ops |= {"name": "mpmath", "tree": like.tree, "x64_enabled": lambda: True, "set_x64": lambda on: None}
    ops |= {"x64_block": lambda on: contextlib.nullcontext(), "is_array": _is_array}
    ops |= {"held": Held(), "stop_gradient": lambda x: space.held.value(x)}
    ops |= {"is_concretization": lambda error: False, "matrix_transpose": lambda x: x.swapaxes(-1, -2)}
    ops |= {"atan2": _mapped(mpmath.atan2), "hypot": _mapped(mpmath.hypot), "log2": _mapped(lambda x: mpmath.log(x, 2))}
    ops |= {"exp2": _mapped(lambda x: mpmath.mpf(2) ** x), "logaddexp": _mapped(_logaddexp)}
    ops |= {"zeros": _filled(0), "ones": _filled(1), "eye": _eye, "full": lambda shape, value, **_: _full(shape, value)}
    ops |= {"zeros_like": lambda x, **_: _full(_asarray(x).shape, 0), "vecdot": _vecdot, "arange": _of_numpy("arange")}
    ops |= {"ones_like": lambda x, **_: _full(_asarray(x).shape, 1), "einsum": _einsum, "var": _var, "std": _std}
    ops |= {name: _itself for name in ("jit", "checkpoint", "custom_vjp", "custom_jvp")}
    ops["at_update"] = _at_update
    for name, value in ops.items():
        setattr(space, name, value)
    space.special = _space({name: _mapped(getattr(mpmath, o)) for name, o in _SPECIAL.items() if hasattr(mpmath, o)})
    space.special.expit = _mapped(_sigmoid)
    space.nn = _space({"sigmoid": _mapped(_sigmoid), "relu": _mapped(lambda x: max(x, mpmath.mpf(0)))})
    space.nn.softplus = _mapped(lambda x: mpmath.log1p(mpmath.exp(x)))
    space.nn.silu = _mapped(lambda x: x * _sigmoid(x))
    space.nn.softmax = _softmax
    space.nn.log_softmax = lambda x, axis=-1, **_: ops["log"](_softmax(x, axis))
    space.linalg = _space({"solve": _solve, "inv": _inverse, "det": _det, "vector_norm": _norm})
    space.lax = _space({"scan": _scan(like), "cond": _cond, "while_loop": _while, "fori_loop": _fori})
    return space


class Held:
    """What `stop_gradient` was given where the derivative is taken, so that it is the same at the points beside.

    The program runs once with `learning`, and then again and again, each time from the start.
    """

    def __init__(self) -> None:
        self.learning = True
        self._values: list[Any] = []
        self._next = 0

    def restart(self) -> None:
        """Begin another run, in which the values of the first one are given."""
        self.learning, self._next = False, 0

    def value(self, x: Any) -> Any:
        """`x` in the first run; in the others what it was then."""
        if self.learning:
            self._values.append(x)
            return x
        self._next += 1
        return self._values[self._next - 1]


def rounded(tree: Any) -> Any:
    """A tree of its arrays in float64 or complex128."""
    import mpmath
    import numpy as np

    def leaf(x: Any) -> Any:
        x = np.asarray(x)
        if x.dtype != object:
            return x
        wide = any(isinstance(y, mpmath.mpc) and y.imag != 0 for y in x.ravel())
        return x.astype(complex) if wide else np.vectorize(lambda y: float(mpmath.re(y)), otypes=[float])(x)

    return dg.tree.map(leaf, tree)


def _absent(self: object, name: str) -> Any:
    raise AttributeError(f"the backend of {DIGITS} digits has no op {name!r}")


def _space(members: dict[str, Any]) -> Any:
    return type("Space", (), {"__getattr__": _absent, **{k: staticmethod(v) for k, v in members.items()}})()


def _is_array(x: Any) -> bool:
    import numpy as np

    return isinstance(x, np.ndarray)


def _number(x: Any) -> Any:
    import mpmath
    import numpy as np

    if isinstance(x, bool | np.bool_ | mpmath.mpf | mpmath.mpc):
        return x
    if isinstance(x, complex | np.complexfloating):
        return mpmath.mpc(complex(x))
    return mpmath.mpf(int(x)) if isinstance(x, int | np.integer) else mpmath.mpf(float(x))


def _asarray(x: Any, **_: Any) -> Any:
    import numpy as np

    x = np.asarray(x, dtype=object) if not isinstance(x, np.ndarray) else x
    if x.dtype == bool or x.dtype.kind in "iu":  # conditions and indices
        return x
    out = np.empty(x.shape, dtype=object)
    for at in np.ndindex(x.shape):
        out[at] = _number(x[at])
    return out


def _mapped(fun: Callable[..., Any]) -> Callable[..., Any]:
    def op(*arrays: Any, **_: Any) -> Any:
        import numpy as np

        wide = np.broadcast_arrays(*[_asarray(x) for x in arrays])
        out = np.empty(wide[0].shape, dtype=object)
        for at in np.ndindex(out.shape):
            out[at] = fun(*[_number(x[at]) for x in wide])
        return out

    return op


def _of_numpy(name: str) -> Callable[..., Any]:
    def op(*args: Any, **kwargs: Any) -> Any:
        import numpy as np

        numbers = [_asarray(x) if isinstance(x, float | complex) else x for x in args]
        out = getattr(np, name)(*numbers, **{k: v for k, v in kwargs.items() if k not in _DROPPED})
        if isinstance(out, list | tuple):
            return out
        return (
            out
            if isinstance(out, np.ndarray)
            else np.asarray(out, dtype=None if isinstance(out, np.generic) else object)
        )

    return op


def _full(shape: Any, value: Any) -> Any:
    import numpy as np

    out = np.empty(shape, dtype=object)
    out.fill(_number(value))
    return out


def _filled(value: int) -> Callable[..., Any]:
    return lambda shape, **_: _full(shape, value)


def _eye(n: int, m: int | None = None, **options: Any) -> Any:
    import numpy as np

    return _asarray(np.eye(n, m, k=options.get("k", 0)))


def _einsum(spec: str, *arrays: Any, **_: Any) -> Any:
    import numpy as np

    return np.asarray(np.einsum(spec, *[_asarray(x) for x in arrays], optimize=False), dtype=object)


def _vecdot(a: Any, b: Any, *, axis: int = -1) -> Any:
    import mpmath
    import numpy as np

    return np.asarray(np.sum(_mapped(mpmath.conj)(a) * b, axis=axis), dtype=object)


def _var(x: Any, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Any:
    import numpy as np

    away = x - np.mean(x, axis=axis, keepdims=True)
    count = x.size // max(np.mean(x, axis=axis, keepdims=True).size, 1)
    return np.asarray(np.sum(away * away, axis=axis, keepdims=keepdims) / (count - _number(correction)), dtype=object)


def _std(x: Any, axis: Any = None, **options: Any) -> Any:
    import mpmath

    return _mapped(mpmath.sqrt)(_var(x, axis, **options))


def _norm(x: Any, axis: Any = None, *, keepdims: bool = False, ord: float = 2.0) -> Any:
    import mpmath
    import numpy as np

    if ord != 2:
        raise AttributeError("only the Euclidean norm")
    squares = _mapped(lambda v: mpmath.fabs(v) ** 2)(x)
    return _mapped(mpmath.sqrt)(np.sum(squares, axis=axis, keepdims=keepdims))


def _logaddexp(a: Any, b: Any) -> Any:
    import mpmath

    return max(a, b) + mpmath.log1p(mpmath.exp(-mpmath.fabs(a - b)))


def _sigmoid(x: Any) -> Any:
    import mpmath

    return 1 / (1 + mpmath.exp(-x))


def _at_update(x: Any, index: Any, op: str, values: Any, mode: str | None, *_: Any) -> Any:
    import numpy as np

    if mode is not None or op not in ("get", "set", "add", "subtract", "multiply", "divide"):
        raise AttributeError(f"the update {op!r}")
    if op == "get":
        return np.asarray(x[index], dtype=object)
    out = x.copy()
    if op == "set":
        out[index] = _asarray(values)
    else:
        getattr(np, op).at(out, index, _asarray(values))
    return out


def _softmax(x: Any, axis: Any = -1, **_: Any) -> Any:
    import mpmath
    import numpy as np

    e = _mapped(mpmath.exp)(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _matrices(fun: Callable[..., Any]) -> Callable[..., Any]:
    def op(*arrays: Any) -> Any:
        import mpmath
        import numpy as np

        if any(x.ndim > 2 for x in arrays):
            raise AttributeError("one matrix at a time")
        out = fun(*[mpmath.matrix(x.tolist()) for x in arrays])
        if not isinstance(out, mpmath.matrix):
            return np.asarray(out, dtype=object)
        return np.array(out.tolist(), dtype=object).reshape(arrays[-1].shape)

    return op


def _solve(a: Any, b: Any) -> Any:
    import mpmath

    return _matrices(lambda a, b: mpmath.inverse(a) * b)(a, b)


def _inverse(a: Any) -> Any:
    import mpmath

    return _matrices(mpmath.inverse)(a)


def _det(a: Any) -> Any:
    import mpmath

    return _matrices(mpmath.det)(a)


def _itself(fun: Any, *_: Any, **__: Any) -> Any:
    return fun


def _scan(like: Backend) -> Callable[..., Any]:
    def scan(f: Any, carry: Any, xs: Any, length: Any = None, reverse: bool = False, unroll: Any = 1) -> Any:
        import numpy as np

        count = length if length is not None else len(like.tree.leaves(xs)[0])
        steps = range(count - 1, -1, -1) if reverse else range(count)
        ys: list[Any] = []
        for i in steps:
            carry, y = f(carry, like.tree.map(lambda x, i=i: _asarray(x[i]), xs))
            ys.append(y)
        return carry, like.tree.map(lambda *each: np.stack([_asarray(e) for e in each]), *(ys[::-1] if reverse else ys))

    return scan


def _cond(pred: Any, true_fun: Any, false_fun: Any, *operands: Any) -> Any:
    return (true_fun if bool(pred) else false_fun)(*operands)


def _while(cond_fun: Any, body_fun: Any, value: Any, *, max_steps: int | None = None) -> Any:
    steps = 0
    while bool(cond_fun(value)) and (max_steps is None or steps < max_steps):
        value, steps = body_fun(value), steps + 1
    return value


def _fori(lower: Any, upper: Any, body: Any, value: Any, **_: Any) -> Any:
    for i in range(int(lower), int(upper)):
        value = body(i, value)
    return value
