"""What every torch op does to its arguments: convert, promote, resolve dtypes.

torch differs from the array API here in four ways, all repaired in this file: Python scalars are no tensors, 0-d
tensors promote weakly, integers promote to torch's default dtype whatever the precision mode, and NumPy arrays are
refused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, Final, ParamSpec

import numpy as np
import torch
from torch import Tensor

from dualgrad._dtypes import WEAK, dtype_name, narrowed, promoted_name, require_allowed, weak_result
from dualgrad._precision import precision
from dualgrad._rules.arguments import foreign, masked, outside_the_standard, shown, wrong_dtype
from dualgrad._rules.control import leaked
from dualgrad._rules.linear import real_only
from dualgrad._rules.nested import too_large
from dualgrad._rules.ranges import floated_beyond, infinite, is_held, require_range
from dualgrad._rules.shapes import broadcast_shapes

__all__ = [
    "COMPLEX",
    "FLOATING",
    "HALVES",
    "HOST",
    "INEXACT",
    "INTEGER",
    "NAMES",
    "NATIVE",
    "as_tensor",
    "beside",
    "broadcasting",
    "default_complex",
    "default_float",
    "default_int",
    "dense",
    "escaped",
    "inexact",
    "mark_weak",
    "place_of",
    "plain",
    "promote",
    "promote_compared",
    "promote_inexact",
    "promoted",
    "real",
    "require_real",
    "resolve_dtype",
    "to_dtype",
    "unary",
    "unbroadcast",
    "wide",
]

P = ParamSpec("P")

NATIVE: Final[dict[str, torch.dtype]] = {
    "bool": torch.bool,
    "int8": torch.int8,
    "int16": torch.int16,
    "int32": torch.int32,
    "int64": torch.int64,
    "uint8": torch.uint8,
    "uint16": torch.uint16,
    "uint32": torch.uint32,
    "uint64": torch.uint64,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
    "complex64": torch.complex64,
    "complex128": torch.complex128,
}
NAMES: Final = {native: name for name, native in NATIVE.items()}
FLOATING: Final = frozenset({torch.float32, torch.float64, torch.float16, torch.bfloat16})
COMPLEX: Final = frozenset({torch.complex64, torch.complex128})
INEXACT: Final = FLOATING | COMPLEX
HOST: Final = (np.ndarray, np.generic)  # as a union, Dynamo would not look whether something is one
HALVES: Final = frozenset({torch.float16, torch.bfloat16})
INTEGER: Final = frozenset(d for n, d in NATIVE.items() if "int" in n)
# Kernels for arithmetic exist for these alone; uint16, uint32 and uint64 can be stored, moved and compared for
# equality.
ARITHMETIC: Final = frozenset(NATIVE.values()) - {torch.uint16, torch.uint32, torch.uint64}


def default_float() -> torch.dtype:
    """float64 in 64-bit mode, else float32."""
    return torch.float64 if precision.x64 else torch.float32


def default_int() -> torch.dtype:
    """int64 in 64-bit mode, else int32."""
    return torch.int64 if precision.x64 else torch.int32


def default_complex() -> torch.dtype:
    """complex128 in 64-bit mode, else complex64."""
    return torch.complex128 if precision.x64 else torch.complex64


def resolve_dtype(op: str, dtype: Any) -> torch.dtype:
    """The torch dtype that the user asked for by any of its spellings.

    Raises:
        PrecisionError: A 64-bit dtype in 32-bit mode.
        TypeError: No dtype that torch has.
    """
    name = NAMES.get(dtype) if isinstance(dtype, torch.dtype) else dtype_name(dtype)
    if name is None:
        raise TypeError(f"dualgrad.{op}: dtype must name a dtype of the array API or bfloat16, got {shown(dtype)}.")
    return NATIVE[require_allowed(op, weak_result(name, precision.x64), precision.x64)]


def mark_weak(x: Tensor) -> Tensor:
    """Mark a 0-d tensor as standing for a Python scalar, so that it promotes as the scalar would."""
    x._dualgrad_weak = True  # pyright: ignore[reportAttributeAccessIssue]  # read by `_name` alone
    return x


def is_weak(x: Tensor) -> bool:
    """Whether `x` stands for a Python scalar."""
    return getattr(x, "_dualgrad_weak", False)


def strong(x: Tensor) -> Tensor:
    """An argument that is the result too: that promotes in full, also where the argument stood for a number."""
    return x if x.ndim or not is_weak(x) else x.view(())


def as_tensor(op: str, x: Any) -> Tensor:
    """`x` as a tensor: tensors as they are, NumPy narrowed in 32-bit mode, Python scalars in the default dtype.

    Raises:
        ForeignArrayError: An array of another framework.
        TypeError: Anything else.
    """
    if isinstance(x, Tensor):
        return x
    weak = WEAK.get(type(x))
    if weak is not None:
        return number(op, x, NATIVE[weak_result(weak, precision.x64)])
    if isinstance(x, HOST):
        return from_numpy(op, x)
    raise foreign(op, x, "torch")


def number(op: str, x: Any, dtype: torch.dtype, place: torch.device | None = None) -> Tensor:
    """A Python number as a tensor; on an accelerator it is written by a kernel, for which no host waits."""
    if type(x) is int and dtype in INTEGER:
        require_range(op, x, NAMES[dtype])
    try:
        if place is None or place.type == "cpu":
            return torch.tensor(x, dtype=dtype)
        if type(x) is int and dtype not in INTEGER:
            x = float(x)  # torch.full takes no integer above int64's
        return torch.full((), x, dtype=dtype, device=place)
    except (OverflowError, RuntimeError, ValueError):
        if type(x) is int:
            raise too_large(op, x, NAMES[dtype]) from None
        raise


_CONVERTING: Final = frozenset({"asarray", "device_put"})  # take an array in another order of bytes, as JAX does


def from_numpy(op: str, x: Any) -> Tensor:
    """A copy of a NumPy array or scalar on the default device, narrowed in 32-bit mode as JAX narrows it."""
    name = dtype_name(x.dtype)
    if name is None or not (x.dtype.isnative or op in _CONVERTING):
        raise outside_the_standard(op, x)
    if isinstance(x, np.ma.MaskedArray):
        raise masked(op)
    target = narrowed(name, precision.x64)
    if name == "bfloat16":  # torch cannot read ml_dtypes' bfloat16; its bits it can
        out = torch.from_numpy(np.array(x).view(np.uint16)).view(torch.bfloat16)
    else:
        host = np.array(x, dtype=target, order="C")
        if target == "uint64":  # NumPy has another type of that name, of which torch knows nothing
            host = host.view(np.uint64)
        out = torch.from_numpy(host)
    place = torch.get_default_device()
    return out if place.type == "cpu" else out.to(place)


def inexact(op: str, x: Any) -> Tensor:
    """`x` as a floating-point or complex tensor; integers and bools take the default float."""
    x = as_tensor(op, x)
    return x if x.dtype in INEXACT else x.to(default_float())


def real(op: str, x: Any) -> Tensor:
    """`x` as a real floating-point tensor; integers and bools take the default float."""
    x = inexact(op, x)
    if x.dtype in COMPLEX:
        raise real_only(op, NAMES[x.dtype])
    return x


def wide(x: Tensor) -> Tensor:
    """`x` in the precision that sums of it are taken in: half precisions in float32."""
    return x.to(torch.float32) if x.dtype in HALVES else x


def promote(op: str, *xs: Any, place: torch.device | None = None) -> list[Tensor]:
    """All of `xs` as tensors of the one dtype that the promotion table gives; 0-d tensors count in full.

    Python scalars and their traced stand-ins promote weakly. Those and NumPy arrays come to lie at `place`, or where a
    tensor of `xs` lies.
    """
    if isinstance(xs[0], Tensor) and xs[0].dtype in NAMES:  # of one dtype, as most are: 1 us less than by names
        dtype = xs[0].dtype
        if all([isinstance(x, Tensor) and x.dtype is dtype for x in xs]):
            return list(xs)
    dtype = _promoted(tuple([_name(op, x) for x in xs]))
    place = place or place_of(xs)
    return [_cast(op, x, dtype, place) for x in xs]


def dense(x: Tensor) -> Tensor:
    """`x` as a compiled program reads its memory: in the order of the axes, and nothing left to conjugate or negate."""
    if x.is_conj() or x.is_neg():  # as in `plain`, without its frame
        x = x.resolve_conj().resolve_neg()
    return x.contiguous()


def plain(x: Tensor) -> Tensor:
    """`x` with nothing left to conjugate or negate, as torch does it at the first use, but in no transform (2.13)."""
    return x.resolve_conj().resolve_neg() if x.is_conj() or x.is_neg() else x


def _promoted(names: tuple[str, ...]) -> torch.dtype:
    # Dynamo looks through a cache, and warns that it does.
    return (_promote if torch.compiler.is_compiling() else _known)(names, precision.x64)


def _promote(names: tuple[str, ...], x64: bool) -> torch.dtype:
    return NATIVE[promoted_name(names, x64)]


_known: Final = functools.cache(_promote)


def promote_inexact(op: str, *xs: Any) -> list[Tensor]:
    """As `promote`, and integers and bools become the default float, each from what it is."""
    if isinstance(xs[0], Tensor) and xs[0].dtype in INEXACT:  # of one dtype, as most are
        dtype = xs[0].dtype
        if all([isinstance(x, Tensor) and x.dtype is dtype for x in xs]):
            return list(xs)
    if len(xs) == 1:
        return [inexact(op, xs[0])]
    dtype = _promoted(tuple([_name(op, x) for x in xs]))
    place = place_of(xs)
    return [_cast(op, x, dtype if dtype in INEXACT else default_float(), place) for x in xs]


def promote_compared(op: str, *xs: Any) -> list[Tensor]:
    """As `promote` of two; an integer that does not fit the dtype of the other is an infinity to it."""
    for n, other in (xs, xs[::-1]):
        if isinstance(other, Tensor) and not is_weak(other):
            fit = floated_beyond(n, "int64") if other.dtype in INEXACT else n
            fit = fit if is_held(fit, NAMES[other.dtype]) else infinite(n)
            xs = tuple([fit if x is n else x for x in xs])
    return promote(op, *xs)


def _name(op: str, x: Any) -> str:
    """Dtype name for promotion, weak where `x` is or stands for a Python scalar."""
    if isinstance(x, Tensor):
        name = NAMES[x.dtype]
        if is_weak(x):
            kind = "complex*" if "complex" in name else "float*" if "float" in name else "int*"
            return "bool" if name == "bool" else kind
        return name
    weak = WEAK.get(type(x))
    if weak is not None:
        return weak
    if isinstance(x, HOST):
        name = dtype_name(x.dtype)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        if name is None:
            raise outside_the_standard(op, x)
        return narrowed(name, precision.x64)
    raise foreign(op, x, "torch")


def promoted(*names: str) -> torch.dtype:
    """The dtype of the promotion table for names of dtypes."""
    return _promoted(names)


def to_dtype(x: Tensor, dtype: torch.dtype) -> Tensor:
    """`x.to(dtype)`, which costs 0.7 us where there is nothing to do."""
    return x if x.dtype is dtype else x.to(dtype)


def place_of(xs: Iterable[Any]) -> torch.device | None:
    """The accelerator on which a tensor of `xs` lies; numbers and NumPy arrays beside it belong there too."""
    for x in xs:
        if isinstance(x, Tensor) and not x.is_cpu:
            return x.device
    return None


def beside(op: str, x: Any, place: torch.device | None) -> Tensor:
    """As `as_tensor`, on the device of a tensor; a number is written there by a kernel, for which no host waits."""
    if isinstance(x, Tensor) or place is None or place.type == "cpu":
        return as_tensor(op, x)
    weak = WEAK.get(type(x))
    if weak is not None:
        return number(op, x, NATIVE[weak_result(weak, precision.x64)], place)
    return as_tensor(op, x).to(place)


def _cast(op: str, x: Any, dtype: torch.dtype, place: torch.device | None) -> Tensor:
    if isinstance(x, Tensor):
        return x if x.dtype is dtype else x.to(dtype)
    if type(x) in WEAK:
        return number(op, x, dtype, place)
    return from_numpy(op, x).to(device=place, dtype=dtype)


def unary(
    name: str,
    native: Callable[[Tensor], Tensor],
    of_complex: Callable[[Tensor], Tensor] | None = None,
    wide: bool = False,
    of_half: Callable[[Tensor], Tensor] | None = None,
) -> Callable[[Any], Tensor]:
    """An elementwise op of one floating-point or complex argument; integers take the default float.

    Args:
        name: Name of the op.
        native: What computes it.
        of_complex: What computes it for complex arguments, where that is something else.
        wide: Half precisions are computed in float32: the derivative cancels.
        of_half: What computes it for half precisions, where that is something else.
    """
    straight = INEXACT if of_complex is None else FLOATING
    straight = straight - HALVES if wide or of_half else straight
    usual = torch.float32  # a hash of a dtype costs 0.03 us

    def op(x: Any, /) -> Tensor:
        try:
            dtype = x.dtype
            if dtype is usual or dtype in straight:
                return native(x)
        except RuntimeError as error:
            raise escaped(error) from None
        except (AttributeError, TypeError):  # no tensor: a scalar, or an array whose dtype cannot be hashed
            if isinstance(x, Tensor):
                raise
        x = inexact(name, x)
        if x.dtype in HALVES:
            if of_half:
                return of_half(x)
            if wide:
                return native(x.float()).to(x.dtype)
        return native(x) if of_complex is None or x.dtype in FLOATING else of_complex(x)

    op.__name__ = op.__qualname__ = name
    return op


def escaped(error: Exception) -> Exception:
    """The error to raise for `error`: it may come of an array that outlived the `vmap` or `jvp` that made it."""
    return leaked() if any([text in str(error) for text in _ESCAPED]) else error


_ESCAPED: Final = ("escaped from inside a function", "batched == nullptr", "wrapper == nullptr", "level() < level")


def require_real(name: str, dtype: torch.dtype, *xs: Any) -> None:
    """Refuse `xs` that are complex together: a trace has no kernel that does."""
    if dtype in COMPLEX:
        arrays = [as_tensor(name, x) for x in xs]
        broadcast_shapes(*[x.shape for x in arrays], op=name)
        raise wrong_dtype(name, [NAMES[x.dtype] for x in arrays])


def unbroadcast(name: str, error: RuntimeError | TypeError, *xs: Any) -> Exception:
    """The error for `xs` if it is that their shapes do not broadcast or have no kernel, else `error` itself."""
    if escaped(error) is not error:
        return escaped(error)
    if isinstance(error, NotImplementedError) or "not implemented for" in str(error) or "not supported" in str(error):
        return wrong_dtype(name, [NAMES[as_tensor(name, x).dtype] for x in xs])
    if isinstance(error, TypeError):  # so torch 2.15 says that it has no kernel; any other is of another rule
        return error
    try:
        broadcast_shapes(*[x.shape for x in xs if isinstance(x, Tensor | np.ndarray) and x.ndim], op=name)
    except ValueError as rule:
        return rule
    return error


def broadcasting(fun: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """`fun` of several tensors, which says in dualgrad's words that their shapes do not broadcast."""

    @functools.wraps(fun)
    def op(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        try:
            return fun(*args, **kwargs)
        except RuntimeError as error:
            arrays = [x for x in kwargs.values() if isinstance(x, Tensor | np.ndarray)]
            raise unbroadcast(fun.__name__, error, *args, *arrays) from None

    return op
