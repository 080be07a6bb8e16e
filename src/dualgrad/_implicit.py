"""Solutions of equations, differentiated by the implicit function theorem; `dg.lax` lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad._active import get_backend
from dualgrad._rules.arguments import flag
from dualgrad._transformed import bound, check_callable, explained
from dualgrad.typing import PyTree

__all__ = ["custom_linear_solve", "custom_root"]


def custom_root(
    f: Callable[[Any], Any],
    initial_guess: PyTree,
    solve: Callable[[Callable[..., Any], Any], Any],
    tangent_solve: Callable[[Callable[..., Any], Any], Any],
    has_aux: bool = False,
) -> Any:
    """A root of `f`, found by `solve` and differentiated as the equation `f(x) = 0` defines it, not as it was found.

    Args:
        f: From a tree of arrays to one of the same structure, shapes and dtypes. What is differentiated it closes over.
        initial_guess: A tree of floating-point or complex arrays.
        solve: From `f` and the guess to the root. It may iterate, with `dg.lax.while_loop`, and is not differentiated.
        tangent_solve: From a linear function `g` and a right-hand side `y` to the solution of `g(x) = y`. Reverse mode
            transposes it; so of scalars `y / g(1.0)`, of vectors `dg.linalg.solve(dg.jacfwd(g)(y), y)`.
        has_aux: Whether `solve` returns `(root, aux)`; the result is then that pair, `aux` without a derivative.

    Returns:
        The root.

    Raises:
        TypeError: One of the functions returns what does not fit the guess.

    Derivative:
        `-g^-1 df`, with `g` the derivative of `f` in `x` and `df` in what it closes over; both modes, any order. Of
        the guess: zero.

    Example:
        >>> def square_root(a):
        ...     newton = lambda f, x: dg.lax.fori_loop(0, 20, lambda i, x: x - f(x) / (2.0 * x), x)
        ...     return dg.lax.custom_root(lambda x: x * x - a, a, newton, lambda g, y: y / g(1.0))
        >>> float(square_root(9.0)), round(float(dg.grad(square_root)(9.0)), 4)
        (3.0, 0.1667)

    Source: `jax.lax.custom_root`.
    """
    for fun in (f, solve, tangent_solve):
        check_callable("lax.custom_root", fun)
    has_aux = flag("lax.custom_root", "has_aux", has_aux)
    backend = get_backend()
    try:
        return backend.lax.custom_root(
            bound(f, backend), initial_guess, bound(solve, backend), bound(tangent_solve, backend), has_aux
        )
    except Exception as error:
        raise explained("lax.custom_root", error, (initial_guess,), {}) from error.__cause__


def custom_linear_solve(
    matvec: Callable[[Any], Any],
    b: PyTree,
    solve: Callable[[Callable[..., Any], Any], Any],
    transpose_solve: Callable[[Callable[..., Any], Any], Any] | None = None,
    symmetric: bool = False,
    has_aux: bool = False,
) -> Any:
    """Solution of the linear equation `matvec(x) = b`, found by `solve` and differentiated as the equation defines it.

    Args:
        matvec: Linear, from a tree like `b` to one. What is differentiated beside `b` it closes over.
        b: A tree of floating-point or complex arrays.
        solve: From `matvec` and `b` to the solution. It may iterate, and is not differentiated.
        transpose_solve: From `vecmat`, the transpose of `matvec`, and a cotangent to the solution of the transposed
            equation; reverse mode needs it.
        symmetric: Whether `matvec` is its own transpose; `solve` then solves the transposed equation too.
        has_aux: Whether the solvers return `(solution, aux)`; the result is then such a pair, `aux` without a
            derivative.

    Returns:
        The solution, a tree like `b`.

    Raises:
        TypeError: One of the functions returns what does not fit `b`; reverse mode without a transposed solver.

    Derivative:
        That of `matvec^-1 b` in `b` and in what `matvec` closes over; both modes, any order.

    Example:
        >>> a = dg.asarray([[3.0, 1.0], [1.0, 2.0]])
        >>> def energy(b):
        ...     x = dg.lax.custom_linear_solve(lambda x: a @ x, b, lambda _, b: dg.linalg.solve(a, b), symmetric=True)
        ...     return dg.sum(x * b)
        >>> round(float(energy(dg.asarray([1.0, 2.0]))), 4)
        2.0

    Source: `jax.lax.custom_linear_solve`.
    """
    for fun in (matvec, solve, *([] if transpose_solve is None else [transpose_solve])):
        check_callable("lax.custom_linear_solve", fun)
    symmetric = flag("lax.custom_linear_solve", "symmetric", symmetric)
    has_aux = flag("lax.custom_linear_solve", "has_aux", has_aux)
    backend = get_backend()
    try:
        back = None if transpose_solve is None else bound(transpose_solve, backend)
        return backend.lax.custom_linear_solve(
            bound(matvec, backend), b, bound(solve, backend), back, symmetric, has_aux
        )
    except Exception as error:
        raise explained("lax.custom_linear_solve", error, (b,), {}) from error.__cause__
