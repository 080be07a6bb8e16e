"""One row per op: the data from which every generated test and the support pages come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Gap", "Point", "Scenario"]


@dataclass(frozen=True)
class Point:
    """A special point of an op and what dualgrad promises there, in float64.

    Attributes:
        args: The arguments, as NumPy arrays or Python scalars.
        grads: Expected gradient of `sum(op(*args))` for each argument in the row's `wrt`; `None` to check none.
        value: Expected value, or `None` to check none.
        why: What is special here, for the agreement page.
        second: Expected second derivatives of `sum(op(*args))`, a row for each of `grads`; a number if there is one
            argument. `None` to check none.
        dtype: Name of the result's dtype in 64-bit mode, or nothing to check none.

    Example:
        >>> from dualgrad.testing import Point
        >>> Point((0.0,), grads=(0.0,), why="the subgradient of least norm").value is None
        True

    Source: dualgrad's own.
    """

    args: tuple[Any, ...]
    grads: tuple[Any, ...] | None = None
    value: Any = None
    why: str = ""
    second: Any = None
    dtype: str = ""


@dataclass(frozen=True)
class Scenario:
    """How one op is tested on every backend.

    Attributes:
        op: Public dotted name below `dualgrad`, such as `"sin"` or `"linalg.solve"`.
        args: Positional arguments at a generic point, away from kinks: float64 (or integer, bool, complex) NumPy
            arrays, Python scalars, tuples of either.
        kwargs: Keyword arguments.
        reference: The same function of NumPy arguments, from NumPy, SciPy or a closed form; takes `args` and `kwargs`.
        wrt: Positions of the arguments that are differentiated; empty where the op is not differentiable or its
            derivative is zero everywhere.
        order: Highest order of derivative that is checked, 0 to 2.
        dtypes: Names of the dtypes that the floating-point array arguments are also tried in; float64 is always tried.
        points: Special points.
        vmap: Whether the first argument may be batched. `False` only where the output's shape depends on data or the
            first argument is no array.
        jit: Whether the op can be traced. `False` only where the output's shape depends on data.
        rtol: Relative tolerance in float64, for values; derivatives get 100 times as much.
        exact: Whether the result must be equal to the last bit on both backends.
        label: Tells apart several rows of one op.
        heavy: Whether compiling the op takes seconds. A quick run leaves second derivatives, `vmap` and `jit` to the
            full one.

    Example:
        >>> from dualgrad.testing import Scenario
        >>> Scenario("sin", (0.5,), label="one").id
        'sin[one]'

    Source: dualgrad's own.
    """

    op: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reference: Callable[..., Any] | None = None
    wrt: tuple[int, ...] = (0,)
    order: int = 2
    dtypes: tuple[str, ...] = ("float32",)
    points: tuple[Point, ...] = ()
    vmap: bool = True
    jit: bool = True
    rtol: float = 1e-12
    exact: bool = False
    label: str = ""
    heavy: bool = False

    @property
    def id(self) -> str:
        """Name of the row in test reports."""
        return f"{self.op}[{self.label}]" if self.label else self.op


@dataclass(frozen=True)
class Gap:
    """Something that a backend cannot do; its tests must fail, so that a gap which closes is noticed.

    Attributes:
        backend: Name of the backend.
        op: Public dotted name of the op.
        reason: Why, in one sentence.
        link: Address of the framework's issue, if there is one.
        checks: Names of the generated checks that fail, such as `"vmap"` or `"order2"`; empty for all.

    Example:
        >>> from dualgrad.testing import Gap
        >>> Gap("mine", "linalg.eig", "no kernel", checks=("grad",)).op
        'linalg.eig'

    Source: dualgrad's own.
    """

    backend: str
    op: str
    reason: str
    link: str = ""
    checks: tuple[str, ...] = ()
