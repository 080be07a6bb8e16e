"""Draw of 1e6 normal numbers; in PyTorch by its own generator, whose numbers are others."""

import numpy as np

KINDS = ("draw",)
SHAPE = (1_000_000,)


def inputs():
    return (np.asarray([0, 7], "uint32"),)


def check(kind, outs):
    for out in outs:
        assert out.shape == SHAPE
        assert abs(out.mean()) < 0.01
        assert abs(out.std() - 1) < 0.01


def ours():
    import dualgrad as dg

    return {"draw": lambda key: dg.random.normal(key, SHAPE)}


def in_jax():
    import jax

    return {"draw": lambda key: jax.random.normal(key, SHAPE)}


def in_torch():
    import torch

    def draw(key):
        return torch.randn(SHAPE, device=key.device)

    return {"draw": {"eager": draw, "compile": torch.compile(draw)}}
