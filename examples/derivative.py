"""Derivatives of two polynomials.

d/dx (x^2 + 2x + 1) = 2x + 2, which is 8 at x = 3;  d/dx (x^2 + 3x + 2) = 2x + 3, which is 5 at x = 1.
`dg.grad` takes a function and returns the one that computes its derivative, so it can be applied again.
"""

import dualgrad as dg


def f(x):
    return x**2 + 2 * x + 1


def g(x):
    return x**2 + 3 * x + 2


print(f"backend: {dg.get_backend().name}")
print(f"f(x) = x^2 + 2x + 1    f'(3)  = {float(dg.grad(f)(3.0))}")
print(f"g(x) = x^2 + 3x + 2    g'(1)  = {float(dg.grad(g)(1.0))}")
print(f"                       f''(3) = {float(dg.grad(dg.grad(f))(3.0))}")

value, slope = dg.value_and_grad(f)(3.0)
print(f"value and derivative in one pass: f(3) = {float(value)}, f'(3) = {float(slope)}")
