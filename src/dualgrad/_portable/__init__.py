"""`check_portable`: does a program use anything that only one framework has?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["check_portable"]


def check_portable(fun: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
    """Check that a function runs on JAX and on torch alike, without computing anything.

    The function is run on abstract arrays on each framework that is installed, transforms, loops and custom rules
    included. Code of one framework's own is allowed where the other never comes, as behind
    `if dg.get_backend().name == "torch"`.

    Args:
        fun: A function of trees of arrays.
        *args: Its arguments: trees of arrays of any framework, or `ShapeDtypeStruct`s in their place. Python numbers
            and everything else are passed as they are.
        **kwargs: Its keyword arguments, likewise.

    Raises:
        PortabilityError: At the first native call, method that the frameworks do not share, Python branch on data,
            change in place, transfer to the host, or operator that differs; names file and line, and what to write
            instead.

    Derivative:
        None: nothing is computed.

    Example:
        >>> dg.check_portable(lambda x: dg.sum(dg.sin(x) * x), dg.ones(3))
        >>> try:
        ...     dg.check_portable(lambda x: x.view(-1), dg.ones(3))
        ... except dg.PortabilityError as error:
        ...     "Write dg.reshape(x, shape)" in str(error)
        True

    Source: dualgrad's own.
    """
    from dualgrad._portable.runs import check  # what watches a program is no part of `import dualgrad`

    check(fun, args, kwargs)
