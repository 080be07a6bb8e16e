"""Control flow and collectives on torch: trees of arrays here, the programs they become in `programs/`."""

from typing import Any

from dualgrad.backends.torch import tree
from dualgrad.backends.torch.lax._trees import Arrays
from dualgrad.backends.torch.lax.associative import *
from dualgrad.backends.torch.lax.bits import *
from dualgrad.backends.torch.lax.branches import *
from dualgrad.backends.torch.lax.collectives import *
from dualgrad.backends.torch.lax.implicit import *
from dualgrad.backends.torch.lax.loops import *
from dualgrad.backends.torch.lax.platforms import *
from dualgrad.backends.torch.lax.scans import *
from dualgrad.backends.torch.programs.barrier import barrier


def optimization_barrier(operand: Any, /) -> Any:
    """`operand`, across which a compiler moves no computation."""
    given = Arrays.of("lax.optimization_barrier", operand)
    return tree.unflatten(given.treedef, barrier(given.tensors))
