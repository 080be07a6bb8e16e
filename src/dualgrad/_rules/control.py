"""Errors of control flow, of linear maps and of leaked arrays, in the same words on every backend.

Each function returns the error to raise. Shapes and dtypes come as text such as `float32(3,)`, never as arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._rules.arguments import shown
from dualgrad._rules.outlines import kind_text
from dualgrad.errors import LeakedArrayError

__all__ = [
    "body_output",
    "bounds_mismatch",
    "branch_mismatch",
    "branch_structure",
    "carry_mismatch",
    "carry_structure",
    "check_platforms",
    "check_unroll",
    "elements_mismatch",
    "index_not_integer",
    "leaked",
    "nan_found",
    "negative_length",
    "no_branches",
    "no_transpose",
    "not_an_array",
    "not_linear",
    "pred_not_boolean",
    "pred_not_scalar",
    "reverse_while",
    "scan_length",
    "scan_scalar_xs",
    "solver_output",
    "unroll_needs_bounds",
    "wrong_count",
    "wrong_max_steps",
]


def carry_mismatch(name: str, where: str, expected: str, got: str) -> TypeError:
    """The error for a loop whose body changes the shape or dtype of a part of the carry.

    Args:
        name: `scan`, `while_loop`, `fori_loop`.
        where: The part, as a path: `carry`, `carry['h']`, `carry[0].x`.
        expected: What goes in, as `float32(3,)`.
        got: What comes out.
    """
    return TypeError(
        f"dualgrad.lax.{name}: the body must return a carry with the shapes and dtypes of its input, got {got} for "
        f"{where}, which is {expected} on entry. Convert it in the body with dg.astype or dg.reshape, or make the "
        f"initial {where} {got}."
    )


def carry_structure(name: str, expected: object, got: object) -> TypeError:
    """The error for a loop whose body returns another tree than the carry it was given."""
    return TypeError(
        f"dualgrad.lax.{name}: the body must return a carry with the tree structure of its input, got {got} where "
        f"{expected} was expected. Return every part of the carry, in the same containers."
    )


def body_output(name: str, got: str) -> TypeError:
    """The error for the body of a scan that returns no pair; `got` names the type it returns."""
    return TypeError(
        f"dualgrad.lax.{name}: the body must return a pair (carry, y), got {got}. Return (carry, None) where there "
        "is nothing to stack."
    )


def scan_length(name: str, problem: str) -> ValueError:
    """The error for a scan whose number of steps is unknown or said in two ways.

    Args:
        name: `scan`, `map`, `associative_scan`.
        problem: `""` where neither xs nor length is given, else the sizes, as `sizes 3, 4` or `length 5 for size 3`.
    """
    if not problem:
        return ValueError(
            f"dualgrad.lax.{name}: the number of steps must be known, got no array in xs and no length. Pass length=n."
        )
    return ValueError(
        f"dualgrad.lax.{name}: the arrays of xs must have one leading size, which is also the length, got {problem}. "
        "Slice them to one size, or leave out length."
    )


def scan_scalar_xs(name: str, got: str) -> ValueError:
    """The error for a 0-d array among those whose leading axis is to be scanned."""
    return ValueError(
        f"dualgrad.lax.{name}: the arrays of xs must have a leading axis to go along, got {got}. Close over what "
        "stays the same in every step, or put it into the carry."
    )


def branch_mismatch(name: str, where: str, expected: str, got: str) -> TypeError:
    """The error for branches whose outputs differ in shape or dtype.

    Args:
        name: `cond`, `switch`.
        where: The part of the output of the differing branch, as `output of branch 1` or `output['a'] of branch 1`.
        expected: What the first branch (the true one of `cond`) returns there, as `float32(3,)`.
        got: What the other one returns.
    """
    return TypeError(
        f"dualgrad.lax.{name}: all branches must return the same shapes and dtypes, got {got} for {where} and "
        f"{expected} for the first branch. Convert with dg.astype or dg.reshape inside the branch."
    )


def branch_structure(name: str, which: int, expected: object, got: object) -> TypeError:
    """The error for branches that return different trees; `which` is the position of the differing branch."""
    return TypeError(
        f"dualgrad.lax.{name}: all branches must return the same tree structure, got {got} for branch {which} and "
        f"{expected} for the first branch. Return the same containers from each."
    )


def pred_not_scalar(name: str, got: str) -> TypeError:
    """The error for a condition that is no scalar; `got` describes it, as `shape (3,)` or `a list`."""
    return TypeError(
        f"dualgrad.lax.{name}: the condition must be a boolean scalar, got {got}. Reduce it with dg.all or dg.any, "
        "or choose element by element with dg.where."
    )


def pred_not_boolean(name: str, dtype: str) -> TypeError:
    """The error for a condition of a dtype that has no truth value here."""
    return TypeError(
        f"dualgrad.lax.{name}: the condition must be a boolean scalar, got dtype {dtype}. Compare it, as in x > 0."
    )


def index_not_integer(name: str, what: str, got: str) -> TypeError:
    """The error for a branch index or a loop bound that is no integer scalar.

    Args:
        name: `switch`, `fori_loop`.
        what: `the index`, `lower`, `upper`.
        got: What it is, as `float32()` or `int32(3,)` or `a str`.
    """
    return TypeError(
        f"dualgrad.lax.{name}: {what} must be an integer scalar, got {got}. Convert it with dg.astype(x, dg.int32)."
    )


def bounds_mismatch(name: str, lower: str, upper: str) -> TypeError:
    """The error for loop bounds of two dtypes."""
    return TypeError(
        f"dualgrad.lax.{name}: lower and upper must have one dtype, got {lower} and {upper}. Convert one of them with "
        "dg.astype."
    )


def no_branches(name: str) -> ValueError:
    """The error for a switch without branches."""
    return ValueError(f"dualgrad.lax.{name}: at least one branch is needed, got none. Pass a sequence of functions.")


def reverse_while(name: str = "while_loop") -> ValueError:
    """The error for reverse mode through a loop whose number of steps is known only at run time."""
    del name  # JAX cannot tell a fori_loop from a while_loop by then, and both backends say the same
    return ValueError(
        "dualgrad.lax.while_loop: reverse mode needs the number of steps before the loop runs, got reverse mode "
        "through while_loop, or through fori_loop with bounds known only at run time. Pass max_steps=n to "
        "dg.lax.while_loop, use dg.lax.scan or dg.lax.fori_loop with static bounds, or take forward mode: dg.jvp, "
        "dg.jacfwd."
    )


def check_platforms(names: Sequence[str], has_default: bool, platform: str | None = None) -> None:
    """Check the platforms for which there is a function.

    Args:
        names: The platforms.
        has_default: Whether there is one for all others.
        platform: The one that the program runs on, if that is known.

    Raises:
        ValueError: A name stands for several platforms.
        NotImplementedError: There is no function for the platform.
    """
    if "gpu" in names:
        raise ValueError(
            "dualgrad.lax.platform_dependent: a platform must be named exactly, got 'gpu'. Name 'cuda' or 'rocm'."
        )
    if platform is not None and platform not in names and not has_default:
        raise NotImplementedError(
            f"dualgrad.lax.platform_dependent: there must be a function for the platform {platform!r}, got functions "
            f"for {sorted(names)}. Pass default=."
        )


def unroll_needs_bounds() -> ValueError:
    """The error for unrolling a loop whose number of steps is known only at run time."""
    return ValueError(
        "dualgrad.lax.fori_loop: unroll needs bounds that are Python integers, got bounds known only at run time. "
        "Leave out unroll."
    )


def negative_length(name: str, length: int) -> ValueError:
    """The error for a loop of less than no steps."""
    return ValueError(f"dualgrad.lax.{name}: length must not be negative, got {length}. Use 0 for a loop of no steps.")


def check_unroll(unroll: object, op: str = "lax.scan") -> None:
    """Check how many steps of a scan are to be written into one iteration.

    Raises:
        ValueError: It is no number of steps.
    """
    if not isinstance(unroll, int) or unroll < 0:
        raise ValueError(
            f"dualgrad.{op}: unroll must be a bool or a Python integer of at least 0, got {_shown(unroll)}. Leave "
            "it out: it changes no value."
        )


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, int | float | str | None) else kind_text(value)


def wrong_max_steps(got: object) -> ValueError:
    """The error for a `max_steps` that is no number of steps."""
    return ValueError(
        f"dualgrad.lax.while_loop: max_steps must be a Python integer of at least 0 and below 2**31, or None, got "
        f"{shown(got)}. It is part of the program and cannot depend on data."
    )


def elements_mismatch(name: str, expected: str, got: str) -> TypeError:
    """The error for a combining function of an associative scan whose result differs from its arguments."""
    return TypeError(
        f"dualgrad.lax.{name}: the function must return the structure, shapes and dtypes of its arguments, got {got} "
        f"where {expected} was expected. Convert with dg.astype inside it."
    )


def solver_output(name: str, what: str, expected: str, got: str) -> TypeError:
    """The error for a function of a solver that returns what does not fit the unknown.

    Args:
        name: `custom_root`, `custom_linear_solve`.
        what: Which function: `f`, `matvec`, `solve`, `tangent_solve`, `transpose_solve`.
        expected: A structure, or `float32(3,)`, or `a pair (solution, aux)`.
        got: What it returned.
    """
    return TypeError(
        f"dualgrad.lax.{name}: {what} must return {expected}, got {got}. What it returns has the structure, shapes and "
        f"dtypes of {'the initial guess' if name == 'custom_root' else 'b'}."
    )


def no_transpose() -> TypeError:
    """The error for reverse mode through a linear solve that has no transposed solver."""
    return TypeError(
        "dualgrad.lax.custom_linear_solve: reverse mode needs the solution of the transposed system, got no "
        "transpose_solve. Pass transpose_solve(vecmat, ct), or symmetric=True where matvec is its own transpose."
    )


def leaked() -> LeakedArrayError:
    """The error for an array of a trace that is used after it."""
    return LeakedArrayError(
        "dualgrad: an array that is being traced lives only inside the function that is traced, got one that was kept "
        "beyond it. Return it from the function, with has_aux=True if need be, instead of storing it in a global, an "
        "attribute or a list."
    )


def not_linear(name: str) -> TypeError:
    """The error for the transpose of a function that is not linear."""
    return TypeError(
        f"dualgrad.{name}: the function must be linear in its arguments, got one that is not. Linearize it first: "
        "dg.linear_transpose(dg.linearize(f, x)[1], x), or take dg.vjp."
    )


def wrong_count(name: str, what: str, expected: int, got: int) -> TypeError:
    """The error for a call with another number of arguments than the linear map has."""
    return TypeError(
        f"dualgrad.{name}: the function takes {expected} {what}{'s' * (expected != 1)}, got {got}. Pass one for each "
        "argument that was given at first."
    )


def not_an_array(name: str, got: str) -> TypeError:
    """The error for a leaf of a tree of arrays that is none; `got` names its type."""
    return TypeError(
        f"dualgrad.{name}: arguments and results must be arrays, Python numbers or trees of them, got {got}. Close "
        "over other values, or keep them out of the loop."
    )


def nan_found(op: str, direction: str, kind: str = "nan") -> FloatingPointError:
    """The error for a nan or inf that appeared under `dg.debug.check_nans`.

    Args:
        op: What computed it, with the user's line: `dualgrad.log in model.py:12: `y = dg.log(x)``.
        direction: `forward`, or `backward` for one that appeared in a derivative.
        kind: `nan` or `inf`.
    """
    way = "the derivative of " if direction == "backward" else ""
    return FloatingPointError(
        f"dualgrad.debug.check_nans: no result may be {kind}, got one from {way}{op}. Look at its arguments with "
        "dg.debug.print, or keep them in the domain with dg.where on the input."
    )
