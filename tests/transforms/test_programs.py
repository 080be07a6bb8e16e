"""What a jitted function shows of its program, and what JAX keeps of it on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualgrad as dg


def fun(x: Any, y: Any = 2.0) -> Any:
    return dg.sin(x) * y


@pytest.mark.parametrize("how", ["trace", "lower"])
def test_program_is_shown_as_text_and_not_run(how: str, backend: Any) -> None:
    seen = []

    def told(x: Any) -> Any:
        dg.debug.callback(lambda _: seen.append(1), x)
        return fun(x)

    program = getattr(dg.jit(told, compiler="replay"), how)(dg.ones(3))

    assert isinstance(program, dg.Program)
    assert program.as_text() == str(program)
    assert "sin" in str(program)
    assert program.native is not None
    assert seen == []


@pytest.mark.parametrize("how", ["trace", "lower"])
def test_shape_stands_for_an_argument(how: str, backend: Any) -> None:
    jitted = dg.jit(fun, compiler="replay")

    of_shape = getattr(jitted, how)(dg.ShapeDtypeStruct((3,), dg.float32), y=3.0)
    of_array = getattr(jitted, how)(dg.ones(3), y=3.0)

    assert str(of_shape) == str(of_array)


def test_static_arguments_are_part_of_the_program_shown(backend: Any) -> None:
    jitted = dg.jit(lambda x, op: getattr(dg, op)(x), static_argnums=1, compiler="replay")

    assert "cos" in str(jitted.trace(dg.ones(3), "cos"))
    assert "sin" in str(jitted.lower(dg.ones(3), "sin"))


def scaled(x: Any, op: str, y: Any = 1.0, k: int = 2) -> Any:
    """A function of a tree, with a static argument in the middle and one by name."""
    return {"out": getattr(dg, op)(x["a"]) * y * k}


def ahead(backend: Any, compiler: str | None = "replay") -> Any:
    """`scaled`, compiled for three numbers of float32 and a Python number."""
    jitted = dg.jit(scaled, static_argnums=1, static_argnames="k", compiler=compiler)
    return jitted.lower({"a": dg.ShapeDtypeStruct((3,), dg.float32)}, "sin", y=2.0, k=3).compile()


@pytest.mark.parametrize("compiler", ["replay", None])
def test_program_compiled_ahead_takes_what_is_not_static(compiler: str | None, backend: Any) -> None:
    program = ahead(backend, compiler)

    assert isinstance(program, dg.Compiled)
    for x, y in ([0.5, 1.0, 1.5], 2.0), ([-1.0, 0.0, 2.0], 0.25):
        out = program({"a": dg.asarray(x)}, y=y)
        np.testing.assert_allclose(dg.to_numpy(out["out"]), np.sin(np.float32(x)) * 3 * y, rtol=1e-6)
    np.testing.assert_allclose(  # a NumPy array counts by its dtype and shape
        dg.to_numpy(program({"a": np.ones(3, np.float32)}, y=1.0)["out"]), np.sin(np.ones(3)) * 3, rtol=1e-6
    )


def test_program_compiled_ahead_is_traced_once(backend: Any) -> None:
    traced: list[int] = []
    jitted = dg.jit(lambda x: (traced.append(1), x + 1.0)[1], compiler="replay")

    program = jitted.lower(dg.ones(2)).compile()
    before = len(traced)
    assert [float(program(dg.full(2, v))[0]) for v in (1.0, 2.0)] == [2.0, 3.0]
    assert len(traced) == before


def test_program_is_compiled_for_the_backend_that_it_was_lowered_on(backend: Any) -> None:
    lowered = dg.jit(dg.sin, compiler="replay").lower(dg.ones(3))
    with dg.use_backend("torch" if backend.name == "jax" else "jax"):
        program = lowered.compile()

    assert type(program(dg.ones(3))) is type(dg.sin(dg.ones(3)))


@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        (
            lambda: ({"a": dg.ones(4)},),
            {"y": 2.0},
            r"for \(float32\[3\], float\), got \(float32\[4\], float\)",
        ),
        (lambda: ({"a": dg.ones(3, dtype=dg.int32)},), {"y": 2.0}, r"got \(int32\[3\], float\)"),
        (lambda: ({"a": dg.ones(3)},), {"y": 2}, r"got \(float32\[3\], int\)"),
        (lambda: ({"b": dg.ones(3)},), {"y": 2.0}, r"compiled for \(\(\{'a': \*\},\), \{'y': \*\}\), got"),
        (lambda: ({"a": dg.ones(3)}, "sin"), {"y": 2.0}, r"got \(float32\[3\], str, float\)\. Static arguments"),
        (lambda: ({"a": "s"},), {"y": 2.0}, r"got \(str, float\)"),
    ],
)
def test_other_arguments_of_a_program_compiled_ahead_are_refused(
    args: Any, kwargs: dict[str, Any], said: str, backend: Any
) -> None:
    with pytest.raises(TypeError, match=rf"dualgrad\.jit: this program was .*{said}"):
        ahead(backend)(*args(), **kwargs)


@pytest.mark.parametrize(
    "how",
    [
        lambda f: dg.grad(lambda x: dg.sum(f(x)))(dg.ones(3)),
        lambda f: dg.vmap(f)(dg.ones((2, 3))),
        lambda f: dg.jvp(f, (dg.ones(3),), (dg.ones(3),)),
        lambda f: dg.jit(f, compiler="replay")(dg.ones(3)),
        lambda f: dg.jit(lambda x: f(np.ones(3, np.float32)) + x, compiler="replay")(dg.ones(3)),
    ],
)
def test_program_compiled_ahead_is_not_transformed(how: Any, backend: Any) -> None:
    program = dg.jit(dg.sin, compiler="replay").lower(dg.ones(3)).compile()

    with pytest.raises(TypeError, match=r"dualgrad\.jit: a program that was compiled ahead cannot be"):
        how(program)


def test_shape_of_a_call_knows_static_arguments(backend: Any) -> None:
    jitted = dg.jit(scaled, static_argnums=1, static_argnames="k", compiler="replay")
    x = {"a": dg.ShapeDtypeStruct((3,), dg.float32)}

    assert jitted.eval_shape(x, "isnan", k=2)["out"] == dg.ShapeDtypeStruct((3,), dg.float32)
    assert jitted.eval_shape(x, "sin", y=dg.ones((2, 1)))["out"].shape == (2, 3)
    with pytest.raises(ValueError, match="static argument must be hashable"):
        jitted.eval_shape(x, ["sin"])


@pytest.mark.parametrize("dtype", ["bfloat16", np.float32, np.dtype("int8"), dg.float16], ids=str)
def test_outline_takes_what_names_a_dtype(dtype: Any, backend: Any) -> None:
    outline = dg.ShapeDtypeStruct((3, 2), dtype)
    fun = dg.jit(lambda x: (x, dg.sum(x, axis=1)), compiler="replay")

    whole, rows = dg.eval_shape(fun, outline)

    assert whole == outline == dg.ShapeDtypeStruct((3, 2), dg.asarray(0, dtype=dtype).dtype)
    assert (rows.shape, len(outline)) == ((3,), 3)
    assert fun.lower(outline).compile()(dg.ones((3, 2), dtype=dtype))[0].dtype == outline.dtype


def test_outline_of_what_is_no_array_is_refused(backend: Any) -> None:
    with pytest.raises(
        TypeError, match=r"dualgrad\.eval_shape: an argument must be an array .*, got builtins\.str: 'a'"
    ):
        dg.eval_shape(lambda x: "a", dg.ones(2))


def test_error_while_tracing_is_told_as_at_a_call(backend: Any) -> None:
    with pytest.raises(dg.ConcretizationError, match=r"dg\.lax\.cond"):
        dg.jit(lambda x: x if x > 0 else -x, compiler="replay").trace(1.0)


def test_inlined_function_computes_the_same(backend: Any) -> None:
    inner = dg.jit(fun, inline=True, compiler="replay")
    outer = dg.jit(lambda x: dg.grad(lambda z: dg.sum(inner(z)))(x), compiler="replay")

    assert dg.to_numpy(inner(dg.zeros(2))).tolist() == [0.0, 0.0]
    assert dg.to_numpy(outer(dg.zeros(2))).tolist() == [2.0, 2.0]


def test_loop_whose_body_holds_an_array_is_lowered(backend: Any) -> None:
    def fun(x: Any) -> Any:
        held = lambda c, _: (c * dg.sum(dg.asarray([0.5, 0.25])), None)  # noqa: E731  # made inside the body
        return dg.lax.scan(held, x, None, 100)[0]

    assert str(dg.jit(dg.grad(fun), compiler="replay").lower(1.0))


PROGRAM = """
import jax, dualgrad as dg
dg.set_backend("jax")
before = jax.config.jax_compilation_cache_dir
dg.sin(1.0)
assert jax.config.jax_compilation_cache_dir == before
assert float(dg.jit(lambda x: dg.sin(x) + 1.0)(0.0)) == 1.0
print(jax.config.jax_compilation_cache_dir)
"""


def folder_of_a_run(**settings: str) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_COMP", "DUALGRAD", "XDG"))}
    env |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PLATFORMS": "cpu", **settings}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_compiled_programs_are_kept_on_disk_from_the_first_jit_on(tmp_path: Path) -> None:
    folder = folder_of_a_run(XDG_CACHE_HOME=str(tmp_path))

    assert folder == str(tmp_path / "dualgrad" / "jax")
    kept = set(os.listdir(folder))
    assert kept
    folder_of_a_run(XDG_CACHE_HOME=str(tmp_path))
    assert {name for name in os.listdir(folder) if name.endswith("-cache")} <= kept


def test_folder_may_be_named_or_the_cache_turned_off(tmp_path: Path) -> None:
    assert folder_of_a_run(DUALGRAD_CACHE=str(tmp_path / "mine")) == str(tmp_path / "mine" / "jax")
    assert folder_of_a_run(DUALGRAD_CACHE="off", XDG_CACHE_HOME=str(tmp_path)) == "None"


def test_folder_that_the_user_gave_jax_is_left_alone(tmp_path: Path) -> None:
    assert folder_of_a_run(JAX_COMPILATION_CACHE_DIR=str(tmp_path)) == str(tmp_path)


@pytest.mark.parametrize("jitted", [False, True])
def test_passes_of_a_function_are_its_pullback_in_two_functions(jitted: bool, backend: Any) -> None:
    traced = []

    def scaled(tree: Any, x: Any, *, power: int = 2) -> Any:
        traced.append(1)
        return dg.sum(tree["w"] * x**power), {"seen": x}

    tree, x = {"w": dg.asarray([1.0, 2.0])}, dg.asarray([3.0, 4.0])
    fwd, bwd = dg.fwd_and_bwd(scaled, argnums=(-1, 0), has_aux=True, jitted=jitted)
    for factor in (1.0, 2.0):
        out, residuals, aux = fwd(tree, x * factor)
        of_x, of_tree = bwd(residuals, dg.asarray(10.0))
        assert float(out) == 41.0 * factor**2
        assert dg.to_numpy(aux["seen"]).tolist() == [3.0 * factor, 4.0 * factor]
        assert dg.to_numpy(of_x).tolist() == [60.0 * factor, 160.0 * factor]
        assert dg.to_numpy(of_tree["w"]).tolist() == [90.0 * factor**2, 160.0 * factor**2]
    assert len(traced) == (1 if jitted else 2)

    fwd, bwd = dg.fwd_and_bwd(dg.sin, 0, jitted=jitted)
    assert float(bwd(fwd(0.0)[1], dg.asarray(2.0))) == 2.0
    with pytest.raises(ValueError, match="argnums must name positional arguments"):
        dg.fwd_and_bwd(dg.sin, 1, jitted=jitted)[0](0.0)
