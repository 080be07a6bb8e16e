"""`closure_convert`, and `custom_gradient`, whose rule is a closure: what it closes over is found by tracing it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from dualgrad._rules.custom import closure_mismatch, rule_output
from dualgrad._rules.outlines import kind_text, outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._private import Spec, is_fake, is_perturbed
from dualgrad.backends.torch.custom import custom_vjp
from dualgrad.backends.torch.lax._trees import Arrays, described
from dualgrad.backends.torch.linear_maps import LinearMap, Recorded
from dualgrad.backends.torch.programs.graph import close
from dualgrad.backends.torch.programs.program import is_smooth

__all__ = ["closure_convert", "custom_gradient"]

Fun = Callable[..., Any]


def closure_convert(fun: Fun, *example_args: Any) -> tuple[Fun, list[Any]]:
    """`fun` of its arguments and the tensors that it closes over and that may be differentiated; and these tensors."""
    given = Arrays.of("closure_convert", example_args)
    box: list[Arrays] = []

    def flat(*xs: Tensor) -> list[Tensor]:
        box[:] = [Arrays.of("closure_convert", fun(*given.rebuild(xs)))]
        return box[0].tensors

    graph, outer = close(flat, [Spec.of(x) for x in given.tensors])
    hoisted = [is_smooth(x) and (is_perturbed(x) or is_fake(x)) for x in outer]
    count = sum(hoisted)

    def converted(*args: Any) -> Any:
        n = len(args) - count
        now = Arrays.of("closure_convert", args[:n])
        if now.treedef != given.treedef:
            raise closure_mismatch(outline(tree, given.treedef), outline(tree, now.treedef))
        fitted: list[Tensor] = []
        for x, weak, like in zip(now.tensors, now.weak, given.tensors, strict=True):
            if x.shape != like.shape or (x.dtype is not like.dtype and not weak):
                raise closure_mismatch(described(like), described(x))
            fitted.append(x.to(like.dtype))
        consts = iter(Arrays.of("closure_convert", args[n:]).tensors)
        return box[0].rebuild(graph(*fitted, *[next(consts) if h else x for x, h in zip(outer, hoisted, strict=True)]))

    return converted, [x for x, h in zip(outer, hoisted, strict=True) if h]


def custom_gradient(fun: Fun) -> Fun:
    """`fun`, which returns its value and what pulls cotangents back."""
    name = getattr(fun, "__name__", "the function")

    def pair(args: Sequence[Any]) -> Any:
        out = fun(*args)
        if not (isinstance(out, tuple | list) and len(out) == 2):
            raise rule_output("custom_gradient", name, "the result", "a pair (output, pullback)", kind_text(out))
        return out

    @functools.wraps(fun)
    def value(*args: Any) -> Any:
        return pair(args)[0]

    def fwd(*args: Any) -> Any:
        out, rule = pair(args)
        return out, Recorded(rule, lambda: _traced(rule, out))

    def bwd(rule: Fun, ct: Any) -> Any:
        cts = rule(ct)
        return cts if isinstance(cts, tuple | list) else (cts,)

    return custom_vjp(value, fwd, bwd)


def _traced(rule: Fun, out: Any) -> LinearMap:
    """A rule as a function of cotangents that is a tree of what it closes over."""
    given = Arrays.of("custom_gradient", out)
    box: list[Arrays] = []

    def flat(*cts: Tensor) -> list[Tensor]:
        box[:] = [Arrays.of("custom_gradient", rule(given.restored(cts)))]
        return box[0].tensors

    graph, outer = close(flat, [Spec.of(x) for x in given.tensors])
    return LinearMap(lambda kept, ct: box[0].rebuild(graph(*tree.leaves(ct), *kept)), outer)
