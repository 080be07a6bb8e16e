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

__all__ = ["Place", "Product", "Products", "Refused", "addresses"]


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

    def call(self, lasting: set[Place]) -> str:
        """The call, in C++, with handles of those of its tensors that have none for the whole loop."""
        own = [p for p in dict.fromkeys(self.places) if p not in lasting]
        given = [*[f"{p.handle()}.handle" for p in self.places], *[repr(float(n)) for n in self.numbers]]
        return f"{{ {' '.join([p.held() for p in own])} called({self.entry}, {', '.join(given)}); }}"


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


def addresses(products: Sequence[Product], routines: Sequence[str]) -> dict[str, int]:
    """Where the functions are that a loop calls, by the names that they have in it.

    Args:
        products: Products, which call torch's.
        routines: Names of LAPACK's.

    Raises:
        Refused: This build of torch has none.
    """
    names = {name: name for name in routines}
    if products:
        names |= {"made": "aoti_torch_create_tensor_from_blob", "freed": "aoti_torch_delete_tensor_object"}
        names |= {p.entry: f"aoti_torch_cpu_{p.entry}" for p in products}
    if not names:
        return {}
    try:
        library = ctypes.CDLL(torch._C.__file__)
        found = {name: ctypes.cast(getattr(library, entry), ctypes.c_void_p).value for name, entry in names.items()}
    except (OSError, AttributeError) as error:
        raise Refused from error
    return {name: address for name, address in found.items() if address is not None}
