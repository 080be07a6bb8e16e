"""An exception that a signal raises in the middle of a transform leaves the thread as it was.

Python calls handlers of signals between instructions, at the start of each function among others. A trace function
raises there, in each of some functions spread over a call, which a real signal would only hit by chance.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

jit = functools.partial(dg.jit, compiler="replay")
PLACES = 8


@pytest.fixture(autouse=True)
def _whole(backend: Any) -> Iterator[None]:
    """JAX ends its blocks by functions in Python; raised at the start of one, an exception leaves the block open."""
    yield
    if backend.name == "jax":
        importlib.import_module("jax._src.core").reset_trace_state()


def loss(x: Any) -> Any:
    return dg.sum(dg.tanh(x) ** 3 + x * dg.sin(x))


def folded(x: Any) -> Any:
    return dg.sum(dg.lax.scan(lambda c, s: (dg.tanh(c * s) + dg.sum(x), c), x, dg.ones(3))[0])


def pairs(x: Any) -> Any:
    return dg.stack([x, 2 * x])


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "grad": dg.grad(loss),
    "grad(grad)": dg.grad(lambda x: dg.sum(dg.grad(loss)(x) ** 2)),
    "vmap(grad)": lambda x: dg.vmap(dg.grad(loss))(pairs(x)),
    "jvp": lambda x: dg.jvp(loss, (x,), (x,)),
    "hessian": dg.hessian(loss),
    "named axis": lambda x: dg.vmap(lambda v: dg.lax.psum(v, "i") * v, axis_name="i")(x),
    "jit(grad)": lambda x: jit(dg.grad(loss))(x),
    "jit(hessian)": lambda x: jit(dg.hessian(loss))(x),
    "jit(vmap(grad)) of a loop": lambda x: jit(dg.vmap(dg.grad(folded)))(pairs(x)),
}
PROBES = ("grad(grad)", "vmap(grad)", "jvp", "jit(grad)")


class Interrupt(BaseException):
    """What a handler may raise, and nothing catches."""


def interrupted(call: Callable[[], Any], place: int) -> int:
    """Call, and raise at the start of the function entered as number `place`; how many were entered."""
    entered = 0

    def enter(frame: Any, event: str, arg: Any) -> None:
        nonlocal entered
        entered += 1
        if entered == place:
            sys.settrace(None)
            raise Interrupt

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    finally:
        sys.settrace(before)
    return entered


def results(x: Any) -> list[Any]:
    return [np.asarray(dg.to_numpy(y)) for name in PROBES for y in dg.tree.leaves(PROGRAMS[name](x))]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "jit(grad)"])
def test_interrupt_anywhere_leaves_the_thread_intact(name: str, backend: Any) -> None:
    x = dg.asarray([0.3, -0.7, 1.1])
    expected = results(x)
    count = interrupted(lambda: PROGRAMS[name](x), 0)

    for place in np.linspace(1, count, PLACES).astype(int).tolist():
        # A framework may wrap what is raised in its callbacks, or, in a finaliser, pass over it.
        with contextlib.suppress(Interrupt, ValueError):
            interrupted(lambda: PROGRAMS[name](x), place)
        for got, want in zip(results(x), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupt_that_is_held_leaves_the_thread_intact_when_it_is_let_go(backend: Any) -> None:
    """Its traceback holds the blocks that it ended; they must not end again on a thread that has been put right."""
    x = dg.asarray([0.3, -0.7, 1.1])
    program = PROGRAMS["named axis"]
    expected = dg.to_numpy(dg.grad(loss)(x))

    program(x)
    gc.freeze()  # what is there already, so that each look for what nobody holds is short
    for place in range(1, interrupted(lambda: program(x), 0) + 1):
        held: BaseException | None = None
        try:
            interrupted(lambda: program(x), place)
        except (Interrupt, ValueError) as error:
            held = error
        del held
        gc.collect()
        np.testing.assert_allclose(dg.to_numpy(dg.grad(loss)(x)), expected, rtol=1e-6)
        if backend.name == "torch":
            levels = importlib.import_module("torch._C._functorch")
            assert levels.peek_interpreter_stack() is None, place


@pytest.fixture
def _keyboard() -> Iterator[None]:
    """Python's own handler, which a process that was started in the background has not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_keyboard")
def test_interrupt_by_the_keyboard_in_a_jitted_function_leaves_the_thread_intact(backend: Any) -> None:
    def pressed(x: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return loss(x)

    x = dg.asarray([0.3, -0.7, 1.1])
    for transform in (lambda f: f, dg.grad, lambda f: dg.vmap(dg.hessian(f))):
        with pytest.raises(KeyboardInterrupt):
            jit(transform(pressed))(pairs(x))
    np.testing.assert_allclose(dg.to_numpy(jit(dg.grad(loss))(x)), dg.to_numpy(dg.grad(loss)(x)), rtol=1e-5)


@pytest.mark.on_cpu
@pytest.mark.usefixtures("_keyboard")
@pytest.mark.backends("torch")
def test_program_is_compiled_again_after_an_interrupt_of_the_compiler(backend: Any, tmp_path: Path) -> None:
    from torch._inductor import config

    compiler, pressed = tmp_path / "g++", tmp_path / "pressed"
    compiler.write_text(  # what Ctrl-C in a terminal does: it ends the compiler as well
        f"""#!/bin/sh
        case "$*" in *.cpp*) if [ ! -e {pressed} ]; then
            touch {pressed}
            while [ "$1" != -o ]; do shift; done
            echo torn > "$2"
            kill -INT $PPID $$
        fi ;; esac
        exec g++ "$@"
        """
    )
    compiler.chmod(0o755)
    x = dg.asarray([0.3, -0.7, 1.1])
    fun = dg.jit(lambda x: loss(x) * 1.09375)
    with config.patch("cpp.cxx", (None, str(compiler))):
        with pytest.raises(KeyboardInterrupt):
            fun(x)
        found = fun(x)

    np.testing.assert_allclose(dg.to_numpy(found), dg.to_numpy(loss(x)) * 1.09375, rtol=1e-6)
    assert (fun.stats()["compiles"], fun.stats()["fallbacks"]) == (1, 0)


@pytest.mark.backends("torch")
def test_interrupted_import_ends_whole(backend: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dualgrad.backends.torch._private import imported

    # Half of a module that registers something cannot be imported again; so PyTorch's compiler.
    (tmp_path / "dualgrad_half.py").write_text("import time\ntime.sleep(0.5)\nimport sys\nsys.dualgrad_half.append(1)")
    monkeypatch.syspath_prepend(tmp_path)
    ends: list[int] = []
    monkeypatch.setattr(sys, "dualgrad_half", ends, raising=False)

    def press(number: int, frame: Any) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGALRM, press)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Interrupt):
            imported("dualgrad_half")
    finally:
        signal.signal(signal.SIGALRM, before)
    imported("dualgrad_half")

    assert ends == [1]


def test_threads_run_forward_mode_at_once(backend: Any) -> None:
    x = dg.asarray([0.3, -0.7, 1.1])
    expected = dg.to_numpy(dg.jvp(loss, (x,), (x,))[1])
    wrong: list[BaseException] = []
    together = threading.Barrier(4)

    def work() -> None:
        try:
            with dg.use_backend(backend):
                for _ in range(5):
                    # Each waits within its transform until the others are within theirs.
                    found = dg.jvp(lambda x: (together.wait(10), loss(x))[1], (x,), (x,))[1]
                    np.testing.assert_allclose(dg.to_numpy(found), expected, rtol=1e-6)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
