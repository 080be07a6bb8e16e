"""Functions of trees, the same on both backends."""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

Pair = namedtuple("Pair", ["low", "high"])
TREE = {"b": [1, (2, None)], "a": Pair(3, 4)}


def test_map_with_path_sees_every_place_once(backend: Any) -> None:
    got = dg.tree.map_with_path(lambda path, x, y: f"{dg.tree.keystr(path)} {x} {y}", TREE, TREE)
    assert got == {"b": ["['b'][0] 1 1", ("['b'][1][0] 2 2", None)], "a": Pair("['a'].low 3 3", "['a'].high 4 4")}
    found, treedef = dg.tree.flatten_with_path(TREE)
    assert dg.tree.unflatten(treedef, [x for _, x in found]) == TREE


def test_map_with_path_keeps_what_is_called_a_leaf(backend: Any) -> None:
    got = dg.tree.map_with_path(lambda path, x: len(x), TREE, is_leaf=lambda x: isinstance(x, Pair | list))
    assert got == {"a": 2, "b": 2}


@dg.tree.register_dataclass
@dataclass
class Layer:
    """A node with names."""

    w: Any


@dg.tree.register_node_class
class Box:
    """A node without names."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def tree_flatten(self) -> Any:
        return (self.x,), None

    @classmethod
    def tree_unflatten(cls, aux: Any, children: Any) -> Box:
        return cls(*children)


def test_keys_of_a_path_say_what_each_place_is(backend: Any) -> None:
    tree = {"a": [Layer(1), (Box(2),)], "b": Pair(3, OrderedDict(z=4))}
    kinds = dg.tree.DictKey, dg.tree.SequenceKey, dg.tree.GetAttrKey, dg.tree.FlattenedIndexKey
    of_dict, of_sequence, of_name, of_position = kinds
    found, treedef = dg.tree.flatten_with_path(tree)
    assert found == [
        ((of_dict("a"), of_sequence(0), of_name("w")), 1),
        ((of_dict("a"), of_sequence(1), of_sequence(0), of_position(0)), 2),
        ((of_dict("b"), of_name("low")), 3),
        ((of_dict("b"), of_name("high"), of_dict("z")), 4),
    ]
    assert treedef == dg.tree.structure(tree)
    assert [dg.tree.keystr(path) for path, _ in found] == [
        "['a'][0].w",
        "['a'][1][0][<flat index 0>]",
        "['b'].low",
        "['b'].high['z']",
    ]
    assert dg.tree.keystr(found[0][0], simple=True, separator="/") == "a/0/w"
    assert found[0][0] == ("a", 0, "w")
    assert of_dict("w") != of_name("w")


def test_leaves_are_chosen_by_their_paths(backend: Any) -> None:
    def is_leaf(path: Any, x: Any) -> bool:
        return path == ("b", 1) or x is None

    found, treedef = dg.tree.flatten_with_path(TREE, is_leaf, is_leaf_takes_path=True)
    assert found == [(("a", "low"), 3), (("a", "high"), 4), (("b", 0), 1), (("b", 1), (2, None))]
    assert treedef == dg.tree.structure({"b": [1, 0], "a": Pair(3, 4)})
    got = dg.tree.map_with_path(lambda path, x: x, TREE, is_leaf=is_leaf, is_leaf_takes_path=True)
    assert got == TREE


def test_structures_of_structures(backend: Any) -> None:
    parts = [dg.tree.structure(x) for x in (1, [1, None], {"a": (2,)})]
    whole = dg.tree.treedef_tuple(parts)
    assert whole == dg.tree.structure((1, [1, None], {"a": (2,)}))
    assert dg.tree.treedef_children(whole) == parts
    assert [dg.tree.treedef_is_leaf(t) for t in parts] == [True, False, False]
    assert dg.tree.all_leaves([1, "x"])
    assert not dg.tree.all_leaves([1, ()])
    assert dg.tree.all_leaves([(1,)], is_leaf=lambda x: isinstance(x, tuple))


def test_pairs_of_leaves_are_combined(backend: Any) -> None:
    assert dg.tree.reduce_associative(lambda x, y: [x, y], {"a": "p", "b": ("q", "r")}) == [["p", "q"], "r"]
    assert dg.tree.reduce_associative(max, [], identity=0) == 0
    with pytest.raises(ValueError, match=r"^dualgrad\.tree\.reduce_associative: a tree without leaves"):
        dg.tree.reduce_associative(max, ())


def test_ravel_puts_all_leaves_in_one_vector_and_back(backend: Any) -> None:
    tree = {"w": dg.reshape(dg.arange(6.0), (2, 3)), "b": [dg.asarray([7, 8]), True], "n": 2.5, "e": dg.zeros((0, 4))}
    flat, unravel = dg.tree.ravel(tree)
    assert dg.to_numpy(flat).tolist() == [7, 8, 1, 2.5, 0, 1, 2, 3, 4, 5]
    assert flat.dtype == dg.float32
    back = unravel(flat)
    assert dg.to_numpy(back["w"]).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert [x.dtype for x in (back["b"][0], back["b"][1], back["n"])] == [dg.int32, dg.bool, dg.float32]
    assert tuple(back["e"].shape) == (0, 4)
    with pytest.raises(TypeError, match=r"^dualgrad\.tree\.unravel: leaves of several dtypes .* float32, got int32"):
        unravel(dg.astype(flat, dg.int32))
    with pytest.raises(ValueError, match=r"^dualgrad\.tree\.unravel: .* all 10 elements, got shape \(2, 5\)"):
        unravel(dg.reshape(flat, (2, 5)))
    with pytest.raises(TypeError, match=r"^dualgrad\.tree\.ravel: an argument must be an array"):
        dg.tree.ravel({"a": "text"})
    empty, none = dg.tree.ravel({})
    assert (tuple(empty.shape), none(empty)) == ((0,), {})


def test_vectors_of_trees_are_transformed(backend: Any) -> None:
    tree = {"w": dg.asarray([[1.0, 2.0]]), "b": dg.asarray(3.0)}
    flat, unravel = dg.tree.ravel(tree)
    slopes = dg.grad(lambda v: dg.sum(unravel(v)["w"] ** 2) * unravel(v)["b"])(flat)
    assert dg.to_numpy(slopes).tolist() == [5, 6, 12]
    assert unravel(dg.astype(flat, dg.float16))["w"].dtype == dg.float16
    batch = dg.jit(dg.vmap(lambda s: dg.tree.ravel(dg.tree.map(lambda x: s * x, tree))[0]))(dg.arange(3.0))
    assert dg.to_numpy(batch).tolist() == [[0, 0, 0], [3, 1, 2], [6, 2, 4]]
    assert dg.to_numpy(dg.vmap(unravel)(batch)["b"]).tolist() == [0, 3, 6]
    real = dg.tree.ravel([dg.asarray(1 + 2j), 3.0])[1](dg.asarray([1j, 2 + 1j]))[1]
    assert (real.dtype, float(real)) == (dg.float32, 2.0)


def test_the_ways_back_to_like_trees_are_equal(backend: Any) -> None:
    """So one is a static argument that is traced once."""
    traces: list[int] = []

    @dg.jit(static_argnums=0)
    def first(unravel: Any, flat: Any) -> Any:
        traces.append(1)
        return unravel(flat)[0]

    for value in (1.0, 2.0):
        flat, unravel = dg.tree.ravel([dg.full(2, value), dg.ones(3)])
        assert dg.to_numpy(first(unravel, flat)).tolist() == [value, value]
    assert len(traces) == 1
    assert unravel != dg.tree.ravel([dg.ones(3), dg.ones(2)])[1]


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


@dg.tree.register_dataclass(drop_fields=["cache"])
@dataclass
class Remembering:
    w: float
    cache: str = "empty"


def test_dropped_field_of_a_dataclass_is_no_part_of_the_tree(backend: Any) -> None:
    made = dg.tree.map(lambda x: 2 * x, Remembering(3.0, "full"))

    assert dg.tree.leaves(Remembering(3.0, "full")) == [3.0]
    assert made == Remembering(6.0, "empty")


UNSORTABLE: dict[str, Any] = {
    "leaves": dg.tree.leaves,
    "flatten": dg.tree.flatten,
    "structure": dg.tree.structure,
    "map": lambda t: dg.tree.map(lambda x: x, t),
    "paths": dg.tree.leaves_with_path,
    "grad": dg.grad(lambda t: t["a"] * t[1]),
    "vmap": dg.vmap(lambda t: t),
    "scan": lambda t: dg.lax.scan(lambda c, _: (c, None), t, None, 2),
    "cond": lambda t: dg.lax.cond(True, lambda t: t, lambda t: t, t),
}


@pytest.mark.parametrize("use", UNSORTABLE.values(), ids=UNSORTABLE)
@pytest.mark.parametrize("make", [dict, lambda items: {"x": [defaultdict(int, items)]}], ids=["dict", "defaultdict"])
def test_keys_that_have_no_order_are_refused_in_the_same_words(use: Any, make: Any, backend: Any) -> None:
    if make is not dict and use is UNSORTABLE["grad"]:
        use = dg.grad(lambda t: t["x"][0]["a"])
    words = "dualgrad.tree: the keys of a dict must be ones that Python can sort, got keys of types int and str. Take "
    with pytest.raises(ValueError, match=re.escape(words)):
        use(make([(1, 1.0), ("a", 2.0)]))


WRONG_TREES = {
    "treedef_is_leaf": lambda: dg.tree.treedef_is_leaf(3),
    "treedef_children": lambda: dg.tree.treedef_children([1]),
    "treedef_tuple": lambda: dg.tree.treedef_tuple([dg.tree.structure(1), 3]),
    "reduce_associative": lambda: dg.tree.reduce_associative("+", [1, 2]),  # pyright: ignore[reportArgumentType]
    "register_node": lambda: dg.tree.register_node(type("Mine", (), {}), 4, 5),  # pyright: ignore[reportArgumentType]
}


@pytest.mark.parametrize("name", WRONG_TREES)
def test_what_is_no_structure_or_function_is_refused_by_name(backend: Any, name: str) -> None:
    with pytest.raises(TypeError, match=rf"^dualgrad\.tree\.{name}: .* must be a (structure|function), got"):
        WRONG_TREES[name]()


@pytest.mark.parametrize("register", [dg.tree.register_static, dg.tree.register_node_class])
def test_only_a_class_is_registered(backend: Any, register: Any) -> None:
    """One that was remembered would fail every backend that is loaded after it."""
    from dualgrad._nodes import NODES

    before = dict(NODES)
    with pytest.raises(TypeError, match=r"^dualgrad\.tree: only a class can be registered, got 3\.$"):
        register(3)
    assert before == NODES


@pytest.mark.parametrize("answer", ["yes", 1, [True], np.ones(2)])
def test_answer_of_is_leaf_that_is_no_bool_is_refused(backend: Any, answer: Any) -> None:
    for name, call in {
        "flatten": lambda f: dg.tree.flatten([1], f),
        "map": lambda f: dg.tree.map(lambda x: x, [1], is_leaf=f),
        "leaves_with_path": lambda f: dg.tree.leaves_with_path([1], f),
    }.items():
        with pytest.raises(TypeError, match=rf"^dualgrad\.tree\.{name}: is_leaf must return a bool, got "):
            call(lambda x: answer)


def test_is_leaf_may_answer_with_a_bool_of_numpy_or_nothing(backend: Any) -> None:
    assert dg.tree.leaves([1, (2, 3)], lambda x: np.bool_(isinstance(x, tuple))) == [1, (2, 3)]
    assert dg.tree.leaves([1, (2, 3)], lambda x: None) == [1, 2, 3]  # pyright: ignore[reportArgumentType]
