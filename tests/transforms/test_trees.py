"""Functions of trees, the same on both backends."""

from __future__ import annotations

from collections import namedtuple
from functools import partial
from typing import Any

import pytest

import dualgrad as dg

Pair = namedtuple("Pair", ["low", "high"])
TREE = {"b": [1, (2, None)], "a": Pair(3, 4)}


def test_map_with_path_sees_every_place_once(backend: Any) -> None:
    got = dg.tree.map_with_path(lambda path, x, y: f"{path} {x} {y}", TREE, TREE)
    assert got == {"b": ["('b', 0) 1 1", ("('b', 1, 0) 2 2", None)], "a": Pair("('a', 'low') 3 3", "('a', 'high') 4 4")}
    found, treedef = dg.tree.flatten_with_path(TREE)
    assert dg.tree.unflatten(treedef, [x for _, x in found]) == TREE


def test_map_with_path_keeps_what_is_called_a_leaf(backend: Any) -> None:
    got = dg.tree.map_with_path(lambda path, x: len(x), TREE, is_leaf=lambda x: isinstance(x, Pair | list))
    assert got == {"a": 2, "b": 2}


def test_transpose_turns_a_tree_of_trees_inside_out(backend: Any) -> None:
    outer, inner = dg.tree.structure([0, 0]), dg.tree.structure({"x": 0, "y": 0})
    tree = [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
    assert dg.tree.transpose(outer, inner, tree) == {"x": [1, 3], "y": [2, 4]}
    assert dg.tree.transpose(outer, None, tree) == {"x": [1, 3], "y": [2, 4]}
    with pytest.raises(ValueError, match=r"dualgrad\.tree\.transpose: each leaf of the outer structure"):
        dg.tree.transpose(outer, inner, [{"x": 1, "y": 2}, 3])


def test_prefix_is_broadcast_and_must_be_one(backend: Any) -> None:
    assert dg.tree.broadcast(7, TREE) == {"b": [7, (7, None)], "a": Pair(7, 7)}
    with pytest.raises(
        ValueError, match=r"^dualgrad\.tree\.broadcast: every tree must have the structure of the first"
    ):
        dg.tree.broadcast({"c": 1}, TREE)


def test_nodes_as_leaves_in_reductions(backend: Any) -> None:
    tree = {"a": [1, 2], "b": [3]}
    assert dg.tree.reduce(lambda n, x: n + len(x), tree, 0, is_leaf=lambda x: isinstance(x, list)) == 3
    assert not dg.tree.all([[], [1]], is_leaf=lambda x: x == [])


@dg.tree.register_static
class Mode(str):
    """A static argument."""


def test_static_class_is_part_of_the_structure_and_counts_for_jit(backend: Any) -> None:
    seen: list[str] = []

    @dg.jit
    def f(mode: Mode, x: Any) -> Any:
        seen.append(str(mode))
        return x if mode == "same" else -x

    assert [float(f(Mode(m), 2.0)) for m in ("same", "other", "same")] == [2.0, -2.0, 2.0]
    assert seen == ["same", "other"]


def test_partial_leaves_the_arguments_of_another_partial_in_the_structure(backend: Any) -> None:
    def named(name: str, k: Any, x: Any) -> Any:
        return k * x if name == "times" else x

    f = dg.tree.Partial(partial(named, "times"), 3.0)

    assert dg.tree.leaves(f) == [3.0]
    assert f.func(2.0, 5.0) == 10.0
    assert float(dg.jit(lambda g, x: g(x), compiler="replay")(f, 2.0)) == 6.0
    assert float(dg.grad(lambda g: g(2.0))(f).args[0]) == 2.0


def test_partial_carries_its_arguments_through_transforms(backend: Any) -> None:
    def power(k: Any, x: Any, *, scale: Any) -> Any:
        return scale * x**k

    f = dg.tree.Partial(power, 3.0, scale=2.0)
    assert dg.tree.leaves(f) == [3.0, 2.0]
    assert float(dg.jit(lambda g, x: g(x))(f, 2.0)) == 16.0
    assert float(dg.grad(lambda g: g(2.0))(f).keywords["scale"]) == 8.0


@pytest.mark.parametrize(
    ("trees", "words"),
    [
        (({"a": 1}, {"b": 1}), r"the first, \{'a': \*\}, got \{'b': \*\}"),
        (((1, 2), (1,)), r"the first, \(\*, \*\), got \(\*,\)"),
        (((1, None), (1, 2)), r"the first, \(\*, None\), got \(\*, \*\)"),
        (((1, 2), (3, 4), [5, 6]), r"the first, \(\*, \*\), got \[\*, \*\]"),
    ],
)
def test_trees_that_do_not_fit_are_shown_in_the_same_words(trees: Any, words: str, backend: Any) -> None:
    with pytest.raises(ValueError, match=rf"^dualgrad\.tree\.map: every tree must have the structure of {words}\.$"):
        dg.tree.map(lambda *xs: xs, *trees)


def test_an_error_of_the_mapped_function_passes(backend: Any) -> None:
    def refuse(*xs: Any) -> Any:
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        dg.tree.map(refuse, (1, 2), (3, 4))
