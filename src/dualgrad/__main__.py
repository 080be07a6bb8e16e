"""`python -m dualgrad`: what is installed, which backend answers, on which devices and in which precision."""

from __future__ import annotations

import platform
import sys

from dualgrad import __version__
from dualgrad._active import get_backend
from dualgrad._registry import BUILT_IN, available_backends

__all__ = ["main", "report"]


def report() -> tuple[list[tuple[str, str]], bool]:
    """Rows of what and its value, and whether a backend answers."""
    rows = [("dualgrad", __version__), ("python", platform.python_version())]
    installed = available_backends()
    devices: list[tuple[str, str]] = []
    for name in dict.fromkeys([*BUILT_IN, *installed]):
        if name not in installed:
            rows.append((name, f"not installed: pip install 'dualgrad[{name}]'"))
            continue
        try:
            backend = get_backend(name)
            rows.append((name, backend.version()))
            devices.append((f"devices of {name}", ", ".join(str(d) for d in backend.devices())))
        except Exception as error:  # a broken framework must not hide what is said of the others
            rows.append((name, f"cannot be imported: {type(error).__name__}: {error}"))
    rows.append(("backends", ", ".join(installed) or "none"))
    try:
        active = get_backend()
        wide = active.x64_enabled()
    except Exception as error:
        return [*rows, *devices, ("active", f"none: {error}")], False
    precision = "64-bit: float64, int64, complex128" if wide else "32-bit: float32, int32, complex64"
    return [*rows, ("active", active.name), *devices, ("precision", precision)], True


def main() -> int:
    """Print the report; 1 where no backend answers."""
    rows, answers = report()
    width = max(len(what) for what, _ in rows)
    for what, value in rows:
        print(f"{what:<{width}}  {value}")
    return 0 if answers else 1


if __name__ == "__main__":
    sys.exit(main())
