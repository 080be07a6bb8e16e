"""Errors of control flow, custom rules, collectives and callbacks, in the same words on every backend.

Each function returns the error to raise. Shapes and dtypes come as text such as `float32(3,)`, never as arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from dualgrad.errors import ClosedOverError, LeakedArrayError

__all__ = [
    "axis_name_error",
    "bad_permutation",
    "body_output",
    "bounds_mismatch",
    "branch_mismatch",
    "branch_structure",
    "callback_derivative",
    "callback_result",
    "callback_structure",
    "carry_mismatch",
    "carry_structure",
    "check_unroll",
    "closed_over",
    "closure_mismatch",
    "elements_mismatch",
    "forward_custom_vjp",
    "index_not_integer",
    "kind_text",
    "leaked",
    "missing_rule",
    "nan_found",
    "no_branches",
    "no_transpose",
    "nondiff_traced",
    "not_an_array",
    "not_linear",
    "outline",
    "path_text",
    "positions",
    "pred_not_boolean",
    "pred_not_scalar",
    "reverse_while",
    "rule_output",
    "scan_length",
    "scan_scalar_xs",
    "solver_output",
    "unbound_axis",
    "unroll_needs_bounds",
    "vmap_axis_size",
    "wrong_count",
    "wrong_max_steps",
    "wrong_parts",
    "wrong_vmap_method",
]


class _Star:
    def __repr__(self) -> str:
        return "*"


_STAR: Final = _Star()


def outline(tree: Any, treedef: Any) -> str:
    """A tree structure as text, the same on every backend: its containers with `*` for each leaf.

    Args:
        tree: The backend's tree namespace.
        treedef: One of its structures.
    """
    return repr(tree.unflatten(treedef, [_STAR] * treedef.num_leaves))


def kind_text(x: object) -> str:
    """What a function returned instead of what it should have, as text."""
    if isinstance(x, tuple | list):
        return f"a {type(x).__name__} of {len(x)}"  # pyright: ignore[reportUnknownArgumentType]  # of anything
    return "one array" if hasattr(x, "shape") or isinstance(x, int | float | complex) else f"a {type(x).__name__}"


def path_text(root: str, path: Sequence[Any]) -> str:
    """A place in a tree as text, `carry['h'][0]`; `path` is one of the backend's `tree.leaves_with_path`."""
    return root + "".join([f"[{key!r}]" for key in path])


def positions(kind: str, fun: Callable[..., Any]) -> Callable[[tuple[Any, ...], dict[str, Any]], tuple[Any, ...]]:
    """What turns the arguments of a call into positional ones, defaults included: rules know positions only.

    Raises:
        TypeError: At the call, where a keyword-only argument is passed or the arguments do not fit.
    """
    try:
        # A partial has an opaque signature: what it binds is no argument of the rule.
        signature = None if type(fun) is partial else inspect.signature(fun)
    except (TypeError, ValueError):  # a builtin may have none
        signature = None

    def place(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        if signature is None:
            if kwargs:
                raise _keyword_only(kind, fun, kwargs)
            return args
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        if call.kwargs:
            raise _keyword_only(kind, fun, call.kwargs)
        return call.args

    return place


def _keyword_only(kind: str, fun: Callable[..., Any], kwargs: dict[str, Any]) -> TypeError:
    name = getattr(fun, "__name__", "the function")
    return TypeError(
        f"dualgrad.{kind}: arguments must have positions, got the keyword-only {', '.join(sorted(kwargs))} for "
        f"{name!r}. Make it a positional parameter."
    )


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
    """The error for loop bounds of two integer dtypes."""
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


def unroll_needs_bounds() -> ValueError:
    """The error for unrolling a loop whose number of steps is known only at run time."""
    return ValueError(
        "dualgrad.lax.fori_loop: unroll needs bounds that are Python integers, got bounds known only at run time. "
        "Leave out unroll."
    )


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
        f"dualgrad.lax.while_loop: max_steps must be a Python integer of at least 0, or None, got {got!r}. It is part "
        "of the program and cannot depend on data."
    )


def wrong_parts(name: str, axis: int, got: int, size: int, tiled: bool) -> ValueError:
    """The error for an axis that cannot be taken apart among the elements of a mapped axis."""
    rule = f"a multiple of {size}, the size of the named axis" if tiled else f"{size}, that of the named axis"
    return ValueError(
        f"dualgrad.lax.{name}: the size of axis {axis}, which is split, must be {rule}, got {got}. "
        f"{'Pad it' if tiled else 'Pass tiled=True for blocks of several, or pad it'}."
    )


def elements_mismatch(name: str, expected: str, got: str) -> TypeError:
    """The error for a combining function of an associative scan whose result differs from its arguments."""
    return TypeError(
        f"dualgrad.lax.{name}: the function must return the structure, shapes and dtypes of its arguments, got {got} "
        f"where {expected} was expected. Convert with dg.astype inside it."
    )


def forward_custom_vjp(fun_name: str) -> TypeError:
    """The error for forward mode through a function that has a rule for reverse mode only."""
    return TypeError(
        f"dualgrad.custom_vjp: the rule is for reverse mode only, got forward mode (dg.jvp, dg.jacfwd, "
        f"dg.linearize) through {fun_name!r}. Differentiate with dg.grad, dg.vjp or dg.jacrev, or give it a "
        "rule with dg.custom_jvp, which serves both modes."
    )


def missing_rule(kind: str, fun_name: str) -> AttributeError:
    """The error for a function that is to have a custom rule and was given none; `kind` is `custom_vjp` or so."""
    way = ".defvjp(fwd, bwd)" if kind == "custom_vjp" else ".defjvp(rule) or .defjvps(*rules)"
    return AttributeError(
        f"dualgrad.{kind}: a rule must be defined before the function is called, got none for {fun_name!r}. Call "
        f"{fun_name}{way}."
    )


def rule_output(kind: str, fun_name: str, what: str, expected: str, got: str) -> TypeError:
    """The error for a custom rule that returns something that does not fit the function.

    Args:
        kind: `custom_vjp`, `custom_jvp`.
        fun_name: Name of the function.
        what: What is wrong: `fwd`, `the output of fwd`, `bwd`, `the cotangent of x`, `the output of the rule`, ...
        expected: What it has to be, as `a pair (output, residuals)` or `float32(3,)`.
        got: What it is.
    """
    return TypeError(
        f"dualgrad.{kind}: {what} of {fun_name!r} must be {expected}, got {got}. Make the rule return what the "
        "function's arguments and output ask for."
    )


def closed_over(kind: str, fun_name: str) -> ClosedOverError:
    """The error for a differentiated array that reached a function with a custom rule by a closure."""
    return ClosedOverError(
        f"dualgrad.{kind}: what is differentiated must be an argument, got an array that {fun_name!r} or its rule "
        f"closes over. Pass it to {fun_name} as an argument, or hold it constant with dg.stop_gradient."
    )


def closure_mismatch(expected: str, got: str) -> TypeError:
    """The error for arguments of a converted function that are not like those of the example."""
    return TypeError(
        f"dualgrad.closure_convert: the converted function must be given arguments like those of the example, got "
        f"{got} where {expected} was expected. Convert the function for these arguments."
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


def nondiff_traced(kind: str, fun_name: str) -> ClosedOverError:
    """The error for an array that is being transformed at a position that nondiff_argnums names."""
    return ClosedOverError(
        f"dualgrad.{kind}: arguments named by nondiff_argnums must not be arrays that are being traced, got one for "
        f"{fun_name!r}. Pass it as a differentiable argument and return zeros or None for its cotangent."
    )


def unbound_axis(name: str, axis_name: object) -> NameError:
    """The error for a collective over an axis that no enclosing `vmap` names."""
    return NameError(
        f"dualgrad.lax.{name}: the axis must be named by an enclosing dg.vmap, got axis_name={axis_name!r}. Write "
        f"dg.vmap(f, axis_name={axis_name!r})."
    )


def axis_name_error(name: str, got: object) -> TypeError:
    """The error for the name of an axis that cannot be one."""
    return TypeError(
        f"dualgrad.lax.{name}: axis_name must be a hashable name or a tuple of them, got {got!r}. "
        "Use a string, as in axis_name='batch'."
    )


def vmap_axis_size(got: object, found: int | None = None) -> ValueError:
    """The error for an `axis_size` of `vmap` that is no size or differs from that of the arguments."""
    if found is None:
        return ValueError(f"dualgrad.vmap: axis_size must be an integer of at least 0, got {got!r}. Leave it out.")
    return ValueError(
        f"dualgrad.vmap: axis_size must be the size of the mapped axes, got axis_size={got} for arguments of size "
        f"{found}. Leave it out where an argument is mapped."
    )


def bad_permutation(perm: object, size: int) -> ValueError:
    """The error for pairs that are no partial permutation of the positions along an axis."""
    return ValueError(
        f"dualgrad.lax.ppermute: perm must be pairs (source, destination) of distinct positions below the axis size "
        f"{size}, got {perm}. A position that no pair names as destination receives zeros."
    )


def callback_derivative(name: str = "pure_callback") -> ValueError:
    """The error for a derivative of a function that runs outside the program."""
    return ValueError(
        f"dualgrad.{name}: a callback has no derivative, got one under differentiation. Give the function around it a "
        "rule with dg.custom_vjp or dg.custom_jvp, or hold its arguments constant with dg.stop_gradient."
    )


def callback_result(name: str, expected: str, got: str) -> ValueError:
    """The error for a callback that returns another shape or dtype than was declared."""
    return ValueError(
        f"dualgrad.{name}: the callback must return the declared shapes and dtypes, got {got} where {expected} was "
        "declared. Correct result_shape_dtypes, or convert with NumPy inside the callback."
    )


def callback_structure(name: str, expected: object, got: object) -> ValueError:
    """The error for a callback that returns another tree than was declared."""
    return ValueError(
        f"dualgrad.{name}: the callback must return the declared tree structure, got {got} where {expected} was "
        "declared. Correct result_shape_dtypes."
    )


def wrong_vmap_method(name: str, got: object) -> ValueError:
    """The error for a callback under `vmap` that was not told how to be mapped, or in an unknown way."""
    return ValueError(
        f"dualgrad.{name}: under dg.vmap, vmap_method must be 'sequential', 'expand_dims' or 'broadcast_all', got "
        f"{got!r}. Use 'sequential' for a callback that takes one element at a time."
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
