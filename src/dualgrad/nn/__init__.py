"""Neural-network ops under `jax.nn`'s names; what it lacks has those of optax, Flax or PyTorch.

Functions of arrays, which hold no state. Initializers of weights stand in `dg.nn.initializers`.
"""

from __future__ import annotations

from dualgrad._ops.trigonometry import tanh
from dualgrad.nn import initializers as initializers
from dualgrad.nn._activations import (
    gelu,
    glu,
    identity,
    log1mexp,
    log_sigmoid,
    mish,
    sigmoid,
    silu,
    soft_sign,
    softplus,
    squareplus,
    swish,
)
from dualgrad.nn._attention import dot_product_attention
from dualgrad.nn._classification import (
    kl_divergence,
    sigmoid_binary_cross_entropy,
    smooth_labels,
    softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels,
)
from dualgrad.nn._convolution import conv, conv_transpose
from dualgrad.nn._encoding import dropout, embedding, one_hot
from dualgrad.nn._normalization import batch_norm, group_norm, layer_norm, rms_norm, standardize
from dualgrad.nn._pooling import avg_pool, max_pool
from dualgrad.nn._rectifiers import (
    celu,
    elu,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    relu,
    relu6,
    selu,
    sparse_plus,
    sparse_sigmoid,
)
from dualgrad.nn._regression import (
    cosine_distance,
    cosine_similarity,
    hinge_loss,
    huber_loss,
    l2_loss,
    log_cosh,
    squared_error,
)
from dualgrad.nn._softmax import log_softmax, logmeanexp, logsumexp, softmax

__all__ = [
    "avg_pool",
    "batch_norm",
    "celu",
    "conv",
    "conv_transpose",
    "cosine_distance",
    "cosine_similarity",
    "dot_product_attention",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "glu",
    "group_norm",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "hinge_loss",
    "huber_loss",
    "identity",
    "kl_divergence",
    "l2_loss",
    "layer_norm",
    "leaky_relu",
    "log1mexp",
    "log_cosh",
    "log_sigmoid",
    "log_softmax",
    "logmeanexp",
    "logsumexp",
    "max_pool",
    "mish",
    "one_hot",
    "relu",
    "relu6",
    "rms_norm",
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
    "sparse_plus",
    "sparse_sigmoid",
    "squared_error",
    "squareplus",
    "standardize",
    "swish",
    "tanh",
]
__dir__ = [*__all__, "initializers"].copy  # what completion offers
