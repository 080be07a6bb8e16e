"""`jit`: trace once into a graph of aten operations, compile it with Inductor, keep one entry per kind of argument.

The kind is `(tree, shapes, dtypes, devices, static values, precision, autocast, default device)`. Python numbers are
traced, so that another value is no other kind. Side effects of the function happen while it is traced, as on JAX.
Dynamo is not in the path: it drops custom gradients under `torch.func.grad` without a word, refuses `grad(jit(f))`, and
gives up after 8 shapes.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dualgrad._rules.transforms import COMPILERS, compiled_ahead, static_names, static_value
from dualgrad.backends.torch import tree
from dualgrad.backends.torch._arguments import as_leaf, as_sample, dissolved, flattened, kind_of, unknown
from dualgrad.backends.torch._arrays import dense
from dualgrad.backends.torch._calls import UNKNOWN, Quick
from dualgrad.backends.torch._entries import Entry, constants, is_followed
from dualgrad.backends.torch._private import (
    Spec,
    alive,
    alone,
    count_function_modes,
    graph_text,
    inlined,
    is_autocast,
    is_interpreted,
    is_over,
    is_tracing,
    lowered_graph,
    refusal,
    runs_as_it_stands,
    saves_by_hooks,
    second_tries,
    surroundings,
    trace,
)
from dualgrad.backends.torch.programs.call import Call
from dualgrad.backends.torch.programs.execute import compiled_graph, keeping
from dualgrad.backends.torch.programs.graph import Graph, close
from dualgrad.backends.torch.programs.stop import Stops

__all__ = ["Jitted", "jit", "jit_compile", "jit_lower", "jit_stats", "jit_trace"]


class Jitted:
    """A jitted function on torch; `stats()` says what it did so far.

    Below a transform, in a trace, and where an argument requires grad and autograd records, it is a `Call`: traced once
    for all of them, and compiled for each. Where the function closes over what is being transformed, which is another
    thing at each call, it runs itself, but in a trace.
    """

    def __init__(
        self, fun: Callable[..., Any], static_nums: tuple[int, ...], static_names: tuple[str, ...], compiler: str
    ) -> None:
        functools.update_wrapper(self, fun, updated=())
        self._fun = fun
        self._nums = static_nums
        self._names = static_names
        self._compiler = compiler
        self._entries: dict[Any, Entry] = {}
        self._calls: dict[Any, Any] = {}  # to a `Call`, what it closes over and its output's structure; or None
        self._quicks: defaultdict[Any, Quick] = defaultdict(Quick)  # by static values and surroundings
        self._quick = self._quicks[()]
        self._stats = {"traces": 0, "compiles": 0, "retries": 0, "fallbacks": 0}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives, from its compiled form unless something outside records it."""
        static: tuple[Any, ...] = ()
        fun = self._fun
        if self._nums or self._names:
            args, kwargs, static, fun = self._without_static(args, kwargs)
        if is_autocast() or count_function_modes():
            static = (*static, *surroundings())
        if runs_as_it_stands():
            return self._below(args, kwargs, static, fun)
        quick = self._quicks[static] if static else self._quick
        out = quick.call(args, kwargs)
        return self._call(args, kwargs, static, fun, quick) if out is UNKNOWN else out

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def stats(self) -> dict[str, int]:
        """Numbers of traces, compilations, kernels compiled at a second try, and graphs that are replayed instead."""
        return dict(self._stats)

    def trace(self, *args: Any, **kwargs: Any) -> tuple[torch.fx.GraphModule, list[Tensor]]:
        """The graph for these arguments, without compiling it, and fake twins of its inputs."""
        args, kwargs, _, fun = self._without_static(args, kwargs)
        leaves, treedef = tree.flatten((args, kwargs))
        return self._trace(fun, [as_sample(x) for x in leaves], treedef)[:2]

    def ahead(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The program for these arguments, compiled now; a function of those that are not static."""
        args, kwargs, _, fun = self._without_static(args, kwargs)
        leaves, treedef = tree.flatten((args, kwargs))
        with alone:
            graph, fakes, out_treedef, stops = self._trace(fun, [as_sample(x) for x in leaves], treedef)
            entry = Entry(self._compiled(graph, fakes), out_treedef, graph, stops)

        def run(*args: Any, **kwargs: Any) -> Any:
            tensors = [dense(as_leaf(x)) for x in tree.leaves((args, kwargs))]
            recorded = torch.is_grad_enabled() and any([t.requires_grad for t in tensors])
            if recorded or runs_as_it_stands():
                raise compiled_ahead()
            return entry(tensors)

        return run

    def _without_static(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], tuple[Any, ...], Callable[..., Any]]:
        """The dynamic arguments, the static ones as part of a key, and the function of the dynamic ones."""
        count = len(args)
        nums = {n % count if n < 0 else n for n in self._nums if -count <= n < count}
        static = tuple([(n, args[n]) for n in sorted(nums)])
        named = tuple([(k, kwargs[k]) for k in sorted(kwargs) if k in self._names])
        for where, value in (*static, *named):
            static_value("jit", f"argument {where!r}", value)
        fixed = dict(named)

        def fun(*dynamic: Any, **dynamic_kwargs: Any) -> Any:
            full = list(dynamic)
            for n, value in static:
                full.insert(n, value)
            return self._fun(*full, **dynamic_kwargs, **fixed)

        dynamic = tuple([a for n, a in enumerate(args) if n not in nums])
        rest = {k: v for k, v in kwargs.items() if k not in fixed}
        # The type is part of the key: 1, 1.0 and True are equal and mean different programs.
        typed = tuple([(where, type(value), value) for where, value in (*static, *named)])
        return dynamic, rest, typed, fun

    def _call(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        static: tuple[Any, ...],
        fun: Callable[..., Any],
        quick: Quick,
    ) -> Any:
        leaves, treedef = tree.flatten((args, kwargs))
        out = quick.call_flat(leaves, treedef)
        if out is not UNKNOWN:
            return out
        if torch.is_grad_enabled() and any([isinstance(x, Tensor) and x.requires_grad for x in leaves]):
            return self._below(args, kwargs, static, fun)
        tensors = [as_leaf(x) for x in leaves]
        # Strides are no part of the key: a copy is cheaper than a program.
        given = [dense(alive(x)) for x in tensors]
        key = kind_of(leaves, tensors, treedef, static)
        entry = self._entries.get(key) or self._compile(key, fun, given, treedef)
        if entry is None or (entry.trains and torch.is_grad_enabled()):
            return self._below(args, kwargs, static, fun)
        if not entry.trains:
            quick.learn(leaves, treedef, entry)
        return entry(given)

    def _below(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], static: tuple[Any, ...], fun: Callable[..., Any]
    ) -> Any:
        """What the function gives below a transform or in a trace."""
        if is_interpreted() or torch.compiler.is_compiling() or saves_by_hooks():
            return dissolved(fun, args, kwargs)
        leaves, treedef = tree.flatten((args, kwargs))
        tensors = list(map(unknown if is_tracing() else as_leaf, leaves))
        key = kind_of(leaves, tensors, treedef, static)
        found = self._found(key)
        if found is UNKNOWN:
            with alone:
                found = self._found(key)  # another thread may have been first
                if found is UNKNOWN:
                    found = self._calls[key] = self._closed(key, fun, tensors, treedef)
        if found is None:
            return dissolved(fun, args, kwargs)
        call, outer, out_treedef = found
        return tree.unflatten(out_treedef, call(*tensors, *outer))

    def _found(self, key: Any) -> Any:
        """The call for such arguments, if one is known; what it closes over may have ended with a trace."""
        found = self._calls.get(key, UNKNOWN)
        return UNKNOWN if isinstance(found, tuple) and any([is_over(x) for x in found[1]]) else found

    def _closed(
        self, key: Any, fun: Callable[..., Any], tensors: Sequence[Tensor], treedef: Any
    ) -> tuple[Call, list[Tensor], Any] | None:
        """The call for such arguments, what else it is given, and the structure of its output.

        `None` where the function closes over what is being transformed, which is another thing at each call. In a trace
        that costs no compilation, and lasts as long as the trace.
        """
        specs = [Spec.of(x) for x in tensors]
        entry = self._entries.get(key)
        if entry is not None and not (entry.trains or entry.stops):
            return Call(Graph.of(entry.graph, specs), self._compiled_call), [], entry.treedef
        flat, treedefs = flattened(fun, tensors, treedef)
        self._stats["traces"] += 1
        graph, outer = close(flat, specs)
        if is_followed(outer) and not is_tracing():
            return None
        return Call(graph, self._compiled_call), outer, treedefs[-1]

    def _compiled_call(self, graph: Graph) -> Callable[[list[Tensor]], Sequence[Tensor]]:
        with alone:
            return self._compiled(*trace(graph, graph.inputs))

    def _compile(self, key: Any, fun: Callable[..., Any], tensors: Sequence[Tensor], treedef: Any) -> Entry | None:
        """The program for such arguments; `None` where the function closes over what is being differentiated."""
        with alone:
            entry = self._entries.get(key)
            if entry is not None:  # another thread was first
                return entry
            found = self._found(key)
            if found is None:
                return None
            if found is UNKNOWN:
                graph, fakes, out_treedef, stops = self._trace(fun, tensors, treedef)
                if is_followed(constants(graph)):
                    self._calls[key] = None
                    return None
            else:
                call, outer, out_treedef = found
                graph, fakes = trace(lambda *xs: call.fun(*xs, *outer), tensors)
                stops = True  # unknown, and that call is there
            entry = self._entries[key] = Entry(self._compiled(graph, fakes), out_treedef, graph, stops)
            return entry

    def _trace(
        self, fun: Callable[..., Any], tensors: Sequence[Tensor], treedef: Any
    ) -> tuple[torch.fx.GraphModule, list[Tensor], Any, bool]:
        # What a program is called with is dense, so that is what it is made for.
        tensors = [dense(x) for x in tensors]
        flat, treedefs = flattened(fun, tensors, treedef)
        self._stats["traces"] += 1
        stops = Stops()

        def noted(*tensors: Tensor) -> Sequence[Tensor]:
            with stops:
                return flat(*tensors)

        graph, fakes = trace(noted, tensors)
        return graph, fakes, treedefs[-1], stops.found

    def _compiled(
        self, graph: torch.fx.GraphModule, fakes: Sequence[Tensor]
    ) -> Callable[[list[Tensor]], Sequence[Tensor]]:
        def replay(tensors: list[Tensor]) -> Sequence[Tensor]:
            return graph(*tensors)

        if self._compiler == "replay":
            return replay
        before = second_tries()
        try:
            run = compiled_graph(graph, fakes)
        except Exception as error:  # Inductor's refusals have no common type; the graph itself still runs
            self._stats["fallbacks"] += 1
            warnings.warn(
                f"dualgrad.jit: Inductor could not compile {getattr(self, '__name__', 'a function')!r} and its traced "
                f"graph is replayed instead: {refusal(error)}",
                RuntimeWarning,
                stacklevel=5,
            )
            return replay
        self._stats["compiles"] += 1
        self._stats["retries"] += second_tries() - before
        return run


def jit(
    fun: Callable[..., Any],
    *,
    static_argnums: int | Sequence[int] | None = None,
    static_argnames: str | Sequence[str] | None = None,
    donate_argnums: int | Sequence[int] | None = None,
    donate_argnames: str | Sequence[str] | None = None,
    keep_unused: bool = False,
    compiler: str | None = None,
    inline: bool = False,
) -> Callable[..., Any]:
    """`fun`, traced once per kind of argument and compiled.

    Donation is a hint that torch has no use for; within another trace a jitted function is always its operations.
    """
    del donate_argnums, donate_argnames, keep_unused, inline
    compiler = compiler or os.environ.get("DUALGRAD_TORCH_COMPILER") or "inductor"
    if compiler not in COMPILERS:
        raise ValueError(f"dualgrad.jit: compiler must be one of {', '.join(map(repr, COMPILERS))}, got {compiler!r}.")
    if compiler == "dynamo":
        return torch.compile(fun)
    nums, names = static_names(fun, static_argnums, static_argnames)
    return Jitted(fun, nums, names, compiler)


def jit_stats(fun: Any, /) -> dict[str, int]:
    """Counts of a jitted function; a function handed to Dynamo has none."""
    return fun.stats() if isinstance(fun, Jitted) else {}


def jit_trace(fun: Jitted, /, *args: Any, **kwargs: Any) -> tuple[str, torch.fx.GraphModule]:
    """The graph of a jitted function for some arguments, as text and itself."""
    graph, _ = fun.trace(*args, **kwargs)
    return graph_text(graph), graph


def jit_lower(fun: Jitted, /, *args: Any, **kwargs: Any) -> tuple[str, torch.fx.GraphModule]:
    """The graph that Inductor is given, as text and itself."""
    graph, fakes = fun.trace(*args, **kwargs)
    with inlined(), keeping():
        lowered = lowered_graph(graph, fakes)
    return graph_text(lowered), lowered


def jit_compile(fun: Jitted, /, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """A jitted function, compiled for some arguments ahead of its first call."""
    return fun.ahead(*args, **kwargs)
