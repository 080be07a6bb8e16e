"""How precisely ops multiply on JAX, which takes fewer digits on an accelerator where a product asks for none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jax import lax

import dualgrad as dg
from dualgrad.testing import Scenario
from dualgrad.testing._row import array_function, arrays_in
from dualgrad.testing.scenarios import all_rows

# Products that the user's program asks for: how precisely is its own choice, by `precision=` or for all of JAX.
CHOSEN = {
    "convolve",
    "dot",
    "correlate",
    "einsum",
    "inner",
    "linalg.matmul",
    "linalg.multi_dot",
    "linalg.tensordot",
    "linalg.vecdot",
    "matmul",
    "matvec",
    "tensordot",
    "vdot",
    "vecdot",
    "vecmat",
}
CHOSEN_SPACES = ("nn.", "lax.")
JAX_OWN_RULES = {"linalg.qr", "linalg.qr_multiply"}  # the derivative of `qr` is JAX's rule, which multiplies


def rows() -> list[Scenario]:
    found = {row.op: row for row in reversed(all_rows()) if row.jit and arrays_in(row.args)}
    return [row for op, row in found.items() if op not in CHOSEN and not op.startswith(CHOSEN_SPACES)]


def products(jaxpr: Any) -> Iterator[Any]:
    """The precision of each product in a program, and in those within it."""
    for equation in jaxpr.eqns:
        if equation.primitive.name in ("dot_general", "conv_general_dilated"):
            inexact = all(np.issubdtype(x.aval.dtype, np.inexact) for x in equation.invars)
            if inexact:
                yield equation.params["precision"]
        for inner in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda x: hasattr(x, "jaxpr") or hasattr(x, "eqns")
        ):
            inner = getattr(inner, "jaxpr", inner)
            if hasattr(inner, "eqns"):
                yield from products(inner)


def less_than_all_digits(fun: Any, args: Any) -> bool:
    found = list(products(jax.make_jaxpr(fun)(*args).jaxpr))
    return any(p not in (lax.Precision.HIGHEST, (lax.Precision.HIGHEST,) * 2) for p in found)


def derivatives(row: Scenario) -> Any:
    fun = array_function(row)
    places = [i for i, x in enumerate(arrays_in(row.args)) if x.dtype.kind in "fc"]

    def of(*args: Any) -> Any:
        smooth = [args[i] for i in places]

        def one(*xs: Any) -> Any:
            given = dict(zip(places, xs, strict=True))
            outs = dg.tree.leaves(fun(*[given.get(i, x) for i, x in enumerate(args)]))
            return [x for x in outs if np.issubdtype(x.dtype, np.inexact)]

        out, pull = jax.vjp(one, *smooth)
        return jax.jvp(one, smooth, smooth), pull(out)

    return of


def test_products_inside_an_op_have_all_digits_of_their_dtype() -> None:
    found: list[str] = []
    with dg.use_backend("jax"), dg.enable_x64(True):
        for row in rows():
            fun = derivatives(row) if row.wrt and row.order and row.op not in JAX_OWN_RULES else array_function(row)
            if less_than_all_digits(fun, [dg.asarray(x) for x in arrays_in(row.args)]):
                found.append(row.id)
    assert found == [], found
