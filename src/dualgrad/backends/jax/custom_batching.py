"""`custom_vmap`: a primitive of dualgrad's own.

JAX's has no reverse mode. Here a derivative is another call of the primitive, whose rule is the derivative of the rule;
a linear one can be transposed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final

import jax
import jax.core
import jax.numpy as jnp
from jax import tree_util as jtu
from jax.extend.core import ClosedJaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, batching, mlir

from dualgrad._rules.batching import Calculus, Fun, Rule, flattened, pulled, pushed
from dualgrad._rules.custom import closed_over, positions
from dualgrad.backends.jax import tree
from dualgrad.backends.jax.custom import all_arrays

__all__ = ["custom_vmap"]


def custom_vmap(fun: Callable[..., Any], rule: Callable[..., Any]) -> Callable[..., Any]:
    """`fun`, mapped by `rule`."""
    name = getattr(fun, "__name__", "the function")
    place = positions("custom_vmap", fun)

    @functools.wraps(fun)
    def with_rule(*args: Any, **kwargs: Any) -> Any:
        given, in_treedef = jtu.tree_flatten(all_arrays("custom_vmap", place(args, kwargs)))
        n = len(given)
        treedefs: list[Any] = []

        def flat(*xs: Any) -> list[Any]:
            outs, treedef = jtu.tree_flatten(all_arrays("custom_vmap", fun(*jtu.tree_unflatten(in_treedef, xs))))
            treedefs[:] = [treedef]
            return outs

        traced = jax.make_jaxpr(flat)(*given)
        consts = traced.consts

        def closed(*xs: Any) -> list[Any]:
            return jax.core.eval_jaxpr(traced.jaxpr, xs[n:], *xs[:n])

        call = jax.make_jaxpr(closed)(*given, *consts)
        of_args = flattened(tree, name, rule, in_treedef, (treedefs[0], call.out_avals), jnp.asarray)

        def of_all(size: int, mapped: Sequence[bool], *xs: Any) -> tuple[Sequence[Any], Sequence[bool]]:
            if any(mapped[n:]):
                raise closed_over("custom_vmap", name)
            return of_args(size, mapped[:n], *xs[:n])

        outs = _mapped_p.bind(*given, *consts, call=call, rule=of_all)
        return jtu.tree_unflatten(treedefs[0], outs)

    return with_rule


def _jvp(fun: Fun, primals: Sequence[Any], tangents: Sequence[Any]) -> Sequence[Any]:
    return jax.jvp(fun, tuple(primals), tuple(tangents))[1]


def _vjp(fun: Fun, primals: Sequence[Any], cts: Sequence[Any]) -> Sequence[Any]:
    return jax.vjp(lambda *xs: tuple(fun(*xs)), *primals)[1](tuple(cts))


def _vmap(fun: Fun, size: int, mapped: Sequence[bool], xs: Sequence[Any]) -> Sequence[Any]:
    return jax.vmap(fun, tuple([0 if m else None for m in mapped]), axis_size=size)(*xs)


def _spread(x: Any, size: int) -> Any:
    return jnp.broadcast_to(x, (size, *jnp.shape(x)))


def _is_smooth(x: Any) -> bool:
    return jnp.issubdtype(jnp.result_type(x), jnp.inexact)


_CALCULUS: Final = Calculus(jvp=_jvp, vjp=_vjp, vmap=_vmap, spread=_spread, is_smooth=_is_smooth)
_mapped_p: Final = Primitive("dualgrad_custom_vmap")
_mapped_p.multiple_results = True


def _run(*xs: Any, call: ClosedJaxpr, rule: Rule) -> Sequence[Any]:
    del rule
    return jaxpr_as_fun(call)(*xs)


def _outputs(*avals: Any, call: ClosedJaxpr, rule: Rule) -> Any:
    del avals, rule
    return call.out_avals, call.effects


def _batched(xs: Sequence[Any], dims: Sequence[Any], *, call: ClosedJaxpr, rule: Rule) -> Any:
    del call
    mapped = [d is not None for d in dims]
    size = next(x.shape[d] for x, d, m in zip(xs, dims, mapped, strict=True) if m)
    fronted = [jnp.moveaxis(x, d, 0) if m else jnp.asarray(x) for x, d, m in zip(xs, dims, mapped, strict=True)]
    outs, marks = rule(size, mapped, *fronted)
    return outs, [0 if m else None for m in marks]


def _pushed(primals: Sequence[Any], tangents: Sequence[Any], *, call: ClosedJaxpr, rule: Rule) -> Any:
    outs = _mapped_p.bind(*primals, call=call, rule=rule)
    chosen = [i for i, (x, t) in enumerate(zip(primals, tangents, strict=True)) if _moves(x, t)]
    along, along_mapped = pushed(jaxpr_as_fun(call), rule, len(primals), chosen, _CALCULUS)
    given = [*primals, *[tangents[i] for i in chosen]]
    found = iter(_mapped_p.bind(*given, call=jax.make_jaxpr(along)(*given), rule=along_mapped) if chosen else ())
    return outs, [next(found) if chosen and _is_smooth(o) else ad.Zero(jax.typeof(o).to_tangent_aval()) for o in outs]


def _moves(x: Any, t: Any) -> bool:
    return not isinstance(t, ad.Zero) and _is_smooth(x)


def _transposed(cts: Sequence[Any], *xs: Any, call: ClosedJaxpr, rule: Rule) -> Any:
    chosen = [i for i, x in enumerate(xs) if ad.is_undefined_primal(x)]
    full = [jnp.zeros(x.aval.shape, x.aval.dtype) if ad.is_undefined_primal(x) else x for x in xs]
    back, back_mapped = pulled(jaxpr_as_fun(call), rule, len(xs), chosen, _CALCULUS)
    smooth = [ct for ct, o in zip(cts, call.out_avals, strict=True) if _is_smooth(o)]
    given = [*full, *[ad.instantiate_zeros(ct) for ct in smooth]]
    found = iter(_mapped_p.bind(*given, call=jax.make_jaxpr(back)(*given), rule=back_mapped))
    return [next(found) if i in chosen else None for i in range(len(xs))]


_mapped_p.def_impl(_run)
_mapped_p.def_effectful_abstract_eval(_outputs)
batching.primitive_batchers[_mapped_p] = _batched
ad.primitive_jvps[_mapped_p] = _pushed
ad.primitive_transposes[_mapped_p] = _transposed
mlir.register_lowering(_mapped_p, mlir.lower_fun(_run, multiple_results=True))
