"""Measure what JAX and PyTorch say alone at the points of the divergence table, into `tools/native_answers.json`.

The agreement page shows these answers beside dualgrad's, so that they need no framework to be written. Both frameworks
are asked in float64 through the same transforms; complex gradients of PyTorch are thereby conjugated into JAX's
convention. A function is looked for under the op's name; what has another name, or is a program, stands in `NATIVE`.

Usage: `python tools/measure_divergence.py [--all | --check]`. It measures the rows without answers, with `--all`
every row; `--check` measures every row, writes nothing and exits 1 where an answer has changed.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F
from jax.scipy import special as jsp

from dualgrad.testing._compare import activate, mismatch
from dualgrad.testing._special_points import Answers, answers
from dualgrad.testing.divergence import Divergence, promise, shortly
from dualgrad.testing.divergences import all_divergences
from dualgrad.testing.scenario import Point

PATH = Path(__file__).resolve().parent / "native_answers.json"
NAMESPACES = {
    "jax": (jnp, jax.nn, jsp, jnp.linalg, jnp.fft),
    "torch": (torch, torch.special, F, torch.linalg, torch.fft),
}
I = torch.tensor  # noqa: E741  # a short name for short lambdas

# Row -> native spellings on JAX and on PyTorch; `None` where the framework has none.
NATIVE: dict[str, tuple[Callable[..., Any] | None, Callable[..., Any] | None]] = {
    "add": (lambda x, y: x + y, lambda x, y: x + y),
    "angle": (jnp.angle, torch.angle),
    "argmax": (jnp.argmax, torch.argmax),
    "at(x)[[-1, 5]].get(mode='fill', fill_value=7)": (
        lambda x: x.at[jnp.array([-1, 5])].get(mode="fill", fill_value=7.0),
        lambda x: x[I([-1, 5])],
    ),
    "at(x)[[0, 0, -1]].add(v)": (
        lambda x, v: x.at[jnp.array([0, 0, -1])].add(v),
        lambda x, v: x.index_add(0, I([0, 0, -1]), v),
    ),
    "at(x)[[0, 0]].max(v)": (
        lambda x, v: x.at[jnp.array([0, 0])].max(v),
        lambda x, v: x.scatter_reduce(0, I([0, 0]), v, "amax"),
    ),
    "at(x)[[0, 0]].multiply(v)": (
        lambda x, v: x.at[jnp.array([0, 0])].mul(v),
        lambda x, v: x.scatter_reduce(0, I([0, 0]), v, "prod"),
    ),
    "at(x)[[0, 0]].set(v)": (lambda x, v: x.at[jnp.array([0, 0])].set(v), lambda x, v: x.index_put((I([0, 0]),), v)),
    "at(x)[[0, 5]].set(v)": (lambda x, v: x.at[jnp.array([0, 5])].set(v), lambda x, v: x.index_put((I([0, 5]),), v)),
    "atan2": (jnp.arctan2, torch.atan2),
    "cumulative_prod": (jnp.cumprod, lambda x: torch.cumprod(x, 0)),
    "cumulative_sum": (jnp.cumsum, lambda x: torch.cumsum(x, 0)),
    "digitize(x, [0, 1, 2])": (
        lambda x: jnp.digitize(x, jnp.array([0.0, 1, 2])),
        lambda x: torch.bucketize(x, I([0.0, 1, 2]), right=True),
    ),
    "interp(x, [0, 1, 2], [0, 3, 1])": (lambda x: jnp.interp(x, jnp.array([0.0, 1, 2]), jnp.array([0.0, 3, 1])), None),
    "isfinite(linalg.inv(a))": (
        lambda a: jnp.isfinite(jnp.linalg.inv(a)),
        lambda a: torch.isfinite(torch.linalg.inv(a)),
    ),
    "isfinite(linalg.solve(a, [1, 0]))": (
        lambda a: jnp.isfinite(jnp.linalg.solve(a, jnp.array([1.0, 0]))),
        lambda a: torch.isfinite(torch.linalg.solve(a, I([1.0, 0], dtype=torch.float64))),
    ),
    "linalg.cholesky(a)[1, 0]": (lambda a: jnp.linalg.cholesky(a)[1, 0], lambda a: torch.linalg.cholesky(a)[1, 0]),
    "linalg.eigh([[1, 0], [0, -4]]).eigenvectors": (lambda a: jnp.linalg.eigh(a)[1], lambda a: torch.linalg.eigh(a)[1]),
    "linalg.eigh(nan)": (lambda a: tuple(jnp.linalg.eigh(a)), lambda a: tuple(torch.linalg.eigh(a))),
    "trace(v @ diag(w) @ v.mT), w and v from linalg.eigh": (
        lambda a: jnp.trace((lambda w, v: v @ (w[:, None] * v.mT))(*jnp.linalg.eigh(a))),
        lambda a: torch.trace((lambda w, v: v @ (w[:, None] * v.mT))(*torch.linalg.eigh(a))),
    ),
    "linalg.eigvalsh(nan)": (jnp.linalg.eigvalsh, torch.linalg.eigvalsh),
    "linalg.norm": (jnp.linalg.norm, torch.linalg.norm),
    "linalg.trace": (jnp.trace, torch.trace),
    "linalg.matrix_norm": (jnp.linalg.matrix_norm, torch.linalg.matrix_norm),
    "linalg.vector_norm": (jnp.linalg.vector_norm, torch.linalg.vector_norm),
    "maximum(x, 0)": (lambda x: jnp.maximum(x, 0), lambda x: torch.clamp_min(x, 0)),
    "maximum(x, x)": (lambda x: jnp.maximum(x, x), lambda x: torch.maximum(x, x)),
    "max[axis=1]": (lambda x: jnp.max(x, axis=1), lambda x: torch.max(x, 1).values),
    "min[axis=1]": (lambda x: jnp.min(x, axis=1), lambda x: torch.min(x, 1).values),
    "median": (jnp.median, torch.median),
    "nanstd": (jnp.nanstd, None),
    "nn.hard_silu": (jax.nn.hard_silu, F.hardswish),
    "nn.hard_sigmoid": (jax.nn.hard_sigmoid, F.hardsigmoid),
    "nn.hard_tanh": (jax.nn.hard_tanh, F.hardtanh),
    "nn.huber_loss(x, 0)": (None, lambda x: F.huber_loss(x, torch.zeros_like(x), "none")),
    "nn.log_sigmoid": (jax.nn.log_sigmoid, F.logsigmoid),
    "nn.logsumexp": (jax.nn.logsumexp, lambda x: torch.logsumexp(x, 0)),
    "special.logsumexp": (jax.nn.logsumexp, lambda x: torch.logsumexp(x, 0)),
    "nn.log_softmax": (jax.nn.log_softmax, lambda x: torch.log_softmax(x, -1)),
    "nn.softmax": (jax.nn.softmax, lambda x: torch.softmax(x, -1)),
    "nn.max_pool(x, 2, strides=1)": (None, lambda x: F.max_pool1d(x, 2, 1)),
    "nn.one_hot(x, 3)": (lambda x: jax.nn.one_hot(x, 3), lambda x: F.one_hot(x, 3)),
    "nn.sigmoid_binary_cross_entropy": (
        None,
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="none"),
    ),
    "nn.soft_sign": (jax.nn.soft_sign, F.softsign),
    "nn.standardize": (jax.nn.standardize, lambda x: F.layer_norm(x, x.shape[-1:])),
    "nn.gelu[approximate=False]": (lambda x: jax.nn.gelu(x, approximate=False), F.gelu),
    "prod": (jnp.prod, torch.prod),
    "ptp": (jnp.ptp, lambda x: torch.amax(x) - torch.amin(x)),
    "quantile(x, 0.5)": (lambda x: jnp.quantile(x, 0.5), lambda x: torch.quantile(x, 0.5)),
    "real(conj(z) * z)": (lambda z: jnp.real(jnp.conj(z) * z), lambda z: torch.real(torch.conj(z) * z)),
    "searchsorted([0, 1, 1, 2], x)": (
        lambda x: jnp.searchsorted(jnp.array([0.0, 1, 1, 2]), x),
        lambda x: torch.searchsorted(I([0.0, 1, 1, 2], dtype=torch.float64), x),
    ),
    "segment_max(x, [0, 0, 2], 4)": (
        lambda x: jax.ops.segment_max(x, jnp.array([0, 0, 2]), 4),
        lambda x: torch.full((4,), -torch.inf, dtype=x.dtype).scatter_reduce(0, I([0, 0, 2]), x, "amax"),
    ),
    "segment_min(x, [0, 0, 2], 4)": (
        lambda x: jax.ops.segment_min(x, jnp.array([0, 0, 2]), 4),
        lambda x: torch.full((4,), torch.inf, dtype=x.dtype).scatter_reduce(0, I([0, 0, 2]), x, "amin"),
    ),
    "segment_prod(x, [0, 0, 2], 3)": (
        lambda x: jax.ops.segment_prod(x, jnp.array([0, 0, 2]), 3),
        lambda x: torch.ones(3, dtype=x.dtype).scatter_reduce(0, I([0, 0, 2]), x, "prod"),
    ),
    "segment_sum(x, [0, 1, 5], 2)": (
        lambda x: jax.ops.segment_sum(x, jnp.array([0, 1, 5]), 2),
        lambda x: torch.zeros(2, dtype=x.dtype).index_add(0, I([0, 1, 5]), x),
    ),
    "sort": (jnp.sort, lambda x: torch.sort(x).values),
    "sort(x, descending=True)[0]": (
        lambda x: jnp.sort(x, descending=True)[0],
        lambda x: torch.sort(x, descending=True).values[0],
    ),
    "special.beta": (jsp.beta, None),
    "special.gamma": (jsp.gamma, None),
    "special.polygamma": (
        jsp.polygamma,
        lambda n, x: torch.stack([torch.polygamma(int(k), y) for k, y in zip(n, x, strict=True)]),
    ),
    "special.zeta": (jsp.zeta, torch.special.zeta),
    "sqrt(x * x)": (lambda x: jnp.sqrt(x * x), lambda x: torch.sqrt(x * x)),
    "subtract": (lambda x, y: x - y, lambda x, y: x - y),
    "sum(linalg.cholesky(a)[0])": (
        lambda a: jnp.sum(jnp.linalg.cholesky(a)[0]),
        lambda a: torch.sum(torch.linalg.cholesky(a)[0]),
    ),
    "take(x, [-1, 3, 0])": (lambda x: jnp.take(x, jnp.array([-1, 3, 0])), lambda x: torch.take(x, I([-1, 3, 0]))),
    "take(x, [-4, 3], mode='clip')": (lambda x: jnp.take(x, jnp.array([-4, 3]), mode="clip"), None),
    "take(x, [-4, 3], mode='wrap')": (lambda x: jnp.take(x, jnp.array([-4, 3]), mode="wrap"), None),
    "take_along_axis(x, [-1, 0])": (
        lambda x: jnp.take_along_axis(x, jnp.array([-1, 0]), 0),
        lambda x: torch.take_along_dim(x, I([-1, 0]), 0),
    ),
    "top_k(x, 2)": (lambda x: jax.lax.top_k(x, 2), lambda x: tuple(torch.topk(x, 2))),
    "unique_values": (jnp.unique_values, torch.unique),
    "where(x > 0, sqrt(x), 0)": (
        lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0),
        lambda x: torch.where(x > 0, torch.sqrt(x), 0.0),
    ),
    "where(x > 0, sqrt(where(x > 0, x, 1)), 0)": (
        lambda x: jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0),
        lambda x: torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), 0.0),
    ),
    "x / norm(x)": (lambda x: x / jnp.linalg.norm(x), lambda x: x / torch.linalg.norm(x)),
    "abs(z)**2": (lambda z: jnp.square(jnp.abs(z)), lambda z: torch.square(torch.abs(z))),
    "z**1": (lambda z: z**1, lambda z: z**1),
    "z**w": (jnp.power, torch.pow),
    "z**w in z": (jnp.power, torch.pow),
    "0.0**y": (lambda y: jnp.power(0.0, y), lambda y: torch.pow(0.0, y)),
    "x**x": (lambda x: jnp.power(x, x), lambda x: torch.pow(x, x)),
    **{f"x**{e}": (lambda x, e=e: jnp.power(x, e), lambda x, e=e: torch.pow(x, e)) for e in (0.0, 0.5, 1.5, 0)},
    "x**1": (lambda x: jnp.power(x, 1.0), lambda x: torch.pow(x, 1.0)),
    "astype(x, int32)": (lambda x: x.astype(jnp.int32), lambda x: x.to(torch.int32)),
    "astype(x, uint8)": (lambda x: x.astype(jnp.uint8), lambda x: x.to(torch.uint8)),
    "concat": (lambda x, y: jnp.concat([x, y]), lambda x, y: torch.concat([x, y])),
    "linspace(0, -1, 4, dtype=int32)": (
        lambda _: jnp.linspace(0, -1, 4, dtype=jnp.int32),
        lambda _: torch.linspace(0, -1, 4, dtype=torch.int32),
    ),
    "meshgrid(x, y)[0]": (lambda x, y: jnp.meshgrid(x, y)[0], lambda x, y: torch.meshgrid(x, y)[0]),
    "zeros(2)": (lambda _: jnp.zeros(2), lambda _: torch.zeros(2)),
    "arange(3)": (lambda _: jnp.arange(3), lambda _: torch.arange(3)),
    "arange(3.0)": (lambda _: jnp.arange(3.0), lambda _: torch.arange(3.0)),
    "asarray([1.0])": (lambda _: jnp.asarray([1.0]), lambda _: torch.asarray([1.0])),
    "asarray([1j])": (lambda _: jnp.asarray([1j]), lambda _: torch.asarray([1j])),
    "full(2, 7)": (lambda _: jnp.full(2, 7), lambda _: torch.full((2,), 7)),
    "linspace(0, 1, 5)": (lambda _: jnp.linspace(0, 1, 5), lambda _: torch.linspace(0, 1, 5)),
}
# Programs of Python operators alone are the same in every framework.
OPERATORS = {"z * z", "x * (1 + 2j)"}
# dualgrad's name -> JAX's, PyTorch's, where neither is the same.
NAMES = {
    "acos": ("arccos", "acos"),
    "acosh": ("arccosh", "acosh"),
    "asin": ("arcsin", "asin"),
    "asinh": ("arcsinh", "asinh"),
    "atan": ("arctan", "atan"),
    "atanh": ("arctanh", "atanh"),
    "bitwise_right_shift": ("right_shift", "bitwise_right_shift"),
    "gammaln": ("gammaln", "lgamma"),
    "log_expit": ("log_sigmoid", "logsigmoid"),
    "j0": ("", "bessel_j0"),
    "j1": ("", "bessel_j1"),
    "pow": ("power", "pow"),
}
OPTIONS = {"axis": "dim", "keepdims": "keepdim"}


def main() -> int:
    """Write the answers, or say which have changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    recorded: dict[str, dict[str, list[str]]] = json.loads(PATH.read_text()) if PATH.exists() else {}
    every = [row for row in all_divergences() if row.points]
    known = {} if options.all or options.check else recorded
    found = {key: known[key] for row in every for key in [promise(row, p) for p in row.points] if key in known}
    rows = [row for row in every if any(promise(row, p) not in found for p in row.points)]
    for name in ("jax", "torch"):
        with activate(name):
            for row in rows:
                for point, said in measured(row, name):
                    found.setdefault(promise(row, point), {})[name] = said
    if not options.check:
        PATH.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return 0
    changed = [key for key in found.keys() | recorded.keys() if found.get(key) != recorded.get(key)]
    for key in sorted(changed):
        print(f"{key}\n  recorded {recorded.get(key)}\n  measured {found.get(key)}")
    return 1 if changed else 0


def measured(row: Divergence, framework: str) -> Iterator[tuple[Point, list[str]]]:
    """What a framework says at each point, where that is not what is promised; `absent` if it has no such function."""
    fun = spelling(row, framework)
    if fun is None:
        yield from ((point, ["absent"]) for point in row.points)
        return
    together = attempt(lambda: answers(row, fun))
    for k, point in enumerate(row.points):
        found = one_by_one(row, point, fun) if isinstance(together, str) else together[k]
        yield point, list(differences(row, point, found))


def spelling(row: Divergence, framework: str) -> Callable[..., Any] | None:
    """The native function that a row is about."""
    which = ("jax", "torch").index(framework)
    for key in (row.id, row.op):
        if key in NATIVE:
            fun = NATIVE[key][which]
            break
    else:
        if row.op in OPERATORS or (row.fun is not None and row.op.startswith("x + ")):
            return row.fun
        name = row.op.rpartition(".")[2]
        name = NAMES.get(name, (name, name))[which]
        spaces = NAMESPACES[framework]
        fun = next((getattr(space, name) for space in spaces if name and hasattr(space, name)), None)
    if fun is None or row.id in NATIVE:
        return fun
    options = {OPTIONS.get(k, k) if framework == "torch" else k: v for k, v in row.kwargs.items()}
    return lambda *args: fun(*args, **options)


def one_by_one(row: Divergence, point: Point, fun: Callable[..., Any]) -> Answers:
    """What a framework says at a point where it refuses something: each question alone."""
    bare = replace(point, grads=None, second=None)
    found = attempt(lambda: answers(replace(row, points=(bare,)), fun)[0])
    if isinstance(found, str):
        found = Answers(value=cast("Any", found))
    for name, asked in (("reverse", replace(point, second=None)), ("reverse_twice", point)):
        if asked.grads is not None or asked.second is not None:
            more = attempt(lambda asked=asked: answers(replace(row, points=(asked,)), fun)[0])
            setattr(found, name, more if isinstance(more, str) else getattr(more, name))
            if name == "reverse" and not isinstance(more, str):
                found.forward = more.forward
    return found


def differences(row: Divergence, point: Point, found: Answers) -> Iterator[str]:
    """One phrase for each quantity that is not as promised."""
    if point.value is not None or point.dtype:
        wanted = list(point.value) if isinstance(point.value, tuple) else [point.value]
        if isinstance(found.value, str):
            yield found.value
        elif point.value is not None and not alike(found.value, wanted, row.rtol):
            yield told(found.value, wanted)
        if point.dtype and found.dtype and found.dtype != point.dtype:
            yield f"dtype {found.dtype}"
    if point.grads is not None and any(g is not None for g in point.grads):
        wanted, reverse = list(point.grads), found.reverse
        if isinstance(reverse, str):
            yield f"gradient {reverse}"
        elif not alike(reverse, wanted, row.rtol):
            yield f"gradient {told(reverse, wanted)}"
        pushed = [t[0] for t in found.forward or [] if len(t) == 1]
        known = alike(pushed, wanted, row.rtol) or (type(reverse) is list and alike(pushed, reverse, row.rtol))
        if "forward" in row.modes and pushed and not known:
            yield f"in forward mode {told(pushed, wanted)}"
    if point.second is not None:
        lines = point.second if isinstance(point.second, tuple) else ((point.second,),)
        if isinstance(found.reverse_twice, str):
            yield f"second {found.reverse_twice}"
            return
        said = [x for line in found.reverse_twice or [] for x in line]
        wanted = [x for line in lines for x in line]
        if not alike(said, wanted, 10 * row.rtol):
            yield f"second {told(said, wanted)}"


def told(said: list[Any] | None, wanted: list[Any]) -> str:
    """Answers in as many digits as tell them from the promised ones."""
    text = ", ".join(shortly(x) for x in said or [])
    same = text == ", ".join(shortly(x) for x in wanted)
    return ", ".join(str(np.asarray(x).tolist()) for x in said or []) if same else text


def attempt(fun: Callable[[], Any]) -> Any:
    """What `fun` returns, or which error it raises."""
    try:
        return fun()
    except Exception as error:  # whatever a framework raises is its answer
        return f"raises {type(error).__name__}"


def alike(said: Any, wanted: list[Any], rtol: float) -> bool:
    """Whether answers are the promised ones, where something is promised."""
    if said is None or isinstance(said, str) or len(said) != len(wanted):
        return False
    pairs = [(np.asarray(s), np.asarray(w)) for s, w in zip(said, wanted, strict=True) if w is not None]
    return all(not mismatch(s, np.broadcast_to(w, s.shape) if w.ndim == 0 else w, rtol, 1e-3 * rtol) for s, w in pairs)


if __name__ == "__main__":
    sys.exit(main())
