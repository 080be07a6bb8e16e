"""The cipher and the functions as kernels of CUDA: one for a draw, where torch's operators take a hundred.

Each operation is rounded by itself (`__fadd_rn` and its kin): the compiler joins none, so that the bits of a number do
not hang on what is computed with it. The logarithm is the device's own, which XLA calls there too.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._private import elementwise_on_cuda
from dualgrad.backends.torch._rounded import formulas
from dualgrad.backends.torch._rounded.source import Lines

__all__ = ["cipher_on_cuda", "erfinv_on_cuda", "normal32_on_cuda"]


class _Lines(Lines):
    """Statements of CUDA's C++."""

    def _rounded(self, name: str, *values: Any) -> str:
        return self.value(f"__{'d' if self.wide else 'f'}{name}_rn({', '.join(map(self._text, values))})")

    def _text(self, x: Any) -> str:
        if isinstance(x, str) or x - x == 0:
            return super()._text(x)
        return f"__int_as_float({ {'inf': '0x7f800000', '-inf': '0xff800000', 'nan': '0x7fc00000'}[repr(x)] })"

    def add(self, a: Any, b: Any, /) -> str:
        return self._rounded("add", a, b)

    def mul(self, a: Any, b: Any, /) -> str:
        return self._rounded("mul", a, b)

    def div(self, a: Any, b: Any, /) -> str:
        return self._rounded("div", a, b)

    def sqrt(self, a: Any, /) -> str:
        return self._rounded("sqrt", a)

    def fma(self, a: Any, b: Any, c: Any, /) -> str:
        name = "__fma_rn" if self.wide else "__fmaf_rn"
        return self.value(f"{name}({', '.join(map(self._text, (a, b, c)))})")


def _logarithm(lines: Any, x: str) -> str:
    return lines.value(f"log1p{lines._suffix}({x})")


def _step(r: int) -> str:
    return f"x0 += x1; x1 = (x1 << {r} | x1 >> {32 - r}) ^ x0;"


def _cipher() -> str:
    """Statements after which `x0` and `x1` are the words of the cipher of the arguments."""
    lines = ["unsigned int a = k0, b = k1, c = a ^ b ^ 0x1BD11BDAu, x0 = c0, x1 = c1; x0 += a; x1 += b;"]
    keys = "abc"
    for i in range(5):
        lines += [_step(r) for r in ((13, 15, 26, 6), (17, 29, 16, 24))[i % 2]]
        lines.append(f"x0 += {keys[(i + 1) % 3]}; x1 += {keys[(i + 2) % 3]} + {i + 1}u;")
    return " ".join(lines)


def _function(wide: bool, name: str, before: str, first: str, factor: float | None = None) -> str:
    lines = _Lines(wide)
    out = formulas.erfinv(lines, lines.value(first), _logarithm)
    out = out if factor is None else lines.mul(out, factor)
    return f"{before} {' '.join(lines.lines)} return {out};"


def _template(name: str, args: str, body: str) -> str:
    return f"template <typename T> T {name}({', '.join(f'T {a}' for a in args.split())}) {{ {body} }}"


_WORDS: Final = "k0 k1 c0 c1"
NARROW: Final = _template("dualgrad_narrow", _WORDS, _cipher() + " return x0 ^ x1;")
WIDE: Final = _template("dualgrad_wide", _WORDS, _cipher() + " return (unsigned long long)x0 << 32 | x1;")
ERFINV: Final = {
    torch.float32: _template("dualgrad_erfinv32", "x", _function(False, "erfinv32", "", "x")),
    torch.float64: _template("dualgrad_erfinv64", "x", _function(True, "erfinv64", "", "x")),
}
# Words come as floats of the same bits, for arguments and result have one type.
NORMAL: Final = _template(
    "dualgrad_normal32",
    "f0 f1 g0 g1",
    "int k0 = __float_as_int(f0), k1 = __float_as_int(f1), c0 = __float_as_int(g0), c1 = __float_as_int(g1); "
    + _function(
        False,
        "normal32",
        _cipher(),
        "__fadd_rn(__fadd_rn(__int_as_float((int)((x0 ^ x1) >> 9 | 0x40000000u)), -2.0f), -0.99999994f)",
        1.41421353816986083984375,
    ),
)


def cipher_on_cuda(k0: Tensor, k1: Tensor, c0: Tensor, c1: Tensor, wide: bool) -> Tensor:
    """The cipher threefry2x32; see `_threefry.threefry2x32`."""
    words = (k0, k1, c0, c1)
    if not wide:
        return elementwise_on_cuda(NARROW)(*words)
    return elementwise_on_cuda(WIDE)(*[x.to(torch.int64) for x in words])


def normal32_on_cuda(k0: Tensor, k1: Tensor, c0: Tensor, c1: Tensor) -> Tensor:
    """Standard normal float32 numbers of int32 words."""
    return elementwise_on_cuda(NORMAL)(*[x.view(torch.float32) for x in (k0, k1, c0, c1)])


def erfinv_on_cuda(x: Tensor) -> Tensor:
    """The inverse of the error function of float32 or float64 numbers."""
    return elementwise_on_cuda(ERFINV[x.dtype])(x)
