# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""What the Python part of a compiled step does, noted by running it once on stand-ins."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import FunctionType, SimpleNamespace
from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private.factors import Factors
from dualgrad.backends.torch._private.products import Place, Product, Products, Refused
from dualgrad.backends.torch._private.running import Running
from dualgrad.backends.torch._private.steps import Elementwise, Kernel, Nested, Steps

__all__ = ["Record"]

_ENTRY: Final = re.compile(r'extern "C"\s+void\s+kernel\(')


class Record:
    """What the Python part of a compiled step does.

    Attributes:
        inputs: Places of the inputs of the step.
        outs: Places of its outputs.
        sizes: Bytes of each buffer that it allocates.
        calls: Calls of kernels, in C++, and matrix products.
        constants: Tensors that the kernels use beside the inputs.
        inner: Loops, branches and formulas that are called, and functions that these call, by their names in C++.
        work: Multiplications of matrix products in them.
    """

    def __init__(
        self,
        run: Any,
        inputs: Sequence[Tensor],
        counts: tuple[int, int, int],
        nested: Callable[[str], Nested | Elementwise | None],
    ) -> None:
        call = getattr(run, "current_callable", None)
        if call is not None and not hasattr(call, "__func__"):
            raise Refused
        n_fixed, n_carry, n_xs = counts
        names = [f"fixed{i}" for i in range(n_fixed)] + [f"carry{i}" for i in range(n_carry)]
        names += [f"x{i}" for i in range(n_xs)]
        self.sizes: dict[str, int] = {}
        self.calls: list[str | Product] = []
        self.constants: list[Tensor] = []
        self.inner: dict[str, int] = {}
        self.work = 0
        self._nested = nested
        self._kernels: list[Kernel] = []
        self.factors = Factors(self._empty, self._placed, self.calls.append)
        ops = _Ops(self.factors, Running(self._new, self._placed, self.calls.append), self._called)
        # Nothing else is at hand: a kernel that was compiled alone would take a stand-in for a tensor.
        space: dict[str, Any] = {
            "empty_strided_cpu": self._empty,
            "reinterpret_tensor": _reinterpreted,
            "assert_size_stride": _as_expected,
            "assert_alignment": _ignored,
            "assert_tensor_metadata": _as_noted,  # since torch 2.14, of what libraries return
            "torch": _Torch(ops),
            "aten": ops,
            "extern_kernels": Products(self._placed, self.calls.append),
        }
        for name, value in call.__func__.__globals__.items() if call else ():
            if isinstance(value, Tensor):
                space[name] = value
            elif isinstance(value, Kernel):
                space[name] = self._noting(value)
        self.inputs = [Place(n, x.dtype, tuple(x.shape), tuple(x.stride())) for n, x in zip(names, inputs, strict=True)]
        try:
            # A graph that only returns inputs is left as it is.
            given = list(self.inputs)
            outs = FunctionType(call.__func__.__code__, space)(call.__self__, given) if call else run(given)
        except (AttributeError, NameError, TypeError) as error:
            raise Refused from error
        self.outs = [self._placed(o) for o in outs]

    def kernels(self) -> str:
        """The kernels that are called, in C++."""
        found: list[str] = []
        for i, kernel in enumerate(self._kernels):
            text, count = _ENTRY.subn(f"static void kernel_{i}(", kernel.source)
            if count != 1:
                raise Refused
            found.append(text)
        return "\n".join(found)

    def _noting(self, kernel: Kernel) -> Callable[..., None]:
        def call(*args: Any) -> None:
            if kernel not in self._kernels:
                self._kernels.append(kernel)
            given = [
                f"reinterpret_cast<{t}>({self._placed(a).pointer()})"
                for t, a in zip(kernel.argtypes, args, strict=True)
            ]
            self.calls.append(f"kernel_{self._kernels.index(kernel)}({', '.join(given)});")

        return call

    def _called(self, operands: Sequence[Any], key: str) -> list[Place]:
        """Note a call of a loop, a branch or a formula; gives its outputs."""
        nested = self._nested(key)
        if nested is None:
            raise Refused
        given = [self._dense(self._placed(x)) for x in operands]
        if isinstance(nested, Elementwise):
            return [self._elementwise(nested, given)]
        self.work += nested.work
        if not nested.by_index:
            outs, call = self._loop(nested.choices[0], nested, given)
            self.calls.append(call)
            return outs
        index, *given = given
        outs: list[Place] = []
        cases: list[str] = []
        for i, steps in enumerate(nested.choices):
            found, call = self._loop(steps, nested, given, outs)
            outs = outs or found
            cases.append(f"{f'if (at == {i}) ' if i + 1 < len(nested.choices) else ''}{{ {call} }}")
        at = f"const int32_t at = *reinterpret_cast<const int32_t*>({index.pointer()});"
        self.calls.append(f"{{ {at} {' else '.join(cases)} }}")
        return outs

    def _elementwise(self, function: Elementwise, given: Sequence[Place]) -> Place:
        out = self._new(function.shape, function.dtype)
        operands = f"const void* const xs[] = {{{', '.join([p.pointer() for p in given])}}};"
        name, n = self._known(function.address), math.prod(function.shape)
        call = f"reinterpret_cast<void (*)(int64_t, const void* const*, void*)>({name})({n}, xs, {out.pointer()});"
        self.calls.append(f"{{ {operands} {call} }}")
        return out

    def _loop(
        self, steps: Steps, nested: Nested, given: Sequence[Place], outs: Sequence[Place] = ()
    ) -> tuple[list[Place], str]:
        """The outputs of so many steps, which may be places that there are, and the call in C++."""
        n_fixed, n_carry, _ = nested.counts
        length = nested.length
        init = given[n_fixed : n_fixed + n_carry]
        one, two = ([self._new(p.shape, p.dtype) for p in steps.carry] for _ in range(2))
        stacks = [() if nested.by_index else (rows,) for rows in steps.rows(length)]
        ys = outs or [self._new((*stack, *p.shape), p.dtype) for p, stack in zip(steps.ys, stacks, strict=True)]
        sums = [self._new(f.shape(), f.dtype) for f in steps.folds]
        constants = [self._placed(x) for x in steps.constants]
        scratch = self._new((steps.scratch,), torch.uint8)
        places = [*given[:n_fixed], *init, *one, *two, *given[n_fixed + n_carry :], *ys, *sums, *constants, scratch]
        function, *entries = [self._known(address) for address in (steps.address, *steps.entries)]
        types = ", ".join([*["uint8_t*"] * len(places), *["uintptr_t"] * len(entries), "int64_t"])
        passed = ", ".join([*[p.pointer() for p in places], *entries, str(length)])
        text = [f"std::memset({p.pointer()}, 0, {p.nbytes()});" for p in sums]
        text += [f"reinterpret_cast<void (*)({types})>({function})({passed});"]
        last = one if length % 2 else two
        # What no step changes is an operand, over which whoever uses the output last might write.
        text += [
            f"std::memcpy({out.pointer()}, {p.pointer()}, {p.nbytes()});"
            for out, p, still in zip(last, init, steps.still, strict=True)
            if still
        ]
        return [*last, *[y for i, y in enumerate(ys) if i not in steps.folded], *sums], " ".join(text)

    def _dense(self, x: Place) -> Place:
        """`x`, or a copy whose elements stand one after the other."""
        if x.dense():
            return x
        copy, size = self._new(x.shape, x.dtype), x.dtype.itemsize
        loops = [f"for (int64_t i{d} = 0; i{d} < {n}; ++i{d})" for d, n in enumerate(x.shape)]
        at = " + ".join([f"i{d} * {n * size}" for d, n in enumerate(x.stride)])
        one = f"{{ std::memcpy(to, {x.pointer()} + {at}, {size}); to += {size}; }}"
        self.calls.append(f"{{ uint8_t* to = {copy.pointer()}; {' '.join(loops)} {one} }}")
        return copy

    def _known(self, address: int) -> str:
        """The name of a function in C++."""
        name = next((n for n, a in self.inner.items() if a == address), f"inner{len(self.inner)}")
        self.inner[name] = address
        return name

    def _new(self, shape: Sequence[int], dtype: torch.dtype) -> Place:
        return self._empty(tuple(shape), tuple([math.prod(shape[i + 1 :]) for i in range(len(shape))]), dtype)

    def _placed(self, x: Any) -> Place:
        if isinstance(x, Place):
            return x
        if not isinstance(x, Tensor) or not x.is_cpu or not x.is_contiguous():
            raise Refused
        known = [i for i, c in enumerate(self.constants) if c is x]
        if not known:
            self.constants.append(x)
        place = known[0] if known else len(self.constants) - 1
        return Place(f"constant{place}", x.dtype, tuple(x.shape), tuple(x.stride()))

    def _empty(self, shape: tuple[int, ...], stride: tuple[int, ...], dtype: torch.dtype) -> Place:
        name = f"buffer{len(self.sizes)}"
        last = sum([(n - 1) * s for n, s in zip(shape, stride, strict=True)])
        self.sizes[name] = (last + 1) * dtype.itemsize if math.prod(shape) else 0
        return Place(name, dtype, tuple(shape), tuple(stride))


def _reinterpreted(x: Place, shape: tuple[int, ...], stride: tuple[int, ...], offset: int) -> Place:
    return replace(x, shape=tuple(shape), stride=tuple(stride), offset=x.offset + offset)


def _apart(x: Place) -> Place:
    """Complex numbers as pairs of their parts."""
    stride = (*[2 * s for s in x.stride], 1)
    return replace(x, dtype=x.dtype.to_real(), shape=(*x.shape, 2), stride=stride, offset=2 * x.offset)


def _together(x: Place) -> Place:
    """Pairs as complex numbers."""
    if x.shape[-1:] != (2,) or x.stride[-1] != 1 or x.offset % 2 or any([s % 2 for s in x.stride[:-1]]):
        raise Refused
    stride = tuple([s // 2 for s in x.stride[:-1]])
    return replace(x, dtype=x.dtype.to_complex(), shape=x.shape[:-1], stride=stride, offset=x.offset // 2)


def _ignored(*_: Any) -> None:
    """What a step checks of its own buffers."""


def _as_expected(x: Any, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> None:
    """What a step checks of what a library returned, whose place we have made up."""
    if isinstance(x, Place) and (x.shape != tuple(shape) or x.stride != tuple(stride)):
        raise Refused


def _as_noted(x: Any, shape: tuple[int, ...], stride: tuple[int, ...], dtype: torch.dtype, *_: Any) -> None:
    """The same with the dtype."""
    _as_expected(x, shape, stride)
    if isinstance(x, Place) and x.dtype is not dtype:
        raise Refused


class _Torch:
    """`torch` in the Python part of a step: dtypes, and operations."""

    def __init__(self, ops: _Ops) -> None:
        self._ops = ops

    def __getattr__(self, name: str) -> Any:
        value = getattr(torch, name)
        if name == "ops":
            return self._ops
        if not isinstance(value, torch.dtype):
            raise Refused
        return value


class _Ops:
    """`torch.ops`: views of other dtypes, `dualgrad.hold_`, `.program`, and what `factors` and `running` write out."""

    def __init__(self, factors: Factors, running: Running, called: Callable[[Sequence[Any], str], list[Place]]) -> None:
        self._factors = factors
        self._running = running
        self._called = called

    @property
    def aten(self) -> _Ops:
        return self

    @property
    def view(self) -> _Ops:
        return self

    @property
    def dualgrad(self) -> Any:
        """Our own operations: the one that only holds an order, which the calls have anyway; loops and branches."""
        return SimpleNamespace(hold_=SimpleNamespace(default=_ignored), program=SimpleNamespace(default=self._called))

    def dtype(self, x: Place, dtype: torch.dtype) -> Place:
        """`x` with other elements of the same size."""
        if x.dtype.itemsize != dtype.itemsize:
            raise Refused
        return replace(x, dtype=dtype)

    @property
    def view_as_real(self) -> Any:
        return SimpleNamespace(default=_apart)

    @property
    def view_as_complex(self) -> Any:
        return SimpleNamespace(default=_together)

    def __getattr__(self, name: str) -> Any:
        return self._running.known.get(name) or self._factors.operation(name)
