"""What all tests share: the backends they run on, Hypothesis profiles, and a clean slate after each test."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

# XLA compiles some 40,000 tiny programs, 7 ms each at the least: its expensive passes and the newer code generator of
# fusions would make the suite three times as long, and cutting each program in parts for several threads to compile, a
# third longer. Set before JAX is imported; JAX_DISABLE_MOST_OPTIMIZATIONS=0 tests what users run.
if os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1") != "0":
    flags = "--xla_cpu_parallel_codegen_split_count=1"
    if version("jaxlib").startswith("0.10."):  # later ones end the process at a flag that they no longer have
        flags += " --xla_cpu_use_fusion_emitters=false"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}"
# Each operation of a program of JAX names all the frames that called it: a twentieth of the time of a tiny program.
os.environ.setdefault("JAX_INCLUDE_FULL_TRACEBACKS_IN_LOCATIONS", "0")

import pytest
from hypothesis import HealthCheck, find, settings
from hypothesis.strategies import just

import dualgrad as dg
from dualgrad._active import active
from dualgrad.testing._written import written_over

pytest_plugins = ["pytester"]

# "quick" gives the same examples in every run, so that a red build is red for everyone.
_common = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("quick", max_examples=8, derandomize=True, database=None, **_common)
settings.register_profile("full", max_examples=200, **_common)
settings.register_profile("soak", max_examples=2000, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--device`."""
    parser.addoption("--device", choices=("cpu", "cuda"), default="cpu", help="where arrays are made")


def pytest_configure(config: pytest.Config) -> None:
    """Run on the two built-in backends; the toy backend, installed as well, has few of the ops."""
    config.addinivalue_line("markers", "on_cpu: about what the CPU does, and run there with --device cuda too")
    if config.option.dg_backends is None:
        config.option.dg_backends = "jax,torch"
    if config.option.device == "cuda":
        _on_gpu(config.option.dg_backends.split(","))
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        return  # xdist's controller runs no test
    # Imported here, because what a test of the plugin imports in a run of its own is taken out of sys.modules after it,
    # and a second copy of a backend knows no registered nodes, or crashes.
    for name in ("jax", "torch"):
        with dg.use_backend(name):
            dg.vmap(dg.grad(dg.sin))(dg.ones(1))
    if config.option.device == "cpu":
        _read_what_is_written()
    if version("jax").startswith("0.10."):  # JAX does it itself since 0.11
        _share_contexts()
    # The first run of Hypothesis in a process looks through all objects, which are many times as many at the end.
    find(just(0), lambda x: True)
    # A million objects of two frameworks and of the tables stay to the end: the collector need not look at them again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 50)


def _read_what_is_written() -> None:
    """Let no program of Inductor's read what it has written over: each is read, in 2 ms, before it is compiled."""
    from dualgrad.backends.torch._private import compiling

    plain = compiling.prepare_inductor

    def check(code: str) -> None:
        assert written_over(code) == [], "a program reads what it has written over"

    def prepare_inductor() -> None:
        plain()
        from torch._inductor.graph import GraphLowering

        if GraphLowering.save_output_code is None:
            GraphLowering.save_output_code = staticmethod(check)

    compiling.prepare_inductor = prepare_inductor


def _share_contexts() -> None:
    """Let programs of JAX be written in one context of MLIR, 32 by 32.

    JAX (0.10) makes one for each program: a third of the time of a tiny program, and 1.2 MB that live as long as it.
    """
    from jax._src.interpreters import mlir

    make, local = mlir.make_ir_context, threading.local()

    def make_ir_context() -> object:
        context, left = getattr(local, "shared", (None, 0))
        if not left:
            context, left = make(), 32
        local.shared = (context, left - 1)
        return context

    mlir.make_ir_context = make_ir_context


def _on_gpu(backends: list[str]) -> None:
    """Let every array be made on the graphics processor, or fail."""
    if "torch" in backends:
        import torch

        torch.set_default_device("cuda")
        torch.zeros(1)
        _read_by_tests()
    if "jax" in backends:
        import jax

        jax.devices("gpu")


_conversions: dict[str, Callable[..., Any]] = {}  # of tensors to NumPy, as torch has them


def _read_by_tests() -> None:
    """Let tests, and not dualgrad, convert to NumPy what lies on the graphics processor."""
    import torch

    def reading(native: Callable[..., Any]) -> Callable[..., Any]:
        def convert(x: Any, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            while frame.f_back is not None and f"{os.sep}numpy{os.sep}" in frame.f_code.co_filename:
                frame = frame.f_back
            return native(x.cpu() if "tests" in Path(frame.f_code.co_filename).parts else x, *args, **kwargs)

        return convert

    for name in ("__array__", "numpy"):
        _conversions[name] = getattr(torch.Tensor, name)
        setattr(torch.Tensor, name, reading(_conversions[name]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put all tests of a row beside each other, because they share compiled programs."""
    order: dict[str, int] = {}

    def place(item: pytest.Item) -> tuple[str, int]:
        callspec = getattr(item, "callspec", None)
        row = getattr(callspec, "params", {}).get("row")
        folder = str(item.path.parent)
        return (folder, order.setdefault(row.id, len(order))) if row is not None else (folder, -1)

    items.sort(key=place)


@contextmanager
def _cpu() -> Iterator[None]:
    """A block in which both frameworks make arrays on the CPU, with --device cuda."""
    import jax
    import torch

    torch.set_default_device("cpu")
    for name, native in _conversions.items():
        setattr(torch.Tensor, name, native)
    try:
        with jax.default_device(jax.devices("cpu")[0]):
            yield
    finally:
        torch.set_default_device("cuda")
        _read_by_tests()


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether tests that can do more do it all: `make test-full`."""
    return os.environ.get("DUALGRAD_MATRIX") == "full"


@pytest.fixture
def quiet() -> Iterator[None]:
    """No word of JAX about the error of a callback."""
    logger = logging.getLogger("jax._src.callback")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


@pytest.fixture(autouse=True)
def _clean_slate(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that sets the process's backend or precision changes it for no other test."""
    before = active.default
    elsewhere = request.config.getoption("device") == "cuda" and request.node.get_closest_marker("on_cpu")
    with _cpu() if elsewhere else nullcontext():
        yield
    active.set_default(before)
    if dg.x64_enabled():
        dg.enable_x64(False)
