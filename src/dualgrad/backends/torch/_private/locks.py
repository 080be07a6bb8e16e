"""The lock under which one thread at a time traces and compiles: PyTorch keeps the state of both in globals."""

import threading
from typing import Final

__all__ = ["alone"]

# Two traces that overlap end in an assertion of `torch.fx`, or leave its patches of `nn.Module` behind (torch 2.13). It
# is one lock for all, so that no two threads wait for each other.
alone: Final = threading.RLock()
