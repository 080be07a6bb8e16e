"""The cipher and the functions as kernels of CUDA: one for a draw, where torch's operators take a hundred.

Each operation is rounded by itself (`__fadd_rn` and its kin): the compiler joins none, so that the bits of a number do
not hang on what is computed with it. The logarithm is the device's own, which XLA calls there too.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

from dualgrad.backends.torch._cipher import PARITY, rounds
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

    def log1p(self, a: Any, /) -> str:
        """The device's own."""
        return self.value(f"log1p{self._suffix}({a})")


def _cipher() -> tuple[str, str, str]:
    """Statements, and the names of the two words of the cipher that they make of the arguments."""
    lines: list[str] = []

    def value(expression: str) -> str:
        lines.append(f"unsigned int w{len(lines)} = {expression};")
        return f"w{len(lines) - 1}"

    x0, x1 = rounds(
        *[value(word) for word in _WORDS.split()],
        rotate=lambda x, r: value(f"{x} << {r} | {x} >> {32 - r}"),
        parity=f"{PARITY:#x}u",
        add=lambda a, b: value(f"{a} + {b}"),
        xor=lambda a, b: value(f"{a} ^ {b}"),
        const=lambda i: f"{i}u",
    )
    return " ".join(lines), x0, x1


def _erfinv(wide: bool, first: str, factor: float | None = None) -> str:
    lines = _Lines(wide)
    out = formulas.erfinv(lines, lines.value(first), lambda _, x: lines.log1p(x))
    out = out if factor is None else lines.mul(out, factor)
    return f"{' '.join(lines.lines)} return {out};"


def _template(name: str, args: str, body: str) -> str:
    return f"template <typename T> T {name}({', '.join(f'T {a}' for a in args.split())}) {{ {body} }}"


_WORDS: Final = "k0 k1 c0 c1"
_LINES, _X0, _X1 = _cipher()
NARROW: Final = _template("dualgrad_narrow", _WORDS, f"{_LINES} return {_X0} ^ {_X1};")
WIDE: Final = _template("dualgrad_wide", _WORDS, f"{_LINES} return (unsigned long long){_X0} << 32 | {_X1};")
ERFINV: Final = {
    torch.float32: _template("dualgrad_erfinv32", "x", _erfinv(False, "x")),
    torch.float64: _template("dualgrad_erfinv64", "x", _erfinv(True, "x")),
}
# Words come as floats of the same bits, for arguments and result have one type.
_BETWEEN_2_AND_4: Final = f"__int_as_float((int)(({_X0} ^ {_X1}) >> 9 | 0x40000000u))"
NORMAL: Final = _template(
    "dualgrad_normal32",
    "f0 f1 g0 g1",
    "int k0 = __float_as_int(f0), k1 = __float_as_int(f1), c0 = __float_as_int(g0), c1 = __float_as_int(g1); "
    f"{_LINES} "
    + _erfinv(False, f"__fadd_rn(__fadd_rn({_BETWEEN_2_AND_4}, -2.0f), -0.99999994f)", 1.41421353816986083984375),
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
