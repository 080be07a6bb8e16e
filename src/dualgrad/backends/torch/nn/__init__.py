"""Neural-network ops on PyTorch: native kernels where value and every derivative are right, else where-formulas."""

from dualgrad.backends.torch.nn._activations import *
from dualgrad.backends.torch.nn._convolution import conv as conv
from dualgrad.backends.torch.nn._convolution import conv_transpose as conv_transpose
from dualgrad.backends.torch.nn._encoding import *
from dualgrad.backends.torch.nn._normalization import *
from dualgrad.backends.torch.nn._pooling import *
from dualgrad.backends.torch.nn._softmax import *
