"""Structured control flow, collectives and arrays, with JAX's names, arguments and meaning on every backend.

A Python loop or `if` works wherever values are known; these work also where they are not: under `dg.jit` and
`dg.vmap`, at a cost of compilation that does not grow with the number of steps. They compose with every transform, and
with each other.

The functions of arrays are those of the flat namespace under the names of `jax.lax`: where its own ask for equal shapes
and dtypes these broadcast and promote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dualgrad._active import get_backend
from dualgrad._collectives import (
    all_gather,
    all_to_all,
    axis_index,
    axis_size,
    pmax,
    pmean,
    pmin,
    ppermute,
    pshuffle,
    psum,
    psum_scatter,
    pswapaxes,
)
from dualgrad._counting import counted
from dualgrad._implicit import custom_linear_solve, custom_root
from dualgrad._lax.bits import (
    clz,
    mulhi,
    population_count,
    shift_right_logical,
)
from dualgrad._lax.convolutions import (
    conv,
    conv_dimension_numbers,
    conv_general_dilated,
    conv_general_dilated_local,
    conv_general_dilated_patches,
    conv_transpose,
    conv_with_general_padding,
    padtype_to_pads,
)
from dualgrad._lax.elementwise import (
    bitcast_convert_type,
    clamp,
    complex,
    convert_element_type,
    div,
    integer_pow,
    reduce_precision,
    round,
    rsqrt,
    select,
    select_n,
)
from dualgrad._lax.products import (
    batch_matmul,
    dot_general,
    ragged_dot,
)
from dualgrad._lax.reductions import (
    argmax,
    argmin,
    cumlogsumexp,
    cummax,
    cummin,
    cumprod,
    cumsum,
    reduce,
    reduce_and,
    reduce_max,
    reduce_min,
    reduce_or,
    reduce_prod,
    reduce_sum,
    reduce_window,
    reduce_xor,
)
from dualgrad._lax.shapes import (
    broadcast,
    broadcast_in_dim,
    broadcast_like,
    broadcast_to_rank,
    broadcasted_iota,
    collapse,
    concatenate,
    expand_dims,
    index_in_dim,
    iota,
    pad,
    rev,
    slice,
    slice_in_dim,
    squeeze,
    transpose,
)
from dualgrad._lax.sorting import (
    approx_max_k,
    approx_min_k,
    sort,
    sort_key_val,
)
from dualgrad._lax.transforms import (
    fft,
)
from dualgrad._lax.windows import (
    gather,
    index_take,
    scatter,
    scatter_add,
    scatter_apply,
    scatter_max,
    scatter_min,
    scatter_mul,
    scatter_sub,
)
from dualgrad._ops.arithmetic import (
    abs,
    add,
    pow,
    reciprocal,
    sign,
    square,
)
from dualgrad._ops.arithmetic import (
    multiply as mul,
)
from dualgrad._ops.arithmetic import (
    negative as neg,
)
from dualgrad._ops.arithmetic import (
    subtract as sub,
)
from dualgrad._ops.comparison import (
    equal as eq,
)
from dualgrad._ops.comparison import (
    greater as gt,
)
from dualgrad._ops.comparison import (
    greater_equal as ge,
)
from dualgrad._ops.comparison import (
    isfinite as is_finite,
)
from dualgrad._ops.comparison import (
    less as lt,
)
from dualgrad._ops.comparison import (
    less_equal as le,
)
from dualgrad._ops.comparison import (
    not_equal as ne,
)
from dualgrad._ops.complex_numbers import (
    conj,
    imag,
    real,
)
from dualgrad._ops.creation import (
    empty,
    full,
    full_like,
)
from dualgrad._ops.exponentials import (
    cbrt,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    sqrt,
)
from dualgrad._ops.floats import (
    fmod as rem,
)
from dualgrad._ops.linear_algebra import (
    dot,
)
from dualgrad._ops.logic import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
)
from dualgrad._ops.logic import (
    bitwise_invert as bitwise_not,
)
from dualgrad._ops.logic import (
    bitwise_left_shift as shift_left,
)
from dualgrad._ops.logic import (
    bitwise_right_shift as shift_right_arithmetic,
)
from dualgrad._ops.manipulation import (
    tile,
)
from dualgrad._ops.rounding import (
    ceil,
    floor,
    nextafter,
)
from dualgrad._ops.rounding import (
    maximum as max,
)
from dualgrad._ops.rounding import (
    minimum as min,
)
from dualgrad._ops.searching import top_k
from dualgrad._ops.shapes import (
    broadcast_shapes,
    reshape,
)
from dualgrad._ops.slicing import (
    dynamic_index_in_dim,
    dynamic_slice,
    dynamic_slice_in_dim,
    dynamic_update_index_in_dim,
    dynamic_update_slice,
    dynamic_update_slice_in_dim,
)
from dualgrad._ops.stacking import (
    split,
    stack,
    unstack,
)
from dualgrad._ops.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    sin,
    sinh,
    tan,
    tanh,
)
from dualgrad._platforms import platform_dependent
from dualgrad._rules.dimension_numbers import (
    ConvDimensionNumbers,
    GatherDimensionNumbers,
    GatherScatterMode,
    ScatterDimensionNumbers,
)
from dualgrad._rules.lax_options import FftType, Precision, RoundingMethod
from dualgrad._rules.shapes import as_size
from dualgrad._transformed import bound, check_callable, explained, run_lax
from dualgrad.special._bessel import (
    i0e as bessel_i0e,
)
from dualgrad.special._bessel import (
    i1e as bessel_i1e,
)
from dualgrad.special._errors import (
    erf,
    erfc,
)
from dualgrad.special._errors import (
    erfinv as erf_inv,
)
from dualgrad.special._gamma import (
    digamma,
    polygamma,
    zeta,
)
from dualgrad.special._gamma import (
    gammaln as lgamma,
)
from dualgrad.special._incomplete import (
    betainc,
)
from dualgrad.special._incomplete import (
    gammainc as igamma,
)
from dualgrad.special._incomplete import (
    gammaincc as igammac,
)
from dualgrad.special._logistic import (
    expit as logistic,
)
from dualgrad.transforms import stop_gradient
from dualgrad.typing import PyTree

__all__ = [
    "ConvDimensionNumbers",
    "FftType",
    "GatherDimensionNumbers",
    "GatherScatterMode",
    "Precision",
    "RoundingMethod",
    "ScatterDimensionNumbers",
    "abs",
    "acos",
    "acosh",
    "add",
    "all_gather",
    "all_to_all",
    "approx_max_k",
    "approx_min_k",
    "argmax",
    "argmin",
    "asin",
    "asinh",
    "associative_scan",
    "atan",
    "atan2",
    "atanh",
    "axis_index",
    "axis_size",
    "batch_matmul",
    "bessel_i0e",
    "bessel_i1e",
    "betainc",
    "bitcast_convert_type",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "broadcast",
    "broadcast_in_dim",
    "broadcast_like",
    "broadcast_shapes",
    "broadcast_to_rank",
    "broadcasted_iota",
    "cbrt",
    "ceil",
    "clamp",
    "clz",
    "collapse",
    "complex",
    "concatenate",
    "cond",
    "conj",
    "conv",
    "conv_dimension_numbers",
    "conv_general_dilated",
    "conv_general_dilated_local",
    "conv_general_dilated_patches",
    "conv_transpose",
    "conv_with_general_padding",
    "convert_element_type",
    "cos",
    "cosh",
    "cumlogsumexp",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "custom_linear_solve",
    "custom_root",
    "digamma",
    "div",
    "dot",
    "dot_general",
    "dynamic_index_in_dim",
    "dynamic_slice",
    "dynamic_slice_in_dim",
    "dynamic_update_index_in_dim",
    "dynamic_update_slice",
    "dynamic_update_slice_in_dim",
    "empty",
    "eq",
    "erf",
    "erf_inv",
    "erfc",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "fft",
    "floor",
    "fori_loop",
    "full",
    "full_like",
    "gather",
    "ge",
    "gt",
    "igamma",
    "igammac",
    "imag",
    "index_in_dim",
    "index_take",
    "integer_pow",
    "iota",
    "is_finite",
    "le",
    "lgamma",
    "log",
    "log1p",
    "logistic",
    "lt",
    "map",
    "max",
    "min",
    "mul",
    "mulhi",
    "ne",
    "neg",
    "nextafter",
    "optimization_barrier",
    "pad",
    "padtype_to_pads",
    "platform_dependent",
    "pmax",
    "pmean",
    "pmin",
    "polygamma",
    "population_count",
    "pow",
    "ppermute",
    "pshuffle",
    "psum",
    "psum_scatter",
    "pswapaxes",
    "ragged_dot",
    "real",
    "reciprocal",
    "reduce",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_precision",
    "reduce_prod",
    "reduce_sum",
    "reduce_window",
    "reduce_xor",
    "rem",
    "reshape",
    "rev",
    "round",
    "rsqrt",
    "scan",
    "scatter",
    "scatter_add",
    "scatter_apply",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "scatter_sub",
    "select",
    "select_n",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
    "sign",
    "sin",
    "sinh",
    "slice",
    "slice_in_dim",
    "sort",
    "sort_key_val",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "stop_gradient",
    "sub",
    "switch",
    "tan",
    "tanh",
    "tile",
    "top_k",
    "transpose",
    "unstack",
    "while_loop",
    "zeta",
]

Carry = TypeVar("Carry")
_NONE: Any = object()


def scan(
    f: Callable[[Carry, Any], tuple[Carry, Any]],
    init: Carry,
    xs: PyTree = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Carry, Any]:
    """The last carry of a loop over the leading axis of `xs`, and the outputs of all its steps, stacked.

    Args:
        f: One step, from `(carry, x)` to `(carry, y)`; the carry keeps its structure, shapes and dtypes.
        init: The first carry: a tree of arrays.
        xs: A tree of arrays with one leading size; step `i` is given their slices at `i`. `None` for no input.
        length: The number of steps; needed where `xs` has no arrays.
        reverse: Whether to go from the last slice to the first; the outputs stay at the places of their slices.
        unroll: How many steps to write into one iteration of the compiled loop; `True` for all. Changes no value.

    Returns:
        `(carry, ys)`: the carry after the last step, and a tree like `y` with a leading axis of that many steps.

    Raises:
        TypeError: `f` returns no pair, or a carry of other structure, shapes or dtypes.
        ValueError: The leading sizes differ, contradict `length`, or there are none; `unroll` is no number of steps.

    Derivative:
        That of the steps; both modes, any order. Reverse mode keeps what each step saved: wrap `f` in `dg.checkpoint`
        to keep the carries only.

    Example:
        >>> total, sums = dg.lax.scan(lambda c, x: (c + x, c + x), 0.0, dg.asarray([1.0, 2.0, 3.0]))
        >>> float(total), dg.to_numpy(sums).tolist()
        (6.0, [1.0, 3.0, 6.0])

    Source: `jax.lax.scan`.
    """
    return run_lax("scan", (f,), (init, xs), length, reverse, unroll)


def while_loop(
    cond_fun: Callable[[Carry], Any],
    body_fun: Callable[[Carry], Carry],
    init_val: Carry,
    *,
    max_steps: int | None = None,
) -> Carry:
    """What `body_fun`, applied again and again while `cond_fun` holds, makes of `init_val`.

    Args:
        cond_fun: From the carry to a boolean scalar.
        body_fun: From the carry to the next one, of the same structure, shapes and dtypes.
        init_val: The first carry: a tree of arrays.
        max_steps: At most so many steps are made: a Python integer. Where the condition still holds then, the result
            is what was reached. With it, reverse mode works, at the memory of `max_steps` carries.

    Returns:
        The first carry for which the condition does not hold. Under `dg.vmap` each element stops at its own time.

    Raises:
        TypeError: The condition is no boolean scalar, or the carry changes its structure, shapes or dtypes.
        ValueError: Reverse mode without `max_steps`.

    Derivative:
        That of the steps that were made: forward mode, any order; both modes with `max_steps`.

    Example:
        >>> float(dg.lax.while_loop(lambda x: x < 10.0, lambda x: 2.0 * x, 1.0))
        16.0
        >>> float(dg.grad(lambda x: dg.lax.while_loop(lambda x: x < 10.0, lambda x: 2.0 * x, x, max_steps=8))(1.0))
        16.0

    Source: `jax.lax.while_loop`; `max_steps` as in Equinox's bounded loops.
    """
    return run_lax("while_loop", (cond_fun, body_fun), (init_val,), max_steps=max_steps)


def fori_loop(
    lower: Any,
    upper: Any,
    body_fun: Callable[[Any, Carry], Carry],
    init_val: Carry,
    *,
    unroll: int | bool | None = None,
) -> Carry:
    """What `body_fun(i, carry)`, for each `i` from `lower` up to `upper`, makes of `init_val`.

    Args:
        lower: The first `i`: an integer scalar, or a floating-point one.
        upper: The end, not reached, of the same dtype. Python numbers make the number of steps part of the program.
        body_fun: From `(i, carry)` to the next carry, of the same structure, shapes and dtypes.
        init_val: The first carry: a tree of arrays.
        unroll: How many steps to write into one iteration; needs bounds that are Python numbers.

    Raises:
        TypeError: A bound is no real scalar, their dtypes differ, or the carry changes its kind.
        ValueError: Reverse mode with bounds known only at run time.

    Derivative:
        That of the steps; both modes, any order. With bounds known only at run time: forward mode.

    Example:
        >>> float(dg.lax.fori_loop(1, 5, lambda i, total: total * i, 1.0))
        24.0

    Source: `jax.lax.fori_loop`.
    """
    backend = get_backend()
    check_callable("lax.fori_loop", body_fun)
    try:
        first, end, body = counted(backend, lower, upper, bound(body_fun, backend))
        return backend.lax.fori_loop(first, end, body, init_val, unroll=unroll)
    except Exception as error:
        raise explained("lax.fori_loop", error, (lower, upper, init_val), {}) from error.__cause__


def cond(
    pred: Any,
    true_fun: Callable[..., Any],
    false_fun: Callable[..., Any],
    *operands: Any,
    operand: Any = _NONE,
) -> Any:
    """`true_fun(*operands)` where `pred` holds, else `false_fun(*operands)`; only that branch is computed.

    Args:
        pred: A boolean scalar; a real number counts as whether it is not 0.
        true_fun: Returns a tree of arrays.
        false_fun: Returns one of the same structure, shapes and dtypes.
        *operands: Trees of arrays; both functions take them.
        operand: One operand, given by name.

    Raises:
        TypeError: `pred` is no boolean scalar, or the branches' outputs differ.

    Derivative:
        That of the branch taken; both modes, any order. Under `dg.vmap` over `pred` both branches are computed.

    Example:
        >>> float(dg.lax.cond(True, lambda x: 2.0 * x, lambda x: -x, 3.0))
        6.0

    Source: `jax.lax.cond`.
    """
    if operand is not _NONE:
        if operands:
            raise TypeError("dualgrad.lax.cond: give operands by position or one by name, got both.")
        operands = (operand,)
    check_callable("lax.cond", true_fun)
    check_callable("lax.cond", false_fun)
    backend = get_backend()
    try:
        return backend.lax.cond(pred, bound(true_fun, backend), bound(false_fun, backend), *operands)
    except Exception as error:
        raise explained("lax.cond", error, (pred, operands), {}) from error.__cause__


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any, operand: Any = _NONE) -> Any:
    """`branches[index](*operands)`; only that branch is computed.

    Args:
        index: An integer scalar; clipped to the branches there are.
        branches: Functions that return trees of one structure, shapes and dtypes.
        *operands: Trees of arrays; every branch takes them.
        operand: One operand, given by name.

    Raises:
        TypeError: `index` is no integer scalar, or the branches' outputs differ.
        ValueError: There are no branches.

    Derivative:
        That of the branch taken; both modes, any order. Under `dg.vmap` over `index` all branches are computed.

    Example:
        >>> float(dg.lax.switch(1, [dg.sin, dg.square, dg.exp], 3.0))
        9.0

    Source: `jax.lax.switch`.
    """
    if operand is not _NONE:
        if operands:
            raise TypeError("dualgrad.lax.switch: give operands by position or one by name, got both.")
        operands = (operand,)
    try:
        branches = tuple(branches)
    except TypeError:
        got = type(branches).__name__
        raise TypeError(f"dualgrad.lax.switch: branches must be a sequence of functions, got {got}.") from None
    for branch in branches:
        check_callable("lax.switch", branch)
    backend = get_backend()
    try:
        return backend.lax.switch(index, [bound(branch, backend) for branch in branches], *operands)
    except Exception as error:
        raise explained("lax.switch", error, (index, operands), {}) from error.__cause__


def map(f: Callable[[Any], Any], xs: PyTree, *, batch_size: int | None = None) -> Any:
    """Results of `f` for each slice of `xs` along the leading axis, one after the other, stacked.

    Args:
        f: From one slice to a tree of arrays.
        xs: A tree of arrays with one leading size.
        batch_size: Compute so many slices at once, with `dg.vmap`; 0 is all of them.

    Raises:
        ValueError: The leading sizes differ, or there are none; `batch_size` is negative.

    Derivative:
        That of `f`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.map(lambda x: x * x, dg.asarray([1.0, 2.0, 3.0]))).tolist()
        [1.0, 4.0, 9.0]

    Source: `jax.lax.map`.
    """
    if batch_size is not None:
        as_size("lax.map", batch_size, "batch_size")
    return run_lax("map", (f,), (xs,), batch_size=batch_size)


def associative_scan(fn: Callable[[Any, Any], Any], elems: PyTree, reverse: bool = False, axis: int = 0) -> Any:
    """All partial results `e0, fn(e0, e1), fn(fn(e0, e1), e2), ...`, in logarithmic depth.

    Args:
        fn: Combines two trees like `elems`, associatively and slice by slice: it is given many slices at once.
        elems: A tree of arrays with one size along `axis`.
        reverse: Whether to start at the end.
        axis: The axis to go along.

    Returns:
        A tree like `elems`.

    Raises:
        TypeError: `fn` returns another structure, shape or dtype.
        ValueError: The sizes along `axis` differ.

    Derivative:
        That of `fn`; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.lax.associative_scan(dg.multiply, dg.asarray([1.0, 2.0, 3.0, 4.0]))).tolist()
        [1.0, 2.0, 6.0, 24.0]

    Source: `jax.lax.associative_scan`; Blelloch, "Prefix sums and their applications" (1990).
    """
    return run_lax("associative_scan", (fn,), (elems,), reverse, axis)


def optimization_barrier(operand: PyTree, /) -> Any:
    """`operand`, across which a compiler moves no computation.

    Args:
        operand: A tree of arrays.

    Derivative:
        The identity; both modes, any order.

    Example:
        >>> float(dg.lax.optimization_barrier(dg.asarray(2.0)))
        2.0

    Source: `jax.lax.optimization_barrier`.
    """
    return run_lax("optimization_barrier", (), (operand,))
