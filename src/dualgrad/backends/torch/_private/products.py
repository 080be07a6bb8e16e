# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""Matrix products in a loop of C++: torch's own, called by the C functions that its ahead-of-time programs call."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import torch
import torch._C

__all__ = ["Column", "Fold", "Place", "Product", "Products", "Refused", "addresses"]


class Refused(Exception):
    """A step does more than call kernels and products on its buffers."""


@dataclass(frozen=True)
class Place:
    """Where a tensor of a step lies: a buffer by its name in the C++ function, and the way through it."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int = 0

    def dense(self) -> bool:
        """Whether its elements stand one after the other."""
        expected = 1
        for n, stride in zip(reversed(self.shape), reversed(self.stride), strict=True):
            if n != 1 and stride != expected:
                return False
            expected *= n
        return True

    def nbytes(self) -> int:
        """What its elements take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def pointer(self) -> str:
        """Its first element, in C++."""
        return f"{self.name} + {self.offset * self.dtype.itemsize}" if self.offset else self.name

    def handle(self) -> str:
        """The name of torch's handle of it, in C++."""
        way = "_".join([str(n) for n in (*self.shape, *self.stride)])
        return f"{self.name}_{self.offset}_{_CODES[self.dtype]}_{way}"

    def held(self) -> str:
        """The declaration of that handle, which ends with its block."""
        shape, stride = ([f"{n}" for n in way] for way in (self.shape, self.stride))
        return (
            f"const int64_t {self.handle()}_way[] = {{{', '.join([*shape, *stride])}}}; "
            f"const Held {self.handle()}(made, freed, {self.pointer()}, {len(self.shape)}, {self.handle()}_way, "
            f"{_CODES[self.dtype]});"
        )


@dataclass(frozen=True)
class Product:
    """A call of one of torch's functions that write a product into a tensor.

    Attributes:
        entry: The function.
        places: The tensor written to, and the operands.
        numbers: Factors of the sum and of the product, where there is a sum.
    """

    entry: str
    places: tuple[Place, ...]
    numbers: tuple[float, ...] = ()

    # A failure has said why on stderr; what is thrown becomes a Python error.
    HEAD: ClassVar = """
#include <cstdint>
#include <stdexcept>
struct Held {
    void* handle = nullptr;
    const uintptr_t freed;
    Held(uintptr_t made, uintptr_t freed, void* data, int64_t ndim, const int64_t* way, int32_t dtype) : freed(freed) {
        using Make = int32_t (*)(
            void*, int64_t, const int64_t*, const int64_t*, int64_t, int32_t, int32_t, int32_t, void**);
        if (reinterpret_cast<Make>(made)(data, ndim, way, way + ndim, 0, dtype, 0, -1, &handle)) {
            throw std::runtime_error("no tensor could be made");
        }
    }
    Held(const Held&) = delete;
    ~Held() { reinterpret_cast<int32_t (*)(void*)>(freed)(handle); }
};
template <typename... T> static void called(uintptr_t entry, T... args) {
    if (reinterpret_cast<int32_t (*)(T...)>(entry)(args...)) throw std::runtime_error("a matrix product failed");
}
"""

    @property
    def work(self) -> int:
        """How many multiplications it takes."""
        return math.prod(self.places[0].shape) * self.places[-2].shape[-1]

    def call(self, lasting: set[Place]) -> str:
        """The call, in C++, with handles of those of its tensors that have none for the whole loop."""
        own = [p for p in dict.fromkeys(self.places) if p not in lasting]
        given = [*[f"{p.handle()}.handle" for p in self.places], *[repr(float(n)) for n in self.numbers]]
        return f"{{ {' '.join([p.held() for p in own])} called({self.entry}, {', '.join(given)}); }}"


@dataclass(frozen=True)
class Column:
    """A factor of a product, of all steps of a loop: rows of all of them, one step's after another's.

    Attributes:
        source: "x" for a stacked input, "y" for a stacked output.
        place: Which one.
        rows: How many rows a step has.
        width: How long a row is.
        strides: From one row to the next, and along a row.
    """

    source: str
    place: int
    rows: int
    width: int
    strides: tuple[int, int]


@dataclass(frozen=True)
class Fold:
    """A sum over the steps of a loop of products, which is made block by block of steps: `left.T @ right`.

    The factors that are outputs of a step are there for the steps of one block only.
    """

    left: Column
    right: Column
    dtype: torch.dtype

    def shape(self) -> tuple[int, int]:
        """The shape of the sum."""
        return self.left.width, self.right.width

    def sum(self, name: str) -> Place:
        """Where the sum lies."""
        return Place(name, self.dtype, self.shape(), (self.right.width, 1))

    def call(self, name: str, size: dict[str, int]) -> str:
        """The product of the block that begins with step `first` and has `steps` steps, added to the sum, in C++.

        Args:
            name: Name of the sum.
            size: Bytes of a step of each stacked input, by its name.
        """
        made = []
        for side, column, order in (("left", self.left, (1, 0)), ("right", self.right, (0, 1))):
            pointer = f"{column.source}s{column.place}"
            pointer += f" + first * {size[pointer]}" if column.source == "x" else ""
            shape = [(f"steps * {column.rows}", f"{column.width}")[i] for i in order]
            way = [*shape, *[f"{column.strides[i]}" for i in order]]
            made.append(
                f"const int64_t {side}_way[] = {{{', '.join(way)}}}; "
                f"const Held {side}(made, freed, {pointer}, 2, {side}_way, {_CODES[self.dtype]});"
            )
        into = f"{self.sum(name).handle()}.handle"
        return f"{{ {' '.join(made)} called(addmm_out, {into}, {into}, left.handle, right.handle, 1.0, 1.0); }}"


class Products:
    """Inductor's `extern_kernels` in the Python part of a step: notes the products, and knows nothing else."""

    def __init__(self, placed: Callable[[Any], Place], note: Callable[[Product], None]) -> None:
        self._placed = placed
        self._note = note

    def mm(self, a: Any, b: Any, *, out: Any) -> None:
        """`a @ b` of matrices."""
        self._called("mm", out, a, b)

    def bmm(self, a: Any, b: Any, *, out: Any) -> None:
        """`a @ b` of stacks of matrices."""
        self._called("bmm", out, a, b)

    def addmm(self, c: Any, a: Any, b: Any, *, alpha: float = 1, beta: float = 1, out: Any) -> None:
        """`beta * c + alpha * a @ b` of matrices."""
        self._called("addmm", out, c, a, b, numbers=(beta, alpha))

    def baddbmm(self, c: Any, a: Any, b: Any, *, alpha: float = 1, beta: float = 1, out: Any) -> None:
        """`beta * c + alpha * a @ b` of stacks of matrices."""
        self._called("baddbmm", out, c, a, b, numbers=(beta, alpha))

    def _called(self, name: str, *tensors: Any, numbers: tuple[Any, ...] = ()) -> None:
        places = tuple([self._placed(x) for x in tensors])
        if any([p.dtype not in _CODES for p in places]) or not all([isinstance(n, int | float) for n in numbers]):
            raise Refused
        self._note(Product(f"{name}_out", places, numbers))


_CODES: Final = {
    torch.float16: 5,
    torch.float32: 6,
    torch.float64: 7,
    torch.complex64: 9,
    torch.complex128: 10,
    torch.bfloat16: 15,
}


def addresses(entries: Sequence[str], routines: Sequence[str]) -> dict[str, int]:
    """Where the functions are that a loop calls, by the names that they have in it.

    Args:
        entries: Names of torch's functions.
        routines: Names of LAPACK's.

    Raises:
        Refused: This build of torch has none.
    """
    names = {name: name for name in routines}
    if entries:
        names |= {"made": "aoti_torch_create_tensor_from_blob", "freed": "aoti_torch_delete_tensor_object"}
        names |= {entry: f"aoti_torch_cpu_{entry}" for entry in entries}
    if not names:
        return {}
    try:
        library = ctypes.CDLL(torch._C.__file__)
        found = {name: ctypes.cast(getattr(library, entry), ctypes.c_void_p).value for name, entry in names.items()}
    except (OSError, AttributeError) as error:
        raise Refused from error
    return {name: address for name, address in found.items() if address is not None}
