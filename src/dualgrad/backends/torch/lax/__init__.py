"""Control flow and collectives on torch: trees of arrays here, the programs they become in `programs/`."""

from dualgrad.backends.torch.lax.branches import *
from dualgrad.backends.torch.lax.loops import *
