"""The contract that a backend meets: the one page that its author reads.

A backend is a module (or any object) with these names. `_protocol_ops.py` beside this file lists the tensor ops; it is
generated from their public definitions, so that an op's signature is said once. A backend may lack an op: the attribute
is then absent, and the conformance suite is told so by a `Gap`.

Requirements:
    1. Arrays stay native: what comes in and goes out are the framework's own arrays.
    2. Importing the backend imports its framework and changes no global state of it.
    3. Ops take Python scalars and NumPy arrays wherever they take arrays; an array of another framework is a
       `ForeignArrayError`.
    4. The conventions of `docs/guide/conventions.md` hold: default dtypes, promotion, gradients at kinks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from dualgrad._nodes import Node
from dualgrad._protocol_ops import LinalgOps, NNOps, Ops, RandomOps
from dualgrad.typing import PyTree

__all__ = ["Backend", "TreeOps"]

Fun = Callable[..., Any]


class TreeOps(Protocol):
    """The backend's pytree library; dict keys are sorted, `None` is a node without leaves."""

    def flatten(self, tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> tuple[list[Any], Any]: ...
    def unflatten(self, treedef: Any, leaves: Sequence[Any]) -> PyTree: ...
    def leaves(self, tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> list[Any]: ...
    def structure(self, tree: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> Any: ...
    def map(self, fun: Fun, tree: PyTree, *rest: PyTree, is_leaf: Callable[[Any], bool] | None = None) -> PyTree: ...
    def leaves_with_path(
        self, tree: PyTree, is_leaf: Callable[[Any], bool] | None = None
    ) -> list[tuple[tuple[Any, ...], Any]]: ...
    def register(self, cls: type, node: Node) -> None: ...


class Backend(Ops, Protocol):
    """A framework behind dualgrad's names."""

    name: str
    linalg: LinalgOps
    nn: NNOps
    random: RandomOps
    tree: TreeOps

    # Precision and devices
    def x64_enabled(self) -> bool: ...
    def set_x64(self, on: bool, /) -> None: ...
    def x64_block(self, on: bool, /) -> AbstractContextManager[Any]: ...
    def version(self) -> str: ...

    # Transforms: JAX's names, arguments and meaning
    def grad(
        self, fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
    ) -> Fun: ...
    def value_and_grad(
        self, fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
    ) -> Fun: ...
    def jvp(self, fun: Fun, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any: ...
    def vjp(self, fun: Fun, *primals: Any, has_aux: bool = False) -> Any: ...
    def jacfwd(
        self, fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
    ) -> Fun: ...
    def jacrev(
        self, fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
    ) -> Fun: ...
    def hessian(
        self, fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
    ) -> Fun: ...
    def vmap(self, fun: Fun, in_axes: Any = 0, out_axes: Any = 0) -> Fun: ...
    def jit(
        self,
        fun: Fun,
        *,
        static_argnums: int | Sequence[int] | None = None,
        static_argnames: str | Sequence[str] | None = None,
        donate_argnums: int | Sequence[int] | None = None,
        compiler: str | None = None,
    ) -> Fun: ...
    def jit_stats(self, fun: Fun, /) -> dict[str, int]: ...
    def stop_gradient(self, x: PyTree, /) -> PyTree: ...
    def eval_shape(self, fun: Fun, *args: Any, **kwargs: Any) -> PyTree: ...
    def is_concretization(self, error: BaseException, /) -> bool: ...
