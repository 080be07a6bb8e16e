"""`custom_vmap`: trees here, a program below."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from dualgrad._rules.batching import flattened
from dualgrad._rules.custom import closed_over, positions
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import as_tensor
from dualgrad.backends.torch._private import Spec, is_plain, undisturbed
from dualgrad.backends.torch.lax._trees import Arrays
from dualgrad.backends.torch.programs.graph import close
from dualgrad.backends.torch.programs.mapped import Mapped

__all__ = ["custom_vmap"]


def custom_vmap(fun: Callable[..., Any], rule: Callable[..., Any]) -> Callable[..., Any]:
    """`fun`, mapped by `rule`."""
    name = getattr(fun, "__name__", "the function")
    place = positions("custom_vmap", fun)

    @functools.wraps(fun)
    @undisturbed
    def with_rule(*args: Any, **kwargs: Any) -> Any:
        args = place(args, kwargs)
        if is_plain():  # nothing maps it
            return fun(*args)
        given = Arrays.of("custom_vmap", args)
        n = len(given.tensors)
        box: list[Arrays] = []

        def flat(*xs: Tensor) -> list[Tensor]:
            box[:] = [Arrays.of("custom_vmap", fun(*given.rebuild(xs)))]
            return box[0].tensors

        graph, outer = close(flat, [Spec.of(x) for x in given.tensors])
        out = box[0]
        like = out.treedef, graph.outputs
        of_args = flattened(tree, name, rule, given.treedef, like, functools.partial(as_tensor, "custom_vmap"))

        def of_all(size: int, mapped: Sequence[bool], *xs: Any) -> tuple[Sequence[Any], Sequence[bool]]:
            if any(mapped[n:]):
                raise closed_over("custom_vmap", name)
            return of_args(size, mapped[:n], *xs[:n])

        return out.rebuild(Mapped(graph, of_all)(*given.tensors, *outer))

    return with_rule
