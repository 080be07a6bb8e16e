"""Structured control flow, collectives and arrays, with JAX's names, arguments and meaning on every backend.

A Python loop or `if` works wherever values are known; these work also where they are not: under `dg.jit` and
`dg.vmap`, at a cost of compilation that does not grow with the number of steps. They compose with every transform, and
with each other.

The functions of arrays are those of the flat namespace under the names of `jax.lax`: where its own ask for equal shapes
and dtypes these broadcast and promote.
"""

from __future__ import annotations

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
from dualgrad._control_flow import (
    associative_scan,
    cond,
    fori_loop,
    map,
    optimization_barrier,
    scan,
    switch,
    while_loop,
)
from dualgrad._implicit import custom_linear_solve, custom_root
from dualgrad._lax.bits import (
    clz,
    mulhi,
    population_count,
    shift_right_logical,
)
from dualgrad._lax.convolutions import conv, conv_general_dilated, conv_transpose, conv_with_general_padding
from dualgrad._lax.cumulative import (
    cumlogsumexp,
    cummax,
    cummin,
    cumprod,
    cumsum,
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
from dualgrad._lax.gammas import igamma_grad_a
from dualgrad._lax.layouts import conv_dimension_numbers, padtype_to_pads
from dualgrad._lax.patches import conv_general_dilated_local, conv_general_dilated_patches
from dualgrad._lax.products import (
    batch_matmul,
    dot_general,
    ragged_dot,
)
from dualgrad._lax.reductions import (
    argmax,
    argmin,
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
    iota,
    pad,
    reshape,
    squeeze,
    transpose,
)
from dualgrad._lax.slices import (
    index_in_dim,
    rev,
    slice,
    slice_in_dim,
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
from dualgrad._ops.shapes import broadcast_shapes
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
    "igamma_grad_a",
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
__dir__ = __all__.copy  # what completion offers
