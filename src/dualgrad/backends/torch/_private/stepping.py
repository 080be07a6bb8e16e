# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""A loop whose step is nothing but kernels of Inductor's and matrix products, as one C++ function.

Inductor writes kernels in C++ and the calls between them in Python: two allocations, some views and the call itself
cost a step of a small loop more than its arithmetic. So the Python part of a compiled step is run once on stand-ins,
which note what buffers there are and which kernel is called with which of them; and the same calls are written in C++
around the same kernels, in a loop over the steps. Matrix products are calls of torch's own there (`products`), and so
are systems and eigenvalues, or written out (`factors`); a loop or branch within the step, if it is such a function too,
is called by its address. A step that calls another library is none of these.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass, replace
from types import FunctionType, SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import torch
from torch import Tensor

from dualgrad.backends.torch._private.cxx import steady_compiler
from dualgrad.backends.torch._private.elimination import SOURCE
from dualgrad.backends.torch._private.factors import Factors
from dualgrad.backends.torch._private.products import Column, Fold, Place, Product, Products, Refused, addresses
from dualgrad.backends.torch._private.running import Running

__all__ = ["Column", "Fold", "Nested", "Refused", "Steps", "kernels_on_demand", "plan_steps"]


class _Kernel:
    """A C++ kernel that is compiled only where somebody calls it alone."""

    def __init__(self, argtypes: Sequence[str], source: str) -> None:
        self.argtypes = list(argtypes)
        self.source = source
        self._run: Any = None

    def __call__(self, *args: Any) -> Any:
        if self._run is None:
            self._run = _bound(self.argtypes, self.source)
        return self._run(*args)


def kernels_on_demand() -> Any:
    """A block in which Inductor's C++ kernels are not compiled until they are called."""
    from torch._inductor.async_compile import AsyncCompile

    return patch.object(AsyncCompile, "cpp_pybinding", lambda _, argtypes, source: _Kernel(argtypes, source))


def _bound(argtypes: list[str], source: str) -> Callable[..., None]:
    from torch._inductor.codecache import CppPythonBindingsCodeCache

    with steady_compiler():
        return CppPythonBindingsCodeCache.load_pybinding(argtypes, source)


@dataclass
class Steps:
    """A compiled loop.

    Attributes:
        run: The C++ function.
        carry: What each carry is like.
        ys: What each output of a step is like.
        scratch: Bytes for what lives within a step.
        constants: Tensors that the kernels use beside the operands.
        still: Which carries every step passes on as they are.
        entries: Addresses of the functions of torch's that it calls.
        folds: Sums over the steps that it makes block by block.
        folded: Which outputs of a step are only factors of those.
        block: How many steps a block has.
        work: Multiplications of its matrix products, a step.
    """

    run: Callable[..., None]
    carry: Sequence[Place]
    ys: Sequence[Place]
    scratch: int
    constants: Sequence[Tensor]
    still: Sequence[bool]
    entries: Sequence[int]
    folds: Sequence[Fold]
    folded: AbstractSet[int]
    block: int
    work: int

    def __call__(
        self, fixed: Sequence[Tensor], carry: Sequence[Tensor], xs: Sequence[Tensor], length: int
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Carries, and stacked outputs and sums, after so many steps; operands are contiguous, and stay as they are."""
        if self.folds:
            return self._by_blocks(fixed, carry, xs, length)
        ys = [torch.empty((length, *p.shape), dtype=p.dtype) for p in self.ys]
        return self._run(fixed, carry, xs, ys, length), ys

    @property
    def address(self) -> int:
        """Where the function is."""
        library = ctypes.CDLL(self.run.__self__.__file__)  # type: ignore[attr-defined]
        found = ctypes.cast(library.kernel, ctypes.c_void_p).value
        assert found is not None
        return found

    def rows(self, length: int) -> list[int]:
        """For how many steps there is room for each output, of so many."""
        return [min(self.block, length) if i in self.folded else length for i in range(len(self.ys))]

    def _by_blocks(
        self, fixed: Sequence[Tensor], carry: Sequence[Tensor], xs: Sequence[Tensor], length: int
    ) -> tuple[list[Tensor], list[Tensor]]:
        ys = [torch.empty((n, *p.shape), dtype=p.dtype) for n, p in zip(self.rows(length), self.ys, strict=True)]
        sums = [torch.zeros(f.shape(), dtype=f.dtype) for f in self.folds]
        last = self._run(fixed, carry, xs, [*ys, *sums], length)
        return last, [*[y for i, y in enumerate(ys) if i not in self.folded], *sums]

    def _run(
        self, fixed: Sequence[Tensor], carry: Sequence[Tensor], xs: Sequence[Tensor], ys: Sequence[Tensor], length: int
    ) -> list[Tensor]:
        """The last carries; what is stacked, and the sums, are written to `ys`."""
        pairs = [[torch.empty(p.shape, dtype=p.dtype) for p in self.carry] for _ in range(min(length, 2))]
        if not length:
            return list(carry)
        one, two = pairs[0], pairs[-1]
        scratch = torch.empty(self.scratch, dtype=torch.uint8)
        with self._below():
            self.run(*fixed, *carry, *one, *two, *xs, *ys, *self.constants, scratch, *self.entries, length)
        return self._settled(carry, one if length % 2 else two)

    def _below(self) -> Any:
        """A block in which what is called in the loop does not look for autograd first."""
        return torch._C._AutoDispatchBelowAutograd() if self.entries else nullcontext()

    def _settled(self, init: Sequence[Tensor], last: Sequence[Tensor]) -> list[Tensor]:
        return [a if same else b for a, b, same in zip(init, last, self.still, strict=True)]

    def while_true(self, fixed: Sequence[Tensor], carry: Sequence[Tensor]) -> list[Tensor]:
        """Carries after the first step that says there is no other; `Ctrl-C` is heard every so many steps."""
        one, two = ([torch.empty(p.shape, dtype=p.dtype) for p in self.carry] for _ in range(2))
        scratch = torch.empty(self.scratch, dtype=torch.uint8)
        left, count = torch.ones((), dtype=torch.bool), torch.zeros((), dtype=torch.int64)
        init, most = carry, _A_WHILE >> 6 if self.entries else _A_WHILE
        while bool(left):
            with self._below():
                self.run(*fixed, *carry, *one, *two, *self.constants, left, count, scratch, *self.entries, most)
            if int(count) % 2:
                one, two, carry = two, one, self._settled(init, one)
            else:
                carry = self._settled(init, two)
        return list(carry)


_A_WHILE: Final = 1 << 14


@dataclass(frozen=True)
class Nested:
    """A loop, or one of several branches, within the step of a loop.

    Attributes:
        choices: The loop; or the branches, each a loop of one step, one of which the first operand names.
        counts: How many operands beside that are fixed, carries, and stacked inputs.
        length: How many steps there are.
        by_index: Whether they are branches, whose outputs are not stacked.
    """

    choices: Sequence[Steps]
    counts: tuple[int, int, int]
    length: int
    by_index: bool = False

    @property
    def work(self) -> int:
        """Multiplications of its matrix products."""
        return self.length * max([s.work for s in self.choices])


def plan_steps(
    run: Any,
    inputs: Sequence[Tensor],
    counts: tuple[int, int, int],
    reverse: bool,
    conditional: bool,
    folds: Sequence[Fold] = (),
    block: int = 1,
    nested: Callable[[str], Nested | None] = lambda _: None,
) -> Steps:
    """The loop over a step that Inductor has compiled; called within `kernels_on_demand`.

    Args:
        run: What the inner entry of Inductor gave.
        inputs: Twins of the inputs of the step.
        counts: How many inputs of the step are fixed, carries, and parts of stacked inputs; in this order.
        reverse: Whether the loop goes from the last of the stacked inputs to the first.
        conditional: Whether the last output of the step says if there is another step.
        folds: Products whose sums over the steps are given in place of their factors.
        block: After how many steps a product is added to its sum.
        nested: The loops and branches that it may call, by their keys.

    Raises:
        Refused: The step does more than call kernels on its buffers.
    """
    record = _Record(run, inputs, counts, nested)
    n_fixed, n_carry, n_xs = counts
    outs = record.outs
    flag = outs.pop() if conditional else None
    carry, ys = outs[:n_carry], outs[n_carry:]
    if not all(p.dense() for p in (*outs, *([flag] if flag else []))):
        raise Refused
    # a buffer that is an output as a whole is made where that output is to be
    taken: dict[str, str] = {}
    copies: list[str] = []
    still = [p == given for p, given in zip(carry, record.inputs[n_fixed:], strict=False)]
    for prefix, places in (("next", carry), ("y", ys), ("left", [flag] if flag else [])):
        for i, p in enumerate(places):
            if prefix == "next" and still[i]:
                continue
            whole = p.name in record.sizes and not p.offset and record.sizes[p.name] == p.nbytes()
            if whole and p.name not in taken:
                taken[p.name] = f"{prefix}{i}"
            elif p.nbytes():
                copies.append(f"std::memcpy({prefix}{i}, {p.pointer()}, {p.nbytes()});")
    lines = [f"uint8_t* const {name} = {place};" for name, place in taken.items()]
    spans = _spans([*record.calls, *copies], {n: s for n, s in record.sizes.items() if n not in taken})
    offsets, scratch = _laid_out(spans, record.sizes)
    before = [f"uint8_t* const {name} = scratch + {offset};" for name, offset in offsets.items()]
    products = [c for c in record.calls if isinstance(c, Product)]
    lasting = {p for c in products for p in c.places if p.name.startswith(("fixed", "constant", "buffer"))}
    before += [p.held() for p in sorted(lasting, key=str) if p.name not in taken]
    lasting = {p for p in lasting if p.name not in taken}
    calls = [c.call(lasting) if isinstance(c, Product) else c for c in record.calls]
    parts = record.inputs[n_fixed + n_carry :]
    steps = [f"uint8_t* const x{i} = xs{i} + i * {p.nbytes()};" for i, p in enumerate(parts)]
    folded = {c.place for f in folds for c in (f.left, f.right) if c.source == "y"}
    at = [f"(i % {block})" if i in folded else "i" for i in range(len(ys))]
    steps += [f"uint8_t* const y{i} = ys{i} + {at[i]} * {p.nbytes()};" for i, p in enumerate(ys)]
    moves = [
        f"{{ uint8_t* const t = carry{i} == init{i} ? two{i} : carry{i}; carry{i} = next{i}; next{i} = t; }}"
        for i in range(n_carry)
        if not still[i]
    ]
    names = [f"fixed{i}" for i in range(n_fixed)]
    names += [f"{part}{i}" for part in ("init", "one", "two") for i in range(n_carry)]
    names += [f"xs{i}" for i in range(n_xs)] + [f"ys{i}" for i in range(len(ys))]
    names += [f"sum{i}" for i in range(len(folds))]
    names += [f"constant{i}" for i in range(len(record.constants))]
    names += ["left0", "count"] if conditional else []
    names += ["scratch"]
    entries = [*[p.entry for p in products], *(["addmm_out"] if folds else [])]
    called = addresses(entries, record.factors.entries) | record.inner
    before += [f.sum(f"sum{i}").held() for i, f in enumerate(folds)]
    body = "\n        ".join([*steps, *lines, *calls, *copies, *moves, *_folding(folds, parts, block, reverse)])
    first = "\n    ".join([*before, *[f"uint8_t *carry{i} = init{i}, *next{i} = one{i};" for i in range(n_carry)]])
    given = [*[f"uint8_t* const {n}" for n in names], *[f"const uintptr_t {n}" for n in called], "const int64_t n"]
    going = " && *reinterpret_cast<bool*>(left0)" if conditional else ""
    done = "*reinterpret_cast<int64_t*>(count) = k;" if conditional else ""
    source = f"""{record.kernels()}
#include <cstring>
{Product.HEAD if entries else ""}
{SOURCE if record.factors.used else ""}
extern "C" void kernel({", ".join(given)})
{{
    {first}
    int64_t k = 0;
    for (; k < n{going}; ++k) {{
        {"const int64_t i = n - 1 - k;" if reverse else "const int64_t i = k;"}
        {body}
    }}
    {done}
}}
"""
    argtypes = [*["uint8_t*"] * len(names), *["uintptr_t"] * len(called), "int64_t"]
    function, given_to = _bound(argtypes, source), list(called.values())
    work = record.work + sum([p.work for p in products])
    return Steps(function, carry, ys, scratch, record.constants, still, given_to, folds, folded, block, work)


def _spans(calls: Sequence[str | Product], sizes: dict[str, int]) -> dict[str, tuple[int, int]]:
    """The first and the last of the calls that uses each buffer."""
    found: dict[str, tuple[int, int]] = {}
    for i, call in enumerate(calls):
        names = [p.name for p in call.places] if isinstance(call, Product) else _BUFFER.findall(call)
        for name in names:
            if name in sizes:
                found[name] = found.get(name, (i, i))[0], i
    return found


def _laid_out(spans: dict[str, tuple[int, int]], sizes: dict[str, int]) -> tuple[dict[str, int], int]:
    """Where each buffer lies among others that are needed at the same time, the largest first; and the bytes of all."""
    offsets: dict[str, int] = {}
    most = 0
    for name in sorted(spans, key=lambda n: -sizes[n]):
        (first, last), at = spans[name], 0
        others = [n for n in offsets if spans[n][0] <= last and first <= spans[n][1]]
        for other in sorted(others, key=lambda n: offsets[n]):
            if offsets[other] >= at + sizes[name]:
                break
            at = max(at, _padded(offsets[other] + sizes[other]))
        offsets[name] = at
        most = max(most, _padded(at + sizes[name]))
    return offsets, most


def _padded(size: int) -> int:
    return (size + 63) // 64 * 64


def _folding(folds: Sequence[Fold], parts: Sequence[Place], block: int, reverse: bool) -> list[str]:
    """What is done at the end of a block of steps, in C++."""
    if not folds:
        return []
    size = {f"xs{i}": p.nbytes() for i, p in enumerate(parts)}
    last = f"i % {block} == 0" if reverse else f"i % {block} == {block - 1} || i == n - 1"
    return [
        f"if ({last}) {{",
        f"const int64_t first = i - i % {block}, steps = n - first < {block} ? n - first : {block};",
        *[f.call(f"sum{i}", size) for i, f in enumerate(folds)],
        "}",
    ]


_BUFFER: Final = re.compile(r"\bbuffer\d+\b")
_ENTRY: Final = re.compile(r'extern "C"\s+void\s+kernel\(')


class _Record:
    """What the Python part of a compiled step does.

    Attributes:
        inputs: Places of the inputs of the step.
        outs: Places of its outputs.
        sizes: Bytes of each buffer that it allocates.
        calls: Calls of kernels, in C++, and matrix products.
        constants: Tensors that the kernels use beside the inputs.
        inner: Loops and branches that are called, and functions that these call, by their names in C++.
        work: Multiplications of matrix products in them.
    """

    def __init__(
        self,
        run: Any,
        inputs: Sequence[Tensor],
        counts: tuple[int, int, int],
        nested: Callable[[str], Nested | None],
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
        self._kernels: list[_Kernel] = []
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
            elif isinstance(value, _Kernel):
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

    def _noting(self, kernel: _Kernel) -> Callable[..., None]:
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
        """Note a call of a loop or branch; gives its outputs."""
        nested = self._nested(key)
        if nested is None:
            raise Refused
        given = [self._dense(self._placed(x)) for x in operands]
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
    """`torch.ops`: `aten.view.dtype`, `dualgrad.hold_` and `.program`, and what `factors` and `running` write out."""

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

    def __getattr__(self, name: str) -> Any:
        return self._running.known.get(name) or self._factors.operation(name)
