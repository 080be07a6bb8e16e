"""Which backend answers: environment, process, block, thread; and what is said where none can."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import jax
import numpy as np
import pytest
import torch

import dualgrad as dg
from dualgrad import _registry
from dualgrad._active import _Unset, active  # pyright: ignore[reportPrivateUsage]  # what stands before a choice
from dualgrad._threads import threads


def fresh(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `code` after `import dualgrad as dg` in a fresh interpreter, with no variable of dualgrad's but these."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("DUALGRAD_")} | environment
    program = f"import dualgrad as dg\n{code}"
    return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=["jax", "torch", "toy"])
def chosen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a fresh interpreter has whose environment names the backend `name` and 64-bit mode."""
    code = (
        "import sys, json\nbefore = [m for m in ('jax', 'torch') if m in sys.modules]\nx = dg.sin(dg.ones(2))\n"
        "after = [m for m in ('jax', 'torch') if m in sys.modules]\n"
        "print(json.dumps([dg.get_backend().name, x.dtype == dg.float64, before, after]))"
    )
    run = fresh(code, DUALGRAD_BACKEND=request.param, DUALGRAD_X64="1")
    assert not run.returncode, run.stderr
    found = json.loads(run.stdout)
    return {"name": request.param, **dict(zip(("backend", "wide", "before", "after"), found, strict=True))}


def test_environment_variable_chooses(chosen: dict[str, Any]) -> None:
    assert chosen["backend"] == chosen["name"]


def test_precision_from_the_environment(chosen: dict[str, Any]) -> None:
    assert chosen["wide"]


def test_first_op_imports_the_framework_of_the_backend_and_no_other(chosen: dict[str, Any]) -> None:
    assert chosen["before"] == []
    assert chosen["after"] == [name for name in ("jax", "torch") if name == chosen["name"]]


def test_without_a_choice_jax_answers_where_it_is_installed() -> None:
    assert fresh("print(dg.get_backend().name)").stdout.strip() == "jax"


def test_without_jax_torch_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DUALGRAD_BACKEND", raising=False)
    monkeypatch.setattr(_registry, "_installed", lambda name: name == "torch")
    active.set_default(_Unset())
    assert dg.get_backend().name == "torch"


def test_framework_that_an_import_hook_hides_is_not_installed() -> None:
    hook = (
        "import sys\nclass Hook:\n    def find_spec(self, name, *rest):\n        if name.partition('.')[0] == 'jax':\n"
        "            raise ModuleNotFoundError(name)\nsys.meta_path.insert(0, Hook())\n"
    )
    assert (
        fresh(hook + "print(dg.get_backend().name, 'jax' in dg.available_backends())").stdout.strip() == "torch False"
    )


def test_unknown_precision_in_the_environment_is_an_error() -> None:
    assert "DUALGRAD_X64 must be 1 or 0, got 'maybe'" in fresh("", DUALGRAD_X64="maybe").stderr


def test_unknown_name_in_the_environment_is_an_error_at_first_use() -> None:
    run = fresh("print('imported')\ndg.sin(1.0)", DUALGRAD_BACKEND="tensorflow")
    assert run.stdout.strip() == "imported"
    assert "BackendNotFoundError: dualgrad: unknown backend, got 'tensorflow'" in run.stderr


def test_set_backend_goes_before_the_environment() -> None:
    run = fresh("dg.set_backend('toy')\nprint(dg.get_backend().name)", DUALGRAD_BACKEND="torch")
    assert run.stdout.strip() == "toy"


def test_set_backend_is_for_the_process() -> None:
    names: list[str] = []
    dg.set_backend("torch")
    thread = threading.Thread(target=lambda: names.append(dg.get_backend().name))
    thread.start()
    thread.join()
    assert names == ["torch"]


def test_use_backend_is_for_this_thread() -> None:
    names: list[str] = []
    dg.set_backend("jax")
    with dg.use_backend("torch"):
        thread = threading.Thread(target=lambda: names.append(dg.get_backend().name))
        thread.start()
        thread.join()
        names.append(dg.get_backend().name)
    assert names == ["jax", "torch"]


def test_set_backend_does_not_reach_into_a_block() -> None:
    dg.set_backend("jax")
    with dg.use_backend("torch"):
        dg.set_backend("jax")
        assert dg.get_backend().name == "torch"
    assert dg.get_backend().name == "jax"


def test_blocks_nest() -> None:
    with dg.use_backend("jax"):
        with dg.use_backend("torch"):
            with dg.use_backend("jax"):
                assert dg.get_backend().name == "jax"
            assert dg.get_backend().name == "torch"
        assert dg.get_backend().name == "jax"


def test_block_gives_the_backend_back_after_an_exception() -> None:
    dg.set_backend("jax")
    with pytest.raises(KeyError), dg.use_backend("torch"):
        raise KeyError
    assert dg.get_backend().name == "jax"


def test_one_block_object_can_be_entered_again_while_it_is_open() -> None:
    block = dg.use_backend("torch")
    dg.set_backend("jax")
    with block:
        with dg.use_backend("jax"), block:
            assert dg.get_backend().name == "torch"
        assert dg.get_backend().name == "torch"
    assert dg.get_backend().name == "jax"


def test_unknown_backend_in_a_block_leaves_the_active_one() -> None:
    dg.set_backend("torch")
    with pytest.raises(dg.BackendNotFoundError), dg.use_backend("nope"):
        pass
    assert dg.get_backend().name == "torch"


def test_decorator_runs_every_call_under_its_backend() -> None:
    @dg.use_backend("torch")
    def name(depth: int = 0) -> str:
        """What it says."""
        return name(depth - 1) if depth else dg.get_backend().name

    dg.set_backend("jax")
    assert name(3) == "torch"
    assert name.__doc__ == "What it says."
    assert dg.get_backend().name == "jax"


def test_block_gives_the_backend_itself() -> None:
    with dg.use_backend("torch") as torch_backend:
        assert torch_backend is dg.get_backend("torch")
    with dg.use_backend(torch_backend):
        assert dg.get_backend() is torch_backend


def test_get_backend_by_name_activates_nothing() -> None:
    dg.set_backend("jax")
    assert dg.get_backend("torch").name == "torch"
    assert dg.get_backend().name == "jax"


def test_backend_is_usable_directly() -> None:
    dg.set_backend("torch")
    jx = dg.get_backend("jax")
    assert float(jx.jit(jx.grad(lambda x: x**2 + 2 * x + 1))(3.0)) == 8.0


@pytest.mark.parametrize("transform", [dg.grad, dg.jit, dg.vmap, dg.jacfwd, dg.value_and_grad])
def test_transform_made_under_one_backend_runs_on_the_other(transform: Any) -> None:
    dg.set_backend("jax")
    fun = transform(lambda x: dg.sin(x))
    arg = np.ones(2, np.float32) if transform is dg.vmap else np.float32(1.0)
    for name in ("jax", "torch", "jax"):
        with dg.use_backend(name) as backend:
            out = fun(dg.asarray(arg))
            assert all(backend.is_array(leaf) for leaf in dg.tree.leaves(out))


def test_nested_transforms_made_once_run_on_both() -> None:
    fun = dg.jit(dg.vmap(dg.grad(lambda x: dg.sum(x * x))))
    got: list[Any] = []
    for name in ("torch", "jax"):
        with dg.use_backend(name):
            got.append(dg.to_numpy(fun(dg.asarray([[1.0, 2.0]]))).tolist())
    assert got == [[[2.0, 4.0]], [[2.0, 4.0]]]


def test_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(dg.BackendNotFoundError) as caught:
        dg.set_backend("tensorflow")
    assert str(caught.value) == (
        "dualgrad: unknown backend, got 'tensorflow'. Known are 'jax', 'torch', 'toy'; "
        "a package adds one through the entry-point group 'dualgrad.backends'."
    )


@pytest.mark.parametrize("name", ["jax", "torch"])
def test_missing_framework_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == name else find(n, *a))
    monkeypatch.setattr(_registry, "_loaded", {})
    with pytest.raises(dg.BackendNotFoundError) as caught:
        dg.get_backend(name)
    assert str(caught.value) == (
        f"dualgrad: backend {name!r} needs {name}, which is not installed. Run: pip install 'dualgrad[{name}]'"
    )
    assert name not in dg.available_backends()


def test_no_backend_at_all_says_what_to_install() -> None:
    code = "from dualgrad import _registry\n_registry.available_backends = lambda: []\ndg.sin(1.0)"
    assert (
        "no backend is installed. Run: pip install 'dualgrad[jax]' or pip install 'dualgrad[torch]'"
        in fresh(code).stderr
    )


def test_blocks_of_tasks_that_overlap_are_refused_and_leave_the_thread_as_it_was() -> None:
    async def task(name: str, seconds: float) -> None:
        with dg.use_backend(name):
            await asyncio.sleep(seconds)

    async def both() -> None:
        await asyncio.gather(task("jax", 0.0), task("torch", 0.02), return_exceptions=False)

    before = dg.get_backend()
    with pytest.raises(RuntimeError, match="one that ended before a later one"):
        asyncio.run(both())
    assert dg.get_backend() is before


def test_precision_blocks_of_tasks_that_overlap_are_refused_and_leave_the_thread_as_it_was() -> None:
    seen: list[bool] = []

    async def task(on: bool, seconds: float) -> None:
        with dg.enable_x64(on):
            await asyncio.sleep(seconds)
            seen.append(dg.x64_enabled())

    async def overlapping() -> list[BaseException | None]:
        return await asyncio.gather(task(True, 0.0), task(False, 0.02), return_exceptions=True)

    before = dg.x64_enabled()
    for name in dg.available_backends():
        with dg.use_backend(name):
            first, second = asyncio.run(overlapping())
            assert "one that ended before a later one" in str(first)
            assert second is None
            assert seen[1::2] == [False] * (len(seen) // 2)  # the later block keeps what it asked for
            assert dg.x64_enabled() is before


def test_decorated_coroutines_and_generators_are_refused() -> None:
    async def task() -> None: ...

    def numbers() -> Iterator[int]:
        yield 1

    for fun in (task, numbers):
        with pytest.raises(TypeError, match=f"the coroutine or generator '{fun.__name__}'"):
            dg.use_backend("jax")(fun)


def test_something_else_than_a_backend_is_refused() -> None:
    with pytest.raises(TypeError, match="a backend is a name or a backend object, got 3"):
        dg.set_backend(3)  # type: ignore[arg-type]  # the point of the test


def test_precision_is_one_switch_for_both() -> None:
    with dg.enable_x64(True):
        for name in ("jax", "torch"):
            with dg.use_backend(name):
                assert dg.ones(2).dtype == dg.float64
                assert dg.arange(3).dtype == dg.int64
    for name in ("jax", "torch"):
        with dg.use_backend(name):
            assert dg.ones(2).dtype == dg.float32
            assert dg.arange(3).dtype == dg.int32


STATE = {
    "jax": "import jax\nstate = lambda: jax.config.jax_enable_x64\n",
    "torch": (
        "import torch\nof = torch.get_default_dtype, torch.is_grad_enabled, torch.get_num_threads\n"
        "state = lambda: [f() for f in of]\n"
    ),
}


@pytest.mark.parametrize("name", STATE)
def test_backend_first_used_in_a_block_of_64_bits_has_them_and_leaves_the_framework_as_it_was(name: str) -> None:
    code = (
        f"{STATE[name]}before = state()\nwith dg.enable_x64(True):\n print(dg.ones(2).dtype == dg.float64)\n"
        f"print(dg.ones(2).dtype == dg.float32, state() == before)"
    )
    assert fresh(code, DUALGRAD_BACKEND=name).stdout.split() == ["True"] * 3


def test_precision_of_the_process_comes_back_after_a_block_in_a_block(backend: Any) -> None:
    with dg.enable_x64(True), dg.enable_x64(True):
        pass
    assert not dg.x64_enabled()
    with jax.enable_x64(True), dg.enable_x64(True):
        pass
    assert not dg.x64_enabled()
    assert dg.ones(2).dtype == dg.float32


def test_precision_block_is_for_this_thread(backend: Any) -> None:
    found: list[bool] = []
    with dg.enable_x64(True):
        thread = threading.Thread(target=lambda: found.append(dg.x64_enabled()))
        thread.start()
        thread.join()
    assert found == [False]


def test_blocks_that_threads_begin_at_once_leave_the_precision_of_the_process_as_it_was() -> None:
    blocks = [dg.enable_x64(True) for _ in range(3)]  # all are made, as by three threads, before one is entered
    for block in (blocks[1], blocks[2], blocks[0]):
        with block:
            assert dg.x64_enabled()
    assert not dg.x64_enabled()


def test_call_that_sets_the_precision_is_not_taken_back_by_a_block_made_before() -> None:
    block = dg.enable_x64(False)
    dg.enable_x64(True)
    for _ in range(2):
        with block:
            assert not dg.x64_enabled()
        assert dg.x64_enabled()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: dg.zeros(2, dtype=dg.float64),
        lambda: dg.ones(2, dtype="float64"),
        lambda: dg.asarray([1, 2], dtype=dg.int64),
        lambda: dg.astype(dg.ones(2), dg.float64),
        lambda: dg.full((2,), 1, dtype=np.float64),
        lambda: dg.arange(3, dtype=dg.uint64),
        lambda: dg.sum(dg.ones(2), dtype=dg.float64),
    ],
)
def test_asking_for_64_bits_in_32_bit_mode_is_an_error_that_names_the_switch(backend: Any, ask: Any) -> None:
    with pytest.raises(dg.PrecisionError, match=r"64-bit dtypes are off, got dtype=.*dg\.enable_x64\(\)"):
        ask()


def test_numpy_input_is_narrowed_in_32_bit_mode(backend: Any) -> None:
    assert dg.sin(np.ones(2)).dtype == dg.float32
    assert dg.asarray(np.arange(3)).dtype == dg.int32


def test_precision_is_on_or_off() -> None:
    with pytest.raises(TypeError, match=r"dualgrad\.enable_x64: on must be True or False, got 'yes'"):
        dg.enable_x64("yes")  # type: ignore[arg-type]  # a mistake
    assert not dg.x64_enabled()


@pytest.mark.parametrize(
    "fun",
    [
        pytest.param(lambda: dg.arange(4) * 0.1, id="integers times a float"),
        pytest.param(lambda: dg.arange(1, 4) / dg.arange(4, 7), id="quotient of integers"),
        pytest.param(lambda: dg.lax.fori_loop(0, 4, lambda i, c: c + 0.1 * i, 0.0), id="index of a loop"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda f: f, partial(dg.jit, compiler="replay")], ids=["eager", "jit"])
def test_operators_of_integers_have_the_digits_of_the_precision(backend: Any, fun: Any, wrap: Any) -> None:
    with dg.enable_x64(True):
        wide = dg.to_numpy(wrap(fun)())
        exact = dg.to_numpy(dg.sum(dg.astype(dg.arange(4), dg.float64) * 0.1)) if wide.ndim == 0 else None
    narrow = dg.to_numpy(wrap(fun)())

    assert (wide.dtype, narrow.dtype) == (np.float64, np.float32)
    assert abs(wide - narrow).max() > 1e-9
    assert exact is None or abs(wide - exact) < 1e-15


def test_default_dtype_of_torch_comes_back_after_blocks_that_overlap() -> None:
    def other() -> None:
        with dg.use_backend("torch"), dg.enable_x64(True):
            opened.set()
            closing.wait(10)

    opened, closing = threading.Event(), threading.Event()
    thread = threading.Thread(target=other)
    with dg.use_backend("torch"):
        before = torch.get_default_dtype()
        with dg.enable_x64(True):
            thread.start()
            opened.wait(10)
            assert torch.get_default_dtype() == torch.float64
            with dg.enable_x64(False):
                assert torch.get_default_dtype() == before
        closing.set()
        thread.join()

    assert torch.get_default_dtype() == before


def test_settings_of_a_thread_that_chose_no_backend_leave_another_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUALGRAD_BACKEND", "torch")
    active.set_default(cast("Any", _Unset()))
    settings = threads.here()
    found: list[str] = []

    def look() -> None:
        with settings():
            found.append(dg.get_backend().name)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert found == ["torch"]
