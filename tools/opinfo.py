"""Feed the sample inputs of PyTorch's OpInfo database to dualgrad's functions, on both backends.

For each function that both have (`opinfo_twins.py`), in every dtype of both: values and dtypes against torch's own and
between the backends; and in float64 and complex128 gradients in reverse mode, forward mode and to second order. Each
function has a line when it is done, with what was compared and how long it took, and below it one for each kind of
difference, which is either a convention (`CONVENTIONS` says which) or a bug; the exit status is 1 where something is
left. A full run takes hours: `--part 0/8` to `--part 7/8` are eight pieces of it, `--dtypes float64` a smaller one.

Usage: `python tools/opinfo.py [--only add,fft.fft] [--samples 12] [--part 0/8] [--dtypes float64,float32] [--all]`;
`--all` prints the conventions too. Needs `expecttest`, which torch's testing modules import.
"""

from __future__ import annotations

import argparse
import inspect
import itertools
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from opinfo_twins import TWINS, Inexpressible
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.testing._internal.common_methods_invocations import op_db
from torch.utils import _pytree as pytree

import dualgrad as dg
from dualgrad.testing._compare import host, mismatch

BACKENDS = ("jax", "torch")
DTYPES = (
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.complex128, torch.complex64, torch.bool),
    *(torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64),
)
TOLERANCES = {"float32": 2e-5, "complex64": 2e-5, "float16": 4e-3, "bfloat16": 3e-2}
# op, or op and kind of difference -> why dualgrad's answer is another than torch's
_NO_AXIS = "an array without axes has no axis 0, as in NumPy"
_UNSIGNED = "sums of unsigned integers stay unsigned, as in the array API"
_SUMS = (
    "sum",
    "prod",
    "trace",
    "nansum",
    "cumsum",
    "cumprod",
    "masked.sum",
    "masked.prod",
    "masked.cumsum",
    "masked.cumprod",
)
_FLOATS = "integers take the default float, and half precisions are summed in float32"
_REFUSED = ("refused", "derivative refused")
_FLOAT64 = "computed in float64 and rounded once"
CONVENTIONS: dict[str, str] = {
    **{
        f"{op} {kind}": _NO_AXIS
        for op in [
            "softmax",
            "log_softmax",
            "cumsum",
            "cumprod",
            "quantile",
            "nanquantile",
            "aminmax",
            "squeeze",
            "transpose",
            "argmin",
            "argmax",
            "amax",
            "amin",
            "max",
            "min",
            "sort",
            "argsort",
            "topk",
            "all",
            "any",
            "count_nonzero",
            "sum",
            "prod",
            "mean",
            "std",
            "var",
            "nansum",
            "nanmean",
            "logsumexp",
            "flip",
            "unbind",
            "diff",
            "cat",
            "linalg.vector_norm",
            "std_mean",
            "var_mean",
            "index_add",
            "index_fill",
        ]
        for kind in _REFUSED
    },
    **{f"{op} torch/native dtype": _UNSIGNED for op in _SUMS},
    "ldexp refused": "the second argument is an integer, as in NumPy",
    "ldexp derivative refused": "the second argument is an integer, as in NumPy",
    "ldexp torch/native dtype": "integers take the default float",
    "sign refused": "bools have no sign, as in NumPy",
    "sgn refused": "bools have no sign, as in NumPy",
    "atleast_1d": "arrays, and no lists of them, as in NumPy",
    "atleast_2d": "arrays, and no lists of them, as in NumPy",
    "atleast_3d": "arrays, and no lists of them, as in NumPy",
    "sort torch/native value": "stable by default",
    "argsort torch/native value": "stable by default",
    "histogram torch/native dtype": "counts are integers, as in NumPy",
    "histc torch/native dtype": "counts are integers, as in NumPy",
    "einsum torch/native dtype": "keeps its dtype, as in NumPy",
    "unravel_index torch/native dtype": "keeps its dtype, as in JAX",
    "trapz torch/native value": "differences of unsigned integers do not wrap",
    "trapezoid torch/native value": "differences of unsigned integers do not wrap",
    "all torch/native dtype": "bool",
    "any torch/native dtype": "bool",
    "logit torch/native value": _FLOAT64,
    "sinc torch/native value": "in 64-bit mode the default float is float64",
    "nn.functional.hardtanh torch/native dtype": "integers take the default float",
    "nn.functional.relu torch/native dtype": "integers take the default float",
    "nn.functional.relu6 torch/native dtype": "integers take the default float",
    "nn.functional.softsign": "real arguments, as in JAX",
    "logaddexp torch/native value": "the angle of a complex result lies in (-pi, pi]",
    "logsumexp jax/native second": "torch's own is off by 1e-10 beside numbers of 1e6",
    "logsumexp torch/native second": "torch's own is off by 1e-10 beside numbers of 1e6",
    "topk torch/native value": "of equal elements the first",
    "full_like refused": "a fill value must fit the dtype, as in NumPy",
    "add refused": "a number must fit the dtype, as in NumPy",
    "sub refused": "a number must fit the dtype, as in NumPy",
    "rsub refused": "a number must fit the dtype, as in NumPy",
    "histc torch/native value": "half precision: NumPy's edges",
    "tensordot refused": "contracted axes have one size, as in NumPy",
    "tensordot derivative refused": "contracted axes have one size, as in NumPy",
    **{f"fft.{op} refused": "two axes, as in JAX" for op in ["fft2", "ifft2", "rfft2", "irfft2", "hfft2", "ihfft2"]},
    **{
        f"linalg.cholesky {backend}/native {kind}": "symmetrised: the imaginary part of a diagonal does not count"
        for backend in BACKENDS
        for kind in ("gradient", "second")
    },
    "linalg.vecdot torch/native value": "half precision: sums in float32, rounded once",
    "linalg.vector_norm torch/native value": "half precision: sums in float32, rounded once",
    **{f"{op}polygamma torch/native value": "torch's own trigamma is off by 1e-9" for op in ("", "special.")},
    "special.ndtr torch/native value": "torch's own is 0 below -8.3, and computes in half precision",
    "nn.functional.one_hot refused": "the number of classes is a number, as in JAX",
    "cov torch/native value": "weights in the dtype of the observations",
    **{
        f"cov {backend}/native {kind}": "weights in the dtype of the observations"
        for backend in BACKENDS
        for kind in ("gradient", "second")
    },
    "cov torch/native dtype": "the dtype of the observations",
    "masked_fill": "where promotes",
    "heaviside torch/native dtype": "integers take the default float, as in NumPy",
    "nextafter jax/native gradient": "a step function: zero",
    "nextafter torch/native gradient": "a step function: zero",
    "take_along_dim refused": "array and indices have as many axes, as in NumPy",
    "take_along_dim derivative refused": "array and indices have as many axes, as in NumPy",
    **{
        f"{op} refused": "bools can be set, but not be calculated with"
        for op in ("index_add", "index_put", "scatter", "scatter_add", "scatter_reduce")
    },
    **{
        f"signal.windows.{window} torch/native {kind}": "windows have the default float"
        for window in ("bartlett", "blackman", "hamming", "hann", "kaiser")
        for kind in ("dtype", "value")
    },
    "sigmoid": "real arguments",
    **{
        f"nn.functional.{op}{n}d torch/native {kind}": _FLOATS
        for op in ("conv", "conv_transpose", "avg_pool", "max_pool")
        for n in (1, 2, 3)
        for kind in ("dtype", "value")
    },
    **{
        f"{op} torch/native value": "half precision: rounded once"
        for op in (
            "gradient",
            "nn.functional.batch_norm",
            "nn.functional.binary_cross_entropy_with_logits",
            "nn.functional.cosine_similarity",
        )
    },
    "complex torch/native dtype": "NumPy and JAX have no half complex",
    "nn.functional.scaled_dot_product_attention jax/torch value": "half precision: the kernels round at other places",
    **{f"nn.functional.{op} {kind}": "real arguments" for op in ("rms_norm", "silu") for kind in _REFUSED},
    "nn.functional.batch_norm refused": "an array without a channel axis",
    **{f"nn.functional.cosine_similarity {kind}": _NO_AXIS for kind in _REFUSED},
    **{
        f"{op} {kind}": "a complex number is made no real one without a word"
        for op in ("float", "double", "half", "bfloat16", "int", "long", "short", "char", "byte")
        for kind in _REFUSED
    },
    **{
        f"{op} {backend} {kind}": "the derivative is rounded to the dtype too"
        for op in ("float", "half", "bfloat16", "cfloat")
        for backend in BACKENDS
        for kind in ("forward/reverse", "second forward/reverse")
    },
    **{f"linalg.norm {backend}/native second": "0 at 0, as the gradient" for backend in BACKENDS},
    **{f"masked.mean {backend} forward/reverse": "the mean of nothing is nan" for backend in BACKENDS},
    **{f"masked.{op} torch/native dtype": "real, in the default float, as in NumPy" for op in ("var", "std")},
    "matrix_exp torch/native value": "half precision: torch's own is nan",
    "logcumsumexp torch/native value": "the angle of a complex result lies in (-pi, pi]",
    **{
        f"cholesky_solve {backend}/native {kind}": "no gradient in the triangle that is not read"
        for backend in BACKENDS
        for kind in ("gradient", "second")
    },
    "linalg.vander": "powers in the default integer, as in NumPy",
    "linalg.solve": "a stack of vectors takes a last axis, as in the array API",
    "linalg.solve_triangular": "a stack of vectors takes a last axis, as in the array API",
    "special.bessel_j0 torch/native value": "torch's own is off by 1e-7 near zeros",
    "special.bessel_j1 torch/native value": "torch's own is off by 1e-7",
    "nn.functional.hardsigmoid jax/native gradient": "torch's slope is 1/6 in float32",
    "nn.functional.hardsigmoid torch/native gradient": "torch's slope is 1/6 in float32",
    "nn.functional.gelu jax/torch value": "half precision: XLA computes in it, torch in float32",
    "nn.functional.one_hot torch/native dtype": "the default float, as in JAX",
}


class Findings:
    """What was compared and what differed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.found: dict[tuple[str, str], list[str]] = {}

    def add(self, op: str, kind: str, what: str) -> None:
        """Keep a difference."""
        self.found.setdefault((op, kind), []).append(what)


def leaf_to_host(x: Any) -> Any:
    """A leaf of a sample as NumPy has it; dtypes by name."""
    if isinstance(x, torch.Tensor):
        with dg.use_backend("torch"), dg.enable_x64(True):
            return dg.to_numpy(x.detach().resolve_conj().resolve_neg())
    return getattr(dg, str(x).removeprefix("torch.")) if isinstance(x, torch.dtype) else x


def native(x: Any) -> Any:
    """A NumPy leaf as an array of the active backend."""
    return dg.asarray(x) if isinstance(x, np.ndarray) else x


def described(tree: Any) -> str:
    """Arguments in short."""
    text = pytree.tree_map(
        lambda x: (
            f"{x.dtype}{list(x.shape)}" + (f"={x.tolist()}" if x.size <= 2 else "") if isinstance(x, np.ndarray) else x
        ),
        tree,
    )
    return str(text).replace("'", "")[:200]


def chosen(samples: list[Any], most: int) -> list[Any]:
    """At most so many of the samples, spread over all."""
    if len(samples) <= most:
        return samples
    return [samples[int(i)] for i in np.linspace(0, len(samples) - 1, most)]


def outcome(fun: Any, *args: Any) -> tuple[Any, Exception | None]:
    """What a call gives, or raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fun(*args), None
    except Inexpressible:
        raise
    except Exception as error:
        return None, error


def leaves_of(out: Any) -> list[Any]:
    """The arrays of an output, as a flat list."""
    return [x for x in pytree.tree_leaves(tuple(out) if isinstance(out, (list, tuple)) else out) if x is not None]


def name_of(x: Any) -> str:
    """Name of a dtype."""
    return str(getattr(x, "dtype", type(x).__name__)).removeprefix("torch.")


def compare(op: str, name: str, tree: Any, results: dict[str, Any], findings: Findings) -> None:
    """Values and dtypes of a sample: backend against backend, and against torch's own."""
    tol = TOLERANCES.get(name, 1e-10)
    jax, tor, own = (results.get(k) for k in ("jax", "torch", "native"))
    for kind, got, want in (("jax/torch", jax, tor), ("torch/native", tor, own)):
        if got is None or want is None:
            continue
        if len(got) != len(want):
            findings.add(op, f"{kind} outputs", f"{name}: {len(got)} against {len(want)} for {described(tree)}")
            continue
        for (value, dtype), (other, other_dtype) in zip(got, want, strict=True):
            findings.counts["values compared"] += 1
            if dtype != other_dtype:
                findings.add(op, f"{kind} dtype", f"{name}: {dtype} against {other_dtype} for {described(tree)}")
            if value.dtype == bool or value.dtype.kind in "iu" or kind == "jax/torch":
                text = mismatch(value, other, tol)
            else:
                text = mismatch(value, other, max(tol, TOLERANCES.get(other_dtype, 0.0)))
            if text:
                findings.add(op, f"{kind} value", f"{name}: {text} for {described(tree)}")


def values(op: Any, twin: Any, dtype: torch.dtype, most: int, findings: Findings) -> None:
    """All samples of an op in a dtype."""
    name = str(dtype).removeprefix("torch.")
    torch.manual_seed(0)
    for sample in chosen(list(op.sample_inputs("cpu", dtype, requires_grad=False)), most):
        given = (sample.input, sample.args, sample.kwargs)
        try:
            inspect.signature(twin).bind(sample.input, *sample.args, **sample.kwargs)
        except TypeError:
            findings.counts["samples that dualgrad has no argument for"] += 1
            continue
        tree = pytree.tree_map(leaf_to_host, given)
        own, refused = outcome(lambda s=sample: op(s.input, *s.args, **s.kwargs))
        results = {} if refused else {"native": [(host_of(x), name_of(x)) for x in leaves_of(own)]}
        errors = {}
        try:
            for backend in BACKENDS:
                with dg.use_backend(backend):
                    x, args, kwargs = pytree.tree_map(native, tree)
                    out, errors[backend] = outcome(lambda x=x, a=args, k=kwargs: twin(x, *a, **k))
                    if errors[backend] is None:
                        results[backend] = [(host(y), name_of(y)) for y in leaves_of(out)]
        except Inexpressible:
            findings.counts["samples that dualgrad has no argument for"] += 1
            continue
        findings.counts["samples"] += 1
        raised = [e for e in errors.values() if e is not None]
        if len(raised) == 1 or (
            len(raised) == 2 and (type(raised[0]), str(raised[0])) != (type(raised[1]), str(raised[1]))
        ):
            texts = "; ".join(
                f"{b}: {type(e).__name__ if e else 'passes'} {str(e or '').strip()[:160]!r}" for b, e in errors.items()
            )
            findings.add(op.name, "error differs", f"{name}: {texts} for {described(tree)}")
        elif raised and not refused:  # both refuse it with one error
            findings.add(
                op.name, "refused", f"{name}: {type(raised[0]).__name__}: {str(raised[0])[:160]} for {described(tree)}"
            )
        compare(op.name, name, tree, results, findings)


def host_of(x: Any) -> Any:
    """An output of torch's own on the host."""
    if isinstance(x, torch.Tensor):
        x = x.to(torch.complex64) if x.dtype is torch.complex32 else x  # NumPy has no half complex
        with dg.use_backend("torch"):
            return host(x.detach().resolve_conj().resolve_neg())
    return np.asarray(x)


def weight(shape: tuple[int, ...], complex_: bool, phase: float) -> Any:
    """A fixed cotangent or tangent."""
    k = np.arange(int(np.prod(shape)), dtype=float).reshape(shape)
    w = np.cos(0.7 * k + phase) + 0.1
    return w + 1j * np.sin(1.3 * k + phase) if complex_ else w


def loss_of(twin: Any, spec: Any, constants: list[Any], at: list[int]) -> Any:
    """The twin as a real function of its differentiated leaves."""

    def loss(*diff: Any) -> Any:
        leaves = list(constants)
        for i, x in zip(at, diff, strict=True):
            leaves[i] = x
        x, args, kwargs = pytree.tree_unflatten(leaves, spec)
        total = dg.asarray(0.0)
        for n, y in enumerate(
            y for y in leaves_of(twin(x, *args, **kwargs)) if "float" in name_of(y) or "complex" in name_of(y)
        ):
            w = dg.asarray(weight(tuple(y.shape), "complex" in name_of(y), float(n)))
            total = total + dg.sum(dg.real(y * w))
        return total

    return loss


def derivatives(loss: Any, points: list[Any], tangents: list[Any]) -> Any:
    """Gradients, the directional derivative, and the gradients of a product of the gradients with the tangents."""
    which = tuple(range(len(points)))
    gradients = dg.grad(loss, argnums=which)

    def along(*diff: Any) -> Any:
        total = dg.asarray(0.0)
        for g, t in zip(gradients(*diff), tangents, strict=True):
            total = total + dg.sum(dg.real(g * t))
        return total

    first = gradients(*points)
    _, forward = dg.jvp(loss, tuple(points), tuple(tangents))
    _, mixed = dg.jvp(along, tuple(points), tuple(tangents))
    return first, forward, dg.grad(along, argnums=which)(*points), mixed


def own_derivatives(op: Any, sample: Any, leaves: list[Any], at: list[int], tangents: list[Any]) -> Any:
    """The same by torch's autograd."""
    out = op(sample.input, *sample.args, **sample.kwargs)
    total: Any = torch.zeros((), dtype=torch.float64)
    for n, y in enumerate(
        y for y in leaves_of(out) if isinstance(y, torch.Tensor) and (y.is_floating_point() or y.is_complex())
    ):
        total = total + torch.sum(torch.real(y * torch.as_tensor(weight(tuple(y.shape), y.is_complex(), float(n)))))
    wrt = [leaves[i] for i in at]
    found: Any = torch.autograd.grad(total, wrt, create_graph=op.supports_gradgrad, allow_unused=True)
    first = [torch.zeros_like(x) if g is None else g for g, x in zip(found, wrt, strict=True)]
    conjugated = [host_of(g).conj() for g in first]
    along: Any = sum(torch.sum(torch.real(g.conj() * torch.as_tensor(t))) for g, t in zip(first, tangents, strict=True))
    if not op.supports_gradgrad or not along.requires_grad:
        return conjugated, None
    second: Any = torch.autograd.grad(along, wrt, allow_unused=True)
    return conjugated, [np.zeros(x.shape) if g is None else host_of(g).conj() for g, x in zip(second, wrt, strict=True)]


def gradients(op: Any, twin: Any, dtype: torch.dtype, most: int, findings: Findings) -> None:
    """Derivatives of some samples."""
    name = str(dtype).removeprefix("torch.")
    torch.manual_seed(0)
    for sample in chosen(list(op.sample_inputs("cpu", dtype, requires_grad=True)), most):
        leaves, spec = pytree.tree_flatten((sample.input, sample.args, sample.kwargs))
        at = [i for i, x in enumerate(leaves) if isinstance(x, torch.Tensor) and x.requires_grad]
        try:
            inspect.signature(twin).bind(sample.input, *sample.args, **sample.kwargs)
        except TypeError:
            continue
        if not at or any(leaves[i].numel() == 0 for i in at):
            continue
        hosts = [leaf_to_host(x) for x in leaves]
        tangents = [weight(hosts[i].shape, hosts[i].dtype.kind == "c", 0.5).astype(hosts[i].dtype) for i in at]
        tree = pytree.tree_unflatten(hosts, spec)
        own, refused = outcome(own_derivatives, op, sample, leaves, at, tangents)
        found = {}
        errors = {}
        try:
            for backend in BACKENDS:
                with dg.use_backend(backend):
                    constants = [native(x) for x in hosts]
                    loss = loss_of(twin, spec, constants, at)
                    run = lambda p, t, loss=loss: derivatives(loss, p, t)  # noqa: E731
                    run = (
                        dg.jit(run)
                        if backend == "jax" and op.name not in ("masked_select", "unique", "repeat_interleave")
                        else run
                    )
                    out, errors[backend] = outcome(run, [constants[i] for i in at], [native(t) for t in tangents])
                    if errors[backend] is None:
                        found[backend] = pytree.tree_map(host, out)
        except Inexpressible:
            continue
        findings.counts["samples differentiated"] += 1
        for b, e in errors.items():
            if e is not None and not (refused and type(refused) is type(e)):
                findings.add(
                    op.name,
                    "derivative refused",
                    f"{name} {b}: {type(e).__name__}: {str(e)[:200]} for {described(tree)}",
                )
        pairs: list[tuple[str, Any, Any]] = []
        for b, (first, forward, second, mixed) in found.items():
            by = sum(float(np.sum((g * t).real)) for g, t in zip(first, tangents, strict=True))
            size = sum(float(np.sum(np.abs(g * t))) for g, t in zip(first, tangents, strict=True))
            # the derivative of a float32 argument, such as weights, is rounded to it
            single = 1e3 if any(t.dtype in (np.float32, np.complex64) for t in tangents) else 1.0
            if not (np.isclose(by, forward, rtol=1e-9 * single, atol=1e-10 * (size + 1)) or not np.isfinite(by)):
                findings.add(op.name, f"{b} forward/reverse", f"{name}: {forward} against {by} for {described(tree)}")
            twice = sum(float(np.sum((g * t).real)) for g, t in zip(second, tangents, strict=True))
            size = sum(float(np.sum(np.abs(g * t))) for g, t in zip(second, tangents, strict=True))
            if not (np.isclose(twice, mixed, rtol=1e-8 * single, atol=1e-9 * (size + 1)) or not np.isfinite(twice)):
                findings.add(
                    op.name, f"{b} second forward/reverse", f"{name}: {mixed} against {twice} for {described(tree)}"
                )
            if own is not None:
                pairs += [(f"{b}/native gradient", g, h) for g, h in zip(first, own[0], strict=True)]
                if own[1] is not None:
                    pairs += [(f"{b}/native second", g, h) for g, h in zip(second, own[1], strict=True)]
        if len(found) == 2:
            (f1, _, s1, _), (f2, _, s2, _) = found["jax"], found["torch"]
            pairs += [("jax/torch gradient", g, h) for g, h in zip(f1, f2, strict=True)]
            pairs += [("jax/torch second", g, h) for g, h in zip(s1, s2, strict=True)]
        for kind, g, h in pairs:
            findings.counts["derivatives compared"] += 1
            text = mismatch(g, h, 1e-7, 1e-11)
            if text:
                findings.add(op.name, kind, f"{name}: {text} for {described(tree)}")


def selected(only: str | None) -> Iterator[tuple[Any, Any]]:
    """The OpInfos with a twin, in all their variants."""
    for op in op_db:
        twin = TWINS.get(op.name)
        if twin is not None and (only is None or op.name in only.split(",")) and "triton" not in op.variant_test_name:
            yield op, twin


def main() -> int:
    """Run; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", help="names in OpInfo, with commas")
    parser.add_argument("--part", help="of the ops the k-th of n, as k/n")
    parser.add_argument("--samples", type=int, default=12, help="at most so many samples for each op and dtype")
    parser.add_argument("--gradients", type=int, default=6, help="at most so many of them differentiated")
    parser.add_argument("--dtypes", help="names of dtypes, with commas")
    parser.add_argument("--all", action="store_true", help="print what is a convention too")
    given = parser.parse_args()
    findings = Findings()
    ops = list(selected(given.only))
    if given.part:
        k, n = map(int, given.part.split("/"))
        ops = ops[k::n]
    dtypes = [d for d in DTYPES if given.dtypes is None or str(d).removeprefix("torch.") in given.dtypes.split(",")]
    torch.set_default_dtype(torch.float64)  # what torch makes of integers; dualgrad's answer is that of its own switch
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with dg.enable_x64(True), Progress(*columns, TimeRemainingColumn()) as progress:
        bar = progress.add_task("", total=len(ops))
        for op, twin in ops:
            start, before = time.monotonic(), findings.counts.total()
            for dtype in dtypes:
                if dtype in op.dtypes:
                    progress.update(bar, description=f"{op.name} {str(dtype).removeprefix('torch.')}")
                    values(op, twin, dtype, given.samples, findings)
                    if given.gradients and op.supports_autograd and dtype in (torch.float64, torch.complex128):
                        gradients(op, twin, dtype, given.gradients, findings)
            taken = f"{findings.counts.total() - before} counted, {time.monotonic() - start:.1f} s"
            progress.console.print(f"{op.name}: {taken}", markup=False, highlight=False)
            for line in report(op.name, findings, given.all):
                progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
            progress.advance(bar)
    left = sum(not convention(op, kind) for op, kind in findings.found)
    print(f"{len(ops)} functions; " + "; ".join(f"{n} {what}" for what, n in findings.counts.items()))
    print(f"{len(findings.found)} kinds of difference, {left} of them no convention")
    return int(left > 0)


def convention(op: str, kind: str) -> str | None:
    """Why a difference is one on purpose."""
    return CONVENTIONS.get(f"{op} {kind}") or CONVENTIONS.get(op)


def report(op: str, findings: Findings, everything: bool) -> Iterator[str]:
    """What was found about an op, in lines."""
    for (name, kind), texts in findings.found.items():
        why = convention(name, kind)
        if name == op and (everything or why is None):
            dtypes = ",".join(dict.fromkeys(t.partition(":")[0] for t in texts))
            yield f"  {kind} ({len(texts)}; {dtypes}){f' [{why}]' if why else ''}"
            yield from (f"    {text}" for text in itertools.islice(texts, 2))


if __name__ == "__main__":
    sys.exit(main())
