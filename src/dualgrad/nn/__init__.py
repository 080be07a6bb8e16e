"""Neural-network ops under `jax.nn`'s names; what it lacks has those of optax, Flax or PyTorch.

Functions of arrays, which hold no state. Initializers of weights stand in `dg.nn.initializers`.
"""

from __future__ import annotations

from dualgrad.nn._activations import gelu, log_sigmoid, mish, sigmoid, silu, soft_sign, softplus, swish
from dualgrad.nn._classification import (
    kl_divergence,
    sigmoid_binary_cross_entropy,
    smooth_labels,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from dualgrad.nn._convolution import conv, conv_transpose
from dualgrad.nn._encoding import one_hot
from dualgrad.nn._normalization import layer_norm, standardize
from dualgrad.nn._pooling import avg_pool, max_pool
from dualgrad.nn._rectifiers import celu, elu, hard_sigmoid, hard_silu, hard_tanh, leaky_relu, relu, relu6, selu
from dualgrad.nn._regression import (
    cosine_distance,
    cosine_similarity,
    hinge_loss,
    huber_loss,
    l2_loss,
    log_cosh,
    squared_error,
)
from dualgrad.nn._softmax import log_softmax, logsumexp, softmax

__all__ = [
    "avg_pool",
    "celu",
    "conv",
    "conv_transpose",
    "cosine_distance",
    "cosine_similarity",
    "elu",
    "gelu",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "hinge_loss",
    "huber_loss",
    "kl_divergence",
    "l2_loss",
    "layer_norm",
    "leaky_relu",
    "log_cosh",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "max_pool",
    "mish",
    "one_hot",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "sigmoid_binary_cross_entropy",
    "silu",
    "smooth_labels",
    "soft_sign",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_with_integer_labels",
    "softplus",
    "squared_error",
    "standardize",
    "swish",
]
