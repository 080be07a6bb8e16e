"""`custom_root` and `custom_linear_solve`: functions of trees here, graphs and programs below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from dualgrad._rules.control import solver_output
from dualgrad._rules.outlines import kind_text, outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._flat import conjugated
from dualgrad.backends.torch._private import Spec, undisturbed
from dualgrad.backends.torch.lax._trees import Arrays, described
from dualgrad.backends.torch.programs.graph import Graph, close
from dualgrad.backends.torch.programs.implicit import LinearSolve, Root
from dualgrad.backends.torch.transforms import jvp

__all__ = ["custom_linear_solve", "custom_root"]

Fun = Callable[..., Any]


@undisturbed
def custom_root(f: Fun, initial_guess: Any, solve: Fun, tangent_solve: Fun, has_aux: bool) -> Any:
    """The root of `f` that `solve` finds."""
    unknown = _Unknown("custom_root", initial_guess)
    n = len(unknown.like)
    f, aux = unknown.fitting("f", f), [None]

    def flat_rule(*xs: Tensor) -> list[Tensor]:
        x, rhs = unknown.tree(xs[:n]), unknown.tree(xs[n:])
        along = unknown.fitting("tangent_solve", tangent_solve)
        found = custom_linear_solve(lambda t: jvp(f, (x,), (t,))[1], rhs, along, along, False, False)
        return tree.leaves(found)

    graphs = [
        close(unknown.flat(f), unknown.like),
        close(unknown.flat(unknown.fitting("solve", solve, has_aux), aux, f), unknown.like),
        close(flat_rule, [*unknown.like, *unknown.like]),
    ]
    outer, (residual, found, linear) = _sharing(graphs)
    return unknown.result(Root(residual, found, n, (linear,))(*outer, *unknown.given.tensors), aux)


@undisturbed
def custom_linear_solve(
    matvec: Fun, b: Any, solve: Fun, transpose_solve: Fun | None, symmetric: bool, has_aux: bool
) -> Any:
    """The solution of `matvec(x) = b` that `solve` finds."""
    unknown = _Unknown("custom_linear_solve", b)
    n = len(unknown.like)
    matvec, aux = unknown.fitting("matvec", matvec), [None]
    solve = unknown.fitting("solve", solve, has_aux)
    graphs = [close(unknown.flat(matvec), unknown.like), close(unknown.flat(solve, aux, matvec), unknown.like)]
    back = solve if symmetric and transpose_solve is None else transpose_solve
    if back is not None:
        graph, outer = graphs[0]
        m = len(outer)
        again = graph.joint([*[True] * n, *[False] * m], [True] * n).again()

        def flat_transpose(*cts: Tensor) -> list[Tensor]:
            zeros = [s.zeros() for s in unknown.like]
            return conjugated(again(*zeros, *outer, *conjugated(cts)))

        def vecmat(ct: Any) -> Any:
            return unknown.tree(flat_transpose(*unknown.tensors("transpose_solve", ct)))

        transpose = matvec if symmetric else vecmat
        solve_back = unknown.fitting("transpose_solve", back, has_aux)
        graphs += [
            close(unknown.flat(transpose), unknown.like),
            close(unknown.flat(solve_back, [None], transpose), unknown.like),
        ]
    outer, (residual, found, *others) = _sharing(graphs)
    pair = tuple(others) or (None, None)
    return unknown.result(LinearSolve(residual, found, n, pair)(*outer, *unknown.given.tensors), aux)


class _Unknown:
    """What the unknown of an equation is like, and functions of it as functions of tensors."""

    def __init__(self, name: str, given: Any) -> None:
        self.name = name
        self.given = Arrays.of(f"lax.{name}", given)
        self.like = [Spec.of(x) for x in self.given.tensors]

    def tree(self, tensors: Sequence[Tensor]) -> Any:
        """The tree with these tensors in it."""
        return self.given.restored(tensors)

    def tensors(self, what: str, full: Any) -> list[Tensor]:
        """The leaves of a tree like the unknown."""
        found = Arrays.of(f"lax.{self.name}", full)
        if found.treedef != self.given.treedef:
            raise solver_output(self.name, what, outline(tree, self.given.treedef), outline(tree, found.treedef))
        fitted: list[Tensor] = []
        for x, weak, like in zip(found.tensors, found.weak, self.given.tensors, strict=True):
            x = x.to(like.dtype) if weak else x
            if x.shape != like.shape or x.dtype is not like.dtype:
                raise solver_output(self.name, what, described(like), described(x))
            fitted.append(x)
        return fitted

    def fitting(self, what: str, fun: Fun, has_aux: bool = False) -> Fun:
        """A function whose result is checked: a tree like the unknown, or a pair of it and anything."""

        def checked(*args: Any) -> Any:
            out = fun(*args)
            if not has_aux:
                return self.tree(self.tensors(what, out))
            if not (isinstance(out, tuple) and len(out) == 2):
                raise solver_output(self.name, what, "a pair (solution, aux)", kind_text(out))
            return self.tree(self.tensors(what, out[0])), out[1]

        return checked

    def flat(self, fun: Fun, aux: list[Any] | None = None, *before: Any) -> Callable[..., list[Tensor]]:
        """A function of the unknown as one of tensors; what it returns beside goes after them, its tree into `aux`."""

        def of_tensors(*xs: Tensor) -> list[Tensor]:
            out = fun(*before, self.tree(xs))
            if aux is None:
                return tree.leaves(out)
            count = len(self.like)
            found = Arrays.of(f"lax.{self.name}", out)
            aux[:] = [found if len(found.tensors) > count or found.treedef != self.given.treedef else None]
            return found.tensors

        return of_tensors

    def result(self, outs: Sequence[Tensor], aux: list[Any]) -> Any:
        """What the program gave, as a tree."""
        return self.tree(outs) if aux[0] is None else aux[0].rebuild(outs)


def _sharing(graphs: Sequence[tuple[Graph, list[Tensor]]]) -> tuple[list[Tensor], list[Graph]]:
    """All that the graphs close over, each once and first among the inputs of every graph."""
    outer = list({id(x): x for _, xs in graphs for x in xs}.values())
    place = {id(x): i for i, x in enumerate(outer)}
    specs = [Spec.of(x) for x in outer]
    found: list[Graph] = []
    for graph, own in graphs:
        n = len(graph.inputs) - len(own)
        order = [*[-1] * len(outer), *range(n)]
        for i, x in enumerate(own):
            order[place[id(x)]] = n + i
        found.append(graph.reordered(order, [*specs, *graph.inputs[:n]]))
    return outer, found
