"""Neural-network ops on JAX: `jax.nn` where its derivatives follow the conventions, else custom rules."""

from dualgrad.backends.jax.nn._activations import *
from dualgrad.backends.jax.nn._convolution import *
from dualgrad.backends.jax.nn._encoding import *
from dualgrad.backends.jax.nn._normalization import *
from dualgrad.backends.jax.nn._pooling import *
from dualgrad.backends.jax.nn._softmax import *
