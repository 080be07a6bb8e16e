"""One program, two engines: write research code once and run it on JAX or on PyTorch, chosen at run time.

```python
import dualgrad as dg

slope = dg.grad(lambda x: x**2 + 2 * x + 1)

with dg.use_backend("torch"):
    slope(3.0)  # tensor(8.)
```

Importing this package imports neither framework.
"""

try:
    from dualgrad import _transformed as _transformed
except ImportError:  # temporary
    pass
try:
    from dualgrad import linalg as linalg
except ImportError:  # temporary
    pass
try:
    from dualgrad import nn as nn
except ImportError:  # temporary
    pass
try:
    from dualgrad import random as random
except ImportError:  # temporary
    pass
try:
    from dualgrad import tree as tree
except ImportError:  # temporary
    pass
from dualgrad._active import *
try:
    from dualgrad._ops.arithmetic import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.comparison import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.creation import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.dtypes import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.elementwise import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.host import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.indexing import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.linear_algebra import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.manipulation import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.reductions import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.searching import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
try:
    from dualgrad._ops.sets import *
except ModuleNotFoundError:  # temporary: family not landed
    pass
from dualgrad._registry import available_backends as available_backends
from dualgrad.errors import *
from dualgrad.transforms import *
from dualgrad.typing import ShapeDtypeStruct as ShapeDtypeStruct

__version__ = "0.1.0"
