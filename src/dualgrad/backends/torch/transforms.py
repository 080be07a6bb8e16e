"""`jvp`, `jacfwd`, `jacrev`, `hessian`, `stop_gradient`, `eval_shape` over `torch.func`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._dtypes import DTYPES, WEAK
from dualgrad._rules.arguments import foreign, is_outside, outside_the_standard
from dualgrad._rules.outlines import outline
from dualgrad._rules.transforms import (
    normalize_argnums,
    not_a_sequence,
    output_not_real,
    structure_mismatch,
    tangent_mismatch,
)
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import COMPLEX, FLOATING, INEXACT, NAMES, NATIVE, as_tensor, is_weak, mark_weak
from dualgrad.backends.torch._curvature import along_gradient
from dualgrad.backends.torch._flat import (
    Box,
    Flat,
    conjugated,
    differentiable,
    join_aux,
    output_tensors,
    picked,
    placed,
    split_aux,
)
from dualgrad.backends.torch._forward import pushed_forward
from dualgrad.backends.torch._private import (
    DenseZeros,
    Spec,
    fake_mode,
    fake_of,
    intact,
    interpreted,
    is_plain,
    looked_up,
    mapped_over,
    on_this_thread,
    with_places,
    with_storage,
)
from dualgrad.backends.torch.programs.stand_in import unless_told_apart
from dualgrad.typing import ShapeDtypeStruct

__all__ = ["eval_shape", "fitting", "hessian", "jacfwd", "jacrev", "jvp", "stop_gradient"]

Fun = Callable[..., Any]


def jvp(fun: Fun, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """`(out, tangent_out)`, or `(out, tangent_out, aux)`."""
    for which, value in (("primals", primals), ("tangents", tangents)):
        if not isinstance(value, tuple | list):
            raise not_a_sequence(which, value)
    convert = differentiable("jvp")
    flat = Flat.of(tuple(primals), convert)
    along, treedef = tree.flatten(tuple(tangents))
    if treedef != flat.treedef:
        raise structure_mismatch("jvp", outline(tree, flat.treedef), outline(tree, treedef))
    directions = [fitting("jvp", t, x) for t, x in zip(along, flat.tensors, strict=True)]
    if has_aux:
        return _pushed(fun, flat, directions, has_aux=True)
    return along_gradient(fun, flat, directions, lambda: _pushed(fun, flat, directions, has_aux=False))


def _pushed(fun: Fun, flat: Flat, directions: Sequence[Tensor], *, has_aux: bool) -> Any:
    box = Box()

    def of_tensors(*tensors: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        out, aux = split_aux("jvp", fun(*flat.rebuild(tensors)), has_aux, box)
        return tuple(output_tensors("jvp", out, box)) or (nothing,), aux

    nothing = torch.zeros(())  # torch.func.jvp refuses to have no output
    if flat.tensors:
        out, out_tangents, aux = pushed_forward(of_tensors, tuple(flat.tensors), tuple(directions))
    else:
        out, aux = of_tensors()
        out_tangents = tuple([torch.zeros_like(o) for o in out])
    out = out[: box.treedef.num_leaves]
    along_out = [_of_dtype(with_storage(t), o) for t, o in zip(out_tangents, out, strict=False)]
    result = tree.unflatten(box.treedef, out), tree.unflatten(box.treedef, along_out)
    return (*result, join_aux(aux, box)) if has_aux else result


def _of_dtype(t: Tensor, out: Tensor) -> Tensor:
    """A tangent in the dtype of its output; see `pushed_forward` for why they may differ."""
    return t if t.dtype is out.dtype else t.to(out.dtype)


def jacfwd(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """Jacobian by forward mode, one column at a time under `vmap`."""
    return _jacobian("jacfwd", fun, argnums, has_aux, holomorphic, reverse=False)


def jacrev(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """Jacobian by reverse mode, one row at a time under `vmap`."""
    return _jacobian("jacrev", fun, argnums, has_aux, holomorphic)


def hessian(fun: Fun, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Fun:
    """Second derivatives: forward over reverse as a program, reverse over reverse eagerly, which takes half the time.

    Forward mode there computes a kernel for each term of each rule. What it refuses is refused eagerly too, and what
    reverse mode alone refuses is not.
    """
    slopes = _jacobian("hessian", fun, argnums, has_aux, holomorphic)
    proper, stand_in = (
        _jacobian("hessian", slopes, argnums, has_aux, holomorphic, reverse=reverse) for reverse in (False, True)
    )

    def hessian_fun(*args: Any, **kwargs: Any) -> Any:
        if not is_plain() or torch.compiler.is_compiling():
            return proper(*args, **kwargs)
        return unless_told_apart(lambda: stand_in(*args, **kwargs), lambda: proper(*args, **kwargs))

    return hessian_fun


def _jacobian(
    name: str, fun: Fun, argnums: int | Sequence[int], has_aux: bool, holomorphic: bool, *, reverse: bool = True
) -> Fun:
    convert = differentiable(name, holomorphic, real=not reverse)
    derivatives = functools.partial(_rows, looks_up=looked_up(fun)) if reverse else _columns

    def jacobian_fun(*args: Any, **kwargs: Any) -> Any:
        positions, single = normalize_argnums(name, argnums, len(args))
        flat = Flat.of(picked(args, positions, single), convert)
        box = Box()

        def of_tensors(*tensors: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
            full = placed(args, positions, single, flat.rebuild(tensors))
            out, aux = split_aux(name, fun(*full, **kwargs), has_aux, box)
            outs = output_tensors(name, out, box)
            for o in outs:
                if (holomorphic and o.dtype not in COMPLEX) or (
                    reverse and not holomorphic and o.dtype not in FLOATING
                ):
                    raise output_not_real(name, NAMES[o.dtype], holomorphic)
            return tuple(outs), aux

        with intact():
            rows, aux = derivatives(of_tensors, flat.tensors)
        jacobians = [
            flat.restore(conjugated(row) if reverse else [with_storage(column) for column in row]) for row in rows
        ]
        jacobian = tree.unflatten(box.treedef, jacobians)
        return (jacobian, join_aux(aux, box)) if has_aux else jacobian

    return jacobian_fun


FlatFun = Callable[..., tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]


# torch.func.jacrev and jacfwd refuse every complex input or output, so their work is done here, in the same operations.


def _rows(
    fun: FlatFun, tensors: Sequence[Tensor], looks_up: list[bool]
) -> tuple[list[list[Tensor]], tuple[Tensor, ...]]:
    """For each output its Jacobians, one per input, by reverse mode; and what `fun` returns beside its outputs."""
    if not tensors:
        outs, aux = fun()
        return [[] for _ in outs], aux
    pulled: Any = with_places(lambda: torch.func.vjp(fun, *tensors, has_aux=True), looks_up)
    outs, pull, aux = pulled
    pull = on_this_thread(pull, outs[0] if outs else tensors[0])
    basis = _basis(outs)
    if not basis or not basis[0].shape[0]:
        return _zero_jacobians(outs, tensors), aux
    if basis[0].shape[0] == 1:
        rows = [ct[None] for ct in pull(tuple([ct[0] for ct in basis]))]
    else:
        rows = mapped_over(lambda *cts: pull(cts), basis[0].shape[0], [0] * len(basis), basis)
    parts = [ct.split([o.numel() for o in outs]) for ct in rows]
    return [
        [part[i].reshape((*o.shape, *x.shape)) for part, x in zip(parts, tensors, strict=True)]
        for i, o in enumerate(outs)
    ], aux


def _columns(fun: FlatFun, tensors: Sequence[Tensor]) -> tuple[list[list[Tensor]], tuple[Tensor, ...]]:
    """As `_rows`, by forward mode."""
    basis = _basis(tensors)
    if not basis or not basis[0].shape[0]:
        outs, aux = fun(*tensors)
        return _zero_jacobians(outs, tensors), aux

    def push(*directions: Tensor) -> tuple[Any, ...]:
        outs, tangents, aux = pushed_forward(fun, tuple(tensors), directions)
        return tuple([_of_dtype(t, o) for t, o in zip(tangents, outs, strict=True)]), aux

    pushed, aux = torch.func.vmap(push, randomness="different")(*basis)
    sizes = [x.numel() for x in tensors]
    rows = [
        [part.movedim(0, -1).reshape((*t.shape[1:], *x.shape)) for part, x in zip(t.split(sizes), tensors, strict=True)]
        for t in pushed
    ]
    return rows, tuple([a[0] for a in aux])  # it does not depend on the direction


def _basis(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The standard basis of the sum of the tensors' spaces: for each tensor an array of `(directions, *shape)`."""
    sizes = [x.numel() for x in tensors]
    ends = np.cumsum(sizes).tolist()
    return [
        torch.eye(sum(sizes), dtype=x.dtype, device=x.device)[:, end - n : end].reshape((-1, *x.shape))
        if x.numel()
        else x.new_zeros((sum(sizes), *x.shape))
        for x, n, end in zip(tensors, sizes, ends, strict=True)
    ]


def _zero_jacobians(outs: Sequence[Tensor], tensors: Sequence[Tensor]) -> list[list[Tensor]]:
    return [[torch.zeros((*o.shape, *x.shape), dtype=o.dtype, device=o.device) for x in tensors] for o in outs]


def stop_gradient(x: Any, /) -> Any:
    """`x` with every tensor in it held constant by differentiation."""
    return x.detach() if type(x) is Tensor and x.ndim else tree.map(_held, x)


def _held(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        return mark_weak(leaf.detach()) if is_weak(leaf) else leaf.detach()
    if type(leaf) not in WEAK and not isinstance(leaf, np.ndarray | np.generic):
        raise foreign("stop_gradient", leaf, "torch")
    if isinstance(leaf, np.ndarray) and is_outside(leaf.dtype):
        raise outside_the_standard("stop_gradient", leaf)
    return leaf


def eval_shape(fun: Fun, *args: Any, **kwargs: Any) -> Any:
    """Shapes and dtypes of the output, without computing it."""
    mode = fake_mode()

    def fake(leaf: Any) -> Tensor:
        if isinstance(leaf, Tensor):
            return fake_of(mode, leaf)
        shape, dtype = getattr(leaf, "shape", None), getattr(leaf, "dtype", None)
        if shape is not None and dtype is not None and not isinstance(leaf, np.ndarray | np.generic):
            with mode:
                return torch.empty(tuple(shape), dtype=NATIVE[str(dtype)])
        return fake_of(mode, as_tensor("eval_shape", leaf))

    flat = Flat.of((args, kwargs), fake)
    zeros = DenseZeros(flat.tensors[0].device if flat.tensors else torch.device("cpu"))
    with (
        intact(),
        mode,
        zeros,
        torch.no_grad(),
        interpreted(),
    ):  # a jitted function has no program for arrays without data
        call_args, call_kwargs = flat.rebuild(flat.tensors)
        out = fun(*call_args, **call_kwargs)
    return tree.map(_struct, out)


def _struct(leaf: Any) -> ShapeDtypeStruct:
    x = as_tensor("eval_shape", leaf)
    return ShapeDtypeStruct(tuple(x.shape), DTYPES[NAMES[x.dtype]])


def fitting(name: str, t: Any, x: Tensor | Spec) -> Tensor:
    """A tangent or cotangent that has the shape and dtype of `x`; Python scalars fit any 0-d array of their kind."""
    if isinstance(t, Tensor):
        if t.shape != x.shape or (t.dtype is not x.dtype and x.dtype in INEXACT):
            raise tangent_mismatch(name, _described(x), _described(t))
        return t
    given = as_tensor(name, t)
    if given.shape != x.shape or (isinstance(t, np.ndarray | np.generic) and given.dtype is not x.dtype):
        raise tangent_mismatch(name, _described(x), _described(given))
    return given.to(x.dtype)


def _described(x: Tensor | Spec) -> str:
    return f"{NAMES[x.dtype]}{tuple(x.shape)}"
