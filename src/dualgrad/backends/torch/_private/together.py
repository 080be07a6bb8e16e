# This is the folder for private names.
# pyright: reportPrivateUsage=false, reportAttributeAccessIssue=false, reportPrivateImportUsage=false
"""The kernels of a program compiled as one C++ file, where Inductor makes a file and a library of each.

Each file costs the compiler half a second for torch's header, though that is precompiled: at the end of every file GCC
makes the instances of its templates anew. A kernel itself takes a tenth of a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

__all__ = ["compiled_together"]

# A kernel with nothing before it but what it includes; others stay alone.
_KERNEL: Final = re.compile(r'\s*((?:#include [^\n]*\n\s*)*)(extern "C"\s+void\s+)kernel(\(.*)', re.DOTALL)

# Characters of a file, which take the compiler about as long as the header; what is more goes to another core.
_MOST: Final = 100_000


@dataclass(frozen=True)
class _Kernel:
    argtypes: Sequence[str]
    includes: str
    before: str
    behind: str  # its name

    def named(self, n: int) -> str:
        """The function, of this name."""
        return f"{self.before}kernel_{n}{self.behind}\n"


@contextmanager
def compiled_together() -> Generator[None, None, None]:
    """A block in which the C++ kernels of a program are compiled together, once all of them are known."""
    from torch._inductor.async_compile import AsyncCompile, get_compile_threads

    one_by_one: Callable[..., Any] = AsyncCompile.cpp_pybinding
    rest: Callable[..., None] = AsyncCompile.wait

    def put_off(self: Any, argtypes: Sequence[str], source: str) -> Any:
        found = _KERNEL.fullmatch(source)
        return one_by_one(self, argtypes, source) if found is None else _Kernel(tuple(argtypes), *found.groups())

    def wait(self: Any, scope: dict[str, Any]) -> None:
        kernels = {name: value for name, value in scope.items() if type(value) is _Kernel}
        # with one thread `submit` would compile at once, and wait for ever for the lock that its caller holds
        submit = self.submit if get_compile_threads() > 1 else None
        begun = [_begun(part, submit) for part in _parts(list(kernels.values()))]
        functions = [function for ended in begun for function in ended()]
        scope.update(zip(kernels, functions, strict=True))
        rest(self, scope)

    with patch.object(AsyncCompile, "cpp_pybinding", put_off), patch.object(AsyncCompile, "wait", wait):
        yield


def _parts(kernels: Sequence[_Kernel]) -> list[list[_Kernel]]:
    """The kernels of each file, in order."""
    parts: list[list[_Kernel]] = []
    size = _MOST
    for kernel in kernels:
        if size >= _MOST:
            parts.append([])
            size = 0
        parts[-1].append(kernel)
        size += len(kernel.behind)
    return parts


def _begun(kernels: Sequence[_Kernel], submit: Callable[..., Any] | None) -> Callable[[], list[Callable[..., None]]]:
    """Begin to compile a file; what ends it gives the functions."""
    from torch._inductor.codecache import CppPythonBindingsCodeCache

    includes = dict.fromkeys(line for kernel in kernels for line in kernel.includes.split("\n") if line.strip())
    functions = [kernel.named(n) for n, kernel in enumerate(kernels)]
    source = "\n".join([*includes, *functions, _BINDINGS, *map(_binding, range(len(kernels)), kernels)])
    ended = CppPythonBindingsCodeCache.load_async(source + _module(len(kernels)), submit_fn=submit)

    def functions_of() -> list[Callable[..., None]]:
        module = ended()
        return [getattr(module, f"kernel_{n}") for n in range(len(kernels))]

    return functions_of


# Inductor's own bindings, for several functions, and with arguments that need no tuple.
_BINDINGS: Final = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static void* (*address_of)(PyObject*);

template <typename T> static inline T taken(PyObject* x) {
    if constexpr (std::is_pointer_v<T>) {
        return static_cast<T>(address_of(x));
    } else if constexpr (std::is_floating_point_v<T>) {
        double value = PyFloat_AsDouble(x);
        if (value == -1.0 && PyErr_Occurred()) [[unlikely]]
            throw std::runtime_error("expected float arg");
        return static_cast<T>(value);
    } else {
        Py_ssize_t value = PyLong_AsSsize_t(x);
        if (value == -1 && PyErr_Occurred()) [[unlikely]]
            throw std::runtime_error("expected int arg");
        return static_cast<T>(value);
    }
}

template <typename F> static inline PyObject* guarded(Py_ssize_t given, Py_ssize_t asked, F call) {
    try {
        if (given != asked) [[unlikely]]
            throw std::runtime_error("requires " + std::to_string(asked) + " args");
        call();
        Py_RETURN_NONE;
    } catch (std::exception const& e) {
        PyErr_SetString(PyExc_RuntimeError, e.what());
        return nullptr;
    }
}
"""


def _binding(n: int, kernel: _Kernel) -> str:
    types = [argtype.replace("const ", "") for argtype in kernel.argtypes]
    taken = ", ".join([f"taken<{argtype}>(args[{i}])" for i, argtype in enumerate(types)])
    return (
        f"static PyObject* call_{n}(PyObject*, PyObject* const* args, Py_ssize_t given) {{\n"
        f"    return guarded(given, {len(types)}, [&] {{ kernel_{n}({taken}); }});\n}}"
    )


def _module(count: int) -> str:
    """The module that holds the functions; torch says in its environment how a tensor's address is found."""
    entries = [f'{{"kernel_{n}", (PyCFunction)(void*)call_{n}, METH_FASTCALL, ""}}' for n in range(count)]
    return f"""
static PyMethodDef methods[] = {{{", ".join([*entries, "{NULL, NULL, 0, NULL}"])}}};
static struct PyModuleDef definition = {{PyModuleDef_HEAD_INIT, "kernel", NULL, -1, methods}};

PyMODINIT_FUNC PyInit_kernel(void) {{
    const char* address = std::getenv("_TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR");
    if (!address) {{
        PyErr_SetString(PyExc_RuntimeError, "_TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR must be set");
        return nullptr;
    }}
    address_of = reinterpret_cast<decltype(address_of)>(std::strtoull(address, nullptr, 10));
    PyObject* module = PyModule_Create(&definition);
#ifdef Py_GIL_DISABLED
    if (module) PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
    return module;
}}
"""
