"""Every private torch name that dualgrad touches, and what stands behind it; checked on torch 2.13.

A torch release that moves one of them fails here, at import, with the name of what is gone.
"""

from dualgrad.backends.torch._private.autograd import *
from dualgrad.backends.torch._private.bit_views import *
from dualgrad.backends.torch._private.compiling import *
from dualgrad.backends.torch._private.constants import *
from dualgrad.backends.torch._private.costs import *
from dualgrad.backends.torch._private.custom_ops import *
from dualgrad.backends.torch._private.cxx import *
from dualgrad.backends.torch._private.duals import *
from dualgrad.backends.torch._private.fakes import *
from dualgrad.backends.torch._private.guards import *
from dualgrad.backends.torch._private.indexing import *
from dualgrad.backends.torch._private.intact import *
from dualgrad.backends.torch._private.jiterator import *
from dualgrad.backends.torch._private.levels import *
from dualgrad.backends.torch._private.lifting import *
from dualgrad.backends.torch._private.locks import *
from dualgrad.backends.torch._private.lowerings import *
from dualgrad.backends.torch._private.nodes import *
from dualgrad.backends.torch._private.products import Column as Column
from dualgrad.backends.torch._private.products import Fold as Fold
from dualgrad.backends.torch._private.recording import *
from dualgrad.backends.torch._private.reverse import *
from dualgrad.backends.torch._private.signs import *
from dualgrad.backends.torch._private.steps import Elementwise as Elementwise
from dualgrad.backends.torch._private.steps import Nested as Nested
from dualgrad.backends.torch._private.steps import Steps as Steps
from dualgrad.backends.torch._private.tracing import *
from dualgrad.backends.torch._private.vectors import *
from dualgrad.backends.torch._private.whole import *
from dualgrad.backends.torch._private.zeros import *
