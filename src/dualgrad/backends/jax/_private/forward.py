# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Forward mode through a function with a rule for reverse mode: refused by its name, and by `linearize` at once.

JAX (0.10 to 0.12) puts an equation, `custom_lin`, in the place of the tangents, and raises where it is computed, mapped
or compiled: without a name, and for `jax.linearize` not before the linear function is called. Here the rule of each
function of dualgrad is marked with its name; where there is no mark, JAX does what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from jax._src.interpreters import ad, batching, mlir
from jax._src.linear_util import WrappedFun
from jax.extend.core import Jaxpr, subjaxprs

from dualgrad._rules.custom import forward_custom_vjp

__all__ = ["check_linear", "marked"]

R = TypeVar("R", bound=Callable[..., Any])
_MARK: Final = "_dualgrad_rule_of"


def marked(bwd: R, name: str) -> R:
    """`bwd`, the rule of the function of that name."""
    setattr(bwd, _MARK, name)
    return bwd


def check_linear(push: Any) -> None:
    """Raise where a function that `jax.linearize` returned would, because of a function with a rule for reverse mode.

    Raises:
        TypeError: There is such a function.
    """
    native = getattr(push.func, "fun", push.func)
    linear = [x for x in getattr(native, "args", ()) if isinstance(x, Jaxpr)]
    for jaxpr in linear:
        _check(jaxpr)


def _check(jaxpr: Jaxpr) -> None:
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == "custom_lin":
            raise forward_custom_vjp(_name(eqn.params) or "a function")
    for inner in subjaxprs(jaxpr):
        _check(inner)


def _name(params: dict[str, Any]) -> str | None:
    """The name of the function that the rule in an equation is of, if it is one of dualgrad's."""
    rule: Any = params.get("bwd")
    while isinstance(rule, WrappedFun):
        if (name := getattr(rule.f, _MARK, None)) is not None:
            return name
        cells = [cell.cell_contents for cell in getattr(rule.f, "__closure__", None) or ()]
        rule = next((x for x in cells if isinstance(x, WrappedFun)), None)  # a mapped rule closes over its own
    return None


def _naming(native: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of JAX's for the equation, which raises, as one that says the name."""

    def rule(*args: Any, **params: Any) -> Any:
        if (name := _name(params)) is not None:
            raise forward_custom_vjp(name)
        return native(*args, **params)

    return rule


def _without_rule(*_: Any, **__: Any) -> Any:
    raise NotImplementedError("Differentiation rule for 'custom_lin' not implemented")  # JAX's words


def _install() -> None:
    primitive, native = ad.custom_lin_p, ad.raise_custom_vjp_error_on_jvp
    primitive.def_impl(_naming(native))
    batching.primitive_batchers[primitive] = _naming(native)
    mlir.register_lowering(primitive, _naming(native), cacheable=False)
    ad.primitive_jvps[primitive] = _naming(_without_rule)


_install()
