# This is the folder for private names.
# pyright: reportPrivateUsage=false
"""How loops on a CPU make, read and write truth values: as vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

import torch
from torch import Tensor

from dualgrad.backends.torch._private.vectors import width_of_vectors

__all__ = ["comparisons", "truths_as_vectors"]

# Of these GCC and Clang make a comparison and a few moves, as the number of turns is known.
_READ: Final = (
    "[](const bool* in) {{ using M = {mask}; __at_align__ int32_t bits[M::size()] = {{}}; "
    "for (int i = 0; i < {count}; ++i) bits[i] = -static_cast<int32_t>(in[i]); "
    "return M(decltype(at::vec::VectorizedN<float, M::size() / at::vec::Vectorized<float>::size()>())::loadu(bits)); }}"
    "({place})"
)
_WRITTEN: Final = (
    "[](const auto& mask, bool* out) {{ using T = typename std::decay_t<decltype(mask[0])>::value_type; "
    "constexpr int n = std::decay_t<decltype(mask)>::size(), width = at::vec::Vectorized<T>::size(); "
    "__at_align__ at::vec::int_same_size_t<T> bits[n]; "
    "for (int i = 0; i < n / width; ++i) mask[i].store(bits + i * width); "
    "for (int i = 0; i < {count}; ++i) out[i] = bits[i] != 0; }}({value}, {place});"
)


def comparisons() -> dict[Any, Any]:
    """Questions about floats, which Inductor asks one by one (torch 2.13), as comparisons of vectors."""
    aten = torch.ops.aten

    def on_cpu(fun: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Any]:
        def decomposed(x: Tensor) -> Any:
            return fun(x) if x.device.type == "cpu" and x.dtype.is_floating_point else NotImplemented

        return decomposed

    return {
        aten.isinf.default: on_cpu(lambda x: torch.abs(x) == math.inf),
        aten.isnan.default: on_cpu(lambda x: x != x),
        aten.signbit.default: on_cpu(lambda x: torch.copysign(torch.ones((), dtype=x.dtype), x) < 0),
    }


@contextmanager
def truths_as_vectors() -> Generator[None]:
    """A block in which loops keep truth values as quickly as floats. Not thread-safe.

    Torch's class for them widens a vector to as many numbers as it has room for bools, and goes through all of these
    one by one (torch 2.13): a comparison of 100,000 numbers took 640 us, and takes 5.
    """
    from torch._inductor.codegen.cpp import CppVecKernel
    from torch._inductor.codegen.cpp_utils import cexpr_index
    from torch._inductor.utils import IndentedBuffer

    loaded: Any = CppVecKernel._get_vec_load_line
    stored: Any = CppVecKernel._get_store_line

    def _get_vec_load_line(self: Any, var: str, index: Any, dtype: Any, load_mask: Any = None) -> str:
        if dtype is not torch.bool:
            return loaded(self, var, index, dtype, load_mask)
        place = f"{var} + {cexpr_index(index)}" if index != 0 else var
        return _READ.format(mask=self._get_mask_type(), count=cexpr_index(self.num_elems), place=place)

    def _get_store_line(self: Any, value: Any, var: str, index: Any, dtype: Any, accu_store: bool = False) -> Any:
        stride = self._try_get_const_stride(index, self.itervars[self.tiling_idx])
        if dtype is not torch.bool or accu_store or stride != 1:
            return stored(self, value, var, index, dtype, accu_store)
        code = IndentedBuffer()
        place = f"{var} + {cexpr_index(index)}"
        code.writeline(_WRITTEN.format(value=value, count=cexpr_index(self.num_elems), place=place))
        return code

    _, flags = width_of_vectors()
    if not flags:  # of other processors nobody has looked at what the compiler makes of it
        yield
        return
    with (
        patch.object(CppVecKernel, "_get_vec_load_line", _get_vec_load_line),
        patch.object(CppVecKernel, "_get_store_line", _get_store_line),
    ):
        yield
