"""`linearize` and `linear_transpose`: a traced function, cut where the tangents or cotangents come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.control import not_linear, outline, wrong_count
from dualgrad._rules.transforms import not_differentiable, structure_mismatch
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import INEXACT, NAMES, NATIVE, as_tensor
from dualgrad.backends.torch._flat import Flat, conjugated, differentiable, pair_of
from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch.lax._trees import Arrays
from dualgrad.backends.torch.programs.graph import Joint, close, extracted, reached
from dualgrad.backends.torch.transforms import fitting
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["linear_transpose", "linearize"]

Fun = Callable[..., Any]


def linearize(fun: Fun, *primals: Any, has_aux: bool = False) -> Any:
    """`(out, push)`, or `(out, push, aux)`: the output and its tangent as a function of tangents."""
    flat = Flat.of(primals, differentiable("linearize"))
    box: dict[str, Any] = {}

    def of_tensors(*xs: Tensor) -> list[Tensor]:
        out = fun(*flat.rebuild(xs))
        aux = None
        if has_aux:
            out, aux = pair_of("linearize", out)
        box["out"], box["aux"] = Arrays.of("linearize", out), Arrays.of("linearize", aux)
        return [*box["out"].tensors, *box["aux"].tensors]

    graph, outer = close(of_tensors, [Spec.of(x) for x in flat.tensors])
    out, aux = box["out"], box["aux"]
    n, k, total = len(flat.tensors), len(out.tensors), len(graph.outputs)
    active = [True] * n + [False] * len(outer)
    pushed, moved = graph.pushed(active, [True] * k + [False] * len(aux.tensors))
    split = Joint(pushed, n + len(outer), total, moved)
    if reached(pushed.module, split.cotangents) & set(split.outs):
        # A loop pushes values and tangents forward in one go: the values are computed without it.
        residuals = extracted(pushed.module, split.inputs, split.residuals)(*flat.tensors, *outer)
        values = [*graph(*flat.tensors, *outer), *residuals]
    else:
        values = split.forward(split.residuals)(*flat.tensors, *outer)
    push_flat, residuals = split.backward(), values[total:]

    def push(*tangents: Any) -> Any:
        if len(tangents) != len(primals):
            raise wrong_count("linearize", "tangent", len(primals), len(tangents))
        given, treedef = tree.flatten(tangents)
        expected = tree.structure(primals)
        if treedef != expected:
            raise structure_mismatch("linearize", outline(tree, expected), outline(tree, treedef))
        along = iter(
            push_flat(*residuals, *[fitting("linearize", t, x) for t, x in zip(given, flat.tensors, strict=True)])
        )
        found = [next(along) if m else None for m in moved]
        return out.restored([torch.zeros_like(o) if t is None else t for t, o in zip(found, values[:k], strict=False)])

    result = out.rebuild(values[:k]), push
    return (*result, aux.rebuild(values[k:total])) if has_aux else result


def linear_transpose(fun: Fun, *primals: Any) -> Fun:
    """The transpose of a linear function, as a function of cotangents."""

    def like(leaf: Any) -> Tensor:
        if isinstance(leaf, ShapeDtypeStruct):
            return torch.zeros(leaf.shape, dtype=NATIVE[leaf.dtype.name])
        return as_tensor("linear_transpose", leaf)

    flat = Flat.of(primals, like)
    for x in flat.tensors:
        if x.dtype not in INEXACT:
            raise not_differentiable("linear_transpose", NAMES[x.dtype])
    box: list[Arrays] = []

    def of_tensors(*xs: Tensor) -> list[Tensor]:
        box[:] = [Arrays.of("linear_transpose", fun(*flat.rebuild(xs)))]
        return box[0].tensors

    specs = [Spec.of(x) for x in flat.tensors]
    graph, outer = close(of_tensors, specs)
    n, k = len(specs), len(graph.outputs)
    joint = graph.joint([True] * n + [False] * len(outer), [True] * k)
    if reached(joint.graph.module, joint.inputs[:n]) & set(joint.residuals):
        raise not_linear("linear_transpose")

    def transposed(*cotangents: Any) -> tuple[Any, ...]:
        if len(cotangents) != 1:
            raise wrong_count("linear_transpose", "cotangent", 1, len(cotangents))
        given, treedef = tree.flatten(cotangents[0])
        if treedef != box[0].treedef:
            raise structure_mismatch("linear_transpose", outline(tree, box[0].treedef), outline(tree, treedef))
        cts = [fitting("linear_transpose", ct, s.empty()) for ct, s in zip(given, graph.outputs, strict=True)]
        zeros = [s.zeros() for s in specs]
        grads = joint.again()(*zeros, *outer, *conjugated(cts))
        return flat.restore(conjugated(grads))

    return transposed
