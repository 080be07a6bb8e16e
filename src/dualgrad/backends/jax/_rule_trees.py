"""What goes into a custom rule and what comes out of it: trees of the user's, of the types that JAX asks for."""

from __future__ import annotations

from typing import Any

import jax
import jax.custom_derivatives as native_rules
import jax.numpy as jnp
import numpy as np
from jax import tree_util as jtu

from dualgrad._dtypes import DTYPES, WEAK
from dualgrad._rules.custom import rule_output
from dualgrad._rules.outlines import kind_text, outline, path_text
from dualgrad.backends.jax import tree
from dualgrad.backends.jax._leaves import described
from dualgrad.typing import SymbolicZero

__all__ = ["Static", "fitting", "fitting_cotangents", "own_zeros", "value"]


class Static:
    """What `fwd` knows and `bwd` needs that is no array: it travels in the structure of the residuals."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Static) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


jtu.register_pytree_node(Static, lambda s: ((), s.value), lambda value, _: Static(value))


def value(x: Any) -> Any:
    """`x` without the mark of whether it is differentiated."""
    return x.value if isinstance(x, native_rules.CustomVJPPrimal) else x


def own_zeros(t: Any, like: str) -> Any:
    """Zeros of the integer dtype itself where JAX has an array of its dtype `float0`; dualgrad's symbol for JAX's."""
    if isinstance(t, native_rules.SymbolicZero):
        aval: Any = t.aval
        return SymbolicZero(tuple(aval.shape), DTYPES[like.partition("(")[0]])
    if getattr(t, "dtype", None) != jax.dtypes.float0:
        return t
    return jnp.zeros(np.shape(t), like.partition("(")[0])


def _is_smooth(like: str) -> bool:
    return like.startswith(("float", "bfloat", "complex"))


def fitting(kind: str, name: str, what: str, t: Any, like: str) -> Any:
    """A tangent or cotangent of the given type; `None` of JAX's for integers."""
    if not _is_smooth(like):
        shape = like.partition("(")[2].rstrip(")").replace(",", " ").split()
        return np.zeros([int(n) for n in shape], jax.dtypes.float0)
    if isinstance(t, SymbolicZero):
        t = jnp.zeros(t.shape, t.dtype.name)
    if type(t) in WEAK and like.endswith("()"):
        t = jnp.asarray(t, like.removesuffix("()"))
    if not (type(t) in WEAK or isinstance(t, jax.Array | np.ndarray | np.generic)):
        raise rule_output(kind, name, what, like, kind_text(t))
    t = jnp.asarray(t) if isinstance(t, np.ndarray | np.generic) else t
    if described(t) != like:
        raise rule_output(kind, name, what, like, described(t))
    return t


def fitting_cotangents(name: str, position: int, given: Any, primal: Any) -> Any:
    """The cotangent of one argument, `None` in it for zeros."""
    if given is None:
        return None
    what = f"the cotangent of argument {position}"
    leaves, treedef = jtu.tree_flatten(primal)
    try:
        got = _aligned(given, primal)
    except ValueError:
        structure = outline(tree, jtu.tree_structure(given))
        raise rule_output("custom_vjp", name, what, outline(tree, treedef), structure) from None
    paths = [path for path, _ in tree.leaves_with_path(primal)]
    fitted = [
        None if g is None else fitting("custom_vjp", name, path_text(what, path), g, d)
        for path, g, d in zip(paths, got, leaves, strict=True)
    ]
    kept = [None if isinstance(g, SymbolicZero) else f for g, f in zip(got, fitted, strict=True)]
    return jtu.tree_unflatten(treedef, kept)


def _aligned(given: Any, primal: Any) -> list[Any]:
    """One entry of `given` for each leaf of `primal`; `None` in the place of a leaf or a whole container spreads."""
    if given is None:
        return [None] * len(jtu.tree_leaves(primal))
    if isinstance(primal, str):
        if not jtu.treedef_is_leaf(jtu.tree_structure(given)):
            raise ValueError
        return [given]
    children, treedef = jtu.tree_flatten(primal, is_leaf=lambda x: x is not primal)
    parts, got = jtu.tree_flatten(given, is_leaf=lambda x: x is not given)
    if got != treedef:
        raise ValueError
    return [g for part, child in zip(parts, children, strict=True) for g in _aligned(part, child)]
