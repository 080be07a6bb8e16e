"""What to write instead: the neutral spelling of a native function, method or attribute."""

from __future__ import annotations

import functools
from typing import Any, Final

__all__ = ["instead_of_attribute", "instead_of_call"]

# Names that differ from dualgrad's; a family's own names need no entry.
FUNCTIONS: Final[dict[str, str]] = {
    "absolute": "dg.abs(x)",
    "addmm": "a + dg.matmul(b, c)",
    "amax": "dg.max(x, axis=...)",
    "amin": "dg.min(x, axis=...)",
    "as_tensor": "dg.asarray(x)",
    "array": "dg.asarray(x)",
    "from_numpy": "dg.asarray(x)",
    "baddbmm": "a + dg.matmul(b, c)",
    "bmm": "dg.matmul(a, b)",
    "cat": "dg.concat([x, y])",
    "clamp": "dg.clip(x, low, high)",
    "cond": "dg.lax.cond(pred, true_fun, false_fun, *operands)",
    "cross_entropy": "dg.nn.log_softmax(x) and dg.take_along_axis",
    "fori_loop": "dg.lax.fori_loop(lower, upper, body, init)",
    "gather": "dg.take_along_axis(x, indices, axis)",
    "index_select": "dg.take(x, indices, axis)",
    "lerp": "x + t * (y - x)",
    "manual_seed": "dg.random.key(seed)",
    "mm": "dg.matmul(a, b)",
    "mv": "dg.matmul(a, v)",
    "mse_loss": "dg.mean((x - y) ** 2)",
    "movedim": "dg.moveaxis(x, source, destination)",
    "mul": "dg.multiply(x, y)",
    "neg": "dg.negative(x)",
    "norm": "dg.linalg.vector_norm(x)",
    "pure_callback": "dg.pure_callback(f, like, x)",
    "rand": "dg.random.uniform(key, shape)",
    "randn": "dg.random.normal(key, shape)",
    "randn_like": "dg.random.normal(key, x.shape)",
    "rand_like": "dg.random.uniform(key, x.shape)",
    "randint_like": "dg.random.randint(key, x.shape, low, high)",
    "scatter": "dg.at(x)[index].set(values)",
    "scatter_add": "dg.at(x)[index].add(values)",
    "index_add": "dg.at(x)[index].add(values)",
    "sub": "dg.subtract(x, y)",
    "div": "dg.divide(x, y)",
    "t": "dg.matrix_transpose(x)",
    "tensor": "dg.asarray(x)",
    "true_divide": "dg.divide(x, y)",
    "unsqueeze": "dg.expand_dims(x, axis=...)",
    "swapaxes": "dg.permute_dims(x, axes)",
    "ravel": "dg.reshape(x, (-1,))",
    "flatten": "dg.reshape(x, (-1,))",
    "sigmoid": "dg.nn.sigmoid(x)",
    "expit": "dg.special.expit(x)",
    "no_grad": "dg.stop_gradient(x)",
    "detach": "dg.stop_gradient(x)",
}
METHODS: Final[dict[str, str]] = {
    "T": "dg.matrix_transpose(x), or dg.permute_dims(x, axes)",
    "H": "dg.conj(dg.matrix_transpose(x))",
    "add_": "x = x + y",
    "apply_": "dg.vectorize(f)(x)",
    "astype": "dg.astype(x, dtype)",
    "at": "dg.at(x)[index].set(values), .add, .multiply, ...",
    "backward": "dg.grad(f)(x)",
    "bool": "dg.astype(x, dg.bool)",
    "byte": "dg.astype(x, dg.uint8)",
    "block_until_ready": "dg.block_until_ready(x)",
    "chunk": "dg.split(x, n, axis)",
    "clone": "dg.asarray(x, copy=True); nothing is changed in place",
    "contiguous": "x itself: there are no strides",
    "copy": "dg.asarray(x, copy=True)",
    "cpu": "dg.device_put(x, 'cpu')",
    "cuda": "dg.device_put(x, 'gpu')",
    "dim": "x.ndim",
    "div_": "x = x / y",
    "double": "dg.astype(x, dg.float64)",
    "element_size": "x.dtype.itemsize",
    "expand": "dg.broadcast_to(x, shape)",
    "expand_as": "dg.broadcast_to(x, y.shape)",
    "view_as": "dg.reshape(x, y.shape)",
    "reshape_as": "dg.reshape(x, y.shape)",
    "fill_": "dg.full_like(x, value)",
    "float": "dg.astype(x, dg.float32)",
    "grad": "dg.grad(f)(x)",
    "half": "dg.astype(x, dg.float16)",
    "imag": "dg.imag(x)",
    "int": "dg.astype(x, dg.int32)",
    "is_complex": "dg.isdtype(x.dtype, 'complex floating')",
    "is_contiguous": "nothing: there are no strides",
    "is_floating_point": "dg.isdtype(x.dtype, 'real floating')",
    "item": "x itself, a 0-d array; dg.to_numpy(x).item() where the program has ended",
    "long": "dg.astype(x, dg.int64)",
    "masked_fill": "dg.where(mask, value, x)",
    "masked_fill_": "dg.where(mask, value, x)",
    "mul_": "x = x * y",
    "nelement": "math.prod(x.shape)",
    "new_ones": "dg.ones(shape, dtype=x.dtype)",
    "new_tensor": "dg.asarray(values, dtype=x.dtype)",
    "new_zeros": "dg.zeros(shape, dtype=x.dtype)",
    "numel": "math.prod(x.shape)",
    "numpy": "dg.to_numpy(x), where the program has ended",
    "permute": "dg.permute_dims(x, axes)",
    "pow_": "x = x ** y",
    "relu": "dg.nn.relu(x)",
    "repeat_interleave": "dg.repeat(x, n, axis=...)",
    "requires_grad": "nothing: dg.grad takes a function",
    "requires_grad_": "nothing: dg.grad takes a function",
    "size": "math.prod(x.shape) for the number of elements, x.shape for the sizes",
    "softmax": "dg.nn.softmax(x, axis=...)",
    "sub_": "x = x - y",
    "to": "dg.astype(x, dtype) or dg.device_put(x, device)",
    "to_py": "dg.to_numpy(x), where the program has ended",
    "tolist": "dg.to_numpy(x).tolist(), where the program has ended",
    "transpose": "dg.permute_dims(x, axes)",
    "type": "dg.astype(x, dtype)",
    "type_as": "dg.astype(x, y.dtype)",
    "unfold": "dg.take(x, indices, axis)",
    "view": "dg.reshape(x, shape), or dg.astype for another dtype",
    "zero_": "dg.zeros_like(x)",
}
_SPACES: Final = ("", "nn.", "linalg.", "special.", "fft.", "lax.", "random.", "tree.", "debug.")


def instead_of_call(name: str, module: str = "") -> str:
    """A way out for a native function; the module decides where several namespaces have the name."""
    for space in ("random", "linalg", "fft", "image", "nn", "special", "lax", "tree"):
        if f".{space}" in f".{module}" and name in _names(f"{space}."):
            return f"Write dg.{space}.{name}."
    found = FUNCTIONS.get(name) or _public(name)
    return f"Write {found}." if found else _GENERAL


def instead_of_attribute(name: str) -> str:
    """A way out for a method or attribute that arrays of one framework have."""
    found = METHODS.get(name) or FUNCTIONS.get(name) or _public(name, "(x, ...)")
    if found is None and name.endswith("_"):
        base = _public(name.rstrip("_"), "(x, ...)") or FUNCTIONS.get(name.rstrip("_"))
        found = f"x = {base}" if base else None
    return f"Write {found}." if found else _GENERAL


_GENERAL: Final = "Write it with dg's ops, or guard it with `if dg.get_backend().name == ...`."


def _public(name: str, call: str = "") -> str | None:
    return next((f"dg.{space}{name}{call}" for space in _SPACES if name in _names(space)), None)


@functools.cache
def _names(space: str) -> frozenset[str]:
    import importlib

    module: Any = importlib.import_module("dualgrad." + space.rstrip(".") if space else "dualgrad")
    return frozenset(n for n in dir(module) if not n.startswith("_") and callable(getattr(module, n)))
