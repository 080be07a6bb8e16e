"""Functions that say themselves how `dg.vmap` maps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad._active import active
from dualgrad._custom import CustomRules
from dualgrad._transformed import P, R, check_callable

__all__ = ["custom_vmap", "sequential_vmap"]
__dir__ = __all__.copy  # what completion offers


class custom_vmap(CustomRules[P, R]):
    """A function with a rule for `dg.vmap`; usable as a decorator.

    Args:
        fun: A function of trees of arrays.

    Raises:
        AttributeError: At a call, if `def_vmap` was not called before.
        ValueError: At a call under `vmap`, if the rule returns what does not fit the function.
        ClosedOverError: What is mapped reached `fun` by a closure.

    Derivative:
        That of `fun` where it is not mapped, that of the rule where it is, in whatever order the transforms nest; both
        modes, any order. Reverse mode computes the function again. JAX's own has no reverse mode.

    Example:
        >>> @dg.custom_vmap
        ... def total(x):
        ...     return dg.sum(x)
        >>> @total.def_vmap
        ... def rule(axis_size, in_batched, x):
        ...     print("all", axis_size, "at once")
        ...     return dg.sum(x, axis=1), True
        >>> dg.to_numpy(dg.vmap(total)(dg.ones((2, 3)))).tolist()
        all 2 at once
        [3.0, 3.0]

    Source: `jax.custom_batching.custom_vmap`.
    """

    def __init__(self, fun: Callable[P, R]) -> None:
        super().__init__(fun)

    def def_vmap(self, vmap_rule: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
        """Define the rule; usable as a decorator of it.

        Args:
            vmap_rule: Takes the size of the mapped axis; a list with a tree of bools for each argument, which say
                what of it is mapped; and the arguments, with the mapped axis first where they are mapped. Returns a
                pair: the output, and a tree of bools like it that say which of its arrays have the mapped axis first.

        Returns:
            `vmap_rule`.
        """
        self._define(vmap_rule)
        return vmap_rule


def sequential_vmap(fun: Callable[P, R]) -> custom_vmap[P, R]:
    """A function that `dg.vmap` maps by a loop, one element after the other; usable as a decorator.

    Args:
        fun: A function of trees of arrays.

    Returns:
        A function of the arguments of `fun` that gives its output.

    Derivative:
        That of `fun`; both modes, any order.

    Example:
        >>> @dg.sequential_vmap
        ... def noisy(x):
        ...     dg.debug.print("{}", x)
        ...     return x + 1
        >>> dg.to_numpy(dg.vmap(noisy)(dg.asarray([1.0, 2.0]))).tolist()
        1.0
        2.0
        [2.0, 3.0]

    Source: `jax.custom_batching.sequential_vmap`.
    """
    check_callable("sequential_vmap", fun)
    mapped = custom_vmap(fun)

    @mapped.def_vmap
    def one_by_one(axis_size: int, in_batched: list[Any], *args: Any) -> tuple[Any, Any]:  # pyright: ignore[reportUnusedFunction]
        backend = active.backend
        leaves, treedef = backend.tree.flatten(list(args))
        flags = backend.tree.leaves(in_batched)

        def of_element(moving: list[Any]) -> Any:
            rest = iter(moving)
            full = [next(rest) if f else x for x, f in zip(leaves, flags, strict=True)]
            call: Any = mapped
            return call(*backend.tree.unflatten(treedef, full))

        def is_mapped(_: Any) -> bool:
            return True

        out = backend.lax.map(of_element, [x for x, f in zip(leaves, flags, strict=True) if f])
        return out, backend.tree.map(is_mapped, out)

    return mapped
