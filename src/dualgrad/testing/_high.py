"""A backend of 50 digits, for the referee: values of plain programs on NumPy arrays of mpmath numbers.

It has the ops that such programs are made of. What it lacks is an `AttributeError`, and the referee finds another way.
"""

from __future__ import annotations

import contextlib
from typing import Any, Final

import dualgrad as dg
from dualgrad.protocol import Backend
from dualgrad.testing._high_ops import (
    asarray,
    at_update,
    cond,
    det,
    einsum,
    eye,
    filled,
    fori_loop,
    full,
    inv,
    itself,
    logaddexp,
    mapped,
    of_numpy,
    scan,
    sigmoid,
    softmax,
    solve,
    std,
    var,
    vecdot,
    vector_norm,
    while_loop,
)

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


def high_precision(like: Backend) -> Any:
    """The backend, with the trees of another one.

    Raises:
        ImportError: mpmath is not installed.
    """
    import mpmath

    space: Any = type("High", (), {"__getattr__": _absent, "passing": True})()
    ops: dict[str, Any] = {name: mapped(getattr(mpmath, other)) for name, other in _ELEMENTWISE.items()}
    ops |= {name: of_numpy(other) for name, other in _NUMPY.items()}
    ops |= {"asarray": asarray, "astype": lambda x, dtype, **_: asarray(x), "to_numpy": lambda x: x}
    ops |= {"name": "mpmath", "tree": like.tree, "x64_enabled": lambda: True, "set_x64": lambda on: None}
    ops |= {"x64_block": lambda on: contextlib.nullcontext(), "is_array": _is_array}
    ops |= {"held": Held(), "stop_gradient": lambda x: space.held.value(x)}
    ops |= {"is_concretization": lambda error: False, "matrix_transpose": lambda x: x.swapaxes(-1, -2)}
    ops |= {"atan2": mapped(mpmath.atan2), "hypot": mapped(mpmath.hypot), "log2": mapped(lambda x: mpmath.log(x, 2))}
    ops |= {"exp2": mapped(lambda x: mpmath.mpf(2) ** x), "logaddexp": mapped(logaddexp)}
    ops |= {"zeros": filled(0), "ones": filled(1), "eye": eye, "full": lambda shape, value, **_: full(shape, value)}
    ops |= {"zeros_like": lambda x, **_: full(asarray(x).shape, 0), "vecdot": vecdot, "arange": of_numpy("arange")}
    ops |= {"ones_like": lambda x, **_: full(asarray(x).shape, 1), "einsum": einsum, "var": var, "std": std}
    ops |= {name: itself for name in ("jit", "checkpoint", "custom_vjp", "custom_jvp")}
    ops["at_update"] = at_update
    for name, value in ops.items():
        setattr(space, name, value)
    space.special = _space({name: mapped(getattr(mpmath, o)) for name, o in _SPECIAL.items() if hasattr(mpmath, o)})
    space.special.expit = mapped(sigmoid)
    space.nn = _space({"sigmoid": mapped(sigmoid), "relu": mapped(lambda x: max(x, mpmath.mpf(0)))})
    space.nn.softplus = mapped(lambda x: mpmath.log1p(mpmath.exp(x)))
    space.nn.silu = mapped(lambda x: x * sigmoid(x))
    space.nn.softmax = softmax
    space.nn.log_softmax = lambda x, axis=-1, **_: ops["log"](softmax(x, axis))
    space.linalg = _space({"solve": solve, "inv": inv, "det": det, "vector_norm": vector_norm})
    space.lax = _space({"scan": scan(like), "cond": cond, "while_loop": while_loop, "fori_loop": fori_loop})
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
