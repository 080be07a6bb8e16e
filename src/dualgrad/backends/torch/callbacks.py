"""`pure_callback`, `io_callback`, and what `dualgrad.debug` prints and calls: NumPy functions inside a program."""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dualgrad._attempts import at_once, perform
from dualgrad._dtypes import WEAK, dtype_name
from dualgrad._precision import precision
from dualgrad._rules.arguments import is_name
from dualgrad._rules.callbacks import (
    VMAP_METHODS,
    callback_structure,
    check_io,
    checked_results,
    wrong_vmap_method,
)
from dualgrad._rules.outlines import outline
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arrays import NAMES, as_tensor, resolve_dtype
from dualgrad.backends.torch._private import Spec
from dualgrad.backends.torch.host import to_numpy
from dualgrad.backends.torch.lax._trees import Arrays
from dualgrad.backends.torch.programs.callbacks import Effect, HostCall, IOCall

__all__ = ["callback", "io_callback", "print", "pure_callback"]

Fun = Callable[..., Any]


def pure_callback(
    callback: Fun, result_shape_dtypes: Any, *args: Any, vmap_method: str | None = None, **kwargs: Any
) -> Any:
    """What `callback` returns for NumPy arrays of the arguments."""
    if vmap_method is not None and not is_name(vmap_method, VMAP_METHODS):
        raise wrong_vmap_method("pure_callback", vmap_method)
    given = Arrays.of("pure_callback", (args, kwargs))
    batched = vmap_method in ("expand_dims", "broadcast_all")
    on_host, specs, treedef = _on_host("pure_callback", callback, result_shape_dtypes, given, batched)
    return tree.unflatten(treedef, HostCall(on_host, specs, vmap_method)(*given.tensors))


def io_callback(callback: Fun, result_shape_dtypes: Any, *args: Any, ordered: bool = False, **kwargs: Any) -> Any:
    """What `callback` returns for NumPy arrays of the arguments, called once."""
    check_io()
    given = Arrays.of("io_callback", (args, kwargs))
    run, specs, treedef = _on_host("io_callback", callback, result_shape_dtypes, given, False)
    program = IOCall(lambda xs: at_once(functools.partial(run, xs)), specs, "sequential")
    program.ordered = ordered
    return tree.unflatten(treedef, program(*given.tensors))


def _on_host(
    name: str, callback: Fun, result_shape_dtypes: Any, given: Arrays, batched: bool
) -> tuple[Callable[[Sequence[Tensor]], list[Tensor]], list[Spec], Any]:
    """`callback` as a function of tensors, what its results are like, and their tree."""
    structs, treedef = tree.flatten(result_shape_dtypes)
    device = given.tensors[0].device if given.tensors else torch.device("cpu")
    specs = [_spec(name, s, device) for s in structs]
    declared = [(s.shape, NAMES[s.dtype]) for s in specs]
    structure = given.treedef  # alone: no tensor of a trace may outlive it here

    def on_host(tensors: Sequence[Tensor]) -> list[Tensor]:
        args, kwargs = tree.unflatten(structure, [to_numpy(x) for x in tensors])
        leaves, got = tree.flatten(callback(*args, **kwargs))
        if got != treedef:
            raise callback_structure(name, outline(tree, treedef), outline(tree, got))
        found = checked_results(name, leaves, declared, precision.x64, batched)
        return [as_tensor(name, x).to(s.device) for x, s in zip(found, specs, strict=True)]

    return on_host, specs, treedef


def _spec(name: str, leaf: Any, device: torch.device) -> Spec:
    shape, dtype = getattr(leaf, "shape", None), getattr(leaf, "dtype", None)
    if shape is None or dtype is None:
        x = as_tensor(name, leaf)
        return Spec(tuple(x.shape), x.dtype, device)
    known = dtype_name(dtype) if not isinstance(dtype, torch.dtype) else NAMES[dtype]
    return Spec(tuple(shape), resolve_dtype(name, known), device)


def callback(callback: Fun, *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """Call `callback` with NumPy arrays of the arguments when the program runs."""
    del ordered  # effects of a program always come in the order written
    leaves, treedef = tree.flatten((args, kwargs))
    leaves = [as_tensor("debug.callback", x) if type(x) in WEAK else x for x in leaves]
    places = [i for i, x in enumerate(leaves) if isinstance(x, Tensor)]

    def on_host(tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        full = list(leaves)
        for i, x in zip(places, tensors, strict=True):
            full[i] = to_numpy(x)
        host_args, host_kwargs = tree.unflatten(treedef, full)
        perform(functools.partial(callback, *host_args, **host_kwargs))
        return ()

    Effect(on_host)(*[leaves[i] for i in places])
    for i in places:  # no tensor of a trace may outlive it here
        leaves[i] = None


def print(fmt: str, *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """Print the arguments, formatted, when the program runs."""
    options: Any = np.get_printoptions()

    def show(*xs: Any, **named: Any) -> None:
        with np.printoptions(**options):  # those of the place in the program, as on JAX
            text = fmt.format(*xs, **named)
        builtins.print(text)

    callback(show, *args, ordered=ordered, **kwargs)
