"""The arithmetic that writes C: a loop for each function and dtype."""

from __future__ import annotations

from typing import Any, Final

from dualgrad.backends.torch._rounded import formulas

__all__ = ["SOURCE", "Lines"]


class Lines:
    """Statements of C, each of which makes a value; a value is the name of a variable."""

    def __init__(self, wide: bool) -> None:
        self.wide = wide
        self.lines: list[str] = []
        self.before: list[str] = []

    @property
    def _suffix(self) -> str:
        return "" if self.wide else "f"

    def value(self, expression: str, kind: str | None = None) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f"{kind or ('double' if self.wide else 'float')} {name} = {expression};")
        return name

    def _text(self, x: Any) -> str:
        if isinstance(x, str):
            return x
        special = {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(repr(x))
        return special or f"{x!r}{self._suffix}"

    def _binary(self, sign: str, a: Any, b: Any, kind: str | None = None) -> str:
        return self.value(f"{self._text(a)} {sign} {self._text(b)}", kind)

    def add(self, a: Any, b: Any, /) -> str:
        return self._binary("+", a, b)

    def mul(self, a: Any, b: Any, /) -> str:
        return self._binary("*", a, b)

    def div(self, a: Any, b: Any, /) -> str:
        return self._binary("/", a, b)

    def neg(self, a: Any, /) -> str:
        return self.value(f"-{a}")

    def abs(self, a: Any, /) -> str:
        return self.value(f"fabs{self._suffix}({a})")

    def sqrt(self, a: Any, /) -> str:
        return self.value(f"sqrt{self._suffix}({a})")

    def less(self, a: Any, b: Any, /) -> str:
        return self._binary("<", a, b, "int")

    def equal(self, a: Any, b: Any, /) -> str:
        return self._binary("==", a, b, "int")

    def where(self, condition: Any, a: Any, b: Any, /) -> str:
        return self.value(f"{condition} ? {self._text(a)} : {self._text(b)}")

    def fma(self, a: Any, b: Any, c: Any, /) -> str:
        return self.value(f"FMA{self._suffix}({', '.join(map(self._text, (a, b, c)))})")

    def split(self, a: Any, /) -> tuple[str, str]:
        word = self.value(f"as_int({a})", "int32_t")
        mantissa = self.value(f"as_float(({word} & 0x007FFFFF) | 0x3F000000)")
        return mantissa, self.value(f"(float)(({word} >> 23) - 127)")

    def log(self, a: Any, /) -> str:
        return self._of_library("log", a)

    def erf(self, a: Any, /) -> str:
        return self._of_library("erf", a)

    def _of_library(self, name: str, a: Any) -> str:
        self.before = [*self.lines, f"found[j] = {name}({a});"]
        return "found[j]"


def _loop(name: str, wide: bool, first: str, function: Any, last: str) -> str:
    """A function of C that replaces `n` numbers; the library is called in a loop of its own, the rest is vectors."""
    lines = Lines(wide)
    kind = "double" if wide else "float"
    result = function(lines, lines.value(first))
    body = " ".join([*lines.lines, last.format(result)])
    if not lines.before:
        return f"void {name}({kind} *x, int64_t n) {{ for (int64_t i = 0; i < n; i++) {{ {body} }} }}"
    blocks = "for (int64_t s = 0; s < n; s += 256) { int m = n - s < 256 ? n - s : 256; double found[256];"
    loop = f"for (int j = 0; j < m; j++) {{ int64_t i = s + j; {' '.join(lines.before)} }}"
    return f"void {name}({kind} *x, int64_t n) {{ {blocks} {loop} {loop.replace(' '.join(lines.before), body)} }} }}"


_HEAD: Final = """
#include <math.h>
#include <string.h>
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define FMA fma
#define FMAf fmaf
#else
#define FMA(a, b, c) ((a) * (b) + (c))
#define FMAf FMA
#endif
static inline int32_t as_int(float x) { int32_t i; memcpy(&i, &x, 4); return i; }
static inline float as_float(int32_t i) { float x; memcpy(&x, &i, 4); return x; }
"""

# Random bits become a number between 2 and 4, and by 2 and the least number that is not -1 one between -1 and 1.
_BITS: Final = "as_float((int32_t)((uint32_t)as_int(x[i]) >> 9 | 0x40000000)) - 2.0f + -0.99999994f"

SOURCE: Final = _HEAD + "\n".join(
    [
        *[
            _loop(f"{function.__name__}{64 if wide else 32}", wide, "x[i]", function, "x[i] = {};")
            for function in (formulas.log, formulas.log1p, formulas.erf, formulas.erfinv)
            for wide in (False, True)
        ],
        _loop("normal32", False, _BITS, formulas.erfinv, "x[i] = {} * 1.4142135f;"),
    ]
)
