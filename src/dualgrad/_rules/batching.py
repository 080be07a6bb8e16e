"""A function with a rule for `vmap`, under derivatives: what the rule of its derivative is.

A derivative of such a function is another one, whose rule is the same derivative of the rule. Functions here take and
give lists of arrays; a rule takes the size of the mapped axis, which arguments are mapped, and the arguments with that
axis first, and gives the outputs and which of them are mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from dualgrad._rules.outlines import kind_text, outline

__all__ = ["Calculus", "Fun", "Rule", "flattened", "pulled", "pushed"]

Fun = Callable[..., Sequence[Any]]
Rule = Callable[..., tuple[Sequence[Any], Sequence[bool]]]


@dataclass(frozen=True)
class Calculus:
    """What a backend gives to write derivatives of functions of arrays with.

    Attributes:
        jvp: From a function, primals and tangents to the tangents of its outputs.
        vjp: From a function, primals and cotangents to the cotangents of its arguments.
        vmap: From a function, the size of the axis, which arguments are mapped, and the arguments to its outputs.
        spread: From an array and a size to that many of it.
        is_smooth: Whether an array can have a derivative.
    """

    jvp: Callable[[Fun, Sequence[Any], Sequence[Any]], Sequence[Any]]
    vjp: Callable[[Fun, Sequence[Any], Sequence[Any]], Sequence[Any]]
    vmap: Callable[[Fun, int, Sequence[bool], Sequence[Any]], Sequence[Any]]
    spread: Callable[[Any, int], Any]
    is_smooth: Callable[[Any], bool]


def flattened(
    trees: Any,
    name: str,
    rule: Callable[..., Any],
    in_treedef: Any,
    like: tuple[Any, Sequence[Any]],
    as_array: Callable[[Any], Any],
) -> Rule:
    """A user's rule as a rule of arrays.

    Args:
        trees: The backend's tree namespace.
        name: Name of the function, for messages.
        rule: What the user wrote.
        in_treedef: Structure of the tuple of the function's arguments.
        like: Structure of what the function gives, and arrays or specifications like its leaves.
        as_array: Makes an array of what the rule gives.

    Raises:
        ValueError: At a call, where the rule gives what does not fit the function.
    """
    out_treedef, kinds = like

    def wrong(what: str, expected: str, got: str) -> ValueError:
        return ValueError(
            f"dualgrad.custom_vmap: {what} of {name!r} must be {expected}, got {got}. Make the rule return "
            "(output, which of its arrays are mapped)."
        )

    def flat(size: int, mapped: Sequence[bool], *xs: Any) -> tuple[Sequence[Any], Sequence[bool]]:
        args, flags = (trees.unflatten(in_treedef, each) for each in (list(xs), list(mapped)))
        given = rule(size, list(flags), *args)
        if not isinstance(given, tuple | list) or len(cast("Sequence[Any]", given)) != 2:
            raise wrong("the result of the rule", "a pair (output, mapped)", kind_text(cast("object", given)))
        out, is_mapped = cast("Sequence[Any]", given)
        (outs, got), (marks, marked) = trees.flatten(out), trees.flatten(is_mapped)
        for what, treedef in (("the output of the rule", got), ("what the rule says is mapped", marked)):
            if treedef != out_treedef:
                raise wrong(what, outline(trees, out_treedef), outline(trees, treedef))
        for mark in marks:
            if not isinstance(mark, bool):
                raise wrong("what the rule says is mapped", "True or False for each array", repr(mark))
        arrays = [as_array(x) for x in outs]
        for x, mark, one in zip(arrays, marks, kinds, strict=True):
            shape = (size, *one.shape) if mark else tuple(one.shape)
            if tuple(x.shape) != shape:
                raise wrong("an output of the rule", f"of shape {shape}", f"shape {tuple(x.shape)}")
            if x.dtype != one.dtype:
                raise wrong("an output of the rule", f"of dtype {one.dtype}", f"{x.dtype}")
        return arrays, marks

    return flat


def pushed(fun: Fun, rule: Rule, n: int, chosen: Sequence[int], calculus: Calculus) -> tuple[Fun, Rule]:
    """The tangents of a function's smooth outputs, and their rule.

    Args:
        fun: A function of `n` arrays.
        rule: Its rule.
        n: How many arguments it has; the tangents come after them.
        chosen: Those that have a tangent.
        calculus: The backend's.
    """

    def along(*xs: Any) -> Sequence[Any]:
        primals, tangents = xs[:n], xs[n:]
        return calculus.jvp(_of_chosen(fun, primals, chosen, calculus), [primals[i] for i in chosen], tangents)

    def along_mapped(size: int, mapped: Sequence[bool], *xs: Any) -> tuple[Sequence[Any], Sequence[bool]]:
        if not any(mapped[:n]):  # the same function for all: its rule has nothing to say
            outs = calculus.vmap(along, size, mapped, xs)
            return outs, [True] * len(outs)
        primals, flags, tangents = list(xs[:n]), list(mapped[:n]), list(xs[n:])
        for place, i in enumerate(chosen):
            if flags[i] and not mapped[n + place]:
                tangents[place] = calculus.spread(tangents[place], size)
            if mapped[n + place] and not flags[i]:
                primals[i], flags[i] = calculus.spread(primals[i], size), True
        marks: list[bool] = []
        moved = _of_chosen(_ruled(rule, size, flags, marks, calculus), primals, chosen, calculus)
        return calculus.jvp(moved, [primals[i] for i in chosen], tangents), marks

    return along, along_mapped


def pulled(fun: Fun, rule: Rule, n: int, chosen: Sequence[int], calculus: Calculus) -> tuple[Fun, Rule]:
    """The cotangents of a function's arguments, and their rule; arguments as of `pushed`.

    The cotangents of its smooth outputs come after the arguments. All arguments that are differentiated count as mapped
    where any is: each element has its own cotangent.
    """

    def back(*xs: Any) -> Sequence[Any]:
        primals, cts = xs[:n], xs[n:]
        return calculus.vjp(_of_chosen(fun, primals, chosen, calculus), [primals[i] for i in chosen], cts)

    def back_mapped(size: int, mapped: Sequence[bool], *xs: Any) -> tuple[Sequence[Any], Sequence[bool]]:
        if not any(mapped[:n]):
            outs = calculus.vmap(back, size, mapped, xs)
            return outs, [True] * len(outs)
        primals, flags, cts = list(xs[:n]), list(mapped[:n]), list(xs[n:])
        for i in chosen:
            if not flags[i]:
                primals[i], flags[i] = calculus.spread(primals[i], size), True
        marks: list[bool] = []
        moved = _of_chosen(_ruled(rule, size, flags, marks, calculus), primals, chosen, calculus)

        def whole(*moving: Any) -> Sequence[Any]:
            outs = moved(*moving)
            return [o if mark else calculus.spread(o, size) for o, mark in zip(outs, marks, strict=True)]

        each = [ct if flag else calculus.spread(ct, size) for ct, flag in zip(cts, mapped[n:], strict=True)]
        return calculus.vjp(whole, [primals[i] for i in chosen], each), [True] * len(chosen)

    return back, back_mapped


def _of_chosen(fun: Fun, xs: Sequence[Any], chosen: Sequence[int], calculus: Calculus) -> Fun:
    """The smooth outputs of `fun` as a function of some of its arguments."""

    def of_chosen(*moving: Any) -> tuple[Any, ...]:
        full = list(xs)
        for i, x in zip(chosen, moving, strict=True):
            full[i] = x
        return tuple([o for o in fun(*full) if calculus.is_smooth(o)])

    return of_chosen


def _ruled(rule: Rule, size: int, flags: Sequence[bool], marks: list[bool], calculus: Calculus) -> Fun:
    """A rule as a function of its arrays, which puts into `marks` which of the smooth outputs are mapped."""

    def ruled(*xs: Any) -> Sequence[Any]:
        outs, found = rule(size, flags, *xs)
        marks[:] = [mark for o, mark in zip(outs, found, strict=True) if calculus.is_smooth(o)]
        return outs

    return ruled
