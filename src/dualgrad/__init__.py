"""One program, two engines: write research code once and run it on JAX or on PyTorch, chosen at run time.

```python
import dualgrad as dg

slope = dg.grad(lambda x: x**2 + 2 * x + 1)

with dg.use_backend("torch"):
    slope(3.0)  # tensor(8.)
```

Importing this package imports neither framework.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

from dualgrad import custom_batching as custom_batching
from dualgrad import errors as errors
from dualgrad import tree as tree
from dualgrad import typing as typing
from dualgrad._active import enable_x64 as enable_x64
from dualgrad._active import get_backend as get_backend
from dualgrad._active import set_backend as set_backend
from dualgrad._active import use_backend as use_backend
from dualgrad._active import x64_enabled as x64_enabled
from dualgrad._custom import *
from dualgrad._info import __array_api_version__ as __array_api_version__
from dualgrad._info import __array_namespace_info__ as __array_namespace_info__
from dualgrad._ops.arithmetic import *
from dualgrad._ops.calculus import *
from dualgrad._ops.comparison import *
from dualgrad._ops.complex_numbers import *
from dualgrad._ops.creation import *
from dualgrad._ops.cumulative import *
from dualgrad._ops.dtypes import *
from dualgrad._ops.editing import *
from dualgrad._ops.exponentials import *
from dualgrad._ops.floats import *
from dualgrad._ops.grids import *
from dualgrad._ops.histograms import *
from dualgrad._ops.host import *
from dualgrad._ops.index_tricks import *
from dualgrad._ops.indexing import *
from dualgrad._ops.inspection import *
from dualgrad._ops.kinds import *
from dualgrad._ops.linear_algebra import *
from dualgrad._ops.logic import *
from dualgrad._ops.manipulation import *
from dualgrad._ops.mapping import *
from dualgrad._ops.nan_reductions import *
from dualgrad._ops.nan_statistics import *
from dualgrad._ops.ordering import *
from dualgrad._ops.packing import *
from dualgrad._ops.polynomials import *
from dualgrad._ops.reductions import *
from dualgrad._ops.rounding import *
from dualgrad._ops.searching import *
from dualgrad._ops.segments import *
from dualgrad._ops.selection import *
from dualgrad._ops.sets import *
from dualgrad._ops.shapes import *
from dualgrad._ops.signal import *
from dualgrad._ops.slicing import *
from dualgrad._ops.stacking import *
from dualgrad._ops.statistics import *
from dualgrad._ops.triangles import *
from dualgrad._ops.trigonometry import *
from dualgrad._portable import check_portable as check_portable
from dualgrad._programs import *
from dualgrad._registry import available_backends as available_backends
from dualgrad.custom_batching import *
from dualgrad.errors import *
from dualgrad.transforms import *
from dualgrad.typing import ShapeDtypeStruct as ShapeDtypeStruct
from dualgrad.typing import SymbolicZero as SymbolicZero

__version__ = "0.1.0"

_NAMESPACES = ("checkpoint_policies", "debug", "fft", "image", "lax", "linalg", "nn", "random", "special", "testing")
_FLOORS = {"backends", "protocol", "transforms"}  # modules, not namespaces: their names are here

if _TYPE_CHECKING:
    from dualgrad import checkpoint_policies as checkpoint_policies
    from dualgrad import debug as debug
    from dualgrad import fft as fft
    from dualgrad import image as image
    from dualgrad import lax as lax
    from dualgrad import linalg as linalg
    from dualgrad import nn as nn
    from dualgrad import random as random
    from dualgrad import special as special
    from dualgrad import testing as testing
else:  # unseen by type checkers, to which a module with `__getattr__` has every name

    def __getattr__(name: str) -> object:
        """Import a namespace when it is first named: all of them would take `import dualgrad` half as long again."""
        if name in _NAMESPACES:
            return _import_module(f"dualgrad.{name}")
        raise _import_module("dualgrad._absent").absent(name)

    def __dir__() -> list[str]:
        """What completion offers: public names, those of namespaces that were not imported yet too."""
        return sorted(
            name for name in {*globals(), *_NAMESPACES} - _FLOORS if not name.startswith("_") or name.startswith("__")
        )
