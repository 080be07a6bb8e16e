"""The ops of the backend of 50 digits that mpmath and NumPy have not, on NumPy arrays of mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dualgrad.protocol import Backend

__all__ = [
    "asarray",
    "at_update",
    "cond",
    "det",
    "einsum",
    "eye",
    "filled",
    "fori_loop",
    "full",
    "inv",
    "itself",
    "logaddexp",
    "mapped",
    "matrices",
    "number",
    "of_numpy",
    "scan",
    "sigmoid",
    "softmax",
    "solve",
    "std",
    "var",
    "vecdot",
    "vector_norm",
    "while_loop",
]

_DROPPED: Final = ("dtype", "device", "copy", "mode", "include_initial")


def number(x: Any) -> Any:
    """A Python, NumPy or mpmath number as mpmath's."""
    import mpmath
    import numpy as np

    if isinstance(x, bool | np.bool_ | mpmath.mpf | mpmath.mpc):
        return x
    if isinstance(x, complex | np.complexfloating):
        return mpmath.mpc(complex(x))
    return mpmath.mpf(int(x)) if isinstance(x, int | np.integer) else mpmath.mpf(float(x))


def asarray(x: Any, **_: Any) -> Any:
    """Anything as an array of mpmath numbers; conditions and indices stay NumPy's."""
    import numpy as np

    x = np.asarray(x, dtype=object) if not isinstance(x, np.ndarray) else x
    if x.dtype == bool or x.dtype.kind in "iu":  # conditions and indices
        return x
    out = np.empty(x.shape, dtype=object)
    for at in np.ndindex(x.shape):
        out[at] = number(x[at])
    return out


def mapped(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers as one of arrays."""

    def op(*arrays: Any, **_: Any) -> Any:
        import numpy as np

        wide = np.broadcast_arrays(*[asarray(x) for x in arrays])
        out = np.empty(wide[0].shape, dtype=object)
        for at in np.ndindex(out.shape):
            out[at] = fun(*[number(x[at]) for x in wide])
        return out

    return op


def of_numpy(name: str) -> Callable[..., Any]:
    """NumPy's function of that name, which takes arrays of objects."""

    def op(*args: Any, **kwargs: Any) -> Any:
        import numpy as np

        numbers = [asarray(x) if isinstance(x, float | complex) else x for x in args]
        out = getattr(np, name)(*numbers, **{k: v for k, v in kwargs.items() if k not in _DROPPED})
        if isinstance(out, list | tuple):
            return out
        return (
            out
            if isinstance(out, np.ndarray)
            else np.asarray(out, dtype=None if isinstance(out, np.generic) else object)
        )

    return op


def full(shape: Any, value: Any) -> Any:
    """An array of one number."""
    import numpy as np

    out = np.empty(shape, dtype=object)
    out.fill(number(value))
    return out


def filled(value: int) -> Callable[..., Any]:
    """A function from shapes to arrays of one number."""
    return lambda shape, **_: full(shape, value)


def eye(n: int, m: int | None = None, **options: Any) -> Any:
    """The identity."""
    import numpy as np

    return asarray(np.eye(n, m, k=options.get("k", 0)))


def einsum(spec: str, *arrays: Any, **_: Any) -> Any:
    """Sums of products."""
    import numpy as np

    return np.asarray(np.einsum(spec, *[asarray(x) for x in arrays], optimize=False), dtype=object)


def vecdot(a: Any, b: Any, *, axis: int = -1) -> Any:
    """Products along an axis, the first array conjugated."""
    import mpmath
    import numpy as np

    return np.asarray(np.sum(mapped(mpmath.conj)(a) * b, axis=axis), dtype=object)


def var(x: Any, axis: Any = None, *, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Variance."""
    import numpy as np

    away = x - np.mean(x, axis=axis, keepdims=True)
    count = x.size // max(np.mean(x, axis=axis, keepdims=True).size, 1)
    return np.asarray(np.sum(away * away, axis=axis, keepdims=keepdims) / (count - number(correction)), dtype=object)


def std(x: Any, axis: Any = None, **options: Any) -> Any:
    """Standard deviation."""
    import mpmath

    return mapped(mpmath.sqrt)(var(x, axis, **options))


def vector_norm(x: Any, axis: Any = None, *, keepdims: bool = False, ord: float = 2.0) -> Any:
    """Euclidean norm."""
    import mpmath
    import numpy as np

    if ord != 2:
        raise AttributeError("only the Euclidean norm")
    squares = mapped(lambda v: mpmath.fabs(v) ** 2)(x)
    return mapped(mpmath.sqrt)(np.sum(squares, axis=axis, keepdims=keepdims))


def logaddexp(a: Any, b: Any) -> Any:
    """`log(exp(a) + exp(b))` of numbers."""
    import mpmath

    return max(a, b) + mpmath.log1p(mpmath.exp(-mpmath.fabs(a - b)))


def sigmoid(x: Any) -> Any:
    """The logistic function of a number."""
    import mpmath

    return 1 / (1 + mpmath.exp(-x))


def at_update(x: Any, index: Any, op: str, values: Any, mode: str | None, *_: Any) -> Any:
    """An array updated by index."""
    import numpy as np

    if mode is not None or op not in ("get", "set", "add", "subtract", "multiply", "divide"):
        raise AttributeError(f"the update {op!r}")
    if op == "get":
        return np.asarray(x[index], dtype=object)
    out = x.copy()
    if op == "set":
        out[index] = asarray(values)
    else:
        getattr(np, op).at(out, index, asarray(values))
    return out


def softmax(x: Any, axis: Any = -1, **_: Any) -> Any:
    """Exponentials, normalised."""
    import mpmath
    import numpy as np

    e = mapped(mpmath.exp)(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def matrices(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A function of mpmath's matrices as one of arrays."""

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


def solve(a: Any, b: Any) -> Any:
    """Solution of a linear system."""
    import mpmath

    return matrices(lambda a, b: mpmath.inverse(a) * b)(a, b)


def inv(a: Any) -> Any:
    """Inverse of a matrix."""
    import mpmath

    return matrices(mpmath.inverse)(a)


def det(a: Any) -> Any:
    """Determinant of a matrix."""
    import mpmath

    return matrices(mpmath.det)(a)


def itself(fun: Any, *_: Any, **__: Any) -> Any:
    """The function that a transform was given."""
    return fun


def scan(like: Backend) -> Callable[..., Any]:
    """`lax.scan` as a Python loop."""

    def scan(f: Any, carry: Any, xs: Any, length: Any = None, reverse: bool = False, unroll: Any = 1) -> Any:
        import numpy as np

        count = length if length is not None else len(like.tree.leaves(xs)[0])
        steps = range(count - 1, -1, -1) if reverse else range(count)
        ys: list[Any] = []
        for i in steps:
            carry, y = f(carry, like.tree.map(lambda x, i=i: asarray(x[i]), xs))
            ys.append(y)
        return carry, like.tree.map(lambda *each: np.stack([asarray(e) for e in each]), *(ys[::-1] if reverse else ys))

    return scan


def cond(pred: Any, true_fun: Any, false_fun: Any, *operands: Any) -> Any:
    """`lax.cond` as a Python branch."""
    return (true_fun if bool(pred) else false_fun)(*operands)


def while_loop(cond_fun: Any, body_fun: Any, value: Any, *, max_steps: int | None = None) -> Any:
    """`lax.while_loop` as a Python loop."""
    steps = 0
    while bool(cond_fun(value)) and (max_steps is None or steps < max_steps):
        value, steps = body_fun(value), steps + 1
    return value


def fori_loop(lower: Any, upper: Any, body: Any, value: Any, **_: Any) -> Any:
    """`lax.fori_loop` as a Python loop."""
    for i in range(int(lower), int(upper)):
        value = body(i, value)
    return value
