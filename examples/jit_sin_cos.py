"""Compiling a function with `dg.jit`: sin^2 + cos^2 over 1000 points is 1 everywhere.

On JAX the function is compiled by XLA, on PyTorch by Inductor; both run the Python code once, with traced arrays, and
then only the compiled program. A new value does not compile again, a new shape does.
"""

import dualgrad as dg

calls = 0


def f(x):
    global calls
    calls += 1  # a side effect happens while tracing only
    return dg.sin(x) ** 2 + dg.cos(x) ** 2


x = dg.linspace(0.0, 10.0, 1000)
fast = dg.jit(f)

print(f"backend: {dg.get_backend().name}")
print(f"all ones, jitted: {bool(dg.all(dg.abs(fast(x) - 1) < 1e-6))}")
for scale in (2.0, 3.0, 4.0):
    fast(scale * x)
print(f"the Python code ran {calls} time for 4 calls")

slope = dg.jit(dg.vmap(dg.grad(f)))(x)  # d/dx 1 = 0
print(f"largest derivative, jit(vmap(grad(f))): {float(dg.max(dg.abs(slope))):.0e}")
