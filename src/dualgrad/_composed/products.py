"""Products of arrays."""

from __future__ import annotations

from typing import Any

from dualgrad._active import active
from dualgrad._composed._common import device_of, dtype_of, is_complex, kind_of, named, numbers
from dualgrad._rules.arguments import normalize_axis
from dualgrad._rules.products import as_precision, require_preferred
from dualgrad._rules.ranges import holding

__all__ = ["cross", "matvec", "product_options", "ragged_dot", "vdot", "vecmat"]


def cross(x1: Any, x2: Any, *, axisa: int, axisb: int, axisc: int) -> Any:
    xp = active.backend
    if axisa == axisb == axisc:
        return xp.linalg.cross(x1, x2, axis=axisa)
    x1 = xp.moveaxis(x1, normalize_axis("cross", axisa, x1.ndim), -1)
    x2 = xp.moveaxis(x2, normalize_axis("cross", axisb, x2.ndim), -1)
    out = xp.linalg.cross(x1, x2, axis=-1)
    return xp.moveaxis(out, -1, normalize_axis("cross", axisc, out.ndim))


def matvec(x1: Any, x2: Any) -> Any:
    if x1.ndim < 2 or not x2.ndim or x1.shape[-1] != x2.shape[-1]:
        raise _mismatch("matvec", "(..., m, n) and (..., n)", x1, x2)
    return active.backend.matmul(x1, x2[..., None])[..., 0]


def vecmat(x1: Any, x2: Any) -> Any:
    if x2.ndim < 2 or not x1.ndim or x1.shape[-1] != x2.shape[-2]:
        raise _mismatch("vecmat", "(..., m) and (..., m, n)", x1, x2)
    x1 = active.backend.conj(x1) if is_complex(x1) else x1
    return active.backend.matmul(x1[..., None, :], x2)[..., 0, :]


def _mismatch(op: str, wanted: str, x1: Any, x2: Any) -> ValueError:
    return ValueError(
        f"dualgrad.{op}: the shapes must be {wanted}, got {tuple(x1.shape)} and {tuple(x2.shape)}. Add axes of size 1 "
        "with dg.expand_dims."
    )


@holding(0, 1)
def vdot(x1: Any, x2: Any, *, precision: Any = None, preferred_element_type: Any = None) -> Any:
    xp = active.backend
    x1, x2 = [xp.reshape(x, (-1,)) for x in numbers(x1, x2)]
    if x1.shape[0] != x2.shape[0]:
        raise ValueError(f"dualgrad.vdot: the arrays must have as many elements, got {x1.shape[0]} and {x2.shape[0]}.")
    x1 = xp.conj(x1) if is_complex(x1) else x1
    if precision is None and preferred_element_type is None:
        return xp.matmul(x1, x2)
    return xp.matmul(x1, x2, **product_options("vdot", precision, preferred_element_type, x1))


@named("lax")
def ragged_dot(lhs: Any, rhs: Any, group_sizes: Any, *, precision: Any, preferred_element_type: Any) -> Any:
    xp, op = active.backend, "lax.ragged_dot"
    shapes = [tuple(x.shape) for x in (lhs, rhs, group_sizes)]
    if [len(s) for s in shapes] != [2, 3, 1] or shapes[0][1] != shapes[1][1] or shapes[1][0] != shapes[2][0]:
        raise ValueError(
            f"dualgrad.{op}: the shapes must be (m, k), (g, k, n) and (g,), got {', '.join(map(str, shapes))}."
        )
    if "integer" not in kind_of(group_sizes):
        raise TypeError(f"dualgrad.{op}: group_sizes must hold integers, got dtype {dtype_of(group_sizes).name}.")
    lhs, rhs = numbers(lhs, rhs)
    every = xp.matmul(lhs, rhs, **product_options(op, precision, preferred_element_type, lhs))
    ends = xp.cumsum(group_sizes, dtype=dtype_of(group_sizes))[:, None]
    rows = xp.arange(shapes[0][0], dtype=dtype_of(group_sizes), device=device_of(lhs))
    own = xp.logical_and(xp.less(rows, ends), xp.greater_equal(rows, xp.subtract(ends, group_sizes[:, None])))
    return xp.sum(xp.where(own[..., None], every, xp.zeros_like(every)), 0, dtype=every.dtype)


def product_options(op: str, precision: Any, preferred: Any, *xs: Any) -> dict[str, Any]:
    """Options of the product that `op` is made of, refused in the name of `op`."""
    precision = as_precision(op, precision)
    if preferred is not None:
        xp = active.backend
        require_preferred(op, xp.result_type(preferred).name, xp.result_type(*[x.dtype for x in xs]).name)
    return {"precision": precision, "preferred_element_type": preferred}
