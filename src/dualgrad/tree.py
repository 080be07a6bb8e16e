"""Pytrees: nested containers of arrays, with JAX's rules on every backend.

Lists, tuples, named tuples, dicts (keys sorted), `OrderedDict`, `defaultdict`, `deque` and `None` (a node without
leaves) are containers, and so are the classes registered here, on every backend at once. Everything else is a leaf. On
JAX these are `jax.tree_util`'s own functions, so what a library registered there works too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dualgrad._active import active
from dualgrad._composed import trees as _trees
from dualgrad._rules.outlines import outline
from dualgrad._rules.trees import check_function, check_structure, leaf_test
from dualgrad._tree_nodes import Partial, register_dataclass, register_node, register_node_class, register_static
from dualgrad._tree_paths import DictKey, FlattenedIndexKey, GetAttrKey, IsLeaf, KeyPath, SequenceKey, keystr, walked
from dualgrad.typing import Array, PyTree

__all__ = [
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "Partial",
    "SequenceKey",
    "all",
    "all_leaves",
    "broadcast",
    "flatten",
    "flatten_with_path",
    "keystr",
    "leaves",
    "leaves_with_path",
    "map",
    "map_with_path",
    "ravel",
    "reduce",
    "reduce_associative",
    "register_dataclass",
    "register_node",
    "register_node_class",
    "register_static",
    "structure",
    "transpose",
    "treedef_children",
    "treedef_is_leaf",
    "treedef_tuple",
    "unflatten",
]
__dir__ = __all__.copy  # what completion offers


def flatten(tree: PyTree, is_leaf: IsLeaf | None = None) -> tuple[list[Any], Any]:
    """Leaves of `tree`, in order, and its structure.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Returns:
        `(leaves, treedef)`: a list, and the structure, a hashable native object that `unflatten` takes.

    Derivative:
        Linear: leaves are moved and nothing is computed with them; both modes, any order.

    Example:
        >>> dg.tree.flatten({"b": 1, "a": [2, None]})[0]
        [2, 1]

    Source: `jax.tree.flatten`.
    """
    return active.backend.tree.flatten(tree, leaf_test("flatten", is_leaf))


def unflatten(treedef: Any, leaves: Sequence[Any]) -> PyTree:
    """The tree of structure `treedef` with these leaves.

    Args:
        treedef: A structure from `flatten` or `structure`, of the active backend.
        leaves: As many leaves as the structure has.

    Returns:
        A tree whose leaves are the objects given.

    Raises:
        ValueError: There are more leaves or fewer than the structure has.
        TypeError: `treedef` is no structure of the active backend.

    Derivative:
        Linear: leaves are moved and nothing is computed with them; both modes, any order.

    Example:
        >>> leaves, treedef = dg.tree.flatten({"b": 1, "a": 2})
        >>> dg.tree.unflatten(treedef, [10, 20])
        {'a': 10, 'b': 20}

    Source: `jax.tree.unflatten`.
    """
    return active.backend.tree.unflatten(treedef, leaves)


def leaves(tree: PyTree, is_leaf: IsLeaf | None = None) -> list[Any]:
    """Leaves of `tree`, in order.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Returns:
        A list of the objects themselves.

    Derivative:
        Linear: leaves are moved and nothing is computed with them; both modes, any order.

    Example:
        >>> dg.tree.leaves([1, (2, {"x": 3})])
        [1, 2, 3]

    Source: `jax.tree.leaves`.
    """
    return active.backend.tree.leaves(tree, leaf_test("leaves", is_leaf))


def structure(tree: PyTree, is_leaf: IsLeaf | None = None) -> Any:
    """Structure of `tree`: a hashable native object, equal for trees of equal structure.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.

    Returns:
        What `flatten` gives beside the leaves.

    Derivative:
        Not differentiable: no array is computed.

    Example:
        >>> dg.tree.structure([1, 2]) == dg.tree.structure([3, 4])
        True

    Source: `jax.tree.structure`.
    """
    return active.backend.tree.structure(tree, leaf_test("structure", is_leaf))


def map(fun: Callable[..., Any], tree: PyTree, /, *rest: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """The tree of `fun(leaf, ...)` over corresponding leaves of `tree` and `rest`.

    Args:
        fun: Takes one leaf of each tree.
        tree: The tree whose structure the result has.
        *rest: Trees with the structure of `tree`; where `tree` has a leaf they may have a whole subtree.
        is_leaf: Says of a node of `tree` that it counts as a leaf.

    Returns:
        A tree with the structure of `tree`; a tree that `fun` returns takes the place of a leaf.

    Raises:
        ValueError: The structures differ.

    Derivative:
        That of `fun`, at each leaf.

    Example:
        >>> dg.tree.map(lambda x, y: x + y, {"a": 1}, {"a": 2})
        {'a': 3}

    Source: `jax.tree.map`.
    """
    return _mapped("map", fun, tree, rest, is_leaf)


def leaves_with_path(
    tree: PyTree, is_leaf: IsLeaf | None = None, is_leaf_takes_path: bool = False
) -> list[tuple[KeyPath, Any]]:
    """Each leaf with its path, a tuple of keys: `DictKey`, `SequenceKey`, `GetAttrKey`, `FlattenedIndexKey`.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.
        is_leaf_takes_path: Whether `is_leaf` is given the path and the node.

    Returns:
        A list of pairs. A key equals its plain value too: the index, the key of the dict, the name of the field.

    Derivative:
        Linear: leaves are moved and nothing is computed with them; both modes, any order.

    Example:
        >>> [(path, _), _] = dg.tree.leaves_with_path({"w": [1, 2]})
        >>> path, path == ("w", 0)
        ((DictKey(key='w'), SequenceKey(idx=0)), True)

    Source: `jax.tree.leaves_with_path`, whose keys do not equal plain ones.
    """
    return walked(tree, _of_path(is_leaf, is_leaf_takes_path))[0]


def flatten_with_path(
    tree: PyTree, is_leaf: IsLeaf | None = None, is_leaf_takes_path: bool = False
) -> tuple[list[tuple[KeyPath, Any]], Any]:
    """Each leaf of `tree` with its path, and the structure of `tree`.

    Args:
        tree: Any pytree.
        is_leaf: Says of a node that it counts as a leaf.
        is_leaf_takes_path: Whether `is_leaf` is given the path and the node.

    Returns:
        `(pairs, treedef)`: a list of `(path, leaf)` as of `leaves_with_path`, and the structure.

    Derivative:
        Linear: leaves are moved and nothing is computed with them; both modes, any order.

    Example:
        >>> [dg.tree.keystr(path) for path, _ in dg.tree.flatten_with_path({"w": [1, 2]})[0]]
        ["['w'][0]", "['w'][1]"]

    Source: `jax.tree.flatten_with_path`.
    """
    found, marked = walked(tree, _of_path(is_leaf, is_leaf_takes_path))
    return found, structure(marked)


def map_with_path(
    fun: Callable[..., Any],
    tree: PyTree,
    *rest: PyTree,
    is_leaf: IsLeaf | None = None,
    is_leaf_takes_path: bool = False,
) -> PyTree:
    """The tree of `fun(path, leaf, ...)` over corresponding leaves of `tree` and `rest`.

    Args:
        fun: Takes the path of a leaf, a tuple of keys as of `leaves_with_path`, and one leaf of each tree.
        tree: The tree whose structure the result has.
        *rest: Trees with the structure of `tree`; where `tree` has a leaf they may have a whole subtree.
        is_leaf: Says of a node that it counts as a leaf.
        is_leaf_takes_path: Whether `is_leaf` is given the path and the node.

    Returns:
        A tree with the structure of `tree`; a tree that `fun` returns takes the place of a leaf.

    Raises:
        ValueError: The structures differ.

    Derivative:
        That of `fun`, at each leaf.

    Example:
        >>> dg.tree.map_with_path(lambda path, x: dg.tree.keystr(path), {"w": 1.0, "b": [2.0]})
        {'b': ["['b'][0]"], 'w': "['w']"}

    Source: `jax.tree.map_with_path`.
    """
    found, places = walked(tree, _of_path(is_leaf, is_leaf_takes_path))

    def at_place(i: int, *xs: Any) -> Any:
        return fun(found[i][0], *xs)

    return _mapped("map_with_path", at_place, places, (tree, *rest), None)


def broadcast(prefix: PyTree, tree: PyTree, is_leaf: IsLeaf | None = None) -> PyTree:
    """A tree with the structure of `tree`, each leaf that of `prefix` above it.

    Args:
        prefix: A tree that ends where `tree` does, or higher up.
        tree: Any pytree.
        is_leaf: Says of a node of `prefix` that it counts as a leaf.

    Returns:
        A tree with the structure of `tree`, whose leaves are those of `prefix`, each as often as needed.

    Raises:
        ValueError: `prefix` is no prefix of `tree`.

    Derivative:
        Linear: the gradient is added up over the copies of a leaf; both modes, any order.

    Example:
        >>> dg.tree.broadcast({"a": 0, "b": None}, {"a": [1, 2], "b": None})
        {'a': [0, 0], 'b': None}

    Source: `jax.tree.broadcast`.
    """

    def filled(x: Any, below: PyTree) -> PyTree:
        found, treedef = flatten(below)
        return unflatten(treedef, [x] * len(found))

    return _mapped("broadcast", filled, prefix, (tree,), is_leaf)


def transpose(outer_treedef: Any, inner_treedef: Any, tree: PyTree) -> PyTree:
    """A tree of trees turned inside out: what was the inner structure is the outer one.

    Args:
        outer_treedef: The outer structure of `tree`.
        inner_treedef: The structure at each leaf of the outer one; `None` takes that of the first.
        tree: A tree of the structure `outer_treedef`, whose leaves are trees of the structure `inner_treedef`.

    Returns:
        A tree of the structure `inner_treedef`, whose leaves are trees of the structure `outer_treedef`.

    Raises:
        ValueError: `tree` has not that structure.

    Derivative:
        Linear: leaves are moved and nothing is computed with them; both modes, any order.

    Example:
        >>> pairs = {"a": (1, 2), "b": (3, 4)}
        >>> dg.tree.transpose(dg.tree.structure({"a": 0, "b": 0}), dg.tree.structure((0, 0)), pairs)
        ({'a': 1, 'b': 3}, {'a': 2, 'b': 4})

    Source: `jax.tree.transpose`.
    """
    n = check_structure("transpose", "outer_treedef", outer_treedef)
    if inner_treedef is not None:
        check_structure("transpose", "inner_treedef", inner_treedef)
    found = leaves(tree)
    inner: list[Any] = []

    def at_leaf(_: Any, below: PyTree) -> PyTree:
        inner.append(below)
        return below

    if n:
        map(at_leaf, unflatten(outer_treedef, [0] * n), tree)
        kinds = [structure(x) for x in inner]
        inner_treedef = kinds[0] if inner_treedef is None else inner_treedef
        wrong = [kind for kind in kinds if kind != inner_treedef]
        if wrong:
            raise ValueError(
                f"dualgrad.tree.transpose: each leaf of the outer structure must have the inner one, {inner_treedef}, "
                f"got {wrong[0]}. Take the structures with dg.tree.structure."
            )
    elif inner_treedef is None:
        raise ValueError(
            "dualgrad.tree.transpose: inner_treedef must be given where the outer structure has no leaf, got None. "
            "Take it with dg.tree.structure."
        )
    m = inner_treedef.num_leaves
    return unflatten(inner_treedef, [unflatten(outer_treedef, found[i::m]) for i in range(m)])


def ravel(tree: PyTree) -> tuple[Array, Callable[[Array], PyTree]]:
    """All leaves of `tree` in one vector, and the function that makes the tree of such a vector.

    Args:
        tree: A tree of arrays and numbers of any shapes.

    Returns:
        `(flat, unravel)`: a vector, of the dtype that all leaves promote to (without leaves, the default floating-point
        one), and a function. `unravel(flat)` has the structure, shapes and dtypes of `tree`; where all leaves are of
        one dtype, it takes a vector of any, and the leaves have that. Of a complex vector a real leaf takes the real
        part. Two such functions are equal where the trees
        they make are alike, so they may be static arguments.

    Raises:
        TypeError: A leaf is no array or number; by `unravel`, if leaves differ in dtype, and the vector from `flat`.
        ValueError: By `unravel`, if the vector has another shape than `flat`.

    Derivative:
        Linear: elements are moved; both modes, any order. Integers and bools among floats have none.

    Example:
        >>> flat, unravel = dg.tree.ravel({"w": dg.ones((2, 2)), "b": dg.zeros(2)})
        >>> dg.to_numpy(flat).tolist(), dg.to_numpy(unravel(2 * flat)["w"]).tolist()
        ([0.0, 0.0, 1.0, 1.0, 1.0, 1.0], [[2.0, 2.0], [2.0, 2.0]])

    Source: `jax.flatten_util.ravel_pytree`.
    """
    return _trees.raveled(tree)


def reduce(
    fun: Callable[[Any, Any], Any], /, tree: PyTree, initializer: Any = None, is_leaf: IsLeaf | None = None
) -> Any:
    """Leaves of `tree` combined from the left by `fun`.

    Args:
        fun: Takes the result so far and a leaf.
        tree: Any pytree.
        initializer: The first result; `None` starts from the first leaf.
        is_leaf: Says of a node that it counts as a leaf.

    Returns:
        What the last call of `fun` returned; the first result where there is no call.

    Raises:
        TypeError: The tree has no leaf, and there is no `initializer`; `fun` is no function.

    Derivative:
        That of the calls of `fun`.

    Example:
        >>> dg.tree.reduce(lambda x, y: x + y, {"a": 1, "b": [2, 3]})
        6

    Source: `jax.tree.reduce`.
    """
    check_function("reduce", "fun", fun)
    found = leaves(tree, is_leaf)
    if initializer is None and not found:
        raise TypeError("dualgrad.tree.reduce: a tree without leaves needs an initializer, got None.")
    return functools.reduce(fun, found) if initializer is None else functools.reduce(fun, found, initializer)


def reduce_associative(
    operation: Callable[[Any, Any], Any], tree: PyTree, *, identity: Any = None, is_leaf: IsLeaf | None = None
) -> Any:
    """Leaves of `tree` combined by an associative operation, in pairs: a tree of logarithmic depth.

    Args:
        operation: Takes two leaves or results.
        tree: Any pytree.
        identity: The result for a tree without leaves; not used otherwise.
        is_leaf: Says of a node that it counts as a leaf.

    Returns:
        What the last call of `operation` returned; the leaf where there is one alone.

    Raises:
        TypeError: `operation` is no function.
        ValueError: The tree has no leaf, and there is no `identity`.

    Derivative:
        That of the calls of `operation`.

    Example:
        >>> dg.tree.reduce_associative(lambda x, y: f"({x}{y})", ["a", ["b", "c"], "d"])
        '((ab)(cd))'

    Source: `jax.tree.reduce_associative`.
    """
    check_function("reduce_associative", "operation", operation)
    found = leaves(tree, is_leaf)
    if not found and identity is None:
        raise ValueError(
            "dualgrad.tree.reduce_associative: a tree without leaves needs the identity of the operation, got None."
        )
    while len(found) > 1:
        pairs = [operation(x, y) for x, y in zip(found[::2], found[1::2], strict=False)]
        found = [*pairs, *found[2 * len(pairs) :]]
    return found[0] if found else identity


def all(tree: PyTree, is_leaf: IsLeaf | None = None) -> bool:
    """Whether every leaf is true.

    Args:
        tree: Any pytree of Python values or concrete 0-d arrays.
        is_leaf: Says of a node that it counts as a leaf.

    Returns:
        A Python bool; `True` for a tree without leaves.

    Raises:
        ConcretizationError: A leaf is an array that is being traced and has no value.

    Derivative:
        Not differentiable: no array is computed.

    Example:
        >>> dg.tree.all({"a": True, "b": [True, False]})
        False

    Source: `jax.tree.all`.
    """
    return not [leaf for leaf in leaves(tree, is_leaf) if not leaf]


def all_leaves(iterable: Iterable[Any], is_leaf: IsLeaf | None = None) -> bool:
    """Whether every element is a leaf.

    Args:
        iterable: Any values.
        is_leaf: Says of a node that it counts as a leaf.

    Returns:
        A Python bool.

    Derivative:
        Not differentiable: no array is computed.

    Example:
        >>> dg.tree.all_leaves([1, "two"]), dg.tree.all_leaves([1, None])
        (True, False)

    Source: `jax.tree_util.all_leaves`.
    """
    for x in iterable:
        found = leaves(x, is_leaf)
        if len(found) != 1 or found[0] is not x:
            return False
    return True


def treedef_tuple(treedefs: Iterable[Any]) -> Any:
    """Structure of a tuple of trees.

    Args:
        treedefs: Structures of the active backend.

    Returns:
        The structure of a tuple that has these children.

    Raises:
        TypeError: An element is no structure.

    Derivative:
        Not differentiable: no array is computed.

    Example:
        >>> dg.tree.treedef_tuple([dg.tree.structure([1]), dg.tree.structure(2)]) == dg.tree.structure(([1], 2))
        True

    Source: `jax.tree_util.treedef_tuple`.
    """
    treedefs = list(treedefs)
    for treedef in treedefs:
        check_structure("treedef_tuple", "each element", treedef)
    return structure(tuple([unflatten(t, [0] * t.num_leaves) for t in treedefs]))


def treedef_children(treedef: Any) -> list[Any]:
    """Structures of the children of a tree's root; none where it is a leaf.

    Args:
        treedef: A structure of the active backend.

    Returns:
        A list of structures.

    Raises:
        TypeError: It is no structure.

    Derivative:
        Not differentiable: no array is computed.

    Example:
        >>> below = dg.tree.treedef_children(dg.tree.structure([1, (2, 3)]))
        >>> below == [dg.tree.structure(1), dg.tree.structure((2, 3))]
        True

    Source: `jax.tree_util.treedef_children`.
    """
    check_structure("treedef_children", "treedef", treedef)
    return list(treedef.children())


def treedef_is_leaf(treedef: Any) -> bool:
    """Whether a tree is one leaf, or a container without children.

    Args:
        treedef: A structure of the active backend.

    Returns:
        A Python bool.

    Raises:
        TypeError: It is no structure.

    Derivative:
        Not differentiable: no array is computed.

    Example:
        >>> dg.tree.treedef_is_leaf(dg.tree.structure(1)), dg.tree.treedef_is_leaf(dg.tree.structure([1]))
        (True, False)

    Source: `jax.tree_util.treedef_is_leaf`.
    """
    check_structure("treedef_is_leaf", "treedef", treedef)
    return treedef.num_nodes == 1


def _of_path(is_leaf: IsLeaf | None, takes_path: bool) -> Callable[[KeyPath, Any], bool]:
    """`is_leaf` as a function of a path and the node there."""
    if is_leaf is None:
        return lambda path, x: False
    test: Any = leaf_test("leaves_with_path", is_leaf)
    return test if takes_path else lambda path, x: test(x)


def _mapped(name: str, fun: Callable[..., Any], tree: PyTree, rest: tuple[PyTree, ...], is_leaf: IsLeaf | None) -> Any:
    tree_of = active.backend.tree
    is_leaf = leaf_test(name, is_leaf)
    try:
        return tree_of.map(fun, tree, *rest, is_leaf=is_leaf)
    except TypeError:
        check_function(name, "fun", fun)
        raise
    except ValueError:  # of the function, or of the library, and each has words of its own
        for other in rest:
            try:
                tree_of.map(lambda *_: 0, tree, other, is_leaf=is_leaf)
            except ValueError:
                first, second = (outline(tree_of, structure(x)) for x in (tree, other))
                raise ValueError(
                    f"dualgrad.tree.{name}: every tree must have the structure of the first, {first}, got {second}."
                ) from None
        raise
